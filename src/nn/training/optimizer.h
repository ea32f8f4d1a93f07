// SPDX-License-Identifier: Apache-2.0
/// \file
/// Optimisers over flat blocks of parameters, as Keras 3 defines them.
///
/// In YAML: `optimizer: adam` or `optimizer: {adamw: {weight_decay: 0.01, beta_2: 0.99}}`.
/// \source keras.optimizers of Keras 3
#ifndef BL_NN_TRAINING_OPTIMIZER_H
#define BL_NN_TRAINING_OPTIMIZER_H

#include "base/document.h"
#include "base/text.h"
#include "nn/kernels/kernels.h"

/// X(kind, name, learning rate where nothing else is said)
#define BL_NN_OPTIMIZER_TABLE(X) \
    X(SGD, "sgd", 0.01)          \
    X(ADAM, "adam", 0.001)       \
    X(ADAMW, "adamw", 0.001)     \
    X(RMSPROP, "rmsprop", 0.001)

typedef enum bl_nn_optimizer_kind {
#define X(kind, name, rate) BL_NN_OPTIMIZER_##kind,
    BL_NN_OPTIMIZER_TABLE(X)
#undef X
        BL_NN_N_OPTIMIZERS
} bl_nn_optimizer_kind;

typedef struct bl_nn_optimizer {
    bl_nn_optimizer_kind kind;
    double learning_rate;  ///< for schedules to begin with
    double momentum;       ///< of SGD and RMSprop, in [0, 1]
    bool nesterov;         ///< of SGD
    double beta_1, beta_2; ///< of Adam, in [0, 1)
    bool amsgrad;          ///< of Adam
    double rho;            ///< of RMSprop, in [0, 1]
    bool centered;         ///< of RMSprop
    double epsilon;        ///< of Adam and RMSprop
    double weight_decay;   ///< parameters lose so much times the learning rate before a step
} bl_nn_optimizer;

/// An optimiser with Keras's defaults.
bl_nn_optimizer bl_nn_optimizer_of(bl_nn_optimizer_kind kind);
/// Reads `optimizer` of a configuration. \return BL_OK, BL_E_INVALID
bl_status bl_nn_optimizer_read(const bl_item *item, bl_nn_optimizer *ret_optimizer, bl_error *err);
/// Writes it as JSON that bl_nn_optimizer_read reads to the same.
void bl_nn_optimizer_write(const bl_nn_optimizer *optimizer, bl_text *to);
const char *bl_nn_optimizer_name(bl_nn_optimizer_kind kind);
/// How many moments a parameter has; they are 0 before the first step.
size_t bl_nn_optimizer_n_moments(const bl_nn_optimizer *optimizer);

/// What a step works on: blocks as a whole, whatever range of them is updated.
typedef struct bl_nn_optimizer_blocks {
    size_t n;
    float *parameters;      ///< [n]
    const float *gradients; ///< [n]
    float *moments;         ///< [n_moments × stride]
    size_t moment_stride;   ///< floats from one moment's block to the next, n at least
} bl_nn_optimizer_blocks;

/// One step of parameters [start, start + count). Ranges may be updated side by side, and cut
/// anywhere; the bits are the same, on all kinds of kernels.
/// \param number of the step, from 1: what Adam's moments are corrected for
void bl_nn_optimizer_step(const bl_nn_kernels *kernels, const bl_nn_optimizer *optimizer,
                          double learning_rate, uint64_t number,
                          const bl_nn_optimizer_blocks *blocks, size_t start, size_t count);

#endif
