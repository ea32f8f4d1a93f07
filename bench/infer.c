// SPDX-License-Identifier: Apache-2.0
// What a call of bl_runner_run costs: usage: infer MODEL [SECONDS]
//
// Runs events of drawn numbers through a model, 1, 8, 64 and 1024 a call, on one thread. Prints a
// line of JSON for each: nanoseconds of a call and of an event, the best of many laps. A sequence
// has half of the rows that it may have.
#include "bench/bench.h"

enum { MOST_EVENTS = 1024, MOST_PORTS = 64 };

typedef struct inputs {
    bl_model_feed feeds[MOST_PORTS];
    float *outputs[MOST_PORTS];
} inputs;

static void draw_input(const bl_model_port *port, bl_model_feed *feed) {
    size_t rows = port->steps ? (port->steps + 1) / 2 : 1, n = MOST_EVENTS * rows * port->width;
    float *values = bench_alloc(n * sizeof *values);
    for (size_t i = 0; i < n; i++)
        values[i] = (float)drand48();
    *feed = (bl_model_feed){.values = values};
    if (!port->steps)
        return;
    int64_t *offsets = bench_alloc((MOST_EVENTS + 1) * sizeof *offsets);
    for (size_t e = 0; e <= MOST_EVENTS; e++)
        offsets[e] = (int64_t)(e * rows);
    feed->offsets = offsets;
}

static void draw(const bl_model *model, inputs *in) {
    if (bl_model_n_inputs(model) > MOST_PORTS || bl_model_n_outputs(model) > MOST_PORTS)
        bench_die("a model of too many inputs or outputs");
    for (size_t i = 0; i < bl_model_n_inputs(model); i++)
        draw_input(bl_model_input(model, i), &in->feeds[i]);
    for (size_t i = 0; i < bl_model_n_outputs(model); i++) {
        const bl_model_port *port = bl_model_output(model, i);
        size_t n = MOST_EVENTS * (port->steps ? port->steps : 1) * port->width;
        in->outputs[i] = bench_alloc(n * sizeof(float));
    }
}

/// Seconds of a call, the best of laps of about a millisecond.
static double measure(bl_runner *runner, const inputs *in, size_t n_events, double seconds) {
    double best = 1e9, end = bench_seconds() + seconds;
    size_t n_calls = 1;
    while (bench_seconds() < end) {
        double start = bench_seconds();
        bl_error err = {0};
        for (size_t i = 0; i < n_calls; i++)
            bench_check(bl_runner_run(runner, n_events, in->feeds, in->outputs, &err), &err);
        double lap = bench_seconds() - start;
        best = lap / (double)n_calls < best ? lap / (double)n_calls : best;
        n_calls = lap < 1e-3 ? 2 * n_calls : n_calls;
    }
    return best;
}

int main(int argc, char **argv) {
    static const size_t batches[] = {1, 8, 64, MOST_EVENTS};
    if (argc < 2 || argc > 3)
        bench_die("usage: infer MODEL [SECONDS]");
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 1;
    bl_context *context = bench_context(1);
    bl_model *model = NULL;
    bl_runner *runner = NULL;
    bl_error err = {0};
    inputs in = {0};
    bench_check(bl_model_open(context, argv[1], NULL, &model, &err), &err);
    bench_check(bl_runner_new(model, 0, &runner, &err), &err);
    draw(model, &in);
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        double call = measure(runner, &in, batches[i], seconds);
        printf("{\"events\": %zu, \"ns_a_call\": %.1f, \"ns_an_event\": %.1f}\n", batches[i],
               call * 1e9, call * 1e9 / (double)batches[i]);
    }
    bl_runner_free(runner);
    bl_model_free(model);
    bl_context_free(context);
    return 0;
}
