// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them.
#include "cli/number.h"

#include <math.h>
#include <stdio.h>

static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

size_t bl_number_int128(char *text, bl_int128 value) {
    if (value < 0) {
        text[0] = '-';
        return 1 + bl_number_int128(text + 1, -value);
    }
    const bl_int128 base = (bl_int128)1000000000000000000;
    if (value < base)
        return bl_number_uint(text, (uint64_t)value);
    size_t n = bl_number_int128(text, value / base);
    snprintf(text + n, BL_NUMBER_BYTES - n - 1, "%018llu", (unsigned long long)(value % base));
    return n + 18;
}

size_t bl_number_grouped(char *text, int64_t value) {
    char plain[BL_NUMBER_BYTES];
    size_t n = bl_number_int(plain, value), used = 0;
    for (size_t i = 0; i < n; i++) {
        text[used++] = plain[i];
        size_t left = n - 1 - i;
        if (left > 0 && left % 3 == 0 && plain[i] != '-')
            text[used++] = ',';
    }
    text[used] = '\0';
    return used;
}

// Near the middle between two decimals the exact value decides, and printf knows it.
size_t bl_number_fixed(char *text, double value, unsigned n_decimals) {
    const double most = 1e9, unsure = 1e-3;
    double scaled = n_decimals <= 9 ? value * powers[n_decimals] : most;
    if (!(scaled >= 0 && scaled < most) || signbit(value) ||
        fabs(scaled - floor(scaled) - 0.5) < unsure) {
        int n = snprintf(text, BL_NUMBER_BYTES, "%.*f", (int)n_decimals, value);
        return n < 0 ? 0 : n < BL_NUMBER_BYTES ? (size_t)n : BL_NUMBER_BYTES - 1;
    }
    uint64_t digits = (uint64_t)(scaled + 0.5), unit = (uint64_t)powers[n_decimals];
    size_t n = bl_number_uint(text, digits / unit);
    if (n_decimals == 0)
        return n;
    bl_number_uint(text + n, unit + digits % unit); // the one in front keeps the zeros behind it
    text[n] = '.';
    return n + 1 + n_decimals;
}

size_t bl_number_bytes(char *text, uint64_t bytes) {
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1000;
        unit++;
    }
    size_t n = bl_number_fixed(text, value, unit > 0 && value < 9.95);
    text[n++] = ' ';
    for (const char *letter = units[unit]; *letter; letter++)
        text[n++] = *letter;
    text[n] = '\0';
    return n;
}
