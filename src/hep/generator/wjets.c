// SPDX-License-Identifier: Apache-2.0
// pp → W → ℓν with jets that it recoils against.
#include "hep/generator/event.h"
#include "hep/generator/parameters.h"

/// A plateau in rapidity with soft edges.
static double draw_rapidity(bl_draw *draw) {
    const double edge = 0.5;
    return bl_draw_between(draw, -w_rapidity_reach, w_rapidity_reach) + edge * bl_draw_normal(draw);
}

void bl_hard_wjets(bl_sim *sim) {
    // left-handed quarks give the W their spin, and W mostly fly as the quark did
    const double along_spin = 0.6, against_spin = 0.25, widths = 15;
    bl_draw *draw = &sim->draw;
    double pt = bl_draw_spectrum(draw, w_pt_scale_gev, w_pt_power);
    double mass =
        bl_draw_breit_wigner(draw, w_mass_gev, w_width_gev, w_mass_gev - widths * w_width_gev,
                             w_mass_gev + widths * w_width_gev);
    bl_vector w = bl_vector_at(pt, draw_rapidity(draw), bl_draw_angle(draw), mass);
    if (bl_draw_chance(draw, w_plus_part))
        bl_decay_w(sim, w, 1, true, along_spin, against_spin);
    else
        bl_decay_w(sim, w, -1, true, against_spin, along_spin);
    bl_hard_radiate(sim, w.x, w.y, w_extra_partons, recoil_charm_part, recoil_bottom_part);
}
