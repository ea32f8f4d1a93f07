// SPDX-License-Identifier: Apache-2.0
// Runners: events through a model, a shard at a time. Numbers go where the network reads them: from
// the caller's own arrays, or through the transform into the runner's.
#include "infer/model.h"

/// Room for an input that is transformed.
typedef struct room {
    float *rows;      ///< [most_events × steps × width]; NULL: the caller's rows are used
    int64_t *offsets; ///< [most_events + 1] of these rows; NULL: a vector
    void *scratch;    ///< to arrange the rows of an event; NULL: they stay
} room;

struct bl_runner {
    const bl_model *model;
    bl_nn_workspace *workspace;
    size_t most_events;
    bl_arena arena;
    room *rooms;           ///< [n_inputs]
    bl_nn_feed *feeds;     ///< [n_inputs] of a shard
    bl_nn_matrix *outputs; ///< [n_outputs] of a shard
};

// ---- memory ----

/// Where rows are cut, it does not depend on how many there are.
static bl_status make_scratch(bl_runner *r, size_t i, bl_error *err) {
    const bl_model_port *port = &r->model->inputs[i];
    size_t n_bytes =
        bl_nn_columns_scratch_bytes(r->model->transforms[i], port->cuts ? SIZE_MAX : port->steps);
    r->rooms[i].scratch = bl_arena_alloc(&r->arena, n_bytes + 1);
    return r->rooms[i].scratch ? BL_OK : bl_error_nomem(err, n_bytes, "rows to be arranged");
}

static bl_status make_room(bl_runner *r, size_t i, bl_error *err) {
    const bl_model_port *port = &r->model->inputs[i];
    size_t rows = r->most_events * (port->steps ? port->steps : 1);
    if (!r->model->transforms[i])
        return BL_OK;
    r->rooms[i].rows = (float *)bl_arena_array(&r->arena, rows, port->width * sizeof(float));
    if (port->steps)
        r->rooms[i].offsets =
            (int64_t *)bl_arena_array(&r->arena, r->most_events + 1, sizeof(int64_t));
    if (!r->rooms[i].rows || (port->steps && !r->rooms[i].offsets))
        return bl_error_nomem(err, rows * port->width * sizeof(float), "transformed inputs");
    return bl_nn_columns_arranges(r->model->transforms[i]) ? make_scratch(r, i, err) : BL_OK;
}

static bl_status allocate(bl_runner *r, bl_error *err) {
    size_t n = bl_model_n_inputs(r->model), m = bl_model_n_outputs(r->model);
    r->rooms = (room *)bl_arena_array(&r->arena, n + 1, sizeof *r->rooms);
    r->feeds = (bl_nn_feed *)bl_arena_array(&r->arena, n + 1, sizeof *r->feeds);
    r->outputs = (bl_nn_matrix *)bl_arena_array(&r->arena, m + 1, sizeof *r->outputs);
    if (!r->rooms || !r->feeds || !r->outputs)
        return bl_error_nomem(err, (n + m) * sizeof *r->feeds, "a runner");
    for (size_t i = 0; i < n; i++)
        BL_TRY(make_room(r, i, err));
    return bl_nn_workspace_new(r->model->bundle->network, r->most_events, false, &r->workspace,
                               err);
}

bl_status bl_runner_new(const bl_model *model, size_t most_events, bl_runner **ret_runner,
                        bl_error *err) {
    if (most_events > BL_NN_SHARD_EVENTS)
        return bl_error_set(err, BL_E_INVALID, "%zu events at once, where there may be %d",
                            most_events, BL_NN_SHARD_EVENTS);
    BL_AUTO(bl_runner) r = (bl_runner *)bl_alloc_zero(model->context, 1, sizeof *r);
    if (!r)
        return bl_error_nomem(err, sizeof *r, "a runner");
    r->model = model;
    r->most_events = most_events ? most_events : BL_NN_SHARD_EVENTS;
    bl_arena_init(&r->arena, model->context);
    BL_TRY(allocate(r, err));
    *ret_runner = BL_MOVE(r);
    return BL_OK;
}

void bl_runner_free(bl_runner *runner) {
    if (!runner)
        return;
    bl_nn_workspace_free(runner->workspace);
    bl_arena_release(&runner->arena);
    bl_free(runner->model->context, runner);
}

// ---- what comes in ----

/// Whether offsets rise, by no more than an event may have.
static bl_status check_offsets(const bl_model_port *port, size_t n_events, const int64_t *offsets,
                               bl_error *err) {
    if (!port->steps)
        return bl_error_set(err, BL_E_INVALID, "input '%s' is a vector: it has no offsets",
                            port->name);
    for (size_t e = 0; e < n_events; e++) {
        if (offsets[e] < 0 || offsets[e + 1] < offsets[e])
            return bl_error_set(err, BL_E_INVALID, "input '%s': event %zu has rows %lld to %lld",
                                port->name, e, (long long)offsets[e], (long long)offsets[e + 1]);
        if ((uint64_t)(offsets[e + 1] - offsets[e]) > port->steps && !port->cuts)
            return bl_error_set(
                err, BL_E_SHAPE, "input '%s': event %zu has %lld rows, where there may be %zu",
                port->name, e, (long long)(offsets[e + 1] - offsets[e]), port->steps);
    }
    return BL_OK;
}

/// The part of an input that is of some events.
static bl_nn_feed cut_feed(const bl_model_port *port, const bl_model_feed *all, size_t first) {
    size_t stride = all->stride ? all->stride : port->width;
    if (all->offsets)
        return (bl_nn_feed){all->values, stride, all->offsets + first};
    return (bl_nn_feed){all->values + first * (port->steps ? port->steps : 1) * stride, stride,
                        NULL};
}

/// Rows of `n` events, arranged and transformed: event by event, as they were prepared.
static bl_nn_feed arrange_feed(const bl_runner *r, size_t i, size_t n, bl_nn_feed feed) {
    const bl_nn_columns *columns = r->model->transforms[i];
    const room *to = &r->rooms[i];
    size_t steps = r->model->inputs[i].steps, width = columns->n;
    to->offsets[0] = 0;
    for (size_t e = 0; e < n; e++) {
        size_t first = feed.offsets ? (size_t)feed.offsets[e] : e * steps;
        size_t n_rows = feed.offsets ? (size_t)feed.offsets[e + 1] - first : steps;
        size_t n_kept = bl_nn_columns_n_kept(columns, n_rows);
        float *rows = to->rows + (size_t)to->offsets[e] * width;
        bl_nn_columns_arrange(columns, to->scratch, n_rows, feed.data + first * feed.stride,
                              feed.stride, false, rows);
        bl_nn_columns_run(columns, n_kept, rows, width, rows, width);
        to->offsets[e + 1] = to->offsets[e] + (int64_t)bl_nn_columns_pad(columns, n_kept, rows);
    }
    return (bl_nn_feed){to->rows, width, to->offsets};
}

/// Rows of `n` events, transformed.
static bl_nn_feed transform_feed(const bl_runner *r, size_t i, size_t n, bl_nn_feed feed) {
    const bl_model_port *port = &r->model->inputs[i];
    const room *to = &r->rooms[i];
    size_t n_rows = n * (port->steps ? port->steps : 1);
    const float *data = feed.data;
    if (feed.offsets) {
        for (size_t e = 0; e <= n; e++)
            to->offsets[e] = feed.offsets[e] - feed.offsets[0];
        data += (size_t)feed.offsets[0] * feed.stride;
        n_rows = (size_t)to->offsets[n];
    }
    bl_nn_columns_run(r->model->transforms[i], n_rows, data, feed.stride, to->rows, port->width);
    return (bl_nn_feed){to->rows, port->width, feed.offsets ? to->offsets : NULL};
}

// ---- what comes out ----

static void copy_rows(bl_nn_matrix from, size_t n_rows, size_t width, float *to) {
    if (from.stride == width) {
        memcpy(to, from.data, n_rows * width * sizeof *to);
        return;
    }
    for (size_t row = 0; row < n_rows; row++, to += width, from.data += from.stride)
        memcpy(to, from.data, width * sizeof *to);
}

/// \param to the first of the shard's events
static void copy_output(const bl_runner *r, size_t i, size_t n, float *to) {
    const bl_model_port *port = &r->model->outputs[i];
    const uint32_t *offsets = bl_nn_output_offsets(r->workspace, i);
    bl_nn_matrix from = r->outputs[i];
    if (!port->steps) {
        copy_rows(from, n, port->width, to);
        return;
    }
    for (size_t e = 0; e < n; e++, to += port->steps * port->width) {
        size_t n_rows = offsets[e + 1] - offsets[e], n_numbers = n_rows * port->width;
        copy_rows((bl_nn_matrix){from.data + offsets[e] * from.stride, from.stride}, n_rows,
                  port->width, to);
        memset(to + n_numbers, 0, (port->steps * port->width - n_numbers) * sizeof *to);
    }
}

// ---- running ----

static bl_status run_shard(bl_runner *r, size_t first, size_t n, const bl_model_feed *feeds,
                           float *const *ret_outputs, bl_error *err) {
    const bl_model *model = r->model;
    for (size_t i = 0; i < model->bundle->network->n_inputs; i++) {
        r->feeds[i] = cut_feed(&model->inputs[i], &feeds[i], first);
        if (r->rooms[i].scratch)
            r->feeds[i] = arrange_feed(r, i, n, r->feeds[i]);
        else if (model->transforms[i])
            r->feeds[i] = transform_feed(r, i, n, r->feeds[i]);
    }
    BL_TRY(bl_nn_predict(r->workspace, n, r->feeds, r->outputs, err));
    for (size_t i = 0; i < model->bundle->network->n_outputs; i++) {
        const bl_model_port *port = &model->outputs[i];
        size_t size = (port->steps ? port->steps : 1) * port->width;
        if (ret_outputs[i])
            copy_output(r, i, n, ret_outputs[i] + first * size);
    }
    return BL_OK;
}

bl_status bl_runner_run(bl_runner *runner, size_t n_events, const bl_model_feed *feeds,
                        float *const *ret_outputs, bl_error *err) {
    for (size_t i = 0; i < bl_model_n_inputs(runner->model); i++)
        if (feeds[i].offsets)
            BL_TRY(check_offsets(&runner->model->inputs[i], n_events, feeds[i].offsets, err));
    for (size_t first = 0; first < n_events; first += runner->most_events) {
        size_t left = n_events - first;
        size_t n = left < runner->most_events ? left : runner->most_events;
        bl_status status = run_shard(runner, first, n, feeds, ret_outputs, err);
        if (status != BL_OK && first) // layers count events of the shard
            return bl_error_in(err, status, "counted from event %zu", first);
        BL_TRY(status);
    }
    return BL_OK;
}
