// SPDX-License-Identifier: Apache-2.0
#include "learn/evaluate/calibration.h"

typedef struct filling {
    bl_bin of_class, others;
    bl_sum scores; ///< Σ w·s
} filling;

static bl_calibration_bin finish(const filling *f, int64_t n) {
    double sumw = bl_sum_value(&f->of_class.sumw) + bl_sum_value(&f->others.sumw);
    bl_calibration_bin bin = {
        .n = n, .sumw = sumw, .predicted = NAN, .observed = NAN, .error = NAN};
    if (!(sumw > 0))
        return bin;
    bin.predicted = bl_sum_value(&f->scores) / sumw;
    bin.observed = bl_fraction(&f->of_class, &f->others);
    bin.error = bl_fraction_error(&f->of_class, &f->others);
    return bin;
}

bl_calibration bl_calibration_of(size_t n, const float *scores, size_t stride,
                                 const int32_t *labels, int32_t of_class, const double *weights) {
    filling fillings[BL_CALIBRATION_BINS] = {0};
    int64_t counts[BL_CALIBRATION_BINS] = {0};
    bl_calibration c = {.error = NAN};
    for (size_t i = 0; i < n; i++) {
        double score = scores[i * stride], weight = weights ? weights[i] : 1;
        if (!(score >= 0 && score <= 1)) {
            c.n_outside++;
            continue;
        }
        size_t bin = (size_t)(score * BL_CALIBRATION_BINS);
        bin = bin < BL_CALIBRATION_BINS ? bin : BL_CALIBRATION_BINS - 1;
        counts[bin]++;
        bl_bin_add(labels[i] == of_class ? &fillings[bin].of_class : &fillings[bin].others, weight);
        bl_sum_add(&fillings[bin].scores, weight * score);
    }
    bl_sum gaps = {0}, all = {0};
    for (size_t bin = 0; bin < BL_CALIBRATION_BINS; bin++) {
        c.bins[bin] = finish(&fillings[bin], counts[bin]);
        if (!(c.bins[bin].sumw > 0))
            continue;
        bl_sum_add(&gaps, c.bins[bin].sumw * fabs(c.bins[bin].observed - c.bins[bin].predicted));
        bl_sum_add(&all, c.bins[bin].sumw);
    }
    if (bl_sum_value(&all) > 0)
        c.error = bl_sum_value(&gaps) / bl_sum_value(&all);
    return c;
}
