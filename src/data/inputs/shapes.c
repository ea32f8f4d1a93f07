// SPDX-License-Identifier: Apache-2.0
// Shapes of inputs: how many numbers a vector or a row has, and what they are called. Where types
// do not say how many, the first event with any does.
#include <string.h>

#include "base/names.h"
#include "data/inputs/inputs.h"
#include "data/inputs/numbers.h"

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "an input"); }

// ---- how many ----

/// Numbers that a type says; 0: it does not.
static size_t width_of_type(const bl_input_config *config, const bl_input_place *place) {
    const bl_type *type = place->first_type;
    if (place->layout == BL_INPUT_SCALARS || place->layout == BL_INPUT_LISTS)
        return config->n;
    if (place->layout == BL_INPUT_NESTED)
        type = type->children[0];
    return type->id == BL_FIXED_LIST ? (size_t)type->list_size : 0;
}

void bl_input_set_place(bl_input *input, const bl_input_place *place) {
    input->layout = place->layout;
    input->shape.is_sequence = place->layout == BL_INPUT_LISTS || place->layout == BL_INPUT_NESTED;
    input->shape.width = width_of_type(input->config, place);
}

/// The length of the first list that is not empty; 0: there is none.
static size_t first_length(const bl_column *column, bl_input_layout layout) {
    for (int64_t row = 0; row < column->length; row++) {
        int64_t first, last;
        bl_list_at(column, row, &first, &last);
        if (first == last)
            continue;
        if (layout == BL_INPUT_NESTED)
            bl_list_at(&column->children[0], first, &first, &last);
        return (size_t)(last - first);
    }
    return 0;
}

void bl_input_look(bl_input *input, const bl_column *column) {
    if (input->shape.width == 0)
        input->shape.width = first_length(column, input->layout);
}

// ---- what they are called ----

/// The names that a title lists, where they are as many as there are numbers.
static bool split_title(bl_arena *arena, const char *title, const char **names, size_t n) {
    size_t at = 0;
    while (title && at < n) {
        size_t length = strcspn(title, ",");
        names[at] = bl_arena_text(arena, title, length);
        if (length == 0 || !names[at++])
            return false;
        title = title[length] ? title + length + 1 : NULL;
    }
    return at == n && !title;
}

/// Names of the numbers of one column: its title's, else its variables' where all of them are
/// there, else places in it.
static bl_status name_numbers(bl_arena *arena, bl_input *input, const char *title, bl_error *err) {
    const bl_input_config *config = input->config;
    size_t width = input->shape.width;
    const char **names = input->shape.columns;
    if (split_title(arena, title, names, width))
        return BL_OK;
    if (config->n && config->n != width)
        return bl_error_set(err, BL_E_INVALID,
                            "inputs.%s: nothing says what the %zu numbers of '%s' are called, and "
                            "vars are %zu: they are to be all of them",
                            config->name, width, config->column, config->n);
    for (size_t i = 0; i < width; i++) {
        names[i] = config->n ? config->variables[i].name
                             : bl_arena_printf(arena, "%s[%zu]", config->column, i);
        if (!names[i])
            return out_of_memory(err);
    }
    return BL_OK;
}

/// The place of a name among those of an input's numbers.
static bl_status find_number(const bl_input *input, const char *name, size_t *ret_place,
                             bl_error *err) {
    bl_nearest nearest;
    bl_nearest_init(&nearest, name);
    for (size_t i = 0; i < input->shape.width; i++) {
        if (strcmp(input->shape.columns[i], name) == 0)
            return *ret_place = i, BL_OK;
        bl_nearest_offer(&nearest, input->shape.columns[i]);
    }
    bl_status status =
        bl_error_set(err, BL_E_NOTFOUND, "inputs.%s has no number '%s'", input->config->name, name);
    return bl_nearest_hint(&nearest, status, err);
}

static bl_status find_variables(bl_input *input, bl_error *err) {
    const bl_input_config *config = input->config;
    for (size_t i = 0; i < input->shape.width; i++)
        input->variables[i] = &config->others;
    for (size_t i = 0; i < config->n; i++) {
        size_t place = i;
        if (config->column)
            BL_TRY(find_number(input, config->variables[i].name, &place, err));
        input->variables[place] = &config->variables[i];
    }
    return BL_OK;
}

static bl_status make_arrangement(bl_input *input, bl_error *err) {
    const bl_input_config *config = input->config;
    bl_nn_arrangement *rows = &input->columns.rows;
    if (!input->shape.is_sequence) {
        if (config->order_by || config->eta || config->is_per_event)
            return bl_error_set(err, BL_E_INVALID,
                                "inputs.%s is a vector: there are no rows to order or standardise",
                                config->name);
        return BL_OK;
    }
    rows->ascending = config->ascending;
    rows->length = (size_t)config->length;
    rows->padding = config->padding;
    rows->is_per_event = config->is_per_event;
    if (config->order_by) {
        rows->order = BL_NN_ORDER_COLUMN;
        return find_number(input, config->order_by, &rows->column, err);
    }
    if (!config->eta)
        return BL_OK;
    rows->order = BL_NN_ORDER_DELTA_R;
    BL_TRY(find_number(input, config->eta, &rows->column, err));
    return find_number(input, config->phi, &rows->phi, err);
}

bl_status bl_input_describe(bl_arena *arena, bl_input *input, const char *title, bl_error *err) {
    const bl_input_config *config = input->config;
    size_t width = input->shape.width;
    input->shape.columns = (const char **)bl_arena_array(arena, width + 1, sizeof(char *));
    input->variables =
        (const bl_variable_config **)bl_arena_array(arena, width + 1, sizeof *input->variables);
    if (!input->shape.columns || !input->variables)
        return out_of_memory(err);
    for (size_t i = 0; i < width && !config->column; i++)
        input->shape.columns[i] = config->variables[i].name;
    if (config->column)
        BL_TRY(name_numbers(arena, input, title, err));
    BL_TRY(find_variables(input, err));
    BL_TRY(bl_nn_columns_init(arena, config->name, width, &input->columns, err));
    for (size_t i = 0; i < width; i++) {
        input->columns.names[i] = input->shape.columns[i];
        input->columns.curves[i] = input->variables[i]->curve;
    }
    return make_arrangement(input, err);
}
