// SPDX-License-Identifier: Apache-2.0
// Transforms as JSON.
#include <math.h>

#include "base/json_text.h"
#include "nn/transform/transform.h"

enum { VERSION = 1 };

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
    if (!what)
        return BL_OK;
    if (c->names[i])
        return bl_error_set(err, BL_E_INVALID, "transform of input '%s': column '%s': %s", c->input,
                            c->names[i], what);
    return bl_error_set(err, BL_E_INVALID, "transform of input '%s': column %zu: %s", c->input, i,
                        what);
}

static bl_status check(const bl_nn_columns *c, bl_error *err) {
    for (size_t i = 0; i < c->n; i++)
        BL_TRY(check_column(c, i, err));
    return BL_OK;
}

// ---- reading ----

static bl_status read_curve(const bl_item *item, bl_nn_curve *ret_curve, bl_error *err) {
    const char *name = NULL;
    BL_TRY(bl_item_text(item, "curve", &name, err));
    for (unsigned i = 0; name && i < BL_NN_N_CURVES; i++)
        if (strcmp(name, bl_nn_curve_name((bl_nn_curve)i)) == 0) {
            *ret_curve = (bl_nn_curve)i;
            return BL_OK;
        }
    return name ? bl_item_error(item, BL_E_UNSUPPORTED, err, "unknown curve '%s'", name) : BL_OK;
}

/// What must be there.
static bl_status take(const bl_item *map, const char *key, bl_item_kind kind,
                      const bl_item **ret_item, bl_error *err) {
    *ret_item = bl_item_get(map, key);
    if (!*ret_item)
        return bl_item_error(map, BL_E_INVALID, err, "'%s' is missing", key);
    return bl_item_expect(*ret_item, key, kind, err);
}

static bl_status copy_text(bl_arena *arena, const char **text, bl_error *err) {
    if (*text)
        *text = bl_arena_text(arena, *text, strlen(*text));
    return *text ? BL_OK : bl_error_nomem(err, 0, "a transform");
}

static bl_status read_column(bl_arena *arena, const bl_item *item, bl_nn_columns *c, size_t i,
                             bl_error *err) {
    static const char *const keys[] = {"name", "curve", "offset",  "scale",
                                       "low",  "high",  "missing", NULL};
    BL_TRY(bl_item_expect(item, "a column", BL_ITEM_MAP, err));
    BL_TRY(bl_item_check_keys(item, keys, "a column", err));
    BL_TRY(bl_item_text(bl_item_get(item, "name"), "name", &c->names[i], err));
    if (c->names[i])
        BL_TRY(copy_text(arena, &c->names[i], err));
    BL_TRY(read_curve(bl_item_get(item, "curve"), &c->curves[i], err));
    BL_TRY(bl_item_number(bl_item_get(item, "offset"), "offset", &c->offset[i], err));
    BL_TRY(bl_item_number(bl_item_get(item, "scale"), "scale", &c->scale[i], err));
    BL_TRY(bl_item_number(bl_item_get(item, "low"), "low", &c->low[i], err));
    BL_TRY(bl_item_number(bl_item_get(item, "high"), "high", &c->high[i], err));
    return bl_item_number(bl_item_get(item, "missing"), "missing", &c->missing[i], err);
}

static bl_status read_input(bl_arena *arena, const bl_item *item, bl_nn_columns *c, bl_error *err) {
    static const char *const keys[] = {"name", "columns", NULL};
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
    bl_text_add(to, "}");
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
        bl_text_add(to, "]}");
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
