// SPDX-License-Identifier: Apache-2.0
/// \file
/// A cursor over bytes with a sticky error: decode a whole record, check once.
///
/// After the first read past the end every read gives zeros and moves nothing, so that code may go
/// on; lengths that were read must still be checked against `bl_cursor_left` before allocating.
#ifndef BL_BASE_CURSOR_H
#define BL_BASE_CURSOR_H

#include <stdint.h>
#include <string.h>

#include "base/error.h"

typedef struct bl_cursor {
    const uint8_t *data; ///< borrows
    size_t size;
    size_t position;
    bool failed;
    size_t failed_at;     ///< position of the read that failed
    size_t failed_wanted; ///< bytes that it wanted
} bl_cursor;

static inline bl_cursor bl_cursor_over(const void *data, size_t size) {
    return (bl_cursor){.data = (const uint8_t *)data, .size = size};
}

static inline size_t bl_cursor_left(const bl_cursor *c) { return c->size - c->position; }

/// The next `n` bytes, or NULL and a sticky failure.
static inline const uint8_t *bl_cursor_take(bl_cursor *c, size_t n) {
    if (__builtin_expect(c->failed || n > c->size - c->position, 0)) {
        if (!c->failed) {
            c->failed = true;
            c->failed_at = c->position;
            c->failed_wanted = n;
        }
        return NULL;
    }
    const uint8_t *at = c->data + c->position;
    c->position += n;
    return at;
}

static inline void bl_cursor_skip(bl_cursor *c, size_t n) { (void)bl_cursor_take(c, n); }

/// Moves to an absolute position; fails past the end.
static inline void bl_cursor_seek(bl_cursor *c, size_t position) {
    if (position <= c->size && !c->failed)
        c->position = position;
    else
        (void)bl_cursor_take(c, SIZE_MAX);
}

static inline uint16_t bl_load_be16(const uint8_t *p) {
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap16(v);
}
static inline uint32_t bl_load_be32(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap32(v);
}
static inline uint64_t bl_load_be64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap64(v);
}

static inline uint8_t bl_cursor_u8(bl_cursor *c) {
    const uint8_t *p = bl_cursor_take(c, 1);
    return p ? *p : 0;
}
static inline uint16_t bl_cursor_be16(bl_cursor *c) {
    const uint8_t *p = bl_cursor_take(c, 2);
    return p ? bl_load_be16(p) : 0;
}
static inline uint32_t bl_cursor_be32(bl_cursor *c) {
    const uint8_t *p = bl_cursor_take(c, 4);
    return p ? bl_load_be32(p) : 0;
}
static inline uint64_t bl_cursor_be64(bl_cursor *c) {
    const uint8_t *p = bl_cursor_take(c, 8);
    return p ? bl_load_be64(p) : 0;
}

/// BL_E_CORRUPT with the place of the failed read, else BL_OK. `what` names the record.
static inline bl_status bl_cursor_check(const bl_cursor *c, const char *what, bl_error *err) {
    if (!c->failed)
        return BL_OK;
    if (c->failed_wanted > c->size)
        return bl_error_set(err, BL_E_CORRUPT,
                            "%s: byte %zu: a length points past its end (%zu bytes)", what,
                            c->failed_at, c->size);
    return bl_error_set(err, BL_E_CORRUPT, "%s: byte %zu: %zu bytes wanted, %zu left", what,
                        c->failed_at, c->failed_wanted, c->size - c->failed_at);
}

#endif
