// SPDX-License-Identifier: Apache-2.0
/// \file
/// How ROOT writes numbers, and the kernels that turn them into columns.
#ifndef BL_FORMATS_ROOT_NUMBER_H
#define BL_FORMATS_ROOT_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#include <beamline/batch.h>

typedef enum bl_root_packing {
    BL_ROOT_PLAIN,     ///< big-endian, as wide as the type
    BL_ROOT_WIDENED,   ///< Double32_t written as float32
    BL_ROOT_RANGED,    ///< uint32 steps of 1/factor above min
    BL_ROOT_TRUNCATED, ///< exponent byte, then sign and n_bits of mantissa in 16 bits
} bl_root_packing;

/// One number on disk.
typedef struct bl_root_number {
    bl_type_id type; ///< in memory
    bl_root_packing packing;
    uint8_t size; ///< bytes on disk
    uint8_t n_bits;
    double factor, min;
} bl_root_number;

/// The number behind a streamer type code (TVirtualStreamerInfo::EReadWrite, 1 … 19).
/// `comment` is the title that may carry a range "[min,max,n_bits]". \return false: no number
bool bl_root_number_of_code(int code, const char *comment, bl_root_number *ret_number);
/// The number behind a C++ name: "float", "UInt_t", "unsigned long". \return false: no number
bool bl_root_number_of_name(const char *name, size_t length, bl_root_number *ret_number);

/// Turns `n` numbers on disk into values in memory: [n] of number->type, but bool as one byte each.
void bl_root_numbers_decode(const bl_root_number *number, const uint8_t *data, size_t n, void *out);
struct bl_root_kernels;
/// The same by chosen kernels. \param out aligned to its values
void bl_root_numbers_decode_by(const struct bl_root_kernels *kernels, const bl_root_number *number,
                               const uint8_t *data, size_t n, void *out);

/// Bytes of one decoded value (bool: 1).
size_t bl_root_number_width(const bl_root_number *number);

/// Writes `n` numbers of `width` bytes (1, 2, 4, 8) as ROOT does. \param out [n × width]
void bl_root_numbers_encode(size_t width, const void *values, size_t n, uint8_t *out);
/// Writes `n` packed bits from bit `first` on as one byte each.
void bl_root_bools_encode(const uint8_t *bits, size_t first, size_t n, uint8_t *out);

#endif
