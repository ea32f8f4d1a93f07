// SPDX-License-Identifier: Apache-2.0
/// \file
/// What every format that can be written gives: files being written and tables in them. `formats`
/// implements these two faces, `table` creates and checks what the public interface is given.
#ifndef BL_COLUMN_WRITER_H
#define BL_COLUMN_WRITER_H

#include <beamline/output.h>

#include "base/arena.h"
#include "column/column.h"
#include "io/bytes/source.h"
#include "io/codec/codec.h"

/// A histogram of one axis, as it is written.
typedef struct bl_histogram_view {
    const char *name, *title, *x_title, *y_title;
    size_t n_bins;
    bool is_uniform;            ///< all bins have one width
    const double *edges;        ///< [n_bins + 1], ascending
    const double *sumw, *sumw2; ///< [n_bins + 2]: underflow, bins, overflow
    double n_entries;
    double total[4]; ///< Σw, Σw², Σwx, Σwx² of what is in the bins
} bl_histogram_view;

typedef struct bl_writer_ops {
    /// Appends a batch, whose columns have the writer's types. Not called again after a failure.
    bl_status (*write)(bl_writer *writer, const bl_batch *batch, bl_error *err);
    /// Writes what is left. Not called after a failure, nor twice.
    bl_status (*finish)(bl_writer *writer, bl_error *err);
} bl_writer_ops;

/// The head of every format's table being written.
struct bl_writer {
    const bl_writer_ops *ops;
    bl_output *output; ///< borrows
    const char *path;  ///< of the table inside its file
    size_t n_columns;
    const char *const *names; ///< [n_columns]
    bl_type *const *types;    ///< [n_columns]
    bool is_finished;         ///< or tried to
};

/// Copies into a zeroed head what is known of a table: names and its path are the arena's, types
/// are shared. What it has after a failure is for bl_writer_release, too. \return BL_OK, BL_E_NOMEM
bl_status bl_writer_init(bl_writer *writer, const bl_writer_ops *ops, bl_arena *arena,
                         const bl_column_spec *columns, size_t n_columns, const char *path,
                         bl_error *err);
/// Gives the types back; before the arena is released. A zeroed head is allowed.
void bl_writer_release(bl_writer *writer);

typedef struct bl_output_ops {
    /// \param columns, options  checked; columns have names that differ \param ret_writer belongs
    /// to the output
    bl_status (*add)(bl_output *output, const bl_column_spec *columns, size_t n_columns,
                     const bl_writer_options *options, bl_writer **ret_writer, bl_error *err);
    /// \return BL_OK, BL_E_TYPE, BL_E_NOMEM
    bl_status (*check)(bl_output *output, const bl_column_spec *column, bl_error *err);
    /// Adds a histogram; NULL: the format holds none. \return BL_OK, BL_E_EXISTS, BL_E_IO,
    /// BL_E_NOMEM
    bl_status (*add_histogram)(bl_output *output, const bl_histogram_view *histogram,
                               bl_error *err);
    /// Finishes the tables that are not, too. Not called after a failure, nor twice.
    bl_status (*finish)(bl_output *output, bl_error *err);
    void (*close)(bl_output *output);
    bool holds_nulls; ///< else batches with nulls are refused before they come here
} bl_output_ops;

/// What a format is told when a file is started.
typedef struct bl_create {
    bl_source *base; ///< a file whose objects come first; moves; NULL: none
    bl_compression compression;
    const bl_output_options *options; ///< borrows until the call returns
} bl_create;

/// Copies what a file is to tell beside its tables. \param options NULL: nothing
/// \param ret_metadata [2 × ret_n] keys and values, the arena's \return BL_OK, BL_E_NOMEM
bl_status bl_metadata_copy(bl_arena *arena, const bl_output_options *options,
                           const char *const **ret_metadata, size_t *ret_n, bl_error *err);

/// The head of every format's file being written.
struct bl_output {
    const bl_output_ops *ops;
    bl_context *context;
    const char *url;  ///< for messages
    bool failed;      ///< sticky
    bool is_finished; ///< or tried to
};

#endif
