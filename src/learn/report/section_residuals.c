// SPDX-License-Identifier: Apache-2.0
// Distributions of residuals in training and test, predictions against truths, and whether training
// and test agree.
#include <math.h>

#include "learn/evaluate/binning.h"
#include "learn/evaluate/kolmogorov.h"
#include "learn/report/measures.h"
#include "learn/report/sections.h"
#include "learn/report/writing.h"

enum { N_BINS = 40, N_CELLS = 20, MOST_MATRICES = 8 };

// ---- distributions ----

/// \param to [events]; NaN where there is none
static void find_residuals(const bl_evaluation *e, const bl_scored *events, size_t subject,
                           size_t target, double *to) {
    for (size_t i = 0; i < events->n; i++) {
        size_t at = i * e->n_targets + target;
        to[i] = (double)events->scores[subject][at] - events->truths[at];
    }
}

/// Those of one part.
static bl_status add_part(const bl_evaluation *e, const bl_scored *events, size_t subject,
                          size_t target, const bl_histogram *bins, bl_figure *figure,
                          bl_error *err) {
    bl_section_output *to = figure->to;
    const char *name = e->subjects[subject].name;
    bool is_alone = e->n_subjects == 1;
    double *residuals = (double *)bl_arena_array(to->arena, events->n + 1, sizeof *residuals);
    bl_histogram h;
    const bl_series like = {.label =
                                is_alone ? events->name : bl_say(to, "%s (%s)", name, events->name),
                            .mark = events == e->train ? BL_MARK_POINTS
                                    : is_alone         ? BL_MARK_FILLED
                                                       : BL_MARK_STEPS,
                            .color = (unsigned)subject};
    if (!residuals || !like.label)
        return bl_error_nomem(err, events->n * sizeof *residuals, "residuals");
    find_residuals(e, events, subject, target, residuals);
    BL_TRY(bl_binning_again(to->arena, bins, &h, err));
    for (size_t i = 0; i < events->n; i++)
        bl_binning_fill(&h, residuals[i], events->physics[i]);
    bl_put_next(&to->json);
    bl_text_add(&to->json, "{");
    bl_put_text(&to->json, "model", name);
    bl_put_text(&to->json, "part", events->name);
    bl_put_contents(&to->json, &h);
    bl_text_add(&to->json, "}");
    return bl_figure_add_density(figure, &h, &like, err);
}

static bl_status draw_distribution(const bl_evaluation *e, bl_section_output *to, size_t target,
                                   const bl_histogram *bins, bl_error *err) {
    const char *name = e->targets[target], *slug = bl_slug(to, name);
    bl_figure figure =
        bl_figure_begin(to, slug ? bl_say(to, "residuals-%s", slug) : NULL,
                        bl_say(to, "Predicted − true %s", name), "Density of events");
    bl_put_next(&to->json);
    bl_text_add(&to->json, "{");
    bl_put_text(&to->json, "target", name);
    bl_put_numbers(&to->json, "edges", bins->edges, bins->n_bins + 1);
    bl_put_key(&to->json, "histograms");
    bl_text_add(&to->json, "[");
    for (size_t i = 0; i < e->n_subjects; i++) {
        BL_TRY(add_part(e, e->test, i, target, bins, &figure, err));
        if (e->train && e->subjects[i].n_models)
            BL_TRY(add_part(e, e->train, i, target, bins, &figure, err));
    }
    bl_text_add(&to->json, "]}");
    return bl_figure_end(
        &figure,
        bl_say(to,
               "Residuals of %s, with physical weights. Bars are √Σw². Points of the training lie "
               "on the line of the test where the model is not over-trained.",
               name),
        err);
}

/// Bins for residuals of the first subject.
static bl_status look_at_residuals(const bl_evaluation *e, bl_section_output *to, size_t target,
                                   bl_error *err) {
    bl_histogram bins = {0};
    double *residuals = (double *)bl_arena_array(to->arena, e->test->n + 1, sizeof *residuals);
    if (!residuals)
        return bl_error_nomem(err, e->test->n * sizeof *residuals, "residuals");
    find_residuals(e, e->test, 0, target, residuals);
    BL_TRY(bl_binning_around(to->arena, N_BINS, e->test->n, residuals, &bins, err));
    return bins.n_bins
               ? draw_distribution(e, to, target, &bins, err)
               : bl_say_words(to, err, "All residuals of %s are the same, or none is a number.",
                              e->targets[target]);
}

// ---- predictions against truths ----

/// Their middles.
static const char **name_bins(bl_section_output *to, const bl_histogram *bins, bool descend) {
    const char **names = (const char **)bl_arena_array(to->arena, bins->n_bins + 1, sizeof *names);
    for (size_t i = 0; names && i < bins->n_bins; i++) {
        size_t bin = descend ? bins->n_bins - 1 - i : i;
        double middle = (bins->edges[bin] + bins->edges[bin + 1]) / 2;
        if (!(names[i] = bl_say(to, "%.4g", middle)))
            return NULL;
    }
    return names;
}

static size_t bin_of(const bl_histogram *bins, double x) {
    size_t bin = 0;
    while (bin < bins->n_bins && x >= bins->edges[bin + 1])
        bin++;
    return x < bins->edges[0] ? bins->n_bins : bin;
}

/// Σw of truth by prediction; those outside come last. \param to [(n_bins + 1)²]
static void fill_matrix(const bl_evaluation *e, size_t subject, size_t target,
                        const bl_histogram *bins, bl_sum *to) {
    const bl_scored *test = e->test;
    for (size_t i = 0; i < test->n; i++) {
        double truth = test->truths[i * e->n_targets + target];
        double prediction = (double)test->scores[subject][i * e->n_targets + target];
        if (isfinite(truth) && isfinite(prediction))
            bl_sum_add(&to[bin_of(bins, truth) * (bins->n_bins + 1) + bin_of(bins, prediction)],
                       test->physics[i]);
    }
}

static void put_matrix(const bl_evaluation *e, size_t subject, size_t target,
                       const bl_histogram *bins, const bl_sum *sums, bl_text *json) {
    size_t n = bins->n_bins;
    bl_put_next(json);
    bl_text_add(json, "{");
    bl_put_text(json, "model", e->subjects[subject].name);
    bl_put_text(json, "target", e->targets[target]);
    bl_put_numbers(json, "edges", bins->edges, n + 1);
    bl_put_key(json, "sumw");
    bl_text_add(json, "[");
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++) {
            bl_text_add(json, k ? "," : i ? ",[" : "[");
            bl_json_put_number(json, bl_sum_value(&sums[i * (n + 1) + k]));
            bl_text_add(json, k + 1 == n ? "]" : "");
        }
    bl_text_add(json, "]}");
}

/// Columns are bins of the truth, rows those of the prediction, the largest on top.
static void fill_cells(const bl_histogram *bins, const bl_sum *sums, double *cells) {
    size_t n = bins->n_bins;
    for (size_t i = 0; i < n; i++) {
        bl_sum all = {0};
        for (size_t k = 0; k <= n; k++)
            bl_sum_add(&all, bl_sum_value(&sums[i * (n + 1) + k]));
        for (size_t k = 0; k < n; k++)
            cells[(n - 1 - k) * n + i] = bl_sum_value(&sums[i * (n + 1) + k]) / bl_sum_value(&all);
    }
}

static bl_status draw_matrix(const bl_evaluation *e, bl_section_output *to, size_t subject,
                             size_t target, const bl_histogram *bins, bl_error *err) {
    size_t n = bins->n_bins;
    const char *name = e->targets[target], *model = e->subjects[subject].name;
    const char *of = bl_slug(to, name), *by = bl_slug(to, model);
    bl_sum *sums = (bl_sum *)bl_arena_array(to->arena, (n + 1) * (n + 1), sizeof *sums);
    double *cells = (double *)bl_arena_array(to->arena, n * n, sizeof *cells);
    bl_figure figure =
        bl_figure_begin(to, of && by ? bl_say(to, "matrix-%s-%s", of, by) : NULL,
                        bl_say(to, "True %s", name), bl_say(to, "Predicted %s", name));
    figure.chart.x.names = name_bins(to, bins, false);
    figure.chart.y.names = name_bins(to, bins, true);
    figure.chart.x.n_names = figure.chart.y.n_names = n;
    if (!sums || !cells || !figure.chart.x.names || !figure.chart.y.names)
        return bl_error_nomem(err, n * n * sizeof *sums, "a matrix");
    fill_matrix(e, subject, target, bins, sums);
    put_matrix(e, subject, target, bins, sums, &to->json);
    fill_cells(bins, sums, cells);
    const bl_matrix drawn = {.cells = cells, .low = 0, .high = 1, .digits = -1};
    figure.chart.title = e->n_subjects > 1 ? model : NULL;
    return bl_figure_end_matrix(
        &figure, &drawn,
        bl_say(to,
               "What %s predicts for %s, in bins of the truth, named by their middles: the part "
               "of each column's events, by physical weight. Predictions outside are in no cell.",
               model, name),
        err);
}

static bl_status draw_matrices(const bl_evaluation *e, bl_section_output *to, size_t target,
                               size_t *n_drawn, bl_error *err) {
    bl_histogram bins = {0};
    double *truths = (double *)bl_arena_array(to->arena, e->test->n + 1, sizeof *truths);
    if (!truths)
        return bl_error_nomem(err, e->test->n * sizeof *truths, "truths");
    for (size_t i = 0; i < e->test->n; i++)
        truths[i] = e->test->truths[i * e->n_targets + target];
    BL_TRY(bl_binning_around(to->arena, N_CELLS, e->test->n, truths, &bins, err));
    for (size_t i = 0; i < e->n_subjects && bins.n_bins && *n_drawn < MOST_MATRICES;
         i++, ++*n_drawn)
        BL_TRY(draw_matrix(e, to, i, target, &bins, err));
    return BL_OK;
}

// ---- the test of over-training ----

/// A subject's predictions of a target.
typedef struct said {
    size_t subject, target, n_targets;
} said;

/// NaN where it is no finite number.
static float residual_of(const bl_scored *events, size_t event, const void *user) {
    const said *s = (const said *)user;
    size_t at = event * s->n_targets + s->target;
    float residual = (float)((double)events->scores[s->subject][at] - events->truths[at]);
    return isfinite(residual) ? residual : NAN;
}

static bl_status test_subject(const bl_evaluation *e, size_t subject, size_t target,
                              bl_cells *cells, bl_section_output *to, bl_error *err) {
    bl_text *json = &to->json;
    bl_residuals train, test;
    bl_kolmogorov k;
    const said s = {subject, target, e->n_targets};
    BL_TRY(bl_kolmogorov_overtraining(e, residual_of, &s, &k, err));
    BL_TRY(bl_measure_subject(e, e->train, subject, target, NULL, 0, &train, NULL, err));
    BL_TRY(bl_measure_subject(e, e->test, subject, target, NULL, 0, &test, NULL, err));
    bl_cells_add(cells, "%s", e->subjects[subject].name);
    bl_cells_add(cells, "%s", e->targets[target]);
    bl_cells_number(cells, train.values[BL_MEASURE_rmse]);
    bl_cells_number(cells, test.values[BL_MEASURE_rmse]);
    bl_cells_number(cells, train.values[BL_MEASURE_half_width]);
    bl_cells_number(cells, test.values[BL_MEASURE_half_width]);
    bl_cells_fixed(cells, 4, k.distance);
    bl_cells_fixed(cells, 4, k.p);
    bl_put_next(json);
    bl_text_add(json, "{");
    bl_put_text(json, "model", e->subjects[subject].name);
    bl_put_text(json, "target", e->targets[target]);
    bl_put_number(json, "rmse_train", train.values[BL_MEASURE_rmse]);
    bl_put_number(json, "rmse_test", test.values[BL_MEASURE_rmse]);
    bl_put_number(json, "half_width_train", train.values[BL_MEASURE_half_width]);
    bl_put_number(json, "half_width_test", test.values[BL_MEASURE_half_width]);
    bl_put_number(json, "effective_train", k.sizes[0]);
    bl_put_number(json, "effective_test", k.sizes[1]);
    bl_put_number(json, "distance", k.distance);
    bl_put_number(json, "p", k.p);
    bl_text_add(json, "}");
    return BL_OK;
}

static bl_status test_all(const bl_evaluation *e, bl_section_output *to, bl_error *err) {
    static const char *const head[] = {"Model",      "Target",      "RMSE, train",
                                       "RMSE, test", "68 %, train", "68 %, test",
                                       "D",          "p-value",     NULL};
    bl_cells cells;
    bl_cells_begin(&cells, to->arena, "Test of over-training (Kolmogorov and Smirnov)", 2, head);
    for (size_t i = 0; i < e->n_subjects; i++)
        for (size_t k = 0; k < e->n_targets && e->subjects[i].n_models; k++)
            BL_TRY(test_subject(e, i, k, &cells, to, err));
    BL_TRY(bl_cells_end(&cells, to, err));
    return bl_section_add_words(
        to,
        "68 % is half the width of what holds the central 68 % of residuals. D is the largest "
        "distance of the weighted distribution functions of residuals in training and test. Small "
        "p-values, below 1 %, say that the model knows its training events by heart.",
        err);
}

bl_status bl_section_residuals(const bl_evaluation *e, bl_section_output *to, bl_error *err) {
    size_t n_matrices = 0;
    bl_text_add(&to->json, "{\"distributions\":[");
    for (size_t k = 0; k < e->n_targets; k++)
        BL_TRY(look_at_residuals(e, to, k, err));
    bl_text_add(&to->json, "],\"matrices\":[");
    for (size_t k = 0; k < e->n_targets; k++)
        BL_TRY(draw_matrices(e, to, k, &n_matrices, err));
    bl_text_add(&to->json, "],\"overtraining\":[");
    if (e->train)
        BL_TRY(test_all(e, to, err));
    else
        BL_TRY(bl_section_add_words(to, "There are no training events to compare the test with.",
                                    err));
    bl_text_add(&to->json, "]}");
    return BL_OK;
}
