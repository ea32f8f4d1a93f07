// SPDX-License-Identifier: Apache-2.0
/// \file
/// What pictures are drawn on: SVG or PDF. Lengths are points, y grows downwards.
#ifndef BL_PLOT_CANVAS_H
#define BL_PLOT_CANVAS_H

#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"

typedef enum bl_anchor { BL_ANCHOR_START, BL_ANCHOR_MIDDLE, BL_ANCHOR_END } bl_anchor;

typedef struct bl_point {
    double x, y;
} bl_point;

typedef struct bl_canvas bl_canvas;

/// What a kind of picture gives. Failures stick, and `finish` tells.
typedef struct bl_canvas_ops {
    void (*line)(bl_canvas *canvas, const bl_point *points, size_t n, uint32_t color, double width);
    /// \param text UTF-8 \param up turned by 90°, to be read from the right
    void (*text)(bl_canvas *canvas, bl_point at, double size, bl_anchor anchor, bool up,
                 uint32_t color, const char *text);
    /// The picture's bytes. \param ret_bytes borrows until the canvas is closed
    bl_status (*finish)(bl_canvas *canvas, const char **ret_bytes, size_t *ret_size, bl_error *err);
    void (*close)(bl_canvas *canvas);
} bl_canvas_ops;

struct bl_canvas {
    const bl_canvas_ops *ops;
    bl_context *context;
    double width, height;
};

bl_status bl_canvas_new_svg(bl_context *context, double width, double height,
                            bl_canvas **ret_canvas, bl_error *err);
/// \return also BL_E_UNSUPPORTED: built without libharu
bl_status bl_canvas_new_pdf(bl_context *context, double width, double height,
                            bl_canvas **ret_canvas, bl_error *err);
static inline void bl_canvas_close(bl_canvas *canvas) { canvas->ops->close(canvas); }
BL_DEFINE_AUTO(bl_canvas, bl_canvas_close);

#endif
