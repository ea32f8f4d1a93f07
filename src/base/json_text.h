// SPDX-License-Identifier: Apache-2.0
/// \file
/// JSON as text, written into a packer; what was read by bl_json_parse can be written again.
#ifndef BL_BASE_JSON_TEXT_H
#define BL_BASE_JSON_TEXT_H

#include <limits.h>

#include "base/document.h"
#include "base/packer.h"

/// The text as it is.
static inline void bl_pack_text(bl_packer *packer, const char *text) {
    bl_pack_bytes(packer, text, strlen(text));
}
/// Text between quotes, which is UTF-8; NULL is null.
void bl_json_put_text(bl_packer *packer, const char *text);
/// The shortest digits that read back to the same bits; what is no finite number is null.
void bl_json_put_number(bl_packer *packer, double value);
void bl_json_put_integer(bl_packer *packer, int64_t value);
#define BL_JSON_ONE_LINE UINT_MAX
/// A whole value: a map has a line for each key, a list of scalars has one line.
/// \param item NULL is null \param depth of the line that it begins in, a level is one blank; or
/// BL_JSON_ONE_LINE
void bl_json_put_item(bl_packer *packer, const bl_item *item, unsigned depth);

#endif
