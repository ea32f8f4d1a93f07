// SPDX-License-Identifier: Apache-2.0
/// \file
/// Text on its way out: a buffer of our own in front of a descriptor, or text kept in memory.
/// All calls keep a sticky failure that bl_out_finish reports, so that writers need no checks.
#ifndef BL_CLI_OUT_H
#define BL_CLI_OUT_H

#include <stdint.h>
#include <string.h>

#include "base/memory.h"

typedef struct bl_out {
    int fd; ///< -1: keep the text
    char *data;
    size_t used, capacity;
    bl_context *context; ///< of kept text
    bl_status failed;    ///< sticky
    int errno_value;     ///< of a failed write
    bool doubles_quotes; ///< quotes of JSON text are doubled, as inside a cell of CSV
} bl_out;

enum { BL_OUT_BYTES = 65536 };

/// Writes to `fd` through `buffer` of BL_OUT_BYTES. \param buffer borrows until finished
void bl_out_init_fd(bl_out *out, int fd, char *buffer);
/// Keeps the text in memory from `context`; bl_out_release frees it.
void bl_out_init_memory(bl_out *out, bl_context *context);
void bl_out_release(bl_out *out);

/// Makes room for `n` bytes at most BL_OUT_BYTES, to be written at `data + used`; NULL after a
/// failure.
char *bl_out_room(bl_out *out, size_t n);
void bl_out_bytes(bl_out *out, const char *bytes, size_t n);
static inline void bl_out_text(bl_out *out, const char *text) {
    bl_out_bytes(out, text, strlen(text));
}
void bl_out_char(bl_out *out, char c);
void bl_out_repeat(bl_out *out, char c, size_t n);
void bl_out_printf(bl_out *out, const char *format, ...) BL_PRINTF(2, 3);
/// Text between quotes as JSON wants it. Bytes from 0x80 on are taken for UTF-8, or, where
/// `is_binary`, become \u0080 to \u00ff, so that any bytes can be got back.
void bl_out_json(bl_out *out, const char *bytes, size_t n, bool is_binary);
/// The same for a string, which is binary where it is no UTF-8; NULL becomes null.
void bl_out_json_text(bl_out *out, const char *text);

/// Writes what is left. \return BL_OK, BL_END (nobody reads any more: the pipe broke), BL_E_NOMEM,
/// BL_E_IO
bl_status bl_out_finish(bl_out *out, bl_error *err);

#endif
