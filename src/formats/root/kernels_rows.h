// SPDX-License-Identifier: Apache-2.0
/// \file
/// Rows of vectors of numbers, and of vectors of vectors, written once for all instruction sets:
/// each gives its own way of moving the numbers of one vector.
#ifndef BL_FORMATS_ROOT_KERNELS_ROWS_H
#define BL_FORMATS_ROOT_KERNELS_ROWS_H

#include "base/cursor.h"
#include "formats/root/kernels.h"

#define BL_ALWAYS_INLINE static inline __attribute__((always_inline))

/// Moves `n` numbers of `size` bytes. It may read up to `from_end` and write up to `to_end`.
typedef void (*bl_put_fn)(const uint8_t *from, const uint8_t *from_end, size_t n, unsigned size,
                          uint8_t *to, const uint8_t *to_end);

enum {
    BL_VECTOR_HEADER = 10, ///< byte count, version, length
    BL_BYTE_COUNT = 0x40000000,
    BL_MEMBERWISE = 0x4000,
};

/// The length in a vector's header; −1 where the header is another.
BL_ALWAYS_INLINE int64_t bl_vector_length(const uint8_t *at, uint32_t entry_bytes) {
    bool fits = entry_bytes >= BL_VECTOR_HEADER &&
                bl_load_be32(at) == (BL_BYTE_COUNT | (entry_bytes - 4)) &&
                !(bl_load_be16(at + 4) & BL_MEMBERWISE);
    return fits ? (int64_t)bl_load_be32(at + 6) : -1;
}

BL_ALWAYS_INLINE bool bl_rows_of_numbers(const bl_vector_rows *rows, unsigned size, bl_put_fn put) {
    uint8_t *to = (uint8_t *)rows->numbers, *to_end = to + rows->n_numbers * size;
    const uint8_t *from_end = rows->data + rows->starts[rows->n];
    int32_t end = rows->base;
    for (size_t i = 0; i < rows->n; i++) {
        const uint8_t *at = rows->data + rows->starts[i];
        uint32_t n_bytes = rows->starts[i + 1] - rows->starts[i];
        int64_t n = bl_vector_length(at, n_bytes);
        if (n < 0 || (uint64_t)n * size != n_bytes - BL_VECTOR_HEADER ||
            (uint64_t)n * size > (size_t)(to_end - to))
            return false;
        put(at + BL_VECTOR_HEADER, from_end, (size_t)n, size, to, to_end);
        to += (size_t)n * size;
        end += (int32_t)n;
        rows->ends[i] = end;
    }
    return to == to_end;
}

BL_ALWAYS_INLINE bool bl_rows_of_vectors(bl_vector_rows *rows, unsigned size, bl_put_fn put) {
    uint8_t *to = (uint8_t *)rows->numbers, *to_end = to + rows->n_numbers * size;
    const uint8_t *from_end = rows->data + rows->starts[rows->n];
    size_t n_inner = 0;
    int32_t inner_end = rows->inner_base;
    for (size_t i = 0; i < rows->n; i++) {
        const uint8_t *at = rows->data + rows->starts[i], *end = rows->data + rows->starts[i + 1];
        int64_t n = bl_vector_length(at, rows->starts[i + 1] - rows->starts[i]);
        if (n < 0 || (size_t)n > rows->n_inner - n_inner)
            return false;
        at += BL_VECTOR_HEADER;
        for (int64_t k = 0; k < n; k++) {
            if (end - at < 4)
                return false;
            uint64_t n_bytes = (uint64_t)bl_load_be32(at) * size;
            at += 4;
            if (n_bytes > (size_t)(end - at) || n_bytes > (size_t)(to_end - to))
                return false;
            put(at, from_end, n_bytes / size, size, to, to_end);
            at += n_bytes;
            to += n_bytes;
            inner_end += (int32_t)(n_bytes / size);
            rows->inner_ends[n_inner++] = inner_end;
        }
        if (at != end)
            return false;
        rows->ends[i] = rows->base + (int32_t)n_inner;
    }
    rows->n_inner = n_inner;
    rows->n_numbers = (size_t)(to - (uint8_t *)rows->numbers) / size;
    return true;
}

/// Numbers of 1, 2, 4 or 8 bytes, each with a loop of its own.
#define BL_ROWS_BY_SIZE(function, rows, size, put) \
    ((size) == 4   ? function(rows, 4, put)        \
     : (size) == 8 ? function(rows, 8, put)        \
     : (size) == 2 ? function(rows, 2, put)        \
                   : function(rows, 1, put))

#endif
