// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside sections: measures of predictions, in tables and as JSON.
#ifndef BL_LEARN_REPORT_MEASURES_H
#define BL_LEARN_REPORT_MEASURES_H

#include "learn/evaluate/residuals.h"
#include "learn/report/section.h"

/// "bias"
extern const char *const bl_measure_names[BL_N_MEASURES];
/// A subject's predictions of one target. \param weights [events] NULL: weight_physics
/// \param ret_pairs NULL, or their numbers; its arrays are gone \return BL_OK, BL_E_CANCELLED,
/// BL_E_NOMEM
bl_status bl_measure_subject(const bl_evaluation *evaluation, const bl_scored *events,
                             size_t subject, size_t target, const double *weights,
                             size_t n_replicas, bl_residuals *ret_residuals, bl_pairs *ret_pairs,
                             bl_error *err);
/// Keys "bias", "bias_error" and so on.
void bl_put_measures(bl_text *json, const bl_residuals *residuals);

#endif
