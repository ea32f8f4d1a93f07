// SPDX-License-Identifier: Apache-2.0
/// \file
/// The parts of drawing a chart: each draws on what the layout (chart.c) has measured.
#ifndef BL_PLOT_PLANE_H
#define BL_PLOT_PLANE_H

#include "plot/axis.h"

/// Sizes of letters.
static const double bl_label_size = 12, bl_title_size = 13, bl_legend_size = 12, bl_note_size = 11;

typedef struct bl_legend_shape {
    size_t n, n_columns, n_rows; ///< entries, one column after the other; 0: there is no legend
    double width, height;
    double wanted_width; ///< so that no label is cut
} bl_legend_shape;

typedef struct bl_plane {
    const bl_chart *chart;
    bl_box frame;
    bl_axis x, y;
    bl_box legend, note; ///< no width: there is none
    bl_legend_shape legend_shape;
    bool is_legend_beside; ///< the frame
} bl_plane;

/// What the numbers of all series are along both axes. \return whether there are any
bool bl_series_extents(const bl_chart *chart, bl_extent *ret_x, bl_extent *ret_y);
/// Draws series `k` inside the frame.
void bl_series_draw(const bl_plane *plane, size_t k, bl_canvas *canvas);

bl_legend_shape bl_legend_measure(const bl_chart *chart, double most_width, size_t n_columns);
void bl_legend_draw(const bl_plane *plane, bl_canvas *canvas);
void bl_note_measure(const bl_chart *chart, double *ret_width, double *ret_height);
void bl_note_draw(const bl_plane *plane, bl_canvas *canvas);

/// The frame, its ticks and labels, and titles.
void bl_frame_draw(const bl_plane *plane, bl_canvas *canvas);
/// Letters of names of categories, so large that they do not touch.
double bl_names_size(const bl_axis *axis, size_t n_names);
/// The widest name in letters of a size.
double bl_names_width(const bl_chart_axis *axis, double size);

/// Cells of a matrix, and beside the frame what their colours mean.
void bl_matrix_draw(const bl_plane *plane, bl_canvas *canvas);

#endif
