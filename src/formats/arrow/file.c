// SPDX-License-Identifier: Apache-2.0
// Arrow files and streams behind the face that every format's file has: one table, called "Events"
// for want of a name.
#include "formats/arrow/file.h"

#include "base/context.h"

#define FEATHER1 "FEA1"

static const char table_path[] = "Events";

/// A stream begins with the size of its schema's message, in front of which there is nothing else
/// in old ones, so that these are looked at more closely.
static bool is_stream_head(const uint8_t *head, size_t size) {
    bool is_old = size >= 4 && (uint32_t)bl_flat_load32(head) != BL_ARROW_CONTINUATION;
    size_t prefix = is_old ? 4 : 8;
    if (size < prefix + 4)
        return false;
    int32_t length = bl_flat_load32(head + prefix - 4);
    uint32_t root = (uint32_t)bl_flat_load32(head + prefix);
    if (length < 16 || ((uint32_t)length + prefix) % 8 != 0 || root < 4 || root >= (uint32_t)length)
        return false;
    bl_flat flat = {.data = head + prefix, .size = size - prefix};
    bl_flat_table message = bl_flat_root(&flat);
    return !is_old || (bl_flat_int(&message, BL_MESSAGE_KIND, 1, 0) == BL_ARROW_SCHEMA &&
                       bl_flat_int(&message, BL_MESSAGE_VERSION, 2, 0) >= BL_ARROW_V4);
}

bool bl_arrow_probe(const uint8_t *head, size_t size) {
    return (size >= BL_ARROW_MAGIC_BYTES &&
            memcmp(head, BL_ARROW_MAGIC, BL_ARROW_MAGIC_BYTES) == 0) ||
           (size >= 4 && memcmp(head, FEATHER1, 4) == 0) || is_stream_head(head, size);
}

bl_arrow_file *bl_arrow_file_ref(bl_arrow_file *file) {
    atomic_fetch_add_explicit(&file->n_holders, 1, memory_order_relaxed);
    return file;
}

void bl_arrow_file_release(bl_arrow_file *file) {
    if (!file || atomic_fetch_sub_explicit(&file->n_holders, 1, memory_order_acq_rel) != 1)
        return;
    bl_context *context = file->head.context;
    for (size_t i = 0; i < file->n_blocks; i++)
        bl_buffer_release(file->blocks[i].metadata);
    for (size_t i = 0; i < file->n_dictionaries; i++)
        bl_buffer_release(file->dictionaries[i].block.metadata);
    bl_free(context, file->blocks);
    bl_free(context, file->dictionaries);
    bl_arrow_schema_release(&file->schema);
    bl_buffer_release(file->schema_metadata);
    bl_arena_release(&file->arena);
    bl_source_close(file->source);
    bl_free(context, file);
}

static void release(bl_file *head) { bl_arrow_file_release((bl_arrow_file *)head); }

static bl_status open_table(bl_file *head, const char *path, bl_reader **ret_reader,
                            bl_error *err) {
    if (path && strcmp(path, table_path) != 0)
        return bl_error_set(err, BL_E_NOTFOUND, "no table '%s'; an Arrow file has one, '%s'", path,
                            table_path);
    return bl_arrow_reader_open((bl_arrow_file *)head, ret_reader, err);
}

static const bl_file_ops ops = {.open_table = open_table, .release = release};

static const char *codec_text(bl_codec_id codec) {
    return codec == BL_CODEC_STORED ? "not compressed" : codec == BL_CODEC_ZSTD ? "zstd" : "lz4";
}

static bl_status describe(bl_arrow_file *file, bl_error *err) {
    bl_file *head = &file->head;
    bl_object_info *object = (bl_object_info *)bl_arena_alloc(&file->arena, sizeof *object);
    head->format = "Arrow";
    head->url = file->source->url;
    head->size_bytes = file->source->size_bytes;
    head->description = bl_arena_printf(&file->arena, "Arrow IPC %s, %zu record batch%s, %s%s",
                                        file->is_stream ? "stream" : "file", file->n_blocks,
                                        file->n_blocks == 1 ? "" : "es", codec_text(file->codec),
                                        head->is_recovered ? ", recovered" : "");
    if (!object || !head->description)
        return bl_error_nomem(err, sizeof *object, "a description");
    *object = (bl_object_info){.size = sizeof *object,
                               .path = table_path,
                               .class_name = "Table",
                               .title = "",
                               .cycle = 1,
                               .stored_bytes = file->source->size_bytes,
                               .is_table = true};
    for (size_t i = 0; i < file->schema.n_fields; i++)
        object->raw_bytes += file->totals[i].raw_bytes;
    head->objects = object;
    head->n_objects = 1;
    return BL_OK;
}

bl_status bl_arrow_open(bl_context *context, bl_source *source, const bl_open_options *options,
                        bl_file **ret_file, bl_error *err) {
    (void)options;
    BL_AUTO(bl_source) owned = source;
    bl_arrow_file *made = (bl_arrow_file *)bl_alloc_zero(context, 1, sizeof *made);
    if (!made)
        return bl_error_nomem(err, sizeof *made, "a file");
    BL_AUTO(bl_arrow_file) file = made;
    atomic_init(&file->n_holders, 1);
    file->head.ops = &ops;
    file->head.context = context;
    file->source = BL_MOVE(owned);
    bl_arena_init(&file->arena, context);
    BL_TRY(bl_arrow_index(file, err));
    BL_TRY(describe(file, err));
    *ret_file = &file->head;
    (void)BL_MOVE(file);
    return BL_OK;
}
