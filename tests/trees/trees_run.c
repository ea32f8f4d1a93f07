// SPDX-License-Identifier: Apache-2.0
// usage: trees_run MODEL ROWS OUT N_FEATURES [COPY.onnx]
// Runs rows through a model of XGBoost or LightGBM, or through the first ensemble of trees of an
// ONNX model, once to our own message and back. ROWS and OUT are float32 of this machine, row by
// row. With COPY the forest is written as an ONNX model too.
// usage: trees_run --time MODEL ROWS N_FEATURES BATCH
// Prints the least of many times, in microseconds, that a batch takes on one thread.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/context.h"
#include "io/bytes/source.h"
#include "model/onnx/file.h"
#include "model/onnx/trees.h"
#include "model/trees/trees.h"
#include "nn/trees/message.h"

static bl_status read_onnx(bl_arena *arena, const char *url, bl_nn_forest **ret_forest,
                           bl_error *err) {
    bl_onnx_model *model = NULL;
    BL_TRY(bl_onnx_read(arena, url, &model, err));
    for (size_t i = 0; i < model->graph->nodes.n; i++)
        if (bl_onnx_is_forest(&model->graph->nodes.items[i]))
            return bl_onnx_forest_read(arena->context, &model->graph->nodes.items[i], ret_forest,
                                       err);
    return bl_error_set(err, BL_E_NOTFOUND, "%s: no ensemble of trees", url);
}

static bl_status read_model(bl_arena *arena, const char *url, bl_nn_forest **ret_forest,
                            bl_error *err) {
    BL_AUTO(bl_trees_model) model = NULL;
    if (strstr(url, ".onnx"))
        return read_onnx(arena, url, ret_forest, err);
    BL_TRY(bl_trees_open(arena->context, url, &model, err));
    *ret_forest = BL_MOVE(model->forest);
    return BL_OK;
}

static bl_status read_forest(bl_arena *arena, const char *url, bl_nn_forest **ret_forest,
                             bl_error *err) {
    BL_AUTO(bl_nn_forest) forest = NULL;
    BL_AUTO(bl_buffer) bytes = NULL;
    BL_TRY(read_model(arena, url, &forest, err));
    BL_TRY(bl_nn_forest_encode(forest, &bytes, err));
    return bl_nn_forest_decode(arena->context, bytes->data, bytes->size, ret_forest, err);
}

static bl_status write_onnx(bl_arena *arena, const bl_nn_forest *forest, size_t n_features,
                            const char *url, bl_error *err) {
    BL_AUTO(bl_sink) sink = NULL;
    bl_onnx_builder b;
    bl_onnx_model *model = NULL;
    const bl_onnx_size in[] = {{"rows", 0}, {NULL, (int64_t)n_features}};
    const bl_onnx_size out[] = {{"rows", 0}, {NULL, (int64_t)forest->n_outputs}};
    bl_onnx_builder_init(&b, arena, 8, "forest");
    bl_onnx_add_opset(&b, NULL, 13);
    bl_onnx_add_opset(&b, "ai.onnx.ml", 3);
    bl_onnx_add_input(&b, "x", BL_ONNX_FLOAT, 2, in);
    bl_onnx_add_output(&b, "y", BL_ONNX_FLOAT, 2, out);
    BL_TRY(bl_onnx_add_forest(&b, forest, "x", "y", err));
    BL_TRY(bl_onnx_builder_finish(&b, &model, err));
    BL_TRY(bl_sink_open(arena->context, url, true, &sink, err));
    BL_TRY(bl_onnx_write(arena->context, model, sink, err));
    return bl_sink_finish(sink, err);
}

/// \param ret_rows the caller frees it
static bl_status read_rows(bl_context *context, const char *url, size_t n_features,
                           float **ret_rows, size_t *ret_n, bl_error *err) {
    BL_AUTO(bl_source) source = NULL;
    BL_TRY(bl_source_open(context, url, &source, err));
    size_t size = (size_t)source->size_bytes, row = n_features * sizeof(float);
    if (size % row)
        return bl_error_set(err, BL_E_SHAPE, "%s: rows have %zu features", url, n_features);
    float *rows = malloc(size ? size : 1);
    if (!rows)
        return bl_error_nomem(err, size, "rows");
    *ret_rows = rows;
    *ret_n = size / row;
    return bl_source_read(source, 0, size, rows, err);
}

static bl_status write_rows(const bl_nn_forest *forest, size_t n, const float *rows, size_t stride,
                            const char *path, bl_error *err) {
    size_t n_out = n * forest->n_outputs;
    float *out = malloc((n_out ? n_out : 1) * sizeof *out);
    FILE *file = out ? fopen(path, "wb") : NULL;
    bool is_written = false;
    if (file) {
        bl_nn_forest_run(forest, n, rows, stride, out, forest->n_outputs);
        is_written = fwrite(out, sizeof *out, n_out, file) == n_out;
        is_written &= fclose(file) == 0;
    }
    free(out);
    return is_written ? BL_OK : bl_error_set(err, BL_E_IO, "%s cannot be written", path);
}

static bl_status time_rows(const bl_nn_forest *forest, size_t n, const float *rows, size_t stride,
                           size_t batch, bl_error *err) {
    size_t k = forest->n_outputs;
    double least = 1e30;
    if (n < batch || batch == 0)
        return bl_error_set(err, BL_E_INVALID, "%zu rows in batches of %zu", n, batch);
    float *out = malloc(batch * k * sizeof *out);
    if (!out)
        return bl_error_nomem(err, batch * k * sizeof *out, "results");
    for (size_t turn = 0, first = 0; turn < 2000000 / (batch + 100); turn++) {
        double start = bl_clock_s();
        bl_nn_forest_run(forest, batch, rows + first * stride, stride, out, k);
        double taken = (bl_clock_s() - start) * 1e6;
        least = taken < least ? taken : least;
        first = first + 2 * batch <= n ? first + batch : 0;
    }
    free(out);
    printf("%.3f\n", least);
    return BL_OK;
}

/// \param argv MODEL ROWS, OUT unless it is timed, N_FEATURES, then BATCH or COPY or NULL
static bl_status work(bl_arena *arena, bool is_timed, char **argv, bl_error *err) {
    BL_AUTO(bl_nn_forest) forest = NULL;
    float *rows = NULL;
    char **behind = argv + (is_timed ? 2 : 3);
    size_t n = 0, n_features = strtoul(behind[0], NULL, 10);
    BL_TRY(read_forest(arena, argv[0], &forest, err));
    if (n_features < forest->head.n_features)
        return bl_error_set(err, BL_E_SHAPE, "%zu features are wanted", forest->head.n_features);
    bl_status status = read_rows(arena->context, argv[1], n_features, &rows, &n, err);
    if (status == BL_OK && is_timed)
        status = time_rows(forest, n, rows, n_features, strtoul(behind[1], NULL, 10), err);
    else if (status == BL_OK)
        status = write_rows(forest, n, rows, n_features, argv[2], err);
    if (status == BL_OK && !is_timed && behind[1])
        status = write_onnx(arena, forest, n_features, behind[1], err);
    free(rows);
    return status;
}

int main(int argc, char **argv) {
    bl_context *context = NULL;
    bl_error err = {0};
    bl_arena arena;
    if (argc < 5 || argc > 6 || bl_context_new(NULL, &context, NULL) != BL_OK)
        return 2;
    bool is_timed = strcmp(argv[1], "--time") == 0;
    bl_arena_init(&arena, context);
    bl_status status = work(&arena, is_timed, argv + 1 + is_timed, &err);
    if (status != BL_OK)
        fprintf(stderr, "%s\n", err.message);
    bl_arena_release(&arena);
    bl_context_free(context);
    return status == BL_OK ? 0 : 1;
}
