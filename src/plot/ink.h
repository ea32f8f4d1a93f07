// SPDX-License-Identifier: Apache-2.0
/// \file
/// Colours by what they are for: a picture in a page follows the page from light to dark.
#ifndef BL_PLOT_INK_H
#define BL_PLOT_INK_H

#include <stdint.h>

enum { BL_N_SERIES_INKS = 8 };

typedef enum bl_ink {
    BL_INK_TEXT,
    BL_INK_MUTED, ///< text and lines of less weight
    BL_INK_GRID,
    BL_INK_FRAME,
    BL_INK_PAPER,
    BL_INK_SERIES, ///< and those after it, BL_N_SERIES_INKS of them
    BL_INK_COLD = BL_INK_SERIES + BL_N_SERIES_INKS, ///< of matrices: more of it is more
    BL_INK_WARM,                                    ///< where numbers have signs: above 0
    BL_N_INKS,
} bl_ink;

typedef struct bl_ink_colors {
    const char *name; ///< of its custom property, "--bl-" before it
    uint32_t light, dark;
} bl_ink_colors;

/// [BL_N_INKS]. Series can be told from paper, a contrast of 3 and more as WCAG 2.2 has it for
/// figures (1.4.11), and from each other, by those who lack a kind of cones, too.
extern const bl_ink_colors bl_inks[];

/// Of a series: they come again after the last.
static inline bl_ink bl_ink_of_series(unsigned color) {
    return (bl_ink)(BL_INK_SERIES + color % BL_N_SERIES_INKS);
}

#endif
