// SPDX-License-Identifier: Apache-2.0
/// \file
/// From the bytes of a basket's entries to columns.
#ifndef BL_FORMATS_TTREE_DECODE_H
#define BL_FORMATS_TTREE_DECODE_H

#include "column/builder.h"
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

/// True where every entry has the same number of numbers and no header: values follow each other.
bool bl_layout_is_flat(const bl_entry_layout *layout);
/// True where an entry is nothing but its numbers, as many as its length says.
bool bl_layout_is_jagged(const bl_entry_layout *layout);
/// The number that a flat or jagged layout is made of, and how many of them make one item.
const bl_root_number *bl_layout_numbers(const bl_entry_layout *layout, int64_t *ret_per_item);

/// Decodes rows of a flat basket. \param out [rows.n × numbers per item]
/// \return BL_OK, BL_E_CORRUPT (the basket has another length than its rows need)
bl_status bl_decode_flat(const bl_entry_layout *layout, const bl_basket *basket, bl_rows rows,
                         void *out, bl_error *err);
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
bool bl_decode_jagged_by_table(const bl_entry_layout *layout, const bl_basket *basket, bl_rows rows,
                               int32_t base, int32_t *offsets, void *out);
/// Decodes rows of any basket, appending to a builder of the layout's type.
/// \param starts [rows.n + 1]
/// \return BL_OK, BL_E_CORRUPT, BL_E_UNSUPPORTED (memberwise streaming), BL_E_NOMEM
bl_status bl_decode_rows(const bl_entry_layout *layout, const bl_basket *basket, bl_rows rows,
                         const bl_counts *counts, const uint32_t *starts, bl_builder *builder,
                         bl_error *err);

#endif
