// SPDX-License-Identifier: Apache-2.0
// Thinned lines are near all of their points; boxes are placed where nothing was drawn.
#include "plot/stroke.h"

#include <math.h>
#include <stdlib.h>

#include "base/testing.h"
#include "plot/cover.h"

enum { MOST = 20000 };

/// A canvas that keeps the points of one path.
typedef struct record {
    bl_canvas head;
    bl_point points[MOST];
    size_t n, n_moves, n_paths;
} record;

static void begin(bl_canvas *canvas, const bl_pen *pen) {
    (void)pen;
    ((record *)canvas)->n_paths++;
}
static void keep(bl_canvas *canvas, bl_point to) {
    record *r = (record *)canvas;
    assert_true(r->n < MOST);
    r->points[r->n++] = to;
}
static void move(bl_canvas *canvas, bl_point to) {
    ((record *)canvas)->n_moves++;
    keep(canvas, to);
}
static void end(bl_canvas *canvas) { (void)canvas; }
static const bl_canvas_ops ops = {.begin = begin, .move = move, .line = keep, .end = end};

static double distance_to_line(bl_point p, bl_point a, bl_point b) {
    double x = b.x - a.x, y = b.y - a.y, size = x * x + y * y;
    double share = size > 0 ? ((p.x - a.x) * x + (p.y - a.y) * y) / size : 0;
    share = fmin(fmax(share, 0), 1);
    return hypot(p.x - a.x - share * x, p.y - a.y - share * y);
}

static double distance_to(const record *r, bl_point p) {
    double least = INFINITY;
    for (size_t i = 0; i + 1 < r->n; i++)
        least = fmin(least, distance_to_line(p, r->points[i], r->points[i + 1]));
    return least;
}

static bl_point point_of(int kind, size_t i, size_t n) {
    double t = (double)i / (double)n, noise = (double)(i * 7919 % 1009) / 1009;
    switch (kind) {
    case 0:
        return (bl_point){400 * t, 100 + 80 * sin(20 * t)};
    case 1:
        return (bl_point){400 * t, 300 * noise};
    case 2: // there and back again
        return (bl_point){200 + 100 * cos(50 * t), 200 + 100 * sin(30 * t)};
    case 3:
        return (bl_point){400 * t, i % 2 ? 50 : 60};
    default:
        return (bl_point){floor(40 * t) * 10, floor(40 * t + 0.5) * 5};
    }
}

static void lines_stay_near_their_points(void **state) {
    static const size_t n = 10000, in_columns = 4 * 801;
    (void)state;
    record *r = calloc(1, sizeof *r);
    assert_non_null(r);
    for (int kind = 0; kind < 5; kind++) {
        *r = (record){.head = {.ops = &ops}};
        bl_stroke stroke = {.canvas = &r->head, .pen = &(bl_pen){.width = 1}};
        for (size_t i = 0; i < n; i++)
            bl_stroke_add(&stroke, point_of(kind, i, n));
        bl_stroke_end(&stroke);
        assert_int_equal(r->n_paths, 1);
        assert_int_equal(r->n_moves, 1);
        for (size_t i = 0; i < n; i++) // half a point: the width of a column
            assert_true(distance_to(r, point_of(kind, i, n)) < 0.51);
        assert_true(r->n < (kind == 0 ? 300 : kind == 2 ? n : in_columns));
        bl_point last = point_of(kind, n - 1, n);
        assert_true(hypot(r->points[r->n - 1].x - last.x, r->points[r->n - 1].y - last.y) < 0.07);
    }
    free(r);
}

static void gaps_and_dots(void **state) {
    (void)state;
    record *r = calloc(1, sizeof *r);
    assert_non_null(r);
    r->head.ops = &ops;
    bl_stroke stroke = {.canvas = &r->head, .pen = &(bl_pen){.width = 1}};
    bl_stroke_end(&stroke);
    assert_int_equal(r->n_paths, 0); // nothing is no path
    stroke = (bl_stroke){.canvas = &r->head, .pen = &(bl_pen){.width = 1}};
    bl_stroke_add(&stroke, (bl_point){1, 1});
    bl_stroke_break(&stroke);
    bl_stroke_break(&stroke);
    for (int x = 10; x <= 20; x++)
        bl_stroke_add(&stroke, (bl_point){x, 5});
    bl_stroke_end(&stroke);
    assert_int_equal(r->n_paths, 1);
    assert_int_equal(r->n_moves, 2);
    assert_int_equal(r->n, 4); // a dot, and a line with two ends
    assert_true(r->points[1].x == 1 && r->points[3].x == 20);
    free(r);
}

static void boxes_find_room(void **state) {
    const bl_box frame = {100, 100, 300, 200}, full = {200, 100, 300, 200};
    const bl_pen fill = {.opacity = 1}, line = {.width = 1};
    bl_cover cover;
    bl_box box = {0};
    (void)state;
    bl_cover_init(&cover, &frame);
    assert_true(bl_cover_place(&cover, 50, 20, 5, &box) == 0);
    assert_true(box.right == 295 && box.top == 105); // on the right on top, where all is free
    bl_canvas_box(&cover.head, &fill, &full);
    assert_true(bl_cover_place(&cover, 50, 20, 5, &box) == 0);
    assert_true(box.left == 105 && box.top == 105);
    assert_true(fabs(bl_cover_place(&cover, 190, 90, 5, &box) - 0.5) < 0.05);
    bl_canvas_segment(&cover.head, &line, (bl_point){100, 110}, (bl_point){300, 110});
    assert_true(bl_cover_place(&cover, 50, 20, 5, &box) == 0);
    assert_true(box.left == 105 && box.bottom == 195);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_stay_near_their_points),
        cmocka_unit_test(gaps_and_dots),
        cmocka_unit_test(boxes_find_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
