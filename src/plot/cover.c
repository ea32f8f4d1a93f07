// SPDX-License-Identifier: Apache-2.0
// Lines are followed in steps of half a cell. What a path surrounds is found as in polygons of old:
// each side turns over all cells on its left.
#include "plot/cover.h"

#include <math.h>

/// A place in cells. \param length of the side
static double in_cells(double at, double begin, double length) {
    return (at - begin) / length * BL_COVER_SIZE;
}

static bl_point cells_of(const bl_cover *c, bl_point p) {
    return (bl_point){in_cells(p.x, c->box.left, c->box.right - c->box.left),
                      in_cells(p.y, c->box.top, c->box.bottom - c->box.top)};
}

static void mark(bl_cover *c, double x, double y) {
    if (x >= 0 && x < BL_COVER_SIZE && y >= 0 && y < BL_COVER_SIZE)
        c->rows[(size_t)y] |= UINT64_C(1) << (unsigned)x;
}

static void mark_line(bl_cover *c, bl_point from, bl_point to) {
    int n = (int)fmin(ceil(2 * fmax(fabs(to.x - from.x), fabs(to.y - from.y))), 1e4);
    for (int i = 0; i <= n; i++) {
        double share = n > 0 ? (double)i / n : 0;
        mark(c, from.x + share * (to.x - from.x), from.y + share * (to.y - from.y));
    }
}

/// Bits of cells whose middles are left of a place.
static uint64_t left_of(double x) {
    double n = floor(x + 0.5);
    return n <= 0 ? 0 : n >= BL_COVER_SIZE ? UINT64_MAX : (UINT64_C(1) << (unsigned)n) - 1;
}

static void turn_over(bl_cover *c, bl_point from, bl_point to) {
    double low = fmin(from.y, to.y), high = fmax(from.y, to.y);
    for (size_t i = 0; i < BL_COVER_SIZE; i++) {
        double y = (double)i + 0.5;
        if (y >= low && y < high)
            c->inside[i] ^= left_of(from.x + (y - from.y) / (to.y - from.y) * (to.x - from.x));
    }
}

static void side(bl_cover *c, bl_point to) {
    if (c->pen.width > 0)
        mark_line(c, c->at, to);
    else
        turn_over(c, c->at, to);
    c->at = to;
}

static void begin(bl_canvas *canvas, const bl_pen *pen) {
    bl_cover *c = (bl_cover *)canvas;
    c->pen = *pen;
    c->first = c->at = (bl_point){0, 0};
}

static void move(bl_canvas *canvas, bl_point to) {
    bl_cover *c = (bl_cover *)canvas;
    if (c->pen.width <= 0)
        turn_over(c, c->at, c->first);
    c->first = c->at = cells_of(c, to);
}

static void line(bl_canvas *canvas, bl_point to) {
    bl_cover *c = (bl_cover *)canvas;
    side(c, cells_of(c, to));
}

static void end(bl_canvas *canvas) {
    bl_cover *c = (bl_cover *)canvas;
    if (c->pen.width <= 0)
        turn_over(c, c->at, c->first);
    for (size_t i = 0; i < BL_COVER_SIZE; i++) {
        c->rows[i] |= c->inside[i];
        c->inside[i] = 0;
    }
}

static void clip(bl_canvas *canvas, const bl_box *inside) { (void)canvas, (void)inside; }

static void text(bl_canvas *canvas, bl_point at, double size, bl_anchor anchor, bool up, bl_ink ink,
                 const char *letters) {
    (void)canvas, (void)at, (void)size, (void)anchor, (void)up, (void)ink, (void)letters;
}

static const bl_canvas_ops ops = {begin, move, line, end, clip, text, NULL, NULL};

void bl_cover_init(bl_cover *cover, const bl_box *box) {
    *cover = (bl_cover){.head = {.ops = &ops}, .box = *box};
}

void bl_cover_clear(bl_cover *cover) {
    for (size_t i = 0; i < BL_COVER_SIZE; i++)
        cover->rows[i] = 0;
}

// ---- places ----

/// The part of a box that is covered.
static double share_covered(const bl_cover *c, const bl_box *box) {
    bl_point first = cells_of(c, (bl_point){box->left, box->top});
    bl_point last = cells_of(c, (bl_point){box->right, box->bottom});
    uint64_t columns = left_of(ceil(last.x)) & ~left_of(floor(first.x));
    double n = 0, n_covered = 0;
    for (int y = 0; y < BL_COVER_SIZE; y++) {
        if (y + 1 <= first.y || y >= last.y)
            continue;
        n += __builtin_popcountll(columns);
        n_covered += __builtin_popcountll(columns & c->rows[y]);
    }
    return n > 0 ? n_covered / n : 0;
}

double bl_cover_place(const bl_cover *cover, double width, double height, double gap,
                      bl_box *ret_box) {
    // Right of the frame's left side, below its top, in parts: the best when nothing is there
    // first.
    static const double places[][2] = {{1, 0},   {0, 0},   {1, 1},   {0, 1},    {0.5, 0},
                                       {1, 0.5}, {0, 0.5}, {0.5, 1}, {0.5, 0.5}};
    const bl_box *box = &cover->box;
    double room = box->right - box->left - width - 2 * gap;
    double depth = box->bottom - box->top - height - 2 * gap, least = INFINITY;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        double left = box->left + gap + places[i][0] * room;
        double top = box->top + gap + places[i][1] * depth;
        const bl_box place = {left, top, left + width, top + height};
        double covered = share_covered(cover, &place);
        if (covered >= least)
            continue;
        least = covered;
        *ret_box = place;
    }
    return least;
}
