// SPDX-License-Identifier: Apache-2.0
/// \file
/// Terminals: their width, colour, and text that is cut and padded by what is seen of it.
#ifndef BL_CLI_TERMINAL_H
#define BL_CLI_TERMINAL_H

#include "cli/out.h"

/// Columns of the terminal behind `fd`, else of COLUMNS, else 80 on a terminal and 200 elsewhere.
unsigned bl_terminal_width(int fd);
/// Whether to colour what goes to `fd`: `--color`, else NO_COLOR, TERM and whether it is a
/// terminal.
bool bl_terminal_color(int fd, unsigned choice);

/// True for well-formed UTF-8.
bool bl_terminal_utf8(const char *text, size_t n);
/// Screen columns of a text.
size_t bl_terminal_columns(const char *text, size_t n);
/// Writes text so that it fills `width` screen columns exactly: padded on its left or right, or cut
/// with an ellipsis. Control characters become '?', so that no file can steer the terminal.
/// \param width negative pads on the left, as printf's does not
void bl_terminal_cell(bl_out *out, const char *text, size_t n, int width);
/// The same without padding: at most `width` screen columns.
void bl_terminal_cut(bl_out *out, const char *text, size_t n, size_t width);

#endif
