// SPDX-License-Identifier: Apache-2.0
// Faults of a recipe, from a table to batches: every allocation fails once, and nothing stays
// behind.
#include <beamline/plan.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/folder_testing.h"
#include "data/stream/plan.h"
#include "each_allocation.h"

/// An event with a muon, and one without a lepton.
static const char events[] =
    "{\"EFlowTrack\": [{\"PT\": 30.5, \"Eta\": 0.5, \"Phi\": 1, \"PID\": 13, \"X\": 0, \"Y\": 0,"
    " \"Z\": 1, \"Charge\": -1}, {\"PT\": 3, \"Eta\": 1.5, \"Phi\": 2, \"PID\": 211, \"X\": 0,"
    " \"Y\": 1, \"Z\": 1, \"Charge\": 1}], \"EFlowPhoton\": [{\"ET\": 4, \"Eta\": 2, \"Phi\": 3}],"
    " \"EFlowNeutralHadron\": [{\"ET\": 2, \"Eta\": 1, \"Phi\": 3}], \"Electron.PT\": [],"
    " \"Electron.Eta\": [], \"Electron.Phi\": [], \"Electron.Charge\": [], \"Muon\": [{\"PT\": "
    "30.5,"
    " \"Eta\": 0.5, \"Phi\": 1, \"Charge\": -1}], \"Jet\": [{\"PT\": 40, \"Eta\": 1, \"BTag\": 1}],"
    " \"MissingET\": [{\"MET\": 20, \"Phi\": 1}], \"number\": 1}\n"
    "{\"EFlowTrack\": [], \"EFlowPhoton\": [], \"EFlowNeutralHadron\": [], \"Electron.PT\": [],"
    " \"Electron.Eta\": [], \"Electron.Phi\": [], \"Electron.Charge\": [], \"Muon\": [], \"Jet\": "
    "[],"
    " \"MissingET\": [], \"number\": 2}\n";

static bl_status read_plan(bl_plan *plan) {
    for (;;) {
        bl_batch *batch;
        bl_status status = bl_plan_next(plan, &batch, NULL);
        if (status != BL_OK)
            return status == BL_END ? BL_OK : status;
        assert_int_equal(bl_batch_n_rows(batch), 1);
        assert_int_equal(bl_batch_n_columns(batch), 4);
        bl_batch_release(batch);
    }
}

static bl_status run_recipe(bl_context *context, void *path) {
    const char *url = (const char *)path;
    static const bl_named_text variable = {"twice", "2 * number"};
    const bl_topology_options of_recipe = {.is_compat = true};
    bl_table *table = NULL;
    bl_topology *recipe = NULL;
    bl_plan *plan = NULL;
    size_t kept;
    bl_status status = bl_table_open(context, &url, 1, NULL, &table, NULL);
    if (status == BL_OK)
        status = bl_table_find(table, "number", &kept, NULL);
    if (status == BL_OK)
        status = bl_topology_open(context, table, &of_recipe, NULL, &recipe, NULL);
    bl_plan_options options = {.size = sizeof options,
                               .variables = &variable,
                               .n_variables = 1,
                               .columns = &kept,
                               .n_columns = 1};
    const bl_plan_extras extras = {.recipe = recipe};
    if (status == BL_OK)
        status = bl_plan_open_with(context, table, &options, &extras, &plan, NULL);
    if (status == BL_OK)
        status = read_plan(plan);
    bl_plan_close(plan);
    bl_topology_close(recipe);
    bl_table_close(table);
    return status;
}

static void every_allocation_fails_once(void **state) {
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s", test_path("events.jsonl"));
    FILE *file = fopen(path, "wbe");
    assert_non_null(file);
    assert_int_equal(fwrite(events, 1, sizeof events - 1, file), sizeof events - 1);
    assert_int_equal(fclose(file), 0);
    fail_each_allocation(run_recipe, NULL, path, 200, 10000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_fails_once)};
    return cmocka_run_group_tests(tests, test_make_folder, test_remove_folder);
}
