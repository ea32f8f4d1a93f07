// SPDX-License-Identifier: Apache-2.0
/// \file
/// From argv to bl_arguments, by the tables of commands.
#ifndef BL_CLI_ARGS_H
#define BL_CLI_ARGS_H

#include "cli/command.h"

/// Parses a whole command line. `argv` is permuted: operands move behind the options.
/// \param ret_arguments borrows from argv; its command is set even where an option is wrong, so
///        that the error can name it
/// \return BL_OK, BL_E_USAGE (with the nearest names)
bl_status bl_args_parse(int argc, char **argv, bl_arguments *ret_arguments, bl_error *err);

/// `A:B`, `A:`, `:B`; a single number is that many rows from the start.
bl_status bl_args_rows(const char *text, bl_row_range *ret_rows, bl_error *err);

/// A whole number from 0 on. \param option names it in errors
bl_status bl_args_whole(const char *option, const char *text, uint64_t most, uint64_t *ret_number,
                        bl_error *err);

#endif
