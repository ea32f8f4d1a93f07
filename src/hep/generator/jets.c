// SPDX-License-Identifier: Apache-2.0
// Jets by anti-kT (M. Cacciari, G. P. Salam, G. Soyez, JHEP 04 (2008) 063) with nearest neighbours
// kept for each particle, so that a step is one pass over them. Particles below a few GeV, which
// shape no jet, join the nearest one afterwards. Then pile-up is taken off by its median density
// (M. Cacciari, G. P. Salam, Phys. Lett. B 659 (2008) 119), and jets get b tags.
#include <string.h>

#include "base/wide.h"
#include "hep/generator/event.h"
#include "hep/generator/parameters.h"

enum { MOST_SEEDS = 2048, MOST_SOFT = BL_MOST_TRACKS + 2 * BL_MOST_TOWERS, MOST_FOUND = 128 };
/// Density of pile-up: of rectangles of about 1 × 1.
enum { ETA_SQUARES = 10, PHI_SQUARES = 6, N_SQUARES = ETA_SQUARES * PHI_SQUARES };

/// Particles that are left to be clustered, in columns.
typedef struct pseudojets {
    unsigned n;
    bl_vector p[MOST_SEEDS];
    double y[MOST_SEEDS], phi[MOST_SEEDS];
    double weight[MOST_SEEDS];  ///< 1/pT²
    double nearest[MOST_SEEDS]; ///< square of the distance to the neighbour, or of the radius
    double step[MOST_SEEDS];    ///< anti-kT's distance: the least is due
    int neighbour[MOST_SEEDS];  ///< -1: the beam
} pseudojets;

typedef struct found_jet {
    bl_vector p;
    double y, phi;
} found_jet;

typedef struct soft_particle {
    bl_vector p;
    double eta, phi;
} soft_particle;

struct bl_clustering {
    pseudojets seeds;
    double far[MOST_SEEDS]; ///< scratch: squares of distances
    unsigned n_soft, n_jets;
    soft_particle soft[MOST_SOFT];
    found_jet jets[MOST_FOUND];
    double squares[N_SQUARES];
    double density;    ///< GeV for each unit of η and φ
    double px, py, pz; ///< sum of all that was seen
};

size_t bl_clustering_bytes(void) { return sizeof(bl_clustering); }

// ---- what is clustered ----

static void set_seed(pseudojets *seeds, unsigned i, bl_vector p, double y, double phi) {
    seeds->p[i] = p;
    seeds->y[i] = y;
    seeds->phi[i] = phi;
    seeds->weight[i] = 1 / (p.x * p.x + p.y * p.y);
}

static double rapidity(bl_vector p) {
    double square = p.x * p.x + p.y * p.y, size = fabs(p.z);
    double mass2 = p.e * p.e - square - size * size;
    double across = sqrt(square + (mass2 > 0 ? mass2 : 0));
    double y = bl_ln((sqrt(across * across + size * size) + size) / across);
    return p.z < 0 ? -y : y;
}

static void note_density(bl_clustering *c, double pt, double eta, double phi) {
    int i = (int)((eta + calorimeter_eta) * ETA_SQUARES / (2 * calorimeter_eta));
    int k = (int)((phi + BL_PI) * PHI_SQUARES / (2 * BL_PI));
    i = i < 0 ? 0 : i < ETA_SQUARES ? i : ETA_SQUARES - 1;
    k = k < 0 ? 0 : k < PHI_SQUARES ? k : PHI_SQUARES - 1;
    c->squares[i * PHI_SQUARES + k] += pt;
}

static void note(bl_clustering *c, double pt, double eta, double phi, bool joins_jets) {
    bl_vector p = bl_vector_of(pt, eta, phi, 0);
    c->px += p.x;
    c->py += p.y;
    c->pz += p.z;
    if (!joins_jets)
        return;
    note_density(c, pt, eta, phi);
    if (pt > jet_seed_pt_gev && c->seeds.n < MOST_SEEDS)
        set_seed(&c->seeds, c->seeds.n++, p, eta, phi);
    else
        c->soft[c->n_soft++] = (soft_particle){p, eta, phi};
}

/// Born off the beam: of the hard collision, whose hadrons with b and c fly a little.
static bool is_displaced(const bl_tracks *tracks, unsigned i) {
    const float beam = 5 * (float)beam_width_mm;
    return fabsf(tracks->x[i]) > beam || fabsf(tracks->y[i]) > beam;
}

static void note_all(bl_sim *sim) {
    bl_clustering *c = sim->clustering;
    const bl_record *record = &sim->record;
    const bl_tracks *tracks = &record->tracks;
    const bl_towers *towers[] = {&record->photons, &record->neutrals};
    c->seeds.n = c->n_soft = c->n_jets = 0;
    c->px = c->py = c->pz = 0;
    memset(c->squares, 0, sizeof c->squares);
    for (unsigned i = 0; i < tracks->n; i++)
        note(c, tracks->pt[i], tracks->eta[i], tracks->phi[i],
             fabsf(tracks->z[i] - sim->vertex[2]) < (float)jet_track_mm || is_displaced(tracks, i));
    for (int k = 0; k < 2; k++)
        for (unsigned i = 0; i < towers[k]->n; i++)
            note(c, towers[k]->et[i], towers[k]->eta[i], towers[k]->phi[i], true);
}

// ---- anti-kT ----

/// Square of the distance between two directions.
static inline double distance(double y, double phi, double of_y, double of_phi) {
    double up = y - of_y, turn = fabs(phi - of_phi), other = 2 * BL_PI - turn;
    turn = turn < other ? turn : other;
    return up * up + turn * turn;
}

/// Of all particles from one direction.
BL_WIDE static void find_distances(const pseudojets *seeds, double y, double phi, double *ret_far) {
    for (unsigned i = 0; i < seeds->n; i++)
        ret_far[i] = distance(seeds->y[i], seeds->phi[i], y, phi);
}

static void set_neighbour(pseudojets *seeds, int i, int neighbour, double nearest) {
    double weight = seeds->weight[i];
    if (neighbour >= 0 && seeds->weight[neighbour] < weight)
        weight = seeds->weight[neighbour];
    seeds->neighbour[i] = neighbour;
    seeds->nearest[i] = nearest;
    seeds->step[i] = nearest * weight;
}

/// \param far scratch
static void find_neighbour(pseudojets *seeds, int i, double *far) {
    double nearest = jet_radius * jet_radius;
    int found = -1;
    find_distances(seeds, seeds->y[i], seeds->phi[i], far);
    far[i] = INFINITY;
    for (int k = 0; k < (int)seeds->n; k++)
        if (far[k] < nearest) {
            nearest = far[k];
            found = k;
        }
    set_neighbour(seeds, i, found, nearest);
}

static int find_next(const pseudojets *seeds) {
    double least = INFINITY;
    int found = 0;
    for (int i = 0; i < (int)seeds->n; i++)
        if (seeds->step[i] < least) {
            least = seeds->step[i];
            found = i;
        }
    return found;
}

/// The last particle takes the place of one that is gone.
static void move_last(pseudojets *seeds, int to) {
    unsigned last = --seeds->n;
    set_seed(seeds, (unsigned)to, seeds->p[last], seeds->y[last], seeds->phi[last]);
    set_neighbour(seeds, to, -1, seeds->nearest[last]);
    seeds->neighbour[to] = seeds->neighbour[last];
    seeds->step[to] = seeds->step[last];
}

/// Takes particle `gone` out; `changed` got other momentum, where it is not -1.
static void update(bl_clustering *c, int gone, int changed) {
    pseudojets *seeds = &c->seeds;
    int last = (int)seeds->n - 1, moved = changed == last ? gone : changed;
    bool is_lost[MOST_SEEDS];
    is_lost[last] = false;
    for (int i = 0; i <= last; i++) {
        int neighbour = seeds->neighbour[i];
        is_lost[i] = neighbour == gone || (changed >= 0 && (neighbour == changed || i == changed));
        if (neighbour == last)
            seeds->neighbour[i] = gone;
    }
    move_last(seeds, gone);
    is_lost[gone] = is_lost[last];
    for (int i = 0; i < last; i++)
        if (is_lost[i])
            find_neighbour(seeds, i, c->far);
    if (moved < 0)
        return;
    find_distances(seeds, seeds->y[moved], seeds->phi[moved], c->far);
    for (int i = 0; i < last; i++)
        if (i != moved && c->far[i] < seeds->nearest[i])
            set_neighbour(seeds, i, moved, c->far[i]);
}

static void cluster_seeds(bl_clustering *c) {
    const double least_kept_gev = 3;
    pseudojets *seeds = &c->seeds;
    for (int i = 0; i < (int)seeds->n; i++)
        find_neighbour(seeds, i, c->far);
    while (seeds->n > 0) {
        int i = find_next(seeds), k = seeds->neighbour[i];
        if (k < 0) {
            bool is_hard = seeds->weight[i] < 1 / (least_kept_gev * least_kept_gev);
            if (is_hard && c->n_jets < MOST_FOUND)
                c->jets[c->n_jets++] = (found_jet){seeds->p[i], seeds->y[i], seeds->phi[i]};
        } else {
            bl_vector sum = bl_vector_add(seeds->p[k], seeds->p[i]);
            set_seed(seeds, (unsigned)k, sum, rapidity(sum), bl_vector_phi(sum));
        }
        update(c, i, k);
    }
}

/// Soft particles join the nearest jet within the radius.
static void join_soft(bl_clustering *c) {
    for (unsigned i = 0; i < c->n_soft; i++) {
        const soft_particle *soft = &c->soft[i];
        double least = jet_radius * jet_radius;
        found_jet *found = NULL;
        for (unsigned k = 0; k < c->n_jets; k++) {
            double far = distance(soft->eta, soft->phi, c->jets[k].y, c->jets[k].phi);
            if (far < least) {
                least = far;
                found = &c->jets[k];
            }
        }
        if (found) // its axis stays where the hard ones put it
            found->p = bl_vector_add(found->p, soft->p);
    }
}

// ---- pile-up ----

static double median(double *values, int n) {
    for (int i = 1; i < n; i++) {
        double x = values[i];
        int k = i;
        for (; k > 0 && values[k - 1] > x; k--)
            values[k] = values[k - 1];
        values[k] = x;
    }
    return 0.5 * (values[n / 2] + values[(n - 1) / 2]);
}

static void find_density(bl_clustering *c) {
    const double area = 2 * calorimeter_eta * 2 * BL_PI / N_SQUARES;
    c->density = median(c->squares, N_SQUARES) / area;
}

// ---- jets ----

static double hyperbolic_tangent(double x) { return 1 - 2 / (bl_exp(2 * x) + 1); }

/// Efficiencies of the card's b tag.
static bool is_tagged(bl_sim *sim, double pt, double eta, double phi) {
    bool is_bottom = false, is_charm = false;
    for (unsigned i = 0; i < sim->n_heavy; i++) {
        double y = sim->heavy[i].eta - eta, turn = bl_fold(sim->heavy[i].phi - phi);
        if (y * y + turn * turn > jet_radius * jet_radius)
            continue;
        is_bottom = is_bottom || sim->heavy[i].is_bottom;
        is_charm = true;
    }
    double efficiency = 0.01 + 0.000038 * pt;
    if (is_bottom)
        efficiency = 0.85 * hyperbolic_tangent(0.0025 * pt) * (25.0 / (1 + 0.063 * pt));
    else if (is_charm)
        efficiency = 0.25 * hyperbolic_tangent(0.018 * pt) * (1 / (1 + 0.0013 * pt));
    return bl_draw_chance(&sim->draw, efficiency) && fabs(eta) < track_eta;
}

/// Transverse momentum within a cone around a lepton, without leptons and pile-up.
static double momentum_around(const bl_sim *sim, double eta, double phi) {
    const float least_gev = 0.5;
    const bl_tracks *tracks = &sim->record.tracks;
    const bl_towers *towers[] = {&sim->record.photons, &sim->record.neutrals};
    const double cone = jet_lepton_cone * jet_lepton_cone;
    double sum = -sim->clustering->density * BL_PI * cone;
    for (unsigned i = 0; i < tracks->n; i++) {
        double y = tracks->eta[i] - eta, turn = bl_fold(tracks->phi[i] - phi);
        bool is_hadron = tracks->pid[i] > BL_PDG_MUON || tracks->pid[i] < -BL_PDG_MUON;
        if (is_hadron && tracks->pt[i] > least_gev && y * y + turn * turn < cone)
            sum += (double)tracks->pt[i];
    }
    for (int k = 0; k < 2; k++)
        for (unsigned i = 0; i < towers[k]->n; i++) {
            double y = towers[k]->eta[i] - eta, turn = bl_fold(towers[k]->phi[i] - phi);
            if (towers[k]->et[i] > least_gev && y * y + turn * turn < cone)
                sum += (double)towers[k]->et[i];
        }
    return sum;
}

/// Jets that are an isolated lepton go.
static void drop_around(bl_sim *sim, const bl_leptons *leptons, double most) {
    bl_clustering *c = sim->clustering;
    for (unsigned i = 0; i < leptons->n; i++) {
        double pt = leptons->pt[i], eta = leptons->eta[i], phi = leptons->phi[i];
        if (momentum_around(sim, eta, phi) >= most * pt)
            continue;
        unsigned n_kept = 0;
        for (unsigned k = 0; k < c->n_jets; k++)
            if (distance(eta, phi, c->jets[k].y, c->jets[k].phi) >= jet_radius * jet_radius)
                c->jets[n_kept++] = c->jets[k];
        c->n_jets = n_kept;
    }
}

static void put_jet(bl_sim *sim, bl_vector p) {
    bl_jets *jets = &sim->record.jets;
    double eta = bl_vector_eta(p), phi = bl_vector_phi(p), before = bl_vector_pt(p);
    double pt = before - sim->clustering->density * BL_PI * jet_radius * jet_radius;
    if (!(pt > jet_least_pt_gev) || jets->n == BL_MOST_JETS)
        return;
    unsigned i = jets->n++;
    for (; i > 0 && jets->pt[i - 1] < (float)pt; i--) { // by falling pT
        jets->pt[i] = jets->pt[i - 1];
        jets->eta[i] = jets->eta[i - 1];
        jets->phi[i] = jets->phi[i - 1];
        jets->mass[i] = jets->mass[i - 1];
        jets->btag[i] = jets->btag[i - 1];
    }
    jets->pt[i] = (float)pt;
    jets->eta[i] = (float)eta;
    jets->phi[i] = (float)phi;
    jets->mass[i] = (float)(bl_vector_mass(p) * pt / before);
    jets->btag[i] = is_tagged(sim, pt, eta, phi);
}

static void put_met(bl_sim *sim) {
    const bl_clustering *c = sim->clustering;
    bl_vector missing = {-c->px, -c->py, -c->pz, 0};
    sim->record.met = (float)bl_vector_pt(missing);
    sim->record.met_eta = (float)bl_vector_eta(missing);
    sim->record.met_phi = (float)bl_vector_phi(missing);
}

void bl_cluster(bl_sim *sim) {
    bl_clustering *c = sim->clustering;
    note_all(sim);
    find_density(c);
    cluster_seeds(c);
    join_soft(c);
    drop_around(sim, &sim->record.electrons, jet_electron_isolation);
    drop_around(sim, &sim->record.muons, jet_muon_isolation);
    for (unsigned i = 0; i < c->n_jets; i++)
        put_jet(sim, c->jets[i].p);
    put_met(sim);
}
