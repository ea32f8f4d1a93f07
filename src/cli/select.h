// SPDX-License-Identifier: Apache-2.0
/// \file
/// Which tables the user means.
#ifndef BL_CLI_SELECT_H
#define BL_CLI_SELECT_H

#include "cli/cli.h"
#include "table/selection.h"

/// How the command line wants files to be read.
bl_open_options bl_select_open_options(const bl_arguments *arguments);

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
