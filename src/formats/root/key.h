// SPDX-License-Identifier: Apache-2.0
/// \file
/// TKey: the header in front of every record of a ROOT file.
#ifndef BL_FORMATS_ROOT_KEY_H
#define BL_FORMATS_ROOT_KEY_H

#include "base/arena.h"
#include "base/cursor.h"
#include "base/packer.h"

typedef struct bl_root_key {
    int32_t n_bytes;   ///< of the whole record on disk; negative for a gap
    int32_t obj_len;   ///< of the payload, uncompressed
    uint16_t key_len;  ///< of this header, in its record
    int16_t version;   ///< above 1000: 64-bit seeks
    int16_t cycle;     ///< version of the object under this name
    uint32_t date;     ///< as ROOT packs it (TDatime): the later, the greater
    uint16_t pid;      ///< which of the file's process ids its references count in
    uint64_t seek_key; ///< offset of the record
    uint64_t seek_dir; ///< offset of the directory that holds it
    const char *class_name;
    const char *name;
    const char *title;
} bl_root_key;

/// Reads a key; its strings go to `arena`, or are skipped and left NULL where that is NULL.
/// Failures stick to the cursor; \return BL_OK, BL_E_NOMEM
bl_status bl_root_key_read(bl_cursor *cursor, bl_arena *arena, bl_root_key *ret_key, bl_error *err);

/// True where the payload on disk is compressed.
static inline bool bl_root_key_is_compressed(const bl_root_key *key) {
    return key->obj_len > key->n_bytes - (int32_t)key->key_len;
}

/// A TString or std::string: length byte (255: int32 follows) and bytes. Borrows from the cursor.
const uint8_t *bl_root_string(bl_cursor *cursor, size_t *ret_length);
/// The same, copied. An unreadable string gives "" and sticks to the cursor.
bl_status bl_root_string_copy(bl_cursor *cursor, bl_arena *arena, const char **ret_text,
                              bl_error *err);

/// Files, and seeks in them, are written 64 bits wide from here on.
/// \source ROOT, TFile::kStartBigFile
#define BL_ROOT_WIDE_FILE UINT64_C(2000000000)
/// What a wide structure adds to its version.
#define BL_ROOT_WIDE_VERSION 1000

/// Bytes of a key's header, by its version and its strings.
size_t bl_root_key_length(const bl_root_key *key);
/// Writes a key. Failures stick to the packer.
void bl_root_key_pack(bl_packer *packer, const bl_root_key *key);
/// Bytes that bl_root_string_pack takes for a whole text.
size_t bl_root_string_length(const char *text);
/// Writes a TString.
void bl_root_string_pack(bl_packer *packer, const char *text, size_t length);
/// Writes a seek, 8 bytes wide or 4.
void bl_root_seek_pack(bl_packer *packer, bool wide, uint64_t seek);

/// The date of all that we write: the same input gives the same bytes, and no clock is asked.
/// 1 January 1995, the first that ROOT can write.
/// \source ROOT, TDatime: year − 1995, month, day, hour, minute, second from the highest bits down
#define BL_ROOT_DATE (UINT32_C(1) << 22 | UINT32_C(1) << 17)

#endif
