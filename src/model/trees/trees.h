// SPDX-License-Identifier: Apache-2.0
/// \file
/// Models of XGBoost (its JSON and UBJSON files) and LightGBM (its text files) as forests.
/// docs/models.md says what is read and what is refused.
/// \source XGBoost, "Introduction to Model IO" and the JSON schema behind it; LightGBM, the files
/// that Booster.save_model writes
#ifndef BL_MODEL_TREES_TREES_H
#define BL_MODEL_TREES_TREES_H

#include "base/arena.h"
#include "nn/trees/forest.h"

typedef struct bl_trees_model {
    bl_arena arena;      ///< holds the texts
    const char *format;  ///< "XGBoost JSON", "XGBoost UBJSON", "LightGBM text"; static
    const char *version; ///< of the library that wrote it, or of its format; NULL: not told
    const char *objective;
    size_t n_names;
    const char **names; ///< [n_names] of features; as many as features, or none
    bl_nn_forest *forest;
} bl_trees_model;

/// Says whether a file begins as one of these models. A file that cannot be read is none.
/// \return BL_OK, BL_E_NOMEM, BL_E_CANCELLED
bl_status bl_trees_probe(bl_context *context, const char *url, bool *ret_is_model, bl_error *err);
/// Reads a file of at most 1 GiB; messages begin with its URL. \param ret_model the caller owns it
/// \return BL_OK, what bl_source_open returns, BL_E_FORMAT (none of these), BL_E_INVALID,
/// BL_E_RANGE, BL_E_CORRUPT, BL_E_UNSUPPORTED (categories, vectors in leaves, linear leaves, an
/// objective that is not known), BL_E_LIMIT, BL_E_NOMEM
bl_status bl_trees_open(bl_context *context, const char *url, bl_trees_model **ret_model,
                        bl_error *err);
/// The same of bytes in memory.
bl_status bl_trees_parse(bl_context *context, const void *data, size_t size,
                         bl_trees_model **ret_model, bl_error *err);
/// NULL is allowed.
void bl_trees_free(bl_trees_model *model);
BL_DEFINE_AUTO(bl_trees_model, bl_trees_free);

#endif
