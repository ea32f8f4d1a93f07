// SPDX-License-Identifier: Apache-2.0
// Whether model and data fit each other; scores of events, a shard of the network a task.
#include "learn/evaluate/scoring.h"

#include "base/context.h"

/// What a thread scores events with.
typedef struct bl_scoring_worker {
    bl_runner *runner;
    bl_model_feed *feeds; ///< [n_inputs] of some events
    float **outputs;      ///< [outputs of the model] all but the first are not wanted
} worker;

// ---- inputs ----

static bl_status check_columns(const bl_prepared_input *input, const bl_model_port *port,
                               bl_error *err) {
    for (size_t i = 0; port->columns && input->columns && i < port->width; i++)
        if (input->columns[i] && strcmp(port->columns[i], input->columns[i]) != 0)
            return bl_error_set(err, BL_E_SHAPE,
                                "number %zu of the model's input '%s' is '%s', of the data's '%s' "
                                "'%s'",
                                i, port->name, port->columns[i], input->name, input->columns[i]);
    return BL_OK;
}

static bl_status find_input(const bl_prepared *prepared, bl_scoring *s, size_t i, bl_error *err) {
    const bl_model_port *port = bl_model_input(s->model, i);
    const bl_prepared_input *input = NULL;
    bl_wanted_input want = {port->name, port->width, port->steps, port->cuts, s->n_inputs == 1};
    BL_TRY(bl_prepared_find_input(prepared, &want, &input, err));
    s->inputs[i] = input->name;
    return check_columns(input, port, err);
}

// ---- the output ----

/// A classifier is compared with classifiers, and with nothing else.
static bl_status check_kind(const bl_prepared *prepared, const bl_bundle *bundle, bl_error *err) {
    bool is_numbers = prepared->label_kind == BL_LABEL_NUMBERS;
    bl_learned learned = bl_bundle_learned(bundle);
    if (learned == BL_LEARNED_UNKNOWN || is_numbers == (learned == BL_LEARNED_NUMBERS))
        return BL_OK;
    return bl_error_set(err, BL_E_SHAPE,
                        is_numbers ? "the model tells classes apart, and labels of the data are "
                                     "numbers to predict: both cannot be on one page"
                                   : "the model predicts numbers, and labels of the data are "
                                     "classes: both cannot be on one page");
}

/// What the data want of a model: "classes", "numbers to predict".
static const char *labels_of(const bl_prepared *prepared) {
    return prepared->label_kind == BL_LABEL_NUMBERS ? "numbers to predict" : "classes";
}

static bl_status list_classes(size_t n, const char *const *classes, bl_status status,
                              bl_error *err) {
    for (size_t i = 0; i < n; i++)
        status = bl_error_hint(err, status, "%s%s", i ? ", " : " ", classes[i]);
    return status;
}

static bl_status unknown_class(const bl_prepared *prepared, const bl_bundle *bundle,
                               const char *name, bl_error *err) {
    bool is_numbers = prepared->label_kind == BL_LABEL_NUMBERS;
    bl_status status =
        bl_error_set(err, BL_E_SHAPE, "the data have no %s '%s'; %s of the model are",
                     is_numbers ? "number" : "class", name, is_numbers ? "numbers" : "classes");
    status = list_classes(bundle->n_classes, bundle->classes, status, err);
    status = bl_error_hint(err, status, ", of the data");
    return list_classes(prepared->n_classes, prepared->classes, status, err);
}

/// Which class or target of the data each number of the output is of: by name, or else by place.
static bl_status find_classes(const bl_prepared *prepared, bl_scoring *s, size_t width,
                              bl_error *err) {
    const bl_bundle *bundle = s->model->bundle;
    bool has_names = bundle->n_classes == width;
    for (size_t i = 0; i < width; i++) {
        s->classes[i] = width < s->width ? 1 : i;
        if (!has_names)
            continue;
        for (s->classes[i] = 0; s->classes[i] < prepared->n_classes; s->classes[i]++)
            if (strcmp(bundle->classes[i], prepared->classes[s->classes[i]]) == 0)
                break;
        if (s->classes[i] == prepared->n_classes)
            return unknown_class(prepared, bundle, bundle->classes[i], err);
    }
    return BL_OK;
}

static bl_status fit_output(const bl_prepared *prepared, bl_scoring *s, bl_error *err) {
    const bl_model_port *port = bl_model_output(s->model, 0);
    bool is_second =
        port->width == 1 && prepared->n_classes == 2 && prepared->label_kind != BL_LABEL_NUMBERS;
    if (port->steps)
        return bl_error_set(err, BL_E_SHAPE,
                            "the model's output '%s' is a sequence, the data have "
                            "one label an event",
                            port->name);
    if (port->width != prepared->n_classes && !is_second) {
        bl_status status = bl_error_set(
            err, BL_E_SHAPE,
            "the model's output '%s' has %zu number%s, the data have %zu %s:", port->name,
            port->width, port->width == 1 ? "" : "s", prepared->n_classes, labels_of(prepared));
        return list_classes(prepared->n_classes, prepared->classes, status, err);
    }
    s->classes = (size_t *)bl_arena_array(&s->arena, port->width + 1, sizeof *s->classes);
    if (!s->classes)
        return bl_error_nomem(err, port->width * sizeof *s->classes, "classes");
    return find_classes(prepared, s, port->width, err);
}

// ---- workers ----

static bl_status make_worker(bl_scoring *s, worker *w, bl_error *err) {
    size_t m = bl_model_n_outputs(s->model), width = bl_model_output(s->model, 0)->width;
    w->feeds = (bl_model_feed *)bl_arena_array(&s->arena, s->n_inputs + 1, sizeof *w->feeds);
    w->outputs = (float **)bl_arena_array(&s->arena, m, sizeof *w->outputs);
    float *output = (float *)bl_arena_array(&s->arena, BL_NN_SHARD_EVENTS * width, sizeof(float));
    if (!w->feeds || !w->outputs || !output)
        return bl_error_nomem(err, BL_NN_SHARD_EVENTS * width * sizeof(float), "scores");
    w->outputs[0] = output;
    return bl_runner_new(s->model, BL_NN_SHARD_EVENTS, &w->runner, err);
}

static bl_status make_workers(bl_scoring *s, bl_error *err) {
    size_t n = bl_context_n_threads(s->context);
    s->workers = (worker *)bl_arena_array(&s->arena, n, sizeof *s->workers);
    if (!s->workers)
        return bl_error_nomem(err, n * sizeof *s->workers, "workers");
    for (; s->n_workers < n; s->n_workers++)
        BL_TRY(make_worker(s, &s->workers[s->n_workers], err));
    return BL_OK;
}

bl_status bl_scoring_init(bl_context *context, const bl_model *model, const bl_prepared *prepared,
                          bl_scoring *scoring, bl_error *err) {
    *scoring = (bl_scoring){.context = context,
                            .model = model,
                            .width = prepared->n_classes,
                            .n_inputs = bl_model_n_inputs(model)};
    bl_arena_init(&scoring->arena, context);
    scoring->inputs =
        (const char **)bl_arena_array(&scoring->arena, scoring->n_inputs + 1, sizeof(char *));
    if (!scoring->inputs)
        return bl_error_nomem(err, scoring->n_inputs * sizeof(char *), "inputs");
    BL_TRY(check_kind(prepared, model->bundle, err));
    for (size_t i = 0; i < scoring->n_inputs; i++)
        BL_TRY(find_input(prepared, scoring, i, err));
    BL_TRY(fit_output(prepared, scoring, err));
    return make_workers(scoring, err);
}

void bl_scoring_release(bl_scoring *scoring) {
    for (size_t i = 0; i < scoring->n_workers; i++)
        bl_runner_free(scoring->workers[i].runner);
    bl_arena_release(&scoring->arena);
    *scoring = (bl_scoring){0};
}

// ---- events ----

typedef struct batch {
    const bl_scoring *scoring;
    size_t n_events;
    const bl_model_feed *feeds;
    float *scores;
} batch;

/// Numbers of the output go to their classes, or targets.
static void put_scores(const bl_scoring *s, size_t n, const float *output, float *to) {
    size_t width = bl_model_output(s->model, 0)->width;
    for (size_t e = 0; e < n; e++, output += width, to += s->width) {
        for (size_t i = 0; i < width; i++)
            to[s->classes[i]] = output[i];
        if (width < s->width)
            to[1 - s->classes[0]] = 1 - output[0];
    }
}

static bl_status run_shard(void *argument, size_t shard, unsigned number, bl_error *err) {
    const batch *b = (const batch *)argument;
    const bl_scoring *s = b->scoring;
    worker *w = &s->workers[number];
    size_t first = shard * BL_NN_SHARD_EVENTS, left = b->n_events - first;
    size_t n = left < BL_NN_SHARD_EVENTS ? left : BL_NN_SHARD_EVENTS;
    for (size_t i = 0; i < s->n_inputs; i++) {
        const bl_model_port *port = bl_model_input(s->model, i);
        size_t stride = b->feeds[i].stride ? b->feeds[i].stride : port->width;
        w->feeds[i] = b->feeds[i];
        if (b->feeds[i].offsets)
            w->feeds[i].offsets += first;
        else
            w->feeds[i].values += first * (port->steps ? port->steps : 1) * stride;
    }
    BL_TRY_IN(bl_runner_run(w->runner, n, w->feeds, w->outputs, err), err, "counted from event %zu",
              first);
    put_scores(s, n, w->outputs[0], b->scores + first * s->width);
    return BL_OK;
}

bl_status bl_scoring_run(bl_scoring *scoring, size_t n_events, const bl_model_feed *feeds,
                         float *ret_scores, bl_error *err) {
    batch b = {scoring, n_events, feeds, ret_scores};
    return bl_run_tasks(scoring->context, run_shard, &b,
                        (n_events + BL_NN_SHARD_EVENTS - 1) / BL_NN_SHARD_EVENTS, err);
}
