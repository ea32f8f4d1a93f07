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

enum { BL_NN_MOST_INPUTS = 64 };

typedef enum bl_nn_kind_id {
    BL_NN_KIND_INPUT,
    BL_NN_KIND_DENSE,
    BL_NN_KIND_ACTIVATION,
    BL_NN_KIND_PRELU,
    BL_NN_KIND_DROPOUT,
    BL_NN_KIND_SPATIAL_DROPOUT,
    BL_NN_KIND_BATCH_NORMALIZATION,
    BL_NN_KIND_LAYER_NORMALIZATION,
    BL_NN_KIND_EMBEDDING,
    BL_NN_KIND_GRU,
    BL_NN_KIND_LSTM,
    BL_NN_KIND_SIMPLE_RNN,
    BL_NN_KIND_BIDIRECTIONAL,
    BL_NN_KIND_TIME_DISTRIBUTED,
    BL_NN_KIND_MASKING,
    BL_NN_KIND_CONV1D,
    BL_NN_KIND_MAX_POOLING,
    BL_NN_KIND_AVERAGE_POOLING,
    BL_NN_KIND_GLOBAL_MAX_POOLING,
    BL_NN_KIND_GLOBAL_AVERAGE_POOLING,
    BL_NN_KIND_SUM,
    BL_NN_KIND_MEAN,
    BL_NN_KIND_MAX,
    BL_NN_KIND_MIN,
    BL_NN_KIND_ANY,
    BL_NN_KIND_ALL,
    BL_NN_KIND_FLATTEN,
    BL_NN_KIND_RESHAPE,
    BL_NN_KIND_PERMUTE,
    BL_NN_KIND_SLICE,
    BL_NN_KIND_CONCATENATE,
    BL_NN_KIND_ADD,
    BL_NN_KIND_SUBTRACT,
    BL_NN_KIND_MULTIPLY,
    BL_NN_KIND_DIVIDE,
    BL_NN_KIND_AVERAGE,
    BL_NN_KIND_MAXIMUM,
    BL_NN_KIND_MINIMUM,
    BL_NN_KIND_MULTI_HEAD_ATTENTION,
    BL_NN_KIND_NORMALIZATION,
    BL_NN_KIND_RESCALING,
    BL_NN_KIND_NOT_EQUAL,
    BL_NN_KIND_EQUAL,
    BL_NN_KIND_GREATER,
    BL_NN_KIND_GREATER_EQUAL,
    BL_NN_KIND_LESS,
    BL_NN_KIND_LESS_EQUAL,
    BL_NN_KIND_CLIP,
    BL_NN_KIND_EXP,
    BL_NN_KIND_LOG,
    BL_NN_KIND_LOG1P,
    BL_NN_KIND_ABSOLUTE,
    BL_NN_KIND_SQUARE,
    BL_NN_KIND_SQRT,
    BL_NN_KIND_NEGATIVE,
    BL_NN_KIND_TREE_ENSEMBLE,
    BL_NN_KIND_N
} bl_nn_kind_id;

typedef enum bl_nn_option_type {
    BL_NN_OPTION_FLAG,        ///< bool
    BL_NN_OPTION_COUNT,       ///< int64_t, within `least` and what int32_t holds
    BL_NN_OPTION_NUMBER,      ///< double
    BL_NN_OPTION_CHOICE,      ///< int, of `choices`
    BL_NN_OPTION_ACTIVATION,  ///< bl_nn_activation
    BL_NN_OPTION_INITIALIZER, ///< bl_nn_initializer
    BL_NN_OPTION_REGULARIZER, ///< bl_nn_regularizer
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
/// Whether an option, or all of them, are the same in two structs of a kind.
bool bl_nn_option_equals(const bl_nn_option *option, const void *a, const void *b);
bool bl_nn_options_equal(const bl_nn_kind *kind, const void *a, const void *b);
/// Reads a map of options, over the defaults; those that must be given must be there.
/// \param map NULL: none given \param others keys that are no options but allowed, ends with NULL;
/// NULL: none
bl_status bl_nn_options_read(bl_arena *arena, const bl_nn_kind *kind, const bl_item *map,
                             const char *const *others, void *ret_options, bl_error *err);

#endif
