// SPDX-License-Identifier: Apache-2.0
// The marks of series.
#include "plot/plane.h"
#include "plot/stroke.h"

static const double line_width = 1.7, error_width = 1.1, dot_width = 4.6, shade = 0.25,
                    bar_shade = 0.8, bar_share = 0.78;

// ---- extents ----

static bool has_bins(const bl_series *series) {
    return series->mark == BL_MARK_STEPS || series->mark == BL_MARK_FILLED ||
           series->mark == BL_MARK_BOXES;
}

static bool is_band(const bl_series *series) {
    return series->mark == BL_MARK_BAND || series->mark == BL_MARK_BOXES;
}

/// Whether a chart has a number above 0 along an axis, so that it can be logarithmic.
static bool is_logarithmic(const bl_chart *chart, bool of_x) {
    if (!(of_x ? chart->x.is_log : chart->y.is_log))
        return false;
    for (size_t k = 0; k < chart->n_series; k++) {
        const bl_series *s = &chart->series[k];
        bool is_value = of_x == (s->mark == BL_MARK_BARS);
        const double *numbers = !is_value ? s->x : is_band(s) ? s->high : s->y;
        size_t n = s->n + (!is_value && has_bins(s) ? 1 : 0);
        for (size_t i = 0; numbers && i < n; i++)
            if (isfinite(numbers[i]) && numbers[i] > 0)
                return true;
    }
    return false;
}

/// The numbers of point `i` along the axis of values. \return whether there are any
static bool add_values(const bl_series *s, size_t i, bool is_log, bl_extent *values) {
    if (is_band(s) ? !(isfinite(s->low[i]) && isfinite(s->high[i])) : !isfinite(s->y[i]))
        return false;
    bool is_point = s->mark == BL_MARK_LINE || s->mark == BL_MARK_POINTS;
    if (is_point && is_log && s->y[i] <= 0)
        return false;
    if (!is_band(s))
        bl_extent_add(values, s->y[i]);
    if (s->low && (is_band(s) || !is_log)) // an error may reach down to almost 0
        bl_extent_add(values, s->low[i]);
    if (s->high)
        bl_extent_add(values, s->high[i]);
    return true;
}

/// Takes in point `i`, which may have no place, or no value. \return whether it has both
static bool add_point(const bl_series *s, size_t i, bool x_is_log, bool y_is_log, bl_extent *x,
                      bl_extent *y) {
    if (s->mark == BL_MARK_BARS)
        return add_values(s, i, x_is_log, x);
    if (!isfinite(s->x[i]) || (has_bins(s) && !isfinite(s->x[i + 1])))
        return false;
    if (!has_bins(s) && x_is_log && s->x[i] <= 0)
        return false;
    if (!add_values(s, i, y_is_log, y))
        return false;
    bl_extent_add(x, s->x[i]);
    if (has_bins(s))
        bl_extent_add(x, s->x[i + 1]);
    return true;
}

bool bl_series_extents(const bl_chart *chart, bl_extent *ret_x, bl_extent *ret_y) {
    bool has_any = false, are_bins = false;
    bool x_is_log = is_logarithmic(chart, true), y_is_log = is_logarithmic(chart, false);
    *ret_x = *ret_y = bl_extent_none;
    ret_y->pad = 0.05;
    for (size_t k = 0; k < chart->n_series; k++) {
        const bl_series *s = &chart->series[k];
        bool is_across = s->mark == BL_MARK_BARS;
        (is_across ? ret_x : ret_y)->has_base |=
            is_across || s->mark == BL_MARK_STEPS || s->mark == BL_MARK_FILLED;
        ret_x->pad = fmax(ret_x->pad, is_across ? 0.05 : s->mark == BL_MARK_POINTS ? 0.03 : 0);
        are_bins |= has_bins(s);
        for (size_t i = 0; i < s->n; i++)
            has_any |= add_point(s, i, x_is_log, y_is_log, ret_x, ret_y);
    }
    if (are_bins) // which fill the frame
        ret_x->pad = 0;
    return has_any;
}

// ---- lines ----

static bl_pen pen_of(const bl_series *s, double width) {
    return (bl_pen){.ink = bl_ink_of_series(s->color),
                    .width = width,
                    .opacity = 1,
                    .dash = s->is_dashed                      ? BL_DASH_LONG
                            : s->color / BL_N_SERIES_INKS % 2 ? BL_DASH_SHORT
                                                              : BL_DASH_NONE};
}

static bool has_point(const bl_plane *plane, const bl_series *s, size_t i) {
    return i < s->n && bl_axis_has(&plane->x, s->x[i]) && bl_axis_has(&plane->y, s->y[i]);
}

static bl_point place(const bl_plane *plane, double x, double y) {
    return (bl_point){bl_axis_place(&plane->x, x), bl_axis_place(&plane->y, y)};
}

static void draw_line(const bl_plane *plane, const bl_series *s, bl_canvas *canvas) {
    bl_pen pen = pen_of(s, line_width),
           dot = {.ink = pen.ink, .width = dot_width, .is_round = true};
    bl_stroke stroke = {.canvas = canvas, .pen = &pen}, dots = {.canvas = canvas, .pen = &dot};
    for (size_t i = 0; i < s->n; i++) {
        bool is_alone = !has_point(plane, s, i + 1) && (i == 0 || !has_point(plane, s, i - 1));
        if (!has_point(plane, s, i))
            bl_stroke_break(&stroke);
        else if (!is_alone)
            bl_stroke_add(&stroke, place(plane, s->x[i], s->y[i]));
    }
    bl_stroke_end(&stroke);
    for (size_t i = 0; i < s->n; i++)
        if (has_point(plane, s, i) && !has_point(plane, s, i + 1) &&
            (i == 0 || !has_point(plane, s, i - 1))) {
            bl_stroke_add(&dots, place(plane, s->x[i], s->y[i]));
            bl_stroke_break(&dots);
        }
    bl_stroke_end(&dots);
}

/// Bars of errors, from low to high. \param of_bins at the middles of bins
static void draw_errors(const bl_plane *plane, const bl_series *s, bool of_bins,
                        bl_canvas *canvas) {
    const bl_pen pen = {.ink = bl_ink_of_series(s->color), .width = error_width};
    bl_stroke stroke = {.canvas = canvas, .pen = &pen};
    for (size_t i = 0; s->low && s->high && i < s->n; i++) {
        if (!isfinite(s->low[i]) || !isfinite(s->high[i]) || !(s->high[i] > s->low[i]))
            continue;
        if (of_bins ? !isfinite(s->y[i]) : !has_point(plane, s, i))
            continue;
        bl_point low = place(plane, s->x[i], s->low[i]), high = place(plane, s->x[i], s->high[i]);
        if (of_bins)
            low.x = high.x = (low.x + bl_axis_place(&plane->x, s->x[i + 1])) / 2;
        bl_stroke_add(&stroke, low);
        bl_stroke_add(&stroke, high);
        bl_stroke_break(&stroke);
    }
    bl_stroke_end(&stroke);
}

static void draw_points(const bl_plane *plane, const bl_series *s, bl_canvas *canvas) {
    const bl_pen pen = {.ink = bl_ink_of_series(s->color), .width = dot_width, .is_round = true};
    draw_errors(plane, s, false, canvas);
    bl_stroke stroke = {.canvas = canvas, .pen = &pen};
    for (size_t i = 0; i < s->n; i++)
        if (has_point(plane, s, i)) {
            bl_stroke_add(&stroke, place(plane, s->x[i], s->y[i]));
            bl_stroke_break(&stroke);
        }
    bl_stroke_end(&stroke);
}

// ---- bins ----

static bool has_bin(const bl_series *s, const double *values, size_t i) {
    return i < s->n && isfinite(s->x[i]) && isfinite(s->x[i + 1]) && isfinite(values[i]);
}

static void draw_outline(const bl_plane *plane, const bl_series *s, bl_canvas *canvas) {
    bl_pen pen = pen_of(s, line_width);
    bl_stroke stroke = {.canvas = canvas, .pen = &pen};
    for (size_t i = 0; i < s->n; i++) {
        if (!has_bin(s, s->y, i)) {
            bl_stroke_break(&stroke);
            continue;
        }
        bl_stroke_add(&stroke, place(plane, s->x[i], s->y[i]));
        bl_stroke_add(&stroke, place(plane, s->x[i + 1], s->y[i]));
    }
    bl_stroke_end(&stroke);
}

/// Fills bins [first, last) between two outlines. \param low NULL: the axis
static void fill_run(const bl_plane *plane, const bl_series *s, const double *low,
                     const double *high, size_t first, size_t last, bl_stroke *stroke) {
    for (size_t i = first; i < last; i++) {
        bl_stroke_add(stroke, place(plane, s->x[i], high[i]));
        bl_stroke_add(stroke, place(plane, s->x[i + 1], high[i]));
    }
    for (size_t i = last; i-- > first;) {
        bl_stroke_add(stroke, place(plane, s->x[i + 1], low ? low[i] : 0));
        bl_stroke_add(stroke, place(plane, s->x[i], low ? low[i] : 0));
    }
    bl_stroke_break(stroke);
}

static void fill_bins(const bl_plane *plane, const bl_series *s, const double *low,
                      const double *high, bl_canvas *canvas) {
    const bl_pen pen = {.ink = bl_ink_of_series(s->color), .opacity = shade};
    bl_stroke stroke = {.canvas = canvas, .pen = &pen};
    for (size_t i = 0, first; i < s->n; i++) {
        first = i;
        while (has_bin(s, high, i) && (!low || has_bin(s, low, i)))
            i++;
        if (i > first)
            fill_run(plane, s, low, high, first, i, &stroke);
    }
    bl_stroke_end(&stroke);
}

static bool has_range(const bl_plane *plane, const bl_series *s, size_t i) {
    return i < s->n && bl_axis_has(&plane->x, s->x[i]) && isfinite(s->low[i]) &&
           isfinite(s->high[i]);
}

static void draw_band(const bl_plane *plane, const bl_series *s, bl_canvas *canvas) {
    const bl_pen pen = {.ink = bl_ink_of_series(s->color), .opacity = shade};
    bl_stroke stroke = {.canvas = canvas, .pen = &pen};
    for (size_t i = 0, first; i < s->n; i++) {
        first = i;
        for (; has_range(plane, s, i); i++)
            bl_stroke_add(&stroke, place(plane, s->x[i], s->high[i]));
        for (size_t k = i; k-- > first;)
            bl_stroke_add(&stroke, place(plane, s->x[k], s->low[k]));
        bl_stroke_break(&stroke);
    }
    bl_stroke_end(&stroke);
}

// ---- bars ----

static void draw_bars(const bl_plane *plane, size_t k, bl_canvas *canvas) {
    const bl_series *s = &plane->chart->series[k];
    const bl_pen pen = {.ink = bl_ink_of_series(s->color), .opacity = bar_shade};
    const bl_pen error = {.ink = BL_INK_TEXT, .width = error_width};
    size_t n_beside = 0, before = 0;
    for (size_t i = 0; i < plane->chart->n_series; i++)
        if (plane->chart->series[i].mark == BL_MARK_BARS) {
            n_beside++;
            before += i < k;
        }
    double thickness = bar_share / (double)n_beside;
    for (size_t i = 0; i < s->n; i++) {
        double top = (double)i - bar_share / 2 + thickness * (double)before;
        if (!isfinite(s->y[i]))
            continue;
        bl_point from = place(plane, 0, top), to = place(plane, s->y[i], top + thickness);
        bl_canvas_box(canvas, &pen, &(bl_box){from.x, from.y, to.x, to.y});
        if (!s->low || !s->high || !isfinite(s->low[i]) || !isfinite(s->high[i]))
            continue;
        double middle = (from.y + to.y) / 2;
        bl_canvas_segment(canvas, &error, (bl_point){bl_axis_place(&plane->x, s->low[i]), middle},
                          (bl_point){bl_axis_place(&plane->x, s->high[i]), middle});
    }
}

void bl_series_draw(const bl_plane *plane, size_t k, bl_canvas *canvas) {
    const bl_series *s = &plane->chart->series[k];
    switch (s->mark) {
    case BL_MARK_LINE:
        draw_line(plane, s, canvas);
        break;
    case BL_MARK_FILLED:
        fill_bins(plane, s, NULL, s->y, canvas);
        // and its outline
        __attribute__((fallthrough));
    case BL_MARK_STEPS:
        draw_outline(plane, s, canvas);
        draw_errors(plane, s, true, canvas);
        break;
    case BL_MARK_POINTS:
        draw_points(plane, s, canvas);
        break;
    case BL_MARK_BAND:
        draw_band(plane, s, canvas);
        break;
    case BL_MARK_BOXES:
        fill_bins(plane, s, s->low, s->high, canvas);
        break;
    case BL_MARK_BARS:
        draw_bars(plane, k, canvas);
        break;
    }
}
