// SPDX-License-Identifier: Apache-2.0
// Arrow schemas being written.
#include "formats/arrow/writer.h"

/// \param ret_type a new holder of `type` where it fits
static bl_status widened(bl_context *context, bl_type *type, const bl_type *other,
                         bl_type **ret_type, bl_error *err) {
    if (type->id == BL_UTF8 && other->id == BL_BINARY) {
        *ret_type = type->is_nullable ? bl_type_primitive_nullable(BL_BINARY)
                                      : bl_type_primitive(BL_BINARY);
        return BL_OK;
    }
    size_t n = type->n_children;
    bl_column *children = (bl_column *)bl_alloc_zero(context, n + 1, sizeof *children);
    if (!children)
        return bl_error_nomem(err, n * sizeof *children, "a type");
    bl_status status = BL_OK;
    bool is_same = true;
    for (size_t i = 0; i < n && status == BL_OK; i++) {
        status = widened(context, type->children[i], other->children[i], &children[i].type, err);
        is_same = is_same && children[i].type == type->children[i];
    }
    if (status == BL_OK && is_same)
        *ret_type = bl_type_ref(type);
    else if (status == BL_OK)
        status = bl_type_with_children(context, type, children, ret_type, err);
    for (size_t i = 0; i < n; i++)
        bl_type_release(children[i].type);
    bl_free(context, children);
    return status;
}

bl_status bl_arrow_widen(bl_context *context, bl_type **type, const bl_type *other, bl_error *err) {
    bl_type *made = NULL;
    if (bl_type_equal(*type, other))
        return BL_OK;
    BL_TRY(widened(context, *type, other, &made, err));
    bl_type_release(*type);
    *type = made;
    return BL_OK;
}

/// A table of one field: most types say no more than that.
static bl_flat_ref build_one(bl_flat_builder *b, size_t width, int64_t value) {
    bl_flat_begin(b);
    bl_flat_put(b, 0, width, value);
    return bl_flat_end(b);
}

static bl_flat_ref build_nothing(bl_flat_builder *b) {
    bl_flat_begin(b);
    return bl_flat_end(b);
}

static bl_flat_ref build_int(bl_flat_builder *b, const bl_type *type) {
    bool is_signed =
        type->id == BL_INT8 || type->id == BL_INT16 || type->id == BL_INT32 || type->id == BL_INT64;
    bl_flat_begin(b);
    bl_flat_put(b, BL_INT_BITS, 4, 8 * (int64_t)bl_type_id_width(type->id));
    bl_flat_put(b, BL_INT_SIGNED, 1, is_signed);
    return bl_flat_end(b);
}

static int64_t unit_of(char letter) {
    return letter == 's' ? 0 : letter == 'm' ? 1 : letter == 'u' ? 2 : 3;
}

/// Dates, times, timestamps and durations, out of an Arrow format string such as "tsu:UTC".
static bl_flat_ref build_logical(bl_flat_builder *b, const bl_type *type, int64_t *ret_kind) {
    const char *format = type->logical;
    bl_flat_ref zone = 0;
    switch (format[1]) {
    case 'd':
        *ret_kind = BL_ARROW_TYPE_DATE;
        return build_one(b, 2, format[2] == 'D' ? 0 : 1);
    case 't':
        *ret_kind = BL_ARROW_TYPE_TIME;
        bl_flat_begin(b);
        bl_flat_put(b, BL_TIME_BITS, 4, type->id == BL_INT32 ? 32 : 64);
        bl_flat_put(b, BL_TIME_UNIT, 2, unit_of(format[2]));
        return bl_flat_end(b);
    case 'D':
        *ret_kind = BL_ARROW_TYPE_DURATION;
        return build_one(b, 2, unit_of(format[2]));
    default:
        *ret_kind = BL_ARROW_TYPE_TIMESTAMP;
        if (format[4])
            zone = bl_flat_add_text(b, format + 4);
        bl_flat_begin(b);
        bl_flat_put_ref(b, BL_TIMESTAMP_ZONE, zone);
        bl_flat_put(b, BL_TIME_UNIT, 2, unit_of(format[2]));
        return bl_flat_end(b);
    }
}

static bl_flat_ref build_type(bl_flat_builder *b, const bl_type *type, int64_t *ret_kind) {
    static const int64_t kinds[] = {
        [BL_BOOL] = BL_ARROW_TYPE_BOOL,
        [BL_BINARY] = BL_ARROW_TYPE_BINARY,
        [BL_UTF8] = BL_ARROW_TYPE_UTF8,
        [BL_FLOAT32] = BL_ARROW_TYPE_FLOAT,
        [BL_FLOAT64] = BL_ARROW_TYPE_FLOAT,
        [BL_LIST] = BL_ARROW_TYPE_LIST,
        [BL_LARGE_LIST] = BL_ARROW_TYPE_LARGE_LIST,
        [BL_FIXED_LIST] = BL_ARROW_TYPE_FIXED_LIST,
        [BL_STRUCT] = BL_ARROW_TYPE_STRUCT,
    };
    if (type->logical)
        return build_logical(b, type, ret_kind);
    *ret_kind = kinds[type->id];
    if (*ret_kind == BL_ARROW_TYPE_FLOAT)
        return build_one(b, 2, type->id == BL_FLOAT32 ? 1 : 2);
    if (*ret_kind == BL_ARROW_TYPE_FIXED_LIST)
        return build_one(b, 4, type->list_size);
    if (*ret_kind)
        return build_nothing(b);
    *ret_kind = BL_ARROW_TYPE_INT;
    return build_int(b, type);
}

static bl_flat_ref build_field(bl_flat_builder *b, bl_arena *arena, const char *name,
                               const bl_type *type) {
    size_t n = type->n_children;
    bl_flat_ref *refs = (bl_flat_ref *)bl_arena_array(arena, n + 1, sizeof *refs);
    if (!refs) {
        b->failed = true;
        return 0;
    }
    for (size_t i = 0; i < n; i++)
        refs[i] = build_field(b, arena, type->names[i], type->children[i]);
    int64_t kind;
    bl_flat_ref children = bl_flat_add_refs(b, refs, n);
    bl_flat_ref own = build_type(b, type, &kind);
    bl_flat_ref text = bl_flat_add_text(b, name);
    bl_flat_begin(b);
    bl_flat_put_ref(b, BL_FIELD_NAME, text);
    bl_flat_put_ref(b, BL_FIELD_TYPE, own);
    bl_flat_put_ref(b, BL_FIELD_CHILDREN, children);
    bl_flat_put(b, BL_FIELD_TYPE_KIND, 1, kind);
    bl_flat_put(b, BL_FIELD_NULLABLE, 1, type->is_nullable);
    return bl_flat_end(b);
}

static bl_flat_ref build_metadata(bl_flat_builder *b, bl_arena *arena,
                                  const bl_arrow_writer *writer) {
    size_t n = writer->n_metadata;
    bl_flat_ref *refs = (bl_flat_ref *)bl_arena_array(arena, n + 1, sizeof *refs);
    if (n == 0 || !refs) {
        b->failed = b->failed || !refs;
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        bl_flat_ref key = bl_flat_add_text(b, writer->metadata[2 * i]);
        bl_flat_ref value = bl_flat_add_text(b, writer->metadata[2 * i + 1]);
        bl_flat_begin(b);
        bl_flat_put_ref(b, BL_KEY_VALUE_KEY, key);
        bl_flat_put_ref(b, BL_KEY_VALUE_VALUE, value);
        refs[i] = bl_flat_end(b);
    }
    return bl_flat_add_refs(b, refs, n);
}

bl_flat_ref bl_arrow_build_schema(bl_flat_builder *builder, bl_arena *arena,
                                  const bl_arrow_writer *writer) {
    size_t n = writer->head.n_columns;
    bl_flat_ref *refs = (bl_flat_ref *)bl_arena_array(arena, n + 1, sizeof *refs);
    if (!refs) {
        builder->failed = true;
        return 0;
    }
    for (size_t i = 0; i < n; i++)
        refs[i] = build_field(builder, arena, writer->head.names[i], writer->types[i]);
    bl_flat_ref fields = bl_flat_add_refs(builder, refs, n);
    bl_flat_ref metadata = build_metadata(builder, arena, writer);
    bl_flat_begin(builder);
    bl_flat_put_ref(builder, BL_SCHEMA_FIELDS, fields);
    bl_flat_put_ref(builder, BL_SCHEMA_METADATA, metadata);
    bl_flat_put(builder, BL_SCHEMA_ENDIANNESS, 2, 0);
    return bl_flat_end(builder);
}
