// SPDX-License-Identifier: Apache-2.0
// The code of GRU, LSTM and SimpleRNN: as nn/layers/recurrent.c, for one event. a is a row of
// gates, each padded to `unit` columns, q what comes from the state, h and c are states.
#include "model/code/private.h"

typedef struct cell {
    bl_coder *c;
    const bl_nn_step *step;
    const bl_nn_recurrent_options *o;
    size_t units, unit; ///< columns of a state, and padded
    size_t width;
    size_t n_gates;
    bool is_usual; ///< sigmoid and tanh
    const char *kernel, *bias, *state_bias;
    const char *recurrent, *of_candidate; ///< the latter where the reset gate comes before it
} cell;

static bool is_before(const cell *l) {
    return l->step->kind == BL_NN_KIND_GRU && !l->o->reset_after;
}

static void write_parameters(cell *l) {
    size_t n = l->n_gates * l->units, n_first = is_before(l) ? 2 : l->n_gates;
    bl_coder *c = l->c;
    l->kernel = bl_code_parameter(c, l->step, 0, l->width, l->n_gates, l->units, 0, n);
    l->recurrent = bl_code_parameter(c, l->step, 1, l->units, n_first, l->units, 0, n);
    if (is_before(l))
        l->of_candidate = bl_code_parameter(c, l->step, 1, l->units, 1, l->units, 2 * l->units, n);
    if (l->o->use_bias)
        l->bias = bl_code_parameter(c, l->step, 2, 1, l->n_gates, l->units, 0, n);
    if (l->o->use_bias && l->step->kind == BL_NN_KIND_GRU && l->o->reset_after)
        l->state_bias = bl_code_parameter(c, l->step, 2, 1, l->n_gates, l->units, n, n);
}

// ---- cells ----

/// Of gate g in `a`, or, without one, of q.
static void activate(const cell *l, const bl_nn_activation *a, const char *row, size_t g) {
    const char *at = g ? bl_code_format(l->c, "(%s + %zu)", row, g * l->unit) : row;
    bl_code_activate(l->c, a, at, l->unit, l->units, at);
}

static void add_state(const cell *l, const char *h, const char *w, size_t n_gates, const char *to) {
    BL_PUT(l->c, "        add_product(%s, %zu, %s, %zu, %s);\n", h, l->units, w, n_gates * l->unit,
           to);
}

static void write_simple(const cell *l) {
    add_state(l, "h", l->recurrent, 1, "a");
    bl_code_activate(l->c, &l->o->activation, "a", l->unit, l->units, "h");
}

static void write_lstm(const cell *l) {
    size_t n = l->unit;
    add_state(l, "h", l->recurrent, 4, "a");
    if (l->is_usual) {
        BL_PUT(l->c, "        lstm_step(a, %zu, h, c);\n", n);
        return;
    }
    for (size_t g = 0; g < 4; g++)
        activate(l, g == 2 ? &l->o->activation : &l->o->recurrent_activation, "a", g);
    BL_PUT(l->c,
           "        for (size_t i = 0; i < %zu; i++)\n"
           "            q[i] = c[i] = a[%zu + i] * c[i] + a[i] * a[%zu + i];\n",
           n, n, 2 * n);
    activate(l, &l->o->activation, "q", 0);
    BL_PUT(l->c,
           "        for (size_t i = 0; i < %zu; i++)\n"
           "            h[i] = a[%zu + i] * q[i];\n",
           n, 3 * n);
}

static void write_gru(const cell *l) {
    size_t n = l->unit, n_first = is_before(l) ? 2 : 3;
    bl_coder *c = l->c;
    bl_code_product(c, l->state_bias, "h", l->units, l->recurrent, n_first * n, "q");
    if (l->is_usual && !is_before(l)) {
        BL_PUT(c, "        gru_step(a, q, %zu, h);\n", n);
        return;
    }
    BL_PUT(c, "        for (size_t i = 0; i < %zu; i++)\n            a[i] = a[i] + q[i];\n", 2 * n);
    activate(l, &l->o->recurrent_activation, "a", 0);
    activate(l, &l->o->recurrent_activation, "a", 1);
    if (is_before(l)) {
        BL_PUT(c, "        for (size_t i = 0; i < %zu; i++)\n", n);
        BL_PUT(c, "            q[i] = a[%zu + i] * h[i];\n", n);
        add_state(l, "q", l->of_candidate, 1, bl_code_format(c, "a + %zu", 2 * n));
    } else {
        BL_PUT(c, "        for (size_t i = 0; i < %zu; i++)\n", n);
        BL_PUT(c, "            a[%zu + i] = a[%zu + i] + a[%zu + i] * q[%zu + i];\n", 2 * n, 2 * n,
               n, 2 * n);
    }
    activate(l, &l->o->activation, "a", 2);
    BL_PUT(c, "        for (size_t i = 0; i < %zu; i++)\n", n);
    BL_PUT(c, "            h[i] = a[i] * h[i] + (1 - a[i]) * a[%zu + i];\n", 2 * n);
}

// ---- rows ----

/// The row of a sequence that belongs to one of the input.
static const char *output_row(const cell *l, const char *row) {
    bool flips = l->o->go_backwards != l->step->flips;
    size_t all = bl_code_value(l->c, l->step->inputs[0])->rows;
    return flips ? bl_code_format(l->c, "(n%zu - 1 - %s)", all, row) : row;
}

/// Rows of a sequence that do not count repeat the one before, or are zero.
static void write_rest(const cell *l, bl_code_rows rows) {
    bl_coder *c = l->c;
    bool is_reversed = l->o->go_backwards;
    size_t all = bl_code_value(c, l->step->inputs[0])->rows, n = l->unit, counting = rows.number;
    const char *at = c->places[l->step->output].at;
    BL_PUT(c, "    const float *last%zu = NULL;\n", l->step->output);
    BL_PUT(c, "    for (size_t k = 0, done = 0; k < n%zu; k++) {\n", all);
    const char *row = is_reversed ? bl_code_format(c, "n%zu - 1 - k", all) : "k";
    const char *item = is_reversed ? bl_code_format(c, "n%zu - 1 - done", counting) : "done";
    BL_PUT(c, "        size_t row = %s;\n", row);
    BL_PUT(c, "        float *y = %s + %s * %zu;\n", at, output_row(l, "row"), n);
    BL_PUT(c, "        if (done < n%zu && s->index%zu[%s] == row) {\n", counting, counting, item);
    BL_PUT(c, "            done++;\n            last%zu = %s;\n", l->step->output,
           l->o->zero_output_for_mask ? "NULL" : "y");
    BL_PUT(c, "        } else if (last%zu)\n            copy(last%zu, %zu, y);\n", l->step->output,
           l->step->output, n);
    BL_PUT(c, "        else\n            clear(y, %zu);\n    }\n", n);
}

/// The state behind the last step, or zero where that does not count.
static void write_last(const cell *l, bl_code_rows rows) {
    bl_coder *c = l->c;
    size_t all = bl_code_value(c, l->step->inputs[0])->rows, counting = rows.number;
    const char *at = c->places[l->step->output].at;
    BL_PUT(c, "    copy(s->h%zu, %zu, %s);\n", l->step->output, l->unit, at);
    if (!rows.has_index || !l->o->zero_output_for_mask)
        return;
    BL_PUT(c, "    if (n%zu > 0 && ", counting);
    if (l->o->go_backwards)
        BL_PUT(c, "s->index%zu[0] != 0)\n", counting);
    else
        BL_PUT(c, "s->index%zu[n%zu - 1] != n%zu - 1)\n", counting, counting, all);
    BL_PUT(c, "        clear(%s, %zu);\n", at, l->unit);
}

static void add_memory(const cell *l) {
    bl_coder *c = l->c;
    size_t n = l->unit;
    const char *a = bl_code_member(c, l->step, "float", "a", l->n_gates * n);
    const char *q = l->step->kind == BL_NN_KIND_SIMPLE_RNN || (l->n_gates == 4 && l->is_usual)
                        ? NULL
                        : bl_code_member(c, l->step, "float", "q", l->n_gates * n);
    const char *h = bl_code_member(c, l->step, "float", "h", n);
    BL_PUT(c, "    clear(%s, %zu);\n", h, n);
    const char *of_c = l->n_gates == 4 ? bl_code_member(c, l->step, "float", "c", n) : NULL;
    if (of_c)
        BL_PUT(c, "    clear(%s, %zu);\n", of_c, n);
    BL_PUT(c, "    for (size_t t = 0; t < n%zu; t++) {\n", bl_code_counting(c, l->step, 0).number);
    BL_PUT(c, "        float *a = %s, *h = %s;\n", a, h);
    if (q)
        BL_PUT(c, "        float *q = %s;\n", q);
    if (of_c)
        BL_PUT(c, "        float *c = %s;\n", of_c);
}

static void write_steps(const cell *l, bl_code_rows rows) {
    bl_coder *c = l->c;
    const bl_place *x = bl_code_in(c, l->step, 0), *y = &c->places[l->step->output];
    add_memory(l);
    if (l->o->go_backwards)
        BL_PUT(c, "        size_t i = n%zu - 1 - t, row = %s;\n", rows.number, rows.row);
    else
        BL_PUT(c, "        size_t i = t, row = %s;\n", rows.row);
    bl_code_product(c, l->bias, bl_code_format(c, "%s + row * %zu", x->at, x->stride), l->width,
                    l->kernel, l->n_gates * l->unit, "a");
    switch (l->step->kind) {
    case BL_NN_KIND_GRU:
        write_gru(l);
        break;
    case BL_NN_KIND_LSTM:
        write_lstm(l);
        break;
    default:
        write_simple(l);
    }
    if (l->o->return_sequences)
        BL_PUT(c, "        copy(h, %zu, %s + %s * %zu);\n", l->unit, y->at, output_row(l, "row"),
               y->stride);
    bl_code_close(c);
}

void bl_code_recurrent(bl_coder *c, const bl_nn_step *step) {
    const bl_nn_recurrent_options *o = step->options;
    cell l = {.c = c,
              .step = step,
              .o = o,
              .units = (size_t)o->units,
              .unit = bl_code_padded((size_t)o->units),
              .width = bl_code_width(c, step->inputs[0]),
              .n_gates = step->kind == BL_NN_KIND_GRU    ? 3
                         : step->kind == BL_NN_KIND_LSTM ? 4
                                                         : 1,
              .is_usual = o->activation.kind == BL_NN_TANH &&
                          o->recurrent_activation.kind == BL_NN_SIGMOID};
    bl_code_rows rows = bl_code_counting(c, step, 0);
    write_parameters(&l);
    bl_code_place(c, step, true);
    write_steps(&l, rows);
    if (!o->return_sequences)
        write_last(&l, rows);
    else if (rows.has_index)
        write_rest(&l, rows);
}
