// SPDX-License-Identifier: Apache-2.0
// Training from its first epoch, or where it was, to its last.
#include "learn/train/train.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/context.h"
#include "learn/train/private.h"

// ---- made and freed ----

static bl_status open_loader(bl_training *t, bl_error *err) {
    const bl_training_settings *settings = t->settings;
    const bl_loader_options options = {.parts = t->parts,
                                       .n_parts = t->n_parts,
                                       .transform = t->transform,
                                       .inputs = t->match.inputs,
                                       .n_inputs = t->match.n_inputs,
                                       .batch_events = settings->batch_events,
                                       .shuffles = settings->shuffles,
                                       .seed = settings->seed,
                                       .window_bytes = settings->window_bytes,
                                       .keeps = settings->keeps};
    BL_TRY(bl_loader_open(t->context, t->prepared, &options, &t->loader, err));
    if (bl_loader_n_events(t->loader) == 0)
        return bl_error_set(err, BL_E_INVALID, "%s: there are no events to train on",
                            t->prepared->folder);
    return bl_feeding_init(&t->arena, &t->match, t->prepared->n_classes, settings->batch_events,
                           &t->feeding, err);
}

static bl_status make_trainer(bl_training *t, bl_error *err) {
    const bl_training_settings *settings = t->settings;
    const bl_nn_objective objective = {.loss = t->match.loss, .weight = 1};
    const bl_nn_trainer_options options = {.objectives = &objective,
                                           .optimizer = settings->optimizer,
                                           .clip = settings->clip,
                                           .most_events = settings->batch_events,
                                           .seed = settings->seed};
    size_t n = t->network->plan.n_floats;
    t->best_parameters = (float *)bl_arena_array(&t->arena, n + 1, sizeof(float));
    if (!t->best_parameters)
        return bl_error_nomem(err, n * sizeof(float), "parameters");
    t->state = (bl_training_state){
        .learning_rate = settings->learning_rate, .best = NAN, .best_epoch = -1};
    return bl_nn_trainer_new(t->network, &options, &t->trainer, err);
}

static bl_status start(bl_training *t, bl_error *err) {
    bool has_run = false;
    BL_TRY(bl_training_find_parts(t, err));
    BL_TRY(bl_match_model(&t->arena, t->prepared, t->network, t->settings, &t->match, err));
    BL_TRY(bl_run_begin_model(t, err));
    BL_TRY(bl_training_begin_history(t, err));
    BL_TRY(open_loader(t, err));
    BL_TRY(bl_validation_open(t, err));
    BL_TRY(make_trainer(t, err));
    BL_TRY(bl_run_open(t, &has_run, err));
    if (has_run)
        BL_TRY(bl_run_read_checkpoint(t, err));
    t->saved_s = bl_clock_s();
    BL_TRY(bl_events_open(t->context, t->options->run, &t->events, err));
    if (!has_run)
        return BL_OK;
    int64_t step = t->state.epoch * bl_loader_n_batches(t->loader) + t->state.batch;
    return bl_events_restart(t->events, step, bl_clock_wall_s(), err);
}

static void release(bl_training *t) {
    if (t->events)
        bl_events_close(t->events);
    bl_nn_trainer_free(t->trainer);
    bl_scorer_free(t->scorer);
    bl_nn_metrics_free(t->metrics);
    if (t->validation_loader)
        bl_loader_close(t->validation_loader);
    if (t->loader)
        bl_loader_close(t->loader);
    if (t->history.context)
        bl_history_release(&t->history);
    bl_arena_release(&t->arena);
}

// ---- the best epoch ----

static void swap_best(bl_training *t) {
    for (size_t i = 0; i < t->network->plan.n_floats; i++) {
        float kept = t->best_parameters[i];
        t->best_parameters[i] = t->network->parameters[i];
        t->network->parameters[i] = kept;
    }
}

/// Writes best.blm, where there is a best epoch.
static bl_status write_best(bl_training *t, bl_error *err) {
    if (t->state.best_epoch < 0)
        return BL_OK;
    swap_best(t);
    bl_status status = bl_run_write_model(t, "best.blm", t->state.best_epoch, err);
    swap_best(t);
    return status;
}

/// What is monitored of the last epoch. \return whether it is the best
static bool look_at(bl_training *t) {
    bl_training_state *state = &t->state;
    double value = t->row[t->monitor], gain = state->best - value;
    if (t->monitor_is_max)
        gain = -gain;
    if (t->settings->has_plateau)
        state->learning_rate =
            bl_nn_plateau_next(&t->plateau, &state->plateau, value, state->learning_rate);
    bool is_best = !isnan(value) && (isnan(state->best) || gain > t->settings->min_delta);
    state->wait = is_best ? 0 : state->wait + 1;
    if (!is_best)
        return false;
    state->best = value;
    state->best_epoch = state->epoch;
    memcpy(t->best_parameters, t->network->parameters, t->network->plan.n_floats * sizeof(float));
    return true;
}

// ---- the end of an epoch ----

static void fill_row(bl_training *t) {
    const bl_training_state *state = &t->state;
    size_t n = BL_COLUMN_N, width = t->match.width;
    bl_loader_times times;
    bl_loader_get_times(t->loader, &times);
    t->row[BL_COLUMN_EPOCH] = (double)state->epoch;
    t->row[BL_COLUMN_LOSS] = state->loss_sum / (double)state->n_seen;
    t->row[BL_COLUMN_RATE] = bl_training_rate(t, bl_training_n_steps(t) - 1);
    t->row[BL_COLUMN_EVENTS] = (double)state->n_seen;
    t->row[BL_COLUMN_SKIPPED] = (double)(state->n_skipped_events + t->n_invalid);
    t->row[BL_COLUMN_SECONDS] = bl_clock_s() - t->epoch_s;
    t->row[BL_COLUMN_WAITED] = t->epoch_waited_s;
    if (!t->validation)
        return;
    t->row[n++] = bl_nn_metrics_loss(t->metrics);
    if (t->match.metrics.targets != BL_NN_TARGETS_NUMBERS)
        t->row[n++] = bl_nn_metrics_accuracy(t->metrics);
    if (!t->match.metrics.curves)
        return;
    double sum = 0, n_areas = 0; // of classes that there are
    for (size_t k = 0; k < width; k++) {
        double area = bl_nn_metrics_area(t->metrics, k);
        sum += isnan(area) ? 0 : area;
        n_areas += isnan(area) ? 0 : 1;
        if (width > 1)
            t->row[n + 1 + k] = area;
    }
    t->row[n] = sum / n_areas;
}

static bl_status add_events(bl_training *t, bl_error *err) {
    double wall_s = bl_clock_wall_s();
    for (size_t i = 1; i < t->history.n_columns; i++) {
        char tag[128];
        const char *name = t->history.names[i];
        bool is_validation = strncmp(name, "val_", 4) == 0;
        (void)snprintf(tag, sizeof tag, "%s/%s", is_validation ? "validation" : "train",
                       is_validation ? name + 4 : name);
        BL_TRY(bl_events_scalar(t->events, tag, (int64_t)t->row[BL_COLUMN_EPOCH], wall_s, t->row[i],
                                err));
    }
    return bl_events_flush(t->events, err);
}

static void tell_end(const bl_training *t) {
    int64_t epoch = (int64_t)t->row[BL_COLUMN_EPOCH];
    bl_training_news news = {.epoch = epoch,
                             .n_epochs = t->settings->epochs,
                             .batch = bl_loader_n_batches(t->loader),
                             .n_batches = bl_loader_n_batches(t->loader),
                             .loss = t->row[BL_COLUMN_LOSS],
                             .waited_s = t->row[BL_COLUMN_WAITED],
                             .is_epoch_end = true,
                             .n_values = t->history.n_columns,
                             .names = t->history.names,
                             .values = t->row};
    if (t->options->progress)
        t->options->progress(t->options->user, &news);
}

/// The newest checkpoint, and before it one that is kept, should the epoch be one of those.
static bl_status write_checkpoints(bl_training *t, bl_error *err) {
    char name[32];
    int64_t every = t->settings->checkpoint_epochs;
    t->saved_s = bl_clock_s();
    (void)snprintf(name, sizeof name, BL_RUN_CHECKPOINT "-%04lld", (long long)t->state.epoch);
    if (every > 0 && t->state.batch == 0 && t->state.epoch > 0 && t->state.epoch % every == 0)
        BL_TRY(bl_run_write_checkpoint(t, name, err));
    return bl_run_write_checkpoint(t, BL_RUN_CHECKPOINT, err);
}

/// First all that a checkpoint holds is what it is after the epoch, then files are written: whoever
/// is interrupted in between writes them again.
static bl_status end_epoch(bl_training *t, bl_error *err) {
    fill_row(t);
    BL_TRY(bl_history_append(&t->history, t->row, err));
    bool is_best = look_at(t);
    t->state.epoch++;
    t->state.batch = 0;
    t->state.loss_sum = 0;
    t->state.n_seen = t->state.n_skipped_batches = t->state.n_skipped_events = 0;
    if (is_best)
        BL_TRY(write_best(t, err));
    BL_TRY(write_checkpoints(t, err));
    BL_TRY(bl_run_write_history(t, err));
    BL_TRY(add_events(t, err));
    tell_end(t);
    return BL_OK;
}

// ---- all epochs ----

static bool is_over(const bl_training *t) {
    int64_t patience = t->settings->patience;
    return t->state.epoch >= t->settings->epochs || (patience > 0 && t->state.wait >= patience);
}

static bl_status run_epochs(bl_training *t, bl_error *err) {
    if (t->history.n_rows > 0) { // what an interruption may have kept from being written
        BL_TRY(write_best(t, err));
        BL_TRY(bl_run_write_history(t, err));
    }
    while (!is_over(t)) {
        BL_TRY(bl_train_epoch(t, err));
        double begun_s = bl_clock_s();
        BL_TRY(bl_validate(t, err));
        t->result->validate_s += bl_clock_s() - begun_s;
        BL_TRY(end_epoch(t, err));
    }
    return BL_OK;
}

/// The model as it is at the end.
static bl_status finish(bl_training *t, bl_error *err) {
    int64_t epoch = (int64_t)t->history.n_rows - 1;
    t->state.is_finished = true;
    BL_TRY(bl_run_write_checkpoint(t, BL_RUN_CHECKPOINT, err));
    if (t->settings->restores_best && t->state.best_epoch >= 0) {
        epoch = t->state.best_epoch;
        memcpy(t->network->parameters, t->best_parameters,
               t->network->plan.n_floats * sizeof(float));
        bl_nn_network_pack(t->network);
    }
    return bl_run_write_model(t, "model.blm", epoch, err);
}

/// What was interrupted is kept. The context takes no more work, so for this it is not cancelled.
static bl_status keep(bl_training *t, bl_error *err) {
    bl_context_revive(t->context);
    bl_status status = write_checkpoints(t, err);
    bl_context_cancel(t->context);
    t->result->was_stopped = true;
    return status;
}

static bl_status train(bl_training *t, bl_error *err) {
    BL_TRY(start(t, err));
    bl_status status = run_epochs(t, err);
    if (status == BL_OK)
        status = finish(t, err);
    if (status == BL_E_CANCELLED)
        status = keep(t, err);
    t->result->n_epochs = t->state.epoch;
    t->result->best_epoch = t->state.best_epoch;
    t->result->best = t->state.best;
    return status;
}

bl_status bl_train(bl_context *context, const bl_train_options *options,
                   bl_train_result *ret_result, bl_error *err) {
    bl_train_result result = {0};
    bl_training t = {.context = context,
                     .options = options,
                     .settings = options->settings,
                     .prepared = options->prepared,
                     .network = options->model->network,
                     .result = &result};
    bl_arena_init(&t.arena, context);
    bl_status status = train(&t, err);
    release(&t);
    if (status == BL_OK)
        *ret_result = result;
    return status;
}
