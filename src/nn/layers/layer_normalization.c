// SPDX-License-Identifier: Apache-2.0
// LayerNormalization: each row less its mean, divided by its standard deviation; with rms_scaling
// divided alone, with a gamma and no beta whatever else was asked for, as Keras has it.
// Source: J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer Normalization" (arXiv:1607.06450)
#include <math.h>

#include "nn/layers/rows.h"

enum { NORMALS, PRODUCTS, INVERSES }; ///< slots, by row: x̂, g·x̂, 1/deviation

static size_t gamma_of(const bl_nn_step *step) {
    const bl_nn_normalization_options *o = step->options;
    return o->scale || o->rms_scaling ? 0 : BL_NN_NONE;
}

static size_t beta_of(const bl_nn_step *step) {
    const bl_nn_normalization_options *o = step->options;
    return o->center && !o->rms_scaling ? (size_t)o->scale : BL_NN_NONE;
}

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    const bl_nn_normalization_options *o = step->options;
    size_t n = bl_nn_plan_input(plan, step, 0).width;
    (void)err;
    if (gamma_of(step) != BL_NN_NONE)
        bl_nn_plan_parameter(plan, step, "gamma", 1, &n, o->gamma_initializer,
                             o->gamma_regularizer);
    if (beta_of(step) != BL_NN_NONE)
        bl_nn_plan_parameter(plan, step, "beta", 1, &n, o->beta_initializer, o->beta_regularizer);
    bl_nn_plan_rowwise(plan, step, n);
    const bl_nn_value *output = &plan->values.items[step->output];
    size_t rows = output->rows, stride = output->stride;
    bl_nn_plan_slot(plan, step, (bl_nn_slot){.rows = rows, .per_row = stride, .only_trains = true});
    bl_nn_plan_slot(plan, step, (bl_nn_slot){.rows = rows, .per_row = stride, .only_trains = true});
    bl_nn_plan_slot(plan, step, (bl_nn_slot){.rows = rows, .per_row = 1, .only_trains = true});
    return BL_OK;
}

/// x̂ of a row. \return 1/deviation
static float normalise(const bl_nn_normalization_options *o, const float *x, float *y, size_t n) {
    double sum = 0, squares = 0;
    for (size_t k = 0; k < n; k++)
        sum += x[k];
    double mean = sum / (double)n;
    for (size_t k = 0; k < n; k++)
        squares += (x[k] - mean) * (x[k] - mean);
    float inverse = (float)(1 / sqrt(squares / (double)n + o->epsilon));
    for (size_t k = 0; k < n; k++)
        y[k] = (x[k] - (o->rms_scaling ? 0 : (float)mean)) * inverse;
    return inverse;
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    const float *gamma = gamma_of(step) ? NULL : bl_nn_parameter_at(run, step, 0);
    size_t beta_at = beta_of(step), n = bl_nn_width(run, step->output);
    const float *beta = beta_at == BL_NN_NONE ? NULL : bl_nn_parameter_at(run, step, beta_at);
    bl_nn_matrix x = run->values[step->inputs[0]], y = run->values[step->output];
    (void)err;
    for (size_t r = 0, m = bl_nn_n_rows(run, step->output); r < m; r++) {
        float *to = bl_nn_row(y, r);
        float *normal = run->trains ? bl_nn_slot_at(run, step, NORMALS) + r * y.stride : to;
        float inverse = normalise(step->options, bl_nn_row(x, r), normal, n);
        if (run->trains)
            bl_nn_slot_at(run, step, INVERSES)[r] = inverse;
        for (size_t k = 0; k < n; k++)
            to[k] = normal[k] * (gamma ? gamma[k] : 1) + (beta ? beta[k] : 0);
    }
    return BL_OK;
}

/// \param g the gradient of x̂
static void backward_row(const bl_nn_normalization_options *o, const float *normal, const float *g,
                         float inverse, float *to, size_t n) {
    double sum = 0, normals = 0, product = 0;
    for (size_t k = 0; k < n; k++) {
        sum += g[k];
        normals += normal[k];
        product += (double)g[k] * normal[k];
    }
    float mean_g = o->rms_scaling ? 0 : (float)(sum / (double)n);
    float mean = o->rms_scaling ? (float)(normals / (double)n) : 0; // else it is 0 already
    float mean_gx = (float)(product / (double)n);
    for (size_t k = 0; k < n; k++)
        to[k] = (g[k] - mean_g - (normal[k] - mean) * mean_gx) * inverse;
}

static void backward(bl_nn_run *run, const bl_nn_step *step) {
    const float *gamma = gamma_of(step) ? NULL : bl_nn_parameter_at(run, step, 0);
    size_t beta_at = beta_of(step), n = bl_nn_width(run, step->output);
    size_t m = bl_nn_n_rows(run, step->output), stride = run->value_list[step->output].stride;
    float *normals = bl_nn_slot_at(run, step, NORMALS);
    float *products = bl_nn_slot_at(run, step, PRODUCTS);
    bl_nn_matrix g = run->gradient, to = run->input_gradients[0];
    if (beta_at != BL_NN_NONE)
        run->kernels->add_columns(g.data, g.stride, m, n, step->adds,
                                  bl_nn_gradient_at(run, step, beta_at));
    for (size_t r = 0; r < m && gamma; r++)
        for (size_t k = 0; k < n; k++)
            products[r * stride + k] = bl_nn_row(g, r)[k] * normals[r * stride + k];
    if (gamma)
        run->kernels->add_columns(products, stride, m, n, step->adds,
                                  bl_nn_gradient_at(run, step, 0));
    for (size_t r = 0; r < m && to.data; r++) {
        float *scaled = products + r * stride;
        for (size_t k = 0; k < n; k++)
            scaled[k] = bl_nn_row(g, r)[k] * (gamma ? gamma[k] : 1);
        backward_row(step->options, normals + r * stride, scaled,
                     bl_nn_slot_at(run, step, INVERSES)[r], bl_nn_row(to, r), n);
    }
}

const bl_nn_layer bl_nn_layer_normalization_layer = {
    .plan = plan, .forward = forward, .backward = backward};
