// SPDX-License-Identifier: Apache-2.0
#include "learn/report/writing.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// ---- words ----

static char *say(bl_arena *arena, const char *format, va_list *arguments) {
    va_list again;
    va_copy(again, *arguments);
    int length = vsnprintf(NULL, 0, format, *arguments);
    char *text = length < 0 ? NULL : (char *)bl_arena_alloc(arena, (size_t)length + 1);
    if (text)
        (void)vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *bl_say(bl_section_output *to, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = say(to->arena, format, &arguments);
    va_end(arguments);
    return text;
}

bl_status bl_say_words(bl_section_output *to, bl_error *err, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = say(to->arena, format, &arguments);
    va_end(arguments);
    if (!text)
        return bl_error_nomem(err, 1, "a paragraph");
    return bl_section_add_words(to, text, err);
}

const char *bl_slug(bl_section_output *to, const char *name) {
    char *slug = bl_say(to, "%s", name);
    for (char *c = slug; c && *c; c++) {
        bool is_plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                        (*c >= '0' && *c <= '9') || *c == '_';
        *c = is_plain ? *c : '-';
    }
    return slug;
}

// ---- tables ----

void bl_cells_fixed(bl_cells *cells, int digits, double value) {
    if (isfinite(value))
        bl_cells_add(cells, "%.*f", digits, value);
    else
        bl_cells_add(cells, "–");
}

void bl_cells_measured(bl_cells *cells, int digits, double value, double error) {
    if (isfinite(value) && isfinite(error))
        bl_cells_add(cells, "%.*f ± %.*f", digits, value, digits, error);
    else
        bl_cells_fixed(cells, digits, value);
}

// ---- charts ----

bl_figure bl_figure_begin(bl_section_output *to, const char *name, const char *x_title,
                          const char *y_title) {
    bl_figure figure = {.to = to};
    figure.chart.name = name;
    figure.chart.x.title = x_title;
    figure.chart.y.title = y_title;
    return figure;
}

static double *make_numbers(bl_arena *arena, size_t n) {
    double *numbers = (double *)bl_arena_array(arena, n + 1, sizeof *numbers);
    for (size_t i = 0; numbers && i <= n; i++)
        numbers[i] = NAN;
    return numbers;
}

bl_status bl_figure_add(bl_figure *figure, const bl_series *like, bl_trace *ret_pen,
                        bl_error *err) {
    bl_arena *arena = figure->to->arena;
    size_t n = figure->chart.n_series;
    const bl_trace pen = {make_numbers(arena, like->n), make_numbers(arena, like->n),
                          make_numbers(arena, like->n), make_numbers(arena, like->n)};
    bl_series *wider =
        (bl_series *)bl_arena_grow(arena, figure->series, n, &figure->room, sizeof *wider);
    if (!wider || !pen.x || !pen.y || !pen.low || !pen.high)
        return bl_error_nomem(err, like->n * sizeof *pen.x, "a chart");
    figure->series = wider;
    bool has_bars = like->mark != BL_MARK_LINE;
    bl_series *series = &figure->series[figure->chart.n_series++];
    *series = *like;
    series->x = like->mark == BL_MARK_BARS ? NULL : pen.x;
    series->y = like->mark == BL_MARK_BAND || like->mark == BL_MARK_BOXES ? NULL : pen.y;
    series->low = has_bars ? pen.low : NULL;
    series->high = has_bars ? pen.high : NULL;
    *ret_pen = pen;
    return BL_OK;
}

bl_status bl_figure_add_density(bl_figure *figure, const bl_histogram *histogram,
                                const bl_series *like, bl_error *err) {
    const bl_histogram *h = histogram;
    bool is_points = like->mark == BL_MARK_POINTS;
    bl_series series = *like;
    bl_trace pen;
    bl_sum all = {0};
    series.n = h->n_bins;
    BL_TRY(bl_figure_add(figure, &series, &pen, err));
    for (size_t bin = 0; bin < h->n_bins + 2; bin++)
        bl_sum_add(&all, bl_histogram_content(h, bin));
    for (size_t i = 0; i < h->n_bins; i++) {
        double scale = bl_sum_value(&all) * (h->edges[i + 1] - h->edges[i]);
        double error = bl_histogram_error(h, i + 1) / fabs(scale);
        pen.x[i] = is_points ? (h->edges[i] + h->edges[i + 1]) / 2 : h->edges[i];
        pen.y[i] = scale == 0 ? NAN : bl_histogram_content(h, i + 1) / scale;
        pen.low[i] = pen.y[i] - error;
        pen.high[i] = pen.y[i] + error;
    }
    if (!is_points)
        pen.x[h->n_bins] = h->edges[h->n_bins];
    return BL_OK;
}

bl_status bl_figure_end(bl_figure *figure, const char *text, bl_error *err) {
    if (!figure->chart.name || !figure->chart.x.title || !figure->chart.y.title || !text)
        return bl_error_nomem(err, 1, "a chart's text");
    figure->chart.series = figure->series;
    return bl_section_add_chart(figure->to, &figure->chart, text, err);
}

bl_status bl_figure_end_matrix(bl_figure *figure, const bl_matrix *matrix, const char *text,
                               bl_error *err) {
    bl_matrix *copy = (bl_matrix *)bl_arena_alloc(figure->to->arena, sizeof *copy);
    if (!copy)
        return bl_error_nomem(err, sizeof *copy, "a matrix");
    *copy = *matrix;
    figure->chart.matrix = copy;
    return bl_figure_end(figure, text, err);
}

// ---- JSON ----

void bl_put_next(bl_text *json) {
    char last = json->n ? json->text[json->n - 1] : '[';
    if (last != '[' && last != '{' && last != ':')
        bl_text_add(json, ",");
}

void bl_put_key(bl_text *json, const char *key) {
    bl_put_next(json);
    bl_text_add_quoted(json, key);
    bl_text_add(json, ":");
}

void bl_put_number(bl_text *json, const char *key, double value) {
    bl_put_key(json, key);
    bl_json_put_number(json, value);
}

void bl_put_integer(bl_text *json, const char *key, int64_t value) {
    bl_put_key(json, key);
    bl_json_put_integer(json, value);
}

void bl_put_text(bl_text *json, const char *key, const char *value) {
    bl_put_key(json, key);
    bl_json_put_text(json, value);
}

void bl_put_numbers(bl_text *json, const char *key, const double *values, size_t n) {
    bl_put_key(json, key);
    bl_text_add(json, "[");
    for (size_t i = 0; i < n; i++) {
        bl_put_next(json);
        bl_json_put_number(json, values[i]);
    }
    bl_text_add(json, "]");
}

void bl_put_texts(bl_text *json, const char *key, const char *const *values, size_t n) {
    bl_put_key(json, key);
    bl_text_add(json, "[");
    for (size_t i = 0; i < n; i++) {
        bl_put_next(json);
        bl_json_put_text(json, values[i]);
    }
    bl_text_add(json, "]");
}

void bl_put_contents(bl_text *json, const bl_histogram *histogram) {
    for (int of_errors = 0; of_errors < 2; of_errors++) {
        bl_put_key(json, of_errors ? "errors" : "sumw");
        bl_text_add(json, "[");
        for (size_t bin = 1; bin <= histogram->n_bins; bin++) {
            bl_put_next(json);
            bl_json_put_number(json, of_errors ? bl_histogram_error(histogram, bin)
                                               : bl_histogram_content(histogram, bin));
        }
        bl_text_add(json, "]");
    }
}

void bl_put_subject(bl_text *json, const bl_subject *subject) {
    bl_put_next(json);
    bl_text_add(json, "{");
    bl_put_text(json, "name", subject->name);
    bl_put_text(json, "path", subject->path);
    bl_put_text(json, "column", subject->column);
    bl_put_integer(json, "models", (int64_t)subject->n_models);
}

// ---- what figures are made of ----

size_t bl_first_signal(const bl_evaluation *evaluation) { return evaluation->n_classes == 2; }

const char *bl_score_title(bl_section_output *to, const bl_evaluation *evaluation,
                           size_t of_class) {
    return bl_say(to, "Score of %s", evaluation->classes[of_class]);
}
