// SPDX-License-Identifier: Apache-2.0
// Predictions and losses of events, a shard a task.
#include "learn/train/score.h"

#include <math.h>
#include <string.h>

#include "base/context.h"

/// What a thread runs shards with.
typedef struct worker {
    bl_nn_workspace *workspace;
    bl_nn_feed *feeds; ///< [n_inputs]
    float *scratch;    ///< of losses
} worker;

struct bl_scorer {
    const bl_nn_network *network;
    const bl_match *match;
    bl_arena arena;
    size_t most_events, n_workers;
    worker *workers;
    float *predictions; ///< [most_events × width]
    double *losses;     ///< [shards]
    // of the last run
    const bl_feeding *feeding;
    const float *weights;
    size_t n_events;
};

static bl_status allocate(bl_scorer *s, bl_error *err) {
    size_t n_shards = (s->most_events + BL_NN_SHARD_EVENTS - 1) / BL_NN_SHARD_EVENTS;
    size_t n_threads = bl_context_n_threads(s->network->context), width = s->match->width;
    s->workers = (worker *)bl_arena_array(&s->arena, n_threads, sizeof *s->workers);
    s->predictions = (float *)bl_arena_array(&s->arena, s->most_events * width, sizeof(float));
    s->losses = (double *)bl_arena_array(&s->arena, n_shards, sizeof *s->losses);
    if (!s->workers || !s->predictions || !s->losses)
        return bl_error_nomem(err, s->most_events * width * sizeof(float), "predictions");
    for (; s->n_workers < n_threads; s->n_workers++) {
        worker *w = &s->workers[s->n_workers];
        w->feeds =
            (bl_nn_feed *)bl_arena_array(&s->arena, s->match->n_inputs + 1, sizeof *w->feeds);
        w->scratch =
            (float *)bl_arena_array(&s->arena, BL_NN_SHARD_EVENTS * width, 2 * sizeof(float));
        if (!w->feeds || !w->scratch)
            return bl_error_nomem(err, BL_NN_SHARD_EVENTS * width * 2 * sizeof(float), "losses");
        BL_TRY(bl_nn_workspace_new(s->network, BL_NN_SHARD_EVENTS, false, &w->workspace, err));
    }
    return BL_OK;
}

bl_status bl_scorer_new(const bl_nn_network *network, const bl_match *match, size_t most_events,
                        bl_scorer **ret_scorer, bl_error *err) {
    BL_AUTO(bl_scorer) s = (bl_scorer *)bl_alloc_zero(network->context, 1, sizeof *s);
    if (!s)
        return bl_error_nomem(err, sizeof *s, "validation");
    s->network = network;
    s->match = match;
    s->most_events = most_events;
    bl_arena_init(&s->arena, network->context);
    BL_TRY(allocate(s, err));
    *ret_scorer = BL_MOVE(s);
    return BL_OK;
}

void bl_scorer_free(bl_scorer *scorer) {
    if (!scorer)
        return;
    for (size_t i = 0; i < scorer->n_workers; i++)
        bl_nn_workspace_free(scorer->workers[i].workspace);
    bl_arena_release(&scorer->arena);
    bl_free(scorer->network->context, scorer);
}

/// Σ w·ℓ of events that were run.
static bl_status take_loss(const bl_scorer *s, worker *w, size_t first, size_t n, double *ret_loss,
                           bl_error *err) {
    const bl_nn_feed *target = &s->feeding->target;
    bl_nn_loss_rows rows = {.m = n,
                            .n = s->match->width,
                            .predictions = s->predictions + first * s->match->width,
                            .stride = s->match->width,
                            .targets = target->data + first * target->stride,
                            .target_stride = target->stride,
                            .weights = s->weights + first,
                            .scratch = w->scratch,
                            .first_row = first};
    return bl_nn_loss_run(s->network->kernels, &s->match->loss, &rows, 1, NULL, 0, ret_loss, err);
}

static bl_status run_shard(void *argument, size_t shard, unsigned number, bl_error *err) {
    bl_scorer *s = (bl_scorer *)argument;
    worker *w = &s->workers[number];
    const bl_nn_network *network = s->network;
    size_t first = shard * BL_NN_SHARD_EVENTS, width = s->match->width;
    size_t n = s->n_events - first < BL_NN_SHARD_EVENTS ? s->n_events - first : BL_NN_SHARD_EVENTS;
    bl_nn_matrix output;
    for (size_t i = 0; i < network->n_inputs; i++)
        w->feeds[i] = bl_feed_from(&s->feeding->feeds[i],
                                   network->plan.values.items[network->inputs[i]].shape, first);
    BL_TRY(bl_nn_predict(w->workspace, n, w->feeds, &output, err));
    for (size_t e = 0; e < n; e++)
        memcpy(s->predictions + (first + e) * width, output.data + e * output.stride,
               width * sizeof(float));
    return take_loss(s, w, first, n, &s->losses[shard], err);
}

bl_status bl_scorer_run(bl_scorer *scorer, const bl_feeding *feeding, const float *weights,
                        size_t n_events, bl_error *err) {
    scorer->feeding = feeding;
    scorer->weights = weights;
    scorer->n_events = n_events;
    return bl_run_tasks(scorer->network->context, run_shard, scorer,
                        (n_events + BL_NN_SHARD_EVENTS - 1) / BL_NN_SHARD_EVENTS, err);
}

const float *bl_scorer_predictions(const bl_scorer *scorer) { return scorer->predictions; }

double bl_scorer_loss(const bl_scorer *scorer, size_t shard) { return scorer->losses[shard]; }

double bl_scorer_event_loss(bl_scorer *scorer, size_t event) {
    double loss = NAN; // also of a label that is none
    if (take_loss(scorer, &scorer->workers[0], event, 1, &loss, NULL) != BL_OK)
        return NAN;
    return loss;
}
