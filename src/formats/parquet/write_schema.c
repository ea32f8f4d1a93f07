// SPDX-License-Identifier: Apache-2.0
// Types as a schema: a SchemaElement for each step, and a leaf for each column of the file.
//
// Lists are the three levels that the format's document on nested types asks for; what may not be
// null is REQUIRED. Seconds, which the format does not know, become milliseconds; dates counted in
// milliseconds become days; durations stay numbers.
// \source Apache Parquet, LogicalTypes.md
#include <stdio.h>

#include "formats/parquet/write.h"

/// What a primitive type is called in Parquet.
typedef struct parquet_kind {
    bl_parquet_type type;
    bl_pqw_kind kind;
    bl_pqw_order order;
    uint8_t width;
    bl_parquet_converted converted;
    bl_parquet_logical logical;
    uint8_t unit; ///< of times: number of the field of TimeUnit
    uint8_t bits; ///< of integers
    bool is_flag; ///< signed integers; times adjusted to UTC
} parquet_kind;

#define NONE BL_PARQUET_CONVERTED_NONE, BL_PARQUET_LOGICAL_NONE, 0, 0, false
#define INTEGER(bits, is_signed)                                                      \
    (is_signed) ? BL_PARQUET_CONVERTED_INT_##bits : BL_PARQUET_CONVERTED_UINT_##bits, \
        BL_PARQUET_LOGICAL_INTEGER, 0, bits, is_signed

static const parquet_kind kinds[] = {
    [BL_BOOL] = {BL_PARQUET_BOOLEAN, BL_PQW_BOOL, BL_PQW_BOOLS, 1, NONE},
    [BL_INT8] = {BL_PARQUET_INT32, BL_PQW_INT8, BL_PQW_I32, 4, INTEGER(8, true)},
    [BL_UINT8] = {BL_PARQUET_INT32, BL_PQW_UINT8, BL_PQW_U32, 4, INTEGER(8, false)},
    [BL_INT16] = {BL_PARQUET_INT32, BL_PQW_INT16, BL_PQW_I32, 4, INTEGER(16, true)},
    [BL_UINT16] = {BL_PARQUET_INT32, BL_PQW_UINT16, BL_PQW_U32, 4, INTEGER(16, false)},
    [BL_INT32] = {BL_PARQUET_INT32, BL_PQW_COPY4, BL_PQW_I32, 4, NONE},
    [BL_UINT32] = {BL_PARQUET_INT32, BL_PQW_COPY4, BL_PQW_U32, 4, INTEGER(32, false)},
    [BL_INT64] = {BL_PARQUET_INT64, BL_PQW_COPY8, BL_PQW_I64, 8, NONE},
    [BL_UINT64] = {BL_PARQUET_INT64, BL_PQW_COPY8, BL_PQW_U64, 8, INTEGER(64, false)},
    [BL_FLOAT32] = {BL_PARQUET_FLOAT, BL_PQW_COPY4, BL_PQW_F32, 4, NONE},
    [BL_FLOAT64] = {BL_PARQUET_DOUBLE, BL_PQW_COPY8, BL_PQW_F64, 8, NONE},
    [BL_BINARY] = {BL_PARQUET_BYTE_ARRAY, BL_PQW_TEXT, BL_PQW_BYTES, 0, NONE},
    [BL_UTF8] = {BL_PARQUET_BYTE_ARRAY, BL_PQW_TEXT, BL_PQW_BYTES, 0, BL_PARQUET_CONVERTED_UTF8,
                 BL_PARQUET_LOGICAL_STRING, 0, 0, false},
};

enum { MILLIS = 1, MICROS = 2, NANOS = 3 };

/// Numbers that stand for dates and times. Prefixes of Arrow's format strings.
static const struct {
    const char *format;
    parquet_kind kind;
} logical_kinds[] = {
    {"tdD",
     {BL_PARQUET_INT32, BL_PQW_COPY4, BL_PQW_I32, 4, BL_PARQUET_CONVERTED_DATE,
      BL_PARQUET_LOGICAL_DATE, 0, 0, false}},
    {"tdm",
     {BL_PARQUET_INT32, BL_PQW_DAYS, BL_PQW_I32, 4, BL_PARQUET_CONVERTED_DATE,
      BL_PARQUET_LOGICAL_DATE, 0, 0, false}},
    {"tts",
     {BL_PARQUET_INT32, BL_PQW_SECONDS4, BL_PQW_I32, 4, BL_PARQUET_CONVERTED_TIME_MILLIS,
      BL_PARQUET_LOGICAL_TIME, MILLIS, 0, true}},
    {"ttm",
     {BL_PARQUET_INT32, BL_PQW_COPY4, BL_PQW_I32, 4, BL_PARQUET_CONVERTED_TIME_MILLIS,
      BL_PARQUET_LOGICAL_TIME, MILLIS, 0, true}},
    {"ttu",
     {BL_PARQUET_INT64, BL_PQW_COPY8, BL_PQW_I64, 8, BL_PARQUET_CONVERTED_TIME_MICROS,
      BL_PARQUET_LOGICAL_TIME, MICROS, 0, true}},
    {"ttn",
     {BL_PARQUET_INT64, BL_PQW_COPY8, BL_PQW_I64, 8, BL_PARQUET_CONVERTED_NONE,
      BL_PARQUET_LOGICAL_TIME, NANOS, 0, true}},
    {"tss:",
     {BL_PARQUET_INT64, BL_PQW_SECONDS8, BL_PQW_I64, 8, BL_PARQUET_CONVERTED_TIMESTAMP_MILLIS,
      BL_PARQUET_LOGICAL_TIMESTAMP, MILLIS, 0, false}},
    {"tsm:",
     {BL_PARQUET_INT64, BL_PQW_COPY8, BL_PQW_I64, 8, BL_PARQUET_CONVERTED_TIMESTAMP_MILLIS,
      BL_PARQUET_LOGICAL_TIMESTAMP, MILLIS, 0, false}},
    {"tsu:",
     {BL_PARQUET_INT64, BL_PQW_COPY8, BL_PQW_I64, 8, BL_PARQUET_CONVERTED_TIMESTAMP_MICROS,
      BL_PARQUET_LOGICAL_TIMESTAMP, MICROS, 0, false}},
    {"tsn:",
     {BL_PARQUET_INT64, BL_PQW_COPY8, BL_PQW_I64, 8, BL_PARQUET_CONVERTED_NONE,
      BL_PARQUET_LOGICAL_TIMESTAMP, NANOS, 0, false}},
};

static parquet_kind kind_of(const bl_type *type) {
    for (size_t i = 0; type->logical && i < sizeof logical_kinds / sizeof *logical_kinds; i++) {
        size_t length = strlen(logical_kinds[i].format);
        if (strncmp(type->logical, logical_kinds[i].format, length) != 0)
            continue;
        parquet_kind kind = logical_kinds[i].kind;
        kind.is_flag = kind.is_flag || type->logical[length]; // has a time zone
        return kind;
    }
    return kinds[type->id];
}

// ---- elements ----

static void put_time(bl_thrift_out *out, const parquet_kind *kind) {
    bl_thrift_put_bool(out, 1, kind->is_flag);
    bl_thrift_put_begin(out, 2);
    bl_thrift_put_begin(out, kind->unit);
    bl_thrift_put_end(out);
    bl_thrift_put_end(out);
}

static void put_logical(bl_thrift_out *out, const parquet_kind *kind) {
    if (kind->logical == BL_PARQUET_LOGICAL_NONE)
        return;
    bl_thrift_put_begin(out, 10);
    bl_thrift_put_begin(out, (int)kind->logical);
    if (kind->logical == BL_PARQUET_LOGICAL_TIME || kind->logical == BL_PARQUET_LOGICAL_TIMESTAMP)
        put_time(out, kind);
    if (kind->logical == BL_PARQUET_LOGICAL_INTEGER) {
        bl_thrift_put_byte(out, 1, kind->bits);
        bl_thrift_put_bool(out, 2, kind->is_flag);
    }
    bl_thrift_put_end(out);
    bl_thrift_put_end(out);
}

static void put_leaf(bl_thrift_out *out, const char *name, bool is_optional,
                     const parquet_kind *kind) {
    bl_thrift_put_begin_item(out);
    bl_thrift_put_i32(out, 1, (int32_t)kind->type);
    bl_thrift_put_i32(out, 3, is_optional ? BL_PARQUET_OPTIONAL : BL_PARQUET_REQUIRED);
    bl_thrift_put_text(out, 4, name);
    if (kind->converted != BL_PARQUET_CONVERTED_NONE)
        bl_thrift_put_i32(out, 6, (int32_t)kind->converted);
    put_logical(out, kind);
    bl_thrift_put_end(out);
}

static void put_group(bl_thrift_out *out, const char *name, bl_parquet_repetition repetition,
                      size_t n_children, bool is_list) {
    parquet_kind list = {.logical = BL_PARQUET_LOGICAL_LIST};
    bl_thrift_put_begin_item(out);
    bl_thrift_put_i32(out, 3, (int32_t)repetition);
    bl_thrift_put_text(out, 4, name);
    bl_thrift_put_i32(out, 5, (int32_t)n_children);
    if (is_list) {
        bl_thrift_put_i32(out, 6, BL_PARQUET_CONVERTED_LIST);
        put_logical(out, &list);
    }
    bl_thrift_put_end(out);
}

// ---- the walk ----

/// Where a walk through a type is.
typedef struct walk {
    bl_context *context;
    bl_pqw_schema *schema;
    size_t column;
    size_t n_path, n_steps;
    const char *path[2 * BL_PQW_DEEPEST + 3];
    bl_pqw_step steps[BL_PQW_DEEPEST + 1];
    unsigned definition, repetition;
} walk;

static const char *join_path(bl_arena *arena, const char *const *path, size_t n) {
    const char *text = path[0];
    for (size_t i = 1; i < n && text; i++)
        text = bl_arena_printf(arena, "%s.%s", text, path[i]);
    return text;
}

static bl_status add_leaf(const walk *at, const bl_type *type, bl_error *err) {
    bl_pqw_schema *schema = at->schema;
    parquet_kind kind = kind_of(type);
    put_leaf(&schema->elements, at->path[at->n_path - 1], type->is_nullable, &kind);
    BL_TRY(bl_array_grow(at->context, &schema->leaves, &schema->capacity, schema->n_leaves,
                         sizeof *schema->leaves, "columns", err));
    const char **path = (const char **)bl_arena_array(schema->arena, at->n_path, sizeof *path);
    bl_pqw_step *steps = (bl_pqw_step *)bl_arena_array(schema->arena, at->n_steps, sizeof *steps);
    const char *name = join_path(schema->arena, at->path, at->n_path);
    if (!path || !steps || !name)
        return bl_error_nomem(err, at->n_steps * sizeof *steps, "columns");
    memcpy(path, at->path, at->n_path * sizeof *path);
    memcpy(steps, at->steps, at->n_steps * sizeof *steps);
    schema->leaves[schema->n_leaves++] = (bl_pqw_leaf){
        .name = name,
        .path = path,
        .n_path = at->n_path,
        .column = at->column,
        .n_steps = at->n_steps,
        .steps = steps,
        .max_definition = (uint8_t)at->definition,
        .max_repetition = (uint8_t)at->repetition,
        .type = kind.type,
        .kind = kind.kind,
        .order = kind.order,
        .width = kind.width,
        .is_utf8 = type->id == BL_UTF8,
    };
    return BL_OK;
}

static bl_status add_type(walk *at, const char *name, const bl_type *type, bl_error *err);

static bl_status add_members(walk *at, const bl_type *type, bl_error *err) {
    size_t step = at->n_steps - 1;
    for (size_t i = 0; i < type->n_children; i++) {
        at->steps[step].child = i;
        BL_TRY(add_type(at, type->names[i], type->children[i], err));
    }
    return BL_OK;
}

static bl_status add_group(walk *at, const char *name, const bl_type *type, bl_error *err) {
    bl_thrift_out *out = &at->schema->elements;
    bl_parquet_repetition repetition =
        type->is_nullable ? BL_PARQUET_OPTIONAL : BL_PARQUET_REQUIRED;
    if (type->id == BL_STRUCT) {
        if (type->n_children == 0)
            return bl_error_set(err, BL_E_TYPE,
                                "'%s' is a struct without members, which Parquet "
                                "cannot hold",
                                name);
        put_group(out, name, repetition, type->n_children, false);
        return add_members(at, type, err);
    }
    put_group(out, name, repetition, 1, true);
    put_group(out, "list", BL_PARQUET_REPEATED, 1, false);
    at->schema->n_elements++;
    at->path[at->n_path++] = "list";
    at->definition++;
    at->repetition++;
    bl_status status = add_type(at, "element", type->children[0], err);
    at->repetition--;
    at->definition--;
    at->n_path--;
    return status;
}

static bl_status add_type(walk *at, const char *name, const bl_type *type, bl_error *err) {
    if (at->n_steps > BL_PQW_DEEPEST)
        return bl_error_set(err, BL_E_TYPE, "more than %d lists and structs in each other",
                            BL_PQW_DEEPEST);
    bool is_leaf = type->n_children == 0 && type->id != BL_STRUCT;
    at->path[at->n_path++] = name;
    at->steps[at->n_steps++] = (bl_pqw_step){type->id, type->is_nullable, 0, type->list_size};
    at->definition += type->is_nullable;
    at->schema->n_elements++;
    bl_status status = is_leaf ? add_leaf(at, type, err) : add_group(at, name, type, err);
    at->definition -= type->is_nullable;
    at->n_steps--;
    at->n_path--;
    return status;
}

bl_status bl_pqw_schema_add(bl_context *context, bl_pqw_schema *schema, const char *name,
                            const bl_type *type, bl_error *err) {
    walk at = {.context = context, .schema = schema};
    at.column = schema->n_leaves ? schema->leaves[schema->n_leaves - 1].column + 1 : 0;
    BL_TRY_IN(add_type(&at, name, type, err), err, "column '%s'", name);
    return bl_packer_check(&schema->elements.out, "a schema", err);
}

void bl_pqw_schema_release(bl_context *context, bl_pqw_schema *schema) {
    bl_thrift_out_release(&schema->elements);
    bl_free(context, schema->leaves);
}
