// SPDX-License-Identifier: Apache-2.0
// Faults while JSON lines are answered: every allocation fails once, and nothing stays behind.

#include "base/folder_testing.h"
#include "each_allocation.h"
#include "infer/predict/json_lines.h"
#include "model/bundle/made_testing.h"

static const char *path;

static bl_status count(void *user, const char *text, size_t size, bl_error *err) {
    (void)err;
    for (size_t i = 0; i < size; i++)
        *(size_t *)user += text[i] == '\n';
    return BL_OK;
}

/// Lines in pieces: right ones, whole and as columns, and a wrong one.
static bl_status answer(bl_context *context, void *argument) {
    static const char text[] =
        "{\"particles\": [[1, 2, 3, 4, 5]], \"event\": [1, null, 3]}\n"
        "{\"particles\": [[1, 2, 3, 4, 5]], \"event\": [1, 2]}\n"
        "{\"particles\": [], \"event_0\": 1, \"event_1\": 2, \"event_2\": 3}";
    BL_AUTO(bl_model) model = NULL;
    BL_AUTO(bl_json_lines) lines = NULL;
    size_t n_answers = 0;
    (void)argument;
    BL_TRY(bl_model_open(context, path, NULL, &model, NULL));
    BL_TRY(bl_json_lines_new(model, count, &n_answers, &lines, NULL));
    bl_status status = bl_json_lines_add(lines, text, sizeof text - 10, NULL);
    if (status == BL_OK)
        status = bl_json_lines_add(lines, text + sizeof text - 10, 9, NULL);
    if (status == BL_OK)
        status = bl_json_lines_finish(lines, NULL);
    if (status == BL_OK)
        assert_int_equal(n_answers, 3);
    bl_json_lines_free(BL_MOVE(lines)); // before its model
    return status;
}

static void lines_are_answered(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_bundle *bundle = NULL;
    path = test_path("model.blm");
    assert_ok(made_particles(context, &bundle));
    assert_ok(bl_bundle_write(context, bundle, path, true, NULL));
    bl_bundle_free(bundle);
    bl_context_free(context);
    fail_each_allocation(answer, NULL, NULL, 40, 10000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines_are_answered)};
    return cmocka_run_group_tests(tests, test_make_folder, test_remove_folder);
}
