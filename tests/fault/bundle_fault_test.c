// SPDX-License-Identifier: Apache-2.0
// Faults while models are made, written, read and made ready to run: every allocation fails once,
// and nothing stays behind.
#include <beamline/infer.h>

#include "base/folder_testing.h"
#include "each_allocation.h"
#include "infer/model.h"
#include "model/bundle/made_testing.h"

typedef bl_status (*maker)(bl_context *context, bl_bundle **ret_bundle);

static const char *path;

static bl_status write_and_read(bl_context *context, void *argument) {
    const maker *make = (const maker *)argument;
    BL_AUTO(bl_bundle) made = NULL;
    BL_AUTO(bl_bundle) again = NULL;
    BL_AUTO(bl_buffer) bytes = NULL;
    BL_TRY((*make)(context, &made));
    BL_TRY(made_bytes(context, made, &bytes));
    return made_read(context, bytes->data, bytes->size, &again, NULL);
}

static bl_status open_and_run(bl_context *context, void *argument) {
    (void)argument;
    BL_AUTO(bl_model) model = NULL;
    BL_AUTO(bl_runner) runner = NULL;
    const bl_model_options options = {.size = sizeof options, .layer = "both"};
    static const float rows[7 * 5], others[3];
    static const int64_t offsets[] = {0, 3};
    const bl_model_feed feeds[] = {{rows, 0, offsets}, {others, 0, NULL}};
    float out[18 + 3];
    BL_TRY(bl_model_open(context, path, &options, &model, NULL));
    BL_TRY(bl_runner_new(model, 3, &runner, NULL));
    bl_status status = bl_runner_run(runner, 1, feeds, (float *[]){out}, NULL);
    bl_runner_free(BL_MOVE(runner)); // before its model
    return status;
}

static void bundles_are_written_and_read(void **state) {
    (void)state;
    static maker makers[] = {made_hlf, made_repeated, made_forest};
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
        fail_each_allocation(write_and_read, NULL, &makers[i], 30, 10000);
}

static void run_model(maker make) {
    bl_context *context = test_context(1);
    bl_bundle *bundle = NULL;
    path = test_path("model.blm");
    assert_ok(make(context, &bundle));
    assert_ok(bl_bundle_write(context, bundle, path, true, NULL));
    bl_bundle_free(bundle);
    bl_context_free(context);
    fail_each_allocation(open_and_run, NULL, NULL, 30, 10000);
}

static void models_are_run(void **state) {
    (void)state;
    run_model(made_particles);
    run_model(made_ordered);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(bundles_are_written_and_read),
                                       cmocka_unit_test(models_are_run)};
    return cmocka_run_group_tests(tests, test_make_folder, test_remove_folder);
}
