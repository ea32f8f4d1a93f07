// SPDX-License-Identifier: Apache-2.0
// usage: onnx_run MODEL N OUT [IN[:LENGTHS]]…
// Runs N events, at most 64, through a network of ONNX or Keras. IN has float32 of this machine,
// [N × steps × columns] for each input in its order, LENGTHS int64 [N], how many steps count.
// OUT.0, OUT.1, … are the outputs, of whose names and shapes a line each is printed, then those of
// classes.
//
// usage: onnx_run --write MODEL OUT.onnx
// Writes a network of Keras or ONNX as ONNX.
//
// In front of either: --ragged makes sequences ragged, --transform FILE.json is what inputs go
// through first, instead of what a model of ONNX has in front.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "io/bytes/source.h"
#include "model/keras/to_graph.h"
#include "model/onnx/file.h"
#include "model/onnx/from_graph.h"
#include "model/onnx/to_graph.h"

/// A model, whichever it is of.
typedef struct model {
    bl_arena arena;
    bl_onnx_network onnx;
    bl_nn_graph graph;
    bl_nn_network *network;
    bool is_ragged;
    const char *transform_url;
    bl_nn_transform transform;
} model;

/// The network of the graph, whose sequences become ragged where that is wanted.
static bl_status make_network(model *m, bl_error *err) {
    for (size_t i = 0; i < m->graph.n_nodes && m->is_ragged; i++)
        if (m->graph.nodes[i].kind->id == BL_NN_KIND_INPUT) {
            bl_nn_input_options *options = m->graph.nodes[i].options;
            options->ragged |= options->shape.n == 2;
        }
    const bl_nn_network_options options = {
        .most_floats = m->onnx.n_weights ? bl_onnx_most_floats(&m->onnx) : 0};
    return bl_nn_network_new(m->arena.context, &m->graph, &options, &m->network, err);
}

static bl_status read_onnx(model *m, const char *url, bl_error *err) {
    bl_onnx_model *file = NULL;
    BL_TRY(bl_onnx_read(&m->arena, url, &file, err));
    BL_TRY(bl_onnx_to_graph(file, &m->arena, &m->onnx, err));
    m->graph = m->onnx.graph;
    if (!m->transform_url)
        m->transform = m->onnx.transform;
    BL_TRY(make_network(m, err));
    return bl_onnx_load_weights(&m->onnx, m->network, err);
}

static bl_status read_keras(model *m, const char *url, bl_error *err) {
    BL_AUTO(bl_keras_file) file = NULL;
    BL_TRY(bl_keras_open(m->arena.context, url, &file, err));
    BL_TRY(bl_keras_to_graph(file, &m->arena, &m->graph, err));
    BL_TRY(make_network(m, err));
    return bl_keras_load_weights(file, m->network, err);
}

static bl_status read_transform(model *m, bl_error *err) {
    BL_AUTO(bl_source) source = NULL;
    const bl_item *document = NULL;
    BL_TRY(bl_source_open(m->arena.context, m->transform_url, &source, err));
    char *text = bl_arena_alloc(&m->arena, (size_t)source->size_bytes + 1);
    if (!text)
        return bl_error_set(err, BL_E_NOMEM, "no memory for a transform");
    BL_TRY(bl_source_read(source, 0, (size_t)source->size_bytes, text, err));
    BL_TRY(bl_json_parse(&m->arena, m->transform_url, text, (size_t)source->size_bytes, &document,
                         err));
    return bl_nn_transform_read(&m->arena, document, &m->transform, err);
}

static bl_status read_model(model *m, const char *url, bl_error *err) {
    if (m->transform_url)
        BL_TRY(read_transform(m, err));
    return strstr(url, ".onnx") ? read_onnx(m, url, err) : read_keras(m, url, err);
}

// ---- running ----

static bl_status read_file(bl_arena *arena, const char *url, size_t size, void **ret_data,
                           bl_error *err) {
    BL_AUTO(bl_source) source = NULL;
    BL_TRY(bl_source_open(arena->context, url, &source, err));
    if (source->size_bytes != size)
        return bl_error_set(err, BL_E_SHAPE, "%s has %llu bytes, not %zu", url,
                            (unsigned long long)source->size_bytes, size);
    *ret_data = bl_arena_alloc(arena, size + 1);
    return *ret_data ? bl_source_read(source, 0, size, *ret_data, err)
                     : bl_error_set(err, BL_E_NOMEM, "no memory for %s", url);
}

/// Rows that count move together; offsets say whose they are.
static bl_status leave_out(bl_arena *arena, const char *url, size_t n, bl_nn_shape shape,
                           float *rows, bl_nn_feed *feed, bl_error *err) {
    int64_t *offsets = bl_arena_array(arena, n + 1, sizeof *offsets), *lengths = NULL;
    BL_TRY(read_file(arena, url, n * sizeof *lengths, (void **)&lengths, err));
    for (size_t e = 0; e < n && offsets; e++) {
        offsets[e + 1] = offsets[e] + lengths[e];
        memmove(rows + (size_t)offsets[e] * shape.width, rows + e * shape.steps * shape.width,
                (size_t)lengths[e] * shape.width * sizeof *rows);
    }
    feed->offsets = offsets;
    return offsets ? BL_OK : bl_error_set(err, BL_E_NOMEM, "no memory for offsets");
}

/// Rows of the i-th input as the network takes them.
static void transform_rows(const model *m, size_t i, size_t n, size_t width, float *rows) {
    for (size_t k = 0, input = 0; k < m->graph.n_nodes; k++) {
        if (m->graph.nodes[k].kind->id != BL_NN_KIND_INPUT || input++ != i)
            continue;
        const bl_nn_columns *columns = bl_nn_transform_find(&m->transform, m->graph.nodes[k].name);
        if (columns)
            bl_nn_columns_run(columns, n, rows, width, rows, width);
    }
}

static bl_status read_feed(model *m, size_t i, size_t n, const char *text, bl_nn_feed *feed,
                           bl_error *err) {
    bl_nn_shape shape = m->network->plan.values.items[m->network->inputs[i]].shape;
    size_t size = n * (shape.steps ? shape.steps : 1) * shape.width * sizeof(float);
    char *url = bl_arena_text(&m->arena, text, strlen(text)), *lengths = strchr(text, ':');
    float *rows = NULL;
    if (!url)
        return bl_error_set(err, BL_E_NOMEM, "no memory for a name");
    if (lengths)
        url[lengths - text] = '\0';
    BL_TRY(read_file(&m->arena, url, size, (void **)&rows, err));
    *feed = (bl_nn_feed){.data = rows};
    transform_rows(m, i, size / shape.width / sizeof(float), shape.width, rows);
    return lengths ? leave_out(&m->arena, lengths + 1, n, shape, rows, feed, err) : BL_OK;
}

/// The rows of an output, with zeros behind those that an event has.
static bool write_output(const bl_nn_workspace *workspace, size_t i, size_t n, bl_nn_shape shape,
                         bl_nn_matrix rows, FILE *file) {
    const uint32_t *offsets = bl_nn_output_offsets(workspace, i);
    size_t steps = shape.steps ? shape.steps : 1, row = offsets ? 0 : 1;
    float *zeros = calloc(shape.width, sizeof *zeros);
    bool is_written = zeros != NULL;
    for (size_t e = 0; e < n && is_written; e++) {
        size_t first = offsets ? offsets[e] : e, last = offsets ? offsets[e + 1] : e + row;
        for (size_t k = 0; k < steps && is_written; k++)
            is_written = fwrite(first + k < last ? rows.data + (first + k) * rows.stride : zeros,
                                sizeof(float), shape.width, file) == shape.width;
    }
    free(zeros);
    return is_written;
}

static bl_status write_outputs(const model *m, const bl_nn_workspace *workspace, size_t n,
                               const bl_nn_matrix *outputs, const char *out, bl_error *err) {
    for (size_t i = 0; i < m->network->n_outputs; i++) {
        bl_nn_shape shape = m->network->plan.values.items[m->network->outputs[i]].shape;
        char path[4096];
        (void)snprintf(path, sizeof path, "%s.%zu", out, i);
        FILE *file = fopen(path, "wb");
        bool is_written = file && write_output(workspace, i, n, shape, outputs[i], file);
        if (!file || fclose(file) != 0 || !is_written)
            return bl_error_set(err, BL_E_IO, "%s cannot be written", path);
        printf("%s %zu %zu\n", m->onnx.outputs ? m->onnx.outputs[i] : "output", shape.steps,
               shape.width);
    }
    for (size_t i = 0; i < m->onnx.n_classes; i++)
        printf("%s%s", i ? "," : "classes ", m->onnx.class_names[i]);
    printf("\n");
    return BL_OK;
}

static bl_status run(model *m, char **argv, size_t n_in, bl_error *err) {
    BL_AUTO(bl_nn_workspace) workspace = NULL;
    size_t n = strtoul(argv[1], NULL, 10);
    BL_TRY(read_model(m, argv[0], err));
    const bl_nn_network *network = m->network;
    bl_nn_feed *feeds = bl_arena_array(&m->arena, network->n_inputs + 1, sizeof *feeds);
    bl_nn_matrix *outputs = bl_arena_array(&m->arena, network->n_outputs + 1, sizeof *outputs);
    if (!feeds || !outputs || n_in != network->n_inputs || n < 1 || n > BL_NN_SHARD_EVENTS)
        return bl_error_set(err, BL_E_INVALID, "%zu inputs are wanted, and 1 to %d events",
                            network->n_inputs, BL_NN_SHARD_EVENTS);
    for (size_t i = 0; i < n_in; i++)
        BL_TRY(read_feed(m, i, n, argv[3 + i], &feeds[i], err));
    BL_TRY(bl_nn_workspace_new(network, n, false, &workspace, err));
    BL_TRY(bl_nn_predict(workspace, n, feeds, outputs, err));
    return write_outputs(m, workspace, n, outputs, argv[2], err);
}

// ---- writing ----

static bl_status write_model(model *m, char **argv, bl_error *err) {
    BL_AUTO(bl_sink) sink = NULL;
    bl_onnx_model *written = NULL;
    BL_TRY(read_model(m, argv[0], err));
    bl_onnx_export_options options = {.output_names = m->onnx.outputs,
                                      .transform = &m->transform,
                                      .n_classes = m->onnx.n_classes,
                                      .class_names = m->onnx.class_names};
    BL_TRY(bl_onnx_from_graph(&m->arena, m->network, &options, &written, err));
    BL_TRY(bl_sink_open(m->arena.context, argv[1], true, &sink, err));
    BL_TRY(bl_onnx_write(m->arena.context, written, sink, err));
    return bl_sink_finish(sink, err);
}

int main(int argc, char **argv) {
    bl_context *context = NULL;
    bl_error err = {0};
    model m = {0};
    m.is_ragged = argc > 1 && strcmp(argv[1], "--ragged") == 0;
    argv += m.is_ragged;
    argc -= m.is_ragged;
    if (argc > 2 && strcmp(argv[1], "--transform") == 0) {
        m.transform_url = argv[2];
        argv += 2;
        argc -= 2;
    }
    if (argc < 4 || bl_context_new(NULL, &context, NULL) != BL_OK)
        return 2;
    bl_arena_init(&m.arena, context);
    bool writes = strcmp(argv[1], "--write") == 0;
    bl_status status =
        writes ? write_model(&m, argv + 2, &err) : run(&m, argv + 1, (size_t)argc - 4, &err);
    if (status != BL_OK)
        fprintf(stderr, "%s\n", err.message);
    bl_nn_network_free(m.network);
    bl_onnx_network_release(&m.onnx);
    bl_arena_release(&m.arena);
    bl_context_free(context);
    return status == BL_OK ? 0 : 1;
}
