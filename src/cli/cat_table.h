// SPDX-License-Identifier: Apache-2.0
/// \file
/// A batch as an aligned table.
#ifndef BL_CLI_CAT_TABLE_H
#define BL_CLI_CAT_TABLE_H

#include "cli/cli.h"

/// Rows under one head, aligned with each other.
enum { BL_TABLE_PAGE = 500 };

/// Writes a batch as a table with a head. Columns that do not fit the terminal's width follow in
/// further blocks; longer cells are cut.
bl_status bl_cat_table(bl_cli *cli, const bl_batch *batch, bl_error *err);

#endif
