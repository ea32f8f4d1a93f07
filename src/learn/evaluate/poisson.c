// SPDX-License-Identifier: Apache-2.0
// Random numbers are those of SplitMix64, which begins anew for each event, where the seed and the
// event's number say.
#include "learn/evaluate/poisson.h"

#include "base/wide.h"

enum { WORDS = BL_POISSON_LANES / 4 }; ///< 16 bits decide how often an event counts

/// 65536 · P(N > k) of a Poisson variable N of mean 1, rounded so that its mean is 1.
static const uint16_t above[] = {41427, 17317, 5263, 1244, 240, 39, 5, 1};

/// \source G. Steele, D. Lea, C. Flood, Fast Splittable Pseudorandom Number Generators (OOPSLA'14)
static const uint64_t golden = 0x9e3779b97f4a7c15;

static inline uint64_t mix(uint64_t z) {
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

uint64_t bl_poisson_start(uint64_t seed, uint64_t key) { return mix(key + mix(seed + golden)); }

BL_WIDE static void draw(const uint64_t *starts, size_t n, size_t chunk,
                         uint16_t counts[BL_POISSON_BLOCK][BL_POISSON_LANES]) {
    uint64_t words[BL_POISSON_BLOCK][WORDS];
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < WORDS; k++)
            words[i][k] = mix(starts[i] + (chunk * WORDS + k + 1) * golden);
    for (size_t i = 0; i < n; i++)
        for (size_t lane = 0; lane < BL_POISSON_LANES; lane++) {
            uint16_t uniform = (uint16_t)(words[i][lane % WORDS] >> (lane / WORDS * 16)), count = 0;
            for (size_t k = 0; k < sizeof above / sizeof *above; k++)
                count = (uint16_t)(count + (uniform < above[k]));
            counts[i][lane] = count;
        }
}

void bl_poisson_draw(const uint64_t *starts, size_t n, size_t chunk,
                     uint16_t ret_counts[BL_POISSON_BLOCK][BL_POISSON_LANES]) {
    draw(starts, n, chunk, ret_counts);
}
