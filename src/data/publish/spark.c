// SPDX-License-Identifier: Apache-2.0
// Vectors of Spark's ML library, and the schema by which Spark knows them.
// \source Apache Spark, org.apache.spark.ml.linalg.VectorUDT; StructType.json
#include "base/json_text.h"
#include "data/publish/private.h"

/// Members of a vector; a dense one has no size and no indices.
enum { KIND, SIZE, INDICES, VALUES, N_MEMBERS };
enum { SPARSE, DENSE };

static bl_status list_of(bl_context *context, bl_type_id id, bl_type **ret_type, bl_error *err) {
    BL_AUTO(bl_type) list = NULL;
    BL_TRY(bl_type_new_list(context, BL_LIST, 0, bl_type_primitive(id), &list, err));
    return bl_type_new_nullable(context, list, ret_type, err);
}

bl_status bl_spark_vector_type(bl_context *context, bl_type **ret_type, bl_error *err) {
    static const char *const names[N_MEMBERS] = {"type", "size", "indices", "values"};
    BL_AUTO(bl_type) indices = NULL;
    BL_AUTO(bl_type) values = NULL;
    BL_TRY(list_of(context, BL_INT32, &indices, err));
    BL_TRY(list_of(context, BL_FLOAT64, &values, err));
    bl_type *members[N_MEMBERS] = {bl_type_primitive(BL_INT8), bl_type_primitive_nullable(BL_INT32),
                                   indices, values};
    return bl_type_new_struct(context, N_MEMBERS, names, members, ret_type, err);
}

// ---- columns ----

static void append_kind(bl_builder *vectors, int8_t kind) {
    bl_builder_append_number(&vectors->children[KIND], BL_INT8, &kind);
}

bl_status bl_spark_make_vectors(const bl_published *column, bl_context *context,
                                const bl_column *from, bl_column *ret_column, bl_error *err) {
    bl_builder vectors;
    bl_publish_numbers numbers = bl_publish_numbers_of(column, from);
    BL_TRY(bl_builder_init(&vectors, context, column->type, err));
    bl_builder *values = &vectors.children[VALUES], *leaf = &values->children[0];
    for (int64_t i = 0; i < from->length; i++) {
        append_kind(&vectors, DENSE);
        bl_builder_append_nulls(&vectors.children[SIZE], 1);
        bl_builder_append_nulls(&vectors.children[INDICES], 1);
        bl_builder_extend(leaf, (size_t)bl_publish_n_rows(&numbers, i) * column->width);
        bl_builder_end_list(values);
    }
    bl_status status = leaf->failed;
    if (status != BL_OK)
        (void)bl_error_set(err, status, "there is no room for vectors");
    else if (leaf->values)
        status = bl_publish_numbers_write(context, &numbers, leaf->values->data, err);
    if (status == BL_OK)
        status = bl_builder_finish(&vectors, ret_column, err);
    bl_builder_release(&vectors);
    return status;
}

static bl_status append_label(const bl_published *column, const bl_column *from, int64_t event,
                              bl_builder *vectors, bl_error *err) {
    const double one = 1;
    size_t class;
    BL_TRY(bl_publish_label(column, from, event, &class, err));
    int32_t size = (int32_t)column->width, index = (int32_t) class;
    append_kind(vectors, SPARSE);
    bl_builder_append_number(&vectors->children[SIZE], BL_INT32, &size);
    bl_builder_append_number(&vectors->children[INDICES].children[0], BL_INT32, &index);
    bl_builder_end_list(&vectors->children[INDICES]);
    bl_builder_append_number(&vectors->children[VALUES].children[0], BL_FLOAT64, &one);
    bl_builder_end_list(&vectors->children[VALUES]);
    return BL_OK;
}

bl_status bl_spark_make_labels(const bl_published *column, bl_context *context,
                               const bl_column *from, bl_column *ret_column, bl_error *err) {
    bl_builder vectors;
    BL_TRY(bl_builder_init(&vectors, context, column->type, err));
    bl_status status = BL_OK;
    for (int64_t i = 0; i < from->length && status == BL_OK; i++)
        status = append_label(column, from, i, &vectors, err);
    if (status == BL_OK)
        status = bl_builder_finish(&vectors, ret_column, err);
    bl_builder_release(&vectors);
    return status;
}

bl_status bl_spark_make_longs(const bl_published *column, bl_context *context,
                              const bl_column *from, bl_column *ret_column, bl_error *err) {
    bl_builder longs;
    BL_TRY(bl_builder_init(&longs, context, column->type, err));
    for (int64_t i = 0; i < from->length; i++)
        bl_builder_append_number(&longs, BL_INT32, from->values->data + (size_t)i * 4);
    bl_status status = bl_builder_finish(&longs, ret_column, err);
    bl_builder_release(&longs);
    return status;
}

// ---- schema ----

static const char vector_type[] =
    "{\"type\":\"udt\",\"class\":\"org.apache.spark.ml.linalg.VectorUDT\","
    "\"pyClass\":\"pyspark.ml.linalg.VectorUDT\",\"sqlType\":{\"type\":\"struct\",\"fields\":["
    "{\"name\":\"type\",\"type\":\"byte\",\"nullable\":false,\"metadata\":{}},"
    "{\"name\":\"size\",\"type\":\"integer\",\"nullable\":true,\"metadata\":{}},"
    "{\"name\":\"indices\",\"type\":{\"type\":\"array\",\"elementType\":\"integer\","
    "\"containsNull\":false},\"nullable\":true,\"metadata\":{}},"
    "{\"name\":\"values\",\"type\":{\"type\":\"array\",\"elementType\":\"double\","
    "\"containsNull\":false},\"nullable\":true,\"metadata\":{}}]}}";

/// What Spark calls numbers and texts; NULL: it has none such.
static const char *spark_name(const bl_type *type) {
    static const char *const names[] = {
        [BL_BOOL] = "boolean",  [BL_INT8] = "byte",      [BL_UINT8] = "short",
        [BL_INT16] = "short",   [BL_UINT16] = "integer", [BL_INT32] = "integer",
        [BL_UINT32] = "long",   [BL_INT64] = "long",     [BL_UINT64] = "decimal(20,0)",
        [BL_FLOAT32] = "float", [BL_FLOAT64] = "double", [BL_BINARY] = "binary",
        [BL_UTF8] = "string",
    };
    return (size_t)type->id < sizeof names / sizeof *names && !type->logical ? names[type->id]
                                                                             : NULL;
}

static bool put_type(bl_text *to, const bl_type *type) {
    const char *name = spark_name(type);
    if (name) {
        bl_text_add(to, "\"%s\"", name);
        return true;
    }
    if (type->id != BL_LIST && type->id != BL_FIXED_LIST && type->id != BL_LARGE_LIST)
        return false;
    bl_text_add(to, "{\"type\":\"array\",\"elementType\":");
    if (!put_type(to, type->children[0]))
        return false;
    bl_text_add(to, ",\"containsNull\":%s}", type->children[0]->is_nullable ? "true" : "false");
    return true;
}

bl_status bl_spark_schema(bl_arena *arena, const bl_published *columns, size_t n,
                          const char **ret_text, bl_error *err) {
    bl_text to = {.arena = arena};
    bl_text_add(&to, "{\"type\":\"struct\",\"fields\":[");
    for (size_t i = 0; i < n; i++) {
        bl_text_add(&to, i ? ",{\"name\":" : "{\"name\":");
        bl_text_add_quoted(&to, columns[i].name);
        bl_text_add(&to, ",\"type\":");
        if (columns[i].is_vector)
            bl_text_add(&to, "%s", vector_type);
        else if (!put_type(&to, columns[i].type))
            return bl_error_set(err, BL_E_TYPE, "column '%s': no type of Spark's is like it",
                                columns[i].name);
        bl_text_add(&to, ",\"nullable\":true,\"metadata\":{}}");
    }
    bl_text_add(&to, "]}");
    if (to.has_failed)
        return bl_error_nomem(err, to.n, "a schema");
    *ret_text = to.text;
    return BL_OK;
}
