// SPDX-License-Identifier: Apache-2.0
/// \file
/// A progress bar on standard error: rows, rate, time left.
#ifndef BL_CLI_PROGRESS_H
#define BL_CLI_PROGRESS_H

#include "cli/cli.h"

typedef struct bl_progress {
    bool is_shown; ///< else all calls do nothing
    bool is_drawn;
    unsigned width;
    const char *stage;  ///< what is done, before the bar; NULL: the only thing there is
    int64_t total_rows; ///< 0: unknown
    double start_s, drawn_s;
} bl_progress;

/// Starts counting. \param total_rows 0 where it is not known
void bl_progress_start(bl_progress *progress, const bl_cli *cli, int64_t total_rows);
/// What is done so far; draws a few times a second. \param stored_bytes 0: not said
void bl_progress_show(bl_progress *progress, int64_t rows, uint64_t stored_bytes);
/// Since the start.
double bl_progress_seconds(const bl_progress *progress);
/// Wipes the bar, so that what follows stands on a clean line.
void bl_progress_clear(bl_progress *progress);

/// The bar as text of at most `width` columns. \param text [512]
void bl_progress_text(char *text, unsigned width, int64_t rows, int64_t total_rows,
                      uint64_t stored_bytes, double seconds);

#endif
