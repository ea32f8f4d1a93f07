// SPDX-License-Identifier: Apache-2.0
// Histories as CSV and JSON.
#include "learn/train/history.h"

#include <math.h>
#include <stdio.h>

#include "base/folder_testing.h"
#include "base/testing.h"

static const char *const names[] = {"epoch", "val_auc_\"W, Z\"", "loss"};

static void expect_file(const char *path, const char *expected) {
    char text[512];
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[n] = '\0';
    assert_string_equal(text, expected);
}

static void rows_are_written(void **state) {
    (void)state;
    static const double rows[][3] = {{0, NAN, 0.1}, {1, INFINITY, -INFINITY}, {2, 1, 1.5e-310}};
    const char *path = test_path("history");
    bl_context *context = test_context(1);
    bl_history history;
    bl_history_init(&history, context, names, 3);
    assert_ok(bl_history_write_csv(&history, path, NULL));
    expect_file(path, "epoch,\"val_auc_\"\"W, Z\"\"\",loss\n");
    assert_ok(bl_history_write_json(&history, path, NULL));
    expect_file(path, "{\n \"epoch\": [],\n \"val_auc_\\\"W, Z\\\"\": [],\n \"loss\": []\n}\n");
    for (size_t i = 0; i < 3; i++)
        assert_ok(bl_history_append(&history, rows[i], NULL));
    assert_ok(bl_history_write_csv(&history, path, NULL));
    expect_file(path, "epoch,\"val_auc_\"\"W, Z\"\"\",loss\n0,NaN,0.1\n1,inf,-inf\n2,1,1.5e-310\n");
    assert_ok(bl_history_write_json(&history, path, NULL));
    expect_file(path, "{\n \"epoch\": [0, 1, 2],\n \"val_auc_\\\"W, Z\\\"\": [null, null, 1],\n"
                      " \"loss\": [0.1, null, 1.5e-310]\n}\n");
    bl_error err = {0};
    assert_int_equal(bl_history_write_csv(&history, "no/such/folder", &err), BL_E_NOTFOUND);
    bl_history_release(&history);
    bl_context_free(context);
}

static void many_rows_are_kept(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_history history;
    bl_history_init(&history, context, names, 3);
    for (int i = 0; i < 1000; i++)
        assert_ok(bl_history_append(&history, (double[]){i, 2 * i, 3 * i}, NULL));
    for (int i = 0; i < 1000; i++)
        for (int k = 0; k < 3; k++)
            assert_true(history.values[3 * i + k] == (k + 1) * i);
    bl_history_release(&history);
    bl_context_free(context);
}

static bl_status append_and_write(bl_context *context) {
    const char *path = test_path("history");
    bl_history history;
    bl_history_init(&history, context, names, 3);
    bl_status status = BL_OK;
    for (int i = 0; i < 20 && status == BL_OK; i++)
        status = bl_history_append(&history, (double[]){i, 0.3 * i, 0}, NULL);
    if (status == BL_OK)
        status = bl_history_write_csv(&history, path, NULL);
    if (status == BL_OK)
        status = bl_history_write_json(&history, path, NULL);
    bl_history_release(&history);
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_are_written),
                                       cmocka_unit_test(many_rows_are_kept),
                                       test_each_allocation(append_and_write)};
    return cmocka_run_group_tests(tests, test_make_folder, test_remove_folder);
}
