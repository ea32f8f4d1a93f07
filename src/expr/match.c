// SPDX-License-Identifier: Apache-2.0
// Distances in (eta, phi) between the items of two lists of an event. The second list is sorted by
// eta, so that only those near in eta are looked at. NaN is near nothing.
#include <math.h>
#include <stdlib.h>

#include "base/angles.h"
#include "expr/lists.h"

/// An item of the second list.
typedef struct target {
    double eta, phi;
    int64_t place;
} target;

static int by_eta(const void *a, const void *b) {
    const target *x = (const target *)a, *y = (const target *)b;
    if (x->eta != y->eta)
        return x->eta < y->eta ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

/// Most events have few: those are put in order one by one.
static void sort(target *targets, int64_t n) {
    enum { FEW = 24 };
    if (n > FEW) {
        qsort(targets, (size_t)n, sizeof *targets, by_eta);
        return;
    }
    for (int64_t i = 1; i < n; i++) {
        target moved = targets[i];
        int64_t at = i;
        for (; at > 0 && targets[at - 1].eta > moved.eta; at--)
            targets[at] = targets[at - 1];
        targets[at] = moved;
    }
}

static bool is_there(const bl_array *array, int64_t i) { return !array->valid || array->valid[i]; }

static double number_at(const bl_array *array, int64_t i) {
    return is_there(array, i) ? ((const double *)array->data)[i] : (double)NAN;
}

/// The items of one event's second list that are somewhere, sorted. \param targets room for all
static int64_t sorted_targets(const bl_array *eta, const bl_array *phi, int64_t row,
                              target *targets) {
    const int32_t *ends = eta->offsets[0];
    int64_t n = 0;
    for (int64_t i = 0; i < ends[row + 1] - ends[row]; i++) {
        int64_t at = ends[row] - ends[0] + i;
        target t = {number_at(eta, at), number_at(phi, at), i};
        if (!isnan(t.eta) && !isnan(t.phi))
            targets[n++] = t;
    }
    sort(targets, n);
    return n;
}

/// The first target whose eta is not below.
static int64_t first_from(const target *targets, int64_t n, double eta) {
    int64_t first = 0;
    while (n > 0) {
        int64_t half = n / 2;
        if (targets[first + half].eta < eta) {
            first += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return first;
}

static double distance(const target *t, double eta, double phi) {
    double deta = t->eta - eta, dphi = bl_wrap_phi(t->phi - phi);
    return sqrt(deta * deta + dphi * dphi);
}

/// Outwards from the item's own eta, as long as the distance in eta alone is no larger than the
/// best one. Of equally near ones the first in its list. \return −1: there is none
static int64_t nearest(const target *targets, int64_t n, double eta, double phi, double most) {
    int64_t best = -1, up = first_from(targets, n, eta), down = up - 1;
    if (isnan(eta) || isnan(phi))
        return -1;
    while (up < n || down >= 0) {
        bool goes_up = up < n && (down < 0 || targets[up].eta - eta <= eta - targets[down].eta);
        const target *t = &targets[goes_up ? up++ : down--];
        if (fabs(t->eta - eta) > most)
            break;
        double d = distance(t, eta, phi);
        if (d < most || (d == most && (best < 0 || t->place < best))) {
            most = d;
            best = t->place;
        }
    }
    return best;
}

/// What both steps go through: rows, with their targets sorted.
typedef struct matching {
    const bl_array *eta, *phi, *target_eta, *target_phi;
    target *targets;
    int64_t n_targets;
    int64_t first, end; ///< items of the row
} matching;

static bl_status begin(bl_run *run, const bl_step *step, matching *m, bl_error *err) {
    *m = (matching){.eta = bl_run_input(run, step, 0),
                    .phi = bl_run_input(run, step, 1),
                    .target_eta = bl_run_input(run, step, 2),
                    .target_phi = bl_run_input(run, step, 3)};
    void *memory;
    BL_TRY(bl_run_check_lists(run, m->eta, m->phi, 1, err));
    BL_TRY(bl_run_check_lists(run, m->target_eta, m->target_phi, 1, err));
    if (step->n_inputs > 4)
        BL_TRY(bl_run_check_lists(run, m->target_eta, bl_run_input(run, step, 4), 1, err));
    BL_TRY(bl_run_scratch(run, (size_t)m->target_eta->n * sizeof(target), &memory, err));
    m->targets = (target *)memory;
    return BL_OK;
}

static void enter_row(matching *m, int64_t row) {
    const int32_t *ends = m->eta->offsets[0];
    m->first = ends[row] - ends[0];
    m->end = ends[row + 1] - ends[0];
    m->n_targets =
        m->first < m->end ? sorted_targets(m->target_eta, m->target_phi, row, m->targets) : 0;
}

bl_status bl_step_nearest(bl_run *run, const bl_step *step, bl_error *err) {
    matching m;
    bl_array *array;
    void *out;
    uint8_t *valid;
    BL_TRY(begin(run, step, &m, err));
    BL_TRY(bl_run_new(run, step, m.eta->n, &array, &out, err));
    BL_TRY(bl_run_new_valid(run, step, &valid, err));
    bl_run_share_lists(array, m.eta, 1);
    for (int64_t row = 0; row < run->n_rows; row++) {
        enter_row(&m, row);
        for (int64_t i = m.first; i < m.end; i++) {
            int64_t best = nearest(m.targets, m.n_targets, number_at(m.eta, i), number_at(m.phi, i),
                                   step->number);
            ((int64_t *)out)[i] = best;
            valid[i] = best >= 0;
        }
    }
    return BL_OK;
}

/// In the order of eta, so that the sum has the same bits everywhere. What is missing adds nothing.
static double cone_sum(const matching *m, const bl_array *values, int64_t first, double eta,
                       double phi, double radius) {
    double sum = 0;
    int64_t i = first_from(m->targets, m->n_targets, eta - radius);
    for (; i < m->n_targets && m->targets[i].eta <= eta + radius; i++)
        if (distance(&m->targets[i], eta, phi) <= radius &&
            is_there(values, first + m->targets[i].place))
            sum += number_at(values, first + m->targets[i].place);
    return sum;
}

bl_status bl_step_cone_sum(bl_run *run, const bl_step *step, bl_error *err) {
    matching m;
    const bl_array *values = bl_run_input(run, step, 4);
    bl_array *array;
    void *out;
    BL_TRY(begin(run, step, &m, err));
    BL_TRY(bl_run_new(run, step, m.eta->n, &array, &out, err));
    bl_run_share_lists(array, m.eta, 1);
    for (int64_t row = 0; row < run->n_rows; row++) {
        enter_row(&m, row);
        const int32_t *ends = values->offsets[0];
        for (int64_t i = m.first; i < m.end; i++)
            ((double *)out)[i] = cone_sum(&m, values, ends[row] - ends[0], number_at(m.eta, i),
                                          number_at(m.phi, i), step->number);
    }
    return BL_OK;
}
