// SPDX-License-Identifier: Apache-2.0
// Cells are a little larger than the cone, so that all that is near a centre lies in its cell and
// the eight around it. Particles and centres are put into the order of cells by counting. Centres
// of one cell have the same neighbours and are looked at together, one a vector lane: lanes run
// over cones, never along a sum. What lies outside the cells, in η or past ±π, is a last cell, in
// which everybody looks for neighbours, and whose centres look everywhere.
#include "hep/topology/cones.h"

#include <assert.h>
#include <math.h>

#include "base/angles.h"
#include "base/wide.h"

enum {
    N_ETA = 40,
    N_PHI = 20,
    N_CELLS = N_ETA * N_PHI,
    OUTSIDE = N_CELLS,
    LANES = 4,
    MOST_RUNS = 6, ///< three rows of cells, each in one piece or two
};

static const double pi = 3.14159265358979323846, cone2 = 0.3 * 0.3;
static const double eta_cells_per_unit = 3.2, most_eta = N_ETA / (2 * 3.2);

typedef double doubles __attribute__((vector_size(8 * LANES)));
typedef int64_t longs __attribute__((vector_size(8 * LANES)));

/// A particle or a centre. All of it lies together: cells hold few.
typedef struct cell_item {
    double eta, phi, pt; ///< centres have no pt
    int64_t from;        ///< where it was
} cell_item;

/// Particles or centres in the order of cells.
typedef struct cell_order {
    uint32_t begin[N_CELLS + 2]; ///< of each cell, OUTSIDE among them, and the end
    cell_item *items;
} cell_order;

struct bl_cones {
    size_t most;
    uint16_t *cells; ///< [most] of what is put in order
    cell_order kinds[BL_CONES_N_KINDS], centres;
};

/// Cells [first, last) that follow each other.
typedef struct cell_run {
    uint32_t first, last;
} cell_run;

// ---- all pairs ----

double bl_cone_delta_phi(double a, double b, bool folds) {
    double delta = a - b;
    if (folds)
        return bl_wrap_phi(delta);
    return delta > 2 * pi ? delta - 2 * pi : delta < -2 * pi ? delta + 2 * pi : delta;
}

static inline bool is_near(double delta_eta, double delta_phi) {
    return delta_eta * delta_eta + delta_phi * delta_phi < cone2;
}

double bl_cone_sum(const bl_particles *p, double eta, double phi, size_t own, bool folds) {
    double sum = 0;
    for (size_t i = 0; i < p->n; i++)
        if (is_near(p->eta[i] - eta, bl_cone_delta_phi(p->phi[i], phi, folds)) && i != own)
            sum += p->pt[i];
    return sum;
}

// ---- room ----

bl_status bl_cones_new(bl_arena *arena, size_t most, bl_cones **ret_cones, bl_error *err) {
    enum { ORDERS = BL_CONES_N_KINDS + 1 };
    if (most >= UINT32_MAX)
        return bl_error_set(err, BL_E_LIMIT, "an event of %zu particles", most);
    bl_cones *cones = (bl_cones *)bl_arena_alloc(arena, sizeof *cones);
    if (!cones)
        return bl_error_nomem(err, sizeof *cones, "cones");
    cell_order *orders[ORDERS] = {&cones->kinds[0], &cones->kinds[1], &cones->kinds[2],
                                  &cones->centres};
    cones->most = most;
    cones->cells = (uint16_t *)bl_arena_array(arena, most, sizeof(uint16_t));
    bool failed = !cones->cells;
    for (size_t i = 0; i < ORDERS; i++) {
        orders[i]->items = (cell_item *)bl_arena_array(arena, most, sizeof(cell_item));
        failed = failed || !orders[i]->items;
    }
    if (failed)
        return bl_error_nomem(err, most * sizeof(double), "cones");
    *ret_cones = cones;
    return BL_OK;
}

// ---- cells ----

BL_WIDE static void find_cells(const double *eta, const double *phi, size_t n, uint16_t *cells) {
    const double phi_cells_per_unit = N_PHI / (2 * pi);
    for (size_t i = 0; i < n; i++) {
        bool is_inside = fabs(eta[i]) < most_eta && fabs(phi[i]) <= pi;
        double e = is_inside ? eta[i] : 0, f = is_inside ? phi[i] : 0;
        int32_t eta_cell = (int32_t)((e + most_eta) * eta_cells_per_unit);
        int32_t phi_cell = (int32_t)((f + pi) * phi_cells_per_unit);
        phi_cell = phi_cell < N_PHI ? phi_cell : N_PHI - 1; // π itself
        cells[i] = (uint16_t)(is_inside ? eta_cell * N_PHI + phi_cell : OUTSIDE);
    }
}

/// \param pt NULL: there is none
static void put_in_order(const uint16_t *cells, const double *eta, const double *phi,
                         const double *pt, size_t n, cell_order *order) {
    uint32_t *next = order->begin + 1; // moves up to where the next cell begins
    memset(order->begin, 0, sizeof order->begin);
    for (size_t i = 0; i < n; i++)
        order->begin[cells[i] + 1]++;
    uint32_t sum = 0;
    for (size_t i = 0; i <= N_CELLS; i++) {
        uint32_t n_here = next[i];
        next[i] = sum;
        sum += n_here;
    }
    for (size_t i = 0; i < n; i++) {
        order->items[next[cells[i]]++] = (cell_item){eta[i], phi[i], pt ? pt[i] : 0, (int64_t)i};
    }
}

/// The cells around one, as pieces. \return how many
static size_t find_runs(uint32_t cell, bool folds, cell_run *runs) {
    uint32_t row = cell / N_PHI, at = cell % N_PHI;
    size_t n = 0;
    for (uint32_t r = row ? row - 1 : 0; r <= row + 1 && r < N_ETA; r++) {
        uint32_t first = r * N_PHI, low = at ? at - 1 : 0, high = at + 2 < N_PHI ? at + 2 : N_PHI;
        runs[n++] = (cell_run){first + low, first + high};
        if (folds && at == 0)
            runs[n++] = (cell_run){first + N_PHI - 1, first + N_PHI};
        if (folds && at == N_PHI - 1)
            runs[n++] = (cell_run){first, first + 1};
    }
    return n;
}

// ---- sums ----

/// LANES centres; where there are fewer, the last stands several times.
typedef struct lanes {
    doubles eta, phi, sum;
    longs kind, place; ///< place among the particles of the kind; −1: it counts as any other
    longs own;         ///< the same where the kind is that whose sum is made, else −1
    int64_t from[LANES];
} lanes;

/// Centres [first, last) in their order, at most LANES.
static inline void load(lanes *l, const bl_cone_centres *centres, bl_cone_rule rule,
                        const cell_order *order, uint32_t first, uint32_t last) {
    double eta[LANES], phi[LANES];
    int64_t kind[LANES], place[LANES];
    for (uint32_t k = 0; k < LANES; k++) {
        const cell_item *c = &order->items[first + k < last ? first + k : last - 1];
        eta[k] = c->eta;
        phi[k] = c->phi;
        kind[k] = centres->kind[c->from];
        place[k] = rule.skips_own ? (int64_t)centres->own[c->from] : -1;
        l->from[k] = c->from;
    }
    memcpy(&l->eta, eta, sizeof eta);
    memcpy(&l->phi, phi, sizeof phi);
    memcpy(&l->kind, kind, sizeof kind);
    memcpy(&l->place, place, sizeof place);
}

/// Particles [first, last) whose φ is in ±π, as the centres' is.
static inline void add_inside(lanes *l, const cell_order *p, uint32_t first, uint32_t last,
                              bool folds) {
    const longs magnitude = (longs){0} + INT64_MAX;
    doubles sum = l->sum;
    for (uint32_t i = first; i < last; i++) {
        doubles delta_eta = p->items[i].eta - l->eta, delta_phi = p->items[i].phi - l->phi;
        delta_phi = (doubles)((longs)delta_phi & magnitude);
        if (folds) {
            doubles other_way = 2 * pi - delta_phi;
            longs is_far = (longs)(delta_phi > pi);
            delta_phi = (doubles)(((longs)other_way & is_far) | ((longs)delta_phi & ~is_far));
        }
        longs is_in = (longs)(delta_eta * delta_eta + delta_phi * delta_phi < cone2);
        is_in &= (longs)(l->own != p->items[i].from);
        double pt = p->items[i].pt;
        sum += (doubles)((longs)(doubles){pt, pt, pt, pt} & is_in);
    }
    l->sum = sum;
}

/// Particles of the last cell, one by one.
static inline void add_outside(lanes *l, const cell_order *p, bool folds) {
    for (uint32_t i = p->begin[OUTSIDE]; i < p->begin[OUTSIDE + 1]; i++) {
        const cell_item *item = &p->items[i];
        for (int k = 0; k < LANES; k++)
            if (is_near(item->eta - l->eta[k], bl_cone_delta_phi(item->phi, l->phi[k], folds)) &&
                l->own[k] != item->from)
                l->sum[k] += item->pt;
    }
}

/// The sums of one kind around some centres of one cell.
static inline void sum_kind(lanes *l, const cell_order *p, int64_t kind, bool folds,
                            const cell_run *runs, size_t n_runs, double *sums) {
    longs is_kind = (longs)(l->kind == kind);
    l->own = (l->place & is_kind) | ~is_kind;
    l->sum = (doubles){0};
    for (size_t r = 0; r < n_runs; r++) {
        uint32_t begin = p->begin[runs[r].first], end = p->begin[runs[r].last];
        if (folds)
            add_inside(l, p, begin, end, true);
        else
            add_inside(l, p, begin, end, false);
    }
    add_outside(l, p, folds);
    for (int k = 0; k < LANES; k++)
        sums[l->from[k]] = l->sum[k];
}

BL_WIDE static void sum_all(const bl_cones *cones, const bl_cone_centres *centres,
                            bl_cone_rule rule, double *const *sums) {
    const cell_order *c = &cones->centres;
    for (uint32_t cell = 0; cell <= OUTSIDE; cell++) {
        cell_run runs[MOST_RUNS] = {{0, N_CELLS}};
        uint32_t end = c->begin[cell + 1];
        if (c->begin[cell] == end)
            continue;
        size_t n_runs = cell == OUTSIDE ? 1 : find_runs(cell, rule.folds, runs);
        for (uint32_t first = c->begin[cell]; first < end; first += LANES) {
            lanes l;
            load(&l, centres, rule, c, first, end - first < LANES ? end : first + LANES);
            for (int kind = 0; kind < BL_CONES_N_KINDS; kind++)
                sum_kind(&l, &cones->kinds[kind], kind, rule.folds, runs, n_runs, sums[kind]);
        }
    }
}

void bl_cones_sum(bl_cones *cones, const bl_particles *particles, const bl_cone_centres *centres,
                  bl_cone_rule rule, double *const *sums) {
    for (size_t kind = 0; kind < BL_CONES_N_KINDS; kind++) {
        const bl_particles *p = &particles[kind];
        assert(p->n <= cones->most);
        find_cells(p->eta, p->phi, p->n, cones->cells);
        put_in_order(cones->cells, p->eta, p->phi, p->pt, p->n, &cones->kinds[kind]);
    }
    assert(centres->n <= cones->most);
    find_cells(centres->eta, centres->phi, centres->n, cones->cells);
    put_in_order(cones->cells, centres->eta, centres->phi, NULL, centres->n, &cones->centres);
    sum_all(cones, centres, rule, sums);
}
