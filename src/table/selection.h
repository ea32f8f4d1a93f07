// SPDX-License-Identifier: Apache-2.0
/// \file
/// Files and columns that somebody picked, and how columns are written elsewhere.
#ifndef BL_TABLE_SELECTION_H
#define BL_TABLE_SELECTION_H

#include <beamline/output.h>
#include <beamline/table.h>

#include "base/arena.h"
#include "base/packer.h"

/// Replaces globs by what they match. \param ret_urls [*ret_n] in the arena
bl_status bl_urls_expand(bl_arena *arena, const char *const *urls, size_t n_urls, char ***ret_urls,
                         size_t *ret_n, bl_error *err);

/// Columns of one table. Zeroed memory is an empty selection.
typedef struct bl_selection {
    bl_context *context;
    size_t n;
    size_t *columns;       ///< [n] indices, none twice
    bl_column_info *infos; ///< [n]
} bl_selection;

/// Picks columns by patterns with a comma between them, in the order of the patterns; all columns
/// where it is NULL. Unreadable columns are picked too.
/// \return BL_OK, BL_E_NOTFOUND (a pattern that matches nothing, with the nearest names),
/// BL_E_NOMEM
bl_status bl_select_columns(bl_context *context, const bl_table *table, const char *patterns,
                            bl_selection *ret_selection, bl_error *err);
void bl_selection_release(bl_selection *selection);

/// Leaves only the columns that have a value in every row of the table. The first few of the others
/// are logged, or, where `is_strict`, named by the error.
/// \return BL_OK, also where none is left; BL_E_UNSUPPORTED, and what bl_table_n_rows returns
bl_status bl_select_whole(bl_table *table, bool is_strict, bl_selection *selection, bl_error *err);

/// A column's path as the user may type it: "path" or "path#1" for a repeated one.
/// \param text [size] room for it \return the name, there or in `info`
const char *bl_select_name(const bl_column_info *info, char *text, size_t size);

/// How columns are written: a branch's own name where no other column of the selection has it, else
/// its path; the counter of a list only where that column is written too.
/// \param ret_specs [selection->n] in the arena \return BL_OK, BL_E_NOMEM
bl_status bl_selection_specs(bl_arena *arena, const bl_selection *selection,
                             bl_column_spec **ret_specs, bl_error *err);

/// What the writer of a file called it, whatever its name: ROOT's UUID. Borrows; NULL: it did not.
const char *bl_catalog_uuid(const bl_catalog *catalog);

/// Bytes of what a URL names. \return as bl_source_open
bl_status bl_url_size(bl_context *context, const char *url, uint64_t *ret_bytes, bl_error *err);

/// Whether the first file declares friends.
bool bl_table_declares_friends(const bl_table *table);
/// Adds URL and size of each file that columns are read from beside the table's own: of friends of
/// the options, and of those that its files declare, where a column of theirs was asked for. What
/// cannot be found is passed over; whoever reads it says so.
/// \return BL_OK, BL_E_NOMEM, BL_E_CANCELLED, and what opening the table's files returns
bl_status bl_table_pack_friends(bl_table *table, bl_packer *to, bl_error *err);

/// What files of a format that is to be written end with. \param format NULL: "ROOT"
/// \return BL_OK, BL_E_UNSUPPORTED (with the nearest names)
bl_status bl_output_extension(const char *format, const char **ret_extension, bl_error *err);

#endif
