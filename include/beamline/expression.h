// SPDX-License-Identifier: Apache-2.0
/// \file
/// Expressions over the columns of a table: selections and new variables, compiled once and run
/// over batches. docs/expressions.md describes the language.
#ifndef BEAMLINE_EXPRESSION_H
#define BEAMLINE_EXPRESSION_H

#include <beamline/table.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Some named expressions over the columns of one table or batch. Immutable once made.
typedef struct bl_expressions bl_expressions;

/// A name and the expression that it stands for. Both are copied.
typedef struct bl_named_text {
    const char *name, *text;
} bl_named_text;

/// Compiles expressions over the columns of a table. They may use each other by their names, in any
/// order; a name hides a column of that name.
/// \param table must outlive the call only \param ret_expressions the caller owns it
/// \return BL_OK, BL_E_INVALID (syntax, with the place marked), BL_E_NOTFOUND (with the nearest
/// names), BL_E_TYPE, BL_E_SHAPE, BL_E_LIMIT, BL_E_NOMEM
BL_API BL_MUST_CHECK bl_status bl_expressions_new(bl_context *context, bl_table *table,
                                                  const bl_named_text *texts, size_t n,
                                                  bl_expressions **ret_expressions, bl_error *err);
/// The same over the columns of batches that are like this one.
BL_API BL_MUST_CHECK bl_status bl_expressions_new_for_batch(bl_context *context,
                                                            const bl_batch *batch,
                                                            const bl_named_text *texts, size_t n,
                                                            bl_expressions **ret_expressions,
                                                            bl_error *err);
/// NULL is allowed.
BL_API void bl_expressions_free(bl_expressions *expressions);

/// Columns of the table or batch that the expressions use, in the order in which
/// `bl_expressions_eval` wants them. \return how many; \param ret_columns borrows
BL_API size_t bl_expressions_columns(const bl_expressions *expressions, const size_t **ret_columns);

/// Computes all expressions for all rows of a batch, which has the columns of
/// `bl_expressions_columns` and no others, on the threads of the context.
/// \param ret_batch one column an expression: bool, int64, float64 or lists of such. What may be
/// missing is float64, and NaN where it is. The caller holds one reference
/// \return BL_OK, BL_E_SHAPE (lists of different lengths meet), BL_E_RANGE, BL_E_LIMIT, BL_E_NOMEM,
/// BL_E_CANCELLED
BL_API BL_MUST_CHECK bl_status bl_expressions_eval(const bl_expressions *expressions,
                                                   const bl_batch *batch, bl_batch **ret_batch,
                                                   bl_error *err);

#ifdef __cplusplus
}
#endif
#endif
