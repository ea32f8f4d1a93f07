// SPDX-License-Identifier: Apache-2.0
// The table of layers. Those that are not here are taken apart when a network is made.
#include "nn/layers/layer.h"

extern const bl_nn_layer bl_nn_dense_layer, bl_nn_gru_layer, bl_nn_input_layer, bl_nn_lstm_layer,
    bl_nn_simple_rnn_layer;

const bl_nn_layer *const bl_nn_layers[BL_NN_KIND_N] = {
    [BL_NN_KIND_DENSE] = &bl_nn_dense_layer,           [BL_NN_KIND_GRU] = &bl_nn_gru_layer,
    [BL_NN_KIND_INPUT] = &bl_nn_input_layer,           [BL_NN_KIND_LSTM] = &bl_nn_lstm_layer,
    [BL_NN_KIND_SIMPLE_RNN] = &bl_nn_simple_rnn_layer,
};
