// SPDX-License-Identifier: Apache-2.0
/// \file
/// A packer of big-endian bytes with a sticky failure: encode a whole record, check once. The
/// counterpart of the cursor.
#ifndef BL_BASE_PACKER_H
#define BL_BASE_PACKER_H

#include "base/memory.h"

typedef struct bl_packer {
    bl_context *context;
    bl_buffer *buffer; ///< owns; its size is what was packed; NULL before the first byte
    bool failed;       ///< sticky: there was no memory
} bl_packer;

static inline void bl_packer_release(bl_packer *packer) {
    bl_buffer_release(packer->buffer);
    packer->buffer = NULL;
}

/// Bytes packed so far.
static inline size_t bl_packer_size(const bl_packer *packer) {
    return packer->buffer ? packer->buffer->size : 0;
}

/// Room for `n` more bytes, which count as packed; NULL after a failure.
uint8_t *bl_packer_extend(bl_packer *packer, size_t n);
/// BL_E_NOMEM after a failure, else BL_OK. `what` names the record.
bl_status bl_packer_check(const bl_packer *packer, const char *what, bl_error *err);

static inline void bl_store_be16(uint8_t *p, uint16_t v) {
    v = __builtin_bswap16(v);
    memcpy(p, &v, sizeof v);
}
static inline void bl_store_be32(uint8_t *p, uint32_t v) {
    v = __builtin_bswap32(v);
    memcpy(p, &v, sizeof v);
}
static inline void bl_store_be64(uint8_t *p, uint64_t v) {
    v = __builtin_bswap64(v);
    memcpy(p, &v, sizeof v);
}

static inline void bl_pack_u8(bl_packer *packer, uint8_t v) {
    uint8_t *p = bl_packer_extend(packer, 1);
    if (p)
        *p = v;
}
static inline void bl_pack_be16(bl_packer *packer, uint16_t v) {
    uint8_t *p = bl_packer_extend(packer, 2);
    if (p)
        bl_store_be16(p, v);
}
static inline void bl_pack_be32(bl_packer *packer, uint32_t v) {
    uint8_t *p = bl_packer_extend(packer, 4);
    if (p)
        bl_store_be32(p, v);
}
static inline void bl_pack_be64(bl_packer *packer, uint64_t v) {
    uint8_t *p = bl_packer_extend(packer, 8);
    if (p)
        bl_store_be64(p, v);
}
static inline void bl_pack_bytes(bl_packer *packer, const void *bytes, size_t n) {
    uint8_t *p = bl_packer_extend(packer, n);
    if (p && n)
        memcpy(p, bytes, n);
}

#endif
