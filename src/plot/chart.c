// SPDX-License-Identifier: Apache-2.0
// The layout: ranges, margins as wide as labels need, and where legend and note hide least.
#include "plot/chart.h"

#include "plot/cover.h"
#include "plot/letters.h"
#include "plot/plane.h"

static const double margin = 14, title_row = 20, label_row = 22, scale_room = 62, gap = 7;
/// More of a legend than this over what is drawn, and the y axis gets longer.
static const double may_cover = 0.03;
/// Legends that would take more of the frame's height than this, or have more entries, are beside
/// it; those of some entries have two columns, where they are short.
static const double most_inside = 0.5;
enum { MOST_INSIDE = 10, LEAST_IN_TWO = 5 };

// ---- margins ----

static double left_margin(const bl_plane *plane, const bl_canvas *canvas) {
    const bl_chart_axis *y = &plane->chart->y;
    double title = y->title ? title_row : 4;
    double labels = y->n_names ? bl_names_width(y, bl_names_size(&plane->y, y->n_names))
                               : fmax(bl_axis_labels_width(&plane->y, bl_label_size),
                                      plane->y.is_empty ? 0 : 20);
    return title + fmin(labels, 0.42 * canvas->width) + 8;
}

/// With names of categories below the frame, turned where they are long.
static double bottom_margin(const bl_plane *plane, const bl_canvas *canvas) {
    const bl_chart_axis *x = &plane->chart->x;
    double title = x->title ? title_row : 2;
    if (!x->n_names)
        return title + label_row;
    double size = bl_names_size(&plane->x, x->n_names), width = bl_names_width(x, size);
    double cell = (plane->x.end - plane->x.begin) / (double)x->n_names;
    return title + (width > cell - 4 ? fmin(width, 0.4 * canvas->height) + 10 : label_row);
}

static void set_frame(bl_plane *plane, double left, double top, double right, double bottom) {
    plane->frame = (bl_box){left, top, right, bottom};
    plane->x.begin = left;
    plane->x.end = right;
    plane->y.begin = bottom;
    plane->y.end = top;
}

/// Categories are places 0, 1, …; those of y begin on top.
static void set_categories(bl_axis *axis, size_t n_names, bool is_y) {
    double low = -0.5, high = (double)n_names - 0.5;
    axis->is_log = axis->is_empty = false;
    axis->low = is_y ? high : low;
    axis->high = is_y ? low : high;
    axis->n_ticks = 0;
}

/// As many labels as have room beside each other.
static void make_x_ticks(bl_axis *axis) {
    double length = axis->end - axis->begin;
    for (int n = 8; n >= 2; n--) {
        bl_axis_ticks(axis, n);
        size_t n_labels = 0;
        for (size_t i = 0; i < axis->n_ticks; i++)
            n_labels += axis->ticks[i].label[0] != 0;
        if ((double)n_labels * (bl_axis_labels_width(axis, bl_label_size) + 14) < length)
            return;
    }
}

static void make_y_ticks(bl_plane *plane) {
    if (!plane->chart->y.n_names)
        bl_axis_ticks(&plane->y, (plane->frame.bottom - plane->frame.top) / 42);
}

/// The frame and its ticks. Ranges are there. \param beside what is needed on the right
static void lay_out(bl_plane *plane, const bl_canvas *canvas, double beside) {
    double top = plane->chart->title ? title_row + 6 : margin;
    double right = canvas->width - margin - beside;
    double bottom = canvas->height - title_row - label_row;
    set_frame(plane, 60, top, right, bottom);
    make_y_ticks(plane);
    double left = fmin(left_margin(plane, canvas), right - 40);
    set_frame(plane, left, top, right, bottom);
    bottom = fmax(canvas->height - bottom_margin(plane, canvas), top + 40);
    set_frame(plane, left, top, right, bottom);
    make_y_ticks(plane);
    if (!plane->chart->x.n_names)
        make_x_ticks(&plane->x);
}

static void set_ranges(bl_plane *plane, const bl_extent *x, const bl_extent *y) {
    const bl_chart *chart = plane->chart;
    bl_axis_range(&plane->x, &chart->x, x);
    bl_axis_range(&plane->y, &chart->y, y);
    if (chart->x.n_names)
        set_categories(&plane->x, chart->x.n_names, false);
    if (chart->y.n_names)
        set_categories(&plane->y, chart->y.n_names, true);
}

// ---- legend and note ----

static bool is_free(const bl_chart_axis *axis) {
    return !axis->n_names && !(axis->low < axis->high);
}

static void cover_series(const bl_plane *plane, bl_cover *cover) {
    bl_cover_init(cover, &plane->frame);
    for (size_t k = 0; k < plane->chart->n_series; k++)
        bl_series_draw(plane, k, &cover->head);
}

/// Finds places for both. \return the larger part of one that covers something
static double place_boxes(bl_plane *plane) {
    bl_cover cover;
    double width, height, covered = 0;
    const bl_legend_shape *legend = &plane->legend_shape;
    const bl_pen pen = {.ink = BL_INK_TEXT, .opacity = 1};
    cover_series(plane, &cover);
    if (legend->n && !plane->is_legend_beside) {
        covered = bl_cover_place(&cover, legend->width, legend->height, gap, &plane->legend);
        bl_canvas_box(&cover.head, &pen, &plane->legend);
    }
    bl_note_measure(plane->chart, &width, &height);
    if (width > 0)
        covered = fmax(covered, bl_cover_place(&cover, width, height, gap, &plane->note));
    return covered;
}

/// In one column or two, or beside the frame, where it is long.
static void shape_legend(bl_plane *plane) {
    double width = plane->frame.right - plane->frame.left;
    double height = plane->frame.bottom - plane->frame.top;
    const bl_legend_shape two = bl_legend_measure(plane->chart, 0.9 * width, 2);
    plane->legend_shape = bl_legend_measure(plane->chart, 0.62 * width, 1);
    plane->is_legend_beside =
        two.n > MOST_INSIDE || plane->legend_shape.height > most_inside * height;
    if (two.n >= LEAST_IN_TWO && two.wanted_width <= two.width && !plane->is_legend_beside)
        plane->legend_shape = two;
}

/// Where a legend or a note would hide something, the y axis gets longer, so that there is room on
/// top.
static void make_room(bl_plane *plane, bl_extent *x, bl_extent *y, const bl_canvas *canvas) {
    double note_width, note_height, beside = 0;
    shape_legend(plane);
    bl_legend_shape *legend = &plane->legend_shape;
    if (plane->is_legend_beside) {
        *legend = bl_legend_measure(plane->chart, 0.38 * canvas->width, 1);
        beside = legend->width;
        lay_out(plane, canvas, beside);
        const bl_box *frame = &plane->frame;
        plane->legend = (bl_box){frame->right + 4, frame->top, frame->right + 4 + beside,
                                 frame->top + legend->height};
    }
    if (place_boxes(plane) <= may_cover || !is_free(&plane->chart->y))
        return;
    bl_note_measure(plane->chart, &note_width, &note_height);
    double height = fmax(beside > 0 ? 0 : legend->height, note_height) + 2 * gap;
    double share = height / (plane->frame.bottom - plane->frame.top);
    y->pad_top = share < 0.7 ? share / (1 - share) : 0;
    set_ranges(plane, x, y);
    lay_out(plane, canvas, beside);
    place_boxes(plane);
}

// ---- all of it ----

static void draw_diagonal(const bl_plane *plane, bl_canvas *canvas) {
    const bl_pen pen = {.ink = BL_INK_MUTED, .width = 0.9, .dash = BL_DASH_LONG};
    const bl_axis *x = &plane->x, *y = &plane->y;
    bl_axis same = *y; // places of logarithms, where they are
    same.is_log = false;
    bl_canvas_segment(canvas, &pen, (bl_point){x->begin, bl_axis_place(&same, x->low)},
                      (bl_point){x->end, bl_axis_place(&same, x->high)});
}

static void draw_inside(const bl_plane *plane, bl_canvas *canvas) {
    const bl_chart *chart = plane->chart;
    const bl_pen zero = {.ink = BL_INK_GRID, .width = 1};
    const bl_axis *x = &plane->x, *y = &plane->y;
    canvas->ops->clip(canvas, &plane->frame);
    if (!y->is_log && !chart->y.n_names && y->low < 0 && y->high > 0)
        bl_canvas_segment(canvas, &zero, (bl_point){x->begin, bl_axis_place(y, 0)},
                          (bl_point){x->end, bl_axis_place(y, 0)});
    if (!x->is_log && !chart->x.n_names && chart->y.n_names && x->low < 0 && x->high > 0)
        bl_canvas_segment(canvas, &zero, (bl_point){bl_axis_place(x, 0), y->begin},
                          (bl_point){bl_axis_place(x, 0), y->end});
    if (chart->has_diagonal && x->is_log == y->is_log)
        draw_diagonal(plane, canvas);
    for (size_t k = 0; k < chart->n_series; k++)
        bl_series_draw(plane, k, canvas);
    canvas->ops->clip(canvas, NULL);
}

static void draw_nothing(const bl_plane *plane, bl_canvas *canvas) {
    bl_point middle = {(plane->frame.left + plane->frame.right) / 2,
                       (plane->frame.top + plane->frame.bottom) / 2};
    canvas->ops->text(canvas, middle, bl_title_size, BL_ANCHOR_MIDDLE, false, BL_INK_MUTED,
                      "no data");
}

void bl_chart_draw(const bl_chart *chart, bl_canvas *canvas) {
    bl_plane plane = {.chart = chart};
    bl_extent x = bl_extent_none, y = bl_extent_none;
    bool is_matrix = chart->matrix != NULL;
    bool has_any =
        is_matrix ? chart->x.n_names && chart->y.n_names : bl_series_extents(chart, &x, &y);
    set_ranges(&plane, &x, &y);
    lay_out(&plane, canvas, is_matrix ? scale_room : 0);
    if (has_any && is_matrix)
        bl_matrix_draw(&plane, canvas);
    else if (has_any)
        make_room(&plane, &x, &y, canvas);
    if (has_any && !is_matrix)
        draw_inside(&plane, canvas);
    bl_frame_draw(&plane, canvas);
    if (!has_any)
        draw_nothing(&plane, canvas);
    bl_legend_draw(&plane, canvas);
    bl_note_draw(&plane, canvas);
}

void bl_chart_size(const bl_chart *chart, double *ret_width, double *ret_height) {
    enum { LEAST_CELL = 12, MOST_NAMES = 200 };
    double width = 0, height = 0;
    double n_x = fmin((double)chart->x.n_names, MOST_NAMES);
    double n_y = fmin((double)chart->y.n_names, MOST_NAMES);
    double left = fmin(bl_names_width(&chart->y, 11.5), 0.42 * BL_CHART_WIDTH) + 28;
    double names = fmin(bl_names_width(&chart->x, 11.5), 0.4 * BL_CHART_HEIGHT);
    if (chart->matrix) {
        double digits = chart->matrix->digits < 0 ? 0 : 7.0 * (chart->matrix->digits + 2);
        width = left + n_x * fmax(LEAST_CELL, digits + 6) + scale_room + margin;
        height = n_y * fmax(LEAST_CELL, digits > 0 ? 22 : 0) + names + 60;
    } else if (chart->y.n_names) {
        size_t n_bars = 0;
        for (size_t k = 0; k < chart->n_series; k++)
            n_bars += chart->series[k].mark == BL_MARK_BARS;
        height = n_y * fmax(15, 8 * (double)n_bars + 3) + 70;
    }
    *ret_width = fmax(width, BL_CHART_WIDTH);
    *ret_height = fmax(height, BL_CHART_HEIGHT);
}
