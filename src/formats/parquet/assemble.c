// SPDX-License-Identifier: Apache-2.0
// Columns from what the streams of their leaves have read.
#include "base/context.h"
#include "column/builder.h"
#include "formats/parquet/convert.h"
#include "formats/parquet/stream.h"

static bl_nest *find_nest(bl_stream_leaf *stream, const bl_parquet_node *node) {
    for (size_t i = 0; i < stream->n_nests; i++)
        if (stream->nests[i].node == node)
            return &stream->nests[i];
    return NULL;
}

/// Nulls of a node, as the nest has them.
static void take_validity(bl_nest *nest, bl_column *column) {
    column->length = nest->n;
    if (nest->validity && nest->n_null) {
        nest->validity->size = ((size_t)nest->n + 7) / 8;
        column->validity = BL_MOVE(nest->validity);
    }
}

static bl_status end_offsets(bl_context *context, bl_nest *nest, bl_error *err) {
    size_t size = ((size_t)nest->n + 1) * sizeof(int32_t);
    int32_t end = (int32_t)nest->n_items;
    if (!nest->offsets)
        BL_TRY(bl_buffer_new(context, size, &nest->offsets, err));
    BL_TRY(bl_buffer_reserve(&nest->offsets, size, err));
    memcpy(nest->offsets->data + size - sizeof end, &end, sizeof end);
    nest->offsets->size = size;
    return BL_OK;
}

/// A child whose text is no UTF-8 changes the types above it.
static bl_status retype(bl_context *context, bl_column *column, bl_error *err) {
    bool same = true;
    for (size_t i = 0; i < column->n_children; i++)
        same = same && bl_type_equal(column->children[i].type, column->type->children[i]);
    if (same)
        return BL_OK;
    bl_type *type = NULL;
    BL_TRY(bl_type_with_children(context, column->type, column->children, &type, err));
    bl_type_release(column->type);
    column->type = type;
    return BL_OK;
}

static bl_status assemble(bl_context *context, const bl_parquet_node *node,
                          bl_stream_leaf *const *leaves, bl_column *column, bl_error *err) {
    bl_stream_leaf *stream = leaves[node->first_leaf];
    bl_nest *nest = find_nest(stream, node);
    BL_TRY(bl_column_init(context, column, node->type, err));
    if (node->item_rep) {
        BL_TRY(end_offsets(context, nest, err));
        column->offsets = BL_MOVE(nest->offsets);
    }
    take_validity(nest, column);
    if (!node->n_children)
        return bl_parquet_finish_leaf(context, stream, column, err);
    for (size_t i = 0; i < node->n_children; i++)
        BL_TRY(assemble(context, &node->children[i], leaves, &column->children[i], err));
    return retype(context, column, err);
}

bl_status bl_parquet_assemble(bl_context *context, const bl_parquet_node *node,
                              bl_stream_leaf *const *leaves, bl_column *column, bl_error *err) {
    bl_column made = {0};
    bl_status status = assemble(context, node, leaves, &made, err);
    if (status == BL_OK && node->n_children) // leaves that share lists may contradict each other
        status = bl_column_check(&made, err);
    if (status == BL_OK)
        *column = made;
    else
        bl_column_release(context, &made);
    return status;
}
