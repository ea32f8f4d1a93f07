// SPDX-License-Identifier: Apache-2.0
/// \file
/// Forests as bytes: a message of protocol buffers, schemas/forest.proto.
#ifndef BL_NN_TREES_MESSAGE_H
#define BL_NN_TREES_MESSAGE_H

#include "nn/trees/forest.h"

/// The same forest gives the same bytes. \param ret_buffer the caller holds it
/// \return BL_OK, BL_E_LIMIT (more than 2 GiB), BL_E_NOMEM
bl_status bl_nn_forest_encode(const bl_nn_forest *forest, bl_buffer **ret_buffer, bl_error *err);
/// Reads and checks a forest, as the builder does. \param ret_forest the caller owns it
/// \return BL_OK, BL_E_CORRUPT, what bl_nn_forest_finish returns
bl_status bl_nn_forest_decode(bl_context *context, const void *data, size_t size,
                              bl_nn_forest **ret_forest, bl_error *err);

#endif
