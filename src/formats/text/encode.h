// SPDX-License-Identifier: Apache-2.0
/// \file
/// Rows as text. Numbers have the fewest digits that read back as the same number of their width.
#ifndef BL_FORMATS_TEXT_ENCODE_H
#define BL_FORMATS_TEXT_ENCODE_H

#include "column/column.h"

/// Text that grows; a failure sticks.
typedef struct bl_text_out {
    bl_context *context;
    char *data; ///< owns
    size_t used, capacity;
    uint64_t n_lost; ///< NaN and infinities that became null
    bool is_cell;    ///< JSON inside CSV, where these are kept
    bool failed;
} bl_text_out;

/// Room for `n` more bytes at `data + used`, which are counted by the caller; NULL after a failure.
char *bl_text_out_room(bl_text_out *out, size_t n);
void bl_text_out_bytes(bl_text_out *out, const char *bytes, size_t n);
static inline void bl_text_out_char(bl_text_out *out, char c) {
    char *room = bl_text_out_room(out, 1);
    if (room) {
        *room = c;
        out->used++;
    }
}
void bl_text_out_release(bl_text_out *out);

/// What is the same for all rows of a table.
typedef struct bl_text_style {
    bool is_json; ///< else CSV
    char separator;
    bool is_quoted[256]; ///< characters of CSV because of which a text is put in quotes
    size_t n_columns;
    const char *const *names;
    const char *const *keys; ///< [n_columns] of JSON: what is before each value: {"pt": or ,"eta":
} bl_text_style;

/// Makes the style that of CSV.
void bl_text_style_csv(bl_text_style *style, char separator);
/// Appends rows [first, last) of a batch.
void bl_text_encode(const bl_text_style *style, const bl_batch *batch, int64_t first, int64_t last,
                    bl_text_out *out);
/// Appends the line of names of a CSV file.
void bl_text_encode_header(const bl_text_style *style, bl_text_out *out);
/// Appends a text between quotes as JSON wants it. Where it is no UTF-8 each byte becomes the
/// character of that number.
void bl_text_encode_json(bl_text_out *out, const char *text, size_t size, bool is_binary);

#endif
