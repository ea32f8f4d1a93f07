// SPDX-License-Identifier: Apache-2.0
// Columns to features.
#include "formats/tfrecord/fields.h"

#include <stdlib.h>

/// A field on its way down a type.
typedef struct walk {
    bl_context *context;
    bl_arena *arena;
    bl_tf_fields *fields;
    bl_tf_field field;
    const char *column; ///< for messages
    unsigned n_outer;   ///< fixed lists that are innermost so far
} walk;

static bl_tf_kind kind_of(bl_type_id item) {
    switch (item) {
    case BL_FLOAT32:
    case BL_FLOAT64:
        return BL_TF_FLOAT;
    case BL_UTF8:
    case BL_BINARY:
        return BL_TF_BYTES;
    default:
        return BL_TF_INT64;
    }
}

/// Writes the key of an entry, and of a scalar all in front of its value.
static bl_status make_prefix(bl_arena *arena, bl_tf_field *field, bl_error *err) {
    enum { VALUE_BYTES = 4, LISTS = 6 }; // tags and lengths of feature, list and packed field
    size_t length = strlen(field->name);
    if (length > BL_TF_MOST_RECORD_NAME)
        return bl_error_set(err, BL_E_TYPE, "a name of %zu bytes", length);
    uint8_t *key = (uint8_t *)bl_arena_alloc(arena, length + 1 + BL_VARINT_MOST);
    if (!key)
        return bl_error_nomem(err, length, "a key");
    key[0] = 1 << 3 | BL_WIRE_BYTES;
    uint8_t *end = bl_wire_put_varint(key + 1, length);
    memcpy(end, field->name, length);
    field->key = key;
    field->key_size = (size_t)(end - key) + length;
    size_t entry = field->key_size + LISTS + VALUE_BYTES;
    field->is_scalar = field->n_levels == 0 && field->n_fixed == 1 && field->kind != BL_TF_BYTES;
    if (!field->is_scalar || entry + BL_VARINT_MOST >= BL_TF_MOST_PREFIX)
        return BL_OK;
    uint8_t *out = field->prefix;
    const uint8_t tags[] = {2 << 3 | BL_WIRE_BYTES, (uint8_t)(field->kind << 3 | BL_WIRE_BYTES),
                            1 << 3 | BL_WIRE_BYTES};
    *out++ = 1 << 3 | BL_WIRE_BYTES;
    field->lengths[0] = 1;
    *out++ = (uint8_t)entry;
    memcpy(out, key, field->key_size);
    out += field->key_size;
    for (size_t i = 0; i < 3; i++) {
        *out++ = tags[i];
        field->lengths[i + 1] = (uint8_t)(out - field->prefix);
        *out++ = (uint8_t)(VALUE_BYTES + 2 * (2 - i));
    }
    field->prefix_size = (size_t)(out - field->prefix);
    return BL_OK;
}

static bl_status refuse(const walk *w, const char *why, bl_error *err) {
    return bl_error_set(err, BL_E_TYPE, "column '%s': %s", w->column, why);
}

static bl_status end_field(walk *w, const char *name, bl_type_id item, bl_error *err) {
    bl_tf_fields *fields = w->fields;
    BL_TRY(bl_array_grow(w->context, &fields->items, &fields->capacity, fields->n,
                         sizeof *fields->items, "features", err));
    bl_tf_field *field = &fields->items[fields->n];
    *field = w->field;
    field->name = name;
    field->item = item;
    field->kind = kind_of(item);
    if (field->n_levels > BL_TF_MOST_LEVELS)
        return refuse(w, "lists of lists of lists have no place in TFRecord", err);
    BL_TRY_IN(make_prefix(w->arena, field, err), err, "column '%s'", w->column);
    fields->n++;
    return BL_OK;
}

static bl_status go_down(walk *w, const char *name, const bl_type *type, bl_error *err);

static bl_status go_into(walk *w, const char *name, const bl_type *type, uint32_t member,
                         bl_error *err) {
    w->field.members[w->field.n_nodes++] = member;
    bl_status status = go_down(w, name, type->children[member], err);
    w->field.n_nodes--;
    return status;
}

static bl_status go_into_struct(walk *w, const char *name, const bl_type *type, bl_error *err) {
    if (type->n_children == 0)
        return refuse(w, "a struct without members", err);
    for (size_t i = 0; i < type->n_children; i++) {
        const char *member = bl_arena_printf(w->arena, "%s.%s", name, type->names[i]);
        if (!member)
            return bl_error_nomem(err, strlen(name), "a name");
        BL_TRY(go_into(w, member, type, (uint32_t)i, err));
    }
    return BL_OK;
}

/// Fixed-size lists become levels when a list comes inside them.
static bl_status go_down(walk *w, const char *name, const bl_type *type, bl_error *err) {
    bl_tf_field before = w->field;
    unsigned n_outer = w->n_outer;
    bl_status status;
    if (w->field.n_nodes + 1 == BL_TF_MOST_NODES)
        return refuse(w, "its type is too deep", err);
    if (type->id == BL_STRUCT)
        return go_into_struct(w, name, type, err);
    if (type->id < BL_LIST)
        return end_field(w, name, type->id, err);
    if (type->id == BL_FIXED_LIST) {
        w->n_outer++;
        if (__builtin_mul_overflow(w->field.n_fixed, type->list_size, &w->field.n_fixed) ||
            w->field.n_fixed > INT32_MAX)
            return refuse(w, "its fixed-size lists are too long", err);
    } else {
        w->field.n_levels += w->n_outer + 1;
        w->field.n_fixed = 1;
        w->n_outer = 0;
    }
    status = go_into(w, name, type, 0, err);
    w->field = before;
    w->n_outer = n_outer;
    return status;
}

static int by_name(const void *a, const void *b) {
    const bl_tf_field *x = (const bl_tf_field *)a, *y = (const bl_tf_field *)b;
    bool x_is_list = x->n_levels == 2, y_is_list = y->n_levels == 2;
    return x_is_list == y_is_list ? strcmp(x->name, y->name) : (int)x_is_list - (int)y_is_list;
}

static bl_status check_names(const bl_tf_fields *fields, bl_error *err) {
    for (size_t i = 1; i < fields->n; i++)
        if (by_name(&fields->items[i - 1], &fields->items[i]) == 0)
            return bl_error_set(err, BL_E_INVALID, "two features are called '%s'",
                                fields->items[i].name);
    return BL_OK;
}

/// A list of values that was read from a feature list.
static bool was_by_steps(const bl_column_spec *column) {
    static const char wanted[] = BL_TF_LIST_TEXT;
    const bl_type *type = column->type;
    return column->source_type && strncmp(column->source_type, wanted, sizeof wanted - 1) == 0 &&
           type->id == BL_LIST && type->children[0]->id < BL_LIST;
}

static bl_status add_column(bl_context *context, bl_arena *arena, const bl_column_spec *column,
                            size_t i, bl_tf_fields *fields, bl_error *err) {
    walk w = {.context = context, .arena = arena, .fields = fields, .column = column->name};
    bool is_by_steps = was_by_steps(column);
    w.field = (bl_tf_field){
        .column = i, .n_fixed = 1, .is_by_steps = is_by_steps, .n_levels = is_by_steps};
    const char *name = bl_arena_text(arena, column->name, strlen(column->name));
    if (!name)
        return bl_error_nomem(err, strlen(column->name), "a name");
    return go_down(&w, name, column->type, err);
}

bl_status bl_tf_fields_make(bl_context *context, bl_arena *arena, const bl_column_spec *columns,
                            size_t n_columns, bl_tf_fields *ret_fields, bl_error *err) {
    bl_tf_fields fields = {0};
    bl_status status = BL_OK;
    for (size_t i = 0; i < n_columns && status == BL_OK; i++)
        status = add_column(context, arena, &columns[i], i, &fields, err);
    if (status == BL_OK && fields.n)
        qsort(fields.items, fields.n, sizeof *fields.items, by_name);
    if (status == BL_OK)
        status = check_names(&fields, err);
    while (fields.n_context < fields.n && fields.items[fields.n_context].n_levels < 2)
        fields.n_context++;
    if (status == BL_OK)
        *ret_fields = fields;
    else
        bl_tf_fields_release(context, &fields);
    return status;
}

void bl_tf_fields_release(bl_context *context, bl_tf_fields *fields) {
    bl_free(context, fields->items);
    *fields = (bl_tf_fields){0};
}

// ---- in a batch ----

/// Notes that a node has nulls. \param level that it is in \param scale of the fixed lists around
/// it
static void note_nulls(const bl_tf_field *field, bl_tf_view *view, const bl_column *column,
                       unsigned level, int64_t scale, bool is_below_fixed) {
    if (!column->validity)
        return;
    bool is_value = level == field->n_levels && (level > 0 || is_below_fixed);
    unsigned stage = is_value ? 2 : level;
    view->nulls[stage][view->n_nulls[stage]++] = (bl_tf_nulls){column->validity->data, scale};
}

void bl_tf_view_find(const bl_tf_field *field, const bl_batch *batch, bl_tf_view *ret_view) {
    const bl_column *column = &batch->columns[field->column];
    unsigned level = 0;
    int64_t scale = 1;
    bool is_below_fixed = false;
    *ret_view = (bl_tf_view){.leaf = NULL};
    for (size_t node = 0;; node++) {
        bl_type_id id = column->type->id;
        note_nulls(field, ret_view, column, level, scale, is_below_fixed);
        if (node == field->n_nodes)
            break;
        if (id == BL_LIST || id == BL_LARGE_LIST ||
            (id == BL_FIXED_LIST && level < field->n_levels)) {
            ret_view->levels[level++] = (struct bl_tf_level){
                .offsets = id == BL_FIXED_LIST ? NULL : bl_column_offsets(column),
                .is_wide = id == BL_LARGE_LIST,
                .n_fixed = column->type->list_size};
        } else if (id == BL_FIXED_LIST) {
            scale *= column->type->list_size;
            is_below_fixed = true;
        }
        column = &column->children[field->members[node]];
    }
    if (field->is_by_steps)
        ret_view->levels[1].n_fixed = 1;
    ret_view->leaf = column;
}
