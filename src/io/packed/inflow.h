// SPDX-License-Identifier: Apache-2.0
/// \file
/// A source read from front to back, unpacked on the way where it is packed as a whole.
#ifndef BL_IO_PACKED_INFLOW_H
#define BL_IO_PACKED_INFLOW_H

#include "io/bytes/source.h"

typedef struct bl_inflow bl_inflow;

/// What a file that begins with these bytes is packed with; NULL: it is not.
const char *bl_inflow_packing_of(const uint8_t *head, size_t size);
/// True where these bytes may begin a zlib stream: some texts begin so, too.
bool bl_inflow_may_be_zlib(const uint8_t *head, size_t size);
/// Begins at the front. What the bytes are packed with, gzip, bzip2 or zstd, their first ones say;
/// others are given as they are. \param source borrows until close
/// \return BL_OK, BL_E_IO, BL_E_NOMEM
bl_status bl_inflow_open(bl_source *source, bl_inflow **ret_in, bl_error *err);
/// The same for what is known to be a zlib stream, which its first bytes alone do not tell.
bl_status bl_inflow_open_zlib(bl_source *source, bl_inflow **ret_in, bl_error *err);
/// The same from byte `offset` of a source that is not packed.
bl_status bl_inflow_open_at(bl_source *source, uint64_t offset, bl_inflow **ret_in, bl_error *err);
/// The next bytes. \param ret_n fewer than `size` only at the end
/// \return BL_OK, BL_E_CORRUPT (names the byte of the source), BL_E_IO, BL_E_NOMEM, BL_E_CANCELLED
bl_status bl_inflow_read(bl_inflow *in, void *data, size_t size, size_t *ret_n, bl_error *err);
/// "gzip", "bzip2", "zstd", "zlib"; NULL: not packed.
const char *bl_inflow_packing(const bl_inflow *in);
/// Bytes of the source that were used so far.
uint64_t bl_inflow_stored_bytes(const bl_inflow *in);
/// NULL is allowed.
void bl_inflow_close(bl_inflow *in);
BL_DEFINE_AUTO(bl_inflow, bl_inflow_close);

#endif
