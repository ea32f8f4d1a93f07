// SPDX-License-Identifier: Apache-2.0
// Texts that grow by doubling.
#include "base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/number_text.h"

/// Room for so many bytes more, and a NUL.
static bool make_room(bl_text *text, size_t size) {
    if (text->has_failed || text->room - text->n > size)
        return !text->has_failed;
    size_t room = 2 * (text->n + size) + 256;
    char *grown = bl_arena_alloc(text->arena, room);
    text->has_failed = !grown;
    if (!grown)
        return false;
    if (text->n)
        memcpy(grown, text->text, text->n);
    text->text = grown;
    text->room = room;
    return true;
}

void bl_text_add(bl_text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size < 0 || !make_room(text, (size_t)size))
        return;
    va_start(arguments, format);
    (void)vsnprintf(text->text + text->n, text->room - text->n, format, arguments);
    va_end(arguments);
    text->n += (size_t)size;
}

/// Characters that YAML does not take as they are, or breaks a line at: controls, U+2028, U+2029,
/// U+FEFF, U+FFFE and U+FFFF. \return bytes of UTF-8; 0: it is none of them
static size_t find_odd(const char *at, unsigned *ret_code) {
    unsigned a = (unsigned char)at[0], b = a ? (unsigned char)at[1] : 0;
    unsigned c = b ? (unsigned char)at[2] : 0;
    if (a < 0x20 || a == 0x7f) {
        *ret_code = a;
        return 1;
    }
    if (a == 0xc2 && b < 0xa0 && b >= 0x80) {
        *ret_code = b;
        return 2;
    }
    bool is_odd = (a == 0xe2 && b == 0x80 && (c == 0xa8 || c == 0xa9)) ||
                  (a == 0xef && ((b == 0xbb && c == 0xbf) || (b == 0xbf && c >= 0xbe)));
    if (is_odd)
        *ret_code = (a & 15) << 12 | (b & 63) << 6 | (c & 63);
    return is_odd ? 3 : 0;
}

void bl_text_add_quoted(bl_text *text, const char *string) {
    bl_text_add(text, "\"");
    for (const char *c = string; *c;) {
        unsigned code = 0;
        size_t n_odd = find_odd(c, &code);
        if (n_odd)
            bl_text_add(text, "\\u%04x", code);
        else
            bl_text_add(text, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
        c += n_odd ? n_odd : 1;
    }
    bl_text_add(text, "\"");
}

void bl_text_add_number(bl_text *text, double value) {
    char digits[BL_NUMBER_BYTES];
    if (value == trunc(value) && fabs(value) < 0x1p53)
        bl_number_int(digits, (int64_t)value);
    else
        bl_number_float64(digits, value);
    bl_text_add(text, "%s", digits);
}

void bl_text_add_float(bl_text *text, float value) {
    char digits[BL_NUMBER_BYTES];
    if (value == truncf(value) && fabsf(value) < 0x1p24F)
        bl_number_int(digits, (int64_t)value);
    else
        bl_number_float32(digits, value);
    bl_text_add(text, "%s", digits);
}
