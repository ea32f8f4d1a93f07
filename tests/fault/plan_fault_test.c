// SPDX-License-Identifier: Apache-2.0
// Faults while a plan is made and run: every allocation fails once, and nothing stays behind.
#include <beamline/plan.h>

#include "each_allocation.h"

static bl_status read_plan(bl_plan *plan) {
    for (;;) {
        bl_batch *batch;
        bl_status status = bl_plan_next(plan, &batch, NULL);
        if (status != BL_OK)
            return status == BL_END ? BL_OK : status;
        bl_batch_release(batch);
    }
}

static bl_status run_plan(bl_context *context, void *unused) {
    (void)unused;
    static const char *const url = TINY_FILES "/leaves-zlib.root";
    static const char *const cuts[] = {"n > 0 and max(values) < big", "flag or not flag"};
    static const bl_named_text variables[] = {{"big", "1e6 + n"}, {"sum", "sum(values) / big"}};
    bl_table *table = NULL;
    bl_plan *plan = NULL;
    bl_status status = bl_table_open(context, &url, 1, NULL, &table, NULL);
    size_t kept[2];
    if (status == BL_OK)
        status = bl_table_find(table, "text", &kept[0], NULL);
    if (status == BL_OK)
        status = bl_table_find(table, "values", &kept[1], NULL);
    bl_plan_options options = {.size = sizeof options,
                               .cuts = cuts,
                               .n_cuts = 2,
                               .variables = variables,
                               .n_variables = 2,
                               .columns = kept,
                               .n_columns = 2};
    if (status == BL_OK)
        status = bl_plan_open(context, table, &options, &plan, NULL);
    if (status == BL_OK)
        status = read_plan(plan);
    bl_plan_close(plan);
    bl_table_close(table);
    return status;
}

static void every_allocation_fails_once(void **state) {
    (void)state;
    fail_each_allocation(run_plan, NULL, NULL, 100, 10000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_fails_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
