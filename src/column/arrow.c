// SPDX-License-Identifier: Apache-2.0
// Batches and schemas as Arrow C data structs. Every node owns one allocation with all that it
// points to, holds its buffers itself and keeps the context's memory alive, so that a consumer may
// move children out and release them after their parent.
//
// A field is nullable where its type says that values may be null.
// \source Apache Arrow, "The Arrow C data interface"
#include <stdio.h>

#include "base/context.h"
#include "column/column.h"

/// Stands for buffers of no bytes and for the single offset of no lists.
static const _Alignas(64) uint8_t zeros[64];

static const char *const formats[] = {
#define FORMAT(name, format, width, text) format,
    BL_TYPE_TABLE(FORMAT)
#undef FORMAT
};

/// Rows, a struct of columns.
static const bl_type rows_type = {.id = BL_STRUCT};

typedef struct schema_node {
    bl_context *context;
    struct ArrowSchema *children;
    struct ArrowSchema **child_pointers;
    char format[64];
    char name[];
} schema_node;

typedef struct array_node {
    bl_context *context;
    bl_buffer *held[3];
    const void *buffers[3];
    struct ArrowArray *children;
    struct ArrowArray **child_pointers;
} array_node;

static void release_schema(struct ArrowSchema *schema) {
    schema_node *node = (schema_node *)schema->private_data;
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
    schema->release = NULL;
    bl_context *context = node->context;
    bl_free(context, node->children);
    bl_free(context, node->child_pointers);
    bl_free(context, node);
    bl_context_unref(context);
}

/// A node whose children are zeroed, so that it can be released before they are all filled.
static bl_status new_schema(bl_context *context, const char *name, const bl_type *type, size_t n,
                            struct ArrowSchema *schema, bl_error *err) {
    size_t size = sizeof(schema_node) + strlen(name) + 1;
    schema_node *node = (schema_node *)bl_alloc_zero(context, 1, size);
    if (!node)
        return bl_error_nomem(err, size, "a schema");
    node->context = context;
    bl_context_ref(context);
    memcpy(node->name, name, strlen(name) + 1);
    if (type->id == BL_FIXED_LIST)
        snprintf(node->format, sizeof node->format, "%s%lld", formats[type->id],
                 (long long)type->list_size);
    else
        snprintf(node->format, sizeof node->format, "%s",
                 type->logical ? type->logical : formats[type->id]);
    *schema = (struct ArrowSchema){.format = node->format,
                                   .name = node->name,
                                   .flags = type->is_nullable ? ARROW_FLAG_NULLABLE : 0,
                                   .release = release_schema,
                                   .private_data = node};
    if (n == 0)
        return BL_OK;
    node->children = (struct ArrowSchema *)bl_alloc_zero(context, n, sizeof *node->children);
    node->child_pointers =
        (struct ArrowSchema **)bl_alloc_zero(context, n, sizeof *node->child_pointers);
    if (!node->children || !node->child_pointers) {
        schema->release(schema);
        return bl_error_nomem(err, n * sizeof *node->children, "a schema");
    }
    for (size_t i = 0; i < n; i++)
        node->child_pointers[i] = &node->children[i];
    schema->children = node->child_pointers;
    schema->n_children = (int64_t)n;
    return BL_OK;
}

static bl_status export_type(bl_context *context, const char *name, const bl_type *type,
                             struct ArrowSchema *schema, bl_error *err) {
    BL_TRY(new_schema(context, name, type, type->n_children, schema, err));
    for (size_t i = 0; i < type->n_children; i++) {
        bl_status status =
            export_type(context, type->names[i], type->children[i], schema->children[i], err);
        if (status != BL_OK) {
            schema->release(schema);
            return status;
        }
    }
    return BL_OK;
}

bl_status bl_schema_export(bl_context *context, size_t n_columns, const char *const *names,
                           bl_type *const *types, struct ArrowSchema *ret_schema, bl_error *err) {
    struct ArrowSchema schema;
    BL_TRY(new_schema(context, "", &rows_type, n_columns, &schema, err));
    for (size_t i = 0; i < n_columns; i++) {
        bl_status status = export_type(context, names[i], types[i], schema.children[i], err);
        if (status != BL_OK) {
            schema.release(&schema);
            return status;
        }
    }
    *ret_schema = schema;
    return BL_OK;
}

static void release_array(struct ArrowArray *array) {
    array_node *node = (array_node *)array->private_data;
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release)
            array->children[i]->release(array->children[i]);
    array->release = NULL;
    bl_context *context = node->context;
    for (size_t i = 0; i < sizeof node->held / sizeof *node->held; i++)
        bl_buffer_release(node->held[i]);
    bl_free(context, node->children);
    bl_free(context, node->child_pointers);
    bl_free(context, node);
    bl_context_unref(context);
}

static bl_status new_array(bl_context *context, int64_t length, size_t n, struct ArrowArray *array,
                           bl_error *err) {
    array_node *node = (array_node *)bl_alloc_zero(context, 1, sizeof *node);
    if (!node)
        return bl_error_nomem(err, sizeof *node, "an array");
    node->context = context;
    bl_context_ref(context);
    *array = (struct ArrowArray){.length = length,
                                 .n_buffers = 1, // validity: NULL, as long as there are no nulls
                                 .buffers = node->buffers,
                                 .release = release_array,
                                 .private_data = node};
    if (n == 0)
        return BL_OK;
    node->children = (struct ArrowArray *)bl_alloc_zero(context, n, sizeof *node->children);
    node->child_pointers =
        (struct ArrowArray **)bl_alloc_zero(context, n, sizeof *node->child_pointers);
    if (!node->children || !node->child_pointers) {
        array->release(array);
        return bl_error_nomem(err, n * sizeof *node->children, "an array");
    }
    for (size_t i = 0; i < n; i++)
        node->child_pointers[i] = &node->children[i];
    array->children = node->child_pointers;
    array->n_children = (int64_t)n;
    return BL_OK;
}

static void add_validity(struct ArrowArray *array, const bl_column *column) {
    array_node *node = (array_node *)array->private_data;
    array->null_count = bl_column_count_nulls(column);
    if (array->null_count == 0)
        return;
    node->held[0] = bl_buffer_ref(column->validity);
    node->buffers[0] = column->validity->data;
}

static void add_buffer(struct ArrowArray *array, size_t held, bl_buffer *buffer) {
    array_node *node = (array_node *)array->private_data;
    node->held[held] = buffer ? bl_buffer_ref(buffer) : NULL;
    node->buffers[array->n_buffers++] = buffer ? buffer->data : zeros;
}

static bl_status export_column(bl_context *context, const bl_column *column,
                               struct ArrowArray *array, bl_error *err) {
    bl_type_id id = column->type->id;
    BL_TRY(new_array(context, column->length, column->n_children, array, err));
    add_validity(array, column);
    if (id == BL_LIST || id == BL_LARGE_LIST || id == BL_UTF8 || id == BL_BINARY)
        add_buffer(array, 1, column->offsets);
    if (id < BL_LIST)
        add_buffer(array, 2, column->values);
    for (size_t i = 0; i < column->n_children; i++) {
        bl_status status = export_column(context, &column->children[i], array->children[i], err);
        if (status != BL_OK) {
            array->release(array);
            return status;
        }
    }
    return BL_OK;
}

static bl_status export_columns(const bl_batch *batch, struct ArrowArray *array, bl_error *err) {
    BL_TRY(new_array(batch->context, batch->n_rows, batch->n_columns, array, err));
    for (size_t i = 0; i < batch->n_columns; i++) {
        bl_status status =
            export_column(batch->context, &batch->columns[i], array->children[i], err);
        if (status != BL_OK) {
            array->release(array);
            return status;
        }
    }
    return BL_OK;
}

static bl_status export_names(const bl_batch *batch, struct ArrowSchema *schema, bl_error *err) {
    BL_TRY(new_schema(batch->context, "", &rows_type, batch->n_columns, schema, err));
    for (size_t i = 0; i < batch->n_columns; i++) {
        bl_status status = export_type(batch->context, batch->names[i], batch->columns[i].type,
                                       schema->children[i], err);
        if (status != BL_OK) {
            schema->release(schema);
            return status;
        }
    }
    return BL_OK;
}

bl_status bl_batch_export(const bl_batch *batch, struct ArrowSchema *ret_schema,
                          struct ArrowArray *ret_array, bl_error *err) {
    struct ArrowSchema schema;
    struct ArrowArray array;
    BL_TRY(export_names(batch, &schema, err));
    bl_status status = export_columns(batch, &array, err);
    if (status != BL_OK) {
        schema.release(&schema);
        return status;
    }
    *ret_schema = schema;
    *ret_array = array;
    return BL_OK;
}
