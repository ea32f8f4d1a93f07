// SPDX-License-Identifier: Apache-2.0
// Positions in a record are met in ascending order, so that a list is enough to search in.
#include "formats/root/reference.h"

struct bl_root_reference {
    uint32_t position;
    void *thing;
};

bl_status bl_root_remember(bl_context *context, bl_root_references *references, uint32_t position,
                           void *thing, bl_error *err) {
    if (references->n && references->items[references->n - 1].position >= position)
        return BL_OK; // only where a damaged file counts past 32 bits
    BL_TRY(bl_array_grow(context, &references->items, &references->capacity, references->n,
                         sizeof *references->items, "references", err));
    references->items[references->n++] = (struct bl_root_reference){position, thing};
    return BL_OK;
}

void *bl_root_recall(const bl_root_references *references, uint32_t position) {
    size_t low = 0, high = references->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (references->items[middle].position == position)
            return references->items[middle].thing;
        if (references->items[middle].position < position)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

void bl_root_references_release(bl_context *context, bl_root_references *references) {
    bl_free(context, references->items);
    *references = (bl_root_references){0};
}
