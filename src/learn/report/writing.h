// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside sections: words, charts series by series, JSON key by key.
#ifndef BL_LEARN_REPORT_WRITING_H
#define BL_LEARN_REPORT_WRITING_H

#include "base/json_text.h"
#include "learn/report/cells.h"
#include "plot/histogram.h"

// ---- words ----

/// printf into the section's arena; NULL when there is no memory.
char *bl_say(bl_section_output *to, const char *format, ...) BL_PRINTF(2, 3);
/// Adds a paragraph. \return BL_OK, BL_E_NOMEM
bl_status bl_say_words(bl_section_output *to, bl_error *err, const char *format, ...)
    BL_PRINTF(3, 4);
/// A name as a part of a file's: letters and digits of ASCII stay, others become '-'.
const char *bl_slug(bl_section_output *to, const char *name);

// ---- tables ----

/// "0.123"; "–" of what is no finite number.
void bl_cells_fixed(bl_cells *cells, int digits, double value);
/// "0.123 ± 0.004"; without an error where that is no finite number.
void bl_cells_measured(bl_cells *cells, int digits, double value, double error);

// ---- charts ----

/// A chart on its way.
typedef struct bl_figure {
    bl_section_output *to;
    bl_chart chart; ///< to be filled in; but for series
    bl_series *series;
    size_t room;
} bl_figure;

/// Where a series' numbers are written; arrays as bl_series has them, all there, all NaN.
typedef struct bl_trace {
    double *x, *y, *low, *high;
} bl_trace;

bl_figure bl_figure_begin(bl_section_output *to, const char *name, const char *x_title,
                          const char *y_title);
/// Adds a series like one without numbers: its label, mark, n, colour.
/// \return BL_OK, BL_E_NOMEM
bl_status bl_figure_add(bl_figure *figure, const bl_series *like, bl_trace *ret_pen, bl_error *err);
/// Adds a histogram as a density: contents by the sum of all and by the width, so that the area is
/// 1. \param like a series without numbers; of POINTS they are in the middle of bins
/// \return BL_OK, BL_E_NOMEM
bl_status bl_figure_add_density(bl_figure *figure, const bl_histogram *histogram,
                                const bl_series *like, bl_error *err);
/// Adds the chart. \param text what it shows \return BL_OK, BL_E_NOMEM
bl_status bl_figure_end(bl_figure *figure, const char *text, bl_error *err);
/// Adds a matrix. \param cells [n_y × n_x], borrows \return BL_OK, BL_E_NOMEM
bl_status bl_figure_end_matrix(bl_figure *figure, const bl_matrix *matrix, const char *text,
                               bl_error *err);

// ---- JSON ----

/// A comma where one is needed: behind all but the first item of a list.
void bl_put_next(bl_text *json);
/// The key of a map's next value.
void bl_put_key(bl_text *json, const char *key);
void bl_put_number(bl_text *json, const char *key, double value);
void bl_put_integer(bl_text *json, const char *key, int64_t value);
void bl_put_text(bl_text *json, const char *key, const char *value);
void bl_put_numbers(bl_text *json, const char *key, const double *values, size_t n);
/// A list of texts.
void bl_put_texts(bl_text *json, const char *key, const char *const *values, size_t n);
/// Keys "sumw" and "errors": lists of what is in each bin.
void bl_put_contents(bl_text *json, const bl_histogram *histogram);
/// Begins the next map of a list: keys "name", "path", "column" and "models" of a subject.
void bl_put_subject(bl_text *json, const bl_subject *subject);

// ---- what figures are made of ----

/// Classes whose scores are looked at: of two the second, of more all of them, one after the other.
size_t bl_first_signal(const bl_evaluation *evaluation);
/// "score of W" \return NULL: no memory
const char *bl_score_title(bl_section_output *to, const bl_evaluation *evaluation, size_t of_class);

#endif
