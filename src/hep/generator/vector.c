// SPDX-License-Identifier: Apache-2.0
// Kinematics of two bodies, and of more as two after two.
#include "hep/generator/vector.h"

bl_vector bl_vector_of(double pt, double eta, double phi, double mass) {
    bl_vector v = {pt * bl_cos(phi), pt * bl_sin(phi), pt * bl_sinh(eta), 0};
    v.e = sqrt(pt * pt + v.z * v.z + mass * mass);
    return v;
}

bl_vector bl_vector_at(double pt, double y, double phi, double mass) {
    double across = sqrt(pt * pt + mass * mass);
    return (bl_vector){pt * bl_cos(phi), pt * bl_sin(phi), across * bl_sinh(y),
                       across * bl_cosh(y)};
}

double bl_vector_mass(bl_vector v) {
    double square = v.e * v.e - v.x * v.x - v.y * v.y - v.z * v.z;
    return square > 0 ? sqrt(square) : 0;
}

double bl_vector_eta(bl_vector v) {
    double pt = bl_vector_pt(v), p = sqrt(pt * pt + v.z * v.z), most = 20;
    if (!(pt > 1e-9 * p))
        return v.z < 0 ? -most : most;
    double eta = bl_ln((p + fabs(v.z)) / pt);
    return v.z < 0 ? -eta : eta;
}

double bl_vector_phi(bl_vector v) { return bl_atan2(v.y, v.x); }

bl_vector bl_vector_boost(bl_vector v, bl_vector frame) {
    double mass = bl_vector_mass(frame);
    double along = v.x * frame.x + v.y * frame.y + v.z * frame.z;
    double energy = (frame.e * v.e + along) / mass;
    double factor = (v.e + energy) / (frame.e + mass);
    return (bl_vector){v.x + factor * frame.x, v.y + factor * frame.y, v.z + factor * frame.z,
                       energy};
}

double bl_decay_momentum(double mass, double first, double second) {
    double sum = first + second, gap = first - second;
    double square = (mass * mass - sum * sum) * (mass * mass - gap * gap);
    return mass > sum && square > 0 ? sqrt(square) / (2 * mass) : 0;
}

/// Two directions that are across `axis` and each other. \param axis [3] of length 1
static void across(const double *axis, double *ret_u, double *ret_v) {
    bool is_steep = fabs(axis[2]) > 0.9;
    double help[3] = {is_steep ? 1 : 0, 0, is_steep ? 0 : 1};
    double along = help[0] * axis[0] + help[2] * axis[2], square = 0;
    for (int i = 0; i < 3; i++) {
        ret_u[i] = help[i] - along * axis[i];
        square += ret_u[i] * ret_u[i];
    }
    for (int i = 0; i < 3; i++)
        ret_u[i] /= sqrt(square);
    ret_v[0] = axis[1] * ret_u[2] - axis[2] * ret_u[1];
    ret_v[1] = axis[2] * ret_u[0] - axis[0] * ret_u[2];
    ret_v[2] = axis[0] * ret_u[1] - axis[1] * ret_u[0];
}

void bl_decay_along(bl_draw *draw, bl_vector parent, double first, double second, double cosine,
                    bl_vector *ret_first, bl_vector *ret_second) {
    double p = sqrt(parent.x * parent.x + parent.y * parent.y + parent.z * parent.z);
    double axis[3] = {0, 0, 1}, u[3], v[3];
    if (p > 0) {
        axis[0] = parent.x / p;
        axis[1] = parent.y / p;
        axis[2] = parent.z / p;
    }
    across(axis, u, v);
    double momentum = bl_decay_momentum(bl_vector_mass(parent), first, second);
    double sine = sqrt(1 - cosine * cosine), angle = bl_draw_angle(draw);
    double of_u = sine * bl_cos(angle), of_v = sine * bl_sin(angle), at[3];
    for (int i = 0; i < 3; i++)
        at[i] = momentum * (cosine * axis[i] + of_u * u[i] + of_v * v[i]);
    bl_vector one = {at[0], at[1], at[2], sqrt(momentum * momentum + first * first)};
    *ret_first = bl_vector_boost(one, parent);
    *ret_second = bl_vector_subtract(parent, *ret_first);
}

void bl_decay_two(bl_draw *draw, bl_vector parent, double first, double second,
                  bl_vector *ret_first, bl_vector *ret_second) {
    bl_decay_along(draw, parent, first, second, bl_draw_between(draw, -1, 1), ret_first,
                   ret_second);
}

void bl_decay_many(bl_draw *draw, bl_vector parent, const double *masses, unsigned n,
                   bl_vector *ret_products) {
    double behind = 0;
    for (unsigned i = 0; i < n; i++)
        behind += masses[i];
    bl_vector left = parent;
    for (unsigned i = 0; i + 1 < n; i++) {
        behind -= masses[i];
        double room = bl_vector_mass(left) - masses[i] - behind, share = 0;
        for (unsigned k = i + 2; k < n; k++) { // the largest of as many parts as are to come
            double x = bl_draw_unit(draw);
            share = x > share ? x : share;
        }
        double rest = i + 2 < n ? behind + (room > 0 ? room : 0) * share : masses[n - 1];
        bl_decay_two(draw, left, masses[i], rest, &ret_products[i], &left);
    }
    ret_products[n - 1] = left;
}

/// The matrix element depends on the mass √s of heavy and light alone, so that all is the choice of
/// s, whose density with phase space is (M² − s)² (s − h²)² / s, and two isotropic decays.
void bl_decay_weak(bl_draw *draw, bl_vector parent, double heavy, bl_vector *ret_lone,
                   bl_vector *ret_heavy, bl_vector *ret_light) {
    double mass = bl_vector_mass(parent), least = heavy * heavy, room = mass * mass - least;
    double most = 4.0 / 27 * room * room * room, s, density; // without the factor (s − h²)/s
    do {
        s = bl_draw_between(draw, least, mass * mass);
        double above = s - least, below = mass * mass - s;
        density = below * below * above * above / s;
    } while (bl_draw_unit(draw) * most > density);
    bl_vector pair;
    bl_decay_two(draw, parent, 0, sqrt(s), ret_lone, &pair);
    bl_decay_two(draw, pair, heavy, 0, ret_heavy, ret_light);
}
