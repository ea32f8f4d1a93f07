// SPDX-License-Identifier: Apache-2.0
// The first look at an event: the particles that count, its lepton, and how many rows it will have.
// Comparisons are strict, so that what is no number passes none.
#include <math.h>

#include "base/angles.h"
#include "base/elementary.h"
#include "hep/topology/event.h"

static const double least_track_pt = 0.5, least_tower_et = 1, least_lepton_pt = 23;
static const double most_isolation = 0.45, same_direction = 1e-4;

/// Of each kind: where its leaves are, and what counts and how many have rows.
static const struct {
    bl_topology_collection collection;
    bl_topology_leaf_id pt; ///< η and φ follow it
    size_t cap;
} kinds[BL_CONES_N_KINDS] = {
    [CHARGED] = {BL_TOPOLOGY_TRACKS, TRACK_PT, 450},
    [GAMMA] = {BL_TOPOLOGY_PHOTONS, PHOTON_ET, 150},
    [NEUTRAL] = {BL_TOPOLOGY_NEUTRALS, NEUTRAL_ET, 200},
};

static double least_pt(int kind) { return kind == CHARGED ? least_track_pt : least_tower_et; }

// ---- particles ----

/// Keeps the particles above a cut, in their order.
static void keep_above(double least, size_t n, bl_particles *p) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        bool is_kept = p->pt[i] > least;
        p->pt[kept] = p->pt[i];
        p->eta[kept] = p->eta[i];
        p->phi[kept] = p->phi[i];
        p->at[kept] = (uint32_t)i;
        kept += is_kept;
    }
    p->n = kept;
}

void bl_topology_collect(const bl_topology_input *input, int64_t row,
                         bl_topology_scratch *scratch) {
    for (int kind = 0; kind < BL_CONES_N_KINDS; kind++) {
        const int64_t *offsets = input->offsets[kinds[kind].collection];
        const bl_column *const *leaves = &input->leaves[kinds[kind].pt];
        int64_t first = offsets[row], last = offsets[row + 1];
        bl_particles *p = &scratch->particles[kind];
        bl_topology_read(leaves[0], first, last, p->pt);
        bl_topology_read(leaves[1], first, last, p->eta);
        bl_topology_read(leaves[2], first, last, p->phi);
        keep_above(least_pt(kind), (size_t)(last - first), p);
    }
}

// ---- the lepton ----

static bl_topology_vector make_vector(double pt, double eta, double phi) {
    bl_topology_vector v = {
        .px = pt * bl_cos(phi), .py = pt * bl_sin(phi), .pz = pt * bl_sinh(eta)};
    double pt2 = v.px * v.px + v.py * v.py;
    v.energy = sqrt(pt2 + v.pz * v.pz);
    v.pt = sqrt(pt2);
    double cosine = v.pz / v.energy;
    v.eta = -0.5 * bl_ln((1 - cosine) / (1 + cosine));
    v.phi = bl_atan2(v.py, v.px);
    return v;
}

static double distance(const bl_topology_vector *lepton, double eta, double phi) {
    double delta_eta = eta - lepton->eta, delta_phi = bl_wrap_phi(phi - lepton->phi);
    return sqrt(delta_eta * delta_eta + delta_phi * delta_phi);
}

/// The lepton's own track: the first in its direction.
static size_t own_track(const bl_topology_vector *lepton, const bl_particles *tracks) {
    for (size_t i = 0; i < tracks->n; i++)
        if (distance(lepton, tracks->eta[i], tracks->phi[i]) <= same_direction)
            return i;
    return bl_no_own;
}

/// \return the sum of all kinds
static double isolate(const bl_topology_vector *lepton, const bl_particles *particles,
                      bool is_compat, double *isolation) {
    size_t own = is_compat ? bl_no_own : own_track(lepton, &particles[CHARGED]);
    for (int kind = 0; kind < BL_CONES_N_KINDS; kind++) {
        double sum = bl_cone_sum(&particles[kind], lepton->eta, lepton->phi,
                                 kind == CHARGED ? own : bl_no_own, !is_compat);
        isolation[kind] = lepton->pt <= 0 ? 0 : sum / lepton->pt;
    }
    if (is_compat && !(lepton->pt <= 0))
        isolation[CHARGED] -= 1;
    return isolation[CHARGED] + isolation[GAMMA] + isolation[NEUTRAL];
}

/// The first lepton of a flavour that is hard and isolated. \param pt its leaf; η, φ, charge follow
static bool find_lepton(const bl_topology_input *input, const bl_particles *particles,
                        bl_topology_collection collection, bl_topology_leaf_id pt, int64_t row,
                        bl_topology_event *ret_event) {
    const int64_t *offsets = input->offsets[collection];
    const bl_column *const *leaves = &input->leaves[pt];
    for (int64_t i = offsets[row]; i < offsets[row + 1]; i++) {
        double values[4];
        for (size_t k = 0; k < 4; k++)
            bl_topology_read(leaves[k], i, i + 1, &values[k]);
        if (!(values[0] > least_lepton_pt))
            continue;
        bl_topology_event *e = ret_event;
        e->lepton = make_vector(values[0], values[1], values[2]);
        e->charge = values[3];
        e->is_electron = collection == BL_TOPOLOGY_ELECTRONS;
        if (isolate(&e->lepton, particles, input->options->is_compat, e->isolation) <
            most_isolation)
            return true;
    }
    return false;
}

/// Of both flavours the harder one; the published data compared η where pt was meant.
static bool choose_lepton(const bl_topology_input *input, const bl_particles *particles,
                          int64_t row, bl_topology_event *ret_event) {
    bl_topology_event electron, muon;
    bool has_electron =
        find_lepton(input, particles, BL_TOPOLOGY_ELECTRONS, ELECTRON_PT, row, &electron);
    bool has_muon = find_lepton(input, particles, BL_TOPOLOGY_MUONS, MUON_PT, row, &muon);
    if (!has_electron && !has_muon)
        return false;
    bool is_electron = has_electron;
    if (has_electron && has_muon)
        is_electron = input->options->is_compat ? electron.lepton.eta > muon.lepton.eta
                                                : electron.lepton.pt > muon.lepton.pt;
    *ret_event = is_electron ? electron : muon;
    return true;
}

// ---- rows ----

/// The k-th largest of some numbers, of which none is NaN. \param x [n] comes out of order
static double kth_largest(double *x, size_t n, size_t k) {
    size_t first = 0, last = n - 1;
    while (first < last) {
        double pivot = x[first + (last - first) / 2];
        size_t i = first, j = last;
        for (;;) {
            while (x[i] > pivot)
                i++;
            while (x[j] < pivot)
                j--;
            if (i >= j)
                break;
            double swapped = x[i];
            x[i++] = x[j];
            x[j--] = swapped;
        }
        // x[first … j] are at least the pivot, what is behind them at most
        if (k <= j)
            last = j;
        else
            first = j + 1;
    }
    return x[first];
}

/// Leaves `cap` of the chosen: the hardest, of equal ones those that come first, in their order.
static size_t keep_hardest(const double *pt, uint32_t *chosen, size_t n, size_t cap, double *room) {
    for (size_t i = 0; i < n; i++)
        room[i] = pt[chosen[i]];
    double least = kth_largest(room, n, cap - 1);
    size_t n_harder = 0, kept = 0;
    for (size_t i = 0; i < n; i++)
        n_harder += pt[chosen[i]] > least;
    size_t n_equal = cap - n_harder;
    for (size_t i = 0; i < n; i++) {
        bool is_equal = pt[chosen[i]] == least, is_kept = pt[chosen[i]] > least;
        if (is_equal && n_equal) {
            n_equal--;
            is_kept = true;
        }
        if (is_kept)
            chosen[kept++] = chosen[i];
    }
    return kept;
}

size_t bl_topology_choose(const bl_topology_input *input, const bl_topology_event *event, int kind,
                          bl_topology_scratch *scratch, uint32_t *chosen) {
    const bl_particles *p = &scratch->particles[kind];
    size_t cap = kinds[kind].cap, n = 0;
    size_t most = input->options->is_compat ? cap : p->n;
    for (size_t i = 0; i < p->n && n < most; i++)
        if (kind != CHARGED || distance(&event->lepton, p->eta[i], p->phi[i]) > same_direction)
            chosen[n++] = (uint32_t)i;
    return n > cap ? keep_hardest(p->pt, chosen, n, cap, scratch->order) : n;
}

/// How many bl_topology_choose would choose.
static size_t count_rows(const bl_topology_event *event, const bl_particles *particles) {
    size_t n = 1;
    for (int kind = 0; kind < BL_CONES_N_KINDS; kind++) {
        const bl_particles *p = &particles[kind];
        size_t n_here = kind == CHARGED ? 0 : p->n, cap = kinds[kind].cap;
        for (size_t i = 0; kind == CHARGED && i < p->n && n_here < cap; i++)
            n_here += distance(&event->lepton, p->eta[i], p->phi[i]) > same_direction;
        n += n_here < cap ? n_here : cap;
    }
    return n;
}

static int64_t count_items(const bl_topology_input *input, bl_topology_collection collection,
                           int64_t row) {
    return input->offsets[collection][row + 1] - input->offsets[collection][row];
}

void bl_topology_select(const bl_topology_input *input, int64_t row, bl_topology_scratch *scratch,
                        bl_topology_event *ret_event) {
    const bl_particles *p = scratch->particles;
    ret_event->n_steps = 0;
    ret_event->n_rows = 0;
    if (count_items(input, BL_TOPOLOGY_ELECTRONS, row) +
            count_items(input, BL_TOPOLOGY_MUONS, row) ==
        0)
        return;
    ret_event->n_steps = 1;
    bl_topology_collect(input, row, scratch);
    if (!p[CHARGED].n || !p[GAMMA].n || !p[NEUTRAL].n)
        return;
    bl_topology_event found = {0};
    if (choose_lepton(input, p, row, &found)) {
        *ret_event = found;
        ret_event->n_rows = (int32_t)count_rows(ret_event, p);
        ret_event->n_steps = BL_TOPOLOGY_N_STEPS;
    } else {
        ret_event->n_steps = 2;
    }
}
