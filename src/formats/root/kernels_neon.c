// SPDX-License-Identifier: Apache-2.0
// The kernels for 64-bit Arm, all of which has NEON: byte order. The others are the plain ones,
// which compilers turn into vector instructions there.
#if defined(__aarch64__)
#include <arm_neon.h>

#include "formats/root/kernels.h"

#define SWAP(bits, reverse)                                                               \
    static void swap##bits(const uint8_t *data, size_t n, void *out) {                    \
        size_t i = 0, n_bytes = n * ((bits) / 8);                                         \
        uint8_t *to = (uint8_t *)out;                                                     \
        for (; i + 32 <= n_bytes; i += 32) {                                              \
            uint8x16_t a = vld1q_u8(data + i), b = vld1q_u8(data + i + 16);               \
            vst1q_u8(to + i, reverse(a));                                                 \
            vst1q_u8(to + i + 16, reverse(b));                                            \
        }                                                                                 \
        bl_root_kernels_plain.swap##bits(data + i, (n_bytes - i) / ((bits) / 8), to + i); \
    }
SWAP(16, vrev16q_u8)
SWAP(32, vrev32q_u8)
SWAP(64, vrev64q_u8)

static void widened(const uint8_t *data, size_t n, double *out) {
    bl_root_kernels_plain.widened(data, n, out);
}

static void ranged(const bl_root_number *number, const uint8_t *data, size_t n, double *out) {
    bl_root_kernels_plain.ranged(number, data, n, out);
}

static void truncated(const bl_root_number *number, const uint8_t *data, size_t n, void *out) {
    bl_root_kernels_plain.truncated(number, data, n, out);
}

static bool offsets(const uint8_t *table, size_t n, uint32_t start, unsigned shift, int32_t base,
                    int32_t *out) {
    return bl_root_kernels_plain.offsets(table, n, start, shift, base, out);
}

static void pack_bools(const uint8_t *bytes, size_t n, uint8_t *bits) {
    bl_root_kernels_plain.pack_bools(bytes, n, bits);
}

static bool vectors(const bl_vector_rows *rows, unsigned size) {
    return bl_root_kernels_plain.vectors(rows, size);
}

static bool nested(bl_vector_rows *rows, unsigned size) {
    return bl_root_kernels_plain.nested(rows, size);
}

const bl_root_kernels bl_root_kernels_neon = {
    "neon",    swap16,  swap32,     swap64,  widened, ranged,
    truncated, offsets, pack_bools, vectors, nested,
};
#endif
