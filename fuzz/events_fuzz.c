// SPDX-License-Identifier: Apache-2.0
// Events as JSON lines. Input: one byte that says how many bytes come at once, then lines, for a
// network of particles and event. However they come, each line that is not blank has one answer.
#include <stdlib.h>

#include "base/context.h"
#include "infer/predict/json_lines.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bl_context_options options = {
        .size = sizeof options, .n_threads = 1, .memory_bytes = (uint64_t)64 << 20};
    bl_context *context = NULL;
    bl_model *model = NULL;
    if (size == 0 || size > 1u << 18 || bl_context_new(&options, &context, NULL) != BL_OK)
        return 0;
    if (bl_model_open(context, CORPUS "/bundle/particles.blm", NULL, &model, NULL) != BL_OK)
        abort();
    answer(model, (const char *)data + 1, size - 1, (size_t)data[0] + 1);
    bl_model_free(model);
    bl_context_free(context);
    return 0;
}
