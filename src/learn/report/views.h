// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside sections: cuts on scores, seen along other variables.
#ifndef BL_LEARN_REPORT_VIEWS_H
#define BL_LEARN_REPORT_VIEWS_H

#include "learn/evaluate/working_point.h"
#include "learn/report/section.h"
#include "plot/histogram.h"

/// An observer that is a number and varies, and bins for it.
typedef struct bl_view {
    const char *name;
    const double *values; ///< [test events]
    bl_histogram bins;
} bl_view;

typedef struct bl_views {
    size_t n;
    bl_view *items; ///< [n]
    size_t n_left;  ///< others, for which there are no charts
} bl_views;

/// The first observers, so many that there are about two dozens of charts.
/// \param n_charts for each of them \return BL_OK, BL_E_NOMEM
bl_status bl_views_find(const bl_evaluation *evaluation, bl_section_output *to, size_t n_charts,
                        bl_views *ret_views, bl_error *err);
/// Where figures want one cut: that of so many percent of the background.
enum { BL_VIEWS_PERCENT = 5 };
/// The cut on the first subject's score of a class that keeps so many percent of all other events
/// of the test, by physical weight.
/// \return BL_OK, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_views_cut(const bl_evaluation *evaluation, size_t of_class, int percent,
                       bl_working_point *ret_cut, bl_error *err);
/// Whether there is such a cut. Where signal or background has no events, or weights that add up to
/// 0, there is none, and that is said.
/// \return BL_OK, BL_E_NOMEM
bl_status bl_views_check_cut(const bl_evaluation *evaluation, size_t of_class,
                             const bl_working_point *cut, bl_section_output *to, bool *ret_has,
                             bl_error *err);
/// Bins for the first subject's score of a class: from 0 to 1, if all are in there; else about as
/// far as they reach. \param ret_bins without bins (n_bins 0) where all scores are the same
/// \return BL_OK, BL_E_NOMEM
bl_status bl_views_score_bins(const bl_evaluation *evaluation, bl_section_output *to,
                              size_t of_class, size_t n_bins, bl_histogram *ret_bins,
                              bl_error *err);
/// Says what has no charts, where there is something. \return BL_OK, BL_E_NOMEM
bl_status bl_views_say_left(const bl_views *views, bl_section_output *to, bl_error *err);

#endif
