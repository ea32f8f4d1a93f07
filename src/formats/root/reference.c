// SPDX-License-Identifier: Apache-2.0
// A hash map from positions in a record, kept at most half full.
#include "formats/root/reference.h"

static bl_root_reference *slot_of(const bl_root_references *references, uint32_t position) {
    // the product's upper half: positions may share their low bits
    size_t i = (size_t)(position * UINT64_C(2654435761) >> 16) & (references->n_slots - 1);
    while (references->slots[i].position && references->slots[i].position != position)
        i = (i + 1) & (references->n_slots - 1);
    return &references->slots[i];
}

static bl_status grow(bl_root_references *references, bl_arena *arena, bl_error *err) {
    bl_root_references bigger = {.n_used = references->n_used,
                                 .n_slots = references->n_slots ? 2 * references->n_slots : 256};
    bigger.slots = (bl_root_reference *)bl_arena_array(arena, bigger.n_slots, sizeof *bigger.slots);
    if (!bigger.slots)
        return bl_error_nomem(err, bigger.n_slots * sizeof *bigger.slots, "references");
    for (size_t i = 0; i < references->n_slots; i++)
        if (references->slots[i].position)
            *slot_of(&bigger, references->slots[i].position) = references->slots[i];
    *references = bigger;
    return BL_OK;
}

bl_status bl_root_remember(bl_root_references *references, bl_arena *arena,
                           const bl_root_reference *reference, bl_error *err) {
    if (2 * references->n_used >= references->n_slots)
        BL_TRY(grow(references, arena, err));
    bl_root_reference *slot = slot_of(references, reference->position);
    references->n_used += slot->position == 0;
    *slot = *reference;
    return BL_OK;
}

const bl_root_reference *bl_root_recall(const bl_root_references *references, uint32_t position) {
    if (references->n_slots == 0 || position == 0)
        return NULL;
    const bl_root_reference *slot = slot_of(references, position);
    return slot->position ? slot : NULL;
}
