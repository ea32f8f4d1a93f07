// SPDX-License-Identifier: Apache-2.0
// A column as the buffers of a record batch. It comes as parts, one after the other: values are not
// copied together but written part by part; only offsets and bits are made anew where there are
// several parts. What stands behind the last value of a buffer is not the column's: sizes are
// exact, and unused bits are 0, so that a file's bytes follow from its values.
#include "formats/arrow/request.h"
#include "formats/arrow/writer.h"

#define SIZE_BYTES 8
#define ROOM_BYTES 64   // what a codec may need beside the bytes it is given, and a share of them;
#define ROOM_SHARE 1024 // without it LZ4 compresses into memory of its own first

/// A column in parts, all of one shape.
typedef struct parts {
    bl_context *context;
    const bl_column *const *columns; ///< [n]
    size_t n;
    int64_t length; ///< of all
    bl_arrow_out_column *out;
} parts;

void bl_arrow_out_clear(bl_arrow_out_column *out) {
    for (size_t i = 0; i < out->n_segments; i++)
        bl_buffer_release(out->segments[i].buffer);
    out->n_segments = out->n_buffers = out->n_nodes = 0;
}

/// Begins the next buffer, which has no bytes yet.
static bl_status begin_buffer(const parts *p, bl_error *err) {
    bl_arrow_out_column *out = p->out;
    BL_TRY(bl_array_grow(p->context, &out->buffers, &out->buffers_capacity, out->n_buffers,
                         sizeof *out->buffers, "buffers", err));
    out->buffers[out->n_buffers++] = (bl_arrow_out){.first = out->n_segments};
    return BL_OK;
}

/// Adds the first `size` bytes of a buffer to the one begun last. \param buffer moves, also on
/// failure
static bl_status add_segment(const parts *p, bl_buffer *buffer, size_t size, bl_error *err) {
    bl_arrow_out_column *out = p->out;
    BL_AUTO(bl_buffer) owned = buffer;
    if (size == 0)
        return BL_OK;
    BL_TRY(bl_array_grow(p->context, &out->segments, &out->segments_capacity, out->n_segments,
                         sizeof *out->segments, "buffers", err));
    out->segments[out->n_segments++] = (bl_arrow_segment){BL_MOVE(owned), size};
    out->buffers[out->n_buffers - 1].n++;
    out->buffers[out->n_buffers - 1].size += size;
    return BL_OK;
}

// ---- bits ----

/// Puts `n` bits at bit `at` of zeroed bytes; NULL: ones. What follows them may be anything.
static void put_bits(uint8_t *to, size_t at, const uint8_t *from, size_t n) {
    unsigned shift = at % 8;
    to += at / 8;
    for (size_t i = 0; i * 8 < n; i++) {
        size_t left = n - i * 8;
        unsigned bits = from ? from[i] : 0xff;
        if (left < 8)
            bits &= (1U << left) - 1;
        to[i] |= (uint8_t)(bits << shift);
        if (shift && bits >> (8 - shift))
            to[i + 1] |= (uint8_t)(bits >> (8 - shift));
    }
}

static bl_status add_bits(const parts *p, bool is_validity, bl_error *err) {
    size_t size = ((size_t)p->length + 7) / 8, at = 0;
    bl_buffer *bits = NULL;
    BL_TRY(begin_buffer(p, err));
    BL_TRY(bl_buffer_new(p->context, size, &bits, err));
    memset(bits->data, 0, size);
    for (size_t i = 0; i < p->n; i++) {
        const bl_column *column = p->columns[i];
        const bl_buffer *from = is_validity ? column->validity : column->values;
        if (column->length)
            put_bits(bits->data, at, from ? from->data : NULL, (size_t)column->length);
        at += (size_t)column->length;
    }
    bits->size = size;
    return add_segment(p, bits, size, err);
}

static bl_status add_validity(const parts *p, bl_error *err) {
    bl_arrow_out_column *out = p->out;
    int64_t n_nulls = 0;
    for (size_t i = 0; i < p->n; i++)
        n_nulls += bl_column_count_nulls(p->columns[i]);
    BL_TRY(bl_array_grow(p->context, &out->nodes, &out->nodes_capacity, out->n_nodes,
                         sizeof *out->nodes, "nodes", err));
    out->nodes[out->n_nodes++] = (bl_arrow_pair){p->length, n_nulls};
    return n_nulls ? add_bits(p, true, err) : begin_buffer(p, err);
}

// ---- values and offsets ----

static bl_status add_values(const parts *p, size_t width, bl_error *err) {
    BL_TRY(begin_buffer(p, err));
    for (size_t i = 0; i < p->n; i++)
        if (p->columns[i]->length)
            BL_TRY(add_segment(p, bl_buffer_ref(p->columns[i]->values),
                               (size_t)p->columns[i]->length * width, err));
    return BL_OK;
}

static int64_t last_offset(const bl_column *column, size_t width) {
    return column->offsets && column->length
               ? bl_arrow_load_offset(column->offsets, width, (size_t)column->length)
               : 0;
}

/// Offsets 1 … n of a part, raised by what lies behind the parts before it.
static void raise_offsets(const bl_column *column, size_t width, int64_t base, uint8_t *to) {
    size_t n = (size_t)column->length;
    if (width == 8) {
        const int64_t *from = (const int64_t *)(const void *)column->offsets->data + 1;
        for (size_t i = 0; i < n; i++)
            ((int64_t *)(void *)to)[i] = from[i] + base;
    } else {
        const int32_t *from = (const int32_t *)(const void *)column->offsets->data + 1;
        for (size_t i = 0; i < n; i++)
            ((int32_t *)(void *)to)[i] = from[i] + (int32_t)base;
    }
}

/// Offsets of all parts; lists of which there are none begin at 0 all the same.
static bl_status add_offsets(const parts *p, size_t width, bl_error *err) {
    size_t size = ((size_t)p->length + 1) * width, at = width;
    int64_t base = 0;
    BL_TRY(begin_buffer(p, err));
    if (p->n == 1 && p->length)
        return add_segment(p, bl_buffer_ref(p->columns[0]->offsets), size, err);
    bl_buffer *offsets = NULL;
    BL_TRY(bl_buffer_new(p->context, size, &offsets, err));
    BL_AUTO(bl_buffer) owned = offsets;
    memset(offsets->data, 0, width);
    for (size_t i = 0; i < p->n; i++) {
        const bl_column *column = p->columns[i];
        int64_t behind = last_offset(column, width);
        if (width == 4 && base + behind > INT32_MAX)
            return bl_error_set(err, BL_E_LIMIT,
                                "more in one record batch than 32-bit offsets can count; make "
                                "clusters smaller");
        if (column->length)
            raise_offsets(column, width, base, offsets->data + at);
        at += (size_t)column->length * width;
        base += behind;
    }
    offsets->size = size;
    return add_segment(p, BL_MOVE(owned), size, err);
}

static bl_status add_text(const parts *p, bl_error *err) {
    BL_TRY(add_offsets(p, 4, err));
    BL_TRY(begin_buffer(p, err));
    for (size_t i = 0; i < p->n; i++) {
        size_t size = (size_t)last_offset(p->columns[i], 4);
        if (size)
            BL_TRY(add_segment(p, bl_buffer_ref(p->columns[i]->values), size, err));
    }
    return BL_OK;
}

static bl_status list_values(const parts *p, const bl_type *type, bl_error *err) {
    switch (type->id) {
    case BL_BOOL:
        return add_bits(p, false, err);
    case BL_UTF8:
    case BL_BINARY:
        return add_text(p, err);
    case BL_LIST:
        return add_offsets(p, 4, err);
    case BL_LARGE_LIST:
        return add_offsets(p, 8, err);
    case BL_FIXED_LIST:
    case BL_STRUCT:
        return BL_OK;
    default:
        return add_values(p, bl_type_id_width(type->id), err);
    }
}

static bl_status list_children(const parts *p, const bl_type *type, bl_error *err) {
    const bl_column **columns =
        (const bl_column **)bl_alloc_zero(p->context, p->n + 1, sizeof *columns);
    if (!columns)
        return bl_error_nomem(err, p->n * sizeof *columns, "a column");
    bl_status status = BL_OK;
    for (size_t c = 0; c < type->n_children && status == BL_OK; c++) {
        for (size_t i = 0; i < p->n; i++)
            columns[i] = &p->columns[i]->children[c];
        status = bl_arrow_list_column(p->context, columns, p->n, type->children[c], p->out, err);
        if (status != BL_OK)
            (void)bl_error_in(err, status, "'%s'", type->names[c]);
    }
    bl_free(p->context, columns);
    return status;
}

bl_status bl_arrow_list_column(bl_context *context, const bl_column *const *columns, size_t n,
                               const bl_type *type, bl_arrow_out_column *out, bl_error *err) {
    parts p = {context, columns, n, 0, out};
    for (size_t i = 0; i < n; i++)
        p.length += columns[i]->length;
    BL_TRY(add_validity(&p, err));
    BL_TRY(list_values(&p, type, err));
    return type->n_children ? list_children(&p, type, err) : BL_OK;
}

// ---- compression ----

/// The bytes of a buffer in one piece.
static bl_status gather(bl_context *context, const bl_arrow_out_column *out,
                        const bl_arrow_out *buffer, bl_buffer **ret_whole, bl_error *err) {
    const bl_arrow_segment *segments = &out->segments[buffer->first];
    if (buffer->n == 1) {
        *ret_whole = bl_buffer_ref(segments[0].buffer);
        return BL_OK;
    }
    BL_TRY(bl_buffer_new(context, buffer->size, ret_whole, err));
    uint8_t *to = (*ret_whole)->data;
    for (size_t i = 0; i < buffer->n; i++) {
        memcpy(to, segments[i].buffer->data, segments[i].size);
        to += segments[i].size;
    }
    return BL_OK;
}

/// Replaces a buffer by its size and what it is compressed to, or −1 and itself.
static bl_status compress(bl_context *context, bl_codecs *codecs, bl_compression how,
                          bl_arrow_out_column *out, bl_arrow_out *buffer, bl_error *err) {
    BL_AUTO(bl_buffer) whole = NULL;
    BL_AUTO(bl_buffer) packed = NULL;
    int64_t raw_size = (int64_t)buffer->size;
    size_t size = 0;
    BL_TRY(gather(context, out, buffer, &whole, err));
    size_t room = buffer->size + buffer->size / ROOM_SHARE + ROOM_BYTES;
    BL_TRY(bl_buffer_new(context, room + SIZE_BYTES, &packed, err));
    BL_TRY(bl_codec_encode(codecs, how, whole->data, buffer->size, packed->data + SIZE_BYTES, room,
                           &size, err));
    if (size == 0 || size >= buffer->size) {
        raw_size = -1;
        size = buffer->size;
        memcpy(packed->data + SIZE_BYTES, whole->data, size);
    }
    memcpy(packed->data, &raw_size, SIZE_BYTES);
    packed->size = size + SIZE_BYTES;
    bl_arrow_segment *segments = &out->segments[buffer->first];
    for (size_t i = 0; i < buffer->n; i++) {
        bl_buffer_release(segments[i].buffer);
        segments[i] = (bl_arrow_segment){0};
    }
    buffer->size = packed->size;
    buffer->n = 1;
    segments[0] = (bl_arrow_segment){BL_MOVE(packed), buffer->size};
    return BL_OK;
}

bl_status bl_arrow_compress_column(bl_context *context, bl_codecs *codecs, bl_compression how,
                                   bl_arrow_out_column *out, bl_error *err) {
    for (size_t i = 0; i < out->n_buffers; i++)
        if (out->buffers[i].size)
            BL_TRY(compress(context, codecs, how, out, &out->buffers[i], err));
    return BL_OK;
}
