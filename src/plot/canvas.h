// SPDX-License-Identifier: Apache-2.0
/// \file
/// What pictures are drawn on: SVG, PDF, or what only remembers where something is. Lengths are
/// points, y grows downwards. A path is begun with a pen and goes straight to the picture, so that
/// drawing needs no memory.
#ifndef BL_PLOT_CANVAS_H
#define BL_PLOT_CANVAS_H

#include <stddef.h>

#include "base/memory.h"
#include "plot/ink.h"

typedef enum bl_anchor { BL_ANCHOR_START, BL_ANCHOR_MIDDLE, BL_ANCHOR_END } bl_anchor;

typedef struct bl_point {
    double x, y;
} bl_point;

typedef struct bl_box {
    double left, top, right, bottom;
} bl_box;

typedef enum bl_dash { BL_DASH_NONE, BL_DASH_LONG, BL_DASH_SHORT } bl_dash;

typedef struct bl_pen {
    bl_ink ink;
    double width;   ///< of the line; 0: what the path surrounds is filled
    double opacity; ///< of what is filled, above 0
    bl_dash dash;
    bool is_round; ///< ends of lines; a line of no length is a dot
} bl_pen;

typedef struct bl_canvas bl_canvas;

/// What a kind of picture gives. Failures stick, and `finish` tells.
typedef struct bl_canvas_ops {
    /// A path of one pen: any number of `move`, each with `line`s behind it, then `end`.
    void (*begin)(bl_canvas *canvas, const bl_pen *pen);
    void (*move)(bl_canvas *canvas, bl_point to);
    void (*line)(bl_canvas *canvas, bl_point to);
    void (*end)(bl_canvas *canvas);
    /// Only what is inside is drawn, until NULL.
    void (*clip)(bl_canvas *canvas, const bl_box *inside);
    /// \param text UTF-8 \param up turned by 90°, to be read from the right
    void (*text)(bl_canvas *canvas, bl_point at, double size, bl_anchor anchor, bool up, bl_ink ink,
                 const char *text);
    /// The picture's bytes. \param ret_bytes borrows until the canvas is closed
    bl_status (*finish)(bl_canvas *canvas, const char **ret_bytes, size_t *ret_size, bl_error *err);
    void (*close)(bl_canvas *canvas);
} bl_canvas_ops;

struct bl_canvas {
    const bl_canvas_ops *ops;
    bl_context *context;
    double width, height;
};

/// \param title for those who cannot see it \param id of the element, which is then part of a page,
/// with the page's colours and paper; NULL: a file, in light colours on white paper
bl_status bl_canvas_new_svg(bl_context *context, double width, double height, const char *title,
                            const char *id, bl_canvas **ret_canvas, bl_error *err);
/// \param title of the document \return also BL_E_UNSUPPORTED: built without libharu
bl_status bl_canvas_new_pdf(bl_context *context, double width, double height, const char *title,
                            bl_canvas **ret_canvas, bl_error *err);
static inline void bl_canvas_close(bl_canvas *canvas) { canvas->ops->close(canvas); }
BL_DEFINE_AUTO(bl_canvas, bl_canvas_close);

/// A straight line.
static inline void bl_canvas_segment(bl_canvas *canvas, const bl_pen *pen, bl_point from,
                                     bl_point to) {
    canvas->ops->begin(canvas, pen);
    canvas->ops->move(canvas, from);
    canvas->ops->line(canvas, to);
    canvas->ops->end(canvas);
}
/// A rectangle's outline, or filled, as the pen is.
void bl_canvas_box(bl_canvas *canvas, const bl_pen *pen, const bl_box *box);

#endif
