// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: a training in memory, of a network with all that has state: dropout, statistics that
/// move, moments; and its checkpoint, with members replaced.
#ifndef BL_LEARN_TRAIN_MADE_TESTING_H
#define BL_LEARN_TRAIN_MADE_TESTING_H

#include <math.h>

#include "base/random.h"
#include "io/archive/zip.h"
#include "learn/train/checkpoint.h"

enum { MADE_WIDTH = 6, MADE_CLASSES = 3, MADE_EVENTS = 150, MADE_COLUMNS = 3 };

typedef struct made_training {
    bl_arena arena;
    bl_nn_graph graph;
    bl_nn_network *network;
    bl_nn_trainer *trainer;
    bl_history history;
    float *best;
    bl_checkpoint checkpoint; ///< of all these
} made_training;

static inline void made_training_free(made_training *made) {
    bl_nn_trainer_free(made->trainer);
    bl_nn_network_free(made->network);
    if (made->history.context)
        bl_history_release(&made->history);
    bl_arena_release(&made->arena);
}

static inline bl_status made_network(made_training *made, const char *yaml) {
    const bl_nn_network_options options = {.trains = true};
    const bl_item *document = NULL;
    BL_TRY(bl_yaml_parse(&made->arena, "made.yaml", yaml, strlen(yaml), &document, NULL));
    BL_TRY(bl_nn_graph_read(&made->arena, document, &made->graph, NULL));
    BL_TRY(bl_nn_network_new(made->arena.context, &made->graph, &options, &made->network, NULL));
    return bl_nn_network_start(made->network, 5, NULL);
}

/// \param units of the layer in the middle \param made to be freed, also after a failure
static inline bl_status made_training_new(bl_context *context, unsigned units,
                                          bl_nn_optimizer_kind optimizer, made_training *made) {
    static const char *const names[MADE_COLUMNS] = {"epoch", "loss", "val_loss"};
    *made = (made_training){0};
    bl_arena_init(&made->arena, context);
    bl_history_init(&made->history, context, names, MADE_COLUMNS);
    char *yaml = bl_arena_printf(&made->arena,
                                 "inputs: {x: [6]}\n"
                                 "layers:\n"
                                 "  - Dense: {units: %u, activation: relu}\n"
                                 "  - BatchNormalization\n"
                                 "  - Dropout: 0.2\n"
                                 "  - Dense: {units: 3, activation: softmax}\n",
                                 units);
    if (!yaml)
        return BL_E_NOMEM;
    BL_TRY(made_network(made, yaml));
    const bl_nn_objective objective = {bl_nn_loss_of(BL_NN_LOSS_CATEGORICAL), 1};
    const bl_nn_trainer_options options = {.objectives = &objective,
                                           .optimizer = bl_nn_optimizer_of(optimizer),
                                           .most_events = MADE_EVENTS,
                                           .seed = 11};
    BL_TRY(bl_nn_trainer_new(made->network, &options, &made->trainer, NULL));
    made->best =
        (float *)bl_arena_array(&made->arena, made->network->plan.n_floats, sizeof *made->best);
    if (!made->best)
        return BL_E_NOMEM;
    made->checkpoint = (bl_checkpoint){.fingerprint = "0123456789abcdef",
                                       .trainer = made->trainer,
                                       .network = made->network,
                                       .history = &made->history,
                                       .best_parameters = made->best};
    made->checkpoint.state.best = NAN;
    made->checkpoint.state.best_epoch = -1;
    return BL_OK;
}

/// A step with the batch of this number.
static inline bl_status made_step(made_training *made, unsigned number, double *ret_loss) {
    static const size_t counts[] = {MADE_EVENTS, 70, 1};
    size_t n = counts[number % 3];
    float x[MADE_EVENTS * MADE_WIDTH], y[MADE_EVENTS * MADE_CLASSES] = {0}, w[MADE_EVENTS];
    bl_random random;
    bl_random_init(&random, 3, number, 0);
    for (size_t e = 0; e < n; e++) {
        y[e * MADE_CLASSES + e % MADE_CLASSES] = 1;
        w[e] = e % 7 ? 1 : -0.5F;
        for (size_t i = 0; i < MADE_WIDTH; i++)
            x[e * MADE_WIDTH + i] = (float)(bl_random_uniform(&random) + (i == e % MADE_CLASSES));
    }
    const bl_nn_feed feed = {.data = x}, target = {.data = y};
    const bl_nn_batch batch = {.n_events = n, .feeds = &feed, .targets = &target, .weights = w};
    return bl_nn_trainer_step(made->trainer, &batch, 0.01, ret_loss, NULL);
}

/// Two rows, numbers that are none among them, and a state with something in every field.
static inline bl_status made_progress(made_training *made) {
    static const double rows[2][MADE_COLUMNS] = {{0, 0.1, NAN}, {1, INFINITY, 0x1.3p-1060}};
    BL_TRY(bl_history_append(&made->history, rows[0], NULL));
    BL_TRY(bl_history_append(&made->history, rows[1], NULL));
    memcpy(made->best, made->network->parameters,
           made->network->plan.n_floats * sizeof *made->best);
    made->checkpoint.state = (bl_training_state){
        .epoch = 2,
        .batch = 7,
        .learning_rate = 0.1 + 0.2,
        .plateau = {.best = -INFINITY, .wait = 3, .cooldown = 4, .has_best = true},
        .best = 0.25,
        .best_epoch = 1,
        .wait = 5,
        .loss_sum = NAN,
        .n_seen = 9007199254740993,
        .n_skipped_batches = 6,
        .n_skipped_events = 8,
        .is_finished = true,
    };
    return BL_OK;
}

static inline bl_status made_write(bl_context *context, const bl_checkpoint *checkpoint,
                                   bl_buffer **ret_bytes) {
    BL_AUTO(bl_buffer) bytes = NULL;
    bl_sink *sink = NULL;
    BL_TRY(bl_buffer_new(context, 1 << 12, &bytes, NULL));
    BL_TRY(bl_sink_open_memory(context, "made", &bytes, &sink, NULL));
    BL_TRY(bl_checkpoint_write_to(context, checkpoint, sink, NULL));
    *ret_bytes = BL_MOVE(bytes);
    return BL_OK;
}

static inline bl_status made_read(bl_context *context, const void *data, size_t size,
                                  bl_checkpoint *checkpoint, bl_error *err) {
    bl_source *source = NULL;
    BL_TRY(bl_source_open_memory(context, "made", data, size, &source, err));
    return bl_checkpoint_read_from(context, source, checkpoint, err);
}

/// All members of an archive but with other bytes in one of them; NULL: without it.
static inline bl_status made_replace(bl_arena *arena, const bl_buffer *archive, const char *name,
                                     const void *data, size_t size, bl_buffer **ret_bytes) {
    BL_AUTO(bl_source) source = NULL;
    BL_AUTO(bl_buffer) bytes = NULL;
    BL_AUTO(bl_sink) sink = NULL;
    bl_zip zip;
    bl_zip_part parts[8];
    size_t n = 0;
    BL_TRY(
        bl_source_open_memory(arena->context, "made", archive->data, archive->size, &source, NULL));
    BL_TRY(bl_zip_open(arena, source, &zip, NULL));
    for (size_t i = 0; i < zip.n_members && n < 8; i++) {
        uint8_t *there = NULL;
        bool is_it = strcmp(zip.members[i].name, name) == 0;
        BL_TRY(bl_zip_read(arena, &zip, &zip.members[i], &there, NULL));
        if (is_it && !data)
            continue;
        parts[n++] = (bl_zip_part){.name = zip.members[i].name,
                                   .data = is_it ? data : there,
                                   .size = is_it ? size : (size_t)zip.members[i].raw_bytes};
    }
    BL_TRY(bl_buffer_new(arena->context, archive->size + size, &bytes, NULL));
    BL_TRY(bl_sink_open_memory(arena->context, "made", &bytes, &sink, NULL));
    BL_TRY(bl_zip_write(sink, parts, n, NULL));
    *ret_bytes = BL_MOVE(bytes);
    return BL_OK;
}

/// A text member of an archive. \param ret_text in the arena
static inline bl_status made_text(bl_arena *arena, const bl_buffer *archive, const char *name,
                                  const char **ret_text) {
    BL_AUTO(bl_source) source = NULL;
    bl_zip zip;
    uint8_t *there = NULL;
    BL_TRY(
        bl_source_open_memory(arena->context, "made", archive->data, archive->size, &source, NULL));
    BL_TRY(bl_zip_open(arena, source, &zip, NULL));
    const bl_zip_member *member = bl_zip_find(&zip, name);
    if (!member)
        return BL_E_NOTFOUND;
    BL_TRY(bl_zip_read(arena, &zip, member, &there, NULL));
    *ret_text = (const char *)there;
    return BL_OK;
}

#endif
