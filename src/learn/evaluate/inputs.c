// SPDX-License-Identifier: Apache-2.0
#include "learn/evaluate/inputs.h"

#include <string.h>

#include "data/loader/loader.h"

enum { BATCH_EVENTS = 256, WINDOW_BYTES = 16 << 20 };

typedef struct reading {
    bl_arena *arena;
    const bl_evaluation *evaluation;
    size_t most_events, n_numbers;
    size_t *rooms; ///< [n_inputs] rows that there is room for
    size_t next;   ///< event of the test that comes
    bl_inputs to;
} reading;

static bl_status start(reading *r, bl_error *err) {
    size_t n_inputs = r->evaluation->prepared->n_inputs, n = r->most_events;
    size_t n_targets = r->evaluation->n_targets;
    bl_inputs *to = &r->to;
    to->inputs = (bl_input_values *)bl_arena_array(r->arena, n_inputs + 1, sizeof *to->inputs);
    to->labels = (int32_t *)bl_arena_array(r->arena, n + 1, sizeof *to->labels);
    to->truths = (double *)bl_arena_array(r->arena, n + 1, (n_targets + 1) * sizeof *to->truths);
    to->physics = (double *)bl_arena_array(r->arena, n + 1, sizeof *to->physics);
    to->folds = (size_t *)bl_arena_array(r->arena, n + 1, sizeof *to->folds);
    r->rooms = (size_t *)bl_arena_array(r->arena, n_inputs + 1, sizeof *r->rooms);
    bool is_there = to->inputs && to->labels && to->truths && to->physics && to->folds && r->rooms;
    for (size_t i = 0; is_there && i < n_inputs; i++) {
        to->inputs[i].of = &r->evaluation->prepared->inputs[i];
        to->inputs[i].offsets = (int64_t *)bl_arena_array(r->arena, n + 1, sizeof(int64_t));
        is_there = to->inputs[i].offsets != NULL;
    }
    return is_there ? BL_OK : bl_error_nomem(err, n * sizeof(int64_t), "events' inputs");
}

static size_t rows_of(const bl_loaded_input *input, size_t event) {
    return input->offsets ? (size_t)(input->offsets[event + 1] - input->offsets[event]) : 1;
}

/// One event's rows behind those that are there.
static bl_status take_rows(reading *r, size_t i, const bl_loaded_input *from, size_t event,
                           bl_error *err) {
    bl_input_values *to = &r->to.inputs[i];
    size_t n = rows_of(from, event), width = to->of->width, there = (size_t)to->offsets[r->to.n];
    size_t first = from->offsets ? (size_t)from->offsets[event] : event;
    if (there + n > r->rooms[i]) {
        size_t room = 2 * (there + n) + BATCH_EVENTS;
        float *wider = (float *)bl_arena_array(r->arena, room, width * sizeof *wider);
        if (!wider)
            return bl_error_nomem(err, room * width * sizeof *wider, "events' inputs");
        if (there)
            memcpy(wider, to->values, there * width * sizeof *wider);
        to->values = wider;
        r->rooms[i] = room;
    }
    if (n)
        memcpy(to->values + there * width, from->data + first * width, n * width * sizeof(float));
    to->offsets[r->to.n + 1] = (int64_t)(there + n);
    r->n_numbers += n * width;
    return BL_OK;
}

static bl_status take_event(reading *r, const bl_loaded *from, size_t event, size_t fold,
                            bl_error *err) {
    const bl_scored *test = r->evaluation->test;
    size_t m = r->evaluation->n_targets;
    for (size_t i = 0; i < r->evaluation->prepared->n_inputs; i++)
        BL_TRY(take_rows(r, i, &from->inputs[i], event, err));
    r->to.labels[r->to.n] = test->labels[r->next];
    if (m)
        memcpy(r->to.truths + r->to.n * m, test->truths + r->next * m, m * sizeof(double));
    r->to.physics[r->to.n] = from->physics[event];
    r->to.folds[r->to.n] = fold;
    r->to.n++;
    r->next++;
    return BL_OK;
}

/// \param most_events, most_numbers that there may be in all, then
static bl_status read_part(reading *r, const char *part, size_t fold, size_t most_events,
                           size_t most_numbers, bl_error *err) {
    const bl_loader_options options = {
        .parts = &part, .n_parts = 1, .batch_events = BATCH_EVENTS, .window_bytes = WINDOW_BYTES};
    const bl_evaluation *e = r->evaluation;
    BL_AUTO(bl_loader) loader = NULL;
    bl_loaded loaded;
    bl_status status = BL_OK;
    BL_TRY(bl_loader_open(e->context, e->prepared, &options, &loader, err));
    BL_TRY(bl_loader_begin(loader, 0, 0, err));
    while (r->to.n < most_events && r->n_numbers < most_numbers) {
        if ((status = bl_loader_next(loader, &loaded, err)) != BL_OK)
            break;
        for (size_t i = 0;
             i < loaded.n_events && r->to.n < most_events && r->n_numbers < most_numbers; i++)
            BL_TRY(take_event(r, &loaded, i, fold, err));
    }
    return status == BL_END ? BL_OK : status;
}

bl_status bl_inputs_read(bl_arena *arena, const bl_evaluation *evaluation, size_t most_events,
                         size_t most_numbers, bl_inputs *ret_inputs, bl_error *err) {
    const bl_scored *test = evaluation->test;
    if (most_events > test->n)
        most_events = test->n;
    reading r = {.arena = arena, .evaluation = evaluation, .most_events = most_events};
    BL_TRY(start(&r, err));
    for (size_t i = 0, first = 0; i < test->n_parts; i++) {
        r.next = first;
        BL_TRY(read_part(&r, test->parts[i], test->folds[i], most_events * (i + 1) / test->n_parts,
                         most_numbers / test->n_parts * (i + 1), err));
        first += (size_t)bl_prepared_find(evaluation->prepared, test->parts[i])->n_rows;
    }
    *ret_inputs = r.to;
    return BL_OK;
}
