// SPDX-License-Identifier: Apache-2.0
// Each loss of a row. Values are summed in double, gradients made in float32 but for focal losses.
#include "nn/training/loss_rows.h"

#include <math.h>

#include "base/elementary.h"

/// Where Keras clips probabilities, in its float32.
static const float lowest = 1e-7F, highest = 1.F - 1e-7F;

static inline double clipped_double(double p) {
    return p < (double)lowest ? (double)lowest : p > (double)highest ? (double)highest : p;
}

static inline float clipped(float p) { return p < lowest ? lowest : p > highest ? highest : p; }

/// A NaN is.
static inline bool is_inside(float p) { return !(p < lowest) && !(p > highest); }

/// Smoothed targets are t·keep + rest.
typedef struct smoothing {
    float keep, rest;
} smoothing;

static smoothing smoothing_of(const bl_nn_loss_row *row, double n_classes) {
    double s = row->loss->label_smoothing;
    if (s == 0)
        return (smoothing){1, 0};
    return (smoothing){(float)(1 - s), (float)(s / n_classes)};
}

static inline float smoothed(smoothing s, float t) { return t * s.keep + s.rest; }

static double sum_of(const float *x, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i];
    return sum;
}

static float most_of(const float *x, size_t n) {
    float most = -INFINITY;
    for (size_t i = 0; i < n; i++)
        most = x[i] > most ? x[i] : most;
    return most;
}

// ---- categories ----

/// first = e^(x − the row's largest), second[0] = log Σ first. The largest gives 1, so that the
/// logarithm is that of 1 and the others, be they ever so small.
static void prepare_powers(const bl_nn_kernels *kernels, const bl_nn_loss_rows *rows) {
    size_t m = rows->m, n = rows->n;
    float *first = rows->scratch, *second = first + m * n;
    for (size_t i = 0; i < m; i++) {
        const float *x = rows->predictions + i * rows->stride;
        float most = most_of(x, n);
        for (size_t j = 0; j < n; j++)
            first[i * n + j] = x[j] - most;
    }
    kernels->exp(first, first, m * n);
    for (size_t i = 0; i < m; i++)
        second[i] = (float)(sum_of(first + i * n, n) - 1);
    kernels->log1p(second, second, m);
    for (size_t i = m; i-- > 0;)
        second[i * n] = second[i];
}

/// Σ t·(log Σ e^x − x). \param skips classes with target 0, be they impossible
static double entropy_of(const bl_nn_loss_row *row, smoothing s, bool skips, double *ret_all) {
    double most = (double)most_of(row->x, row->n), log_sum = (double)row->second[0], value = 0;
    double all = 0;
    for (size_t j = 0; j < row->n; j++) {
        double t = (double)smoothed(s, row->target[j]);
        all += t;
        if (!skips || t != 0)
            value += t * (log_sum - ((double)row->x[j] - most));
    }
    *ret_all = all;
    return value;
}

/// A class with target 0 counts nothing. That is looked for only where it matters: nobody can
/// foresee which class has it.
static double categorical_logits(const bl_nn_loss_row *row) {
    smoothing s = smoothing_of(row, (double)row->n);
    double sum = sum_of(row->first, row->n), all, value = entropy_of(row, s, false, &all);
    if (isnan(value))
        value = entropy_of(row, s, true, &all);
    float factor = (float)row->factor, scale = (float)(all / sum);
    for (size_t j = 0; row->gradient && j < row->n; j++)
        row->gradient[j] = factor * (row->first[j] * scale - smoothed(s, row->target[j]));
    return isnan(sum) ? NAN : value;
}

static double sparse_logits(const bl_nn_loss_row *row) {
    size_t label = (size_t)row->target[0];
    double sum = sum_of(row->first, row->n), most = (double)most_of(row->x, row->n);
    float factor = (float)row->factor, scale = (float)(1 / sum);
    for (size_t j = 0; row->gradient && j < row->n; j++)
        row->gradient[j] = factor * (row->first[j] * scale - (j == label ? 1.F : 0.F));
    return (double)row->second[0] - ((double)row->x[label] - most);
}

/// first = log of the clipped probabilities, divided by their sum
static void prepare_logarithms(const bl_nn_kernels *kernels, const bl_nn_loss_rows *rows) {
    for (size_t i = 0; i < rows->m; i++) {
        const float *p = rows->predictions + i * rows->stride;
        float *to = rows->scratch + i * rows->n, sum = (float)sum_of(p, rows->n);
        for (size_t j = 0; j < rows->n; j++)
            to[j] = clipped(p[j] / sum);
    }
    kernels->ln(rows->scratch, rows->scratch, rows->m * rows->n);
}

/// −Σ t·log o for o = p/Σ p. The gradient by o is −t/o, that by p (−t/o + Σ t)/Σ p.
static double categorical(const bl_nn_loss_row *row) {
    smoothing s = smoothing_of(row, (double)row->n);
    float sum = (float)sum_of(row->x, row->n), factor = (float)(row->factor / (double)sum);
    double value = 0, inside = 0;
    for (size_t j = 0; j < row->n; j++) {
        double t = (double)smoothed(s, row->target[j]);
        value -= t * (double)row->first[j];
        inside += is_inside(row->x[j] / sum) ? t : 0;
    }
    for (size_t j = 0; row->gradient && j < row->n; j++) {
        float o = row->x[j] / sum, t = smoothed(s, row->target[j]);
        row->gradient[j] = factor * ((float)inside - (is_inside(o) ? t / o : 0));
    }
    return value;
}

/// log Σ c − log c of the label for c = p clipped.
static double sparse(const bl_nn_loss_row *row) {
    size_t label = (size_t)row->target[0];
    double sum = 0;
    for (size_t j = 0; j < row->n; j++)
        sum += (double)clipped(row->x[j]);
    float factor = (float)row->factor, each = (float)(1 / sum), own = clipped(row->x[label]);
    for (size_t j = 0; row->gradient && j < row->n; j++)
        row->gradient[j] = is_inside(row->x[j]) ? factor * (each - (j == label ? 1 / own : 0)) : 0;
    return bl_ln(sum) - bl_ln((double)own);
}

// ---- yes or no ----

/// first = log(1 + e^−|x|), second = sigmoid of x
static void prepare_sigmoids(const bl_nn_kernels *kernels, const bl_nn_loss_rows *rows) {
    size_t n_all = rows->m * rows->n;
    float *first = rows->scratch, *second = first + n_all;
    for (size_t i = 0; i < rows->m; i++)
        for (size_t j = 0; j < rows->n; j++) {
            float x = rows->predictions[i * rows->stride + j];
            first[i * rows->n + j] = -fabsf(x);
            second[i * rows->n + j] = x;
        }
    kernels->softplus(first, first, n_all);
    kernels->sigmoid(second, second, n_all);
}

/// max(x, 0) − t·x + log(1 + e^−|x|)
static double binary_logits(const bl_nn_loss_row *row) {
    smoothing s = smoothing_of(row, 2);
    double value = 0;
    for (size_t j = 0; j < row->n; j++) {
        double x = (double)row->x[j], t = (double)smoothed(s, row->target[j]);
        value += ((x < 0 ? 0 : x) - t * x) + (double)row->first[j];
    }
    float factor = (float)(row->factor / (double)row->n);
    for (size_t j = 0; row->gradient && j < row->n; j++)
        row->gradient[j] = factor * (row->second[j] - smoothed(s, row->target[j]));
    return value / (double)row->n;
}

/// first = log p, second = log(1 − p), clipped
static void prepare_both_logarithms(const bl_nn_kernels *kernels, const bl_nn_loss_rows *rows) {
    size_t n_all = rows->m * rows->n;
    float *first = rows->scratch, *second = first + n_all;
    for (size_t i = 0; i < rows->m; i++)
        for (size_t j = 0; j < rows->n; j++) {
            float p = clipped(rows->predictions[i * rows->stride + j]);
            first[i * rows->n + j] = p;
            second[i * rows->n + j] = -p;
        }
    kernels->ln(first, first, n_all);
    kernels->log1p(second, second, n_all);
}

static double binary(const bl_nn_loss_row *row) {
    smoothing s = smoothing_of(row, 2);
    double value = 0;
    for (size_t j = 0; j < row->n; j++) {
        double t = (double)smoothed(s, row->target[j]);
        value -= t * (double)row->first[j] + (1 - t) * (double)row->second[j];
    }
    float factor = (float)(row->factor / (double)row->n);
    for (size_t j = 0; row->gradient && j < row->n; j++) {
        float p = row->x[j], t = smoothed(s, row->target[j]);
        row->gradient[j] = is_inside(p) ? factor * ((1 - t) / (1 - p) - t / p) : 0;
    }
    return value / (double)row->n;
}

// ---- focal ----

/// x^y for x in [0, 1]
static double power(double x, double y) {
    if (y == 0)
        return 1;
    if (x == 0)
        return y > 0 ? 0 : INFINITY;
    return y == 1 ? x : y == 2 ? x * x : bl_exp(y * bl_ln(x));
}

/// The gradient of x^y.
static double power_slope(double x, double y) { return y == 0 ? 0 : y * power(x, y - 1); }

static void prepare_softmax(const bl_nn_kernels *kernels, const bl_nn_loss_rows *rows) {
    kernels->softmax(rows->predictions, rows->stride, rows->m, rows->n, rows->scratch, rows->n);
}

/// α·Σ t·(1 − o)^γ·(−log o); leaves the gradient by p, but for `factor`, in second. p [n]
static double focal_of(const bl_nn_loss_row *row, const float *p) {
    smoothing s = smoothing_of(row, (double)row->n);
    double sum = sum_of(p, row->n), alpha = row->loss->alpha, gamma = row->loss->gamma;
    double value = 0, dot = 0;
    for (size_t j = 0; j < row->n; j++) {
        double o = (double)p[j] / sum, c = clipped_double(o), by_o = 0;
        double t = (double)smoothed(s, row->target[j]), log_c = bl_ln(c);
        double focus = power(1 - c, gamma);
        if (t != 0)
            value -= alpha * focus * t * log_c;
        if (c == o || isnan(o))
            by_o = alpha * t * (power_slope(1 - c, gamma) * log_c - focus / c);
        dot += by_o * o;
        row->second[j] = (float)by_o;
    }
    for (size_t j = 0; j < row->n; j++)
        row->second[j] = (float)(((double)row->second[j] - dot) / sum);
    return value;
}

static double categorical_focal(const bl_nn_loss_row *row) {
    double value = focal_of(row, row->x);
    for (size_t j = 0; row->gradient && j < row->n; j++)
        row->gradient[j] = (float)row->factor * row->second[j];
    return value;
}

/// first = softmax, whose gradient is p·(g − Σ g·p)
static double categorical_focal_logits(const bl_nn_loss_row *row) {
    double value = focal_of(row, row->first), dot = 0;
    for (size_t j = 0; j < row->n; j++)
        dot += (double)row->second[j] * (double)row->first[j];
    for (size_t j = 0; row->gradient && j < row->n; j++)
        row->gradient[j] =
            (float)(row->factor * (double)row->first[j] * ((double)row->second[j] - dot));
    return value;
}

/// The loss of one element of probability p = 1 − q and its gradient by p.
static double binary_focal_of(const bl_nn_loss *loss, double t, double p, double q,
                              double *ret_slope) {
    double c = clipped_double(p), other = 1 - c;
    double entropy = -(t * bl_ln(c) + (1 - t) * bl_ln(other));
    double slope = c == p || isnan(p) ? (1 - t) / other - t / c : 0;
    double wrong = t * q + (1 - t) * p, focus = power(wrong, loss->gamma);
    double weight = loss->apply_class_balancing ? t * loss->alpha + (1 - t) * (1 - loss->alpha) : 1;
    *ret_slope = weight * (power_slope(wrong, loss->gamma) * (1 - 2 * t) * entropy + focus * slope);
    return weight * focus * entropy;
}

static double binary_focal(const bl_nn_loss_row *row) {
    smoothing s = smoothing_of(row, 2);
    double value = 0, slope, factor = row->factor / (double)row->n;
    for (size_t j = 0; j < row->n; j++) {
        double p = (double)row->x[j], t = (double)smoothed(s, row->target[j]);
        value += binary_focal_of(row->loss, t, p, 1 - p, &slope);
        if (row->gradient)
            row->gradient[j] = (float)(factor * slope);
    }
    return value / (double)row->n;
}

static double binary_focal_logits(const bl_nn_loss_row *row) {
    smoothing s = smoothing_of(row, 2);
    double value = 0, slope, factor = row->factor / (double)row->n;
    for (size_t j = 0; j < row->n; j++) {
        double x = (double)row->x[j], t = (double)smoothed(s, row->target[j]);
        double small = bl_exp(-fabs(x)), p = (x < 0 ? small : 1) / (1 + small);
        double q = (x < 0 ? 1 : small) / (1 + small);
        value += binary_focal_of(row->loss, t, p, q, &slope);
        if (row->gradient)
            row->gradient[j] = (float)(factor * slope * p * q);
    }
    return value / (double)row->n;
}

// ---- distances ----

/// −1, 0, 1 or NaN
static inline float sign_of(float x) { return x > 0 ? 1 : x < 0 ? -1 : x; }

static double squared(const bl_nn_loss_row *row) {
    double value = 0;
    float factor = (float)(2 * row->factor / (double)row->n);
    for (size_t j = 0; j < row->n; j++) {
        double off = (double)row->x[j] - (double)row->target[j];
        value += off * off;
        if (row->gradient)
            row->gradient[j] = factor * (row->x[j] - row->target[j]);
    }
    return value / (double)row->n;
}

static double absolute(const bl_nn_loss_row *row) {
    double value = 0;
    float factor = (float)(row->factor / (double)row->n);
    for (size_t j = 0; j < row->n; j++) {
        value += fabs((double)row->x[j] - (double)row->target[j]);
        if (row->gradient)
            row->gradient[j] = factor * sign_of(row->x[j] - row->target[j]);
    }
    return value / (double)row->n;
}

/// ½·off² up to delta, a line behind it
static double huber(const bl_nn_loss_row *row) {
    double value = 0, delta = row->loss->delta;
    float factor = (float)(row->factor / (double)row->n), most = (float)delta;
    for (size_t j = 0; j < row->n; j++) {
        double off = fabs((double)row->x[j] - (double)row->target[j]);
        float error = row->x[j] - row->target[j];
        value += off <= delta ? 0.5 * off * off : delta * off - 0.5 * delta * delta;
        if (row->gradient)
            row->gradient[j] = factor * (error > most ? most : error < -most ? -most : error);
    }
    return value / (double)row->n;
}

// ---- which ----

const bl_nn_loss_rule *bl_nn_loss_rule_of(const bl_nn_loss *loss) {
    static const bl_nn_loss_rule rules[BL_NN_N_LOSSES][2] = {
        [BL_NN_LOSS_CATEGORICAL] = {{prepare_logarithms, categorical},
                                    {prepare_powers, categorical_logits}},
        [BL_NN_LOSS_SPARSE] = {{NULL, sparse}, {prepare_powers, sparse_logits}},
        [BL_NN_LOSS_BINARY] = {{prepare_both_logarithms, binary},
                               {prepare_sigmoids, binary_logits}},
        [BL_NN_LOSS_CATEGORICAL_FOCAL] = {{NULL, categorical_focal},
                                          {prepare_softmax, categorical_focal_logits}},
        [BL_NN_LOSS_BINARY_FOCAL] = {{NULL, binary_focal}, {NULL, binary_focal_logits}},
        [BL_NN_LOSS_SQUARED] = {{NULL, squared}, {NULL, squared}},
        [BL_NN_LOSS_ABSOLUTE] = {{NULL, absolute}, {NULL, absolute}},
        [BL_NN_LOSS_HUBER] = {{NULL, huber}, {NULL, huber}},
    };
    return &rules[loss->kind][loss->from_logits];
}
