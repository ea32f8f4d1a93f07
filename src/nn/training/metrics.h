// SPDX-License-Identifier: Apache-2.0
/// \file
/// Weighted metrics of predictions, batch after batch: mean loss, accuracy, area under the ROC
/// curve and signal efficiency of each class against all others.
///
/// The mean loss is Σ w·ℓ/n, accuracy Σ w·right/Σ w, as in Keras 3. Weights may be negative. A row
/// with a NaN among its scores is counted as such, is not right, and is in no curve.
/// In YAML: `metrics: {curves: true, background: 0.01, threshold: 0.5}`.
#ifndef BL_NN_TRAINING_METRICS_H
#define BL_NN_TRAINING_METRICS_H

#include "base/document.h"
#include "base/text.h"

/// What targets are, and with it what right means.
typedef enum bl_nn_targets {
    BL_NN_TARGETS_ONE_OF,  ///< [m × n]; the largest score is at the largest target
    BL_NN_TARGETS_LABELS,  ///< [m × 1]; the largest score is at this label
    BL_NN_TARGETS_YES_NO,  ///< [m × n] of 0 and 1; each score is above the threshold, or not
    BL_NN_TARGETS_NUMBERS, ///< nothing is right; no curves
} bl_nn_targets;

typedef struct bl_nn_metrics_options {
    size_t n; ///< scores a row
    bl_nn_targets targets;
    double threshold;  ///< of yes or no
    bool curves;       ///< areas and efficiencies: 3.4 MB a class
    double background; ///< efficiency at which that of signal is asked for
} bl_nn_metrics_options;

typedef struct bl_nn_metrics_rows {
    size_t m;
    const float *predictions; ///< [m × n]
    size_t stride;
    const float *targets; ///< [m × n] or [m × 1]
    size_t target_stride;
    const float *weights; ///< [m]; NULL: 1 each
} bl_nn_metrics_rows;

typedef struct bl_nn_metrics bl_nn_metrics;

/// Threshold 0.5, curves, background efficiency 0.01.
bl_nn_metrics_options bl_nn_metrics_default(size_t n, bl_nn_targets targets);
/// Reads `metrics` of a configuration over defaults; a NULL item says nothing.
/// \return BL_OK, BL_E_INVALID
bl_status bl_nn_metrics_read(const bl_item *item, bl_nn_metrics_options *options, bl_error *err);

/// Writes what bl_nn_metrics_read reads, as JSON.
void bl_nn_metrics_write(const bl_nn_metrics_options *options, bl_text *to);

/// \return BL_OK, BL_E_NOMEM
bl_status bl_nn_metrics_new(bl_context *context, const bl_nn_metrics_options *options,
                            bl_nn_metrics **ret_metrics, bl_error *err);
void bl_nn_metrics_free(bl_nn_metrics *metrics);
BL_DEFINE_AUTO(bl_nn_metrics, bl_nn_metrics_free);
void bl_nn_metrics_reset(bl_nn_metrics *metrics);
/// Counts rows; allocates nothing. \param loss Σ w·ℓ of them, of bl_nn_loss_run
void bl_nn_metrics_add(bl_nn_metrics *metrics, const bl_nn_metrics_rows *rows, double loss);
/// Counts what another has counted, of the same options. The same calls in the same order give the
/// same bits, so each should have rows that do not depend on the number of threads.
void bl_nn_metrics_merge(bl_nn_metrics *metrics, const bl_nn_metrics *other);

uint64_t bl_nn_metrics_n_rows(const bl_nn_metrics *metrics);
/// Rows that have a NaN score.
uint64_t bl_nn_metrics_n_nan(const bl_nn_metrics *metrics);
/// NaN where there are no rows, or no weight.
double bl_nn_metrics_loss(const bl_nn_metrics *metrics);
double bl_nn_metrics_accuracy(const bl_nn_metrics *metrics);
/// Of class k against all others: see nn/training/roc.h. NaN without curves.
double bl_nn_metrics_area(bl_nn_metrics *metrics, size_t k);
double bl_nn_metrics_efficiency(bl_nn_metrics *metrics, size_t k);

#endif
