// SPDX-License-Identifier: Apache-2.0
// Recurrent layers but their cells. Steps in time go by in chunks of so many rows as the cache
// holds: forward, their inputs are projected by one product; backward, their slopes go into the
// gradients of parameters and inputs before they leave the cache, and are not kept.
#include <string.h>

#include "base/short_copy.h"
#include "nn/layers/recurrent_private.h"

// ---- products of cells ----

const bl_nn_weights *bl_nn_recurrent_piece(const bl_nn_recurrence *r, size_t piece) {
    return bl_nn_weights_at(r->run, r->step, 1 + piece);
}

void bl_nn_recurrent_multiply(const bl_nn_recurrence *r, size_t piece, const float *left,
                              size_t left_stride, bool adds, float *out, size_t out_stride) {
    bool has_bias = r->options->use_bias && r->cell->n_biases > 1;
    size_t first = (r->cell->n_gates + r->cell->recurrents[piece].column) * r->units;
    r->run->kernels->multiply(&(bl_nn_product){
        .m = r->m,
        .a = left,
        .a_stride = left_stride,
        .b = &bl_nn_recurrent_piece(r, piece)->forward,
        .bias = has_bias ? bl_nn_parameter_at(r->run, r->step, BIAS) + first : NULL,
        .adds = adds,
        .out = out,
        .out_stride = out_stride,
    });
}

void bl_nn_recurrent_multiply_back(const bl_nn_recurrence *r, bool adds) {
    r->run->kernels->multiply(&(bl_nn_product){
        .m = r->m,
        .a = r->slopes + r->cell->recurrents[0].slope * r->units,
        .a_stride = r->slope_stride,
        .b = &bl_nn_recurrent_piece(r, 0)->backward,
        .adds = adds && !r->drops,
        .out = r->drops ? r->back : r->gradients[0],
        .out_stride = r->state_stride,
    });
    for (size_t i = 0; r->drops && i < r->m * r->state_stride; i++)
        r->gradients[0][i] = (adds ? r->gradients[0][i] : 0) + r->drops[i] * r->back[i];
}

// ---- chunks ----

/// Steps in time first … last − 1, and their rows.
typedef struct chunk {
    size_t first, last;
    size_t m;       ///< events that run at the first, at most
    size_t base, n; ///< number of its first row, and rows
} chunk;

static chunk chunk_from(const bl_nn_recurrence *r, size_t first, size_t m, size_t base) {
    chunk c = {.first = first, .last = first, .m = m, .base = base};
    while ((m = bl_nn_recurrence_running(r, m, c.last)) > 0 && c.n + m <= CHUNK_ROWS) {
        c.n += m;
        c.last++;
    }
    return c;
}

/// \param end number of the row behind it
static chunk chunk_until(const bl_nn_recurrence *r, size_t last, size_t m, size_t end) {
    chunk c = {.first = last, .last = last};
    for (; c.first > 0; c.first--, c.m = m) {
        while (m < r->n_events && r->lengths[m] >= c.first)
            m++;
        if (c.n + m > CHUNK_ROWS)
            break;
        c.n += m;
    }
    c.base = end - c.n;
    return c;
}

static float *slot(const bl_nn_recurrence *r, size_t i) {
    return bl_nn_slot_at(r->run, r->step, i);
}

static const float *input_drops(const bl_nn_recurrence *r) {
    return r->run->trains && r->options->dropout > 0 ? slot(r, DROPS) : NULL;
}

static float *state_drops(const bl_nn_recurrence *r) {
    size_t inputs = r->options->dropout > 0 ? r->run->n_events * r->width : 0;
    return r->run->trains && r->options->recurrent_dropout > 0 ? slot(r, DROPS) + inputs : NULL;
}

/// \param drops NULL: of nothing
static void copy_row(const float *from, const float *drops, size_t n, float *to) {
    if (!drops)
        bl_copy_short(from, n * sizeof *to, to);
    for (size_t i = 0; i < n && drops; i++)
        to[i] = from[i] * drops[i];
}

/// Between rows of the input, or of its gradient, and those of a chunk. Of each event the rows that
/// come some steps later are asked for: so many sequences at once no processor follows.
static void copy_inputs(const bl_nn_recurrence *r, const chunk *c, bl_nn_matrix x, bool is_back) {
    float *rows = slot(r, CHUNK_INPUTS);
    const float *drops = input_drops(r);
    size_t m = c->m, width = r->width;
    size_t ahead = 8 * x.stride * sizeof *x.data;
    ahead = r->is_reversed ? -ahead : ahead;
    for (size_t time = c->first; time < c->last; time++) {
        m = bl_nn_recurrence_running(r, m, time);
        for (size_t e = 0; e < m; e++, rows += width) {
            float *at = x.data + bl_nn_recurrence_row(r, e, time) * x.stride;
            __builtin_prefetch((const void *)((uintptr_t)at + ahead)); // there or not
            copy_row(is_back ? rows : at, drops ? drops + e * width : NULL, width,
                     is_back ? at : rows);
        }
    }
}

/// All but what is of one step in time.
static void begin(bl_nn_recurrence *r, bl_nn_run *run, const bl_nn_step *step) {
    bl_nn_recurrence_begin(r, run, step);
    const bl_nn_cell *cell = r->cell;
    r->state_stride = padded(r->units);
    r->argument_stride = padded(cell->n_gates * r->units);
    r->row_stride = padded((run->trains ? cell->n_kept : cell->n_run) * r->units);
    r->slope_stride = padded(cell->n_slopes * r->units);
    r->scratch_stride = padded(cell->n_scratch * r->units);
    r->scratch = slot(r, SCRATCH);
    r->drops = state_drops(r);
    r->back = r->drops ? slot(r, LEFT) : NULL;
}

/// States before the row with this number. While predicting there are only those of now.
static void point(bl_nn_recurrence *r, size_t row, size_t m) {
    size_t n = r->run->trains ? r->n_rows + r->run->n_events : r->run->n_events;
    float *states = slot(r, r->run->trains ? STATES : NOW);
    size_t at = r->run->trains ? row : 0, next = r->run->trains ? row + m : 0;
    r->m = m;
    for (size_t s = 0; s < r->cell->n_states; s++) {
        r->states[s] = states + (s * n + at) * r->state_stride;
        r->next[s] = states + (s * n + next) * r->state_stride;
    }
    r->left = r->states[0];
    if (r->drops)
        r->left = slot(r, LEFT) + (r->run->n_events + row) * r->state_stride;
    r->rows = r->run->trains ? slot(r, KEPT) + row * r->row_stride : slot(r, ROWS);
}

// ---- forward ----

static void project(const bl_nn_recurrence *r, const chunk *c) {
    copy_inputs(r, c, r->run->values[r->step->inputs[0]], false);
    r->run->kernels->multiply(&(bl_nn_product){
        .m = c->n,
        .a = slot(r, CHUNK_INPUTS),
        .a_stride = r->width,
        .b = &bl_nn_weights_at(r->run, r->step, KERNEL)->forward,
        .bias = r->options->use_bias ? bl_nn_parameter_at(r->run, r->step, BIAS) : NULL,
        .out = slot(r, CHUNK_GATES),
        .out_stride = r->argument_stride,
    });
}

static void drop_states(const bl_nn_recurrence *r) {
    float *left = (float *)r->left;
    for (size_t i = 0; r->drops && i < r->m * r->state_stride; i++)
        left[i] = r->states[0][i] * r->drops[i];
}

static void run_chunk(bl_nn_recurrence *r, const chunk *c) {
    size_t m = c->m, row = c->base;
    project(r, c);
    for (size_t time = c->first; time < c->last; time++, row += m) {
        m = bl_nn_recurrence_running(r, m, time);
        point(r, row, m);
        r->arguments = slot(r, CHUNK_GATES) + (row - c->base) * r->argument_stride;
        drop_states(r);
        r->cell->forward(r);
        bl_nn_recurrence_put(r, time);
    }
}

bl_status bl_nn_recurrent_forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    bl_nn_recurrence r;
    bl_nn_matrix y = run->values[step->output];
    (void)err;
    begin(&r, run, step);
    if (!r.options->return_sequences)
        memset(y.data, 0, run->n_events * y.stride * sizeof *y.data);
    bl_nn_recurrence_draw(&r, (float *)input_drops(&r), (float *)r.drops);
    point(&r, 0, r.n_events);
    for (size_t s = 0; s < r.cell->n_states; s++)
        memset(r.states[s], 0, r.n_events * r.state_stride * sizeof(float));
    chunk c = {.m = r.n_events};
    while ((c = chunk_from(&r, c.last, c.m, c.base + c.n)).n > 0)
        run_chunk(&r, &c);
    bl_nn_recurrence_put_rest(&r);
    return BL_OK;
}

// ---- backward ----

/// \param left [c->n × k]
static void add_piece(const bl_nn_recurrence *r, const chunk *c, const bl_nn_piece *piece,
                      size_t parameter, bl_nn_matrix left, size_t k, bool adds) {
    r->run->kernels->add_gradient(&(bl_nn_gradient){
        .m = c->n,
        .k = k,
        .n = piece->n * r->units,
        .a = left.data,
        .a_stride = left.stride,
        .b = slot(r, CHUNK_GATES) + piece->slope * r->units,
        .b_stride = r->slope_stride,
        .adds = adds,
        .out = bl_nn_gradient_at(r->run, r->step, parameter) + piece->column * r->units,
        .out_stride = r->cell->n_gates * r->units,
    });
}

/// A chunk's slopes into the gradients of parameters. Its first step in time is at hand.
static void add_parameters(const bl_nn_recurrence *r, const chunk *c, bool is_first) {
    const bl_nn_cell *cell = r->cell;
    bl_nn_matrix x = {slot(r, CHUNK_INPUTS), r->width}, h = {(float *)r->left, r->state_stride};
    bool adds = !is_first || r->step->adds;
    copy_inputs(r, c, r->run->values[r->step->inputs[0]], false);
    for (size_t i = 0; i < cell->n_inputs; i++)
        add_piece(r, c, &cell->inputs[i], KERNEL, x, r->width, adds);
    for (size_t i = 0; i < cell->n_recurrents; i++) {
        const bl_nn_piece *piece = &cell->recurrents[i];
        bl_nn_matrix own = {slot(r, CHUNK_GATES) + piece->left * r->units, r->slope_stride};
        add_piece(r, c, piece, RECURRENT_KERNEL, piece->left ? own : h, r->units, adds);
    }
    if (r->options->use_bias)
        r->run->kernels->add_columns(slot(r, CHUNK_GATES), r->slope_stride, c->n,
                                     cell->n_slopes * r->units, !is_first, slot(r, SUMS));
}

static void write_inputs(const bl_nn_recurrence *r, const chunk *c, bl_nn_matrix to) {
    const bl_nn_cell *cell = r->cell;
    for (size_t i = 0; i < cell->n_inputs; i++) {
        size_t number = cell->n_inputs > 1 ? 1 + cell->n_recurrents + i : 0;
        r->run->kernels->multiply(&(bl_nn_product){
            .m = c->n,
            .a = slot(r, CHUNK_GATES) + cell->inputs[i].slope * r->units,
            .a_stride = r->slope_stride,
            .b = &bl_nn_weights_at(r->run, r->step, number)->backward,
            .adds = i > 0,
            .out = slot(r, CHUNK_INPUTS),
            .out_stride = r->width,
        });
    }
    copy_inputs(r, c, to, true);
}

static void add_biases(const bl_nn_recurrence *r, const bl_nn_piece *pieces, size_t n, float *to) {
    const float *sums = slot(r, SUMS);
    size_t units = r->units;
    for (const bl_nn_piece *p = pieces; p < pieces + n; p++)
        for (size_t i = 0; i < p->n * units; i++) {
            float *at = to + p->column * units + i;
            *at = (r->step->adds ? *at : 0) + sums[p->slope * units + i];
        }
}

static void run_chunk_back(bl_nn_recurrence *r, const chunk *c, size_t m) {
    size_t row = c->base + c->n;
    for (size_t time = c->last; time-- > c->first;) {
        size_t n_before = m;
        while (m < r->n_events && r->lengths[m] > time)
            m++;
        row -= m;
        point(r, row, m);
        r->slopes = slot(r, CHUNK_GATES) + (row - c->base) * r->slope_stride;
        bl_nn_recurrence_take(r, time, n_before);
        r->cell->backward(r);
    }
}

void bl_nn_recurrent_backward(bl_nn_run *run, const bl_nn_step *step) {
    bl_nn_recurrence r;
    bl_nn_matrix to = run->input_gradients[0];
    begin(&r, run, step);
    for (size_t s = 0; s < r.cell->n_states; s++)
        r.gradients[s] = slot(&r, NOW) + s * run->n_events * r.state_stride;
    if (to.data && r.index)
        memset(to.data, 0, bl_nn_n_rows(run, step->inputs[0]) * to.stride * sizeof *to.data);
    chunk c = {.first = r.n_events ? r.lengths[0] : 0, .base = r.n_rows};
    bool is_first = true;
    do {
        size_t m = c.m;
        c = chunk_until(&r, c.first, m, c.base);
        point(&r, c.base, c.m);
        run_chunk_back(&r, &c, m);
        add_parameters(&r, &c, is_first);
        if (to.data)
            write_inputs(&r, &c, to);
        is_first = false;
    } while (c.first > 0);
    if (!r.options->use_bias)
        return;
    float *bias = bl_nn_gradient_at(run, step, BIAS);
    add_biases(&r, r.cell->inputs, r.cell->n_inputs, bias);
    if (r.cell->n_biases > 1)
        add_biases(&r, r.cell->recurrents, r.cell->n_recurrents, bias + r.cell->n_gates * r.units);
}
