// SPDX-License-Identifier: Apache-2.0
#include "nn/training/schedule.h"

#include <math.h>
#include <string.h>

#include "base/elementary.h"
#include "nn/training/settings.h"

#define OF(kind) (1U << BL_NN_SCHEDULE_##kind)
#define PLACE(member) offsetof(bl_nn_schedule, member)

static const char *const names[] = {
#define X(kind, name) name,
    BL_NN_SCHEDULE_TABLE(X)
#undef X
};

enum {
    COSINES = OF(COSINE) | OF(RESTARTS),
    BY_RATE = OF(CONSTANT) | OF(EXPONENTIAL) | COSINES, // `step` has values
    MOST_STEPS = 1 << 30,                               // exact in double, many times over
};

static const bl_nn_setting table[] = {
    {"learning_rate", BL_NN_SETTING_NUMBER, PLACE(learning_rate), BY_RATE, 0, INFINITY},
    {"warmup_from", BL_NN_SETTING_NUMBER, PLACE(warmup_from), BY_RATE | OF(STEP), 0, INFINITY},
    {"warmup_steps", BL_NN_SETTING_COUNT, PLACE(warmup_steps), BY_RATE | OF(STEP), 0, MOST_STEPS},
    {"decay_steps", BL_NN_SETTING_COUNT, PLACE(decay_steps), OF(EXPONENTIAL) | OF(COSINE), 1,
     MOST_STEPS},
    {"first_decay_steps", BL_NN_SETTING_COUNT, PLACE(decay_steps), OF(RESTARTS), 1, MOST_STEPS},
    {"decay_rate", BL_NN_SETTING_NUMBER, PLACE(decay_rate), OF(EXPONENTIAL), 0x1p-1022, INFINITY},
    {"staircase", BL_NN_SETTING_BOOL, PLACE(staircase), OF(EXPONENTIAL), 0, 1},
    {"alpha", BL_NN_SETTING_NUMBER, PLACE(alpha), COSINES, 0, INFINITY},
    {"t_mul", BL_NN_SETTING_NUMBER, PLACE(t_mul), OF(RESTARTS), 1, INFINITY},
    {"m_mul", BL_NN_SETTING_NUMBER, PLACE(m_mul), OF(RESTARTS), 0, INFINITY},
};

static const bl_nn_settings options = {"schedule", names, BL_NN_N_SCHEDULES, table,
                                       sizeof table / sizeof *table};

static bl_status read_boundaries(bl_arena *arena, const bl_item *item, bl_nn_schedule *schedule,
                                 bl_error *err) {
    int64_t *boundaries = bl_arena_alloc(arena, (item->n + 1) * sizeof *boundaries);
    if (!boundaries)
        return bl_error_nomem(err, item->n * sizeof *boundaries, "boundaries");
    for (size_t i = 0; i < item->n; i++) {
        boundaries[i] = -1;
        BL_TRY(bl_item_integer(item->items[i], "a boundary", &boundaries[i], err));
        if (boundaries[i] < 0 || (i && boundaries[i] <= boundaries[i - 1]))
            return bl_item_error(item->items[i], BL_E_INVALID, err,
                                 "boundaries are steps in ascending order");
    }
    schedule->boundaries = boundaries;
    schedule->n = item->n;
    return BL_OK;
}

static bl_status read_values(bl_arena *arena, const bl_item *item, bl_nn_schedule *schedule,
                             bl_error *err) {
    double *values = bl_arena_alloc(arena, (item->n + 1) * sizeof *values);
    if (!values)
        return bl_error_nomem(err, item->n * sizeof *values, "values");
    for (size_t i = 0; i < item->n; i++) {
        values[i] = -1;
        BL_TRY(bl_item_number(item->items[i], "a value", &values[i], err));
        if (!(values[i] >= 0))
            return bl_item_error(item->items[i], BL_E_INVALID, err, "values are learning rates");
    }
    schedule->values = values;
    schedule->learning_rate = values[0];
    return BL_OK;
}

/// The two lists of `step`.
static bl_status read_lists(bl_arena *arena, const bl_item *step, const bl_item *map,
                            bl_nn_schedule *schedule, bl_error *err) {
    const bl_item *boundaries = map ? bl_item_get(map, "boundaries") : NULL;
    const bl_item *values = map ? bl_item_get(map, "values") : NULL;
    if (!boundaries || !values)
        return bl_item_error(step, BL_E_INVALID, err, "step has no %s",
                             boundaries ? "values" : "boundaries");
    BL_TRY(bl_item_expect(boundaries, "boundaries", BL_ITEM_LIST, err));
    BL_TRY(bl_item_expect(values, "values", BL_ITEM_LIST, err));
    if (values->n != boundaries->n + 1)
        return bl_item_error(values, BL_E_INVALID, err,
                             "%zu values for %zu boundaries: one more than these are needed",
                             values->n, boundaries->n);
    BL_TRY(read_boundaries(arena, boundaries, schedule, err));
    return read_values(arena, values, schedule, err);
}

bl_status bl_nn_schedule_read(bl_arena *arena, const bl_item *item, double learning_rate,
                              bl_nn_schedule *ret_schedule, bl_error *err) {
    static const char *const lists[] = {"boundaries", "values", NULL};
    bl_nn_schedule schedule = {.learning_rate = learning_rate, .t_mul = 2, .m_mul = 1};
    const bl_item *map = NULL;
    size_t kind = BL_NN_SCHEDULE_CONSTANT;
    if (item && item->kind != BL_ITEM_NULL)
        BL_TRY(bl_nn_settings_name(&options, item, &kind, &map, err));
    schedule.kind = (bl_nn_schedule_kind)kind;
    bool is_step = schedule.kind == BL_NN_SCHEDULE_STEP;
    BL_TRY(bl_nn_settings_read(&options, kind, map, is_step ? lists : NULL, &schedule, err));
    if (is_step)
        BL_TRY(read_lists(arena, item, map, &schedule, err));
    else if (kind != BL_NN_SCHEDULE_CONSTANT && !schedule.decay_steps)
        return bl_item_error(item, BL_E_INVALID, err, "%s has no %s", names[kind],
                             kind == BL_NN_SCHEDULE_RESTARTS ? "first_decay_steps" : "decay_steps");
    if (kind == BL_NN_SCHEDULE_EXPONENTIAL && schedule.decay_rate == 0)
        return bl_item_error(item, BL_E_INVALID, err, "exponential has no decay_rate");
    *ret_schedule = schedule;
    return BL_OK;
}

void bl_nn_schedule_write(const bl_nn_schedule *schedule, bl_text *to) {
    bl_text_add(to, "{\"%s\": {", names[schedule->kind]);
    bl_nn_settings_write(&options, schedule->kind, schedule, to);
    if (schedule->kind == BL_NN_SCHEDULE_STEP) {
        bl_text_add(to, ", \"boundaries\": [");
        for (size_t i = 0; i < schedule->n; i++)
            bl_text_add(to, i ? ", %lld" : "%lld", (long long)schedule->boundaries[i]);
        bl_text_add(to, "], \"values\": [");
        for (size_t i = 0; i <= schedule->n; i++) {
            bl_text_add(to, i ? ", " : "");
            bl_json_put_number(to, schedule->values[i]);
        }
        bl_text_add(to, "]");
    }
    bl_text_add(to, "}}");
}

/// From 1 down to alpha as f goes from 0 to 1.
static double cosine(double f, double height, double alpha) {
    double decayed = 0.5 * height * (1 + bl_cos(0x1.921fb54442d18p+1 * f));
    return (1 - alpha) * decayed + alpha;
}

/// Periods are taken away one after the other, so that each begins where it should.
static double restarts(const bl_nn_schedule *schedule, double step) {
    double length = (double)schedule->decay_steps, height = 1;
    if (schedule->t_mul == 1) {
        double n = floor(step / length);
        step -= n * length;
        height = schedule->m_mul == 1 ? 1 : bl_exp(n * bl_ln(schedule->m_mul));
        height = n == 0 ? 1 : height;
    }
    while (step >= length) {
        step -= length;
        length *= schedule->t_mul;
        height *= schedule->m_mul;
    }
    return cosine(step / length, height, schedule->alpha);
}

static double piece(const bl_nn_schedule *schedule, int64_t step) {
    size_t i = 0;
    while (i < schedule->n && step > schedule->boundaries[i])
        i++;
    return schedule->values[i];
}

double bl_nn_schedule_at(const bl_nn_schedule *schedule, int64_t step) {
    double rate = schedule->learning_rate, from = schedule->warmup_from;
    if (step < schedule->warmup_steps)
        return from + (rate - from) * ((double)step / (double)schedule->warmup_steps);
    step -= schedule->warmup_steps;
    double f = (double)step / (double)(schedule->decay_steps ? schedule->decay_steps : 1);
    switch (schedule->kind) {
    case BL_NN_SCHEDULE_STEP:
        return piece(schedule, step);
    case BL_NN_SCHEDULE_EXPONENTIAL:
        return rate * bl_exp((schedule->staircase ? floor(f) : f) * bl_ln(schedule->decay_rate));
    case BL_NN_SCHEDULE_COSINE:
        return rate * cosine(f < 1 ? f : 1, 1, schedule->alpha);
    case BL_NN_SCHEDULE_RESTARTS:
        return rate * restarts(schedule, (double)step);
    default:
        return rate;
    }
}

// ---- plateau ----

bl_nn_plateau bl_nn_plateau_default(void) {
    return (bl_nn_plateau){.factor = 0.1, .patience = 10, .min_delta = 1e-4};
}

#define AT(kind, member) #member, kind, offsetof(bl_nn_plateau, member), 1
static const bl_nn_setting plateau_table[] = {
    {AT(BL_NN_SETTING_NUMBER, factor), 0, 0x1.fffffffffffffp-1},
    {AT(BL_NN_SETTING_COUNT, patience), 0, MOST_STEPS},
    {AT(BL_NN_SETTING_NUMBER, min_delta), 0, INFINITY},
    {AT(BL_NN_SETTING_COUNT, cooldown), 0, MOST_STEPS},
    {AT(BL_NN_SETTING_NUMBER, min_lr), 0, INFINITY},
};
#undef AT

static const char *const plateau_names[] = {"plateau"};
static const bl_nn_settings plateau_options = {"plateau", plateau_names, 1, plateau_table,
                                               sizeof plateau_table / sizeof *plateau_table};

bl_status bl_nn_plateau_read(const bl_item *item, bl_nn_plateau *ret_plateau, bl_error *err) {
    static const char *const also[] = {"mode", NULL};
    bl_nn_plateau plateau = bl_nn_plateau_default();
    const char *mode = "min";
    BL_TRY(bl_nn_settings_read(&plateau_options, 0, item, also, &plateau, err));
    BL_TRY(bl_item_text(bl_item_get(item, "mode"), "mode", &mode, err));
    plateau.is_max = strcmp(mode, "max") == 0;
    if (!plateau.is_max && strcmp(mode, "min") != 0)
        return bl_item_error(item, BL_E_INVALID, err, "plateau: mode is min or max, not '%s'",
                             mode);
    *ret_plateau = plateau;
    return BL_OK;
}

void bl_nn_plateau_write(const bl_nn_plateau *plateau, bl_text *to) {
    bl_text_add(to, "{\"mode\": \"%s\", ", plateau->is_max ? "max" : "min");
    bl_nn_settings_write(&plateau_options, 0, plateau, to);
    bl_text_add(to, "}");
}

static bool is_better(const bl_nn_plateau *plateau, double value, double best) {
    return plateau->is_max ? value - plateau->min_delta > best : value + plateau->min_delta < best;
}

double bl_nn_plateau_next(const bl_nn_plateau *plateau, bl_nn_plateau_state *state, double value,
                          double learning_rate) {
    if (state->cooldown > 0) {
        state->cooldown--;
        state->wait = 0;
    }
    if (!state->has_best || is_better(plateau, value, state->best)) {
        state->best = value;
        state->has_best = true;
        state->wait = 0;
        return learning_rate;
    }
    if (state->cooldown > 0 || ++state->wait < plateau->patience ||
        learning_rate <= plateau->min_lr)
        return learning_rate;
    state->cooldown = plateau->cooldown;
    state->wait = 0;
    double reduced = learning_rate * plateau->factor;
    return reduced > plateau->min_lr ? reduced : plateau->min_lr;
}
