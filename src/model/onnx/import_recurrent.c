// SPDX-License-Identifier: Apache-2.0
// GRU, LSTM and RNN. ONNX has steps before events, and matrices [ways × gates·units × columns].
#include "model/onnx/import.h"

#include <math.h>

#include "model/onnx/trees_private.h"

/// An operator while it is read.
typedef struct recurrent {
    bl_nn_kind_id kind;
    size_t units, n_ways, n_gates, width;
    bool is_reversed, resets_after;
    bl_nn_activation activation, gate;
    const bl_onnx_seen *kernel, *recurrent, *bias; ///< bias NULL: none
    size_t mask;                                   ///< node; BL_NN_NONE: all steps count
} recurrent;

// ---- activations ----

static bool is_text(bl_bytes bytes, const char *text) {
    return bytes.size == strlen(text) && memcmp(bytes.data, text, bytes.size) == 0;
}

static bool read_function(bl_bytes name, bl_nn_activation *ret_activation) {
    static const struct {
        const char *onnx, *keras;
    } functions[] = {{"Sigmoid", "sigmoid"},
                     {"Tanh", "tanh"},
                     {"Relu", "relu"},
                     {"Softsign", "softsign"},
                     {"Softplus", "softplus"}};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (is_text(name, functions[i].onnx))
            return bl_nn_activation_find(functions[i].keras, ret_activation);
    return false;
}

/// Those of all ways must be the same; of LSTM the last two as well.
static bl_status read_activations(bl_onnx_import *c, recurrent *r, bl_error *err) {
    const bl_onnx_attribute *a = bl_onnx_attribute_get(c->node, "activations");
    size_t n = r->kind == BL_NN_KIND_GRU ? 2 : r->kind == BL_NN_KIND_LSTM ? 3 : 1;
    (void)bl_nn_activation_find("tanh", &r->activation);
    (void)bl_nn_activation_find("sigmoid", &r->gate);
    if (!a || !a->strings.n)
        return BL_OK;
    if (a->strings.n != n * r->n_ways)
        return bl_error_set(err, BL_E_INVALID, "it has %zu activations, not %zu", a->strings.n,
                            n * r->n_ways);
    for (size_t i = 0; i < a->strings.n; i++) {
        bl_nn_activation read = {0}, *to = i % n == 0 && n > 1 ? &r->gate : &r->activation;
        if (!read_function(a->strings.items[i], &read))
            return bl_onnx_refuse(err, "an activation of it is none that is read here");
        bool is_first = i < n && i < 2;
        if (!is_first && read.kind != to->kind)
            return bl_onnx_refuse(err, "its activations differ where there is one here");
        *to = read;
    }
    return BL_OK;
}

// ---- what counts ----

/// The input whose steps a node's rows are; BL_NN_NONE: none's.
static size_t find_source(const bl_onnx_import *c, size_t number) {
    for (;;) {
        const bl_nn_node *node = &c->graph->nodes[number];
        bl_nn_kind_id kind = node->inner ? node->inner->kind->id : node->kind->id;
        bool is_recurrent =
            kind == BL_NN_KIND_GRU || kind == BL_NN_KIND_LSTM || kind == BL_NN_KIND_SIMPLE_RNN;
        if (kind == BL_NN_KIND_INPUT)
            return number;
        if (!bl_onnx_is_rowwise(node) && !is_recurrent)
            return BL_NN_NONE;
        number = node->inputs[0];
    }
}

/// An input of numbers for an Embedding is a vector, unless it is ragged: then a sequence of one.
static bl_status make_ragged(bl_onnx_import *c, size_t number, bl_error *err) {
    bl_nn_input_options *options = c->graph->nodes[number].options;
    options->ragged = true;
    if (options->shape.n == 2)
        return BL_OK;
    for (size_t i = 0; i < c->graph->n_nodes; i++)
        for (size_t k = 0; k < c->graph->nodes[i].n_inputs; k++)
            if (c->graph->nodes[i].inputs[k] == number &&
                c->graph->nodes[i].kind->id != BL_NN_KIND_EMBEDDING)
                return bl_onnx_refuse(err, "its lengths are those of a vector");
    int64_t *sizes = bl_arena_array(c->arena, 2, sizeof *sizes);
    if (!sizes)
        return bl_onnx_no_memory(err);
    sizes[0] = options->shape.items[0];
    sizes[1] = 1;
    options->shape = (bl_nn_counts){2, sizes};
    return BL_OK;
}

bl_status bl_onnx_make_ragged(bl_onnx_import *c, const bl_onnx_seen *t, bl_error *err) {
    size_t source = find_source(c, t->node);
    if (source == BL_NN_NONE)
        return bl_onnx_refuse(err, "its lengths are of other steps than those of an input");
    return make_ragged(c, source, err);
}

static bl_status read_lengths(bl_onnx_import *c, recurrent *r, const bl_onnx_seen *x,
                              bl_error *err) {
    bl_onnx_seen *lengths = bl_onnx_in(c, 4);
    if (!lengths)
        return BL_OK;
    if (lengths->kind == BL_ONNX_TENSOR && lengths->mask != BL_NN_NONE) {
        r->mask = lengths->mask;
        return BL_OK;
    }
    if (lengths->kind == BL_ONNX_CONSTANT) {
        BL_TRY(bl_onnx_read_numbers(c, lengths, err));
        for (size_t i = 0; i < lengths->n; i++)
            if (lengths->numbers[i] != (double)x->steps)
                return bl_onnx_refuse(err, "its lengths are constants other than all steps");
        return BL_OK;
    }
    if (lengths->kind != BL_ONNX_LENGTHS)
        return bl_onnx_refuse(err, "its lengths are neither those of an input nor counted there");
    return bl_onnx_make_ragged(c, x, err);
}

// ---- parameters ----

static bool is_shaped(const bl_onnx_seen *seen, size_t a, size_t b, size_t d) {
    return seen && seen->n == a * b * d && seen->rank == (d == 1 ? 2 : 3) &&
           seen->axes[0].size == a && seen->axes[1].size == b &&
           (d == 1 || seen->axes[2].size == d);
}

/// Keras's gates as ONNX numbers them: of LSTM i f c o, where ONNX has i o f c.
static size_t gate_of(const recurrent *r, size_t gate) {
    static const size_t lstm[] = {0, 2, 3, 1};
    return r->kind == BL_NN_KIND_LSTM ? lstm[gate] : gate;
}

/// \param rows [gates·units × n] of a way \return [n × gates·units]
static float *turn(bl_arena *arena, const recurrent *r, const double *rows, size_t n) {
    size_t all = r->n_gates * r->units;
    float *matrix = bl_arena_array(arena, n * all + 1, sizeof *matrix);
    for (size_t g = 0; g < r->n_gates && matrix; g++)
        for (size_t u = 0; u < r->units; u++)
            for (size_t i = 0; i < n; i++)
                matrix[i * all + g * r->units + u] =
                    (float)rows[(gate_of(r, g) * r->units + u) * n + i];
    return matrix;
}

/// Two rows where the reset gate comes behind the matrix, else their sum.
static float *join_biases(bl_arena *arena, const recurrent *r, const double *biases) {
    size_t all = r->n_gates * r->units;
    float *joined = bl_arena_array(arena, 2 * all, sizeof *joined);
    for (size_t g = 0; g < r->n_gates && joined; g++)
        for (size_t u = 0; u < r->units; u++) {
            size_t to = g * r->units + u, from = gate_of(r, g) * r->units + u;
            double input = biases[from], state = biases[all + from];
            joined[to] = (float)(r->resets_after ? input : input + state);
            joined[all + to] = (float)state;
        }
    return joined;
}

static bl_status add_parameters(bl_onnx_import *c, const recurrent *r, const char *layer,
                                size_t way, bl_error *err) {
    size_t all = r->n_gates * r->units, n_bias = r->resets_after ? 2 * all : all;
    const float *kernel = turn(c->arena, r, r->kernel->numbers + way * all * r->width, r->width);
    const float *state = turn(c->arena, r, r->recurrent->numbers + way * all * r->units, r->units);
    if (!kernel || !state)
        return bl_onnx_no_memory(err);
    BL_TRY(bl_onnx_add_weight(c, layer, "kernel", r->width * all, kernel, err));
    BL_TRY(bl_onnx_add_weight(c, layer, "recurrent_kernel", r->units * all, state, err));
    if (!r->bias)
        return BL_OK;
    const float *bias = join_biases(c->arena, r, r->bias->numbers + way * 2 * all);
    if (!bias)
        return bl_onnx_no_memory(err);
    return bl_onnx_add_weight(c, layer, "bias", n_bias, bias, err);
}

static bl_status add_all_parameters(bl_onnx_import *c, const recurrent *r, const char *name,
                                    bool is_wrapped, bl_error *err) {
    if (!is_wrapped)
        return add_parameters(c, r, name, 0, err);
    for (size_t way = 0; way < 2; way++) {
        const char *layer = bl_arena_printf(c->arena, "%s/%s", name, way ? "backward" : "forward");
        if (!layer)
            return bl_onnx_no_memory(err);
        BL_TRY(add_parameters(c, r, layer, r->n_ways == 2 ? way : 0, err));
    }
    return BL_OK;
}

// ---- layers ----

static void set_options(const recurrent *r, bool keeps_all, bool is_reversed,
                        bl_nn_recurrent_options *options) {
    options->units = (int64_t)r->units;
    options->activation = r->activation;
    options->recurrent_activation = r->gate;
    options->use_bias = r->bias != NULL;
    options->return_sequences = keeps_all;
    options->go_backwards = is_reversed;
    options->reset_after = r->resets_after;
    options->zero_output_for_mask = keeps_all;
}

/// A layer, or two in a Bidirectional. \param same_as whose parameters it has; BL_NN_NONE: its own
static bl_status add_recurrent(bl_onnx_import *c, const recurrent *r, bl_onnx_seen *x,
                               bool keeps_all, size_t same_as, bl_error *err) {
    // All states of one way, the last step first, come in the order of steps from this alone.
    bool is_wrapped = r->n_ways == 2 || (r->is_reversed && keeps_all);
    bl_nn_node *node = NULL;
    BL_TRY(bl_onnx_add_after(c, is_wrapped ? BL_NN_KIND_BIDIRECTIONAL : r->kind, x, &node, err));
    node->mask = r->mask;
    node->same_as = same_as;
    bl_nn_recurrent_options *options = node->options;
    if (is_wrapped) {
        bl_nn_node *inner = bl_arena_array(c->arena, 1, sizeof *inner);
        if (!inner)
            return bl_onnx_no_memory(err);
        BL_TRY(bl_nn_node_init(c->arena, &bl_nn_kinds[r->kind], node->name, inner, err));
        node->inner = inner;
        options = inner->options;
    }
    set_options(r, keeps_all, r->is_reversed && !is_wrapped, options);
    x->width = (is_wrapped ? 2 : 1) * r->units;
    x->steps = keeps_all ? x->steps : 0;
    if (same_as == BL_NN_NONE)
        BL_TRY(add_all_parameters(c, r, node->name, is_wrapped, err));
    if (!is_wrapped || r->n_ways == 2)
        return BL_OK;
    BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_SLICE, x, &node, err));
    *(bl_nn_slice_options *)node->options = (bl_nn_slice_options){
        .axis = -1, .start = (int64_t)r->units, .size = (int64_t)r->units, .keepdims = true};
    x->width = r->units;
    return BL_OK;
}

/// [steps, ways, events, units], or [ways, events, units] of the last state.
static void see(const recurrent *r, bool keeps_all, bl_onnx_seen *x) {
    bl_onnx_axis axes[] = {
        bl_onnx_axis_of(BL_ONNX_STEPS, x->steps, 1),
        bl_onnx_axis_of(r->n_ways == 2 ? BL_ONNX_COLUMNS : BL_ONNX_ONE, r->n_ways, r->units),
        bl_onnx_axis_of(BL_ONNX_BATCH, 1, 0),
        bl_onnx_axis_of(BL_ONNX_COLUMNS, r->units, 1),
    };
    x->rank = keeps_all ? 4 : 3;
    memcpy(x->axes, axes + !keeps_all, x->rank * sizeof *axes);
}

static bl_status add_outputs(bl_onnx_import *c, const recurrent *r, const bl_onnx_seen *x,
                             bl_error *err) {
    bool wants_all = bl_onnx_has_output(c, 0), wants_last = bl_onnx_has_output(c, 1);
    bool can_share = r->n_ways == 2 || !r->is_reversed;
    size_t same_as = BL_NN_NONE;
    if (bl_onnx_has_output(c, 2))
        return bl_onnx_refuse(err, "its last cell state is wanted");
    for (size_t i = 0; i < 2; i++) {
        bool keeps_all = i == 0;
        bl_onnx_seen y = *x;
        if (!(keeps_all ? wants_all : wants_last))
            continue;
        BL_TRY(add_recurrent(c, r, &y, keeps_all, same_as, err));
        if (keeps_all && can_share)
            same_as = y.node;
        see(r, keeps_all, &y);
        bl_onnx_put(c, i, &y);
    }
    return BL_OK;
}

// ---- reading ----

static bl_status read_start(bl_onnx_import *c, size_t i, bl_error *err) {
    const bl_onnx_seen *start = NULL;
    BL_TRY(bl_onnx_take_constant(c, i, &start, err));
    for (size_t k = 0; start && k < start->n; k++)
        if (start->numbers[k] != 0)
            return bl_onnx_refuse(err, "its first state is not 0");
    return BL_OK;
}

static bl_status read_attributes(bl_onnx_import *c, recurrent *r, bl_error *err) {
    int64_t units, layout, resets_after, forgets;
    BL_TRY(bl_onnx_int(c, "hidden_size", 0, &units, err));
    BL_TRY(bl_onnx_int(c, "layout", 0, &layout, err));
    BL_TRY(bl_onnx_int(c, "linear_before_reset", 0, &resets_after, err));
    BL_TRY(bl_onnx_int(c, "input_forget", 0, &forgets, err));
    bool is_two = bl_onnx_attribute_is(c, "direction", "bidirectional", false);
    r->is_reversed = bl_onnx_attribute_is(c, "direction", "reverse", false);
    r->n_ways = is_two ? 2 : 1;
    r->n_gates = r->kind == BL_NN_KIND_GRU ? 3 : r->kind == BL_NN_KIND_LSTM ? 4 : 1;
    r->resets_after = r->kind == BL_NN_KIND_GRU && resets_after != 0;
    if (!is_two && !r->is_reversed && !bl_onnx_attribute_is(c, "direction", "forward", true))
        return bl_error_set(err, BL_E_INVALID, "its direction is none");
    if (units < 1 || units > 1 << 20)
        return bl_error_set(err, BL_E_INVALID, "its hidden_size is %lld", (long long)units);
    if (layout || forgets)
        return bl_onnx_refuse(err, "its layout is 1, or its input and forget gates are one");
    r->units = (size_t)units;
    return BL_OK;
}

static bl_status read_matrices(bl_onnx_import *c, recurrent *r, size_t width, bl_error *err) {
    size_t all = r->n_gates * r->units;
    BL_TRY(bl_onnx_take_constant(c, 1, &r->kernel, err));
    BL_TRY(bl_onnx_take_constant(c, 2, &r->recurrent, err));
    BL_TRY(bl_onnx_take_constant(c, 3, &r->bias, err));
    r->width = width;
    if (width > BL_NN_MOST_PARAMETERS)
        return bl_error_set(err, BL_E_LIMIT, "it has %zu columns", width);
    bool fits = r->kernel && r->kernel->rank == 3 && r->kernel->axes[2].size == width &&
                r->kernel->n == r->n_ways * all * width && r->kernel->axes[1].size == all &&
                r->recurrent && r->recurrent->rank == 3 &&
                r->recurrent->n == r->n_ways * all * r->units &&
                r->recurrent->axes[2].size == r->units;
    if (!fits || (r->bias && !is_shaped(r->bias, r->n_ways, 2 * all, 1)))
        return bl_error_set(err, BL_E_SHAPE, "its matrices are not those of %zu columns, %zu units",
                            width, r->units);
    return BL_OK;
}

bl_status bl_onnx_add_recurrent(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    recurrent r = {.kind = (bl_nn_kind_id)rule->which, .mask = BL_NN_NONE};
    bl_onnx_seen x;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    if (x.rank != 3 || x.axes[1].role != BL_ONNX_BATCH)
        return bl_onnx_refuse(err, "its input is not [steps, events, columns]");
    BL_TRY(bl_onnx_sequence_at(c, &x, 0, 2, err));
    BL_TRY(read_attributes(c, &r, err));
    BL_TRY(read_activations(c, &r, err));
    BL_TRY(read_matrices(c, &r, x.width, err));
    BL_TRY(read_lengths(c, &r, &x, err));
    BL_TRY(read_start(c, 5, err));
    if (r.kind == BL_NN_KIND_LSTM)
        BL_TRY(read_start(c, 6, err));
    if (r.kind == BL_NN_KIND_LSTM && bl_onnx_in(c, 7))
        return bl_onnx_refuse(err, "it has peepholes");
    return add_outputs(c, &r, &x, err);
}
