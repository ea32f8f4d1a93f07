// SPDX-License-Identifier: Apache-2.0
/// \file
/// Work on 64 levels at a time, as bits. A plain version and one for processors with AVX2 and BMI2
/// do the same.
#ifndef BL_FORMATS_PARQUET_LEVEL_KERNELS_H
#define BL_FORMATS_PARQUET_LEVEL_KERNELS_H

#include <stddef.h>
#include <stdint.h>

typedef struct bl_level_kernels {
    /// Bit i is 1 where level i of `n`, at most 64, is at least `least`; `levels` has 64 that may
    /// be read.
    uint64_t (*at_least)(const uint8_t *levels, size_t n, unsigned least);
    /// The bits of `from` at the places of `where`, one behind the other.
    uint64_t (*gather)(uint64_t from, uint64_t where);
    /// For each place of `where`: `base` and how many of `items` are in front of it.
    void (*put_counts)(uint64_t where, uint64_t items, int32_t base, int32_t *out);
    unsigned (*count)(uint64_t bits);
} bl_level_kernels;

extern const bl_level_kernels bl_level_kernels_plain;
#if defined(__x86_64__)
extern const bl_level_kernels bl_level_kernels_avx2; ///< only where the processor has it
#endif

/// Those for the processor at hand.
const bl_level_kernels *bl_level_kernels_get(void);

/// The lowest `n` bits.
static inline uint64_t bl_first_bits(size_t n) {
    return n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

#endif
