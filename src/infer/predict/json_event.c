// SPDX-License-Identifier: Apache-2.0
// Numbers of events, read of JSON objects: whole inputs, or their columns one by one.
#include "infer/predict/json_event.h"

#include <math.h>

// ---- names ----

bl_status bl_json_names_init(bl_arena *arena, const bl_model *model, bl_json_names *ret_names,
                             bl_error *err) {
    bl_context *context = model->context;
    size_t n = bl_model_n_inputs(model);
    *ret_names = (bl_json_names){.model = model};
    ret_names->first = (size_t *)bl_arena_array(arena, n + 1, sizeof(size_t));
    if (!ret_names->first)
        return bl_error_nomem(err, n * sizeof(size_t), "names");
    for (size_t i = 0; i < n; i++) {
        ret_names->first[i] = ret_names->n_columns;
        ret_names->n_columns += bl_model_input(model, i)->width;
        BL_TRY(bl_name_map_add(context, &ret_names->map, bl_model_input(model, i)->name, i, err));
    }
    ret_names->is_shared = (bool *)bl_arena_array(arena, ret_names->n_columns + 1, sizeof(bool));
    if (!ret_names->is_shared)
        return bl_error_nomem(err, ret_names->n_columns, "names");
    for (size_t i = 0; i < n; i++) {
        const bl_model_port *port = bl_model_input(model, i);
        for (size_t k = 0; port->columns && k < port->width; k++) {
            size_t there = bl_name_map_find(&ret_names->map, port->columns[k]);
            if (there == SIZE_MAX)
                BL_TRY(bl_name_map_add(context, &ret_names->map, port->columns[k],
                                       n + ret_names->first[i] + k, err));
            else if (there >= n)
                ret_names->is_shared[there - n] = true;
        }
    }
    return BL_OK;
}

void bl_json_names_release(bl_context *context, bl_json_names *names) {
    bl_name_map_release(context, &names->map);
}

static bl_status unknown(const bl_json_names *names, const char *key, bl_error *err) {
    bl_nearest nearest;
    bl_nearest_init(&nearest, key);
    for (size_t i = 0; i < bl_model_n_inputs(names->model); i++) {
        const bl_model_port *port = bl_model_input(names->model, i);
        bl_nearest_offer(&nearest, port->name);
        for (size_t k = 0; port->columns && k < port->width; k++)
            bl_nearest_offer(&nearest, port->columns[k]);
    }
    return bl_nearest_hint(
        &nearest,
        bl_error_set(err, BL_E_NOTFOUND, "the model has no input and no column '%s'", key), err);
}

/// Sorts what an object has by what its names mean.
static bl_status find_given(bl_json_events *events, const bl_item *object, bl_error *err) {
    const bl_json_names *names = events->names;
    size_t n = bl_model_n_inputs(names->model);
    if (object->kind != BL_ITEM_MAP)
        return bl_error_set(err, BL_E_INVALID, "should be an object, and is %s",
                            bl_item_kind_name(object->kind));
    memset(events->given, 0, (n + names->n_columns) * sizeof(void *));
    for (size_t i = 0; i < object->n; i++) {
        size_t at = bl_name_map_find(&names->map, object->keys[i]);
        if (at == SIZE_MAX)
            return unknown(names, object->keys[i], err);
        if (at >= n && names->is_shared[at - n])
            return bl_error_set(err, BL_E_INVALID,
                                "'%s' is a column of several inputs: give them by their names",
                                object->keys[i]);
        events->given[at] = object->items[i];
    }
    return BL_OK;
}

// ---- numbers ----

static bl_status add_number(bl_context *context, bl_json_input *input, const bl_item *item,
                            const char *name, bl_error *err) {
    bool is_number = item->kind == BL_ITEM_INTEGER || item->kind == BL_ITEM_FLOAT;
    if (!is_number && item->kind != BL_ITEM_NULL)
        return bl_error_set(err, BL_E_INVALID, "'%s' has %s where a number is wanted", name,
                            bl_item_kind_name(item->kind));
    BL_TRY(bl_array_grow(context, &input->values, &input->room, input->n, sizeof *input->values,
                         name, err));
    input->values[input->n++] = is_number ? (float)item->number : NAN;
    return BL_OK;
}

static bl_status check_rows(const bl_model_port *port, size_t n_rows, bl_error *err) {
    if (n_rows > port->steps && !port->cuts)
        return bl_error_set(err, BL_E_SHAPE, "'%s' has %zu rows, where the model takes %zu",
                            port->name, n_rows, port->steps);
    return BL_OK;
}

/// A row: a list of numbers; of one number also that alone.
static bl_status add_row(bl_context *context, bl_json_input *input, const bl_model_port *port,
                         const bl_item *row, bl_error *err) {
    if (port->width == 1 && row->kind != BL_ITEM_LIST)
        return add_number(context, input, row, port->name, err);
    if (row->kind != BL_ITEM_LIST)
        return bl_error_set(err, BL_E_INVALID, "'%s' has %s where a list of %zu numbers is wanted",
                            port->name, bl_item_kind_name(row->kind), port->width);
    if (row->n != port->width)
        return bl_error_set(err, BL_E_SHAPE, "'%s' has %zu numbers where %zu are wanted",
                            port->name, row->n, port->width);
    for (size_t k = 0; k < row->n; k++)
        BL_TRY(add_number(context, input, row->items[k], port->name, err));
    return BL_OK;
}

static bl_status add_whole(bl_context *context, bl_json_input *input, const bl_model_port *port,
                           const bl_item *item, int64_t *ret_n_rows, bl_error *err) {
    *ret_n_rows = 1;
    if (!port->steps)
        return add_row(context, input, port, item, err);
    if (item->kind != BL_ITEM_LIST)
        return bl_error_set(err, BL_E_INVALID, "'%s' is %s and should be a list of rows",
                            port->name, bl_item_kind_name(item->kind));
    BL_TRY(check_rows(port, item->n, err));
    for (size_t i = 0; i < item->n; i++)
        BL_TRY(add_row(context, input, port, item->items[i], err));
    *ret_n_rows = (int64_t)item->n;
    return BL_OK;
}

/// \param columns [width] what is given of each column
static bl_status check_columns(const bl_model_port *port, const bl_item *const *columns,
                               bl_error *err) {
    size_t n_given = 0;
    for (size_t k = 0; k < port->width; k++)
        n_given += columns[k] != NULL;
    if (n_given == 0)
        return bl_error_set(err, BL_E_INVALID, "there is no '%s'%s", port->name,
                            port->columns ? ", neither whole nor as columns" : "");
    for (size_t k = 0; k < port->width; k++) {
        if (!columns[k])
            return bl_error_set(err, BL_E_INVALID, "there is no '%s', a column of '%s'",
                                port->columns[k], port->name);
        if (!port->steps)
            continue;
        if (columns[k]->kind != BL_ITEM_LIST)
            return bl_error_set(err, BL_E_INVALID, "'%s' is %s and should be a list",
                                port->columns[k], bl_item_kind_name(columns[k]->kind));
        if (columns[k]->n != columns[0]->n)
            return bl_error_set(err, BL_E_SHAPE, "'%s' has %zu rows, where '%s' has %zu",
                                port->columns[k], columns[k]->n, port->columns[0], columns[0]->n);
    }
    return BL_OK;
}

static bl_status add_columns(bl_context *context, bl_json_input *input, const bl_model_port *port,
                             const bl_item *const *columns, int64_t *ret_n_rows, bl_error *err) {
    BL_TRY(check_columns(port, columns, err));
    size_t n_rows = port->steps ? columns[0]->n : 1;
    if (port->steps)
        BL_TRY(check_rows(port, n_rows, err));
    for (size_t i = 0; i < n_rows; i++)
        for (size_t k = 0; k < port->width; k++)
            BL_TRY(add_number(context, input, port->steps ? columns[k]->items[i] : columns[k],
                              port->columns[k], err));
    *ret_n_rows = (int64_t)n_rows;
    return BL_OK;
}

static bl_status add_input(bl_json_events *events, size_t i, bl_error *err) {
    const bl_json_names *names = events->names;
    const bl_model_port *port = bl_model_input(names->model, i);
    const bl_item *const *columns =
        events->given + bl_model_n_inputs(names->model) + names->first[i];
    const bl_item *whole = events->given[i];
    bl_json_input *input = &events->inputs[i];
    bl_context *context = names->model->context;
    int64_t n_rows = 0;
    for (size_t k = 0; whole && k < port->width; k++)
        if (columns[k])
            return bl_error_set(err, BL_E_INVALID, "'%s' is there whole, and its column '%s'",
                                port->name, port->columns[k]);
    if (whole)
        BL_TRY(add_whole(context, input, port, whole, &n_rows, err));
    else
        BL_TRY(add_columns(context, input, port, columns, &n_rows, err));
    input->offsets[events->n + 1] = input->offsets[events->n] + n_rows;
    return BL_OK;
}

bl_status bl_json_events_add(bl_json_events *events, const bl_item *object, bl_error *err) {
    size_t n = bl_model_n_inputs(events->names->model);
    bl_status status = find_given(events, object, err);
    for (size_t i = 0; status == BL_OK && i < n; i++)
        status = add_input(events, i, err);
    for (size_t i = 0; status != BL_OK && i < n; i++) // as if there had been none
        events->inputs[i].n = (size_t)events->inputs[i].offsets[events->n] *
                              bl_model_input(events->names->model, i)->width;
    events->n += status == BL_OK;
    return status;
}

// ---- events ----

bl_status bl_json_events_init(bl_arena *arena, const bl_json_names *names, size_t most_events,
                              bl_json_events *ret_events, bl_error *err) {
    size_t n = bl_model_n_inputs(names->model);
    *ret_events = (bl_json_events){.names = names};
    ret_events->inputs = (bl_json_input *)bl_arena_array(arena, n + 1, sizeof(bl_json_input));
    ret_events->given =
        (const bl_item **)bl_arena_array(arena, n + names->n_columns + 1, sizeof(void *));
    if (!ret_events->inputs || !ret_events->given)
        return bl_error_nomem(err, n * sizeof(bl_json_input), "events");
    for (size_t i = 0; i < n; i++) {
        ret_events->inputs[i].offsets =
            (int64_t *)bl_arena_array(arena, most_events + 1, sizeof(int64_t));
        if (!ret_events->inputs[i].offsets)
            return bl_error_nomem(err, most_events * sizeof(int64_t), "events");
    }
    return BL_OK;
}

void bl_json_events_release(bl_context *context, bl_json_events *events) {
    size_t n = events->inputs ? bl_model_n_inputs(events->names->model) : 0;
    for (size_t i = 0; i < n; i++)
        bl_free(context, events->inputs[i].values);
}

void bl_json_events_feed(const bl_json_events *events, size_t first, bool is_one,
                         int64_t (*offsets)[2], bl_model_feed *ret_feeds) {
    for (size_t i = 0; i < bl_model_n_inputs(events->names->model); i++) {
        const bl_model_port *port = bl_model_input(events->names->model, i);
        const bl_json_input *input = &events->inputs[i];
        int64_t begin = is_one ? input->offsets[first] : 0;
        offsets[i][0] = 0;
        offsets[i][1] = input->offsets[first + 1] - begin;
        ret_feeds[i] =
            (bl_model_feed){.values = input->n ? input->values + (size_t)begin * port->width : NULL,
                            .offsets = !port->steps ? NULL
                                       : is_one     ? offsets[i]
                                                    : input->offsets};
    }
}
