// SPDX-License-Identifier: Apache-2.0
// Models of XGBoost and LightGBM. What is read must run, and must be the same forest after our own
// message. That message with one byte changed, which the input chooses, must be refused or run too.
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "model/trees/trees.h"
#include "nn/trees/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_FEATURES = 64, MOST_OUTPUTS = 16, N_ROWS = 11 };

/// Rows with what there is of odd numbers. \return false where a forest is too wide for this
static bool run(const bl_nn_forest *forest, float *out) {
    static const float values[] = {
        0, 1, -1, 0.5F, -0.25F, 1e30F, __builtin_nanf(""), -__builtin_inff()};
    float x[N_ROWS * MOST_FEATURES];
    size_t n = forest->head.n_features, k = forest->n_outputs;
    if (n > MOST_FEATURES || k > MOST_OUTPUTS)
        return false;
    for (size_t i = 0; i < N_ROWS * n; i++)
        x[i] = values[(i * 5 + i / n) % (sizeof values / sizeof *values)];
    bl_nn_forest_run(forest, N_ROWS, x, n, out, k);
    return true;
}

static void change(bl_context *context, bl_buffer *bytes, size_t choice) {
    BL_AUTO(bl_nn_forest) other = NULL;
    float out[N_ROWS * MOST_OUTPUTS];
    if (!bytes->size)
        return;
    bytes->data[choice % bytes->size] ^= (uint8_t)(1U << choice % 8);
    if (bl_nn_forest_decode(context, bytes->data, bytes->size, &other, NULL) == BL_OK)
        (void)run(other, out);
}

static void try_forest(bl_context *context, const bl_nn_forest *forest, size_t choice) {
    BL_AUTO(bl_nn_forest) again = NULL;
    BL_AUTO(bl_buffer) bytes = NULL;
    float ours[N_ROWS * MOST_OUTPUTS], theirs[N_ROWS * MOST_OUTPUTS];
    if (bl_nn_forest_encode(forest, &bytes, NULL) != BL_OK)
        return;
    bl_status status = bl_nn_forest_decode(context, bytes->data, bytes->size, &again, NULL);
    if (status != BL_OK && status != BL_E_NOMEM)
        abort();
    if (status == BL_OK && run(forest, ours) &&
        (!run(again, theirs) ||
         memcmp(ours, theirs, N_ROWS * forest->n_outputs * sizeof *ours) != 0))
        abort();
    change(context, bytes, choice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bl_context_options options = {
        .size = sizeof options, .n_threads = 1, .memory_bytes = (uint64_t)256 << 20};
    bl_context *context = NULL;
    bl_trees_model *model = NULL;
    size_t choice = size;
    if (size > 1u << 20 || bl_context_new(&options, &context, NULL) != BL_OK)
        return 0;
    for (size_t i = 0; i < size; i++)
        choice = choice * 31 + data[i];
    if (bl_trees_parse(context, data, size, &model, NULL) == BL_OK)
        try_forest(context, model->forest, choice);
    bl_trees_free(model);
    bl_context_free(context);
    return 0;
}
