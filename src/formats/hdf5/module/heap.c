// SPDX-License-Identifier: Apache-2.0
// Collections of the global heap: read, checked and indexed once, and kept while values of their
// neighbourhood are wanted. Values that were written one after the other lie so.
#include "formats/hdf5/module/heap.h"

#include "base/context.h"

enum { SLOTS = 256, WINDOW_BYTES = 128 * 1024, HEADER = 16, KEPT_BYTES = 4 << 20 };

/// One object: nothing where `size` is 0.
typedef struct heap_object {
    uint32_t offset, size;
} heap_object;

typedef struct collection {
    uint64_t address; ///< 0: the slot is empty
    bl_buffer *bytes; ///< owns
    size_t n_objects;
    heap_object *objects; ///< [n_objects] by index; owns
} collection;

struct bl_hdf5_heap {
    bl_context *context;
    bl_source *source;
    uint64_t base;
    size_t address_size, length_size;
    collection slots[SLOTS];
    uint64_t kept_bytes; ///< of all slots
    bl_buffer *window;   ///< bytes read ahead; owns
    uint64_t window_start;
};

bl_status bl_hdf5_heap_new(bl_source *source, uint64_t base, size_t address_size,
                           size_t length_size, bl_hdf5_heap **ret_heap, bl_error *err) {
    bl_hdf5_heap *heap = (bl_hdf5_heap *)bl_alloc_zero(source->context, 1, sizeof *heap);
    if (!heap)
        return bl_error_nomem(err, sizeof *heap, "a heap");
    heap->context = source->context;
    heap->source = source;
    heap->base = base;
    heap->address_size = address_size;
    heap->length_size = length_size;
    bl_status status = bl_buffer_new(heap->context, WINDOW_BYTES, &heap->window, err);
    if (status != BL_OK) {
        bl_free(heap->context, heap);
        return status;
    }
    *ret_heap = heap;
    return BL_OK;
}

static void drop(bl_hdf5_heap *heap, collection *slot) {
    if (slot->bytes)
        heap->kept_bytes -= slot->bytes->size;
    bl_buffer_release(slot->bytes);
    bl_free(heap->context, slot->objects);
    *slot = (collection){0};
}

static void drop_all(bl_hdf5_heap *heap) {
    for (size_t i = 0; i < SLOTS; i++)
        drop(heap, &heap->slots[i]);
}

void bl_hdf5_heap_free(bl_hdf5_heap *heap) {
    if (!heap)
        return;
    drop_all(heap);
    bl_buffer_release(heap->window);
    bl_free(heap->context, heap);
}

bl_context *bl_hdf5_heap_context(const bl_hdf5_heap *heap) { return heap->context; }

size_t bl_hdf5_heap_reference_size(const bl_hdf5_heap *heap) { return 8 + heap->address_size; }

/// A little-endian number of `size` bytes, at most 8.
static uint64_t load(const uint8_t *bytes, size_t size) {
    uint64_t value = 0;
    memcpy(&value, bytes, size);
    return value;
}

/// Of a near source any thread may read at any time; of a far one, whose lanes the table runs one
/// after the other, one does.
static bl_status read_source(const bl_hdf5_heap *heap, uint64_t offset, size_t size, uint8_t *data,
                             bl_error *err) {
    bl_read read = {offset, size, data};
    if (heap->source->ops->read)
        return heap->source->ops->read(heap->source, &read, err);
    return bl_source_read(heap->source, offset, size, data, err);
}

/// Reads through the window where that helps.
static bl_status read_bytes(bl_hdf5_heap *heap, uint64_t offset, size_t size, uint8_t *data,
                            bl_error *err) {
    bl_buffer *window = heap->window;
    uint64_t end = heap->source->size_bytes;
    if (offset > end || size > end - offset)
        return bl_error_set(err, BL_E_CORRUPT, "the heap at byte %llu goes past the end",
                            (unsigned long long)offset);
    if (size > WINDOW_BYTES)
        return read_source(heap, offset, size, data, err);
    if (offset < heap->window_start || offset - heap->window_start > window->size ||
        size > window->size - (size_t)(offset - heap->window_start)) {
        size_t room = end - offset < WINDOW_BYTES ? (size_t)(end - offset) : WINDOW_BYTES;
        window->size = 0;
        BL_TRY(read_source(heap, offset, room, window->data, err));
        heap->window_start = offset;
        window->size = room;
    }
    memcpy(data, window->data + (offset - heap->window_start), size);
    return BL_OK;
}

/// The object at `*at`, and the next one's place. \return false at the end of the objects
static bool next_object(const bl_hdf5_heap *heap, const bl_buffer *bytes, size_t *at,
                        size_t *ret_index, heap_object *ret_object) {
    size_t header = 8 + heap->length_size, left = bytes->size - *at;
    if (left < header)
        return false;
    uint64_t index = load(bytes->data + *at, 2);
    uint64_t size = load(bytes->data + *at + 8, heap->length_size);
    if (index == 0 || size > left - header) // what is free comes last; what does not fit is damage
        return false;
    *ret_index = (size_t)index;
    *ret_object = (heap_object){(uint32_t)(*at + header), (uint32_t)size};
    uint64_t padded = (size + 7) / 8 * 8;
    *at = padded > left - header ? bytes->size : *at + header + (size_t)padded;
    return true;
}

static bl_status index_objects(const bl_hdf5_heap *heap, collection *into, bl_error *err) {
    size_t at, index, most = 0;
    heap_object object;
    size_t begin = (8 + heap->length_size + 7) / 8 * 8;
    for (at = begin; next_object(heap, into->bytes, &at, &index, &object);)
        most = index > most ? index : most;
    into->objects = (heap_object *)bl_alloc_zero(heap->context, most + 1, sizeof *into->objects);
    if (!into->objects)
        return bl_error_nomem(err, most * sizeof *into->objects, "objects of a heap");
    into->n_objects = most + 1;
    for (at = begin; next_object(heap, into->bytes, &at, &index, &object);)
        into->objects[index] = object;
    return BL_OK;
}

static bl_status load_collection(bl_hdf5_heap *heap, uint64_t address, collection *into,
                                 bl_error *err) {
    uint8_t header[HEADER];
    uint64_t offset;
    if (__builtin_add_overflow(address, heap->base, &offset))
        return bl_error_set(err, BL_E_CORRUPT, "a heap past the end");
    BL_TRY(read_bytes(heap, offset, 8 + heap->length_size, header, err));
    uint64_t size = load(header + 8, heap->length_size);
    if (memcmp(header, "GCOL\1", 5) != 0 || size < 8 + heap->length_size || size > INT32_MAX)
        return bl_error_set(err, BL_E_CORRUPT, "byte %llu is no collection of the heap",
                            (unsigned long long)offset);
    if (size > heap->source->size_bytes) // before memory is taken for it
        return bl_error_set(err, BL_E_CORRUPT, "the heap at byte %llu goes past the end",
                            (unsigned long long)offset);
    if (heap->kept_bytes > KEPT_BYTES)
        drop_all(heap);
    drop(heap, into);
    BL_TRY(bl_buffer_new(heap->context, (size_t)size, &into->bytes, err));
    bl_status status = read_bytes(heap, offset, (size_t)size, into->bytes->data, err);
    if (status == BL_OK) {
        into->bytes->size = (size_t)size;
        heap->kept_bytes += size;
        status = index_objects(heap, into, err);
    }
    if (status != BL_OK) {
        drop(heap, into);
        return status;
    }
    into->address = address;
    return BL_OK;
}

bl_status bl_hdf5_heap_find(bl_hdf5_heap *heap, const uint8_t *reference, uint32_t *ret_count,
                            const uint8_t **ret_data, size_t *ret_size, bl_error *err) {
    uint32_t count = (uint32_t)load(reference, 4);
    uint64_t address = load(reference + 4, heap->address_size);
    uint64_t index = load(reference + 4 + heap->address_size, 4);
    *ret_count = count;
    *ret_data = NULL;
    *ret_size = 0;
    if (count == 0 || address == 0)
        return count ? bl_error_set(err, BL_E_CORRUPT, "%u items without a place", count) : BL_OK;
    collection *slot = &heap->slots[(address / 4096 ^ address / 512) % SLOTS];
    if (slot->address != address)
        BL_TRY(load_collection(heap, address, slot, err));
    if (index >= slot->n_objects || slot->objects[index].size == 0)
        return bl_error_set(err, BL_E_CORRUPT, "the heap at byte %llu has no object %llu",
                            (unsigned long long)address, (unsigned long long)index);
    *ret_data = slot->bytes->data + slot->objects[index].offset;
    *ret_size = slot->objects[index].size;
    return BL_OK;
}
