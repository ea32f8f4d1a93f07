// SPDX-License-Identifier: Apache-2.0
/// \file
/// Numbers as text and text as numbers: shortest digits out, correctly rounded in. Neither depends
/// on a locale, and both give the same on every machine.
#ifndef BL_BASE_NUMBER_TEXT_H
#define BL_BASE_NUMBER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Bytes that hold any number written here, its NUL included.
enum { BL_NUMBER_BYTES = 48 };

/// The fewest digits that a correctly rounding reader turns into the same float64 (float32), the
/// nearest to it where several have so few: always with a point or an exponent, so that it is seen
/// to be no integer; "nan", "inf", "-inf".
/// \param text [BL_NUMBER_BYTES] \return the length
size_t bl_number_float64(char *text, double value);
size_t bl_number_float32(char *text, float value);
size_t bl_number_int(char *text, int64_t value);
size_t bl_number_uint(char *text, uint64_t value);

/// What a text that is a number is.
typedef enum bl_number_kind {
    BL_NUMBER_NONE,     ///< no number begins here
    BL_NUMBER_INTEGER,  ///< digits alone, within int64
    BL_NUMBER_UNSIGNED, ///< digits alone, past int64 and within uint64
    BL_NUMBER_REAL,     ///< with a point or an exponent, or digits past uint64
} bl_number_kind;

/// Reads a number at the beginning of `text`: [+-] digits [. digits] [e [+-] digits], with a digit
/// before or behind the point.
/// \param ret_end  behind its last character; NULL: there is none
/// \return the number rounded to the nearest, ties to even; ±infinity past the largest
double bl_number_read_float64(const char *text, const char *end, const char **ret_end);
float bl_number_read_float32(const char *text, const char *end, const char **ret_end);
/// Reads [+-] digits. \param ret_end NULL: there are none, or the number does not fit
int64_t bl_number_read_int(const char *text, const char *end, const char **ret_end);
uint64_t bl_number_read_uint(const char *text, const char *end, const char **ret_end);
/// Which kind of number the whole text is.
bl_number_kind bl_number_kind_of(const char *text, size_t size);

#endif
