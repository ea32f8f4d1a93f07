// SPDX-License-Identifier: Apache-2.0
// Networks as models of ONNX: inputs, layer after layer, outputs.
#include "model/onnx/from_graph.h"

#include <stdio.h>

#include "model/onnx/export.h"

enum { IR_VERSION = 8, OPSET = 17, TREES_OPSET = 3 };

bl_status bl_onnx_cannot(const bl_onnx_export *x, const char *why, bl_error *err) {
    return bl_error_set(err, BL_E_UNSUPPORTED, "layer '%s' (%s): ONNX: %s", x->node->name,
                        x->node->kind->name, why);
}

// ---- names and operators ----

static const char *or_nothing(bl_onnx_export *x, const char *text) {
    x->b.failed |= !text;
    return text ? text : "";
}

const char *bl_onnx_new_name(bl_onnx_export *x) {
    return or_nothing(x, bl_arena_printf(x->arena, "%s/%zu", x->node->name, x->n_names++));
}

const char *bl_onnx_emit(bl_onnx_export *x, const char *op_type, size_t n,
                         const char *const *inputs, bl_onnx_node **ret_node) {
    const char *out = bl_onnx_new_name(x);
    bl_onnx_node *node = bl_onnx_add_node(&x->b, op_type, NULL, n, inputs, 1, &out);
    if (node && !x->has_own_name && strcmp(op_type, "Transpose") != 0) {
        node->name = x->node->name;
        x->has_own_name = true;
    }
    if (ret_node)
        *ret_node = node;
    return out;
}

const char *bl_onnx_emit1(bl_onnx_export *x, const char *op_type, const char *a) {
    return bl_onnx_emit(x, op_type, 1, &a, NULL);
}

const char *bl_onnx_emit2(bl_onnx_export *x, const char *op_type, const char *a, const char *b) {
    const char *inputs[] = {a, b};
    return bl_onnx_emit(x, op_type, 2, inputs, NULL);
}

const char *bl_onnx_emit_float(bl_onnx_export *x, const char *op_type, const char *a,
                               const char *attribute, double value) {
    bl_onnx_node *node;
    const char *out = bl_onnx_emit(x, op_type, 1, &a, &node);
    bl_onnx_add_float(&x->b, node, attribute, (float)value);
    return out;
}

// ---- constants ----

const char *bl_onnx_floats(bl_onnx_export *x, size_t rank, const int64_t *sizes,
                           const float *values) {
    const char *name = bl_onnx_new_name(x);
    size_t n = 1;
    for (size_t i = 0; i < rank; i++)
        n *= (size_t)sizes[i];
    x->b.failed |= !values;
    if (values)
        bl_onnx_add_initializer(&x->b, name, BL_ONNX_FLOAT, rank, sizes, values,
                                n * sizeof *values);
    return name;
}

const char *bl_onnx_number(bl_onnx_export *x, double value) {
    return bl_onnx_floats(x, 0, NULL, &(float){(float)value});
}

const char *bl_onnx_counts(bl_onnx_export *x, size_t n, const int64_t *values) {
    const char *name = bl_onnx_new_name(x);
    bl_onnx_add_initializer(&x->b, name, BL_ONNX_INT64, 1, (int64_t[]){(int64_t)n}, values,
                            n * sizeof *values);
    return name;
}

const bl_nn_parameter *bl_onnx_find_parameter(const bl_onnx_export *x, const char *layer,
                                              const char *name) {
    return layer ? bl_nn_network_find(x->network, layer, name) : NULL;
}

const char *bl_onnx_parameter(bl_onnx_export *x, const char *name) {
    const bl_nn_parameter *parameter = bl_onnx_find_parameter(x, x->layer, name);
    int64_t sizes[4];
    if (!parameter)
        return "";
    for (unsigned i = 0; i < parameter->rank; i++)
        sizes[i] = (int64_t)parameter->sizes[i];
    return bl_onnx_floats(x, parameter->rank, sizes, x->network->parameters + parameter->offset);
}

// ---- shapes ----

const char *bl_onnx_reshape_to(bl_onnx_export *x, const char *a, size_t n, const int64_t *sizes) {
    return bl_onnx_emit2(x, "Reshape", a, bl_onnx_counts(x, n, sizes));
}

const char *bl_onnx_transpose_to(bl_onnx_export *x, const char *a, size_t n, const int64_t *order) {
    bl_onnx_node *node;
    const char *out = bl_onnx_emit(x, "Transpose", 1, &a, &node);
    bl_onnx_add_ints(&x->b, node, "perm", n, order);
    return out;
}

const char *bl_onnx_cast_to(bl_onnx_export *x, const char *a, bl_onnx_type_id type) {
    bl_onnx_node *node;
    const char *out = bl_onnx_emit(x, "Cast", 1, &a, &node);
    bl_onnx_add_int(&x->b, node, "to", type);
    return out;
}

const char *bl_onnx_squeeze_at(bl_onnx_export *x, const char *a, int64_t axis) {
    return bl_onnx_emit2(x, "Squeeze", a, bl_onnx_counts(x, 1, &axis));
}

const char *bl_onnx_steps_that_count(bl_onnx_export *x, const char *lengths, size_t steps) {
    const char *name = bl_onnx_new_name(x);
    int32_t *numbers = bl_arena_array(x->arena, steps + 1, sizeof *numbers);
    x->b.failed |= !numbers;
    for (size_t i = 0; i < steps && numbers; i++)
        numbers[i] = (int32_t)i;
    int64_t sizes[] = {1, (int64_t)steps, 1};
    if (numbers)
        bl_onnx_add_initializer(&x->b, name, BL_ONNX_INT32, 3, sizes, numbers,
                                steps * sizeof *numbers);
    const char *each =
        bl_onnx_emit2(x, "Unsqueeze", lengths, bl_onnx_counts(x, 2, (int64_t[]){1, 2}));
    return bl_onnx_cast_to(x, bl_onnx_emit2(x, "Less", name, each), BL_ONNX_FLOAT);
}

const char *bl_onnx_count_flags(bl_onnx_export *x, const char *flags) {
    const char *inputs[] = {flags, bl_onnx_counts(x, 1, (int64_t[]){1})};
    bl_onnx_node *node;
    const char *n = bl_onnx_emit(x, "ReduceSum", 2, inputs, &node);
    bl_onnx_add_int(&x->b, node, "keepdims", 0);
    return bl_onnx_cast_to(x, n, BL_ONNX_INT32);
}

// ---- kinds ----

bl_onnx_writer bl_onnx_writer_of(bl_nn_kind_id kind) {
    static const bl_onnx_writer writers[BL_NN_KIND_N] = {
        [BL_NN_KIND_DENSE] = bl_onnx_write_dense,
        [BL_NN_KIND_ACTIVATION] = bl_onnx_write_activation_layer,
        [BL_NN_KIND_PRELU] = bl_onnx_write_prelu,
        [BL_NN_KIND_DROPOUT] = bl_onnx_write_same,
        [BL_NN_KIND_SPATIAL_DROPOUT] = bl_onnx_write_same,
        [BL_NN_KIND_BATCH_NORMALIZATION] = bl_onnx_write_batch_normalization,
        [BL_NN_KIND_LAYER_NORMALIZATION] = bl_onnx_write_layer_normalization,
        [BL_NN_KIND_EMBEDDING] = bl_onnx_write_embedding,
        [BL_NN_KIND_GRU] = bl_onnx_write_recurrent,
        [BL_NN_KIND_LSTM] = bl_onnx_write_recurrent,
        [BL_NN_KIND_SIMPLE_RNN] = bl_onnx_write_recurrent,
        [BL_NN_KIND_BIDIRECTIONAL] = bl_onnx_write_bidirectional,
        [BL_NN_KIND_MASKING] = bl_onnx_write_masking,
        [BL_NN_KIND_CONV1D] = bl_onnx_write_convolution,
        [BL_NN_KIND_MAX_POOLING] = bl_onnx_write_pooling,
        [BL_NN_KIND_AVERAGE_POOLING] = bl_onnx_write_pooling,
        [BL_NN_KIND_GLOBAL_MAX_POOLING] = bl_onnx_write_reduction,
        [BL_NN_KIND_GLOBAL_AVERAGE_POOLING] = bl_onnx_write_reduction,
        [BL_NN_KIND_SUM] = bl_onnx_write_reduction,
        [BL_NN_KIND_MEAN] = bl_onnx_write_reduction,
        [BL_NN_KIND_MAX] = bl_onnx_write_reduction,
        [BL_NN_KIND_MIN] = bl_onnx_write_reduction,
        [BL_NN_KIND_ANY] = bl_onnx_write_reduction,
        [BL_NN_KIND_ALL] = bl_onnx_write_reduction,
        [BL_NN_KIND_FLATTEN] = bl_onnx_write_shape,
        [BL_NN_KIND_RESHAPE] = bl_onnx_write_shape,
        [BL_NN_KIND_PERMUTE] = bl_onnx_write_shape,
        [BL_NN_KIND_SLICE] = bl_onnx_write_slice,
        [BL_NN_KIND_CONCATENATE] = bl_onnx_write_concatenation,
        [BL_NN_KIND_ADD] = bl_onnx_write_merge,
        [BL_NN_KIND_SUBTRACT] = bl_onnx_write_merge,
        [BL_NN_KIND_MULTIPLY] = bl_onnx_write_merge,
        [BL_NN_KIND_DIVIDE] = bl_onnx_write_merge,
        [BL_NN_KIND_AVERAGE] = bl_onnx_write_merge,
        [BL_NN_KIND_MAXIMUM] = bl_onnx_write_merge,
        [BL_NN_KIND_MINIMUM] = bl_onnx_write_merge,
        [BL_NN_KIND_MULTI_HEAD_ATTENTION] = bl_onnx_write_attention,
        [BL_NN_KIND_NORMALIZATION] = bl_onnx_write_scaling,
        [BL_NN_KIND_RESCALING] = bl_onnx_write_scaling,
        [BL_NN_KIND_NOT_EQUAL] = bl_onnx_write_comparison,
        [BL_NN_KIND_EQUAL] = bl_onnx_write_comparison,
        [BL_NN_KIND_GREATER] = bl_onnx_write_comparison,
        [BL_NN_KIND_GREATER_EQUAL] = bl_onnx_write_comparison,
        [BL_NN_KIND_LESS] = bl_onnx_write_comparison,
        [BL_NN_KIND_LESS_EQUAL] = bl_onnx_write_comparison,
        [BL_NN_KIND_CLIP] = bl_onnx_write_clip,
        [BL_NN_KIND_EXP] = bl_onnx_write_function,
        [BL_NN_KIND_LOG] = bl_onnx_write_function,
        [BL_NN_KIND_LOG1P] = bl_onnx_write_function,
        [BL_NN_KIND_ABSOLUTE] = bl_onnx_write_function,
        [BL_NN_KIND_SQUARE] = bl_onnx_write_function,
        [BL_NN_KIND_SQRT] = bl_onnx_write_function,
        [BL_NN_KIND_NEGATIVE] = bl_onnx_write_function,
        [BL_NN_KIND_TREE_ENSEMBLE] = bl_onnx_write_trees,
    };
    return writers[kind];
}

// ---- inputs ----

/// Texts with commas between; none where one of them is missing.
static void add_texts(bl_onnx_export *x, const char *key, size_t n, const char *const *texts) {
    const char *all = n ? texts[0] : NULL;
    for (size_t i = 1; i < n && all; i++)
        all = texts[i] ? or_nothing(x, bl_arena_printf(x->arena, "%s,%s", all, texts[i])) : NULL;
    if (all)
        bl_onnx_add_metadata(&x->b, key, all);
}

/// Numbers of rows of tables, which ONNX has as whole ones.
static bool is_whole(const bl_nn_graph *graph, size_t number) {
    bool is_taken = false;
    for (size_t i = 0; i < graph->n_nodes; i++)
        for (size_t k = 0; k < graph->nodes[i].n_inputs; k++) {
            if (graph->nodes[i].inputs[k] != number)
                continue;
            if (graph->nodes[i].kind->id != BL_NN_KIND_EMBEDDING)
                return false;
            is_taken = true;
        }
    return is_taken;
}

/// The transform of an input, and what its columns are called.
static void write_columns(bl_onnx_export *x, const bl_nn_columns *columns, bl_onnx_made *made) {
    const char *key = or_nothing(x, bl_arena_printf(x->arena, "columns.%s", x->node->name));
    made->name = bl_onnx_write_transform(x, columns, made->name);
    add_texts(x, key, columns->n, columns->names);
}

/// An input as the model has it, and the transform between that and what layers take.
static bl_status write_input(bl_onnx_export *x, size_t number, bl_onnx_made *made, bl_error *err) {
    const bl_nn_columns *columns =
        x->transform ? bl_nn_transform_find(x->transform, x->node->name) : NULL;
    const bl_nn_input_options *options = x->node->options;
    bl_nn_shape shape = made->shape;
    bl_onnx_size sizes[] = {{"events", 0},
                            {NULL, (int64_t)(shape.steps ? shape.steps : shape.width)},
                            {NULL, (int64_t)shape.width}};
    bl_onnx_type_id type = !columns && is_whole(x->graph, number) ? BL_ONNX_INT64 : BL_ONNX_FLOAT;
    bl_onnx_add_input(&x->b, x->node->name, type, shape.steps ? 3 : 2, sizes);
    made->name = x->node->name;
    if (columns && columns->n != shape.width)
        return bl_error_set(err, BL_E_SHAPE, "input '%s' has %zu columns, its transform %zu",
                            x->node->name, shape.width, columns->n);
    if (columns && bl_nn_columns_arranges(columns))
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "input '%s': ONNX: its rows are %s first, which is not written",
                            x->node->name, bl_nn_arrangement_name(&columns->rows));
    if (columns)
        write_columns(x, columns, made);
    if (!options->ragged)
        return BL_OK;
    const char *lengths = or_nothing(x, bl_arena_printf(x->arena, "%s_lengths", x->node->name));
    bl_onnx_add_input(&x->b, lengths, BL_ONNX_INT64, 1, sizes);
    made->lengths = bl_onnx_cast_to(x, lengths, BL_ONNX_INT32);
    made->is_ragged = true;
    return BL_OK;
}

// ---- layers ----

static bool keeps_rows(const bl_nn_node *node) {
    const bl_nn_node *layer = node->inner ? node->inner : node;
    switch (layer->kind->id) {
    case BL_NN_KIND_GRU:
    case BL_NN_KIND_LSTM:
    case BL_NN_KIND_SIMPLE_RNN:
        return ((const bl_nn_recurrent_options *)layer->options)->return_sequences;
    default:
        return node->kind->use == BL_NN_ROWWISE ||
               node->kind->id == BL_NN_KIND_MULTI_HEAD_ATTENTION;
    }
}

/// Steps that count by a node that says so: flags [events, steps] or [events, steps, 1].
static const char *lengths_by(bl_onnx_export *x, const bl_onnx_made *mask) {
    return bl_onnx_count_flags(x, mask->shape.steps ? bl_onnx_squeeze_at(x, mask->name, 2)
                                                    : mask->name);
}

/// What a layer sees that sees all steps: zeros where a ragged event has none.
static bl_status show_all(bl_onnx_export *x, bl_onnx_made *in, bl_error *err) {
    bl_nn_kind_id kind = x->node->kind->id;
    if (in->is_ragged && kind != BL_NN_KIND_FLATTEN && kind != BL_NN_KIND_SUM)
        return bl_onnx_cannot(x, "it sees steps that a ragged event does not have", err);
    if (in->is_ragged)
        in->name = bl_onnx_emit2(x, "Mul", in->name,
                                 bl_onnx_steps_that_count(x, in->lengths, in->shape.steps));
    else if (in->differs)
        return bl_onnx_cannot(x, "it sees steps that do not count, which ONNX has as zeros", err);
    return BL_OK;
}

/// \param in [n_inputs] filled in; copies are made of those that change
static bl_status prepare_inputs(bl_onnx_export *x, const bl_onnx_made **in, bl_onnx_made *made,
                                bl_error *err) {
    for (size_t i = 0; i < x->node->n_inputs; i++) {
        const bl_onnx_made *from = &x->made[x->node->inputs[i]];
        bl_onnx_made *copy = bl_arena_array(x->arena, 1, sizeof *copy);
        if (!copy)
            return bl_error_nomem(err, sizeof *copy, "a value");
        *copy = *from;
        if (i == 0 && x->node->mask != BL_NN_NONE)
            copy->lengths = lengths_by(x, &x->made[x->node->mask]);
        if (copy->lengths && x->node->kind->use == BL_NN_WHOLE &&
            x->node->kind->id != BL_NN_KIND_EMBEDDING)
            BL_TRY(show_all(x, copy, err));
        bool is_first = i == 0 || x->node->kind->id != BL_NN_KIND_MULTI_HEAD_ATTENTION;
        if (keeps_rows(x->node) && is_first && copy->lengths && !made->lengths) {
            made->lengths = copy->lengths;
            made->is_ragged = copy->is_ragged;
        }
        made->differs |= keeps_rows(x->node) && copy->differs;
        in[i] = copy;
    }
    return BL_OK;
}

static bl_status write_node(bl_onnx_export *x, size_t number, bl_error *err) {
    x->node = &x->graph->nodes[number];
    x->layer =
        x->node->same_as == BL_NN_NONE ? x->node->name : x->graph->nodes[x->node->same_as].name;
    x->has_own_name = true;
    bl_onnx_made *made = &x->made[number];
    made->shape = x->network->plan.values.items[x->network->node_values[number]].shape;
    if (x->node->kind->id == BL_NN_KIND_INPUT)
        return write_input(x, number, made, err);
    bool is_timed = x->node->kind->id == BL_NN_KIND_TIME_DISTRIBUTED;
    const bl_nn_kind *kind = is_timed ? x->node->inner->kind : x->node->kind;
    bl_onnx_writer write = bl_onnx_writer_of(kind->id);
    const bl_onnx_made **in = bl_arena_array(x->arena, x->node->n_inputs + 1, sizeof *in);
    if (!in)
        return bl_error_nomem(err, x->node->n_inputs * sizeof *in, "values");
    if (!write || (is_timed && kind->id != BL_NN_KIND_DENSE))
        return bl_onnx_cannot(x, "nothing there is like it", err);
    x->has_own_name = true; // what goes before has not
    BL_TRY(prepare_inputs(x, in, made, err));
    x->has_own_name = false;
    return write(x, in, made, err);
}

static void want(const bl_nn_graph *graph, bool *is_wanted) {
    for (size_t i = 0; i < graph->n_outputs; i++)
        is_wanted[graph->outputs[i]] = true;
    for (size_t i = graph->n_nodes; i-- > 0;) {
        const bl_nn_node *node = &graph->nodes[i];
        is_wanted[i] |= node->kind->id == BL_NN_KIND_INPUT;
        for (size_t k = 0; k < node->n_inputs; k++)
            is_wanted[node->inputs[k]] |= is_wanted[i];
        if (node->mask != BL_NN_NONE)
            is_wanted[node->mask] |= is_wanted[i];
    }
}

// ---- outputs ----

static const char *output_name(bl_onnx_export *x, const bl_onnx_export_options *options, size_t i) {
    const bl_nn_graph *graph = x->graph;
    const char *name = options && options->output_names ? options->output_names[i]
                                                        : graph->nodes[graph->outputs[i]].name;
    size_t taken = bl_nn_graph_find(graph, name);
    if (taken != BL_NN_NONE && graph->nodes[taken].kind->id == BL_NN_KIND_INPUT)
        name = or_nothing(x, bl_arena_printf(x->arena, "%s_output", name));
    return name;
}

static bl_status write_output(bl_onnx_export *x, const bl_onnx_export_options *options, size_t i,
                              bl_error *err) {
    size_t number = x->graph->outputs[i];
    const bl_onnx_made *made = &x->made[number];
    bl_nn_shape shape = made->shape;
    const char *from = made->name, *name = output_name(x, options, i);
    bl_onnx_size sizes[] = {{"events", 0},
                            {NULL, (int64_t)(shape.steps ? shape.steps : shape.width)},
                            {NULL, (int64_t)shape.width}};
    x->node = &x->graph->nodes[number];
    x->has_own_name = true;
    if (made->is_ragged && shape.steps)
        from =
            bl_onnx_emit2(x, "Mul", from, bl_onnx_steps_that_count(x, made->lengths, shape.steps));
    else if (made->lengths && made->differs && shape.steps)
        return bl_onnx_cannot(x, "steps that do not count come out, which ONNX has as zeros", err);
    (void)bl_onnx_add_node(&x->b, "Identity", NULL, 1, &from, 1, &name);
    bl_onnx_add_output(&x->b, name, BL_ONNX_FLOAT, shape.steps ? 3 : 2, sizes);
    return BL_OK;
}

// ---- all of it ----

static bl_status write_names(bl_onnx_export *x, const bl_onnx_export_options *options,
                             bl_error *err) {
    const bl_nn_graph *graph = x->graph;
    const char **names =
        bl_arena_array(x->arena, graph->n_nodes + graph->n_outputs + 1, sizeof *names);
    size_t n = 0;
    if (!names)
        return bl_error_nomem(err, graph->n_nodes * sizeof *names, "names");
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (graph->nodes[i].kind->id == BL_NN_KIND_INPUT)
            names[n++] = graph->nodes[i].name;
    add_texts(x, "inputs", n, names);
    for (size_t i = 0; i < graph->n_outputs; i++)
        names[i] = output_name(x, options, i);
    add_texts(x, "outputs", graph->n_outputs, names);
    if (options && options->n_classes)
        add_texts(x, "classes", options->n_classes, options->class_names);
    return BL_OK;
}

static bl_status write_all(bl_onnx_export *x, const bl_onnx_export_options *options,
                           bl_error *err) {
    const bl_nn_graph *graph = x->graph;
    bool *is_wanted = bl_arena_array(x->arena, graph->n_nodes + 1, sizeof *is_wanted);
    x->made = bl_arena_array(x->arena, graph->n_nodes + 1, sizeof *x->made);
    if (!is_wanted || !x->made)
        return bl_error_nomem(err, graph->n_nodes * sizeof *x->made, "values");
    want(graph, is_wanted);
    for (size_t i = 0; i < graph->n_nodes; i++)
        if (is_wanted[i])
            BL_TRY(write_node(x, i, err));
    for (size_t i = 0; i < graph->n_outputs; i++)
        BL_TRY(write_output(x, options, i, err));
    return write_names(x, options, err);
}

bl_status bl_onnx_from_graph(bl_arena *arena, const bl_nn_network *network,
                             const bl_onnx_export_options *options, bl_onnx_model **ret_model,
                             bl_error *err) {
    bl_onnx_export x = {.arena = arena,
                        .network = network,
                        .graph = network->graph,
                        .transform = options ? options->transform : NULL};
    const char *name = x.graph->name;
    bl_onnx_builder_init(&x.b, arena, IR_VERSION, name && *name ? name : "model");
    bl_onnx_set_producer(&x.b, "beamline", "");
    bl_onnx_add_opset(&x.b, NULL, OPSET);
    BL_TRY(write_all(&x, options, err));
    if (x.wants_trees)
        bl_onnx_add_opset(&x.b, "ai.onnx.ml", TREES_OPSET);
    return bl_onnx_builder_finish(&x.b, ret_model, err);
}
