// SPDX-License-Identifier: Apache-2.0
/// \file
/// A run of all folds: a run for each in a folder of its own, and folds.json, which says which of
/// their models is for which events: that which has not seen them.
#ifndef BL_LEARN_TRAIN_FOLDS_H
#define BL_LEARN_TRAIN_FOLDS_H

#include "data/prepared/prepared.h"

enum { BL_FOLD_PATH = 4096 };

/// "RUN/fold-3". \return BL_OK, BL_E_INVALID (it is too long)
bl_status bl_folds_path(const char *run, size_t fold, char path[static BL_FOLD_PATH],
                        bl_error *err);
/// Writes RUN/folds.json, by atomic rename. \return BL_OK, BL_E_IO, BL_E_ACCESS, BL_E_NOMEM
bl_status bl_folds_write(bl_context *context, const char *run, const bl_prepared *prepared,
                         bl_error *err);

#endif
