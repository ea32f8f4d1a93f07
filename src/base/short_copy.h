// SPDX-License-Identifier: Apache-2.0
/// \file
/// Copies of a few dozen bytes.
#ifndef BL_BASE_SHORT_COPY_H
#define BL_BASE_SHORT_COPY_H

#include <stddef.h>
#include <string.h>

/// As memcpy, for many short rows: a call would take as long again. The last piece overlaps the
/// one before.
static inline void bl_copy_short(const void *from, size_t n_bytes, void *to) {
    enum { PIECE = 32 };
    const char *in = (const char *)from;
    char *out = (char *)to;
    if (n_bytes < PIECE) {
        memcpy(out, in, n_bytes);
        return;
    }
    for (size_t i = 0; i + PIECE < n_bytes; i += PIECE)
        memcpy(out + i, in + i, PIECE);
    memcpy(out + n_bytes - PIECE, in + n_bytes - PIECE, PIECE);
}

#endif
