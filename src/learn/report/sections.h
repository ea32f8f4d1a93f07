// SPDX-License-Identifier: Apache-2.0
/// \file
/// All sections, a file each; sections.c has the table.
#ifndef BL_LEARN_REPORT_SECTIONS_H
#define BL_LEARN_REPORT_SECTIONS_H

#include "learn/report/section.h"

/// X(function, name, title, scope): bl_section_FUNCTION is `make`. In the order in which they are
/// shown.
#define BL_SECTIONS(X)                                                             \
    X(summary, "summary", "Summary", BL_OF_CLASSES)                                \
    X(quality, "summary", "Summary", BL_OF_NUMBERS)                                \
    X(roc, "roc", "ROC curves", BL_OF_CLASSES)                                     \
    X(confusion, "confusion", "Confusion matrix", BL_OF_CLASSES)                   \
    X(scores, "scores", "Scores and over-training", BL_OF_CLASSES)                 \
    X(residuals, "residuals", "Residuals and over-training", BL_OF_NUMBERS)        \
    X(response, "response", "Response and resolution", BL_OF_NUMBERS)              \
    X(calibration, "calibration", "Calibration", BL_OF_CLASSES)                    \
    X(efficiency, "efficiency", "Efficiency along other variables", BL_OF_CLASSES) \
    X(sculpting, "sculpting", "Sculpting of the background", BL_OF_CLASSES)        \
    X(importance, "importance", "Importance of inputs", BL_OF_ANY)                 \
    X(correlation, "correlation", "Correlation of inputs", BL_OF_ANY)              \
    X(variations, "variations", "Systematic variations", BL_OF_CLASSES)            \
    X(shifts, "variations", "Systematic variations", BL_OF_NUMBERS)                \
    X(yields, "yields", "Yields", BL_OF_ANY)                                       \
    X(history, "history", "Training", BL_OF_ANY)                                   \
    X(dataset, "dataset", "Data set", BL_OF_ANY)                                   \
    X(cutflow, "cutflow", "Cut flow", BL_OF_ANY)                                   \
    X(configuration, "configuration", "Configuration", BL_OF_ANY)                  \
    X(lineage, "lineage", "Where it comes from", BL_OF_ANY)

#define BL_SECTION_DECLARE(function, name, title, scope)                                    \
    bl_status bl_section_##function(const bl_evaluation *evaluation, bl_section_output *to, \
                                    bl_error *err);
BL_SECTIONS(BL_SECTION_DECLARE)
#undef BL_SECTION_DECLARE

#endif
