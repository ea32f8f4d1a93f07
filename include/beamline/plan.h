// SPDX-License-Identifier: Apache-2.0
/// \file
/// Plans: which rows of a table are taken, and which columns and new variables of them, as one
/// stream of batches. docs/expressions.md describes the language of cuts and variables.
#ifndef BEAMLINE_PLAN_H
#define BEAMLINE_PLAN_H

#include <beamline/expression.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A running pass over the rows that a selection takes.
typedef struct bl_plan bl_plan;

/// Zero-initialise, set `size`, then what differs from the default.
typedef struct bl_plan_options {
    size_t size;
    const char *const *cuts; ///< expressions that must all be true of a row, tried in this order
    size_t n_cuts;
    const bl_named_text *variables; ///< new columns; cuts may use them, too
    size_t n_variables;
    const size_t *columns; ///< of the table, that are taken along
    size_t n_columns;
    int64_t first, last; ///< rows; last 0: to the end
    const char *weight;  ///< of a row, an expression; NULL: 1
    size_t n_hidden;     ///< the last so many variables are there for others, and no columns
} bl_plan_options;

/// One column of a plan's batches. Set `size` before the call.
typedef struct bl_plan_column_info {
    size_t size;
    const char *name;    ///< a variable's name, a column's path; borrows from the plan
    const bl_type *type; ///< borrows from the plan or the table
    size_t column;       ///< of the table; SIZE_MAX: a variable
} bl_plan_column_info;

/// What a cut did so far. Set `size` before the call.
typedef struct bl_cut_info {
    size_t size;
    const char *text;   ///< borrows from the plan
    int64_t n_rows_in;  ///< rows that all cuts before it took
    int64_t n_rows_out; ///< and this one, too
    double sumw, sumw2; ///< of the weights of these, and of their squares
} bl_cut_info;

/// Compiles cuts and variables and starts a pass. Columns that only taken rows need are read only
/// where rows are taken, and not uncompressed elsewhere.
/// \param table must outlive the plan, and serves nobody else meanwhile
/// \param ret_plan the caller owns it
/// \return BL_OK, or what bl_expressions_new and bl_scan_open return
BL_API BL_MUST_CHECK bl_status bl_plan_open(bl_context *context, bl_table *table,
                                            const bl_plan_options *options, bl_plan **ret_plan,
                                            bl_error *err);
/// NULL is allowed.
BL_API void bl_plan_close(bl_plan *plan);
/// Columns of the batches: those of the table, then the variables.
BL_API size_t bl_plan_n_columns(const bl_plan *plan);
/// \return BL_OK, BL_E_RANGE
BL_API BL_MUST_CHECK bl_status bl_plan_column(const bl_plan *plan, size_t i,
                                              bl_plan_column_info *ret_info, bl_error *err);
/// The next rows that the cuts take, never none. \param ret_batch the caller holds one reference
/// \return BL_OK, BL_END, BL_E_RANGE (a weight is no finite number), or what bl_scan_next and
/// bl_expressions_eval return
BL_API BL_MUST_CHECK bl_status bl_plan_next(bl_plan *plan, bl_batch **ret_batch, bl_error *err);
/// Entries of the cut flow: "all", which takes all rows, then the cuts.
BL_API size_t bl_plan_n_cuts(const bl_plan *plan);
/// Entry `i` of the cut flow. \return BL_OK, BL_E_RANGE (there is no such cut)
BL_API BL_MUST_CHECK bl_status bl_plan_cut(const bl_plan *plan, size_t i, bl_cut_info *ret_info,
                                           bl_error *err);
/// Rows looked at, rows taken and stored bytes read so far.
BL_API void bl_plan_progress(const bl_plan *plan, int64_t *ret_rows, int64_t *ret_taken,
                             uint64_t *ret_stored_bytes);

#ifdef __cplusplus
}
#endif
#endif
