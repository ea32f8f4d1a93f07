// SPDX-License-Identifier: Apache-2.0
/// \file
/// The text of a file, unpacked where the file is packed, by the offset of its bytes.
#ifndef BL_FORMATS_TEXT_STORE_H
#define BL_FORMATS_TEXT_STORE_H

#include "io/bytes/source.h"

typedef struct bl_text_store {
    bl_source *source;        ///< owns
    struct bl_inflow *inflow; ///< what is unpacked next; owns
    const char *packing;      ///< "gzip", "bzip2", "zstd"; NULL: the file is the text
    uint64_t position;        ///< in the text, of what is unpacked next
    uint64_t size; ///< of the text; UINT64_MAX where that takes a first pass over a packed file
} bl_text_store;

/// \param source moves, also on failure
bl_status bl_text_store_open(bl_source *source, bl_text_store *store, bl_error *err);
void bl_text_store_close(bl_text_store *store);

/// Reads up to `size` bytes at `offset`, less only at the end of the text. Of packed text what is
/// in front of `offset` is gone through, from the file's beginning where it lies behind it. One
/// thread at a time.
bl_status bl_text_store_read(bl_text_store *store, uint64_t offset, void *data, size_t size,
                             size_t *ret_n, bl_error *err);
/// Whether any thread may read any range, by bl_text_store_read_range.
bool bl_text_store_is_near(const bl_text_store *store);
/// Reads a range inside the text of a near store.
bl_status bl_text_store_read_range(const bl_text_store *store, uint64_t offset, void *data,
                                   size_t size, bl_error *err);
/// Bytes of the file behind `size` bytes of text, as far as that is known.
uint64_t bl_text_store_stored(const bl_text_store *store, uint64_t size);

#endif
