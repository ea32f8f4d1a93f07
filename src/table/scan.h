// SPDX-License-Identifier: Apache-2.0
/// \file
/// What streams and plans ask of a scan, beyond its public face.
#ifndef BL_TABLE_SCAN_H
#define BL_TABLE_SCAN_H

#include <beamline/table.h>

#include "base/error.h"

/// Rows are wanted only where a column lies between two numbers, which count too.
typedef struct bl_scan_need {
    size_t column; ///< of the table
    double low, high;
} bl_scan_need;

/// Lets a scan pass clusters in which, by what their files say, no row has what is needed.
/// \param needs [n], copied \return BL_OK, BL_E_NOMEM
bl_status bl_scan_set_needs(bl_scan *scan, const bl_scan_need *needs, size_t n, bl_error *err);
/// Rows that were passed so.
int64_t bl_scan_n_passed(const bl_scan *scan);

/// The file of a row that was read, and the row in it.
bl_status bl_table_place(bl_table *table, int64_t row, size_t *ret_file, int64_t *ret_entry,
                         bl_error *err);

bl_table *bl_scan_table(const bl_scan *scan);
size_t bl_scan_n_columns(const bl_scan *scan);
/// Index in the table of the scan's column `i`.
size_t bl_scan_column(const bl_scan *scan, size_t i);

#endif
