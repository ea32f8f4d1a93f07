// SPDX-License-Identifier: Apache-2.0
// How numbers are scaled: `preprocess:`, what stands behind a variable's name in `inputs:`, and
// `preprocess.params`, where weaver keeps what it found.
#include "data/config/scaling.h"

#include <math.h>

#include "base/names.h"

/// What a method makes of a number of which nothing else is said.
static const struct {
    const char *name;
    bl_scaler scaler;
    bool is_weavers; ///< cut to −5 and 5, and NaN is 0
} methods[] = {
    {"auto", BL_SCALER_ROBUST, true},    {"manual", BL_SCALER_NONE, false},
    {"minmax", BL_SCALER_MINMAX, false}, {"standard", BL_SCALER_STANDARD, false},
    {"robust", BL_SCALER_ROBUST, false}, {"none", BL_SCALER_NONE, false},
};

enum { METHOD_AUTO = 0, N_METHODS = sizeof methods / sizeof *methods };
static const double weavers_clip = 5;

static void set_method(bl_variable_config *variable, unsigned method) {
    bool is_weavers = methods[method].is_weavers;
    variable->scaler = methods[method].scaler;
    variable->low = is_weavers ? -weavers_clip : -(double)INFINITY;
    variable->high = is_weavers ? weavers_clip : (double)INFINITY;
    if (is_weavers)
        variable->missing = 0;
}

bl_status bl_scaling_read_method(const bl_item *item, const char *key, bl_variable_config *variable,
                                 bl_error *err) {
    const char *names[N_METHODS + 1] = {NULL};
    unsigned method = N_METHODS;
    for (size_t i = 0; i < N_METHODS; i++)
        names[i] = methods[i].name;
    BL_TRY(bl_item_choice(item, key, names, &method, err));
    if (method < N_METHODS)
        set_method(variable, method);
    return BL_OK;
}

bl_status bl_config_read_preprocess(bl_config *config, const bl_item *item, const char *key,
                                    bl_error *err) {
    static const char *const known[] = {"method", "data_fraction", "params", "fit", NULL};
    static const char *const fits[] = {"train", "all", NULL};
    double fraction = 1;
    unsigned fit = 0;
    BL_TRY(bl_item_expect(item, key, BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, known, key, err));
    BL_TRY(bl_scaling_read_method(bl_item_get(item, "method"), "method", &config->prepare.defaults,
                                  err));
    BL_TRY(bl_item_choice(bl_item_get(item, "fit"), "fit", fits, &fit, err));
    config->prepare.is_fitted_on_all = fit == 1;
    BL_TRY(bl_item_number(bl_item_get(item, "data_fraction"), "data_fraction", &fraction, err));
    if (!(fraction > 0 && fraction <= 1))
        return bl_item_error(bl_item_get(item, "data_fraction"), BL_E_INVALID, err,
                             "data_fraction is above 0, and at most 1");
    return BL_OK;
}

// ---- weaver's numbers ----

/// What weaver says of a variable; NULL or null: nothing.
typedef struct weavers {
    bool has_centre; ///< it may be null, too: the variable is not scaled
    const bl_item *centre, *scale, *low, *high, *pad;
} weavers;

static bool is_mask(const char *name) {
    size_t length = strlen(name);
    return length >= 5 && strcmp(name + length - 5, "_mask") == 0;
}

static bl_status set_centre(bl_variable_config *v, const weavers *says, bl_error *err) {
    const bl_item *centre = says->centre;
    v->missing = 0;
    if (says->has_centre && centre->kind == BL_ITEM_NULL) {
        v->scaler = BL_SCALER_NONE;
    } else if (says->has_centre && centre->kind == BL_ITEM_TEXT && !strcmp(centre->text, "auto")) {
        set_method(v, METHOD_AUTO);
    } else if (says->has_centre) {
        v->scaler = BL_SCALER_MANUAL;
        v->scale = 1;
        v->low = -weavers_clip;
        v->high = weavers_clip;
        return bl_item_finite(centre, "subtract", &v->offset, err);
    }
    return BL_OK;
}

static bl_status set_weavers(bl_variable_config *v, const weavers *says, bl_error *err) {
    double scale = 1;
    BL_TRY(set_centre(v, says, err));
    bool is_auto = v->scaler == BL_SCALER_ROBUST && isfinite(v->low);
    if (is_auto && is_mask(v->name)) // masks are 0 and 1, whatever is fitted
        v->scaler = BL_SCALER_NONE;
    BL_TRY(bl_item_finite(says->scale, "multiply", &scale, err));
    if (v->scaler == BL_SCALER_MANUAL)
        v->scale = scale;
    BL_TRY(bl_item_number(says->low, "min", &v->low, err));
    BL_TRY(bl_item_number(says->high, "max", &v->high, err));
    if (!(v->low <= v->high))
        return bl_item_error(says->low ? says->low : says->high, BL_E_INVALID, err,
                             "%s is cut to %g at least and %g at most", v->name, v->low, v->high);
    if (v->scaler == BL_SCALER_NONE) { // weaver cuts what it scales
        v->low = -(double)INFINITY;
        v->high = (double)INFINITY;
    }
    return bl_item_finite(says->pad, "pad", &v->pad, err);
}

/// [name, subtract, multiply, min, max, pad].
static bl_status read_list(const bl_item *item, bl_variable_config *v, bl_error *err) {
    enum { MOST = 6 };
    const bl_item *items[MOST] = {NULL};
    if (item->n == 0 || item->n > MOST)
        return bl_item_error(item, BL_E_INVALID, err,
                             "a variable is a name, [name, subtract, multiply, min, max, pad], or "
                             "a map");
    for (size_t i = 0; i < item->n; i++)
        items[i] = item->items[i];
    BL_TRY(bl_item_text(items[0], "a variable", &v->name, err));
    if (!v->name)
        return bl_item_error(item, BL_E_INVALID, err, "a variable has no name");
    const weavers says = {items[1] != NULL, items[1], items[2], items[3], items[4], items[5]};
    return set_weavers(v, &says, err);
}

// ---- ours ----

/// [low, high], null where it is open.
static bl_status read_clip(const bl_item *item, bl_variable_config *v, bl_error *err) {
    if (!item || item->kind == BL_ITEM_NULL)
        return BL_OK;
    bool is_pair = item->kind == BL_ITEM_LIST && item->n == 2;
    v->low = -(double)INFINITY;
    v->high = (double)INFINITY;
    if (is_pair) {
        BL_TRY(bl_item_number(item->items[0], "clip", &v->low, err));
        BL_TRY(bl_item_number(item->items[1], "clip", &v->high, err));
    }
    if (!is_pair || !(v->low <= v->high))
        return bl_item_error(item, BL_E_INVALID, err,
                             "clip is [smallest, largest], such as [-5, 5] or [null, 5]");
    return BL_OK;
}

static bl_status read_curve(const bl_item *item, bl_variable_config *v, bl_error *err) {
#define CURVE_NAME(NAME, name) #name,
    static const char *const curves[] = {BL_NN_CURVES(CURVE_NAME) NULL};
#undef CURVE_NAME
    unsigned curve = (unsigned)v->curve;
    BL_TRY(bl_item_choice(item, "curve", curves, &curve, err));
    v->curve = (bl_nn_curve)curve;
    return BL_OK;
}

/// `subtract` and `multiply` are numbers that would otherwise be fitted.
static bl_status read_numbers(const bl_item *item, bl_variable_config *v, bl_error *err) {
    const bl_item *subtract = bl_item_get(item, "subtract"),
                  *multiply = bl_item_get(item, "multiply");
    if (!subtract && !multiply)
        return BL_OK;
    if (bl_item_get(item, "scale"))
        return bl_item_error(bl_item_get(item, "scale"), BL_E_INVALID, err,
                             "%s has subtract or multiply, so that there is no scale to be found",
                             v->name);
    v->scaler = BL_SCALER_MANUAL;
    BL_TRY(bl_item_finite(subtract, "subtract", &v->offset, err));
    return bl_item_finite(multiply, "multiply", &v->scale, err);
}

static bl_status read_map(const bl_item *item, bl_variable_config *v, bl_error *err) {
    static const char *const known[] = {"name", "curve", "scale",   "subtract", "multiply",
                                        "clip", "pad",   "missing", NULL};
    BL_TRY(bl_item_check_keys(item, known, "a variable", err));
    BL_TRY(bl_item_text(bl_item_get(item, "name"), "name", &v->name, err));
    if (!v->name)
        return bl_item_error(item, BL_E_INVALID, err, "a variable has no name");
    BL_TRY(read_curve(bl_item_get(item, "curve"), v, err));
    BL_TRY(bl_scaling_read_method(bl_item_get(item, "scale"), "scale", v, err));
    BL_TRY(read_numbers(item, v, err));
    BL_TRY(read_clip(bl_item_get(item, "clip"), v, err));
    BL_TRY(bl_item_finite(bl_item_get(item, "pad"), "pad", &v->pad, err));
    BL_TRY(bl_item_number(bl_item_get(item, "missing"), "missing", &v->missing, err));
    if (isinf(v->missing))
        return bl_item_error(bl_item_get(item, "missing"), BL_E_INVALID, err,
                             "missing is finite, or .nan: NaN stays");
    return BL_OK;
}

bl_status bl_scaling_read_variable(const bl_item *item, const bl_variable_config *others,
                                   bl_variable_config *ret_variable, bl_error *err) {
    bl_variable_config variable = *others;
    const bl_item *name = item;
    const bl_item list = {.kind = BL_ITEM_LIST,
                          .n = 1,
                          .items = &name,
                          .line = item->line,
                          .column = item->column,
                          .source = item->source};
    if (item->kind == BL_ITEM_MAP)
        BL_TRY(read_map(item, &variable, err));
    else
        BL_TRY(read_list(item->kind == BL_ITEM_LIST ? item : &list, &variable, err));
    *ret_variable = variable;
    return BL_OK;
}

// ---- what weaver found ----

static bl_status read_param(const bl_item *item, const char *name, bl_variable_config *v,
                            bl_error *err) {
    static const char *const known[] = {"length", "pad_mode", "center",    "scale",
                                        "min",    "max",      "pad_value", NULL};
    BL_TRY(bl_item_expect(item, name, BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, known, name, err));
    const bl_item *centre = bl_item_get(item, "center");
    const weavers says = {centre != NULL,
                          centre,
                          bl_item_get(item, "scale"),
                          bl_item_get(item, "min"),
                          bl_item_get(item, "max"),
                          bl_item_get(item, "pad_value")};
    return set_weavers(v, &says, err);
}

bl_status bl_config_read_params(bl_config *config, const bl_item *params, bl_error *err) {
    if (!params || params->kind == BL_ITEM_NULL)
        return BL_OK;
    BL_TRY(bl_item_expect(params, "params", BL_ITEM_MAP, err));
    for (size_t i = 0; i < params->n; i++) {
        bool is_known = false;
        bl_nearest nearest;
        bl_nearest_init(&nearest, params->keys[i]);
        for (size_t k = 0; k < config->prepare.n_inputs; k++) {
            const bl_input_config *input = &config->prepare.inputs[k];
            for (size_t j = 0; j < input->n; j++) {
                bl_nearest_offer(&nearest, input->variables[j].name);
                if (strcmp(input->variables[j].name, params->keys[i]) != 0)
                    continue;
                is_known = true;
                BL_TRY(read_param(params->items[i], params->keys[i], &input->variables[j], err));
            }
        }
        if (!is_known) {
            bl_status status = bl_item_error(params->items[i], BL_E_INVALID, err,
                                             "params: no input has '%s'", params->keys[i]);
            return bl_nearest_hint(&nearest, status, err);
        }
    }
    return BL_OK;
}
