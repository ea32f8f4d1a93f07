// SPDX-License-Identifier: Apache-2.0
// Which lists of structs become a TClonesArray, and what its branches are; which stay a branch for
// each member.
#include "base/testing.h"
#include "formats/ttree/write_branch.h"

typedef struct fixture {
    bl_context *context;
    bl_arena arena;
    bl_write_plan plan;
    bl_error err;
} fixture;

static fixture f;

static int set_up(void **state) {
    (void)state;
    f = (fixture){.context = test_context(1)};
    bl_arena_init(&f.arena, f.context);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    bl_write_plan_release(f.context, &f.plan);
    bl_arena_release(&f.arena);
    bl_context_free(f.context);
    return 0;
}

/// list<struct<a: float32, b: `second`>>. \param b the name of the second member
static bl_type *list_of_pairs(bl_type *second, const char *b) {
    BL_AUTO(bl_type) pair = NULL;
    bl_type *list = NULL;
    assert_ok(bl_type_new_struct(f.context, 2, (const char *const[]){"a", b},
                                 (bl_type *const[]){bl_type_primitive(BL_FLOAT32), second}, &pair,
                                 NULL));
    assert_ok(bl_type_new_list(f.context, BL_LIST, 0, pair, &list, NULL));
    return list;
}

/// Plans column "jet", and a column "n" of integers beside it.
static bl_status plan(const bl_type *type, const char *source_type, const char *counter) {
    const bl_column_spec columns[] = {
        {.size = sizeof *columns,
         .name = "jet",
         .title = "a title",
         .type = type,
         .counter = counter,
         .source_type = source_type},
        {.size = sizeof *columns, .name = "n", .type = bl_type_primitive(BL_INT32)}};
    bl_write_plan_release(f.context, &f.plan);
    return bl_write_plan_make(f.context, &f.arena, columns, 2, &f.plan, &f.err);
}

static void members_of_an_array(void **state) {
    (void)state;
    BL_AUTO(bl_type) type = list_of_pairs(bl_type_primitive(BL_UINT8), "b");
    assert_ok(plan(type, "TClonesArray<Jet>", NULL));
    const bl_write_branch *branches = f.plan.branches;
    static const char *const names[] = {"jet", "jet.fUniqueID", "jet.fBits", "jet.a", "jet.b", "n"};
    assert_int_equal(f.plan.n_branches, 6);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(branches[i].name, names[i]);
    assert_string_equal(branches[0].class_name, "TClonesArray");
    assert_string_equal(branches[0].clones->name, "Jet");
    assert_string_equal(branches[0].title, "a title");
    assert_int_equal(branches[0].shape.kind, BL_WRITE_COUNTER);
    for (size_t i = 1; i < 5; i++) {
        assert_int_equal(branches[i].counter, 0);
        assert_int_equal(branches[i].element, i < 3 ? i - 1 : i - 2);
        assert_string_equal(branches[i].of_class->name, i < 3 ? "TObject" : "Jet");
        assert_int_equal(branches[i].shape.kind, i < 3 ? BL_WRITE_SAME : BL_WRITE_JAGGED);
    }
    assert_int_equal(branches[2].shape.same, 0x03000000);
    assert_int_equal(branches[4].shape.item, BL_UINT8);
    assert_int_equal(branches[4].shape.steps[0], 1);
}

/// A wish that does not fit is none: a counter and a branch for each member.
static void stays_as_it_was(const bl_type *type, const char *source_type, size_t n_branches) {
    assert_ok(plan(type, source_type, NULL));
    assert_int_equal(f.plan.n_branches, n_branches);
    for (size_t i = 0; i < n_branches; i++)
        assert_null(f.plan.branches[i].clones);
}

static void wishes_that_do_not_fit(void **state) {
    (void)state;
    BL_AUTO(bl_type) numbers = list_of_pairs(bl_type_primitive(BL_UINT8), "b");
    BL_AUTO(bl_type) texts = list_of_pairs(bl_type_primitive(BL_UTF8), "b");
    BL_AUTO(bl_type) odd = list_of_pairs(bl_type_primitive(BL_UINT8), "2b");
    static const char *const no_wishes[] = {NULL,
                                            "",
                                            "TClonesArray",
                                            "TClonesArray<>",
                                            "TClonesArray<Jet",
                                            "TClonesArray<Jet>*",
                                            "TClonesArray<a b>",
                                            "TClonesArray<1>"};
    for (size_t i = 0; i < sizeof no_wishes / sizeof *no_wishes; i++)
        stays_as_it_was(numbers, no_wishes[i], 4);
    stays_as_it_was(numbers, "vector<Jet>", 3);
    stays_as_it_was(texts, "TClonesArray<Jet>", 4);
    stays_as_it_was(odd, "TClonesArray<Jet>", 4);
    stays_as_it_was(numbers->children[0], "TClonesArray<Jet>", 3);
    stays_as_it_was(bl_type_primitive(BL_INT32), "TClonesArray<Jet>", 2);
    assert_ok(plan(numbers, "TClonesArray<name::Jet>", NULL));
    assert_string_equal(f.plan.branches[0].clones->name, "name::Jet");
}

static void refusals(void **state) {
    (void)state;
    BL_AUTO(bl_type) numbers = list_of_pairs(bl_type_primitive(BL_UINT8), "b");
    assert_int_equal(plan(numbers, "TClonesArray<Jet>", "n"), BL_E_INVALID);
    assert_string_equal(f.err.message, "column 'jet': a TClonesArray counts itself");
    BL_AUTO(bl_type) bits = list_of_pairs(bl_type_primitive(BL_UINT32), "fBits");
    assert_int_equal(plan(bits, "TClonesArray<Jet>", NULL), BL_E_EXISTS);
    assert_string_equal(f.err.message, "two branches would be called 'jet.fBits'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(members_of_an_array, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wishes_that_do_not_fit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refusals, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
