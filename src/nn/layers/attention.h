// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside MultiHeadAttention: one event, whose rows have been projected, head by head. Scores stand
/// transposed, keys by queries, some queries at a time, so that lanes run over queries and no more
/// of them is ever there than a panel: [keys × BL_NN_MOST_PANEL].
///
/// For each head: context = softmax(scale·Q·Kᵀ)·V over the keys that a query sees.
#ifndef BL_NN_LAYERS_ATTENTION_H
#define BL_NN_LAYERS_ATTENTION_H

#include "nn/layers/rows.h"

typedef struct bl_nn_attention {
    const bl_nn_kernels *kernels;
    size_t n_heads, key_dim, value_dim;
    size_t key_steps; ///< most keys of an event
    bool sees_mean;   ///< a query that sees no key gets the mean of all values, else 0
    double dropout;   ///< share of the weights of values that are dropped; 0 while predicting
    float scale;      ///< of scores
    bl_nn_matrix query, key; ///< rows [n_heads × key_dim]
    bl_nn_matrix value;      ///< rows [n_heads × value_dim]
    bl_nn_matrix context;    ///< rows of queries, [n_heads × value_dim]
    /// Rows of queries, [n_heads × 2], from which softmax is found again: the largest score and
    /// 1/Σ e^(score − largest). Data NULL: nobody goes back.
    bl_nn_matrix statistics;
    bl_nn_matrix query_gradient, key_gradient, value_gradient, context_gradient;
    float *scratch;      ///< [bl_nn_attention_scratch]
    float *back_scratch; ///< [bl_nn_attention_back_scratch] only to go back
} bl_nn_attention;

/// Which rows of an event look at which.
typedef struct bl_nn_attention_event {
    bl_nn_span query_rows, key_rows; ///< all that there are
    size_t n_keys;
    uint32_t *keys; ///< [n_keys] the rows that count, ascending
    size_t n_queries;
    uint32_t *queries; ///< [n_queries] the rows that count and see a key, ascending
    uint32_t *n_seen;  ///< [n_queries] how many of the keys each sees: the first ones
    bl_random random;  ///< for what is dropped: by head, query and key
} bl_nn_attention_event;

/// Floats of scratch for the sizes of an attention.
size_t bl_nn_attention_scratch(const bl_nn_attention *a);
size_t bl_nn_attention_back_scratch(const bl_nn_attention *a);

/// Writes the context of all query rows, and statistics where they are kept.
void bl_nn_attend(const bl_nn_attention *a, bl_nn_attention_event *event);
/// Adds to the gradients of queries, keys and values from that of the context; computes softmax
/// again. `random` begins as it did before.
void bl_nn_attend_back(const bl_nn_attention *a, bl_nn_attention_event *event);

#endif
