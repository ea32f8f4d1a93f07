// SPDX-License-Identifier: Apache-2.0
// NumPy's files. A header is a Python dictionary; it is read as NumPy and we write it, not as
// Python would.
#include "io/archive/npy.h"

#include <stdio.h>

#include "base/number_text.h"

enum { FIXED_BYTES = 10, ALIGNMENT = 64 }; ///< mark, version, length of the header

static const char mark[] = "\x93NUMPY\1";
static const char before_shape[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
enum { TYPE_AT = 13 }; ///< of its digit, the bytes of a number

const char *bl_npy_shape(unsigned rank, const size_t *sizes, char text[static BL_NPY_SHAPE_BYTES]) {
    size_t used = 0;
    text[used++] = '(';
    for (unsigned i = 0; i < rank; i++)
        used += (size_t)snprintf(text + used, BL_NPY_SHAPE_BYTES - used, "%s%zu", i ? ", " : "",
                                 sizes[i]);
    (void)snprintf(text + used, BL_NPY_SHAPE_BYTES - used, rank == 1 ? ",)" : ")");
    return text;
}

size_t bl_npy_header(bl_npy_type type, unsigned rank, const size_t *sizes,
                     uint8_t ret_bytes[static BL_NPY_HEADER_BYTES]) {
    char shape[BL_NPY_SHAPE_BYTES], text[BL_NPY_HEADER_BYTES];
    int length =
        snprintf(text, sizeof text, "%s%s, }", before_shape, bl_npy_shape(rank, sizes, shape) + 1);
    size_t n = (FIXED_BYTES + (size_t)length + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    memset(ret_bytes, ' ', n);
    memcpy(ret_bytes, mark, sizeof mark); // its NUL is the minor version
    ret_bytes[8] = (uint8_t)(n - FIXED_BYTES);
    ret_bytes[9] = 0;
    memcpy(ret_bytes + FIXED_BYTES, text, (size_t)length);
    ret_bytes[FIXED_BYTES + TYPE_AT] = (uint8_t)('0' + type);
    ret_bytes[n - 1] = '\n';
    return n;
}

/// Whether a header begins as one of this type does.
static bool has_type(bl_npy_type type, const char *text, size_t size) {
    size_t n = sizeof before_shape - 1;
    return size >= n && memcmp(text, before_shape, TYPE_AT) == 0 &&
           text[TYPE_AT] == '0' + (int)type &&
           memcmp(text + TYPE_AT + 1, before_shape + TYPE_AT + 1, n - TYPE_AT - 1) == 0;
}

/// The sizes, up to the closing bracket.
static bool parse_sizes(const char *text, const char *end, bl_npy *array) {
    while (text < end && *text != ')') {
        const char *behind;
        uint64_t size = bl_number_read_uint(text, end, &behind);
        if (!behind || size > SIZE_MAX || array->rank == BL_NPY_MOST_AXES)
            return false;
        array->sizes[array->rank++] = (size_t)size;
        for (text = behind; text < end && (*text == ',' || *text == ' ');)
            text++;
    }
    return end - text >= 4 && memcmp(text, "), }", 4) == 0;
}

bl_status bl_npy_read(bl_npy_type type, const uint8_t *data, size_t size, bl_npy *ret_array,
                      bl_error *err) {
    if (size < FIXED_BYTES || memcmp(data, mark, sizeof mark) != 0)
        return bl_error_set(err, BL_E_CORRUPT, "no array of NumPy's format 1.0");
    const char *text = (const char *)data + FIXED_BYTES;
    size_t n_text = (size_t)(data[8] | data[9] << 8), n_before = sizeof before_shape - 1;
    if (n_text > size - FIXED_BYTES)
        return bl_error_set(err, BL_E_CORRUPT, "the header of an array is cut");
    bl_npy array = {.values = data + FIXED_BYTES + n_text};
    if (!has_type(type, text, n_text) || !parse_sizes(text + n_before, text + n_text, &array))
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "an array that is not of little-endian float%d in the order of C",
                            8 * (int)type);
    size_t n_bytes = type;
    for (unsigned i = 0; i < array.rank; i++)
        if (__builtin_mul_overflow(n_bytes, array.sizes[i], &n_bytes))
            n_bytes = SIZE_MAX;
    if (n_bytes != size - FIXED_BYTES - n_text) {
        char shape[BL_NPY_SHAPE_BYTES];
        return bl_error_set(err, BL_E_CORRUPT, "an array of shape %s in %zu bytes",
                            bl_npy_shape(array.rank, array.sizes, shape),
                            size - FIXED_BYTES - n_text);
    }
    *ret_array = array;
    return BL_OK;
}
