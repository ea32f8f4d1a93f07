// SPDX-License-Identifier: Apache-2.0
/// \file
/// What recurrent layers share. Events of a shard are sorted by their lengths, the longest first,
/// so that at each step in time those that still run are the first `m`. Rows are made time by time,
/// and only those that count. What stands between two products of a step in time is the cell's.
///
/// Rows are blocks of `units` numbers. A cell has arguments of its gates, which come from the
/// inputs, rows of its own, which are kept for the way back, and slopes, the gradients of those
/// arguments.
#ifndef BL_NN_LAYERS_RECURRENT_H
#define BL_NN_LAYERS_RECURRENT_H

#include "nn/layers/plan.h"

typedef struct bl_nn_recurrence bl_nn_recurrence;

/// Some columns of a matrix of parameters, and the slopes that are theirs.
typedef struct bl_nn_piece {
    unsigned column, n; ///< blocks
    unsigned slope;     ///< block in a row of slopes
    unsigned left;      ///< what the state's matrix has on its left: 0: the state; else the block
                        ///< in a row of slopes where the cell left it
} bl_nn_piece;

typedef struct bl_nn_cell {
    unsigned n_gates;   ///< blocks of a row of the matrices
    unsigned n_run;     ///< blocks of a row of its own, while predicting
    unsigned n_kept;    ///< the same, while training
    unsigned n_slopes;  ///< blocks of a row of slopes
    unsigned n_scratch; ///< blocks a row for its own use
    unsigned n_states;  ///< h; of LSTM also c
    unsigned n_biases;  ///< rows of the bias: the second is added to what comes from the state
    unsigned n_inputs, n_recurrents;
    bl_nn_piece inputs[2], recurrents[2]; ///< of both matrices, each column in one
    /// A step in time forward: states and gates to the next states.
    void (*forward)(const bl_nn_recurrence *r);
    /// And backward: gradients of the states behind it to slopes, and to those of states before.
    void (*backward)(const bl_nn_recurrence *r);
} bl_nn_cell;

/// A shard's run through a layer, at one step in time.
struct bl_nn_recurrence {
    bl_nn_run *run;
    const bl_nn_step *step;
    const bl_nn_cell *cell;
    const bl_nn_recurrent_options *options;
    size_t units, width; ///< columns of states, and of the input
    /// From one row to the next of states, of what is left of the state's matrix, and of gradients.
    size_t state_stride;
    size_t argument_stride, row_stride, slope_stride, scratch_stride;
    size_t m;              ///< events that run at this step in time
    float *arguments;      ///< [m × n_gates blocks]
    float *rows;           ///< [m × n_run or n_kept blocks]
    float *slopes;         ///< [m × n_slopes blocks]
    float *states[2];      ///< [m × units] before the step in time: h, c
    float *next[2];        ///< [m × units] behind it, may be `states`
    const float *left;     ///< [m × units] h with dropout
    const float *drops;    ///< [m × units] by which h is multiplied then; NULL: by nothing
    float *gradients[2];   ///< [m × units]
    float *scratch;        ///< [m × n_scratch blocks]
    float *back;           ///< [m × units] for gradients before dropout
    size_t n_events;       ///< that have steps that count
    size_t n_rows;         ///< that count
    bool is_reversed;      ///< the last step comes first
    bool flips;            ///< rows of a sequence are put out in the other order than they come in
    const uint32_t *index; ///< of rows that count; NULL: all do
    uint32_t events[BL_NN_SHARD_EVENTS];  ///< [n_events] numbers in the shard
    uint32_t firsts[BL_NN_SHARD_EVENTS];  ///< [n_events] first of its rows, or of the index
    uint32_t lengths[BL_NN_SHARD_EVENTS]; ///< [n_events] steps that count, descending
};

/// \param cell must live as long as the step
bl_status bl_nn_recurrent_plan(bl_nn_plan *plan, bl_nn_step *step, const bl_nn_cell *cell,
                               bl_error *err);
bl_status bl_nn_recurrent_forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err);
void bl_nn_recurrent_backward(bl_nn_run *run, const bl_nn_step *step);

// ---- for cells ----

/// out = left·piece, which starts at the second bias, or is added to what is there.
void bl_nn_recurrent_multiply(const bl_nn_recurrence *r, size_t piece, const float *left,
                              size_t left_stride, bool adds, float *out, size_t out_stride);
/// The same backward: the gradient of h from the slopes of piece 0, through dropout.
/// \param adds to what is in r->gradients[0]
void bl_nn_recurrent_multiply_back(const bl_nn_recurrence *r, bool adds);
/// The packed matrix of a piece.
const bl_nn_weights *bl_nn_recurrent_piece(const bl_nn_recurrence *r, size_t piece);

#endif
