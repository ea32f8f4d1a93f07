// SPDX-License-Identifier: Apache-2.0
/// \file
/// Tables that grow cell by cell, row behind row. A failure sticks until the end, so that nothing
/// before needs a check.
#ifndef BL_LEARN_REPORT_CELLS_H
#define BL_LEARN_REPORT_CELLS_H

#include "learn/report/section.h"

typedef struct bl_cells {
    bl_arena *arena; ///< holds all cells
    bl_table_cells table;
    const char **cells; ///< [n]
    size_t n, room;
    bool has_failed;
} bl_cells;

/// \param title NULL: none; borrows \param n_left columns of words \param head ends with NULL;
/// borrows
void bl_cells_begin(bl_cells *cells, bl_arena *arena, const char *title, size_t n_left,
                    const char *const *head);
/// printf into the next cell.
void bl_cells_add(bl_cells *cells, const char *format, ...) BL_PRINTF(2, 3);
/// A whole number with commas: "12,345".
void bl_cells_count(bl_cells *cells, int64_t n);
/// Six digits; "–" of what is no finite number.
void bl_cells_number(bl_cells *cells, double x);
/// "12.34 %"; "–" where `all` is 0 or something is not finite.
void bl_cells_share(bl_cells *cells, double part, double all);
/// "0.9536 ± 0.0021": an error in two digits, and as many digits of the number.
void bl_cells_certain(bl_cells *cells, double x, double error);
/// Adds the table, if it has rows. \return BL_OK, BL_E_NOMEM
bl_status bl_cells_end(bl_cells *cells, bl_section_output *to, bl_error *err);

#endif
