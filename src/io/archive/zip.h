// SPDX-License-Identifier: Apache-2.0
/// \file
/// Zip archives: their members by name, stored or deflated, zip64 among them; and small archives
/// written. Nothing is ever put on disk by the names in an archive.
/// \source PKWARE, APPNOTE.TXT 6.3.10
#ifndef BL_IO_ARCHIVE_ZIP_H
#define BL_IO_ARCHIVE_ZIP_H

#include "base/arena.h"
#include "io/bytes/sink.h"
#include "io/bytes/source.h"

typedef struct bl_zip_member {
    const char *name; ///< a relative path without ".."; a folder's ends with '/'
    uint64_t offset;  ///< of its local header
    uint64_t stored_bytes, raw_bytes;
    uint32_t checksum; ///< CRC-32 of its raw bytes
    bool is_deflated;
} bl_zip_member;

typedef struct bl_zip {
    bl_source *source; ///< borrows
    size_t n_members;
    bl_zip_member *members; ///< [n_members] as the archive lists them, no name twice
} bl_zip;

/// Whether a member may be called so: a relative path without "..". \param name [size] and a NUL
bool bl_zip_name_is_safe(const char *name, size_t size);
/// True where a file begins as an archive with members does.
bool bl_zip_probe(const uint8_t *head, size_t size);
/// Reads the list of members. They may be no denser than deflate can make them, and all together
/// no larger than the memory budget.
/// \param arena holds the list \param source borrows; must stay while members are read
/// \return BL_OK, BL_E_CORRUPT, BL_E_UNSUPPORTED (encrypted, split, another method), BL_E_LIMIT,
/// BL_E_IO, BL_E_NOMEM
bl_status bl_zip_open(bl_arena *arena, bl_source *source, bl_zip *ret_zip, bl_error *err);
/// The member of a name; NULL: there is none.
const bl_zip_member *bl_zip_find(const bl_zip *zip, const char *name);
/// Reads a member and checks its sum. \param ret_data [raw_bytes] and a NUL, in the arena
/// \return BL_OK, BL_E_CORRUPT, BL_E_IO, BL_E_NOMEM
bl_status bl_zip_read(bl_arena *arena, const bl_zip *zip, const bl_zip_member *member,
                      uint8_t **ret_data, bl_error *err);

/// A member to be written.
typedef struct bl_zip_part {
    const char *name;
    const void *data; ///< [size]
    size_t size;
} bl_zip_part;

/// Writes a whole archive of stored members, dated 1980, and leaves the sink to be finished.
/// \return BL_OK, BL_E_LIMIT (4 GiB or more, or 65535 members), BL_E_IO, BL_E_NOMEM
bl_status bl_zip_write(bl_sink *sink, const bl_zip_part *parts, size_t n_parts, bl_error *err);

#endif
