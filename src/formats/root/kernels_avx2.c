// SPDX-License-Identifier: Apache-2.0
// The kernels for processors with AVX2. What is left over at the end goes to the plain ones.
#if defined(__x86_64__)
#include <immintrin.h>

#include "formats/root/kernels_rows.h"

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m256i load(const void *from) {
    return _mm256_loadu_si256((const __m256i *)from);
}

AVX2 static inline void store(void *to, __m256i value) {
    _mm256_storeu_si256((__m256i *)to, value);
}

AVX2 static inline __m256i order32(void) {
    return _mm256_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 3, 2, 1, 0, 7, 6,
                            5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

AVX2 static inline __m256i order16(void) {
    return _mm256_setr_epi8(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14, 1, 0, 3, 2, 5, 4,
                            7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
}

AVX2 static inline __m256i order64(void) {
    return _mm256_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2,
                            1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
}

/// Where values are stored: into the caches, or past them into memory, which spares the processor
/// reading from there what is overwritten whole. `to` is aligned to 32 bytes then.
typedef void (*store_fn)(void *to, __m256i value);

AVX2 static inline void stream(void *to, __m256i value) {
    _mm256_stream_si256((__m256i *)to, value);
}

/// Shuffles whole vectors of bytes. \return bytes done
AVX2 static inline __attribute__((always_inline)) size_t shuffle_to(const uint8_t *data,
                                                                    size_t n_bytes, uint8_t *out,
                                                                    __m256i order, size_t i,
                                                                    store_fn put_vector) {
    for (; i + 128 <= n_bytes; i += 128) {
        __m256i a = load(data + i), b = load(data + i + 32);
        __m256i c = load(data + i + 64), d = load(data + i + 96);
        put_vector(out + i, _mm256_shuffle_epi8(a, order));
        put_vector(out + i + 32, _mm256_shuffle_epi8(b, order));
        put_vector(out + i + 64, _mm256_shuffle_epi8(c, order));
        put_vector(out + i + 96, _mm256_shuffle_epi8(d, order));
    }
    for (; i + 32 <= n_bytes; i += 32)
        put_vector(out + i, _mm256_shuffle_epi8(load(data + i), order));
    return i;
}

AVX2 static inline size_t shuffle(const uint8_t *data, size_t n_bytes, uint8_t *out,
                                  __m256i order) {
    return shuffle_to(data, n_bytes, out, order, 0, store);
}

enum { STREAM_BYTES = 1024 }; // fewer are not worth waiting for memory at the end

/// The same past the caches; `out` is aligned to its numbers of `size` bytes.
AVX2 static inline size_t shuffle_past(const uint8_t *data, size_t n_bytes, uint8_t *out,
                                       __m256i order, size_t size) {
    size_t head = -(uintptr_t)out & 31; // up to the first aligned vector
    if (n_bytes < STREAM_BYTES || head % size)
        return shuffle(data, n_bytes, out, order);
    store(out, _mm256_shuffle_epi8(load(data), order));
    size_t done = shuffle_to(data, n_bytes, out, order, head, stream);
    _mm_sfence(); // before other threads are told
    return done;
}

#define SWAP(bits, name, ...)                                                  \
    AVX2 static void name(const uint8_t *data, size_t n, void *out) {          \
        size_t done = __VA_ARGS__;                                             \
        bl_root_kernels_plain.swap##bits(data + done, n - done / ((bits) / 8), \
                                         (uint8_t *)out + done);               \
    }
SWAP(16, swap16, shuffle(data, 2 * n, (uint8_t *)out, order16()))
SWAP(32, swap32, shuffle(data, 4 * n, (uint8_t *)out, order32()))
SWAP(64, swap64, shuffle(data, 8 * n, (uint8_t *)out, order64()))
SWAP(16, swap16_past, shuffle_past(data, 2 * n, (uint8_t *)out, order16(), 2))
SWAP(32, swap32_past, shuffle_past(data, 4 * n, (uint8_t *)out, order32(), 4))
SWAP(64, swap64_past, shuffle_past(data, 8 * n, (uint8_t *)out, order64(), 8))

AVX2 static inline __m128i load_be32x4(const uint8_t *data) {
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)data),
                            _mm256_castsi256_si128(order32()));
}

AVX2 static void widened(const uint8_t *data, size_t n, double *out) {
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        _mm256_storeu_pd(out + i, _mm256_cvtps_pd(_mm_castsi128_ps(load_be32x4(data + 4 * i))));
    bl_root_kernels_plain.widened(data + 4 * i, n - i, out + i);
}

AVX2 static void ranged(const bl_root_number *number, const uint8_t *data, size_t n, double *out) {
    const __m256d factor = _mm256_set1_pd(number->factor), min = _mm256_set1_pd(number->min);
    const __m256d half = _mm256_set1_pd(0x1p31); // only signed numbers can be converted
    const __m128i sign = _mm_set1_epi32(INT32_MIN);
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        __m128i steps = _mm_xor_si128(load_be32x4(data + 4 * i), sign);
        __m256d exact = _mm256_add_pd(_mm256_cvtepi32_pd(steps), half);
        _mm256_storeu_pd(out + i, _mm256_add_pd(_mm256_div_pd(exact, factor), min));
    }
    bl_root_kernels_plain.ranged(number, data + 4 * i, n - i, out + i);
}

/// Four values of three bytes as floats. Reads 16 bytes.
AVX2 static inline __m128 load_truncated(const uint8_t *data, __m128i bits_up, __m128i sign_bit) {
    const __m128i mantissas =
        _mm_setr_epi8(2, 1, -1, -1, 5, 4, -1, -1, 8, 7, -1, -1, 11, 10, -1, -1);
    const __m128i exponents =
        _mm_setr_epi8(0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1);
    __m128i raw = _mm_loadu_si128((const __m128i *)data);
    __m128i mantissa = _mm_shuffle_epi8(raw, mantissas);
    __m128i bits = _mm_slli_epi32(_mm_shuffle_epi8(raw, exponents), 23);
    __m128i low = _mm_and_si128(mantissa, _mm_sub_epi32(sign_bit, _mm_set1_epi32(1)));
    bits = _mm_or_si128(bits, _mm_sll_epi32(low, bits_up));
    __m128i is_negative = _mm_cmpeq_epi32(_mm_and_si128(mantissa, sign_bit), sign_bit);
    bits = _mm_xor_si128(bits, _mm_slli_epi32(is_negative, 31));
    return _mm_castsi128_ps(bits);
}

AVX2 static void truncated(const bl_root_number *number, const uint8_t *data, size_t n, void *out) {
    enum { READ_AHEAD = 6 }; // values whose bytes a load of four may touch
    const __m128i bits_up = _mm_cvtsi32_si128(23 - number->n_bits);
    const __m128i sign_bit = _mm_set1_epi32(1 << (number->n_bits + 1));
    bool is_double = number->type == BL_FLOAT64;
    size_t i = 0;
    for (; i + READ_AHEAD <= n; i += 4) {
        __m128 values = load_truncated(data + 3 * i, bits_up, sign_bit);
        if (is_double)
            _mm256_storeu_pd((double *)out + i, _mm256_cvtps_pd(values));
        else
            _mm_storeu_ps((float *)out + i, values);
    }
    bl_root_kernels_plain.truncated(number, data + 3 * i, n - i,
                                    (uint8_t *)out + i * (is_double ? 8 : 4));
}

/// \param first_step from the first vector of positions to the second, which may overlap it
AVX2 static inline __attribute__((always_inline)) bool offsets_to(const uint8_t *table, size_t n,
                                                                  uint32_t start, unsigned shift,
                                                                  int32_t base, int32_t *out,
                                                                  size_t first_step,
                                                                  store_fn put_vector) {
    bool ok = bl_root_kernels_plain.offsets(table, 1, start, shift, base, out);
    const __m256i order = order32();
    const __m256i starts = _mm256_set1_epi32((int32_t)start), bases = _mm256_set1_epi32(base);
    const __m128i count = _mm_cvtsi32_si128((int)shift);
    __m256i descends = _mm256_setzero_si256(), rest = _mm256_setzero_si256();
    for (size_t next = 1, step = first_step; next < n; next += step, step = 8) {
        size_t i = next + 8 <= n ? next : n - 8; // the last eight may overlap those before
        __m256i position = _mm256_shuffle_epi8(load(table + 4 * i), order);
        __m256i before = _mm256_shuffle_epi8(load(table + 4 * i - 4), order);
        __m256i lower = _mm256_min_epu32(position, before);
        descends = _mm256_or_si256(descends, _mm256_xor_si256(lower, before));
        __m256i bytes = _mm256_sub_epi32(position, starts);
        rest = _mm256_or_si256(rest, bytes);
        __m256i items = _mm256_add_epi32(bases, _mm256_srl_epi32(bytes, count));
        if (next == 1 || i != next)
            store(out + i, items);
        else
            put_vector(out + i, items);
    }
    const __m256i mask = _mm256_set1_epi32((int32_t)((UINT32_C(1) << shift) - 1));
    return ok && _mm256_testz_si256(rest, mask) && _mm256_testz_si256(descends, descends);
}

AVX2 static bool offsets(const uint8_t *table, size_t n, uint32_t start, unsigned shift,
                         int32_t base, int32_t *out) {
    if (n < 16) // the first position has none before it
        return bl_root_kernels_plain.offsets(table, n, start, shift, base, out);
    return offsets_to(table, n, start, shift, base, out, 8, store);
}

AVX2 static bool offsets_past(const uint8_t *table, size_t n, uint32_t start, unsigned shift,
                              int32_t base, int32_t *out) {
    if (4 * n < STREAM_BYTES)
        return offsets(table, n, start, shift, base, out);
    size_t to_aligned = (-(uintptr_t)(out + 1) & 31) / 4;
    bool ok = offsets_to(table, n, start, shift, base, out, to_aligned ? to_aligned : 8, stream);
    _mm_sfence();
    return ok;
}

AVX2 static void pack_bools(const uint8_t *bytes, size_t n, uint8_t *bits) {
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m256i zeros = _mm256_cmpeq_epi8(load(bytes + i), _mm256_setzero_si256());
        uint32_t ones = ~(uint32_t)_mm256_movemask_epi8(zeros);
        __builtin_memcpy(bits + i / 8, &ones, sizeof ones);
    }
    bl_root_kernels_plain.pack_bools(bytes + i, n - i, bits + i / 8);
}

/// Stores of 32 bytes, at least `n_sure` of them and also past the last number, where there is
/// room: what is written there is written again by the vectors behind. A number of stores that
/// follows from the length of each vector is a jump that processors guess wrong.
AVX2 static inline __attribute__((always_inline)) void put(const uint8_t *from,
                                                           const uint8_t *from_end, size_t n,
                                                           unsigned size, uint8_t *to,
                                                           const uint8_t *to_end, size_t n_sure) {
    size_t n_bytes = n * size, n_whole = (n_bytes + 31) & ~(size_t)31;
    n_whole = n_whole < 32 * n_sure ? 32 * n_sure : n_whole;
    if (n_whole <= (size_t)(from_end - from) && n_whole <= (size_t)(to_end - to)) {
        __m256i order = size == 4 ? order32() : size == 8 ? order64() : order16();
        for (size_t i = 0; i < n_sure; i++)
            store(to + 32 * i, size == 1 ? load(from + 32 * i)
                                         : _mm256_shuffle_epi8(load(from + 32 * i), order));
        for (size_t i = 32 * n_sure; i < n_bytes; i += 32)
            store(to + i, size == 1 ? load(from + i) : _mm256_shuffle_epi8(load(from + i), order));
        return;
    }
    if (size == 1)
        __builtin_memcpy(to, from, n);
    else if (size == 2)
        bl_root_kernels_plain.swap16(from, n, to);
    else if (size == 4)
        bl_root_kernels_plain.swap32(from, n, to);
    else
        bl_root_kernels_plain.swap64(from, n, to);
}

/// Vectors of an entry have some ten numbers, those inside other vectors mostly less than eight.
AVX2 static inline void put_vector(const uint8_t *from, const uint8_t *from_end, size_t n,
                                   unsigned size, uint8_t *to, const uint8_t *to_end) {
    put(from, from_end, n, size, to, to_end, 2);
}

AVX2 static inline void put_inner(const uint8_t *from, const uint8_t *from_end, size_t n,
                                  unsigned size, uint8_t *to, const uint8_t *to_end) {
    put(from, from_end, n, size, to, to_end, 1);
}

AVX2 static bool vectors(const bl_vector_rows *rows, unsigned size) {
    return BL_ROWS_BY_SIZE(bl_rows_of_numbers, rows, size, put_vector);
}

AVX2 static bool nested(bl_vector_rows *rows, unsigned size) {
    return BL_ROWS_BY_SIZE(bl_rows_of_vectors, rows, size, put_inner);
}

const bl_root_kernels bl_root_kernels_avx2 = {
    "avx2",    swap16,  swap32,     swap64,  widened, ranged,
    truncated, offsets, pack_bools, vectors, nested,
};

const bl_root_kernels bl_root_kernels_avx2_past = {
    "avx2 past the caches", swap16_past, swap32_past, swap64_past, widened, ranged, truncated,
    offsets_past,           pack_bools,  vectors,     nested,
};
#endif
