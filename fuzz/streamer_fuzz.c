// SPDX-License-Identifier: Apache-2.0
// Streamer info: from a list of objects to classes; then the input once more, as an object of each
// of these classes, so that their elements drive the reader. Input: the list's record,
// uncompressed, without its header.
#include <stdlib.h>

#include "formats/root/object.h"

enum { KEY_LEN = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void store_be32(uint8_t *to, size_t value) {
    uint32_t swapped = __builtin_bswap32((uint32_t)value);
    memcpy(to, &swapped, sizeof swapped);
}

/// A record header: n_bytes, version, raw size, date, header size, cycle, two seeks, three names.
/// It stands at byte 32, as no record begins at byte 0.
static uint8_t *with_key(const uint8_t *data, size_t size) {
    uint8_t *bytes = (uint8_t *)calloc(1, 2 * KEY_LEN + size);
    if (!bytes)
        abort();
    store_be32(bytes + KEY_LEN, KEY_LEN + size);
    store_be32(bytes + KEY_LEN + 6, size);
    bytes[KEY_LEN + 15] = KEY_LEN;
    if (size)
        memcpy(bytes + 2 * KEY_LEN, data, size);
    return bytes;
}

static void use_classes(bl_context *context, const bl_root_classes *classes, const uint8_t *data,
                        size_t size) {
    for (size_t i = 0; i < classes->n && i < 16; i++) {
        const bl_root_class *c = &classes->items[i];
        bl_arena arena;
        bl_arena_init(&arena, context);
        bl_root_object *object = NULL;
        if (bl_root_object_read(classes, &arena, data, size, KEY_LEN, c->name, &object, NULL) ==
            BL_OK)
            (void)bl_root_object_integer(object, "fEntries", 0);
        (void)bl_root_class_find(classes, c->name, c->version, c->checksum);
        bl_arena_release(&arena);
    }
}

static void read_infos(bl_context *context, const uint8_t *bytes, size_t size) {
    bl_root_file *file = (bl_root_file *)bl_alloc_zero(context, 1, sizeof *file);
    if (!file || bl_source_open_memory(context, "info.root", bytes, 2 * KEY_LEN + size,
                                       &file->source, NULL) != BL_OK)
        abort();
    file->context = context;
    file->seek_info = KEY_LEN;
    file->n_bytes_info = (uint32_t)(KEY_LEN + size);
    atomic_init(&file->n_holders, 1);
    bl_arena_init(&file->arena, context);
    const bl_root_classes *classes = NULL;
    if (bl_root_classes_of(file, &classes, NULL) == BL_OK)
        use_classes(context, classes, bytes + 2 * KEY_LEN, size);
    bl_root_file_release(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bl_context_options options = {.size = sizeof options, .n_threads = 1};
    bl_context *context = NULL;
    if (size > 1u << 20 || bl_context_new(&options, &context, NULL) != BL_OK)
        return 0;
    uint8_t *bytes = with_key(data, size);
    read_infos(context, bytes, size);
    free(bytes);
    bl_context_free(context);
    return 0;
}
