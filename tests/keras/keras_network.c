// SPDX-License-Identifier: Apache-2.0
// usage: keras_network IN OUT [EVENTS X Y]
// Makes a network of a model file of Keras, with its weights, and writes it to OUT as a model file
// again: `.h5`, or else an archive. X has EVENTS events of the first input, then of the second, …,
// and Y gets those of the first output, then of the second, …: all as float32.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "model/keras/from_graph.h"
#include "model/keras/to_graph.h"

enum { MOST_PORTS = 16 };

static bl_nn_shape shape_of(const bl_nn_network *network, size_t value) {
    return network->plan.values.items[value].shape;
}

static size_t numbers_of(bl_nn_shape shape) {
    return (shape.steps ? shape.steps : 1) * shape.width;
}

/// \param ret_x [n_inputs] the caller frees them
static bool read_inputs(const bl_nn_network *network, size_t n_events, const char *path,
                        float **ret_x) {
    FILE *in = fopen(path, "rbe");
    bool is_good = in != NULL;
    for (size_t i = 0; i < network->n_inputs && is_good; i++) {
        size_t n = n_events * numbers_of(shape_of(network, network->inputs[i]));
        ret_x[i] = calloc(n, sizeof(float));
        is_good = ret_x[i] && fread(ret_x[i], sizeof(float), n, in) == n;
    }
    if (in)
        (void)fclose(in);
    return is_good;
}

/// Event by event, so that one output stands behind the other only in the file.
static bl_status predict(const bl_nn_network *network, size_t n_events, float **x, float **y,
                         bl_error *err) {
    BL_AUTO(bl_nn_workspace) workspace = NULL;
    bl_nn_feed feeds[MOST_PORTS] = {0};
    bl_nn_matrix outputs[MOST_PORTS];
    BL_TRY(bl_nn_workspace_new(network, 1, false, &workspace, err));
    for (size_t e = 0; e < n_events; e++) {
        for (size_t i = 0; i < network->n_inputs; i++)
            feeds[i].data = x[i] + e * numbers_of(shape_of(network, network->inputs[i]));
        BL_TRY(bl_nn_predict(workspace, 1, feeds, outputs, err));
        for (size_t i = 0; i < network->n_outputs; i++) {
            bl_nn_shape shape = shape_of(network, network->outputs[i]);
            size_t rows = shape.steps ? shape.steps : 1;
            for (size_t r = 0; r < rows; r++)
                memcpy(y[i] + e * numbers_of(shape) + r * shape.width,
                       outputs[i].data + r * outputs[i].stride, shape.width * sizeof(float));
        }
    }
    return BL_OK;
}

static bool write_outputs(const bl_nn_network *network, size_t n_events, const char *path,
                          float **y) {
    FILE *out = fopen(path, "wbe");
    bool is_good = out != NULL;
    for (size_t i = 0; i < network->n_outputs && is_good; i++) {
        size_t n = n_events * numbers_of(shape_of(network, network->outputs[i]));
        is_good = fwrite(y[i], sizeof(float), n, out) == n;
    }
    return out && fclose(out) == 0 && is_good;
}

static bl_status run(const bl_nn_network *network, char **argv, bl_error *err) {
    size_t n_events = strtoul(argv[0], NULL, 10);
    float *x[MOST_PORTS] = {0}, *y[MOST_PORTS] = {0};
    bl_status status = BL_OK;
    if (network->n_inputs > MOST_PORTS || network->n_outputs > MOST_PORTS)
        return bl_error_set(err, BL_E_LIMIT, "more than %d inputs or outputs", MOST_PORTS);
    for (size_t i = 0; i < network->n_outputs; i++)
        y[i] = calloc(n_events * numbers_of(shape_of(network, network->outputs[i])), sizeof(float));
    if (!read_inputs(network, n_events, argv[1], x))
        status = bl_error_set(err, BL_E_IO, "%s: no numbers of all inputs", argv[1]);
    if (status == BL_OK)
        status = predict(network, n_events, x, y, err);
    if (status == BL_OK && !write_outputs(network, n_events, argv[2], y))
        status = bl_error_set(err, BL_E_IO, "%s: cannot be written", argv[2]);
    for (size_t i = 0; i < MOST_PORTS; i++) {
        free(x[i]);
        free(y[i]);
    }
    return status;
}

static bl_status convert(bl_context *context, bl_arena *arena, int argc, char **argv,
                         bl_error *err) {
    BL_AUTO(bl_keras_file) file = NULL;
    BL_AUTO(bl_keras_file) written = NULL;
    BL_AUTO(bl_nn_network) network = NULL;
    bl_nn_graph graph;
    const char *end = strrchr(argv[2], '.');
    bool is_hdf5 = end && strcmp(end, ".h5") == 0;
    BL_TRY(bl_keras_open(context, argv[1], &file, err));
    BL_TRY(bl_keras_to_graph(file, arena, &graph, err));
    BL_TRY(bl_nn_network_new(context, &graph, NULL, &network, err));
    BL_TRY(bl_keras_load_weights(file, network, err));
    BL_TRY(bl_keras_from_network(context, network, is_hdf5 ? BL_KERAS_HDF5 : BL_KERAS_ARCHIVE,
                                 &written, err));
    BL_TRY(bl_keras_write(written, argv[2], true, err));
    return argc < 6 ? BL_OK : run(network, argv + 3, err);
}

int main(int argc, char **argv) {
    bl_context_options options = {.size = sizeof options};
    bl_error err = {0};
    BL_AUTO(bl_context) context = NULL;
    bl_arena arena;
    if (argc < 3 || bl_context_new(&options, &context, &err) != BL_OK)
        return 2;
    bl_arena_init(&arena, context);
    bl_status status = convert(context, &arena, argc, argv, &err);
    bl_arena_release(&arena);
    if (status != BL_OK)
        fprintf(stderr, "keras_network: %s\n", err.message);
    return status == BL_OK ? 0 : 1;
}
