// SPDX-License-Identifier: Apache-2.0
// Operations of Keras (`x + 1`, `ops.any(…)`) as nodes.
#include "model/keras/conversion.h"

#include <math.h>

static bl_status no_memory(bl_error *err) {
    return bl_error_set(err, BL_E_NOMEM, "no memory for a network");
}

bool bl_keras_is_operation(const bl_item *entry) {
    static const char *const modules[] = {"keras.src.ops.", "keras.ops.", "keras.src.activations.",
                                          "keras.activations."};
    const bl_item *module = bl_item_get(entry, "module");
    for (size_t i = 0; module && module->text && i < sizeof modules / sizeof *modules; i++)
        if (strncmp(module->text, modules[i], strlen(modules[i])) == 0)
            return true;
    return false;
}

static bl_status refuse(const bl_keras_call *call, const char *why, bl_error *err) {
    return bl_keras_call_error(call, BL_E_UNSUPPORTED, err, "%s", why);
}

static bl_status add(const bl_keras_call *call, bl_nn_kind_id kind, size_t n_inputs,
                     const size_t *inputs, bl_nn_node **ret_node, bl_error *err) {
    bl_keras_conversion *c = call->conversion;
    BL_TRY(bl_keras_add_node(call, kind, n_inputs, inputs, ret_node, err));
    c->ranks[c->graph->n_nodes - 1] = (uint8_t)bl_keras_rank_of(c, *ret_node);
    return BL_OK;
}

static bl_status one_tensor(const bl_keras_call *call, size_t *ret_node, bl_error *err) {
    if (call->n_arguments != 1 || call->arguments[0].node == BL_NN_NONE)
        return refuse(call, "it is called with other than one tensor", err);
    *ret_node = call->arguments[0].node;
    return BL_OK;
}

// ---- two sides ----

/// A tensor and a constant, or two tensors.
typedef struct sides {
    size_t nodes[2];
    bool has_constant, is_constant_first;
    bl_nn_numbers constant;
} sides;

/// A number, or one for each column: a list, or an array of one axis.
static bl_status read_constant(const bl_keras_call *call, const bl_item *item,
                               bl_nn_numbers *ret_numbers, bl_error *err) {
    const bl_item *value = bl_item_get(bl_item_get(item, "config"), "value");
    if (value)
        item = value;
    while (item->kind == BL_ITEM_LIST && item->n == 1)
        item = item->items[0];
    bool is_list = item->kind == BL_ITEM_LIST;
    size_t n = is_list ? item->n : 1;
    double *numbers = bl_arena_array(call->conversion->arena, n + 1, sizeof *numbers);
    if (!numbers)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        const bl_item *each = is_list ? item->items[i] : item;
        if (each->kind != BL_ITEM_INTEGER && each->kind != BL_ITEM_FLOAT)
            return refuse(call, "a constant is neither a number nor one for each column", err);
        numbers[i] = each->number;
    }
    *ret_numbers = (bl_nn_numbers){n, numbers};
    return BL_OK;
}

static bl_status read_sides(const bl_keras_call *call, sides *ret_sides, bl_error *err) {
    sides s = {.nodes = {BL_NN_NONE, BL_NN_NONE}};
    if (call->n_arguments != 2)
        return refuse(call, "it is called with other than two arguments", err);
    for (size_t i = 0, n = 0; i < 2; i++) {
        const bl_keras_argument *argument = &call->arguments[i];
        if (argument->node != BL_NN_NONE) {
            s.nodes[n++] = argument->node;
            continue;
        }
        if (s.has_constant)
            return refuse(call, "it is called without a tensor", err);
        s.has_constant = true;
        s.is_constant_first = i == 0;
        BL_TRY(read_constant(call, argument->constant, &s.constant, err));
    }
    *ret_sides = s;
    return BL_OK;
}

static bl_status one_number(const bl_keras_call *call, const sides *s, double *ret_number,
                            bl_error *err) {
    if (s->constant.n != 1)
        return refuse(call, "its constant is no single number", err);
    *ret_number = s->constant.items[0];
    return BL_OK;
}

/// The constant, each number changed. \param sign 0: the reciprocal
static bl_status changed(const bl_keras_call *call, bl_nn_numbers numbers, double sign,
                         bl_nn_numbers *ret_numbers, bl_error *err) {
    double *items = bl_arena_array(call->conversion->arena, numbers.n + 1, sizeof *items);
    if (!items)
        return no_memory(err);
    for (size_t i = 0; i < numbers.n; i++)
        items[i] = sign != 0 ? sign * numbers.items[i] : 1 / numbers.items[i];
    *ret_numbers = (bl_nn_numbers){numbers.n, items};
    return BL_OK;
}

static bl_status single(const bl_keras_call *call, double number, bl_nn_numbers *ret_numbers,
                        bl_error *err) {
    return changed(call, (bl_nn_numbers){1, &number}, 1, ret_numbers, err);
}

/// x·scale + offset
static bl_status add_scaling(const bl_keras_call *call, bl_nn_kind_id kind, const sides *s,
                             bl_error *err) {
    bl_nn_numbers scale = {0}, offset = {0};
    bl_nn_node *node = NULL;
    double sign = kind == BL_NN_KIND_SUBTRACT && !s->is_constant_first ? -1 : 1;
    bool is_product = kind == BL_NN_KIND_MULTIPLY || kind == BL_NN_KIND_DIVIDE;
    if (kind == BL_NN_KIND_DIVIDE && s->is_constant_first)
        return refuse(call, "it divides a constant", err);
    if (is_product) {
        BL_TRY(changed(call, s->constant, kind == BL_NN_KIND_DIVIDE ? 0 : 1, &scale, err));
        BL_TRY(single(call, 0, &offset, err));
    } else {
        bool turns = kind == BL_NN_KIND_SUBTRACT && s->is_constant_first;
        BL_TRY(single(call, turns ? -1 : 1, &scale, err));
        BL_TRY(changed(call, s->constant, sign, &offset, err));
    }
    BL_TRY(add(call, BL_NN_KIND_RESCALING, 1, s->nodes, &node, err));
    bl_nn_scaling_options *options = node->options;
    options->scale = scale;
    options->offset = offset;
    return BL_OK;
}

static bl_status add_limit(const bl_keras_call *call, bl_nn_kind_id kind, const sides *s,
                           bl_error *err) {
    double limit = 0;
    bl_nn_node *node = NULL;
    BL_TRY(one_number(call, s, &limit, err));
    BL_TRY(add(call, BL_NN_KIND_CLIP, 1, s->nodes, &node, err));
    bool is_least = kind == BL_NN_KIND_MAXIMUM;
    *(bl_nn_clip_options *)node->options = (bl_nn_clip_options){
        .x_min = is_least ? limit : -INFINITY, .x_max = is_least ? INFINITY : limit};
    return BL_OK;
}

static bl_status add_arithmetic(const bl_keras_call *call, bl_nn_kind_id kind, bl_error *err) {
    sides s = {0};
    bl_nn_node *node = NULL;
    BL_TRY(read_sides(call, &s, err));
    if (!s.has_constant)
        return add(call, kind, 2, s.nodes, &node, err);
    return kind == BL_NN_KIND_MAXIMUM || kind == BL_NN_KIND_MINIMUM
               ? add_limit(call, kind, &s, err)
               : add_scaling(call, kind, &s, err);
}

/// With the constant behind; where it stands in front, both change places.
static bl_status add_comparison(const bl_keras_call *call, bl_nn_kind_id kind, bl_error *err) {
    sides s = {0};
    bl_nn_node *node = NULL;
    double value = 0;
    BL_TRY(read_sides(call, &s, err));
    if (!s.has_constant)
        return refuse(call, "it compares two tensors", err);
    BL_TRY(one_number(call, &s, &value, err));
    if (s.is_constant_first)
        kind = kind == BL_NN_KIND_GREATER         ? BL_NN_KIND_LESS
               : kind == BL_NN_KIND_LESS          ? BL_NN_KIND_GREATER
               : kind == BL_NN_KIND_GREATER_EQUAL ? BL_NN_KIND_LESS_EQUAL
               : kind == BL_NN_KIND_LESS_EQUAL    ? BL_NN_KIND_GREATER_EQUAL
                                                  : kind;
    BL_TRY(add(call, kind, 1, s.nodes, &node, err));
    ((bl_nn_compare_options *)node->options)->value = value;
    return BL_OK;
}

// ---- truth values ----

/// Whether a node is 0 or 1: a comparison, or made of such.
static bool is_truth(const bl_keras_conversion *c, const bl_nn_node *node) {
    bl_nn_kind_id kind = node->kind->id;
    if ((kind >= BL_NN_KIND_NOT_EQUAL && kind <= BL_NN_KIND_LESS_EQUAL) || kind == BL_NN_KIND_ANY ||
        kind == BL_NN_KIND_ALL)
        return true;
    bool is_kept = kind == BL_NN_KIND_MAXIMUM || kind == BL_NN_KIND_MINIMUM ||
                   kind == BL_NN_KIND_RESHAPE || kind == BL_NN_KIND_FLATTEN ||
                   kind == BL_NN_KIND_CONCATENATE;
    for (size_t i = 0; i < node->n_inputs && is_kept; i++)
        is_kept = c->truths[node->inputs[i]];
    return is_kept;
}

/// Nodes take earlier ones only.
static void find_truths(bl_keras_conversion *c) {
    for (; c->n_truths < c->graph->n_nodes; c->n_truths++)
        c->truths[c->n_truths] = is_truth(c, &c->graph->nodes[c->n_truths]);
}

/// LogicalOr is the larger of two, LogicalAnd the smaller.
static bl_status add_logic(const bl_keras_call *call, bl_nn_kind_id kind, bl_error *err) {
    sides s = {0};
    bl_nn_node *node = NULL;
    BL_TRY(read_sides(call, &s, err));
    find_truths(call->conversion);
    for (size_t i = 0; i < 2; i++)
        if (s.has_constant || !call->conversion->truths[s.nodes[i]])
            return refuse(call, "it is called with other than truth values", err);
    return add(call, kind, 2, s.nodes, &node, err);
}

static bl_status add_one_comparison(const bl_keras_call *call, bl_nn_kind_id kind, double value,
                                    bl_error *err) {
    size_t input = 0;
    bl_nn_node *node = NULL;
    BL_TRY(one_tensor(call, &input, err));
    BL_TRY(add(call, kind, 1, &input, &node, err));
    ((bl_nn_compare_options *)node->options)->value = value;
    return BL_OK;
}

static bl_status add_not(const bl_keras_call *call, bl_error *err) {
    return add_one_comparison(call, BL_NN_KIND_EQUAL, 0, err);
}

/// No number is larger than infinity.
static bl_status add_zeros(const bl_keras_call *call, bl_error *err) {
    return add_one_comparison(call, BL_NN_KIND_GREATER, INFINITY, err);
}

// ---- one side ----

static bl_status add_reduction(const bl_keras_call *call, bl_nn_kind_id kind, bl_error *err) {
    size_t input = 0;
    bl_nn_node *node = NULL;
    int64_t axis = -1;
    bool keeps = false;
    const bl_item *item = bl_item_get(call->config, "axis");
    const bl_item *initial = bl_item_get(call->config, "initial");
    BL_TRY(one_tensor(call, &input, err));
    if (!item || item->kind == BL_ITEM_NULL)
        return refuse(call, "it is over all axes", err);
    if (initial && initial->kind != BL_ITEM_NULL)
        return refuse(call, "it has an initial value", err);
    BL_TRY(bl_keras_read_axis(call, item, call->conversion->ranks[input], &axis, err));
    BL_TRY(bl_item_bool(bl_item_get(call->config, "keepdims"), "keepdims", &keeps, err));
    if (axis == -1 && !keeps && call->conversion->ranks[input] == 1)
        return refuse(call, "it leaves no axis: keepdims=True", err);
    BL_TRY(bl_keras_add_node(call, kind, 1, &input, &node, err));
    *(bl_nn_reduce_options *)node->options =
        (bl_nn_reduce_options){.axis = axis, .keepdims = keeps};
    bl_keras_conversion *c = call->conversion;
    size_t number = c->graph->n_nodes - 1;
    c->ranks[number] = (uint8_t)bl_keras_rank_of(c, node);
    if (axis == -1 && !keeps) // ours is a sequence of one column
        c->vectors[number] = number;
    return BL_OK;
}

static bl_status add_clip(const bl_keras_call *call, bl_error *err) {
    size_t input = 0;
    bl_nn_node *node = NULL;
    bl_nn_clip_options options = {.x_min = NAN, .x_max = NAN};
    BL_TRY(one_tensor(call, &input, err));
    BL_TRY(bl_item_number(bl_item_get(call->config, "x_min"), "x_min", &options.x_min, err));
    BL_TRY(bl_item_number(bl_item_get(call->config, "x_max"), "x_max", &options.x_max, err));
    if (!(options.x_min <= options.x_max))
        return refuse(call, "x_min and x_max are no limits", err);
    BL_TRY(add(call, BL_NN_KIND_CLIP, 1, &input, &node, err));
    *(bl_nn_clip_options *)node->options = options;
    return BL_OK;
}

static bl_status add_function(const bl_keras_call *call, bl_nn_kind_id kind, bl_error *err) {
    size_t input = 0;
    bl_nn_node *node = NULL;
    BL_TRY(one_tensor(call, &input, err));
    return add(call, kind, 1, &input, &node, err);
}

static bl_status add_activation(const bl_keras_call *call, const bl_nn_activation *activation,
                                bl_error *err) {
    size_t input = 0;
    bl_nn_node *node = NULL;
    BL_TRY(one_tensor(call, &input, err));
    BL_TRY(add(call, BL_NN_KIND_ACTIVATION, 1, &input, &node, err));
    ((bl_nn_activation_options *)node->options)->activation = *activation;
    return BL_OK;
}

/// To float32 it changes nothing here, where all numbers are.
static bl_status add_cast(const bl_keras_call *call, bl_error *err) {
    const bl_item *type = bl_item_get(call->config, "dtype");
    if (!type || !type->text || strcmp(type->text, "float32") != 0)
        return refuse(call, "it is to another type than float32", err);
    return add_activation(call, &(bl_nn_activation){.kind = BL_NN_LINEAR}, err);
}

static bl_status add_concatenation(const bl_keras_call *call, bl_error *err) {
    size_t *inputs = bl_arena_array(call->conversion->arena, call->n_arguments + 1, sizeof *inputs);
    bl_nn_node *node = NULL;
    int64_t axis = -1;
    if (!inputs)
        return no_memory(err);
    for (size_t i = 0; i < call->n_arguments; i++)
        if ((inputs[i] = call->arguments[i].node) == BL_NN_NONE)
            return refuse(call, "it is called with a constant", err);
    unsigned rank = call->n_arguments ? call->conversion->ranks[inputs[0]] : 1;
    BL_TRY(bl_keras_read_axis(call, bl_item_get(call->config, "axis"), rank, &axis, err));
    BL_TRY(add(call, BL_NN_KIND_CONCATENATE, call->n_arguments, inputs, &node, err));
    ((bl_nn_concatenate_options *)node->options)->axis = axis;
    return BL_OK;
}

static bl_status reshape(const bl_keras_call *call, size_t input, size_t n, const int64_t *sizes,
                         bl_error *err) {
    bl_nn_node *node = NULL;
    bl_keras_conversion *c = call->conversion;
    int64_t *copy = bl_arena_array(c->arena, n, sizeof *copy);
    if (!copy)
        return no_memory(err);
    memcpy(copy, sizes, n * sizeof *copy);
    BL_TRY(bl_keras_add_node(call, BL_NN_KIND_RESHAPE, 1, &input, &node, err));
    ((bl_nn_reshape_options *)node->options)->target_shape = (bl_nn_counts){n, copy};
    c->ranks[c->graph->n_nodes - 1] = (uint8_t)n;
    return BL_OK;
}

/// A vector becomes a sequence of one column, or of one step. Axis 0 is the batch's.
static bl_status add_dimension(const bl_keras_call *call, bl_error *err) {
    size_t input = 0;
    const bl_item *axis = bl_item_get(call->config, "axis");
    BL_TRY(one_tensor(call, &input, err));
    if (!axis || axis->kind != BL_ITEM_INTEGER || call->conversion->ranks[input] != 1)
        return refuse(call, "it is other than a vector with one axis more", err);
    bool is_column = axis->integer == -1 || axis->integer == 2;
    if (!is_column && axis->integer != 1 && axis->integer != -2)
        return refuse(call, "its axis is that of events", err);
    return reshape(call, input, 2, is_column ? (int64_t[]){-1, 1} : (int64_t[]){1, -1}, err);
}

/// The first size is the batch's.
static bl_status add_reshaping(const bl_keras_call *call, bl_error *err) {
    size_t input = 0;
    int64_t sizes[2];
    const bl_item *shape = bl_item_get(call->config, "newshape");
    BL_TRY(one_tensor(call, &input, err));
    if (!shape || shape->kind != BL_ITEM_LIST || shape->n < 2 || shape->n > 3 ||
        (shape->items[0]->kind == BL_ITEM_INTEGER && shape->items[0]->integer != -1))
        return refuse(call, "its shape is not (-1, columns) or (-1, steps, columns)", err);
    for (size_t i = 1; i < shape->n; i++)
        if ((sizes[i - 1] = shape->items[i]->integer) < 1)
            return refuse(call, "a size of its shape is not known", err);
    return reshape(call, input, shape->n - 1, sizes, err);
}

// ---- all ----

typedef bl_status (*adder)(const bl_keras_call *call, bl_nn_kind_id kind, bl_error *err);

/// Those that are a kind of ours.
static const struct {
    const char *class_name;
    bl_nn_kind_id kind;
    adder add;
} operations[] = {
    {"Add", BL_NN_KIND_ADD, add_arithmetic},
    {"Subtract", BL_NN_KIND_SUBTRACT, add_arithmetic},
    {"Multiply", BL_NN_KIND_MULTIPLY, add_arithmetic},
    {"Divide", BL_NN_KIND_DIVIDE, add_arithmetic},
    {"TrueDivide", BL_NN_KIND_DIVIDE, add_arithmetic},
    {"Maximum", BL_NN_KIND_MAXIMUM, add_arithmetic},
    {"Minimum", BL_NN_KIND_MINIMUM, add_arithmetic},
    {"LogicalOr", BL_NN_KIND_MAXIMUM, add_logic},
    {"LogicalAnd", BL_NN_KIND_MINIMUM, add_logic},
    {"NotEqual", BL_NN_KIND_NOT_EQUAL, add_comparison},
    {"Equal", BL_NN_KIND_EQUAL, add_comparison},
    {"Greater", BL_NN_KIND_GREATER, add_comparison},
    {"GreaterEqual", BL_NN_KIND_GREATER_EQUAL, add_comparison},
    {"Less", BL_NN_KIND_LESS, add_comparison},
    {"LessEqual", BL_NN_KIND_LESS_EQUAL, add_comparison},
    {"Sum", BL_NN_KIND_SUM, add_reduction},
    {"Mean", BL_NN_KIND_MEAN, add_reduction},
    {"Max", BL_NN_KIND_MAX, add_reduction},
    {"Amax", BL_NN_KIND_MAX, add_reduction},
    {"Min", BL_NN_KIND_MIN, add_reduction},
    {"Amin", BL_NN_KIND_MIN, add_reduction},
    {"Any", BL_NN_KIND_ANY, add_reduction},
    {"All", BL_NN_KIND_ALL, add_reduction},
    {"Exp", BL_NN_KIND_EXP, add_function},
    {"Log", BL_NN_KIND_LOG, add_function},
    {"Log1p", BL_NN_KIND_LOG1P, add_function},
    {"Abs", BL_NN_KIND_ABSOLUTE, add_function},
    {"Absolute", BL_NN_KIND_ABSOLUTE, add_function},
    {"Square", BL_NN_KIND_SQUARE, add_function},
    {"Sqrt", BL_NN_KIND_SQRT, add_function},
    {"Negative", BL_NN_KIND_NEGATIVE, add_function},
};

/// Those that are more.
static const struct {
    const char *class_name;
    bl_status (*add)(const bl_keras_call *call, bl_error *err);
} others[] = {
    {"Clip", add_clip},         {"LogicalNot", add_not},
    {"ZerosLike", add_zeros},   {"ExpandDims", add_dimension},
    {"Cast", add_cast},         {"Concatenate", add_concatenation},
    {"Reshape", add_reshaping},
};

static bl_status add_any(const bl_keras_call *call, bl_error *err) {
    const char *class = call->layer->class_name;
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (strcmp(class, operations[i].class_name) == 0)
            return operations[i].add(call, operations[i].kind, err);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(class, others[i].class_name) == 0)
            return others[i].add(call, err);
    bl_nn_activation activation;
    bool is_activation;
    BL_TRY(bl_keras_read_activation(call, class, &activation, &is_activation, err));
    if (is_activation)
        return add_activation(call, &activation, err);
    return refuse(call, "no operation of ours is like it", err);
}

bl_status bl_keras_add_operation(const bl_keras_call *call, size_t *ret_node, bl_error *err) {
    if (call->mask != BL_NN_NONE)
        return refuse(call, "it is called with mask", err);
    BL_TRY(add_any(call, err));
    *ret_node = call->conversion->graph->n_nodes - 1;
    return BL_OK;
}
