// SPDX-License-Identifier: Apache-2.0
// weaver's data configuration, as it is, and our keys beside it. All of it is read whatever the
// command, so that each says what is wrong. Columns that inputs, labels, observers and weights name
// are taken along.
#include "data/config/private.h"

#include <math.h>

bl_status bl_config_add_name(bl_config *config, const char *name, bl_error *err) {
    if (bl_text_list_has(&config->names, name))
        return BL_OK;
    return bl_text_list_add(config->arena, &config->names, name, err);
}

bl_status bl_config_read_names(bl_config *config, const bl_item *item, const char *key,
                               const char *const **ret_names, size_t *ret_n, bl_error *err) {
    const char *const *names = NULL;
    size_t n = 0;
    BL_TRY(bl_item_texts(config->arena, item, key, &names, &n, err));
    for (size_t i = 0; i < n; i++)
        BL_TRY(bl_config_add_name(config, names[i], err));
    if (ret_names)
        *ret_names = names;
    if (ret_n)
        *ret_n = n;
    return BL_OK;
}

bool bl_config_is_name(const char *text) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    static const char digits[] = "0123456789";
    size_t n = strspn(text, letters);
    while (n && text[n]) {
        size_t more = strspn(text + n, digits) + strspn(text + n, letters);
        if (!more)
            return false;
        n += more;
    }
    return n > 0;
}

bl_status bl_item_finite(const bl_item *item, const char *key, double *ret_number, bl_error *err) {
    double number = 0;
    BL_TRY(bl_item_number(item, key, &number, err));
    if (!isfinite(number))
        return bl_item_error(item, BL_E_INVALID, err, "%s is a finite number", key);
    if (item && item->kind != BL_ITEM_NULL)
        *ret_number = number;
    return BL_OK;
}

bl_status bl_item_seed(const bl_item *item, const char *key, uint64_t *ret_seed, bl_error *err) {
    int64_t seed = 0;
    BL_TRY(bl_item_integer(item, key, &seed, err));
    if (seed < 0)
        return bl_item_error(item, BL_E_INVALID, err, "%s is 0 or above", key);
    if (item && item->kind != BL_ITEM_NULL)
        *ret_seed = (uint64_t)seed;
    return BL_OK;
}

// ---- selection and variables ----

static bl_status read_treename(bl_config *config, const bl_item *item, const char *key,
                               bl_error *err) {
    return bl_item_text(item, key, &config->treename, err);
}

/// One expression, or a list of them, which are cuts one after the other.
static bl_status read_selection(bl_config *config, const bl_item *item, const char *key,
                                bl_error *err) {
    const char *const *cuts = NULL;
    size_t n = 0;
    BL_TRY(bl_item_texts(config->arena, item, key, &cuts, &n, err));
    for (size_t i = 0; i < n; i++)
        BL_TRY(bl_text_list_add(config->arena, &config->cuts, cuts[i], err));
    return BL_OK;
}

/// Of prediction, which is not here.
static bl_status read_test_time_selection(bl_config *config, const bl_item *item, const char *key,
                                          bl_error *err) {
    const char *const *cuts = NULL;
    size_t n = 0;
    return bl_item_texts(config->arena, item, key, &cuts, &n, err);
}

bl_status bl_config_read_variables(bl_config *config, const bl_item *item, const char *key,
                                   bl_error *err) {
    BL_TRY(bl_item_expect(item, key, BL_ITEM_MAP, err));
    for (size_t i = 0; i < item->n; i++) {
        const char *text = NULL;
        BL_TRY(bl_item_text(item->items[i], item->keys[i], &text, err));
        if (!text)
            return bl_item_error(item->items[i], BL_E_INVALID, err, "%s.%s has no expression", key,
                                 item->keys[i]);
        BL_TRY(bl_config_add_variable(config, item->keys[i], text, err));
    }
    return BL_OK;
}

static bl_status read_branch_magic(bl_config *config, const bl_item *item, const char *key,
                                   bl_error *err) {
    BL_TRY(bl_item_expect(item, key, BL_ITEM_MAP, err));
    config->renames = (bl_rename *)bl_arena_array(config->arena, item->n + 1, sizeof(bl_rename));
    if (!config->renames)
        return bl_error_nomem(err, item->n * sizeof(bl_rename), key);
    for (size_t i = 0; i < item->n; i++) {
        bl_rename *rename = &config->renames[config->n_renames++];
        *rename = (bl_rename){item->keys[i], ""};
        BL_TRY(bl_item_text(item->items[i], item->keys[i], &rename->to, err));
    }
    return BL_OK;
}

static bl_status read_file_magic(bl_config *config, const bl_item *item, const char *key,
                                 bl_error *err) {
    BL_TRY(bl_item_expect(item, key, BL_ITEM_MAP, err));
    config->file_values =
        (bl_file_value *)bl_arena_array(config->arena, item->n_all, sizeof(bl_file_value));
    if (!config->file_values)
        return bl_error_nomem(err, item->n_all * sizeof(bl_file_value), key);
    for (size_t i = 0; i < item->n; i++) {
        const bl_item *patterns = item->items[i];
        BL_TRY(bl_item_expect(patterns, item->keys[i], BL_ITEM_MAP, err));
        for (size_t k = 0; k < patterns->n; k++) {
            bl_file_value *value = &config->file_values[config->n_file_values++];
            *value = (bl_file_value){.name = item->keys[i], .pattern = patterns->keys[k]};
            BL_TRY(bl_item_number(patterns->items[k], patterns->keys[k], &value->value, err));
        }
    }
    return BL_OK;
}

// ---- what names columns ----

static bl_status read_bucketing(bl_config *config, const bl_item *item, const char *key,
                                bl_error *err) {
    static const char *const known[] = {"var", "bins", NULL};
    BL_TRY(bl_item_expect(item, key, BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, known, key, err));
    return bl_config_read_names(config, bl_item_get(item, "var"), "var", NULL, NULL, err);
}

/// Observers, then monitor variables: columns beside inputs and labels.
static bl_status read_observers(bl_config *config, const bl_item *item, const char *key,
                                bl_error *err) {
    bl_prepare_config *prepare = &config->prepare;
    const char *const *names = NULL;
    size_t n = 0;
    BL_TRY(bl_config_read_names(config, item, key, &names, &n, err));
    const char **all =
        (const char **)bl_arena_array(config->arena, prepare->n_observers + n + 1, sizeof *all);
    if (!all)
        return bl_error_nomem(err, n * sizeof *all, key);
    for (size_t i = 0; i < prepare->n_observers; i++)
        all[i] = prepare->observers[i];
    for (size_t i = 0; i < n; i++)
        all[prepare->n_observers + i] = names[i];
    prepare->observers = all;
    prepare->n_observers += n;
    return BL_OK;
}

// ---- ours ----

static bl_status read_type(bl_config *config, const bl_item *item, const char *key, bl_error *err) {
    static const char *const types[] = {"float32", "float64", NULL};
    unsigned type = 0;
    BL_TRY(bl_item_choice(item, key, types, &type, err));
    config->prepare.is_double = type == 1;
    return BL_OK;
}

static bl_status read_seed(bl_config *config, const bl_item *item, const char *key, bl_error *err) {
    return bl_item_seed(item, key, &config->prepare.seed, err);
}

/// A key and who reads it.
static const struct {
    const char *key;
    bl_config_reader *read;
} sections[] = {
    {"treename", read_treename},
    {"branch_magic", read_branch_magic},
    {"file_magic", read_file_magic},
    {"selection", read_selection},
    {"test_time_selection", read_test_time_selection},
    {"new_variables", bl_config_read_variables},
    {"preprocess", bl_config_read_preprocess}, // before inputs: numbers are as its method says
    {"inputs", bl_config_read_inputs},
    {"labels", bl_config_read_labels}, // before weights, which name some of them
    {"observers", read_observers},
    {"monitor_variables", read_observers},
    {"weights", bl_config_read_weights},
    {"bucketing", read_bucketing},
    {"samples", bl_config_read_samples},
    {"recipe", bl_config_read_recipe},
    {"output", bl_config_read_output},
    {"negative_weights", bl_config_read_negative_weights},
    {"split", bl_config_read_split},
    {"variations", bl_config_read_variations},
    {"type", read_type},
    {"seed", read_seed},
};

enum { N_SECTIONS = sizeof sections / sizeof *sections };

/// What is both returned raw and after the transform would have two meanings.
static bl_status check_monitors(bl_config *config, const bl_item *document, bl_error *err) {
    const bl_item *monitors = bl_item_get(document, "monitor_variables");
    const char *const *of_monitors = NULL, *const *of_observers = NULL;
    size_t n = 0, n_observers = 0;
    BL_TRY(bl_item_texts(config->arena, monitors, "monitor_variables", &of_monitors, &n, err));
    BL_TRY(bl_item_texts(config->arena, bl_item_get(document, "observers"), "observers",
                         &of_observers, &n_observers, err));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n_observers; k++)
            if (strcmp(of_monitors[i], of_observers[k]) == 0)
                return bl_item_error(monitors, BL_E_INVALID, err,
                                     "'%s' is both an observer and a monitor variable",
                                     of_monitors[i]);
    return BL_OK;
}

bl_status bl_config_read_weaver(bl_config *config, const bl_item *document, bl_error *err) {
    const char *known[N_SECTIONS + 1] = {NULL};
    for (size_t i = 0; i < N_SECTIONS; i++)
        known[i] = sections[i].key;
    BL_TRY(bl_item_check_keys(document, known, NULL, err));
    for (size_t i = 0; i < N_SECTIONS; i++) {
        const bl_item *item = bl_item_get(document, sections[i].key);
        if (item && item->kind != BL_ITEM_NULL)
            BL_TRY(sections[i].read(config, item, sections[i].key, err));
    }
    BL_TRY(bl_config_read_params(config, bl_item_get(bl_item_get(document, "preprocess"), "params"),
                                 err));
    return check_monitors(config, document, err);
}
