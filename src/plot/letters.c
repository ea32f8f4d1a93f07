// SPDX-License-Identifier: Apache-2.0
// Widths are those of Adobe's metrics of Helvetica, in thousandths.
#include "plot/letters.h"

#include <stdbool.h>
#include <string.h>

typedef struct lifted {
    uint16_t code, base;
} lifted;

static const lifted raised[] = {
    {0x00b2, '2'}, {0x00b3, '3'}, {0x00b9, '1'}, {0x2070, '0'},    {0x2071, 'i'}, {0x2074, '4'},
    {0x2075, '5'}, {0x2076, '6'}, {0x2077, '7'}, {0x2078, '8'},    {0x2079, '9'}, {0x207a, '+'},
    {0x207c, '='}, {0x207d, '('}, {0x207e, ')'}, {0x207b, 0x2212}, {0x207f, 'n'},
};
static const lifted lowered[] = {
    {0x2080, '0'}, {0x2081, '1'}, {0x2082, '2'}, {0x2083, '3'}, {0x2084, '4'}, {0x2085, '5'},
    {0x2086, '6'}, {0x2087, '7'}, {0x2088, '8'}, {0x2089, '9'}, {0x208a, '+'}, {0x208b, 0x2212},
    {0x208c, '='}, {0x208d, '('}, {0x208e, ')'}, {0x2090, 'a'}, {0x2091, 'e'}, {0x2092, 'o'},
    {0x2093, 'x'}, {0x2095, 'h'}, {0x2096, 'k'}, {0x2097, 'l'}, {0x2098, 'm'}, {0x2099, 'n'},
    {0x209a, 'p'}, {0x209b, 's'}, {0x209c, 't'}, {0x1d62, 'i'}, {0x2c7c, 'j'},
};

/// \return 0: it is none
static uint32_t base_of(const lifted *table, size_t n, uint32_t code) {
    for (size_t i = 0; i < n; i++)
        if (table[i].code == code)
            return table[i].base;
    return 0;
}

/// What XML 1.0 does not take, controls apart.
static bool is_letter(uint32_t code) {
    return code < 0xd800 || (code > 0xdfff && code < 0xfffe) || (code > 0xffff && code <= 0x10ffff);
}

/// \return bytes; 0: no UTF-8
static size_t decode(const unsigned char *at, uint32_t *ret_code) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (*at < 0x80) {
        *ret_code = *at;
        return 1;
    }
    size_t n = *at >= 0xf0 && *at < 0xf8 ? 4 : *at >= 0xe0 ? 3 : 2;
    if (*at < 0xc2 || *at >= 0xf8)
        return 0;
    uint32_t code = *at & (0xffU >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3f);
    }
    *ret_code = code;
    return code >= least[n] ? n : 0;
}

const char *bl_letter_next(const char *text, bl_letter *ret_letter) {
    uint32_t code = 0xfffd;
    if (!*text)
        return NULL;
    size_t n = decode((const unsigned char *)text, &code);
    if (n == 0 || !is_letter(code))
        code = 0xfffd;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0))
        code = ' ';
    uint32_t up = base_of(raised, sizeof raised / sizeof *raised, code);
    uint32_t down = up ? 0 : base_of(lowered, sizeof lowered / sizeof *lowered, code);
    *ret_letter = (bl_letter){up ? up : down ? down : code, up ? 1 : down ? -1 : 0};
    return text + (n ? n : 1);
}

size_t bl_letter_utf8(uint32_t code, char *to) {
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n; --i; code >>= 6)
        to[i] = (char)(0x80 | (code & 0x3f));
    to[0] = (char)((0xf00U >> n & 0xf0) | code);
    return n;
}

// ---- widths ----

static double width_of(bl_letter letter) {
    static const uint16_t ascii[] = {
        278,  278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, // space
        556,  556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, // 0
        1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, // @
        667,  778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, // P
        333,  556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, // `
        556,  556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,      // p
    };
    uint32_t code = letter.code;
    double width = code - 0x20 < sizeof ascii / sizeof *ascii ? ascii[code - 0x20]
                   : code >= 0x300 && code <= 0x36f           ? 0 // marks over the letter before
                   : code == 0x2026 || code > 0x2e7f          ? 1000
                                                              : 556;
    return width / 1000 * (letter.level ? bl_level_size : 1);
}

double bl_letters_width(const char *text, double size) {
    double width = 0;
    bl_letter letter;
    while ((text = bl_letter_next(text, &letter)))
        width += width_of(letter);
    return width * size;
}

void bl_letters_fit(const char *text, double size, double width, char *to, size_t room) {
    static const char dots[] = "…";
    const char *at = text, *next;
    size_t n = strlen(text), fits = 0;
    double used = 0;
    bl_letter letter;
    if (n < room && bl_letters_width(text, size) <= width) {
        memcpy(to, text, n + 1);
        return;
    }
    double most = width / size - width_of((bl_letter){.code = 0x2026});
    while ((next = bl_letter_next(at, &letter)) && (size_t)(next - text) + sizeof dots <= room) {
        used += width_of(letter);
        if (used > most)
            break;
        at = next;
        fits = (size_t)(at - text);
    }
    memcpy(to, text, fits);
    memcpy(to + fits, dots, sizeof dots);
}
