// SPDX-License-Identifier: Apache-2.0
/// \file
/// The history of a training: a row of numbers an epoch, as CSV, JSON, and TensorBoard's events.
#ifndef BL_LEARN_TRAIN_HISTORY_H
#define BL_LEARN_TRAIN_HISTORY_H

#include "base/arena.h"
#include "base/document.h"

/// Rows of numbers under names. The first column is "epoch", from 0.
typedef struct bl_history {
    bl_context *context;
    size_t n_columns;
    const char *const *names; ///< [n_columns] borrows
    size_t n_rows, capacity;
    double *values; ///< [n_rows × n_columns]; NaN: not known
} bl_history;

void bl_history_init(bl_history *history, bl_context *context, const char *const *names,
                     size_t n_columns);
void bl_history_release(bl_history *history);
/// \param values [n_columns] \return BL_OK, BL_E_NOMEM
bl_status bl_history_append(bl_history *history, const double *values, bl_error *err);
/// Writes it anew, by atomic rename, in the fewest digits that read to the same bits: rows under a
/// head as CSV, a list under each name as JSON. What is no number is `NaN`, `inf` or `-inf` in CSV,
/// null in JSON.
/// \return BL_OK, BL_E_IO, BL_E_ACCESS, BL_E_NOMEM
bl_status bl_history_write_csv(const bl_history *history, const char *path, bl_error *err);
bl_status bl_history_write_json(const bl_history *history, const char *path, bl_error *err);

#endif
