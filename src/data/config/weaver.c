// SPDX-License-Identifier: Apache-2.0
// weaver's data configuration, as it is, and our keys beside it. All of it is checked, also what
// only later commands read. Columns that inputs, labels, observers and weights name are kept as
// they are: what turns them into inputs belongs to preparation.
#include "data/config/config.h"

#include "base/size.h"

/// A key and who reads it.
typedef struct section {
    const char *key;
    bl_status (*read)(bl_config *config, const bl_item *item, const char *key, bl_error *err);
} section;

static bl_status add_name(bl_config *config, const char *name, bl_error *err) {
    if (bl_text_list_has(&config->names, name))
        return BL_OK;
    return bl_text_list_add(config->arena, &config->names, name, err);
}

static bl_status read_names(bl_config *config, const bl_item *item, const char *key,
                            bl_error *err) {
    const char *const *names = NULL;
    size_t n = 0;
    BL_TRY(bl_item_texts(config->arena, item, key, &names, &n, err));
    for (size_t i = 0; i < n; i++)
        BL_TRY(add_name(config, names[i], err));
    return BL_OK;
}

static bl_status wrong_choice(const bl_item *item, const char *key, const char *choices,
                              bl_error *err) {
    return bl_item_error(item, BL_E_INVALID, err, "%s is %s, not '%s'", key, choices, item->text);
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

static bl_status read_variables(bl_config *config, const bl_item *item, const char *key,
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

static bl_status read_preprocess(bl_config *config, const bl_item *item, const char *key,
                                 bl_error *err) {
    static const char *const known[] = {"method", "data_fraction", "params", NULL};
    const char *method = "auto";
    double fraction = 1;
    (void)config;
    BL_TRY(bl_item_expect(item, key, BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, known, key, err));
    BL_TRY(bl_item_text(bl_item_get(item, "method"), "method", &method, err));
    if (strcmp(method, "auto") != 0 && strcmp(method, "manual") != 0)
        return wrong_choice(bl_item_get(item, "method"), "method", "'manual' or 'auto'", err);
    BL_TRY(bl_item_number(bl_item_get(item, "data_fraction"), "data_fraction", &fraction, err));
    if (!(fraction > 0 && fraction <= 1))
        return bl_item_error(bl_item_get(item, "data_fraction"), BL_E_INVALID, err,
                             "data_fraction is above 0, and at most 1");
    return BL_OK;
}

/// A name, or [name, subtract, multiply, min, max, pad]; subtract may also be "auto".
static bl_status read_input(bl_config *config, const bl_item *item, bl_error *err) {
    static const char *const what[] = {"name", "subtract", "multiply", "min", "max", "pad"};
    if (item->kind != BL_ITEM_LIST)
        return read_names(config, item, "a variable", err);
    if (item->n == 0 || item->n > sizeof what / sizeof *what)
        return bl_item_error(item, BL_E_INVALID, err,
                             "a variable is a name, or [name, subtract, multiply, min, max, pad]");
    for (size_t i = 1; i < item->n; i++) {
        double number;
        bool is_auto =
            i == 1 && item->items[i]->kind == BL_ITEM_TEXT && !strcmp(item->items[i]->text, "auto");
        if (!is_auto)
            BL_TRY(bl_item_number(item->items[i], what[i], &number, err));
    }
    return read_names(config, item->items[0], "a variable", err);
}

static bl_status read_group(bl_config *config, const bl_item *group, const char *name,
                            bl_error *err) {
    static const char *const known[] = {"length", "pad_mode", "vars", NULL};
    const char *mode = "constant";
    int64_t length = 1;
    BL_TRY(bl_item_expect(group, name, BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(group, known, name, err));
    BL_TRY(bl_item_integer(bl_item_get(group, "length"), "length", &length, err));
    if (length < 1)
        return bl_item_error(bl_item_get(group, "length"), BL_E_INVALID, err,
                             "length is above 0, or null for none");
    BL_TRY(bl_item_text(bl_item_get(group, "pad_mode"), "pad_mode", &mode, err));
    if (strcmp(mode, "constant") != 0 && strcmp(mode, "wrap") != 0)
        return wrong_choice(bl_item_get(group, "pad_mode"), "pad_mode", "'constant' or 'wrap'",
                            err);
    const bl_item *variables = bl_item_get(group, "vars");
    if (!variables)
        return bl_item_error(group, BL_E_INVALID, err, "inputs.%s has no vars", name);
    BL_TRY(bl_item_expect(variables, "vars", BL_ITEM_LIST, err));
    for (size_t i = 0; i < variables->n; i++)
        BL_TRY(read_input(config, variables->items[i], err));
    return BL_OK;
}

static bl_status read_inputs(bl_config *config, const bl_item *item, const char *key,
                             bl_error *err) {
    BL_TRY(bl_item_expect(item, key, BL_ITEM_MAP, err));
    for (size_t i = 0; i < item->n; i++)
        BL_TRY(read_group(config, item->items[i], item->keys[i], err));
    return BL_OK;
}

static bl_status read_labels(bl_config *config, const bl_item *item, const char *key,
                             bl_error *err) {
    static const char *const known[] = {"type", "value", NULL};
    const char *type = "simple";
    BL_TRY(bl_item_expect(item, key, BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, known, key, err));
    BL_TRY(bl_item_text(bl_item_get(item, "type"), "type", &type, err));
    const bl_item *value = bl_item_get(item, "value");
    if (!value)
        return bl_item_error(item, BL_E_INVALID, err, "labels have no value");
    if (strcmp(type, "simple") == 0)
        return read_names(config, value, "value", err);
    if (strcmp(type, "custom") != 0)
        return wrong_choice(bl_item_get(item, "type"), "type", "'simple' or 'custom'", err);
    BL_TRY(read_variables(config, value, "value", err));
    for (size_t i = 0; i < value->n; i++)
        BL_TRY(add_name(config, value->keys[i], err));
    return BL_OK;
}

/// Keys of a map whose values are lists of numbers.
static bl_status read_edges(bl_config *config, const bl_item *item, const char *key,
                            bl_error *err) {
    if (!item || item->kind == BL_ITEM_NULL)
        return BL_OK;
    BL_TRY(bl_item_expect(item, key, BL_ITEM_MAP, err));
    for (size_t i = 0; i < item->n; i++) {
        BL_TRY(bl_item_expect(item->items[i], item->keys[i], BL_ITEM_LIST, err));
        for (size_t k = 0; k < item->items[i]->n; k++) {
            double number;
            BL_TRY(bl_item_number(item->items[i]->items[k], item->keys[i], &number, err));
        }
        BL_TRY(add_name(config, item->keys[i], err));
    }
    return BL_OK;
}

static bl_status read_reweighting(bl_config *config, const bl_item *item, bl_error *err) {
    const char *method = "flat";
    const bl_item *of_method = bl_item_get(item, "reweight_method");
    bool discards;
    double threshold;
    BL_TRY(bl_item_text(of_method, "reweight_method", &method, err));
    if (strcmp(method, "flat") != 0 && strcmp(method, "ref") != 0)
        return wrong_choice(of_method, "reweight_method", "'flat' or 'ref'", err);
    BL_TRY(read_edges(config, bl_item_get(item, "reweight_vars"), "reweight_vars", err));
    BL_TRY(read_names(config, bl_item_get(item, "reweight_classes"), "reweight_classes", err));
    BL_TRY(read_names(config, bl_item_get(item, "reweight_basewgt"), "reweight_basewgt", err));
    BL_TRY(bl_item_number(bl_item_get(item, "reweight_threshold"), "reweight_threshold", &threshold,
                          err));
    return bl_item_bool(bl_item_get(item, "reweight_discard_under_overflow"),
                        "reweight_discard_under_overflow", &discards, err);
}

static bl_status read_weights(bl_config *config, const bl_item *item, const char *key,
                              bl_error *err) {
    static const char *const known[] = {"use_precomputed_weights",
                                        "weight_branches",
                                        "reweight_method",
                                        "reweight_vars",
                                        "reweight_classes",
                                        "class_weights",
                                        "reweight_threshold",
                                        "reweight_discard_under_overflow",
                                        "reweight_basewgt",
                                        "reweight_hists",
                                        NULL};
    bool is_precomputed = false;
    BL_TRY(bl_item_expect(item, key, BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, known, key, err));
    BL_TRY(bl_item_bool(bl_item_get(item, "use_precomputed_weights"), "use_precomputed_weights",
                        &is_precomputed, err));
    if (!is_precomputed)
        return read_reweighting(config, item, err);
    return read_names(config, bl_item_get(item, "weight_branches"), "weight_branches", err);
}

static bl_status read_bucketing(bl_config *config, const bl_item *item, const char *key,
                                bl_error *err) {
    static const char *const known[] = {"var", "bins", NULL};
    BL_TRY(bl_item_expect(item, key, BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, known, key, err));
    return read_names(config, bl_item_get(item, "var"), "var", err);
}

// ---- ours ----

static bl_status read_samples(bl_config *config, const bl_item *item, const char *key,
                              bl_error *err) {
    (void)key;
    return bl_config_read_samples(config, item, err);
}

static bl_status read_recipe(bl_config *config, const bl_item *item, const char *key,
                             bl_error *err) {
    (void)key;
    return bl_config_read_recipe(config, item, err);
}

static bl_status read_output(bl_config *config, const bl_item *item, const char *key,
                             bl_error *err) {
    static const char *const known[] = {"url",         "codec",     "tree", "columns",
                                        "part_events", "part_size", NULL};
    const char *const *columns = NULL, *size = NULL;
    size_t n = 0;
    BL_TRY(bl_item_expect(item, key, BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, known, key, err));
    BL_TRY(bl_item_text(bl_item_get(item, "url"), "url", &config->url, err));
    BL_TRY(bl_item_text(bl_item_get(item, "codec"), "codec", &config->codec, err));
    BL_TRY(bl_item_text(bl_item_get(item, "tree"), "tree", &config->output_tree, err));
    BL_TRY(
        bl_item_texts(config->arena, bl_item_get(item, "columns"), "columns", &columns, &n, err));
    for (size_t i = 0; i < n; i++)
        BL_TRY(bl_text_list_add(config->arena, &config->columns, columns[i], err));
    const bl_item *events = bl_item_get(item, "part_events"),
                  *bytes = bl_item_get(item, "part_size");
    BL_TRY(bl_item_integer(events, "part_events", &config->part_events, err));
    if (events && config->part_events < 1)
        return bl_item_error(events, BL_E_INVALID, err, "part_events is above 0");
    BL_TRY(bl_item_text(bytes, "part_size", &size, err));
    if (size && bl_size_parse(size, &config->part_bytes, NULL) != BL_OK)
        return bl_item_error(bytes, BL_E_INVALID, err, "part_size is a size such as 500M");
    return BL_OK;
}

static bl_status read_seed(bl_config *config, const bl_item *item, const char *key, bl_error *err) {
    int64_t seed; // of preparation, which is not here
    (void)config;
    return bl_item_integer(item, key, &seed, err);
}

static const section sections[] = {
    {"treename", read_treename},
    {"branch_magic", read_branch_magic},
    {"file_magic", read_file_magic},
    {"selection", read_selection},
    {"test_time_selection", read_test_time_selection},
    {"new_variables", read_variables},
    {"preprocess", read_preprocess},
    {"inputs", read_inputs},
    {"labels", read_labels},
    {"observers", read_names},
    {"monitor_variables", read_names},
    {"weights", read_weights},
    {"bucketing", read_bucketing},
    {"samples", read_samples},
    {"recipe", read_recipe},
    {"output", read_output},
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
    return check_monitors(config, document, err);
}
