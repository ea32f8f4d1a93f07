// SPDX-License-Identifier: Apache-2.0
#include "plot/canvas.h"

void bl_canvas_box(bl_canvas *canvas, const bl_pen *pen, const bl_box *box) {
    canvas->ops->begin(canvas, pen);
    canvas->ops->move(canvas, (bl_point){box->left, box->top});
    canvas->ops->line(canvas, (bl_point){box->right, box->top});
    canvas->ops->line(canvas, (bl_point){box->right, box->bottom});
    canvas->ops->line(canvas, (bl_point){box->left, box->bottom});
    if (pen->width > 0) { // a corner, where lines meet, and not two ends
        canvas->ops->line(canvas, (bl_point){box->left, box->top});
        canvas->ops->line(canvas, (bl_point){box->right, box->top});
    }
    canvas->ops->end(canvas);
}
