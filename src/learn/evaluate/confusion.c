// SPDX-License-Identifier: Apache-2.0
#include "learn/evaluate/confusion.h"

/// The class of an event; n_classes: a score is NaN.
static size_t class_of(const float *scores, size_t n_classes) {
    size_t best = 0;
    for (size_t k = 0; k < n_classes; k++) {
        if (isnan(scores[k]))
            return n_classes;
        if (scores[k] > scores[best])
            best = k;
    }
    return best;
}

bl_status bl_confusion_make(bl_arena *arena, size_t n, size_t n_classes, const float *scores,
                            const double *weights, const int32_t *labels,
                            bl_confusion *ret_confusion, bl_error *err) {
    size_t n_cells = n_classes * (n_classes + 1);
    bl_confusion c = {.n_classes = n_classes};
    c.counts = (int64_t *)bl_arena_array(arena, n_cells, sizeof *c.counts);
    c.bins = (bl_bin *)bl_arena_array(arena, n_cells, sizeof *c.bins);
    if (!c.counts || !c.bins)
        return bl_error_nomem(err, n_cells * sizeof *c.bins, "a confusion matrix");
    for (size_t i = 0; i < n; i++) {
        size_t cell =
            (size_t)labels[i] * (n_classes + 1) + class_of(scores + i * n_classes, n_classes);
        c.counts[cell]++;
        bl_bin_add(&c.bins[cell], weights ? weights[i] : 1);
    }
    *ret_confusion = c;
    return BL_OK;
}

/// Adds all of a bin to another.
static void merge(bl_bin *to, const bl_bin *from) {
    bl_sum_add(&to->sumw, bl_sum_value(&from->sumw));
    bl_sum_add(&to->sumw2, bl_sum_value(&from->sumw2));
}

/// Events of which something is so, and the others.
typedef struct question {
    bl_bin yes, no;
} question;

static double answer(const question *q, double *ret_error) {
    if (ret_error)
        *ret_error = bl_fraction_error(&q->yes, &q->no);
    return bl_fraction(&q->yes, &q->no);
}

double bl_confusion_part(const bl_confusion *c, size_t true_class, size_t predicted,
                         double *ret_error) {
    question q = {0};
    for (size_t k = 0; k <= c->n_classes; k++)
        merge(k == predicted ? &q.yes : &q.no, &c->bins[true_class * (c->n_classes + 1) + k]);
    return answer(&q, ret_error);
}

double bl_confusion_purity(const bl_confusion *c, size_t predicted, double *ret_error) {
    question q = {0};
    for (size_t k = 0; k < c->n_classes; k++)
        merge(k == predicted ? &q.yes : &q.no, &c->bins[k * (c->n_classes + 1) + predicted]);
    return answer(&q, ret_error);
}

double bl_confusion_accuracy(const bl_confusion *c, double *ret_error) {
    question q = {0};
    for (size_t t = 0; t < c->n_classes; t++)
        for (size_t k = 0; k <= c->n_classes; k++)
            merge(k == t ? &q.yes : &q.no, &c->bins[t * (c->n_classes + 1) + k]);
    return answer(&q, ret_error);
}

double bl_confusion_counted_accuracy(const bl_confusion *c) {
    int64_t right = 0, all = 0;
    for (size_t t = 0; t < c->n_classes; t++)
        for (size_t k = 0; k <= c->n_classes; k++) {
            int64_t n = c->counts[t * (c->n_classes + 1) + k];
            right += k == t ? n : 0;
            all += n;
        }
    return all ? (double)right / (double)all : NAN;
}

double bl_confusion_balanced_accuracy(const bl_confusion *c) {
    bl_sum sum = {0};
    size_t n = 0;
    for (size_t k = 0; k < c->n_classes; k++) {
        double efficiency = bl_confusion_part(c, k, k, NULL);
        if (isnan(efficiency))
            continue;
        bl_sum_add(&sum, efficiency);
        n++;
    }
    return n ? bl_sum_value(&sum) / (double)n : NAN;
}
