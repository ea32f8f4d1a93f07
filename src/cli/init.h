// SPDX-License-Identifier: Apache-2.0
/// \file
/// What `beamline init` found in files, and the data configuration that it makes of it.
#ifndef BL_CLI_INIT_H
#define BL_CLI_INIT_H

#include "cli/cli.h"
#include "cli/tally.h"
#include "column/type.h"
#include "data/config/config.h"
#include "table/selection.h"

/// Events of each file that ranges are taken from.
enum { BL_INIT_EVENTS = 10000 };

/// One column that all files may have.
typedef struct init_column {
    const char *name; ///< the shortest that finds it
    const char *path;
    const char *counter;
    const bl_type *type;
    unsigned depth;         ///< 0: a number an event; 1: a list an event
    bl_tally tally;         ///< of the first events of all files
    const char *missing_in; ///< a file that has no such column, or of another type; NULL: none
} init_column;

typedef struct init_sample {
    const char *given; ///< URL or pattern
    const char *url;   ///< the first file
    const char *name;
    int64_t n_rows;
    bl_sumw_source sumw; ///< where it was found; branch NULL: nowhere
    double sum;
} init_sample;

typedef struct init_run {
    bl_cli *cli;
    bl_arena arena;
    const char *tree;
    size_t n_samples;
    init_sample *samples; ///< [n_samples]
    size_t n_columns;
    init_column *columns; ///< [n_columns]
    bl_out text;
} init_run;

/// Writes the configuration as text.
void bl_init_write(init_run *run);

#endif
