// SPDX-License-Identifier: Apache-2.0
/// \file
/// Stored values as values of columns.
#ifndef BL_FORMATS_PARQUET_CONVERT_H
#define BL_FORMATS_PARQUET_CONVERT_H

#include "formats/parquet/stream.h"

/// Gives a column, whose length and nulls are known, the values of its leaf.
/// \return BL_OK, BL_E_CORRUPT, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_parquet_finish_leaf(bl_context *context, bl_stream_leaf *stream, bl_column *column,
                                 bl_error *err);
/// Whether texts are UTF-8: the whole is, and none of them begins inside a character.
/// \param ends [n + 1], the first where they begin \param bytes of the first text on
bool bl_parquet_are_utf8(const uint32_t *ends, int64_t n, const uint8_t *bytes);
/// unscaled · 10^−scale, the nearest double. \param bytes [n] big-endian, two's complement
double bl_parquet_decimal(const uint8_t *bytes, size_t n, int scale);

/// Makes lists of a column of Spark's vectors, dense ones and sparse ones.
/// \param column of the struct type; replaced \return BL_OK, BL_E_CORRUPT, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_parquet_plain_vectors(bl_context *context, bl_column *column, bl_type *list,
                                   bl_error *err);

#endif
