// SPDX-License-Identifier: Apache-2.0
// The table of kinds and their options. Defaults are those of Keras.
#include "nn/graph/kinds.h"

#include <string.h>

#define AS(of, member, type_name, default_text, phrase) \
    .name = #member, .type = BL_NN_OPTION_##type_name,  \
    .offset = offsetof(bl_nn_##of##_options, member), .preset = (default_text), .help = (phrase)
#define OPTION(of, member, type, preset, phrase) \
    { AS(of, member, type, preset, phrase) }
#define LEAST(of, member, preset, fewest, phrase) \
    { AS(of, member, COUNT, preset, phrase), .least = (fewest) }
#define CHOICE(of, member, preset, names, phrase) \
    { AS(of, member, CHOICE, preset, phrase), .choices = (names) }

static const char *const paddings[] = {"valid", "same", "causal", NULL};
static const char *const pool_paddings[] = {"valid", "same", NULL};
static const char *const merges[] = {"concat", "sum", "mul", "ave", NULL};

static const bl_nn_option input_options[] = {
    OPTION(input, shape, COUNTS, NULL, "[columns] of a vector, [steps, columns] of a sequence"),
    OPTION(input, ragged, FLAG, "false", "events have as many steps as they have"),
};

static const bl_nn_option dense_options[] = {
    LEAST(dense, units, NULL, 1, "columns of the output"),
    OPTION(dense, activation, ACTIVATION, "linear", "applied to the output"),
    OPTION(dense, use_bias, FLAG, "true", "whether a bias is added"),
    OPTION(dense, kernel_initializer, INITIALIZER, "glorot_uniform", "how the matrix begins"),
    OPTION(dense, bias_initializer, INITIALIZER, "zeros", "how the bias begins"),
    OPTION(dense, kernel_regularizer, REGULARIZER, "null", "of the matrix"),
    OPTION(dense, bias_regularizer, REGULARIZER, "null", "of the bias"),
};

static const bl_nn_option activation_options[] = {
    OPTION(activation, activation, ACTIVATION, NULL, "the function"),
};

static const bl_nn_option prelu_options[] = {
    OPTION(prelu, alpha_initializer, INITIALIZER, "zeros", "how slopes begin"),
    OPTION(prelu, alpha_regularizer, REGULARIZER, "null", "of slopes"),
};

static const bl_nn_option dropout_options[] = {
    OPTION(dropout, rate, NUMBER, NULL, "the share that is dropped while training"),
};

#define NORMALIZATION_OPTIONS                                                              \
    OPTION(normalization, epsilon, NUMBER, "1.0e-3", "added to variances"),                \
        OPTION(normalization, center, FLAG, "true", "whether beta is added"),              \
        OPTION(normalization, scale, FLAG, "true", "whether gamma is multiplied with"),    \
        OPTION(normalization, beta_initializer, INITIALIZER, "zeros", "how beta begins"),  \
        OPTION(normalization, gamma_initializer, INITIALIZER, "ones", "how gamma begins"), \
        OPTION(normalization, beta_regularizer, REGULARIZER, "null", "of beta"),           \
        OPTION(normalization, gamma_regularizer, REGULARIZER, "null", "of gamma")

static const bl_nn_option batch_normalization_options[] = {
    OPTION(normalization, momentum, NUMBER, "0.99", "of moving mean and variance"),
    NORMALIZATION_OPTIONS,
    OPTION(normalization, moving_mean_initializer, INITIALIZER, "zeros", "how it begins"),
    OPTION(normalization, moving_variance_initializer, INITIALIZER, "ones", "how it begins"),
};

static const bl_nn_option layer_normalization_options[] = {
    NORMALIZATION_OPTIONS,
    OPTION(normalization, rms_scaling, FLAG, "false", "divided, without taking out the mean"),
};

static const bl_nn_option embedding_options[] = {
    LEAST(embedding, input_dim, NULL, 1, "numbers that there are: 0 … input_dim − 1"),
    LEAST(embedding, output_dim, NULL, 1, "columns of the output"),
    OPTION(embedding, embeddings_initializer, INITIALIZER, "uniform", "how rows begin"),
    OPTION(embedding, embeddings_regularizer, REGULARIZER, "null", "of rows"),
    OPTION(embedding, mask_zero, FLAG, "false", "0 is padding"),
};

#define RECURRENT_OPTIONS                                                                       \
    LEAST(recurrent, units, NULL, 1, "columns of the state"),                                   \
        OPTION(recurrent, activation, ACTIVATION, "tanh", "of the state"),                      \
        OPTION(recurrent, use_bias, FLAG, "true", "whether biases are added"),                  \
        OPTION(recurrent, kernel_initializer, INITIALIZER, "glorot_uniform", "of the input"),   \
        OPTION(recurrent, recurrent_initializer, INITIALIZER, "orthogonal", "of the state"),    \
        OPTION(recurrent, bias_initializer, INITIALIZER, "zeros", "of biases"),                 \
        OPTION(recurrent, kernel_regularizer, REGULARIZER, "null", "of the input's matrix"),    \
        OPTION(recurrent, recurrent_regularizer, REGULARIZER, "null", "of the state's matrix"), \
        OPTION(recurrent, bias_regularizer, REGULARIZER, "null", "of biases"),                  \
        OPTION(recurrent, dropout, NUMBER, "0", "of the input, the same for all steps"),        \
        OPTION(recurrent, recurrent_dropout, NUMBER, "0", "of the state"),                      \
        OPTION(recurrent, return_sequences, FLAG, "false", "the states of all steps"),          \
        OPTION(recurrent, go_backwards, FLAG, "false", "from the last step to the first"),      \
        OPTION(recurrent, zero_output_for_mask, FLAG, "false",                                  \
               "zeros for steps that do not count")

static const bl_nn_option gru_options[] = {
    RECURRENT_OPTIONS,
    OPTION(recurrent, recurrent_activation, ACTIVATION, "sigmoid", "of gates"),
    OPTION(recurrent, reset_after, FLAG, "true", "the reset gate comes behind the matrix"),
};

static const bl_nn_option lstm_options[] = {
    RECURRENT_OPTIONS,
    OPTION(recurrent, recurrent_activation, ACTIVATION, "sigmoid", "of gates"),
    OPTION(recurrent, unit_forget_bias, FLAG, "true", "the forget gate's bias begins at 1"),
};

static const bl_nn_option simple_rnn_options[] = {RECURRENT_OPTIONS};

static const bl_nn_option bidirectional_options[] = {
    CHOICE(bidirectional, merge_mode, "concat", merges, "how both ways become one"),
};

static const bl_nn_option masking_options[] = {
    OPTION(masking, mask_value, NUMBER, "0", "rows of nothing else do not count"),
};

static const bl_nn_option convolution_options[] = {
    LEAST(convolution, filters, NULL, 1, "columns of the output"),
    LEAST(convolution, kernel_size, NULL, 1, "steps that a filter sees"),
    LEAST(convolution, strides, "1", 1, "steps from one output to the next"),
    CHOICE(convolution, padding, "valid", paddings, "what stands beyond the ends"),
    LEAST(convolution, dilation_rate, "1", 1, "steps from one tap to the next"),
    OPTION(convolution, activation, ACTIVATION, "linear", "applied to the output"),
    OPTION(convolution, use_bias, FLAG, "true", "whether a bias is added"),
    OPTION(convolution, kernel_initializer, INITIALIZER, "glorot_uniform", "of filters"),
    OPTION(convolution, bias_initializer, INITIALIZER, "zeros", "of the bias"),
    OPTION(convolution, kernel_regularizer, REGULARIZER, "null", "of filters"),
    OPTION(convolution, bias_regularizer, REGULARIZER, "null", "of the bias"),
};

static const bl_nn_option pooling_options[] = {
    LEAST(pooling, pool_size, "2", 1, "steps of a pool"),
    LEAST(pooling, strides, "0", 0, "steps from one pool to the next; 0: a pool's"),
    CHOICE(pooling, padding, "valid", pool_paddings, "what stands beyond the ends"),
};

static const bl_nn_option global_pooling_options[] = {
    OPTION(reduce, keepdims, FLAG, "false", "the output is a sequence of one step"),
};

static const bl_nn_option reduce_options[] = {
    LEAST(reduce, axis, "1", -2, "1: over steps, -1: over columns"),
    OPTION(reduce, keepdims, FLAG, "false", "the axis stays, of size 1"),
};

static const bl_nn_option reshape_options[] = {
    OPTION(reshape, target_shape, COUNTS, NULL, "[columns] or [steps, columns]; one may be -1"),
};

static const bl_nn_option permute_options[] = {
    OPTION(permute, dims, COUNTS, NULL, "[2, 1]: columns become steps, and steps columns"),
};

static const bl_nn_option slice_options[] = {
    LEAST(slice, axis, "-1", -2, "-1: columns, 1 of sequences: steps"),
    LEAST(slice, start, "0", 0, "the first that is taken"),
    LEAST(slice, size, NULL, 1, "how many are taken"),
    OPTION(slice, keepdims, FLAG, "true", "one step stays a sequence"),
};

static const bl_nn_option concatenate_options[] = {
    LEAST(concatenate, axis, "-1", -2, "-1: columns, 1 of sequences: steps"),
};

static const bl_nn_option attention_options[] = {
    LEAST(attention, num_heads, NULL, 1, "heads"),
    LEAST(attention, key_dim, NULL, 1, "columns of queries and keys of a head"),
    LEAST(attention, value_dim, "0", 0, "columns of values of a head; 0: key_dim"),
    LEAST(attention, output_shape, "0", 0, "columns of the output; 0: the query's"),
    OPTION(attention, dropout, NUMBER, "0", "of attention"),
    OPTION(attention, use_bias, FLAG, "true", "whether biases are added"),
    OPTION(attention, use_causal_mask, FLAG, "false", "steps see only those before them"),
    OPTION(attention, kernel_initializer, INITIALIZER, "glorot_uniform", "of matrices"),
    OPTION(attention, bias_initializer, INITIALIZER, "zeros", "of biases"),
    OPTION(attention, kernel_regularizer, REGULARIZER, "null", "of matrices"),
    OPTION(attention, bias_regularizer, REGULARIZER, "null", "of biases"),
};

static const bl_nn_option normalization_options[] = {
    OPTION(scaling, mean, NUMBERS, NULL, "of each column, or of all"),
    OPTION(scaling, variance, NUMBERS, NULL, "of each column, or of all"),
    OPTION(scaling, invert, FLAG, "false", "back to what it was"),
};

static const bl_nn_option rescaling_options[] = {
    OPTION(scaling, scale, NUMBERS, NULL, "what columns are multiplied with"),
    OPTION(scaling, offset, NUMBERS, "0", "what is added then"),
};

static const bl_nn_option compare_options[] = {
    OPTION(compare, value, NUMBER, "0", "what numbers are compared with"),
};

static const bl_nn_option clip_options[] = {
    OPTION(clip, x_min, NUMBER, NULL, "the least"),
    OPTION(clip, x_max, NUMBER, NULL, "the largest"),
};

#define LIST(options) sizeof(options) / sizeof *(options), (options)

const bl_nn_kind bl_nn_kinds[BL_NN_KIND_N] = {
    {"Input", BL_NN_KIND_INPUT, sizeof(bl_nn_input_options), LIST(input_options), 0, 0, BL_NN_WHOLE,
     "what a network is given"},
    {"Dense", BL_NN_KIND_DENSE, sizeof(bl_nn_dense_options), LIST(dense_options), 1, 1,
     BL_NN_ROWWISE, "a(x·W + b)"},
    {"Activation", BL_NN_KIND_ACTIVATION, sizeof(bl_nn_activation_options),
     LIST(activation_options), 1, 1, BL_NN_ROWWISE, "a function of each number, or of rows"},
    {"PReLU", BL_NN_KIND_PRELU, sizeof(bl_nn_prelu_options), LIST(prelu_options), 1, 1,
     BL_NN_ROWWISE, "slopes below 0 that are trained, one a column"},
    {"Dropout", BL_NN_KIND_DROPOUT, sizeof(bl_nn_dropout_options), LIST(dropout_options), 1, 1,
     BL_NN_ROWWISE, "zeros at random, while training"},
    {"SpatialDropout1D", BL_NN_KIND_SPATIAL_DROPOUT, sizeof(bl_nn_dropout_options),
     LIST(dropout_options), 1, 1, BL_NN_ROWWISE,
     "columns that are zero for a whole event, while training"},
    {"BatchNormalization", BL_NN_KIND_BATCH_NORMALIZATION, sizeof(bl_nn_normalization_options),
     LIST(batch_normalization_options), 1, 1, BL_NN_ROWWISE,
     "columns with the batch's, later the moving mean and variance taken out"},
    {"LayerNormalization", BL_NN_KIND_LAYER_NORMALIZATION, sizeof(bl_nn_normalization_options),
     LIST(layer_normalization_options), 1, 1, BL_NN_ROWWISE,
     "rows with their mean and variance taken out"},
    {"Embedding", BL_NN_KIND_EMBEDDING, sizeof(bl_nn_embedding_options), LIST(embedding_options), 1,
     1, BL_NN_WHOLE, "a row for each whole number"},
    {"GRU", BL_NN_KIND_GRU, sizeof(bl_nn_recurrent_options), LIST(gru_options), 1, 1, BL_NN_MASKED,
     "gated recurrent units"},
    {"LSTM", BL_NN_KIND_LSTM, sizeof(bl_nn_recurrent_options), LIST(lstm_options), 1, 1,
     BL_NN_MASKED, "long short-term memory"},
    {"SimpleRNN", BL_NN_KIND_SIMPLE_RNN, sizeof(bl_nn_recurrent_options), LIST(simple_rnn_options),
     1, 1, BL_NN_MASKED, "a(x·W + h·U + b)"},
    {"Bidirectional", BL_NN_KIND_BIDIRECTIONAL, sizeof(bl_nn_bidirectional_options),
     LIST(bidirectional_options), 1, 1, BL_NN_MASKED, "a recurrent layer, forwards and backwards"},
    {"TimeDistributed", BL_NN_KIND_TIME_DISTRIBUTED, 0, 0, NULL, 1, 1, BL_NN_ROWWISE,
     "a layer on each step"},
    {"Masking", BL_NN_KIND_MASKING, sizeof(bl_nn_masking_options), LIST(masking_options), 1, 1,
     BL_NN_ROWWISE, "steps of padding do not count"},
    {"Conv1D", BL_NN_KIND_CONV1D, sizeof(bl_nn_convolution_options), LIST(convolution_options), 1,
     1, BL_NN_WHOLE, "filters over steps"},
    {"MaxPooling1D", BL_NN_KIND_MAX_POOLING, sizeof(bl_nn_pooling_options), LIST(pooling_options),
     1, 1, BL_NN_WHOLE, "the largest of steps"},
    {"AveragePooling1D", BL_NN_KIND_AVERAGE_POOLING, sizeof(bl_nn_pooling_options),
     LIST(pooling_options), 1, 1, BL_NN_WHOLE, "the mean of steps"},
    {"GlobalMaxPooling1D", BL_NN_KIND_GLOBAL_MAX_POOLING, sizeof(bl_nn_reduce_options),
     LIST(global_pooling_options), 1, 1, BL_NN_WHOLE, "the largest of all steps"},
    {"GlobalAveragePooling1D", BL_NN_KIND_GLOBAL_AVERAGE_POOLING, sizeof(bl_nn_reduce_options),
     LIST(global_pooling_options), 1, 1, BL_NN_MASKED, "the mean of steps that count"},
    {"Sum", BL_NN_KIND_SUM, sizeof(bl_nn_reduce_options), LIST(reduce_options), 1, 1, BL_NN_WHOLE,
     "sums"},
    {"Mean", BL_NN_KIND_MEAN, sizeof(bl_nn_reduce_options), LIST(reduce_options), 1, 1, BL_NN_WHOLE,
     "means"},
    {"Max", BL_NN_KIND_MAX, sizeof(bl_nn_reduce_options), LIST(reduce_options), 1, 1, BL_NN_WHOLE,
     "the largest"},
    {"Min", BL_NN_KIND_MIN, sizeof(bl_nn_reduce_options), LIST(reduce_options), 1, 1, BL_NN_WHOLE,
     "the least"},
    {"Any", BL_NN_KIND_ANY, sizeof(bl_nn_reduce_options), LIST(reduce_options), 1, 1, BL_NN_WHOLE,
     "1 where any is not 0"},
    {"All", BL_NN_KIND_ALL, sizeof(bl_nn_reduce_options), LIST(reduce_options), 1, 1, BL_NN_WHOLE,
     "1 where none is 0"},
    {"Flatten", BL_NN_KIND_FLATTEN, 0, 0, NULL, 1, 1, BL_NN_WHOLE, "a vector of all"},
    {"Reshape", BL_NN_KIND_RESHAPE, sizeof(bl_nn_reshape_options), LIST(reshape_options), 1, 1,
     BL_NN_WHOLE, "the same numbers in another shape"},
    {"Permute", BL_NN_KIND_PERMUTE, sizeof(bl_nn_permute_options), LIST(permute_options), 1, 1,
     BL_NN_WHOLE, "columns become steps, and steps columns"},
    {"Slice", BL_NN_KIND_SLICE, sizeof(bl_nn_slice_options), LIST(slice_options), 1, 1, BL_NN_WHOLE,
     "some columns, or some steps"},
    {"Concatenate", BL_NN_KIND_CONCATENATE, sizeof(bl_nn_concatenate_options),
     LIST(concatenate_options), 1, BL_NN_MOST_INPUTS, BL_NN_ROWWISE, "one beside the other"},
    {"Add", BL_NN_KIND_ADD, 0, 0, NULL, 1, BL_NN_MOST_INPUTS, BL_NN_ROWWISE, "sum of inputs"},
    {"Subtract", BL_NN_KIND_SUBTRACT, 0, 0, NULL, 2, 2, BL_NN_ROWWISE, "the first less the second"},
    {"Multiply", BL_NN_KIND_MULTIPLY, 0, 0, NULL, 1, BL_NN_MOST_INPUTS, BL_NN_ROWWISE,
     "product of inputs"},
    {"Divide", BL_NN_KIND_DIVIDE, 0, 0, NULL, 2, 2, BL_NN_ROWWISE, "the first by the second"},
    {"Average", BL_NN_KIND_AVERAGE, 0, 0, NULL, 1, BL_NN_MOST_INPUTS, BL_NN_ROWWISE,
     "mean of inputs"},
    {"Maximum", BL_NN_KIND_MAXIMUM, 0, 0, NULL, 1, BL_NN_MOST_INPUTS, BL_NN_ROWWISE,
     "the largest of inputs"},
    {"Minimum", BL_NN_KIND_MINIMUM, 0, 0, NULL, 1, BL_NN_MOST_INPUTS, BL_NN_ROWWISE,
     "the least of inputs"},
    {"MultiHeadAttention", BL_NN_KIND_MULTI_HEAD_ATTENTION, sizeof(bl_nn_attention_options),
     LIST(attention_options), 2, 3, BL_NN_MASKED, "steps that look at steps: query, value, key"},
    {"Normalization", BL_NN_KIND_NORMALIZATION, sizeof(bl_nn_scaling_options),
     LIST(normalization_options), 1, 1, BL_NN_ROWWISE, "(x − mean)/√variance"},
    {"Rescaling", BL_NN_KIND_RESCALING, sizeof(bl_nn_scaling_options), LIST(rescaling_options), 1,
     1, BL_NN_ROWWISE, "x·scale + offset"},
    {"NotEqual", BL_NN_KIND_NOT_EQUAL, sizeof(bl_nn_compare_options), LIST(compare_options), 1, 1,
     BL_NN_ROWWISE, "1 where x ≠ value"},
    {"Equal", BL_NN_KIND_EQUAL, sizeof(bl_nn_compare_options), LIST(compare_options), 1, 1,
     BL_NN_ROWWISE, "1 where x = value"},
    {"Greater", BL_NN_KIND_GREATER, sizeof(bl_nn_compare_options), LIST(compare_options), 1, 1,
     BL_NN_ROWWISE, "1 where x > value"},
    {"GreaterEqual", BL_NN_KIND_GREATER_EQUAL, sizeof(bl_nn_compare_options), LIST(compare_options),
     1, 1, BL_NN_ROWWISE, "1 where x ≥ value"},
    {"Less", BL_NN_KIND_LESS, sizeof(bl_nn_compare_options), LIST(compare_options), 1, 1,
     BL_NN_ROWWISE, "1 where x < value"},
    {"LessEqual", BL_NN_KIND_LESS_EQUAL, sizeof(bl_nn_compare_options), LIST(compare_options), 1, 1,
     BL_NN_ROWWISE, "1 where x ≤ value"},
    {"Clip", BL_NN_KIND_CLIP, sizeof(bl_nn_clip_options), LIST(clip_options), 1, 1, BL_NN_ROWWISE,
     "within limits"},
    {"Exp", BL_NN_KIND_EXP, 0, 0, NULL, 1, 1, BL_NN_ROWWISE, "e^x"},
    {"Log", BL_NN_KIND_LOG, 0, 0, NULL, 1, 1, BL_NN_ROWWISE, "the natural logarithm"},
    {"Log1p", BL_NN_KIND_LOG1P, 0, 0, NULL, 1, 1, BL_NN_ROWWISE, "log(1 + x)"},
    {"Absolute", BL_NN_KIND_ABSOLUTE, 0, 0, NULL, 1, 1, BL_NN_ROWWISE, "|x|"},
    {"Square", BL_NN_KIND_SQUARE, 0, 0, NULL, 1, 1, BL_NN_ROWWISE, "x²"},
    {"Sqrt", BL_NN_KIND_SQRT, 0, 0, NULL, 1, 1, BL_NN_ROWWISE, "√x"},
    {"Negative", BL_NN_KIND_NEGATIVE, 0, 0, NULL, 1, 1, BL_NN_ROWWISE, "−x"},
    {"TreeEnsemble", BL_NN_KIND_TREE_ENSEMBLE, sizeof(bl_nn_forest_options), 0, NULL, 1, 1,
     BL_NN_WHOLE, "trees of decisions"},
};

const bl_nn_kind *bl_nn_kind_find(const char *name) {
    for (size_t i = 0; i < BL_NN_KIND_N; i++)
        if (strcmp(bl_nn_kinds[i].name, name) == 0)
            return &bl_nn_kinds[i];
    return NULL;
}
