// SPDX-License-Identifier: Apache-2.0
// A few networks that have most of what there is are begun, trained and run, by every kind of
// kernels that the processor has and on one thread and two. Each time a line tells the hash of all
// bits of the parameters, the losses and the outputs:
//   NETWORK KERNELS THREADS HASH
// check.sh compares the lines of different processors.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "nn/network/trainer.h"

enum { N_EVENTS = 75, N_STEPS = 4, N_CLASSES = 3 };

/// Ends where something fails that may not.
static void must(bl_status status, const bl_error *err) {
    if (status == BL_OK)
        return;
    fprintf(stderr, "networks: %s\n", err->message);
    exit(1);
}

// ---- networks ----

/// Appends a node. \return its options
static void *add(bl_nn_graph *graph, bl_nn_kind_id kind, size_t n_inputs, const size_t *inputs) {
    bl_nn_node *node = NULL;
    bl_error err = {0};
    must(bl_nn_graph_add(graph, &bl_nn_kinds[kind], NULL, n_inputs, inputs, &node, &err), &err);
    return node->options;
}

static size_t last(const bl_nn_graph *graph) { return graph->n_nodes - 1; }

/// Appends a node that takes the last one.
static void *append(bl_nn_graph *graph, bl_nn_kind_id kind) {
    return add(graph, kind, 1, &(size_t){last(graph)});
}

static bl_nn_dense_options *append_dense(bl_nn_graph *graph, int64_t units,
                                         bl_nn_activation_kind activation) {
    bl_nn_dense_options *dense = append(graph, BL_NN_KIND_DENSE);
    dense->units = units;
    dense->activation.kind = activation;
    return dense;
}

/// Dense layers of all activations side by side, and functions of numbers behind them.
static void activations(bl_nn_graph *graph) {
    size_t all[BL_NN_N_ACTIVATIONS];
    for (size_t i = 0; i < BL_NN_N_ACTIVATIONS; i++) {
        bl_nn_dense_options *dense = add(graph, BL_NN_KIND_DENSE, 1, &(size_t){0});
        dense->units = 5;
        if (!bl_nn_activation_find(bl_nn_activation_name((bl_nn_activation_kind)i),
                                   &dense->activation))
            abort();
        all[i] = last(graph);
    }
    add(graph, BL_NN_KIND_CONCATENATE, BL_NN_N_ACTIVATIONS, all);
    append(graph, BL_NN_KIND_SQUARE);
    append(graph, BL_NN_KIND_LOG1P);
    append(graph, BL_NN_KIND_NEGATIVE);
    append(graph, BL_NN_KIND_EXP);
    append_dense(graph, 40, BL_NN_RELU)->kernel_regularizer = (bl_nn_regularizer){1e-4, 1e-3};
}

static void normalization(bl_nn_graph *graph) {
    append_dense(graph, 37, BL_NN_LINEAR)->kernel_initializer.kind = BL_NN_INIT_HE_NORMAL;
    append(graph, BL_NN_KIND_BATCH_NORMALIZATION);
    append(graph, BL_NN_KIND_PRELU);
    ((bl_nn_dropout_options *)append(graph, BL_NN_KIND_DROPOUT))->rate = 0.2;
    append_dense(graph, 20, BL_NN_TANH)->kernel_initializer.kind = BL_NN_INIT_TRUNCATED_NORMAL;
    append(graph, BL_NN_KIND_LAYER_NORMALIZATION);
}

static bl_nn_recurrent_options *append_recurrent(bl_nn_graph *graph, bl_nn_kind_id kind) {
    bl_nn_recurrent_options *recurrent = append(graph, kind);
    recurrent->units = 13;
    recurrent->return_sequences = true;
    return recurrent;
}

static void recurrent(bl_nn_graph *graph) {
    append(graph, BL_NN_KIND_MASKING);
    append_recurrent(graph, BL_NN_KIND_GRU)->dropout = 0.1;
    append_recurrent(graph, BL_NN_KIND_LSTM)->go_backwards = true;
    append_recurrent(graph, BL_NN_KIND_GRU)->reset_after = false;
    append_recurrent(graph, BL_NN_KIND_SIMPLE_RNN)->return_sequences = false;
}

static void attention(bl_nn_graph *graph) {
    append_dense(graph, 16, BL_NN_GELU);
    size_t from = last(graph);
    bl_nn_attention_options *heads =
        add(graph, BL_NN_KIND_MULTI_HEAD_ATTENTION, 2, (size_t[]){from, from});
    heads->num_heads = 2;
    heads->key_dim = 7;
    heads->dropout = 0.1;
    add(graph, BL_NN_KIND_ADD, 2, (size_t[]){from, last(graph)});
    append(graph, BL_NN_KIND_LAYER_NORMALIZATION);
    append(graph, BL_NN_KIND_GLOBAL_AVERAGE_POOLING);
}

static bl_nn_convolution_options *append_filters(bl_nn_graph *graph, int64_t n,
                                                 bl_nn_window_padding pad) {
    bl_nn_convolution_options *filters = append(graph, BL_NN_KIND_CONV1D);
    filters->filters = n;
    filters->kernel_size = 3;
    filters->padding = pad;
    return filters;
}

static void convolution(bl_nn_graph *graph) {
    append_filters(graph, 9, BL_NN_SAME)->activation.kind = BL_NN_RELU;
    append(graph, BL_NN_KIND_BATCH_NORMALIZATION);
    append(graph, BL_NN_KIND_MAX_POOLING);
    append_filters(graph, 12, BL_NN_CAUSAL)->dilation_rate = 2;
    ((bl_nn_dropout_options *)append(graph, BL_NN_KIND_SPATIAL_DROPOUT))->rate = 0.1;
    append(graph, BL_NN_KIND_AVERAGE_POOLING);
    append(graph, BL_NN_KIND_FLATTEN);
}

static void embedding(bl_nn_graph *graph) {
    bl_nn_embedding_options *table = append(graph, BL_NN_KIND_EMBEDDING);
    table->input_dim = 10;
    table->output_dim = 8;
    table->mask_zero = true;
    append_recurrent(graph, BL_NN_KIND_LSTM)->return_sequences = false;
}

typedef struct trial {
    const char *name;
    void (*build)(bl_nn_graph *graph);
    int64_t steps, width;     ///< of the input; steps 0: a vector
    bool is_ragged, is_whole; ///< the number of steps is the event's; all numbers are whole
    bl_nn_optimizer_kind optimizer;
    bl_nn_clip clip;
} trial;

static const trial trials[] = {
    {"activations", activations, 0, 14, false, false, BL_NN_OPTIMIZER_ADAM, {0}},
    {"normalization", normalization, 0, 14, false, false, BL_NN_OPTIMIZER_RMSPROP, {0}},
    {"recurrent",
     recurrent,
     21,
     5,
     true,
     false,
     BL_NN_OPTIMIZER_ADAM,
     {BL_NN_CLIP_GLOBAL_NORM, 0.5}},
    {"attention", attention, 21, 5, true, false, BL_NN_OPTIMIZER_ADAMW, {BL_NN_CLIP_NORM, 0.1}},
    {"convolution", convolution, 24, 6, false, false, BL_NN_OPTIMIZER_ADAM, {0}},
    {"embedding", embedding, 0, 9, false, true, BL_NN_OPTIMIZER_SGD, {0}},
};

static void build(const trial *t, bl_arena *arena, bl_nn_graph *graph) {
    const int64_t shape[] = {t->steps, t->width};
    bl_error err = {0};
    bl_nn_graph_init(graph, arena, t->name);
    bl_nn_input_options *input = add(graph, BL_NN_KIND_INPUT, 0, NULL);
    int64_t *sizes = bl_arena_array(arena, 2, sizeof *sizes);
    if (!sizes)
        abort();
    memcpy(sizes, shape, sizeof shape);
    input->shape = t->steps ? (bl_nn_counts){2, sizes} : (bl_nn_counts){1, sizes + 1};
    input->ragged = t->is_ragged;
    t->build(graph);
    append_dense(graph, N_CLASSES, BL_NN_SOFTMAX);
    must(bl_nn_graph_set_outputs(graph, 1, &(size_t){last(graph)}, &err), &err);
}

// ---- events ----

enum { MOST_ROWS = 24, MOST_WIDTH = 16 };

typedef struct sample {
    float x[N_EVENTS * MOST_ROWS * MOST_WIDTH];
    float y[N_EVENTS * N_CLASSES], weights[N_EVENTS];
    int64_t offsets[N_EVENTS + 1];
} sample;

/// Events whose columns lean to their class; a few weights are below 0.
static void fill(const trial *t, sample *s) {
    bl_random random;
    float *x = s->x;
    bl_random_init(&random, 7, 0, 0);
    memset(s, 0, sizeof *s);
    for (size_t e = 0; e < N_EVENTS; e++) {
        size_t class = e % N_CLASSES;
        int64_t n_rows = t->steps ? t->steps : 1;
        if (t->is_ragged)
            n_rows = (int64_t)(bl_random_word(&random) % (uint32_t)(t->steps + 1));
        s->y[e * N_CLASSES + class] = 1;
        s->weights[e] = e % 11 == 0 ? -0.5F : 1.1F;
        s->offsets[e + 1] = s->offsets[e] + n_rows;
        for (int64_t i = 0; i < n_rows * t->width; i++) {
            double number = bl_random_uniform(&random);
            bool leans = (size_t)(i % t->width) % N_CLASSES == class;
            *x++ = t->is_whole ? (float)(int)(6 * number + 4 * leans)
                               : (float)(3 * number - 1.5 + leans);
        }
    }
}

// ---- bits ----

typedef struct hash {
    uint64_t value;
} hash;

static void hash_bytes(hash *h, const void *data, size_t n) {
    for (size_t i = 0; i < n; i++)
        h->value = (h->value ^ ((const uint8_t *)data)[i]) * 1099511628211U;
}

static void train(bl_nn_network *network, const sample *s, const trial *t, hash *h) {
    const bl_nn_objective objective = {bl_nn_loss_of(BL_NN_LOSS_CATEGORICAL), 1};
    const bl_nn_trainer_options options = {.objectives = &objective,
                                           .optimizer = bl_nn_optimizer_of(t->optimizer),
                                           .clip = t->clip,
                                           .most_events = N_EVENTS,
                                           .seed = 3};
    BL_AUTO(bl_nn_trainer) trainer = NULL;
    bl_error err = {0};
    bl_nn_feed x = {.data = s->x, .offsets = t->is_ragged ? s->offsets : NULL}, y = {.data = s->y};
    const bl_nn_batch batch = {N_EVENTS, &x, &y, s->weights};
    must(bl_nn_trainer_new(network, &options, &trainer, &err), &err);
    double first = 0, loss = 0;
    for (size_t i = 0; i < N_STEPS; i++) {
        must(bl_nn_trainer_step(trainer, &batch, 0.01, &loss, &err), &err);
        hash_bytes(h, &loss, sizeof loss);
        first = i ? first : loss;
    }
    if (!isfinite(loss) || !(loss < first || loss > first)) { // bits that would prove nothing
        fprintf(stderr, "networks: %s is not trained: %g, then %g\n", t->name, first, loss);
        exit(1);
    }
}

static void predict(const bl_nn_network *network, const sample *s, const trial *t, hash *h) {
    BL_AUTO(bl_nn_workspace) workspace = NULL;
    bl_error err = {0};
    must(bl_nn_workspace_new(network, BL_NN_SHARD_EVENTS, false, &workspace, &err), &err);
    for (size_t e = 0; e < N_EVENTS; e += BL_NN_SHARD_EVENTS) {
        size_t n = N_EVENTS - e < BL_NN_SHARD_EVENTS ? N_EVENTS - e : BL_NN_SHARD_EVENTS;
        size_t first_row = e * (size_t)(t->steps ? t->steps : 1);
        bl_nn_feed x = {.data = s->x + first_row * (size_t)t->width};
        bl_nn_matrix out;
        if (t->is_ragged)
            x = (bl_nn_feed){.data = s->x, .offsets = s->offsets + e};
        must(bl_nn_predict(workspace, n, &x, &out, &err), &err);
        for (size_t i = 0; i < n; i++)
            hash_bytes(h, out.data + i * out.stride, N_CLASSES * sizeof(float));
    }
}

static uint64_t bits_of(const trial *t, const sample *s, const bl_nn_kernels *kernels,
                        unsigned n_threads) {
    const bl_context_options options = {.size = sizeof options, .n_threads = n_threads};
    const bl_nn_network_options how = {.kernels = kernels, .trains = true};
    bl_context *context = NULL;
    bl_nn_network *network = NULL;
    bl_arena arena;
    bl_nn_graph graph;
    bl_error err = {0};
    hash h = {14695981039346656037U};
    must(bl_context_new(&options, &context, &err), &err);
    bl_arena_init(&arena, context);
    build(t, &arena, &graph);
    must(bl_nn_network_new(context, &graph, &how, &network, &err), &err);
    must(bl_nn_network_start(network, 1, &err), &err);
    train(network, s, t, &h);
    predict(network, s, t, &h);
    hash_bytes(&h, network->parameters, network->plan.n_floats * sizeof(float));
    bl_nn_network_free(network);
    bl_arena_release(&arena);
    bl_context_free(context);
    return h.value;
}

int main(void) {
    static sample s;
    const bl_nn_kernels *kernels;
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        fill(&trials[i], &s);
        for (size_t k = 0; (kernels = bl_nn_kernels_at(k)); k++)
            for (unsigned n_threads = 1; n_threads <= 2; n_threads++)
                printf("%s %s %u %016llx\n", trials[i].name, kernels->name, n_threads,
                       (unsigned long long)bits_of(&trials[i], &s, kernels, n_threads));
    }
    return 0;
}
