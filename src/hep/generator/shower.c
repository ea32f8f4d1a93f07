// SPDX-License-Identifier: Apache-2.0
// From partons to hadrons. Gluons are emitted at ever smaller angles, as often as soft and
// collinear QCD has it with a running coupling (angular ordering: B. R. Webber, Nucl. Phys. B 238
// (1984) 492); then each parton becomes a chain of hadrons, each with a part of what is left (R. D.
// Field, R. P. Feynman, Nucl. Phys. B 136 (1978) 1). All of it in pT, η and φ, whose sums are kept.
#include "hep/generator/event.h"
#include "hep/generator/parameters.h"

/// α_s, one loop.
static double coupling(double kt) {
    const double slope = 0.61; // (33 − 2·5)/(12π)
    return 1 / (slope * 2 * bl_ln(kt / shower_lambda_gev));
}

static void add_emission(bl_sim *sim, bl_parton *parent, double z, double r) {
    double angle = bl_draw_angle(&sim->draw);
    double of_eta = r * bl_cos(angle), of_phi = r * bl_sin(angle);
    if (sim->n_partons == BL_MOST_PARTONS)
        return;
    sim->partons[sim->n_partons++] = (bl_parton){.pt = z * parent->pt,
                                                 .eta = parent->eta + (1 - z) * of_eta,
                                                 .phi = parent->phi + (1 - z) * of_phi,
                                                 .reach = r,
                                                 .flavour = BL_PDG_GLUON};
    parent->pt *= 1 - z;
    parent->eta -= z * of_eta;
    parent->phi -= z * of_phi;
}

/// Emits with the density 2 C α_s/π · dR/R · dz/z · (1 + (1−z)²)/2, by a density that is nowhere
/// less and rejection. \param least ΔR below which a heavy quark does not emit: its dead cone
static void emit(bl_sim *sim, bl_parton *parton, double least) {
    const double of_gluon = 3, of_quark = 4.0 / 3;
    double most = coupling(shower_end_gev), reach = parton->reach;
    double strength = 2 * (parton->flavour == BL_PDG_GLUON ? of_gluon : of_quark) * most / BL_PI;
    for (;;) {
        double room = bl_ln(parton->pt * reach / shower_end_gev);
        if (!(room > 0))
            return;
        reach *= bl_exp(-bl_draw_exponential(&sim->draw) / (strength * room));
        double inside = bl_ln(parton->pt * reach / shower_end_gev);
        if (reach <= least || !(inside > 0))
            return;
        if (bl_draw_unit(&sim->draw) * room > inside)
            continue;
        double z = bl_exp(-inside * bl_draw_unit(&sim->draw));
        double shape = 0.5 * (1 + (1 - z) * (1 - z)) * coupling(z * reach * parton->pt) / most;
        if (bl_draw_unit(&sim->draw) < shape)
            add_emission(sim, parton, z, reach);
    }
}

// ---- hadrons ----

typedef struct hadron_kind {
    double until; ///< of all hadrons, with those before
    int pid;      ///< 0: π0; -1: K_S
} hadron_kind;

/// What light partons become.
static const hadron_kind kinds[] = {{0.55, BL_PDG_PION},    {0.81, 0},
                                    {0.87, BL_PDG_KAON},    {0.90, BL_PDG_K_LONG},
                                    {0.93, BL_PDG_K_SHORT}, {0.965, BL_PDG_PROTON},
                                    {1.0, BL_PDG_NEUTRON}};

static void add_hadron(bl_sim *sim, double pt, double eta, double phi) {
    double u = bl_draw_unit(&sim->draw);
    const hadron_kind *kind = kinds;
    while (u > kind->until)
        kind++;
    bool is_charged =
        kind->pid == BL_PDG_PION || kind->pid == BL_PDG_KAON || kind->pid == BL_PDG_PROTON;
    if (kind->pid == 0)
        bl_sim_add_pi0(sim, pt, eta, phi, sim->vertex);
    else
        bl_sim_add(sim, is_charged ? kind->pid * (int)bl_draw_sign(&sim->draw) : kind->pid, pt, eta,
                   phi, sim->vertex);
}

/// A direction beside the parton's, by a hadron's transverse momentum from it.
static void scatter(bl_sim *sim, double pt, double *eta, double *phi) {
    double of_eta = hadron_kt_gev * bl_draw_normal(&sim->draw);
    double of_phi = hadron_kt_gev * bl_draw_normal(&sim->draw);
    double scale = 1 / sqrt(pt * pt + of_eta * of_eta + of_phi * of_phi);
    *eta += scale * of_eta;
    *phi += scale * of_phi;
}

/// Hadrons follow each other in rapidity as chance has it, with a constant density.
static void hadronise(bl_sim *sim, const bl_parton *parton) {
    const double end_gev = 0.3;
    double left = parton->pt;
    while (left > 0) {
        double rest = left * bl_exp(-bl_draw_exponential(&sim->draw) / hadrons_per_rapidity);
        double eta = parton->eta, phi = parton->phi;
        rest = rest < end_gev ? 0 : rest;
        scatter(sim, left - rest, &eta, &phi);
        add_hadron(sim, left - rest, eta, phi);
        left = rest;
    }
}

void bl_shower_all(bl_sim *sim) {
    for (unsigned i = 0; i < sim->n_partons; i++) { // emissions come behind the others
        bl_parton parton = sim->partons[i];
        emit(sim, &parton, 0);
        hadronise(sim, &parton);
    }
}

void bl_shower_heavy(bl_sim *sim, int flavour, bl_vector momentum) {
    bool is_bottom = flavour == BL_PDG_BOTTOM || flavour == -BL_PDG_BOTTOM;
    double mass = is_bottom ? b_hadron_mass_gev : c_hadron_mass_gev;
    bl_parton quark = {.pt = bl_vector_pt(momentum),
                       .eta = bl_vector_eta(momentum),
                       .phi = bl_vector_phi(momentum),
                       .reach = shower_reach,
                       .flavour = flavour};
    emit(sim, &quark, mass / quark.pt);
    double z = bl_draw_peterson(&sim->draw, is_bottom ? peterson_bottom : peterson_charm);
    bl_parton rest = quark;
    rest.pt *= 1 - z;
    rest.reach = 0;
    rest.flavour = BL_PDG_DOWN;
    quark.pt *= z;
    scatter(sim, quark.pt, &quark.eta, &quark.phi);
    if (sim->n_partons < BL_MOST_PARTONS)
        sim->partons[sim->n_partons++] = rest;
    if (sim->n_heavy < BL_MOST_HEAVY)
        sim->heavy[sim->n_heavy++] = (bl_heavy){quark.eta, bl_fold(quark.phi), is_bottom};
    bl_decay_heavy(sim, bl_vector_of(quark.pt, quark.eta, quark.phi, mass), flavour);
}
