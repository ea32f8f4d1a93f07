// SPDX-License-Identifier: Apache-2.0
/// \file
/// Data sets: the samples of a configuration with their files, looked at once, and streams of
/// batches over them.
#ifndef BL_DATA_DATASET_H
#define BL_DATA_DATASET_H

#include "data/config/config.h"
#include "data/stream/plan.h"
#include "table/selection.h"

/// Zero-initialise, then set what differs from the default.
typedef struct bl_dataset_options {
    const bl_open_options *open; ///< how files are read; borrows; NULL: the defaults
    bool skips_bad_files;        ///< those that cannot be read are left out, and say why
    double fraction;             ///< of each sample's events, the first ones; 0: all
    int64_t max_events;          ///< of each sample; 0: all
    int64_t first, last;         ///< of a data set of one stretch; last 0: the end
    bool leaves_out_unreadable;  ///< columns that cannot be read, else they are an error
    const char *const *friends;  ///< as bl_table_options has them
    size_t n_friends;
} bl_dataset_options;

typedef struct bl_dataset_file {
    const char *url;
    int64_t n_rows;
    uint64_t bytes;
    const char *uuid;    ///< that its writer gave it; NULL: none
    double sumw;         ///< of all generated events, where the sample says where it is
    bool has_friends;    ///< it declares some
    const char *skipped; ///< why it is left out; NULL: it is not
} bl_dataset_file;

typedef struct bl_sample {
    const bl_sample_config *config;
    size_t n_files;
    bl_dataset_file *files; ///< [n_files]
    size_t first_file;      ///< of it among the files of all samples
    int64_t n_rows;         ///< of all files that are not left out
    int64_t n_used;         ///< of them, those that are looked at
    double sumw;            ///< of all files that are not left out
    double factor;          ///< of event weights
    bl_lumi_mask mask;
} bl_sample;

/// Files of one sample that follow each other and have the same values of file_magic: one chain.
typedef struct bl_stretch {
    bl_sample *sample;
    size_t number; ///< of the sample
    const char **urls;
    size_t n_files;
    size_t *files;        ///< [n_files] among the sample's
    int64_t *ends;        ///< [n_files] rows of the chain up to the end of each
    int64_t first, last;  ///< rows of the chain that are looked at
    const double *values; ///< [n_magic]
} bl_stretch;

typedef struct bl_dataset {
    bl_context *context;
    bl_arena arena;
    const bl_config *config;
    bl_dataset_options options;
    bool is_named; ///< there are samples, which their events are told by
    size_t n_samples;
    bl_sample *samples; ///< [n_samples]
    size_t n_stretches;
    bl_stretch *stretches; ///< [n_stretches]
    size_t n_magic;
    const char **magic; ///< names of variables that files give values
} bl_dataset;

/// Opens every file once: whether it can be read, how many rows it has, its sum of weights.
/// \param config, options borrow until the data set is closed
/// \return BL_OK, and what opening a table, bl_sumw_read and bl_lumi_mask_read return
bl_status bl_dataset_open(bl_context *context, const bl_config *config,
                          const bl_dataset_options *options, bl_dataset **ret_dataset,
                          bl_error *err);
void bl_dataset_close(bl_dataset *dataset);
BL_DEFINE_AUTO(bl_dataset, bl_dataset_close);
/// Leaves a file out, where it is one of the sample's and not left out yet: by its URL, which may
/// be followed by ": " and more, as in an error that it caused.
/// \return whether there was one
bool bl_dataset_leave_out(bl_dataset *dataset, bl_sample *sample, const char *url, const char *why);
/// Divides samples into stretches anew, after files were left out.
/// \return BL_OK, BL_E_NOTFOUND (a sample has no file left), BL_E_RANGE, BL_E_NOMEM
bl_status bl_dataset_divide(bl_dataset *dataset, bl_error *err);
/// Whether there are files that may be read beside those of the samples.
bool bl_dataset_has_friends(const bl_dataset *dataset);
/// Events that all stretches look at.
int64_t bl_dataset_n_events(const bl_dataset *dataset);

/// Where an event is.
typedef struct bl_event_place {
    const bl_dataset_file *file;
    size_t number; ///< of the file, of all samples'
    int64_t entry;
} bl_event_place;

/// Where a row of a stretch's chain is. \param hint file that it may be in; 0 to begin with
bl_event_place bl_stretch_place(const bl_stretch *stretch, int64_t row, size_t *hint);

/// Zeroed memory is the defaults.
typedef struct bl_stream_options {
    int64_t first, last; ///< rows of the stretch's chain
    bool has_rows;       ///< bl_plan_rows is asked for
    bool takes_all_rows; ///< without cuts, mask and recipe
    size_t n_renames;
    const bl_rename *renames; ///< [n_renames] columns, whole names, that stand for others wherever
                              ///< these are named
    size_t n_names;
    const char *const *names; ///< [n_names] columns and variables that are taken along; NULL: those
                              ///< that the configuration says
} bl_stream_options;

/// A column that another one stands for.
typedef struct bl_stream_shift {
    size_t column; ///< of the table
    const char *to;
} bl_stream_shift;

/// Batches of some rows of a stretch: columns that are taken along, then variables, then what a
/// recipe makes.
typedef struct bl_stream {
    bl_arena arena;
    bl_table *table;
    bl_selection selection;
    bl_plan_extras extras;
    bl_topology *recipe;       ///< NULL: none; owns
    const bl_dataset *dataset; ///< borrows
    bl_name_rule rule, shift;  ///< all names; those that stand for others in this stream
    size_t n_shifts;
    bl_stream_shift *shifts; ///< [n_shifts]
    bl_named_text *variables;
    size_t n_variables, n_hidden;
    bl_plan *plan;
    size_t n_columns;
    bl_column_spec *specs; ///< [n_columns], for an output
} bl_stream;

/// \return BL_OK, BL_E_NOTFOUND (with the nearest names), and what bl_table_open,
/// bl_topology_open and bl_plan_open return
bl_status bl_stream_open(const bl_dataset *dataset, const bl_stretch *stretch,
                         const bl_stream_options *options, bl_stream **ret_stream, bl_error *err);
/// The column of the batches that a name of a column or variable means.
/// \return BL_OK, BL_E_NOTFOUND (it is not taken along; with the nearest names)
bl_status bl_stream_find(const bl_stream *stream, const char *name, size_t *ret_column,
                         bl_error *err);
void bl_stream_close(bl_stream *stream);
BL_DEFINE_AUTO(bl_stream, bl_stream_close);

#endif
