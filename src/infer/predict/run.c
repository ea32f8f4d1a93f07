// SPDX-License-Identifier: Apache-2.0
// Events through models, a block a task: numbers are gathered from columns, arranged and
// transformed where the network reads them. Each thread has memory of its own, which grows only
// with the largest event.
#include <string.h>

#include "base/context.h"
#include "infer/predict/private.h"

enum { BLOCK = BL_NN_SHARD_EVENTS };

/// Memory for an input of a block.
typedef struct input_room {
    float *rows;      ///< [BLOCK × steps × width] as the network takes them
    int64_t *offsets; ///< [BLOCK + 1] of a sequence; NULL: a vector
    bl_room raw;      ///< rows of an event before they are arranged, behind them what that takes
    bl_room doubles;  ///< rows before they are rounded
} input_room;

/// What a thread runs blocks with.
typedef struct bl_predict_worker {
    bl_nn_workspace **workspaces; ///< [n_models]
    input_room *inputs;           ///< [n_inputs]
    bl_nn_feed *feeds;            ///< [n_inputs]
} bl_predict_worker;

// ---- memory ----

bl_status bl_room_reserve(bl_context *context, bl_room *room, size_t n_bytes, bl_error *err) {
    if (n_bytes <= room->capacity)
        return BL_OK;
    n_bytes += n_bytes / 2;
    bl_room_release(context, room);
    room->memory = bl_alloc(context, n_bytes);
    if (!room->memory)
        return bl_error_nomem(err, n_bytes, "events");
    room->capacity = n_bytes;
    return BL_OK;
}

void bl_room_release(bl_context *context, bl_room *room) {
    bl_free(context, room->memory);
    *room = (bl_room){0};
}

static bl_status make_input(bl_predictor *p, const bl_model_port *port, input_room *room,
                            bl_error *err) {
    size_t n_rows = BLOCK * (port->steps ? port->steps : 1);
    room->rows = (float *)bl_arena_array(&p->arena, n_rows, port->width * sizeof(float));
    if (port->steps)
        room->offsets = (int64_t *)bl_arena_array(&p->arena, BLOCK + 1, sizeof(int64_t));
    if (!room->rows || (port->steps && !room->offsets))
        return bl_error_nomem(err, n_rows * port->width * sizeof(float), "inputs");
    return BL_OK;
}

static bl_status make_worker(bl_predictor *p, bl_predict_worker *w, bl_error *err) {
    bl_arena *arena = &p->arena;
    w->inputs = (input_room *)bl_arena_array(arena, p->n_inputs + 1, sizeof *w->inputs);
    w->feeds = (bl_nn_feed *)bl_arena_array(arena, p->n_inputs + 1, sizeof *w->feeds);
    w->workspaces = (bl_nn_workspace **)bl_arena_array(arena, p->n_models, sizeof(void *));
    if (!w->inputs || !w->feeds || !w->workspaces)
        return bl_error_nomem(err, 0, "a predictor");
    for (size_t i = 0; i < p->n_inputs; i++)
        BL_TRY(make_input(p, bl_model_input(p->models[0], i), &w->inputs[i], err));
    for (size_t k = 0; k < p->n_models; k++)
        BL_TRY(bl_nn_workspace_new(p->models[k]->bundle->network, BLOCK, false, &w->workspaces[k],
                                   err));
    return BL_OK;
}

bl_status bl_predictor_make_workers(bl_predictor *predictor, bl_error *err) {
    size_t n = bl_context_n_threads(predictor->context), n_models = predictor->n_models;
    bl_arena *arena = &predictor->arena;
    predictor->workers = (bl_predict_worker *)bl_arena_array(arena, n, sizeof(bl_predict_worker));
    predictor->starts = (size_t *)bl_arena_array(arena, n_models + 1, sizeof(size_t));
    predictor->blocks = (size_t *)bl_arena_array(arena, n_models + 1, sizeof(size_t));
    if (!predictor->workers || !predictor->starts || !predictor->blocks)
        return bl_error_nomem(err, 0, "a predictor");
    while (predictor->n_workers < n)
        BL_TRY(make_worker(predictor, &predictor->workers[predictor->n_workers++], err));
    return BL_OK;
}

void bl_predictor_free_workers(bl_predictor *predictor) {
    for (size_t i = 0; i < predictor->n_workers; i++) {
        const bl_predict_worker *w = &predictor->workers[i];
        for (size_t k = 0; w->workspaces && k < predictor->n_models; k++)
            bl_nn_workspace_free(w->workspaces[k]);
        for (size_t k = 0; w->inputs && k < predictor->n_inputs; k++) {
            bl_room_release(predictor->context, &w->inputs[k].raw);
            bl_room_release(predictor->context, &w->inputs[k].doubles);
        }
    }
    bl_room_release(predictor->context, &predictor->order);
    bl_room_release(predictor->context, &predictor->folds);
}

// ---- blocks ----

/// Some events of one model.
typedef struct block {
    const bl_predict_events *events;
    bl_predict_worker *worker;
    size_t model, first, n; ///< of the events by model
} block;

/// The event of a block, as the batch counts.
static size_t event_of(const block *b, size_t i) {
    return b->events->order ? b->events->order[b->first + i] : b->first + i;
}

bl_status bl_predict_error(const bl_predict_events *events, size_t event, bl_status status,
                           bl_error *err) {
    size_t hint = 0;
    if (!events->stretch)
        return bl_error_in(err, status, "event %zu", event);
    bl_event_place place = bl_stretch_place(events->stretch, events->rows[event], &hint);
    return bl_error_in(err, status, "%s: entry %lld", place.file->url, (long long)place.entry);
}

/// An input of a block on its way.
typedef struct filling {
    const block *block;
    bl_gathering from;
    const bl_nn_columns *columns;
    const bl_model_port *port;
    input_room *room;
    size_t row_bytes; ///< as they are gathered
} filling;

/// Transforms rows. \param x as they are gathered; may be `rows`
/// \param room of as many doubles, where that is what x is; may be x
static void transform(const filling *f, size_t n_rows, const void *x, double *room, float *rows) {
    size_t width = f->port->width;
    if (!f->from.is_double) {
        bl_nn_columns_run(f->columns, n_rows, (const float *)x, width, rows, width);
        return;
    }
    bl_nn_columns_run_double(f->columns, n_rows, (const double *)x, width, room, width);
    for (size_t i = 0; i < n_rows * width; i++)
        rows[i] = (float)room[i];
}

/// Memory for as many rows as they are gathered: that of the input's, or doubles.
static bl_status reserve(const filling *f, size_t n_rows, float *rows, void **ret_made,
                         bl_error *err) {
    bl_context *context = f->block->events->binding->predictor->context;
    *ret_made = rows;
    if (!f->from.is_double)
        return BL_OK;
    BL_TRY(bl_room_reserve(context, &f->room->doubles, n_rows * f->row_bytes, err));
    *ret_made = f->room->doubles.memory;
    return BL_OK;
}

// ---- vectors ----

/// Events of a block that follow each other, from the i-th on.
static size_t n_neighbours(const block *b, size_t i) {
    size_t n = 1;
    while (i + n < b->n && event_of(b, i + n) == event_of(b, i) + n)
        n++;
    return n;
}

static bl_status fill_vectors(filling *f, bl_error *err) {
    const block *b = f->block;
    void *made;
    BL_TRY(reserve(f, b->n, f->room->rows, &made, err));
    for (size_t i = 0, n; i < b->n; i += n) {
        int64_t first = (int64_t)event_of(b, i), wrong = first;
        n = n_neighbours(b, i);
        bl_status status =
            bl_gather_vectors(&f->from, first, n, (uint8_t *)made + i * f->row_bytes, &wrong, err);
        if (status != BL_OK)
            return bl_predict_error(b->events, (size_t)wrong, status, err);
    }
    transform(f, b->n, made, (double *)made, f->room->rows);
    return BL_OK;
}

// ---- sequences ----

static bl_status check_rows(const filling *f, size_t n_rows, size_t n_kept, bl_error *err) {
    if (n_kept <= f->port->steps)
        return BL_OK;
    return bl_error_set(err, BL_E_SHAPE,
                        "inputs.%s: there are %zu rows, where the model's '%s' takes %zu; "
                        "`length` cuts them",
                        f->from.input->config->name, n_rows, f->port->name, f->port->steps);
}

/// Rows as they are transformed, but for that. \param room [n_kept × row_bytes] for a copy
static bl_status gather_rows(const filling *f, size_t event, size_t n_rows, void *room,
                             const void **ret_rows, bl_error *err) {
    enum { ALIGN = 64 };
    size_t raw = (n_rows * f->row_bytes + ALIGN - 1) / ALIGN * ALIGN;
    bl_context *context = f->block->events->binding->predictor->context;
    if (!bl_nn_columns_arranges(f->columns)) {
        *ret_rows = bl_gather_look(&f->from, (int64_t)event, room, &n_rows);
        return BL_OK;
    }
    size_t n_bytes = raw + bl_nn_columns_scratch_bytes(f->columns, n_rows);
    BL_TRY(bl_room_reserve(context, &f->room->raw, n_bytes, err));
    uint8_t *memory = (uint8_t *)f->room->raw.memory;
    const void *x = bl_gather_look(&f->from, (int64_t)event, memory, &n_rows);
    bl_nn_columns_arrange(f->columns, memory + raw, n_rows, x, f->port->width, f->from.is_double,
                          room);
    *ret_rows = room;
    return BL_OK;
}

/// \param ret_n rows that the network sees
static bl_status fill_rows(const filling *f, size_t event, float *rows, size_t *ret_n,
                           bl_error *err) {
    size_t n_rows = 0;
    BL_TRY(bl_gather_count(&f->from, (int64_t)event, &n_rows, err));
    size_t n_kept = bl_nn_columns_n_kept(f->columns, n_rows);
    BL_TRY(check_rows(f, n_rows, n_kept, err));
    if (n_rows) {
        void *room;
        const void *x;
        BL_TRY(reserve(f, n_kept, rows, &room, err));
        BL_TRY(gather_rows(f, event, n_rows, room, &x, err));
        transform(f, n_kept, x, (double *)room, rows);
    }
    *ret_n = bl_nn_columns_pad(f->columns, n_kept, rows);
    return BL_OK;
}

static bl_status fill_sequences(filling *f, bl_error *err) {
    const block *b = f->block;
    int64_t *offsets = f->room->offsets;
    offsets[0] = 0;
    for (size_t i = 0; i < b->n; i++) {
        float *rows = f->room->rows + (size_t)offsets[i] * f->port->width;
        size_t n = 0;
        bl_status status = fill_rows(f, event_of(b, i), rows, &n, err);
        if (status != BL_OK)
            return bl_predict_error(b->events, event_of(b, i), status, err);
        offsets[i + 1] = offsets[i] + (int64_t)n;
    }
    return BL_OK;
}

// ---- running ----

static bl_status fill(block *b, size_t i, bl_error *err) {
    const bl_predictor *p = b->events->binding->predictor;
    const bl_bound_input *input = &b->events->binding->inputs[i];
    bool is_double = p->config.prepare.is_double;
    filling f = {.block = b,
                 .from = {.input = &input->input,
                          .batch = b->events->batch,
                          .columns = input->columns,
                          .is_double = is_double},
                 .columns = input->transforms[b->model],
                 .port = bl_model_input(p->models[0], i),
                 .room = &b->worker->inputs[i]};
    f.row_bytes = f.port->width * (is_double ? sizeof(double) : sizeof(float));
    BL_TRY(f.port->steps ? fill_sequences(&f, err) : fill_vectors(&f, err));
    b->worker->feeds[i] = (bl_nn_feed){f.room->rows, f.port->width, f.room->offsets};
    return BL_OK;
}

static void put_scores(const block *b, bl_nn_matrix from) {
    const bl_predictor *p = b->events->binding->predictor;
    size_t n = p->n_classes;
    for (size_t i = 0; i < b->n; i++) {
        float *to = b->events->scores + event_of(b, i) * n;
        const float *numbers = from.data + i * from.stride;
        if (p->is_second) {
            to[0] = 1 - numbers[0];
            to[1] = numbers[0];
        } else {
            memcpy(to, numbers, n * sizeof *to);
        }
    }
}

static bl_status run_block(void *argument, size_t index, unsigned number, bl_error *err) {
    const bl_predict_events *events = (const bl_predict_events *)argument;
    const bl_predictor *p = events->binding->predictor;
    block b = {.events = events, .worker = &p->workers[number]};
    bl_nn_matrix output;
    while (index >= p->blocks[b.model + 1])
        b.model++;
    b.first = p->starts[b.model] + (index - p->blocks[b.model]) * BLOCK;
    b.n = p->starts[b.model + 1] - b.first;
    b.n = b.n < BLOCK ? b.n : BLOCK;
    for (size_t i = 0; i < p->n_inputs; i++)
        BL_TRY(fill(&b, i, err));
    bl_status status =
        bl_nn_predict(b.worker->workspaces[b.model], b.n, b.worker->feeds, &output, err);
    if (status != BL_OK) // layers count events of the block
        return bl_predict_error(events, event_of(&b, 0), bl_error_in(err, status, "or behind it"),
                                err);
    put_scores(&b, output);
    return BL_OK;
}

bl_status bl_predict_run(bl_predict_events *events, bl_error *err) {
    bl_predictor *p = events->binding->predictor;
    if (!events->order) {
        p->starts[0] = 0;
        p->starts[1] = (size_t)events->batch->n_rows;
    }
    p->blocks[0] = 0;
    for (size_t k = 0; k < p->n_models; k++)
        p->blocks[k + 1] = p->blocks[k] + (p->starts[k + 1] - p->starts[k] + BLOCK - 1) / BLOCK;
    return bl_run_tasks(p->context, run_block, events, p->blocks[p->n_models], err);
}
