// SPDX-License-Identifier: Apache-2.0
/// \file
/// A network as one C file that needs nothing: no library, no allocation, no variable that changes.
/// What it computes has the bits that the network has here. docs/export.md shows how it is used.
#ifndef BL_MODEL_CODE_CODE_H
#define BL_MODEL_CODE_CODE_H

#include "nn/network/network.h"

typedef struct bl_code_options {
    const char *name;   ///< what functions begin with: letters, digits and _, no digit first
    const char *origin; ///< where the network comes from, for a comment
    const char *header; ///< the name by which the source includes its header; NULL: it has none
    size_t n_vectors;   ///< test vectors; 0: no test
} bl_code_options;

enum { BL_CODE_MOST_VECTORS = 100000 };

/// Source and, where it was asked for, header.
typedef struct bl_code {
    bl_context *context;
    char *source, *header; ///< owns; header may be NULL
    size_t source_size, header_size;
} bl_code;

/// Writes a network as C11.
/// \param network with its parameters, packed \param ret_code released by bl_code_release
/// \return BL_OK, BL_E_INVALID (the name is no C name), BL_E_UNSUPPORTED (naming the layer),
/// BL_E_LIMIT (too many vectors, too much memory for an event), BL_E_NOMEM
bl_status bl_code_write(bl_context *context, const bl_nn_network *network,
                        const bl_code_options *options, bl_code *ret_code, bl_error *err);
void bl_code_release(bl_code *code);

#endif
