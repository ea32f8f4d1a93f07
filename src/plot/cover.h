// SPDX-License-Identifier: Apache-2.0
/// \file
/// A canvas that only remembers where something was drawn, to find room for legends and notes.
#ifndef BL_PLOT_COVER_H
#define BL_PLOT_COVER_H

#include <stdint.h>

#include "plot/canvas.h"

enum { BL_COVER_SIZE = 64 };

typedef struct bl_cover {
    bl_canvas head;                 ///< to be drawn on
    bl_box box;                     ///< what is looked at
    uint64_t rows[BL_COVER_SIZE];   ///< a bit each cell that something is in, from the left
    uint64_t inside[BL_COVER_SIZE]; ///< of the path that is drawn: what it surrounds
    bl_pen pen;
    bl_point first, at;
} bl_cover;

void bl_cover_init(bl_cover *cover, const bl_box *box);
/// Takes everything away.
void bl_cover_clear(bl_cover *cover);
/// The place for a box, in a corner or between two, where it hides least. \param gap to the sides
/// \return the part of it under which there is something
double bl_cover_place(const bl_cover *cover, double width, double height, double gap,
                      bl_box *ret_box);

#endif
