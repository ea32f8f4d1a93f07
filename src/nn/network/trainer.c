// SPDX-License-Identifier: Apache-2.0
// Trainers: made and freed; a step.
#include "nn/network/trainer.h"

#include <math.h>
#include <string.h>

#include "nn/network/trainer_private.h"

// ---- the losses of outputs ----

/// The activation that a loss can take over; BL_NN_LINEAR: none.
static bl_nn_activation_kind joined_activation(const bl_nn_loss *loss) {
    switch (loss->kind) {
    case BL_NN_LOSS_CATEGORICAL:
    case BL_NN_LOSS_SPARSE:
    case BL_NN_LOSS_CATEGORICAL_FOCAL:
        return BL_NN_SOFTMAX;
    case BL_NN_LOSS_BINARY:
    case BL_NN_LOSS_BINARY_FOCAL:
        return BL_NN_SIGMOID;
    default:
        return BL_NN_LINEAR;
    }
}

static bl_status set_objectives(bl_nn_trainer *t, const bl_nn_trainer_options *options,
                                bl_error *err) {
    bl_nn_network *network = t->network;
    t->objectives = bl_arena_array(&t->arena, network->n_outputs, sizeof *t->objectives);
    if (!t->objectives)
        return bl_error_set(err, BL_E_NOMEM, "no memory to train");
    for (size_t i = 0; i < network->n_outputs; i++) {
        bl_nn_objective *o = &t->objectives[i];
        const bl_nn_value *value = &network->plan.values.items[network->outputs[i]];
        bl_nn_shape shape = value->shape;
        *o = options->objectives[i];
        if (value->mask != BL_NN_NONE && o->weight != 0)
            return bl_error_set(err, BL_E_UNSUPPORTED,
                                "output %zu: the loss of a sequence with a mask", i + 1);
        bl_nn_activation_kind kind = joined_activation(&o->loss);
        if (kind != BL_NN_LINEAR && !o->loss.from_logits && bl_nn_network_join(network, i, kind))
            o->loss.from_logits = true;
        size_t n = shape.width * (shape.steps ? shape.steps : 1);
        if (n > t->most_width)
            t->most_width = n;
        if (shape.steps > t->most_steps)
            t->most_steps = shape.steps;
    }
    return BL_OK;
}

// ---- memory ----

static bl_status allocate_blocks(bl_nn_trainer *t, bl_error *err) {
    bl_context *context = t->network->context;
    size_t n_moments = bl_nn_optimizer_n_moments(&t->optimizer), n = t->network->plan.n_floats;
    size_t n_blocks = 1 + n_moments + (t->n_shards > 1 ? t->n_workers : 0);
    BL_TRY(bl_buffer_new(context, n_blocks * n * sizeof(float), &t->memory, err));
    memset(t->memory->data, 0, n_blocks * n * sizeof(float));
    t->gradients = (void *)t->memory->data;
    t->moments = t->gradients + n;
    for (size_t i = 0; i < t->n_workers; i++)
        t->workers[i].gradients = t->n_shards > 1 ? t->moments + (n_moments + i) * n : t->gradients;
    return BL_OK;
}

/// Who runs shards: one a thread; where layers want sums over the whole batch, one a shard, as all
/// wait for all.
static bl_status allocate_workers(bl_nn_trainer *t, bl_error *err) {
    bl_nn_network *network = t->network;
    size_t n_threads = bl_context_n_threads(network->context);
    t->n_workers = network->n_barriers || t->n_shards < n_threads ? t->n_shards : n_threads;
    t->workers = bl_arena_array(&t->arena, t->n_workers, sizeof *t->workers);
    t->losses = bl_arena_array(&t->arena, t->n_shards, sizeof *t->losses);
    t->sums = bl_arena_array(&t->arena, network->n_sums + 1, sizeof *t->sums);
    t->arrays = bl_arena_array(&t->arena, network->plan.parameters.n + 1, sizeof *t->arrays);
    if (!t->workers || !t->losses || !t->sums || !t->arrays)
        return bl_error_set(err, BL_E_NOMEM, "no memory to train");
    for (size_t i = 0; i < t->n_workers; i++) {
        worker *w = &t->workers[i];
        BL_TRY(bl_nn_workspace_new(network, BL_NN_SHARD_EVENTS, true, &w->workspace, err));
        w->scratch =
            bl_arena_array(&t->arena, BL_NN_SHARD_EVENTS * t->most_width, 2 * sizeof *w->scratch);
        w->feeds = bl_arena_array(&t->arena, network->n_inputs + 1, sizeof *w->feeds);
        w->row_weights =
            bl_arena_array(&t->arena, BL_NN_SHARD_EVENTS * t->most_steps, sizeof *w->row_weights);
        if (!w->scratch || !w->feeds || !w->row_weights)
            return bl_error_set(err, BL_E_NOMEM, "no memory to train");
    }
    return BL_OK;
}

/// Finds what layers that measure move along with batches: their parameters that are not trained.
static bl_status list_statistics(bl_nn_trainer *t, bl_error *err) {
    const bl_nn_network *network = t->network;
    size_t most = 0, n_floats = 0;
    for (size_t i = 0; i < network->n_steps; i++)
        most += bl_nn_measures(&network->steps[i]) ? network->steps[i].n_parameters : 0;
    t->statistics = bl_arena_array(&t->arena, most + 1, sizeof *t->statistics);
    for (size_t i = 0; i < network->n_steps && t->statistics; i++) {
        const bl_nn_step *step = &network->steps[i];
        const bl_nn_parameter *p = network->plan.parameters.items + step->first_parameter;
        for (size_t k = 0; k < step->n_parameters && bl_nn_measures(step); k++) {
            if (!p[k].is_fixed)
                continue;
            t->statistics[t->n_statistics++] =
                (bl_nn_array){network->parameters + p[k].offset, p[k].n};
            n_floats += p[k].n;
        }
    }
    t->kept = bl_arena_array(&t->arena, n_floats + 1, sizeof *t->kept);
    return t->statistics && t->kept ? BL_OK : bl_error_set(err, BL_E_NOMEM, "no memory to train");
}

bl_status bl_nn_trainer_new(bl_nn_network *network, const bl_nn_trainer_options *options,
                            bl_nn_trainer **ret_trainer, bl_error *err) {
    BL_AUTO(bl_nn_trainer) t = bl_alloc_zero(network->context, 1, sizeof *t);
    if (!t)
        return bl_error_set(err, BL_E_NOMEM, "no memory to train");
    t->network = network;
    t->optimizer = options->optimizer;
    t->clip = options->clip;
    t->seed = options->seed;
    t->most_events = options->most_events ? options->most_events : 1;
    t->n_shards = (t->most_events + BL_NN_SHARD_EVENTS - 1) / BL_NN_SHARD_EVENTS;
    bl_arena_init(&t->arena, network->context);
    bl_turns_init(&t->turns);
    if (!network->trains)
        return bl_error_set(err, BL_E_INVALID, "a network that was not made to be trained");
    BL_TRY(set_objectives(t, options, err));
    BL_TRY(allocate_workers(t, err));
    BL_TRY(allocate_blocks(t, err));
    BL_TRY(list_statistics(t, err));
    *ret_trainer = t;
    t = NULL;
    return BL_OK;
}

void bl_nn_trainer_free(bl_nn_trainer *t) {
    if (!t)
        return;
    for (size_t i = 0; i < t->n_workers && t->workers; i++)
        bl_nn_workspace_free(t->workers[i].workspace);
    bl_buffer_release(t->memory);
    bl_turns_release(&t->turns);
    bl_arena_release(&t->arena);
    bl_free(t->network->context, t);
}

// ---- a step ----

static double add_penalties(bl_nn_trainer *t) {
    double sum = 0;
    for (size_t i = 0; i < t->network->plan.parameters.n; i++) {
        const bl_nn_parameter *p = &t->network->plan.parameters.items[i];
        const bl_nn_regularizer *r = &p->penalty;
        if (!p->is_fixed && (r->l1 != 0 || r->l2 != 0))
            sum += bl_nn_regularizer_add(r, t->network->parameters + p->offset, p->n,
                                         t->gradients + p->offset);
    }
    return sum;
}

bl_status bl_nn_trainer_gradient(bl_nn_trainer *t, const bl_nn_batch *batch, double *ret_loss,
                                 bl_error *err) {
    if (batch->n_events > t->most_events || !batch->n_events)
        return bl_error_set(err, BL_E_LIMIT, "a batch of %zu events, where there may be %zu",
                            batch->n_events, t->most_events);
    t->batch = batch;
    BL_TRY(bl_nn_trainer_run_shards(t, err));
    double loss = 0;
    size_t n_shards = (batch->n_events + BL_NN_SHARD_EVENTS - 1) / BL_NN_SHARD_EVENTS;
    for (size_t i = 0; i < n_shards; i++)
        loss += t->losses[i];
    *ret_loss = loss / (double)batch->n_events + add_penalties(t);
    return BL_OK;
}

static void clip(bl_nn_trainer *t) {
    size_t n = 0;
    for (size_t i = 0; i < t->network->plan.parameters.n; i++) {
        const bl_nn_parameter *p = &t->network->plan.parameters.items[i];
        if (!p->is_fixed)
            t->arrays[n++] = (bl_nn_array){t->gradients + p->offset, p->n};
    }
    bl_nn_clip_run(&t->clip, t->arrays, n);
}

/// Parameters that are trained, as long as they lie one behind the other.
static void update(bl_nn_trainer *t, double learning_rate) {
    const bl_nn_plan *plan = &t->network->plan;
    bl_nn_optimizer_blocks blocks = {.n = plan->n_floats,
                                     .parameters = t->network->parameters,
                                     .gradients = t->gradients,
                                     .moments = t->moments,
                                     .moment_stride = plan->n_floats};
    for (size_t i = 0; i < plan->parameters.n;) {
        size_t first = i, end = 0;
        for (; i < plan->parameters.n && !plan->parameters.items[i].is_fixed; i++)
            end = plan->parameters.items[i].offset + plan->parameters.items[i].n;
        size_t start = plan->parameters.items[first].offset;
        if (i > first)
            bl_nn_optimizer_step(t->network->kernels, &t->optimizer, learning_rate,
                                 t->progress.n_steps, &blocks, start, end - start);
        else
            i++;
    }
}

static void keep_statistics(bl_nn_trainer *t) {
    float *kept = t->kept;
    for (size_t i = 0; i < t->n_statistics; kept += t->statistics[i++].n)
        memcpy(kept, t->statistics[i].values, t->statistics[i].n * sizeof *kept);
}

static void restore_statistics(bl_nn_trainer *t) {
    const float *kept = t->kept;
    for (size_t i = 0; i < t->n_statistics; kept += t->statistics[i++].n)
        memcpy(t->statistics[i].values, kept, t->statistics[i].n * sizeof *kept);
}

bl_status bl_nn_trainer_step(bl_nn_trainer *t, const bl_nn_batch *batch, double learning_rate,
                             double *ret_loss, bl_error *err) {
    double loss = NAN;
    keep_statistics(t);
    bl_status status = bl_nn_trainer_gradient(t, batch, &loss, err);
    if (status != BL_OK || !isfinite(loss))
        restore_statistics(t);
    BL_TRY(status);
    t->progress.n_events += batch->n_events;
    *ret_loss = loss;
    if (!isfinite(loss))
        return BL_OK;
    t->progress.n_steps++;
    if (t->clip.kind != BL_NN_CLIP_NONE)
        clip(t);
    update(t, learning_rate);
    bl_nn_network_pack(t->network);
    return BL_OK;
}

// ---- what others store or look at ----

const float *bl_nn_trainer_gradients(const bl_nn_trainer *t) { return t->gradients; }

float *bl_nn_trainer_moments(bl_nn_trainer *t, size_t *ret_n) {
    *ret_n = bl_nn_optimizer_n_moments(&t->optimizer) * t->network->plan.n_floats;
    return t->moments;
}

bl_nn_progress *bl_nn_trainer_progress(bl_nn_trainer *t) { return &t->progress; }
