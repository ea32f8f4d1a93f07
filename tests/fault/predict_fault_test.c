// SPDX-License-Identifier: Apache-2.0
// Predictions from files: every allocation fails once.
#include "infer/predict/predict_testing.h"

#include <sys/stat.h>
#include <unistd.h>

#include "each_allocation.h"
#include "infer/predict/predictions.h"

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

/// Scores into a file, with parts; `argument` says whether the file of before is begun anew.
static bl_status write_scores(bl_context *context, void *argument) {
    static const char *const names[] = {"event", "p1"};
    predicting p = {0};
    bl_predictions predictions = {.context = NULL};
    char to[256];
    (void)snprintf(to, sizeof to, "%s/out.arrow", test_folder);
    bl_status status = predicting_open(&p, context, "folds", "other", "a.ndjson", NULL, NULL);
    const bl_variation_config *up = NULL;
    if (status == BL_OK)
        up = bl_predictor_config(p.predictor)->prepare.variations;
    const bl_predictions_options options = {.scores = {.predictor = p.predictor,
                                                       .dataset = p.dataset,
                                                       .n_shapes = 1,
                                                       .shapes = &up,
                                                       .n_names = 2,
                                                       .names = names},
                                            .url = to,
                                            .overwrite = *(const bool *)argument,
                                            .part_rows = 10};
    if (status == BL_OK)
        status = bl_predictions_prepare(&predictions, &options, NULL);
    if (status == BL_OK)
        status = bl_predictions_run(&predictions, NULL);
    bl_predictions_release(&predictions);
    predicting_close(&p);
    return status;
}

/// The file is there, and complete, or not at all.
static void look(bl_status status, void *argument) {
    (void)argument;
    bool is_there = access(test_path("out.arrow"), F_OK) == 0;
    if (status == BL_OK)
        assert_true(is_there);
    if (status == BL_OK)
        assert_int_not_equal(access(test_path("out.arrow.parts"), F_OK), 0);
    if (is_there)
        assert_int_equal(remove(test_path("out.arrow")), 0);
}

static void each_fails_while_scores_are_written(void **state) {
    static bool anew = true, goes_on = false;
    (void)state;
    fail_each_allocation(write_scores, look, &anew, 300, 20000);
    fail_each_allocation(write_scores, look, &goes_on, 300, 20000);
}

static void each_fails(void **state) {
    (void)state;
    fail_each_allocation(predict, NULL, "model.blm", 300, 20000);
    fail_each_allocation(predict, NULL, "folds", 300, 20000);
}

static int make_files(void **state) {
    assert_int_equal(test_make_folder(state), 0);
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
        cmocka_unit_test(each_fails_while_scores_are_written),
    };
    return cmocka_run_group_tests(tests, make_files, test_remove_folder);
}
