// SPDX-License-Identifier: Apache-2.0
// Which rows recurrent layers take at each step in time, and which they put out. A step that does
// not count changes no state; its row of a sequence is the one before it, in the order in which
// steps are taken, or zero.
// Source: keras.src.backend.tensorflow.rnn
#include <string.h>

#include "nn/layers/recurrent_private.h"

static const bl_nn_rows *all_rows(const bl_nn_recurrence *r) {
    return &r->run->rows[r->run->value_list[r->step->inputs[0]].rows];
}

/// The longest first; those of a length in the order of the shard.
static void insert(bl_nn_recurrence *r, uint32_t event, uint32_t first, uint32_t length) {
    size_t at = r->n_events++;
    for (; at > 0 && r->lengths[at - 1] < length; at--) {
        r->events[at] = r->events[at - 1];
        r->firsts[at] = r->firsts[at - 1];
        r->lengths[at] = r->lengths[at - 1];
    }
    r->events[at] = event;
    r->firsts[at] = first;
    r->lengths[at] = length;
    r->n_rows += length;
}

void bl_nn_recurrence_begin(bl_nn_recurrence *r, bl_nn_run *run, const bl_nn_step *step) {
    const bl_nn_rows *rows = bl_nn_rows_that_count(run, step, 0);
    const bl_nn_recurrent_options *options = step->options;
    *r = (bl_nn_recurrence){.run = run,
                            .step = step,
                            .cell = step->state,
                            .options = options,
                            .units = (size_t)options->units,
                            .width = bl_nn_width(run, step->inputs[0]),
                            .is_reversed = options->go_backwards,
                            .flips = options->go_backwards != step->flips,
                            .index = rows->index};
    for (uint32_t e = 0; e < run->n_events; e++)
        if (rows->offsets[e] < rows->offsets[e + 1])
            insert(r, e, rows->offsets[e], rows->offsets[e + 1] - rows->offsets[e]);
}

size_t bl_nn_recurrence_row(const bl_nn_recurrence *r, size_t e, size_t time) {
    size_t item = r->firsts[e] + (r->is_reversed ? r->lengths[e] - 1 - time : time);
    return r->index ? r->index[item] : item;
}

void bl_nn_recurrence_draw(const bl_nn_recurrence *r, float *inputs, float *states) {
    double rates[] = {r->options->dropout, r->options->recurrent_dropout};
    size_t counts[] = {r->width, r->units}, strides[] = {r->width, r->state_stride};
    for (size_t e = 0; e < r->n_events; e++) {
        bl_random random;
        float *to[] = {inputs, states};
        bl_random_init(&random, r->run->seed, (uint32_t)r->step->number,
                       r->run->first_event + r->events[e]);
        for (size_t k = 0; k < 2; k++)
            for (size_t i = 0; i < counts[k] && to[k]; i++)
                to[k][e * strides[k] + i] =
                    bl_random_uniform(&random) < rates[k] ? 0 : (float)(1 / (1 - rates[k]));
    }
}

// ---- what is put out ----

/// The row of a sequence that belongs to one of the input.
static size_t output_row(const bl_nn_recurrence *r, size_t event, size_t row) {
    const uint32_t *offsets = all_rows(r)->offsets;
    return r->flips ? offsets[event] + (offsets[event + 1] - 1 - row) : row;
}

/// Whether the last step of an event does not count, and zero stands for it.
static bool ends_with_zero(const bl_nn_recurrence *r, size_t e) {
    const uint32_t *offsets = all_rows(r)->offsets + r->events[e];
    size_t last = r->is_reversed ? offsets[0] : offsets[1] - 1;
    return r->index && r->options->zero_output_for_mask &&
           bl_nn_recurrence_row(r, e, r->lengths[e] - 1) != last;
}

void bl_nn_recurrence_put(const bl_nn_recurrence *r, size_t time) {
    bl_nn_matrix y = r->run->values[r->step->output];
    bool is_sequence = r->options->return_sequences;
    for (size_t e = is_sequence ? 0 : bl_nn_recurrence_running(r, r->m, time + 1); e < r->m; e++) {
        size_t row = r->events[e];
        if (is_sequence)
            row = output_row(r, row, bl_nn_recurrence_row(r, e, time));
        else if (ends_with_zero(r, e))
            continue;
        memcpy(y.data + row * y.stride, r->next[0] + e * r->state_stride,
               r->units * sizeof *y.data);
    }
}

/// Rows of a sequence that do not count, of one event; `items` are those that do.
static void put_masked(const bl_nn_recurrence *r, size_t event, const uint32_t *items, size_t n) {
    bl_nn_matrix y = r->run->values[r->step->output];
    const uint32_t *offsets = all_rows(r)->offsets + event;
    const float *before = y.data;
    bool repeats = false; // what is before
    for (size_t k = 0, done = 0; k < offsets[1] - offsets[0]; k++) {
        size_t row = r->is_reversed ? offsets[1] - 1 - k : offsets[0] + k;
        float *to = y.data + output_row(r, event, row) * y.stride;
        if (done < n && items[r->is_reversed ? n - 1 - done : done] == row) {
            done++;
            before = to;
            repeats = !r->options->zero_output_for_mask;
        } else if (repeats) {
            memcpy(to, before, r->units * sizeof *to);
        } else {
            memset(to, 0, r->units * sizeof *to);
        }
    }
}

void bl_nn_recurrence_put_rest(const bl_nn_recurrence *r) {
    const bl_nn_rows *rows = bl_nn_rows_that_count(r->run, r->step, 0);
    if (!rows->index || !r->options->return_sequences)
        return;
    for (size_t e = 0; e < r->run->n_events; e++)
        put_masked(r, e, rows->index + rows->offsets[e], rows->offsets[e + 1] - rows->offsets[e]);
}

// ---- and back ----

static void add(const bl_nn_recurrence *r, size_t e, size_t row) {
    bl_nn_matrix g = r->run->gradient;
    float *restrict to = r->gradients[0] + e * r->state_stride;
    const float *restrict from = g.data + row * g.stride;
    for (size_t i = 0; i < r->units; i++)
        to[i] += from[i];
}

/// Of a row of a sequence, and of those behind it that repeat it.
static void add_rows(const bl_nn_recurrence *r, size_t e, size_t time) {
    size_t event = r->events[e], row = bl_nn_recurrence_row(r, e, time), n = 1;
    if (r->index && !r->options->zero_output_for_mask) {
        const uint32_t *offsets = all_rows(r)->offsets + event;
        bool is_last = time + 1 == r->lengths[e];
        size_t next = is_last ? 0 : bl_nn_recurrence_row(r, e, time + 1);
        n = r->is_reversed ? row + 1 - (is_last ? offsets[0] : next + 1)
                           : (is_last ? offsets[1] : next) - row;
    }
    for (size_t k = 0; k < n; k++)
        add(r, e, output_row(r, event, r->is_reversed ? row - k : row + k));
}

void bl_nn_recurrence_take(const bl_nn_recurrence *r, size_t time, size_t n_before) {
    bool is_sequence = r->options->return_sequences;
    for (size_t e = n_before; e < r->m; e++) {
        for (size_t s = 0; s < r->cell->n_states; s++)
            memset(r->gradients[s] + e * r->state_stride, 0, r->units * sizeof(float));
        if (!is_sequence && !ends_with_zero(r, e))
            add(r, e, r->events[e]);
    }
    for (size_t e = 0; e < r->m && is_sequence; e++)
        add_rows(r, e, time);
}
