// SPDX-License-Identifier: Apache-2.0
/// \file
/// Which columns and tables the user means.
#ifndef BL_CLI_SELECT_H
#define BL_CLI_SELECT_H

#include "cli/cli.h"

/// Columns of one table. Zeroed memory is an empty selection.
typedef struct bl_selection {
    bl_context *context;
    size_t n;
    size_t *columns;       ///< [n] indices, none twice
    bl_column_info *infos; ///< [n]
} bl_selection;

/// Picks columns by `--columns`: patterns with a comma between them, in the order of the patterns;
/// all columns where it is NULL. Unreadable columns are picked too.
/// \return BL_OK, BL_E_NOTFOUND (a pattern that matches nothing, with the nearest names),
/// BL_E_NOMEM
bl_status bl_select_columns(bl_context *context, const bl_table *table, const char *patterns,
                            bl_selection *ret_selection, bl_error *err);
void bl_selection_release(bl_selection *selection);

/// Leaves only the columns that have a value in every row of the table. The first few of the others
/// are told, or, where `is_strict`, named by the error.
/// \return BL_OK, also where none is left; BL_E_UNSUPPORTED, and what bl_table_n_rows returns
bl_status bl_select_whole(bl_cli *cli, bl_table *table, bool is_strict, bl_selection *selection,
                          bl_error *err);

/// A column's path as the user may type it: "path" or "path#1" for a repeated one.
/// \param text [size] room for it \return the name, there or in `info`
const char *bl_select_name(const bl_column_info *info, char *text, size_t size);

/// The first file behind the URLs of the command line, to look around in.
/// \param ret_is_chain more than one file, or a pattern
bl_status bl_select_catalog(bl_cli *cli, bl_catalog **ret_catalog, bool *ret_is_chain,
                            bl_error *err);

/// Opens a table of the files of the command line: of that one file, or of the whole chain.
bl_status bl_select_open(bl_cli *cli, bl_catalog *catalog, bool is_chain, const char *tree,
                         bl_table **ret_table, bl_error *err);

/// Object `i` of a catalog where it is a table to be shown once: of several cycles the highest.
/// \return BL_OK, BL_END where object `i` is none
bl_status bl_select_table(const bl_catalog *catalog, size_t i, bl_object_info *ret_info,
                          bl_error *err);

#endif
