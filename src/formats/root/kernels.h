// SPDX-License-Identifier: Apache-2.0
/// \file
/// The inner loops between ROOT's bytes and columns, once in plain C and once for each instruction
/// set that gains by it. All give the same bits.
#ifndef BL_FORMATS_ROOT_KERNELS_H
#define BL_FORMATS_ROOT_KERNELS_H

#include "formats/root/number.h"

/// Entries that are vectors of plain numbers, or vectors of such vectors, each with a header.
typedef struct bl_vector_rows {
    const uint8_t *data;
    const uint32_t *starts; ///< [n + 1] in data, ascending
    size_t n;
    int32_t base;        ///< items before these rows
    int32_t *ends;       ///< [n] of the rows, in items
    int32_t inner_base;  ///< numbers before these rows, where items are vectors
    int32_t *inner_ends; ///< [n_inner] of the vectors inside, in numbers
    size_t n_inner;      ///< room; then how many there are
    void *numbers;       ///< [n_numbers]
    size_t n_numbers;    ///< of vectors: how many there must be; of vectors of vectors as n_inner
} bl_vector_rows;

typedef struct bl_root_kernels {
    const char *name;
    /// Big-endian numbers of 2, 4 or 8 bytes to host order. \param out [n]
    void (*swap16)(const uint8_t *data, size_t n, void *out);
    void (*swap32)(const uint8_t *data, size_t n, void *out);
    void (*swap64)(const uint8_t *data, size_t n, void *out);
    /// BL_ROOT_WIDENED, BL_ROOT_RANGED and BL_ROOT_TRUNCATED. \param out [n] of number->type
    void (*widened)(const uint8_t *data, size_t n, double *out);
    void (*ranged)(const bl_root_number *number, const uint8_t *data, size_t n, double *out);
    void (*truncated)(const bl_root_number *number, const uint8_t *data, size_t n, void *out);
    /// Positions of entries to offsets of items: out[i] = base + ((p(i) − start) >> shift), where
    /// p(i) is the i-th big-endian uint32 of `table`.
    /// \param out [n] \return false where p descends, begins before start, or p − start is no
    /// multiple of an item
    bool (*offsets)(const uint8_t *table, size_t n, uint32_t start, unsigned shift, int32_t base,
                    int32_t *out);
    /// One byte a bool to one bit, least significant first. \param bits [(n + 7) / 8], may be
    /// `bytes`
    void (*pack_bools)(const uint8_t *bytes, size_t n, uint8_t *bits);
    /// Rows of vectors of numbers of 1, 2, 4 or 8 bytes. \return false where a header is not as
    /// expected, or the rows do not hold exactly so many numbers
    bool (*vectors)(const bl_vector_rows *rows, unsigned size);
    /// Rows of vectors of vectors. \return false where a header is not as expected, or room is
    /// short
    bool (*nested)(bl_vector_rows *rows, unsigned size);
} bl_root_kernels;

extern const bl_root_kernels bl_root_kernels_plain;
#if defined(__x86_64__)
extern const bl_root_kernels bl_root_kernels_avx2; ///< only where the processor has AVX2
extern const bl_root_kernels bl_root_kernels_avx2_past;
#elif defined(__aarch64__)
extern const bl_root_kernels bl_root_kernels_neon;
#endif

/// The fastest that this processor has.
const bl_root_kernels *bl_root_kernels_get(void);
/// Those for more values than the caches hold, where there are such: they store past the caches.
const bl_root_kernels *bl_root_kernels_get_past(void);

#endif
