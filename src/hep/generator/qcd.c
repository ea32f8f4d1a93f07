// SPDX-License-Identifier: Apache-2.0
// pp → jets, those in which a hadron with b or c decays into an electron or muon past the filter:
// what a lepton filter leaves of QCD. Such a decay is asked for of one hadron, so that few events
// are made in vain; spectra of what passes are the same.
#include "hep/generator/event.h"
#include "hep/generator/parameters.h"

/// Both quarks of g → QQ̄ in one jet.
static void split(bl_sim *sim, int flavour, bl_vector gluon) {
    const double least_part = 0.1, least_gev = 6;
    double z = bl_draw_between(&sim->draw, least_part, 1 - least_part);
    double pt = bl_vector_pt(gluon), eta = bl_vector_eta(gluon), phi = bl_vector_phi(gluon);
    double angle = bl_draw_angle(&sim->draw);
    double r = 2 * least_gev / pt * bl_exp(2 * bl_draw_unit(&sim->draw)); // ~ dR/R up to e² of it
    r = r < 0.8 ? r : 0.8;
    double of_eta = r * bl_cos(angle), of_phi = r * bl_sin(angle);
    bl_vector first = bl_vector_of(z * pt, eta + (1 - z) * of_eta, phi + (1 - z) * of_phi, 0);
    bl_vector second = bl_vector_of((1 - z) * pt, eta - z * of_eta, phi - z * of_phi, 0);
    bl_shower_heavy(sim, flavour, first);
    bl_shower_heavy(sim, -flavour, second);
}

void bl_hard_qcd(bl_sim *sim) {
    bl_draw *draw = &sim->draw;
    double pt = bl_draw_power(draw, qcd_least_pt_gev, qcd_pt_power), phi = bl_draw_angle(draw);
    double y = qcd_rapidity_spread * bl_draw_normal(draw);
    double gap = qcd_gap_spread * bl_draw_normal(draw), way = bl_draw_unit(draw);
    // the dijet system recoils a little, as each hard system does
    double push = 0.2 * bl_draw_spectrum(draw, pt, 2), aside = bl_draw_angle(draw);
    double x_pushed = push * bl_cos(aside), y_pushed = push * bl_sin(aside);
    bl_vector first = bl_vector_of(pt, y + gap, phi, 0);
    bl_vector second = bl_vector_of(pt, y - gap, phi + BL_PI, 0);
    second.x += x_pushed;
    second.y += y_pushed;
    int flavour = bl_draw_chance(draw, qcd_bottom_part) ? BL_PDG_BOTTOM : BL_PDG_CHARM;
    flavour *= (int)bl_draw_sign(draw);
    sim->is_forced = true;
    if (way < qcd_splitting_part)
        split(sim, flavour, first);
    else
        bl_shower_heavy(sim, flavour, first);
    if (!sim->passes)
        return; // most do not; the rest need not be made
    if (way > 1 - qcd_both_part)
        bl_shower_heavy(sim, -flavour, second);
    else
        bl_sim_add_parton(sim, BL_PDG_GLUON, second, shower_reach);
    // flavour excitation: the other heavy quark is somewhere in the radiation
    bl_hard_radiate(sim, x_pushed, y_pushed, qcd_extra_partons, 0, 0);
}
