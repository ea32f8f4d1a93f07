// SPDX-License-Identifier: Apache-2.0
// Batches made of another Arrow library's arrays. Their buffers are shared: each holds the array it
// came from, which is released with the last of them. Copied are only offsets that do not begin at
// 0 (a slice of lists), bits that do not begin with a byte, and values that are not aligned.
//
// Left out: types that are not in BL_TYPE_TABLE, dictionaries.
// \source Apache Arrow, "The Arrow C data interface"
#include <stdlib.h>

#include "base/context.h"
#include "column/column.h"

enum { MAX_NESTING = 64, MOST_LOGICAL = 60 };

static const char *const formats[] = {
#define FORMAT(name, format, width, text) format,
    BL_TYPE_TABLE(FORMAT)
#undef FORMAT
};
#define N_FORMATS (sizeof formats / sizeof *formats)

/// The array that was handed over, with as many holders as columns share its buffers.
typedef struct imported {
    bl_context *context;
    atomic_uint n_holders;
    struct ArrowArray array;
} imported;

static void imported_release(void *owner) {
    imported *from = (imported *)owner;
    if (atomic_fetch_sub_explicit(&from->n_holders, 1, memory_order_acq_rel) != 1)
        return;
    bl_context *context = from->context;
    if (from->array.release)
        from->array.release(&from->array);
    bl_free(context, from);
    bl_context_unref(context);
}
BL_DEFINE_AUTO(imported, imported_release);

// ---- types ----

static bl_status unknown_type(const char *format, bl_error *err) {
    return bl_error_set(err, BL_E_TYPE, "Arrow type '%.40s' has no counterpart", format);
}

static bl_status list_size_of(const char *format, int64_t *ret_size, bl_error *err) {
    char *end;
    long long size = strtoll(format, &end, 10);
    if (end == format || *end || size < 0)
        return bl_error_set(err, BL_E_TYPE, "a fixed list of '%.20s' items", format);
    *ret_size = size;
    return BL_OK;
}

static bl_status import_type(bl_context *context, const struct ArrowSchema *schema, int depth,
                             bl_type **ret_type, bl_error *err);

static bl_status import_list(bl_context *context, const struct ArrowSchema *schema, int depth,
                             bl_type_id id, bl_type **ret_type, bl_error *err) {
    int64_t size = 0;
    if (id == BL_FIXED_LIST)
        BL_TRY(list_size_of(schema->format + strlen(formats[id]), &size, err));
    if (schema->n_children != 1)
        return bl_error_set(err, BL_E_TYPE, "a list with %lld children",
                            (long long)schema->n_children);
    BL_AUTO(bl_type) item = NULL;
    BL_TRY_IN(import_type(context, schema->children[0], depth + 1, &item, err), err, "item");
    return bl_type_new_list(context, id, size, item, ret_type, err);
}

static bl_status import_members(bl_context *context, const struct ArrowSchema *schema, int depth,
                                const char **names, bl_type **types, bl_error *err) {
    for (size_t i = 0; i < (size_t)schema->n_children; i++) {
        names[i] = schema->children[i]->name ? schema->children[i]->name : "";
        BL_TRY_IN(import_type(context, schema->children[i], depth + 1, &types[i], err), err, "%s",
                  names[i]);
    }
    return BL_OK;
}

static bl_status import_struct(bl_context *context, const struct ArrowSchema *schema, int depth,
                               bl_type **ret_type, bl_error *err) {
    if (schema->n_children < 0)
        return bl_error_set(err, BL_E_TYPE, "a struct with %lld children",
                            (long long)schema->n_children);
    size_t n = (size_t)schema->n_children;
    const char **names = (const char **)bl_alloc_zero(context, n + 1, sizeof *names);
    bl_type **types = (bl_type **)bl_alloc_zero(context, n + 1, sizeof *types);
    bl_status status = BL_OK;
    if (!names || !types)
        status = bl_error_nomem(err, n * sizeof *types, "a type");
    if (status == BL_OK)
        status = import_members(context, schema, depth, names, types, err);
    if (status == BL_OK)
        status = bl_type_new_struct(context, n, names, types, ret_type, err);
    for (size_t i = 0; types && i < n; i++)
        bl_type_release(types[i]);
    bl_free(context, types);
    bl_free(context, names);
    return status;
}

/// A number that stands for something, such as "tsu:UTC".
static bl_status import_logical(bl_context *context, const struct ArrowSchema *schema,
                                bl_type **ret_type, bl_error *err) {
    size_t width = bl_type_logical_width(schema->format);
    if (!width || strlen(schema->format) > MOST_LOGICAL)
        return unknown_type(schema->format, err);
    return bl_type_new_logical(context, width == 4 ? BL_INT32 : BL_INT64, schema->format, false,
                               ret_type, err);
}

static bl_status import_plain(bl_context *context, const struct ArrowSchema *schema, int depth,
                              bl_type **ret_type, bl_error *err) {
    for (size_t i = 0; i < N_FORMATS; i++) {
        bl_type_id id = (bl_type_id)i;
        if (id == BL_FIXED_LIST ? strncmp(schema->format, formats[i], strlen(formats[i])) != 0
                                : strcmp(schema->format, formats[i]) != 0)
            continue;
        if (id == BL_STRUCT)
            return import_struct(context, schema, depth, ret_type, err);
        if (id >= BL_LIST)
            return import_list(context, schema, depth, id, ret_type, err);
        *ret_type = bl_type_ref(bl_type_primitive(id));
        return BL_OK;
    }
    return import_logical(context, schema, ret_type, err);
}

static bl_status import_type(bl_context *context, const struct ArrowSchema *schema, int depth,
                             bl_type **ret_type, bl_error *err) {
    if (depth > MAX_NESTING)
        return bl_error_set(err, BL_E_TYPE, "nested deeper than %d", MAX_NESTING);
    if (schema->dictionary)
        return bl_error_set(err, BL_E_TYPE, "dictionaries are not known");
    BL_AUTO(bl_type) type = NULL;
    BL_TRY(import_plain(context, schema, depth, &type, err));
    if (schema->flags & ARROW_FLAG_NULLABLE)
        return bl_type_new_nullable(context, type, ret_type, err);
    *ret_type = BL_MOVE(type);
    return BL_OK;
}

// ---- values ----

/// Part of an array: rows [first, first + length) of its buffers, its own offset included.
typedef struct part {
    imported *from;
    const struct ArrowArray *array;
    int64_t first, length;
} part;

static bl_status copied(bl_context *context, const void *data, size_t size, bl_buffer **ret_buffer,
                        bl_error *err) {
    BL_TRY(bl_buffer_new(context, size, ret_buffer, err));
    memcpy((*ret_buffer)->data, data, size);
    (*ret_buffer)->size = size;
    return BL_OK;
}

/// `size` bytes of the array, shared where they are aligned for values of `width`.
static bl_status shared(const part *p, const uint8_t *data, size_t size, size_t width,
                        bl_buffer **ret_buffer, bl_error *err) {
    if (size == 0)
        return BL_OK;
    if (!data)
        return bl_error_set(err, BL_E_CORRUPT, "a buffer is missing");
    if (width && (uintptr_t)data % width)
        return copied(p->from->context, data, size, ret_buffer, err);
    BL_TRY(bl_buffer_new_foreign(p->from->context, data, size, imported_release, p->from,
                                 ret_buffer, err));
    atomic_fetch_add_explicit(&p->from->n_holders, 1, memory_order_relaxed);
    return BL_OK;
}

static bl_status import_bits(const part *p, size_t buffer, bl_buffer **ret_buffer, bl_error *err) {
    const uint8_t *bits = (const uint8_t *)p->array->buffers[buffer];
    size_t size = ((size_t)p->length + 7) / 8;
    if (p->first % 8 == 0)
        return shared(p, bits ? bits + p->first / 8 : NULL, size, 1, ret_buffer, err);
    if (p->length && !bits)
        return bl_error_set(err, BL_E_CORRUPT, "a buffer is missing");
    BL_TRY(bl_buffer_new(p->from->context, size, ret_buffer, err));
    const uint8_t *from = bits + p->first / 8;
    unsigned shift = (unsigned)(p->first % 8);
    size_t n_from = (shift + (size_t)p->length + 7) / 8;
    for (size_t i = 0; i < size; i++)
        (*ret_buffer)->data[i] =
            (uint8_t)(from[i] >> shift | (i + 1 < n_from ? from[i + 1] << (8 - shift) : 0));
    (*ret_buffer)->size = size;
    return BL_OK;
}

#define REBASE(type)                                       \
    for (size_t i = 0; i < n; i++) {                       \
        type value;                                        \
        memcpy(&value, from + i * width, sizeof value);    \
        value = (type)((uint64_t)value - (uint64_t)first); \
        memcpy(to + i * width, &value, sizeof value);      \
    }

static int64_t load_offset(const uint8_t *at, size_t width) {
    int64_t wide = 0;
    int32_t narrow = 0;
    if (width == 8)
        memcpy(&wide, at, sizeof wide);
    else
        memcpy(&narrow, at, sizeof narrow);
    return width == 8 ? wide : narrow;
}

/// Offsets that begin at 0. \param ret_first, ret_last what they began and ended at
static bl_status import_offsets(const part *p, size_t width, bl_buffer **ret_buffer,
                                int64_t *ret_first, int64_t *ret_last, bl_error *err) {
    *ret_first = *ret_last = 0;
    if (p->length == 0)
        return BL_OK;
    const uint8_t *from = (const uint8_t *)p->array->buffers[1];
    if (!from)
        return bl_error_set(err, BL_E_CORRUPT, "offsets are missing");
    from += (size_t)p->first * width;
    size_t n = (size_t)p->length + 1;
    int64_t first = load_offset(from, width), last = load_offset(from + (n - 1) * width, width);
    if (first < 0 || last < first)
        return bl_error_set(err, BL_E_CORRUPT, "offsets descend");
    *ret_first = first;
    *ret_last = last;
    if (first == 0)
        return shared(p, from, n * width, width, ret_buffer, err);
    BL_TRY(bl_buffer_new(p->from->context, n * width, ret_buffer, err));
    uint8_t *to = (*ret_buffer)->data;
    if (width == 8) {
        REBASE(int64_t)
    } else {
        REBASE(int32_t)
    }
    (*ret_buffer)->size = n * width;
    return BL_OK;
}

static bl_status import_column(const part *p, bl_type *type, bl_column *column, bl_error *err);

/// Rows [first, first + length) of child `i`, whose own offset counts too.
static bl_status import_child(const part *p, size_t i, int64_t first, int64_t length,
                              bl_column *column, bl_error *err) {
    const struct ArrowArray *child = p->array->children[i];
    if (child->length < 0 || child->offset < 0 || first < 0 || length > child->length ||
        first > child->length - length)
        return bl_error_set(err, BL_E_CORRUPT, "%s: %lld values where %lld are needed",
                            column->type->names[i], (long long)child->length,
                            (long long)(first + length));
    part of_child = {p->from, child, child->offset + first, length};
    BL_TRY_IN(import_column(&of_child, column->type->children[i], &column->children[i], err), err,
              "%s", column->type->names[i]);
    return BL_OK;
}

static bl_status import_children(const part *p, bl_column *column, bl_error *err) {
    bl_type_id id = column->type->id;
    int64_t first = p->first, length = p->length, last;
    if (id == BL_LIST || id == BL_LARGE_LIST) {
        BL_TRY(import_offsets(p, id == BL_LIST ? 4 : 8, &column->offsets, &first, &last, err));
        length = last - first;
    } else if (id == BL_FIXED_LIST &&
               (__builtin_mul_overflow(first, column->type->list_size, &first) ||
                __builtin_mul_overflow(length, column->type->list_size, &length))) {
        return bl_error_set(err, BL_E_CORRUPT, "too many items");
    }
    for (size_t i = 0; i < column->n_children; i++)
        BL_TRY(import_child(p, i, first, length, column, err));
    return BL_OK;
}

static bl_status import_values(const part *p, bl_column *column, bl_error *err) {
    bl_type_id id = column->type->id;
    if (id == BL_BOOL)
        return import_bits(p, 1, &column->values, err);
    const uint8_t *values =
        (const uint8_t *)p->array->buffers[id == BL_UTF8 || id == BL_BINARY ? 2 : 1];
    size_t width = bl_type_id_width(id);
    int64_t first = p->first, last = p->first + p->length;
    if (width == 0) {
        BL_TRY(import_offsets(p, sizeof(int32_t), &column->offsets, &first, &last, err));
        width = 1;
    }
    return shared(p, values ? values + (size_t)first * width : NULL, (size_t)(last - first) * width,
                  width, &column->values, err);
}

/// Fills a zeroed column, which the caller releases also after a failure.
static bl_status import_column(const part *p, bl_type *type, bl_column *column, bl_error *err) {
    static const uint8_t n_buffers[] = {[BL_BINARY] = 3,     [BL_UTF8] = 3,       [BL_LIST] = 2,
                                        [BL_LARGE_LIST] = 2, [BL_FIXED_LIST] = 1, [BL_STRUCT] = 1};
    int64_t wanted = n_buffers[type->id] ? n_buffers[type->id] : 2;
    if (p->array->n_buffers < wanted || (size_t)p->array->n_children != type->n_children)
        return bl_error_set(err, BL_E_CORRUPT, "%lld buffers and %lld children of a %s",
                            (long long)p->array->n_buffers, (long long)p->array->n_children,
                            bl_type_id_text(type->id));
    BL_TRY(bl_column_init(p->from->context, column, type, err));
    column->length = p->length;
    if (p->array->null_count != 0 && p->array->buffers[0])
        BL_TRY(import_bits(p, 0, &column->validity, err));
    return type->id >= BL_LIST ? import_children(p, column, err) : import_values(p, column, err);
}

static bl_status import_columns(imported *from, bl_type *type, bl_batch *batch, bl_error *err) {
    const struct ArrowArray *array = &from->array;
    if (array->null_count > 0)
        return bl_error_set(err, BL_E_TYPE, "rows that are null");
    for (size_t i = 0; i < batch->n_columns; i++) {
        const struct ArrowArray *child = array->children[i];
        if (child->offset < 0 || child->length < array->offset ||
            child->length - array->offset < array->length)
            return bl_error_set(err, BL_E_CORRUPT, "column '%s': %lld rows where %lld are needed",
                                batch->names[i], (long long)child->length,
                                (long long)(array->offset + array->length));
        part p = {from, child, child->offset + array->offset, array->length};
        BL_TRY_IN(import_column(&p, type->children[i], &batch->columns[i], err), err, "column '%s'",
                  batch->names[i]);
        BL_TRY_IN(bl_column_check(&batch->columns[i], err), err, "column '%s'", batch->names[i]);
        BL_TRY(bl_column_empty_nulls(from->context, &batch->columns[i], err));
    }
    return BL_OK;
}

static bl_status take_over(bl_context *context, struct ArrowArray *array, imported **ret_from,
                           bl_error *err) {
    imported *from = (imported *)bl_alloc_zero(context, 1, sizeof *from);
    if (!from) {
        array->release(array);
        return bl_error_nomem(err, sizeof *from, "a batch");
    }
    bl_context_ref(context);
    from->context = context;
    from->array = *array;
    array->release = NULL;
    atomic_init(&from->n_holders, 1);
    *ret_from = from;
    return BL_OK;
}

bl_status bl_batch_import(bl_context *context, const struct ArrowSchema *schema,
                          struct ArrowArray *array, bl_batch **ret_batch, bl_error *err) {
    BL_AUTO(imported) from = NULL;
    BL_TRY(take_over(context, array, &from, err));
    BL_AUTO(bl_type) type = NULL;
    BL_TRY(import_type(context, schema, 0, &type, err));
    if (type->id != BL_STRUCT)
        return bl_error_set(err, BL_E_TYPE, "a batch is a struct of columns, not a %s",
                            bl_type_id_text(type->id));
    if (from->array.length < 0 || from->array.offset < 0 || from->array.n_buffers < 1 ||
        (size_t)from->array.n_children != type->n_children)
        return bl_error_set(err, BL_E_CORRUPT, "%lld rows of %lld columns",
                            (long long)from->array.length, (long long)from->array.n_children);
    BL_AUTO(bl_batch) batch = NULL;
    BL_TRY(bl_batch_new(context, type->n_children, (const char *const *)type->names, 0,
                        from->array.length, &batch, err));
    BL_TRY(import_columns(from, type, batch, err));
    *ret_batch = BL_MOVE(batch);
    return BL_OK;
}
