// SPDX-License-Identifier: Apache-2.0
// What comes behind the sums of a forest.
#include <math.h>

#include "base/elementary.h"
#include "nn/trees/walk.h"

static double logistic(double x) {
    double small = bl_exp(x < 0 ? x : -x); // never overflows
    return x < 0 ? small / (1 + small) : 1 / (1 + small);
}

/// Winitzki's approximation of the inverse error function.
/// \source S. Winitzki, "A handy approximation for the error function and its inverse" (2008)
static double probit(double p) {
    const double pi = 3.14159, a = 0.147, root_two = 1.41421356; // the digits that onnxruntime has
    double x = 2 * p - 1, ln = bl_ln((1 - x) * (1 + x));
    double v = 2 / (pi * a) + 0.5 * ln;
    double y = sqrt(-v + sqrt(v * v - ln / a));
    return root_two * (x < 0 ? -y : y);
}

/// \param leaves_out scores that are as good as 0 stay so
static void softmax(size_t n, double *x, bool leaves_out) {
    const double near_zero = 1e-7;
    double most = x[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        most = x[i] > most ? x[i] : most;
    double least_factor = leaves_out ? bl_exp(-most) : 0;
    for (size_t i = 0; i < n; i++)
        if (leaves_out && fabs(x[i]) <= near_zero) {
            x[i] *= least_factor;
        } else {
            x[i] = bl_exp(x[i] - most);
            sum += x[i];
        }
    for (size_t i = 0; sum > 0 && i < n; i++)
        x[i] /= sum;
}

static void apply(bl_nn_forest_function function, size_t n, double *x) {
    if (function == BL_NN_FOREST_SOFTMAX || function == BL_NN_FOREST_SOFTMAX_ZERO) {
        softmax(n, x, function == BL_NN_FOREST_SOFTMAX_ZERO);
        return;
    }
    for (size_t i = 0; i < n; i++)
        switch (function) {
        case BL_NN_FOREST_LOGISTIC:
            x[i] = logistic(x[i]);
            break;
        case BL_NN_FOREST_PROBIT:
            x[i] = probit(x[i]);
            break;
        case BL_NN_FOREST_EXP:
            x[i] = bl_exp(x[i]);
            break;
        default:
            return;
        }
}

/// The mean, of what there is, and bases where sums did not begin with them.
static void complete(const bl_nn_forest *f, double *scores) {
    const bl_nn_forest_head *head = &f->head;
    bool is_extreme = head->joint == BL_NN_FOREST_LEAST || head->joint == BL_NN_FOREST_GREATEST;
    for (size_t i = 0; i < head->n_scores; i++) {
        double x = is_extreme && isnan(scores[i]) ? 0 : scores[i]; // of no tree
        if (head->joint == BL_NN_FOREST_MEAN && f->n_trees)
            x /= (double)f->n_trees;
        if (!head->is_double)
            x = (double)(float)x;
        if (!head->begins_at_base)
            x += head->bases[i];
        scores[i] = head->is_double ? x : (double)(float)x;
    }
}

/// A function behind, then float32. \param x [n] changed
static void finish(bl_nn_forest_function function, size_t n, double *x, float *out) {
    apply(function, n, x);
    for (size_t i = 0; i < n; i++)
        out[i] = (float)x[i];
}

void bl_nn_forest_end(const bl_nn_forest *f, double *scores, float *out) {
    complete(f, scores);
    if (f->head.pair == BL_NN_FOREST_NO_PAIR) {
        finish(f->head.function, f->head.n_scores, scores, out);
        return;
    }
    double x = scores[0];
    double pair[2] = {f->head.pair == BL_NN_FOREST_COMPLEMENT ? 1 - x : -x, x};
    finish(f->head.function, 2, pair, out);
}
