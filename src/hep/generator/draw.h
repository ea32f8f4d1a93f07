// SPDX-License-Identifier: Apache-2.0
/// \file
/// Random numbers of the distributions that the generator needs.
#ifndef BL_HEP_GENERATOR_DRAW_H
#define BL_HEP_GENERATOR_DRAW_H

#include <math.h>
#include <stdbool.h>

#include "base/elementary.h"
#include "base/random.h"

#define BL_PI 3.14159265358979323846

/// One event's random numbers.
typedef struct bl_draw {
    bl_random random;
    double spare; ///< the second of a pair of normal numbers
    bool has_spare;
} bl_draw;

void bl_draw_init(bl_draw *draw, uint64_t seed, uint32_t stream, uint64_t event);

/// In (0, 1).
static inline double bl_draw_unit(bl_draw *draw) { return bl_random_uniform(&draw->random); }
static inline double bl_draw_between(bl_draw *draw, double low, double high) {
    return low + (high - low) * bl_draw_unit(draw);
}
static inline bool bl_draw_chance(bl_draw *draw, double probability) {
    return bl_draw_unit(draw) < probability;
}
/// In (−π, π).
static inline double bl_draw_angle(bl_draw *draw) { return bl_draw_between(draw, -BL_PI, BL_PI); }
static inline double bl_draw_sign(bl_draw *draw) {
    return bl_random_word(&draw->random) & 1 ? 1 : -1;
}
/// Mean 1.
static inline double bl_draw_exponential(bl_draw *draw) { return -bl_ln(bl_draw_unit(draw)); }
/// Mean 0, standard deviation 1.
double bl_draw_normal(bl_draw *draw);
/// x with P(> x) = (1 + (x/scale)²)^−power: as x at small x, a power law at large.
static inline double bl_draw_spectrum(bl_draw *draw, double scale, double power) {
    return scale * sqrt(bl_exp(bl_draw_exponential(draw) / power) - 1);
}
/// x ≥ least with P(> x) = (x/least)^−power.
static inline double bl_draw_power(bl_draw *draw, double least, double power) {
    return least * bl_exp(bl_draw_exponential(draw) / power);
}
/// A count with a mean below 600.
unsigned bl_draw_poisson(bl_draw *draw, double mean);
/// A mass with the non-relativistic Breit–Wigner distribution, in [low, high].
double bl_draw_breit_wigner(bl_draw *draw, double mass, double width, double low, double high);
/// z of a heavy hadron in its quark. \source C. Peterson et al., Phys. Rev. D 27 (1983) 105
double bl_draw_peterson(bl_draw *draw, double epsilon);

#endif
