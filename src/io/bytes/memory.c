// SPDX-License-Identifier: Apache-2.0
// Bytes that are in memory already, for tests, fuzzing and embedded files.
#include "io/bytes/transport.h"

typedef struct memory_source {
    bl_source source;
    const uint8_t *data; ///< borrows
} memory_source;

static bl_status memory_read(const bl_source *source, const bl_read *read, bl_error *err) {
    (void)err;
    const memory_source *memory = (const memory_source *)source;
    memcpy(read->data, memory->data + read->offset, read->size);
    return BL_OK;
}

static void memory_close(bl_source *source) { bl_free(source->context, source); }

static const bl_source_ops memory_ops = {
    .name = "memory",
    .read = memory_read,
    .close = memory_close,
    .gap_bytes = 0,
    .request_bytes = 1u << 20,
    .window_bytes = 1u << 20,
};

bl_status bl_source_open_memory(bl_context *context, const char *url, const void *data, size_t size,
                                bl_source **ret_source, bl_error *err) {
    memory_source *memory = bl_alloc_zero(context, 1, sizeof *memory);
    if (!memory)
        return bl_error_nomem(err, sizeof *memory, "a source");
    bl_status status = bl_source_init(&memory->source, &memory_ops, context, url, size, err);
    if (status != BL_OK) {
        bl_free(context, memory);
        return status;
    }
    memory->data = data;
    *ret_source = &memory->source;
    return BL_OK;
}
