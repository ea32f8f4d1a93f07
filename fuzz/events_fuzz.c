// SPDX-License-Identifier: Apache-2.0
// Events as JSON lines. Input: one byte that says how many bytes come at once, then lines, for a
// network of particles and event. However they come, each line that is not blank has one answer.
#include <stdlib.h>
#include <unistd.h>

#include "infer/predict/json_lines.h"
#include "model/bundle/made_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bl_status count(void *user, const char *text, size_t size, bl_error *err) {
    (void)err;
    for (size_t i = 0; i < size; i++)
        *(int64_t *)user += text[i] == '\n';
    return BL_OK;
}

static void answer(const bl_model *model, const char *text, size_t size, size_t piece) {
    bl_json_lines *lines = NULL;
    bl_status status = BL_OK;
    int64_t n_answers = 0;
    if (bl_json_lines_new(model, count, &n_answers, &lines, NULL) != BL_OK)
        abort();
    for (size_t at = 0; at < size && status == BL_OK; at += piece)
        status = bl_json_lines_add(lines, text + at, size - at < piece ? size - at : piece, NULL);
    if (status == BL_OK)
        status = bl_json_lines_finish(lines, NULL);
    if (status == BL_OK && n_answers != bl_json_lines_n_answered(lines))
        abort();
    bl_json_lines_free(lines);
}

/// The network, which all inputs are for.
static const bl_model *open_model(void) {
    static bl_context *context;
    static bl_model *model;
    const bl_context_options options = {
        .size = sizeof options, .n_threads = 1, .memory_bytes = (uint64_t)64 << 20};
    char path[] = "events_fuzz_XXXXXX";
    BL_AUTO(bl_bundle) bundle = NULL;
    if (model)
        return model;
    int file = mkstemp(path);
    if (file < 0 || bl_context_new(&options, &context, NULL) != BL_OK ||
        made_particles(context, &bundle) != BL_OK ||
        bl_bundle_write(context, bundle, path, true, NULL) != BL_OK ||
        bl_model_open(context, path, NULL, &model, NULL) != BL_OK)
        abort();
    (void)close(file);
    (void)unlink(path);
    return model;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 0 && size <= 1u << 18)
        answer(open_model(), (const char *)data + 1, size - 1, (size_t)data[0] + 1);
    return 0;
}
