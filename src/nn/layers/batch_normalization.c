// SPDX-License-Identifier: Apache-2.0
// BatchNormalization: columns less their mean, divided by their standard deviation: of the whole
// batch while training, else, or where it is frozen, those that moved along. Rows that do not count
// are left out of both, and normalised with the others.
// Source: S. Ioffe, C. Szegedy, "Batch Normalization" (ICML 2015), section 3
#include <math.h>

#include "nn/layers/rows.h"

typedef struct parameters {
    size_t gamma, beta, mean, variance; ///< BL_NN_NONE: there is none
} parameters;

enum { STATISTICS }; ///< slot: the mean and 1/deviation of each column

static size_t add(bl_nn_plan *plan, bl_nn_step *step, const char *name, size_t n,
                  bl_nn_initializer initializer, bl_nn_regularizer penalty, bool is_fixed) {
    bl_nn_parameter *p = bl_nn_plan_parameter(plan, step, name, 1, &n, initializer, penalty);
    if (p)
        p->is_fixed = is_fixed;
    return step->n_parameters - 1;
}

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    const bl_nn_normalization_options *o = step->options;
    const bl_nn_regularizer none = {0};
    size_t n = bl_nn_plan_input(plan, step, 0).width;
    parameters *p = bl_arena_alloc(plan->arena, sizeof *p);
    if (!p)
        return bl_error_set(err, BL_E_NOMEM, "no memory for a network");
    *p = (parameters){BL_NN_NONE, BL_NN_NONE, 0, 0};
    if (o->scale)
        p->gamma = add(plan, step, "gamma", n, o->gamma_initializer, o->gamma_regularizer, false);
    if (o->center)
        p->beta = add(plan, step, "beta", n, o->beta_initializer, o->beta_regularizer, false);
    p->mean = add(plan, step, "moving_mean", n, o->moving_mean_initializer, none, true);
    p->variance = add(plan, step, "moving_variance", n, o->moving_variance_initializer, none, true);
    step->state = p;
    step->n_sums = 2 * n + 1;
    bl_nn_plan_rowwise(plan, step, n);
    bl_nn_plan_slot(plan, step, (bl_nn_slot){.once = 2 * n});
    return BL_OK;
}

/// The rows that count, whatever the steps; none of a layer that is frozen.
typedef struct counted {
    size_t n;
    const uint32_t *index;
} counted;

static counted counted_rows(const bl_nn_run *run, const bl_nn_step *step) {
    const bl_nn_value *input = &run->value_list[step->inputs[0]];
    if (step->is_frozen)
        return (counted){0};
    if (!input->rows)
        return (counted){run->n_events, NULL};
    const bl_nn_rows *rows = bl_nn_rows_that_count(run, step, 0);
    return (counted){rows->n, rows->index};
}

/// Σx, Σx² of each column, and how many rows there are.
static void measure(bl_nn_run *run, const bl_nn_step *step) {
    size_t n = bl_nn_width(run, step->output);
    counted rows = counted_rows(run, step);
    double *sums = run->shard_sums;
    for (size_t k = 0; k < 2 * n; k++)
        sums[k] = 0;
    for (size_t i = 0; i < rows.n; i++) {
        const float *x = bl_nn_row(run->values[step->inputs[0]], rows.index ? rows.index[i] : i);
        for (size_t k = 0; k < n; k++) {
            sums[k] += x[k];
            sums[n + k] += (double)x[k] * x[k];
        }
    }
    sums[2 * n] = (double)rows.n;
}

static double batch_variance(const double *sums, size_t n, size_t k) {
    double mean = sums[k] / sums[2 * n], variance = sums[n + k] / sums[2 * n] - mean * mean;
    return variance < 0 ? 0 : variance; // a NaN stays
}

static void find_statistics(bl_nn_run *run, const bl_nn_step *step, float *mean, float *inverse) {
    const bl_nn_normalization_options *o = step->options;
    const parameters *p = step->state;
    size_t n = bl_nn_width(run, step->output);
    const float *moving = bl_nn_parameter_at(run, step, p->mean);
    const float *variance = bl_nn_parameter_at(run, step, p->variance);
    const double *sums = run->sums;
    bool moves = !run->trains || step->is_frozen || sums[2 * n] == 0;
    for (size_t k = 0; k < n; k++) {
        mean[k] = moves ? moving[k] : (float)(sums[k] / sums[2 * n]);
        double v = moves ? variance[k] : batch_variance(sums, n, k);
        inverse[k] = (float)(1 / sqrt(v + o->epsilon));
    }
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    const parameters *p = step->state;
    size_t n = bl_nn_width(run, step->output);
    float *mean = bl_nn_slot_at(run, step, STATISTICS), *inverse = mean + n;
    const float *gamma = p->gamma == BL_NN_NONE ? NULL : bl_nn_parameter_at(run, step, p->gamma);
    const float *beta = p->beta == BL_NN_NONE ? NULL : bl_nn_parameter_at(run, step, p->beta);
    (void)err;
    find_statistics(run, step, mean, inverse);
    for (size_t r = 0, m = bl_nn_n_rows(run, step->output); r < m; r++) {
        const float *x = bl_nn_row(run->values[step->inputs[0]], r);
        float *y = bl_nn_row(run->values[step->output], r);
        for (size_t k = 0; k < n; k++)
            y[k] = (x[k] - mean[k]) * inverse[k];
        for (size_t k = 0; k < n && gamma; k++)
            y[k] *= gamma[k];
        for (size_t k = 0; k < n && beta; k++)
            y[k] += beta[k];
    }
    return BL_OK;
}

/// Σg and Σg·x̂ of each column over all rows, and how many rows count.
static void measure_back(bl_nn_run *run, const bl_nn_step *step) {
    size_t n = bl_nn_width(run, step->output);
    const float *mean = bl_nn_slot_at(run, step, STATISTICS), *inverse = mean + n;
    double *sums = run->shard_sums;
    for (size_t k = 0; k < 2 * n; k++)
        sums[k] = 0;
    for (size_t r = 0, m = bl_nn_n_rows(run, step->output); r < m; r++) {
        const float *x = bl_nn_row(run->values[step->inputs[0]], r);
        const float *g = bl_nn_row(run->gradient, r);
        for (size_t k = 0; k < n; k++) {
            sums[k] += g[k];
            sums[n + k] += (double)g[k] * ((x[k] - mean[k]) * inverse[k]);
        }
    }
    sums[2 * n] = (double)counted_rows(run, step).n;
}

static void write_gradient(bl_nn_run *run, const bl_nn_step *step, size_t parameter,
                           const double *sums, size_t n) {
    if (parameter == BL_NN_NONE)
        return;
    float *out = bl_nn_gradient_at(run, step, parameter);
    for (size_t k = 0; k < n; k++)
        out[k] = (step->adds ? out[k] : 0) + (float)sums[k];
}

/// As all rows went with the same mean and deviation, those that made them pay for all.
static void backward(bl_nn_run *run, const bl_nn_step *step) {
    const parameters *p = step->state;
    size_t n = bl_nn_width(run, step->output);
    const float *mean = bl_nn_slot_at(run, step, STATISTICS), *inverse = mean + n;
    const float *gamma = p->gamma == BL_NN_NONE ? NULL : bl_nn_parameter_at(run, step, p->gamma);
    bl_nn_matrix to = run->input_gradients[0];
    const double *sums = run->sums;
    if (!step->is_frozen) {
        write_gradient(run, step, p->beta, run->shard_sums, n);
        write_gradient(run, step, p->gamma, run->shard_sums + n, n);
    }
    if (!to.data)
        return;
    for (size_t r = 0, m = bl_nn_n_rows(run, step->output); r < m; r++)
        for (size_t k = 0; k < n; k++)
            bl_nn_row(to, r)[k] =
                bl_nn_row(run->gradient, r)[k] * inverse[k] * (gamma ? gamma[k] : 1);
    counted rows = counted_rows(run, step);
    for (size_t i = 0; i < rows.n && !step->is_frozen; i++) {
        size_t r = rows.index ? rows.index[i] : i;
        const float *x = bl_nn_row(run->values[step->inputs[0]], r);
        for (size_t k = 0; k < n; k++) {
            float normal = (x[k] - mean[k]) * inverse[k];
            double mean_g = sums[k] / sums[2 * n], mean_gx = sums[n + k] / sums[2 * n];
            bl_nn_row(to, r)[k] -=
                (float)((mean_g + normal * mean_gx) * inverse[k]) * (gamma ? gamma[k] : 1);
        }
    }
}

static void settle(const bl_nn_run *run, const bl_nn_step *step, float *parameters_of_all) {
    const bl_nn_normalization_options *o = step->options;
    const parameters *p = step->state;
    size_t n = bl_nn_width(run, step->output);
    const bl_nn_parameter *list = run->parameter_list + step->first_parameter;
    float *mean = parameters_of_all + list[p->mean].offset;
    float *variance = parameters_of_all + list[p->variance].offset;
    float keeps = (float)o->momentum;
    for (size_t k = 0; k < n && run->sums[2 * n] > 0; k++) {
        mean[k] = mean[k] * keeps + (float)(run->sums[k] / run->sums[2 * n]) * (1 - keeps);
        variance[k] = variance[k] * keeps + (float)batch_variance(run->sums, n, k) * (1 - keeps);
    }
}

const bl_nn_layer bl_nn_batch_normalization_layer = {
    .plan = plan,
    .forward = forward,
    .backward = backward,
    .measure = measure,
    .measure_back = measure_back,
    .settle = settle,
};
