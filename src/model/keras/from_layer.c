// SPDX-License-Identifier: Apache-2.0
// One layer or operation as Keras 3 writes it: class and options, by our table of kinds.
#include <math.h>

#include "model/keras/writing.h"
#include "nn/graph/constants.h"

typedef const bl_nn_node node;

static const void *option_at(const bl_nn_option *option, const void *options) {
    return (const char *)options + option->offset;
}

static void add_bool(bl_text *text, bool value) { bl_text_add(text, value ? "true" : "false"); }

static bl_status add_finite(bl_text *text, node *n, const char *key, double value, bl_error *err) {
    if (!isfinite(value))
        return bl_keras_write_error(n, err, "%s is %g", key, value);
    bl_text_add_number(text, value);
    return BL_OK;
}

// ---- classes with constants ----

static void open_object(bl_text *text, const char *module, const char *class_name) {
    bl_text_add(text, "{\"module\": \"%s\", \"class_name\": \"%s\", \"config\": {", module,
                class_name);
}

static void close_object(bl_text *text) { bl_text_add(text, "}, \"registered_name\": null}"); }

static bl_status add_initializer(bl_text *text, node *n, const char *key,
                                 const bl_nn_initializer *initializer, bl_error *err) {
    size_t count;
    const bl_nn_constant *list = bl_nn_initializer_constants(initializer->kind, &count);
    open_object(text, "keras.initializers", bl_nn_initializer_class(initializer->kind));
    for (size_t i = 0; i < count; i++) {
        const void *at = (const char *)initializer + list[i].offset;
        bl_text_add(text, "%s\"%s\": ", i ? ", " : "", list[i].name);
        BL_TRY(add_finite(text, n, key, *(const double *)at, err));
    }
    close_object(text);
    return BL_OK;
}

static bl_status add_penalty(bl_text *text, node *n, const char *key,
                             const bl_nn_regularizer *penalty, bl_error *err) {
    bool l1 = penalty->l1 != 0, l2 = penalty->l2 != 0;
    if (!l1 && !l2) {
        bl_text_add(text, "null");
        return BL_OK;
    }
    open_object(text, "keras.regularizers", l1 && l2 ? "L1L2" : l1 ? "L1" : "L2");
    if (l1) {
        bl_text_add(text, "\"l1\": ");
        BL_TRY(add_finite(text, n, key, penalty->l1, err));
    }
    if (l2) {
        bl_text_add(text, l1 ? ", \"l2\": " : "\"l2\": ");
        BL_TRY(add_finite(text, n, key, penalty->l2, err));
    }
    close_object(text);
    return BL_OK;
}

static bool has_presets(const bl_nn_activation *activation) {
    size_t count;
    const bl_nn_constant *list = bl_nn_activation_constants(activation->kind, &count);
    bl_nn_activation preset;
    bool is_known = bl_nn_activation_find(bl_nn_activation_name(activation->kind), &preset);
    for (size_t i = 0; i < count && is_known; i++) {
        const void *a = (const char *)activation + list[i].offset;
        const void *b = (const char *)&preset + list[i].offset;
        if (list[i].type == BL_NN_CONSTANT_FLAG ? *(const bool *)a != *(const bool *)b
                                                : *(const float *)a != *(const float *)b)
            return false;
    }
    return true;
}

static bl_status add_constants(bl_text *text, node *n, const bl_nn_activation *activation,
                               bl_error *err) {
    size_t count;
    const bl_nn_constant *list = bl_nn_activation_constants(activation->kind, &count);
    for (size_t i = 0; i < count; i++) {
        const void *at = (const char *)activation + list[i].offset;
        bl_text_add(text, "%s\"%s\": ", i ? ", " : "", list[i].name);
        if (list[i].type == BL_NN_CONSTANT_FLAG)
            add_bool(text, *(const bool *)at);
        else if (activation->kind == BL_NN_RELU && isinf(*(const float *)at))
            bl_text_add(text, "null");
        else if (!isfinite(*(const float *)at))
            return bl_keras_write_error(n, err, "%s is %g", list[i].name,
                                        (double)*(const float *)at);
        else
            bl_text_add_float(text, *(const float *)at);
    }
    return BL_OK;
}

/// Keras's layers that are an activation with constants; NULL: there is none.
static const char *activation_layer(bl_nn_activation_kind kind) {
    switch (kind) {
    case BL_NN_RELU:
        return "ReLU";
    case BL_NN_LEAKY_RELU:
        return "LeakyReLU";
    case BL_NN_ELU:
        return "ELU";
    default:
        return NULL;
    }
}

static bl_status add_activation(bl_text *text, node *n, const char *key,
                                const bl_nn_activation *activation, bl_error *err) {
    const char *class = activation_layer(activation->kind);
    const char *name = bl_nn_activation_name(activation->kind);
    if (has_presets(activation)) {
        bl_text_add(text, "\"%s\"", name);
        return BL_OK;
    }
    if (!class)
        return bl_keras_write_error(n, err, "%s is %s with constants, which Keras has no name for",
                                    key, name);
    open_object(text, "keras.layers", class);
    BL_TRY(add_constants(text, n, activation, err));
    close_object(text);
    return BL_OK;
}

// ---- options ----

/// Where 0 stands for what Keras calls null.
static bool is_null_count(const char *key, int64_t count) {
    return count == 0 && (strcmp(key, "strides") == 0 || strcmp(key, "value_dim") == 0 ||
                          strcmp(key, "output_shape") == 0);
}

static bl_status add_numbers(bl_text *text, node *n, const char *key, const bl_nn_numbers *numbers,
                             bl_error *err) {
    bl_text_add(text, numbers->n == 1 ? "" : "[");
    for (size_t i = 0; i < numbers->n; i++) {
        bl_text_add(text, i ? ", " : "");
        BL_TRY(add_finite(text, n, key, numbers->items[i], err));
    }
    bl_text_add(text, numbers->n == 1 ? "" : "]");
    return BL_OK;
}

static void add_counts(bl_text *text, const bl_nn_counts *counts) {
    bl_text_add(text, "[");
    for (size_t i = 0; i < counts->n; i++)
        bl_text_add(text, "%s%lld", i ? ", " : "", (long long)counts->items[i]);
    bl_text_add(text, "]");
}

static bl_status add_option(bl_text *text, node *n, const bl_nn_option *option, const void *options,
                            bl_error *err) {
    const void *at = option_at(option, options);
    switch (option->type) {
    case BL_NN_OPTION_FLAG:
        add_bool(text, *(const bool *)at);
        return BL_OK;
    case BL_NN_OPTION_COUNT:
        if (is_null_count(option->name, *(const int64_t *)at))
            bl_text_add(text, "null");
        else
            bl_text_add(text, "%lld", (long long)*(const int64_t *)at);
        return BL_OK;
    case BL_NN_OPTION_NUMBER:
        return add_finite(text, n, option->name, *(const double *)at, err);
    case BL_NN_OPTION_CHOICE:
        bl_text_add(text, "\"%s\"", option->choices[*(const int *)at]);
        return BL_OK;
    case BL_NN_OPTION_ACTIVATION:
        return add_activation(text, n, option->name, at, err);
    case BL_NN_OPTION_INITIALIZER:
        return add_initializer(text, n, option->name, at, err);
    case BL_NN_OPTION_REGULARIZER:
        return add_penalty(text, n, option->name, at, err);
    case BL_NN_OPTION_COUNTS:
        add_counts(text, at);
        return BL_OK;
    case BL_NN_OPTION_NUMBERS:
        return add_numbers(text, n, option->name, at, err);
    }
    return BL_OK;
}

/// Options that are no options of Keras's class.
static bool is_left_out(const bl_nn_kind *kind, const char *key) {
    return kind->id == BL_NN_KIND_MULTI_HEAD_ATTENTION && strcmp(key, "use_causal_mask") == 0;
}

static bl_status add_options(bl_text *text, node *n, const bl_nn_kind *kind, const void *options,
                             bl_error *err) {
    for (size_t i = 0; i < kind->n_options; i++) {
        const bl_nn_option *option = &kind->options[i];
        if (is_left_out(kind, option->name))
            continue;
        bl_text_add(text, ", \"%s\": ", option->name);
        BL_TRY(add_option(text, n, option, options, err));
    }
    return BL_OK;
}

static void add_names(bl_text *text, const char *name, bool frozen) {
    bl_text_add(text, "\"name\": ");
    bl_text_add_quoted(text, name);
    bl_text_add(text, ", \"trainable\": %s, \"dtype\": \"float32\"", frozen ? "false" : "true");
}

// ---- layers in layers ----

/// \param outer the name of the layer around it
static bl_status add_inner(bl_text *text, node *n, const char *outer, const char *key,
                           const char *prefix, const bl_nn_kind *kind, const void *options,
                           bl_error *err) {
    const char *name = bl_arena_printf(text->arena, "%s_%s", prefix, outer);
    text->has_failed |= !name;
    if (text->has_failed)
        return BL_OK; // whoever began the text sees it
    bl_text_add(text, ", \"%s\": ", key);
    open_object(text, "keras.layers", kind->name);
    add_names(text, name, false);
    BL_TRY(add_options(text, n, kind, options, err));
    close_object(text);
    return BL_OK;
}

static bl_status add_both_ways(bl_text *text, node *n, const char *outer, bl_error *err) {
    bl_nn_recurrent_options turned = *(const bl_nn_recurrent_options *)n->inner->options;
    turned.go_backwards = !turned.go_backwards;
    const void *backward = n->inner_backward ? n->inner_backward->options : &turned;
    BL_TRY(add_inner(text, n, outer, "layer", "forward", n->inner->kind, n->inner->options, err));
    return add_inner(text, n, outer, "backward_layer", "backward", n->inner->kind, backward, err);
}

/// What classes have beside the options of our kinds.
static bl_status add_others(bl_keras_writing *w, node *n, const char *outer, bl_error *err) {
    bl_text *text = &w->config;
    switch (n->kind->id) {
    case BL_NN_KIND_BATCH_NORMALIZATION:
    case BL_NN_KIND_LAYER_NORMALIZATION:
        bl_text_add(text, ", \"axis\": -1");
        return BL_OK;
    case BL_NN_KIND_NORMALIZATION:
        bl_text_add(text, ", \"axis\": %s",
                    ((const bl_nn_scaling_options *)n->options)->mean.n == 1 ? "null" : "-1");
        return BL_OK;
    case BL_NN_KIND_PRELU:
        if (bl_nn_network_find(w->network, n->name, "alpha")->rank == 2)
            bl_text_add(text, ", \"shared_axes\": [1]");
        return BL_OK;
    case BL_NN_KIND_TIME_DISTRIBUTED:
        return add_inner(text, n, outer, "layer", "each", n->inner->kind, n->inner->options, err);
    case BL_NN_KIND_BIDIRECTIONAL:
        return add_both_ways(text, n, outer, err);
    default:
        return BL_OK;
    }
}

// ---- operations ----

bool bl_keras_is_operation_kind(const bl_nn_node *n) {
    bl_nn_kind_id kind = n->kind->id;
    if (kind == BL_NN_KIND_ACTIVATION) {
        const bl_nn_activation *a = &((const bl_nn_activation_options *)n->options)->activation;
        return !has_presets(a) && !activation_layer(a->kind);
    }
    return (kind >= BL_NN_KIND_SUM && kind <= BL_NN_KIND_ALL) || kind == BL_NN_KIND_DIVIDE ||
           (kind >= BL_NN_KIND_NOT_EQUAL && kind <= BL_NN_KIND_NEGATIVE);
}

static const char *operation_class(node *n) {
    if (n->kind->id == BL_NN_KIND_CLIP) {
        const bl_nn_clip_options *options = n->options;
        return isinf(options->x_max) ? "Maximum" : isinf(options->x_min) ? "Minimum" : "Clip";
    }
    if (n->kind->id != BL_NN_KIND_ACTIVATION)
        return n->kind->name;
    switch (((const bl_nn_activation_options *)n->options)->activation.kind) {
    case BL_NN_GELU:
        return "Gelu";
    case BL_NN_CELU:
        return "Celu";
    case BL_NN_HARD_SHRINK:
        return "HardShrink";
    default:
        return "SoftShrink";
    }
}

static bool is_reduction(node *n) {
    return n->kind->id >= BL_NN_KIND_SUM && n->kind->id <= BL_NN_KIND_ALL;
}

static void add_axis(bl_text *text, int axis, bool keeps) {
    bl_text_add(text, ", \"axis\": %d, \"keepdims\": %s", axis, keeps ? "true" : "false");
}

static void open_operation(bl_text *text, const char *module, const char *class, const char *name) {
    bl_text_add(text, "\"module\": \"keras.src.ops.%s\", \"class_name\": \"%s\", \"config\": {",
                module, class);
    bl_text_add(text, "\"name\": ");
    bl_text_add_quoted(text, name);
}

static bl_status add_operation(bl_text *text, const bl_keras_entry *entry, bl_error *err) {
    node *n = entry->node;
    const char *class = operation_class(n);
    bool is_activation = n->kind->id == BL_NN_KIND_ACTIVATION;
    bool is_limit = n->kind->id == BL_NN_KIND_CLIP && strcmp(class, "Clip") != 0;
    bool is_comparison =
        n->kind->id >= BL_NN_KIND_NOT_EQUAL && n->kind->id <= BL_NN_KIND_LESS_EQUAL;
    if (is_comparison && isinf(((const bl_nn_compare_options *)n->options)->value))
        return bl_keras_write_error(n, err, "value is infinite, which JSON has no number for");
    open_operation(text, is_activation ? "nn" : "numpy", class, entry->name);
    if (is_activation) {
        bl_text_add(text, ", ");
        BL_TRY(add_constants(text, n, &((const bl_nn_activation_options *)n->options)->activation,
                             err));
    } else if (is_reduction(n)) {
        add_axis(text, entry->is_over_columns ? -1 : 1, entry->keeps_axis);
    } else if (!is_limit && !is_comparison) { // their constants are arguments
        BL_TRY(add_options(text, n, n->kind, n->options, err));
    }
    bl_text_add(text, "}, \"registered_name\": \"%s\"", class);
    return BL_OK;
}

// ---- layers ----

static void add_input(bl_keras_writing *w, const bl_keras_entry *entry) {
    const bl_nn_counts *shape = &((const bl_nn_input_options *)entry->node->options)->shape;
    bl_text *text = &w->config;
    bl_text_add(text, "\"module\": \"keras.layers\", \"class_name\": \"InputLayer\", \"config\": "
                      "{\"batch_shape\": [null");
    for (size_t i = 0; i < shape->n; i++)
        bl_text_add(text, ", %lld", (long long)shape->items[i]);
    bl_text_add(text, "], \"dtype\": \"float32\", \"sparse\": false, \"name\": ");
    bl_text_add_quoted(text, entry->name);
    bl_text_add(text, "}, \"registered_name\": null");
}

static bl_status add_layer(bl_keras_writing *w, const bl_keras_entry *entry, bl_error *err) {
    node *n = entry->node;
    bl_text *text = &w->config;
    const bl_nn_activation *activation =
        n->kind->id == BL_NN_KIND_ACTIVATION
            ? &((const bl_nn_activation_options *)n->options)->activation
            : NULL;
    bool is_own = activation && !has_presets(activation);
    if (n->kind->id == BL_NN_KIND_TREE_ENSEMBLE)
        return bl_keras_write_error(n, err, "Keras has no layer like it");
    bl_text_add(text, "\"module\": \"keras.layers\", \"class_name\": \"%s\", \"config\": {",
                is_own ? activation_layer(activation->kind) : n->kind->name);
    add_names(text, entry->name, n->frozen);
    if (is_own) {
        bl_text_add(text, ", ");
        BL_TRY(add_constants(text, n, activation, err));
    } else {
        BL_TRY(add_options(text, n, n->kind, n->options, err));
        BL_TRY(add_others(w, n, entry->name, err));
    }
    bl_text_add(text, "}, \"registered_name\": null");
    return BL_OK;
}

bl_status bl_keras_write_layer(bl_keras_writing *w, const bl_keras_entry *entry, bl_error *err) {
    bl_text *text = &w->config;
    switch (entry->kind) {
    case BL_KERAS_MASKING:
        bl_text_add(text, "\"module\": \"keras.layers\", \"class_name\": \"Masking\", "
                          "\"config\": {");
        add_names(text, entry->name, false);
        bl_text_add(text, ", \"mask_value\": 0.0}, \"registered_name\": null");
        return BL_OK;
    case BL_KERAS_CAST:
        open_operation(text, "core", "Cast", entry->name);
        bl_text_add(text, ", \"dtype\": \"float32\"}, \"registered_name\": \"Cast\"");
        return BL_OK;
    case BL_KERAS_ROW_MASK:
        open_operation(text, "numpy", "Any", entry->name);
        add_axis(text, -1, false);
        bl_text_add(text, "}, \"registered_name\": \"Any\"");
        return BL_OK;
    case BL_KERAS_NODE:
        break;
    }
    if (entry->node->kind->id == BL_NN_KIND_INPUT) {
        add_input(w, entry);
        return BL_OK;
    }
    return bl_keras_is_operation_kind(entry->node) ? add_operation(text, entry, err)
                                                   : add_layer(w, entry, err);
}
