// SPDX-License-Identifier: Apache-2.0
// The table of layers. Those that are not here are taken apart when a network is made.
#include "nn/layers/layer.h"

#define LAYERS(X)                               \
    X(INPUT, input)                             \
    X(DENSE, dense)                             \
    X(ACTIVATION, activation)                   \
    X(PRELU, prelu)                             \
    X(DROPOUT, dropout)                         \
    X(SPATIAL_DROPOUT, dropout)                 \
    X(GRU, gru)                                 \
    X(LSTM, lstm)                               \
    X(SIMPLE_RNN, simple_rnn)                   \
    X(BATCH_NORMALIZATION, batch_normalization) \
    X(LAYER_NORMALIZATION, layer_normalization) \
    X(CONV1D, convolution)                      \
    X(MAX_POOLING, pooling)                     \
    X(AVERAGE_POOLING, pooling)                 \
    X(EMBEDDING, embedding)                     \
    X(MASKING, masking)                         \
    X(GLOBAL_MAX_POOLING, reduce)               \
    X(GLOBAL_AVERAGE_POOLING, reduce)           \
    X(SUM, reduce)                              \
    X(MEAN, reduce)                             \
    X(MAX, reduce)                              \
    X(MIN, reduce)                              \
    X(ANY, reduce)                              \
    X(ALL, reduce)                              \
    X(FLATTEN, flatten)                         \
    X(RESHAPE, flatten)                         \
    X(PERMUTE, permute)                         \
    X(SLICE, slice)                             \
    X(CONCATENATE, concatenate)                 \
    X(ADD, merge)                               \
    X(SUBTRACT, merge)                          \
    X(MULTIPLY, merge)                          \
    X(DIVIDE, merge)                            \
    X(AVERAGE, merge)                           \
    X(MAXIMUM, merge)                           \
    X(MINIMUM, merge)                           \
    X(MULTI_HEAD_ATTENTION, attention)          \
    X(NORMALIZATION, scaling)                   \
    X(RESCALING, scaling)                       \
    X(NOT_EQUAL, compare)                       \
    X(EQUAL, compare)                           \
    X(GREATER, compare)                         \
    X(GREATER_EQUAL, compare)                   \
    X(LESS, compare)                            \
    X(LESS_EQUAL, compare)                      \
    X(CLIP, function)                           \
    X(EXP, function)                            \
    X(LOG, function)                            \
    X(LOG1P, function)                          \
    X(ABSOLUTE, function)                       \
    X(SQUARE, function)                         \
    X(SQRT, function)                           \
    X(NEGATIVE, function)                       \
    X(TREE_ENSEMBLE, tree_ensemble)

#define DECLARE(kind, layer) extern const bl_nn_layer bl_nn_##layer##_layer;
LAYERS(DECLARE)

#define ROW(kind, layer) [BL_NN_KIND_##kind] = &bl_nn_##layer##_layer,
const bl_nn_layer *const bl_nn_layers[BL_NN_KIND_N] = {LAYERS(ROW)};
