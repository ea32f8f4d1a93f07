// SPDX-License-Identifier: Apache-2.0
/// \file
/// A text that grows: documents are written into it piece by piece.
#ifndef BL_BASE_TEXT_H
#define BL_BASE_TEXT_H

#include <stdbool.h>

#include "base/arena.h"

/// Zeroed but for the arena, it is empty.
typedef struct bl_text {
    bl_arena *arena; ///< borrows: holds the text, and what it outgrew
    char *text;      ///< NUL-terminated; NULL: nothing was added
    size_t n, room;
    bool has_failed; ///< there was no memory: what is added is lost
} bl_text;

/// printf at the end.
void bl_text_add(bl_text *text, const char *format, ...) BL_PRINTF(2, 3);
/// A string between quotes, as JSON and YAML have it.
void bl_text_add_quoted(bl_text *text, const char *string);
/// A number in the fewest digits that read the same: an integer without a point.
/// \param value finite
void bl_text_add_number(bl_text *text, double value);
void bl_text_add_float(bl_text *text, float value);

#endif
