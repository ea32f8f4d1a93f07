// SPDX-License-Identifier: Apache-2.0
// Writing into a buffer, for files that go into another file.
#include "io/bytes/transport.h"

typedef struct memory_sink {
    bl_sink sink;
    bl_buffer **buffer; ///< borrows
} memory_sink;

static bl_status reserve(bl_buffer **buffer, size_t size, bl_error *err) {
    if (size <= (*buffer)->capacity)
        return BL_OK;
    return bl_buffer_reserve(buffer, size + size / 2, err);
}

static bl_status memory_write_at(bl_sink *sink, uint64_t offset, size_t size, const void *data,
                                 bl_error *err) {
    bl_buffer **buffer = ((memory_sink *)sink)->buffer;
    if (offset > SIZE_MAX / 4 || size > SIZE_MAX / 4)
        return bl_error_nomem(err, size, "a file in memory");
    size_t at = (size_t)offset, before = (*buffer)->size;
    BL_TRY(reserve(buffer, at + size, err));
    if (at > before)
        memset((*buffer)->data + before, 0, at - before);
    if (size)
        memcpy((*buffer)->data + at, data, size);
    (*buffer)->size = at + size > before ? at + size : before;
    return BL_OK;
}

static bl_status memory_write(bl_sink *sink, const void *data, size_t size, bl_error *err) {
    return memory_write_at(sink, sink->n_bytes, size, data, err);
}

static bl_status memory_rewrite_head(bl_sink *sink, const void *data, size_t size, bl_error *err) {
    return memory_write_at(sink, 0, size, data, err);
}

static bl_status memory_read_at(bl_sink *sink, uint64_t offset, size_t size, void *data,
                                bl_error *err) {
    (void)err;
    memcpy(data, (*((memory_sink *)sink)->buffer)->data + offset, size);
    return BL_OK;
}

static bl_status memory_finish(bl_sink *sink, bl_error *err) {
    (void)sink, (void)err;
    return BL_OK;
}

static void memory_close(bl_sink *sink) { bl_free(sink->context, sink); }

static const bl_sink_ops memory_ops = {
    .name = "memory",
    .write = memory_write,
    .rewrite_head = memory_rewrite_head,
    .write_at = memory_write_at,
    .read_at = memory_read_at,
    .finish = memory_finish,
    .close = memory_close,
};

bl_status bl_sink_open_memory(bl_context *context, const char *url, bl_buffer **buffer,
                              bl_sink **ret_sink, bl_error *err) {
    memory_sink *memory = (memory_sink *)bl_alloc_zero(context, 1, sizeof *memory);
    if (!memory)
        return bl_error_nomem(err, sizeof *memory, "a sink");
    bl_status status = bl_sink_init(&memory->sink, &memory_ops, context, url, err);
    if (status != BL_OK) {
        bl_free(context, memory);
        return status;
    }
    memory->buffer = buffer;
    *ret_sink = &memory->sink;
    return BL_OK;
}
