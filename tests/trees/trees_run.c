// SPDX-License-Identifier: Apache-2.0
// usage: trees_run MODEL ROWS OUT [COPY.onnx]
// Runs rows through a model of XGBoost or LightGBM, or through the first ensemble of trees of an
// ONNX model. ROWS and OUT are float32 of this machine, row by row. With COPY the forest, once to
// our own message and back, is written as an ONNX model of one node too.
// usage: trees_run --time MODEL ROWS BATCH
// Prints the least of many times, in microseconds, that a batch takes on one thread.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/context.h"
#include "io/bytes/source.h"
#include "model/trees/trees.h"

static bl_status read_forest(bl_context *context, const char *url, bl_nn_forest **ret_forest,
                             bl_error *err) {
    BL_AUTO(bl_trees_model) model = NULL;
    BL_TRY(bl_trees_open(context, url, &model, err));
    *ret_forest = BL_MOVE(model->forest);
    return BL_OK;
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

static bl_status write_rows(const bl_nn_forest *forest, size_t n, const float *rows,
                            const char *path, bl_error *err) {
    size_t n_out = n * forest->n_outputs;
    float *out = malloc((n_out ? n_out : 1) * sizeof *out);
    FILE *file = out ? fopen(path, "wb") : NULL;
    bool is_written = false;
    if (file) {
        bl_nn_forest_run(forest, n, rows, forest->head.n_features, out, forest->n_outputs);
        is_written = fwrite(out, sizeof *out, n_out, file) == n_out;
        is_written &= fclose(file) == 0;
    }
    free(out);
    return is_written ? BL_OK : bl_error_set(err, BL_E_IO, "%s cannot be written", path);
}

static bl_status time_rows(const bl_nn_forest *forest, size_t n, const float *rows, size_t batch,
                           bl_error *err) {
    size_t k = forest->n_outputs, stride = forest->head.n_features;
    float *out = malloc((batch * k + 1) * sizeof *out);
    double least = 1e30;
    if (!out || n < batch || batch == 0)
        return bl_error_set(err, BL_E_INVALID, "%zu rows in batches of %zu", n, batch);
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

static bl_status work(bl_context *context, char **argv, bl_error *err) {
    bool is_timed = strcmp(argv[1], "--time") == 0;
    BL_AUTO(bl_nn_forest) forest = NULL;
    float *rows = NULL;
    size_t n = 0;
    BL_TRY(read_forest(context, argv[1 + is_timed], &forest, err));
    bl_status status =
        read_rows(context, argv[2 + is_timed], forest->head.n_features, &rows, &n, err);
    if (status == BL_OK)
        status = is_timed ? time_rows(forest, n, rows, strtoul(argv[4], NULL, 10), err)
                          : write_rows(forest, n, rows, argv[3], err);
    free(rows);
    return status;
}

int main(int argc, char **argv) {
    bl_context *context = NULL;
    bl_error err = {0};
    if (argc < 4 || argc > 5 || bl_context_new(NULL, &context, NULL) != BL_OK)
        return 2;
    bl_status status = work(context, argv, &err);
    if (status != BL_OK)
        fprintf(stderr, "%s\n", err.message);
    bl_context_free(context);
    return status == BL_OK ? 0 : 1;
}
