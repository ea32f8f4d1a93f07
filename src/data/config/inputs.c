// SPDX-License-Identifier: Apache-2.0
// `inputs:` of a data configuration: what a network is fed with.
#include "base/names.h"
#include "data/config/scaling.h"

/// The place of a variable; input->n: there is none.
static size_t find_variable(const bl_input_config *input, const char *name) {
    size_t i = 0;
    while (i < input->n && strcmp(input->variables[i].name, name) != 0)
        i++;
    return i;
}

static bl_status read_variables(bl_config *config, const bl_item *item, bl_input_config *input,
                                bl_error *err) {
    if (!item)
        return BL_OK;
    BL_TRY(bl_item_expect(item, "vars", BL_ITEM_LIST, err));
    input->variables =
        (bl_variable_config *)bl_arena_array(config->arena, item->n + 1, sizeof *input->variables);
    if (!input->variables)
        return bl_error_nomem(err, item->n * sizeof *input->variables, "inputs");
    for (size_t i = 0; i < item->n; i++) {
        bl_variable_config *variable = &input->variables[i];
        BL_TRY(bl_scaling_read_variable(item->items[i], &input->others, variable, err));
        if (find_variable(input, variable->name) < input->n)
            return bl_item_error(item->items[i], BL_E_INVALID, err, "inputs.%s has '%s' twice",
                                 input->name, variable->name);
        input->n++;
        if (!input->column) // else it is a name of a number in it
            BL_TRY(bl_config_add_name(config, variable->name, err));
    }
    return BL_OK;
}

// ---- rows ----

/// constant and wrap are weaver's; without `length` nothing is padded.
static bl_status read_length(const bl_item *group, bl_input_config *input, bl_error *err) {
    static const char *const modes[] = {"none", "constant", "wrap", NULL};
    static const bl_nn_fill paddings[] = {BL_NN_FILL_NONE, BL_NN_FILL_CONSTANT, BL_NN_FILL_WRAP};
    const bl_item *length = bl_item_get(group, "length"), *mode = bl_item_get(group, "pad_mode");
    size_t n = strlen(input->name);
    unsigned padding = 1;
    input->length = 1;
    BL_TRY(bl_item_integer(length, "length", &input->length, err));
    if (input->length < 1)
        return bl_item_error(length, BL_E_INVALID, err, "length is above 0, or null for none");
    if (!length || length->kind == BL_ITEM_NULL)
        input->length = 0;
    BL_TRY(bl_item_choice(mode, "pad_mode", modes, &padding, err));
    input->padding = input->length ? paddings[padding] : BL_NN_FILL_NONE;
    if (paddings[padding] == BL_NN_FILL_WRAP && n >= 5 && !strcmp(input->name + n - 5, "_mask"))
        return bl_item_error(mode, BL_E_INVALID, err,
                             "pad_mode of '%s' is 'constant': a mask says which rows were there",
                             input->name);
    return BL_OK;
}

/// One of the variables, where these are columns; what a column's numbers are called is not known
/// yet.
static bl_status read_ordering(const bl_item *item, const bl_input_config *input,
                               const char **ret_name, bl_error *err) {
    const char *name = NULL;
    bl_nearest nearest;
    BL_TRY(bl_item_text(item, "order", &name, err));
    if (!name)
        return bl_item_error(item, BL_E_INVALID, err, "order has no name");
    *ret_name = name;
    if (input->column || find_variable(input, name) < input->n)
        return BL_OK;
    bl_nearest_init(&nearest, name);
    for (size_t i = 0; i < input->n; i++)
        bl_nearest_offer(&nearest, input->variables[i].name);
    bl_status status = bl_item_error(item, BL_E_INVALID, err,
                                     "inputs.%s is ordered by '%s', which "
                                     "is none of its vars",
                                     input->name, name);
    return bl_nearest_hint(&nearest, status, err);
}

/// {by: pt, ascending: true} or {delta_r: [Eta, Phi]}.
static bl_status read_order(const bl_item *item, bl_input_config *input, bl_error *err) {
    static const char *const known[] = {"by", "delta_r", "ascending", NULL};
    if (!item || item->kind == BL_ITEM_NULL)
        return BL_OK;
    BL_TRY(bl_item_expect(item, "order", BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, known, "order", err));
    const bl_item *by = bl_item_get(item, "by"), *delta_r = bl_item_get(item, "delta_r");
    if (!by == !delta_r)
        return bl_item_error(item, BL_E_INVALID, err,
                             "order is {by: NAME} or {delta_r: [ETA, PHI]}");
    BL_TRY(bl_item_bool(bl_item_get(item, "ascending"), "ascending", &input->ascending, err));
    if (by)
        return read_ordering(by, input, &input->order_by, err);
    if (delta_r->kind != BL_ITEM_LIST || delta_r->n != 2)
        return bl_item_error(delta_r, BL_E_INVALID, err, "delta_r is [ETA, PHI]");
    BL_TRY(read_ordering(delta_r->items[0], input, &input->eta, err));
    return read_ordering(delta_r->items[1], input, &input->phi, err);
}

// ---- the inputs ----

static bl_status read_input(bl_config *config, const bl_item *group, const char *name,
                            bl_input_config *input, bl_error *err) {
    static const char *const known[] = {"length", "pad_mode",  "vars",  "column",
                                        "order",  "per_event", "scale", NULL};
    *input = (bl_input_config){.name = name, .others = config->prepare.defaults};
    BL_TRY(bl_item_expect(group, name, BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(group, known, name, err));
    BL_TRY(bl_item_text(bl_item_get(group, "column"), "column", &input->column, err));
    if (input->column)
        BL_TRY(bl_config_add_name(config, input->column, err));
    BL_TRY(bl_scaling_read_method(bl_item_get(group, "scale"), "scale", &input->others, err));
    BL_TRY(read_variables(config, bl_item_get(group, "vars"), input, err));
    if (!input->column && input->n == 0)
        return bl_item_error(group, BL_E_INVALID, err, "inputs.%s has no vars, and no column",
                             name);
    BL_TRY(read_length(group, input, err));
    BL_TRY(bl_item_bool(bl_item_get(group, "per_event"), "per_event", &input->is_per_event, err));
    return read_order(bl_item_get(group, "order"), input, err);
}

bl_status bl_config_read_inputs(bl_config *config, const bl_item *item, const char *key,
                                bl_error *err) {
    bl_prepare_config *prepare = &config->prepare;
    BL_TRY(bl_item_expect(item, key, BL_ITEM_MAP, err));
    prepare->inputs =
        (bl_input_config *)bl_arena_array(config->arena, item->n + 1, sizeof *prepare->inputs);
    if (!prepare->inputs)
        return bl_error_nomem(err, item->n * sizeof *prepare->inputs, key);
    for (size_t i = 0; i < item->n; i++) {
        BL_TRY(read_input(config, item->items[i], item->keys[i], &prepare->inputs[i], err));
        prepare->n_inputs++;
    }
    return BL_OK;
}
