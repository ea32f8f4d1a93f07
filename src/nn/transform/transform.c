// SPDX-License-Identifier: Apache-2.0
// Transforms of inputs: computed in double, a row at a time.
#include "nn/transform/transform.h"

#include <math.h>

#include "base/elementary.h"

const char *bl_nn_curve_name(bl_nn_curve curve) {
    static const char *const names[] = {
#define NAME(NAME, name) #name,
        BL_NN_CURVES(NAME)
#undef NAME
    };
    return names[curve];
}

bl_status bl_nn_columns_init(bl_arena *arena, const char *input, size_t n,
                             bl_nn_columns *ret_columns, bl_error *err) {
    bl_nn_columns c = {
        .input = input,
        .n = n,
        .names = (const char **)bl_arena_array(arena, n + 1, sizeof *c.names),
        .curves = (bl_nn_curve *)bl_arena_array(arena, n + 1, sizeof *c.curves),
        .offset = (double *)bl_arena_array(arena, n + 1, sizeof *c.offset),
        .scale = (double *)bl_arena_array(arena, n + 1, sizeof *c.scale),
        .low = (double *)bl_arena_array(arena, n + 1, sizeof *c.low),
        .high = (double *)bl_arena_array(arena, n + 1, sizeof *c.high),
        .missing = (double *)bl_arena_array(arena, n + 1, sizeof *c.missing),
    };
    if (!c.names || !c.curves || !c.offset || !c.scale || !c.low || !c.high || !c.missing)
        return bl_error_nomem(err, n * sizeof(double), "a transform");
    for (size_t i = 0; i < n; i++) {
        c.scale[i] = 1;
        c.low[i] = -INFINITY;
        c.high[i] = INFINITY;
        c.missing[i] = NAN;
    }
    *ret_columns = c;
    return BL_OK;
}

const bl_nn_columns *bl_nn_transform_find(const bl_nn_transform *transform, const char *input) {
    for (size_t i = 0; i < transform->n_inputs; i++)
        if (strcmp(transform->inputs[i].input, input) == 0)
            return &transform->inputs[i];
    return NULL;
}

// ---- running ----

enum { CHUNK = 64 }; ///< columns at a time

/// What rounding took from 1 + x is put back as a factor (Kahan).
static double log1p_of(double x) {
    double sum = 1 + x, kept = sum - 1;
    if (kept == 0)
        return x;
    return bl_ln(sum) * (kept == x ? 1 : x / kept);
}

/// ln(a + √(a² + 1)) as ln(1 + …), which loses nothing near 0.
static double asinh_of(double x) {
    const double ln_2 = 0x1.62e42fefa39efp-1;
    double a = fabs(x), square = a * a;
    double y = a < 0x1p28 ? log1p_of(a + square / (1 + sqrt(square + 1))) : bl_ln(a) + ln_2;
    return copysign(y, x);
}

static void bend(bl_nn_curve curve, const double *x, double *out, size_t n) {
    switch (curve) {
    case BL_NN_CURVE_LOG:
        bl_ln_all(x, out, n);
        break;
    case BL_NN_CURVE_LOG1P:
        for (size_t i = 0; i < n; i++)
            out[i] = log1p_of(x[i]);
        break;
    case BL_NN_CURVE_ASINH:
        for (size_t i = 0; i < n; i++)
            out[i] = asinh_of(x[i]);
        break;
    default:
        memcpy(out, x, n * sizeof *out);
    }
}

/// Neighbours of one curve are computed together.
static void bend_all(const bl_nn_curve *curves, const double *x, double *out, size_t n) {
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && curves[end] == curves[i];)
            end++;
        bend(curves[i], x + i, out + i, end - i);
    }
}

static void run_chunk(const bl_nn_columns *c, size_t first, size_t n, const float *x, float *out) {
    const double *offset = c->offset + first, *scale = c->scale + first;
    const double *low = c->low + first, *high = c->high + first, *missing = c->missing + first;
    double wide[CHUNK], bent[CHUNK];
    for (size_t i = 0; i < n; i++)
        wide[i] = x[i];
    bend_all(c->curves + first, wide, bent, n);
    for (size_t i = 0; i < n; i++) {
        double y = (bent[i] - offset[i]) * scale[i];
        y = y < low[i] ? low[i] : y;
        y = y > high[i] ? high[i] : y;
        out[i] = (float)(y == y ? y : missing[i]);
    }
}

void bl_nn_columns_run(const bl_nn_columns *columns, size_t m, const float *x, size_t x_stride,
                       float *out, size_t out_stride) {
    for (size_t row = 0; row < m; row++, x += x_stride, out += out_stride)
        for (size_t first = 0; first < columns->n; first += CHUNK) {
            size_t left = columns->n - first;
            run_chunk(columns, first, left < CHUNK ? left : CHUNK, x + first, out + first);
        }
}
