// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside reports: what pages and files of charts share.
#ifndef BL_LEARN_REPORT_PRIVATE_H
#define BL_LEARN_REPORT_PRIVATE_H

#include "learn/report/report.h"

/// A chart, and what its files are called before their ending.
typedef struct bl_chart_file {
    const bl_chart *chart;
    const char *name; ///< no two the same; letters, digits and "+-_."
} bl_chart_file;

/// All charts of a report in their order. \param ret_files [*ret_n] in the arena
bl_status bl_report_chart_files(const bl_report *report, bl_arena *arena, bl_chart_file **ret_files,
                                size_t *ret_n, bl_error *err);

#endif
