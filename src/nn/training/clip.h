// SPDX-License-Identifier: Apache-2.0
/// \file
/// Clipping of gradients, as Keras 3 does it: by value, by the norm of each parameter's array, or
/// by the norm of all. In YAML: `clip: {value: 0.5}`, `{norm: 1}` or `{global_norm: 1}`.
///
/// Squares are summed in double (sums.h): the same bits on every processor, however many threads
/// there are. A norm that is no finite number makes all that it clips NaN, as Keras's global norm.
#ifndef BL_NN_TRAINING_CLIP_H
#define BL_NN_TRAINING_CLIP_H

#include "base/document.h"
#include "base/text.h"

/// X(kind, name)
#define BL_NN_CLIP_TABLE(X) \
    X(VALUE, "value")       \
    X(NORM, "norm")         \
    X(GLOBAL_NORM, "global_norm")

typedef enum bl_nn_clip_kind {
    BL_NN_CLIP_NONE,
#define X(kind, name) BL_NN_CLIP_##kind,
    BL_NN_CLIP_TABLE(X)
#undef X
} bl_nn_clip_kind;

typedef struct bl_nn_clip {
    bl_nn_clip_kind kind;
    double limit; ///< > 0
} bl_nn_clip;

/// An array of gradients.
typedef struct bl_nn_array {
    float *values; ///< [n]
    size_t n;
} bl_nn_array;

/// Reads `clip` of a configuration; a NULL item clips nothing. \return BL_OK, BL_E_INVALID
bl_status bl_nn_clip_read(const bl_item *item, bl_nn_clip *ret_clip, bl_error *err);
/// Writes it as JSON that bl_nn_clip_read reads to the same.
void bl_nn_clip_write(const bl_nn_clip *clip, bl_text *to);
/// Clips all gradients of a network, one array a parameter.
void bl_nn_clip_run(const bl_nn_clip *clip, const bl_nn_array *arrays, size_t n_arrays);

#endif
