// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside recurrent layers: what the files recurrent*.c know of each other, and cells need not.
#ifndef BL_NN_LAYERS_RECURRENT_PRIVATE_H
#define BL_NN_LAYERS_RECURRENT_PRIVATE_H

#include "nn/layers/recurrent.h"

enum { CHUNK_ROWS = 256 }; ///< rows of some steps in time that stay in the cache
enum { KERNEL, RECURRENT_KERNEL, BIAS };

/// Slots. While training, states are kept: those before each step in time, at the number of its
/// row, so that they are the left side of the gradient as they lie. Those behind the last step of
/// an event fall on rows of the step after it, which overwrites them.
enum { CHUNK_INPUTS, CHUNK_GATES, NOW, ROWS, SCRATCH, KEPT, STATES, LEFT, DROPS, SUMS };

/// Floats of a row, up to whole vectors of any processor.
static inline size_t padded(size_t n) { return (n + 15) / 16 * 16; }

// ---- rows of a run: recurrent_rows.c ----

/// Begins with the shard's rows sorted; all that is of one step in time is NULL.
void bl_nn_recurrence_begin(bl_nn_recurrence *r, bl_nn_run *run, const bl_nn_step *step);
/// How many of the first m events run at a step in time.
static inline size_t bl_nn_recurrence_running(const bl_nn_recurrence *r, size_t m, size_t time) {
    while (m > 0 && r->lengths[m - 1] <= time)
        m--;
    return m;
}
/// The row of the input that an event has at a step in time.
size_t bl_nn_recurrence_row(const bl_nn_recurrence *r, size_t e, size_t time);
/// What inputs and states are multiplied with, the same at all steps of an event.
void bl_nn_recurrence_draw(const bl_nn_recurrence *r, float *inputs, float *states);
/// Puts out the states behind a step in time that are seen: all of a sequence, else the last.
void bl_nn_recurrence_put(const bl_nn_recurrence *r, size_t time);
/// Then puts out rows that do not count.
void bl_nn_recurrence_put_rest(const bl_nn_recurrence *r);
/// The gradients of the states behind a step in time: adds those of what was put out.
/// \param n_before of the events ran at the step in time after it; those of others begin here
void bl_nn_recurrence_take(const bl_nn_recurrence *r, size_t time, size_t n_before);

#endif
