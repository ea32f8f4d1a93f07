// SPDX-License-Identifier: Apache-2.0
// A window's blocks are read in the order in which they lie in files, or are still there, and its
// events appended to a slab in the order of the epoch. Whether blocks were kept makes no
// difference to that.
#include "data/loader/windows.h"

#include "base/context.h"

bl_status bl_windows_init(bl_windows *windows, bool keeps, bl_error *err) {
    size_t n = windows->order.n_blocks;
    if (!keeps)
        return BL_OK;
    windows->kept = (bl_staged *)bl_alloc_zero(windows->context, n + 1, sizeof *windows->kept);
    return windows->kept ? BL_OK : bl_error_nomem(err, n * sizeof *windows->kept, "events");
}

void bl_windows_release(bl_windows *windows) {
    bl_context *context = windows->context;
    for (size_t i = 0; windows->kept && i < windows->order.n_blocks; i++)
        bl_staged_release(context, &windows->kept[i]);
    for (size_t i = 0; i < windows->spare_capacity; i++)
        bl_staged_release(context, &windows->spare[i]);
    bl_free(context, windows->kept);
    bl_free(context, windows->spare);
    bl_free(context, windows->blocks);
    bl_free(context, windows->places);
    for (size_t i = 0; i < BL_N_SLABS; i++)
        bl_slab_release(&windows->slabs[i]);
    bl_stager_release(&windows->stager);
    bl_order_release(context, &windows->order);
}

void bl_windows_begin(bl_windows *windows, int64_t epoch, int64_t first_event) {
    bl_order_begin(&windows->order, epoch);
    windows->next = bl_order_find(&windows->order, first_event);
    windows->first_event = first_event;
    windows->n_slabs = 0;
}

static bl_status make_room(bl_windows *windows, size_t n_blocks, uint32_t n_events, bl_error *err) {
    bl_context *context = windows->context;
    BL_TRY(bl_array_grow(context, &windows->blocks, &windows->blocks_capacity, n_blocks,
                         sizeof(bl_staged *), "record batches", err));
    size_t before = windows->spare_capacity;
    BL_TRY(bl_array_grow(context, &windows->spare, &windows->spare_capacity, n_blocks,
                         sizeof *windows->spare, "record batches", err));
    if (windows->spare_capacity > before)
        memset(&windows->spare[before], 0,
               (windows->spare_capacity - before) * sizeof *windows->spare);
    return bl_array_grow(context, &windows->places, &windows->places_capacity, n_events,
                         sizeof *windows->places, "an order of events", err);
}

/// Reads a block that is to stay, or into the memory of one that was there before.
static bl_status read_block(bl_windows *windows, size_t block, size_t i, bl_error *err) {
    bool stays = windows->kept && windows->kept_bytes < windows->most_kept_bytes;
    bl_staged *staged = stays ? &windows->kept[block] : &windows->spare[i];
    bl_status status = bl_stage(&windows->stager, &windows->order.blocks[block], staged, err);
    if (status != BL_OK) {
        bl_staged_release(windows->context, staged);
        return status;
    }
    if (stays)
        windows->kept_bytes += staged->capacity;
    windows->blocks[i] = staged;
    return BL_OK;
}

static bl_status load(bl_windows *windows, const bl_window *window, const atomic_bool *stops,
                      bl_error *err) {
    BL_TRY(make_room(windows, window->last - window->first, window->n_events, err));
    for (size_t i = 0; i < window->last - window->first; i++) {
        size_t block = windows->order.sequence[window->first + i];
        if (atomic_load_explicit(stops, memory_order_relaxed))
            return bl_error_set(err, BL_E_CANCELLED, "stopped");
        BL_TRY(bl_context_check(windows->context, err));
        if (windows->kept && windows->kept[block].n_events)
            windows->blocks[i] = &windows->kept[block];
        else
            BL_TRY(read_block(windows, block, i, err));
    }
    return BL_OK;
}

static bl_status append_window(bl_windows *windows, bl_slab *slab, const atomic_bool *stops,
                               bl_error *err) {
    const bl_window *window = &windows->order.windows[windows->next];
    BL_TRY(load(windows, window, stops, err));
    bl_order_window(&windows->order, windows->next, windows->places);
    size_t skipped = 0;
    if (windows->first_event > window->first_event)
        skipped = (size_t)(windows->first_event - window->first_event);
    BL_TRY(bl_slab_append(slab, windows->blocks, window->last - window->first,
                          windows->places + skipped, window->n_events - skipped, err));
    windows->next++;
    return BL_OK;
}

bl_status bl_windows_make(void *maker, size_t place, const atomic_bool *stops, bl_error *err) {
    bl_windows *windows = (bl_windows *)maker;
    bl_slab *slab = &windows->slabs[place];
    if (windows->next == windows->order.n_windows)
        bl_windows_begin(windows, windows->order.epoch + 1, 0);
    size_t n_windows = windows->order.n_windows, batch_events = slab->batch_events;
    if (n_windows == 0)
        return BL_END;
    const bl_slab *before = windows->n_slabs++ ? &windows->slabs[1 - place] : NULL;
    BL_TRY(bl_slab_begin(slab, before, err));
    do
        BL_TRY(append_window(windows, slab, stops, err));
    while (slab->n_events < batch_events && windows->next < n_windows);
    size_t n_batches = slab->n_events / batch_events;
    bool has_rest = windows->next == n_windows && slab->n_events % batch_events;
    windows->n_batches[place] = n_batches + has_rest;
    return BL_OK;
}
