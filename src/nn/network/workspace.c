// SPDX-License-Identifier: Apache-2.0
// Workspaces: one block of memory for all that a shard's run writes.
#include <string.h>

#include "base/context.h"
#include "nn/network/private.h"

/// Floats that were given out so far; a second time with memory behind them.
typedef struct layout {
    float *data; ///< NULL: only counting
    size_t used;
    bool is_too_much;
} layout;

static void *take(layout *l, size_t n) {
    void *here = l->data ? l->data + l->used : NULL;
    size_t end;
    if (__builtin_add_overflow(l->used, n + 15, &end) || end > SIZE_MAX / 2 / sizeof(float))
        l->is_too_much = true;
    else
        l->used = end / 16 * 16;
    return here;
}

static size_t rows_of(const bl_nn_workspace *w, size_t rows) {
    size_t steps = w->network->plan.rows.items[rows].steps;
    return w->most_events * (rows ? steps : 1);
}

static void lay_out_rows(bl_nn_workspace *w, layout *l) {
    const bl_nn_plan *plan = &w->network->plan;
    for (size_t i = 1; i < plan->rows.n; i++) {
        bl_nn_rows *rows = &w->run.rows[i];
        rows->offsets = take(l, w->most_events + 1);
        if (plan->rows.items[i].has_index)
            rows->index = take(l, rows_of(w, i));
    }
}

static void lay_out_slots(bl_nn_workspace *w, layout *l) {
    const bl_nn_plan *plan = &w->network->plan;
    for (size_t i = 0; i < plan->slots.n; i++) {
        const bl_nn_slot *slot = &plan->slots.items[i];
        if (w->trains || !slot->only_trains)
            w->run.slots[i] = take(l, rows_of(w, slot->rows) * slot->per_row +
                                          w->most_events * slot->per_event + slot->once);
    }
}

/// How many gradients of a value are added: of the steps that take it, and as an output.
static size_t n_gradients(const bl_nn_network *network, size_t value) {
    size_t n = network->n_consumers[value];
    for (size_t i = 0; i < network->n_outputs; i++)
        n += network->outputs[i] == value;
    return n;
}

static void lay_out(bl_nn_workspace *w, layout *l) {
    const bl_nn_plan *plan = &w->network->plan;
    for (size_t i = 0; i < plan->values.n; i++) {
        const bl_nn_value *value = &plan->values.items[i];
        size_t n = rows_of(w, value->rows) * value->stride;
        w->own_values[i] = (bl_nn_matrix){take(l, n), value->stride};
        if (!w->trains || !value->has_gradient)
            continue;
        w->value_gradients[i] = (bl_nn_matrix){take(l, n), value->stride};
        if (n_gradients(w->network, i) > 1)
            w->spare_gradients[i] = (bl_nn_matrix){take(l, n), value->stride};
    }
    lay_out_rows(w, l);
    lay_out_slots(w, l);
}

static bl_status allocate_lists(bl_nn_workspace *w, bl_error *err) {
    const bl_nn_plan *plan = &w->network->plan;
    size_t n = plan->values.n + 1;
    w->own_values = bl_arena_array(&w->arena, n, sizeof *w->own_values);
    w->value_gradients = bl_arena_array(&w->arena, n, sizeof *w->value_gradients);
    w->spare_gradients = bl_arena_array(&w->arena, n, sizeof *w->spare_gradients);
    w->has_gradient = bl_arena_array(&w->arena, n, sizeof *w->has_gradient);
    bl_nn_run *run = &w->run;
    run->values = bl_arena_array(&w->arena, n, sizeof *run->values);
    run->rows = bl_arena_array(&w->arena, plan->rows.n, sizeof *run->rows);
    run->slots = bl_arena_array(&w->arena, plan->slots.n + 1, sizeof *run->slots);
    run->input_gradients =
        bl_arena_array(&w->arena, BL_NN_MOST_INPUTS, sizeof *run->input_gradients);
    run->shard_sums = bl_arena_array(&w->arena, w->network->n_sums + 1, sizeof(double));
    bool has_all = w->own_values && w->value_gradients && w->spare_gradients && w->has_gradient &&
                   run->values && run->rows && run->slots && run->input_gradients &&
                   run->shard_sums;
    return has_all ? BL_OK : bl_error_set(err, BL_E_NOMEM, "no memory for a network's run");
}

/// The input that may have the most rows; NULL: all are vectors.
static const bl_nn_step *longest_input(const bl_nn_network *network) {
    const bl_nn_step *longest = NULL;
    size_t most = 0;
    for (size_t i = 0; i < network->n_steps; i++) {
        const bl_nn_step *step = &network->steps[i];
        size_t steps = network->plan.values.items[step->output].shape.steps;
        if (step->kind == BL_NN_KIND_INPUT && steps > most) {
            longest = step;
            most = steps;
        }
    }
    return longest;
}

/// What does not fit into the memory budget is refused before it is asked for.
static bl_status check_budget(const bl_nn_workspace *w, const layout *l, bl_error *err) {
    const bl_nn_network *network = w->network;
    uint64_t budget = bl_context_budget_bytes(network->context);
    if (!l->is_too_much && l->used <= budget / sizeof(float))
        return BL_OK;
    const bl_nn_step *input = longest_input(network);
    double megabytes = (double)l->used * sizeof(float) / (1 << 20);
    if (!input)
        return bl_error_set(err, BL_E_LIMIT,
                            "a run of %zu events takes %.0f MiB, more than the memory budget",
                            w->most_events, megabytes);
    return bl_error_set(
        err, BL_E_LIMIT,
        "a run of %zu events takes %.0f MiB, more than the memory budget: input '%s' may have "
        "%zu rows",
        w->most_events, megabytes, input->name,
        network->plan.values.items[input->output].shape.steps);
}

bl_status bl_nn_workspace_new(const bl_nn_network *network, size_t most_events, bool trains,
                              bl_nn_workspace **ret_workspace, bl_error *err) {
    BL_AUTO(bl_nn_workspace) w = bl_alloc_zero(network->context, 1, sizeof *w);
    if (!w)
        return bl_error_set(err, BL_E_NOMEM, "no memory for a network's run");
    w->network = network;
    w->most_events = most_events;
    w->trains = trains;
    bl_arena_init(&w->arena, network->context);
    BL_TRY(allocate_lists(w, err));
    layout l = {0};
    lay_out(w, &l);
    BL_TRY(check_budget(w, &l, err));
    BL_TRY(bl_buffer_new(network->context, l.used * sizeof(float), &w->memory, err));
    l = (layout){.data = (void *)w->memory->data};
    lay_out(w, &l);
    w->run.kernels = network->kernels;
    w->run.parameters = network->parameters;
    w->run.weights = network->plan.weights.items;
    w->run.parameter_list = network->plan.parameters.items;
    w->run.value_list = network->plan.values.items;
    *ret_workspace = w;
    w = NULL;
    return BL_OK;
}

void bl_nn_workspace_free(bl_nn_workspace *workspace) {
    if (!workspace)
        return;
    bl_buffer_release(workspace->memory);
    bl_arena_release(&workspace->arena);
    bl_free(workspace->network->context, workspace);
}
