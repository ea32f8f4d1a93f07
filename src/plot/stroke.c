// SPDX-License-Identifier: Apache-2.0
#include "plot/stroke.h"

#include <math.h>

static const double tolerance = 0.06, column_width = 0.5;

// ---- straight lines ----

static void draw_line(bl_stroke *s, bl_point to) {
    s->canvas->ops->line(s->canvas, to);
    s->has_line = true;
    s->from = to;
    s->has_to = false;
}

/// Whether the line may go on to a point at this distance and turn, and all before stay near it.
static bool goes_on(bl_stroke *s, double distance, double turn) {
    double slack = asin(tolerance / fmax(distance, tolerance));
    if (distance < s->reach - tolerance || turn < s->least_turn || turn > s->most_turn)
        return false;
    s->least_turn = fmax(s->least_turn, turn - slack);
    s->most_turn = fmin(s->most_turn, turn + slack);
    s->reach = fmax(s->reach, distance);
    return true;
}

static void add_to_line(bl_stroke *s, bl_point p) {
    if (!s->is_open) {
        if (!s->has_begun)
            s->canvas->ops->begin(s->canvas, s->pen);
        s->canvas->ops->move(s->canvas, p);
        s->has_begun = s->is_open = true;
        s->has_line = s->has_to = false;
        s->from = p;
        return;
    }
    double distance = hypot(p.x - s->from.x, p.y - s->from.y);
    double direction = atan2(p.y - s->from.y, p.x - s->from.x);
    if (s->has_to && goes_on(s, distance, remainder(direction - s->direction, 2 * M_PI))) {
        s->to = p;
        return;
    }
    if (s->has_to) {
        draw_line(s, s->to);
        distance = hypot(p.x - s->from.x, p.y - s->from.y);
        direction = atan2(p.y - s->from.y, p.x - s->from.x);
    }
    if (distance < tolerance)
        return;
    s->to = p;
    s->has_to = true;
    s->reach = distance;
    s->direction = direction;
    s->most_turn = asin(tolerance / distance);
    s->least_turn = -s->most_turn;
}

// ---- columns ----

static void draw_column(bl_stroke *s) {
    if (s->n_in_column > 1) {
        add_to_line(s, s->is_highest_first ? s->highest : s->lowest);
        add_to_line(s, s->is_highest_first ? s->lowest : s->highest);
    }
    if (s->n_in_column > 0)
        add_to_line(s, s->latest);
    s->n_in_column = 0;
}

void bl_stroke_add(bl_stroke *s, bl_point p) {
    double column = floor(p.x / column_width);
    if (!s->is_open || column != s->column) {
        draw_column(s);
        s->column = column;
        add_to_line(s, p);
        return;
    }
    if (s->n_in_column++ == 0) {
        s->lowest = s->highest = s->latest = p;
        return;
    }
    if (p.y > s->lowest.y) {
        s->lowest = p;
        s->is_highest_first = true;
    }
    if (p.y < s->highest.y) {
        s->highest = p;
        s->is_highest_first = false;
    }
    s->latest = p;
}

void bl_stroke_break(bl_stroke *s) {
    draw_column(s);
    if (s->is_open && (s->has_to || !s->has_line))
        s->canvas->ops->line(s->canvas, s->has_to ? s->to : s->from);
    s->is_open = false;
}

void bl_stroke_end(bl_stroke *s) {
    bl_stroke_break(s);
    if (s->has_begun)
        s->canvas->ops->end(s->canvas);
    s->has_begun = false;
}
