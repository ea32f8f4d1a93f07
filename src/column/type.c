// SPDX-License-Identifier: Apache-2.0
// Types of columns. Primitive types are static; lists and structs are counted trees.
#include "column/type.h"

#include <stdio.h>

#include "base/context.h"
#include "column/column.h"

typedef struct type_row {
    size_t width;
    const char *text;
} type_row;

static const type_row rows[] = {
#define ROW(name, format, width, text) {width, text},
    BL_TYPE_TABLE(ROW)
#undef ROW
};

static const bl_type primitives[] = {
    {.id = BL_BOOL},    {.id = BL_INT8},   {.id = BL_UINT8}, {.id = BL_INT16},  {.id = BL_UINT16},
    {.id = BL_INT32},   {.id = BL_UINT32}, {.id = BL_INT64}, {.id = BL_UINT64}, {.id = BL_FLOAT32},
    {.id = BL_FLOAT64}, {.id = BL_BINARY}, {.id = BL_UTF8},
};

#define NULLABLE(type_id) \
    { .id = (type_id), .is_nullable = true }
static const bl_type nullable_primitives[] = {
    NULLABLE(BL_BOOL),   NULLABLE(BL_INT8),    NULLABLE(BL_UINT8),   NULLABLE(BL_INT16),
    NULLABLE(BL_UINT16), NULLABLE(BL_INT32),   NULLABLE(BL_UINT32),  NULLABLE(BL_INT64),
    NULLABLE(BL_UINT64), NULLABLE(BL_FLOAT32), NULLABLE(BL_FLOAT64), NULLABLE(BL_BINARY),
    NULLABLE(BL_UTF8),
};

size_t bl_type_id_width(bl_type_id id) { return rows[id].width; }
const char *bl_type_id_text(bl_type_id id) { return rows[id].text; }

/// Not const for its callers, who count holders; a type without a context is never written to.
bl_type *bl_type_primitive(bl_type_id id) { return (bl_type *)(uintptr_t)&primitives[id]; }

bl_type *bl_type_primitive_nullable(bl_type_id id) {
    return (bl_type *)(uintptr_t)&nullable_primitives[id];
}

/// A type of `n` children whose names and children are still to be filled in.
static bl_type *new_type(bl_context *context, bl_type_id id, size_t n) {
    bl_type *type = (bl_type *)bl_alloc_zero(context, 1, sizeof *type);
    if (!type)
        return NULL;
    type->id = id;
    type->context = context;
    atomic_init(&type->n_holders, 1);
    bl_context_ref(context);
    type->children = (bl_type **)bl_alloc_zero(context, n, sizeof *type->children);
    type->names = (char **)bl_alloc_zero(context, n, sizeof *type->names);
    if (!type->children || !type->names) {
        bl_type_release(type);
        return NULL;
    }
    type->n_children = n;
    return type;
}

static bool add_child(bl_type *type, size_t i, const char *name, bl_type *child) {
    type->children[i] = bl_type_ref(child);
    type->names[i] = bl_strdup(type->context, name);
    return type->names[i] != NULL;
}

bl_status bl_type_new_list(bl_context *context, bl_type_id id, int64_t list_size, bl_type *item,
                           bl_type **ret_type, bl_error *err) {
    bool is_fixed = id == BL_FIXED_LIST;
    if ((id != BL_LIST && id != BL_LARGE_LIST && !is_fixed) || list_size < 0 ||
        list_size > INT32_MAX)
        return bl_error_set(err, BL_E_INVALID, "%s of %lld items is no list type", rows[id].text,
                            (long long)list_size);
    BL_AUTO(bl_type) type = new_type(context, id, 1);
    if (!type || !add_child(type, 0, "item", item))
        return bl_error_nomem(err, sizeof *type, "a list type");
    type->list_size = is_fixed ? list_size : 0;
    *ret_type = BL_MOVE(type);
    return BL_OK;
}

bl_status bl_type_new_struct(bl_context *context, size_t n, const char *const *names,
                             bl_type *const *children, bl_type **ret_type, bl_error *err) {
    BL_AUTO(bl_type) type = new_type(context, BL_STRUCT, n);
    bool ok = type != NULL;
    for (size_t i = 0; ok && i < n; i++)
        ok = add_child(type, i, names[i], children[i]);
    if (!ok)
        return bl_error_nomem(err, sizeof *type, "a struct type");
    *ret_type = BL_MOVE(type);
    return BL_OK;
}

bl_status bl_type_with_children(bl_context *context, const bl_type *like, const bl_column *children,
                                bl_type **ret_type, bl_error *err) {
    BL_AUTO(bl_type) type = new_type(context, like->id, like->n_children);
    bool ok = type != NULL;
    for (size_t i = 0; ok && i < like->n_children; i++)
        ok = add_child(type, i, like->names[i], children[i].type);
    if (!ok)
        return bl_error_nomem(err, sizeof *type, "a type");
    type->list_size = like->list_size;
    type->is_nullable = like->is_nullable;
    *ret_type = BL_MOVE(type);
    return BL_OK;
}

bl_status bl_type_new_logical(bl_context *context, bl_type_id id, const char *logical,
                              bool is_nullable, bl_type **ret_type, bl_error *err) {
    BL_AUTO(bl_type) type = new_type(context, id, 0);
    if (!type || (logical && !(type->logical = bl_strdup(context, logical))))
        return bl_error_nomem(err, sizeof *type, "a type");
    type->is_nullable = is_nullable;
    *ret_type = BL_MOVE(type);
    return BL_OK;
}

bl_status bl_type_new_nullable(bl_context *context, bl_type *like, bl_type **ret_type,
                               bl_error *err) {
    if (like->is_nullable || !like->context) {
        *ret_type = like->is_nullable ? bl_type_ref(like) : bl_type_primitive_nullable(like->id);
        return BL_OK;
    }
    if (!like->n_children && like->id < BL_LIST)
        return bl_type_new_logical(context, like->id, like->logical, true, ret_type, err);
    BL_AUTO(bl_type) type = new_type(context, like->id, like->n_children);
    bool ok = type != NULL;
    for (size_t i = 0; ok && i < like->n_children; i++)
        ok = add_child(type, i, like->names[i], like->children[i]);
    if (!ok)
        return bl_error_nomem(err, sizeof *type, "a type");
    type->list_size = like->list_size;
    type->is_nullable = true;
    *ret_type = BL_MOVE(type);
    return BL_OK;
}

size_t bl_type_logical_width(const char *format) {
    static const char *const narrow[] = {"tdD", "tts", "ttm"};
    static const char *const wide[] = {"tdm", "ttu", "ttn", "tDs", "tDm", "tDu", "tDn"};
    for (size_t i = 0; i < sizeof narrow / sizeof *narrow; i++)
        if (strcmp(format, narrow[i]) == 0)
            return 4;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (strcmp(format, wide[i]) == 0)
            return 8;
    bool is_timestamp =
        strncmp(format, "ts", 2) == 0 && format[2] && strchr("smun", format[2]) && format[3] == ':';
    return is_timestamp ? 8 : 0;
}

bl_type *bl_type_ref(bl_type *type) {
    if (type->context)
        atomic_fetch_add_explicit(&type->n_holders, 1, memory_order_relaxed);
    return type;
}

void bl_type_release(bl_type *type) {
    if (!type || !type->context ||
        atomic_fetch_sub_explicit(&type->n_holders, 1, memory_order_acq_rel) != 1)
        return;
    bl_context *context = type->context;
    for (size_t i = 0; i < type->n_children; i++) {
        bl_type_release(type->children[i]);
        bl_free(context, type->names[i]);
    }
    bl_free(context, type->children);
    bl_free(context, type->names);
    bl_free(context, type->logical);
    bl_free(context, type);
    bl_context_unref(context);
}

bool bl_type_equal(const bl_type *a, const bl_type *b) {
    if (a == b)
        return true;
    if (a->id != b->id || a->list_size != b->list_size || a->n_children != b->n_children ||
        strcmp(a->logical ? a->logical : "", b->logical ? b->logical : "") != 0)
        return false;
    for (size_t i = 0; i < a->n_children; i++) {
        if (a->id == BL_STRUCT && strcmp(a->names[i], b->names[i]) != 0)
            return false;
        if (!bl_type_equal(a->children[i], b->children[i]))
            return false;
    }
    return true;
}

bool bl_type_same_shape(const bl_type *a, const bl_type *b) {
    bool are_texts =
        (a->id == BL_UTF8 || a->id == BL_BINARY) && (b->id == BL_UTF8 || b->id == BL_BINARY);
    if (are_texts || !a->n_children)
        return are_texts || bl_type_equal(a, b);
    if (a->id != b->id || a->list_size != b->list_size || a->n_children != b->n_children)
        return false;
    for (size_t i = 0; i < a->n_children; i++)
        if ((a->id == BL_STRUCT && strcmp(a->names[i], b->names[i]) != 0) ||
            !bl_type_same_shape(a->children[i], b->children[i]))
            return false;
    return true;
}

bl_type_id bl_type_get_id(const bl_type *type) { return type->id; }
size_t bl_type_n_children(const bl_type *type) { return type->n_children; }
bool bl_type_is_nullable(const bl_type *type) { return type->is_nullable; }
const char *bl_type_logical(const bl_type *type) { return type->logical; }
int64_t bl_type_list_size(const bl_type *type) { return type->list_size; }

const bl_type *bl_type_child(const bl_type *type, size_t i) {
    return i < type->n_children ? type->children[i] : NULL;
}

const char *bl_type_child_name(const bl_type *type, size_t i) {
    return i < type->n_children ? type->names[i] : NULL;
}

/// Text that counts on when its buffer is full.
typedef struct text {
    char *buffer;
    size_t size, length;
} text;

static void add(text *t, const char *words) {
    size_t length = strlen(words), left = t->length < t->size ? t->size - t->length - 1 : 0;
    size_t n = length < left ? length : left;
    if (n)
        memcpy(t->buffer + t->length, words, n);
    if (t->size && t->length < t->size)
        t->buffer[t->length + n] = '\0';
    t->length += length;
}

static void add_type(text *t, const bl_type *type);

/// "timestamp[us, UTC]", "date[D]", "time[ms]", "duration[s]": the unit is the format's letter.
static void add_logical(text *t, const char *format) {
    bool is_stamp = format[1] == 's';
    add(t, is_stamp           ? "timestamp["
           : format[1] == 'd' ? "date["
           : format[1] == 't' ? "time["
                              : "duration[");
    if (format[1] == 'd')
        add(t, format[2] == 'D' ? "day" : "ms");
    else
        add(t, format[2] == 's' ? "s" : format[2] == 'm' ? "ms" : format[2] == 'u' ? "us" : "ns");
    if (is_stamp && format[4]) {
        add(t, ", ");
        add(t, format + 4);
    }
    add(t, "]");
}

static void add_children(text *t, const bl_type *type) {
    add(t, "<");
    for (size_t i = 0; i < type->n_children; i++) {
        if (type->id == BL_STRUCT) {
            add(t, i ? ", " : "");
            add(t, type->names[i]);
            add(t, ": ");
        }
        add_type(t, type->children[i]);
    }
    add(t, ">");
    if (type->id == BL_FIXED_LIST) {
        char size[32];
        snprintf(size, sizeof size, "[%lld]", (long long)type->list_size);
        add(t, size);
    }
}

static void add_type(text *t, const bl_type *type) {
    if (type->logical)
        add_logical(t, type->logical);
    else
        add(t, rows[type->id].text);
    if (type->n_children)
        add_children(t, type);
    add(t, type->is_nullable ? "?" : "");
}

size_t bl_type_format(const bl_type *type, char *buffer, size_t size) {
    text t = {.buffer = buffer, .size = size};
    if (size)
        buffer[0] = '\0';
    add_type(&t, type);
    return t.length;
}
