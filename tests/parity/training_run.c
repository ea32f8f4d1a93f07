// SPDX-License-Identifier: Apache-2.0
// usage: training_run CASES.json
// Does what each case of a list says, with losses, optimisers, schedules, clips, regularisers and
// metrics, and prints one list of numbers for each as a line of JSON. training_keras.py makes
// cases.
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/document.h"
#include "nn/training/clip.h"
#include "nn/training/loss.h"
#include "nn/training/metrics.h"
#include "nn/training/optimizer.h"
#include "nn/training/regularizer.h"
#include "nn/training/schedule.h"

/// What a case of one kind does with its map.
typedef struct run {
    bl_arena *arena;
    const bl_item *item; ///< the case
    const bl_item *what; ///< what its first key says: a loss, an optimizer …
    bool has_printed;
} run;

static void print(run *r, double value) {
    printf("%s%.17g", r->has_printed ? ", " : "", value);
    r->has_printed = true;
}

static void print_all(run *r, const float *values, size_t n) {
    for (size_t i = 0; i < n; i++)
        print(r, (double)values[i]);
}

static double number(const run *r, const char *key, double otherwise) {
    const bl_item *item = bl_item_get(r->item, key);
    return item ? item->number : otherwise;
}

/// A list of numbers; NULL where there is none, or no memory.
static float *floats_of(bl_arena *arena, const bl_item *list, size_t *ret_n) {
    float *values = list ? bl_arena_array(arena, list->n + 1, sizeof *values) : NULL;
    for (size_t i = 0; values && i < list->n; i++)
        values[i] = (float)list->items[i]->number;
    *ret_n = values ? list->n : 0;
    return values;
}

static float *floats(const run *r, const char *key, size_t *ret_n) {
    return floats_of(r->arena, bl_item_get(r->item, key), ret_n);
}

static float *zeros(const run *r, size_t n) { return bl_arena_array(r->arena, n + 1, 4); }

/// Σ w·ℓ, then the gradient.
static bl_status loss(run *r, bl_error *err) {
    bl_nn_loss read;
    size_t m, n_all, n_targets;
    double sum = 0;
    BL_TRY(bl_nn_loss_read(r->what, &read, err));
    bl_nn_loss_rows rows = {.predictions = floats(r, "predictions", &n_all),
                            .targets = floats(r, "targets", &n_targets),
                            .weights = floats(r, "weights", &m)};
    rows.m = m;
    rows.n = rows.stride = m ? n_all / m : 0;
    rows.target_stride = m ? n_targets / m : 0;
    rows.scratch = zeros(r, 2 * n_all);
    float *gradient = zeros(r, n_all);
    if (!rows.scratch || !gradient)
        return bl_error_nomem(err, n_all, "rows");
    BL_TRY(bl_nn_loss_run(bl_nn_kernels_get(), &read, &rows, number(r, "scale", 1), gradient,
                          rows.n, &sum, err));
    print(r, sum);
    print_all(r, gradient, n_all);
    return BL_OK;
}

/// Parameters after each step.
static bl_status optimizer(run *r, bl_error *err) {
    bl_nn_optimizer read;
    size_t n;
    BL_TRY(bl_nn_optimizer_read(r->what, &read, err));
    float *parameters = floats(r, "parameters", &n), *moments = zeros(r, 3 * n);
    const bl_item *gradients = bl_item_get(r->item, "gradients");
    for (size_t k = 0; k < gradients->n; k++) {
        size_t same;
        const float *gradient = floats_of(r->arena, gradients->items[k], &same);
        if (!parameters || !moments || !gradient || same != n)
            return bl_error_nomem(err, n, "parameters");
        const bl_nn_optimizer_blocks blocks = {n, parameters, gradient, moments, n};
        bl_nn_optimizer_step(bl_nn_kernels_get(), &read, read.learning_rate, k + 1, &blocks, 0, n);
        print_all(r, parameters, n);
    }
    return BL_OK;
}

/// Learning rates at some steps.
static bl_status schedule(run *r, bl_error *err) {
    bl_nn_schedule read;
    BL_TRY(bl_nn_schedule_read(r->arena, r->what, number(r, "learning_rate", 0), &read, err));
    const bl_item *steps = bl_item_get(r->item, "steps");
    for (size_t i = 0; i < steps->n; i++)
        print(r, bl_nn_schedule_at(&read, steps->items[i]->integer));
    return BL_OK;
}

/// Learning rates after each epoch.
static bl_status plateau(run *r, bl_error *err) {
    bl_nn_plateau read;
    bl_nn_plateau_state state = {0};
    double rate = number(r, "learning_rate", 0);
    BL_TRY(bl_nn_plateau_read(r->what, &read, err));
    const bl_item *values = bl_item_get(r->item, "values");
    for (size_t i = 0; i < values->n; i++) {
        rate = bl_nn_plateau_next(&read, &state, values->items[i]->number, rate);
        print(r, rate);
    }
    return BL_OK;
}

/// Gradients when they are clipped.
static bl_status clip(run *r, bl_error *err) {
    enum { MOST = 8 };
    bl_nn_clip read;
    bl_nn_array arrays[MOST] = {0};
    BL_TRY(bl_nn_clip_read(r->what, &read, err));
    const bl_item *lists = bl_item_get(r->item, "arrays");
    size_t n = lists->n < MOST ? lists->n : MOST;
    for (size_t i = 0; i < n; i++)
        arrays[i].values = floats_of(r->arena, lists->items[i], &arrays[i].n);
    bl_nn_clip_run(&read, arrays, n);
    for (size_t i = 0; i < n; i++)
        print_all(r, arrays[i].values, arrays[i].n);
    return BL_OK;
}

/// Its value, then the gradient.
static bl_status regularizer(run *r, bl_error *err) {
    bl_nn_regularizer read;
    size_t n;
    BL_TRY(bl_nn_regularizer_read(r->what, &read, err));
    float *parameters = floats(r, "parameters", &n), *gradient = zeros(r, n);
    if (!parameters || !gradient)
        return bl_error_nomem(err, n, "parameters");
    print(r, bl_nn_regularizer_add(&read, parameters, n, gradient));
    print_all(r, gradient, n);
    return BL_OK;
}

/// Accuracy, then the area of each class.
static bl_status metrics(run *r, bl_error *err) {
    size_t m, n_all, n_targets;
    bl_nn_metrics_rows rows = {.predictions = floats(r, "predictions", &n_all),
                               .targets = floats(r, "targets", &n_targets),
                               .weights = floats(r, "weights", &m)};
    rows.m = m;
    rows.stride = m ? n_all / m : 0;
    rows.target_stride = m ? n_targets / m : 0;
    bl_nn_metrics_options options =
        bl_nn_metrics_default(rows.stride, (bl_nn_targets)number(r, "kind", 0));
    BL_AUTO(bl_nn_metrics) made = NULL;
    BL_TRY(bl_nn_metrics_read(r->what, &options, err));
    BL_TRY(bl_nn_metrics_new(r->arena->context, &options, &made, err));
    bl_nn_metrics_add(made, &rows, 0);
    print(r, bl_nn_metrics_accuracy(made));
    for (size_t k = 0; k < options.n; k++)
        print(r, bl_nn_metrics_area(made, k));
    return BL_OK;
}

typedef struct face {
    const char *key;
    bl_status (*run)(run *r, bl_error *err);
} face;

static const face faces[] = {
    {"loss", loss}, {"optimizer", optimizer},     {"schedule", schedule}, {"plateau", plateau},
    {"clip", clip}, {"regularizer", regularizer}, {"metrics", metrics},
};

static bl_status run_all(bl_arena *arena, const char *path, bl_error *err) {
    const bl_item *cases = NULL;
    BL_TRY(bl_document_read(arena, path, &cases, err));
    for (size_t i = 0; i < cases->n; i++)
        for (size_t k = 0; k < sizeof faces / sizeof *faces; k++) {
            run r = {arena, cases->items[i], bl_item_get(cases->items[i], faces[k].key), false};
            if (!r.what)
                continue;
            printf("[");
            BL_TRY(faces[k].run(&r, err));
            printf("]\n");
        }
    return BL_OK;
}

int main(int argc, char **argv) {
    bl_context_options options = {.size = sizeof options};
    bl_error err = {0};
    BL_AUTO(bl_context) context = NULL;
    if (argc != 2 || bl_context_new(&options, &context, &err) != BL_OK)
        return 2;
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_status status = run_all(&arena, argv[1], &err);
    bl_arena_release(&arena);
    if (status != BL_OK)
        fprintf(stderr, "training_run: %s\n", err.message);
    return status == BL_OK ? 0 : 1;
}
