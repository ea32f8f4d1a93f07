// SPDX-License-Identifier: Apache-2.0
/// \file
/// All sections, a file each; sections.c has the table.
#ifndef BL_LEARN_REPORT_SECTIONS_H
#define BL_LEARN_REPORT_SECTIONS_H

#include "learn/report/section.h"

/// X(name, title): bl_section_NAME is `make`. In the order in which they are shown.
#define BL_SECTIONS(X)                                \
    X(summary, "Summary")                             \
    X(roc, "ROC curves")                              \
    X(confusion, "Confusion matrix")                  \
    X(scores, "Scores and over-training")             \
    X(calibration, "Calibration")                     \
    X(efficiency, "Efficiency along other variables") \
    X(sculpting, "Sculpting of the background")       \
    X(importance, "Importance of inputs")             \
    X(correlation, "Correlation of inputs")           \
    X(variations, "Systematic variations")            \
    X(yields, "Yields")                               \
    X(history, "Training")                            \
    X(dataset, "Data set")                            \
    X(cutflow, "Cut flow")                            \
    X(configuration, "Configuration")                 \
    X(lineage, "Where it comes from")

#define BL_SECTION_DECLARE(name, title)                                                 \
    bl_status bl_section_##name(const bl_evaluation *evaluation, bl_section_output *to, \
                                bl_error *err);
BL_SECTIONS(BL_SECTION_DECLARE)
#undef BL_SECTION_DECLARE

#endif
