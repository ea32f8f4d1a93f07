// SPDX-License-Identifier: Apache-2.0
// Rows through trees. A walk is a chain of loads, each waiting for the one before, so LANES walks
// go side by side: of as many rows through one tree, or, where rows are few, of one row through as
// many trees. Either way a row's weights are added in the order of the trees. Complete trees have a
// walk of their own, in complete.c, for rows without a NaN.
#include "nn/trees/walk.h"

#include <math.h>

enum {
    LANES = BL_NN_FOREST_LANES,
    MOST_ROWS = 64,  ///< that go through a tree while it is in a cache
    MOST_SUMS = 4096 ///< of rows at a time
};
_Static_assert((int)MOST_SUMS >= (int)BL_NN_FOREST_MOST_OUTPUTS, "one row fits");
_Static_assert(MOST_ROWS % LANES == 0, "blocks are whole groups");

typedef struct lanes {
    const bl_nn_forest_step *at[LANES];
    const float *x[LANES];
} lanes;

// ---- walking ----

/// What a walk has to ask at each split.
typedef enum question { AT_LEAST, MORE, AT_LEAST_OR_MISSING, MORE_OR_MISSING, ANY } question;

/// 1 where the way leads to the second child; 0 in a leaf.
static inline uint32_t turns(const bl_nn_forest_step *step, float x, question asked) {
    uint32_t missing = (uint32_t)(x != x) & step->kind;
    switch (asked) {
    case AT_LEAST:
        return x >= step->threshold;
    case MORE:
        return x > step->threshold;
    case AT_LEAST_OR_MISSING:
        return (uint32_t)(x >= step->threshold) | missing;
    case MORE_OR_MISSING:
        return (uint32_t)(x > step->threshold) | missing;
    default:
        return ((uint32_t)(x > step->threshold) & step->kind >> 1) |
               ((uint32_t)(x == step->threshold) & step->kind >> 2) | missing;
    }
}

/// Goes on until all lanes are in leaves.
__attribute__((always_inline)) static inline void walk_asking(lanes *l, question asked) {
    uint32_t moved;
    do {
        moved = 0;
#pragma GCC unroll 8
        for (int i = 0; i < LANES; i++) {
            const bl_nn_forest_step *step = l->at[i];
            l->at[i] = step + (step->step + turns(step, l->x[i][step->feature], asked));
            moved |= step->step;
        }
    } while (moved);
}

static void walk(lanes *l, question asked) {
    switch (asked) {
    case AT_LEAST:
        walk_asking(l, AT_LEAST);
        break;
    case MORE:
        walk_asking(l, MORE);
        break;
    case AT_LEAST_OR_MISSING:
        walk_asking(l, AT_LEAST_OR_MISSING);
        break;
    case MORE_OR_MISSING:
        walk_asking(l, MORE_OR_MISSING);
        break;
    default:
        walk_asking(l, ANY);
    }
}

static bool has_missing(const float *x, size_t n) {
    int missing = 0;
    for (size_t i = 0; i < n; i++)
        missing |= x[i] != x[i];
    return missing != 0;
}

static question choose(const bl_nn_forest *f, size_t m, const float *x, size_t x_stride) {
    bool is_missing = false;
    if (f->order == BL_NN_FOREST_ORDER_MIXED)
        return ANY;
    for (size_t r = 0; r < m && !is_missing; r++)
        is_missing = has_missing(x + r * x_stride, f->head.n_features);
    if (f->order == BL_NN_FOREST_ORDER_LESS)
        return is_missing ? AT_LEAST_OR_MISSING : AT_LEAST;
    return is_missing ? MORE_OR_MISSING : MORE;
}

// ---- adding up ----

static inline double join(const bl_nn_forest_head *head, double a, double b) {
    switch (head->joint) {
    case BL_NN_FOREST_LEAST:
        return a < b ? a : b; // the first replaces NaN
    case BL_NN_FOREST_GREATEST:
        return a > b ? a : b;
    default:
        return head->is_double ? a + b : (double)(float)(a + b);
    }
}

/// \param leaf its kind \param scores [n_scores] of one row
static inline void add_leaf(const bl_nn_forest *f, uint32_t leaf, double *scores) {
    if (leaf == BL_NN_STEP_NO_WEIGHTS)
        return;
    for (const bl_nn_forest_weight *w = f->weights + (leaf >> 1);; w++) {
        scores[w->output] = join(&f->head, scores[w->output], w->value);
        if (w->is_last)
            return;
    }
}

/// A leaf of each row of a plain forest. \param scores [LANES]
static inline void add_plain(const bl_nn_forest *f, const uint32_t *leaves, double *scores) {
    const bl_nn_forest_weight *weights = f->weights;
    if (f->head.is_double)
        for (size_t i = 0; i < LANES; i++)
            scores[i] += weights[leaves[i] >> 1].value;
    else
        for (size_t i = 0; i < LANES; i++)
            scores[i] = (double)(float)(scores[i] + weights[leaves[i] >> 1].value);
}

static void begin(const bl_nn_forest *f, size_t m, double *scores) {
    size_t n = f->head.n_scores;
    bool is_sum = f->head.joint == BL_NN_FOREST_SUM || f->head.joint == BL_NN_FOREST_MEAN;
    for (size_t r = 0; r < m; r++)
        for (size_t i = 0; i < n; i++)
            scores[r * n + i] = f->head.begins_at_base ? f->head.bases[i]
                                : is_sum               ? 0
                                                       : (double)NAN;
}

// ---- rows ----

/// \param x LANES rows
static void walk_rows(const bl_nn_forest *f, question asked, size_t tree, const float *x,
                      size_t x_stride, uint32_t *ret_leaves) {
    lanes l;
    for (size_t i = 0; i < LANES; i++) {
        l.at[i] = f->steps + f->firsts[tree];
        l.x[i] = x + i * x_stride;
    }
    walk(&l, asked);
    for (size_t i = 0; i < LANES; i++)
        ret_leaves[i] = l.at[i]->kind;
}

/// Whole groups of rows, tree by tree. \param m a multiple of LANES, at most MOST_ROWS
static void run_rows(const bl_nn_forest *f, size_t m, const float *x, size_t x_stride,
                     double *scores) {
    question asked = choose(f, m, x, x_stride);
    bool is_complete = f->splits && (asked == AT_LEAST || asked == MORE);
    uint32_t leaves[LANES];
    for (size_t t = 0; t < f->n_trees; t++)
        for (size_t r = 0; r < m; r += LANES) {
            if (is_complete)
                bl_nn_forest_walk_rows(f, t, x + r * x_stride, x_stride, leaves);
            else
                walk_rows(f, asked, t, x + r * x_stride, x_stride, leaves);
            if (f->is_plain) {
                add_plain(f, leaves, scores + r);
                continue;
            }
            for (size_t i = 0; i < LANES; i++)
                add_leaf(f, leaves[i], scores + (r + i) * f->head.n_scores);
        }
}

/// \param trees [LANES]
static void walk_trees(const bl_nn_forest *f, question asked, const size_t *trees, const float *x,
                       uint32_t *ret_leaves) {
    lanes l;
    for (size_t i = 0; i < LANES; i++) {
        l.at[i] = f->steps + f->firsts[trees[i]];
        l.x[i] = x;
    }
    walk(&l, asked);
    for (size_t i = 0; i < LANES; i++)
        ret_leaves[i] = l.at[i]->kind;
}

/// One row, through several trees at a time; the last tree stands in for those that there are not.
static void run_row(const bl_nn_forest *f, const float *x, double *scores) {
    question asked = choose(f, 1, x, 0);
    bool is_complete = f->splits && (asked == AT_LEAST || asked == MORE);
    size_t trees[LANES];
    uint32_t leaves[LANES];
    for (size_t t = 0; t < f->n_trees; t += LANES) {
        for (size_t i = 0; i < LANES; i++)
            trees[i] = t + i < f->n_trees ? t + i : f->n_trees - 1;
        if (is_complete)
            bl_nn_forest_walk_trees(f, trees, x, leaves);
        else
            walk_trees(f, asked, trees, x, leaves);
        for (size_t i = 0; i < LANES && t + i < f->n_trees; i++)
            add_leaf(f, leaves[i], scores);
    }
}

void bl_nn_forest_run(const bl_nn_forest *f, size_t m, const float *x, size_t x_stride, float *out,
                      size_t out_stride) {
    double scores[MOST_SUMS];
    size_t k = f->head.n_scores, most = MOST_SUMS / k < MOST_ROWS ? MOST_SUMS / k : MOST_ROWS;
    for (size_t n; m; m -= n, x += n * x_stride, out += n * out_stride) {
        n = m < most ? m : most;
        size_t whole = n - n % LANES;
        begin(f, n, scores);
        run_rows(f, whole, x, x_stride, scores);
        for (size_t r = whole; r < n; r++)
            run_row(f, x + r * x_stride, scores + r * k);
        for (size_t r = 0; r < n; r++)
            bl_nn_forest_end(f, scores + r * k, out + r * out_stride);
    }
}
