// SPDX-License-Identifier: Apache-2.0
// The batches of an epoch: a step each, from where a checkpoint left it.
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/context.h"
#include "learn/train/private.h"

double bl_training_rate(const bl_training *t, int64_t step) {
    const bl_training_settings *settings = t->settings;
    double rate = bl_nn_schedule_at(&settings->schedule, step > 0 ? step : 0);
    return settings->has_plateau ? rate * (t->state.learning_rate / settings->learning_rate) : rate;
}

bool bl_training_is_lost(const bl_training *t) {
    for (size_t i = 0; i < t->network->plan.parameters.n; i++) {
        const bl_nn_parameter *p = &t->network->plan.parameters.items[i];
        for (size_t k = 0; k < p->n; k++)
            if (!isfinite(t->network->parameters[p->offset + k]))
                return true;
    }
    return false;
}

// ---- a batch ----

static bl_status pass_over(bl_training *t, const bl_loaded *loaded, bl_error *err) {
    char where[64];
    (void)snprintf(where, sizeof where, "epoch %lld, batch %lld", (long long)t->state.epoch + 1,
                   (long long)t->state.batch + 1);
    if (t->settings->on_nan == BL_ON_NAN_STOP || bl_training_is_lost(t))
        return bl_training_complain(t, &t->feeding, loaded, where, err);
    t->state.n_skipped_batches++;
    t->state.n_skipped_events += loaded->n_events;
    t->result->n_skipped_batches++;
    t->result->n_skipped_events += loaded->n_events;
    return BL_OK;
}

static bl_status train_batch(bl_training *t, const bl_loaded *loaded, bl_error *err) {
    double loss = NAN;
    bl_feeding_set(&t->feeding, loaded);
    const bl_nn_batch batch = {.n_events = loaded->n_events,
                               .feeds = t->feeding.feeds,
                               .targets = &t->feeding.target,
                               .weights = loaded->weights};
    if (loaded->has_bad)
        return pass_over(t, loaded, err);
    double rate = bl_training_rate(t, bl_training_n_steps(t));
    BL_TRY(bl_nn_trainer_step(t->trainer, &batch, rate, &loss, err));
    if (!isfinite(loss))
        return pass_over(t, loaded, err);
    t->state.loss_sum += loss * (double)loaded->n_events;
    t->state.n_seen += loaded->n_events;
    return BL_OK;
}

// ---- what others are told ----

static void tell(bl_training *t) {
    double seconds = bl_clock_s() - t->epoch_s;
    int64_t n_batches = bl_loader_n_batches(t->loader), n_done = t->state.batch - t->first_batch;
    int64_t n_left = (t->settings->epochs - t->state.epoch) * n_batches - t->state.batch;
    bl_loader_times times;
    if (!t->options->progress)
        return;
    bl_loader_get_times(t->loader, &times);
    bl_training_news news = {
        .epoch = t->state.epoch,
        .n_epochs = t->settings->epochs,
        .batch = t->state.batch,
        .n_batches = n_batches,
        .loss = t->state.n_seen ? t->state.loss_sum / (double)t->state.n_seen : NAN,
        .events_per_s = seconds > 0 ? (double)(t->state.n_seen - t->first_seen) / seconds : 0,
        .left_s = n_done > 0 ? seconds / (double)n_done * (double)n_left : 0,
        .waited_s = times.waited_s - t->waited_s};
    t->options->progress(t->options->user, &news);
}

/// The mean loss of about a hundredth of an epoch.
static bl_status add_event(bl_training *t, double *sum, uint64_t *n, bl_error *err) {
    int64_t n_batches = bl_loader_n_batches(t->loader);
    int64_t every = n_batches < 100 ? 1 : n_batches / 100;
    if (t->state.batch % every != 0 || t->state.n_seen == *n)
        return BL_OK;
    double mean = (t->state.loss_sum - *sum) / (double)(t->state.n_seen - *n);
    *sum = t->state.loss_sum;
    *n = t->state.n_seen;
    return bl_events_scalar(t->events, "batch/loss", t->state.epoch * n_batches + t->state.batch,
                            bl_clock_wall_s(), mean, err);
}

static bl_status keep_sometimes(bl_training *t, bl_error *err) {
    double now = bl_clock_s();
    if (t->settings->checkpoint_s <= 0 || now - t->saved_s < t->settings->checkpoint_s)
        return BL_OK;
    t->saved_s = now;
    return bl_run_write_checkpoint(t, BL_RUN_CHECKPOINT, err);
}

// ---- an epoch ----

static bl_status begin(bl_training *t, bl_error *err) {
    bl_loader_times times;
    bl_loader_get_times(t->loader, &times);
    t->epoch_s = bl_clock_s();
    t->waited_s = times.waited_s;
    t->first_batch = t->state.batch;
    t->first_seen = t->state.n_seen;
    if (t->state.batch == bl_loader_n_batches(t->loader))
        return BL_OK;
    return bl_loader_begin(t->loader, t->state.epoch, t->state.batch, err);
}

static bl_status train_rest(bl_training *t, bl_error *err) {
    bl_loaded loaded;
    bl_status status;
    double sum = t->state.loss_sum;
    uint64_t n = t->state.n_seen;
    while ((status = bl_loader_next(t->loader, &loaded, err)) == BL_OK) {
        BL_TRY(train_batch(t, &loaded, err));
        t->state.batch++;
        tell(t);
        BL_TRY(add_event(t, &sum, &n, err));
        BL_TRY(keep_sometimes(t, err));
    }
    return status == BL_END ? BL_OK : status;
}

bl_status bl_train_epoch(bl_training *t, bl_error *err) {
    bl_loader_times times;
    BL_TRY(begin(t, err));
    if (t->state.batch < bl_loader_n_batches(t->loader))
        BL_TRY(train_rest(t, err));
    if (t->state.n_seen == 0)
        return bl_error_set(err, BL_E_RANGE,
                            "epoch %lld: all batches were passed over: no loss is a number; a "
                            "smaller learning rate, or clipping, may help",
                            (long long)t->state.epoch + 1);
    bl_loader_get_times(t->loader, &times);
    t->epoch_waited_s = times.waited_s - t->waited_s;
    t->result->waited_s += t->epoch_waited_s;
    t->result->compute_s += bl_clock_s() - t->epoch_s - t->epoch_waited_s;
    return BL_OK;
}
