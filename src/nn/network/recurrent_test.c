// SPDX-License-Identifier: Apache-2.0
// Recurrent layers against loops in double over one event after the other, their gradients against
// differences of those loops: random shapes, lengths, masks and options. And the same bits of all
// kinds of kernels, whoever an event's neighbours are.
#include <math.h>
#include <string.h>

#include "base/testing.h"
#include "nn/network/compile.h"
#include "nn/network/private.h"

enum { MOST_UNITS = 20, MOST_STEPS = 48, MOST_WIDTH = 8, MOST_ROW = 4 * MOST_UNITS };
enum { MOST_PARAMETERS = (MOST_WIDTH + MOST_UNITS + 2) * MOST_ROW };
enum { MOST_OUTPUTS = BL_NN_SHARD_EVENTS * MOST_STEPS * MOST_UNITS };

typedef struct trial {
    bl_nn_kind_id kind;
    bl_nn_recurrent_options options;
    size_t n, steps, width;
    bool is_ragged, has_mask, flips;
    size_t lengths[BL_NN_SHARD_EVENTS]; ///< [n]
    int64_t offsets[BL_NN_SHARD_EVENTS + 1];
    float x[BL_NN_SHARD_EVENTS * MOST_STEPS * MOST_WIDTH]; ///< [rows × width]
    float mask[BL_NN_SHARD_EVENTS * MOST_STEPS];           ///< [n × steps]
    float start[MOST_PARAMETERS];                          ///< parameters as Keras has them
    float wanted[MOST_OUTPUTS]; ///< the loss is the sum of outputs times these
} trial;

static trial t;

static size_t draw(size_t least, size_t most) {
    return least + (size_t)(drand48() * (double)(most - least + 1));
}
static float draw_float(double size) { return (float)(size * (2 * drand48() - 1)); }
static bool toss(void) { return drand48() < 0.5; }

static size_t n_gates(void) {
    return t.kind == BL_NN_KIND_GRU ? 3 : t.kind == BL_NN_KIND_LSTM ? 4 : 1;
}
static size_t units(void) { return (size_t)t.options.units; }
static size_t n_biases(void) {
    bool has_second = t.kind == BL_NN_KIND_GRU && t.options.reset_after;
    return !t.options.use_bias ? 0 : has_second ? 2 : 1;
}
static size_t n_parameters(void) { return (t.width + units() + n_biases()) * n_gates() * units(); }
static size_t output_rows(size_t event) {
    return !t.options.return_sequences ? 1 : t.is_ragged ? t.lengths[event] : t.steps;
}

// ---- in double ----

static double number_of(bl_nn_activation_kind kind, double v) {
    switch (kind) {
    case BL_NN_TANH:
        return tanh(v);
    case BL_NN_SIGMOID:
        return 1 / (1 + exp(-v));
    case BL_NN_RELU:
        return v > 0 ? v : 0;
    case BL_NN_HARD_SIGMOID:
        return v < -3 ? 0 : v > 3 ? 1 : (v + 3) / 6;
    case BL_NN_SOFTSIGN:
        return v / (1 + fabs(v));
    case BL_NN_SILU:
        return v / (1 + exp(-v));
    default:
        return v;
    }
}

static void activate(bl_nn_activation_kind kind, double *v, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i] = kind == BL_NN_SOFTMAX ? exp(v[i]) : number_of(kind, v[i]);
    for (size_t i = 0; i < n && kind == BL_NN_SOFTMAX; i++)
        v[i] /= sum;
}

/// to += x·some columns of a matrix
static void add_product(double *to, const double *x, size_t k, const double *matrix, size_t first,
                        size_t n) {
    for (size_t i = 0; i < k; i++)
        for (size_t c = 0; c < n; c++)
            to[c] += x[i] * matrix[i * n_gates() * units() + first + c];
}

/// One step: `seen` is h with dropout.
static void step_gru(const double *parameters, const double *x, const double *seen, double *h) {
    const double *u = parameters + t.width * 3 * units(), *b = u + units() * 3 * units();
    size_t n = units();
    double from_x[MOST_ROW] = {0}, from_h[MOST_ROW] = {0}, reset[MOST_UNITS];
    for (size_t i = 0; i < 3 * n && t.options.use_bias; i++) {
        from_x[i] = b[i];
        from_h[i] = t.options.reset_after ? b[3 * n + i] : 0;
    }
    add_product(from_x, x, t.width, parameters, 0, 3 * n);
    add_product(from_h, seen, n, u, 0, t.options.reset_after ? 3 * n : 2 * n);
    for (size_t i = 0; i < 2 * n; i++)
        from_x[i] += from_h[i];
    activate(t.options.recurrent_activation.kind, from_x, n);
    activate(t.options.recurrent_activation.kind, from_x + n, n);
    for (size_t i = 0; i < n; i++)
        reset[i] = from_x[n + i] * h[i];
    if (!t.options.reset_after)
        add_product(from_x + 2 * n, reset, n, u, 2 * n, n);
    for (size_t i = 0; i < n && t.options.reset_after; i++)
        from_x[2 * n + i] += from_x[n + i] * from_h[2 * n + i];
    activate(t.options.activation.kind, from_x + 2 * n, n);
    for (size_t i = 0; i < n; i++)
        h[i] = from_x[i] * h[i] + (1 - from_x[i]) * from_x[2 * n + i];
}

static void step_lstm(const double *parameters, const double *x, const double *seen, double *h,
                      double *c) {
    const double *u = parameters + t.width * 4 * units(), *b = u + units() * 4 * units();
    size_t n = units();
    double row[MOST_ROW] = {0};
    for (size_t i = 0; i < 4 * n && t.options.use_bias; i++)
        row[i] = b[i];
    add_product(row, x, t.width, parameters, 0, 4 * n);
    add_product(row, seen, n, u, 0, 4 * n);
    for (size_t g = 0; g < 4; g++)
        activate(g == 2 ? t.options.activation.kind : t.options.recurrent_activation.kind,
                 row + g * n, n);
    for (size_t i = 0; i < n; i++)
        h[i] = c[i] = row[n + i] * c[i] + row[i] * row[2 * n + i];
    activate(t.options.activation.kind, h, n);
    for (size_t i = 0; i < n; i++)
        h[i] *= row[3 * n + i];
}

static void step_simple(const double *parameters, const double *x, const double *seen, double *h) {
    const double *u = parameters + t.width * units(), *b = u + units() * units();
    size_t n = units();
    double row[MOST_ROW] = {0};
    for (size_t i = 0; i < n && t.options.use_bias; i++)
        row[i] = b[i];
    add_product(row, x, t.width, parameters, 0, n);
    add_product(row, seen, n, u, 0, n);
    activate(t.options.activation.kind, row, n);
    memcpy(h, row, n * sizeof *h);
}

/// What inputs and states of an event are multiplied with.
static void draw_drops(size_t event, double *of_x, double *of_h) {
    double rates[] = {t.options.dropout, t.options.recurrent_dropout};
    bl_random random;
    bl_random_init(&random, 5, (uint32_t)(1 + t.has_mask), 1000 + event);
    for (size_t i = 0; i < t.width; i++)
        of_x[i] = !(rates[0] > 0)                         ? 1
                  : bl_random_uniform(&random) < rates[0] ? 0
                                                          : 1 / (1 - rates[0]);
    for (size_t i = 0; i < units(); i++)
        of_h[i] = !(rates[1] > 0)                         ? 1
                  : bl_random_uniform(&random) < rates[1] ? 0
                                                          : 1 / (1 - rates[1]);
}

/// \param x [rows of the event × width] \param y [output rows × units]
static void run_event(const double *parameters, size_t event, const double *x, bool drops,
                      double *y) {
    double h[MOST_UNITS] = {0}, c[MOST_UNITS] = {0}, of_x[MOST_WIDTH] = {0};
    double of_h[MOST_UNITS] = {0}, out[MOST_UNITS] = {0}, seen[MOST_UNITS], row[MOST_WIDTH];
    size_t n_steps = t.is_ragged ? t.lengths[event] : t.steps, n = units();
    draw_drops(event, of_x, of_h);
    for (size_t k = 0; k < n_steps; k++) {
        size_t at = t.options.go_backwards ? n_steps - 1 - k : k;
        bool counts = !t.has_mask || t.mask[event * t.steps + at] != 0;
        for (size_t i = 0; i < t.width; i++)
            row[i] = x[at * t.width + i] * (drops ? of_x[i] : 1);
        for (size_t i = 0; i < n; i++)
            seen[i] = h[i] * (drops ? of_h[i] : 1);
        if (counts && t.kind == BL_NN_KIND_GRU)
            step_gru(parameters, row, seen, h);
        else if (counts && t.kind == BL_NN_KIND_LSTM)
            step_lstm(parameters, row, seen, h, c);
        else if (counts)
            step_simple(parameters, row, seen, h);
        for (size_t i = 0; i < n; i++)
            out[i] = counts ? h[i] : t.options.zero_output_for_mask ? 0 : out[i];
        size_t to = t.flips ? n_steps - 1 - k : k;
        memcpy(y + (t.options.return_sequences ? to * n : 0), out, n * sizeof *y);
    }
    if (n_steps == 0 && !t.options.return_sequences)
        memset(y, 0, n * sizeof *y);
}

static double event_x[MOST_STEPS * MOST_WIDTH], event_y[MOST_STEPS * MOST_UNITS];

static void load_event(size_t event) {
    for (size_t i = 0; i < t.steps * t.width; i++)
        event_x[i] = i < t.lengths[event] * t.width
                         ? (double)t.x[(size_t)t.offsets[event] * t.width + i]
                         : 0;
}

static double loss_of(const double *parameters, size_t event, size_t first) {
    double loss = 0;
    run_event(parameters, event, event_x, true, event_y);
    for (size_t i = 0; i < output_rows(event) * units(); i++)
        loss += event_y[i] * (double)t.wanted[first * units() + i];
    return loss;
}

static double loss_of_all(const double *parameters) {
    double loss = 0;
    for (size_t e = 0, first = 0; e < t.n; first += output_rows(e++)) {
        load_event(e);
        loss += loss_of(parameters, e, first);
    }
    return loss;
}

// ---- the network ----

typedef struct machine {
    bl_nn_network *network;
    bl_nn_workspace *workspace;
    bl_nn_graph graph;
    bl_nn_node nodes[3];
    size_t inputs[1], outputs[1];
    int64_t shapes[2][2];
    bl_nn_input_options input_options[2];
    float *gradients;
} machine;

static bl_nn_node input_node(const char *name, bl_nn_input_options *options) {
    return (bl_nn_node){.name = name,
                        .kind = &bl_nn_kinds[BL_NN_KIND_INPUT],
                        .options = options,
                        .mask = BL_NN_NONE,
                        .same_as = BL_NN_NONE};
}

static void set_parameters(bl_nn_network *network) {
    const float *from = t.start;
    for (size_t i = 0; i < network->plan.parameters.n; i++) {
        const bl_nn_parameter *p = &network->plan.parameters.items[i];
        memcpy(network->parameters + p->offset, from, p->n * sizeof *from);
        from += p->n;
    }
    assert_int_equal(from - t.start, n_parameters());
    for (size_t i = 0; i < network->n_steps; i++)
        network->steps[i].flips = t.flips;
    bl_nn_network_pack(network);
}

static void make(machine *m, bl_context *context, const bl_nn_kernels *kernels, size_t n) {
    size_t layer = t.has_mask ? 2 : 1;
    *m = (machine){.shapes = {{(int64_t)t.steps, (int64_t)t.width}, {(int64_t)t.steps}},
                   .outputs = {layer}};
    m->input_options[0] = (bl_nn_input_options){{2, m->shapes[0]}, t.is_ragged};
    m->input_options[1] = (bl_nn_input_options){{1, m->shapes[1]}, false};
    m->nodes[0] = input_node("x", &m->input_options[0]);
    m->nodes[1] = input_node("mask", &m->input_options[1]);
    m->nodes[layer] = (bl_nn_node){.name = "layer",
                                   .kind = &bl_nn_kinds[t.kind],
                                   .options = &t.options,
                                   .n_inputs = 1,
                                   .inputs = m->inputs,
                                   .mask = t.has_mask ? 1 : BL_NN_NONE,
                                   .same_as = BL_NN_NONE};
    m->graph = (bl_nn_graph){
        .n_nodes = layer + 1, .nodes = m->nodes, .n_outputs = 1, .outputs = m->outputs};
    bl_nn_network_options how = {.kernels = kernels, .trains = true, .wants_input_gradients = true};
    bl_nn_network *network;
    assert_ok(bl_nn_network_new(context, &m->graph, &how, &network, NULL));
    set_parameters(network);
    m->network = network;
    assert_ok(bl_nn_workspace_new(m->network, n, true, &m->workspace, NULL));
    m->gradients = calloc(m->network->plan.n_floats, sizeof *m->gradients);
    assert_non_null(m->gradients);
}

static void unmake(machine *m) {
    bl_nn_workspace_free(m->workspace);
    bl_nn_network_free(m->network);
    free(m->gradients);
}

static void feed(bl_nn_feed feeds[2], size_t first) {
    feeds[0] = (bl_nn_feed){.data = t.x, .offsets = t.offsets + first};
    feeds[1] = (bl_nn_feed){.data = t.mask + first * t.steps};
}

/// Outputs and gradients of all events, as they are trained.
static bl_nn_matrix train(machine *m) {
    bl_nn_workspace *w = m->workspace;
    bl_nn_feed feeds[2];
    feed(feeds, 0);
    assert_ok(bl_nn_workspace_begin(w, t.n, feeds, NULL));
    w->run.trains = true;
    w->run.seed = 5;
    w->run.first_event = 1000;
    w->run.gradients = m->gradients;
    assert_ok(bl_nn_run_forward(w, 0, m->network->n_steps, NULL));
    bl_nn_matrix g = bl_nn_output_gradient(w, 0);
    size_t n_rows = 0;
    for (size_t e = 0; e < t.n; e++)
        n_rows += output_rows(e);
    for (size_t r = 0; r < n_rows; r++)
        memcpy(g.data + r * g.stride, t.wanted + r * units(), units() * sizeof(float));
    bl_nn_run_backward(w, 0, m->network->n_steps);
    return w->run.values[m->network->outputs[0]];
}

// ---- trials ----

static void draw_options(bl_nn_kind_id kind, size_t most_units, bool is_usual) {
    static const bl_nn_activation_kind kinds[] = {BL_NN_TANH,     BL_NN_SIGMOID, BL_NN_RELU,
                                                  BL_NN_SOFTSIGN, BL_NN_SILU,    BL_NN_SOFTMAX};
    static const bl_nn_activation_kind gates[] = {BL_NN_SIGMOID, BL_NN_HARD_SIGMOID, BL_NN_TANH,
                                                  BL_NN_SILU, BL_NN_SOFTMAX};
    bl_nn_activation usual = {.kind = BL_NN_TANH, .limit = INFINITY}, any = usual;
    any.kind = kinds[draw(0, 5)];
    t.kind = kind;
    t.options = (bl_nn_recurrent_options){.units = (int64_t)draw(1, most_units),
                                          .activation = is_usual ? usual : any,
                                          .use_bias = toss(),
                                          .return_sequences = toss(),
                                          .go_backwards = toss(),
                                          .zero_output_for_mask = toss(),
                                          .reset_after = is_usual || toss(),
                                          .dropout = toss() ? 0.3 : 0,
                                          .recurrent_dropout = toss() ? 0.4 : 0};
    t.options.recurrent_activation.kind = is_usual ? BL_NN_SIGMOID : gates[draw(0, 4)];
    // Padding without a bias is at the kink.
    t.options.use_bias |= t.options.activation.kind == BL_NN_RELU;
}

static void draw_trial(bl_nn_kind_id kind, size_t n, size_t steps, size_t width, size_t most_units,
                       bool is_usual) {
    draw_options(kind, most_units, is_usual);
    t.n = n, t.steps = steps, t.width = width;
    t.is_ragged = toss();
    t.has_mask = !t.is_ragged && toss();
    t.flips = toss();
    size_t all = n_gates() * units();
    for (size_t e = 0; e < n; e++) {
        t.lengths[e] = draw(0, steps);
        t.offsets[e + 1] = t.offsets[e] + (int64_t)t.lengths[e];
    }
    for (size_t i = 0; i < (size_t)t.offsets[n] * width; i++)
        t.x[i] = draw_float(1.5);
    for (size_t i = 0; i < n * steps; i++)
        t.mask[i] = toss();
    for (size_t i = 0; i < (width + units() + 2) * all; i++)
        t.start[i] = draw_float(1.5 / sqrt((double)(width + units()))); // nothing grows on and on
    for (size_t i = 0; i < n * steps * units(); i++)
        t.wanted[i] = draw_float(1);
}

static void assert_near(double found, double expected, const char *what, size_t i) {
    if (!(fabs(found - expected) <= 3e-5 * (1 + fabs(expected))))
        fail_msg("%s %zu of %s(%zu): %.9g, not %.9g (reset_after %d, masked %d, ragged %d)", what,
                 i, bl_nn_kinds[t.kind].name, units(), found, expected, t.options.reset_after,
                 t.has_mask, t.is_ragged);
}

static void compare_outputs(const double *parameters, bl_nn_matrix y, bool drops) {
    for (size_t e = 0, row = 0; e < t.n; e++) {
        load_event(e);
        run_event(parameters, e, event_x, drops, event_y);
        for (size_t r = 0; r < output_rows(e); r++, row++)
            for (size_t i = 0; i < units(); i++)
                assert_near((double)y.data[row * y.stride + i], event_y[r * units() + i], "output",
                            row * units() + i);
    }
}

static void compare_input_gradients(const double *parameters, bl_nn_matrix g) {
    const double h = 1e-6;
    for (size_t e = 0, row = 0, first = 0; e < t.n; first += output_rows(e++)) {
        size_t n = t.is_ragged ? t.lengths[e] : t.steps;
        load_event(e);
        for (size_t i = 0; i < n * t.width; i++) {
            double x = event_x[i];
            event_x[i] = x + h;
            double more = loss_of(parameters, e, first);
            event_x[i] = x - h;
            double less = loss_of(parameters, e, first);
            event_x[i] = x;
            const float *found = g.data + (row + i / t.width) * g.stride + i % t.width;
            assert_near((double)*found, (more - less) / (2 * h), "input gradient", i);
        }
        row += n;
    }
}

static void compare_gradients(double *parameters, const machine *m) {
    const double h = 1e-6;
    size_t at = 0;
    for (size_t i = 0; i < m->network->plan.parameters.n; i++) {
        const bl_nn_parameter *p = &m->network->plan.parameters.items[i];
        for (size_t k = 0; k < p->n; k++, at++) {
            double w = parameters[at];
            parameters[at] = w + h;
            double more = loss_of_all(parameters);
            parameters[at] = w - h;
            double less = loss_of_all(parameters);
            parameters[at] = w;
            assert_near((double)m->gradients[p->offset + k], (more - less) / (2 * h), p->name, k);
        }
    }
}

static void compare(const bl_nn_kernels *kernels) {
    static double parameters[MOST_PARAMETERS];
    bl_context *context = test_context(1);
    machine m;
    bl_nn_matrix y;
    bl_nn_feed feeds[2];
    for (size_t i = 0; i < n_parameters(); i++)
        parameters[i] = (double)t.start[i];
    make(&m, context, kernels, t.n);
    feed(feeds, 0);
    assert_ok(bl_nn_predict(m.workspace, t.n, feeds, &y, NULL));
    compare_outputs(parameters, y, false);
    compare_outputs(parameters, train(&m), true);
    compare_input_gradients(parameters, m.workspace->value_gradients[m.network->inputs[0]]);
    compare_gradients(parameters, &m);
    unmake(&m);
    bl_context_free(context);
}

static const bl_nn_kind_id kinds[] = {BL_NN_KIND_GRU, BL_NN_KIND_LSTM, BL_NN_KIND_SIMPLE_RNN};

static void test_values_and_gradients(void **state) {
    (void)state;
    srand48(1);
    for (size_t i = 0; i < 180; i++) {
        draw_trial(kinds[i % 3], draw(1, 5), draw(1, 6), draw(1, 4), i < 150 ? 5 : 18, i % 2);
        compare(bl_nn_kernels_get());
    }
}

static void test_many_events(void **state) {
    (void)state;
    srand48(2);
    for (size_t i = 0; i < 6; i++) {
        draw_trial(kinds[i % 3], 64, MOST_STEPS, 2, 3, i < 3);
        compare(bl_nn_kernels_get());
    }
}

static uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof value);
    return bits;
}

static void assert_same(const float *a, const float *b, size_t n, const char *what) {
    for (size_t i = 0; i < n; i++)
        if (bits_of(a[i]) != bits_of(b[i]))
            fail_msg("%s: number %zu of %s(%zu): %a, plain %a", what, i, bl_nn_kinds[t.kind].name,
                     units(), (double)a[i], (double)b[i]);
}

/// Predictions of some events at a time.
static void compare_batches(machine *m, size_t size, const bl_nn_matrix *all, const float *rows) {
    bl_nn_matrix y;
    for (size_t e = 0, row = 0; e < t.n; e += size) {
        bl_nn_feed feeds[2];
        size_t n = size < t.n - e ? size : t.n - e, n_rows = 0;
        feed(feeds, e);
        for (size_t k = 0; k < n; k++)
            n_rows += output_rows(e + k);
        assert_ok(bl_nn_predict(m->workspace, n, feeds, &y, NULL));
        for (size_t r = 0; r < n_rows; r++, row++)
            assert_same(y.data + r * y.stride, rows + row * all->stride, units(), "batches");
    }
}

static void test_same_bits_beside_others(void **state) {
    (void)state;
    srand48(3);
    static const size_t sizes[] = {1, 2, 3, 7, 16, 33, 64};
    bl_context *context = test_context(1);
    for (size_t i = 0; i < 9; i++) {
        draw_trial(kinds[i % 3], 64, 20, 5, 20, i < 6);
        machine m;
        bl_nn_feed feeds[2];
        bl_nn_matrix all;
        make(&m, context, NULL, t.n);
        feed(feeds, 0);
        assert_ok(bl_nn_predict(m.workspace, t.n, feeds, &all, NULL));
        size_t n = 0;
        for (size_t e = 0; e < t.n; e++)
            n += output_rows(e);
        float *rows = malloc((n + 1) * all.stride * sizeof *rows);
        assert_non_null(rows);
        memcpy(rows, all.data, n * all.stride * sizeof *rows);
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
            compare_batches(&m, sizes[k], &all, rows);
        free(rows);
        unmake(&m);
    }
    bl_context_free(context);
}

static void test_same_bits_of_all_kernels(void **state) {
    (void)state;
    srand48(4);
    bl_context *context = test_context(1);
    for (size_t i = 0; i < 24; i++) {
        draw_trial(kinds[i % 3], 30, 30, 7, 20, i < 12);
        machine plain, m;
        make(&plain, context, &bl_nn_kernels_plain, t.n);
        bl_nn_matrix expected = train(&plain);
        size_t n_rows = 0;
        for (size_t e = 0; e < t.n; e++)
            n_rows += output_rows(e);
        for (size_t k = 0; bl_nn_kernels_at(k); k++) {
            make(&m, context, bl_nn_kernels_at(k), t.n);
            bl_nn_matrix y = train(&m);
            for (size_t r = 0; r < n_rows; r++)
                assert_same(y.data + r * y.stride, expected.data + r * y.stride, units(),
                            bl_nn_kernels_at(k)->name);
            assert_same(m.gradients, plain.gradients, m.network->plan.n_floats, "gradients");
            unmake(&m);
        }
        unmake(&plain);
    }
    bl_context_free(context);
}

/// Two layers of the same parameters, one behind the other: gradients of both are added.
static void test_shared_parameters(void **state) {
    (void)state;
    srand48(5);
    bl_context *context = test_context(1);
    for (size_t i = 0; i < 12; i++) {
        draw_trial(kinds[i % 3], 6, 5, 4, 9, i < 6);
        t.has_mask = false;
        t.options.dropout = t.options.recurrent_dropout = 0;
        machine one;
        make(&one, context, NULL, t.n);
        train(&one);
        bl_nn_node nodes[3] = {one.nodes[0], one.nodes[1], one.nodes[1]};
        static const size_t outputs[] = {1, 2};
        nodes[2].name = "again";
        nodes[2].same_as = 1;
        machine two = {.graph = {.n_nodes = 3, .nodes = nodes, .n_outputs = 2, .outputs = outputs}};
        bl_nn_network_options how = {.trains = true};
        assert_ok(bl_nn_network_new(context, &two.graph, &how, &two.network, NULL));
        set_parameters(two.network);
        assert_ok(bl_nn_workspace_new(two.network, t.n, true, &two.workspace, NULL));
        two.gradients = calloc(two.network->plan.n_floats, sizeof *two.gradients);
        bl_nn_matrix wanted = one.workspace->value_gradients[one.network->outputs[0]];
        // Only the second output's gradient is set by `train`, so that of the first is here.
        bl_nn_feed feeds[2];
        feed(feeds, 0);
        bl_nn_workspace *w = two.workspace;
        assert_ok(bl_nn_workspace_begin(w, t.n, feeds, NULL));
        w->run.trains = true;
        w->run.gradients = two.gradients;
        assert_ok(bl_nn_run_forward(w, 0, two.network->n_steps, NULL));
        size_t n_rows = bl_nn_n_rows(&w->run, two.network->outputs[0]);
        for (size_t k = 0; k < 2; k++) {
            bl_nn_matrix g = bl_nn_output_gradient(w, k);
            for (size_t r = 0; r < n_rows * g.stride; r++)
                g.data[r] = (float)(k + 1) * wanted.data[r];
        }
        bl_nn_run_backward(w, 0, two.network->n_steps);
        for (size_t p = 0; p < two.network->plan.n_floats; p++)
            assert_near((double)two.gradients[p], 3 * (double)one.gradients[p], "shared", p);
        unmake(&two);
        unmake(&one);
    }
    bl_context_free(context);
}

static void test_bad_options(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    srand48(6);
    for (size_t i = 0; i < 3; i++) {
        draw_trial(kinds[i], 1, 2, 2, 2, true);
        t.has_mask = false;
        machine m;
        make(&m, context, NULL, 1);
        bl_nn_network *network = NULL;
        bl_error err = {0};
        t.options.dropout = 1;
        assert_error(bl_nn_network_new(context, &m.graph, NULL, &network, &err), BL_E_INVALID, err,
                     "layer 'layer'");
        t.options.dropout = 0;
        t.options.recurrent_dropout = -0.5;
        assert_int_equal(bl_nn_network_new(context, &m.graph, NULL, &network, &err), BL_E_INVALID);
        t.options.recurrent_dropout = 0;
        m.input_options[0].shape.n = 1;
        m.input_options[0].ragged = false;
        assert_int_equal(bl_nn_network_new(context, &m.graph, NULL, &network, &err), BL_E_SHAPE);
        assert_null(network);
        unmake(&m);
    }
    bl_context_free(context);
}

static void test_bias_of_the_forget_gate(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    for (int is_set = 0; is_set < 2; is_set++) {
        draw_trial(BL_NN_KIND_LSTM, 1, 2, 2, 5, true);
        t.has_mask = false;
        t.options.use_bias = true;
        t.options.unit_forget_bias = is_set;
        machine m;
        make(&m, context, NULL, 1);
        const bl_nn_parameter *bias = bl_nn_network_find(m.network, "layer", "bias");
        assert_int_equal(bias->n_ones, is_set ? units() : 0);
        assert_int_equal(bias->first_one, is_set ? units() : 0);
        unmake(&m);
    }
    bl_context_free(context);
}

/// Padding is left out, but where it decides that the output is zero.
static void test_padding_is_seen(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    static const size_t inputs[] = {0, 1}, outputs[] = {2};
    for (int is_zero = 0; is_zero < 2; is_zero++) {
        draw_options(BL_NN_KIND_GRU, 3, true);
        t.options.return_sequences = false;
        t.options.zero_output_for_mask = is_zero;
        bl_nn_masking_options masking = {0};
        bl_nn_input_options input = {0};
        bl_nn_node nodes[] = {input_node("x", &input), input_node("masking", &input),
                              input_node("layer", &input)};
        nodes[1].kind = &bl_nn_kinds[BL_NN_KIND_MASKING];
        nodes[1].options = &masking;
        nodes[2].kind = &bl_nn_kinds[BL_NN_KIND_GRU];
        nodes[2].options = &t.options;
        nodes[1].n_inputs = nodes[2].n_inputs = 1;
        nodes[1].inputs = inputs;
        nodes[2].inputs = inputs + 1;
        bl_nn_graph graph = {.n_nodes = 3, .nodes = nodes, .n_outputs = 1, .outputs = outputs};
        bl_arena arena;
        bl_arena_init(&arena, context);
        const bool *packs = bl_nn_find_packing(&arena, &graph);
        assert_non_null(packs);
        assert_int_equal(packs[1], !is_zero);
        bl_arena_release(&arena);
    }
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_and_gradients),
        cmocka_unit_test(test_many_events),
        cmocka_unit_test(test_same_bits_beside_others),
        cmocka_unit_test(test_same_bits_of_all_kernels),
        cmocka_unit_test(test_shared_parameters),
        cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_bias_of_the_forget_gate),
        cmocka_unit_test(test_padding_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
