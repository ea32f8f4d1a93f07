// SPDX-License-Identifier: Apache-2.0
// The record of a TTree: objects, branches, leaves, basket slots, layouts, and rows as far as the
// record itself holds them. Input: the record, uncompressed, without its header. The classes are
// those of a file of the corpus beside it.
#include <stdlib.h>

#include "formats/ttree/reader.h"
#include "formats/walk_testing.h"

enum { KEY_LEN = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/// The file whose classes are used; opened once, never closed.
static const bl_root_classes *known_classes(void) {
    static const bl_root_classes *classes;
    static bl_root_file *file; // static: reachable, so no leak
    static bl_context *context;
    bl_source *source = NULL;
    bl_context_options options = {.size = sizeof options, .n_threads = 1};
    if (!classes && (bl_context_new(&options, &context, NULL) != BL_OK ||
                     bl_source_open(context, CORPUS "/root_file/whole.root", &source, NULL) ||
                     bl_root_file_open(context, source, &file, NULL) != BL_OK ||
                     bl_root_classes_of(file, &classes, NULL) != BL_OK))
        abort();
    return classes;
}

static void store_be32(uint8_t *to, size_t value) {
    uint32_t swapped = __builtin_bswap32((uint32_t)value);
    memcpy(to, &swapped, sizeof swapped);
}

/// The input behind a record header of its own: n_bytes, version, raw size, date, header size,
/// cycle, two seeks, three empty names.
static uint8_t *with_key(const uint8_t *data, size_t size) {
    uint8_t *record = (uint8_t *)calloc(1, KEY_LEN + size);
    if (!record)
        abort();
    store_be32(record, KEY_LEN + size);
    store_be32(record + 6, size);
    record[15] = KEY_LEN;
    if (size)
        memcpy(record + KEY_LEN, data, size);
    return record;
}

static void open_tree(bl_context *context, const uint8_t *record, size_t size) {
    bl_root_file *file = (bl_root_file *)bl_alloc_zero(context, 1, sizeof *file);
    if (!file ||
        bl_source_open_memory(context, "tree.root", record, size, &file->source, NULL) != BL_OK)
        abort();
    file->context = context;
    atomic_init(&file->n_holders, 1);
    bl_arena_init(&file->arena, context);
    file->classes = (struct bl_root_classes *)known_classes();
    bl_root_entry entry = {.path = "tree",
                           .key = {.n_bytes = (int32_t)size, .class_name = "TTree"}};
    bl_reader *reader = NULL;
    walk w = {0};
    if (bl_ttree_open(file, &entry, &reader, NULL) == BL_OK) {
        walk_table(reader, &w);
        reader->ops->close(reader);
    }
    file->classes = NULL; // they are another file's
    bl_root_file_release(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bl_context_options options = {.size = sizeof options, .n_threads = 1};
    bl_context *context = NULL;
    if (size > 1u << 20 || bl_context_new(&options, &context, NULL) != BL_OK)
        return 0;
    uint8_t *record = with_key(data, size);
    open_tree(context, record, KEY_LEN + size);
    free(record);
    bl_context_free(context);
    return 0;
}
