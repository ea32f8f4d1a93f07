// SPDX-License-Identifier: Apache-2.0
// One Arrow type: how its buffers lie, and which of our types its values become. Types that we do
// not read are known all the same, because their buffers stand between those of other columns.
#include <stdio.h>

#include "base/utf8.h"
#include "formats/arrow/schema.h"

#define UNIT(table, otherwise) ((unsigned)bl_flat_int((table), BL_TIME_UNIT, 2, (otherwise)))

/// The units of time, seconds to nanoseconds, as Arrow's format strings and its people write them.
static const char units[] = {'s', 'm', 'u', 'n'};
static const char *const unit_names[] = {"s", "ms", "us", "ns"};

typedef struct reading {
    bl_context *context;
    bl_arena *arena;
    bl_flat_table type;
    bl_arrow_field *field;
    char *text;
    size_t size;
    bl_error *err;
} reading;

static bl_status refuse(reading *r, const char *why) {
    r->field->unreadable = why;
    return BL_OK;
}

/// What a leaf becomes.
static bl_status leaf(reading *r, bl_arrow_layout layout, size_t width, bl_type_id id) {
    r->field->layout = layout;
    r->field->width = width;
    r->field->type =
        r->field->is_nullable ? bl_type_primitive_nullable(id) : bl_type_ref(bl_type_primitive(id));
    return BL_OK;
}

/// Whole numbers that stand for dates and times. \param logical Arrow's format string
static bl_status logical(reading *r, size_t width, const char *logical) {
    r->field->layout = BL_ARROW_FIXED;
    r->field->width = width;
    return bl_type_new_logical(r->context, width == 4 ? BL_INT32 : BL_INT64, logical,
                               r->field->is_nullable, &r->field->type, r->err);
}

static bl_status read_int(reading *r) {
    static const bl_type_id ids[2][4] = {{BL_UINT8, BL_UINT16, BL_UINT32, BL_UINT64},
                                         {BL_INT8, BL_INT16, BL_INT32, BL_INT64}};
    int64_t bits = bl_flat_int(&r->type, BL_INT_BITS, 4, 0);
    bool is_signed = bl_flat_int(&r->type, BL_INT_SIGNED, 1, 0) != 0;
    snprintf(r->text, r->size, "%sint%d", is_signed ? "" : "u", (int)bits);
    for (unsigned i = 0; i < 4; i++)
        if (bits == 8 << i)
            return leaf(r, BL_ARROW_FIXED, (size_t)1 << i, ids[is_signed][i]);
    return refuse(r, "whole numbers of that width are not known");
}

static bl_status read_float(reading *r) {
    static const char *const names[] = {"float16", "float32", "float64"};
    static const bl_type_id ids[] = {BL_FLOAT32, BL_FLOAT32, BL_FLOAT64};
    uint64_t precision = (uint64_t)bl_flat_int(&r->type, 0, 2, 0);
    if (precision > 2)
        return refuse(r, "real numbers of that precision are not known");
    snprintf(r->text, r->size, "%s", names[precision]);
    r->field->cast = precision == 0 ? BL_ARROW_HALF : BL_ARROW_AS_IS;
    return leaf(r, BL_ARROW_FIXED, (size_t)2 << precision, ids[precision]);
}

static bl_status read_decimal(reading *r) {
    int64_t bits = bl_flat_int(&r->type, BL_DECIMAL_BITS, 4, 128);
    int64_t scale = bl_flat_int(&r->type, BL_DECIMAL_SCALE, 4, 0);
    snprintf(r->text, r->size, "decimal%d(%d, %d)", (int)bits,
             (int)bl_flat_int(&r->type, BL_DECIMAL_PRECISION, 4, 0), (int)scale);
    if (bits != 32 && bits != 64 && bits != 128 && bits != 256)
        return refuse(r, "decimals of that width are not known");
    r->field->cast = BL_ARROW_DECIMAL;
    r->field->scale = (int32_t)scale;
    return leaf(r, BL_ARROW_FIXED, (size_t)bits / 8, BL_FLOAT64);
}

static bl_status read_date(reading *r) {
    bool is_days = UNIT(&r->type, 1) == 0;
    snprintf(r->text, r->size, "date%d", is_days ? 32 : 64);
    return logical(r, is_days ? 4 : 8, is_days ? "tdD" : "tdm");
}

static bl_status read_time(reading *r) {
    unsigned unit = UNIT(&r->type, 1);
    size_t width = (size_t)bl_flat_int(&r->type, BL_TIME_BITS, 4, 32) / 8;
    if (unit > 3 || width != (unit < 2 ? 4 : 8))
        return refuse(r, "times of that unit and width are not known");
    const char format[] = {'t', 't', units[unit], '\0'};
    snprintf(r->text, r->size, "time%zu[%s]", width * 8, unit_names[unit]);
    return logical(r, width, format);
}

static bl_status read_timestamp(reading *r) {
    unsigned unit = UNIT(&r->type, 0);
    size_t length;
    const char *zone = bl_flat_text(&r->type, BL_TIMESTAMP_ZONE, &length);
    if (unit > 3)
        return refuse(r, "timestamps of that unit are not known");
    if (length > 50)
        return refuse(r, "a time zone of more than 50 bytes");
    if (zone && !bl_utf8_valid((const uint8_t *)zone, length))
        return bl_error_set(r->err, BL_E_CORRUPT, "a time zone that is not UTF-8");
    char format[80];
    snprintf(format, sizeof format, "ts%c:%.*s", units[unit], (int)length, zone ? zone : "");
    snprintf(r->text, r->size, "timestamp[%s%s%.*s]", unit_names[unit], length ? ", " : "",
             (int)length, zone ? zone : "");
    return logical(r, 8, format);
}

static bl_status read_duration(reading *r) {
    unsigned unit = UNIT(&r->type, 1);
    if (unit > 3)
        return refuse(r, "durations of that unit are not known");
    const char format[] = {'t', 'D', units[unit], '\0'};
    snprintf(r->text, r->size, "duration[%s]", unit_names[unit]);
    return logical(r, 8, format);
}

static bl_status read_text(reading *r, const char *name, bl_arrow_layout layout, size_t width,
                           bl_type_id id) {
    snprintf(r->text, r->size, "%s", name);
    return leaf(r, layout, width, id);
}

static bl_status read_fixed_binary(reading *r) {
    int64_t width = bl_flat_int(&r->type, 0, 4, 0);
    snprintf(r->text, r->size, "fixed_size_binary[%d]", (int)width);
    if (width < 0)
        return bl_error_set(r->err, BL_E_CORRUPT, "texts of %d bytes", (int)width);
    return leaf(r, BL_ARROW_FIXED_BINARY, (size_t)width, BL_BINARY);
}

/// A layout with children, whose type is made when they are known.
static bl_status nested(reading *r, const char *name, bl_arrow_layout layout, size_t width) {
    snprintf(r->text, r->size, "%s", name);
    r->field->layout = layout;
    r->field->width = width;
    return BL_OK;
}

static bl_status read_fixed_list(reading *r) {
    int64_t size = bl_flat_int(&r->type, 0, 4, 0);
    if (size < 0)
        return bl_error_set(r->err, BL_E_CORRUPT, "lists of %d items", (int)size);
    return nested(r, "fixed_size_list", BL_ARROW_FIXED_LIST, (size_t)size);
}

/// Types that are known but not read.
static bl_status other(reading *r, const char *name, size_t n_buffers, const char *why) {
    r->field->n_buffers = n_buffers;
    (void)nested(r, name, BL_ARROW_OTHER, 0);
    return refuse(r, why);
}

static bl_status read_other(reading *r, int64_t kind) {
    switch (kind) {
    case BL_ARROW_TYPE_INTERVAL:
        return other(r, "interval", 2, "intervals of calendars have no counterpart");
    case BL_ARROW_TYPE_UNION:
        return other(r, "union", bl_flat_int(&r->type, BL_UNION_MODE, 2, 0) == 1 ? 2 : 1,
                     "unions have no counterpart");
    case BL_ARROW_TYPE_RUN_ENDS:
        return other(r, "run_end_encoded", 0, "run-end-encoded values are not read");
    case BL_ARROW_TYPE_LIST_VIEW:
    case BL_ARROW_TYPE_LARGE_LIST_VIEW:
        return other(r, "list_view", 3, "list views are not read");
    default:
        return bl_error_set(r->err, BL_E_UNSUPPORTED, "Arrow type number %d is not known",
                            (int)kind);
    }
}

static bl_status read_kind(reading *r, int64_t kind) {
    switch (kind) {
    case BL_ARROW_TYPE_NULL:
        return read_text(r, "null", BL_ARROW_NULLS, 0, BL_BOOL);
    case BL_ARROW_TYPE_INT:
        return read_int(r);
    case BL_ARROW_TYPE_FLOAT:
        return read_float(r);
    case BL_ARROW_TYPE_BOOL:
        return read_text(r, "bool", BL_ARROW_BITS, 0, BL_BOOL);
    case BL_ARROW_TYPE_BINARY:
        return read_text(r, "binary", BL_ARROW_TEXT, 4, BL_BINARY);
    case BL_ARROW_TYPE_UTF8:
        return read_text(r, "utf8", BL_ARROW_TEXT, 4, BL_UTF8);
    case BL_ARROW_TYPE_LARGE_BINARY:
        return read_text(r, "large_binary", BL_ARROW_TEXT, 8, BL_BINARY);
    case BL_ARROW_TYPE_LARGE_UTF8:
        return read_text(r, "large_utf8", BL_ARROW_TEXT, 8, BL_UTF8);
    case BL_ARROW_TYPE_BINARY_VIEW:
        return read_text(r, "binary_view", BL_ARROW_VIEWS, 16, BL_BINARY);
    case BL_ARROW_TYPE_UTF8_VIEW:
        return read_text(r, "utf8_view", BL_ARROW_VIEWS, 16, BL_UTF8);
    case BL_ARROW_TYPE_DECIMAL:
        return read_decimal(r);
    case BL_ARROW_TYPE_DATE:
        return read_date(r);
    case BL_ARROW_TYPE_TIME:
        return read_time(r);
    case BL_ARROW_TYPE_TIMESTAMP:
        return read_timestamp(r);
    case BL_ARROW_TYPE_DURATION:
        return read_duration(r);
    case BL_ARROW_TYPE_FIXED_BINARY:
        return read_fixed_binary(r);
    case BL_ARROW_TYPE_LIST:
        return nested(r, "list", BL_ARROW_LIST, 4);
    case BL_ARROW_TYPE_MAP:
        return nested(r, "map", BL_ARROW_LIST, 4);
    case BL_ARROW_TYPE_LARGE_LIST:
        return nested(r, "large_list", BL_ARROW_LIST, 8);
    case BL_ARROW_TYPE_FIXED_LIST:
        return read_fixed_list(r);
    case BL_ARROW_TYPE_STRUCT:
        return nested(r, "struct", BL_ARROW_STRUCT, 0);
    default:
        return read_other(r, kind);
    }
}

static size_t buffers_of(bl_arrow_layout layout) {
    switch (layout) {
    case BL_ARROW_NULLS:
        return 0;
    case BL_ARROW_TEXT:
        return 3;
    case BL_ARROW_FIXED_LIST:
    case BL_ARROW_STRUCT:
        return 1;
    default:
        return 2;
    }
}

bl_status bl_arrow_type_read(bl_context *context, bl_arena *arena, const bl_flat_table *field,
                             bl_arrow_field *ret_field, char *text, size_t size, bl_error *err) {
    int64_t kind = bl_flat_int(field, BL_FIELD_TYPE_KIND, 1, 0);
    reading r = {context, arena, bl_flat_child(field, BL_FIELD_TYPE), ret_field, text, size, err};
    snprintf(text, size, "type %d", (int)kind);
    // Null has nothing to say, so that its table may be left out
    if (!r.type.flat && kind != BL_ARROW_TYPE_NULL)
        return bl_error_set(err, BL_E_CORRUPT, "a field without its type");
    if (kind == BL_ARROW_TYPE_NULL)
        ret_field->is_nullable = true;
    BL_TRY(read_kind(&r, kind));
    if (ret_field->layout != BL_ARROW_OTHER)
        ret_field->n_buffers = buffers_of(ret_field->layout);
    ret_field->n_views = ret_field->layout == BL_ARROW_VIEWS;
    if (ret_field->unreadable && ret_field->layout == BL_ARROW_NULLS)
        ret_field->layout = BL_ARROW_OTHER, ret_field->n_buffers = 2;
    return BL_OK;
}
