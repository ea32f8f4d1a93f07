// SPDX-License-Identifier: Apache-2.0
// Statistics of values: blocks of any type are widened to float64 or int64 in the first cache, then
// one kernel each takes them in.
//
// Float sums are compensated: beside each lane's sum runs what its additions rounded off.
// \source A. Neumaier, ZAMM 54 (1974) 39 (the compensated sum); D. E. Knuth, TAOCP 2, 4.2.2,
// theorem B (the error of one addition without a branch).
#include "cli/tally.h"

#include <float.h>
#include <libdeflate.h>
#include <math.h>

enum { BLOCK = 512, LANES = BL_TALLY_LANES };

typedef double doubles __attribute__((vector_size(8 * LANES)));
typedef int64_t longs __attribute__((vector_size(8 * LANES)));

bl_tally_kind bl_tally_get_kind(const bl_tally *tally) {
    if (tally->id == BL_FLOAT32 || tally->id == BL_FLOAT64)
        return BL_TALLY_FLOAT;
    return tally->id == BL_BINARY || tally->id == BL_UTF8 ? BL_TALLY_STRING : BL_TALLY_INT;
}

void bl_tally_start(bl_tally *tally, bl_type_id id, bool has_checksums) {
    *tally = (bl_tally){
        .id = id, .has_checksums = has_checksums, .int_min = INT64_MAX, .int_max = INT64_MIN};
    for (int lane = 0; lane < LANES; lane++) {
        tally->min[lane] = INFINITY;
        tally->max[lane] = -INFINITY;
    }
}

static void add_double(bl_tally *tally, size_t lane, double x) {
    tally->n_nan += isnan(x);
    tally->n_inf += isinf(x) != 0;
    if (!isfinite(x))
        return;
    double sum = tally->sum[lane], total = sum + x, part = total - sum;
    tally->rest[lane] += (sum - (total - part)) + (x - part);
    tally->sum[lane] = total;
    tally->min[lane] = x < tally->min[lane] ? x : tally->min[lane];
    tally->max[lane] = x > tally->max[lane] ? x : tally->max[lane];
}

/// The same for values that start at lane 0, all lanes at once.
static void add_vectors(bl_tally *tally, const double *x, size_t n) {
    doubles sum, rest, min, max;
    longs n_nan = {0}, n_inf = {0};
    const longs magnitude_bits = (longs){0} + INT64_MAX;
    memcpy(&sum, tally->sum, sizeof sum);
    memcpy(&rest, tally->rest, sizeof rest);
    memcpy(&min, tally->min, sizeof min);
    memcpy(&max, tally->max, sizeof max);
    for (size_t i = 0; i < n; i += LANES) {
        doubles v;
        memcpy(&v, x + i, sizeof v);
        doubles magnitude = (doubles)((longs)v & magnitude_bits);
        longs is_finite = (longs)(magnitude <= DBL_MAX); // false for NaN
        n_nan -= (longs)(v != v); // NOLINT(misc-redundant-expression): true for NaN alone
        n_inf -= (longs)(magnitude > DBL_MAX);
        doubles finite = (doubles)((longs)v & is_finite);
        doubles total = sum + finite, part = total - sum;
        rest += (sum - (total - part)) + (finite - part);
        sum = total;
        longs is_less = (longs)(v < min) & is_finite, is_more = (longs)(v > max) & is_finite;
        min = (doubles)(((longs)v & is_less) | ((longs)min & ~is_less));
        max = (doubles)(((longs)v & is_more) | ((longs)max & ~is_more));
    }
    memcpy(tally->sum, &sum, sizeof sum);
    memcpy(tally->rest, &rest, sizeof rest);
    memcpy(tally->min, &min, sizeof min);
    memcpy(tally->max, &max, sizeof max);
    for (int lane = 0; lane < LANES; lane++) {
        tally->n_nan += n_nan[lane];
        tally->n_inf += n_inf[lane];
    }
}

static void add_doubles(bl_tally *tally, const double *x, size_t n) {
    size_t lane = (size_t)(tally->n_values % LANES), i = 0;
    for (; i < n && (lane + i) % LANES; i++)
        add_double(tally, (lane + i) % LANES, x[i]);
    size_t whole = (n - i) / LANES * LANES;
    add_vectors(tally, x + i, whole);
    for (i += whole; i < n; i++)
        add_double(tally, (lane + i) % LANES, x[i]);
}

/// Halves are summed apart: 512 of them cannot overflow 64 bits.
static void add_ints(bl_tally *tally, const int64_t *x, size_t n) {
    int64_t low = 0, high = 0, min = tally->int_min, max = tally->int_max;
    for (size_t i = 0; i < n; i++) {
        low += x[i] & 0xffffffff;
        high += x[i] >> 32;
        min = x[i] < min ? x[i] : min;
        max = x[i] > max ? x[i] : max;
    }
    tally->int_min = min;
    tally->int_max = max;
    tally->int_sum += (bl_int128)high * ((bl_int128)1 << 32) + low;
}

/// Widens values [first, first + n) of a float column.
static void widen_floats(bl_type_id id, const void *values, size_t first, size_t n, double *ret) {
    if (id == BL_FLOAT64) {
        memcpy(ret, (const double *)values + first, n * sizeof *ret);
        return;
    }
    const float *from = (const float *)values + first;
    for (size_t i = 0; i < n; i++)
        ret[i] = (double)from[i];
}

/// Widens values of an integer type: one tight loop a type.
#define WIDEN(ID, ctype)                                   \
    case BL_##ID: {                                        \
        const ctype *from = (const ctype *)values + first; \
        for (size_t i = 0; i < n; i++)                     \
            ret[i] = (int64_t)from[i];                     \
        return;                                            \
    }

static void widen_ints(bl_type_id id, const void *values, size_t first, size_t n, int64_t *ret) {
    switch (id) {
        WIDEN(INT8, int8_t)
        WIDEN(UINT8, uint8_t)
        WIDEN(INT16, int16_t)
        WIDEN(UINT16, uint16_t)
        WIDEN(INT32, int32_t)
        WIDEN(UINT32, uint32_t)
        WIDEN(INT64, int64_t)
    case BL_UINT64: {
        const uint64_t *from = (const uint64_t *)values + first;
        for (size_t i = 0; i < n; i++)
            ret[i] = (int64_t)(from[i] ^ (UINT64_C(1) << 63));
        return;
    }
    default: // bool
        for (size_t i = 0; i < n; i++)
            ret[i] = ((const uint8_t *)values)[(first + i) / 8] >> ((first + i) % 8) & 1;
    }
}
#undef WIDEN

static void checksum_doubles(bl_tally *tally, double *x, size_t n) {
    static const uint64_t canonical_nan = UINT64_C(0x7ff8000000000000);
    for (size_t i = 0; i < n; i++)
        if (isnan(x[i]))
            memcpy(&x[i], &canonical_nan, sizeof x[i]);
    tally->crc_values = libdeflate_crc32(tally->crc_values, x, n * sizeof *x);
}

void bl_tally_values(bl_tally *tally, const void *values, int64_t n_values) {
    bool is_float = bl_tally_get_kind(tally) == BL_TALLY_FLOAT;
    double wide[BLOCK];
    int64_t ints[BLOCK];
    for (size_t first = 0; first < (size_t)n_values; first += BLOCK) {
        size_t n = (size_t)n_values - first < BLOCK ? (size_t)n_values - first : BLOCK;
        if (is_float) {
            widen_floats(tally->id, values, first, n, wide);
            add_doubles(tally, wide, n);
        } else {
            widen_ints(tally->id, values, first, n, ints);
            add_ints(tally, ints, n);
        }
        for (size_t i = 0; i < n && tally->has_checksums && !is_float; i++)
            wide[i] = tally->id == BL_UINT64 ? (double)((const uint64_t *)values)[first + i]
                                             : (double)ints[i];
        if (tally->has_checksums)
            checksum_doubles(tally, wide, n);
        tally->n_values += (int64_t)n;
    }
}

void bl_tally_strings(bl_tally *tally, const int32_t *offsets, const char *bytes, int64_t n) {
    tally->n_values += n;
    tally->n_bytes += n ? (uint64_t)(offsets[n] - offsets[0]) : 0;
    for (int64_t i = 0; i < n && tally->has_checksums; i++) {
        size_t length = (size_t)(offsets[i + 1] - offsets[i]);
        if (length)
            tally->crc_values = libdeflate_crc32(tally->crc_values, bytes + offsets[i], length);
        tally->crc_values = libdeflate_crc32(tally->crc_values, "", 1);
    }
}

void bl_tally_counts(bl_tally *tally, const uint32_t *counts, size_t n) {
    uint32_t longest = 0;
    for (size_t i = 0; i < n; i++)
        longest = counts[i] > longest ? counts[i] : longest;
    tally->longest = longest > tally->longest ? longest : tally->longest;
    tally->n_entries += (int64_t)n;
    if (tally->has_checksums)
        tally->crc_counts = libdeflate_crc32(tally->crc_counts, counts, n * sizeof *counts);
}

int64_t bl_tally_n_finite(const bl_tally *tally) {
    if (bl_tally_get_kind(tally) == BL_TALLY_STRING)
        return 0;
    return tally->n_values - tally->n_nan - tally->n_inf;
}

double bl_tally_sum(const bl_tally *tally) {
    double sum = 0, rest = 0;
    for (int lane = 0; lane < LANES; lane++) {
        double x = tally->sum[lane], total = sum + x, part = total - sum;
        rest += (sum - (total - part)) + (x - part) + tally->rest[lane];
        sum = total;
    }
    return isfinite(sum + rest) ? sum + rest : sum; // an overflow has no rest
}

double bl_tally_min(const bl_tally *tally) {
    double min = tally->min[0];
    for (int lane = 1; lane < LANES; lane++)
        min = tally->min[lane] < min ? tally->min[lane] : min;
    return min;
}

double bl_tally_max(const bl_tally *tally) {
    double max = tally->max[0];
    for (int lane = 1; lane < LANES; lane++)
        max = tally->max[lane] > max ? tally->max[lane] : max;
    return max;
}

static bl_int128 bias(const bl_tally *tally) {
    return tally->id == BL_UINT64 ? (bl_int128)1 << 63 : 0;
}

bl_int128 bl_tally_int_sum(const bl_tally *tally) {
    return tally->int_sum + bias(tally) * tally->n_values;
}
bl_int128 bl_tally_int_min(const bl_tally *tally) { return tally->int_min + bias(tally); }
bl_int128 bl_tally_int_max(const bl_tally *tally) { return tally->int_max + bias(tally); }

double bl_tally_mean(const bl_tally *tally) {
    double sum = bl_tally_get_kind(tally) == BL_TALLY_FLOAT ? bl_tally_sum(tally)
                                                            : (double)bl_tally_int_sum(tally);
    return sum / (double)bl_tally_n_finite(tally);
}
