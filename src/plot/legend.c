// SPDX-License-Identifier: Apache-2.0
// Legends and notes: lines of text in boxes, over paper that lets little through.
#include <math.h>
#include <string.h>

#include "plot/letters.h"
#include "plot/plane.h"

enum { TEXT_BYTES = 256 };

static const double sample_width = 22, sample_gap = 7, legend_row = 16.5, note_row = 14.5,
                    padding = 5, veil = 0.82;

bl_legend_shape bl_legend_measure(const bl_chart *chart, double most_width, size_t n_columns) {
    bl_legend_shape shape = {.n_columns = n_columns};
    double width = 0;
    for (size_t k = 0; k < chart->n_series; k++)
        if (chart->series[k].label) {
            width = fmax(width, bl_letters_width(chart->series[k].label, bl_legend_size));
            shape.n++;
        }
    if (shape.n == 0)
        return shape;
    shape.n_rows = (shape.n + n_columns - 1) / n_columns;
    shape.wanted_width = (width + sample_width + sample_gap + 2 * padding) * (double)n_columns;
    shape.width = fmin(shape.wanted_width, most_width);
    shape.height = (double)shape.n_rows * legend_row + padding;
    return shape;
}

/// What a series looks like, in small.
static void draw_sample(const bl_series *s, bl_point at, bl_canvas *canvas) {
    static const double x[] = {0, 1}, one[] = {0.5}, low[] = {0.1, 0.1}, high[] = {0.9, 0.9};
    const double middles[] = {0.5, 0.5}, point[] = {0.5};
    bool is_band = s->mark == BL_MARK_BAND || s->mark == BL_MARK_BOXES;
    bool is_across = s->mark == BL_MARK_BARS, is_point = s->mark == BL_MARK_POINTS;
    bl_series sample = {.mark = s->mark, .color = s->color, .is_dashed = s->is_dashed};
    bl_chart chart = {.n_series = 1, .series = &sample};
    bl_plane plane = {.chart = &chart,
                      .x = {.low = 0, .high = 1, .begin = at.x, .end = at.x + sample_width},
                      .y = {.low = 0, .high = 1, .begin = at.y + 1, .end = at.y - 9}};
    if (s->mark == BL_MARK_LINE || s->mark == BL_MARK_STEPS) {
        sample.mark = BL_MARK_LINE;
        sample.n = 2;
        sample.x = x;
        sample.y = middles;
    } else if (is_point) {
        sample.n = 1;
        sample.x = point;
        sample.y = one;
        sample.low = s->low ? low : NULL;
        sample.high = s->high ? high : NULL;
    } else {
        sample.n = is_across ? 1 : is_band && s->mark == BL_MARK_BAND ? 2 : 1;
        sample.x = x;
        sample.y = is_across ? x + 1 : high;
        sample.low = is_band ? low : NULL;
        sample.high = is_band ? high : NULL;
        plane.y.low = is_across ? 0.5 : 0;
        plane.y.high = is_across ? -0.5 : 1;
    }
    bl_series_draw(&plane, 0, canvas);
}

static void draw_veil(const bl_box *box, bl_canvas *canvas) {
    const bl_pen paper = {.ink = BL_INK_PAPER, .opacity = veil};
    bl_canvas_box(canvas, &paper, box);
}

void bl_legend_draw(const bl_plane *plane, bl_canvas *canvas) {
    char text[TEXT_BYTES];
    const bl_box *box = &plane->legend;
    const bl_legend_shape *shape = &plane->legend_shape;
    size_t i = 0;
    if (!(box->right > box->left))
        return;
    double column = (box->right - box->left) / (double)shape->n_columns;
    double before = padding + sample_width + sample_gap;
    draw_veil(box, canvas);
    for (size_t k = 0; k < plane->chart->n_series; k++) {
        const bl_series *s = &plane->chart->series[k];
        if (!s->label)
            continue;
        size_t row = i % shape->n_rows, place = i / shape->n_rows;
        double left = box->left + column * (double)place;
        double y = box->top + 13.5 + legend_row * (double)row;
        i++;
        if (y > canvas->height)
            continue;
        draw_sample(s, (bl_point){left + padding, y}, canvas);
        bl_letters_fit(s->label, bl_legend_size, column - before, text, sizeof text);
        canvas->ops->text(canvas, (bl_point){left + before, y}, bl_legend_size, BL_ANCHOR_START,
                          false, BL_INK_TEXT, text);
    }
}

// ---- notes ----

/// The next line of a note. \param to [TEXT_BYTES] \return behind it; NULL: there is none
static const char *next_line(const char *note, char *to) {
    if (!note)
        return NULL;
    size_t n = strcspn(note, "\n"), kept = n < TEXT_BYTES - 1 ? n : TEXT_BYTES - 1;
    memcpy(to, note, kept);
    to[kept] = 0;
    return note + n;
}

void bl_note_measure(const bl_chart *chart, double *ret_width, double *ret_height) {
    char line[TEXT_BYTES];
    double width = 0, n = 0;
    for (const char *at = next_line(chart->note, line); at;
         at = *at ? next_line(at + 1, line) : NULL) {
        width = fmax(width, bl_letters_width(line, bl_note_size));
        n++;
    }
    *ret_width = n > 0 ? width + 2 * padding : 0;
    *ret_height = n > 0 ? n * note_row + padding : 0;
}

void bl_note_draw(const bl_plane *plane, bl_canvas *canvas) {
    char line[TEXT_BYTES], fitted[TEXT_BYTES + 8];
    const bl_box *box = &plane->note;
    double y = box->top + 12, middle = (plane->frame.left + plane->frame.right) / 2;
    bool is_right = (box->left + box->right) / 2 > middle + 1;
    if (!(box->right > box->left))
        return;
    draw_veil(box, canvas);
    for (const char *at = next_line(plane->chart->note, line); at;
         at = *at ? next_line(at + 1, line) : NULL) {
        bl_letters_fit(line, bl_note_size, box->right - box->left, fitted, sizeof fitted);
        canvas->ops->text(
            canvas, (bl_point){is_right ? box->right - padding : box->left + padding, y},
            bl_note_size, is_right ? BL_ANCHOR_END : BL_ANCHOR_START, false, BL_INK_TEXT, fitted);
        y += note_row;
    }
}
