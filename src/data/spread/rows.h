// SPDX-License-Identifier: Apache-2.0
/// \file
/// From the batches of a stream to rows of a spool: identities and fates, labels, weights, inputs.
#ifndef BL_DATA_SPREAD_ROWS_H
#define BL_DATA_SPREAD_ROWS_H

#include "column/column.h"
#include "data/spread/spool.h"

/// How rows are made, besides what the spool tells everybody.
typedef struct bl_spool_recipe {
    size_t n_names;
    const char **names;    ///< [n_names] columns and variables that streams take along
    bool has_physics;      ///< weight_physics is among them; else it is 1
    size_t n_axes;         ///< of spectra
    bl_spectra spectra;    ///< whose bins events have; without axes nothing
    bl_type *type_of_list; ///< list<float64>
    size_t n_types;
    bl_type **types; ///< [n_types] of columns; shares
    /// Columns of the spool: the file, behind it entry, sample, label, weight_physics and
    /// weight_train; the first of variations, observers and inputs; the part, behind it the bin.
    size_t at_file, at_weights, at_observers, at_inputs, at_code;
} bl_spool_recipe;

/// Where the columns of one stream are.
typedef struct bl_source {
    const bl_spool *spool;
    const bl_stretch *stretch;
    size_t physics;         ///< SIZE_MAX: none
    size_t *identity;       ///< [n_identity]
    size_t *labels;         ///< [n_labels of the configuration], none where they are of samples
    size_t *factors;        ///< [n_factors]
    size_t *axes;           ///< [n_axes]
    size_t *weights;        ///< [n_weights]
    size_t *observers;      ///< [n_observers]
    bl_input_place *inputs; ///< [n_inputs]
} bl_source;

/// Some rows of a stream on their way to the spool.
typedef struct bl_rows {
    const bl_source *source;
    const bl_batch *batch; ///< of the stream
    int64_t n;
    const int32_t *files;   ///< [n]
    const int64_t *entries; ///< [n]
    bl_batch *made;         ///< of the spool
} bl_rows;

// ---- source.c ----

/// Finds the columns of a stream and checks their types. \param arena holds what it finds
/// \return BL_OK, BL_E_NOTFOUND, BL_E_TYPE, BL_E_NOMEM
bl_status bl_source_bind(bl_arena *arena, const bl_spool *spool, const bl_stretch *stretch,
                         const bl_stream *stream, bl_source *ret_source, bl_error *err);

// ---- rows.c ----

/// Rows of the spool, of all columns.
/// \param rows [rows of the batch] of the stretch's chain \param is_kept only those of this pass
/// \param ret_rows NULL: none; the caller holds it
bl_status bl_spool_rows(const bl_source *source, const bl_spool_pass *pass, const bl_batch *batch,
                        const int64_t *rows, bl_batch **ret_rows, bl_error *err);
/// Puts "FILE: entry N: " in front of a message; returns `status`.
bl_status bl_rows_error(const bl_rows *rows, int64_t row, bl_status status, bl_error *err);
/// Makes column `i` of the spool numbers. \param ret_values [n]
bl_status bl_rows_numbers(const bl_rows *rows, size_t i, bl_type_id id, void **ret_values,
                          bl_error *err);
/// Makes column `to` of the spool the batch's column `from`.
bl_status bl_rows_share(const bl_rows *rows, size_t to, size_t from, bl_error *err);

// ---- fates.c ----

/// Keys and part codes of rows. \param keys [n] \param codes [n]
bl_status bl_rows_fates(const bl_rows *rows, uint64_t *keys, int32_t *codes, bl_error *err);

// ---- labels.c, weights.c, inputs.c: columns of the spool ----

bl_status bl_rows_labels(const bl_rows *rows, bl_error *err);
bl_status bl_rows_weights(const bl_rows *rows, bl_error *err);
bl_status bl_rows_bins(const bl_rows *rows, bl_error *err);
bl_status bl_rows_input(const bl_rows *rows, size_t input, bl_error *err);

#endif
