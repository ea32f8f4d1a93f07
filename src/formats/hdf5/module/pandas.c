// SPDX-License-Identifier: Apache-2.0
// PyTables keeps Python objects as pickles of protocol 0. The one that tells names is a list of
// texts:
// "(lp0\n", then for each text "V", the text, "\n", "p1\n" (a number that is not needed here) and
// "a", and "." at the end. Anything else is not understood. Texts are Latin-1 with \uXXXX for the
// rest.
#include "formats/hdf5/module/pandas.h"

#include "base/cursor.h"

enum { MAX_NAMES = 65536 };

/// Skips a letter and a number up to the end of its line.
static bool skip_number(bl_cursor *c, char letter) {
    if (bl_cursor_u8(c) != (uint8_t)letter)
        return false;
    while (bl_cursor_left(c)) {
        uint8_t byte = bl_cursor_u8(c);
        if (byte == '\n')
            return true;
        if (byte < '0' || byte > '9')
            return false;
    }
    return false;
}

static size_t put_utf8(uint32_t code, char *out) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 63));
        return 2;
    }
    out[0] = (char)(0xe0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 63));
    out[2] = (char)(0x80 | (code & 63));
    return 3;
}

static bool hex4(const uint8_t *digits, uint32_t *ret_code) {
    uint32_t code = 0;
    for (size_t i = 0; i < 4; i++) {
        uint8_t d = digits[i];
        bool is_digit = d >= '0' && d <= '9', is_letter = (d | 32) >= 'a' && (d | 32) <= 'f';
        if (!is_digit && !is_letter)
            return false;
        code = code << 4 | (uint32_t)(is_digit ? d - '0' : (d | 32) - 'a' + 10);
    }
    *ret_code = code;
    return true;
}

/// One text up to the end of its line.
static const char *take_text(bl_arena *arena, bl_cursor *c) {
    const uint8_t *text = c->data + c->position;
    const uint8_t *end = (const uint8_t *)memchr(text, '\n', bl_cursor_left(c));
    if (!end)
        return NULL;
    size_t n = (size_t)(end - text), at = 0;
    char *out = (char *)bl_arena_alloc(arena, 2 * n + 4);
    bl_cursor_skip(c, n + 1);
    for (size_t i = 0; out && i < n; i++) {
        uint32_t code = text[i];
        if (code == '\\' && n - i >= 6 && text[i + 1] == 'u' && hex4(text + i + 2, &code))
            i += 5;
        if (code == 0)
            return NULL;
        at += put_utf8(code, out + at);
    }
    return out;
}

bool bl_hdf5_pickled_texts(bl_arena *arena, const uint8_t *pickle, size_t size,
                           const char ***ret_names, size_t *ret_n) {
    bl_cursor c = bl_cursor_over(pickle, size);
    size_t n = 0, most = size / 3 < MAX_NAMES ? size / 3 : MAX_NAMES;
    const char **names = (const char **)bl_arena_array(arena, most + 1, sizeof *names);
    if (!names || bl_cursor_u8(&c) != '(' || bl_cursor_u8(&c) != 'l' || !skip_number(&c, 'p'))
        return false;
    while (bl_cursor_left(&c) && c.data[c.position] != '.') {
        if (n == most || bl_cursor_u8(&c) != 'V' || !(names[n++] = take_text(arena, &c)) ||
            !skip_number(&c, 'p') || bl_cursor_u8(&c) != 'a')
            return false;
    }
    *ret_names = names;
    *ret_n = n;
    return bl_cursor_u8(&c) == '.' && !c.failed;
}
