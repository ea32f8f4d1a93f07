// SPDX-License-Identifier: Apache-2.0
/// \file
/// Matrices for the right side of products, put into the order in which kernels read them.
#ifndef BL_NN_KERNELS_PACKED_H
#define BL_NN_KERNELS_PACKED_H

#include "base/memory.h"
#include "nn/kernels/kernels.h"

/// Most columns of a panel, and most lanes of a vector, of any kernels.
enum { BL_NN_MOST_PANEL = 64, BL_NN_MOST_LANES = 16 };

/// Panels of n_vectors·n_lanes columns each, fewer vectors in the last; a panel is row by row
/// without gaps, and zeros stand where there is no column. Only for the kernels that it was made
/// for.
struct bl_nn_packed {
    const bl_nn_kernels *kernels;
    size_t k, n;
    float *panels; ///< [k × n up to a whole number of vectors], aligned to 64 bytes
    bl_buffer *memory;
};

/// Room for a matrix [k × n], all zeros.
/// \param ret_packed released by bl_nn_packed_release, before the context is
/// \return BL_OK, BL_E_NOMEM
bl_status bl_nn_packed_init(bl_context *context, const bl_nn_kernels *kernels, size_t k, size_t n,
                            bl_nn_packed *ret_packed, bl_error *err);
void bl_nn_packed_release(bl_nn_packed *packed);
/// Room that the caller has, set to zeros; not released.
/// \param panels [k × n up to a multiple of BL_NN_MOST_LANES]
bl_nn_packed bl_nn_packed_in(const bl_nn_kernels *kernels, size_t k, size_t n, float *panels);

/// Puts a matrix there. \param b [k × n]
void bl_nn_packed_set(bl_nn_packed *packed, const float *b, size_t stride);
/// Puts a transposed matrix there, for the gradient of a product's left side. \param b [n × k]
void bl_nn_packed_set_transposed(bl_nn_packed *packed, const float *b, size_t stride);

#endif
