// SPDX-License-Identifier: Apache-2.0
// Charts as CSV (RFC 4180), lines apart by '\n'.
#include <math.h>
#include <string.h>

#include "plot/chart.h"

static void add_word(bl_text *to, const char *word) {
    if (!word[strcspn(word, ",\"\r\n")]) {
        bl_text_add(to, "%s", word);
        return;
    }
    bl_text_add(to, "\"");
    for (; *word; word++)
        bl_text_add(to, *word == '"' ? "\"\"" : "%c", *word);
    bl_text_add(to, "\"");
}

static void add_number(bl_text *to, double value) {
    if (isnan(value))
        bl_text_add(to, "nan");
    else if (isinf(value))
        bl_text_add(to, value < 0 ? "-inf" : "inf");
    else if (value == 0 && signbit(value))
        bl_text_add(to, "-0.0");
    else
        bl_text_add_number(to, value);
}

/// \param values NULL: an empty field
static void add_field(bl_text *to, const double *values, size_t i) {
    bl_text_add(to, ",");
    if (values)
        add_number(to, values[i]);
}

static bool has_bins(const bl_series *s) {
    return s->mark == BL_MARK_STEPS || s->mark == BL_MARK_FILLED || s->mark == BL_MARK_BOXES;
}

static void add_label(bl_text *to, const bl_chart *chart, size_t k) {
    if (chart->series[k].label)
        add_word(to, chart->series[k].label);
    else
        bl_text_add(to, "%zu", k);
}

/// \param in_bins rows have both edges; of a point that is its place, twice
static void add_series(bl_text *to, const bl_chart *chart, size_t k, bool in_bins) {
    const bl_series *s = &chart->series[k];
    for (size_t i = 0; i < s->n; i++) {
        add_label(to, chart, k);
        for (size_t side = 0; side < 1 + (size_t)in_bins; side++) {
            bl_text_add(to, ",");
            if (s->x)
                add_number(to, s->x[i + (has_bins(s) ? side : 0)]);
            else if (i < chart->y.n_names)
                add_word(to, chart->y.names[i]);
        }
        add_field(to, s->y, i);
        add_field(to, s->low, i);
        add_field(to, s->high, i);
        bl_text_add(to, "\n");
    }
}

static void add_matrix(bl_text *to, const bl_chart *chart) {
    for (size_t x = 0; x < chart->x.n_names; x++) {
        bl_text_add(to, ",");
        add_word(to, chart->x.names[x]);
    }
    bl_text_add(to, "\n");
    for (size_t y = 0; y < chart->y.n_names; y++) {
        add_word(to, chart->y.names[y]);
        for (size_t x = 0; x < chart->x.n_names; x++)
            add_field(to, chart->matrix->cells, y * chart->x.n_names + x);
        bl_text_add(to, "\n");
    }
}

void bl_chart_csv(const bl_chart *chart, bl_text *to) {
    bool in_bins = false;
    if (chart->matrix) {
        add_matrix(to, chart);
        return;
    }
    for (size_t k = 0; k < chart->n_series; k++)
        in_bins |= has_bins(&chart->series[k]);
    bl_text_add(to, in_bins ? "series,x_low,x_high,y,low,high\n" : "series,x,y,low,high\n");
    for (size_t k = 0; k < chart->n_series; k++)
        add_series(to, chart, k, in_bins);
}
