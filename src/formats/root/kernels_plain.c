// SPDX-License-Identifier: Apache-2.0
// The kernels in plain C, and the choice among all. Sources of the arithmetic: TBufferFile's
// ReadWithFactor and ReadWithNbits; a division, not a product, is kept so that values are the same.
#include <string.h>

#include "base/cursor.h"
#include "formats/root/kernels_rows.h"

/// Neither side need be aligned.
#define SWAP(bits)                                                            \
    static void swap##bits(const uint8_t *data, size_t n, void *out) {        \
        for (size_t i = 0; i < n; i++) {                                      \
            uint##bits##_t value = bl_load_be##bits(data + i * sizeof value); \
            memcpy((uint8_t *)out + i * sizeof value, &value, sizeof value);  \
        }                                                                     \
    }
SWAP(16)
SWAP(32)
SWAP(64)

static void widened(const uint8_t *data, size_t n, double *out) {
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = bl_load_be32(data + 4 * i);
        float value;
        memcpy(&value, &bits, sizeof value);
        out[i] = value;
    }
}

static void ranged(const bl_root_number *number, const uint8_t *data, size_t n, double *out) {
    for (size_t i = 0; i < n; i++)
        out[i] = bl_load_be32(data + 4 * i) / number->factor + number->min;
}

static void truncated(const bl_root_number *number, const uint8_t *data, size_t n, void *out) {
    double *doubles = (double *)out;
    float *floats = (float *)out;
    uint32_t sign_bit = UINT32_C(1) << (number->n_bits + 1);
    for (size_t i = 0; i < n; i++, data += 3) {
        uint32_t mantissa = bl_load_be16(data + 1);
        uint32_t bits = (uint32_t)data[0] << 23;
        bits |= (mantissa & (sign_bit - 1)) << (23 - number->n_bits);
        bits ^= mantissa & sign_bit ? UINT32_C(1) << 31 : 0;
        float value;
        memcpy(&value, &bits, sizeof value);
        if (number->type == BL_FLOAT64)
            doubles[i] = value;
        else
            floats[i] = value;
    }
}

static bool offsets(const uint8_t *table, size_t n, uint32_t start, unsigned shift, int32_t base,
                    int32_t *out) {
    uint32_t rest = 0, before = start;
    bool ordered = true;
    for (size_t i = 0; i < n; i++) {
        uint32_t position = bl_load_be32(table + 4 * i);
        ordered &= position >= before;
        before = position;
        rest |= position - start;
        out[i] = (int32_t)((uint32_t)base + ((position - start) >> shift)); // may be nonsense yet
    }
    return ordered && (rest & ((UINT32_C(1) << shift) - 1)) == 0;
}

static void pack_bools(const uint8_t *bytes, size_t n, uint8_t *bits) {
    for (size_t i = 0; i < n / 8; i++) {
        uint64_t eight;
        memcpy(&eight, bytes + 8 * i, 8);
        const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
        uint64_t ones = ((((eight & low) + low) | eight) >> 7) & UINT64_C(0x0101010101010101);
        bits[i] = (uint8_t)((ones * UINT64_C(0x0102040810204080)) >> 56); // byte k becomes bit k
    }
    uint8_t rest = 0;
    for (size_t i = n / 8 * 8; i < n; i++)
        rest |= (uint8_t)((bytes[i] != 0) << (i % 8));
    if (n % 8)
        bits[n / 8] = rest;
}

static inline void put(const uint8_t *from, const uint8_t *from_end, size_t n, unsigned size,
                       uint8_t *to, const uint8_t *to_end) {
    (void)from_end, (void)to_end;
    if (size == 1)
        memcpy(to, from, n);
    else if (size == 2)
        swap16(from, n, to);
    else if (size == 4)
        swap32(from, n, to);
    else
        swap64(from, n, to);
}

static bool vectors(const bl_vector_rows *rows, unsigned size) {
    return BL_ROWS_BY_SIZE(bl_rows_of_numbers, rows, size, put);
}

static bool nested(bl_vector_rows *rows, unsigned size) {
    return BL_ROWS_BY_SIZE(bl_rows_of_vectors, rows, size, put);
}

const bl_root_kernels bl_root_kernels_plain = {
    "plain",   swap16,  swap32,     swap64,  widened, ranged,
    truncated, offsets, pack_bools, vectors, nested,
};

const bl_root_kernels *bl_root_kernels_get(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        return &bl_root_kernels_avx2;
#elif defined(__aarch64__)
    return &bl_root_kernels_neon;
#endif
    return &bl_root_kernels_plain;
}

const bl_root_kernels *bl_root_kernels_get_past(void) {
    const bl_root_kernels *kernels = bl_root_kernels_get();
#if defined(__x86_64__)
    if (kernels == &bl_root_kernels_avx2)
        return &bl_root_kernels_avx2_past;
#endif
    return kernels;
}
