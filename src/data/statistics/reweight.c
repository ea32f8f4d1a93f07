// SPDX-License-Identifier: Apache-2.0
// Spectra of classes, and factors that bring them to one shape.
#include "data/statistics/reweight.h"

#include <math.h>

#include "base/names.h"
#include "base/random.h"
#include "data/statistics/fit.h"

static const size_t most_bins = (size_t)1 << 24;

// ---- spectra ----

bl_status bl_spectra_init(bl_arena *arena, const bl_weights_config *config, size_t n_classes,
                          bl_spectra *ret_spectra, bl_error *err) {
    size_t n = 1;
    for (size_t i = 0; i < config->n_axes; i++)
        if (__builtin_mul_overflow(n, config->axes[i].n_edges - 1, &n) || n > most_bins)
            return bl_error_set(err, BL_E_LIMIT, "reweight_vars: more than %zu bins", most_bins);
    if (n_classes && n > most_bins / n_classes)
        return bl_error_set(err, BL_E_LIMIT, "reweight_vars: more than %zu bins of %zu classes",
                            most_bins, n_classes);
    double *sums = (double *)bl_arena_array(arena, n * n_classes + 1, sizeof *sums);
    if (!sums)
        return bl_error_nomem(err, n * n_classes * sizeof *sums, "spectra");
    *ret_spectra = (bl_spectra){config, n, n_classes, sums};
    return BL_OK;
}

/// \return SIZE_MAX outside
static size_t bin_of(const bl_reweight_axis *axis, double value, bool keeps_outside) {
    size_t low = 0, high = axis->n_edges - 1; // the bins
    bool is_inside = value >= axis->edges[0] && value <= axis->edges[high];
    if (!is_inside && (!keeps_outside || isnan(value)))
        return SIZE_MAX;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (value >= axis->edges[middle])
            low = middle;
        else
            high = middle;
    }
    return low;
}

size_t bl_spectra_bin(const bl_spectra *spectra, const double *values) {
    const bl_weights_config *config = spectra->config;
    size_t bin = 0;
    for (size_t i = 0; i < config->n_axes; i++) {
        const bl_reweight_axis *axis = &config->axes[i];
        size_t at = bin_of(axis, values[i], config->keeps_outside);
        if (at == SIZE_MAX)
            return SIZE_MAX;
        bin = bin * (axis->n_edges - 1) + at;
    }
    return bin;
}

void bl_spectra_merge(bl_spectra *spectra, const bl_spectra *other) {
    for (size_t i = 0; i < spectra->n_classes * spectra->n_bins; i++)
        spectra->sums[i] += other->sums[i];
}

// ---- factors ----

/// Classes in the order of the configuration, and what is worked with.
typedef struct reweighting {
    const bl_spectra *spectra;
    const bl_weights_config *config;
    const char *const *labels;
    size_t n;
    size_t *classes; ///< [n] of the labels
    double *room;    ///< [n_bins] for quantiles
    bl_factors factors;
} reweighting;

static const double *sums_of(const reweighting *r, size_t i) {
    return r->spectra->sums + r->classes[i] * r->spectra->n_bins;
}

static double *factors_of(const reweighting *r, size_t i) {
    return r->factors.of_bins + r->classes[i] * r->spectra->n_bins;
}

static bl_status find_class(const reweighting *r, const char *name, size_t *ret_class,
                            bl_error *err) {
    for (size_t i = 0; i < r->spectra->n_classes; i++)
        if (strcmp(r->labels[i], name) == 0) {
            *ret_class = i;
            return BL_OK;
        }
    bl_nearest nearest;
    bl_nearest_init(&nearest, name);
    for (size_t i = 0; i < r->spectra->n_classes; i++)
        bl_nearest_offer(&nearest, r->labels[i]);
    bl_error_set(err, BL_E_NOTFOUND, "reweight_classes: there is no label '%s'", name);
    return bl_nearest_hint(&nearest, BL_E_NOTFOUND, err);
}

static bl_status check_weights(const char *key, const double *weights, size_t n, size_t n_classes,
                               bl_error *err) {
    if (n && n != n_classes)
        return bl_error_set(err, BL_E_INVALID, "%s: %zu numbers for %zu classes", key, n,
                            n_classes);
    for (size_t i = 0; i < n; i++)
        if (!(weights[i] > 0) || isinf(weights[i]))
            return bl_error_set(err, BL_E_INVALID, "%s: %g is not above 0", key, weights[i]);
    return BL_OK;
}

static bl_status begin(reweighting *r, bl_arena *arena, bl_error *err) {
    const bl_weights_config *config = r->config;
    size_t n_bins = r->spectra->n_bins, n_all = r->spectra->n_classes;
    r->n = config->n_classes ? config->n_classes : n_all;
    r->classes = (size_t *)bl_arena_array(arena, r->n + 1, sizeof *r->classes);
    r->room = (double *)bl_arena_array(arena, n_bins, sizeof *r->room);
    r->factors.n_bins = n_bins;
    r->factors.of_bins =
        (double *)bl_arena_array(arena, n_bins * n_all + 1, sizeof *r->factors.of_bins);
    if (!r->classes || !r->room || !r->factors.of_bins)
        return bl_error_nomem(err, n_bins * (n_all + 1) * sizeof(double), "reweighting");
    for (size_t i = 0; i < r->n; i++) {
        r->classes[i] = i;
        if (config->n_classes)
            BL_TRY(find_class(r, config->classes[i], &r->classes[i], err));
    }
    return check_weights("class_weights", config->class_weights, config->n_class_weights, r->n,
                         err);
}

/// Numbers above `least`, for a quantile. \return how many
static size_t collect(double *room, const double *x, size_t n, double least) {
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (x[i] > least)
            room[m++] = x[i];
    return m;
}

static void accept_flat(const reweighting *r, const double *sums, double *factors) {
    size_t n = r->spectra->n_bins;
    double median = bl_quantile_of(r->room, collect(r->room, sums, n, 0), 0.5);
    size_t m = collect(r->room, sums, n, median * 0.01);
    double level = bl_quantile_of(r->room, m, r->config->threshold / 100);
    for (size_t i = 0; i < n; i++)
        factors[i] = sums[i] > 0 ? fmin(level / sums[i], 1) : 0;
}

static void accept_ref(const reweighting *r, const double *sums, double *factors) {
    const double *first = sums_of(r, 0);
    size_t n = r->spectra->n_bins;
    for (size_t i = 0; i < n; i++)
        factors[i] = sums[i] > 0 && first[i] > 0 ? first[i] / sums[i] : 0;
    size_t m = collect(r->room, factors, n, 0);
    double most = bl_quantile_of(r->room, m, (100 - r->config->threshold) / 100);
    for (size_t i = 0; m && i < n; i++)
        factors[i] = fmin(factors[i] / most, 1);
}

/// Σ factor·sum of bins that have any.
static double accepted(const reweighting *r, size_t i) {
    const double *sums = sums_of(r, i), *factors = factors_of(r, i);
    double sum = 0;
    for (size_t k = 0; k < r->spectra->n_bins; k++)
        sum += factors[k] * sums[k];
    return sum;
}

static void multiply(const reweighting *r, size_t i, double by) {
    double *factors = factors_of(r, i);
    for (size_t k = 0; k < r->spectra->n_bins; k++)
        factors[k] *= by;
}

static bl_status make_shape(const reweighting *r, size_t i, bl_error *err) {
    const double *sums = sums_of(r, i);
    double *factors = factors_of(r, i);
    if (!collect(r->room, sums, r->spectra->n_bins, 0))
        return bl_error_set(err, BL_E_RANGE,
                            "reweight_vars: class '%s' has no weight inside the axes",
                            r->labels[r->classes[i]]);
    if (r->config->reweighting == BL_REWEIGHT_REF)
        accept_ref(r, sums, factors);
    else
        accept_flat(r, sums, factors);
    if (!(accepted(r, i) > 0))
        return bl_error_set(err, BL_E_RANGE,
                            "reweight_vars: class '%s' has no weight where class '%s' has any",
                            r->labels[r->classes[i]], r->labels[r->classes[0]]);
    return BL_OK;
}

static double class_weight(const reweighting *r, size_t i) {
    return r->config->n_class_weights ? r->config->class_weights[i] : 1;
}

/// Brings classes to sums as their weights say.
static void equalise(const reweighting *r) {
    double least = INFINITY;
    for (size_t i = 0; i < r->n; i++)
        least = fmin(least, accepted(r, i) / class_weight(r, i));
    for (size_t i = 0; i < r->n; i++)
        multiply(r, i, least * class_weight(r, i) / accepted(r, i));
}

/// Scales all factors so that they change no sum over all classes.
static void keep_sum(const reweighting *r) {
    double before = 0, after = 0;
    for (size_t i = 0; i < r->n; i++) {
        const double *sums = sums_of(r, i);
        for (size_t k = 0; k < r->spectra->n_bins; k++)
            before += sums[k] > 0 ? sums[k] : 0;
        after += accepted(r, i);
    }
    for (size_t i = 0; i < r->n; i++)
        multiply(r, i, before / after);
}

bl_status bl_reweight(bl_arena *arena, const bl_spectra *spectra, const char *const *labels,
                      bl_factors *ret_factors, bl_error *err) {
    reweighting r = {.spectra = spectra, .config = spectra->config, .labels = labels};
    BL_TRY(begin(&r, arena, err));
    for (size_t i = 0; i < r.n; i++)
        BL_TRY(make_shape(&r, i, err));
    equalise(&r);
    if (!r.config->resamples)
        keep_sum(&r);
    *ret_factors = r.factors;
    return BL_OK;
}

// ---- balance ----

void bl_balance_factors(bl_balance balance, size_t n_classes, const double *amounts,
                        double *ret_factors) {
    double least = INFINITY, most = 0, sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < n_classes; i++)
        if (amounts[i] > 0) {
            least = fmin(least, amounts[i]);
            most = fmax(most, amounts[i]);
            sum += amounts[i];
            n++;
        }
    double aim = balance == BL_BALANCE_UNDERSAMPLE  ? least
                 : balance == BL_BALANCE_OVERSAMPLE ? most
                                                    : sum / (double)n;
    for (size_t i = 0; i < n_classes; i++)
        if (amounts[i] > 0)
            ret_factors[i] = balance == BL_BALANCE_NONE ? 1 : aim / amounts[i];
        else
            ret_factors[i] = 0;
}

uint64_t bl_copies_of(uint64_t seed, uint64_t key, double factor) {
    const uint32_t stream = 0x636f7079; // the sequence of each key, of which only this is taken
    const uint32_t counter[4] = {0, stream, (uint32_t)key, (uint32_t)(key >> 32)};
    const uint32_t of_seed[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t words[4];
    if (!(factor > 0))
        return 0;
    factor = fmin(factor, 0x1p53);
    uint64_t whole = (uint64_t)factor;
    bl_philox(counter, of_seed, words);
    double share = (double)((uint64_t)words[0] << 21 | words[1] >> 11) * 0x1p-53;
    return whole + (share < factor - (double)whole);
}
