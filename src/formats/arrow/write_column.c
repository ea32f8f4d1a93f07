// SPDX-License-Identifier: Apache-2.0
// A column as the buffers of a record batch. Most buffers are written as they are. What stands
// behind the last value of a buffer is not the column's: sizes are exact, and unused bits are 0, so
// that a file's bytes follow from its values.
#include "formats/arrow/request.h"
#include "formats/arrow/writer.h"

#define SIZE_BYTES 8
#define ROOM_BYTES 64 // what a codec may need beside the bytes it is given

void bl_arrow_out_clear(bl_arrow_out_column *out) {
    for (size_t i = 0; i < out->n_buffers; i++)
        bl_buffer_release(out->buffers[i].buffer);
    out->n_buffers = out->n_nodes = 0;
    bl_type_release(out->type);
    out->type = NULL;
}

/// Lists a buffer. \param buffer moves, also on failure
static bl_status add(bl_context *context, bl_arrow_out_column *out, bl_buffer *buffer, size_t size,
                     bl_error *err) {
    BL_AUTO(bl_buffer) owned = buffer;
    BL_TRY(bl_array_grow(context, &out->buffers, &out->buffers_capacity, out->n_buffers,
                         sizeof *out->buffers, "buffers", err));
    out->buffers[out->n_buffers++] = (bl_arrow_out){size ? BL_MOVE(owned) : NULL, size};
    return BL_OK;
}

static bl_status add_shared(bl_context *context, bl_arrow_out_column *out, bl_buffer *buffer,
                            size_t size, bl_error *err) {
    return add(context, out, buffer ? bl_buffer_ref(buffer) : NULL, buffer ? size : 0, err);
}

static bl_status add_bits(bl_context *context, bl_arrow_out_column *out, const bl_buffer *bits,
                          size_t n, bl_error *err) {
    size_t size = (n + 7) / 8;
    if (!bits || !n)
        return add(context, out, NULL, 0, err);
    bl_buffer *copy = NULL;
    BL_TRY(bl_buffer_new(context, size, &copy, err));
    memcpy(copy->data, bits->data, size);
    if (n % 8)
        copy->data[size - 1] &= (uint8_t)((1U << n % 8) - 1);
    copy->size = size;
    return add(context, out, copy, size, err);
}

static bl_status add_offsets(bl_context *context, bl_arrow_out_column *out, const bl_column *column,
                             size_t width, bl_error *err) {
    size_t size = ((size_t)column->length + 1) * width;
    if (column->offsets && column->length)
        return add_shared(context, out, column->offsets, size, err);
    bl_buffer *zero = NULL; // lists of which there are none begin at 0 all the same
    BL_TRY(bl_buffer_new(context, width, &zero, err));
    memset(zero->data, 0, width);
    return add(context, out, zero, width, err);
}

static int64_t last_offset(const bl_column *column, size_t width) {
    return column->offsets && column->length
               ? bl_arrow_load_offset(column->offsets, width, (size_t)column->length)
               : 0;
}

static bl_status add_text(bl_context *context, bl_arrow_out_column *out, const bl_column *column,
                          bl_error *err) {
    BL_TRY(add_offsets(context, out, column, 4, err));
    return add_shared(context, out, column->values, (size_t)last_offset(column, 4), err);
}

static bl_status list_values(bl_context *context, const bl_column *column, const bl_type *type,
                             bl_arrow_out_column *out, bl_error *err) {
    size_t n = (size_t)column->length;
    switch (type->id) {
    case BL_BOOL:
        return add_bits(context, out, column->values, n, err);
    case BL_UTF8:
    case BL_BINARY:
        return add_text(context, out, column, err);
    case BL_LIST:
        return add_offsets(context, out, column, 4, err);
    case BL_LARGE_LIST:
        return add_offsets(context, out, column, 8, err);
    case BL_FIXED_LIST:
    case BL_STRUCT:
        return BL_OK;
    default:
        return add_shared(context, out, column->values, n * bl_type_id_width(type->id), err);
    }
}

bl_status bl_arrow_list_column(bl_context *context, const bl_column *column, const bl_type *type,
                               bl_arrow_out_column *out, bl_error *err) {
    int64_t n_nulls = bl_column_count_nulls(column);
    BL_TRY(bl_array_grow(context, &out->nodes, &out->nodes_capacity, out->n_nodes,
                         sizeof *out->nodes, "nodes", err));
    out->nodes[out->n_nodes++] = (bl_arrow_pair){column->length, n_nulls};
    BL_TRY(add_bits(context, out, n_nulls ? column->validity : NULL, (size_t)column->length, err));
    BL_TRY(list_values(context, column, type, out, err));
    for (size_t i = 0; i < type->n_children; i++)
        BL_TRY_IN(bl_arrow_list_column(context, &column->children[i], type->children[i], out, err),
                  err, "'%s'", type->names[i]);
    return BL_OK;
}

/// Replaces a buffer by its size and what it is compressed to, or −1 and itself.
static bl_status compress(bl_context *context, bl_codecs *codecs, bl_compression how,
                          bl_arrow_out *out, bl_error *err) {
    bl_buffer *packed = NULL;
    BL_TRY(bl_buffer_new(context, out->size + SIZE_BYTES + ROOM_BYTES, &packed, err));
    BL_AUTO(bl_buffer) owned = packed;
    int64_t raw_size = (int64_t)out->size;
    size_t size = 0;
    BL_TRY(bl_codec_encode(codecs, how, out->buffer->data, out->size, packed->data + SIZE_BYTES,
                           out->size, &size, err));
    if (size == 0 || size >= out->size) {
        raw_size = -1;
        size = out->size;
        memcpy(packed->data + SIZE_BYTES, out->buffer->data, size);
    }
    memcpy(packed->data, &raw_size, SIZE_BYTES);
    packed->size = size + SIZE_BYTES;
    bl_buffer_release(out->buffer);
    out->buffer = BL_MOVE(owned);
    out->size = packed->size;
    return BL_OK;
}

bl_status bl_arrow_compress_column(bl_context *context, bl_codecs *codecs, bl_compression how,
                                   bl_arrow_out_column *out, bl_error *err) {
    for (size_t i = 0; i < out->n_buffers; i++)
        if (out->buffers[i].size)
            BL_TRY(compress(context, codecs, how, &out->buffers[i], err));
    return BL_OK;
}
