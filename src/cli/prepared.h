// SPDX-License-Identifier: Apache-2.0
/// \file
/// The faces of a prepared data set.
#ifndef BL_CLI_PREPARED_H
#define BL_CLI_PREPARED_H

#include "cli/cli.h"
#include "data/prepared/prepared.h"

/// Events and weights of parts and classes, which event is in which part, and what was fitted.
void bl_prepared_show_text(bl_out *out, const bl_prepared *prepared);
/// The same as members of a JSON object that has one already.
void bl_prepared_show_json(bl_out *out, const bl_prepared *prepared);
/// Shows a folder where it is one.
bl_status bl_inspect_prepared(bl_cli *cli, const char *path, bool *ret_is_one, bl_error *err);

#endif
