// SPDX-License-Identifier: Apache-2.0
/// \file
/// Sums of transverse momentum in cones around particles, of three kinds of particles at once. What
/// may be near a particle is found by cells in (η, φ), which change nothing: whether a particle is
/// in a cone is asked of it exactly.
///
/// The order of a sum: all particles of one cell after the other, as the cells lie, in a cell as
/// they were given; without cells as they were given. It does not matter where momenta were float32
/// numbers whose largest is at most 2^18 times the smallest, in a cone of 2^11: their sum in double
/// is exact.
#ifndef BL_HEP_TOPOLOGY_CONES_H
#define BL_HEP_TOPOLOGY_CONES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

enum { BL_CONES_N_KINDS = 3 };

/// Particles of one kind.
typedef struct bl_particles {
    size_t n;
    double *pt, *eta, *phi; ///< [n]
    uint32_t *at;           ///< [n] where each stands in its collection
} bl_particles;

/// Centres of cones, themselves particles of the kinds.
typedef struct bl_cone_centres {
    size_t n;
    const double *eta, *phi; ///< [n] phi in [−π, π] or NaN
    const uint8_t *kind;     ///< [n]
    const uint32_t *own;     ///< [n] its place among the particles of its kind
} bl_cone_centres;

/// What is in a cone.
typedef struct bl_cone_rule {
    bool folds;     ///< differences of φ are folded into ±π; else only, once, those past ±2π
    bool skips_own; ///< the particle at the centre is left out
} bl_cone_rule;

static const size_t bl_no_own = SIZE_MAX;

/// The difference of two φ under a rule.
double bl_cone_delta_phi(double a, double b, bool folds);
/// The sum of pt over particles with Δη² + Δφ² < 0.09, all of them looked at. A distance that is
/// no number is not near. \param own is left out; bl_no_own: none
double bl_cone_sum(const bl_particles *particles, double eta, double phi, size_t own, bool folds);

/// Room for the cells of one thread.
typedef struct bl_cones bl_cones;

/// \param most particles of a kind, and centres \param ret_cones lives as long as the arena
/// \return BL_OK, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_cones_new(bl_arena *arena, size_t most, bl_cones **ret_cones, bl_error *err);
/// The sums of bl_cone_sum for all centres.
/// \param particles [kinds] \param sums [kinds][centres]
void bl_cones_sum(bl_cones *cones, const bl_particles *particles, const bl_cone_centres *centres,
                  bl_cone_rule rule, double *const *sums);

#endif
