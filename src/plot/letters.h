// SPDX-License-Identifier: Apache-2.0
/// \file
/// Letters of texts in pictures: UTF-8 as code points, raised and lowered signs as what they raise,
/// and how wide a text is in Helvetica.
#ifndef BL_PLOT_LETTERS_H
#define BL_PLOT_LETTERS_H

#include <stddef.h>
#include <stdint.h>

typedef struct bl_letter {
    uint32_t code; ///< 1: none; a control is a space, and what is no UTF-8 or no XML U+FFFD
    int level; ///< 1: raised ("³"); −1: lowered ("₃"); `code` is then the sign itself ("3")
} bl_letter;

/// Raised and lowered letters are of this size, and so much higher or lower, of the text's size.
static const double bl_level_size = 0.72, bl_level_rise = 0.36, bl_level_fall = 0.16;

/// The first letter of a text. \return behind it; NULL: the text has ended
const char *bl_letter_next(const char *text, bl_letter *ret_letter);
/// A code point as UTF-8. \param to [4] \return bytes
size_t bl_letter_utf8(uint32_t code, char *to);
/// Of a text in points; near it where a letter is not in Helvetica's table.
double bl_letters_width(const char *text, double size);
/// As much of a text as fits, "…" behind it where that is not all.
/// \param to [room] \param room 8 at least
void bl_letters_fit(const char *text, double size, double width, char *to, size_t room);

#endif
