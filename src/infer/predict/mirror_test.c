// SPDX-License-Identifier: Apache-2.0
// Names of outputs that mirror inputs.
#include "base/testing.h"
#include "infer/predict/predictions_private.h"

enum { MOST = 4 };

/// \param names [n] wanted; NULL: they are refused
static void check(size_t n, const char *const *urls, const char *const *names) {
    bl_context *context = test_context(1);
    bl_arena arena;
    const char *made[MOST];
    bl_error err = {0};
    bl_arena_init(&arena, context);
    bl_status status = bl_mirror_names(&arena, urls, n, "root", made, &err);
    assert_int_equal(status, names ? BL_OK : BL_E_INVALID);
    for (size_t i = 0; names && i < n; i++)
        assert_string_equal(made[i], names[i]);
    bl_arena_release(&arena);
    bl_context_free(context);
}

static void names_are_the_last_part(void **state) {
    (void)state;
    check(3, (const char *[]){"a/x.root", "b/y.parquet", "z"},
          (const char *[]){"x.root", "y.root", "z.root"});
    check(2, (const char *[]){"root://host:1094//store/x.root", "file:w.csv.gz"},
          (const char *[]){"x.root", "w.root"});
    check(2, (const char *[]){"a.b/c", ".hidden"}, (const char *[]){"c.root", ".hidden.root"});
}

static void the_same_name_gets_its_folder(void **state) {
    (void)state;
    check(3, (const char *[]){"/d/a/x.root", "/d/b/x.root", "/d/b/y.root"},
          (const char *[]){"a/x.root", "b/x.root", "b/y.root"});
    check(2, (const char *[]){"x.root", "b/x.root"}, (const char *[]){"x.root", "b/x.root"});
    check(2, (const char *[]){"ab/x.root", "ac/x.root"},
          (const char *[]){"ab/x.root", "ac/x.root"});
}

static void nothing_leads_out_of_the_folder(void **state) {
    (void)state;
    check(2, (const char *[]){"../a/x.root", "b/./c/../x.root"},
          (const char *[]){"a/x.root", "b/c/x.root"});
    check(1, (const char *[]){"a/.."}, (const char *[]){"out.root"});
    check(1, (const char *[]){"a/"}, (const char *[]){"out.root"});
}

static void two_of_one_name_are_refused(void **state) {
    (void)state;
    check(2, (const char *[]){"a/x.root", "a/x.root"}, NULL);
    check(2, (const char *[]){"a/x.root", "a/x.parquet"}, NULL);
    check(2, (const char *[]){"a/x.root", "../a/x.root"}, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_the_last_part),
        cmocka_unit_test(the_same_name_gets_its_folder),
        cmocka_unit_test(nothing_leads_out_of_the_folder),
        cmocka_unit_test(two_of_one_name_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
