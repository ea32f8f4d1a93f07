// SPDX-License-Identifier: Apache-2.0
// Linear correlations of the inputs' columns, for events of each class.
#include "learn/evaluate/correlation.h"

#include "learn/evaluate/inputs.h"
#include "learn/report/sections.h"
#include "learn/report/writing.h"

enum { MOST_EVENTS = 20000, MOST_NUMBERS = 1 << 22, MOST_COLUMNS = 40, MOST_CLASSES = 6 };

static const char **name_columns(bl_section_output *to, const bl_prepared_input *input, size_t m) {
    const char **names = (const char **)bl_arena_array(to->arena, m + 1, sizeof *names);
    for (size_t k = 0; names && k < m; k++) {
        names[k] = input->columns && input->columns[k] ? input->columns[k]
                                                       : bl_say(to, "%s[%zu]", input->name, k);
        if (!names[k])
            return NULL;
    }
    return names;
}

typedef struct table {
    const bl_input_values *values;
    size_t m; ///< columns that are looked at
    const char **names;
    double *weights; ///< [rows] those of a class; 0 of others
} table;

/// \return events of a class
static size_t weigh(const table *t, const bl_inputs *inputs, size_t of_class) {
    size_t n = 0;
    for (size_t e = 0; e < inputs->n; e++) {
        bool is_it = (size_t)inputs->labels[e] == of_class;
        n += is_it;
        for (int64_t row = t->values->offsets[e]; row < t->values->offsets[e + 1]; row++)
            t->weights[row] = is_it ? inputs->physics[e] : 0;
    }
    return n;
}

static void put_json(bl_text *json, const table *t, const char *of_class, const double *matrix) {
    bl_put_next(json);
    bl_text_add(json, "{");
    bl_put_text(json, "input", t->values->of->name);
    bl_put_text(json, "class", of_class);
    bl_put_texts(json, "columns", t->names, t->m);
    bl_put_key(json, "matrix");
    bl_text_add(json, "[");
    for (size_t i = 0; i < t->m; i++)
        for (size_t k = 0; k < t->m; k++) {
            bl_text_add(json, k ? "," : i ? ",[" : "[");
            bl_json_put_number(json, matrix[i * t->m + k]);
            bl_text_add(json, k + 1 == t->m ? "]" : "");
        }
    bl_text_add(json, "]}");
}

static bl_status draw(const bl_evaluation *e, bl_section_output *to, const table *t, size_t n_rows,
                      size_t of_class, bl_error *err) {
    const char *name = e->classes[of_class], *slug = bl_slug(to, name),
               *input = bl_slug(to, t->values->of->name);
    double *matrix = (double *)bl_arena_array(to->arena, t->m * t->m, sizeof *matrix);
    if (!slug || !input || !matrix)
        return bl_error_nomem(err, t->m * t->m * sizeof *matrix, "a correlation matrix");
    bl_figure figure = bl_figure_begin(to, bl_say(to, "correlation-%s-%s", input, slug), "", "");
    BL_TRY(bl_correlation_make(e->context, n_rows, t->m, t->values->values, t->values->of->width,
                               t->weights, matrix, err));
    put_json(&to->json, t, name, matrix);
    figure.chart.title = e->n_targets ? NULL : name;
    figure.chart.x.names = figure.chart.y.names = t->names;
    figure.chart.x.n_names = figure.chart.y.n_names = t->m;
    const bl_matrix drawn = {.cells = matrix, .low = -1, .high = 1, .digits = t->m > 20 ? -1 : 2};
    return bl_figure_end_matrix(
        &figure, &drawn,
        bl_say(to, "Correlation coefficients of %s%s, for %s%s, with physical weights.",
               t->values->of->name, t->values->of->is_sequence ? ", row by row" : "",
               e->n_targets ? "all events" : "events of ", e->n_targets ? "" : name),
        err);
}

static bl_status look_at(const bl_evaluation *e, bl_section_output *to, const bl_inputs *inputs,
                         size_t i, bl_error *err) {
    table t = {.values = &inputs->inputs[i], .m = inputs->inputs[i].of->width};
    size_t n_rows = (size_t)t.values->offsets[inputs->n];
    t.m = t.m < MOST_COLUMNS ? t.m : MOST_COLUMNS;
    if (t.m < 2)
        return BL_OK;
    t.names = name_columns(to, t.values->of, t.m);
    t.weights = (double *)bl_arena_array(to->arena, n_rows + 1, sizeof *t.weights);
    if (!t.names || !t.weights)
        return bl_error_nomem(err, n_rows * sizeof *t.weights, "weights");
    for (size_t k = 0; k < e->n_classes && k < MOST_CLASSES; k++) {
        size_t n = weigh(&t, inputs, k);
        if (n >= 2)
            BL_TRY(draw(e, to, &t, n_rows, k, err));
        else
            BL_TRY(bl_say_words(to, err, "%s%s has %zu events: nothing is correlated.",
                                e->n_targets ? "The test" : "Class ",
                                e->n_targets ? "" : e->classes[k], n));
    }
    if (t.values->of->width > t.m)
        return bl_say_words(to, err, "The first %zu of %zu columns of %s are shown.", t.m,
                            t.values->of->width, t.values->of->name);
    return BL_OK;
}

bl_status bl_section_correlation(const bl_evaluation *e, bl_section_output *to, bl_error *err) {
    bl_inputs inputs;
    if (!e->prepared->n_inputs || !e->test->n)
        return BL_OK;
    BL_TRY(bl_inputs_read(to->arena, e, MOST_EVENTS, MOST_NUMBERS, &inputs, err));
    bl_text_add(&to->json, "[");
    for (size_t i = 0; i < e->prepared->n_inputs; i++)
        BL_TRY(look_at(e, to, &inputs, i, err));
    bl_text_add(&to->json, "]");
    return bl_say_words(
        to, err,
        "%zu events of the test were looked at. Rows of a sequence count like events, "
        "with the weight of theirs. Columns that are constant have no coefficient.",
        inputs.n);
}
