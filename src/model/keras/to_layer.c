// SPDX-License-Identifier: Apache-2.0
// Layers of Keras as nodes: options by our table of kinds. Whatever else a configuration says must
// be known not to matter, or is refused.
#include "model/keras/conversion.h"

#include <stdio.h>

static bl_status no_memory(bl_error *err) {
    return bl_error_set(err, BL_E_NOMEM, "no memory for a network");
}

static const char *text_of(const bl_item *item) {
    return item && item->kind == BL_ITEM_TEXT ? item->text : NULL;
}

static bool is_null(const bl_item *item) { return !item || item->kind == BL_ITEM_NULL; }

static bool is_among(const char *const *names, const char *name) {
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

// ---- names ----

bl_status bl_keras_node_names(const bl_keras_file *file, bl_arena *arena, const char ***ret_names,
                              bl_error *err) {
    size_t n = file->n_layers;
    bl_name_map map = {0};
    const char **names = bl_arena_array(arena, n + 1, sizeof *names);
    size_t *n_same = bl_arena_array(arena, n + 1, sizeof *n_same);
    bl_status status = names && n_same ? BL_OK : no_memory(err);
    for (size_t i = 0; i < n && status == BL_OK; i++) {
        status = bl_name_map_add(arena->context, &map, file->layers[i].name, i, err);
        if (status == BL_OK)
            n_same[bl_name_map_find(&map, file->layers[i].name)]++;
    }
    for (size_t i = 0; i < n && status == BL_OK; i++) {
        const bl_keras_layer *layer = &file->layers[i];
        bool is_alone =
            layer->parent == SIZE_MAX || n_same[bl_name_map_find(&map, layer->name)] == 1;
        names[i] = is_alone ? layer->name
                            : bl_arena_printf(arena, "%s.%s", names[layer->parent], layer->name);
        status = names[i] ? BL_OK : no_memory(err);
    }
    bl_name_map_release(arena->context, &map);
    if (status == BL_OK)
        *ret_names = names;
    return status;
}

// ---- nodes ----

unsigned bl_keras_rank_of(const bl_keras_conversion *conversion, const bl_nn_node *node) {
    const bl_nn_node *layer =
        node->inner && node->kind->id == BL_NN_KIND_BIDIRECTIONAL ? node->inner : node;
    unsigned rank = 1;
    for (size_t i = 0; i < node->n_inputs; i++)
        if (conversion->ranks[node->inputs[i]] > rank)
            rank = conversion->ranks[node->inputs[i]];
    switch (layer->kind->id) {
    case BL_NN_KIND_INPUT:
        return (unsigned)((const bl_nn_input_options *)layer->options)->shape.n;
    case BL_NN_KIND_RESHAPE:
        return (unsigned)((const bl_nn_reshape_options *)layer->options)->target_shape.n;
    case BL_NN_KIND_GRU:
    case BL_NN_KIND_LSTM:
    case BL_NN_KIND_SIMPLE_RNN:
        return ((const bl_nn_recurrent_options *)layer->options)->return_sequences ? 2 : 1;
    case BL_NN_KIND_GLOBAL_MAX_POOLING:
    case BL_NN_KIND_GLOBAL_AVERAGE_POOLING:
        return ((const bl_nn_reduce_options *)layer->options)->keepdims ? 2 : 1;
    case BL_NN_KIND_SUM:
    case BL_NN_KIND_MEAN:
    case BL_NN_KIND_MAX:
    case BL_NN_KIND_MIN:
    case BL_NN_KIND_ANY:
    case BL_NN_KIND_ALL:
        return ((const bl_nn_reduce_options *)layer->options)->keepdims ? rank : 1;
    case BL_NN_KIND_FLATTEN:
        return 1;
    case BL_NN_KIND_EMBEDDING:
        return 2;
    default:
        return rank;
    }
}

/// The first call of a layer has its name, the others "name.1", "name.2", …
static bl_status name_call(const bl_keras_call *call, const char **ret_name, bl_error *err) {
    bl_keras_conversion *c = call->conversion;
    bool is_listed = call->number != SIZE_MAX;
    const char *name = is_listed ? c->names[call->number] : call->layer->name;
    size_t n = is_listed ? c->n_calls[call->number]++ : 0;
    *ret_name = n ? bl_arena_printf(c->arena, "%s.%zu", name, n) : name;
    return *ret_name ? BL_OK : no_memory(err);
}

bl_status bl_keras_add_node(const bl_keras_call *call, bl_nn_kind_id kind, size_t n_inputs,
                            const size_t *inputs, bl_nn_node **ret_node, bl_error *err) {
    const char *name = NULL;
    BL_TRY(name_call(call, &name, err));
    return bl_nn_graph_add(call->conversion->graph, &bl_nn_kinds[kind], name, n_inputs, inputs,
                           ret_node, err);
}

/// The nodes that a call takes. \param ret_nodes [call->n_arguments]
static bl_status take_nodes(const bl_keras_call *call, const size_t **ret_nodes, bl_error *err) {
    size_t *nodes = bl_arena_array(call->conversion->arena, call->n_arguments + 1, sizeof *nodes);
    if (!nodes)
        return no_memory(err);
    for (size_t i = 0; i < call->n_arguments; i++) {
        nodes[i] = call->arguments[i].node;
        if (nodes[i] == BL_NN_NONE)
            return bl_keras_call_error(call, BL_E_UNSUPPORTED, err, "it is called with a constant");
    }
    *ret_nodes = nodes;
    return BL_OK;
}

// ---- options that are none of ours ----

/// Keys that change nothing, or not what is predicted or trained.
static const char *const harmless[] = {"name",
                                       "trainable",
                                       "dtype",
                                       "seed",
                                       "unroll",
                                       "implementation",
                                       "batch_input_shape",
                                       "batch_shape",
                                       "batch_size",
                                       "input_length",
                                       "input_dtype",
                                       "fused",
                                       "synchronized",
                                       "renorm_clipping",
                                       "renorm_momentum",
                                       "build_config",
                                       "layer",
                                       "backward_layer",
                                       "optional",
                                       NULL};

/// Keys that must have one value; null is right, too.
static const struct {
    const char *key, *value;
} fixed[] = {
    {"stateful", "false"}, {"return_state", "false"}, {"time_major", "false"},
    {"groups", "1"},       {"renorm", "false"},       {"data_format", "channels_last"},
    {"sparse", "false"},   {"use_gate", "false"},     {"ragged", "false"},
};

/// An axis that must be the one in question.
static bl_status check_axis(const bl_keras_call *call, const char *key, const bl_item *item,
                            int64_t wanted, bl_error *err) {
    int64_t axis = 0;
    BL_TRY(bl_keras_read_axis(call, item, call->conversion->ranks[call->arguments[0].node], &axis,
                              err));
    if (axis != wanted)
        return bl_keras_call_error(call, BL_E_UNSUPPORTED, err, "%s is %lld", key, (long long)axis);
    return BL_OK;
}

static bl_status check_other(const bl_keras_call *call, const char *key, const bl_item *item,
                             bl_error *err) {
    if (is_among(harmless, key))
        return BL_OK;
    if (strcmp(key, "axis") == 0 && call->n_arguments)
        return is_null(item) ? BL_OK : check_axis(call, key, item, -1, err);
    if (strcmp(key, "shared_axes") == 0 && item->n == 1)
        return check_axis(call, key, item->items[0], 1, err);
    if (strcmp(key, "attention_axes") == 0)
        return is_null(item) ? BL_OK : check_axis(call, key, item, 1, err);
    if (is_null(item))
        return BL_OK;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (strcmp(key, fixed[i].key) == 0 && item->text && strcmp(item->text, fixed[i].value) == 0)
            return BL_OK;
    bool is_scalar = item->text && item->kind != BL_ITEM_LIST && item->kind != BL_ITEM_MAP;
    const char *class = text_of(bl_item_get(item, "class_name"));
    const char *value = class ? class : is_scalar ? item->text : "something";
    return bl_keras_call_error(call, BL_E_UNSUPPORTED, err, "%s is %s", key, value);
}

/// float32, as a text or a policy; of inputs also whole numbers, which are read as float32.
static bl_status check_type(const bl_keras_call *call, const bl_item *config, bool is_input,
                            bl_error *err) {
    static const char *const whole[] = {"int8",   "int16",  "int32",  "int64", "uint8",
                                        "uint16", "uint32", "uint64", "bool",  NULL};
    const bl_item *item = bl_item_get(config, "dtype");
    const char *type = text_of(item);
    if (!type)
        type = text_of(bl_item_get(bl_item_get(item, "config"), "name"));
    if (!type || strcmp(type, "float32") == 0 || (is_input && is_among(whole, type)))
        return BL_OK;
    return bl_keras_call_error(call, BL_E_UNSUPPORTED, err, "dtype is %s, not float32", type);
}

// ---- options ----

bl_status bl_keras_read_axis(const bl_keras_call *call, const bl_item *item, unsigned rank,
                             int64_t *ret_axis, bl_error *err) {
    if (item && item->kind == BL_ITEM_LIST && item->n == 1)
        item = item->items[0];
    if (!item) {
        *ret_axis = -1;
        return BL_OK;
    }
    int64_t axis = item->integer;
    if (item->kind == BL_ITEM_INTEGER && (axis == -1 || axis == (int64_t)rank)) {
        *ret_axis = -1;
        return BL_OK;
    }
    if (item->kind == BL_ITEM_INTEGER && rank == 2 && (axis == 1 || axis == -2)) {
        *ret_axis = 1;
        return BL_OK;
    }
    const char *text = item->kind == BL_ITEM_LIST ? "several" : item->text ? item->text : "null";
    return bl_keras_call_error(call, BL_E_UNSUPPORTED, err, "axis is %s", text);
}

/// hard_sigmoid of Keras 1 and 2 is clip(0.2·x + 0.5, 0, 1), which is another function.
static bl_status check_activation(const bl_keras_call *call, const char *key,
                                  const bl_nn_activation *activation, bl_error *err) {
    const char *version = call->conversion->file->keras_version;
    bool is_old = version && (*version == '1' || *version == '2') && version[1] == '.';
    if (is_old && activation->kind == BL_NN_HARD_SIGMOID)
        return bl_keras_call_error(call, BL_E_UNSUPPORTED, err,
                                   "%s is hard_sigmoid of Keras %.1s, which is another than now",
                                   key, version);
    return BL_OK;
}

static const bl_nn_option *find_option(const bl_nn_kind *kind, const char *name) {
    for (size_t i = 0; i < kind->n_options; i++)
        if (strcmp(kind->options[i].name, name) == 0)
            return &kind->options[i];
    return NULL;
}

static bl_status read_option(const bl_keras_call *call, const bl_nn_option *option,
                             const bl_item *item, void *options, bl_error *err) {
    bl_status status =
        bl_nn_option_read(call->conversion->arena, option, item, option->name, options, err);
    if (status != BL_OK)
        return bl_error_in(err, status, "layer '%s' (%s)", call->layer->name,
                           call->layer->class_name);
    if (option->type == BL_NN_OPTION_ACTIVATION)
        return check_activation(
            call, option->name,
            (const bl_nn_activation *)(const void *)((char *)options + option->offset), err);
    return BL_OK;
}

/// \param options with the defaults of the kind
static bl_status read_options(const bl_keras_call *call, const bl_nn_kind *kind,
                              const bl_item *config, void *options, bl_error *err) {
    bool is_map = config && config->kind == BL_ITEM_MAP;
    BL_TRY(check_type(call, config, false, err));
    for (size_t i = 0; is_map && i < config->n; i++) {
        const bl_nn_option *option = find_option(kind, config->keys[i]);
        if (option && strcmp(option->name, "axis") != 0)
            BL_TRY(read_option(call, option, config->items[i], options, err));
        else if (!option)
            BL_TRY(check_other(call, config->keys[i], config->items[i], err));
    }
    for (size_t i = 0; i < kind->n_options; i++) {
        const bl_nn_option *option = &kind->options[i];
        if (!option->preset && is_null(bl_item_get(config, option->name)))
            return bl_keras_call_error(call, BL_E_INVALID, err, "%s is missing", option->name);
    }
    if (kind->id == BL_NN_KIND_GRU && !bl_item_get(config, "reset_after"))
        ((bl_nn_recurrent_options *)options)->reset_after = false; // older than the option
    return BL_OK;
}

// ---- layers that are more than their options ----

/// From the batch's shape: [null, columns] or [null, steps, columns].
static bl_status add_input(const bl_keras_call *call, size_t *ret_node, bl_error *err) {
    const bl_item *shape = bl_item_get(call->config, "batch_shape");
    bl_nn_node *node = NULL;
    if (is_null(shape))
        shape = bl_item_get(call->config, "batch_input_shape");
    if (is_null(shape) || shape->kind != BL_ITEM_LIST)
        return bl_keras_call_error(call, BL_E_UNSUPPORTED, err, "its shape is not known");
    BL_TRY(check_type(call, call->config, true, err));
    const bl_item *sparse = bl_item_get(call->config, "sparse");
    if (sparse && sparse->integer)
        return bl_keras_call_error(call, BL_E_UNSUPPORTED, err, "sparse is true");
    if (shape->n < 2 || shape->n > 3)
        return bl_keras_call_error(call, BL_E_UNSUPPORTED, err,
                                   "it has %zu axes, where a vector has 1 and a sequence 2",
                                   shape->n ? shape->n - 1 : 0);
    int64_t *sizes = bl_arena_array(call->conversion->arena, 2, sizeof *sizes);
    if (!sizes)
        return no_memory(err);
    for (size_t i = 1; i < shape->n; i++) {
        const bl_item *size = shape->items[i];
        if (is_null(size))
            return bl_keras_call_error(call, BL_E_UNSUPPORTED, err,
                                       i + 1 < shape->n
                                           ? "it has any number of steps, but a largest is needed: "
                                             "make the model for shape (steps, columns)"
                                           : "it has any number of columns");
        if (size->kind != BL_ITEM_INTEGER || size->integer < 1 || size->integer > INT32_MAX)
            return bl_keras_call_error(call, BL_E_INVALID, err, "a size is no count");
        sizes[i - 1] = size->integer;
    }
    BL_TRY(bl_keras_add_node(call, BL_NN_KIND_INPUT, 0, NULL, &node, err));
    bl_nn_input_options *options = node->options;
    options->shape = (bl_nn_counts){shape->n - 1, sizes};
    const bl_item *ragged = bl_item_get(call->config, "ragged");
    options->ragged = ragged && ragged->integer && shape->n == 3;
    *ret_node = call->conversion->graph->n_nodes - 1;
    call->conversion->ranks[*ret_node] = (uint8_t)(shape->n - 1);
    return BL_OK;
}

static bool is_recurrent(const bl_nn_kind *kind) {
    return kind->id == BL_NN_KIND_GRU || kind->id == BL_NN_KIND_LSTM ||
           kind->id == BL_NN_KIND_SIMPLE_RNN;
}

/// The layer in a Bidirectional or TimeDistributed.
static bl_status read_inner(const bl_keras_call *call, const char *key, const bl_nn_node *outer,
                            bl_nn_node **ret_node, bl_error *err) {
    const bl_item *entry = bl_item_get(call->config, key);
    const char *class = text_of(bl_item_get(entry, "class_name"));
    const bl_nn_kind *kind = class ? bl_nn_kind_find(class) : NULL;
    bool fits = kind && (outer->kind->id == BL_NN_KIND_BIDIRECTIONAL
                             ? is_recurrent(kind)
                             : kind->use == BL_NN_ROWWISE && kind->most_inputs == 1);
    if (!fits)
        return bl_keras_call_error(call, BL_E_UNSUPPORTED, err, "%s is a %s", key,
                                   class ? class : "thing without a class");
    bl_nn_node *node = bl_arena_array(call->conversion->arena, 1, sizeof *node);
    if (!node)
        return no_memory(err);
    BL_TRY(bl_nn_node_init(call->conversion->arena, kind, outer->name, node, err));
    BL_TRY(read_options(call, kind, bl_item_get(entry, "config"), node->options, err));
    *ret_node = node;
    return BL_OK;
}

/// The layer backwards is left out where it is the other one, turned round.
static bl_status read_both_ways(const bl_keras_call *call, bl_nn_node *node, bl_error *err) {
    bl_nn_node *forward = NULL, *backward = NULL;
    const bl_item *merge = bl_item_get(call->config, "merge_mode");
    if (merge && is_null(merge))
        return bl_keras_call_error(call, BL_E_UNSUPPORTED, err, "merge_mode is null");
    BL_TRY(read_inner(call, "layer", node, &forward, err));
    node->inner = forward;
    if (is_null(bl_item_get(call->config, "backward_layer")))
        return BL_OK;
    BL_TRY(read_inner(call, "backward_layer", node, &backward, err));
    bl_nn_recurrent_options turned = *(const bl_nn_recurrent_options *)backward->options;
    turned.go_backwards = !turned.go_backwards;
    if (backward->kind != forward->kind)
        return bl_keras_call_error(call, BL_E_UNSUPPORTED, err, "backward_layer is a %s",
                                   backward->kind->name);
    if (!bl_nn_options_equal(forward->kind, &turned, forward->options))
        node->inner_backward = backward;
    return BL_OK;
}

/// Mean and variance that were learned are arrays of the file.
static bl_status find_moments(const bl_keras_call *call, bl_nn_scaling_options *options,
                              bl_error *err) {
    const bl_keras_file *file = call->conversion->file;
    bl_nn_numbers *moments[] = {&options->mean, &options->variance};
    size_t found = 0;
    for (size_t i = 0; i < file->n_weights && found < 2; i++) {
        const bl_keras_weight *weight = &file->weights[i];
        if (weight->layer != call->number || weight->role != BL_KERAS_PARAMETER)
            continue;
        size_t n = weight->values->n;
        float *floats = bl_arena_array(call->conversion->arena, n + 1, sizeof *floats);
        double *numbers = bl_arena_array(call->conversion->arena, n + 1, sizeof *numbers);
        if (!floats || !numbers)
            return no_memory(err);
        bl_keras_copy_floats(weight->values, floats);
        for (size_t k = 0; k < n; k++)
            numbers[k] = (double)floats[k];
        *moments[found++] = (bl_nn_numbers){n, numbers};
    }
    if (found < 2 || !options->mean.n || options->mean.n != options->variance.n)
        return bl_keras_call_error(call, BL_E_INVALID, err,
                                   "its mean and variance are arrays that are not here");
    return BL_OK;
}

static bl_status add_normalization(const bl_keras_call *call, bl_nn_node *node, bl_error *err) {
    if (!is_null(bl_item_get(call->config, "mean")))
        return read_options(call, node->kind, call->config, node->options, err);
    const bl_item *axis = bl_item_get(call->config, "axis");
    const bl_item *invert = bl_item_get(call->config, "invert");
    bl_nn_scaling_options *options = node->options;
    BL_TRY(check_type(call, call->config, false, err));
    BL_TRY(bl_item_bool(invert, "invert", &options->invert, err));
    if (!is_null(axis) && !(axis->kind == BL_ITEM_LIST && !axis->n))
        BL_TRY(check_axis(call, "axis", axis, -1, err));
    return find_moments(call, options, err);
}

// ---- activations ----

static const struct {
    const char *class_name, *name;
} activation_layers[] = {
    {"ReLU", "relu"}, {"LeakyReLU", "leaky_relu"}, {"ELU", "elu"}, {"Softmax", "softmax"}};

/// Constants by the names of Keras 3 and 2.
static bl_status read_constant(const bl_item *config, const char *key, float *constant,
                               bl_error *err) {
    double number = (double)*constant;
    BL_TRY(bl_item_number(bl_item_get(config, key), key, &number, err));
    *constant = (float)number;
    return BL_OK;
}

bl_status bl_keras_read_activation(const bl_keras_call *call, const char *class_name,
                                   bl_nn_activation *ret_activation, bool *ret_is_one,
                                   bl_error *err) {
    char snake[128] = "";
    const char *name = snake;
    bl_nn_activation a;
    if (strlen(class_name) < sizeof snake / 2)
        bl_nn_snake_case(class_name, snake);
    for (size_t i = 0; i < sizeof activation_layers / sizeof *activation_layers; i++)
        if (strcmp(activation_layers[i].class_name, class_name) == 0)
            name = activation_layers[i].name;
    *ret_is_one = bl_nn_activation_find(name, &a);
    if (!*ret_is_one)
        return BL_OK;
    const bl_item *config = call->config;
    BL_TRY(read_constant(config, "alpha", &a.slope, err));
    BL_TRY(read_constant(config, "negative_slope", &a.slope, err));
    BL_TRY(read_constant(config, "max_value", &a.limit, err));
    BL_TRY(read_constant(config, "threshold", &a.threshold, err));
    BL_TRY(bl_item_bool(bl_item_get(config, "approximate"), "approximate", &a.approximate, err));
    const bl_item *axis = bl_item_get(config, "axis");
    if (axis && call->n_arguments)
        BL_TRY(check_axis(call, "axis", axis, -1, err));
    BL_TRY(check_activation(call, "it", &a, err));
    *ret_activation = a;
    return BL_OK;
}

static bl_status check_activation_keys(const bl_keras_call *call, bl_error *err) {
    static const char *const constants[] = {"alpha",     "negative_slope", "max_value",
                                            "threshold", "approximate",    NULL};
    bool is_map = call->config && call->config->kind == BL_ITEM_MAP;
    for (size_t i = 0; is_map && i < call->config->n; i++)
        if (!is_among(constants, call->config->keys[i]))
            BL_TRY(check_other(call, call->config->keys[i], call->config->items[i], err));
    return check_type(call, call->config, false, err);
}

static bl_status add_activation(const bl_keras_call *call, const bl_nn_activation *activation,
                                size_t *ret_node, bl_error *err) {
    bl_nn_node *node = NULL;
    const size_t *inputs = NULL;
    BL_TRY(check_activation_keys(call, err));
    if (activation->kind == BL_NN_SOFTMAX && call->mask != BL_NN_NONE)
        return bl_keras_call_error(call, BL_E_UNSUPPORTED, err, "it is called with mask");
    BL_TRY(take_nodes(call, &inputs, err));
    BL_TRY(bl_keras_add_node(call, BL_NN_KIND_ACTIVATION, call->n_arguments, inputs, &node, err));
    ((bl_nn_activation_options *)node->options)->activation = *activation;
    *ret_node = call->conversion->graph->n_nodes - 1;
    call->conversion->ranks[*ret_node] = call->conversion->ranks[inputs[0]];
    return BL_OK;
}

// ---- all ----

/// Layers by class; operations have the names of other kinds.
static const bl_nn_kind *kind_of(const char *class_name) {
    const bl_nn_kind *kind = bl_nn_kind_find(class_name);
    if (!kind || kind->id == BL_NN_KIND_INPUT || kind->id == BL_NN_KIND_TREE_ENSEMBLE ||
        kind->id == BL_NN_KIND_DIVIDE)
        return NULL;
    bool is_reduction = kind->id >= BL_NN_KIND_SUM && kind->id <= BL_NN_KIND_ALL;
    bool is_operation = kind->id >= BL_NN_KIND_NOT_EQUAL && kind->id <= BL_NN_KIND_NEGATIVE;
    return is_reduction || is_operation ? NULL : kind;
}

static bl_status fill(const bl_keras_call *call, bl_nn_node *node, bl_error *err) {
    unsigned rank = call->n_arguments ? call->conversion->ranks[call->arguments[0].node] : 1;
    BL_TRY(node->kind->id == BL_NN_KIND_NORMALIZATION
               ? add_normalization(call, node, err)
               : read_options(call, node->kind, call->config, node->options, err));
    switch (node->kind->id) {
    case BL_NN_KIND_BIDIRECTIONAL:
        return read_both_ways(call, node, err);
    case BL_NN_KIND_TIME_DISTRIBUTED: {
        bl_nn_node *inner = NULL;
        BL_TRY(read_inner(call, "layer", node, &inner, err));
        node->inner = inner;
        return BL_OK;
    }
    case BL_NN_KIND_CONCATENATE:
        return bl_keras_read_axis(call, bl_item_get(call->config, "axis"), rank,
                                  &((bl_nn_concatenate_options *)node->options)->axis, err);
    case BL_NN_KIND_MULTI_HEAD_ATTENTION:
        ((bl_nn_attention_options *)node->options)->use_causal_mask |= call->is_causal;
        return BL_OK;
    default:
        return BL_OK;
    }
}

static bl_status refuse_class(const bl_keras_call *call, bl_error *err) {
    return bl_keras_call_error(call, BL_E_UNSUPPORTED, err, "no layer of ours is like it");
}

bl_status bl_keras_add_layer(const bl_keras_call *call, size_t *ret_node, bl_error *err) {
    bl_keras_conversion *c = call->conversion;
    const char *class = call->layer->class_name;
    bl_nn_activation activation;
    bool is_activation = false, is_listed = call->number != SIZE_MAX;
    const bl_nn_kind *kind = kind_of(class);
    const size_t *inputs = NULL;
    bl_nn_node *node = NULL;
    if (strcmp(class, "InputLayer") == 0)
        return add_input(call, ret_node, err);
    if (!kind && strcmp(class, "Identity") != 0)
        for (size_t i = 0; i < sizeof activation_layers / sizeof *activation_layers; i++)
            is_activation |= strcmp(class, activation_layers[i].class_name) == 0;
    if (is_activation) {
        BL_TRY(bl_keras_read_activation(call, class, &activation, &is_activation, err));
        return add_activation(call, &activation, ret_node, err);
    }
    if (strcmp(class, "Identity") == 0)
        return add_activation(call, &(bl_nn_activation){.kind = BL_NN_LINEAR}, ret_node, err);
    if (!kind)
        return refuse_class(call, err);
    BL_TRY(take_nodes(call, &inputs, err));
    BL_TRY(bl_keras_add_node(call, kind->id, call->n_arguments, inputs, &node, err));
    BL_TRY(fill(call, node, err));
    node->mask = call->mask;
    node->frozen = call->frozen;
    *ret_node = c->graph->n_nodes - 1;
    c->ranks[*ret_node] = (uint8_t)bl_keras_rank_of(c, node);
    if (is_listed && c->first_nodes[call->number] == BL_NN_NONE)
        c->first_nodes[call->number] = *ret_node;
    else if (is_listed)
        node->same_as = c->first_nodes[call->number];
    return BL_OK;
}
