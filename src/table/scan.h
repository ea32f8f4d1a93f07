// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a stream asks of the scan that it took over.
#ifndef BL_TABLE_SCAN_H
#define BL_TABLE_SCAN_H

#include "base/context.h"
#include "table/private.h"

bl_table *bl_scan_table(const bl_scan *scan);
size_t bl_scan_n_columns(const bl_scan *scan);
/// Index in the table of the scan's column `i`.
size_t bl_scan_column(const bl_scan *scan, size_t i);

#endif
