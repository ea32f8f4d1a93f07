// SPDX-License-Identifier: Apache-2.0
/// \file
/// Rows of JSON: one a line, or the items of one list.
#ifndef BL_FORMATS_TEXT_JSON_LINES_H
#define BL_FORMATS_TEXT_JSON_LINES_H

#include "formats/text/table.h"

extern const bl_text_dialect bl_json_lines_dialect;
/// One list of objects.
extern const bl_text_dialect bl_json_list_dialect;

#endif
