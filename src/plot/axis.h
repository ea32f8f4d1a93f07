// SPDX-License-Identifier: Apache-2.0
/// \file
/// Axes of charts: from numbers to places on the canvas, and the ticks between.
#ifndef BL_PLOT_AXIS_H
#define BL_PLOT_AXIS_H

#include <math.h>

#include "plot/chart.h"

enum { BL_MOST_TICKS = 128, BL_TICK_BYTES = 40 };

typedef struct bl_tick {
    double at; ///< on the canvas
    bool is_major;
    char label[BL_TICK_BYTES]; ///< "": none
} bl_tick;

typedef struct bl_axis {
    bool is_log;
    bool is_empty;     ///< nothing says from where to where it goes
    double low, high;  ///< of numbers, of their logarithms where they are; high may be below
    double begin, end; ///< on the canvas
    size_t n_ticks;
    bl_tick ticks[BL_MOST_TICKS]; ///< none of categories
} bl_axis;

/// What the numbers along an axis are, while they are looked at.
typedef struct bl_extent {
    double low, high;    ///< of finite numbers; low > high: there was none
    double least;        ///< above 0; infinite: there was none
    bool has_base;       ///< outlines and bars, which stand on 0
    double pad, pad_top; ///< parts of the axis that are left free at its ends
} bl_extent;

static const bl_extent bl_extent_none = {.low = INFINITY, .high = -INFINITY, .least = INFINITY};

/// Takes a number in; what is not finite is none.
void bl_extent_add(bl_extent *extent, double value);
/// From where to where: as the chart says, else as the numbers are.
void bl_axis_range(bl_axis *axis, const bl_chart_axis *of, const bl_extent *extent);
/// Makes the ticks. `begin` and `end` are there. \param n_most labels, about
void bl_axis_ticks(bl_axis *axis, double n_most);
/// The widest label.
double bl_axis_labels_width(const bl_axis *axis, double size);

/// Where a number is on the canvas, outside the frame, too, but not far. \param value finite; on a
/// logarithmic axis 0 and less is below the frame
double bl_axis_place(const bl_axis *axis, double value);
/// Whether a number has a place of its own.
static inline bool bl_axis_has(const bl_axis *axis, double value) {
    return isfinite(value) && (!axis->is_log || value > 0);
}

#endif
