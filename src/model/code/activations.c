// SPDX-License-Identifier: Apache-2.0
// Activations as expressions of the functions in parts/functions.h: $x the argument, $s slope, $l
// limit, $t threshold.
#include <math.h>

#include "model/code/private.h"

static const char *const expressions[BL_NN_N_ACTIVATIONS] = {
    [BL_NN_LINEAR] = "$x",
    [BL_NN_RELU6] = "rectified($x, 0, 6)",
    [BL_NN_LEAKY_RELU] = "rectified($x, $s, INFINITY)",
    [BL_NN_ELU] = "elu_of($x, 1, $s, $x)",
    [BL_NN_SELU] = "elu_of($x, 1.0507009873554805F, 1.7580993408473766F, $x)",
    [BL_NN_CELU] = "elu_of($x, 1, $s, $x / $s)",
    [BL_NN_SIGMOID] = "sigmoid_of($x)",
    [BL_NN_HARD_SIGMOID] = "hard_sigmoid_of($x)",
    [BL_NN_SPARSE_SIGMOID] = "within(fused($x, 0.5F, 0.5F), 0, 1)",
    [BL_NN_LOG_SIGMOID] = "-softplus_of(-$x)",
    [BL_NN_TANH] = "tanh_of($x)",
    [BL_NN_HARD_TANH] = "within($x, -1, 1)",
    [BL_NN_TANH_SHRINK] = "tanh_shrink_of($x)",
    [BL_NN_HARD_SHRINK] = "hard_shrink_of($x, $t)",
    [BL_NN_SOFT_SHRINK] = "soft_shrink_of($x, $t)",
    [BL_NN_SOFTPLUS] = "softplus_of($x)",
    [BL_NN_SQUAREPLUS] = "squareplus_of($x)",
    [BL_NN_SPARSE_PLUS] = "sparse_plus_of($x)",
    [BL_NN_SOFTSIGN] = "softsign_of($x)",
    [BL_NN_SILU] = "silu_of($x)",
    [BL_NN_HARD_SILU] = "$x * hard_sigmoid_of($x)",
    [BL_NN_MISH] = "mish_of($x)",
    [BL_NN_EXPONENTIAL] = "exp_of($x)",
};

static const char *expression_of(const bl_nn_activation *a) {
    if (a->kind == BL_NN_GELU)
        return a->approximate ? "quick_gelu_of($x)" : "gelu_of($x)";
    if (a->kind != BL_NN_RELU)
        return expressions[a->kind];
    if (a->threshold < 0 || a->threshold > 0)
        return "rectified_above($x, $s, $l, $t)";
    bool is_plain = !(a->slope < 0 || a->slope > 0) && a->limit == INFINITY;
    return is_plain ? "relu_of($x)" : "rectified($x, $s, $l)";
}

static void put_expression(bl_coder *c, const bl_nn_activation *a, const char *x) {
    for (const char *at = expression_of(a); *at; at++) {
        if (*at != '$') {
            BL_PUT(c, "%c", *at);
            continue;
        }
        at++;
        if (*at == 'x')
            BL_PUT(c, "%s[i]", x);
        else
            BL_PUT(c, "%s",
                   bl_code_number(c, *at == 's'   ? a->slope
                                     : *at == 'l' ? a->limit
                                                  : a->threshold));
    }
}

void bl_code_activate(bl_coder *c, const bl_nn_activation *a, const char *x, size_t n, size_t width,
                      const char *y) {
    if (a->kind == BL_NN_SOFTMAX || a->kind == BL_NN_LOG_SOFTMAX) {
        BL_PUT(c, "        %s(%s, %zu, %s);\n",
               a->kind == BL_NN_SOFTMAX ? "softmax" : "log_softmax", x, width, y);
        return;
    }
    if (a->kind == BL_NN_LINEAR && x == y)
        return;
    BL_PUT(c, "        for (size_t i = 0; i < %zu; i++)\n            %s[i] = ", n, y);
    put_expression(c, a, x);
    BL_PUT(c, ";\n");
}
