// SPDX-License-Identifier: Apache-2.0
/// \file
/// The options of layers as structs, one for each family, with the names that Keras has for them;
/// which kind of layer has which of them, and their defaults, is in nn/graph/kinds.c.
/// \source Keras 3, API documentation of `keras.layers`
#ifndef BL_NN_GRAPH_OPTIONS_H
#define BL_NN_GRAPH_OPTIONS_H

#include <stdint.h>

#include "nn/kernels/activations.h"
#include "nn/training/regularizer.h"

/// How parameters begin: X(NAME, "name", class of Keras).
#define BL_NN_INITIALIZERS(X)                            \
    X(GLOROT_UNIFORM, "glorot_uniform", "GlorotUniform") \
    X(GLOROT_NORMAL, "glorot_normal", "GlorotNormal")    \
    X(HE_UNIFORM, "he_uniform", "HeUniform")             \
    X(HE_NORMAL, "he_normal", "HeNormal")                \
    X(LECUN_UNIFORM, "lecun_uniform", "LecunUniform")    \
    X(LECUN_NORMAL, "lecun_normal", "LecunNormal")       \
    X(ORTHOGONAL, "orthogonal", "Orthogonal")            \
    X(IDENTITY, "identity", "Identity")                  \
    X(ZEROS, "zeros", "Zeros")                           \
    X(ONES, "ones", "Ones")                              \
    X(CONSTANT, "constant", "Constant")                  \
    X(RANDOM_NORMAL, "normal", "RandomNormal")           \
    X(RANDOM_UNIFORM, "uniform", "RandomUniform")        \
    X(TRUNCATED_NORMAL, "truncated_normal", "TruncatedNormal")

typedef enum bl_nn_initializer_kind {
#define BL_NN_INITIALIZER_ENUM(name, text, class_name) BL_NN_INIT_##name,
    BL_NN_INITIALIZERS(BL_NN_INITIALIZER_ENUM)
#undef BL_NN_INITIALIZER_ENUM
        BL_NN_INIT_N
} bl_nn_initializer_kind;

typedef struct bl_nn_initializer {
    bl_nn_initializer_kind kind;
    double a; ///< value, mean, minimum or gain
    double b; ///< standard deviation or maximum
} bl_nn_initializer;

typedef struct bl_nn_counts {
    size_t n;
    const int64_t *items;
} bl_nn_counts;

typedef struct bl_nn_numbers {
    size_t n;
    const double *items;
} bl_nn_numbers;

typedef enum bl_nn_window_padding { BL_NN_VALID, BL_NN_SAME, BL_NN_CAUSAL } bl_nn_window_padding;
typedef enum bl_nn_merge {
    BL_NN_MERGE_CONCAT,
    BL_NN_MERGE_SUM,
    BL_NN_MERGE_MUL,
    BL_NN_MERGE_AVE
} bl_nn_merge;

/// Input. A vector of `width`, or a sequence of at most `steps` of them.
typedef struct bl_nn_input_options {
    bl_nn_counts shape; ///< [width] or [steps, width]
    bool ragged;        ///< an event has as many steps as it has, and no layer sees others
} bl_nn_input_options;

/// Dense
typedef struct bl_nn_dense_options {
    int64_t units;
    bl_nn_activation activation;
    bool use_bias;
    bl_nn_initializer kernel_initializer, bias_initializer;
    bl_nn_regularizer kernel_regularizer, bias_regularizer;
} bl_nn_dense_options;

/// Activation, and Keras's layers that are one: ReLU, LeakyReLU, ELU, Softmax
typedef struct bl_nn_activation_options {
    bl_nn_activation activation;
} bl_nn_activation_options;

/// PReLU, one slope for each column, whatever the step
typedef struct bl_nn_prelu_options {
    bl_nn_initializer alpha_initializer;
    bl_nn_regularizer alpha_regularizer;
} bl_nn_prelu_options;

/// Dropout, SpatialDropout1D
typedef struct bl_nn_dropout_options {
    double rate;
} bl_nn_dropout_options;

/// BatchNormalization, LayerNormalization; the last axis
typedef struct bl_nn_normalization_options {
    double momentum, epsilon;
    bool center, scale;
    bool rms_scaling;
    bl_nn_initializer beta_initializer, gamma_initializer;
    bl_nn_initializer moving_mean_initializer, moving_variance_initializer;
    bl_nn_regularizer beta_regularizer, gamma_regularizer;
} bl_nn_normalization_options;

/// Embedding
typedef struct bl_nn_embedding_options {
    int64_t input_dim, output_dim;
    bl_nn_initializer embeddings_initializer;
    bl_nn_regularizer embeddings_regularizer;
    bool mask_zero;
} bl_nn_embedding_options;

/// GRU, LSTM, SimpleRNN
typedef struct bl_nn_recurrent_options {
    int64_t units;
    bl_nn_activation activation, recurrent_activation;
    bool use_bias;
    bool return_sequences, go_backwards;
    bool zero_output_for_mask;
    bool reset_after;      ///< GRU
    bool unit_forget_bias; ///< LSTM
    double dropout, recurrent_dropout;
    bl_nn_initializer kernel_initializer, recurrent_initializer, bias_initializer;
    bl_nn_regularizer kernel_regularizer, recurrent_regularizer, bias_regularizer;
} bl_nn_recurrent_options;

/// Bidirectional, around one recurrent layer, or two
typedef struct bl_nn_bidirectional_options {
    int merge_mode; ///< bl_nn_merge
} bl_nn_bidirectional_options;

/// Masking
typedef struct bl_nn_masking_options {
    double mask_value;
} bl_nn_masking_options;

/// Conv1D
typedef struct bl_nn_convolution_options {
    int64_t filters, kernel_size, strides, dilation_rate;
    int padding; ///< bl_nn_window_padding
    bl_nn_activation activation;
    bool use_bias;
    bl_nn_initializer kernel_initializer, bias_initializer;
    bl_nn_regularizer kernel_regularizer, bias_regularizer;
} bl_nn_convolution_options;

/// MaxPooling1D, AveragePooling1D
typedef struct bl_nn_pooling_options {
    int64_t pool_size;
    int64_t strides; ///< 0: as long as the pool
    int padding;     ///< bl_nn_window_padding, not causal
} bl_nn_pooling_options;

/// GlobalAveragePooling1D, GlobalMaxPooling1D; Sum, Mean, Max, Min; Any, All
typedef struct bl_nn_reduce_options {
    int64_t axis; ///< 1: steps; −1 or 2: columns
    bool keepdims;
} bl_nn_reduce_options;

/// Concatenate
typedef struct bl_nn_concatenate_options {
    int64_t axis; ///< −1: columns; 1 of sequences: steps
} bl_nn_concatenate_options;

/// Reshape
typedef struct bl_nn_reshape_options {
    bl_nn_counts target_shape; ///< at most one −1
} bl_nn_reshape_options;

/// Permute
typedef struct bl_nn_permute_options {
    bl_nn_counts dims; ///< [2, 1]
} bl_nn_permute_options;

/// Slice
typedef struct bl_nn_slice_options {
    int64_t axis; ///< −1: columns; 1 of sequences: steps
    int64_t start, size;
    bool keepdims; ///< else one step becomes a vector
} bl_nn_slice_options;

/// MultiHeadAttention of query, value and, where it is given, key
typedef struct bl_nn_attention_options {
    int64_t num_heads, key_dim;
    int64_t value_dim;    ///< 0: as key_dim
    int64_t output_shape; ///< 0: as wide as the query
    double dropout;
    bool use_bias;
    bool use_causal_mask;
    bl_nn_initializer kernel_initializer, bias_initializer;
    bl_nn_regularizer kernel_regularizer, bias_regularizer;
} bl_nn_attention_options;

/// Normalization: (x − mean)/√variance; Rescaling: x·scale + offset. One number, or one a column.
typedef struct bl_nn_scaling_options {
    bl_nn_numbers mean, variance;
    bool invert;
    bl_nn_numbers scale, offset;
} bl_nn_scaling_options;

/// Operations on numbers: NotEqual, Equal, Greater, GreaterEqual, Less, LessEqual with `value`
typedef struct bl_nn_compare_options {
    double value;
} bl_nn_compare_options;

/// Clip
typedef struct bl_nn_clip_options {
    double x_min, x_max;
} bl_nn_clip_options;

/// TreeEnsemble, of nn/trees/forest.h
typedef struct bl_nn_forest_options {
    const struct bl_nn_forest *forest; ///< borrows; not written as text
} bl_nn_forest_options;

#endif
