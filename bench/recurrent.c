// SPDX-License-Identifier: Apache-2.0
// How fast recurrent layers run: usage: recurrent [SECONDS [LAYER]]
//
// GRU, LSTM and SimpleRNN of 50 units on sequences of 19 columns, 128 events in two shards: once
// all of 801 steps, once of about 201 in the mean, as jets have them, of which few are long. For
// each kind of kernels but the plain ones: predicting, and a step of training, forward and
// backward, without the inputs' gradient; in ms and GFLOP/s (2·m·k·n a product). Each figure is the
// shortest of the runs of one thread in SECONDS (0.5), on the wall's clock: see kernels.c.
#include <math.h>

#include "bench/bench.h"
#include "nn/network/private.h"

enum { STEPS = 801, WIDTH = 19, UNITS = 50, SHARDS = 2, EVENTS = SHARDS * BL_NN_SHARD_EVENTS };

static const bl_nn_activation tanh_of = {.kind = BL_NN_TANH}, gate_of = {.kind = BL_NN_SIGMOID};
static const int64_t shape[] = {STEPS, WIDTH};
static const bl_nn_input_options input_options = {.shape = {2, shape}, .ragged = true};
static const size_t inputs[] = {0}, outputs[] = {1};

typedef struct work {
    bl_nn_network *network;
    bl_nn_workspace *predicts, *trains;
    float *gradients;
    const float *data; ///< [rows × WIDTH]
    int64_t offsets[EVENTS + 1];
    bl_error err;
} work;

static bl_nn_network *make(bl_context *context, const bl_nn_kernels *kernels, bl_nn_kind_id id) {
    static bl_nn_recurrent_options options;
    static bl_nn_node nodes[2];
    static bl_nn_graph graph = {
        .name = "bench", .n_nodes = 2, .nodes = nodes, .n_outputs = 1, .outputs = outputs};
    options = (bl_nn_recurrent_options){.units = UNITS,
                                        .activation = tanh_of,
                                        .recurrent_activation = gate_of,
                                        .use_bias = true,
                                        .reset_after = true};
    nodes[0] = (bl_nn_node){.name = "input",
                            .kind = &bl_nn_kinds[BL_NN_KIND_INPUT],
                            .options = (void *)&input_options,
                            .mask = BL_NN_NONE,
                            .same_as = BL_NN_NONE};
    nodes[1] = (bl_nn_node){.name = "layer",
                            .kind = &bl_nn_kinds[id],
                            .options = &options,
                            .n_inputs = 1,
                            .inputs = inputs,
                            .mask = BL_NN_NONE,
                            .same_as = BL_NN_NONE};
    bl_nn_network *network;
    bl_error err = {0};
    bl_nn_network_options how = {.kernels = kernels, .trains = true};
    bench_check(bl_nn_network_new(context, &graph, &how, &network, &err), &err);
    for (size_t i = 0; i < network->plan.n_floats; i++)
        network->parameters[i] = (float)((double)(i * 7919 % 1000) / 5000 - 0.1);
    bl_nn_network_pack(network);
    return network;
}

static bl_nn_feed feed_of(const work *w, size_t shard) {
    return (bl_nn_feed){.data = w->data, .offsets = w->offsets + shard * BL_NN_SHARD_EVENTS};
}

static void predict(work *w) {
    for (size_t s = 0; s < SHARDS; s++) {
        bl_nn_matrix output;
        bl_nn_feed feed = feed_of(w, s);
        bench_check(bl_nn_predict(w->predicts, BL_NN_SHARD_EVENTS, &feed, &output, &w->err),
                    &w->err);
    }
}

static void train(work *w) {
    for (size_t s = 0; s < SHARDS; s++) {
        bl_nn_feed feed = feed_of(w, s);
        bench_check(bl_nn_workspace_begin(w->trains, BL_NN_SHARD_EVENTS, &feed, &w->err), &w->err);
        w->trains->run.trains = true;
        w->trains->run.gradients = w->gradients;
        bench_check(bl_nn_run_forward(w->trains, 0, w->network->n_steps, &w->err), &w->err);
        bl_nn_matrix g = bl_nn_output_gradient(w->trains, 0);
        for (size_t i = 0; i < BL_NN_SHARD_EVENTS * g.stride; i++)
            g.data[i] = 0.01F;
        bl_nn_run_backward(w->trains, 0, w->network->n_steps);
    }
}

/// \return ms
static double measure(void (*run)(work *w), work *w, double seconds) {
    double best = INFINITY;
    for (double end = bench_seconds() + seconds; bench_seconds() < end || isinf(best);) {
        double start = bench_seconds();
        run(w);
        double took = bench_seconds() - start;
        best = took < best ? took : best;
    }
    return best * 1e3;
}

/// Lengths are a share of STEPS, or fall off as powers of e behind the shortest, mixed.
static void draw_lengths(work *w, bool is_full) {
    w->offsets[0] = 0;
    for (size_t e = 0; e < EVENTS; e++) {
        double share = ((double)(e * 37 % EVENTS) + 0.5) / EVENTS;
        double length = fmin(100 - 101.5 * log(share), STEPS);
        w->offsets[e + 1] = w->offsets[e] + (is_full ? STEPS : (int64_t)length);
    }
}

typedef struct layer {
    bl_nn_kind_id id;
    size_t n_gates;
} layer;

static const layer layers[] = {
    {BL_NN_KIND_GRU, 3}, {BL_NN_KIND_LSTM, 4}, {BL_NN_KIND_SIMPLE_RNN, 1}};

static void measure_layer(bl_context *context, const bl_nn_kernels *kernels, const layer *l,
                          work *w, double seconds) {
    w->network = make(context, kernels, l->id);
    bench_check(bl_nn_workspace_new(w->network, BL_NN_SHARD_EVENTS, false, &w->predicts, &w->err),
                &w->err);
    bench_check(bl_nn_workspace_new(w->network, BL_NN_SHARD_EVENTS, true, &w->trains, &w->err),
                &w->err);
    w->gradients = bench_alloc(w->network->plan.n_floats * sizeof *w->gradients);
    for (int is_full = 0; is_full < 2; is_full++) {
        draw_lengths(w, is_full);
        double rows = (double)w->offsets[EVENTS], gates = (double)(l->n_gates * UNITS);
        double forward = 2 * rows * (WIDTH + UNITS) * gates;
        double both = 2 * forward + 2 * rows * UNITS * gates;
        double predicts = measure(predict, w, seconds), trains = measure(train, w, seconds);
        printf("%-10s %-10s %6.1f %14.2f %9.1f %14.2f %9.1f\n", kernels->name,
               bl_nn_kinds[l->id].name, rows / EVENTS, predicts, forward / predicts * 1e-6, trains,
               both / trains * 1e-6);
    }
    free(w->gradients);
    bl_nn_workspace_free(w->predicts);
    bl_nn_workspace_free(w->trains);
    bl_nn_network_free(w->network);
}

int main(int n_words, char **words) {
    static work w;
    double seconds = n_words > 1 ? strtod(words[1], NULL) : 0.5;
    bl_context *context = bench_context(1);
    size_t n = (size_t)EVENTS * STEPS * WIDTH;
    float *data = bench_alloc(n * sizeof *data);
    for (size_t i = 0; i < n; i++)
        data[i] = (float)((double)(i * 7919 % 1009) / 504 - 1);
    w.data = data;
    printf("%-10s %-10s %6s %14s %9s %14s %9s\n", "kernels", "layer", "length", "predicts ms",
           "GFLOP/s", "trains ms", "GFLOP/s");
    const bl_nn_kernels *kernels;
    for (size_t i = 0; (kernels = bl_nn_kernels_at(i)) && (!i || kernels != &bl_nn_kernels_plain);
         i++) {
        for (size_t k = 0; k < sizeof layers / sizeof *layers; k++)
            if (n_words < 3 || strcmp(words[2], bl_nn_kinds[layers[k].id].name) == 0)
                measure_layer(context, kernels, &layers[k], &w, seconds);
    }
    free(data);
    bl_context_free(context);
    return 0;
}
