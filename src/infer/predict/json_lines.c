// SPDX-License-Identifier: Apache-2.0
// JSON lines: bytes are cut into lines, lines into chunks, and a chunk is a task: its objects are
// parsed, run together and answered. Answers are put in the order of chunks.
#include "infer/predict/json_lines.h"

#include <math.h>

#include "base/context.h"
#include "base/json_text.h"
#include "infer/predict/json_event.h"

enum { CHUNK_LINES = 64 };

typedef struct line {
    const char *text;
    size_t size;
    int64_t number; ///< from 1
} line;

/// What a thread answers lines with.
typedef struct worker {
    bl_runner *runner;
    bl_json_events events;
    bl_model_feed *feeds;
    int64_t (*offsets)[2];
    float *outputs; ///< [CHUNK_LINES × width]
} worker;

/// Lines that are answered together.
typedef struct chunk {
    bl_arena arena;
    bl_text answers;
    size_t n_wrong;
    bl_status first_wrong;
} chunk;

struct bl_json_lines {
    bl_context *context;
    const bl_model *model;
    bl_arena arena;
    bl_status (*put)(void *user, const char *text, size_t size, bl_error *err);
    void *user;
    bl_json_names names;
    size_t width, n_classes;
    const char *const *classes; ///< [n_classes]
    size_t n_workers;
    worker *workers;
    char *pending; ///< [n_pending] a line that has not ended; owns
    size_t n_pending, room;
    bool skips; ///< up to the end of a line that is too long
    int64_t n_lines, n_answered, n_wrong;
    bl_status first_wrong;
    // of the bytes that are answered now
    size_t n_now, lines_room, n_chunks, chunks_room;
    line *lines;   ///< [n_now] owns
    chunk *chunks; ///< [n_chunks] owns
};

// ---- making ----

/// One number of two classes is the second's.
static bl_status find_classes(bl_json_lines *l, bl_error *err) {
    const bl_bundle *bundle = l->model->bundle;
    const bl_model_port *output = bl_model_output(l->model, 0);
    if (bl_model_n_outputs(l->model) != 1 || output->steps)
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "the model has %s; scores are those of one output, a vector",
                            output->steps ? "an output with steps" : "several outputs");
    l->width = output->width;
    l->n_classes = l->width == 1 && bundle->n_classes == 2 ? 2 : l->width;
    if (bundle->n_classes == l->n_classes) {
        l->classes = bundle->classes;
        return BL_OK;
    }
    const char **names = (const char **)bl_arena_array(&l->arena, l->n_classes, sizeof *names);
    for (size_t i = 0; names && i < l->n_classes; i++)
        if (!(names[i] = bl_arena_printf(&l->arena, "%zu", i)))
            names = NULL;
    l->classes = names;
    return names ? BL_OK : bl_error_nomem(err, l->n_classes * sizeof *names, "classes");
}

static bl_status make_worker(bl_json_lines *l, worker *w, bl_error *err) {
    size_t n = bl_model_n_inputs(l->model);
    w->feeds = (bl_model_feed *)bl_arena_array(&l->arena, n + 1, sizeof *w->feeds);
    w->offsets = (int64_t(*)[2])bl_arena_array(&l->arena, n + 1, sizeof *w->offsets);
    w->outputs = (float *)bl_arena_array(&l->arena, CHUNK_LINES * l->width, sizeof *w->outputs);
    if (!w->feeds || !w->offsets || !w->outputs)
        return bl_error_nomem(err, CHUNK_LINES * l->width * sizeof *w->outputs, "scores");
    BL_TRY(bl_json_events_init(&l->arena, &l->names, CHUNK_LINES, &w->events, err));
    return bl_runner_new(l->model, CHUNK_LINES, &w->runner, err);
}

static bl_status fill(bl_json_lines *l, bl_error *err) {
    size_t n = bl_context_n_threads(l->context);
    BL_TRY(find_classes(l, err));
    BL_TRY(bl_json_names_init(&l->arena, l->model, &l->names, err));
    l->workers = (worker *)bl_arena_array(&l->arena, n, sizeof *l->workers);
    if (!l->workers)
        return bl_error_nomem(err, n * sizeof *l->workers, "runners");
    while (l->n_workers < n)
        BL_TRY(make_worker(l, &l->workers[l->n_workers++], err));
    return BL_OK;
}

bl_status bl_json_lines_new(const bl_model *model,
                            bl_status (*put)(void *user, const char *text, size_t size,
                                             bl_error *err),
                            void *user, bl_json_lines **ret_lines, bl_error *err) {
    bl_json_lines *made = (bl_json_lines *)bl_alloc_zero(model->context, 1, sizeof *made);
    if (!made)
        return bl_error_nomem(err, sizeof *made, "JSON lines");
    BL_AUTO(bl_json_lines) lines = made;
    lines->context = model->context;
    lines->model = model;
    lines->put = put;
    lines->user = user;
    bl_arena_init(&lines->arena, model->context);
    BL_TRY(fill(lines, err));
    *ret_lines = BL_MOVE(lines);
    return BL_OK;
}

static void release_chunks(bl_json_lines *l) {
    for (size_t i = 0; i < l->n_chunks; i++)
        bl_arena_release(&l->chunks[i].arena);
    l->n_chunks = 0;
}

void bl_json_lines_free(bl_json_lines *lines) {
    bl_context *context = lines->context;
    for (size_t i = 0; i < lines->n_workers; i++) {
        bl_runner_free(lines->workers[i].runner);
        bl_json_events_release(context, &lines->workers[i].events);
    }
    bl_json_names_release(context, &lines->names);
    release_chunks(lines);
    bl_free(context, lines->lines);
    bl_free(context, lines->chunks);
    bl_free(context, lines->pending);
    bl_arena_release(&lines->arena);
    bl_free(context, lines);
}

int64_t bl_json_lines_n_answered(const bl_json_lines *lines) { return lines->n_answered; }

int64_t bl_json_lines_n_wrong(const bl_json_lines *lines, bl_status *ret_first) {
    *ret_first = lines->first_wrong;
    return lines->n_wrong;
}

// ---- a chunk ----

static void put_scores(const bl_json_lines *l, const float *numbers, bl_text *to) {
    bool is_numbers = bl_bundle_learned(l->model->bundle) == BL_LEARNED_NUMBERS;
    bl_text_add(to, is_numbers ? "{\"predictions\": {" : "{\"scores\": {");
    for (size_t k = 0; k < l->n_classes; k++) {
        float score = l->n_classes == l->width ? numbers[k] : k ? numbers[0] : 1 - numbers[0];
        bl_text_add(to, k ? ", " : "");
        bl_json_put_text(to, l->classes[k]);
        bl_text_add(to, ": ");
        if (isfinite(score))
            bl_text_add_float(to, score);
        else
            bl_text_add(to, "null");
    }
    bl_text_add(to, "}}\n");
}

static void put_error(chunk *c, int64_t number, bl_status status, const bl_error *err) {
    bl_error in_line = *err;
    (void)bl_error_in(&in_line, status, "line %lld", (long long)number);
    bl_text_add(&c->answers, "{\"error\": ");
    bl_json_put_text(&c->answers, in_line.message);
    bl_text_add(&c->answers, "}\n");
    if (!c->n_wrong++)
        c->first_wrong = status;
}

/// Failures that are not a line's.
static bool is_fatal(bl_status status) { return status == BL_E_NOMEM || status == BL_E_CANCELLED; }

static bl_status run_one(const bl_json_lines *l, worker *w, size_t event, bl_error *err) {
    float *outputs = w->outputs + event * l->width;
    bl_json_events_feed(&w->events, event, true, w->offsets, w->feeds);
    return bl_runner_run(w->runner, 1, w->feeds, &outputs, err);
}

/// Runs all events of a chunk; where one fails each is run alone, so that others have answers.
/// \param ret_alone whether they are still to be run
static bl_status run_all(worker *w, bool *ret_alone, bl_error *err) {
    bl_error why = {0};
    *ret_alone = false;
    if (w->events.n == 0)
        return BL_OK;
    bl_json_events_feed(&w->events, w->events.n - 1, false, w->offsets, w->feeds);
    bl_status status = bl_runner_run(w->runner, w->events.n, w->feeds, &w->outputs, &why);
    if (is_fatal(status))
        return bl_error_set(err, status, "%s", why.message);
    *ret_alone = status != BL_OK;
    return BL_OK;
}

/// \param ret_errors [n] of lines that are no events
static bl_status parse_lines(const line *lines, size_t n, worker *w, bl_arena *arena,
                             bl_error *errors, bl_error *err) {
    w->events.n = 0;
    for (size_t i = 0; i < bl_model_n_inputs(w->events.names->model); i++)
        w->events.inputs[i].n = 0;
    for (size_t i = 0; i < n; i++) {
        const bl_item *item = NULL;
        bl_error why = {0};
        bl_status status = BL_E_LIMIT;
        if (lines[i].text)
            status = bl_json_parse(arena, "JSON", lines[i].text, lines[i].size, &item, &why);
        else
            (void)bl_error_set(&why, status, "longer than %zu bytes", BL_JSON_LINE_BYTES);
        if (status == BL_OK)
            status = bl_json_events_add(&w->events, item, &why);
        if (is_fatal(status))
            return bl_error_set(err, status, "%s", why.message);
        errors[i] = why;
        errors[i].status = status;
    }
    return BL_OK;
}

static bl_status answer_chunk(void *argument, size_t index, unsigned number, bl_error *err) {
    bl_json_lines *l = (bl_json_lines *)argument;
    worker *w = &l->workers[number];
    chunk *c = &l->chunks[index];
    const line *lines = l->lines + index * CHUNK_LINES;
    size_t left = l->n_now - index * CHUNK_LINES, n = left < CHUNK_LINES ? left : CHUNK_LINES;
    bl_error *errors = (bl_error *)bl_arena_array(&c->arena, n, sizeof *errors);
    if (!errors)
        return bl_error_nomem(err, n * sizeof *errors, "answers");
    BL_TRY(parse_lines(lines, n, w, &c->arena, errors, err));
    bool alone;
    BL_TRY(run_all(w, &alone, err));
    for (size_t i = 0, event = 0; i < n; i++) {
        bool is_event = errors[i].status == BL_OK;
        if (is_event && alone)
            errors[i].status = run_one(l, w, event, &errors[i]);
        if (is_fatal(errors[i].status))
            return bl_error_set(err, errors[i].status, "%s", errors[i].message);
        if (errors[i].status == BL_OK)
            put_scores(l, w->outputs + event * l->width, &c->answers);
        else
            put_error(c, lines[i].number, errors[i].status, &errors[i]);
        event += is_event;
    }
    return c->answers.has_failed ? bl_error_nomem(err, c->answers.n, "answers") : BL_OK;
}

// ---- lines ----

static bl_status answer_lines(bl_json_lines *l, bl_error *err) {
    size_t n = (l->n_now + CHUNK_LINES - 1) / CHUNK_LINES;
    for (; l->n_chunks < n; l->n_chunks++) {
        BL_TRY(bl_array_grow(l->context, &l->chunks, &l->chunks_room, l->n_chunks,
                             sizeof *l->chunks, "answers", err));
        chunk *c = &l->chunks[l->n_chunks];
        *c = (chunk){.n_wrong = 0};
        bl_arena_init(&c->arena, l->context);
    }
    for (size_t i = 0; i < n; i++) // arenas do not move any more
        l->chunks[i].answers.arena = &l->chunks[i].arena;
    BL_TRY(bl_run_tasks(l->context, answer_chunk, l, n, err));
    for (size_t i = 0; i < n; i++) {
        const chunk *c = &l->chunks[i];
        BL_TRY(l->put(l->user, c->answers.text, c->answers.n, err));
        if (c->n_wrong && !l->n_wrong)
            l->first_wrong = c->first_wrong;
        l->n_wrong += (int64_t)c->n_wrong;
    }
    l->n_answered += (int64_t)l->n_now;
    l->n_now = 0;
    return BL_OK;
}

static bl_status answer(bl_json_lines *l, bl_error *err) {
    bl_status status = l->n_now ? answer_lines(l, err) : BL_OK;
    release_chunks(l);
    return status;
}

static bool is_blank(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r')
            return false;
    return true;
}

/// \param text NULL: it is too long
static bl_status add_line(bl_json_lines *l, const char *text, size_t size, bl_error *err) {
    int64_t number = ++l->n_lines;
    if (text && size <= BL_JSON_LINE_BYTES && is_blank(text, size))
        return BL_OK;
    BL_TRY(bl_array_grow(l->context, &l->lines, &l->lines_room, l->n_now, sizeof *l->lines, "lines",
                         err));
    l->lines[l->n_now++] = (line){size <= BL_JSON_LINE_BYTES ? text : NULL, size, number};
    return BL_OK;
}

/// Keeps what has no end yet; of what is too long nothing.
static bl_status keep(bl_json_lines *l, const char *bytes, size_t size, bl_error *err) {
    if (l->skips || l->n_pending + size > BL_JSON_LINE_BYTES) {
        l->skips = true;
        l->n_pending = 0;
        return BL_OK;
    }
    if (l->n_pending + size > l->room) {
        size_t room = 2 * (l->n_pending + size);
        char *grown = (char *)bl_realloc(l->context, l->pending, room);
        if (!grown)
            return bl_error_nomem(err, room, "a line");
        l->pending = grown;
        l->room = room;
    }
    if (size)
        memcpy(l->pending + l->n_pending, bytes, size);
    l->n_pending += size;
    return BL_OK;
}

/// The end of a line whose beginning was kept.
static bl_status end_pending(bl_json_lines *l, const char *bytes, size_t size, bl_error *err) {
    BL_TRY(keep(l, bytes, size, err));
    BL_TRY(add_line(l, l->skips ? NULL : l->pending, l->n_pending, err));
    l->skips = false;
    BL_TRY(answer(l, err));
    l->n_pending = 0;
    return BL_OK;
}

bl_status bl_json_lines_add(bl_json_lines *l, const char *bytes, size_t size, bl_error *err) {
    const char *end = bytes + size;
    while (bytes < end) {
        const char *stop = (const char *)memchr(bytes, '\n', (size_t)(end - bytes));
        if (!stop)
            break;
        if (l->n_pending || l->skips)
            BL_TRY(end_pending(l, bytes, (size_t)(stop - bytes), err));
        else
            BL_TRY(add_line(l, bytes, (size_t)(stop - bytes), err));
        bytes = stop + 1;
    }
    BL_TRY(answer(l, err));
    return keep(l, bytes, (size_t)(end - bytes), err);
}

bl_status bl_json_lines_finish(bl_json_lines *l, bl_error *err) {
    return l->n_pending || l->skips ? end_pending(l, "", 0, err) : BL_OK;
}
