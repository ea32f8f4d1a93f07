// SPDX-License-Identifier: Apache-2.0
// Moments of columns. A block of a column is copied out of its rows, in double, bent, and looked at
// twice while it is in a cache: for its sum and extremes, and for the squares of what is left of
// its numbers without their mean. Blocks are then merged in order. Eight numbers go side by side,
// whatever the processor, so that bits do not depend on it. Only where a sum is not finite is a
// number looked at by itself.
// Source: T. F. Chan, G. H. Golub, R. J. LeVeque, Technical Report STAN-CS-79-773 (1979)
#include "data/statistics/moments.h"

#include <math.h>

#include "base/json_text.h"
#include "base/number_text.h"
#include "base/wide.h"

enum { LANES = 8, ROW = 64, BLOCK = 512 };

/// Half of the lanes: compilers take no wider vectors apart well.
typedef double half __attribute__((vector_size(LANES / 2 * sizeof(double))));
typedef int64_t half_bits __attribute__((vector_size(LANES / 2 * sizeof(int64_t))));

// ---- curves ----

/// A transform that only bends: numbers of a column are its rows, ROW of them side by side. So what
/// is fitted has been bent by what will bend it when the transform is run.
typedef struct bender {
    bl_nn_columns columns;
    bl_nn_curve curves[ROW];
    double offset[ROW], scale[ROW], low[ROW], high[ROW], missing[ROW];
} bender;

static void bender_init(bender *b, bl_nn_curve curve) {
    for (size_t i = 0; i < ROW; i++) {
        b->curves[i] = curve;
        b->offset[i] = 0;
        b->scale[i] = 1;
        b->low[i] = -INFINITY;
        b->high[i] = INFINITY;
        b->missing[i] = NAN;
    }
    b->columns = (bl_nn_columns){
        .n = ROW,
        .curves = b->curves,
        .offset = b->offset,
        .scale = b->scale,
        .low = b->low,
        .high = b->high,
        .missing = b->missing,
    };
}

/// \param x [BLOCK], of which m count
static void bend(bl_nn_curve curve, double *x, size_t m) {
    bender b;
    size_t n_rows = (m + ROW - 1) / ROW;
    bender_init(&b, curve);
    memset(x + m, 0, (n_rows * ROW - m) * sizeof *x);
    bl_nn_columns_run_double(&b.columns, n_rows, x, ROW, x, ROW);
}

// ---- adding ----

BL_WIDE static void copy_floats(const float *x, size_t stride, size_t m, double *out) {
    for (size_t i = 0; i < m; i++)
        out[i] = x[i * stride];
}

static void copy_doubles(const double *x, size_t stride, size_t m, double *out) {
    for (size_t i = 0; i < m; i++)
        out[i] = x[i * stride];
}

/// Sums lanes in pairs.
static double sum_of(const double *lanes) {
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
           ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

/// \return the sum; extremes are those of numbers that are no NaN
BL_WIDE static double look(const double *x, size_t m, double *ret_min, double *ret_max) {
    half sums[2] = {{0}}, lowest[2], highest[2];
    double sum[LANES], min[LANES], max[LANES];
    size_t i = 0;
    for (size_t k = 0; k < 2; k++) {
        lowest[k] = sums[k] + INFINITY;
        highest[k] = sums[k] - INFINITY;
    }
    for (; i + LANES <= m; i += LANES)
        for (size_t k = 0; k < 2; k++) {
            half v;
            memcpy(&v, x + i + k * (LANES / 2), sizeof v);
            half_bits is_lower = v < lowest[k];
            half_bits is_higher = v > highest[k];
            sums[k] += v;
            lowest[k] = (half)(((half_bits)v & is_lower) | ((half_bits)lowest[k] & ~is_lower));
            highest[k] = (half)(((half_bits)v & is_higher) | ((half_bits)highest[k] & ~is_higher));
        }
    memcpy(sum, sums, sizeof sum);
    memcpy(min, lowest, sizeof min);
    memcpy(max, highest, sizeof max);
    for (size_t k = 0; i < m; i++, k++) {
        sum[k] += x[i];
        min[k] = x[i] < min[k] ? x[i] : min[k];
        max[k] = x[i] > max[k] ? x[i] : max[k];
    }
    for (size_t k = 1; k < LANES; k++) {
        min[0] = min[k] < min[0] ? min[k] : min[0];
        max[0] = max[k] > max[0] ? max[k] : max[0];
    }
    *ret_min = min[0];
    *ret_max = max[0];
    return sum_of(sum);
}

BL_WIDE static double squares(const double *x, size_t m, double mean) {
    double sum[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= m; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            sum[k] += (x[i + k] - mean) * (x[i + k] - mean);
    for (size_t k = 0; i < m; i++, k++)
        sum[k] += (x[i] - mean) * (x[i] - mean);
    return sum_of(sum);
}

/// Moves what is finite to the front and counts the rest. \return how many are finite
static size_t keep_finite(double *x, size_t m, bl_moments *counts) {
    size_t n = 0;
    for (size_t i = 0; i < m; i++) {
        double v = x[i];
        counts->n_nan += isnan(v) != 0;
        counts->n_infinite += isinf(v) != 0;
        x[n] = v;
        n += isfinite(v) != 0;
    }
    return n;
}

static void add_block(bl_moments *moments, double *x, size_t m) {
    bl_moments block = {.n = m};
    double sum = look(x, m, &block.min, &block.max);
    if (!isfinite(sum)) {
        block.n = m = keep_finite(x, m, &block);
        sum = look(x, m, &block.min, &block.max);
    }
    if (m) {
        block.mean = sum / (double)m;
        block.m2 = squares(x, m, block.mean);
    }
    bl_moments_merge(moments, &block);
}

void bl_moments_add(bl_moments *moments, size_t n, const bl_nn_curve *curves, size_t m,
                    const void *x, size_t stride, bool is_double) {
    double block[BLOCK];
    for (size_t row = 0, rows; row < m; row += rows) {
        rows = m - row < BLOCK ? m - row : BLOCK;
        for (size_t i = 0; i < n; i++) {
            if (is_double)
                copy_doubles((const double *)x + row * stride + i, stride, rows, block);
            else
                copy_floats((const float *)x + row * stride + i, stride, rows, block);
            if (curves[i] != BL_NN_CURVE_IDENTITY)
                bend(curves[i], block, rows);
            add_block(&moments[i], block, rows);
        }
    }
}

void bl_moments_merge(bl_moments *moments, const bl_moments *other) {
    bl_moments *a = moments;
    const bl_moments *b = other;
    a->n_nan += b->n_nan;
    a->n_infinite += b->n_infinite;
    if (!b->n)
        return;
    double share = (double)b->n / (double)(a->n + b->n), delta = b->mean - a->mean;
    if (a->n) {
        a->min = b->min < a->min ? b->min : a->min;
        a->max = b->max > a->max ? b->max : a->max;
        a->mean += delta * share;
        a->m2 += b->m2 + delta * delta * ((double)a->n * share);
    } else {
        a->min = b->min;
        a->max = b->max;
        a->mean = b->mean;
        a->m2 = b->m2;
    }
    a->n += b->n;
}

double bl_moments_sigma(const bl_moments *moments) {
    if (!moments->n)
        return NAN;
    return moments->min == moments->max ? 0 : sqrt(moments->m2 / (double)moments->n);
}

// ---- JSON ----

enum { N_COUNTS = 3, N_NUMBERS = 4 };

static void put(bl_text *to, double x) {
    if (isfinite(x))
        bl_json_put_number(to, x);
    else
        bl_text_add(to, isnan(x) ? "\"nan\"" : x > 0 ? "\"inf\"" : "\"-inf\"");
}

bl_status bl_moments_write(bl_arena *arena, const bl_moments *moments, size_t n,
                           const char **ret_text, bl_error *err) {
    bl_text to = {.arena = arena};
    bl_text_add(&to, "[");
    for (size_t i = 0; i < n; i++) {
        const bl_moments *of = &moments[i];
        const double numbers[N_NUMBERS] = {of->min, of->max, of->mean, of->m2};
        bl_text_add(&to, "%s[%llu, %llu, %llu", i ? ", " : "", (unsigned long long)of->n,
                    (unsigned long long)of->n_nan, (unsigned long long)of->n_infinite);
        for (size_t k = 0; k < N_NUMBERS; k++) {
            bl_text_add(&to, ", ");
            put(&to, numbers[k]);
        }
        bl_text_add(&to, "]");
    }
    bl_text_add(&to, "]");
    if (to.has_failed)
        return bl_error_nomem(err, to.n, "statistics");
    *ret_text = to.text;
    return BL_OK;
}

static bl_status take(const bl_item *item, double *ret_number, bl_error *err) {
    static const char *const names[] = {"nan", "inf", "-inf"};
    const double values[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; item->kind == BL_ITEM_TEXT && i < sizeof values / sizeof *values; i++)
        if (strcmp(item->text, names[i]) == 0) {
            *ret_number = values[i];
            return BL_OK;
        }
    return bl_item_number(item, "a moment", ret_number, err);
}

static bl_status read_one(const bl_item *item, bl_moments *ret_moments, bl_error *err) {
    bl_moments m = {0};
    uint64_t *counts[N_COUNTS] = {&m.n, &m.n_nan, &m.n_infinite};
    double *numbers[N_NUMBERS] = {&m.min, &m.max, &m.mean, &m.m2};
    BL_TRY(bl_item_expect(item, "moments", BL_ITEM_LIST, err));
    if (item->n != N_COUNTS + N_NUMBERS)
        return bl_item_error(item, BL_E_INVALID, err, "moments are %d numbers, not %zu",
                             N_COUNTS + N_NUMBERS, item->n);
    for (size_t i = 0; i < N_COUNTS; i++) {
        int64_t count = 0;
        BL_TRY(bl_item_integer(item->items[i], "a count", &count, err));
        if (count < 0)
            return bl_item_error(item->items[i], BL_E_INVALID, err, "a count is negative");
        *counts[i] = (uint64_t)count;
    }
    for (size_t i = 0; i < N_NUMBERS; i++)
        BL_TRY(take(item->items[N_COUNTS + i], numbers[i], err));
    *ret_moments = m;
    return BL_OK;
}

bl_status bl_moments_read(const bl_item *item, size_t n, bl_moments *ret_moments, bl_error *err) {
    BL_TRY(bl_item_expect(item, "moments", BL_ITEM_LIST, err));
    if (item->n != n)
        return bl_item_error(item, BL_E_INVALID, err, "moments of %zu columns, not of %zu", item->n,
                             n);
    for (size_t i = 0; i < n; i++)
        BL_TRY(read_one(item->items[i], &ret_moments[i], err));
    return BL_OK;
}
