// SPDX-License-Identifier: Apache-2.0
// Which masks are left out: only those that say what a Masking says.
#include <string.h>

#include "base/testing.h"
#include "model/keras/conversion.h"

/// A network as it is after masks were dropped.
static void becomes(const char *before, const char *after) {
    bl_context *context = test_context(1);
    bl_arena arena;
    bl_nn_graph graph;
    const bl_item *item = NULL;
    const char *text = NULL;
    bl_arena_init(&arena, context);
    assert_ok(bl_yaml_parse(&arena, "n.yaml", before, strlen(before), &item, NULL));
    assert_ok(bl_nn_graph_read(&arena, item, &graph, NULL));
    assert_ok(bl_keras_drop_masks(&arena, &graph, NULL));
    assert_ok(bl_nn_graph_write(&graph, &text, NULL));
    assert_string_equal(text, after);
    bl_arena_release(&arena);
    bl_context_free(context);
}

#define HEAD "inputs:\n  x: [9, 4]\nlayers:\n"
#define COMPARED(value) "  - NotEqual: {value: " value "}\n  - Any: {axis: -1}\n"
#define GRU(options) "  - GRU: {units: 2, input: masking" options "}\n"
#define DENSE "  - Dense: {units: 3}\n"

static void own_masks(void **state) {
    (void)state;
    becomes(HEAD COMPARED("0") "  - Masking: {input: x}\n" GRU(", mask: any") DENSE,
            HEAD "  - Masking: {}\n  - GRU: {units: 2}\n" DENSE);
    becomes(HEAD COMPARED("5") "  - Masking: {mask_value: 5, input: x}\n" GRU(", mask: any") DENSE,
            HEAD "  - Masking: {mask_value: 5}\n  - GRU: {units: 2}\n" DENSE);
}

/// Of another value, and of what is also looked at by others.
static void other_masks(void **state) {
    (void)state;
    const char *other = HEAD "  - NotEqual: {value: 1}\n  - Any: {axis: -1}\n"
                             "  - Masking: {input: x}\n" GRU(", mask: any") DENSE;
    const char *written = HEAD "  - NotEqual: {value: 1}\n  - Any: {axis: -1}\n  - Masking: "
                               "{input: x}\n  - GRU: {units: 2, mask: any}\n" DENSE;
    becomes(other, written);
    becomes(HEAD COMPARED("0") "  - Masking: {input: x}\n" GRU(", mask: any") DENSE
            "  - Sum: {input: not_equal}\n"
            "  - Concatenate: {input: [dense, sum]}\n",
            HEAD "  - NotEqual: {}\n  - Masking: {input: x}\n  - GRU: {units: 2}\n" DENSE
                 "  - Sum: {input: not_equal}\n"
                 "  - Concatenate: {input: [dense, sum]}\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_masks),
        cmocka_unit_test(other_masks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
