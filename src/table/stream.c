// SPDX-License-Identifier: Apache-2.0
// A scan as an Arrow stream. The schema is what the first batch has: whether text is UTF-8 shows
// only when it is read. Later batches must fit it.
// \source Apache Arrow, "The Arrow C stream interface"
#include <errno.h>

#include "table/scan.h"

#include "base/context.h"
#include "table/private.h"

typedef struct stream {
    bl_context *context;
    bl_scan *scan;
    bool has_types;
    bl_type **types;    ///< [n_columns] of the schema, shares
    const char **names; ///< [n_columns]; borrow from the table
    size_t n_columns;
    bl_batch *first; ///< read for its types, not yet handed out
    bl_error err;
} stream;

static int errno_of(bl_status status) {
    switch (status) {
    case BL_OK:
    case BL_END:
        return 0;
    case BL_E_NOMEM:
    case BL_E_LIMIT:
        return ENOMEM;
    case BL_E_CANCELLED:
        return ECANCELED;
    case BL_E_UNSUPPORTED:
        return ENOSYS;
    case BL_E_IO:
    case BL_E_ACCESS:
    case BL_E_NOTFOUND:
        return EIO;
    default:
        return EINVAL;
    }
}

/// Reads the first batch for its types; a table of no rows shows those that its columns declare.
static bl_status find_types(stream *s) {
    if (s->has_types)
        return BL_OK;
    bl_status status = bl_scan_next(s->scan, &s->first, &s->err);
    if (status != BL_OK && status != BL_END)
        return status;
    const bl_table *table = bl_scan_table(s->scan);
    for (size_t i = 0; i < s->n_columns; i++) {
        const bl_column_info *info = &table->columns[bl_scan_column(s->scan, i)].info;
        const bl_type *type = s->first ? s->first->columns[i].type : info->type;
        s->types[i] = bl_type_ref((bl_type *)(uintptr_t)type);
        s->names[i] = info->path;
    }
    s->has_types = true;
    return BL_OK;
}

/// Text may come where bytes were promised, for both look the same; else types must be equal.
static bool is_accepted(const bl_type *promised, const bl_type *type) {
    if (promised->id == BL_BINARY && type->id == BL_UTF8)
        return true;
    if (promised->id != type->id || promised->list_size != type->list_size ||
        promised->n_children != type->n_children)
        return false;
    for (size_t i = 0; i < type->n_children; i++)
        if (!is_accepted(promised->children[i], type->children[i]))
            return false;
    return true;
}

static bl_status check_types(stream *s, const bl_batch *batch) {
    for (size_t i = 0; i < s->n_columns; i++) {
        const bl_type *type = batch->columns[i].type;
        if (is_accepted(s->types[i], type))
            continue;
        char before[128], now[128];
        (void)bl_type_format(s->types[i], before, sizeof before);
        (void)bl_type_format(type, now, sizeof now);
        return bl_error_set(&s->err, BL_E_TYPE,
                            "column '%s' is %s in rows %lld to %lld, but the stream began with %s",
                            s->names[i], now, (long long)batch->first_row,
                            (long long)(batch->first_row + batch->n_rows), before);
    }
    return BL_OK;
}

static int get_schema(struct ArrowArrayStream *self, struct ArrowSchema *out) {
    stream *s = (stream *)self->private_data;
    bl_status status = find_types(s);
    if (status == BL_OK)
        status = bl_schema_export(s->context, s->n_columns, s->names, s->types, out, &s->err);
    return errno_of(status);
}

static bl_status next_array(stream *s, struct ArrowArray *out) {
    BL_TRY(find_types(s));
    BL_AUTO(bl_batch) batch = BL_MOVE(s->first);
    if (!batch)
        BL_TRY(bl_scan_next(s->scan, &batch, &s->err));
    BL_TRY(check_types(s, batch));
    struct ArrowSchema schema;
    BL_TRY(bl_batch_export(batch, &schema, out, &s->err));
    schema.release(&schema);
    return BL_OK;
}

static int get_next(struct ArrowArrayStream *self, struct ArrowArray *out) {
    bl_status status = next_array((stream *)self->private_data, out);
    if (status == BL_END)
        *out = (struct ArrowArray){.release = NULL};
    return errno_of(status);
}

static const char *get_last_error(struct ArrowArrayStream *self) {
    const stream *s = (const stream *)self->private_data;
    return s->err.message[0] ? s->err.message : NULL;
}

static void free_stream(stream *s) {
    bl_context *context = s->context;
    for (size_t i = 0; s->types && i < s->n_columns; i++)
        bl_type_release(s->types[i]);
    bl_batch_release(s->first);
    bl_scan_close(s->scan);
    bl_free(context, s->types);
    bl_free(context, s->names);
    bl_free(context, s);
    bl_context_unref(context);
}

static void release(struct ArrowArrayStream *self) {
    free_stream((stream *)self->private_data);
    self->release = NULL;
}

bl_status bl_scan_export(bl_scan *scan, struct ArrowArrayStream *ret_stream, bl_error *err) {
    bl_context *context = bl_scan_table(scan)->context;
    stream *s = (stream *)bl_alloc_zero(context, 1, sizeof *s);
    if (!s)
        return bl_error_nomem(err, sizeof *s, "a stream");
    bl_context_ref(context);
    s->context = context;
    s->n_columns = bl_scan_n_columns(scan);
    s->types = (bl_type **)bl_alloc_zero(context, s->n_columns, sizeof *s->types);
    s->names = (const char **)bl_alloc_zero(context, s->n_columns, sizeof *s->names);
    if (!s->types || !s->names) {
        free_stream(s);
        return bl_error_nomem(err, sizeof *s, "the columns of a stream");
    }
    s->scan = scan;
    *ret_stream = (struct ArrowArrayStream){.get_schema = get_schema,
                                            .get_next = get_next,
                                            .get_last_error = get_last_error,
                                            .release = release,
                                            .private_data = s};
    return BL_OK;
}
