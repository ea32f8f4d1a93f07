// SPDX-License-Identifier: Apache-2.0
// pp → tt̄ with radiation. Tops are back to back in the system's transverse rest frame; spin
// correlations between them are left out.
#include "hep/generator/event.h"
#include "hep/generator/parameters.h"

/// t → bW, W with the helicities of the standard model: 0.69 longitudinal, 0.31 left-handed.
static void decay_top(bl_sim *sim, bl_vector top, int sign) {
    const double left_handed = 0.31, widths = 15;
    bl_vector w, b;
    double mass =
        bl_draw_breit_wigner(&sim->draw, w_mass_gev, w_width_gev, w_mass_gev - widths * w_width_gev,
                             w_mass_gev + widths * w_width_gev);
    bl_decay_two(&sim->draw, top, mass, bottom_mass_gev, &w, &b);
    bl_decay_w(sim, w, sign, false, left_handed, 0);
    bl_shower_heavy(sim, sign * BL_PDG_BOTTOM, b);
}

static double draw_mass(bl_sim *sim) {
    const double widths = 15;
    return bl_draw_breit_wigner(&sim->draw, top_mass_gev, top_width_gev,
                                top_mass_gev - widths * top_width_gev,
                                top_mass_gev + widths * top_width_gev);
}

void bl_hard_ttbar(bl_sim *sim) {
    bl_draw *draw = &sim->draw;
    double pt = bl_draw_spectrum(draw, top_pt_scale_gev, top_pt_power);
    double phi = bl_draw_angle(draw), gap = top_gap_spread * bl_draw_normal(draw);
    double y = top_rapidity_spread * bl_draw_normal(draw);
    bl_vector t = bl_vector_at(pt, y + gap, phi, draw_mass(sim));
    bl_vector anti = bl_vector_at(pt, y - gap, phi + BL_PI, draw_mass(sim));
    // the system is pushed aside by what is radiated
    bl_vector both = bl_vector_add(t, anti);
    double push = bl_draw_spectrum(draw, ttbar_pt_scale_gev, ttbar_pt_power);
    double aside = bl_draw_angle(draw), mass = bl_vector_mass(both);
    bl_vector frame = {push * bl_cos(aside), push * bl_sin(aside), 0, 0};
    frame.e = sqrt(mass * mass + push * push);
    decay_top(sim, bl_vector_boost(t, frame), 1);
    decay_top(sim, bl_vector_boost(anti, frame), -1);
    bl_vector pushed = bl_vector_boost(both, frame);
    bl_hard_radiate(sim, pushed.x, pushed.y, ttbar_extra_partons, 0.03, 0.02);
}
