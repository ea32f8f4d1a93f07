// SPDX-License-Identifier: Apache-2.0
/// \file
/// What every subcommand works with: its arguments, a context, standard output.
#ifndef BL_CLI_CLI_H
#define BL_CLI_CLI_H

#include <beamline/beamline.h>

#include "cli/command.h"
#include "cli/out.h"

BL_DEFINE_AUTO(bl_catalog, bl_catalog_close);
BL_DEFINE_AUTO(bl_table, bl_table_close);
BL_DEFINE_AUTO(bl_scan, bl_scan_close);

typedef struct bl_cli {
    bl_arguments arguments;
    bl_context *context;
    bl_out out;
    unsigned width;  ///< of the terminal
    bool color;      ///< of standard output
    bool progress;   ///< standard error is a terminal and may show a bar
    bl_status worst; ///< of parts that failed while others went on; the first stays
} bl_cli;

/// The whole command. \return the exit code
int bl_cli_main(int argc, char **argv);

/// Tells the user of a failure, as `beamline: COMMAND: MESSAGE`.
void bl_cli_complain(const bl_cli *cli, const bl_error *err);
/// Complains of a part that failed and remembers its status for the exit code, so that the others
/// go on. \return BL_OK; BL_E_CANCELLED and BL_E_NOMEM come back, for nothing may go on
bl_status bl_cli_skip(bl_cli *cli, bl_status status, bl_error *err);
/// Tells the user something on standard error, unless --quiet.
void bl_cli_note(const bl_cli *cli, const char *format, ...) BL_PRINTF(2, 3);

#endif
