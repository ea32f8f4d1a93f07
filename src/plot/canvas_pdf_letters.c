// SPDX-License-Identifier: Apache-2.0
#include "plot/canvas_pdf_letters.h"

#include <stddef.h>

typedef struct code_byte {
    uint16_t code;
    uint8_t byte;
} code_byte;

/// WinAnsiEncoding beside Latin 1.
static const code_byte win_ansi[] = {
    {0x20ac, 0x80}, {0x2026, 0x85}, {0x2020, 0x86}, {0x2021, 0x87}, {0x2030, 0x89},
    {0x0160, 0x8a}, {0x0152, 0x8c}, {0x017d, 0x8e}, {0x2018, 0x91}, {0x2019, 0x92},
    {0x201c, 0x93}, {0x201d, 0x94}, {0x2022, 0x95}, {0x2013, 0x96}, {0x2014, 0x97},
    {0x2122, 0x99}, {0x0161, 0x9a}, {0x0153, 0x9c}, {0x017e, 0x9e}, {0x0178, 0x9f},
};
static const code_byte symbols[] = {
    {0x2200, 0x22}, {0x2203, 0x24}, {0x220b, 0x27}, {0x2217, 0x2a}, {0x2212, 0x2d}, {0x2245, 0x40},
    {0x2032, 0xa2}, {0x2264, 0xa3}, {0x221e, 0xa5}, {0x2194, 0xab}, {0x2190, 0xac}, {0x2191, 0xad},
    {0x2192, 0xae}, {0x2193, 0xaf}, {0x2033, 0xb2}, {0x2265, 0xb3}, {0x221d, 0xb5}, {0x2202, 0xb6},
    {0x2260, 0xb9}, {0x2261, 0xba}, {0x2248, 0xbb}, {0x2297, 0xc4}, {0x2295, 0xc5}, {0x2205, 0xc6},
    {0x2229, 0xc7}, {0x222a, 0xc8}, {0x2282, 0xcc}, {0x2286, 0xcd}, {0x2208, 0xce}, {0x2209, 0xcf},
    {0x2207, 0xd1}, {0x220f, 0xd5}, {0x221a, 0xd6}, {0x22c5, 0xd7}, {0x2227, 0xd9}, {0x2228, 0xda},
    {0x21d4, 0xdb}, {0x21d2, 0xde}, {0x2211, 0xe5}, {0x222b, 0xf2}, {0x03d1, 0x4a}, {0x03d5, 0x6a},
    {0x03d6, 0x76},
};

/// \return 0: it is not there
static unsigned char find(const code_byte *table, size_t n, uint32_t code) {
    for (size_t i = 0; i < n; i++)
        if (table[i].code == code)
            return table[i].byte;
    return 0;
}

/// Greek letters lie in Symbol where their Latin relatives are. \return 0: it is none
static unsigned char greek(uint32_t code) {
    static const char capitals[] = "ABGDEZHQIKLMNXOPR?STUFCYW";
    static const char small[] = "abgdezhqiklmnxoprVstufcyw";
    size_t of_capitals = code - 0x391, of_small = code - 0x3b1;
    return (unsigned char)(code >= 0x3b1 && of_small < sizeof small - 1 ? small[of_small]
                           : code >= 0x391 && of_capitals < sizeof capitals - 1
                               ? capitals[of_capitals]
                               : 0);
}

unsigned char bl_pdf_letter(uint32_t code, bl_pdf_font *ret_font) {
    *ret_font = BL_PDF_HELVETICA;
    if (code >= 0x300 && code <= 0x36f)
        return 0;
    if (code < 0x80 || (code >= 0xa0 && code <= 0xff))
        return (unsigned char)code;
    unsigned char byte = find(win_ansi, sizeof win_ansi / sizeof *win_ansi, code);
    if (byte)
        return byte;
    byte = greek(code);
    if (!byte)
        byte = find(symbols, sizeof symbols / sizeof *symbols, code);
    if (byte)
        *ret_font = BL_PDF_SYMBOL;
    return byte ? byte : code == 0x2113 ? 'l' : '?'; // the script letter of leptons
}
