// SPDX-License-Identifier: Apache-2.0
// What was fitted to the training data, in front of a network: as nn/transform/transform.h has it,
// in double, and rounded once.
#include "model/onnx/export.h"

#include <math.h>

static const char *doubles(bl_onnx_export *x, size_t n, const double *values) {
    const char *name = bl_onnx_new_name(x);
    bl_onnx_add_initializer(&x->b, name, BL_ONNX_DOUBLE, 1, (int64_t[]){(int64_t)n}, values,
                            n * sizeof *values);
    return name;
}

static const char *one(bl_onnx_export *x) { return doubles(x, 1, &(double){1}); }

/// ln(|x| + √(x² + 1)) with the sign of x.
static const char *write_asinh(bl_onnx_export *x, const char *in) {
    const char *size = bl_onnx_emit1(x, "Abs", in);
    const char *square = bl_onnx_emit2(x, "Mul", in, in);
    const char *root = bl_onnx_emit1(x, "Sqrt", bl_onnx_emit2(x, "Add", square, one(x)));
    const char *log = bl_onnx_emit1(x, "Log", bl_onnx_emit2(x, "Add", size, root));
    return bl_onnx_emit2(x, "Mul", bl_onnx_emit1(x, "Sign", in), log);
}

static const char *write_curve(bl_onnx_export *x, bl_nn_curve curve, const char *in) {
    if (curve == BL_NN_CURVE_ASINH)
        return write_asinh(x, in);
    return bl_onnx_emit1(x, "Log",
                         curve == BL_NN_CURVE_LOG1P ? bl_onnx_emit2(x, "Add", in, one(x)) : in);
}

/// One of two values in each column.
static const char *choose(bl_onnx_export *x, const char *flags, const char *a, const char *b) {
    const char *inputs[] = {flags, a, b};
    return bl_onnx_emit(x, "Where", 3, inputs, NULL);
}

/// Each curve over all columns, of which those that have it are taken.
static const char *write_curves(bl_onnx_export *x, const bl_nn_columns *columns, const char *in) {
    const char *out = in;
    for (int curve = BL_NN_CURVE_IDENTITY + 1; curve < BL_NN_N_CURVES; curve++) {
        bool *has = bl_arena_array(x->arena, columns->n + 1, sizeof *has), is_any = false;
        x->b.failed |= !has;
        for (size_t i = 0; i < columns->n && has; i++)
            is_any |= has[i] = columns->curves[i] == (bl_nn_curve)curve;
        if (!is_any)
            continue;
        const char *flags = bl_onnx_new_name(x);
        bl_onnx_add_initializer(&x->b, flags, BL_ONNX_BOOL, 1, (int64_t[]){(int64_t)columns->n},
                                has, columns->n);
        out = choose(x, flags, write_curve(x, (bl_nn_curve)curve, in), out);
    }
    return out;
}

const char *bl_onnx_write_transform(bl_onnx_export *x, const bl_nn_columns *columns,
                                    const char *in) {
    const char *out = write_curves(x, columns, bl_onnx_cast_to(x, in, BL_ONNX_DOUBLE));
    bool is_cut = false, fills = false;
    for (size_t i = 0; i < columns->n; i++) {
        is_cut |= columns->low[i] > -INFINITY || columns->high[i] < INFINITY;
        fills |= !isnan(columns->missing[i]);
    }
    out = bl_onnx_emit2(x, "Sub", out, doubles(x, columns->n, columns->offset));
    out = bl_onnx_emit2(x, "Mul", out, doubles(x, columns->n, columns->scale));
    const char *is_nan = fills ? bl_onnx_emit1(x, "IsNaN", out) : NULL;
    if (is_cut) {
        out = bl_onnx_emit2(x, "Max", out, doubles(x, columns->n, columns->low));
        out = bl_onnx_emit2(x, "Min", out, doubles(x, columns->n, columns->high));
    }
    if (is_nan)
        out = choose(x, is_nan, doubles(x, columns->n, columns->missing), out);
    return bl_onnx_cast_to(x, out, BL_ONNX_FLOAT);
}
