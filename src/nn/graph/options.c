// SPDX-License-Identifier: Apache-2.0
// Options of layers from documents: by the table of kinds, in short YAML and as Keras has them.
#include <math.h>
#include <string.h>

#include "base/names.h"
#include "base/yaml_scalar.h"
#include "nn/graph/constants.h"

// ---- names with constants ----

/// What was written for an activation, an initializer or a penalty: a name; {name: constants};
/// {class_name: name, config: constants}.
typedef struct object {
    const char *name;         ///< NULL: nothing, null
    const bl_item *at;        ///< for errors
    const bl_item *constants; ///< NULL: none; a number alone, or a map
    bool is_of_keras;         ///< what is not ours is then no mistake, but unsupported
} object;

/// What may stand beside constants of Keras and does not matter; nor does what is null.
static const char *const ignored[] = {"seed", "dtype", "name", "trainable", NULL};

static bool is_among(const char *const *names, const char *name) {
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static bool is_null(const bl_item *item) { return item->kind == BL_ITEM_NULL; }

static bl_status read_class(const bl_item *item, const char *key, object *ret_object,
                            bl_error *err) {
    const bl_item *config = bl_item_get(item, "config");
    object o = {.at = item, .is_of_keras = true};
    BL_TRY(bl_item_text(bl_item_get(item, "class_name"), key, &o.name, err));
    if (o.name && strcmp(o.name, "function") == 0) {
        o.name = NULL;
        BL_TRY(bl_item_text(config, key, &o.name, err));
    } else if (config && !is_null(config)) {
        BL_TRY(bl_item_expect(config, key, BL_ITEM_MAP, err));
        o.constants = config;
    }
    if (!o.name)
        return bl_item_error(item, BL_E_INVALID, err, "%s has no class", key);
    *ret_object = o;
    return BL_OK;
}

static bl_status read_object(const bl_item *item, const char *key, object *ret_object,
                             bl_error *err) {
    object o = {.at = item};
    if (item->kind == BL_ITEM_TEXT) {
        o.name = item->text;
    } else if (item->kind == BL_ITEM_MAP) {
        if (bl_item_get(item, "class_name"))
            return read_class(item, key, ret_object, err);
        if (item->n != 1)
            return bl_item_error(item, BL_E_INVALID, err,
                                 "%s is one name, or one with constants: {name: {…}}", key);
        o.name = item->keys[0];
        o.constants = is_null(item->items[0]) ? NULL : item->items[0];
    } else if (!is_null(item)) {
        return bl_item_error(item, BL_E_INVALID, err, "%s is a name, not %s", key,
                             bl_item_kind_name(item->kind));
    }
    *ret_object = o;
    return BL_OK;
}

static bl_status read_constant(const bl_nn_constant *constant, const bl_item *item, void *constants,
                               bl_error *err) {
    void *to = (char *)constants + constant->offset;
    double number = NAN;
    switch (constant->type) {
    case BL_NN_CONSTANT_FLAG:
        return bl_item_bool(item, constant->name, to, err);
    case BL_NN_CONSTANT_DOUBLE:
        return bl_item_number(item, constant->name, to, err);
    case BL_NN_CONSTANT_FLOAT:
        BL_TRY(bl_item_number(item, constant->name, &number, err));
        if (!is_null(item))
            *(float *)to = (float)number;
    }
    return BL_OK;
}

static bl_status unknown_constant(const object *o, const char *key, const char *name,
                                  const bl_item *at, const bl_nn_constant *list, size_t n,
                                  bl_error *err) {
    bl_nearest nearest;
    bl_nearest_init(&nearest, name);
    for (size_t i = 0; i < n; i++)
        bl_nearest_offer(&nearest, list[i].name);
    bl_status status = o->is_of_keras ? BL_E_UNSUPPORTED : BL_E_INVALID;
    status = bl_item_error(at, status, err, "%s: %s has no constant '%s'", key, o->name, name);
    return bl_nearest_hint(&nearest, status, err);
}

/// \param constants the struct of activation or initializer, with defaults
static bl_status read_constants(const object *o, const char *key, const bl_nn_constant *list,
                                size_t n, void *constants, bl_error *err) {
    const bl_item *map = o->constants;
    if (!map)
        return BL_OK;
    if (map->kind != BL_ITEM_MAP) {
        if (!n)
            return bl_item_error(map, BL_E_INVALID, err, "%s: %s has no constants", key, o->name);
        return read_constant(&list[0], map, constants, err);
    }
    for (size_t k = 0; k < map->n; k++) {
        const bl_nn_constant *found = NULL;
        for (size_t i = 0; i < n && !found; i++)
            found = strcmp(list[i].name, map->keys[k]) == 0 ? &list[i] : NULL;
        if (found)
            BL_TRY(read_constant(found, map->items[k], constants, err));
        else if (!o->is_of_keras || !(is_null(map->items[k]) || is_among(ignored, map->keys[k])))
            return unknown_constant(o, key, map->keys[k], map->items[k], list, n, err);
    }
    return BL_OK;
}

/// \param nearest has been offered all that there are
static bl_status unknown_object(const object *o, const char *key, const bl_nearest *nearest,
                                bl_error *err) {
    bl_status status = o->is_of_keras ? BL_E_UNSUPPORTED : BL_E_INVALID;
    status = bl_item_error(o->at, status, err, "%s: there is no '%s'", key, o->name);
    return bl_nearest_hint(nearest, status, err);
}

// ---- activations ----

/// Keras's layers that are an activation may stand for one.
static const struct {
    const char *class_name, *name;
} activation_classes[] = {
    {"ReLU", "relu"}, {"LeakyReLU", "leaky_relu"}, {"ELU", "elu"}, {"Softmax", "softmax"}};

static bl_status read_activation(const bl_item *item, const char *key,
                                 bl_nn_activation *ret_activation, bl_error *err) {
    object o = {0};
    bl_nn_activation activation = {.kind = BL_NN_LINEAR};
    BL_TRY(read_object(item, key, &o, err));
    const char *name = o.name ? o.name : "linear";
    for (size_t i = 0; i < sizeof activation_classes / sizeof *activation_classes; i++)
        if (strcmp(name, activation_classes[i].class_name) == 0)
            name = activation_classes[i].name;
    if (!bl_nn_activation_find(name, &activation)) {
        bl_nearest nearest;
        bl_nearest_init(&nearest, name);
        for (int i = 0; i < BL_NN_N_ACTIVATIONS; i++)
            bl_nearest_offer(&nearest, bl_nn_activation_name((bl_nn_activation_kind)i));
        return unknown_object(&o, key, &nearest, err);
    }
    size_t n;
    const bl_nn_constant *list = bl_nn_activation_constants(activation.kind, &n);
    BL_TRY(read_constants(&o, key, list, n, &activation, err));
    *ret_activation = activation;
    return BL_OK;
}

// ---- initializers ----

/// VarianceScaling where it equals one of those that have a name.
static const struct {
    const char *name;
    double scale;
    const char *mode, *distribution;
} scalings[] = {
    {"glorot_uniform", 1, "fan_avg", "uniform"}, {"glorot_normal", 1, "fan_avg", "normal"},
    {"he_uniform", 2, "fan_in", "uniform"},      {"he_normal", 2, "fan_in", "normal"},
    {"lecun_uniform", 1, "fan_in", "uniform"},   {"lecun_normal", 1, "fan_in", "normal"},
};

static bl_status read_scaling(const object *o, const char *key, bl_nn_initializer *ret_initializer,
                              bl_error *err) {
    double scale = 1;
    const char *mode = "fan_in", *distribution = "truncated_normal";
    BL_TRY(bl_item_number(bl_item_get(o->constants, "scale"), "scale", &scale, err));
    BL_TRY(bl_item_text(bl_item_get(o->constants, "mode"), "mode", &mode, err));
    BL_TRY(bl_item_text(bl_item_get(o->constants, "distribution"), "distribution", &distribution,
                        err));
    const char *wanted = strcmp(distribution, "truncated_normal") == 0 ? "normal" : distribution;
    for (size_t i = 0; i < sizeof scalings / sizeof *scalings; i++)
        if (scalings[i].scale == scale && strcmp(scalings[i].mode, mode) == 0 &&
            strcmp(scalings[i].distribution, wanted) == 0) {
            bl_nn_initializer_find(scalings[i].name, ret_initializer);
            return BL_OK;
        }
    return bl_item_error(o->at, BL_E_UNSUPPORTED, err,
                         "%s: no VarianceScaling of scale %g by %s, %s", key, scale, mode,
                         distribution);
}

static bl_status read_initializer(const bl_item *item, const char *key,
                                  bl_nn_initializer *ret_initializer, bl_error *err) {
    object o = {0};
    bl_nn_initializer initializer = {.kind = BL_NN_INIT_ZEROS};
    BL_TRY(read_object(item, key, &o, err));
    if (!o.name)
        return BL_OK;
    if (strcmp(o.name, "VarianceScaling") == 0)
        return read_scaling(&o, key, ret_initializer, err);
    if (!bl_nn_initializer_find(o.name, &initializer)) {
        bl_nearest nearest;
        bl_nearest_init(&nearest, o.name);
        for (int i = 0; i < BL_NN_INIT_N; i++)
            bl_nearest_offer(&nearest, bl_nn_initializer_name((bl_nn_initializer_kind)i));
        return unknown_object(&o, key, &nearest, err);
    }
    size_t n;
    const bl_nn_constant *list = bl_nn_initializer_constants(initializer.kind, &n);
    if (o.constants && o.constants->kind != BL_ITEM_MAP && n > 1)
        return bl_item_error(o.constants, BL_E_INVALID, err,
                             "%s: which constant of %s: {%s: …, %s: …}?", key, o.name, list[0].name,
                             list[1].name);
    BL_TRY(read_constants(&o, key, list, n, &initializer, err));
    *ret_initializer = initializer;
    return BL_OK;
}

// ---- penalties ----

/// `l2`, {l2: 0.01}, {l1: …, l2: …}, and Keras's L1, L2, L1L2.
static bl_status read_penalty(const bl_item *item, const char *key, bl_nn_regularizer *ret_penalty,
                              bl_error *err) {
    static const char *const names[] = {"l1", "l2", NULL};
    bl_nn_regularizer penalty = {0};
    object o = {.at = item};
    const bl_item *map = item;
    if (item->kind != BL_ITEM_MAP || bl_item_get(item, "class_name")) {
        BL_TRY(read_object(item, key, &o, err));
        map = o.constants;
    }
    if (o.name) {
        bool both = strcmp(o.name, "L1L2") == 0 || strcmp(o.name, "l1_l2") == 0;
        bool is_l1 = strcmp(o.name, "L1") == 0 || strcmp(o.name, "l1") == 0;
        bool is_l2 = strcmp(o.name, "L2") == 0 || strcmp(o.name, "l2") == 0;
        if (!both && !is_l1 && !is_l2)
            return bl_item_error(item, o.is_of_keras ? BL_E_UNSUPPORTED : BL_E_INVALID, err,
                                 "%s: there is no '%s', but l1, l2 and l1_l2", key, o.name);
        bool is_given = both && o.is_of_keras; // as an object, it begins with none
        penalty.l1 = (both || is_l1) && !is_given ? 0.01 : 0;
        penalty.l2 = (both || is_l2) && !is_given ? 0.01 : 0;
    }
    if (map) {
        BL_TRY(bl_item_check_keys(map, names, key, err));
        BL_TRY(bl_item_number(bl_item_get(map, "l1"), "l1", &penalty.l1, err));
        BL_TRY(bl_item_number(bl_item_get(map, "l2"), "l2", &penalty.l2, err));
    }
    if (!(penalty.l1 >= 0 && penalty.l2 >= 0))
        return bl_item_error(item, BL_E_INVALID, err, "%s is below 0", key);
    *ret_penalty = penalty;
    return BL_OK;
}

// ---- numbers ----

static bl_status no_memory(bl_error *err) {
    return bl_error_set(err, BL_E_NOMEM, "no memory for the options of a layer");
}

static bl_status read_count(const bl_item *item, const char *key, int64_t least, int64_t *ret_count,
                            bl_error *err) {
    if (item->kind == BL_ITEM_LIST && item->n == 1) // as Keras writes sizes of one axis
        item = item->items[0];
    int64_t count = *ret_count;
    BL_TRY(bl_item_integer(item, key, &count, err));
    if (count < least || count > INT32_MAX)
        return bl_item_error(item, BL_E_INVALID, err, "%s is %lld, which is not %lld … %d", key,
                             (long long)count, (long long)least, INT32_MAX);
    *ret_count = count;
    return BL_OK;
}

static bl_status read_counts(bl_arena *arena, const bl_item *item, const char *key,
                             bl_nn_counts *ret_counts, bl_error *err) {
    bool is_list = item->kind == BL_ITEM_LIST;
    size_t n = is_list ? item->n : 1;
    int64_t *counts = bl_arena_array(arena, n + 1, sizeof *counts);
    if (!counts)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        const bl_item *each = is_list ? item->items[i] : item;
        if (is_null(each))
            return bl_item_error(each, BL_E_INVALID, err,
                                 "%s: a size is null: say how much it is at most", key);
        BL_TRY(read_count(each, key, -1, &counts[i], err));
    }
    *ret_counts = (bl_nn_counts){n, counts};
    return BL_OK;
}

/// Numbers in lists of lists of any depth; documents have a limit.
static bl_status append_numbers(const bl_item *item, const char *key, double *numbers, size_t *n,
                                bl_error *err) {
    if (item->kind != BL_ITEM_LIST) {
        if (is_null(item))
            return bl_item_error(item, BL_E_INVALID, err, "%s: null is no number", key);
        return bl_item_number(item, key, &numbers[(*n)++], err);
    }
    for (size_t i = 0; i < item->n; i++)
        BL_TRY(append_numbers(item->items[i], key, numbers, n, err));
    return BL_OK;
}

static bl_status read_numbers(bl_arena *arena, const bl_item *item, const char *key,
                              bl_nn_numbers *ret_numbers, bl_error *err) {
    const bl_item *value = bl_item_get(bl_item_get(item, "config"), "value"); // an array of Keras
    if (value)
        item = value;
    double *numbers = bl_arena_array(arena, item->n_all + 1, sizeof *numbers);
    size_t n = 0;
    if (!numbers)
        return no_memory(err);
    BL_TRY(append_numbers(item, key, numbers, &n, err));
    if (!n)
        return bl_item_error(item, BL_E_INVALID, err, "%s has no numbers", key);
    *ret_numbers = (bl_nn_numbers){n, numbers};
    return BL_OK;
}

static bl_status read_choice(const bl_item *item, const char *key, const char *const *choices,
                             int *ret_choice, bl_error *err) {
    const char *text = NULL;
    BL_TRY(bl_item_text(item, key, &text, err));
    bl_nearest nearest;
    bl_nearest_init(&nearest, text ? text : "");
    for (int i = 0; choices[i]; i++) {
        if (!text || strcmp(choices[i], text) == 0) {
            *ret_choice = text ? i : *ret_choice;
            return BL_OK;
        }
        bl_nearest_offer(&nearest, choices[i]);
    }
    bl_status status = bl_item_error(item, BL_E_INVALID, err, "%s cannot be '%s'", key, text);
    return bl_nearest_hint(&nearest, status, err);
}

// ---- options ----

bl_status bl_nn_option_read(bl_arena *arena, const bl_nn_option *option, const bl_item *item,
                            const char *key, void *options, bl_error *err) {
    void *to = (char *)options + option->offset;
    bool is_no_default = option->type == BL_NN_OPTION_ACTIVATION ||
                         option->type == BL_NN_OPTION_REGULARIZER; // null is none
    if (is_null(item) && !is_no_default)
        return BL_OK;
    switch (option->type) {
    case BL_NN_OPTION_FLAG:
        return bl_item_bool(item, key, to, err);
    case BL_NN_OPTION_COUNT:
        return read_count(item, key, option->least, to, err);
    case BL_NN_OPTION_NUMBER:
        return bl_item_number(item, key, to, err);
    case BL_NN_OPTION_CHOICE:
        return read_choice(item, key, option->choices, to, err);
    case BL_NN_OPTION_ACTIVATION:
        return read_activation(item, key, to, err);
    case BL_NN_OPTION_INITIALIZER:
        return read_initializer(item, key, to, err);
    case BL_NN_OPTION_REGULARIZER:
        return read_penalty(item, key, to, err);
    case BL_NN_OPTION_COUNTS:
        return read_counts(arena, item, key, to, err);
    case BL_NN_OPTION_NUMBERS:
        return read_numbers(arena, item, key, to, err);
    }
    return BL_OK;
}

bl_status bl_nn_options_preset(bl_arena *arena, const bl_nn_kind *kind, void *ret_options,
                               bl_error *err) {
    memset(ret_options, 0, kind->options_size);
    for (size_t i = 0; i < kind->n_options; i++) {
        const bl_nn_option *option = &kind->options[i];
        if (!option->preset)
            continue;
        bl_item item = {.text = option->preset, .source = kind->name, .n_all = 1};
        bl_yaml_scalar(&item, NULL, true);
        BL_TRY(bl_nn_option_read(arena, option, &item, option->name, ret_options, err));
    }
    return BL_OK;
}

// ---- comparing ----

static bool same_initializers(const bl_nn_initializer *a, const bl_nn_initializer *b) {
    return a->kind == b->kind && a->a == b->a && a->b == b->b;
}

/// Only by constants that the kind has.
static bool same_activations(const bl_nn_activation *a, const bl_nn_activation *b) {
    size_t n;
    const bl_nn_constant *list = bl_nn_activation_constants(a->kind, &n);
    bool same = a->kind == b->kind;
    for (size_t i = 0; i < n && same; i++) {
        const void *x = (const char *)a + list[i].offset, *y = (const char *)b + list[i].offset;
        same = list[i].type == BL_NN_CONSTANT_FLAG ? *(const bool *)x == *(const bool *)y
                                                   : *(const float *)x == *(const float *)y;
    }
    return same;
}

static bool same_counts(const bl_nn_counts *a, const bl_nn_counts *b) {
    bool same = a->n == b->n;
    for (size_t i = 0; i < a->n && same; i++)
        same = a->items[i] == b->items[i];
    return same;
}

static bool same_numbers(const bl_nn_numbers *a, const bl_nn_numbers *b) {
    bool same = a->n == b->n;
    for (size_t i = 0; i < a->n && same; i++)
        same = a->items[i] == b->items[i];
    return same;
}

bool bl_nn_option_equals(const bl_nn_option *option, const void *a, const void *b) {
    const void *x = (const char *)a + option->offset, *y = (const char *)b + option->offset;
    switch (option->type) {
    case BL_NN_OPTION_FLAG:
        return *(const bool *)x == *(const bool *)y;
    case BL_NN_OPTION_COUNT:
        return *(const int64_t *)x == *(const int64_t *)y;
    case BL_NN_OPTION_NUMBER:
        return *(const double *)x == *(const double *)y;
    case BL_NN_OPTION_CHOICE:
        return *(const int *)x == *(const int *)y;
    case BL_NN_OPTION_ACTIVATION:
        return same_activations(x, y);
    case BL_NN_OPTION_INITIALIZER:
        return same_initializers(x, y);
    case BL_NN_OPTION_REGULARIZER: {
        const bl_nn_regularizer *p = x, *q = y;
        return p->l1 == q->l1 && p->l2 == q->l2;
    }
    case BL_NN_OPTION_COUNTS:
        return same_counts(x, y);
    case BL_NN_OPTION_NUMBERS:
        return same_numbers(x, y);
    }
    return false;
}

bool bl_nn_options_equal(const bl_nn_kind *kind, const void *a, const void *b) {
    for (size_t i = 0; i < kind->n_options; i++)
        if (!bl_nn_option_equals(&kind->options[i], a, b))
            return false;
    return true;
}

// ---- all options of a kind ----

static bl_status check_keys(bl_arena *arena, const bl_nn_kind *kind, const bl_item *map,
                            const char *const *others, bl_error *err) {
    size_t n = 0;
    while (others && others[n])
        n++;
    const char **known = bl_arena_array(arena, kind->n_options + n + 1, sizeof *known);
    if (!known)
        return no_memory(err);
    for (size_t i = 0; i < kind->n_options; i++)
        known[i] = kind->options[i].name;
    for (size_t i = 0; i < n; i++)
        known[kind->n_options + i] = others[i];
    return bl_item_check_keys(map, known, kind->name, err);
}

static bl_status lacks(const bl_nn_kind *kind, const bl_nn_option *option, const bl_item *map,
                       bl_error *err) {
    if (!map)
        return bl_error_set(err, BL_E_INVALID, "%s: %s is missing: %s", kind->name, option->name,
                            option->help);
    return bl_item_error(map, BL_E_INVALID, err, "%s: %s is missing: %s", kind->name, option->name,
                         option->help);
}

bl_status bl_nn_options_read(bl_arena *arena, const bl_nn_kind *kind, const bl_item *map,
                             const char *const *others, void *ret_options, bl_error *err) {
    BL_TRY(bl_nn_options_preset(arena, kind, ret_options, err));
    if (map && is_null(map))
        map = NULL;
    if (map) {
        BL_TRY(bl_item_expect(map, kind->name, BL_ITEM_MAP, err));
        BL_TRY(check_keys(arena, kind, map, others, err));
    }
    for (size_t i = 0; i < kind->n_options; i++) {
        const bl_nn_option *option = &kind->options[i];
        const bl_item *item = bl_item_get(map, option->name);
        if (item)
            BL_TRY_IN(bl_nn_option_read(arena, option, item, option->name, ret_options, err), err,
                      "%s", kind->name);
        if (!option->preset && (!item || is_null(item)))
            return lacks(kind, option, map, err);
    }
    return BL_OK;
}

bl_status bl_nn_kind_unknown(const bl_item *at, const char *name, bl_error *err) {
    bl_nearest nearest;
    bl_nearest_init(&nearest, name);
    for (size_t i = 0; i < BL_NN_KIND_N; i++)
        bl_nearest_offer(&nearest, bl_nn_kinds[i].name);
    bl_status status = bl_item_error(at, BL_E_INVALID, err, "there is no layer '%s'", name);
    return bl_nearest_hint(&nearest, status, err);
}
