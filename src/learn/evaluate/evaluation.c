// SPDX-License-Identifier: Apache-2.0
// From models and a prepared folder to events with scores: what is missing or does not fit is said
// before anything is read.
#include "learn/evaluate/evaluation.h"

#include "base/context.h"
#include "learn/evaluate/private.h"

// ---- the data ----

static bl_status check_data(const bl_prepared *prepared, bl_error *err) {
    if (!prepared->is_complete)
        return bl_error_set(err, BL_E_INVALID, "%s: not prepared to the end", prepared->name);
    return BL_OK;
}

/// Events whose labels are numbers are all of one class.
static void name_outputs(bl_evaluation *e) {
    static const char *const all = "all";
    bool is_numbers = e->prepared->label_kind == BL_LABEL_NUMBERS;
    e->n_classes = is_numbers ? 1 : e->prepared->n_classes;
    e->classes = is_numbers ? &all : e->prepared->classes;
    e->n_targets = is_numbers ? e->prepared->n_classes : 0;
    e->targets = is_numbers ? e->prepared->classes : NULL;
}

static int64_t count_events(const bl_parts_plan *plan) {
    int64_t n = plan->test.most + plan->train.most;
    for (size_t i = 0; i < plan->n_shifted; i++)
        n += plan->shifted[i].most;
    return n;
}

/// All events are in memory together.
static bl_status check_memory(const bl_evaluation *e, const bl_parts_plan *plan,
                              const bl_events_form *form, bl_error *err) {
    size_t n_numbers = e->n_variations;
    for (size_t i = 0; i < e->prepared->n_observers; i++)
        n_numbers += form->is_number[i];
    uint64_t bytes = 2 * sizeof(int32_t) + sizeof(uint64_t) + (2 + n_numbers) * sizeof(double) +
                     e->n_targets * sizeof(double) +
                     e->n_subjects * bl_evaluation_width(e) * sizeof(float);
    uint64_t n = (uint64_t)count_events(plan), budget = bl_context_budget_bytes(e->context);
    if (n <= budget / bytes)
        return BL_OK;
    return bl_error_set(err, BL_E_LIMIT,
                        "%s: %llu events with variations and what they are compared with take %llu "
                        "bytes each, and the memory budget has room for %llu",
                        e->prepared->name, (unsigned long long)n, (unsigned long long)bytes,
                        (unsigned long long)(budget / bytes));
}

// ---- reading and scoring ----

typedef struct opening {
    bl_evaluation *e;
    const bl_evaluation_options *options;
    bl_parts_plan plan;
    bl_events_form form;
    int64_t done, all;
} opening;

static bl_status read_and_score(opening *o, const bl_parts *parts, bl_scored *scored,
                                bl_error *err) {
    BL_TRY(bl_events_read(o->e, &o->form, parts, scored, err));
    return bl_scores_make(o->e, o->options, scored, &o->done, o->all, err);
}

static bl_status read_all(opening *o, bl_error *err) {
    bl_evaluation *e = o->e;
    size_t n = 2 + o->plan.n_shifted;
    bl_scored *scored = (bl_scored *)bl_arena_array(&e->arena, n, sizeof *scored);
    if (!scored)
        return bl_error_nomem(err, n * sizeof *scored, "events");
    o->all = count_events(&o->plan) * (int64_t)e->n_subjects;
    BL_TRY(read_and_score(o, &o->plan.test, &scored[0], err));
    e->test = &scored[0];
    if (o->plan.train.name) {
        BL_TRY(read_and_score(o, &o->plan.train, &scored[1], err));
        e->train = &scored[1];
    }
    for (size_t i = 0; i < o->plan.n_shifted; i++)
        BL_TRY(read_and_score(o, &o->plan.shifted[i], &scored[2 + i], err));
    e->n_shifted = o->plan.n_shifted;
    e->shifted = scored + 2;
    return BL_OK;
}

static bl_status fill(bl_evaluation *e, const bl_evaluation_options *options, bl_error *err) {
    opening o = {.e = e, .options = options};
    BL_TRY(check_data(e->prepared, err));
    BL_TRY(bl_subjects_open(e, options, err));
    BL_TRY(bl_scores_check(e, err));
    BL_TRY(bl_parts_choose(e, options, &o.plan, err));
    BL_TRY(bl_events_describe(e, &o.plan.test, &o.form, err));
    BL_TRY(check_memory(e, &o.plan, &o.form, err));
    return read_all(&o, err);
}

bl_status bl_evaluation_open(bl_context *context, const bl_prepared *prepared,
                             const bl_evaluation_options *options, bl_evaluation **ret_evaluation,
                             bl_error *err) {
    BL_AUTO(bl_evaluation) e = (bl_evaluation *)bl_alloc_zero(context, 1, sizeof *e);
    if (!e)
        return bl_error_nomem(err, sizeof *e, "an evaluation");
    e->context = context;
    e->prepared = prepared;
    name_outputs(e);
    e->seed = options->seed;
    e->n_replicas = options->n_replicas;
    bl_arena_init(&e->arena, context);
    BL_TRY(fill(e, options, err));
    *ret_evaluation = BL_MOVE(e);
    return BL_OK;
}

void bl_evaluation_close(bl_evaluation *evaluation) {
    if (!evaluation)
        return;
    bl_subjects_close(evaluation);
    bl_arena_release(&evaluation->arena);
    bl_free(evaluation->context, evaluation);
}
