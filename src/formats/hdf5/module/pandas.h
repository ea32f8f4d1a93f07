// SPDX-License-Identifier: Apache-2.0
/// \file
/// Names that pandas gives to columns which it stores in blocks.
#ifndef BL_FORMATS_HDF5_MODULE_PANDAS_H
#define BL_FORMATS_HDF5_MODULE_PANDAS_H

#include "base/arena.h"

/// Finds the texts in a pickled list of texts, and of nothing else; no pickle is ever run.
/// \param ret_names [ret_n] in the arena \return false where it is anything else
bool bl_hdf5_pickled_texts(bl_arena *arena, const uint8_t *pickle, size_t size,
                           const char ***ret_names, size_t *ret_n);

#endif
