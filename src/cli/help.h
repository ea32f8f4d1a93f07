// SPDX-License-Identifier: Apache-2.0
/// \file
/// The faces of the command table: help, manual pages, markdown, shell completion.
#ifndef BL_CLI_HELP_H
#define BL_CLI_HELP_H

#include "cli/command.h"
#include "cli/out.h"

enum { BL_HELP_COLUMNS = 80 };

/// What `beamline COMMAND --help` prints; no line is longer than BL_HELP_COLUMNS.
void bl_help_command(bl_out *out, const bl_command *command);
void bl_help_version(bl_out *out);
/// The reference of all commands as one markdown page.
void bl_help_markdown(bl_out *out);
/// The manual page of a command, in the mdoc language.
void bl_help_manual(bl_out *out, const bl_command *command);
/// Writes all manual pages into an existing folder.
bl_status bl_help_write_manuals(bl_context *context, const char *folder, bl_error *err);

/// "beamline" or "beamline NAME"; `joint` stands between. \param text [64]
const char *bl_help_full_name(const bl_command *command, char joint, char *text);
/// "-t, --threads N". \param text [128]
const char *bl_help_option_text(const bl_option *option, char *text);

/// Exit code `i` of the documented ones and what it stands for, statuses of one code joined;
/// false past the last. \param text [256]
bool bl_help_exit_code(size_t i, int *ret_code, char *text);

#endif
