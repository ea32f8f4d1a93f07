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

void bl_text_add_quoted(bl_text *text, const char *string) {
    bl_text_add(text, "\"");
    for (const char *c = string; *c; c++) {
        if (*c == '"' || *c == '\\')
            bl_text_add(text, "\\%c", *c);
        else if ((unsigned char)*c < 0x20 || *c == 0x7f)
            bl_text_add(text, "\\u%04x", (unsigned)*c);
        else
            bl_text_add(text, "%c", *c);
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
