// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside graphs: how activations and initializers are written, their constants among it.
#ifndef BL_NN_GRAPH_CONSTANTS_H
#define BL_NN_GRAPH_CONSTANTS_H

#include "nn/graph/kinds.h"

typedef enum bl_nn_constant_type {
    BL_NN_CONSTANT_FLOAT,
    BL_NN_CONSTANT_DOUBLE,
    BL_NN_CONSTANT_FLAG,
} bl_nn_constant_type;

/// A constant of an activation or an initializer.
typedef struct bl_nn_constant {
    const char *name; ///< Keras's
    bl_nn_constant_type type;
    size_t offset; ///< in its struct
} bl_nn_constant;

enum { BL_NN_MOST_CONSTANTS = 3 };

/// Those that a kind has; the first is what stands alone in short YAML: `{leaky_relu: 0.1}`.
/// \return [*ret_n]
const bl_nn_constant *bl_nn_activation_constants(bl_nn_activation_kind kind, size_t *ret_n);
const bl_nn_constant *bl_nn_initializer_constants(bl_nn_initializer_kind kind, size_t *ret_n);

/// "glorot_uniform" and "GlorotUniform".
const char *bl_nn_initializer_name(bl_nn_initializer_kind kind);
const char *bl_nn_initializer_class(bl_nn_initializer_kind kind);
/// By either, or Keras's other spellings; with the constants that Keras has for it.
/// \return whether there is one
bool bl_nn_initializer_find(const char *name, bl_nn_initializer *ret_initializer);

#endif
