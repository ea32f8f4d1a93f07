// SPDX-License-Identifier: Apache-2.0
/// \file
/// Charts in the style of HEP papers: what is drawn, apart from how. The same chart is drawn on any
/// canvas, and written as CSV.
#ifndef BL_PLOT_CHART_H
#define BL_PLOT_CHART_H

#include "base/text.h"
#include "plot/canvas.h"

/// How a series is drawn.
typedef enum bl_mark {
    BL_MARK_LINE,   ///< through points
    BL_MARK_STEPS,  ///< outline of bins
    BL_MARK_FILLED, ///< the same, and filled, half transparent
    BL_MARK_POINTS, ///< with bars from low to high, where there are any
    BL_MARK_BAND,   ///< between low and high, filled, half transparent
    BL_MARK_BARS,   ///< across, of categories: y is how long, low to high its error
} bl_mark;

/// Numbers that belong together. A number that is not finite is a gap.
typedef struct bl_series {
    const char *label; ///< in the legend; NULL: it is not there
    bl_mark mark;
    size_t n;
    const double *x;          ///< [n]; STEPS, FILLED: edges, [n + 1]; BARS: NULL
    const double *y;          ///< [n]; BAND: NULL
    const double *low, *high; ///< [n] BAND; POINTS, BARS, STEPS: bars of errors, or NULL
    unsigned color;           ///< of the palette; the same number is the same colour everywhere
    bool is_dashed;
} bl_series;

typedef struct bl_chart_axis {
    const char *title; ///< "pT [GeV]": units in square brackets
    bool is_log;
    double low, high; ///< equal: as the numbers are
    size_t n_names;
    const char *const *names; ///< [n_names] categories, of BARS and of matrices; NULL: numbers
} bl_chart_axis;

/// A table of numbers as coloured cells.
typedef struct bl_matrix {
    const double *cells; ///< [y.n_names × x.n_names]; the first row is on top
    double low, high;    ///< of the colours; low < 0 < high: they part at 0
    int digits;          ///< behind the point in each cell; negative: none is written
} bl_matrix;

typedef struct bl_chart {
    const char *name;  ///< of its files: "roc-ttbar"
    const char *title; ///< above the frame; NULL: none
    const char *note;  ///< in the frame, in small letters, lines apart by '\n'; NULL: none
    bl_chart_axis x, y;
    size_t n_series;
    const bl_series *series; ///< [n_series] the later over the earlier ones
    const bl_matrix *matrix; ///< instead of series; NULL: none
    bool has_diagonal;       ///< a thin dashed line y = x
} bl_chart;

/// Draws a chart over the whole canvas.
void bl_chart_draw(const bl_chart *chart, bl_canvas *canvas);
/// All numbers: a row a point, columns "series,x,y,low,high", of bins "low edge,high edge"; of a
/// matrix a head of names and a row each. In the fewest digits that read to the same bits.
void bl_chart_csv(const bl_chart *chart, bl_text *to);

#endif
