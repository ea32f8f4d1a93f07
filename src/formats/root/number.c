// SPDX-License-Identifier: Apache-2.0
// ROOT's numbers: which there are, and which kernel decodes each.
// Source: TStreamerElement's "[min,max,nbits]" convention.
#include "formats/root/number.h"

#include <stdlib.h>
#include <string.h>

#include "formats/root/kernels.h"

enum { CODE_DOUBLE32 = 9, CODE_FLOAT16 = 19 };

static const bl_type_id type_of_code[20] = {
    [1] = BL_INT8,    [2] = BL_INT16,   [3] = BL_INT32,    [4] = BL_INT64,   [5] = BL_FLOAT32,
    [6] = BL_INT32,   [8] = BL_FLOAT64, [9] = BL_FLOAT64,  [10] = BL_INT8,   [11] = BL_UINT8,
    [12] = BL_UINT16, [13] = BL_UINT32, [14] = BL_UINT64,  [15] = BL_UINT32, [16] = BL_INT64,
    [17] = BL_UINT64, [18] = BL_BOOL,   [19] = BL_FLOAT32,
};

static const uint8_t width_of_type[] = {
#define WIDTH(name, format, width, text) [BL_##name] = (width),
    BL_TYPE_TABLE(WIDTH)
#undef WIDTH
};

size_t bl_root_number_width(const bl_root_number *number) {
    return number->type == BL_BOOL ? 1 : width_of_type[number->type];
}

/// A bound of a range: a number, or a multiple or fraction of pi as ROOT's authors write it.
static double parse_bound(const char *text, const char *end) {
    const double pi = 3.14159265358979323846;
    char bound[48];
    size_t n = 0;
    for (; text < end && n < sizeof bound - 1; text++)
        if (*text != ' ' && *text != '\t')
            bound[n++] = (char)(*text >= 'A' && *text <= 'Z' ? *text + 32 : *text);
    bound[n] = '\0';
    const char *at = strstr(bound, "pi");
    if (!at)
        return strtod(bound, NULL);
    double value =
        strstr(bound, "twopi") || strstr(bound, "2pi") || strstr(bound, "2*pi") ? 2 * pi : pi;
    if (at[2] == '/')
        value /= strtod(at + 3, NULL) != 0 ? strtod(at + 3, NULL) : 1;
    return bound[0] == '-' ? -value : value;
}

/// Finds "[min,max]" or "[min,max,n_bits]" in a title, past brackets that are dimensions.
static bool parse_range(const char *title, double *ret_min, double *ret_max, int *ret_bits) {
    for (const char *left = title ? strchr(title, '[') : NULL; left; left = strchr(left + 1, '[')) {
        const char *right = strchr(left, ']');
        const char *comma = strchr(left, ',');
        if (!right || !comma || comma > right)
            continue;
        const char *second = strchr(comma + 1, ',');
        bool has_bits = second && second < right;
        *ret_min = parse_bound(left + 1, comma);
        *ret_max = parse_bound(comma + 1, has_bits ? second : right);
        *ret_bits = has_bits ? (int)strtol(second + 1, NULL, 10) : 32;
        if (*ret_bits < 2 || *ret_bits > 32)
            *ret_bits = 32;
        return true;
    }
    return false;
}

static void set_packing(bl_root_number *number, bool is_double, const char *comment) {
    double min = 0, max = 0;
    int n_bits = 32;
    bool has_range = parse_range(comment, &min, &max, &n_bits);
    if (has_range && min < max) {
        double steps = n_bits < 32 ? (double)(UINT32_C(1) << n_bits) : (double)UINT32_MAX;
        number->packing = BL_ROOT_RANGED;
        number->type = BL_FLOAT64; // of a Float16_t too: its steps need not be whole float32s
        number->size = 4;
        number->factor = steps / (max - min);
        number->min = min;
    } else if (has_range && n_bits < 15) {
        number->packing = BL_ROOT_TRUNCATED;
        number->size = 3;
        number->n_bits = (uint8_t)n_bits;
    } else if (is_double) {
        number->packing = BL_ROOT_WIDENED;
        number->size = 4;
    } else {
        number->packing = BL_ROOT_TRUNCATED;
        number->size = 3;
        number->n_bits = 12;
    }
}

bool bl_root_number_of_code(int code, const char *comment, bl_root_number *ret_number) {
    if (code < 1 || code > 19 || code == 7)
        return false;
    bl_root_number number = {.type = type_of_code[code]};
    number.size = (uint8_t)bl_root_number_width(&number);
    if (code == CODE_DOUBLE32 || code == CODE_FLOAT16)
        set_packing(&number, code == CODE_DOUBLE32, comment);
    *ret_number = number;
    return true;
}

bool bl_root_number_of_name(const char *name, size_t length, bl_root_number *ret_number) {
    static const struct {
        const char *name;
        int code;
    } names[] = {
        {"char", 1},
        {"signed char", 1},
        {"Char_t", 1},
        {"int8_t", 1},
        {"short", 2},
        {"Short_t", 2},
        {"int16_t", 2},
        {"int", 3},
        {"Int_t", 3},
        {"int32_t", 3},
        {"long", 4},
        {"Long_t", 4},
        {"float", 5},
        {"Float_t", 5},
        {"double", 8},
        {"Double_t", 8},
        {"Double32_t", 9},
        {"unsigned char", 11},
        {"UChar_t", 11},
        {"uint8_t", 11},
        {"Byte_t", 11},
        {"unsigned short", 12},
        {"UShort_t", 12},
        {"uint16_t", 12},
        {"unsigned int", 13},
        {"unsigned", 13},
        {"UInt_t", 13},
        {"uint32_t", 13},
        {"unsigned long", 14},
        {"ULong_t", 14},
        {"size_t", 14},
        {"long long", 16},
        {"Long64_t", 16},
        {"int64_t", 16},
        {"unsigned long long", 17},
        {"ULong64_t", 17},
        {"uint64_t", 17},
        {"bool", 18},
        {"Bool_t", 18},
        {"Float16_t", 19},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == length && memcmp(names[i].name, name, length) == 0)
            return bl_root_number_of_code(names[i].code, "", ret_number);
    return false;
}

void bl_root_numbers_decode(const bl_root_number *number, const uint8_t *data, size_t n,
                            void *out) {
    bl_root_numbers_decode_by(bl_root_kernels_get(), number, data, n, out);
}

void bl_root_numbers_decode_by(const bl_root_kernels *kernels, const bl_root_number *number,
                               const uint8_t *data, size_t n, void *out) {
    if (n == 0)
        return;
    switch (number->packing) {
    case BL_ROOT_RANGED:
        kernels->ranged(number, data, n, (double *)out);
        return;
    case BL_ROOT_TRUNCATED:
        kernels->truncated(number, data, n, out);
        return;
    case BL_ROOT_WIDENED:
        kernels->widened(data, n, (double *)out);
        return;
    case BL_ROOT_PLAIN:
        break;
    }
    switch (number->size) {
    case 1:
        memcpy(out, data, n);
        return;
    case 2:
        kernels->swap16(data, n, out);
        return;
    case 4:
        kernels->swap32(data, n, out);
        return;
    default:
        kernels->swap64(data, n, out);
        return;
    }
}
