// SPDX-License-Identifier: Apache-2.0
// The second look at an event: its features. Four-vectors are made of all rows at once, cones are
// summed by cells, and rows are written last.
#include <math.h>

#include "base/elementary.h"
#include "base/wide.h"
#include "hep/topology/event.h"

/// Columns of the matrix, as bl_topology_titles has them.
enum {
    ENERGY,
    PX,
    PY,
    PZ,
    PT,
    ETA,
    PHI,
    VERTEX_X,
    VERTEX_Y,
    VERTEX_Z,
    ISOLATION,
    IS_HADRON = ISOLATION + BL_CONES_N_KINDS,
    IS_NEUTRAL,
    IS_GAMMA,
    IS_ELECTRON,
    IS_MUON,
    CHARGE,
};

// ---- reading ----

#define READ(type)                                                       \
    do {                                                                 \
        const type *from = (const type *)bl_column_values(leaf) + first; \
        for (size_t i = 0; i < n; i++)                                   \
            out[i] = (double)from[i];                                    \
    } while (0)

void bl_topology_read(const bl_column *leaf, int64_t first, int64_t last, double *out) {
    size_t n = (size_t)(last - first);
    if (n == 0)
        return;
    switch (leaf->type->id) {
    case BL_FLOAT32:
        READ(float);
        break;
    case BL_FLOAT64:
        READ(double);
        break;
    case BL_INT8:
        READ(int8_t);
        break;
    case BL_UINT8:
        READ(uint8_t);
        break;
    case BL_INT16:
        READ(int16_t);
        break;
    case BL_UINT16:
        READ(uint16_t);
        break;
    case BL_INT32:
        READ(int32_t);
        break;
    case BL_UINT32:
        READ(uint32_t);
        break;
    case BL_INT64:
        READ(int64_t);
        break;
    default:
        READ(uint64_t);
        break;
    }
    for (size_t i = 0; leaf->validity && i < n; i++)
        if (bl_column_is_null(leaf, first + (int64_t)i))
            out[i] = (double)NAN;
}

static double read_one(const bl_topology_input *input, bl_topology_leaf_id leaf, int64_t at) {
    double value;
    bl_topology_read(input->leaves[leaf], at, at + 1, &value);
    return value;
}

// ---- four-vectors ----

BL_WIDE static void scale(const double *a, double *b, size_t n) {
    for (size_t i = 0; i < n; i++)
        b[i] *= a[i];
}

/// Also the ratios whose logarithms are −2η.
BL_WIDE static void find_energies(const bl_topology_rows *r, double *ratios) {
    const double *px = r->px, *py = r->py, *pz = r->pz;
    double *energy = r->energy;
    for (size_t i = 0; i < r->n; i++) {
        energy[i] = sqrt(px[i] * px[i] + py[i] * py[i] + pz[i] * pz[i]);
        double cosine = pz[i] / energy[i];
        ratios[i] = (1 - cosine) / (1 + cosine);
    }
}

static void make_vectors(bl_topology_rows *r) {
    size_t n = r->n;
    double *ratios = r->isolation[0]; // which comes later
    bl_cos_all(r->phi, r->px, n);
    bl_sin_all(r->phi, r->py, n);
    bl_sinh_all(r->eta, r->pz, n);
    scale(r->pt, r->px, n);
    scale(r->pt, r->py, n);
    scale(r->pt, r->pz, n);
    find_energies(r, ratios);
    bl_ln_all(ratios, r->center_eta, n);
    for (size_t i = 0; i < n; i++)
        r->center_eta[i] *= -0.5;
    bl_atan2_all(r->py, r->px, r->center_phi, n);
}

static void isolate(const bl_topology_input *input, bl_topology_scratch *scratch) {
    bl_topology_rows *r = &scratch->rows;
    bool is_compat = input->options->is_compat;
    const bl_cone_centres centres = {
        .n = r->n, .eta = r->center_eta, .phi = r->center_phi, .kind = r->kind, .own = r->own};
    const bl_cone_rule rule = {.folds = !is_compat, .skips_own = !is_compat};
    bl_cones_sum(scratch->cones, scratch->particles, &centres, rule, r->isolation);
    for (int kind = 0; kind < BL_CONES_N_KINDS; kind++)
        for (size_t i = 0; i < r->n; i++)
            r->isolation[kind][i] /= r->pt[i]; // which is above the cut
    for (size_t i = 0; is_compat && i < r->n; i++)
        r->isolation[CHARGED][i] -= 1;
}

// ---- rows ----

static void gather_rows(const bl_topology_input *input, const bl_topology_event *event,
                        bl_topology_scratch *scratch) {
    bl_topology_rows *r = &scratch->rows;
    r->n = 0;
    for (int kind = 0; kind < BL_CONES_N_KINDS; kind++) {
        const bl_particles *p = &scratch->particles[kind];
        size_t n = bl_topology_choose(input, event, kind, scratch, scratch->chosen);
        for (size_t i = 0; i < n; i++) {
            uint32_t place = scratch->chosen[i];
            r->pt[r->n] = p->pt[place];
            r->eta[r->n] = p->eta[place];
            r->phi[r->n] = p->phi[place];
            r->kind[r->n] = (uint8_t)kind;
            r->own[r->n++] = place;
        }
    }
}

static void read_tracks(const bl_topology_input *input, int64_t row, bl_topology_scratch *scratch) {
    const int64_t *offsets = input->offsets[BL_TOPOLOGY_TRACKS];
    for (int i = 0; i < N_TRACK_LEAVES; i++)
        if (input->leaves[TRACK_PID + i])
            bl_topology_read(input->leaves[TRACK_PID + i], offsets[row], offsets[row + 1],
                             scratch->of_tracks[i]);
}

/// What only tracks have. The published data have hadrons alone, and the sign of the particle's
/// number for its charge.
static void describe_track(const bl_topology_scratch *scratch, bool is_compat, uint32_t at,
                           double *row) {
    double *const *leaves = scratch->of_tracks;
    double pid = leaves[0][at], size = fabs(pid);
    for (int k = 0; k < 3; k++)
        row[VERTEX_X + k] = leaves[TRACK_X - TRACK_PID + k][at];
    row[!is_compat && size == 11   ? IS_ELECTRON
        : !is_compat && size == 13 ? IS_MUON
                                   : IS_HADRON] = 1;
    row[CHARGE] = is_compat ? (pid > 0) - (pid < 0) : leaves[TRACK_CHARGE - TRACK_PID][at];
}

static void put_numbers(const double *from, size_t n, bool is_double, void *to, size_t at) {
    if (is_double) {
        memcpy((double *)to + at, from, n * sizeof *from);
        return;
    }
    float *floats = (float *)to + at;
    for (size_t i = 0; i < n; i++)
        floats[i] = (float)from[i];
}

static void put_lepton(const bl_topology_event *e, bool is_double, void *low) {
    const bl_topology_vector *v = &e->lepton;
    double row[BL_TOPOLOGY_N_LOW] = {v->energy, v->px, v->py, v->pz, v->pt, v->eta, v->phi};
    for (int k = 0; k < BL_CONES_N_KINDS; k++)
        row[ISOLATION + k] = e->isolation[k];
    row[e->is_electron ? IS_ELECTRON : IS_MUON] = 1;
    row[CHARGE] = e->charge;
    put_numbers(row, BL_TOPOLOGY_N_LOW, is_double, low, 0);
}

static void put_rows(const bl_topology_options *options, const bl_topology_scratch *scratch,
                     void *low) {
    static const int type_of[BL_CONES_N_KINDS] = {
        [CHARGED] = IS_HADRON, [GAMMA] = IS_GAMMA, [NEUTRAL] = IS_NEUTRAL};
    const bl_topology_rows *r = &scratch->rows;
    for (size_t i = 0; i < r->n; i++) {
        double row[BL_TOPOLOGY_N_LOW] = {r->energy[i], r->px[i],  r->py[i], r->pz[i],
                                         r->pt[i],     r->eta[i], r->phi[i]};
        for (int k = 0; k < BL_CONES_N_KINDS; k++)
            row[ISOLATION + k] = r->isolation[k][i];
        if (r->kind[i] == CHARGED)
            describe_track(scratch, options->is_compat, scratch->particles[CHARGED].at[r->own[i]],
                           row);
        else
            row[type_of[r->kind[i]]] = 1;
        put_numbers(row, BL_TOPOLOGY_N_LOW, options->is_double, low, (i + 1) * BL_TOPOLOGY_N_LOW);
    }
}

// ---- high-level features ----

static void sum_jets(const bl_topology_input *input, int64_t row, double *ret_ht,
                     double *ret_n_jets, double *ret_n_b_jets) {
    static const double least_pt = 30, most_eta = 2.6;
    const int64_t *offsets = input->offsets[BL_TOPOLOGY_JETS];
    double ht = 0, n_jets = 0, n_b_jets = 0;
    for (int64_t i = offsets[row]; i < offsets[row + 1]; i++) {
        double pt = read_one(input, JET_PT, i);
        if (!(pt > least_pt && fabs(read_one(input, JET_ETA, i)) < most_eta))
            continue;
        ht += pt;
        n_jets += 1;
        n_b_jets += read_one(input, JET_BTAG, i) > 0;
    }
    *ret_ht = ht;
    *ret_n_jets = n_jets;
    *ret_n_b_jets = n_b_jets;
}

static void put_high(const bl_topology_input *input, int64_t row, const bl_topology_event *e,
                     void *high) {
    const int64_t *offsets = input->offsets[BL_TOPOLOGY_MET];
    const bl_topology_vector *v = &e->lepton;
    double ht, n_jets, n_b_jets, met = (double)NAN, phi = (double)NAN;
    sum_jets(input, row, &ht, &n_jets, &n_b_jets);
    if (offsets[row] < offsets[row + 1]) {
        met = read_one(input, MET_MET, offsets[row]);
        phi = read_one(input, MET_PHI, offsets[row]);
    }
    double mt2 = 2 * met * v->pt * (1 - bl_cos(v->phi - phi));
    const double values[BL_TOPOLOGY_N_HIGH] = {
        ht,
        met,
        phi,
        input->options->is_compat ? mt2 : sqrt(mt2),
        n_jets,
        n_b_jets,
        v->pt,
        v->eta,
        v->phi,
        e->isolation[CHARGED],
        e->isolation[GAMMA],
        e->isolation[NEUTRAL],
        e->charge,
        e->is_electron,
    };
    put_numbers(values, BL_TOPOLOGY_N_HIGH, input->options->is_double, high, 0);
}

void bl_topology_make(const bl_topology_input *input, int64_t row, const bl_topology_event *event,
                      bl_topology_scratch *scratch, void *low, void *high) {
    bl_topology_collect(input, row, scratch);
    read_tracks(input, row, scratch);
    gather_rows(input, event, scratch);
    make_vectors(&scratch->rows);
    isolate(input, scratch);
    put_lepton(event, input->options->is_double, low);
    put_rows(input->options, scratch, low);
    put_high(input, row, event, high);
}
