// SPDX-License-Identifier: Apache-2.0
// Adding particles and partons to an event.
#include "hep/generator/event.h"

#include "hep/generator/parameters.h"

static void tell_filter(bl_sim *sim, int pid, double pt, double eta) {
    int kind = pid < 0 ? -pid : pid;
    if (kind == BL_PDG_ELECTRON || kind == BL_PDG_MUON)
        sim->passes = sim->passes || (pt > sim->filter_pt && fabs(eta) < filter_eta);
}

void bl_sim_add(bl_sim *sim, int pid, double pt, double eta, double phi, const float *at) {
    tell_filter(sim, pid, pt, eta);
    if (sim->n_particles == BL_MOST_PARTICLES)
        return;
    sim->particles[sim->n_particles++] = (bl_particle){
        .pt = pt, .eta = eta, .phi = bl_fold(phi), .at = {at[0], at[1], at[2]}, .pid = pid};
}

void bl_sim_add_vector(bl_sim *sim, int pid, bl_vector momentum, const float *at) {
    bl_sim_add(sim, pid, bl_vector_pt(momentum), bl_vector_eta(momentum), bl_vector_phi(momentum),
               at);
}

/// The photons share the momentum evenly and lie m/(pT √(x(1−x))) apart.
void bl_sim_add_pi0(bl_sim *sim, double pt, double eta, double phi, const float *at) {
    double x = bl_draw_unit(&sim->draw), angle = bl_draw_angle(&sim->draw);
    double apart = pion_mass_gev / (pt * sqrt(x * (1 - x)));
    apart = apart < 1 ? apart : 1;
    double of_eta = apart * bl_cos(angle), of_phi = apart * bl_sin(angle);
    bl_sim_add(sim, BL_PDG_PHOTON, pt * x, eta + (1 - x) * of_eta, phi + (1 - x) * of_phi, at);
    bl_sim_add(sim, BL_PDG_PHOTON, pt * (1 - x), eta - x * of_eta, phi - x * of_phi, at);
}

void bl_sim_add_parton(bl_sim *sim, int flavour, bl_vector momentum, double reach) {
    if (sim->n_partons < BL_MOST_PARTONS)
        sim->partons[sim->n_partons++] = (bl_parton){.pt = bl_vector_pt(momentum),
                                                     .eta = bl_vector_eta(momentum),
                                                     .phi = bl_vector_phi(momentum),
                                                     .reach = reach,
                                                     .flavour = flavour};
}
