// SPDX-License-Identifier: Apache-2.0
// Decays: W bosons with their polarisation, τ, hadrons with b and c by the main ways that they go.
// Neutrinos are dropped: nothing sees them.
#include "hep/generator/event.h"
#include "hep/generator/parameters.h"

/// Where a particle of this momentum, born at `at`, decays.
static void fly(bl_sim *sim, bl_vector v, double mass, double ctau_mm, const float *at,
                float *ret_at) {
    double scale = bl_draw_exponential(&sim->draw) * ctau_mm / mass;
    ret_at[0] = (float)(at[0] + scale * v.x);
    ret_at[1] = (float)(at[1] + scale * v.y);
    ret_at[2] = (float)(at[2] + scale * v.z);
}

// ---- leptons ----

/// One of e and μ with this charge.
static int choose_lepton(bl_sim *sim, int charge) {
    return -charge * (bl_draw_chance(&sim->draw, 0.5) ? BL_PDG_MUON : BL_PDG_ELECTRON);
}

/// An electron or muon, and a photon that it may radiate: as often as soft and collinear QED has
/// it, (2α/π) · ln(angles) · ln(energies).
static void add_lepton(bl_sim *sim, int pid, bl_vector v, const float *at) {
    const double strength = 2 / (137.0 * BL_PI), least_gev = 0.5, reach = 0.7;
    bool is_muon = pid == BL_PDG_MUON || pid == -BL_PDG_MUON;
    double pt = bl_vector_pt(v), eta = bl_vector_eta(v), phi = bl_vector_phi(v);
    double angles = bl_ln(reach * v.e / (is_muon ? muon_mass_gev : electron_mass_gev));
    double energies = v.e > least_gev ? bl_ln(v.e / least_gev) : 0;
    if (bl_draw_chance(&sim->draw, strength * angles * energies)) {
        double part = bl_exp(-energies * bl_draw_unit(&sim->draw));
        double apart = reach * bl_exp(-angles * bl_draw_unit(&sim->draw));
        double angle = bl_draw_angle(&sim->draw);
        bl_sim_add(sim, BL_PDG_PHOTON, part * pt, eta + apart * bl_cos(angle),
                   phi + apart * bl_sin(angle), at);
        pt *= 1 - part;
    }
    bl_sim_add(sim, pid, pt, eta, phi, at);
}

static void add_pion(bl_sim *sim, int charge, bl_vector v, const float *at) {
    if (charge)
        bl_sim_add_vector(sim, charge * BL_PDG_PION, v, at);
    else
        bl_sim_add_pi0(sim, bl_vector_pt(v), bl_vector_eta(v), bl_vector_phi(v), at);
}

/// τ → e, μ, or one to three pions, of which one or three are charged, with ν.
static void decay_tau(bl_sim *sim, bl_vector tau, int charge, const float *born) {
    const double to_pion = 0.12, to_two = 0.40; // what is left after leptons: the rest has three
    double masses[4] = {0}, way = bl_draw_unit(&sim->draw);
    bl_vector products[4];
    float at[3];
    fly(sim, tau, tau_mass_gev, tau_ctau_mm, born, at);
    if (way < 2 * tau_to_each_lepton) {
        bl_decay_weak(&sim->draw, tau, 0, &products[0], &products[1], &products[2]);
        add_lepton(sim, choose_lepton(sim, charge), products[2], at);
        return;
    }
    double of_hadrons = (way - 2 * tau_to_each_lepton) / (1 - 2 * tau_to_each_lepton);
    unsigned n = of_hadrons < to_pion ? 1 : of_hadrons < to_pion + to_two ? 2 : 3;
    bool all_charged = n == 3 && bl_draw_chance(&sim->draw, 0.5);
    for (unsigned i = 0; i < n; i++)
        masses[i + 1] = pion_mass_gev;
    bl_decay_many(&sim->draw, tau, masses, n + 1, products);
    add_pion(sim, charge, products[1], at);
    for (unsigned i = 2; i <= n; i++)
        add_pion(sim, !all_charged ? 0 : i == 2 ? charge : -charge, products[i], at);
}

// ---- W ----

/// Of the charged lepton from the direction of W in its rest frame: (1−c)², (1+c)² or 1−c².
static double draw_cosine(bl_draw *draw, double backward, double forward) {
    double way = bl_draw_unit(draw);
    for (;;) {
        double c = bl_draw_between(draw, -1, 1), u = bl_draw_unit(draw);
        double f = way < backward             ? 0.25 * (1 - c) * (1 - c)
                   : way < backward + forward ? 0.25 * (1 + c) * (1 + c)
                                              : 1 - c * c;
        if (u < f)
            return c;
    }
}

static void decay_to_quarks(bl_sim *sim, bl_vector w, int charge, double cosine) {
    bl_vector down, up;
    bl_decay_along(&sim->draw, w, 0, 0, cosine, &down, &up);
    bl_sim_add_parton(sim, BL_PDG_DOWN, down, shower_reach);
    if (bl_draw_chance(&sim->draw, 0.5)) // cs as often as ud
        bl_shower_heavy(sim, charge * BL_PDG_CHARM, up);
    else
        bl_sim_add_parton(sim, BL_PDG_DOWN, up, shower_reach);
}

void bl_decay_w(bl_sim *sim, bl_vector w, int charge, bool is_leptonic, double backward,
                double forward) {
    double cosine = draw_cosine(&sim->draw, backward, forward);
    if (!is_leptonic && !bl_draw_chance(&sim->draw, 3 * w_to_each_lepton)) {
        decay_to_quarks(sim, w, charge, cosine);
        return;
    }
    bl_vector lepton, neutrino;
    if (bl_draw_chance(&sim->draw, 1.0 / 3)) {
        bl_decay_along(&sim->draw, w, tau_mass_gev, 0, cosine, &lepton, &neutrino);
        decay_tau(sim, lepton, charge, sim->vertex);
        return;
    }
    bl_decay_along(&sim->draw, w, 0, 0, cosine, &lepton, &neutrino);
    add_lepton(sim, choose_lepton(sim, charge), lepton, sim->vertex);
}

// ---- heavy hadrons ----

/// K_S live long enough to reach the calorimeter.
static void add_kaon(bl_sim *sim, int charge, bl_vector v, const float *at) {
    int neutral = bl_draw_chance(&sim->draw, 0.5) ? BL_PDG_K_LONG : BL_PDG_K_SHORT;
    bl_sim_add_vector(sim, charge ? charge * BL_PDG_KAON : neutral, v, at);
}

/// `n` pions, of which two in three are charged, their signs in turn.
static void add_pions(bl_sim *sim, const bl_vector *v, unsigned n, const float *at) {
    const double is_charged = 2.0 / 3;
    int charge = bl_draw_chance(&sim->draw, 0.5) ? 1 : -1;
    for (unsigned i = 0; i < n; i++) {
        bool is = bl_draw_chance(&sim->draw, is_charged);
        add_pion(sim, is ? charge : 0, v[i], at);
        charge = is ? -charge : charge;
    }
}

/// D → K ℓ ν or K and one to three pions. \param sign of its quark: c → ℓ+
static void decay_charm(bl_sim *sim, bl_vector hadron, int sign, bool must, const float *born) {
    double masses[4] = {kaon_mass_gev, pion_mass_gev, pion_mass_gev, pion_mass_gev};
    bl_vector products[4];
    float at[3];
    fly(sim, hadron, c_hadron_mass_gev, c_hadron_ctau_mm, born, at);
    int charge = bl_draw_chance(&sim->draw, 0.5) ? -sign : 0;
    if (must || bl_draw_chance(&sim->draw, 2 * c_to_each_lepton)) {
        bl_decay_weak(&sim->draw, hadron, kaon_mass_gev, &products[1], &products[0], &products[2]);
        add_lepton(sim, choose_lepton(sim, sign), products[1], at);
    } else {
        unsigned n = 1 + (unsigned)(3 * bl_draw_unit(&sim->draw));
        bl_decay_many(&sim->draw, hadron, masses, n + 1, products);
        add_pions(sim, products + 1, n, at);
    }
    add_kaon(sim, charge, products[0], at);
}

/// B → D ℓ ν, D τ ν or D and two to five pions. \param sign of its quark: b → ℓ−
static void decay_bottom(bl_sim *sim, bl_vector hadron, int sign, bool must) {
    const double to_leptons = 2 * b_to_each_lepton;
    double masses[6] = {c_hadron_mass_gev, pion_mass_gev, pion_mass_gev,
                        pion_mass_gev,     pion_mass_gev, pion_mass_gev};
    bl_vector products[6];
    float at[3];
    fly(sim, hadron, b_hadron_mass_gev, b_hadron_ctau_mm, sim->vertex, at);
    // one that must: from itself or from its charm, as often as these give leptons
    double scale = must ? 1 / (1 + c_to_each_lepton / b_to_each_lepton) / to_leptons : 1;
    double way = bl_draw_unit(&sim->draw) / scale;
    bool is_direct = way < to_leptons;
    if (is_direct) {
        bl_decay_weak(&sim->draw, hadron, masses[0], &products[2], &products[0], &products[1]);
        add_lepton(sim, choose_lepton(sim, -sign), products[1], at);
    } else if (!must && way < to_leptons + b_to_tau) {
        masses[1] = tau_mass_gev;
        masses[2] = 0;
        bl_decay_many(&sim->draw, hadron, masses, 3, products);
        decay_tau(sim, products[1], -sign, at);
    } else {
        unsigned n = 2 + (unsigned)(4 * bl_draw_unit(&sim->draw));
        bl_decay_many(&sim->draw, hadron, masses, n + 1, products);
        add_pions(sim, products + 1, n, at);
    }
    decay_charm(sim, products[0], sign, must && !is_direct, at);
}

void bl_decay_heavy(bl_sim *sim, bl_vector hadron, int flavour) {
    bool must = sim->is_forced;
    sim->is_forced = false;
    int sign = flavour < 0 ? -1 : 1;
    if (flavour == sign * BL_PDG_BOTTOM)
        decay_bottom(sim, hadron, sign, must);
    else
        decay_charm(sim, hadron, sign, must, sim->vertex);
}
