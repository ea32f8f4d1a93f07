// SPDX-License-Identifier: Apache-2.0
/// \file
/// Small numbers as Parquet packs them: runs of one value and bit-packed ones, in turn.
/// \source Apache Parquet, Encodings, "Run Length Encoding / Bit-Packing Hybrid"
#ifndef BL_FORMATS_PARQUET_BITS_H
#define BL_FORMATS_PARQUET_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A place in such numbers.
typedef struct bl_runs {
    const uint8_t *next, *end;  ///< behind the present run; of all
    unsigned width;             ///< bits of a number, up to 32
    uint32_t value;             ///< of a run
    size_t n_repeated;          ///< of the run, that are left
    const uint8_t *packed;      ///< of a bit-packed run
    size_t packed_at, n_packed; ///< numbers of it that were taken; all of them
} bl_runs;

bl_runs bl_runs_over(const uint8_t *data, size_t size, unsigned width);
/// The next `n` numbers. \return false where there are fewer
bool bl_runs_read(bl_runs *runs, uint32_t *out, size_t n);
/// The same for widths up to 8.
bool bl_runs_read_bytes(bl_runs *runs, uint8_t *out, size_t n);
/// How many of the next numbers are known to be one value without a look at each, up to `n`; 0
/// where the next run is bit-packed. They are taken. \param ret_value theirs
size_t bl_runs_take_repeated(bl_runs *runs, size_t n, uint32_t *ret_value);

/// Unpacks numbers [first, first + n) of bit-packed ones of `width` bits.
/// \param data [size] holds them all
void bl_unpack_bits(const uint8_t *data, size_t size, unsigned width, size_t first, size_t n,
                    uint32_t *out);
/// The same to bytes, for widths up to 8.
void bl_unpack_bytes(const uint8_t *data, size_t size, unsigned width, size_t first, size_t n,
                     uint8_t *out);
/// The same for widths up to 64.
void bl_unpack_wide(const uint8_t *data, size_t size, unsigned width, size_t n, uint64_t *out);

#endif
