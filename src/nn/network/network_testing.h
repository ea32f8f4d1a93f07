// SPDX-License-Identifier: Apache-2.0
/// \file
/// What tests of layers share: a small graph built node by node, fed with random events, and held
/// to a reference in double: its outputs, and its gradients to differences of the reference, for
/// every kind of kernels and however events are cut into runs.
#ifndef BL_NN_NETWORK_NETWORK_TESTING_H
#define BL_NN_NETWORK_NETWORK_TESTING_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/testing.h"
#include "nn/network/private.h"

enum { MOST_NODES = 16, MOST_PARTS = 4, MOST_EVENTS = BL_NN_SHARD_EVENTS, MOST_NUMBERS = 1 << 14 };

/// Rows of events in double, without gaps.
typedef struct rows_of_events {
    size_t steps, width;
    size_t offsets[MOST_EVENTS + 1]; ///< rows of event e begin here
    double data[MOST_NUMBERS];
} rows_of_events;

typedef struct trial trial;
/// Computes `out`, its offsets too, from `in` and the parameters: in double, by plain loops.
typedef void (*reference_fn)(const trial *t, rows_of_events *out);

struct trial {
    bl_context *context;
    bl_nn_node nodes[MOST_NODES];
    size_t inputs_of[MOST_NODES][MOST_PARTS];
    size_t n_nodes, output, n_inputs, n_events;
    bl_nn_graph graph;
    rows_of_events in[MOST_PARTS], out;
    bool is_ragged[MOST_PARTS];
    bool is_masked[MOST_PARTS]; ///< rows of zeros do not count, and have no gradient
    double parameters[MOST_NUMBERS];
    double weights[MOST_NUMBERS]; ///< what outputs are summed up with
    bl_nn_network *network;
    double tolerance;
    uint64_t seed; ///< of a run
};

/// A failure from which nobody comes back, as analyzers know too.
#define FAIL(...)              \
    do {                       \
        fail_msg(__VA_ARGS__); \
        abort();               \
    } while (0)

// ---- graphs ----

static inline void begin_trial(trial *t) {
    memset(t, 0, sizeof *t);
    t->context = test_context(1);
    t->tolerance = 2e-5;
}

static inline void end_trial(trial *t) {
    bl_nn_network_free(t->network);
    bl_context_free(t->context);
}

/// Appends a node of a kind, and makes it the output. \param options borrows \return its number
static inline size_t add_node(trial *t, bl_nn_kind_id kind, const void *options, size_t n_inputs,
                              const size_t *inputs) {
    static const char *const names[MOST_NODES] = {"n0",  "n1",  "n2",  "n3", "n4",  "n5",
                                                  "n6",  "n7",  "n8",  "n9", "n10", "n11",
                                                  "n12", "n13", "n14", "n15"};
    size_t i = t->n_nodes++;
    assert_true(i < MOST_NODES && n_inputs <= MOST_PARTS);
    for (size_t k = 0; k < n_inputs; k++)
        t->inputs_of[i][k] = inputs[k];
    t->nodes[i] = (bl_nn_node){.name = names[i],
                               .kind = &bl_nn_kinds[kind],
                               .options = (void *)(uintptr_t)options,
                               .n_inputs = n_inputs,
                               .inputs = t->inputs_of[i],
                               .mask = BL_NN_NONE,
                               .same_as = BL_NN_NONE};
    t->output = i;
    return i;
}
#define ADD_NODE(t, kind, options, ...)                                                       \
    add_node(t, BL_NN_KIND_##kind, options, sizeof((size_t[]){__VA_ARGS__}) / sizeof(size_t), \
             (size_t[]){__VA_ARGS__})

/// \param steps 0: a vector \param is_ragged events have their own number of steps
static inline size_t add_input(trial *t, size_t steps, size_t width, bool is_ragged) {
    static int64_t sizes[MOST_PARTS][2];
    static bl_nn_input_options options[MOST_PARTS];
    size_t i = t->n_inputs++;
    assert_true(i < MOST_PARTS);
    sizes[i][0] = (int64_t)(steps ? steps : width);
    sizes[i][1] = (int64_t)width;
    options[i] = (bl_nn_input_options){{steps ? 2 : 1, sizes[i]}, is_ragged};
    t->in[i].steps = steps;
    t->in[i].width = width;
    t->is_ragged[i] = is_ragged;
    return add_node(t, BL_NN_KIND_INPUT, &options[i], 0, NULL);
}

static inline bl_status try_network(trial *t, const bl_nn_kernels *kernels, bl_error *err) {
    bl_nn_network_free(t->network);
    t->network = NULL;
    t->graph = (bl_nn_graph){
        .n_nodes = t->n_nodes, .nodes = t->nodes, .n_outputs = 1, .outputs = &t->output};
    return bl_nn_network_new(
        t->context, &t->graph,
        &(bl_nn_network_options){.kernels = kernels, .trains = true, .wants_input_gradients = true},
        &t->network, err);
}

/// A network for these kernels with the trial's parameters.
static inline void make_network(trial *t, const bl_nn_kernels *kernels) {
    bl_error err = {0};
    if (try_network(t, kernels, &err) != BL_OK || !t->network)
        FAIL("%s", err.message);
    assert_true(t->network->plan.n_floats <= MOST_NUMBERS);
    for (size_t i = 0; i < t->network->plan.n_floats; i++)
        t->network->parameters[i] = (float)t->parameters[i];
    bl_nn_network_pack(t->network);
}

/// The network cannot be made, and the message has all of these words, which end with NULL.
static inline void expect_error(trial *t, bl_status status, const char *const *words) {
    bl_error err = {0};
    assert_int_equal(try_network(t, NULL, &err), status);
    for (; *words; words++)
        if (!strstr(err.message, *words))
            fail_msg("'%s' lacks '%s'", err.message, *words);
}
#define EXPECT_ERROR(t, status, ...) \
    expect_error(t, status, (const char *const[]){__VA_ARGS__, NULL})

// ---- numbers ----

static inline double draw_number(double size) {
    return (double)(float)(size * (2 * drand48() - 1));
}

static inline bool by_chance(double share) { return drand48() < share; }

/// Random parameters, and random events: those of ragged inputs have 0 … steps rows, of which
/// events' inputs of as many steps have as many. Some rows are zeros, which masks leave out.
static inline void draw_trial(trial *t, size_t n_events, double share_of_zeros) {
    t->n_events = n_events;
    for (size_t i = 0; i < MOST_NUMBERS; i++) {
        t->parameters[i] = draw_number(1);
        t->weights[i] = draw_number(1);
    }
    for (size_t i = 0; i < t->n_inputs; i++) {
        rows_of_events *in = &t->in[i];
        for (size_t e = 0; e < n_events; e++) {
            size_t n = !in->steps ? 1 : in->steps;
            if (in->steps && t->is_ragged[i])
                n = i && t->is_ragged[0] && t->in[0].steps == in->steps
                        ? t->in[0].offsets[e + 1] - t->in[0].offsets[e]
                        : (size_t)lrand48() % (in->steps + 1);
            in->offsets[e + 1] = in->offsets[e] + n;
            assert_true(in->offsets[e + 1] * in->width <= MOST_NUMBERS);
            for (size_t r = in->offsets[e]; r < in->offsets[e + 1]; r++) {
                bool is_zero = drand48() < share_of_zeros;
                for (size_t k = 0; k < in->width; k++)
                    in->data[r * in->width + k] = is_zero ? 0 : draw_number(1.5);
            }
        }
    }
}

/// The double parameters of the i-th parameter of a step that a node became.
static inline const double *parameter_of(const trial *t, const char *layer, const char *name) {
    const bl_nn_parameter *p = bl_nn_network_find(t->network, layer, name);
    if (!p)
        FAIL("no parameter %s of %s", name, layer);
    return t->parameters + p->offset;
}

static inline size_t rows_in(const rows_of_events *rows, size_t event) {
    return rows->offsets[event + 1] - rows->offsets[event];
}

/// Row r of an event.
static inline const double *row_in(const rows_of_events *rows, size_t event, size_t r) {
    return rows->data + (rows->offsets[event] + r) * rows->width;
}

/// Room for the next event of an output. \return its rows
static inline double *next_event(rows_of_events *out, size_t event, size_t n_rows) {
    out->offsets[event + 1] = out->offsets[event] + n_rows;
    assert_true(out->offsets[event + 1] * out->width <= MOST_NUMBERS);
    double *to = out->data + out->offsets[event] * out->width;
    memset(to, 0, n_rows * out->width * sizeof *to);
    return to;
}

// ---- runs ----

typedef struct feeds {
    float data[MOST_PARTS][MOST_NUMBERS];
    int64_t offsets[MOST_PARTS][MOST_EVENTS + 1];
    bl_nn_feed list[MOST_PARTS];
} feeds;

/// Events first … first + n − 1.
static inline void feed_events(const trial *t, size_t first, size_t n, feeds *to) {
    for (size_t i = 0; i < t->n_inputs; i++) {
        const rows_of_events *in = &t->in[i];
        size_t begin = in->offsets[first] * in->width;
        for (size_t k = begin; k < in->offsets[first + n] * in->width; k++)
            to->data[i][k - begin] = (float)in->data[k];
        for (size_t e = 0; e <= n; e++)
            to->offsets[i][e] = (int64_t)(in->offsets[first + e] - in->offsets[first]);
        to->list[i] =
            (bl_nn_feed){.data = to->data[i], .offsets = t->is_ragged[i] ? to->offsets[i] : NULL};
    }
}

/// Rows of the output without gaps, behind what is there. \return floats
static inline size_t copy_output(const trial *t, const bl_nn_workspace *w, size_t n_events,
                                 float *to) {
    const uint32_t *offsets = bl_nn_output_offsets(w, 0);
    size_t value = t->network->outputs[0], n = offsets ? offsets[n_events] : n_events;
    size_t width = t->network->plan.values.items[value].shape.width;
    for (size_t r = 0; r < n; r++)
        memcpy(to + r * width, w->run.values[value].data + r * w->run.values[value].stride,
               width * sizeof *to);
    return n * width;
}

/// Predicts all events, so many at a time. \param to [MOST_NUMBERS] \return floats
static inline size_t predict(const trial *t, size_t at_a_time, float *to) {
    static feeds f;
    size_t n = 0;
    BL_AUTO(bl_nn_workspace) w = NULL;
    assert_ok(bl_nn_workspace_new(t->network, at_a_time, false, &w, NULL));
    for (size_t e = 0; e < t->n_events; e += at_a_time) {
        bl_error err = {0};
        bl_nn_matrix out;
        size_t n_here = t->n_events - e < at_a_time ? t->n_events - e : at_a_time;
        feed_events(t, e, n_here, &f);
        if (bl_nn_predict(w, n_here, f.list, &out, &err) != BL_OK)
            fail_msg("%s", err.message);
        n += copy_output(t, w, n_here, to + n);
    }
    return n;
}

/// What training a shard gives.
typedef struct gradients {
    float out[MOST_NUMBERS];
    float parameters[MOST_NUMBERS]; ///< NaN where nothing was written
    float inputs[MOST_PARTS][MOST_NUMBERS];
} gradients;

static inline void point_at_weights(const trial *t, bl_nn_workspace *w) {
    size_t value = t->network->outputs[0], width = t->network->plan.values.items[value].shape.width;
    bl_nn_matrix g = bl_nn_output_gradient(w, 0);
    for (size_t r = 0, n = bl_nn_n_rows(&w->run, value); r < n && g.data; r++)
        for (size_t k = 0; k < width; k++)
            g.data[r * g.stride + k] = (float)t->weights[r * width + k];
}

/// Events first … first + n − 1 forward and backward as while training, with weights, from the
/// first on, as the output's gradient.
static inline void train_some(const trial *t, size_t first, size_t n, gradients *to) {
    static feeds f;
    BL_AUTO(bl_nn_workspace) w = NULL;
    bl_error err = {0};
    assert_ok(bl_nn_workspace_new(t->network, n, true, &w, NULL));
    feed_events(t, first, n, &f);
    for (size_t i = 0; i < MOST_NUMBERS; i++)
        to->parameters[i] = NAN;
    w->run.gradients = to->parameters;
    w->run.trains = true;
    w->run.seed = t->seed;
    w->run.first_event = first;
    assert_ok(bl_nn_workspace_begin(w, n, f.list, NULL));
    if (bl_nn_run_forward(w, 0, t->network->n_steps, &err) != BL_OK)
        fail_msg("%s", err.message);
    copy_output(t, w, n, to->out);
    point_at_weights(t, w);
    bl_nn_run_backward(w, 0, t->network->n_steps);
    for (size_t i = 0; i < t->n_inputs; i++) {
        size_t value = t->network->inputs[i], width = t->in[i].width;
        bl_nn_matrix g = w->value_gradients[value];
        for (size_t r = 0; r < t->in[i].offsets[first + n] - t->in[i].offsets[first]; r++)
            for (size_t k = 0; k < width; k++)
                to->inputs[i][r * width + k] =
                    w->has_gradient[value] ? g.data[r * g.stride + k] : 0;
    }
}

static inline void train(const trial *t, gradients *to) { train_some(t, 0, t->n_events, to); }

// ---- checks ----

static inline void check_number(const trial *t, double found, double expected, const char *what,
                                size_t i) {
    if (!(fabs(found - expected) <= t->tolerance * (1 + fabs(expected))) &&
        !(isnan(found) && isnan(expected)))
        fail_msg("%s, number %zu: %.9g, not %.9g (%s)", what, i, found, expected,
                 t->network->kernels->name);
}

static inline uint32_t bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline void same_bits(const float *a, const float *b, size_t n, const char *what) {
    for (size_t i = 0; i < n; i++)
        if (bits_of(a[i]) != bits_of(b[i]) && !(isnan(a[i]) && isnan(b[i])))
            fail_msg("%s, number %zu: %a and %a", what, i, (double)a[i], (double)b[i]);
}

/// Σ weight·output of the reference.
static inline double weighted_sum(trial *t, reference_fn reference) {
    double sum = 0;
    reference(t, &t->out);
    for (size_t i = 0; i < t->out.offsets[t->n_events] * t->out.width; i++)
        sum += t->weights[i] * t->out.data[i];
    return sum;
}

static inline double difference(trial *t, reference_fn reference, double *number) {
    double was = *number, h = 1e-6;
    *number = was + h;
    double above = weighted_sum(t, reference);
    *number = was - h;
    double below = weighted_sum(t, reference);
    *number = was;
    return (above - below) / (2 * h);
}

static inline void check_output(trial *t, reference_fn reference, const float *found, size_t n) {
    t->out.width = t->network->plan.values.items[t->network->outputs[0]].shape.width;
    reference(t, &t->out);
    assert_int_equal(n, t->out.offsets[t->n_events] * t->out.width);
    for (size_t i = 0; i < n; i++)
        check_number(t, (double)found[i], t->out.data[i], "output", i);
}

/// Gradients of a row; of a masked one 0, where differences would make it count.
static inline void check_row_gradient(trial *t, reference_fn reference, size_t i, size_t r,
                                      const float *found) {
    rows_of_events *in = &t->in[i];
    double *x = in->data + r * in->width;
    bool is_zero = t->is_masked[i];
    for (size_t k = 0; k < in->width; k++)
        is_zero &= x[k] == 0;
    for (size_t k = 0; k < in->width; k++)
        check_number(t, (double)found[k], is_zero ? 0 : difference(t, reference, x + k),
                     "gradient of an input", r * in->width + k);
}

static inline void check_gradients(trial *t, reference_fn reference, const gradients *g) {
    for (size_t i = 0; i < t->network->plan.parameters.n; i++) {
        const bl_nn_parameter *p = &t->network->plan.parameters.items[i];
        for (size_t k = p->offset; k < p->offset + p->n && !p->is_fixed; k++)
            check_number(t, (double)g->parameters[k], difference(t, reference, &t->parameters[k]),
                         p->name, k - p->offset);
    }
    for (size_t i = 0; i < t->n_inputs; i++)
        for (size_t r = 0; r < t->in[i].offsets[t->n_events]; r++)
            check_row_gradient(t, reference, i, r, g->inputs[i] + r * t->in[i].width);
}

/// Gradients of parameters that were written are the same bits, those of gaps too.
static inline void check_same_gradients(const trial *t, const gradients *a, const gradients *b) {
    same_bits(a->parameters, b->parameters, t->network->plan.n_floats, "gradients of parameters");
    for (size_t i = 0; i < t->n_inputs; i++)
        same_bits(a->inputs[i], b->inputs[i], t->in[i].offsets[t->n_events] * t->in[i].width,
                  "gradients of inputs");
}

/// The output is as the reference says it, with the same bits for every kind of kernels and however
/// many events are run at a time; and so are gradients, for all events at once.
static inline void check_trial(trial *t, reference_fn reference) {
    static float first[MOST_NUMBERS], found[MOST_NUMBERS];
    static gradients first_gradients, g;
    const bl_nn_kernels *kernels;
    for (size_t i = 0; (kernels = bl_nn_kernels_at(i)); i++) {
        make_network(t, kernels);
        size_t n = predict(t, t->n_events, found);
        if (i == 0) {
            memcpy(first, found, n * sizeof *first);
            check_output(t, reference, first, n);
        }
        same_bits(found, first, n, kernels->name);
        for (size_t at_a_time = 1; at_a_time < t->n_events; at_a_time += 1 + t->n_events / 3) {
            assert_int_equal(predict(t, at_a_time, found), n);
            same_bits(found, first, n, "events in parts");
        }
        train(t, &g);
        same_bits(g.out, first, n, "training");
        if (i == 0) {
            first_gradients = g;
            check_gradients(t, reference, &g);
        }
        check_same_gradients(t, &g, &first_gradients);
    }
}

#endif
