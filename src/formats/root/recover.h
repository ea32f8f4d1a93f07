// SPDX-License-Identifier: Apache-2.0
/// \file
/// Files whose writer never closed them, or whose lists are damaged: every record has a header, so
/// that the objects can be found without a list.
#ifndef BL_FORMATS_ROOT_RECOVER_H
#define BL_FORMATS_ROOT_RECOVER_H

#include "formats/root/file.h"

/// A basket that was met.
typedef struct bl_root_basket {
    uint64_t offset;
    uint32_t n_bytes, date; ///< as in its key
    uint16_t key_len;
    uint16_t number; ///< among those of its branch, counted from 0, modulo 65536
    const char *branch, *tree;
} bl_root_basket;

/// What was met besides objects.
struct bl_root_recovery {
    size_t n_baskets, capacity;
    bl_root_basket *baskets; ///< [n_baskets] by offset
    uint64_t lost_bytes;     ///< that belong to no record
};

/// True where the file goes on with a record behind the end that its header gives: its writer
/// appended more and has not said so yet.
bool bl_root_goes_on(bl_root_file *file);
/// Finds the objects of a file by its records: fills entries, seek_info and recovery.
/// \return BL_OK, BL_E_CORRUPT (there is no object), BL_E_IO, BL_E_NOMEM
bl_status bl_root_recover(bl_root_file *file, bl_error *err);
/// NULL is allowed.
void bl_root_recovery_free(bl_context *context, bl_root_recovery *recovery);

#endif
