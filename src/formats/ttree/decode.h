// SPDX-License-Identifier: Apache-2.0
/// \file
/// From the bytes of a basket's entries to columns.
#ifndef BL_FORMATS_TTREE_DECODE_H
#define BL_FORMATS_TTREE_DECODE_H

#include "column/builder.h"
#include "formats/root/kernels.h"
#include "formats/ttree/basket.h"
#include "formats/ttree/layout.h"

/// Rows [first, first + n) of a basket, counted from the basket's own first row.
typedef struct bl_rows {
    int64_t first, n;
} bl_rows;

/// Numbers that another branch gives: how many items each row of the basket's range has.
/// Row i of the basket (not of the range) has items [offsets[i], offsets[i + 1]).
typedef struct bl_counts {
    const int64_t *offsets; ///< [n_rows of the basket + 1], ascending from any number on
    const int64_t *items;   ///< for BL_LAYOUT_COUNTED: numbers of item k, by the same k
} bl_counts;

/// Shapes of entries that are decoded a basket at a time; the others are, value by value.
typedef enum bl_shape {
    BL_SHAPE_OTHER,
    BL_SHAPE_FLAT,   ///< the same number of numbers in each, without a header
    BL_SHAPE_JAGGED, ///< nothing but numbers, as many as the entry's length says
    BL_SHAPE_VECTOR, ///< one vector of plain numbers, with its header
    BL_SHAPE_NESTED, ///< one vector of vectors of plain numbers
} bl_shape;

bl_shape bl_layout_shape(const bl_entry_layout *layout);
/// The number that a layout of such a shape is made of, and how many of them make one item.
const bl_root_number *bl_layout_numbers(const bl_entry_layout *layout, int64_t *ret_per_item);
/// Bytes in memory of one item: a row of a flat layout, an item of a jagged one.
size_t bl_layout_item_width(const bl_entry_layout *layout);
/// Items in jagged entries, or in vectors that all have a header, by their rows and bytes alone.
int64_t bl_layout_items(const bl_entry_layout *layout, int64_t n_rows, size_t n_bytes);

/// Decodes rows of a flat basket. \param out [rows.n × numbers per item]
/// \return BL_OK, BL_E_CORRUPT (the basket has another length than its rows need)
bl_status bl_decode_flat(const bl_root_kernels *kernels, const bl_entry_layout *layout,
                         const bl_basket *basket, bl_rows rows, void *out, bl_error *err);
/// The start of every entry: from the basket's table, the counter or the fixed size.
/// \param counts NULL where there is no counter \param starts [rows.n + 1]
bl_status bl_decode_starts(const bl_entry_layout *layout, const bl_basket *basket, bl_rows rows,
                           const bl_counts *counts, uint32_t *starts, bl_error *err);
/// Decodes rows of a jagged basket whose `starts` are known and whose first item is `base`.
/// \param offsets [rows.n + 1]; all but the first are written, which is the last of the rows before
/// and so may be another thread's \param out where the first of these rows' numbers goes
bl_status bl_decode_jagged(const bl_entry_layout *layout, const bl_basket *basket, bl_rows rows,
                           const uint32_t *starts, int32_t base, int32_t *offsets, void *out,
                           bl_error *err);
/// The same, in one pass over a basket's table of positions. \return false where that is not how
/// they lie, or where something is wrong: then the two functions above do it, or say what is wrong
bool bl_decode_jagged_by_table(const bl_root_kernels *kernels, const bl_entry_layout *layout,
                               const bl_basket *basket, bl_rows rows, int32_t base,
                               int32_t *offsets, void *out);
/// Decodes rows of vectors into their place. \param offsets, out as bl_decode_jagged
/// \return false where the entries are not as expected; bl_decode_rows knows what to do then
bool bl_decode_vectors(const bl_entry_layout *layout, const bl_basket *basket, bl_rows rows,
                       const uint32_t *starts, int32_t base, int32_t *offsets, void *out);
/// How many lists and numbers are in rows of vectors of vectors. \return false: they are odd
bool bl_nested_sizes(const bl_entry_layout *layout, const bl_basket *basket, bl_rows rows,
                     const uint32_t *starts, int64_t *ret_lists, int64_t *ret_numbers);
/// Decodes them. \param into the place and its room; the entries are filled in here, and how many
/// vectors and numbers there are \return as bl_decode_vectors
bool bl_decode_nested(const bl_entry_layout *layout, const bl_basket *basket, bl_rows rows,
                      const uint32_t *starts, bl_vector_rows *into);
/// Decodes rows of any basket, appending to a builder of the layout's type.
/// \param starts [rows.n + 1]
/// \return BL_OK, BL_E_CORRUPT, BL_E_UNSUPPORTED (memberwise streaming), BL_E_NOMEM
bl_status bl_decode_rows(const bl_entry_layout *layout, const bl_basket *basket, bl_rows rows,
                         const bl_counts *counts, const uint32_t *starts, bl_builder *builder,
                         bl_error *err);

#endif
