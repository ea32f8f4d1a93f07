// SPDX-License-Identifier: Apache-2.0
/// \file
/// Losses over rows of predictions, as Keras 3 defines them: values and gradients.
///
/// The loss of a row is ℓ; of elementwise losses it is the mean over the row's n elements. A
/// weighted loss is Σ w·ℓ divided by the number of rows, never by Σ w: the caller says so by
/// `scale`.
///
/// Cross-entropies come in two forms. From probabilities: these are clipped to [1e-7, 1 − 1e-7],
/// those of categories divided by their sum first (sparse: afterwards); where a clip took hold the
/// gradient is 0. From logits: softmax or sigmoid and the logarithm are one, nothing is clipped and
/// the gradient is that of the logits; focal losses clip as before. A NaN among the predictions of
/// a row makes its loss NaN.
///
/// In YAML: `loss: categorical_crossentropy` or
/// `loss: {categorical_focal_crossentropy: {gamma: 1.5, from_logits: true}}`.
/// \source keras.losses of Keras 3 with TensorFlow
#ifndef BL_NN_TRAINING_LOSS_H
#define BL_NN_TRAINING_LOSS_H

#include "base/document.h"
#include "base/text.h"
#include "nn/kernels/kernels.h"

/// X(kind, name), and what the targets of a row are.
#define BL_NN_LOSS_TABLE(X)                                                     \
    X(CATEGORICAL, "categorical_crossentropy")             /* one of n */       \
    X(SPARSE, "sparse_categorical_crossentropy")           /* [m] its label */  \
    X(BINARY, "binary_crossentropy")                       /* n times 0 or 1 */ \
    X(CATEGORICAL_FOCAL, "categorical_focal_crossentropy") /* one of n */       \
    X(BINARY_FOCAL, "binary_focal_crossentropy")           /* n times 0 or 1 */ \
    X(SQUARED, "mean_squared_error")                       /* n numbers */      \
    X(ABSOLUTE, "mean_absolute_error")                     /* n numbers */      \
    X(HUBER, "huber")                                      /* n numbers */

typedef enum bl_nn_loss_kind {
#define X(kind, name) BL_NN_LOSS_##kind,
    BL_NN_LOSS_TABLE(X)
#undef X
        BL_NN_N_LOSSES
} bl_nn_loss_kind;

typedef struct bl_nn_loss {
    bl_nn_loss_kind kind;
    bool from_logits;           ///< of cross-entropies
    bool apply_class_balancing; ///< of binary focal: ones weigh alpha, zeros 1 − alpha
    double label_smoothing;     ///< in [0, 1]; not of sparse
    double alpha, gamma;        ///< of focal
    double delta;               ///< of Huber
} bl_nn_loss;

/// A loss with Keras's defaults.
bl_nn_loss bl_nn_loss_of(bl_nn_loss_kind kind);
/// Reads `loss` of a configuration. \return BL_OK, BL_E_INVALID
bl_status bl_nn_loss_read(const bl_item *item, bl_nn_loss *ret_loss, bl_error *err);
/// Writes it as JSON that bl_nn_loss_read reads to the same.
void bl_nn_loss_write(const bl_nn_loss *loss, bl_text *to);
const char *bl_nn_loss_name(bl_nn_loss_kind kind);

typedef struct bl_nn_loss_rows {
    size_t m, n;
    const float *predictions; ///< [m × n]
    size_t stride;
    const float *targets; ///< [m × n]; of sparse [m × 1], labels
    size_t target_stride;
    const float *weights; ///< [m]; NULL: 1 each
    float *scratch;       ///< [2 × m × n], not used by squares, absolutes and Huber
    size_t first_row;     ///< what the first row is called in errors
} bl_nn_loss_rows;

/// Σ w·ℓ over rows in double, in the order of rows; the same bits whatever the kernels.
/// \param gradient [m × n] of scale·Σ w·ℓ by the predictions, elsewhere than they; NULL: not wanted
/// \return BL_OK; BL_E_INVALID: a label that is none of 0 … n − 1, before anything is written
bl_status bl_nn_loss_run(const bl_nn_kernels *kernels, const bl_nn_loss *loss,
                         const bl_nn_loss_rows *rows, double scale, float *gradient,
                         size_t gradient_stride, double *ret_sum, bl_error *err);

#endif
