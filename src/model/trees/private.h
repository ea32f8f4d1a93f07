// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside the room: one reader a format. Each fills in all of a model but its format.
#ifndef BL_MODEL_TREES_PRIVATE_H
#define BL_MODEL_TREES_PRIVATE_H

#include "base/document.h"
#include "model/trees/trees.h"

/// Universal Binary JSON, draft 12, as a document; what it calls high-precision numbers is refused.
/// Scalars but texts have no `text`. \return BL_OK, BL_E_CORRUPT, BL_E_UNSUPPORTED, BL_E_LIMIT,
/// BL_E_NOMEM
bl_status bl_ubjson_parse(bl_arena *arena, const void *data, size_t size, const bl_item **ret_item,
                          bl_error *err);

bl_status bl_trees_read_xgboost(bl_trees_model *model, const bl_item *document, bl_error *err);
bl_status bl_trees_read_lightgbm(bl_trees_model *model, const char *text, size_t size,
                                 bl_error *err);

#endif
