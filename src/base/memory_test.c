// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"

#include "base/memory.h"

static void counts_bytes(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    uint64_t before = bl_context_used_bytes(context);
    char *memory = bl_alloc(context, 1000);
    assert_in_range(bl_context_used_bytes(context) - before, 1000, 1000 + 64);
    assert_int_equal((uintptr_t)memory % 16, 0);
    memory[999] = 'x';
    memory = bl_realloc(context, memory, 5000);
    assert_int_equal(memory[999], 'x');
    assert_in_range(bl_context_used_bytes(context) - before, 5000, 5000 + 64);
    bl_free(context, memory);
    bl_free(context, NULL);
    assert_int_equal(bl_context_used_bytes(context), before);
    bl_context_free(context);
}

static void refuses_overflow(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    assert_null(bl_alloc(context, SIZE_MAX));
    assert_null(bl_alloc(context, SIZE_MAX - 15));
    assert_null(bl_alloc_zero(context, SIZE_MAX / 2, 3));
    char *memory = bl_alloc(context, 8);
    assert_null(bl_realloc(context, memory, SIZE_MAX - 8));
    bl_free(context, memory);
    bl_context_free(context);
}

static void zero_and_text(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    int *zeros = bl_alloc_zero(context, 100, sizeof *zeros);
    for (int i = 0; i < 100; i++)
        assert_int_equal(zeros[i], 0);
    char *text = bl_strdup(context, "nJet");
    assert_string_equal(text, "nJet");
    bl_free(context, text);
    bl_free(context, zeros);
    bl_context_free(context);
}

static void array_doubles(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    int *array = NULL;
    size_t capacity = 0, n_moves = 0;
    for (size_t n = 0; n < 1000; n++) {
        size_t before = capacity;
        assert_ok(bl_array_grow(context, &array, &capacity, n, sizeof *array, "numbers", NULL));
        n_moves += capacity != before;
        array[n] = (int)n;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(array[i], i);
    assert_int_equal(n_moves, 8); // 8, 16, … 1024
    bl_error err = {0};
    assert_error(
        bl_array_grow(context, &array, &capacity, SIZE_MAX / 2, sizeof *array, "numbers", &err),
        BL_E_NOMEM, err, "numbers");
    assert_int_equal(array[999], 999);
    bl_free(context, array);
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_bytes),
        cmocka_unit_test(refuses_overflow),
        cmocka_unit_test(zero_and_text),
        cmocka_unit_test(array_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
