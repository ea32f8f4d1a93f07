// SPDX-License-Identifier: Apache-2.0
#include "learn/evaluate/importance.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "learn/evaluate/area.h"
#include "learn/evaluate/composition.h"
#include "learn/evaluate/inputs.h"
#include "learn/evaluate/scoring.h"

enum { FEWEST = 500, MOST = 20000, MOST_NUMBERS = 1 << 24, STREAM = 0x1497 };

/// Multiplications that all of it may take: some twenty seconds of a core.
static const double most_work = 6e11;

typedef struct search {
    bl_arena arena; ///< of what is needed until the end
    const bl_evaluation *evaluation;
    const bl_subject *subject;
    bl_scoring *scorings; ///< [n_models]
    bl_inputs inputs;
    double *equal; ///< [events] weights
    size_t width, n_aims;
    float *scores;         ///< [events × width]
    double *losses;        ///< [BL_IMPORTANCE_REPEATS × n_aims] of what is permuted
    bl_model_feed *feeds;  ///< [prepared->n_inputs] of all events
    bl_model_feed *shares; ///< [prepared->n_inputs] those of a model's inputs, of its events
    float *values;         ///< [numbers of the largest input] permuted
    int64_t *offsets;      ///< [events + 1] of these
    uint32_t *order;       ///< [rows of the longest input]
} search;

// ---- what is permuted ----

static bool is_used(const search *s, size_t input) {
    const bl_scoring *scoring = &s->scorings[0];
    for (size_t i = 0; i < scoring->n_inputs; i++)
        if (strcmp(scoring->inputs[i], s->inputs.inputs[input].of->name) == 0)
            return true;
    return false;
}

/// A random order of n things.
static void shuffle(const search *s, size_t n, uint64_t number) {
    bl_random random;
    bl_random_init(&random, s->evaluation->seed, STREAM, number);
    for (size_t i = 0; i < n; i++)
        s->order[i] = (uint32_t)i;
    for (size_t i = n; i > 1; i--) {
        size_t k = (size_t)((uint64_t)bl_random_word(&random) * i >> 32);
        uint32_t other = s->order[k];
        s->order[k] = s->order[i - 1];
        s->order[i - 1] = other;
    }
}

static void permute_column(search *s, const bl_input_values *input, size_t column) {
    size_t n = (size_t)input->offsets[s->inputs.n], width = input->of->width;
    memcpy(s->values, input->values, n * width * sizeof *s->values);
    for (size_t i = 0; i < n; i++)
        s->values[i * width + column] = input->values[s->order[i] * width + column];
}

static void permute_events(search *s, const bl_input_values *input) {
    size_t width = input->of->width, n = 0;
    for (size_t e = 0; e < s->inputs.n; e++) {
        size_t first = (size_t)input->offsets[s->order[e]];
        size_t n_rows = (size_t)input->offsets[s->order[e] + 1] - first;
        memcpy(s->values + n * width, input->values + first * width,
               n_rows * width * sizeof *s->values);
        n += n_rows;
        s->offsets[e + 1] = (int64_t)n;
    }
}

/// \param number of the permutation; each is another
static void permute(search *s, size_t i, size_t column, uint64_t number) {
    const bl_input_values *input = &s->inputs.inputs[i];
    bool is_all = column == input->of->width;
    shuffle(s, is_all ? s->inputs.n : (size_t)input->offsets[s->inputs.n], number);
    if (is_all)
        permute_events(s, input);
    else
        permute_column(s, input, column);
    s->feeds[i].values = s->values;
    if (is_all && input->of->is_sequence)
        s->feeds[i].offsets = s->offsets;
}

/// Inputs as they are.
static void restore(search *s, size_t i) {
    const bl_input_values *input = &s->inputs.inputs[i];
    s->feeds[i] = (bl_model_feed){.values = input->values,
                                  .offsets = input->of->is_sequence ? input->offsets : NULL};
}

// ---- how good it is ----

static bl_status score_events(search *s, size_t model, size_t first, size_t n, bl_error *err) {
    bl_scoring *scoring = &s->scorings[model];
    for (size_t i = 0; i < scoring->n_inputs; i++) {
        size_t k = 0;
        while (strcmp(s->inputs.inputs[k].of->name, scoring->inputs[i]) != 0)
            k++;
        s->shares[i] = s->feeds[k];
        if (s->feeds[k].offsets)
            s->shares[i].offsets += first;
        else
            s->shares[i].values += first * s->inputs.inputs[k].of->width;
    }
    return bl_scoring_run(scoring, n, s->shares, s->scores + first * s->width, err);
}

static bl_status score_all(search *s, bl_error *err) {
    for (size_t first = 0, last; first < s->inputs.n; first = last) {
        size_t fold = s->inputs.folds[first];
        for (last = first; last < s->inputs.n && s->inputs.folds[last] == fold;)
            last++;
        BL_TRY(score_events(s, s->subject->n_models > 1 ? fold : 0, first, last - first, err));
    }
    return BL_OK;
}

/// The mean over classes; of two, both are the same.
static bl_status area_of(search *s, double *ret_area, bl_error *err) {
    size_t n_classes = s->evaluation->n_classes, n = 0;
    bl_sum sum = {0};
    for (size_t k = n_classes == 2; k < n_classes; k++) {
        bl_arena arena;
        bl_ranking ranking;
        bl_arena_init(&arena, s->evaluation->context);
        bl_status status = bl_ranking_make(&arena, s->inputs.n, s->scores + k, n_classes, s->equal,
                                           s->inputs.labels, (int32_t)k, -1, &ranking, err);
        double area = status == BL_OK ? bl_area_of(&ranking).area : NAN;
        bl_arena_release(&arena);
        BL_TRY(status);
        if (isnan(area))
            continue;
        bl_sum_add(&sum, area);
        n++;
    }
    *ret_area = n ? bl_sum_value(&sum) / (double)n : NAN;
    return BL_OK;
}

/// Of events whose truth and prediction are finite.
static double rmse_of(const search *s, size_t target) {
    bl_sum sum = {0}, all = {0};
    for (size_t e = 0; e < s->inputs.n; e++) {
        double w = s->inputs.physics[e], truth = s->inputs.truths[e * s->width + target];
        double residual = (double)s->scores[e * s->width + target] - truth;
        if (!isfinite(residual))
            continue;
        bl_sum_add(&sum, w * (residual * residual));
        bl_sum_add(&all, w);
    }
    double square = bl_sum_value(&sum) / bl_sum_value(&all);
    return square < 0 ? NAN : sqrt(square);
}

/// \param ret_values [n_aims] areas or RMSEs of the inputs as they are now
static bl_status measure(search *s, double *ret_values, bl_error *err) {
    BL_TRY(score_all(s, err));
    for (size_t k = 0; k < s->evaluation->n_targets; k++)
        ret_values[k] = rmse_of(s, k);
    return s->evaluation->n_targets ? BL_OK : area_of(s, ret_values, err);
}

/// The mean of losses of one aim, and their standard deviation.
static void sum_up(const search *s, size_t aim, bl_importance_of *item) {
    bl_sum sum = {0}, squares = {0};
    for (size_t i = 0; i < BL_IMPORTANCE_REPEATS; i++)
        bl_sum_add(&sum, s->losses[i * s->n_aims + aim]);
    item->loss = bl_sum_value(&sum) / BL_IMPORTANCE_REPEATS;
    for (size_t i = 0; i < BL_IMPORTANCE_REPEATS; i++) {
        double from_mean = s->losses[i * s->n_aims + aim] - item->loss;
        bl_sum_add(&squares, from_mean * from_mean);
    }
    item->spread = sqrt(bl_sum_value(&squares) / (BL_IMPORTANCE_REPEATS - 1));
}

/// \param before [n_aims] \param number of what is permuted
static bl_status repeat(search *s, size_t input, size_t column, const double *before,
                        uint64_t number, bl_error *err) {
    for (size_t i = 0; i < BL_IMPORTANCE_REPEATS; i++) {
        double *losses = s->losses + i * s->n_aims;
        permute(s, input, column, number * BL_IMPORTANCE_REPEATS + i);
        bl_status status = measure(s, losses, err);
        restore(s, input);
        BL_TRY(status);
        for (size_t k = 0; k < s->n_aims; k++)
            losses[k] = s->evaluation->n_targets ? losses[k] - before[k] : before[k] - losses[k];
    }
    return BL_OK;
}

// ---- all of it ----

/// Rows of an event, of the sequence that has most.
static double rows_of(const bl_inputs *inputs, size_t n_inputs) {
    int64_t most = 0;
    for (size_t i = 0; i < n_inputs; i++)
        if (inputs->inputs[i].offsets[inputs->n] > most)
            most = inputs->inputs[i].offsets[inputs->n];
    return inputs->n ? (double)most / (double)inputs->n : 1;
}

/// Events that the work allows: that of a network grows with its parameters, and with rows.
static size_t n_events_of(const search *s) {
    const bl_prepared *prepared = s->evaluation->prepared;
    double permutations = 0;
    for (size_t i = 0; i < prepared->n_inputs; i++)
        permutations += (double)prepared->inputs[i].width + 1;
    double work = (double)bl_model_n_parameters(s->subject->opened[0]) *
                  rows_of(&s->inputs, prepared->n_inputs) * permutations * BL_IMPORTANCE_REPEATS;
    double n = most_work / fmax(work, 1);
    return n < FEWEST ? FEWEST : n > MOST ? MOST : (size_t)n;
}

/// Some events first, of which is seen how many there may be.
static bl_status read_events(search *s, bl_error *err) {
    BL_TRY(bl_inputs_read(&s->arena, s->evaluation, FEWEST, MOST_NUMBERS, &s->inputs, err));
    size_t n = n_events_of(s);
    return n == FEWEST ? BL_OK
                       : bl_inputs_read(&s->arena, s->evaluation, n, MOST_NUMBERS, &s->inputs, err);
}

static bl_status make_room(search *s, bl_error *err) {
    size_t n_inputs = s->evaluation->prepared->n_inputs, n = s->inputs.n;
    size_t most_numbers = 0, most_rows = n;
    for (size_t i = 0; i < n_inputs; i++) {
        size_t rows = (size_t)s->inputs.inputs[i].offsets[n];
        size_t numbers = rows * s->inputs.inputs[i].of->width;
        most_rows = rows > most_rows ? rows : most_rows;
        most_numbers = numbers > most_numbers ? numbers : most_numbers;
    }
    s->scores = (float *)bl_arena_array(&s->arena, n * s->width + 1, sizeof(float));
    s->losses =
        (double *)bl_arena_array(&s->arena, BL_IMPORTANCE_REPEATS * s->n_aims, sizeof *s->losses);
    s->feeds = (bl_model_feed *)bl_arena_array(&s->arena, n_inputs + 1, sizeof *s->feeds);
    s->shares = (bl_model_feed *)bl_arena_array(&s->arena, n_inputs + 1, sizeof *s->shares);
    s->values = (float *)bl_arena_array(&s->arena, most_numbers + 1, sizeof *s->values);
    s->offsets = (int64_t *)bl_arena_array(&s->arena, n + 1, sizeof *s->offsets);
    s->order = (uint32_t *)bl_arena_array(&s->arena, most_rows + 1, sizeof *s->order);
    if (!s->scores || !s->losses || !s->feeds || !s->shares || !s->values || !s->offsets ||
        !s->order)
        return bl_error_nomem(err, most_numbers * sizeof(float), "permuted inputs");
    for (size_t i = 0; i < n_inputs; i++)
        restore(s, i);
    return bl_equal_weights(&s->arena, n, s->inputs.labels, s->evaluation->n_classes,
                            s->inputs.physics, &s->equal, err);
}

static bl_status open_models(search *s, bl_error *err) {
    size_t n = s->subject->n_models;
    s->scorings = (bl_scoring *)bl_arena_array(&s->arena, n, sizeof *s->scorings);
    if (!s->scorings)
        return bl_error_nomem(err, n * sizeof *s->scorings, "models");
    for (size_t i = 0; i < n; i++)
        BL_TRY(bl_scoring_init(s->evaluation->context, s->subject->opened[i],
                               s->evaluation->prepared, &s->scorings[i], err));
    return BL_OK;
}

static bl_status look_at_all(search *s, bl_arena *arena, bl_importance *to, bl_error *err) {
    const bl_prepared *prepared = s->evaluation->prepared;
    for (size_t i = 0; i < prepared->n_inputs; i++)
        to->n += is_used(s, i) ? prepared->inputs[i].width + 1 : 0;
    to->n_events = s->inputs.n;
    to->n_aims = s->n_aims;
    to->before = (double *)bl_arena_array(arena, to->n_aims, sizeof *to->before);
    to->items =
        (bl_importance_of *)bl_arena_array(arena, to->n_aims * to->n + 1, sizeof *to->items);
    if (!to->before || !to->items)
        return bl_error_nomem(err, to->n_aims * to->n * sizeof *to->items, "importances");
    BL_TRY(measure(s, to->before, err));
    for (size_t i = 0, number = 0; i < prepared->n_inputs; i++)
        for (size_t column = 0; column <= prepared->inputs[i].width && is_used(s, i); column++) {
            BL_TRY(repeat(s, i, column, to->before, number, err));
            for (size_t k = 0; k < to->n_aims; k++) {
                bl_importance_of *item = &to->items[k * to->n + number];
                *item = (bl_importance_of){.input = &prepared->inputs[i], .column = column};
                sum_up(s, k, item);
            }
            number++;
        }
    return BL_OK;
}

static bl_status run(search *s, bl_arena *arena, bl_importance *to, bl_error *err) {
    BL_TRY(open_models(s, err));
    BL_TRY(read_events(s, err));
    BL_TRY(make_room(s, err));
    return look_at_all(s, arena, to, err);
}

bl_status bl_importance_make(bl_arena *arena, const bl_evaluation *evaluation, size_t subject,
                             bl_importance *ret_importance, bl_error *err) {
    search s = {.evaluation = evaluation, .subject = &evaluation->subjects[subject]};
    bl_importance importance = {0};
    s.width = bl_evaluation_width(evaluation);
    s.n_aims = evaluation->n_targets ? evaluation->n_targets : 1;
    bl_arena_init(&s.arena, evaluation->context);
    bl_status status = run(&s, arena, &importance, err);
    for (size_t i = 0; s.scorings && i < s.subject->n_models; i++)
        if (s.scorings[i].context)
            bl_scoring_release(&s.scorings[i]);
    bl_arena_release(&s.arena);
    if (status == BL_OK)
        *ret_importance = importance;
    return status;
}
