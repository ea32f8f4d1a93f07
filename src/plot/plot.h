// SPDX-License-Identifier: Apache-2.0
/// \file
/// Plots in the style of HEP papers.
#ifndef BL_PLOT_PLOT_H
#define BL_PLOT_PLOT_H

#include "plot/canvas.h"
#include "plot/histogram.h"

enum { BL_PLOT_WIDTH = 480, BL_PLOT_HEIGHT = 360 };

typedef struct bl_plot {
    const char *title, *x_title, *y_title; ///< NULL: none
    bool is_log;                           ///< the y axis
    bool has_errors;                       ///< bars of sqrt(Σw²)
    size_t n_curves;
    const bl_histogram *curves; ///< [n_curves], all with the same edges
    const char *const *labels;  ///< [n_curves]; the legend, where there are several
} bl_plot;

/// Draws histograms as outlines over one another.
void bl_plot_draw(const bl_plot *plot, bl_canvas *canvas);

#endif
