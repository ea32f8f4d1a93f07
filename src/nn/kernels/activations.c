// SPDX-License-Identifier: Apache-2.0
// Activations by name, and their kernels over blocks of rows.
#include "nn/kernels/activations.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef enum source { VALUES, ARGUMENTS, EITHER } source;

typedef struct description {
    const char *name;
    source from;
    float slope, limit, threshold;
} description;

#define DESCRIPTION(kind, name, from, slope, limit, threshold) \
    [BL_NN_##kind] = {#name, from, slope, limit, threshold},
static const description descriptions[BL_NN_N_ACTIVATIONS] = {BL_NN_ACTIVATIONS(DESCRIPTION)};

/// Other spellings.
static const struct {
    const char *name;
    bl_nn_activation_kind kind;
} spellings[] = {{"swish", BL_NN_SILU}, {"hard_swish", BL_NN_HARD_SILU}};

const char *bl_nn_activation_name(bl_nn_activation_kind kind) { return descriptions[kind].name; }

static bool find_kind(const char *name, bl_nn_activation_kind *ret_kind) {
    for (size_t i = 0; i < BL_NN_N_ACTIVATIONS; i++)
        if (strcmp(name, descriptions[i].name) == 0) {
            *ret_kind = (bl_nn_activation_kind)i;
            return true;
        }
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        if (strcmp(name, spellings[i].name) == 0) {
            *ret_kind = spellings[i].kind;
            return true;
        }
    return false;
}

bool bl_nn_activation_find(const char *name, bl_nn_activation *ret_activation) {
    bl_nn_activation_kind kind;
    if (!find_kind(name, &kind))
        return false;
    const description *d = &descriptions[kind];
    *ret_activation = (bl_nn_activation){
        .kind = kind, .slope = d->slope, .limit = d->limit, .threshold = d->threshold};
    return true;
}

/// Values tell on which side of a kink the argument was where both sides differ in sign.
bool bl_nn_activation_needs_arguments(const bl_nn_activation *a) {
    switch (a->kind) {
    case BL_NN_RELU:
        return !(a->slope >= 0 && a->threshold >= 0);
    case BL_NN_LEAKY_RELU:
        return !(a->slope >= 0);
    case BL_NN_ELU:
        return !(a->slope > 0);
    case BL_NN_HARD_SHRINK:
    case BL_NN_SOFT_SHRINK:
        return !(a->threshold >= 0);
    default:
        return descriptions[a->kind].from == ARGUMENTS;
    }
}

bool bl_nn_activation_rectifies(const bl_nn_activation *a) {
    return a->kind == BL_NN_RELU && a->limit > FLT_MAX && !(a->slope < 0 || a->slope > 0) &&
           !(a->threshold < 0 || a->threshold > 0);
}

void bl_nn_activate(const bl_nn_kernels *k, const bl_nn_activation *a, const float *x,
                    size_t x_stride, size_t m, size_t n, float *out, size_t out_stride) {
    if (a->kind == BL_NN_SOFTMAX || a->kind == BL_NN_LOG_SOFTMAX) {
        (a->kind == BL_NN_SOFTMAX ? k->softmax : k->log_softmax)(x, x_stride, m, n, out,
                                                                 out_stride);
        return;
    }
    if (x_stride == n && out_stride == n) {
        n *= m;
        m = n > 0;
    }
    for (size_t row = 0; row < m; row++)
        k->activations[a->kind](a, x + row * x_stride, out + row * out_stride, n);
}

void bl_nn_activate_back(const bl_nn_kernels *k, const bl_nn_activation *a, const float *from,
                         size_t from_stride, const float *gradient, size_t gradient_stride,
                         size_t m, size_t n, float *out, size_t out_stride) {
    if (a->kind == BL_NN_SOFTMAX || a->kind == BL_NN_LOG_SOFTMAX) {
        (a->kind == BL_NN_SOFTMAX ? k->softmax_slope : k->log_softmax_slope)(
            from, from_stride, gradient, gradient_stride, m, n, out, out_stride);
        return;
    }
    bl_nn_activation where = *a;
    if (!bl_nn_activation_needs_arguments(a))
        where.threshold = 0; // of values, whatever it is of arguments
    if (from_stride == n && gradient_stride == n && out_stride == n) {
        n *= m;
        m = n > 0;
    }
    for (size_t row = 0; row < m; row++)
        k->activation_slopes[a->kind](&where, from + row * from_stride,
                                      gradient + row * gradient_stride, out + row * out_stride, n);
}
