// SPDX-License-Identifier: Apache-2.0
/// \file
/// Charts in the style of HEP papers: what is drawn, apart from how. The same chart is drawn on any
/// canvas, and written as CSV.
///
/// Texts are UTF-8. Raised and lowered signs ("10⁻³", "m₀") are drawn as small ones in any font.
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
    BL_MARK_BOXES,  ///< the same of bins: each from low to high
    BL_MARK_BARS,   ///< across, of categories: y is how long, low to high its error
} bl_mark;

/// Numbers that belong together. A number that is not finite is a gap, and so is one that is not
/// above 0 on a logarithmic axis; outlines, bars and bands go down to the frame there.
typedef struct bl_series {
    const char *label; ///< in the legend; NULL: it is not there
    bl_mark mark;
    size_t n;
    const double *x;          ///< [n]; STEPS, FILLED, BOXES: edges, [n + 1]; BARS: NULL
    const double *y;          ///< [n]; BAND, BOXES: NULL
    const double *low, *high; ///< [n] BAND, BOXES; POINTS, BARS, STEPS, FILLED: errors, or NULL
    unsigned color;           ///< of the palette; the same number is the same colour everywhere
    bool is_dashed;
} bl_series;

typedef struct bl_chart_axis {
    const char *title; ///< "pT [GeV]": units in square brackets
    bool is_log;       ///< where there is no number above 0, it is not
    double low, high;  ///< equal: as the numbers are
    size_t n_names;
    /// [n_names] categories, of BARS (the y axis) and of matrices; NULL: numbers. Other marks count
    /// them from 0. Those of y begin on top.
    const char *const *names;
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

/// Draws a chart over the whole canvas. Where there is nothing to draw, it says so.
void bl_chart_draw(const bl_chart *chart, bl_canvas *canvas);
/// All numbers: a row a point, columns "series,x,y,low,high"; where a series has bins,
/// "series,x_low,x_high,y,low,high"; of a matrix a head of names and a row each. In the fewest
/// digits that read to the same bits, or "nan", "inf", "-inf". A series without a label has its
/// number.
void bl_chart_csv(const bl_chart *chart, bl_text *to);

// ---- pictures ----

enum { BL_CHART_WIDTH = 480, BL_CHART_HEIGHT = 360 };

/// How large a chart should be, in points: the above, and larger where it has many categories.
void bl_chart_size(const bl_chart *chart, double *ret_width, double *ret_height);
/// An element <svg> of HTML, whose colours are those of bl_chart_css, and whose paper is the
/// page's. \param id of the element; no two in a page may be the same, of letters, digits, '-' and
/// '_' \return BL_OK, BL_E_NOMEM
bl_status bl_chart_svg(bl_context *context, const bl_chart *chart, const char *id, bl_text *to,
                       bl_error *err);
/// What such a page's style needs: each ink as a custom property, "--bl-text", "--bl-muted",
/// "--bl-grid", "--bl-frame", "--bl-paper", "--bl-0" to "--bl-7", …, light, and dark on screens of
/// those who like that.
void bl_chart_css(bl_text *to);
/// Writes a file by its ending: .pdf, .svg (light, on white paper) or .csv.
/// \return BL_OK, BL_E_UNSUPPORTED (another ending; built without PDF), BL_E_NOMEM, and what
/// bl_whole_file_write returns
bl_status bl_chart_write(bl_context *context, const bl_chart *chart, const char *path,
                         bool overwrite, bl_error *err);

#endif
