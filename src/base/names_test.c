// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"

#include <stdio.h>

#include "base/names.h"

static void map_finds(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    static char names[2000][16];
    bl_name_map map = {0};
    assert_int_equal(bl_name_map_find(&map, "x"), SIZE_MAX);
    for (size_t i = 0; i < 2000; i++) {
        snprintf(names[i], sizeof names[i], "Jet_%zu", i);
        assert_ok(bl_name_map_add(context, &map, names[i], i, NULL));
    }
    assert_ok(bl_name_map_add(context, &map, "Jet_7", 12345, NULL));
    for (size_t i = 0; i < 2000; i++)
        assert_int_equal(bl_name_map_find(&map, names[i]), i);
    assert_int_equal(bl_name_map_find(&map, "jet_7"), SIZE_MAX);
    assert_int_equal(bl_name_map_find(&map, ""), SIZE_MAX);
    bl_name_map_release(context, &map);
    bl_context_free(context);
}

static void map_without_memory(void **state) {
    (void)state;
    test_allocator faulty = {0};
    bl_allocator allocator = test_allocator_face(&faulty);
    bl_context *context = test_context_of(1, &allocator, 0);
    atomic_store(&faulty.fail_in, 2);
    bl_name_map map = {0};
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g",
                                        "h", "i", "j", "k", "l", "m"};
    for (size_t i = 0; i < 12; i++)
        assert_ok(bl_name_map_add(context, &map, names[i], i, NULL));
    assert_int_equal(bl_name_map_add(context, &map, names[12], 12, NULL), BL_E_NOMEM);
    assert_ok(bl_name_map_add(context, &map, names[12], 12, NULL));
    for (size_t i = 0; i < 13; i++)
        assert_int_equal(bl_name_map_find(&map, names[i]), i);
    bl_name_map_release(context, &map);
    bl_context_free(context);
    assert_int_equal(faulty.n_live, 0);
}

static void check_hint(const char *wanted, const char *expected) {
    static const char *const names[] = {"Muon_pt",  "Muon_phi", "Muon_eta", "Jet_pt", "MET",
                                        "Muon_eta", "nMuon",    "pt",       ""};
    bl_nearest nearest;
    bl_nearest_init(&nearest, wanted);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        bl_nearest_offer(&nearest, names[i]);
    bl_error err = {.message = "no column"};
    assert_int_equal(bl_nearest_hint(&nearest, BL_E_NOTFOUND, &err), BL_E_NOTFOUND);
    assert_string_equal(err.message, expected);
}

static void nearest_names(void **state) {
    (void)state;
    check_hint("Muon_tp", "no column; did you mean 'Muon_pt' or 'Muon_eta'?");
    check_hint("muon_et", "no column; did you mean 'Muon_pt' or 'Muon_eta'?");
    check_hint("muon_eta", "no column; did you mean 'Muon_eta'?");
    check_hint("met", "no column; did you mean 'MET'?");
    check_hint("PT", "no column; did you mean 'pt'?");
    check_hint("somethingelse", "no column");
    check_hint("", "no column");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_finds),
        cmocka_unit_test(map_without_memory),
        cmocka_unit_test(nearest_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
