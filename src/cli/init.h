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

/// Events of each file that ranges are taken from, and rows of a list that are suggested at most.
enum { BL_INIT_EVENTS = 10000, BL_INIT_ROWS = 32 };

/// One column that all files may have.
typedef struct init_column {
    const char *name; ///< the shortest that finds it
    const char *path;
    const char *counter;
    const bl_type *type;
    unsigned depth;         ///< 0: a number an event; 1: a list an event
    bl_tally tally;         ///< of the first events of all files, with checksums
    const char *missing_in; ///< a file that has no such column, or of another type; NULL: none
} init_column;

typedef struct init_sample {
    const char **given; ///< [n_given] URLs and patterns
    size_t n_given;
    const char *url;  ///< the first file
    const char *name; ///< NULL: to be found in its first URL
    int64_t n_rows;
    bl_sumw_source sumw; ///< where it was found; branch NULL: nowhere
    double sum;
} init_sample;

/// Columns that make one input of a network.
typedef struct init_group {
    const char *name;
    const init_column **columns; ///< [n_columns], all of one depth
    size_t n_columns;
    const init_column *pt; ///< what rows are ordered by; NULL: nothing
    int64_t longest;       ///< rows of an event; 0: numbers of events
} init_group;

typedef struct init_run {
    bl_cli *cli;
    bl_arena arena;
    const char *tree;
    size_t n_samples;
    init_sample *samples; ///< [n_samples]
    size_t n_columns;
    init_column *columns; ///< [n_columns]
    size_t n_groups;
    init_group *groups; ///< [n_groups]
    bl_out text;
} init_run;

/// Finds the groups of columns that are suggested as inputs. \return BL_OK, BL_E_NOMEM
bl_status bl_init_group(init_run *run, bl_error *err);
/// Writes the configuration as text.
void bl_init_write(init_run *run);
/// Writes a network for its inputs as text. Lists go through recurrent layers, dense ones join all.
void bl_init_write_network(init_run *run);

/// Whether a name fits one of the patterns, of which NULL is the last.
bool bl_init_matches(const char *const *patterns, const char *name);
/// Smallest and largest value.
double bl_init_least(const bl_tally *tally);
double bl_init_most(const bl_tally *tally);
/// A YAML scalar, in quotes where it would not stand for itself.
void bl_init_scalar(bl_out *out, const char *text);

#endif
