// SPDX-License-Identifier: Apache-2.0
// What all hard processes share: radiation that balances them.
#include "hep/generator/event.h"
#include "hep/generator/parameters.h"

static bl_vector draw_parton(bl_sim *sim, double pt, double phi) {
    double y = radiation_rapidity_spread * bl_draw_normal(&sim->draw);
    return bl_vector_of(pt, y, phi, 0);
}

static void add_recoil(bl_sim *sim, double pt, double phi, double charm, double bottom) {
    bl_vector parton = draw_parton(sim, pt, phi);
    double u = bl_draw_unit(&sim->draw);
    int sign = (int)bl_draw_sign(&sim->draw);
    if (u < bottom)
        bl_shower_heavy(sim, sign * BL_PDG_BOTTOM, parton);
    else if (u < bottom + charm)
        bl_shower_heavy(sim, sign * BL_PDG_CHARM, parton);
    else
        bl_sim_add_parton(sim, u < 0.5 ? BL_PDG_DOWN : BL_PDG_GLUON, parton, shower_reach);
}

void bl_hard_radiate(bl_sim *sim, double x, double y, double n_extra, double charm, double bottom) {
    const double least_of_heavy = 5; // the hadron's mass: softer recoils are light
    unsigned n = bl_draw_poisson(&sim->draw, n_extra);
    for (unsigned i = 0; i < n; i++) {
        double pt = bl_draw_power(&sim->draw, radiation_least_pt_gev, radiation_power);
        bl_vector parton = draw_parton(sim, pt, bl_draw_angle(&sim->draw));
        bl_sim_add_parton(sim, BL_PDG_GLUON, parton, shower_reach);
        x += parton.x;
        y += parton.y;
    }
    double pt = sqrt(x * x + y * y);
    bool is_soft = pt < 2 * least_of_heavy;
    add_recoil(sim, pt, bl_atan2(-y, -x), is_soft ? 0 : charm, is_soft ? 0 : bottom);
}
