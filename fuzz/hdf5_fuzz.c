// SPDX-License-Identifier: Apache-2.0
// HDF5 files: objects, tables, rows. Input: the whole file. Where the module is not built there is
// nothing to do. Most of what this finds lies in libhdf5 itself, which trusts files more than we
// do; see docs/hdf5.md.
#include "formats/hdf5/hdf5.h"
#include "formats/walk_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_file(bl_file *file) {
    walk w = {0};
    for (size_t i = 0; i < file->n_objects && i < 64; i++) {
        bl_reader *reader = NULL;
        if (!file->objects[i].is_table ||
            file->ops->open_table(file, file->objects[i].path, &reader, NULL) != BL_OK)
            continue;
        walk_table(reader, &w);
        reader->ops->close(reader);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bl_context_options options = {
        .size = sizeof options, .n_threads = 1, .memory_bytes = (uint64_t)64 << 20};
    bl_open_options open_options = {.size = sizeof open_options};
    bl_context *context = NULL;
    bl_source *source = NULL;
    bl_file *file = NULL;
    if (size > 1u << 20 || bl_context_new(&options, &context, NULL) != BL_OK)
        return 0;
    if (bl_source_open_memory(context, "bytes.h5", data, size, &source, NULL) == BL_OK &&
        bl_hdf5_open(context, source, &open_options, &file, NULL) == BL_OK) {
        walk_file(file);
        file->ops->release(file);
    }
    bl_context_free(context);
    return 0;
}
