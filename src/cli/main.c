// SPDX-License-Identifier: Apache-2.0
// The command `beamline`.
#include "cli/cli.h"

int main(int argc, char **argv) { return bl_cli_main(argc, argv); }
