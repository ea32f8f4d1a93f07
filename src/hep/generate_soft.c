// SPDX-License-Identifier: Apache-2.0
// Soft particles: the underlying event, and the other collisions of the same bunch crossing. Their
// numbers fluctuate as a gamma distribution of shape 2 does, more than Poisson's.
#include "hep/generate_event.h"
#include "hep/generate_parameters.h"

/// One soft collision.
typedef struct soft_collision {
    double factor;   ///< to the density of particles of an inelastic collision
    double hardness; ///< to its pT scale
    float at[3];
} soft_collision;

/// Flat: the plateau reaches about as far as the calorimeter.
static double draw_eta(bl_draw *draw) {
    return bl_draw_between(draw, -calorimeter_eta, calorimeter_eta);
}

static int choose_charged(bl_draw *draw) {
    const double kaons = 0.12, protons = 0.07;
    double u = bl_draw_unit(draw);
    int kind = u < protons ? BL_PDG_PROTON : u < protons + kaons ? BL_PDG_KAON : BL_PDG_PION;
    return kind * (int)bl_draw_sign(draw);
}

static void add_one(bl_sim *sim, const soft_collision *soft, int pid, double eta, double scale) {
    bl_draw *draw = &sim->draw;
    double pt = bl_draw_spectrum(draw, scale * soft->hardness, soft_pt_power);
    bl_sim_add(sim, pid, pt, eta, bl_draw_angle(draw), soft->at);
}

static void add_charged(bl_sim *sim, const soft_collision *soft, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        double eta = draw_eta(&sim->draw);
        add_one(sim, soft, choose_charged(&sim->draw), eta, soft_pt_scale_gev);
    }
}

static void add_neutral(bl_sim *sim, const soft_collision *soft, int pid, double scale, unsigned n) {
    for (unsigned i = 0; i < n; i++)
        add_one(sim, soft, pid, draw_eta(&sim->draw), scale);
}

static void collide(bl_sim *sim, const soft_collision *soft) {
    bl_draw *draw = &sim->draw;
    double size = 0.5 * (bl_draw_exponential(draw) + bl_draw_exponential(draw));
    double mean = soft->factor * 2 * calorimeter_eta * (size < 5 ? size : 5);
    add_charged(sim, soft, bl_draw_poisson(draw, mean * soft_charged_per_eta));
    add_neutral(sim, soft, BL_PDG_PHOTON, soft_pt_scale_gev * soft_photon_softness,
                bl_draw_poisson(draw, mean * soft_photons_per_eta));
    for (int k = 0; k < 2; k++) // half of them leave something in the electromagnetic part
        add_neutral(sim, soft, k ? BL_PDG_K_SHORT : BL_PDG_K_LONG, soft_pt_scale_gev,
                    bl_draw_poisson(draw, 0.5 * mean * soft_neutral_per_eta));
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
