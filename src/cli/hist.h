// SPDX-License-Identifier: Apache-2.0
/// \file
/// A run of `beamline hist`, and the forms that its histograms are given.
#ifndef BL_CLI_HIST_H
#define BL_CLI_HIST_H

#include "cli/progress.h"
#include "plot/histogram.h"

typedef struct hist_run {
    bl_cli *cli;
    bl_arena arena;
    bl_table *table; ///< owns
    size_t n;
    const char *const *texts; ///< [n] expressions
    bl_histogram *histograms; ///< [n], of the same edges
    double low, high;         ///< of all values, while limits are looked for
    int64_t n_rows, n_taken;
    bl_progress progress;
} hist_run;

/// On the terminal, where no output is named.
void bl_hist_print(const hist_run *run);
void bl_hist_print_json(const hist_run *run);
/// Into a file, by its extension: pdf, svg, csv, root.
/// \return BL_OK, BL_E_UNSUPPORTED (another extension), BL_E_EXISTS, BL_E_IO, BL_E_NOMEM
bl_status bl_hist_write(const hist_run *run, bl_error *err);
/// Whether there is such an extension, before anything is read. \return BL_OK, BL_E_UNSUPPORTED
bl_status bl_hist_check(const char *path, bl_error *err);

#endif
