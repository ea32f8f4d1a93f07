// SPDX-License-Identifier: Apache-2.0
// Matrices: from paper to ink, the more the larger the number; numbers are text on light cells and
// paper on dark ones, so that they are read in light and dark alike.
#include <stdio.h>

#include "plot/letters.h"
#include "plot/plane.h"

static const double gap = 0.4, strong = 0.63, scale_left = 12, scale_width = 12;

/// How much ink, and which, a number has.
static double shade_of(const bl_matrix *matrix, double value, bl_ink *ret_ink) {
    double share;
    *ret_ink = BL_INK_COLD;
    if (!isfinite(value))
        return 0;
    if (matrix->low < 0 && matrix->high > 0) {
        share = value / fmax(-matrix->low, matrix->high);
        *ret_ink = value > 0 ? BL_INK_WARM : BL_INK_COLD;
    } else {
        share = (value - matrix->low) / (matrix->high - matrix->low);
        share = share > 0 ? share : 0;
    }
    share = fmin(fabs(share), 1);
    return isnan(share) ? 0 : share;
}

static void write_cell(double value, int digits, char *to, size_t room) {
    bool is_long = isfinite(value) && fabs(value) >= 1e6;
    if (isnan(value))
        snprintf(to, room, "–");
    else if (isinf(value))
        snprintf(to, room, value < 0 ? "−∞" : "∞");
    else
        snprintf(to, room, is_long ? "%s%.*g" : "%s%.*f", signbit(value) && value < 0 ? "−" : "",
                 digits, fabs(value));
}

/// Letters in which all numbers fit into their cells; 0: too small to be read
static double digits_size(const bl_matrix *matrix, size_t n, double width, double height) {
    double widest = 0;
    char text[64];
    for (size_t i = 0; i < n; i++) {
        write_cell(matrix->cells[i], matrix->digits, text, sizeof text);
        widest = fmax(widest, bl_letters_width(text, 1));
    }
    double size = fmin(13, fmin((width - 4) / widest, (height - 2) / 1.1));
    return size >= 5.5 ? size : 0;
}

static void draw_scale(const bl_plane *plane, bl_canvas *canvas) {
    enum { N_PIECES = 48 };
    const bl_matrix *matrix = plane->chart->matrix;
    const bl_box *box = &plane->frame;
    const bl_pen line = {.ink = BL_INK_FRAME, .width = 0.8};
    double left = box->right + scale_left, length = box->bottom - box->top;
    bl_axis axis = {.begin = box->bottom, .end = box->top};
    bl_axis_range(&axis, &(bl_chart_axis){.low = matrix->low, .high = matrix->high},
                  &bl_extent_none);
    bl_axis_ticks(&axis, length / 45);
    for (size_t i = 0; i < N_PIECES && !axis.is_empty; i++) {
        double value = axis.low + (axis.high - axis.low) * ((double)i + 0.5) / N_PIECES;
        bl_pen pen = {0};
        pen.opacity = shade_of(matrix, value, &pen.ink);
        double bottom = box->bottom - length * (double)i / N_PIECES;
        bl_canvas_box(canvas, &pen,
                      &(bl_box){left, bottom - length / N_PIECES, left + scale_width, bottom});
    }
    bl_canvas_box(canvas, &line, &(bl_box){left, box->top, left + scale_width, box->bottom});
    for (size_t i = 0; i < axis.n_ticks; i++)
        if (axis.ticks[i].is_major) {
            double right = left + scale_width, at = axis.ticks[i].at;
            bl_canvas_segment(canvas, &line, (bl_point){right - 4, at}, (bl_point){right, at});
            canvas->ops->text(canvas, (bl_point){right + 4, at + 3.8}, 10.5, BL_ANCHOR_START, false,
                              BL_INK_TEXT, axis.ticks[i].label);
        }
}

void bl_matrix_draw(const bl_plane *plane, bl_canvas *canvas) {
    const bl_matrix *matrix = plane->chart->matrix;
    size_t n_x = plane->chart->x.n_names, n_y = plane->chart->y.n_names;
    double width = (plane->frame.right - plane->frame.left) / (double)n_x;
    double height = (plane->frame.bottom - plane->frame.top) / (double)n_y;
    double size = matrix->digits < 0 ? 0 : digits_size(matrix, n_x * n_y, width, height);
    double apart = fmin(width, height) > 6 ? gap : 0;
    char text[64];
    for (size_t i = 0; i < n_x * n_y; i++) {
        bl_pen pen = {0};
        size_t row = i / n_x, column = i % n_x;
        double left = plane->frame.left + width * (double)column;
        double top = plane->frame.top + height * (double)row;
        pen.opacity = shade_of(matrix, matrix->cells[i], &pen.ink);
        if (pen.opacity >= 0.005)
            bl_canvas_box(
                canvas, &pen,
                &(bl_box){left + apart, top + apart, left + width - apart, top + height - apart});
        if (size <= 0)
            continue;
        write_cell(matrix->cells[i], matrix->digits, text, sizeof text);
        canvas->ops->text(canvas, (bl_point){left + width / 2, top + height / 2 + 0.35 * size},
                          size, BL_ANCHOR_MIDDLE, false,
                          pen.opacity > strong ? BL_INK_PAPER : BL_INK_TEXT, text);
    }
    draw_scale(plane, canvas);
}
