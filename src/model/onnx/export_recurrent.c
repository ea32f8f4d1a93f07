// SPDX-License-Identifier: Apache-2.0
// GRU, LSTM and SimpleRNN, one way or both, as ONNX has them: steps before events, matrices
// [ways × gates·units × columns], and lengths where not all steps count.
#include "model/onnx/export.h"

/// A layer as it is written.
typedef struct recurrent {
    bl_nn_kind_id kind;
    const bl_nn_recurrent_options *options;
    const char *layers[2]; ///< whose parameters each way has
    size_t n_ways, n_gates, units, width;
    bool is_reversed;
} recurrent;

/// ONNX's gates as Keras numbers them: of LSTM i o f c, where Keras has i f c o.
static size_t gate_of(const recurrent *r, size_t gate) {
    static const size_t lstm[] = {0, 3, 1, 2};
    return r->kind == BL_NN_KIND_LSTM ? lstm[gate] : gate;
}

static const float *numbers_of(const bl_onnx_export *x, const char *layer, const char *name) {
    const bl_nn_parameter *parameter = bl_onnx_find_parameter(x, layer, name);
    return parameter ? x->network->parameters + parameter->offset : NULL;
}

/// [ways × gates·units × n] of matrices [n × gates·units].
static const char *write_matrices(bl_onnx_export *x, const recurrent *r, const char *name,
                                  size_t n) {
    size_t all = r->n_gates * r->units;
    float *rows = bl_arena_array(x->arena, r->n_ways * all * n, sizeof *rows);
    for (size_t way = 0; way < r->n_ways && rows; way++) {
        const float *from = numbers_of(x, r->layers[way], name);
        for (size_t g = 0; g < r->n_gates && from; g++)
            for (size_t u = 0; u < r->units; u++)
                for (size_t i = 0; i < n; i++)
                    rows[((way * r->n_gates + g) * r->units + u) * n + i] =
                        from[i * all + gate_of(r, g) * r->units + u];
    }
    int64_t sizes[] = {(int64_t)r->n_ways, (int64_t)all, (int64_t)n};
    return bl_onnx_floats(x, 3, sizes, rows);
}

/// [ways × 2·gates·units]: the input's, and the state's, which only GRU has apart.
static const char *write_biases(bl_onnx_export *x, const recurrent *r) {
    size_t all = r->n_gates * r->units;
    bool has_two = r->kind == BL_NN_KIND_GRU && r->options->reset_after;
    float *rows = bl_arena_array(x->arena, r->n_ways * 2 * all, sizeof *rows);
    for (size_t way = 0; way < r->n_ways && rows; way++) {
        const float *from = numbers_of(x, r->layers[way], "bias");
        for (size_t g = 0; g < r->n_gates && from; g++)
            for (size_t u = 0; u < r->units; u++) {
                float *to = rows + way * 2 * all + g * r->units + u;
                to[0] = from[gate_of(r, g) * r->units + u];
                to[all] = has_two ? from[all + gate_of(r, g) * r->units + u] : 0;
            }
    }
    int64_t sizes[] = {(int64_t)r->n_ways, (int64_t)(2 * all)};
    return bl_onnx_floats(x, 2, sizes, rows);
}

static const char *function_name(const bl_nn_activation *a) {
    switch (a->kind) {
    case BL_NN_SIGMOID:
        return "Sigmoid";
    case BL_NN_TANH:
        return "Tanh";
    case BL_NN_SOFTSIGN:
        return "Softsign";
    case BL_NN_SOFTPLUS:
        return "Softplus";
    case BL_NN_RELU:
        return a->slope == 0 && a->threshold == 0 && a->limit > 0x1p127F ? "Relu" : NULL;
    default:
        return NULL;
    }
}

static bl_status write_functions(bl_onnx_export *x, const recurrent *r, bl_onnx_node *node,
                                 bl_error *err) {
    const char *gate = function_name(&r->options->recurrent_activation);
    const char *state = function_name(&r->options->activation), *names[6];
    size_t n = r->kind == BL_NN_KIND_GRU ? 2 : r->kind == BL_NN_KIND_LSTM ? 3 : 1;
    if (!state || (n > 1 && !gate))
        return bl_onnx_cannot(x, "an activation of it is none that ONNX has there", err);
    for (size_t i = 0; i < n * r->n_ways; i++)
        names[i] = n > 1 && i % n == 0 ? gate : state;
    bl_onnx_add_strings(&x->b, node, "activations", n * r->n_ways, names);
    return BL_OK;
}

/// The operator on steps × events × columns. \param ret_all, ret_last its outputs
static bl_status write_operator(bl_onnx_export *x, const recurrent *r, const bl_onnx_made *in,
                                bool keeps_all, const char **ret_out, bl_error *err) {
    static const char *const names[BL_NN_KIND_N] = {
        [BL_NN_KIND_GRU] = "GRU", [BL_NN_KIND_LSTM] = "LSTM", [BL_NN_KIND_SIMPLE_RNN] = "RNN"};
    x->has_own_name = true;
    const char *steps = bl_onnx_transpose_to(x, in->name, 3, (int64_t[]){1, 0, 2});
    const char *out = bl_onnx_new_name(x);
    const char *inputs[] = {steps, write_matrices(x, r, "kernel", r->width),
                            write_matrices(x, r, "recurrent_kernel", r->units),
                            r->options->use_bias ? write_biases(x, r) : "",
                            in->lengths ? in->lengths : ""};
    const char *outputs[] = {keeps_all ? out : "", out};
    bl_onnx_node *node = bl_onnx_add_node(&x->b, names[r->kind], NULL, in->lengths ? 5 : 4, inputs,
                                          keeps_all ? 1 : 2, outputs);
    if (node)
        node->name = x->node->name;
    bl_onnx_add_int(&x->b, node, "hidden_size", (int64_t)r->units);
    bl_onnx_add_string(&x->b, node, "direction",
                       r->n_ways == 2   ? "bidirectional"
                       : r->is_reversed ? "reverse"
                                        : "forward");
    if (r->kind == BL_NN_KIND_GRU)
        bl_onnx_add_int(&x->b, node, "linear_before_reset", r->options->reset_after);
    *ret_out = out;
    return write_functions(x, r, node, err);
}

static recurrent recurrent_of(const bl_onnx_made *in, const bl_nn_kind *kind,
                              const bl_nn_recurrent_options *options) {
    return (recurrent){.kind = kind->id,
                       .options = options,
                       .n_ways = 1,
                       .n_gates = kind->id == BL_NN_KIND_GRU    ? 3
                                  : kind->id == BL_NN_KIND_LSTM ? 4
                                                                : 1,
                       .units = (size_t)options->units,
                       .width = in->shape.width,
                       .is_reversed = options->go_backwards};
}

/// Steps in the order in which a layer that goes backwards makes them.
static const char *turn_steps(bl_onnx_export *x, const char *steps, const char *lengths, size_t n) {
    if (lengths) {
        const char *inputs[] = {steps, bl_onnx_cast_to(x, lengths, BL_ONNX_INT64)};
        bl_onnx_node *node;
        const char *out = bl_onnx_emit(x, "ReverseSequence", 2, inputs, &node);
        bl_onnx_add_int(&x->b, node, "batch_axis", 1);
        bl_onnx_add_int(&x->b, node, "time_axis", 0);
        return out;
    }
    const char *inputs[] = {steps, bl_onnx_counts(x, 1, (int64_t[]){-1}),
                            bl_onnx_counts(x, 1, (int64_t[]){-(int64_t)n - 1}),
                            bl_onnx_counts(x, 1, (int64_t[]){0}),
                            bl_onnx_counts(x, 1, (int64_t[]){-1})};
    return bl_onnx_emit(x, "Slice", 5, inputs, NULL);
}

BL_ONNX_WRITER(recurrent) {
    const bl_nn_recurrent_options *options = x->node->options;
    recurrent r = recurrent_of(in[0], x->node->kind, options);
    const char *out;
    r.layers[0] = x->layer;
    BL_TRY(write_operator(x, &r, in[0], options->return_sequences, &out, err));
    out = bl_onnx_squeeze_at(x, out, options->return_sequences ? 1 : 0);
    ret_made->differs = !options->zero_output_for_mask;
    if (options->return_sequences) {
        if (r.is_reversed)
            out = turn_steps(x, out, in[0]->lengths, in[0]->shape.steps);
        out = bl_onnx_transpose_to(x, out, 3, (int64_t[]){1, 0, 2});
    }
    ret_made->name = out;
    return BL_OK;
}

/// A way of both: number 0 or 1 of axis 1 of all states, of axis 0 of the last.
static const char *take_way(bl_onnx_export *x, const char *out, bool keeps_all, int64_t way) {
    const char *inputs[] = {out, bl_onnx_counts(x, 1, &way)};
    bl_onnx_node *node;
    const char *taken = bl_onnx_emit(x, "Gather", 2, inputs, &node);
    bl_onnx_add_int(&x->b, node, "axis", keeps_all ? 1 : 0);
    taken = bl_onnx_squeeze_at(x, taken, keeps_all ? 1 : 0);
    return keeps_all ? bl_onnx_transpose_to(x, taken, 3, (int64_t[]){1, 0, 2}) : taken;
}

static bool is_as_forward(const bl_nn_node *node) {
    if (!node->inner_backward)
        return true;
    bl_nn_recurrent_options forward = *(const bl_nn_recurrent_options *)node->inner->options;
    forward.go_backwards = !forward.go_backwards;
    return node->inner->kind == node->inner_backward->kind &&
           bl_nn_options_equal(node->inner->kind, &forward, node->inner_backward->options);
}

BL_ONNX_WRITER(bidirectional) {
    static const char *const merges[] = {[BL_NN_MERGE_CONCAT] = "",
                                         [BL_NN_MERGE_SUM] = "Add",
                                         [BL_NN_MERGE_MUL] = "Mul",
                                         [BL_NN_MERGE_AVE] = "Add"};
    const bl_nn_recurrent_options *options = x->node->inner->options;
    int mode = ((const bl_nn_bidirectional_options *)x->node->options)->merge_mode;
    recurrent r = recurrent_of(in[0], x->node->inner->kind, options);
    bool keeps_all = options->return_sequences;
    int64_t units = (int64_t)r.units;
    const char *out;
    if (!is_as_forward(x->node) || r.is_reversed)
        return bl_onnx_cannot(x, "its ways are not the same layer, first forwards", err);
    r.n_ways = 2;
    r.layers[0] = bl_arena_printf(x->arena, "%s/forward", x->layer);
    r.layers[1] = bl_arena_printf(x->arena, "%s/backward", x->layer);
    BL_TRY(write_operator(x, &r, in[0], keeps_all, &out, err));
    ret_made->differs = !options->zero_output_for_mask;
    if (mode == BL_NN_MERGE_CONCAT) {
        out = keeps_all ? bl_onnx_transpose_to(x, out, 4, (int64_t[]){2, 0, 1, 3})
                        : bl_onnx_transpose_to(x, out, 3, (int64_t[]){1, 0, 2});
        ret_made->name =
            keeps_all ? bl_onnx_reshape_to(x, out, 3,
                                           (int64_t[]){-1, (int64_t)in[0]->shape.steps, 2 * units})
                      : bl_onnx_reshape_to(x, out, 2, (int64_t[]){-1, 2 * units});
        return BL_OK;
    }
    const char *forward = take_way(x, out, keeps_all, 0), *back = take_way(x, out, keeps_all, 1);
    ret_made->name = bl_onnx_emit2(x, merges[mode], forward, back);
    if (mode == BL_NN_MERGE_AVE)
        ret_made->name = bl_onnx_emit2(x, "Mul", ret_made->name, bl_onnx_number(x, 0.5));
    return BL_OK;
}
