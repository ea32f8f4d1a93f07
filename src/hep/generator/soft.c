// SPDX-License-Identifier: Apache-2.0
// Soft particles: the underlying event, and the other collisions of the same bunch crossing. Their
// numbers fluctuate as a gamma distribution of shape 2 does, more than Poisson's.
#include "hep/generator/event.h"
#include "hep/generator/parameters.h"

/// One soft collision.
typedef struct soft_collision {
    double factor;   ///< to the density of particles of an inelastic collision
    double hardness; ///< to its pT scale
    float at[3];
    double x, y; ///< sum of the momenta of its particles so far
} soft_collision;

static int choose_charged(bl_draw *draw) {
    const double kaons = 0.12, protons = 0.07;
    double u = bl_draw_unit(draw);
    int kind = u < protons ? BL_PDG_PROTON : u < protons + kaons ? BL_PDG_KAON : BL_PDG_PION;
    return kind * (int)bl_draw_sign(draw);
}

/// Momentum is conserved: where the others leave some, the next particle rather flies against it.
static void add_one(bl_sim *sim, soft_collision *soft, int pid, double scale) {
    const double much_gev = 1, spread = 1.6; // of the angle
    bl_draw *draw = &sim->draw;
    double eta = bl_draw_between(draw, -calorimeter_eta, calorimeter_eta);
    double pt = bl_draw_spectrum(draw, scale * soft->hardness, soft_pt_power);
    double phi = soft->x * soft->x + soft->y * soft->y > much_gev * much_gev
                     ? bl_atan2(-soft->y, -soft->x) + spread * bl_draw_normal(draw)
                     : bl_draw_angle(draw);
    soft->x += pt * bl_cos(phi);
    soft->y += pt * bl_sin(phi);
    bl_sim_add(sim, pid, pt, eta, phi, soft->at);
}

/// Spread evenly in η: the plateau reaches about as far as the calorimeter.
static void collide(bl_sim *sim, soft_collision *soft) {
    bl_draw *draw = &sim->draw;
    double size = 0.5 * (bl_draw_exponential(draw) + bl_draw_exponential(draw));
    double mean = soft->factor * 2 * calorimeter_eta * (size < 5 ? size : 5);
    unsigned n_charged = bl_draw_poisson(draw, mean * soft_charged_per_eta);
    unsigned n_photons = bl_draw_poisson(draw, mean * soft_photons_per_eta);
    unsigned n_neutral = bl_draw_poisson(draw, mean * soft_neutral_per_eta);
    for (unsigned i = 0; i < n_charged; i++)
        add_one(sim, soft, choose_charged(draw), soft_pt_scale_gev);
    for (unsigned i = 0; i < n_photons; i++)
        add_one(sim, soft, BL_PDG_PHOTON, soft_pt_scale_gev * soft_photon_softness);
    for (unsigned i = 0; i < n_neutral; i++) // half of them leave photons' energy too
        add_one(sim, soft, i & 1 ? BL_PDG_K_SHORT : BL_PDG_K_LONG, soft_pt_scale_gev);
}

void bl_soft_add(bl_sim *sim) {
    soft_collision under = {.factor = underlying_factor,
                            .hardness = underlying_hardness,
                            .at = {sim->vertex[0], sim->vertex[1], sim->vertex[2]}};
    collide(sim, &under);
    unsigned n = bl_draw_poisson(&sim->draw, pileup_mean);
    for (unsigned i = 0; i < n; i++) {
        soft_collision other = {.factor = 1, .hardness = 1};
        other.at[0] = (float)(beam_width_mm * bl_draw_normal(&sim->draw));
        other.at[1] = (float)(beam_width_mm * bl_draw_normal(&sim->draw));
        other.at[2] = (float)(beam_length_mm * bl_draw_normal(&sim->draw));
        collide(sim, &other);
    }
}
