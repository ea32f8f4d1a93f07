// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: models as bundles, made in memory.
#ifndef BL_MODEL_BUNDLE_MADE_TESTING_H
#define BL_MODEL_BUNDLE_MADE_TESTING_H

#include "base/random.h"
#include "model/bundle/bundle.h"

static inline bl_status made_add(bl_bundle *bundle, const char *kind, const char *name, size_t n,
                                 const size_t *inputs, void **ret_options) {
    bl_nn_node *node = NULL;
    BL_TRY(bl_nn_graph_add(&bundle->graph, bl_nn_kind_find(kind), name, n, inputs, &node, NULL));
    *ret_options = node->options;
    return BL_OK;
}

static inline bl_status made_input(bl_bundle *bundle, const char *name, size_t n,
                                   const int64_t *sizes, bool ragged) {
    void *options = NULL;
    BL_TRY(made_add(bundle, "Input", name, 0, NULL, &options));
    bl_nn_input_options *input = (bl_nn_input_options *)options;
    input->shape = (bl_nn_counts){n, sizes};
    input->ragged = ragged;
    return BL_OK;
}

/// A Dense of the node before it.
static inline bl_status made_dense(bl_bundle *bundle, const char *name, int64_t units,
                                   bl_nn_activation_kind activation) {
    void *options = NULL;
    size_t before = bundle->graph.n_nodes - 1;
    BL_TRY(made_add(bundle, "Dense", name, 1, &before, &options));
    bl_nn_dense_options *dense = (bl_nn_dense_options *)options;
    dense->units = units;
    bool is_known = bl_nn_activation_find(bl_nn_activation_name(activation), &dense->activation);
    return is_known ? BL_OK : BL_E_INVALID;
}

/// The last node is the output; parameters are drawn.
static inline bl_status made_network(bl_bundle *bundle) {
    size_t last = bundle->graph.n_nodes - 1;
    bl_random random;
    BL_TRY(bl_nn_graph_set_outputs(&bundle->graph, 1, &last, NULL));
    BL_TRY(bl_nn_network_new(bundle->arena.context, &bundle->graph, NULL, &bundle->network, NULL));
    for (size_t i = 0; i < bundle->network->plan.parameters.n; i++) {
        const bl_nn_parameter *p = &bundle->network->plan.parameters.items[i];
        bl_random_init(&random, 7, (uint32_t)i, 0);
        for (size_t k = 0; k < p->n; k++)
            bundle->network->parameters[p->offset + k] = (float)bl_random_uniform(&random) - 0.5F;
    }
    bl_nn_network_pack(bundle->network);
    return BL_OK;
}

static inline bl_status made_columns(bl_bundle *bundle, const char *input, size_t n) {
    bl_nn_transform *t = &bundle->transform;
    if (!t->inputs)
        t->inputs = (bl_nn_columns *)bl_arena_array(&bundle->arena, 4, sizeof *t->inputs);
    if (!t->inputs)
        return BL_E_NOMEM;
    bl_nn_columns *c = &t->inputs[t->n_inputs];
    BL_TRY(bl_nn_columns_init(&bundle->arena, input, n, c, NULL));
    for (size_t i = 0; i < n; i++) {
        c->names[i] = bl_arena_printf(&bundle->arena, "%s_%zu", input, i);
        if (!c->names[i])
            return BL_E_NOMEM;
        c->curves[i] = i == 1 ? BL_NN_CURVE_LOG : BL_NN_CURVE_IDENTITY;
        c->offset[i] = 0.1 * (double)i;
        c->scale[i] = 1 / (1 + 0.3 * (double)i);
        c->missing[i] = 0;
    }
    c->low[0] = -3;
    c->high[0] = 3;
    t->n_inputs++;
    return BL_OK;
}

static inline bl_status made_notes(bl_bundle *bundle) {
    static const char *const classes[] = {"QCD", "tt", "W"};
    static const char metrics[] = "{\"auc\": 0.1, \"loss\": [1e-300, 0.30000000000000004, 3.0]}";
    static const char lineage[] =
        "{\"weighted\": true, \"none\": null, \"events\": 9007199254740993, \"sources\": "
        "[\"a \\\"b\\\".root\", \"\\u00e9\\n\"], \"steps\": [{\"cut\": \"pt > 20\"}, {}]}";
    bundle->n_classes = 3;
    bundle->classes = classes;
    BL_TRY(bl_json_parse(&bundle->arena, "m", metrics, sizeof metrics - 1,
                         &bundle->notes[BL_BUNDLE_metrics], NULL));
    return bl_json_parse(&bundle->arena, "l", lineage, sizeof lineage - 1,
                         &bundle->notes[BL_BUNDLE_lineage], NULL);
}

/// "hlf": 14 numbers through layers of 50, 20, 10 and 3, with a transform.
static inline bl_status made_hlf(bl_context *context, bl_bundle **ret_bundle) {
    static const int64_t sizes[] = {14};
    BL_AUTO(bl_bundle) bundle = NULL;
    BL_TRY(bl_bundle_new(context, &bundle, NULL));
    bundle->graph.name = "topology \"HLF\"";
    BL_TRY(made_input(bundle, "hlf", 1, sizes, false));
    BL_TRY(made_dense(bundle, "first", 50, BL_NN_RELU));
    BL_TRY(made_dense(bundle, "second", 20, BL_NN_RELU));
    BL_TRY(made_dense(bundle, "third", 10, BL_NN_RELU));
    BL_TRY(made_dense(bundle, "output", 3, BL_NN_SOFTMAX));
    BL_TRY(made_network(bundle));
    BL_TRY(made_columns(bundle, "hlf", 14));
    BL_TRY(made_notes(bundle));
    *ret_bundle = BL_MOVE(bundle);
    return BL_OK;
}

/// "particles", at most 7 × 5, and "event" of 3 numbers; both have transforms.
static inline bl_status made_sequence(bl_context *context, bool is_ragged, bl_bundle **ret_bundle) {
    static const int64_t sizes[] = {7, 5}, others[] = {3};
    BL_AUTO(bl_bundle) bundle = NULL;
    void *none = NULL;
    BL_TRY(bl_bundle_new(context, &bundle, NULL));
    bundle->graph.name = "particles";
    BL_TRY(made_input(bundle, "particles", 2, sizes, is_ragged));
    BL_TRY(made_dense(bundle, "each", 18, BL_NN_TANH));
    BL_TRY(made_add(bundle, "GlobalAveragePooling1D", "mean", 1, (size_t[]){1}, &none));
    BL_TRY(made_input(bundle, "event", 1, others, false));
    BL_TRY(made_add(bundle, "Concatenate", "both", 2, (size_t[]){2, 3}, &none));
    BL_TRY(made_dense(bundle, "output", 1, BL_NN_SIGMOID));
    BL_TRY(made_network(bundle));
    BL_TRY(made_columns(bundle, "particles", 5));
    BL_TRY(made_columns(bundle, "event", 3));
    *ret_bundle = BL_MOVE(bundle);
    return BL_OK;
}

/// Of particles there are as many as there are.
static inline bl_status made_particles(bl_context *context, bl_bundle **ret_bundle) {
    return made_sequence(context, true, ret_bundle);
}

/// Of particles the four that are farthest from the first, standardised among themselves.
static inline bl_status made_ordered(bl_context *context, bl_bundle **ret_bundle) {
    BL_TRY(made_sequence(context, true, ret_bundle));
    (*ret_bundle)->transform.inputs[0].rows = (bl_nn_arrangement){
        BL_NN_ORDER_DELTA_R, .column = 2, .phi = 4, .length = 4, .is_per_event = true};
    return BL_OK;
}

/// Always six particles, the least of a column first; fewer are repeated.
static inline bl_status made_repeated(bl_context *context, bl_bundle **ret_bundle) {
    BL_TRY(made_sequence(context, false, ret_bundle));
    (*ret_bundle)->transform.inputs[0].rows = (bl_nn_arrangement){
        BL_NN_ORDER_COLUMN, true, .column = 3, .length = 6, .padding = BL_NN_FILL_WRAP};
    return BL_OK;
}

/// A tree: 1 where x[1] < 0.5 or is missing, else −2.
static inline bl_status made_tree(bl_nn_forest_builder *b, bl_context *context,
                                  bl_nn_forest **ret_forest) {
    const bl_nn_forest_head head = {.n_features = 2, .n_scores = 1};
    BL_TRY(bl_nn_forest_begin(b, context, &head, NULL));
    BL_TRY(bl_nn_forest_add_tree(b, NULL));
    BL_TRY(bl_nn_forest_add_split(b, 1, BL_NN_LESS, 0.5, true, 1, 2, NULL));
    BL_TRY(bl_nn_forest_add_leaf(b, NULL));
    BL_TRY(bl_nn_forest_add_weight(b, 0, 1, NULL));
    BL_TRY(bl_nn_forest_add_leaf(b, NULL));
    BL_TRY(bl_nn_forest_add_weight(b, 0, -2, NULL));
    return bl_nn_forest_finish(b, ret_forest, NULL);
}

/// "trees" of 2 numbers.
static inline bl_status made_forest(bl_context *context, bl_bundle **ret_bundle) {
    static const int64_t sizes[] = {2};
    BL_AUTO(bl_bundle) bundle = NULL;
    bl_nn_forest_builder builder = {0};
    bl_nn_forest *forest = NULL;
    void *options = NULL;
    BL_TRY(bl_bundle_new(context, &bundle, NULL));
    bl_status status = made_tree(&builder, context, &forest);
    bl_nn_forest_builder_release(&builder);
    BL_TRY(status);
    BL_TRY(bl_bundle_own_forest(bundle, forest, NULL));
    bundle->graph.name = "trees";
    BL_TRY(made_input(bundle, "x", 1, sizes, false));
    BL_TRY(made_add(bundle, "TreeEnsemble", "trees", 1, (size_t[]){0}, &options));
    ((bl_nn_forest_options *)options)->forest = forest;
    BL_TRY(made_network(bundle));
    *ret_bundle = BL_MOVE(bundle);
    return BL_OK;
}

static inline bl_status made_bytes(bl_context *context, const bl_bundle *bundle,
                                   bl_buffer **ret_bytes) {
    BL_AUTO(bl_buffer) bytes = NULL;
    bl_sink *sink = NULL;
    BL_TRY(bl_buffer_new(context, 1 << 16, &bytes, NULL));
    BL_TRY(bl_sink_open_memory(context, "bytes", &bytes, &sink, NULL));
    BL_TRY(bl_bundle_write_to(context, bundle, sink, NULL));
    *ret_bytes = BL_MOVE(bytes);
    return BL_OK;
}

static inline bl_status made_read(bl_context *context, const void *data, size_t size,
                                  bl_bundle **ret_bundle, bl_error *err) {
    bl_source *source = NULL;
    BL_TRY(bl_source_open_memory(context, "made.blm", data, size, &source, err));
    return bl_bundle_read(context, source, ret_bundle, err);
}

#endif
