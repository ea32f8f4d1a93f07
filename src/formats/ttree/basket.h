// SPDX-License-Identifier: Apache-2.0
/// \file
/// TBasket: the record that holds some entries of one branch.
#ifndef BL_FORMATS_TTREE_BASKET_H
#define BL_FORMATS_TTREE_BASKET_H

#include "formats/ttree/tree.h"

/// What a basket's header says, before anything is uncompressed.
typedef struct bl_basket_header {
    int64_t n_rows;
    size_t data_bytes; ///< of all entries
    size_t n_stored;   ///< bytes of the payload, which begins at key_len
    size_t n_raw;      ///< bytes of the payload, uncompressed
    uint32_t key_len;
    bool is_compressed;
    bool has_sizes; ///< the table behind the entries holds lengths, not positions
} bl_basket_header;

/// Bytes that hold an open basket of that header: its payload, or its whole record where that is
/// stored plainly.
static inline size_t bl_basket_open_bytes(const bl_basket_header *header) {
    return header->is_compressed ? header->n_raw : header->key_len + header->n_stored;
}

/// An open basket.
typedef struct bl_basket {
    int64_t n_rows;
    const uint8_t *data; ///< [data_bytes] the entries
    size_t data_bytes;
    const uint8_t *table; ///< [n_rows] positions or sizes, big-endian; NULL: none stored
    bool has_sizes;
    uint32_t key_len;  ///< positions count from so far before `data`
    bl_buffer *holder; ///< keeps `data` alive; shares; NULL: somebody else does
} bl_basket;

/// Reads the header of a basket on disk. \return BL_OK, BL_E_CORRUPT
bl_status bl_basket_header_read(const uint8_t *data, size_t size, bl_basket_header *ret_header,
                                bl_error *err);
/// Number of rows by a basket's first `key_len` bytes. \return BL_OK, BL_E_CORRUPT
bl_status bl_basket_rows_read(const uint8_t *data, size_t size, int64_t *ret_n_rows, bl_error *err);
/// Opens a basket on disk, which borrows `data` or, where it is compressed, `raw`.
/// \param data of the record that `header` was read from \param raw [header->n_raw]
/// \return BL_OK, BL_E_CORRUPT, BL_E_UNSUPPORTED, BL_E_NOMEM
bl_status bl_basket_open(bl_codecs *codecs, const uint8_t *data, const bl_basket_header *header,
                         uint8_t *raw, bl_basket *ret_basket, bl_error *err);
/// Opens a basket that lies, complete, in the tree's own record. \param raw of the TBasket object
bl_status bl_basket_open_embedded(const uint8_t *raw, size_t size, bl_basket *ret_basket,
                                  bl_error *err);
/// The same open basket for one more holder.
bl_basket bl_basket_ref(const bl_basket *basket);
void bl_basket_release(bl_basket *basket);
/// Bytes that a basket keeps allocated.
static inline uint64_t bl_basket_held_bytes(const bl_basket *basket) {
    return basket->holder ? basket->holder->capacity : 0;
}

/// Where rows [first, first + n) of a basket with a table of positions begin and end.
/// \return BL_OK, BL_E_CORRUPT (backwards or out of the basket)
bl_status bl_basket_range(const bl_basket *basket, int64_t first, int64_t n, uint32_t *ret_start,
                          uint32_t *ret_end, bl_error *err);
/// Where entries start: starts[i] … starts[i + 1] are the bytes of row first + i.
/// \param starts [n + 1]
/// \return BL_OK, BL_E_CORRUPT (positions that run backwards or out of the basket)
bl_status bl_basket_starts(const bl_basket *basket, int64_t first, int64_t n, uint32_t *starts,
                           bl_error *err);

#endif
