// SPDX-License-Identifier: Apache-2.0
// Outlines of histograms in a frame with ticks on all sides, inside; titles at the axes' ends.
#include "plot/plot.h"

#include <math.h>
#include <stdio.h>

static const double left = 66, right = 16, top = 30, bottom = 48;
static const double tick = 7, minor_tick = 3.5, label_size = 11, title_size = 13;
static const uint32_t black = 0x000000, gray = 0x555555;
static const uint32_t colors[] = {0x1f4e9e, 0xc8102e, 0x2e8b57, 0xe08a00, 0x7b3fa0, 0x008b8b};

/// One axis: values between `low` and `high` on a length of the canvas.
typedef struct axis {
    double low, high;  ///< of values, or of their logarithms
    double begin, end; ///< on the canvas
    double step;       ///< of major ticks
    unsigned n_minor;  ///< pieces between them
    bool is_log;
} axis;

typedef struct frame {
    const bl_plot *plot;
    bl_canvas *canvas;
    axis x, y;
} frame;

static double place(const axis *a, double value) {
    if (a->is_log)
        value = value > 0 ? log10(value) : a->low;
    double share = (value - a->low) / (a->high - a->low);
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return a->begin + share * (a->end - a->begin);
}

/// About `n` steps of 1, 2 or 5 times a power of ten.
static void choose_steps(axis *a, double n) {
    double rough = (a->high - a->low) / n, power = pow(10, floor(log10(rough)));
    double mantissa = rough / power;
    a->step = (mantissa <= 1 ? 1 : mantissa <= 2 ? 2 : mantissa <= 5 ? 5 : 10) * power;
    a->n_minor = mantissa > 1 && mantissa <= 2 ? 4 : 5;
    if (a->is_log) {
        a->step = fmax(1, ceil(rough));
        a->n_minor = 1;
    }
}

// ---- the frame ----

/// A line, straight across or straight up.
static void segment(const frame *f, double x0, double y0, double x1, double y1) {
    const bl_point points[] = {{x0, y0}, {x1, y1}};
    f->canvas->ops->line(f->canvas, points, 2, black, 0.8);
}

/// On both sides of the frame. \param at on the canvas
static void draw_tick(const frame *f, bool of_x, double at, double length) {
    if (of_x) {
        segment(f, at, f->y.begin, at, f->y.begin - length);
        segment(f, at, f->y.end, at, f->y.end + length);
    } else {
        segment(f, f->x.begin, at, f->x.begin + length, at);
        segment(f, f->x.end, at, f->x.end - length, at);
    }
}

static void draw_label(const frame *f, bool of_x, const axis *a, double value) {
    char text[32];
    const bl_canvas_ops *ops = f->canvas->ops;
    double at = place(a, a->is_log ? pow(10, value) : value);
    snprintf(text, sizeof text, "%g", a->is_log ? pow(10, value) : value);
    if (a->is_log && (value < -2 || value > 4)) {
        snprintf(text, sizeof text, "%.0f", value);
        ops->text(f->canvas, (bl_point){f->x.begin - 20, at + 4}, label_size, BL_ANCHOR_END, false,
                  black, "10");
        ops->text(f->canvas, (bl_point){f->x.begin - 19, at - 1}, 8, BL_ANCHOR_START, false, black,
                  text);
    } else if (of_x) {
        ops->text(f->canvas, (bl_point){at, f->y.begin + 15}, label_size, BL_ANCHOR_MIDDLE, false,
                  black, text);
    } else {
        ops->text(f->canvas, (bl_point){f->x.begin - 6, at + 4}, label_size, BL_ANCHOR_END, false,
                  black, text);
    }
}

static void draw_axis(const frame *f, bool of_x) {
    const axis *a = of_x ? &f->x : &f->y;
    double minor = a->step / a->n_minor, slack = 1e-9 * a->step;
    for (double i = ceil(a->low / minor - 1e-9); i * minor <= a->high + slack; i++) {
        bool is_major = fabs(remainder(i, a->n_minor)) < 0.5;
        double value = fabs(i * minor) < slack ? 0 : i * minor;
        draw_tick(f, of_x, place(a, a->is_log ? pow(10, value) : value),
                  is_major ? tick : minor_tick);
        if (is_major)
            draw_label(f, of_x, a, value);
    }
    for (double decade = floor(a->low); a->is_log && a->step == 1 && decade < a->high; decade++)
        for (int k = 2; k < 10; k++) {
            double value = k * pow(10, decade);
            if (log10(value) > a->low && log10(value) < a->high)
                draw_tick(f, of_x, place(a, value), minor_tick);
        }
}

static void draw_frame(const frame *f) {
    const bl_point corners[] = {{f->x.begin, f->y.begin}, {f->x.end, f->y.begin},
                                {f->x.end, f->y.end},     {f->x.begin, f->y.end},
                                {f->x.begin, f->y.begin}, {f->x.end, f->y.begin}};
    const bl_canvas_ops *ops = f->canvas->ops;
    ops->line(f->canvas, corners, sizeof corners / sizeof *corners, black, 1);
    draw_axis(f, true);
    draw_axis(f, false);
    if (f->plot->x_title)
        ops->text(f->canvas, (bl_point){f->x.end, f->y.begin + 36}, title_size, BL_ANCHOR_END,
                  false, black, f->plot->x_title);
    if (f->plot->y_title)
        ops->text(f->canvas, (bl_point){16, f->y.end}, title_size, BL_ANCHOR_END, true, black,
                  f->plot->y_title);
    if (f->plot->title)
        ops->text(f->canvas, (bl_point){f->x.begin, f->y.end - 9}, title_size, BL_ANCHOR_START,
                  false, black, f->plot->title);
}

// ---- curves ----

static void draw_outline(const frame *f, const bl_histogram *h, uint32_t color) {
    enum { PIECE = 128 };
    bl_point points[2 * PIECE + 1];
    size_t n = 0;
    for (size_t i = 0; i < h->n_bins; i++) {
        double y = place(&f->y, bl_histogram_content(h, i + 1));
        points[n++] = (bl_point){place(&f->x, h->edges[i]), y};
        points[n++] = (bl_point){place(&f->x, h->edges[i + 1]), y};
        if (n < 2 * PIECE)
            continue;
        f->canvas->ops->line(f->canvas, points, n, color, 1.4);
        points[0] = points[n - 1]; // where the next piece goes on
        n = 1;
    }
    if (n > 1)
        f->canvas->ops->line(f->canvas, points, n, color, 1.4);
}

static void draw_errors(const frame *f, const bl_histogram *h, uint32_t color) {
    for (size_t i = 0; i < h->n_bins; i++) {
        double y = bl_histogram_content(h, i + 1), error = bl_histogram_error(h, i + 1);
        double x = place(&f->x, (h->edges[i] + h->edges[i + 1]) / 2);
        const bl_point points[] = {{x, place(&f->y, y - error)}, {x, place(&f->y, y + error)}};
        if (error > 0)
            f->canvas->ops->line(f->canvas, points, 2, color, 0.7);
    }
}

/// Beside the title: what was filled; below it the legend.
static void draw_numbers(const frame *f) {
    char text[128];
    const bl_plot *plot = f->plot;
    const bl_canvas_ops *ops = f->canvas->ops;
    for (size_t i = 0; i < plot->n_curves; i++) {
        const bl_histogram *h = &plot->curves[i];
        double y = f->y.end + 20 + 15 * (double)i;
        snprintf(text, sizeof text, "%lld entries, mean %.4g, std %.4g", (long long)h->n_entries,
                 bl_histogram_mean(h), bl_histogram_std(h));
        if (plot->n_curves == 1) {
            ops->text(f->canvas, (bl_point){f->x.end, f->y.end - 9}, 10, BL_ANCHOR_END, false, gray,
                      text);
            return;
        }
        const bl_point sample[] = {{f->x.end - 34, y - 4}, {f->x.end - 12, y - 4}};
        ops->line(f->canvas, sample, 2, colors[i % (sizeof colors / sizeof *colors)], 1.6);
        ops->text(f->canvas, (bl_point){f->x.end - 40, y}, label_size, BL_ANCHOR_END, false, black,
                  plot->labels[i]);
    }
}

// ---- ranges ----

/// From the least to the largest content, errors included; room above for the legend.
static void choose_range(frame *f) {
    double low = 0, high = 0, least = INFINITY;
    for (size_t k = 0; k < f->plot->n_curves; k++)
        for (size_t i = 1; i <= f->plot->curves[k].n_bins; i++) {
            double y = bl_histogram_content(&f->plot->curves[k], i);
            double error = f->plot->has_errors ? bl_histogram_error(&f->plot->curves[k], i) : 0;
            low = fmin(low, y - error * (y < 0));
            high = fmax(high, y + error);
            least = y > 0 ? fmin(least, y) : least;
        }
    double room = f->plot->n_curves > 1 ? 1.25 + 0.05 * (double)f->plot->n_curves : 1.1;
    f->y.is_log = f->plot->is_log && high > 0;
    if (f->y.is_log) {
        f->y.low = floor(log10(least) - 0.2);
        f->y.high = log10(high) + (log10(high) - f->y.low) * (room - 1) + 0.1;
    } else {
        f->y.low = low * 1.1;
        f->y.high = high > low ? high * room : low + 1;
    }
}

void bl_plot_draw(const bl_plot *plot, bl_canvas *canvas) {
    const bl_histogram *first = &plot->curves[0];
    frame f = {.plot = plot, .canvas = canvas};
    f.x = (axis){.low = first->edges[0],
                 .high = first->edges[first->n_bins],
                 .begin = left,
                 .end = canvas->width - right};
    f.y.begin = canvas->height - bottom;
    f.y.end = top;
    choose_range(&f);
    choose_steps(&f.x, 7);
    choose_steps(&f.y, 6);
    for (size_t i = 0; i < plot->n_curves; i++) {
        uint32_t color = colors[i % (sizeof colors / sizeof *colors)];
        draw_outline(&f, &plot->curves[i], color);
        if (plot->has_errors)
            draw_errors(&f, &plot->curves[i], color);
    }
    draw_frame(&f);
    draw_numbers(&f);
}
