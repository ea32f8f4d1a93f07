// SPDX-License-Identifier: Apache-2.0
// Text by offset. Plain files are read where asked; packed ones from front to back, and from the
// front again for what lies behind.
#include "formats/text/store.h"

#include "io/packed/inflow.h"

enum { SKIP_BYTES = 64 << 10 };

bl_status bl_text_store_open(bl_source *source, bl_text_store *store, bl_error *err) {
    *store = (bl_text_store){.source = source, .size = source->size_bytes};
    BL_TRY(bl_inflow_open(source, &store->inflow, err));
    store->packing = bl_inflow_packing(store->inflow);
    if (store->packing)
        store->size = UINT64_MAX;
    return BL_OK;
}

void bl_text_store_close(bl_text_store *store) {
    bl_inflow_close(store->inflow);
    bl_source_close(store->source);
    *store = (bl_text_store){0};
}

/// Brings packed text to an offset.
static bl_status go_to(bl_text_store *store, uint64_t offset, bl_error *err) {
    uint8_t skipped[SKIP_BYTES];
    if (offset < store->position) {
        bl_inflow_close(store->inflow);
        store->inflow = NULL;
        store->position = 0;
    }
    if (!store->inflow)
        BL_TRY(bl_inflow_open(store->source, &store->inflow, err));
    while (store->position < offset) {
        uint64_t left = offset - store->position;
        size_t size = left < sizeof skipped ? (size_t)left : sizeof skipped, n = 0;
        BL_TRY(bl_inflow_read(store->inflow, skipped, size, &n, err));
        store->position += n;
        if (n < size)
            break;
    }
    return BL_OK;
}

bl_status bl_text_store_read(bl_text_store *store, uint64_t offset, void *data, size_t size,
                             size_t *ret_n, bl_error *err) {
    if (store->packing) {
        size_t n = 0;
        BL_TRY(go_to(store, offset, err));
        if (store->position == offset) // else the text ends before
            BL_TRY(bl_inflow_read(store->inflow, data, size, &n, err));
        store->position += n;
        *ret_n = n;
        return BL_OK;
    }
    uint64_t left = offset < store->size ? store->size - offset : 0;
    size_t n = left < size ? (size_t)left : size;
    if (n)
        BL_TRY(bl_source_read(store->source, offset, n, data, err));
    *ret_n = n;
    return BL_OK;
}

bool bl_text_store_is_near(const bl_text_store *store) {
    return !store->packing && store->source->ops->read;
}

bl_status bl_text_store_read_range(const bl_text_store *store, uint64_t offset, void *data,
                                   size_t size, bl_error *err) {
    if (size == 0)
        return BL_OK;
    bl_read read = {offset, size, (uint8_t *)data};
    return store->source->ops->read(store->source, &read, err);
}

uint64_t bl_text_store_stored(const bl_text_store *store, uint64_t size) {
    if (!store->packing || store->size == 0)
        return size;
    return (uint64_t)((double)size / (double)store->size * (double)store->source->size_bytes);
}
