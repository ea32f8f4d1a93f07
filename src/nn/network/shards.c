// SPDX-License-Identifier: Apache-2.0
// The shards of a batch. Without layers that want sums over the whole batch, a shard runs forward
// and backward at once, and its gradient is added when its turn comes. With them, all shards run up
// to such a layer, which then has its sums, and so on, and back.
#include <string.h>

#include "nn/network/trainer_private.h"

static size_t n_shards_of(const bl_nn_trainer *t) {
    return (t->batch->n_events + BL_NN_SHARD_EVENTS - 1) / BL_NN_SHARD_EVENTS;
}

static size_t events_of(const bl_nn_trainer *t, size_t shard) {
    size_t left = t->batch->n_events - shard * BL_NN_SHARD_EVENTS;
    return left < BL_NN_SHARD_EVENTS ? left : BL_NN_SHARD_EVENTS;
}

/// The part of a feed that belongs to a shard. \param shape of what is fed, for one event
static bl_nn_feed feed_of(const bl_nn_feed *feed, bl_nn_shape shape, size_t shard) {
    size_t first = shard * BL_NN_SHARD_EVENTS, stride = feed->stride ? feed->stride : shape.width;
    if (feed->offsets)
        return (bl_nn_feed){feed->data, stride, feed->offsets + first};
    return (bl_nn_feed){feed->data + first * stride * (shape.steps ? shape.steps : 1), stride,
                        NULL};
}

static bl_status begin(bl_nn_trainer *t, worker *w, size_t shard, bl_error *err) {
    const bl_nn_network *network = t->network;
    for (size_t i = 0; i < network->n_inputs; i++)
        w->feeds[i] = feed_of(&t->batch->feeds[i],
                              network->plan.values.items[network->inputs[i]].shape, shard);
    BL_TRY(bl_nn_workspace_begin(w->workspace, events_of(t, shard), w->feeds, err));
    bl_nn_run *run = &w->workspace->run;
    run->trains = true;
    run->seed = t->seed;
    run->first_event = t->progress.n_events + shard * BL_NN_SHARD_EVENTS;
    run->gradients = w->gradients;
    run->sums = t->sums;
    return BL_OK;
}

/// Weights of rows: of the events, each for all its steps. \param steps 0: of vectors
static const float *weights_of(const bl_nn_trainer *t, worker *w, size_t shard, size_t steps) {
    if (!t->batch->weights)
        return NULL;
    const float *weights = t->batch->weights + shard * BL_NN_SHARD_EVENTS;
    for (size_t i = 0; i < events_of(t, shard) * steps; i++)
        w->row_weights[i] = weights[i / steps];
    return steps ? w->row_weights : weights;
}

/// The loss of one output and its gradient.
static bl_status run_loss(bl_nn_trainer *t, worker *w, size_t shard, size_t output, bl_error *err) {
    const bl_nn_objective *o = &t->objectives[output];
    size_t value = t->network->outputs[output];
    bl_nn_shape shape = t->network->plan.values.items[value].shape;
    size_t steps = shape.steps ? shape.steps : 1, m = events_of(t, shard) * steps;
    if (bl_nn_n_rows(&w->workspace->run, value) != m)
        return bl_error_set(err, BL_E_UNSUPPORTED, "the loss of sequences of other lengths");
    bl_nn_shape target_shape = {shape.steps, o->loss.kind == BL_NN_LOSS_SPARSE ? 1 : shape.width};
    bl_nn_feed target = feed_of(&t->batch->targets[output], target_shape, shard);
    bl_nn_matrix predictions = w->workspace->run.values[value];
    bl_nn_matrix gradient = bl_nn_output_gradient(w->workspace, output);
    bl_nn_loss_rows rows = {.m = m,
                            .n = shape.width,
                            .predictions = predictions.data,
                            .stride = predictions.stride,
                            .targets = target.data,
                            .target_stride = target.stride,
                            .weights = weights_of(t, w, shard, shape.steps),
                            .scratch = w->scratch,
                            .first_row = shard * BL_NN_SHARD_EVENTS * steps};
    double sum;
    BL_TRY(bl_nn_loss_run(t->network->kernels, &o->loss, &rows,
                          o->weight / (double)(t->batch->n_events * steps), gradient.data,
                          gradient.stride, &sum, err));
    t->losses[shard] += o->weight * sum / (double)steps;
    return BL_OK;
}

/// Outputs whose loss has no weight are only looked at: nothing goes back from them.
static bl_status run_losses(bl_nn_trainer *t, worker *w, size_t shard, bl_error *err) {
    t->losses[shard] = 0;
    for (size_t i = 0; i < t->network->n_outputs; i++)
        if (t->objectives[i].weight != 0)
            BL_TRY(run_loss(t, w, shard, i, err));
    return BL_OK;
}

static void add_gradients(bl_nn_trainer *t, const worker *w, size_t shard) {
    size_t n = t->network->plan.n_floats;
    if (w->gradients == t->gradients)
        return;
    if (shard == 0)
        memcpy(t->gradients, w->gradients, n * sizeof *t->gradients);
    else
        t->network->kernels->add_columns(w->gradients, n, 1, n, true, t->gradients);
}

// ---- at once ----

static bl_status run_whole(bl_nn_trainer *t, size_t shard, worker *w, bl_error *err) {
    size_t n_steps = t->network->n_steps;
    BL_TRY(begin(t, w, shard, err));
    BL_TRY(bl_nn_run_forward(w->workspace, 0, n_steps, err));
    BL_TRY(run_losses(t, w, shard, err));
    bl_nn_run_backward(w->workspace, 0, n_steps);
    return BL_OK;
}

static bl_status whole_task(void *argument, size_t shard, unsigned worker_number, bl_error *err) {
    bl_nn_trainer *t = argument;
    worker *w = &t->workers[worker_number];
    bl_status status = run_whole(t, shard, w, err);
    if (status != BL_OK) {
        bl_turns_fail(&t->turns, shard);
        return status;
    }
    if (!bl_turns_await(&t->turns, shard))
        return BL_OK; // what failed before says so
    add_gradients(t, w, shard);
    bl_turns_pass(&t->turns);
    return BL_OK;
}

/// So little that waking a thread would take longer.
static bool is_small(const bl_nn_trainer *t) {
    enum { SMALL = 1 << 20 };
    size_t n_products = 0;
    for (size_t i = 0; i < t->network->plan.weights.n; i++)
        n_products += t->network->plan.weights.items[i].k * t->network->plan.weights.items[i].n;
    for (size_t i = 0; i < t->network->plan.rows.n; i++)
        if (t->network->plan.rows.items[i].steps)
            return false;
    return n_products * BL_NN_SHARD_EVENTS < SMALL;
}

static bl_status run_at_once(bl_nn_trainer *t, bl_error *err) {
    size_t n_shards = n_shards_of(t);
    bl_turns_restart(&t->turns);
    if (n_shards > 1 && !is_small(t))
        return bl_run_tasks(t->network->context, whole_task, t, n_shards, err);
    for (size_t i = 0; i < n_shards; i++) {
        BL_TRY(run_whole(t, i, &t->workers[0], err));
        add_gradients(t, &t->workers[0], i);
    }
    return BL_OK;
}

// ---- from barrier to barrier ----

/// A part of all shards' runs: what comes before a barrier.
typedef struct part {
    bl_nn_trainer *trainer;
    size_t first, last;         ///< steps
    const bl_nn_step *measures; ///< the step that measures then; NULL: the losses are next
} part;

static bl_status forward_task(void *argument, size_t shard, unsigned number, bl_error *err) {
    const part *p = argument;
    worker *w = &p->trainer->workers[shard];
    (void)number;
    if (p->first == 0)
        BL_TRY(begin(p->trainer, w, shard, err));
    BL_TRY(bl_nn_run_forward(w->workspace, p->first, p->last, err));
    if (!p->measures)
        return run_losses(p->trainer, w, shard, err);
    bl_nn_run_measure(w->workspace, p->measures);
    return BL_OK;
}

static bl_status backward_task(void *argument, size_t shard, unsigned number, bl_error *err) {
    const part *p = argument;
    worker *w = &p->trainer->workers[shard];
    (void)number;
    (void)err;
    bl_nn_run_backward(w->workspace, p->first, p->last);
    if (p->measures && bl_nn_run_point(w->workspace, p->measures))
        p->measures->layer->measure_back(&w->workspace->run, p->measures);
    return BL_OK;
}

static void add_sums(bl_nn_trainer *t, const bl_nn_step *step) {
    for (size_t k = 0; k < step->n_sums; k++) {
        t->sums[k] = 0;
        for (size_t i = 0; i < n_shards_of(t); i++)
            t->sums[k] += t->workers[i].workspace->run.shard_sums[k];
    }
}

/// The next step behind `first` that measures; n_steps: none. The first step is an input.
static size_t next_barrier(const bl_nn_network *network, size_t first) {
    do
        first++;
    while (first < network->n_steps && !bl_nn_measures(&network->steps[first]));
    return first;
}

static bl_status run_forward_parts(bl_nn_trainer *t, bl_error *err) {
    bl_nn_network *network = t->network;
    for (size_t first = 0, last; first < network->n_steps; first = last) {
        last = next_barrier(network, first);
        part p = {t, first, last, last == network->n_steps ? NULL : &network->steps[last]};
        BL_TRY(bl_run_tasks(network->context, forward_task, &p, n_shards_of(t), err));
        if (!p.measures)
            continue;
        add_sums(t, p.measures);
        p.measures->layer->settle(&t->workers[0].workspace->run, p.measures, network->parameters);
    }
    return BL_OK;
}

/// From the last part to the first; the step that measures runs by itself, when it has its sums.
static bl_status run_backward_parts(bl_nn_trainer *t, bl_error *err) {
    bl_nn_network *network = t->network;
    for (size_t last = network->n_steps; last > 0;) {
        size_t first = last;
        while (first > 0 && !bl_nn_measures(&network->steps[first - 1]))
            first--;
        part p = {t, first, last, first ? &network->steps[first - 1] : NULL};
        BL_TRY(bl_run_tasks(network->context, backward_task, &p, n_shards_of(t), err));
        if (p.measures) {
            add_sums(t, p.measures);
            part alone = {t, first - 1, first, NULL};
            BL_TRY(bl_run_tasks(network->context, backward_task, &alone, n_shards_of(t), err));
        }
        last = first ? first - 1 : 0;
    }
    for (size_t i = 0; i < n_shards_of(t); i++)
        add_gradients(t, &t->workers[i], i);
    return BL_OK;
}

bl_status bl_nn_trainer_run_shards(bl_nn_trainer *t, bl_error *err) {
    if (!t->network->n_barriers)
        return run_at_once(t, err);
    BL_TRY(run_forward_parts(t, err));
    return run_backward_parts(t, err);
}
