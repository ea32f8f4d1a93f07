// SPDX-License-Identifier: Apache-2.0
// Transforms as JSON.
#include <math.h>

#include "base/json_text.h"
#include "nn/transform/transform.h"

enum { VERSION = 1 };

#define NAME(NAME, name) #name,
static const char *const curve_names[] = {BL_NN_CURVES(NAME)};
static const char *const order_names[] = {BL_NN_ORDERS(NAME)};
static const char *const fill_names[] = {BL_NN_FILLS(NAME)};
#undef NAME

static bl_status check_column(const bl_nn_columns *c, size_t i, bl_error *err) {
    const char *what = NULL;
    if ((unsigned)c->curves[i] >= BL_NN_N_CURVES)
        what = "its curve is unknown";
    else if (!isfinite(c->offset[i]) || !isfinite(c->scale[i]))
        what = "offset or scale is no finite number";
    else if (!(c->low[i] <= c->high[i]))
        what = "low is above high";
    else if (isinf(c->missing[i]))
        what = "missing values cannot become infinite";
    else if (!isfinite(c->pad[i]))
        what = "pad is no finite number";
    if (!what)
        return BL_OK;
    if (c->names[i])
        return bl_error_set(err, BL_E_INVALID, "transform of input '%s': column '%s': %s", c->input,
                            c->names[i], what);
    return bl_error_set(err, BL_E_INVALID, "transform of input '%s': column %zu: %s", c->input, i,
                        what);
}

static bl_status check_order(const bl_nn_columns *c, bl_error *err) {
    const bl_nn_arrangement *rows = &c->rows;
    size_t column = rows->column;
    if (rows->order == BL_NN_ORDER_DELTA_R && column < c->n)
        column = rows->phi;
    if (rows->order == BL_NN_ORDER_KEPT || column < c->n)
        return BL_OK;
    return bl_error_set(
        err, BL_E_INVALID,
        "transform of input '%s': rows are ordered by column %zu, where there are %zu", c->input,
        column, c->n);
}

static bl_status check_rows(const bl_nn_columns *c, bl_error *err) {
    const bl_nn_arrangement *rows = &c->rows;
    const char *what = NULL;
    if ((unsigned)rows->order >= BL_NN_N_ORDERS)
        what = "the order of its rows is unknown";
    else if ((unsigned)rows->padding >= BL_NN_N_FILLS)
        what = "its padding is unknown";
    else if (rows->length > INT32_MAX)
        what = "its length is too large";
    else if (rows->padding != BL_NN_FILL_NONE && !rows->length)
        what = "rows are padded up to no length";
    if (what)
        return bl_error_set(err, BL_E_INVALID, "transform of input '%s': %s", c->input, what);
    return check_order(c, err);
}

static bl_status check(const bl_nn_columns *c, bl_error *err) {
    for (size_t i = 0; i < c->n; i++)
        BL_TRY(check_column(c, i, err));
    return check_rows(c, err);
}

// ---- reading ----

/// One of some names, by its place among them.
static bl_status read_name(const bl_item *map, const char *key, const char *const *names,
                           unsigned n, unsigned *ret_place, bl_error *err) {
    const bl_item *item = bl_item_get(map, key);
    const char *name = NULL;
    BL_TRY(bl_item_text(item, key, &name, err));
    for (unsigned i = 0; name && i < n; i++)
        if (strcmp(name, names[i]) == 0) {
            *ret_place = i;
            return BL_OK;
        }
    return name ? bl_item_error(item, BL_E_UNSUPPORTED, err, "unknown %s '%s'", key, name) : BL_OK;
}

/// What must be there.
static bl_status take(const bl_item *map, const char *key, bl_item_kind kind,
                      const bl_item **ret_item, bl_error *err) {
    *ret_item = bl_item_get(map, key);
    if (!*ret_item)
        return bl_item_error(map, BL_E_INVALID, err, "'%s' is missing", key);
    return bl_item_expect(*ret_item, key, kind, err);
}

/// A number that is not negative; one that is not needed may be missing.
static bl_status read_count(const bl_item *map, const char *key, bool is_needed, size_t *ret_count,
                            bl_error *err) {
    const bl_item *item = bl_item_get(map, key);
    int64_t count = 0;
    if (is_needed)
        BL_TRY(take(map, key, BL_ITEM_INTEGER, &item, err));
    BL_TRY(bl_item_integer(item, key, &count, err));
    if (count < 0)
        return bl_item_error(item, BL_E_INVALID, err, "'%s' is %lld", key, (long long)count);
    *ret_count = (size_t)count;
    return BL_OK;
}

static bl_status copy_text(bl_arena *arena, const char **text, bl_error *err) {
    if (*text)
        *text = bl_arena_text(arena, *text, strlen(*text));
    return *text ? BL_OK : bl_error_nomem(err, 0, "a transform");
}

static bl_status read_column(bl_arena *arena, const bl_item *item, bl_nn_columns *c, size_t i,
                             bl_error *err) {
    static const char *const keys[] = {"name", "curve",   "offset", "scale", "low",
                                       "high", "missing", "pad",    NULL};
    unsigned curve = BL_NN_CURVE_IDENTITY;
    BL_TRY(bl_item_expect(item, "a column", BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, keys, "a column", err));
    BL_TRY(bl_item_text(bl_item_get(item, "name"), "name", &c->names[i], err));
    if (c->names[i])
        BL_TRY(copy_text(arena, &c->names[i], err));
    BL_TRY(read_name(item, "curve", curve_names, BL_NN_N_CURVES, &curve, err));
    c->curves[i] = (bl_nn_curve)curve;
    BL_TRY(bl_item_number(bl_item_get(item, "offset"), "offset", &c->offset[i], err));
    BL_TRY(bl_item_number(bl_item_get(item, "scale"), "scale", &c->scale[i], err));
    BL_TRY(bl_item_number(bl_item_get(item, "low"), "low", &c->low[i], err));
    BL_TRY(bl_item_number(bl_item_get(item, "high"), "high", &c->high[i], err));
    BL_TRY(bl_item_number(bl_item_get(item, "missing"), "missing", &c->missing[i], err));
    return bl_item_number(bl_item_get(item, "pad"), "pad", &c->pad[i], err);
}

static bl_status read_rows(const bl_item *item, bl_nn_arrangement *rows, bl_error *err) {
    static const char *const keys[] = {"order",  "column",  "phi",       "ascending",
                                       "length", "padding", "per_event", NULL};
    unsigned order = BL_NN_ORDER_KEPT, padding = BL_NN_FILL_NONE;
    if (!item)
        return BL_OK;
    BL_TRY(bl_item_expect(item, "rows", BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, keys, "rows", err));
    BL_TRY(read_name(item, "order", order_names, BL_NN_N_ORDERS, &order, err));
    BL_TRY(read_name(item, "padding", fill_names, BL_NN_N_FILLS, &padding, err));
    BL_TRY(read_count(item, "column", order != BL_NN_ORDER_KEPT, &rows->column, err));
    BL_TRY(read_count(item, "phi", order == BL_NN_ORDER_DELTA_R, &rows->phi, err));
    BL_TRY(read_count(item, "length", false, &rows->length, err));
    rows->order = (bl_nn_order)order;
    rows->padding = (bl_nn_fill)padding;
    BL_TRY(bl_item_bool(bl_item_get(item, "ascending"), "ascending", &rows->ascending, err));
    return bl_item_bool(bl_item_get(item, "per_event"), "per_event", &rows->is_per_event, err);
}

static bl_status read_input(bl_arena *arena, const bl_item *item, bl_nn_columns *c, bl_error *err) {
    static const char *const keys[] = {"name", "columns", "rows", NULL};
    const bl_item *text, *columns;
    BL_TRY(bl_item_expect(item, "an input", BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, keys, "an input", err));
    BL_TRY(take(item, "name", BL_ITEM_TEXT, &text, err));
    BL_TRY(take(item, "columns", BL_ITEM_LIST, &columns, err));
    const char *name = text->text;
    BL_TRY(copy_text(arena, &name, err));
    BL_TRY(bl_nn_columns_init(arena, name, columns->n, c, err));
    for (size_t i = 0; i < columns->n; i++)
        BL_TRY_IN(read_column(arena, columns->items[i], c, i, err), err, "input '%s': column %zu",
                  name, i);
    BL_TRY_IN(read_rows(bl_item_get(item, "rows"), &c->rows, err), err, "input '%s'", name);
    return check(c, err);
}

bl_status bl_nn_transform_read(bl_arena *arena, const bl_item *document,
                               bl_nn_transform *ret_transform, bl_error *err) {
    static const char *const keys[] = {"version", "inputs", NULL};
    bl_nn_transform t = {0};
    const bl_item *inputs;
    int64_t version = 0;
    BL_TRY(bl_item_expect(document, "a transform", BL_ITEM_MAP, err));
    BL_TRY(bl_item_integer(bl_item_get(document, "version"), "version", &version, err));
    if (version != VERSION)
        return bl_item_error(document, BL_E_UNSUPPORTED, err,
                             "version %lld of a transform, where %d is known", (long long)version,
                             VERSION);
    BL_TRY(bl_item_check_keys(document, keys, NULL, err));
    BL_TRY(take(document, "inputs", BL_ITEM_LIST, &inputs, err));
    t.inputs = (bl_nn_columns *)bl_arena_array(arena, inputs->n + 1, sizeof *t.inputs);
    if (!t.inputs)
        return bl_error_nomem(err, inputs->n * sizeof *t.inputs, "a transform");
    for (size_t i = 0; i < inputs->n; i++) {
        BL_TRY(read_input(arena, inputs->items[i], &t.inputs[i], err));
        if (bl_nn_transform_find(&t, t.inputs[i].input))
            return bl_item_error(document, BL_E_INVALID, err, "input '%s' is there twice",
                                 t.inputs[i].input);
        t.n_inputs++;
    }
    *ret_transform = t;
    return BL_OK;
}

// ---- writing ----

static void put_number(bl_text *to, const char *key, double value, double preset) {
    if ((value == preset && !signbit(value) == !signbit(preset)) || isnan(value))
        return;
    bl_text_add(to, ", \"");
    bl_text_add(to, "%s", key);
    bl_text_add(to, "\": ");
    bl_json_put_number(to, value);
}

static void put_column(bl_text *to, const bl_nn_columns *c, size_t i) {
    bl_text_add(to, "%s", i ? ",\n   {\"name\": " : "\n   {\"name\": ");
    bl_json_put_text(to, c->names[i]);
    if (c->curves[i] != BL_NN_CURVE_IDENTITY) {
        bl_text_add(to, ", \"curve\": ");
        bl_json_put_text(to, bl_nn_curve_name(c->curves[i]));
    }
    put_number(to, "offset", c->offset[i], 0);
    put_number(to, "scale", c->scale[i], 1);
    put_number(to, "low", c->low[i], -INFINITY);
    put_number(to, "high", c->high[i], INFINITY);
    put_number(to, "missing", c->missing[i], NAN);
    put_number(to, "pad", c->pad[i], 0);
    bl_text_add(to, "}");
}

static void put_rows(bl_text *to, const bl_nn_arrangement *rows) {
    if (!bl_nn_arrangement_name(rows))
        return;
    bl_text_add(to, ",\n   \"rows\": {\"order\": \"%s\"", order_names[rows->order]);
    if (rows->order != BL_NN_ORDER_KEPT)
        bl_text_add(to, ", \"column\": %zu", rows->column);
    if (rows->order == BL_NN_ORDER_DELTA_R)
        bl_text_add(to, ", \"phi\": %zu", rows->phi);
    bl_text_add(to, "%s", rows->ascending ? ", \"ascending\": true" : "");
    if (rows->length)
        bl_text_add(to, ", \"length\": %zu", rows->length);
    if (rows->padding != BL_NN_FILL_NONE)
        bl_text_add(to, ", \"padding\": \"%s\"", fill_names[rows->padding]);
    bl_text_add(to, "%s}", rows->is_per_event ? ", \"per_event\": true" : "");
}

static void put_all(bl_text *to, const bl_nn_transform *t) {
    bl_text_add(to, "{\n \"version\": ");
    bl_json_put_integer(to, VERSION);
    bl_text_add(to, ",\n \"inputs\": [");
    for (size_t i = 0; i < t->n_inputs; i++) {
        bl_text_add(to, "%s", i ? ",\n  {\"name\": " : "\n  {\"name\": ");
        bl_json_put_text(to, t->inputs[i].input);
        bl_text_add(to, ", \"columns\": [");
        for (size_t k = 0; k < t->inputs[i].n; k++)
            put_column(to, &t->inputs[i], k);
        bl_text_add(to, "]");
        put_rows(to, &t->inputs[i].rows);
        bl_text_add(to, "}");
    }
    bl_text_add(to, "]\n}\n");
}

bl_status bl_nn_transform_write(bl_arena *arena, const bl_nn_transform *transform,
                                const char **ret_text, bl_error *err) {
    for (size_t i = 0; i < transform->n_inputs; i++)
        BL_TRY(check(&transform->inputs[i], err));
    bl_text text = {.arena = arena};
    put_all(&text, transform);
    if (text.has_failed)
        return bl_error_nomem(err, text.n, "a transform");
    *ret_text = text.text;
    return BL_OK;
}
