// SPDX-License-Identifier: Apache-2.0
// Distributions of values. Random numbers are SplitMix64 (Steele, Lea, Flood, "Fast splittable
// pseudorandom number generators", 2014): one state a column and batch, so that columns may be
// filled in any order.
#include "bench/values.h"

#include <math.h>
#include <string.h>

bl_type_id bench_kind_type(bench_kind kind) {
    static const bl_type_id types[] = {
#define BENCH_KIND_TYPE(name, type, text) BL_##type,
        BENCH_KIND_TABLE(BENCH_KIND_TYPE)
#undef BENCH_KIND_TYPE
    };
    return types[kind];
}

uint64_t bench_random(bench_origin *origin) {
    uint64_t z = origin->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/// Uniform in (0, 1).
static double uniform(bench_origin *origin) {
    return ((double)(bench_random(origin) >> 12) + 0.5) * 0x1p-52;
}

/// Mean 0, width 1: four 16-bit numbers added up are near enough.
static double gauss(bench_origin *origin) {
    uint64_t r = bench_random(origin);
    double sum = 0;
    for (int i = 0; i < 4; i++, r >>= 16)
        sum += (double)(r & 0xFFFF);
    return (sum / 65536 - 2) * 1.7320508;
}

bench_origin bench_origin_of(uint64_t seed, size_t column, size_t batch) {
    bench_origin origin = {.state = seed ^ (column * 0xD1342543DE82EF95u)};
    origin.character = uniform(&origin);
    origin.state += batch * 0xA24BAED4963EE407u;
    origin.state = bench_random(&origin);
    return origin;
}

uint32_t bench_poisson(bench_origin *origin, double mean) {
    enum { LARGE = 40 };
    if (mean > LARGE) {
        double n = mean + sqrt(mean) * gauss(origin);
        return n < 0 ? 0 : (uint32_t)lround(n);
    }
    double limit = exp(-mean), product = uniform(origin);
    uint32_t n = 0;
    for (; product > limit; n++)
        product *= uniform(origin);
    return n;
}

/// Rounds a float to so many bits of its mantissa.
static float rounded(double value, unsigned mantissa_bits) {
    float result = (float)value;
    if (mantissa_bits >= 23)
        return result;
    uint32_t bits, dropped = 23 - mantissa_bits;
    memcpy(&bits, &result, sizeof bits);
    bits = (bits + (1u << (dropped - 1))) >> dropped << dropped;
    memcpy(&result, &bits, sizeof bits);
    return result;
}

static double number(bench_kind kind, bench_origin *origin) {
    double character = origin->character;
    switch (kind) {
    case BENCH_FALLING:
        return 5 - (5 + 50 * character) * log(uniform(origin));
    case BENCH_GAUSS:
        return gauss(origin) * exp(6 * character - 4);
    case BENCH_ANGLE:
        return (2 * uniform(origin) - 1) * 3.14159265;
    case BENCH_ETA:
        return gauss(origin) * (1 + character);
    case BENCH_UNIT: {
        double u = uniform(origin), power = u * u * u * u;
        return (bench_random(origin) & 3) < 3 ? power : 1 - power;
    }
    case BENCH_WEIGHT:
        return 1 + 0.02 * gauss(origin);
    case BENCH_SPARSE:
        return uniform(origin) < 0.5 + 0.5 * character ? -1 : gauss(origin);
    default:
        return 1 + character;
    }
}

static void fill_floats(bench_kind kind, bench_origin *origin, size_t n, float *values) {
    for (size_t i = 0; i < n; i++)
        values[i] = rounded(number(kind, origin), origin->mantissa_bits);
}

/// Geometric: 0 is the most frequent.
static uint32_t geometric(bench_origin *origin, double mean) {
    return (uint32_t)(-mean * log(uniform(origin)));
}

/// A word of which each bit is set with a chance of 2^-halvings.
static uint64_t few_bits(bench_origin *origin, int halvings) {
    uint64_t word = UINT64_MAX;
    for (int i = 0; i < halvings; i++)
        word &= bench_random(origin);
    return word;
}

static int32_t pdg(bench_origin *origin) {
    static const int32_t codes[] = {211, 22, 111, 21,   2,    1, 321, 11,
                                    13,  3,  130, 2212, 2112, 5, 12,  24};
    uint64_t r = bench_random(origin);
    int32_t code = codes[r & (r >> 4) & 15]; // the first ones are the most frequent
    return r >> 8 & 1 ? code : -code;
}

static int32_t integer(bench_kind kind, bench_origin *origin) {
    switch (kind) {
    case BENCH_SMALL:
        return (int32_t)geometric(origin, 1 + 12 * origin->character);
    case BENCH_INDEX:
        return uniform(origin) < 0.4 + 0.5 * origin->character ? -1 : (int32_t)geometric(origin, 4);
    case BENCH_BITS:
        return (int32_t)(few_bits(origin, 3) & 0xFFFF);
    default:
        return pdg(origin);
    }
}

static void fill_integers(bench_kind kind, bench_origin *origin, size_t n, int32_t *values) {
    for (size_t i = 0; i < n; i++)
        values[i] = integer(kind, origin);
}

static uint32_t unsigned_integer(bench_kind kind, bench_origin *origin, int64_t row) {
    enum { RUN = 362760, ROWS_PER_LUMI = 900 };
    switch (kind) {
    case BENCH_LINK:
        return (uint32_t)geometric(origin, 200);
    case BENCH_KEY:
        return (uint32_t)(origin->character * UINT32_MAX);
    case BENCH_RUN:
        return RUN;
    case BENCH_LUMI:
        return (uint32_t)(1 + row / ROWS_PER_LUMI);
    default:
        return 0;
    }
}

static void fill_unsigned(bench_kind kind, bench_origin *origin, size_t n, uint32_t *values) {
    for (size_t i = 0; i < n; i++)
        values[i] = unsigned_integer(kind, origin, origin->first_row + (int64_t)i);
}

static void fill_words(bench_kind kind, bench_origin *origin, size_t n, uint64_t *values) {
    for (size_t i = 0; i < n; i++) {
        values[i] = kind == BENCH_EVENT
                        ? ((uint64_t)origin->first_row + i) * 7 + bench_random(origin) % 7
                        : few_bits(origin, 2) >> 20;
    }
}

static void fill_bytes(bench_kind kind, bench_origin *origin, size_t n, uint8_t *values) {
    double share = kind == BENCH_RARE ? 0.05 * origin->character * origin->character
                                      : 0.1 + 0.5 * origin->character;
    for (size_t i = 0; i < n; i++)
        values[i] = kind == BENCH_BYTE ? (uint8_t)geometric(origin, 1 + 3 * share)
                                       : uniform(origin) < share;
}

void bench_fill(bench_kind kind, bench_origin *origin, size_t n, void *ret_values) {
    switch (bench_kind_type(kind)) {
    case BL_FLOAT32:
        fill_floats(kind, origin, n, ret_values);
        break;
    case BL_INT32:
        fill_integers(kind, origin, n, ret_values);
        break;
    case BL_UINT32:
        fill_unsigned(kind, origin, n, ret_values);
        break;
    case BL_UINT64:
        fill_words(kind, origin, n, ret_values);
        break;
    default:
        fill_bytes(kind, origin, n, ret_values);
        break;
    }
}
