// SPDX-License-Identifier: Apache-2.0
// Validation: all events of a part, in the order of its shards, through the network as it is. They
// are scored on all threads and counted one after the other, so that the sums are always the same.
#include <math.h>

#include "base/context.h"
#include "learn/train/private.h"

enum {
    FEWEST = 8 * BL_NN_SHARD_EVENTS,
    MOST = 64 * BL_NN_SHARD_EVENTS,
    BYTES = 8 << 20,
    WINDOW = 16 << 20, ///< nothing is shuffled
};

/// Events at a time: some megabytes of inputs, shards enough for all threads.
static size_t batch_events(const bl_training *t) {
    size_t numbers = 1;
    for (size_t i = 0; i < t->match.n_inputs; i++) {
        bl_nn_shape shape = t->network->plan.values.items[t->network->inputs[i]].shape;
        numbers += shape.width * (shape.steps ? shape.steps : 1);
    }
    size_t n = BYTES / (numbers * sizeof(float)) / BL_NN_SHARD_EVENTS * BL_NN_SHARD_EVENTS;
    return n < FEWEST ? FEWEST : n > MOST ? MOST : n;
}

bl_status bl_validation_open(bl_training *t, bl_error *err) {
    if (!t->validation)
        return BL_OK;
    size_t n = batch_events(t);
    const bl_loader_options options = {.parts = &t->validation,
                                       .n_parts = 1,
                                       .transform = t->transform,
                                       .inputs = t->match.inputs,
                                       .n_inputs = t->match.n_inputs,
                                       .batch_events = n,
                                       .window_bytes = WINDOW,
                                       .keeps = t->settings->keeps};
    BL_TRY(bl_loader_open(t->context, t->prepared, &options, &t->validation_loader, err));
    BL_TRY(bl_feeding_init(&t->arena, &t->match, t->prepared->n_classes, n, &t->validation_feeding,
                           err));
    BL_TRY(bl_scorer_new(t->network, &t->match, n, &t->scorer, err));
    return bl_nn_metrics_new(t->context, &t->match.metrics, &t->metrics, err);
}

static void count(bl_training *t, const bl_loaded *loaded, size_t first, size_t n, double loss) {
    const bl_nn_feed *target = &t->validation_feeding.target;
    size_t width = t->match.width;
    bl_nn_metrics_rows rows = {.m = n,
                               .predictions = bl_scorer_predictions(t->scorer) + first * width,
                               .stride = width,
                               .targets = target->data + first * target->stride,
                               .target_stride = target->stride,
                               .weights = loaded->weights + first};
    bl_nn_metrics_add(t->metrics, &rows, loss);
}

/// A shard with an event whose loss is no number: without such events.
static bl_status count_good(bl_training *t, const bl_loaded *loaded, size_t first, size_t n,
                            bl_error *err) {
    if (t->settings->on_nan == BL_ON_NAN_STOP)
        return bl_training_complain(t, &t->validation_feeding, loaded, "validation", err);
    for (size_t e = first; e < first + n; e++) {
        double loss = bl_scorer_event_loss(t->scorer, e);
        if (isfinite(loss))
            count(t, loaded, e, 1, loss);
        else
            t->n_invalid++;
    }
    return BL_OK;
}

static bl_status validate_batch(bl_training *t, const bl_loaded *loaded, bl_error *err) {
    bl_feeding_set(&t->validation_feeding, loaded);
    BL_TRY(
        bl_scorer_run(t->scorer, &t->validation_feeding, loaded->weights, loaded->n_events, err));
    for (size_t first = 0; first < loaded->n_events; first += BL_NN_SHARD_EVENTS) {
        size_t left = loaded->n_events - first;
        size_t n = left < BL_NN_SHARD_EVENTS ? left : BL_NN_SHARD_EVENTS;
        double loss = bl_scorer_loss(t->scorer, first / BL_NN_SHARD_EVENTS);
        if (isfinite(loss))
            count(t, loaded, first, n, loss);
        else
            BL_TRY(count_good(t, loaded, first, n, err));
    }
    return BL_OK;
}

bl_status bl_validate(bl_training *t, bl_error *err) {
    bl_loaded loaded;
    bl_status status;
    if (!t->validation)
        return BL_OK;
    bl_nn_metrics_reset(t->metrics);
    t->n_invalid = 0;
    BL_TRY(bl_loader_begin(t->validation_loader, t->state.epoch, 0, err));
    while ((status = bl_loader_next(t->validation_loader, &loaded, err)) == BL_OK)
        BL_TRY(validate_batch(t, &loaded, err));
    return status == BL_END ? BL_OK : status;
}
