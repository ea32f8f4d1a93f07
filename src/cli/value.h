// SPDX-License-Identifier: Apache-2.0
/// \file
/// Values of columns as text.
#ifndef BL_CLI_VALUE_H
#define BL_CLI_VALUE_H

#include <beamline/batch.h>

#include "cli/out.h"

/// How the value of a whole cell is written; inside lists and structs all are JSON.
typedef enum bl_value_style {
    BL_VALUE_JSON, ///< NaN and infinities are null, binary has \u0080 to \u00ff for its bytes
    BL_VALUE_CSV,  ///< RFC 4180 quoting; lists and structs as JSON text; NaN is nan
    BL_VALUE_SHOW, ///< for reading: floats with six digits, strings bare, NaN is nan everywhere
} bl_value_style;

/// Writes value `row` of a column.
void bl_value_write(bl_out *out, const bl_column *column, int64_t row, bl_value_style style);
/// True where a type's values stand right-aligned in a table.
bool bl_value_is_number(const bl_type *type);

#endif
