// SPDX-License-Identifier: Apache-2.0
// Our side of bench/networks.py: usage: networks WORKLOAD DATA_DIR BATCH THREADS SECONDS
//
// The network is read from DATA_DIR/NETWORK.keras, events from the .npy files beside it; sequences
// are given as rows without padding, as they come out of files. Prints one line of JSON: seconds of
// a step, the best and the median, and the losses of the first steps.
#include <math.h>

#include "base/context.h"
#include "bench/bench.h"
#include "model/keras/to_graph.h"
#include "nn/network/trainer.h"

enum { CHECKED = 10, MOST_BATCHES = 100, MOST_LAPS = 100000, MOST_THREADS = 64 };

// ---- arrays ----

typedef struct array {
    void *data;
    size_t n_rows, n; ///< the first size, and all numbers
} array;

/// Reads NumPy's format 1.0 with numbers of four bytes.
static array read_array(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.npy", folder, name);
    FILE *file = fopen(path, "rbe");
    unsigned char start[10];
    char header[4096];
    if (!file || fread(start, 1, sizeof start, file) != sizeof start)
        bench_die(path);
    size_t n_header = start[8] + 256U * start[9];
    if (n_header >= sizeof header || fread(header, 1, n_header, file) != n_header)
        bench_die(path);
    header[n_header] = 0;
    array a = {.n = 1};
    const char *shape = strchr(strstr(header, "'shape'"), '(');
    for (char *at = (char *)shape + 1; *at != ')'; at += strspn(at, ", ")) {
        size_t size = strtoul(at, &at, 10);
        a.n_rows = a.n_rows ? a.n_rows : size;
        a.n *= size;
    }
    a.data = bench_alloc(a.n * 4);
    if (fread(a.data, 4, a.n, file) != a.n)
        bench_die(path);
    fclose(file);
    return a;
}

// ---- a workload ----

typedef struct workload {
    bool trains, is_recurrent, is_full;
    char network[32];
    bl_nn_network *net;
    bl_nn_trainer *trainer;
    size_t n_threads;
    bl_nn_workspace *workspaces[MOST_THREADS];
    size_t batch, n_batches;
    const float *features, *rows, *targets;
    size_t n_features, n_targets;
    int64_t *offsets;         ///< of all events
    size_t particles, others; ///< numbers of inputs
} workload;

static workload parse(const char *text) {
    workload w = {.trains = strncmp(text, "train-", 6) == 0};
    const char *network = strchr(text, '-') + 1, *end = strchr(network, '-');
    w.is_full = end != NULL;
    snprintf(w.network, sizeof w.network, "%.*s",
             (int)(end ? (size_t)(end - network) : strlen(network)), network);
    w.is_recurrent = strcmp(w.network, "gru") == 0 || strcmp(w.network, "inclusive") == 0;
    return w;
}

/// Rows that there are, one event behind the other.
static void read_sequences(workload *w, const char *folder) {
    array particles = read_array(folder, w->is_full ? "particles-full" : "particles");
    array lengths = read_array(folder, w->is_full ? "lengths-full" : "lengths");
    size_t n = lengths.n_rows, width = 19, steps = particles.n / n / width;
    float *rows = particles.data, *to = rows;
    w->offsets = bench_alloc((n + 1) * sizeof *w->offsets);
    w->offsets[0] = 0;
    for (size_t e = 0; e < n; e++) {
        size_t length = (size_t)((int32_t *)lengths.data)[e];
        memmove(to, rows + e * steps * width, length * width * sizeof *to);
        to += length * width;
        w->offsets[e + 1] = w->offsets[e] + (int64_t)length;
    }
    w->rows = rows;
    free(lengths.data);
}

static void read_events(workload *w, const char *folder) {
    bool is_mlp = strcmp(w->network, "mlp") == 0;
    array features = read_array(folder, is_mlp ? "mlp" : "hlf");
    array targets = read_array(folder, is_mlp ? "signal" : "classes");
    size_t n = features.n_rows;
    if (!n || !targets.n_rows)
        bench_die("no events");
    w->features = features.data;
    w->targets = targets.data;
    w->n_features = features.n / n;
    w->n_targets = targets.n / targets.n_rows;
    if (w->is_recurrent) {
        read_sequences(w, folder);
        n = 1024;
    }
    w->n_batches = n / w->batch < MOST_BATCHES ? n / w->batch : MOST_BATCHES;
}

static void find_inputs(workload *w) {
    w->particles = w->others = SIZE_MAX;
    for (size_t i = 0; i < w->net->n_inputs; i++)
        if (w->net->plan.values.items[w->net->inputs[i]].shape.steps)
            w->particles = i;
        else
            w->others = i;
}

static bl_nn_batch batch_at(const workload *w, size_t number, bl_nn_feed feeds[2],
                            bl_nn_feed *targets) {
    size_t first = number * w->batch;
    if (w->others != SIZE_MAX)
        feeds[w->others] = (bl_nn_feed){.data = w->features + first * w->n_features};
    if (w->particles != SIZE_MAX)
        feeds[w->particles] = (bl_nn_feed){.data = w->rows, .offsets = w->offsets + first};
    *targets = (bl_nn_feed){.data = w->targets + first * w->n_targets};
    return (bl_nn_batch){w->batch, feeds, targets, NULL};
}

static double loss_of(const workload *w, size_t number, size_t first, const bl_nn_matrix *output,
                      size_t n) {
    double sum = 0;
    for (size_t e = 0; e < n; e++)
        for (size_t k = 0; k < w->n_targets; k++) {
            float target = w->targets[(number * w->batch + first + e) * w->n_targets + k];
            float p = output->data[e * output->stride + k];
            if (w->n_targets == 1)
                sum -= log(target > 0 ? (double)p : 1 - (double)p);
            else if (target > 0)
                sum -= log((double)p);
        }
    return sum;
}

/// What a thread predicts of one batch: its share of the shards.
typedef struct share {
    workload *w;
    size_t number;
    bool wants_loss;
    const bl_nn_feed *feeds;
    double losses[MOST_THREADS];
} share;

static bl_status predict(void *argument, size_t index, unsigned thread, bl_error *err) {
    share *s = argument;
    workload *w = s->w;
    size_t n_shards = (w->batch + BL_NN_SHARD_EVENTS - 1) / BL_NN_SHARD_EVENTS;
    size_t end = n_shards * (index + 1) / w->n_threads;
    (void)thread;
    s->losses[index] = 0;
    for (size_t shard = n_shards * index / w->n_threads; shard < end; shard++) {
        size_t first = shard * BL_NN_SHARD_EVENTS, left = w->batch - first;
        size_t n = left < BL_NN_SHARD_EVENTS ? left : BL_NN_SHARD_EVENTS;
        bl_nn_feed part[2] = {s->feeds[0], s->feeds[1]};
        bl_nn_matrix output;
        if (w->others != SIZE_MAX)
            part[w->others].data += first * w->n_features;
        if (w->particles != SIZE_MAX)
            part[w->particles].offsets += first;
        BL_TRY(bl_nn_predict(w->workspaces[index], n, part, &output, err));
        s->losses[index] += s->wants_loss ? loss_of(w, s->number, first, &output, n) : 0;
    }
    return BL_OK;
}

/// A pass over one batch. \return its loss, where that is wanted
static double step(workload *w, size_t number, bool wants_loss) {
    bl_nn_feed feeds[2] = {0}, target;
    bl_nn_batch batch = batch_at(w, number, feeds, &target);
    bl_error err = {0};
    double loss = 0;
    if (w->trains) {
        bench_check(bl_nn_trainer_step(w->trainer, &batch, 1e-3, &loss, &err), &err);
        return loss;
    }
    share s = {.w = w, .number = number, .wants_loss = wants_loss, .feeds = feeds};
    bench_check(bl_run_tasks(w->net->context, predict, &s, w->n_threads, &err), &err);
    for (size_t i = 0; i < w->n_threads; i++)
        loss += s.losses[i];
    return loss / (double)w->batch;
}

/// The network with its first weights. \param drops whether its dropout does
static void make_network(workload *w, bl_context *context, bl_arena *arena, const char *folder,
                         bool drops) {
    static const bl_nn_loss_kind kinds[] = {BL_NN_LOSS_CATEGORICAL, BL_NN_LOSS_BINARY};
    char path[4096];
    bl_error err = {0};
    snprintf(path, sizeof path, "%s/%s.keras", folder, w->network);
    bl_keras_file *file;
    bl_nn_graph *graph = bl_arena_alloc(arena, sizeof *graph);
    bench_check(bl_keras_open(context, path, &file, &err), &err);
    bench_check(bl_keras_to_graph(file, arena, graph, &err), &err);
    for (size_t i = 0; i < graph->n_nodes && !drops; i++)
        if (graph->nodes[i].kind->id == BL_NN_KIND_DROPOUT)
            ((bl_nn_dropout_options *)graph->nodes[i].options)->rate = 0;
    bl_nn_network_options options = {.trains = w->trains};
    bench_check(bl_nn_network_new(context, graph, &options, &w->net, &err), &err);
    bench_check(bl_keras_load_weights(file, w->net, &err), &err);
    bl_keras_free(file);
    find_inputs(w);
    bl_nn_objective objective = {bl_nn_loss_of(kinds[w->n_targets == 1]), 1};
    bl_nn_trainer_options how = {.objectives = &objective,
                                 .optimizer = bl_nn_optimizer_of(BL_NN_OPTIMIZER_ADAM),
                                 .most_events = w->batch,
                                 .seed = 1};
    how.optimizer.epsilon = 1e-10;
    if (w->trains)
        bench_check(bl_nn_trainer_new(w->net, &how, &w->trainer, &err), &err);
    size_t most = w->batch < BL_NN_SHARD_EVENTS ? w->batch : BL_NN_SHARD_EVENTS;
    for (size_t i = 0; i < w->n_threads && !w->trains; i++)
        bench_check(bl_nn_workspace_new(w->net, most, false, &w->workspaces[i], &err), &err);
}

static void free_network(workload *w) {
    for (size_t i = 0; i < w->n_threads; i++) {
        bl_nn_workspace_free(w->workspaces[i]);
        w->workspaces[i] = NULL;
    }
    bl_nn_trainer_free(w->trainer);
    bl_nn_network_free(w->net);
    w->trainer = NULL;
}

// ---- the clock ----

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/// Laps of as many steps as take a millisecond, and where lengths differ of all batches.
/// \return how many laps
static size_t measure(workload *w, double seconds, double *laps) {
    double start = bench_seconds();
    step(w, 0, false);
    double took = bench_seconds() - start;
    size_t per_lap = took < 1e-3 ? (size_t)(1e-3 / took) + 1 : 1, at = 0, n = 0;
    if (w->is_recurrent && !w->is_full)
        per_lap = (per_lap + w->n_batches - 1) / w->n_batches * w->n_batches;
    double end = bench_seconds() + seconds;
    while (n < MOST_LAPS && (n < 3 || bench_seconds() < end)) {
        start = bench_seconds();
        for (size_t i = 0; i < per_lap; i++)
            step(w, at++ % w->n_batches, false);
        laps[n++] = (bench_seconds() - start) / (double)per_lap;
    }
    qsort(laps, n, sizeof *laps, by_size);
    return n;
}

int main(int n_words, char **words) {
    if (n_words != 6)
        bench_die("usage: networks WORKLOAD DATA_DIR BATCH THREADS SECONDS");
    workload w = parse(words[1]);
    w.batch = strtoul(words[3], NULL, 10);
    unsigned n_threads = (unsigned)strtoul(words[4], NULL, 10);
    if (n_threads < 1 || n_threads > MOST_THREADS)
        bench_die("how many threads?");
    w.n_threads = n_threads;
    bl_context *context = bench_context(n_threads);
    bl_arena arena;
    bl_arena_init(&arena, context);
    read_events(&w, words[2]);
    make_network(&w, context, &arena, words[2], false);
    double losses[CHECKED], *laps = bench_alloc(MOST_LAPS * sizeof *laps);
    // Of inference, each batch once.
    size_t n_losses = w.trains || w.n_batches > CHECKED ? CHECKED : w.n_batches;
    for (size_t i = 0; i < n_losses; i++)
        losses[i] = step(&w, i % w.n_batches, true);
    free_network(&w);
    make_network(&w, context, &arena, words[2], true);
    size_t n = measure(&w, strtod(words[5], NULL), laps);
    printf("{\"workload\":\"%s\",\"batch\":%zu,\"threads\":%u,\"best_s\":%.9g,\"median_s\":%.9g,"
           "\"losses\":[",
           words[1], w.batch, n_threads, laps[0], laps[n / 2]);
    for (size_t i = 0; i < n_losses; i++)
        printf("%s%.9g", i ? "," : "", losses[i]);
    printf("]}\n");
    free_network(&w);
    free(laps);
    bl_arena_release(&arena);
    bl_context_free(context);
    return 0;
}
