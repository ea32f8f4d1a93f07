// SPDX-License-Identifier: Apache-2.0
#include "nn/training/metrics.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "nn/training/roc.h"
#include "nn/training/settings.h"

/// What is counted but for curves.
typedef struct sums {
    uint64_t n_rows, n_nan;
    double loss, right, weight;
} sums;

struct bl_nn_metrics {
    bl_context *context;
    bl_nn_metrics_options options;
    sums sums;
    size_t n_curves;
    bl_nn_roc *curves[]; ///< [n_curves]
};

bl_nn_metrics_options bl_nn_metrics_default(size_t n, bl_nn_targets targets) {
    return (bl_nn_metrics_options){
        .n = n, .targets = targets, .threshold = 0.5, .curves = true, .background = 0.01};
}

#define AT(kind, member) #member, kind, offsetof(bl_nn_metrics_options, member), 1
static const bl_nn_setting table[] = {
    {AT(BL_NN_SETTING_NUMBER, threshold), 0, 1},
    {AT(BL_NN_SETTING_BOOL, curves), 0, 1},
    {AT(BL_NN_SETTING_NUMBER, background), 0, 1},
};
#undef AT

static const char *const names[] = {"metrics"};
static const bl_nn_settings known = {"metrics", names, 1, table, sizeof table / sizeof *table};

bl_status bl_nn_metrics_read(const bl_item *item, bl_nn_metrics_options *options, bl_error *err) {
    if (!item || item->kind == BL_ITEM_NULL)
        return BL_OK;
    bl_nn_metrics_options read = *options;
    BL_TRY(bl_nn_settings_read(&known, 0, item, NULL, &read, err));
    *options = read;
    return BL_OK;
}

void bl_nn_metrics_write(const bl_nn_metrics_options *options, bl_text *to) {
    bl_text_add(to, "{");
    bl_nn_settings_write(&known, 0, options, to);
    bl_text_add(to, "}");
}

bl_status bl_nn_metrics_new(bl_context *context, const bl_nn_metrics_options *options,
                            bl_nn_metrics **ret_metrics, bl_error *err) {
    size_t n = options->curves && options->targets != BL_NN_TARGETS_NUMBERS ? options->n : 0;
    size_t size = sizeof(bl_nn_metrics) + n * sizeof(bl_nn_roc *);
    BL_AUTO(bl_nn_metrics) metrics = bl_alloc_zero(context, 1, size);
    if (!metrics)
        return bl_error_nomem(err, size, "metrics");
    metrics->context = context;
    metrics->options = *options;
    for (; metrics->n_curves < n; metrics->n_curves++)
        BL_TRY(bl_nn_roc_new(context, &metrics->curves[metrics->n_curves], err));
    *ret_metrics = BL_MOVE(metrics);
    return BL_OK;
}

void bl_nn_metrics_free(bl_nn_metrics *metrics) {
    for (size_t k = 0; metrics && k < metrics->n_curves; k++)
        bl_nn_roc_free(metrics->curves[k]);
    if (metrics)
        bl_free(metrics->context, metrics);
}

void bl_nn_metrics_reset(bl_nn_metrics *metrics) {
    metrics->sums = (sums){0};
    for (size_t k = 0; k < metrics->n_curves; k++)
        bl_nn_roc_reset(metrics->curves[k]);
}

static size_t place_of_largest(const float *x, size_t n) {
    size_t place = 0;
    for (size_t i = 1; i < n; i++)
        place = x[i] > x[place] ? i : place;
    return place;
}

static bool has_nan(const float *x, size_t n) {
    bool found = false;
    for (size_t i = 0; i < n; i++)
        found |= isnan(x[i]);
    return found;
}

/// How much of a row is right, and whether class k is its signal.
typedef struct verdict {
    const bl_nn_metrics_options *options;
    const float *target;
    size_t label; ///< of one-of and labels; of no class: SIZE_MAX
} verdict;

static verdict judge(const bl_nn_metrics_options *options, const float *target) {
    verdict v = {options, target, SIZE_MAX};
    if (options->targets == BL_NN_TARGETS_ONE_OF)
        v.label = place_of_largest(target, options->n);
    if (options->targets == BL_NN_TARGETS_LABELS && *target >= 0 && *target < (float)options->n)
        v.label = (size_t)*target;
    return v;
}

static bool is_signal(const verdict *v, size_t k) {
    return v->options->targets == BL_NN_TARGETS_YES_NO ? v->target[k] > 0.5F : v->label == k;
}

static double right_of(const verdict *v, const float *scores) {
    size_t n = v->options->n, n_right = 0;
    if (v->options->targets == BL_NN_TARGETS_NUMBERS)
        return 0;
    if (v->options->targets != BL_NN_TARGETS_YES_NO)
        return place_of_largest(scores, n) == v->label;
    for (size_t k = 0; k < n; k++)
        n_right += ((double)scores[k] > v->options->threshold) == is_signal(v, k);
    return (double)n_right / (double)n;
}

void bl_nn_metrics_add(bl_nn_metrics *metrics, const bl_nn_metrics_rows *rows, double loss) {
    const bl_nn_metrics_options *options = &metrics->options;
    sums *to = &metrics->sums;
    to->n_rows += rows->m;
    to->loss += loss;
    for (size_t i = 0; i < rows->m; i++) {
        const float *scores = rows->predictions + i * rows->stride;
        double weight = rows->weights ? (double)rows->weights[i] : 1;
        verdict v = judge(options, rows->targets + i * rows->target_stride);
        to->weight += weight;
        if (has_nan(scores, options->n)) {
            to->n_nan++;
            continue;
        }
        to->right += weight * right_of(&v, scores);
        for (size_t k = 0; k < metrics->n_curves; k++)
            bl_nn_roc_add(metrics->curves[k], scores[k], weight, is_signal(&v, k));
    }
}

void bl_nn_metrics_merge(bl_nn_metrics *metrics, const bl_nn_metrics *other) {
    sums *to = &metrics->sums;
    to->n_rows += other->sums.n_rows;
    to->n_nan += other->sums.n_nan;
    to->loss += other->sums.loss;
    to->right += other->sums.right;
    to->weight += other->sums.weight;
    for (size_t k = 0; k < metrics->n_curves; k++)
        bl_nn_roc_merge(metrics->curves[k], other->curves[k]);
}

uint64_t bl_nn_metrics_n_rows(const bl_nn_metrics *metrics) { return metrics->sums.n_rows; }

uint64_t bl_nn_metrics_n_nan(const bl_nn_metrics *metrics) { return metrics->sums.n_nan; }

double bl_nn_metrics_loss(const bl_nn_metrics *metrics) {
    return metrics->sums.n_rows ? metrics->sums.loss / (double)metrics->sums.n_rows : NAN;
}

double bl_nn_metrics_accuracy(const bl_nn_metrics *metrics) {
    bool is_there = metrics->sums.weight != 0 && metrics->options.targets != BL_NN_TARGETS_NUMBERS;
    return is_there ? metrics->sums.right / metrics->sums.weight : NAN;
}

double bl_nn_metrics_area(bl_nn_metrics *metrics, size_t k) {
    return k < metrics->n_curves ? bl_nn_roc_area(metrics->curves[k]) : NAN;
}

double bl_nn_metrics_efficiency(bl_nn_metrics *metrics, size_t k) {
    return k < metrics->n_curves
               ? bl_nn_roc_efficiency(metrics->curves[k], metrics->options.background)
               : NAN;
}
