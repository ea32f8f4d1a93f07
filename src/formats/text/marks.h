// SPDX-License-Identifier: Apache-2.0
/// \file
/// Where rows and fields end in text, 64 bytes at a time: the passes over all bytes of a file, in
/// plain C and for AVX2, and a third one for text whose quotes are not those of RFC 4180.
#ifndef BL_FORMATS_TEXT_MARKS_H
#define BL_FORMATS_TEXT_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BL_MARKS_STEP = 64 };

/// What the bytes before have to do with the next ones. A file, and each of its blocks, begins with
/// BL_MARKS_BEGIN.
typedef struct bl_marks_state {
    uint64_t inside;    ///< all ones within quotes, else 0
    uint64_t after_row; ///< 1 behind a newline
    uint64_t blank;     ///< 1 behind a newline and a carriage return
    uint64_t may_open;  ///< 1 where a quote begins a quoted field, or another quote of the text
    bool is_odd;        ///< a quote came in the middle of a field that does not begin with one
    uint64_t depth;     ///< of a list of JSON: brackets that are open in it
    bool is_closed, is_followed; ///< the list's own is closed; something comes behind it
} bl_marks_state;

#define BL_MARKS_BEGIN \
    (bl_marks_state) { .after_row = 1, .may_open = 1 }

typedef struct bl_marks_count {
    uint64_t n_rows;  ///< lines that are not empty, newlines within quotes aside
    uint64_t n_lines; ///< newlines, all of them
} bl_marks_count;

typedef enum bl_marks_what {
    BL_MARKS_FIELDS, ///< ends of fields and rows
    BL_MARKS_ROWS,   ///< ends of rows
} bl_marks_what;

/// All passes take `size` bytes, readable up to the next multiple of 64 with zeros behind them.
/// Empty lines end nothing.
typedef struct bl_marks_kernels {
    const char *name;
    void (*count)(const uint8_t *text, size_t size, uint8_t separator, bl_marks_state *state,
                  bl_marks_count *count);
    /// \param ends [size rounded up to 64] positions in `text` of what ends something, plus `base`
    /// \return how many
    size_t (*split)(const uint8_t *text, size_t size, uint8_t separator, bl_marks_what what,
                    bl_marks_state *state, uint32_t base, uint32_t *ends);
} bl_marks_kernels;

extern const bl_marks_kernels bl_marks_plain;
/// Quotes count only where a field begins with one. Byte by byte.
extern const bl_marks_kernels bl_marks_lenient;
/// Quotes are as other characters, and so are separators.
extern const bl_marks_kernels bl_marks_lines;
/// Of one list of JSON, behind its bracket: its items are rows, and all ends are those of rows.
extern const bl_marks_kernels bl_marks_list;
/// True where one more byte of it ends an item.
bool bl_marks_list_ends(bl_marks_state *state, uint8_t c);
#if defined(__x86_64__)
extern const bl_marks_kernels bl_marks_avx2; ///< only where the processor has AVX2
extern const bl_marks_kernels bl_marks_lines_avx2;
#endif

/// The fastest that this processor has: for quoted fields, or for lines alone.
const bl_marks_kernels *bl_marks_get(bool has_quotes);

#endif
