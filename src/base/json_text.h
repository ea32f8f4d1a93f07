// SPDX-License-Identifier: Apache-2.0
/// \file
/// JSON as text; what bl_json_parse read can be written again.
#ifndef BL_BASE_JSON_TEXT_H
#define BL_BASE_JSON_TEXT_H

#include <limits.h>

#include "base/document.h"
#include "base/text.h"

/// A string between quotes; NULL is null.
void bl_json_put_text(bl_text *to, const char *string);
/// The shortest digits that read back to the same bits; what is no finite number is null.
void bl_json_put_number(bl_text *to, double value);
void bl_json_put_integer(bl_text *to, int64_t value);

#define BL_JSON_ONE_LINE UINT_MAX
/// A whole value: a map has a line for each key, a list of scalars has one line.
/// \param item NULL is null \param depth of the line that it begins in, a level is one blank; or
/// BL_JSON_ONE_LINE
void bl_json_put_item(bl_text *to, const bl_item *item, unsigned depth);

#endif
