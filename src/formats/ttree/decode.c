// SPDX-License-Identifier: Apache-2.0
// Entries to columns, block-wise: flat and jagged numbers, and where entries start.
#include "formats/ttree/decode.h"

#include "formats/root/kernels_rows.h"

static bool is_numbers(const bl_layout *layout) {
    while (layout->kind == BL_LAYOUT_ARRAY)
        layout = layout->children;
    return layout->kind == BL_LAYOUT_NUMBER;
}

/// Plain numbers, whose column is of the same type.
static bool is_plain(const bl_layout *layout, const bl_type *type) {
    return layout->kind == BL_LAYOUT_NUMBER && layout->number.packing == BL_ROOT_PLAIN &&
           layout->number.type == type->id;
}

static bool is_vector(const bl_layout *layout, const bl_type *type) {
    return layout->kind == BL_LAYOUT_VECTOR && type->id == BL_LIST;
}

bl_shape bl_layout_shape(const bl_entry_layout *layout) {
    const bl_layout *item = &layout->item;
    const bl_type *type = layout->type;
    if (layout->header == BL_HEADER_NONE && is_numbers(item)) {
        if (!layout->is_list)
            return BL_SHAPE_FLAT;
        return item->fixed_bytes ? BL_SHAPE_JAGGED : BL_SHAPE_OTHER;
    }
    if (layout->header != BL_HEADER_VERSION || layout->is_list || !type || !is_vector(item, type))
        return BL_SHAPE_OTHER;
    const bl_layout *inner = item->children;
    if (is_plain(inner, type->children[0]))
        return BL_SHAPE_VECTOR;
    bool is_nested =
        is_vector(inner, type->children[0]) &&
        is_plain(inner->children, type->children[0]->children[0]) &&
        inner->children->number.type != BL_BOOL; // a piece's bools are packed for lists alone
    return is_nested ? BL_SHAPE_NESTED : BL_SHAPE_OTHER;
}

const bl_root_number *bl_layout_numbers(const bl_entry_layout *layout, int64_t *ret_per_item) {
    const bl_layout *item = &layout->item;
    *ret_per_item = 1;
    while (item->kind == BL_LAYOUT_VECTOR)
        item = item->children;
    for (; item->kind == BL_LAYOUT_ARRAY; item = item->children)
        *ret_per_item *= item->n;
    return &item->number;
}

size_t bl_layout_item_width(const bl_entry_layout *layout) {
    int64_t per_item;
    const bl_root_number *number = bl_layout_numbers(layout, &per_item);
    return (size_t)per_item * bl_root_number_width(number);
}

int64_t bl_layout_items(const bl_entry_layout *layout, int64_t n_rows, size_t n_bytes) {
    if (layout->header == BL_HEADER_NONE)
        return (int64_t)(n_bytes / layout->item.fixed_bytes);
    uint64_t headers = (uint64_t)n_rows * BL_VECTOR_HEADER;
    return n_bytes < headers ? 0
                             : (int64_t)((n_bytes - headers) / layout->item.children->number.size);
}

bl_status bl_decode_flat(const bl_root_kernels *kernels, const bl_entry_layout *layout,
                         const bl_basket *basket, bl_rows rows, void *out, bl_error *err) {
    size_t row_bytes = layout->item.fixed_bytes;
    if ((uint64_t)basket->n_rows * row_bytes != basket->data_bytes)
        return bl_error_set(err, BL_E_CORRUPT, "%lld rows of %zu bytes do not make %zu bytes",
                            (long long)basket->n_rows, row_bytes, basket->data_bytes);
    int64_t per_item;
    const bl_root_number *number = bl_layout_numbers(layout, &per_item);
    bl_root_numbers_decode_by(kernels, number, basket->data + (size_t)rows.first * row_bytes,
                              (size_t)(rows.n * per_item), out);
    return BL_OK;
}

// ---- where entries start ----

static bl_status starts_from_counts(const bl_entry_layout *layout, const bl_basket *basket,
                                    bl_rows rows, const bl_counts *counts, uint32_t *starts,
                                    bl_error *err) {
    size_t item_bytes = layout->item.fixed_bytes;
    size_t flag_bytes = layout->header == BL_HEADER_FLAG ? 1 : 0;
    int64_t base = counts->offsets[0];
    uint64_t n_items = (uint64_t)(counts->offsets[basket->n_rows] - base);
    uint64_t n_bytes = n_items * item_bytes + (uint64_t)basket->n_rows * flag_bytes;
    if (n_items > basket->data_bytes || n_bytes != basket->data_bytes)
        return bl_error_set(err, BL_E_CORRUPT,
                            "counter '%s' says %llu items of %zu bytes, the basket has %zu bytes",
                            layout->counter, (unsigned long long)n_items, item_bytes,
                            basket->data_bytes);
    for (int64_t i = 0; i <= rows.n; i++) {
        int64_t row = rows.first + i;
        starts[i] = (uint32_t)((size_t)(counts->offsets[row] - base) * item_bytes +
                               (size_t)row * flag_bytes);
    }
    return BL_OK;
}

bl_status bl_decode_starts(const bl_entry_layout *layout, const bl_basket *basket, bl_rows rows,
                           const bl_counts *counts, uint32_t *starts, bl_error *err) {
    if (basket->table)
        return bl_basket_starts(basket, rows.first, rows.n, starts, err);
    size_t row_bytes = layout->is_list ? 0 : layout->item.fixed_bytes;
    if (layout->header == BL_HEADER_VERSION && row_bytes)
        row_bytes += 6;
    if (row_bytes && (uint64_t)basket->n_rows * row_bytes == basket->data_bytes) {
        for (int64_t i = 0; i <= rows.n; i++)
            starts[i] = (uint32_t)((size_t)(rows.first + i) * row_bytes);
        return BL_OK;
    }
    if (basket->n_rows == 1 || basket->data_bytes == 0) { // one entry, or nothing but empty ones
        for (int64_t i = 0; i <= rows.n; i++)
            starts[i] = rows.first + i == 0 ? 0 : (uint32_t)basket->data_bytes;
        return BL_OK;
    }
    if (counts && layout->item.fixed_bytes && layout->header != BL_HEADER_VERSION)
        return starts_from_counts(layout, basket, rows, counts, starts, err);
    return bl_error_set(err, BL_E_CORRUPT,
                        "entries of different length, but neither positions nor a counter");
}

// ---- jagged numbers ----

bl_status bl_decode_jagged(const bl_entry_layout *layout, const bl_basket *basket, bl_rows rows,
                           const uint32_t *starts, int32_t base, int32_t *offsets, void *out,
                           bl_error *err) {
    uint32_t item_bytes = (uint32_t)layout->item.fixed_bytes;
    uint32_t rest = 0;
    if ((item_bytes & (item_bytes - 1)) == 0) { // nearly always; a division a row shows in profiles
        int shift = __builtin_ctz(item_bytes);
        for (int64_t i = 1; i <= rows.n; i++) {
            uint32_t bytes = starts[i] - starts[0];
            rest |= bytes & (item_bytes - 1);
            offsets[i] = base + (int32_t)(bytes >> shift);
        }
    } else {
        for (int64_t i = 1; i <= rows.n; i++) {
            uint32_t bytes = starts[i] - starts[0];
            rest |= bytes % item_bytes;
            offsets[i] = base + (int32_t)(bytes / item_bytes);
        }
    }
    if (rest)
        return bl_error_set(err, BL_E_CORRUPT, "entries are no multiples of %u bytes", item_bytes);
    int64_t per_item;
    const bl_root_number *number = bl_layout_numbers(layout, &per_item);
    size_t n = (size_t)((starts[rows.n] - starts[0]) / item_bytes) * (size_t)per_item;
    bl_root_numbers_decode(number, basket->data + starts[0], n, out);
    return BL_OK;
}

bool bl_decode_jagged_by_table(const bl_root_kernels *kernels, const bl_entry_layout *layout,
                               const bl_basket *basket, bl_rows rows, int32_t base,
                               int32_t *offsets, void *out) {
    uint32_t item_bytes = (uint32_t)layout->item.fixed_bytes, start, end;
    if (!basket->table || basket->has_sizes || rows.n == 0 || item_bytes & (item_bytes - 1) ||
        bl_basket_range(basket, rows.first, rows.n, &start, &end, NULL) != BL_OK)
        return false;
    bool to_the_end = rows.first + rows.n == basket->n_rows;
    if (to_the_end ? end != basket->data_bytes : rows.first == 0 && start != 0)
        return false;
    // Row i ends where row i + 1 starts; the last one of a basket has no such row.
    const uint8_t *ends = basket->table + 4 * (rows.first + 1);
    size_t n = (size_t)(to_the_end ? rows.n - 1 : rows.n);
    unsigned shift = (unsigned)__builtin_ctz(item_bytes);
    if (!kernels->offsets(ends, n, start + basket->key_len, shift, base, offsets + 1))
        return false;
    uint32_t last = n ? bl_load_be32(ends + 4 * (n - 1)) - basket->key_len : start;
    if (last > end || (end - start) & (item_bytes - 1))
        return false;
    offsets[rows.n] = base + (int32_t)((end - start) >> shift);
    int64_t per_item;
    const bl_root_number *number = bl_layout_numbers(layout, &per_item);
    bl_root_numbers_decode_by(kernels, number, basket->data + start,
                              (size_t)((end - start) >> shift) * (size_t)per_item, out);
    return true;
}

bool bl_decode_vectors(const bl_entry_layout *layout, const bl_basket *basket, bl_rows rows,
                       const uint32_t *starts, int32_t base, int32_t *offsets, void *out) {
    bl_vector_rows vectors = {
        .data = basket->data,
        .starts = starts,
        .n = (size_t)rows.n,
        .base = base,
        .ends = offsets + 1,
        .numbers = out,
        .n_numbers = (size_t)bl_layout_items(layout, rows.n, starts[rows.n] - starts[0]),
    };
    return bl_root_kernels_get()->vectors(&vectors, layout->item.children->number.size);
}

bool bl_nested_sizes(const bl_entry_layout *layout, const bl_basket *basket, bl_rows rows,
                     const uint32_t *starts, int64_t *ret_lists, int64_t *ret_numbers) {
    unsigned size = layout->item.children->children->number.size;
    uint64_t n_bytes = starts[rows.n] - starts[0], n_lists = 0;
    for (int64_t i = 0; i < rows.n; i++) {
        int64_t n = bl_vector_length(basket->data + starts[i], starts[i + 1] - starts[i]);
        if (n < 0)
            return false;
        n_lists += (uint64_t)n;
    }
    uint64_t headers = (uint64_t)rows.n * BL_VECTOR_HEADER;
    if (n_lists > (n_bytes - headers) / 4)
        return false;
    *ret_lists = (int64_t)n_lists;
    *ret_numbers = (int64_t)((n_bytes - headers - 4 * n_lists) / size);
    return true;
}

bool bl_decode_nested(const bl_entry_layout *layout, const bl_basket *basket, bl_rows rows,
                      const uint32_t *starts, bl_vector_rows *into) {
    into->data = basket->data;
    into->starts = starts;
    into->n = (size_t)rows.n;
    return bl_root_kernels_get()->nested(into, layout->item.children->children->number.size);
}
