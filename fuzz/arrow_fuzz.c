// SPDX-License-Identifier: Apache-2.0
// A whole Arrow file or stream: footer, messages, schema, dictionaries, record batches. Input: the
// file. Every column is read at its beginning and its end, alone and with others; all rows where
// they are few.
#include "formats/arrow/file.h"
#include "formats/walk_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FEW_ROWS = 4096 };

/// All rows at once, across record batches, and then again row by row at their borders.
static void read_all(bl_reader *reader) {
    size_t n = 0, columns[WALK_TOGETHER];
    for (size_t i = 0; i < reader->n_columns && n < WALK_TOGETHER; i++)
        if (!reader->columns[i].unreadable)
            columns[n++] = i;
    if (reader->n_rows > FEW_ROWS)
        return;
    (void)walk_rows(reader, 0, reader->n_rows, columns, n, NULL);
    for (size_t i = 0; i < reader->n_clusters && i < 4; i++) {
        int64_t end = reader->cluster_ends[i], first = end > 2 ? end - 2 : 0;
        (void)walk_rows(reader, first, end < reader->n_rows ? end + 1 : end, columns, n, NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bl_context_options options = {
        .size = sizeof options, .n_threads = 1, .memory_bytes = 64u << 20};
    bl_context *context = NULL;
    bl_source *source = NULL;
    bl_file *file = NULL;
    bl_reader *reader = NULL;
    bl_open_options how = {.size = sizeof how};
    walk w = {0};
    if (bl_context_new(&options, &context, NULL) != BL_OK)
        return 0;
    (void)bl_arrow_probe(data, size < 64 ? size : 64);
    if (bl_source_open_memory(context, "bytes.arrow", data, size, &source, NULL) == BL_OK &&
        bl_arrow_open(context, source, &how, &file, NULL) == BL_OK) {
        if (file->ops->open_table(file, NULL, &reader, NULL) == BL_OK) {
            walk_table(reader, &w);
            read_all(reader);
            reader->ops->close(reader);
        }
        file->ops->release(file);
    }
    bl_context_free(context);
    return 0;
}
