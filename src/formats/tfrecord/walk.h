// SPDX-License-Identifier: Apache-2.0
/// \file
/// A record as a row: the entry of each feature by a number, which is the feature's for as long as
/// the walker lives. Keys mostly come in the order in which they came before, and are looked for
/// there first.
#ifndef BL_FORMATS_TFRECORD_WALK_H
#define BL_FORMATS_TFRECORD_WALK_H

#include "base/arena.h"
#include "formats/tfrecord/example.h"

/// No file has so many features, nor so long names; a damaged one might seem to, or one whose names
/// were chosen to have one hash.
enum { BL_TF_MOST_FEATURES = 16384, BL_TF_MOST_NAME_BYTES = 16 << 20 };

/// What a record is read for when a feature is looked up by name.
typedef struct bl_tf_slot {
    const char *name; ///< in the walker's arena, NUL-terminated
    size_t length;
    uint32_t hash;
    size_t match_size; ///< of the bytes of an entry up to the length of its value
    const uint8_t *match;
    bool is_list;      ///< of feature_lists, where names are others than in the context
    size_t next;       ///< the slot that came behind this one last time
    uint64_t seen;     ///< number of the row that has it
    bl_tf_entry entry; ///< of that row
} bl_tf_slot;

typedef struct bl_tf_walker {
    bl_context *context;
    bl_arena arena;
    size_t n_slots, capacity;
    bl_tf_slot *slots;
    uint32_t *table; ///< [table_size] slot + 1, by hash; 0: free
    size_t table_size;
    size_t name_bytes;
    bool may_grow; ///< a name that is new gets a slot; else it is passed over
    uint64_t row;  ///< number of the present row; the first is 1
    size_t first;  ///< slot that the row before began with
    size_t n_seen; ///< of the present row
    size_t *seen;  ///< [capacity] slots in the order of the row's bytes
} bl_tf_walker;

void bl_tf_walker_init(bl_tf_walker *walker, bl_context *context);
/// NULL-safe on zeroed walkers.
void bl_tf_walker_release(bl_tf_walker *walker);
/// The slot of a name, made where there is none. \return BL_OK, BL_E_NOMEM, BL_E_LIMIT,
/// BL_E_CORRUPT (a name that is no UTF-8 or holds a NUL)
bl_status bl_tf_walker_add(bl_tf_walker *walker, bl_wire name, bool is_list, size_t *ret_slot,
                           bl_error *err);
/// Takes a record in as the present row: of equal keys the last counts.
/// \return BL_OK, BL_E_CORRUPT, and what bl_tf_walker_add returns
bl_status bl_tf_walk(bl_tf_walker *walker, bl_wire record, bl_error *err);

/// The entry of the present row, or NULL.
static inline const bl_tf_entry *bl_tf_walker_entry(const bl_tf_walker *walker, size_t slot) {
    const bl_tf_slot *s = &walker->slots[slot];
    return s->seen == walker->row ? &s->entry : NULL;
}

#endif
