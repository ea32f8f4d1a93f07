// SPDX-License-Identifier: Apache-2.0
/// \file
/// The kinds of layers, by the names that Keras has for them, and the table of their options, from
/// which YAML, Keras's configurations, bundles and the documentation are read, written and made.
#ifndef BL_NN_GRAPH_KINDS_H
#define BL_NN_GRAPH_KINDS_H

#include "base/arena.h"
#include "base/document.h"
#include "nn/graph/options.h"

/// What a kind does with rows and masks, for which see nn/layers/layer.h:
/// ROWWISE  each row of the output is made of one row of each input: padding may be left out
/// MASKED   knows masks: padding may be left out, and the output is a sequence of the same rows or
///          a vector
/// WHOLE    sees padding: it must be there
typedef enum bl_nn_row_use { BL_NN_ROWWISE, BL_NN_MASKED, BL_NN_WHOLE } bl_nn_row_use;

/// X(ENUM, "Name", struct of options, fewest inputs, most inputs, use of rows)
#define BL_NN_KINDS(X)                                                         \
    X(INPUT, "Input", input, 0, 0, WHOLE)                                      \
    X(DENSE, "Dense", dense, 1, 1, ROWWISE)                                    \
    X(ACTIVATION, "Activation", activation, 1, 1, ROWWISE)                     \
    X(PRELU, "PReLU", prelu, 1, 1, ROWWISE)                                    \
    X(DROPOUT, "Dropout", dropout, 1, 1, ROWWISE)                              \
    X(SPATIAL_DROPOUT, "SpatialDropout1D", dropout, 1, 1, ROWWISE)             \
    X(BATCH_NORMALIZATION, "BatchNormalization", normalization, 1, 1, ROWWISE) \
    X(LAYER_NORMALIZATION, "LayerNormalization", normalization, 1, 1, ROWWISE) \
    X(EMBEDDING, "Embedding", embedding, 1, 1, WHOLE)                          \
    X(GRU, "GRU", recurrent, 1, 1, MASKED)                                     \
    X(LSTM, "LSTM", recurrent, 1, 1, MASKED)                                   \
    X(SIMPLE_RNN, "SimpleRNN", recurrent, 1, 1, MASKED)                        \
    X(BIDIRECTIONAL, "Bidirectional", bidirectional, 1, 1, MASKED)             \
    X(TIME_DISTRIBUTED, "TimeDistributed", none, 1, 1, ROWWISE)                \
    X(MASKING, "Masking", masking, 1, 1, ROWWISE)                              \
    X(CONV1D, "Conv1D", convolution, 1, 1, WHOLE)                              \
    X(MAX_POOLING, "MaxPooling1D", pooling, 1, 1, WHOLE)                       \
    X(AVERAGE_POOLING, "AveragePooling1D", pooling, 1, 1, WHOLE)               \
    X(GLOBAL_MAX_POOLING, "GlobalMaxPooling1D", reduce, 1, 1, WHOLE)           \
    X(GLOBAL_AVERAGE_POOLING, "GlobalAveragePooling1D", reduce, 1, 1, MASKED)  \
    X(SUM, "Sum", reduce, 1, 1, WHOLE)                                         \
    X(MEAN, "Mean", reduce, 1, 1, WHOLE)                                       \
    X(MAX, "Max", reduce, 1, 1, WHOLE)                                         \
    X(MIN, "Min", reduce, 1, 1, WHOLE)                                         \
    X(ANY, "Any", reduce, 1, 1, WHOLE)                                         \
    X(ALL, "All", reduce, 1, 1, WHOLE)                                         \
    X(FLATTEN, "Flatten", none, 1, 1, WHOLE)                                   \
    X(RESHAPE, "Reshape", reshape, 1, 1, WHOLE)                                \
    X(CONCATENATE, "Concatenate", concatenate, 1, BL_NN_MOST_INPUTS, ROWWISE)  \
    X(ADD, "Add", none, 1, BL_NN_MOST_INPUTS, ROWWISE)                         \
    X(SUBTRACT, "Subtract", none, 2, 2, ROWWISE)                               \
    X(MULTIPLY, "Multiply", none, 1, BL_NN_MOST_INPUTS, ROWWISE)               \
    X(DIVIDE, "Divide", none, 2, 2, ROWWISE)                                   \
    X(AVERAGE, "Average", none, 1, BL_NN_MOST_INPUTS, ROWWISE)                 \
    X(MAXIMUM, "Maximum", none, 1, BL_NN_MOST_INPUTS, ROWWISE)                 \
    X(MINIMUM, "Minimum", none, 1, BL_NN_MOST_INPUTS, ROWWISE)                 \
    X(MULTI_HEAD_ATTENTION, "MultiHeadAttention", attention, 2, 3, MASKED)     \
    X(NORMALIZATION, "Normalization", scaling, 1, 1, ROWWISE)                  \
    X(RESCALING, "Rescaling", scaling, 1, 1, ROWWISE)                          \
    X(NOT_EQUAL, "NotEqual", compare, 1, 1, ROWWISE)                           \
    X(EQUAL, "Equal", compare, 1, 1, ROWWISE)                                  \
    X(GREATER, "Greater", compare, 1, 1, ROWWISE)                              \
    X(GREATER_EQUAL, "GreaterEqual", compare, 1, 1, ROWWISE)                   \
    X(LESS, "Less", compare, 1, 1, ROWWISE)                                    \
    X(LESS_EQUAL, "LessEqual", compare, 1, 1, ROWWISE)                         \
    X(CLIP, "Clip", clip, 1, 1, ROWWISE)                                       \
    X(EXP, "Exp", none, 1, 1, ROWWISE)                                         \
    X(LOG, "Log", none, 1, 1, ROWWISE)                                         \
    X(LOG1P, "Log1p", none, 1, 1, ROWWISE)                                     \
    X(ABSOLUTE, "Absolute", none, 1, 1, ROWWISE)                               \
    X(SQUARE, "Square", none, 1, 1, ROWWISE)                                   \
    X(SQRT, "Sqrt", none, 1, 1, ROWWISE)                                       \
    X(NEGATIVE, "Negative", none, 1, 1, ROWWISE)                               \
    X(TREE_ENSEMBLE, "TreeEnsemble", forest, 1, 1, WHOLE)

enum { BL_NN_MOST_INPUTS = 64 };

typedef enum bl_nn_kind_id {
#define BL_NN_KIND_ENUM(id, name, options, fewest, most, use) BL_NN_KIND_##id,
    BL_NN_KINDS(BL_NN_KIND_ENUM)
#undef BL_NN_KIND_ENUM
        BL_NN_KIND_N
} bl_nn_kind_id;

typedef enum bl_nn_option_type {
    BL_NN_OPTION_FLAG,        ///< bool
    BL_NN_OPTION_COUNT,       ///< int64_t, within `least` and what int32_t holds
    BL_NN_OPTION_NUMBER,      ///< double
    BL_NN_OPTION_CHOICE,      ///< int, of `choices`
    BL_NN_OPTION_ACTIVATION,  ///< bl_nn_activation
    BL_NN_OPTION_INITIALIZER, ///< bl_nn_initializer
    BL_NN_OPTION_PENALTY,     ///< bl_nn_penalty
    BL_NN_OPTION_COUNTS,      ///< bl_nn_counts
    BL_NN_OPTION_NUMBERS,     ///< bl_nn_numbers
} bl_nn_option_type;

typedef struct bl_nn_option {
    const char *name;
    bl_nn_option_type type;
    size_t offset;              ///< in the kind's struct
    const char *preset;         ///< the default as YAML; NULL: must be given
    const char *help;           ///< a short phrase
    int64_t least;              ///< of BL_NN_OPTION_COUNT
    const char *const *choices; ///< [… NULL] of BL_NN_OPTION_CHOICE
} bl_nn_option;

/// A kind as its author sees it.
typedef struct bl_nn_kind {
    const char *name;
    bl_nn_kind_id id;
    size_t options_size; ///< bytes of the struct; 0: it has none
    size_t n_options;
    const bl_nn_option *options; ///< [n_options]; the first is what short YAML gives: `Dense: 50`
    unsigned fewest_inputs, most_inputs;
    bl_nn_row_use use;
    const char *help;
} bl_nn_kind;

/// [BL_NN_KIND_N] by id
extern const bl_nn_kind bl_nn_kinds[];

/// The kind of a name; NULL: none
const bl_nn_kind *bl_nn_kind_find(const char *name);
/// \param what in front of the message \return BL_E_INVALID, with the nearest names
bl_status bl_nn_kind_unknown(const bl_item *at, const char *name, bl_error *err);

/// The defaults of a kind; options without one are zero. \param arena of lists
/// \param ret_options [kind->options_size]
bl_status bl_nn_options_preset(bl_arena *arena, const bl_nn_kind *kind, void *ret_options,
                               bl_error *err);
/// Reads one option as YAML has it; Keras's objects ({class_name: …, config: …}) too.
/// \param key names it in errors
/// \return BL_OK, BL_E_INVALID (with line, the nearest names), BL_E_UNSUPPORTED, BL_E_NOMEM
bl_status bl_nn_option_read(bl_arena *arena, const bl_nn_option *option, const bl_item *item,
                            const char *key, void *options, bl_error *err);
/// Reads a map of options, over the defaults; those that must be given must be there.
/// \param map NULL: none given \param others keys that are no options but allowed, ends with NULL;
/// NULL: none
bl_status bl_nn_options_read(bl_arena *arena, const bl_nn_kind *kind, const bl_item *map,
                             const char *const *others, void *ret_options, bl_error *err);

#endif
