// SPDX-License-Identifier: Apache-2.0
// Checksums and element codes are those that ROOT itself gives such classes.
#include "formats/root/number_class.h"

#include "base/testing.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/// Delphes's class Event, as the streamer info of its files has it.
static const bl_root_number_member event[] = {
    {"Number", BL_INT64}, {"ReadTime", BL_FLOAT32}, {"ProcTime", BL_FLOAT32}};
enum { CHECKSUM_OF_EVENT = 0x711c6540 };

/// A class with every type of number; what ROOT 6.40 wrote of it.
static const bl_root_number_member thing[] = {
    {"o", BL_BOOL},    {"b", BL_INT8},    {"ub", BL_UINT8},  {"s", BL_INT16},
    {"us", BL_UINT16}, {"i", BL_INT32},   {"ui", BL_UINT32}, {"l", BL_INT64},
    {"ul", BL_UINT64}, {"f", BL_FLOAT32}, {"d", BL_FLOAT64}};
static const int codes[] = {18, 1, 11, 2, 12, 3, 13, 16, 17, 5, 8};
enum { CHECKSUM_OF_THING = 0x1b86638e };

static void as_root_has_them(void **state) {
    (void)state;
    bl_arena arena;
    bl_context *context = test_context(1);
    bl_arena_init(&arena, context);
    const bl_root_class *of = bl_root_class_of_numbers(&arena, "Event", event, COUNT(event));
    assert_int_equal(of->checksum, CHECKSUM_OF_EVENT);
    of = bl_root_class_of_numbers(&arena, "Thing", thing, COUNT(thing));
    assert_int_equal(of->checksum, CHECKSUM_OF_THING);
    assert_int_equal(of->n_elements, COUNT(thing) + 1);
    assert_string_equal(of->elements[0].name, "TObject");
    assert_int_equal(of->elements[0].type, BL_ROOT_TOBJECT);
    for (size_t i = 0; i < COUNT(thing); i++) {
        assert_string_equal(of->elements[i + 1].name, thing[i].name);
        assert_int_equal(of->elements[i + 1].type, codes[i]);
    }
    assert_string_equal(of->elements[8].type_name, "long long");
    bl_arena_release(&arena);
    bl_context_free(context);
}

static void other_members_are_another_version(void **state) {
    (void)state;
    bl_arena arena;
    bl_context *context = test_context(1);
    bl_arena_init(&arena, context);
    int last = 0;
    for (size_t n = 1; n <= COUNT(thing); n++) {
        const bl_root_class *of = bl_root_class_of_numbers(&arena, "Thing", thing, n);
        assert_true(of->version >= 1000 && of->version <= 0x3fff);
        assert_int_not_equal(of->version, last);
        last = of->version;
    }
    bl_arena_release(&arena);
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_root_has_them),
                                       cmocka_unit_test(other_members_are_another_version)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
