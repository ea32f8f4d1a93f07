// SPDX-License-Identifier: Apache-2.0
/// \file
/// Lines of any number of points, drawn with as many as can be seen: of those in the same column of
/// half a point the first, the lowest, the highest and the last, and of those on a straight line
/// its ends.
#ifndef BL_PLOT_STROKE_H
#define BL_PLOT_STROKE_H

#include "plot/canvas.h"

/// Zeroed but for the canvas and the pen, it has begun.
typedef struct bl_stroke {
    bl_canvas *canvas;
    const bl_pen *pen;
    bool has_begun; ///< the path
    // points of one column that were not drawn yet
    size_t n_in_column;
    double column;
    bl_point lowest, highest, latest;
    bool is_highest_first;
    // a line from `from` to `to`, near which all points since then are
    bool is_open, has_line;
    bl_point from, to;
    bool has_to;
    double reach, direction, least_turn, most_turn;
} bl_stroke;

void bl_stroke_add(bl_stroke *stroke, bl_point point);
/// The next point is not joined to the last. A line of one point is a dot.
void bl_stroke_break(bl_stroke *stroke);
void bl_stroke_end(bl_stroke *stroke);

#endif
