// SPDX-License-Identifier: Apache-2.0
// Reductions of the innermost lists. Sums add in the order of the list, so that they have the same
// bits everywhere.
#include <math.h>

#include "expr/lists.h"

/// The elements of one list.
typedef struct items {
    const uint8_t *bools;
    const int64_t *ints;
    const double *floats;
    const uint8_t *valid;
    int64_t n;
} items;

static items items_at(const bl_array *from, int64_t first, int64_t n) {
    return (items){.bools = (const uint8_t *)from->data + first,
                   .ints = (const int64_t *)from->data + first,
                   .floats = (const double *)from->data + first,
                   .valid = from->valid ? from->valid + first : NULL,
                   .n = n};
}

static bool is_there(const items *x, int64_t i) { return !x->valid || x->valid[i]; }

static int64_t count(const items *x) {
    int64_t n = 0;
    for (int64_t i = 0; i < x->n; i++)
        n += is_there(x, i);
    return n;
}

static int64_t fold_ints(const items *x, bool is_product) {
    uint64_t result = is_product;
    for (int64_t i = 0; i < x->n; i++) {
        uint64_t value = (uint64_t)x->ints[i];
        if (is_there(x, i))
            result = is_product ? result * value : result + value;
    }
    return (int64_t)result;
}

static double fold_floats(const items *x, bool is_product) {
    double result = is_product;
    for (int64_t i = 0; i < x->n; i++)
        if (is_there(x, i))
            result = is_product ? result * x->floats[i] : result + x->floats[i];
    return result;
}

static double variance(const items *x) {
    double n = (double)count(x), mean = fold_floats(x, false) / n, sum = 0;
    for (int64_t i = 0; i < x->n; i++)
        if (is_there(x, i))
            sum += (x->floats[i] - mean) * (x->floats[i] - mean);
    return sum / n;
}

static bool any_is(const items *x, uint8_t wanted) {
    for (int64_t i = 0; i < x->n; i++)
        if (is_there(x, i) && x->bools[i] == wanted)
            return true;
    return false;
}

/// The place of the largest or smallest; of floats the first NaN's. −1: there is none
static int64_t extreme_float(const items *x, bool largest) {
    int64_t best = -1;
    for (int64_t i = 0; i < x->n; i++) {
        double value = x->floats[i];
        if (!is_there(x, i))
            continue;
        if (isnan(value))
            return i;
        if (best < 0 || (largest ? value > x->floats[best] : value < x->floats[best]))
            best = i;
    }
    return best;
}

static int64_t extreme_int(const items *x, bool largest) {
    int64_t best = -1;
    for (int64_t i = 0; i < x->n; i++)
        if (is_there(x, i) &&
            (best < 0 || (largest ? x->ints[i] > x->ints[best] : x->ints[i] < x->ints[best])))
            best = i;
    return best;
}

/// Minimum, maximum and their places: element `i` of the result.
static void reduce_extreme(const items *x, bl_kind kind, bl_reduction what, int64_t i, void *out,
                           uint8_t *valid) {
    bool largest = what == BL_REDUCE_MAX || what == BL_REDUCE_ARGMAX;
    int64_t best = kind == BL_KIND_FLOAT ? extreme_float(x, largest) : extreme_int(x, largest);
    if (valid)
        valid[i] = best >= 0;
    if (what == BL_REDUCE_ARGMIN || what == BL_REDUCE_ARGMAX)
        ((int64_t *)out)[i] = best;
    else if (kind == BL_KIND_FLOAT)
        ((double *)out)[i] = best >= 0 ? x->floats[best] : NAN;
    else
        ((int64_t *)out)[i] = best >= 0 ? x->ints[best] : 0;
}

static void reduce_list(const items *x, bl_kind kind, bl_reduction what, int64_t i, void *out,
                        uint8_t *valid) {
    bool is_product = what == BL_REDUCE_PROD;
    switch (what) {
    case BL_REDUCE_SUM:
    case BL_REDUCE_PROD:
        if (kind == BL_KIND_FLOAT)
            ((double *)out)[i] = fold_floats(x, is_product);
        else
            ((int64_t *)out)[i] = fold_ints(x, is_product);
        return;
    case BL_REDUCE_ANY:
        ((uint8_t *)out)[i] = any_is(x, 1);
        return;
    case BL_REDUCE_ALL:
        ((uint8_t *)out)[i] = !any_is(x, 0);
        return;
    case BL_REDUCE_COUNT:
        ((int64_t *)out)[i] = count(x);
        return;
    case BL_REDUCE_MEAN:
        ((double *)out)[i] = fold_floats(x, false) / (double)count(x);
        return;
    case BL_REDUCE_VAR:
        ((double *)out)[i] = variance(x);
        return;
    case BL_REDUCE_STD:
        ((double *)out)[i] = sqrt(variance(x));
        return;
    default:
        reduce_extreme(x, kind, what, i, out, valid);
    }
}

// ---- lists of which nothing is missing, the usual case ----

/// All lists of an array: list i has the elements from ends[i] up to ends[i + 1].
typedef void (*lists_fn)(const void *data, const int32_t *ends, int64_t n, void *out,
                         uint8_t *valid);

#define SUMS(name, kind, zero)                                                    \
    static void name(const void *data, const int32_t *ends, int64_t n, void *out, \
                     uint8_t *valid) {                                            \
        (void)valid;                                                              \
        for (int64_t i = 0; i < n; i++) {                                         \
            kind sum = zero;                                                      \
            for (int32_t k = ends[i] - ends[0]; k < ends[i + 1] - ends[0]; k++)   \
                sum += ((const kind *)data)[k];                                   \
            ((kind *)out)[i] = sum;                                               \
        }                                                                         \
    }
SUMS(sum_floats, double, 0)
SUMS(sum_ints, uint64_t, 0)

/// A NaN is what its list gives.
#define EXTREMES(name, kind, sign)                                                \
    static void name(const void *data, const int32_t *ends, int64_t n, void *out, \
                     uint8_t *valid) {                                            \
        for (int64_t i = 0; i < n; i++) {                                         \
            int32_t first = ends[i] - ends[0], end = ends[i + 1] - ends[0];       \
            const kind *x = (const kind *)data;                                   \
            kind best = first < end ? x[first] : 0;                               \
            bool has_nan = best != best;                                          \
            for (int32_t k = first + 1; k < end; k++) {                           \
                best = x[k] sign best ? x[k] : best;                              \
                has_nan |= x[k] != x[k];                                          \
            }                                                                     \
            ((kind *)out)[i] = has_nan ? (kind)NAN : best;                        \
            if (valid)                                                            \
                valid[i] = first < end;                                           \
        }                                                                         \
    }
EXTREMES(max_floats, double, >)
EXTREMES(min_floats, double, <)

/// The place of the first NaN of a list that has one.
static int64_t first_nan(const double *x) {
    int64_t i = 0;
    while (x[i] == x[i])
        i++;
    return i;
}

#define PLACES_OF_EXTREMES(name, sign)                                            \
    static void name(const void *data, const int32_t *ends, int64_t n, void *out, \
                     uint8_t *valid) {                                            \
        const double *x = (const double *)data;                                   \
        for (int64_t i = 0; i < n; i++, x += ends[i] - ends[i - 1]) {             \
            int64_t length = ends[i + 1] - ends[i], place = length > 0 ? 0 : -1;  \
            double best = length > 0 ? x[0] : 0;                                  \
            bool has_nan = best != best;                                          \
            for (int64_t k = 1; k < length; k++) {                                \
                bool is_better = x[k] sign best;                                  \
                place = is_better ? k : place;                                    \
                best = is_better ? x[k] : best;                                   \
                has_nan |= x[k] != x[k];                                          \
            }                                                                     \
            ((int64_t *)out)[i] = has_nan ? first_nan(x) : place;                 \
            if (valid)                                                            \
                valid[i] = length > 0;                                            \
        }                                                                         \
    }
PLACES_OF_EXTREMES(argmax_floats, >)
PLACES_OF_EXTREMES(argmin_floats, <)

#define ANY_OR_ALL(name, start, sign)                                             \
    static void name(const void *data, const int32_t *ends, int64_t n, void *out, \
                     uint8_t *valid) {                                            \
        (void)valid;                                                              \
        for (int64_t i = 0; i < n; i++) {                                         \
            uint8_t result = start;                                               \
            for (int32_t k = ends[i] - ends[0]; k < ends[i + 1] - ends[0]; k++)   \
                result sign((const uint8_t *)data)[k];                            \
            ((uint8_t *)out)[i] = result;                                         \
        }                                                                         \
    }
ANY_OR_ALL(any_bools, 0, |=)
ANY_OR_ALL(all_bools, 1, &=)

/// NULL: there is none, and each list is reduced for itself.
static lists_fn whole_lists(bl_reduction what, bl_kind kind) {
    switch (what) {
    case BL_REDUCE_SUM:
        return kind == BL_KIND_FLOAT ? sum_floats : sum_ints;
    case BL_REDUCE_MAX:
        return kind == BL_KIND_FLOAT ? max_floats : NULL;
    case BL_REDUCE_MIN:
        return kind == BL_KIND_FLOAT ? min_floats : NULL;
    case BL_REDUCE_ARGMAX:
        return kind == BL_KIND_FLOAT ? argmax_floats : NULL;
    case BL_REDUCE_ARGMIN:
        return kind == BL_KIND_FLOAT ? argmin_floats : NULL;
    case BL_REDUCE_ANY:
        return any_bools;
    case BL_REDUCE_ALL:
        return all_bools;
    default:
        return NULL;
    }
}

bl_status bl_step_reduce(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0);
    bl_reduction what = (bl_reduction)step->integer;
    unsigned level = step->type.depth;
    const int32_t *offsets = from->offsets[level];
    int64_t n_lists = bl_array_n_lists(from, level);
    bl_array *array;
    void *out;
    uint8_t *valid = NULL;
    BL_TRY(bl_run_new(run, step, n_lists, &array, &out, err));
    bl_run_share_lists(array, from, level);
    if (step->type.may_miss)
        BL_TRY(bl_run_new_valid(run, step, &valid, err));
    lists_fn whole = from->valid ? NULL : whole_lists(what, from->kind);
    if (whole)
        whole(from->data, offsets, n_lists, out, valid);
    for (int64_t i = 0; !whole && i < n_lists; i++) {
        items x = items_at(from, offsets[i] - offsets[0], offsets[i + 1] - offsets[i]);
        reduce_list(&x, from->kind, what, i, out, valid);
    }
    return BL_OK;
}

bl_status bl_step_num(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0);
    unsigned level = (unsigned)step->integer;
    int64_t n_lists = bl_array_n_lists(from, level);
    bl_array *array;
    void *out;
    BL_TRY(bl_run_new(run, step, n_lists, &array, &out, err));
    bl_run_share_lists(array, from, level);
    for (int64_t i = 0; i < n_lists; i++)
        ((int64_t *)out)[i] = from->offsets[level][i + 1] - from->offsets[level][i];
    return BL_OK;
}

bl_status bl_step_local_index(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0);
    unsigned level = from->depth - 1;
    const int32_t *offsets = from->offsets[level];
    bl_array *array;
    void *out;
    BL_TRY(bl_run_new(run, step, from->n, &array, &out, err));
    bl_run_share_lists(array, from, from->depth);
    for (int64_t i = 0; i < bl_array_n_lists(from, level); i++)
        for (int32_t k = offsets[i]; k < offsets[i + 1]; k++)
            ((int64_t *)out)[k - offsets[0]] = k - offsets[i];
    return BL_OK;
}
