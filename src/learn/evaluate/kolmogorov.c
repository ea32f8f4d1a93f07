// SPDX-License-Identifier: Apache-2.0
#include "learn/evaluate/kolmogorov.h"

#include <math.h>

#include "base/elementary.h"
#include "base/sum.h"

enum { MOST_TERMS = 100 };
static const double pi = 3.14159265358979323846;

/// The sum as it is defined converges where λ is large, what Poisson's formula makes of it where it
/// is small.
double bl_kolmogorov_tail(double lambda) {
    double sum = 0;
    if (isnan(lambda))
        return NAN;
    if (lambda <= 0)
        return 1;
    if (lambda < 1) {
        for (int j = 1; j <= MOST_TERMS; j++) {
            double x = (2 * j - 1) * pi / lambda;
            sum += bl_exp(-x * x / 8);
        }
        double below = sqrt(2 * pi) / lambda * sum;
        return below < 1 ? 1 - below : 0;
    }
    for (int j = MOST_TERMS; j >= 1; j--)
        sum += (j % 2 ? 2 : -2) * bl_exp(-2.0 * j * j * lambda * lambda);
    return sum < 1 ? sum : 1;
}

/// Largest distance of the two functions, a group of equal scores at a time.
static double distance_of(const bl_ranking *r) {
    const double totals[2] = {r->background, r->signal};
    bl_sum below[2] = {{0}};
    double most = 0;
    for (size_t k = 0, i = 0; k < r->n_groups; k++) {
        for (; i < r->ends[k]; i++)
            bl_sum_add(&below[r->is_signal[i]], r->weights[i]);
        double d = fabs(bl_sum_value(&below[1]) / totals[1] - bl_sum_value(&below[0]) / totals[0]);
        most = d > most ? d : most;
    }
    return most;
}

bl_kolmogorov bl_kolmogorov_of(const bl_ranking *r) {
    bl_kolmogorov k = {.distance = NAN, .p = NAN, .are_all_positive = true};
    bl_sum squares[2] = {{0}};
    for (size_t i = 0; i < r->n; i++) {
        bl_sum_add(&squares[r->is_signal[i]], r->weights[i] * r->weights[i]);
        k.are_all_positive &= r->weights[i] >= 0;
    }
    k.sizes[0] = r->background * r->background / bl_sum_value(&squares[0]);
    k.sizes[1] = r->signal * r->signal / bl_sum_value(&squares[1]);
    if (r->background == 0 || r->signal == 0)
        return k;
    k.distance = distance_of(r);
    double size = k.sizes[0] * k.sizes[1] / (k.sizes[0] + k.sizes[1]);
    k.p = bl_kolmogorov_tail(sqrt(size) * k.distance);
    return k;
}

/// Test events are the ranking's signal, those of the training its background.
static bl_status compare(const bl_scored *const samples[2], bl_number_of number_of,
                         const void *user, bl_arena *arena, bl_kolmogorov *ret_result,
                         bl_error *err) {
    size_t most = samples[0]->n + samples[1]->n, n = 0;
    float *numbers = (float *)bl_arena_array(arena, most + 1, sizeof *numbers);
    double *weights = (double *)bl_arena_array(arena, most + 1, sizeof *weights);
    int32_t *labels = (int32_t *)bl_arena_array(arena, most + 1, sizeof *labels);
    bl_ranking ranking;
    if (!numbers || !weights || !labels)
        return bl_error_nomem(err, most * sizeof *weights, "numbers of training and test");
    for (int32_t k = 0; k < 2; k++)
        for (size_t i = 0; i < samples[k]->n; i++, n++) {
            numbers[n] = number_of(samples[k], i, user);
            weights[n] = samples[k]->physics[i];
            labels[n] = isnan(numbers[n]) ? -1 : k;
        }
    BL_TRY(bl_ranking_make(arena, n, numbers, 1, weights, labels, 1, 0, &ranking, err));
    *ret_result = bl_kolmogorov_of(&ranking);
    return BL_OK;
}

bl_status bl_kolmogorov_overtraining(const bl_evaluation *e, bl_number_of number_of,
                                     const void *user, bl_kolmogorov *ret_result, bl_error *err) {
    const bl_scored *const samples[2] = {e->train, e->test};
    bl_arena arena;
    bl_arena_init(&arena, e->context);
    bl_status status = compare(samples, number_of, user, &arena, ret_result, err);
    bl_arena_release(&arena);
    return status;
}
