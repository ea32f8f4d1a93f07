// SPDX-License-Identifier: Apache-2.0
/// \file
/// Four-momenta and decays, GeV.
#ifndef BL_HEP_GENERATOR_VECTOR_H
#define BL_HEP_GENERATOR_VECTOR_H

#include "hep/generator/draw.h"

typedef struct bl_vector {
    double x, y, z, e;
} bl_vector;

bl_vector bl_vector_of(double pt, double eta, double phi, double mass);
/// Of a particle with rapidity `y`, not pseudorapidity.
bl_vector bl_vector_at(double pt, double y, double phi, double mass);
static inline bl_vector bl_vector_add(bl_vector a, bl_vector b) {
    return (bl_vector){a.x + b.x, a.y + b.y, a.z + b.z, a.e + b.e};
}
static inline bl_vector bl_vector_subtract(bl_vector a, bl_vector b) {
    return (bl_vector){a.x - b.x, a.y - b.y, a.z - b.z, a.e - b.e};
}
static inline double bl_vector_pt(bl_vector v) { return sqrt(v.x * v.x + v.y * v.y); }
/// 0 where rounding makes its square negative.
double bl_vector_mass(bl_vector v);
double bl_vector_eta(bl_vector v);
double bl_vector_phi(bl_vector v);

/// From the rest frame of `frame` into the one in which it is measured.
bl_vector bl_vector_boost(bl_vector v, bl_vector frame);

/// Momentum of either product in the rest frame of a decay; 0 below threshold.
double bl_decay_momentum(double mass, double first, double second);
/// `parent` → two particles whose directions in its rest frame are `cosine` from the parent's own
/// direction, and any angle around it.
void bl_decay_along(bl_draw *draw, bl_vector parent, double first, double second, double cosine,
                    bl_vector *ret_first, bl_vector *ret_second);
/// The same, in all directions alike.
void bl_decay_two(bl_draw *draw, bl_vector parent, double first, double second,
                  bl_vector *ret_first, bl_vector *ret_second);
/// `parent` → n particles, one after the other: masses between are spread evenly, momenta in all
/// directions. \param masses [n], below the parent's in sum. \param ret_products [n], n ≤ 8
void bl_decay_many(bl_draw *draw, bl_vector parent, const double *masses, unsigned n,
                   bl_vector *ret_products);

/// A weak decay into three, two of them massless, with the V−A matrix element
/// (parent·lone)(heavy·light): μ⁻ → ν̄ (lone), ν (heavy), e; b → ν̄, c, ℓ⁻; c → ℓ⁺ (lone), s, ν.
/// \param heavy mass of the one that is not massless, below the parent's
void bl_decay_weak(bl_draw *draw, bl_vector parent, double heavy, bl_vector *ret_lone,
                   bl_vector *ret_heavy, bl_vector *ret_light);

#endif
