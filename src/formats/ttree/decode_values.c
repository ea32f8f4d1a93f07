// SPDX-License-Identifier: Apache-2.0
// Entries to columns, value by value through a builder: whatever is not made of numbers alone.
// Every entry must be used up to its last byte, else the layout was misunderstood and it is an
// error.
#include "formats/ttree/decode.h"

enum { MEMBERWISE = 0x4000, BYTE_COUNT_BIT = 0x40000000, IS_REFERENCED = 16 };

static void append_numbers(const bl_root_number *number, const uint8_t *data, size_t n,
                           bl_builder *builder) {
    if (number->type == BL_BOOL) {
        bl_builder_append_bools(builder, data, n);
        return;
    }
    void *out = bl_builder_extend(builder, n);
    if (out)
        bl_root_numbers_decode(number, data, n, out);
}

static void append_values(const bl_layout *layout, int64_t n, bl_cursor *c, bl_builder *builder);

static void append_vector(const bl_layout *layout, bl_cursor *c, bl_builder *builder) {
    uint32_t n = bl_cursor_be32(c);
    if (n > bl_cursor_left(c)) // every value takes a byte at least: fails, and bounds the loop
        bl_cursor_skip(c, n);
    else
        append_values(layout->children, n, c, builder->children);
    bl_builder_end_list(builder);
}

/// `n` values of one layout, one behind the other. Failures stick to the cursor or the builder.
static void append_values(const bl_layout *layout, int64_t n, bl_cursor *c, bl_builder *builder) {
    if (layout->kind == BL_LAYOUT_NUMBER) {
        if (n < 0 || (uint64_t)n > bl_cursor_left(c))
            n = (int64_t)bl_cursor_left(c) + 1; // fails in the next line
        const uint8_t *data = bl_cursor_take(c, (size_t)n * layout->number.size);
        if (data && n)
            append_numbers(&layout->number, data, (size_t)n, builder);
        return;
    }
    const uint8_t *data;
    size_t length;
    for (int64_t i = 0; i < n && !c->failed && builder->failed == BL_OK; i++) {
        switch (layout->kind) {
        case BL_LAYOUT_NUMBER:
            break;
        case BL_LAYOUT_BITS: {
            static const bl_root_number plain = {.type = BL_UINT32, .size = 4};
            data = bl_cursor_take(c, 4);
            if (data) {
                append_numbers(&plain, data, 1, builder);
                if (bl_load_be32(data) & IS_REFERENCED)
                    bl_cursor_skip(c, 2);
            }
            break;
        }
        case BL_LAYOUT_STRING:
            data = bl_root_string(c, &length);
            if (data)
                bl_builder_append_string(builder, data, length);
            break;
        case BL_LAYOUT_CHARS:
            length = bl_cursor_be32(c);
            data = bl_cursor_take(c, length);
            if (data)
                bl_builder_append_string(builder, data, length);
            break;
        case BL_LAYOUT_ARRAY:
            append_values(layout->children, layout->n, c, builder->children);
            break;
        case BL_LAYOUT_VECTOR:
        case BL_LAYOUT_BITSET:
            append_vector(layout, c, builder);
            break;
        case BL_LAYOUT_RECORD:
            for (size_t k = 0; k < layout->n_children; k++)
                append_values(&layout->children[k], 1, c, &builder->children[k]);
            break;
        case BL_LAYOUT_COUNTED:
            break; // see append_counted
        }
    }
}

/// The fewest bytes that a value takes; nothing that takes none may be counted by a length.
static bool takes_bytes(const bl_layout *layout) {
    if (layout->kind == BL_LAYOUT_ARRAY)
        return layout->n > 0 && takes_bytes(layout->children);
    return true;
}

/// Items of a split collection whose member is itself counted: flag byte and numbers, per item.
static void append_counted(const bl_layout *layout, const int64_t *counts, int64_t n, bl_cursor *c,
                           bl_builder *builder) {
    for (int64_t i = 0; i < n && !c->failed; i++) {
        int64_t count = bl_cursor_u8(c) ? counts[i] : 0;
        append_values(layout->children, count, c, builder->children);
        bl_builder_end_list(builder);
    }
}

static bl_status read_version(bl_cursor *c, size_t entry_bytes, bl_error *err) {
    uint32_t count = bl_cursor_be32(c);
    uint16_t version = bl_cursor_be16(c);
    if (c->failed)
        return BL_OK;
    if (!(count & BYTE_COUNT_BIT) || (count & ~(uint32_t)BYTE_COUNT_BIT) + 4 != entry_bytes)
        return bl_error_set(err, BL_E_CORRUPT, "an entry of %zu bytes has no fitting byte count",
                            entry_bytes);
    if (version & MEMBERWISE)
        return bl_error_set(err, BL_E_UNSUPPORTED, "memberwise streaming is not supported yet");
    return BL_OK;
}

/// The items of one entry, up to its end.
static bl_status append_list(const bl_entry_layout *layout, bl_cursor *c, bl_builder *builder,
                             bl_error *err) {
    const bl_layout *item = &layout->item;
    size_t left = bl_cursor_left(c);
    if (item->fixed_bytes && left % item->fixed_bytes == 0) {
        append_values(item, (int64_t)(left / item->fixed_bytes), c, builder->children);
        return BL_OK;
    }
    if (!takes_bytes(item))
        return bl_error_set(err, BL_E_CORRUPT, "items without bytes in an entry of %zu bytes",
                            left);
    while (bl_cursor_left(c) && !c->failed && builder->children->failed == BL_OK)
        append_values(item, 1, c, builder->children);
    return BL_OK;
}

static bl_status append_entry(const bl_entry_layout *layout, bl_cursor *c, const bl_counts *counts,
                              int64_t row, bl_builder *builder, bl_error *err) {
    if (layout->header == BL_HEADER_VERSION && c->size)
        BL_TRY(read_version(c, c->size, err));
    if (layout->header == BL_HEADER_FLAG && c->size && bl_cursor_u8(c) == 0 && bl_cursor_left(c))
        return bl_error_set(err, BL_E_CORRUPT, "a null pointer with %zu bytes", bl_cursor_left(c));
    if (!layout->is_list) {
        // an empty entry of a collection is an empty collection
        bool is_list =
            layout->item.kind == BL_LAYOUT_VECTOR || layout->item.kind == BL_LAYOUT_BITSET;
        bool empty = is_list && bl_cursor_left(c) == 0;
        if (empty)
            bl_builder_end_list(builder);
        else if (layout->item.kind == BL_LAYOUT_STRING && c->size == 0)
            bl_builder_append_string(builder, c->data, 0); // of TLeafC, which writes no length then
        else
            append_values(&layout->item, 1, c, builder);
        return BL_OK;
    }
    if (layout->item.kind == BL_LAYOUT_COUNTED) {
        int64_t at = counts ? counts->offsets[row] : 0;
        int64_t n = counts ? counts->offsets[row + 1] - at : 0;
        append_counted(&layout->item, counts ? counts->items + at : NULL, n, c, builder->children);
    } else {
        BL_TRY(append_list(layout, c, builder, err));
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
        bl_cursor c = bl_cursor_over(basket->data + starts[i], starts[i + 1] - starts[i]);
        bl_status status = append_entry(layout, &c, counts, rows.first + i, builder, err);
        if (status == BL_OK)
            status = bl_cursor_check(&c, "value", err);
        if (status == BL_OK && bl_cursor_left(&c) && has_failed(builder))
            return BL_OK; // bl_builder_finish says why
        if (status == BL_OK && bl_cursor_left(&c))
            status = bl_error_set(err, BL_E_CORRUPT, "%zu bytes of %zu are left over",
                                  bl_cursor_left(&c), c.size);
        if (status != BL_OK)
            return bl_error_in(err, status, "entry %lld", (long long)(rows.first + i));
    }
    return BL_OK;
}
