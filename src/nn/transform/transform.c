// SPDX-License-Identifier: Apache-2.0
// Transforms of inputs: computed in double, some rows at a time.
#include "nn/transform/transform.h"

#include <math.h>

#include "base/elementary.h"
#include "base/wide.h"

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
        .pad = (double *)bl_arena_array(arena, n + 1, sizeof *c.pad),
    };
    if (!c.names || !c.curves || !c.offset || !c.scale || !c.low || !c.high || !c.missing || !c.pad)
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

// ---- curves ----

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

/// \param out [n], not x
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

// ---- blocks of numbers ----

enum { BLOCK = 256 }; ///< numbers at a time: their places are bytes

/// Some rows one behind the other, or a piece of a long one, and what is done to each number.
typedef struct block {
    size_t width, n_rows;
    const double *offset, *scale, *low, *high, *missing; ///< [n_rows × width]
    double repeated[5][BLOCK];                           ///< those of rows
    bool is_bent;                                        ///< there are other curves than identity
    bool is_bounded, fills;      ///< there are bounds; values of what is missing
    size_t ends[BL_NN_N_CURVES]; ///< of each curve in `places`
    uint8_t places[BLOCK];       ///< numbers that are bent, by curve
} block;

/// A constant for each number of a block: the row's, again and again.
static const double *repeat(const double *row, const block *b, double *to) {
    size_t n = b->n_rows * b->width, n_done = b->width;
    if (b->n_rows == 1)
        return row;
    memcpy(to, row, n_done * sizeof *to);
    for (; n_done * 2 <= n; n_done *= 2)
        memcpy(to + n_done, to, n_done * sizeof *to);
    memcpy(to + n_done, to, (n - n_done) * sizeof *to);
    return to;
}

static void find_places(const bl_nn_curve *curves, block *b) {
    unsigned present = 0;
    size_t n = 0;
    for (size_t i = 0; i < b->width; i++)
        present |= 1U << curves[i];
    b->is_bent = present > 1U << BL_NN_CURVE_IDENTITY;
    for (unsigned curve = 0; curve < BL_NN_N_CURVES && b->is_bent; curve++) {
        bool is_there = curve != BL_NN_CURVE_IDENTITY && (present >> curve & 1);
        for (size_t i = 0; i < b->width && is_there; i++)
            for (size_t row = 0; row < b->n_rows && curves[i] == (bl_nn_curve)curve; row++)
                b->places[n++] = (uint8_t)(row * b->width + i);
        b->ends[curve] = n;
    }
}

/// Whether more is done than what is linear.
static void find_cuts(const bl_nn_columns *c, size_t first, block *b) {
    const double *low = c->low + first, *high = c->high + first, *missing = c->missing + first;
    b->is_bounded = b->fills = false;
    for (size_t i = 0; i < b->width; i++) {
        b->is_bounded |= (low[i] > -INFINITY) | (high[i] < INFINITY);
        b->fills |= missing[i] == missing[i];
    }
}

static void begin_block(const bl_nn_columns *c, size_t first, size_t width, size_t n_rows,
                        block *b) {
    b->width = width;
    b->n_rows = n_rows;
    b->offset = repeat(c->offset + first, b, b->repeated[0]);
    b->scale = repeat(c->scale + first, b, b->repeated[1]);
    find_cuts(c, first, b);
    if (b->is_bounded) {
        b->low = repeat(c->low + first, b, b->repeated[2]);
        b->high = repeat(c->high + first, b, b->repeated[3]);
    }
    if (b->fills)
        b->missing = repeat(c->missing + first, b, b->repeated[4]);
    find_places(c->curves + first, b);
}

/// Numbers of one curve are computed together.
static void bend_all(const block *b, double *x) {
    double apart[BLOCK], bent[BLOCK];
    for (unsigned curve = BL_NN_CURVE_IDENTITY + 1; curve < BL_NN_N_CURVES; curve++) {
        const uint8_t *places = b->places + b->ends[curve - 1];
        size_t n = b->ends[curve] - b->ends[curve - 1];
        for (size_t i = 0; i < n; i++)
            apart[i] = x[places[i]];
        if (n)
            bend((bl_nn_curve)curve, apart, bent, n);
        for (size_t i = 0; i < n; i++)
            x[places[i]] = bent[i];
    }
}

/// Number i of a block.
static inline __attribute__((always_inline)) double scaled(const block *b, size_t i, double x,
                                                           bool is_bounded, bool fills) {
    double y = (x - b->offset[i]) * b->scale[i];
    if (is_bounded) {
        y = y < b->low[i] ? b->low[i] : y;
        y = y > b->high[i] ? b->high[i] : y;
    }
    if (!fills)
        return y;
    double missing = b->missing[i]; // read in any case: else the loop has a branch
    return y == y ? y : missing;
}

// ---- rows ----

/// Rows of floats or doubles.
typedef struct rows {
    void *data;
    size_t stride;
    bool is_double;
} rows;

/// Its number `first`.
static void *number_of(const rows *r, size_t first) {
    return (char *)r->data + first * (r->is_double ? sizeof(double) : sizeof(float));
}

BL_WIDE static void load(const void *from, bool is_double, size_t n, double *restrict to) {
    if (is_double)
        memcpy(to, from, n * sizeof *to);
    else
        for (size_t i = 0; i < n; i++)
            to[i] = ((const float *)from)[i];
}

static inline __attribute__((always_inline)) void store_as(const block *b, size_t first, size_t n,
                                                           const double *restrict values, void *to,
                                                           bool is_double, bool is_bounded,
                                                           bool fills) {
    double *restrict doubles = (double *)to;
    float *restrict floats = (float *)to;
    if (is_double)
        for (size_t i = 0; i < n; i++)
            doubles[i] = scaled(b, first + i, values[i], is_bounded, fills);
    else
        for (size_t i = 0; i < n; i++)
            floats[i] = (float)scaled(b, first + i, values[i], is_bounded, fills);
}

/// \param first of n numbers of the block
BL_WIDE static void store(const block *b, size_t first, size_t n, const double *values, void *to,
                          bool is_double) {
    if (b->is_bounded && b->fills)
        store_as(b, first, n, values, to, is_double, true, true);
    else if (b->is_bounded)
        store_as(b, first, n, values, to, is_double, true, false);
    else if (b->fills)
        store_as(b, first, n, values, to, is_double, false, true);
    else
        store_as(b, first, n, values, to, is_double, false, false);
}

/// As many rows as the block has, from a row and column on. Rows without gaps are one.
static void run_block(const block *b, const rows *x, const rows *out, size_t row, size_t first) {
    double values[BLOCK];
    size_t n = b->width * b->n_rows;
    size_t n_in = x->stride == b->width ? n : b->width;
    size_t n_out = out->stride == b->width ? n : b->width;
    for (size_t i = 0, at = row * x->stride + first; i < n; i += n_in, at += x->stride)
        load(number_of(x, at), x->is_double, n_in, values + i);
    if (b->is_bent)
        bend_all(b, values);
    for (size_t i = 0, at = row * out->stride + first; i < n; i += n_out, at += out->stride)
        store(b, i, n_out, values + i, number_of(out, at), out->is_double);
}

/// Pieces of rows that a block holds, and of short ones as many as it holds.
static void run(const bl_nn_columns *c, size_t m, const rows *x, const rows *out) {
    block b;
    for (size_t first = 0, width; first < c->n; first += width) {
        width = c->n - first < BLOCK ? c->n - first : BLOCK;
        for (size_t row = 0, n_rows; row < m; row += n_rows) {
            n_rows = BLOCK / width < m - row ? BLOCK / width : m - row;
            if (row == 0 || (n_rows != b.n_rows && b.is_bent)) // else fewer rows have the same
                begin_block(c, first, width, n_rows, &b);
            b.n_rows = n_rows;
            run_block(&b, x, out, row, first);
        }
    }
}

void bl_nn_columns_run(const bl_nn_columns *columns, size_t m, const float *x, size_t x_stride,
                       float *out, size_t out_stride) {
    const rows from = {(void *)(uintptr_t)x, x_stride, false}, to = {out, out_stride, false};
    run(columns, m, &from, &to);
}

void bl_nn_columns_run_double(const bl_nn_columns *columns, size_t m, const double *x,
                              size_t x_stride, double *out, size_t out_stride) {
    const rows from = {(void *)(uintptr_t)x, x_stride, true}, to = {out, out_stride, true};
    run(columns, m, &from, &to);
}
