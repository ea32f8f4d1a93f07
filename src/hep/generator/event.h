// SPDX-License-Identifier: Apache-2.0
/// \file
/// An event on its way: partons and heavy hadrons of the hard process, particles that reach the
/// detector, and what the detector makes of them.
///
/// Angles are rad, lengths mm, momenta and energies GeV. Arrays are as long as no event of these
/// processes is; what does not fit is left out.
#ifndef BL_HEP_GENERATOR_EVENT_H
#define BL_HEP_GENERATOR_EVENT_H

#include <stddef.h>

#include "hep/generator/vector.h"

enum {
    BL_MOST_PARTONS = 512,
    BL_MOST_HEAVY = 32,
    BL_MOST_PARTICLES = 8192,
    BL_MOST_TRACKS = 4096,
    BL_MOST_TOWERS = 8192,
    BL_MOST_LEPTONS = 32,
    BL_MOST_JETS = 64,
};

/// Particle numbers of the PDG; a parton's sign is kept where its charge matters.
enum {
    BL_PDG_DOWN = 1,
    BL_PDG_CHARM = 4,
    BL_PDG_BOTTOM = 5,
    BL_PDG_ELECTRON = 11,
    BL_PDG_MUON = 13,
    BL_PDG_GLUON = 21,
    BL_PDG_PHOTON = 22,
    BL_PDG_K_LONG = 130,
    BL_PDG_PION = 211,
    BL_PDG_K_SHORT = 310,
    BL_PDG_KAON = 321,
    BL_PDG_NEUTRON = 2112,
    BL_PDG_PROTON = 2212,
};

/// A massless parton that is yet to become hadrons.
typedef struct bl_parton {
    double pt, eta, phi;
    double reach; ///< largest ΔR at which it may emit; 0: it emits nothing more
    int flavour;
} bl_parton;

/// Where a jet got its flavour from.
typedef struct bl_heavy {
    double eta, phi;
    bool is_bottom;
} bl_heavy;

typedef struct bl_particle {
    double pt, eta, phi;
    float at[3]; ///< where it was born
    int pid;
} bl_particle;

/// Tracks, in columns as they are written.
typedef struct bl_tracks {
    unsigned n;
    int32_t pid[BL_MOST_TRACKS], charge[BL_MOST_TRACKS];
    float pt[BL_MOST_TRACKS], eta[BL_MOST_TRACKS], phi[BL_MOST_TRACKS];
    float x[BL_MOST_TRACKS], y[BL_MOST_TRACKS], z[BL_MOST_TRACKS];
} bl_tracks;

/// Deposits without a track.
typedef struct bl_towers {
    unsigned n;
    float et[BL_MOST_TOWERS], eta[BL_MOST_TOWERS], phi[BL_MOST_TOWERS], e[BL_MOST_TOWERS];
} bl_towers;

typedef struct bl_leptons {
    unsigned n;
    float pt[BL_MOST_LEPTONS], eta[BL_MOST_LEPTONS], phi[BL_MOST_LEPTONS];
    int32_t charge[BL_MOST_LEPTONS];
} bl_leptons;

typedef struct bl_jets {
    unsigned n;
    float pt[BL_MOST_JETS], eta[BL_MOST_JETS], phi[BL_MOST_JETS], mass[BL_MOST_JETS];
    uint32_t btag[BL_MOST_JETS];
} bl_jets;

/// What is written of an event.
typedef struct bl_record {
    unsigned n_one; ///< 1: of what there is one of in each event
    int64_t number;
    int32_t process;
    float weight;
    bl_tracks tracks;
    bl_towers photons, neutrals;
    bl_leptons electrons, muons;
    bl_jets jets;
    float met, met_eta, met_phi;
} bl_record;

typedef struct bl_calorimeter bl_calorimeter;
typedef struct bl_clustering bl_clustering;

/// One worker's event.
typedef struct bl_sim {
    bl_draw draw;
    float vertex[3];  ///< of the hard collision
    double filter_pt; ///< least pT of a lepton of the filter
    bool passes;      ///< a lepton of the filter was born
    bool is_forced;   ///< the next heavy hadron decays into a lepton
    unsigned n_partons, n_heavy, n_particles;
    bl_parton partons[BL_MOST_PARTONS];
    bl_heavy heavy[BL_MOST_HEAVY];
    bl_particle particles[BL_MOST_PARTICLES];
    bl_calorimeter *calorimeter; ///< scratch of detector.c
    bl_clustering *clustering;   ///< scratch of jets.c
    bl_record record;
} bl_sim;

/// Adds a particle that flies into the detector. Leptons tell the filter.
void bl_sim_add(bl_sim *sim, int pid, double pt, double eta, double phi, const float *at);
void bl_sim_add_vector(bl_sim *sim, int pid, bl_vector momentum, const float *at);
/// π0 → γγ. \param pt of the π0, massless but for the angle between the photons
void bl_sim_add_pi0(bl_sim *sim, double pt, double eta, double phi, const float *at);
/// Adds a parton that may emit within `reach`.
void bl_sim_add_parton(bl_sim *sim, int flavour, bl_vector momentum, double reach);

// process.c, ttbar.c, …: partons and leptons of a collision
void bl_hard_ttbar(bl_sim *sim);
void bl_hard_wjets(bl_sim *sim);
void bl_hard_qcd(bl_sim *sim);
/// Partons that balance what goes away with (x, y), and further ones. \param charm, bottom parts of
/// heavy quarks among the first
void bl_hard_radiate(bl_sim *sim, double x, double y, double n_extra, double charm, double bottom);

// decays.c
/// W → leptons, or also quarks; its products are added. \param backward, forward how often its
/// polarisation sends the charged lepton, or the down quark, against or along its own direction, as
/// (1−cosθ)² and (1+cosθ)²; else across, as 1−cos²θ
void bl_decay_w(bl_sim *sim, bl_vector w, int charge, bool is_leptonic, double backward,
                double forward);
/// A heavy hadron to its end. \param flavour ±4, ±5 of the quark in it
void bl_decay_heavy(bl_sim *sim, bl_vector hadron, int flavour);

// shower.c
/// A heavy quark: emissions, which become partons, its hadron, which decays, and what is left.
void bl_shower_heavy(bl_sim *sim, int flavour, bl_vector momentum);
/// All light partons: emissions and hadrons.
void bl_shower_all(bl_sim *sim);

// soft.c
/// The underlying event and the other collisions of the bunch crossing.
void bl_soft_add(bl_sim *sim);

// detector.c
/// Tracks, photons, neutral hadrons, electrons, muons of all particles.
void bl_detect(bl_sim *sim);
size_t bl_calorimeter_bytes(void);

// jets.c
/// Jets and missing transverse momentum of what was detected.
void bl_cluster(bl_sim *sim);
size_t bl_clustering_bytes(void);

/// φ in [−π, π) of one that is a few turns away at most.
static inline double bl_fold(double phi) {
    while (phi >= BL_PI)
        phi -= 2 * BL_PI;
    while (phi < -BL_PI)
        phi += 2 * BL_PI;
    return phi;
}

#endif
