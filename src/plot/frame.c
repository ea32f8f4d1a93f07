// SPDX-License-Identifier: Apache-2.0
// The frame: ticks inside on all four sides, labels, names of categories, titles at the axes' ends.
#include <string.h>

#include "plot/letters.h"
#include "plot/plane.h"

static const double major_tick = 7, minor_tick = 3.8, frame_width = 1, tick_width = 0.9;

// ---- ticks ----

static void add_segment(bl_canvas *canvas, double x0, double y0, double x1, double y1) {
    canvas->ops->move(canvas, (bl_point){x0, y0});
    canvas->ops->line(canvas, (bl_point){x1, y1});
}

static void draw_ticks(const bl_plane *plane, bl_canvas *canvas) {
    const bl_pen pen = {.ink = BL_INK_FRAME, .width = tick_width};
    const bl_box *box = &plane->frame;
    if (plane->x.n_ticks + plane->y.n_ticks == 0)
        return;
    canvas->ops->begin(canvas, &pen);
    for (size_t i = 0; i < plane->x.n_ticks; i++) {
        double at = plane->x.ticks[i].at,
               length = plane->x.ticks[i].is_major ? major_tick : minor_tick;
        add_segment(canvas, at, box->bottom, at, box->bottom - length);
        add_segment(canvas, at, box->top, at, box->top + length);
    }
    for (size_t i = 0; i < plane->y.n_ticks; i++) {
        double at = plane->y.ticks[i].at,
               length = plane->y.ticks[i].is_major ? major_tick : minor_tick;
        add_segment(canvas, box->left, at, box->left + length, at);
        add_segment(canvas, box->right, at, box->right - length, at);
    }
    canvas->ops->end(canvas);
}

/// Below a tick; those near the side of the picture are moved, so that they are all there.
static void draw_label_of_x(const bl_tick *tick, double y, bl_canvas *canvas) {
    double half = bl_letters_width(tick->label, bl_label_size) / 2 + 2;
    double at = fmax(fmin(tick->at, canvas->width - half), half);
    canvas->ops->text(canvas, (bl_point){at, y}, bl_label_size, BL_ANCHOR_MIDDLE, false,
                      BL_INK_TEXT, tick->label);
}

static void draw_labels(const bl_plane *plane, bl_canvas *canvas) {
    const bl_box *box = &plane->frame;
    for (size_t i = 0; i < plane->x.n_ticks; i++)
        if (plane->x.ticks[i].label[0])
            draw_label_of_x(&plane->x.ticks[i], box->bottom + 15, canvas);
    for (size_t i = 0; i < plane->y.n_ticks; i++)
        if (plane->y.ticks[i].label[0])
            canvas->ops->text(canvas, (bl_point){box->left - 6, plane->y.ticks[i].at + 4.2},
                              bl_label_size, BL_ANCHOR_END, false, BL_INK_TEXT,
                              plane->y.ticks[i].label);
}

// ---- categories ----

static double cell_length(const bl_axis *axis, size_t n_names) {
    return fabs(axis->end - axis->begin) / (double)n_names;
}

double bl_names_size(const bl_axis *axis, size_t n_names) {
    return fmin(11.5, fmax(5, 0.95 * cell_length(axis, n_names)));
}

double bl_names_width(const bl_chart_axis *axis, double size) {
    double width = 0;
    for (size_t i = 0; i < axis->n_names; i++)
        width = fmax(width, bl_letters_width(axis->names[i], size));
    return width;
}

/// \param of_x below the frame, else on its left
static void draw_names(const bl_plane *plane, bool of_x, bl_canvas *canvas) {
    const bl_chart_axis *of = of_x ? &plane->chart->x : &plane->chart->y;
    const bl_axis *axis = of_x ? &plane->x : &plane->y;
    const bl_box *box = &plane->frame;
    double size = bl_names_size(axis, of->n_names), cell = cell_length(axis, of->n_names);
    bool up = of_x && bl_names_width(of, size) > cell - 4;
    double room = up ? canvas->height - box->bottom - (of->title ? 26 : 8) : box->left - 8;
    size_t step = (size_t)fmax(1, ceil(size / 1.2 / cell));
    char text[256];
    for (size_t i = 0; i < of->n_names; i += step) {
        double at = bl_axis_place(axis, (double)i);
        bl_letters_fit(of->names[i], size, of_x && !up ? cell * 1.2 : room, text, sizeof text);
        bl_point place = up     ? (bl_point){at + 0.35 * size, box->bottom + 6}
                         : of_x ? (bl_point){at, box->bottom + 15}
                                : (bl_point){box->left - 6, at + 0.35 * size};
        canvas->ops->text(canvas, place, size, of_x && !up ? BL_ANCHOR_MIDDLE : BL_ANCHOR_END, up,
                          BL_INK_TEXT, text);
    }
}

// ---- titles ----

static void draw_title(bl_canvas *canvas, const char *title, double room, bl_point at,
                       bl_anchor anchor, bool up) {
    char text[256];
    if (!title)
        return;
    bl_letters_fit(title, bl_title_size, room, text, sizeof text);
    canvas->ops->text(canvas, at, bl_title_size, anchor, up, BL_INK_TEXT, text);
}

void bl_frame_draw(const bl_plane *plane, bl_canvas *canvas) {
    const bl_pen pen = {.ink = BL_INK_FRAME, .width = frame_width};
    const bl_box *box = &plane->frame;
    const bl_chart *chart = plane->chart;
    draw_ticks(plane, canvas);
    bl_canvas_box(canvas, &pen, box);
    draw_labels(plane, canvas);
    if (chart->x.n_names)
        draw_names(plane, true, canvas);
    if (chart->y.n_names)
        draw_names(plane, false, canvas);
    draw_title(canvas, chart->x.title, canvas->width - 10,
               (bl_point){box->right, canvas->height - 7}, BL_ANCHOR_END, false);
    draw_title(canvas, chart->y.title, box->bottom - 10, (bl_point){15, box->top}, BL_ANCHOR_END,
               true);
    draw_title(canvas, chart->title, canvas->width - box->left - 8,
               (bl_point){box->left, box->top - 8}, BL_ANCHOR_START, false);
}
