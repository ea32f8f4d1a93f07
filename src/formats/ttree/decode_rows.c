// SPDX-License-Identifier: Apache-2.0
// Rows of any basket, entry by entry. Every entry must be used up to its last byte, else the layout
// was misunderstood and it is an error.
#include "formats/ttree/decode_values.h"

/// Bytes of objects that pointers of one entry may repeat, beside the entry's own.
#define AGAIN_BYTES (UINT64_C(1) << 20)

/// Items of a split collection whose member is itself counted: flag byte and numbers, per item.
static void read_counted(bl_value_reader *r, const bl_layout *layout, const int64_t *counts,
                         int64_t n, bl_builder *builder) {
    for (int64_t i = 0; i < n && !r->cursor.failed; i++) {
        int64_t count = bl_cursor_u8(&r->cursor) ? counts[i] : 0;
        bl_read_values(r, layout->children, count, builder->children);
        bl_builder_end_list(builder);
    }
}

static bl_status read_version(bl_value_reader *r, int *ret_version, bl_error *err) {
    size_t entry_bytes = r->cursor.size;
    bl_streamed header = bl_read_header(r);
    if (r->status != BL_OK || (!r->cursor.failed && header.end != entry_bytes)) {
        r->status = BL_OK;
        return bl_error_set(err, BL_E_CORRUPT, "an entry of %zu bytes has no fitting byte count",
                            entry_bytes);
    }
    *ret_version = header.version;
    return BL_OK;
}

/// The items of one entry, up to its end.
static bl_status read_list(bl_value_reader *r, const bl_entry_layout *layout, int version,
                           bl_builder *builder, bl_error *err) {
    const bl_layout *item = &layout->item;
    size_t left = bl_cursor_left(&r->cursor);
    if (item->fixed_bytes && left % item->fixed_bytes == 0) {
        bl_read_values(r, item, (int64_t)(left / item->fixed_bytes), builder->children);
        return BL_OK;
    }
    if (!bl_layout_takes_bytes(item))
        return bl_error_set(err, BL_E_CORRUPT, "items without bytes in an entry of %zu bytes",
                            left);
    while (bl_cursor_left(&r->cursor) && bl_reader_good(r, builder->children))
        bl_read_streamed(r, item, 1, version, builder->children);
    return BL_OK;
}

/// An empty entry: an empty collection, or the text of a TLeafC, which writes no length then.
static bool read_nothing(const bl_layout *item, const uint8_t *data, bl_builder *builder) {
    if (item->kind == BL_LAYOUT_VECTOR || item->kind == BL_LAYOUT_BITSET)
        bl_builder_end_list(builder);
    else if (item->kind == BL_LAYOUT_STRING)
        bl_builder_append_string(builder, data, 0);
    else
        return false;
    return true;
}

static bl_status read_entry(bl_value_reader *r, const bl_entry_layout *layout,
                            const bl_counts *counts, int64_t row, bl_builder *builder,
                            bl_error *err) {
    bl_cursor *c = &r->cursor;
    int version = 0;
    if (layout->header == BL_HEADER_VERSION && c->size)
        BL_TRY(read_version(r, &version, err));
    if (layout->header == BL_HEADER_FLAG && c->size && bl_cursor_u8(c) == 0 && bl_cursor_left(c))
        return bl_error_set(err, BL_E_CORRUPT, "a null pointer with %zu bytes", bl_cursor_left(c));
    if (!layout->is_list) {
        bool is_empty =
            bl_cursor_left(c) == 0 && (c->size == 0 || layout->item.kind != BL_LAYOUT_STRING);
        if (!is_empty || !read_nothing(&layout->item, c->data, builder))
            bl_read_streamed(r, &layout->item, 1, version, builder);
        return BL_OK;
    }
    if (layout->item.kind == BL_LAYOUT_COUNTED) {
        int64_t at = counts ? counts->offsets[row] : 0;
        int64_t n = counts ? counts->offsets[row + 1] - at : 0;
        read_counted(r, &layout->item, counts ? counts->items + at : NULL, n, builder->children);
    } else {
        BL_TRY(read_list(r, layout, version, builder, err));
    }
    bl_builder_end_list(builder);
    return BL_OK;
}

static bool has_failed(const bl_builder *builder) {
    bool failed = builder->failed != BL_OK;
    for (size_t i = 0; i < builder->n_children && !failed; i++)
        failed = has_failed(&builder->children[i]);
    return failed;
}

bl_status bl_decode_rows(const bl_entry_layout *layout, const bl_basket *basket, bl_rows rows,
                         const bl_counts *counts, const uint32_t *starts, bl_builder *builder,
                         bl_error *err) {
    for (int64_t i = 0; i < rows.n; i++) {
        size_t size = starts[i + 1] - starts[i];
        bl_value_reader r = {.cursor = bl_cursor_over(basket->data + starts[i], size),
                             .position = (uint64_t)basket->key_len + starts[i],
                             .again_bytes = AGAIN_BYTES + size,
                             .err = err};
        bl_status status = read_entry(&r, layout, counts, rows.first + i, builder, err);
        if (status == BL_OK)
            status = r.status;
        if (status == BL_OK)
            status = bl_cursor_check(&r.cursor, "value", err);
        size_t left = bl_cursor_left(&r.cursor);
        if ((status != BL_OK || left) && has_failed(builder))
            return BL_OK; // values were left out, and bl_builder_finish says why
        if (status == BL_OK && left)
            status = bl_error_set(err, BL_E_CORRUPT, "%zu bytes of %zu are left over", left, size);
        if (status != BL_OK)
            return bl_error_in(err, status, "entry %lld", (long long)(rows.first + i));
    }
    return BL_OK;
}
