// SPDX-License-Identifier: Apache-2.0
// Predictions from files: every allocation fails once.
#include "infer/predict/predict_testing.h"

#include "each_allocation.h"

static bl_status predict(bl_context *context, void *argument) {
    const char *model = (const char *)argument;
    predicting p = {0};
    bl_predicted predicted;
    bl_status status = predicting_open(&p, context, model, "other", "a.ndjson", "up", NULL);
    while (status == BL_OK)
        status = bl_prediction_next(p.prediction, &predicted, NULL);
    predicting_close(&p);
    return status == BL_END ? BL_OK : status;
}

static void each_fails(void **state) {
    (void)state;
    fail_each_allocation(predict, NULL, "model.blm", 300, 20000);
    fail_each_allocation(predict, NULL, "folds", 300, 20000);
}

static int make_files(void **state) {
    (void)state;
    assert_non_null(mkdtemp(test_folder));
    assert_int_equal(mkdir(test_path("folds"), 0700), 0);
    test_write_events("a.ndjson", 0, 40);
    test_write_model("model.blm", made_particles, test_configuration, 0);
    test_write_model("folds/0.blm", made_particles, test_configuration, 0.5F);
    FILE *to = fopen(test_path("folds/folds.json"), "wbe");
    if (!to)
        abort();
    fputs("{\"format\": \"beamline folds\", \"version\": 1, \"folds\": 2, \"rule\": \"xxh3\", "
          "\"identity\": [\"run\", \"event\"], \"models\": [\"0.blm\", \"../model.blm\"]}",
          to);
    return fclose(to);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fails),
    };
    return cmocka_run_group_tests(tests, make_files, test_remove_folder);
}
