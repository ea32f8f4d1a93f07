// SPDX-License-Identifier: Apache-2.0
// Shapes of inputs: how many numbers a vector or a row has, and what they are called. Where types
// do not say how many, the first event with any does.
#include <string.h>

#include "base/names.h"
#include "data/spread/numbers.h"
#include "data/spread/private.h"

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "an input"); }

// ---- how many ----

/// Numbers that a type says; 0: it does not.
static size_t width_of_type(const bl_input_config *config, bl_layout layout, const bl_type *type) {
    if (layout == BL_LAYOUT_SCALARS || layout == BL_LAYOUT_LISTS)
        return config->n;
    if (layout == BL_LAYOUT_NESTED)
        type = type->children[0];
    return type->id == BL_FIXED_LIST ? (size_t)type->list_size : 0;
}

/// The length of the first list that is not empty; 0: there is none.
static size_t first_length(const bl_column *column, bl_layout layout) {
    for (int64_t row = 0; row < column->length; row++) {
        int64_t first, last;
        bl_list_at(column, row, &first, &last);
        if (first == last)
            continue;
        if (layout == BL_LAYOUT_NESTED)
            bl_list_at(&column->children[0], first, &first, &last);
        return (size_t)(last - first);
    }
    return 0;
}

static bool has_all(const bl_spool *spool) {
    for (size_t i = 0; i < spool->n_inputs; i++)
        if (spool->inputs[i].shape.width == 0)
            return false;
    return true;
}

static void look(bl_spool *spool, const bl_source *source, const bl_batch *batch) {
    for (size_t i = 0; i < spool->n_inputs; i++) {
        bl_prepared_input *shape = &spool->inputs[i].shape;
        if (shape->width == 0)
            shape->width =
                first_length(&batch->columns[source->inputs[i][0]], spool->recipe->layouts[i]);
    }
}

/// Looks at events of a stretch until all widths are known.
static bl_status look_at(bl_spool *spool, const bl_stretch *stretch, bl_error *err) {
    bl_arena arena;
    bl_source source;
    BL_AUTO(bl_stream) stream = NULL;
    if (stretch->first == stretch->last)
        return BL_OK;
    BL_TRY(bl_spool_open_stream(spool, &spool->passes[0], stretch, stretch->first, stretch->last,
                                &stream, err));
    bl_arena_init(&arena, spool->arena.context);
    bl_status status = bl_source_bind(&arena, spool, stretch, stream, &source, err);
    while (status == BL_OK && !has_all(spool)) {
        bl_batch *batch = NULL;
        status = bl_plan_next(stream->plan, &batch, err);
        if (status == BL_OK)
            look(spool, &source, batch);
        bl_batch_release(batch);
    }
    bl_arena_release(&arena);
    return status == BL_END ? BL_OK : status;
}

static bl_status look_for_widths(bl_spool *spool, bl_error *err) {
    const bl_dataset *dataset = spool->dataset;
    for (size_t i = 0; i < dataset->n_stretches && !has_all(spool); i++)
        BL_TRY(look_at(spool, &dataset->stretches[i], err));
    for (size_t i = 0; i < spool->n_inputs; i++)
        if (spool->inputs[i].shape.width == 0)
            return bl_error_set(err, BL_E_RANGE,
                                "inputs.%s: no event that is taken has numbers in '%s'",
                                spool->inputs[i].config->name, spool->inputs[i].config->column);
    return BL_OK;
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
static bl_status name_numbers(bl_spool *spool, bl_spool_input *input, const char *title,
                              bl_error *err) {
    const bl_input_config *config = input->config;
    size_t width = input->shape.width;
    const char **names = input->shape.columns;
    if (split_title(&spool->arena, title, names, width))
        return BL_OK;
    if (config->n && config->n != width)
        return bl_error_set(err, BL_E_INVALID,
                            "inputs.%s: nothing says what the %zu numbers of '%s' are called, and "
                            "vars are %zu: they are to be all of them",
                            config->name, width, config->column, config->n);
    for (size_t i = 0; i < width; i++) {
        names[i] = config->n ? config->variables[i].name
                             : bl_arena_printf(&spool->arena, "%s[%zu]", config->column, i);
        if (!names[i])
            return out_of_memory(err);
    }
    return BL_OK;
}

/// The place of a name among those of an input's numbers.
static bl_status find_number(const bl_spool_input *input, const char *name, size_t *ret_place,
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

static bl_status find_variables(bl_spool_input *input, bl_error *err) {
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

static bl_status make_arrangement(bl_spool_input *input, bl_error *err) {
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

static bl_status describe(bl_spool *spool, bl_spool_input *input, const char *title,
                          bl_error *err) {
    const bl_input_config *config = input->config;
    size_t width = input->shape.width;
    bl_arena *arena = &spool->arena;
    input->shape.columns = (const char **)bl_arena_array(arena, width + 1, sizeof(char *));
    input->variables =
        (const bl_variable_config **)bl_arena_array(arena, width + 1, sizeof *input->variables);
    if (!input->shape.columns || !input->variables)
        return out_of_memory(err);
    for (size_t i = 0; i < width && !config->column; i++)
        input->shape.columns[i] = config->variables[i].name;
    if (config->column)
        BL_TRY(name_numbers(spool, input, title, err));
    BL_TRY(find_variables(input, err));
    BL_TRY(bl_nn_columns_init(arena, config->name, width, &input->columns, err));
    for (size_t i = 0; i < width; i++) {
        input->columns.names[i] = input->shape.columns[i];
        input->columns.curves[i] = input->variables[i]->curve;
    }
    return make_arrangement(input, err);
}

static bl_status find_layout(bl_spool *spool, size_t i, const bl_stream *stream,
                             const bl_source *source, bl_error *err) {
    bl_spool_input *input = &spool->inputs[i];
    size_t n = bl_input_n_columns(input->config);
    const bl_type **types = (const bl_type **)bl_arena_array(&spool->arena, n + 1, sizeof *types);
    bl_layout *layout = &spool->recipe->layouts[i];
    if (!types)
        return out_of_memory(err);
    for (size_t k = 0; k < n; k++)
        types[k] = stream->specs[source->inputs[i][k]].type;
    BL_TRY(bl_input_layout(input->config, types, layout, err));
    input->shape.is_sequence = *layout == BL_LAYOUT_LISTS || *layout == BL_LAYOUT_NESTED;
    input->shape.width = width_of_type(input->config, *layout, types[0]);
    return BL_OK;
}

bl_status bl_spool_find_shapes(bl_spool *spool, const bl_stream *stream, const bl_source *source,
                               bl_error *err) {
    for (size_t i = 0; i < spool->n_inputs; i++)
        BL_TRY(find_layout(spool, i, stream, source, err));
    BL_TRY(look_for_widths(spool, err));
    for (size_t i = 0; i < spool->n_inputs; i++) {
        bl_spool_input *input = &spool->inputs[i];
        BL_TRY(describe(spool, input, stream->specs[source->inputs[i][0]].title, err));
        input->first_number = spool->n_numbers;
        spool->n_numbers += input->shape.width;
    }
    return BL_OK;
}
