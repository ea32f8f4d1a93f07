// SPDX-License-Identifier: Apache-2.0
/// \file
/// Rows of many batches, in any order, as one column.
#ifndef BL_DATA_SPREAD_TAKE_H
#define BL_DATA_SPREAD_TAKE_H

#include "column/column.h"

/// Values [first, first + n) of a column.
typedef struct bl_span {
    const bl_column *from;
    int64_t first, n;
} bl_span;

/// Fills a zeroed column with spans, one behind the other. What it holds after a failure is for
/// bl_column_release, too.
/// \param type of the column, and of what the spans are of \param spans [n]
/// \return BL_OK, BL_E_LIMIT (more than 32-bit offsets can count), BL_E_NOMEM
bl_status bl_take_column(bl_context *context, bl_type *type, const bl_span *spans, size_t n,
                         bl_column *column, bl_error *err);

#endif
