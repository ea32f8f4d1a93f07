// SPDX-License-Identifier: Apache-2.0
// Terminal width, colour, and cells. East Asian wide characters count one column: names in this
// field are ASCII, and a table that is off by one there does no harm.
#include "cli/terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/command.h"

unsigned bl_terminal_width(int fd) {
    struct winsize size;
    if (isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    const char *columns = getenv("COLUMNS");
    long value = columns ? strtol(columns, NULL, 10) : 0;
    if (value >= 20 && value <= 10000)
        return (unsigned)value;
    return isatty(fd) ? 80 : 200; // a file or pipe has room for whole names
}

bool bl_terminal_color(int fd, unsigned choice) {
    if (choice != BL_COLOR_AUTO)
        return choice == BL_COLOR_ALWAYS;
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return isatty(fd) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

/// Bytes of the UTF-8 character at `text`, or 0 where there is none.
static size_t utf8_length(const char *text, size_t n) {
    const unsigned char *p = (const unsigned char *)text;
    if (p[0] < 0x80)
        return 1;
    size_t length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || length > n)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool is_overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool is_surrogate = p[0] == 0xed && p[1] > 0x9f;
    bool is_too_high = p[0] == 0xf4 && p[1] > 0x8f;
    return is_overlong || is_surrogate || is_too_high ? 0 : length;
}

bool bl_terminal_utf8(const char *text, size_t n) {
    for (size_t i = 0; i < n;) {
        size_t length = utf8_length(text + i, n - i);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

size_t bl_terminal_columns(const char *text, size_t n) {
    size_t columns = 0;
    for (size_t i = 0; i < n; columns++) {
        size_t length = utf8_length(text + i, n - i);
        i += length ? length : 1;
    }
    return columns;
}

void bl_terminal_cut(bl_out *out, const char *text, size_t n, size_t width) {
    bool fits = bl_terminal_columns(text, n) <= width;
    size_t columns = 0, i = 0, start = 0; // of what is to be written as it is
    for (; i < n && columns + !fits < width; columns++) {
        size_t length = utf8_length(text + i, n - i);
        unsigned char c = (unsigned char)text[i];
        bool is_c1 = length == 2 && c == 0xc2 && (unsigned char)text[i + 1] < 0xa0;
        bool is_shown = length > 0 && c >= 0x20 && c != 0x7f && !is_c1;
        if (!is_shown) {
            bl_out_bytes(out, text + start, i - start);
            bl_out_char(out, '?');
        }
        i += length ? length : 1;
        start = is_shown ? start : i;
    }
    bl_out_bytes(out, text + start, i - start);
    if (!fits && width > 0)
        bl_out_text(out, "…");
}

void bl_terminal_cell(bl_out *out, const char *text, size_t n, int width) {
    size_t wanted = (size_t)abs(width);
    size_t columns = bl_terminal_columns(text, n);
    size_t padding = columns < wanted ? wanted - columns : 0;
    if (width < 0)
        bl_out_repeat(out, ' ', padding);
    bl_terminal_cut(out, text, n, wanted);
    if (width >= 0)
        bl_out_repeat(out, ' ', padding);
}
