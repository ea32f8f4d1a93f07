// SPDX-License-Identifier: Apache-2.0
// Bit-packed numbers: eight at a time by shifts that are known when compiled, one function a width.
#include "formats/parquet/bits.h"

#include <string.h>

static inline uint64_t load64(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/// Eight numbers of `width` bits, in `width` bytes; reads up to 8 bytes behind the last one's
/// first.
#define UNPACK_EIGHT(in, out, width, type)                                  \
    for (unsigned k = 0; k < 8; k++)                                        \
    (out)[k] = (type)(load64((in) + k * (width) / 8) >> (k * (width) % 8) & \
                      ((UINT64_C(1) << (width)) - 1))

#define WIDTHS_TO_8(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#define WIDTHS_TO_32(X) \
    WIDTHS_TO_8(X)      \
    X(9)                \
    X(10)               \
    X(11)               \
    X(12)               \
    X(13)               \
    X(14)               \
    X(15)               \
    X(16)               \
    X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31) X(32)

#define DEFINE_UNPACK(width)                                                        \
    static void unpack_##width(const uint8_t *in, size_t n_groups, uint32_t *out) { \
        for (size_t g = 0; g < n_groups; g++, in += (width), out += 8)              \
            UNPACK_EIGHT(in, out, width, uint32_t);                                 \
    }
WIDTHS_TO_32(DEFINE_UNPACK)

#define DEFINE_UNPACK_BYTES(width)                                                       \
    static void unpack_bytes_##width(const uint8_t *in, size_t n_groups, uint8_t *out) { \
        for (size_t g = 0; g < n_groups; g++, in += (width), out += 8)                   \
            UNPACK_EIGHT(in, out, width, uint8_t);                                       \
    }
WIDTHS_TO_8(DEFINE_UNPACK_BYTES)

static void zeros(const uint8_t *in, size_t n_groups, uint32_t *out) {
    (void)in;
    memset(out, 0, n_groups * 8 * sizeof *out);
}

static void zero_bytes(const uint8_t *in, size_t n_groups, uint8_t *out) {
    (void)in;
    memset(out, 0, n_groups * 8);
}

/// One bit each: spread over eight bytes by a product.
static void spread_bits(const uint8_t *in, size_t n_groups, uint8_t *out) {
    for (size_t g = 0; g < n_groups; g++, out += 8) {
        uint64_t bits = in[g] * UINT64_C(0x0101010101010101) & UINT64_C(0x8040201008040201);
        bits = (bits + UINT64_C(0x7f7f7f7f7f7f7f7f)) >> 7 & UINT64_C(0x0101010101010101);
        memcpy(out, &bits, sizeof bits);
    }
}

typedef void (*unpack_fn)(const uint8_t *in, size_t n_groups, uint32_t *out);
typedef void (*unpack_bytes_fn)(const uint8_t *in, size_t n_groups, uint8_t *out);

#define ROW(width) unpack_##width,
static const unpack_fn unpackers[] = {zeros, WIDTHS_TO_32(ROW)};
#define ROW_BYTES(width) unpack_bytes_##width,
static const unpack_bytes_fn byte_unpackers[] = {zero_bytes, WIDTHS_TO_8(ROW_BYTES)};

/// One number, wherever it stands.
static uint32_t unpack_one(const uint8_t *data, size_t size, unsigned width, size_t i) {
    size_t bit = i * width, at = bit / 8, left = size > at ? size - at : 0;
    uint8_t room[8] = {0};
    memcpy(room, data + at, left < 8 ? left : 8);
    return (uint32_t)(load64(room) >> bit % 8 & ((UINT64_C(1) << width) - 1));
}

/// Whole groups from `first` on whose reading stays inside the data.
static size_t safe_groups(size_t size, unsigned width, size_t first, size_t n) {
    size_t start = first / 8 * width, groups = n / 8;
    size_t safe = size < start + 8 || !width ? 0 : (size - start - 8) / width;
    if (!width)
        return groups;
    return groups < safe ? groups : safe;
}

void bl_unpack_bits(const uint8_t *data, size_t size, unsigned width, size_t first, size_t n,
                    uint32_t *out) {
    size_t i = 0;
    for (; i < n && (first + i) % 8; i++)
        out[i] = unpack_one(data, size, width, first + i);
    size_t groups = safe_groups(size, width, first + i, n - i);
    unpackers[width](data + (first + i) / 8 * width, groups, out + i);
    for (i += groups * 8; i < n; i++)
        out[i] = unpack_one(data, size, width, first + i);
}

void bl_unpack_bytes(const uint8_t *data, size_t size, unsigned width, size_t first, size_t n,
                     uint8_t *out) {
    size_t i = 0;
    for (; i < n && (first + i) % 8; i++)
        out[i] = (uint8_t)unpack_one(data, size, width, first + i);
    if (width == 1) {
        size_t groups = (n - i) / 8;
        spread_bits(data + (first + i) / 8, groups, out + i);
        i += groups * 8;
    } else {
        size_t groups = safe_groups(size, width, first + i, n - i);
        byte_unpackers[width](data + (first + i) / 8 * width, groups, out + i);
        i += groups * 8;
    }
    for (; i < n; i++)
        out[i] = (uint8_t)unpack_one(data, size, width, first + i);
}

void bl_unpack_wide(const uint8_t *data, size_t size, unsigned width, size_t n, uint64_t *out) {
    uint64_t mask = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
    for (size_t i = 0; i < n; i++) {
        size_t bit = i * width, at = bit / 8, left = size > at ? size - at : 0;
        uint8_t room[16] = {0};
        const uint8_t *from = data + at;
        if (left < 16) {
            memcpy(room, from, left);
            from = room;
        }
        unsigned shift = bit % 8;
        uint64_t low = load64(from) >> shift;
        out[i] = (shift ? low | (uint64_t)from[8] << (64 - shift) : low) & mask;
    }
}

// ---- runs ----

bl_runs bl_runs_over(const uint8_t *data, size_t size, unsigned width) {
    return (bl_runs){.next = data, .end = data + size, .width = width};
}

static bool read_varint(bl_runs *runs, uint64_t *ret_value) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        if (runs->next == runs->end)
            return false;
        uint8_t byte = *runs->next++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

/// Begins the next run. Some writers end a bit-packed run with the bytes that they need.
static bool next_run(bl_runs *runs) {
    uint64_t head;
    if (!read_varint(runs, &head))
        return false;
    size_t left = (size_t)(runs->end - runs->next);
    if (head & 1) {
        uint64_t n = (head >> 1) * 8, bytes = (head >> 1) * runs->width;
        if (bytes > left) {
            bytes = left;
            n = runs->width ? left * 8 / runs->width : n;
        }
        runs->packed = runs->next;
        runs->packed_at = 0;
        runs->n_packed = (size_t)n;
        runs->next += bytes;
        return true;
    }
    size_t width = (runs->width + 7) / 8;
    if (width > left)
        return false;
    runs->value = 0;
    for (size_t i = 0; i < width; i++)
        runs->value |= (uint32_t)runs->next[i] << 8 * i;
    runs->next += width;
    runs->n_repeated = (size_t)(head >> 1);
    return true;
}

size_t bl_runs_take_repeated(bl_runs *runs, size_t n, uint32_t *ret_value) {
    while (runs->n_repeated == 0 && runs->packed_at == runs->n_packed)
        if (!next_run(runs))
            return 0;
    size_t taken = n < runs->n_repeated ? n : runs->n_repeated;
    runs->n_repeated -= taken;
    *ret_value = runs->value;
    return taken;
}

#define READ(runs, out, n, type, unpack, set)                                             \
    while (n) {                                                                           \
        uint32_t value = 0;                                                               \
        size_t taken = bl_runs_take_repeated(runs, n, &value);                            \
        if (taken) {                                                                      \
            set;                                                                          \
        } else {                                                                          \
            size_t left = (runs)->n_packed - (runs)->packed_at;                           \
            taken = n < left ? n : left;                                                  \
            if (!taken)                                                                   \
                return false;                                                             \
            unpack((runs)->packed, (size_t)((runs)->end - (runs)->packed), (runs)->width, \
                   (runs)->packed_at, taken, out);                                        \
            (runs)->packed_at += taken;                                                   \
        }                                                                                 \
        (out) += taken;                                                                   \
        (n) -= taken;                                                                     \
    }                                                                                     \
    return true

bool bl_runs_read(bl_runs *runs, uint32_t *out, size_t n) {
    READ(runs, out, n, uint32_t, bl_unpack_bits, for (size_t i = 0; i < taken; i++) out[i] = value);
}

bool bl_runs_read_bytes(bl_runs *runs, uint8_t *out, size_t n) {
    READ(runs, out, n, uint8_t, bl_unpack_bytes, memset(out, (int)(value & 0xff), taken));
}
