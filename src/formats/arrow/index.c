// SPDX-License-Identifier: Apache-2.0
// Where everything is. A file's footer lists its messages; a stream is gone through once, from
// message to message, and so is a file whose footer was never written: what is whole in it is read,
// and the file is called recovered. The metadata of every record batch is read here, because it
// alone says how many rows there are; it stays in memory as long as it is small.
#include <stdio.h>

#include "base/context.h"
#include "formats/arrow/file.h"

#define STREAM_READ ((size_t)16 << 10) // a message's metadata mostly fits
#define KEPT_SHARE 32                  // of the memory budget
#define TAIL_BYTES 10                  // size of the footer, magic
#define HEAD_BYTES 8
#define UNIT_BYTES 8 // metadata ends at a multiple of so many bytes

// ---- messages ----

static void keep_metadata(bl_arrow_file *file, bl_arrow_block *block, bl_buffer *metadata) {
    uint64_t most = bl_context_budget_bytes(file->head.context) / KEPT_SHARE;
    if (metadata->capacity + file->kept_bytes > most)
        return;
    file->kept_bytes += metadata->capacity;
    block->metadata = bl_buffer_ref(metadata);
}

static bl_status add_schema(bl_arrow_file *file, const bl_arrow_message *message, bl_error *err) {
    if (file->has_schema)
        return bl_error_set(err, BL_E_CORRUPT, "a second schema");
    file->has_schema = true;
    BL_TRY(bl_arrow_schema_read(file->head.context, &file->arena, &message->header, &file->schema,
                                err));
    file->totals = (bl_arrow_totals *)bl_arena_array(&file->arena, file->schema.n_fields + 1,
                                                     sizeof *file->totals);
    return file->totals ? BL_OK : bl_error_nomem(err, file->schema.n_fields, "columns");
}

static bl_status add_batch(bl_arrow_file *file, const bl_arrow_message *message,
                           bl_arrow_block block, bl_buffer *metadata, bl_error *err) {
    bl_arrow_record record;
    BL_TRY(bl_arrow_message_record(message, false, &file->schema, &record, err));
    if (__builtin_add_overflow(file->n_rows, record.n_rows, &file->n_rows) ||
        file->n_rows > INT64_MAX / 64)
        return bl_error_set(err, BL_E_CORRUPT, "more rows than can be counted");
    if (file->n_blocks == 0)
        file->codec = record.codec;
    BL_TRY(bl_array_grow(file->head.context, &file->blocks, &file->blocks_capacity, file->n_blocks,
                         sizeof block, "record batches", err));
    block.n_rows = record.n_rows;
    keep_metadata(file, &block, metadata);
    file->blocks[file->n_blocks++] = block;
    bl_arrow_add_totals(file, &record);
    return BL_OK;
}

static bl_status add_dictionary(bl_arrow_file *file, const bl_arrow_message *message,
                                bl_arrow_block block, bl_buffer *metadata, bl_error *err) {
    bl_arrow_dictionary added = {
        .id = bl_flat_int(&message->header, BL_DICTIONARY_BATCH_ID, 8, 0),
        .is_delta = bl_flat_int(&message->header, BL_DICTIONARY_BATCH_IS_DELTA, 1, 0) != 0,
        .before = file->n_blocks,
        .block = block};
    BL_TRY(bl_flat_check(&message->flat, "dictionary", err));
    BL_TRY(bl_array_grow(file->head.context, &file->dictionaries, &file->dictionaries_capacity,
                         file->n_dictionaries, sizeof added, "dictionaries", err));
    keep_metadata(file, &added.block, metadata);
    file->dictionaries[file->n_dictionaries++] = added;
    return BL_OK;
}

/// Takes a message into the index. \param metadata its flatbuffer
static bl_status add_message(bl_arrow_file *file, bl_arrow_block block, bl_buffer *metadata,
                             const bl_arrow_message *message, bl_error *err) {
    if (message->kind == BL_ARROW_SCHEMA)
        return add_schema(file, message, err);
    if (!file->has_schema)
        return bl_error_set(err, BL_E_CORRUPT, "a message in front of the schema");
    if (message->kind == BL_ARROW_BATCH)
        return add_batch(file, message, block, metadata, err);
    if (message->kind == BL_ARROW_DICTIONARY)
        return add_dictionary(file, message, block, metadata, err);
    return bl_error_set(err, BL_E_UNSUPPORTED, "a message of kind %lld: tensors are not read",
                        (long long)message->kind);
}

// ---- streams ----

/// The size in front of a message's metadata. \param ret_head bytes that it takes; \param
/// ret_length 0: the end of the stream
static bool read_length(const uint8_t *head, size_t size, size_t *ret_head, int64_t *ret_length) {
    if (size < 4)
        return false;
    *ret_head = 4;
    *ret_length = bl_flat_load32(head);
    if ((uint32_t)bl_flat_load32(head) != BL_ARROW_CONTINUATION)
        return *ret_length >= 0;
    if (size < 8)
        return false;
    *ret_head = 8;
    *ret_length = bl_flat_load32(head + 4);
    return *ret_length >= 0;
}

/// Reads the metadata of the message at `offset`. \param ret_block its offset and metadata_bytes
/// \param ret_metadata NULL: the stream ends here \return BL_OK, BL_END (it is cut off), …
static bl_status read_metadata(bl_arrow_file *file, uint64_t offset, bl_arrow_block *ret_block,
                               bl_buffer **ret_metadata, bl_error *err) {
    uint64_t left = file->source->size_bytes - offset;
    uint8_t head[STREAM_READ];
    size_t n = left < sizeof head ? (size_t)left : sizeof head, head_bytes;
    int64_t length;
    BL_TRY(bl_source_read(file->source, offset, n, head, err));
    if (!read_length(head, n, &head_bytes, &length) || (uint64_t)length > left - head_bytes)
        return BL_END;
    if (length == 0)
        return BL_OK;
    size_t size = (size_t)length;
    BL_AUTO(bl_buffer) metadata = NULL;
    BL_TRY(bl_buffer_new(file->head.context, size, &metadata, err));
    if (size <= n - head_bytes)
        memcpy(metadata->data, head + head_bytes, size);
    else
        BL_TRY(bl_source_read(file->source, offset + head_bytes, size, metadata->data, err));
    metadata->size = size;
    *ret_block = (bl_arrow_block){.offset = offset, .metadata_bytes = head_bytes + size};
    *ret_metadata = BL_MOVE(metadata);
    return BL_OK;
}

/// Goes from message to message. A message that is not whole ends what can be read.
static bl_status index_stream(bl_arrow_file *file, uint64_t offset, bl_error *err) {
    uint64_t end = file->source->size_bytes;
    while (offset < end) {
        BL_AUTO(bl_buffer) metadata = NULL;
        bl_arrow_block block = {0};
        bl_arrow_message message;
        BL_TRY(bl_context_check(file->head.context, err));
        bl_status status = read_metadata(file, offset, &block, &metadata, err);
        if (status == BL_OK && !metadata)
            return BL_OK;
        if (status == BL_OK)
            status = bl_arrow_message_parse(metadata->data, metadata->size, &message, err);
        if (status == BL_OK && message.body_bytes > end - offset - block.metadata_bytes)
            status = BL_END;
        if (status == BL_END) {
            file->head.is_recovered = true;
            return file->has_schema
                       ? BL_OK
                       : bl_error_set(err, BL_E_CORRUPT, "truncated: the schema is not whole");
        }
        if (status == BL_OK) {
            block.body_bytes = message.body_bytes;
            status = add_message(file, block, metadata, &message, err);
        }
        if (status != BL_OK)
            return bl_error_in(err, status, "message at byte %llu", (unsigned long long)offset);
        offset += block.metadata_bytes + block.body_bytes;
    }
    return BL_OK;
}

// ---- files ----

/// Reads the footer. \param ret_footer NULL: there is none, the file is cut off
static bl_status read_footer(bl_arrow_file *file, bl_buffer **ret_footer, bl_error *err) {
    uint64_t size = file->source->size_bytes;
    uint8_t tail[TAIL_BYTES];
    if (size < HEAD_BYTES + TAIL_BYTES)
        return BL_OK;
    BL_TRY(bl_source_read(file->source, size - TAIL_BYTES, TAIL_BYTES, tail, err));
    int32_t length = bl_flat_load32(tail);
    if (memcmp(tail + 4, BL_ARROW_MAGIC, BL_ARROW_MAGIC_BYTES) != 0)
        return BL_OK;
    if (length <= 0 || (uint64_t)length > size - HEAD_BYTES - TAIL_BYTES)
        return bl_error_set(err, BL_E_CORRUPT, "a footer of %d bytes in a file of %llu", length,
                            (unsigned long long)size);
    BL_AUTO(bl_buffer) footer = NULL;
    BL_TRY(bl_buffer_new(file->head.context, (size_t)length, &footer, err));
    footer->size = (size_t)length;
    BL_TRY(bl_source_read(file->source, size - TAIL_BYTES - footer->size, footer->size,
                          footer->data, err));
    *ret_footer = BL_MOVE(footer);
    return BL_OK;
}

/// Messages that overlap would be read again and again, out of a small file.
static bl_status check_block(bl_arrow_file *file, const uint8_t *at, bl_arrow_block *ret_block,
                             bl_error *err) {
    int64_t offset = bl_flat_load64(at), metadata = bl_flat_load32(at + 8),
            body = bl_flat_load64(at + 16);
    uint64_t size = file->source->size_bytes;
    if (offset < 0 || metadata < 8 || body < 0 || (uint64_t)offset > size ||
        (uint64_t)metadata > size - (uint64_t)offset ||
        (uint64_t)body > size - (uint64_t)offset - (uint64_t)metadata)
        return bl_error_set(err, BL_E_CORRUPT, "%lld + %lld bytes at byte %lld of a file of %llu",
                            (long long)metadata, (long long)body, (long long)offset,
                            (unsigned long long)size);
    file->listed_bytes += (uint64_t)metadata + (uint64_t)body; // both below the size
    if (file->listed_bytes > size)
        return bl_error_set(err, BL_E_CORRUPT, "the messages listed are longer than the file");
    *ret_block = (bl_arrow_block){.offset = (uint64_t)offset,
                                  .metadata_bytes = (uint64_t)metadata,
                                  .body_bytes = (uint64_t)body};
    return BL_OK;
}

/// Parses the metadata of a listed message, whose body must be as long as listed.
static bl_status parse_listed(const bl_arrow_block *block, const bl_buffer *metadata,
                              bl_arrow_message *message, bl_error *err) {
    BL_TRY(bl_arrow_message_parse(metadata->data, metadata->size, message, err));
    if (message->body_bytes > block->body_bytes)
        return bl_error_set(err, BL_E_CORRUPT, "a body of %llu bytes, listed with %llu",
                            (unsigned long long)message->body_bytes,
                            (unsigned long long)block->body_bytes);
    return BL_OK;
}

/// The flatbuffer in the first bytes of a message, without the size in front of it.
static bl_status strip(bl_context *context, const uint8_t *data, size_t size,
                       bl_buffer **ret_metadata, bl_error *err) {
    size_t head;
    int64_t length;
    if (!read_length(data, size, &head, &length) || length == 0 || (uint64_t)length > size - head)
        return bl_error_set(err, BL_E_CORRUPT, "no message");
    BL_TRY(bl_buffer_new(context, (size_t)length, ret_metadata, err));
    memcpy((*ret_metadata)->data, data + head, (size_t)length);
    (*ret_metadata)->size = (size_t)length;
    return BL_OK;
}

/// Reads the metadata of some listed messages, all at once, and takes them into the index.
static bl_status add_listed(bl_arrow_file *file, const bl_flat_vector *list, size_t first,
                            size_t last, const char *what, bl_error *err) {
    enum { MOST = 64 };
    bl_range ranges[MOST];
    bl_arrow_block blocks[MOST];
    for (size_t i = first; i < last; i++) {
        bl_arrow_block *block = &blocks[i - first];
        BL_TRY_IN(check_block(file, list->data + i * BL_ARROW_BLOCK_BYTES, block, err), err,
                  "%s %zu", what, i);
        ranges[i - first] = (bl_range){block->offset, block->metadata_bytes};
    }
    BL_AUTO(bl_fetch) fetch = NULL;
    BL_TRY(bl_fetch_start(file->source, ranges, last - first, &fetch, err));
    BL_TRY(bl_fetch_wait(fetch, err));
    for (size_t i = 0; i < last - first; i++) {
        BL_AUTO(bl_buffer) metadata = NULL;
        bl_arrow_message message;
        bl_status status = strip(file->head.context, bl_fetch_data(fetch, i),
                                 (size_t)ranges[i].size, &metadata, err);
        if (status == BL_OK)
            status = parse_listed(&blocks[i], metadata, &message, err);
        if (status == BL_OK)
            status = add_message(file, blocks[i], metadata, &message, err);
        if (status != BL_OK)
            return bl_error_in(err, status, "%s %zu", what, first + i);
    }
    return BL_OK;
}

static bl_status add_list(bl_arrow_file *file, const bl_flat_vector *list, const char *what,
                          bl_error *err) {
    enum { AT_ONCE = 64 };
    for (size_t i = 0; i < list->n; i += AT_ONCE) {
        BL_TRY(bl_context_check(file->head.context, err));
        size_t last = list->n - i < AT_ONCE ? list->n : i + AT_ONCE;
        BL_TRY(add_listed(file, list, i, last, what, err));
    }
    return BL_OK;
}

static bl_status index_file(bl_arrow_file *file, bl_error *err) {
    BL_AUTO(bl_buffer) footer = NULL;
    BL_TRY(read_footer(file, &footer, err));
    if (!footer) {
        bl_status status = index_stream(file, HEAD_BYTES, err);
        file->head.is_recovered = true;
        return status;
    }
    bl_arrow_message as_message = {.flat = {.data = footer->data, .size = footer->size}};
    bl_flat_table root = bl_flat_root(&as_message.flat);
    as_message.header = bl_flat_child(&root, BL_FOOTER_SCHEMA);
    BL_TRY(bl_flat_check(&as_message.flat, "footer", err));
    BL_TRY_IN(add_schema(file, &as_message, err), err, "footer");
    bl_flat_vector dictionaries =
        bl_flat_elements(&root, BL_FOOTER_DICTIONARIES, BL_ARROW_BLOCK_BYTES);
    bl_flat_vector batches = bl_flat_elements(&root, BL_FOOTER_BATCHES, BL_ARROW_BLOCK_BYTES);
    BL_TRY(bl_flat_check(&as_message.flat, "footer", err));
    BL_TRY(add_list(file, &dictionaries, "dictionary", err));
    return add_list(file, &batches, "record batch", err);
}

static bl_status list_clusters(bl_arrow_file *file, bl_error *err) {
    file->cluster_ends =
        (int64_t *)bl_arena_array(&file->arena, file->n_blocks + 1, sizeof(int64_t));
    if (!file->cluster_ends)
        return bl_error_nomem(err, file->n_blocks * sizeof(int64_t), "clusters");
    int64_t end = 0;
    for (size_t i = 0; i < file->n_blocks; i++)
        file->cluster_ends[i] = end += file->blocks[i].n_rows;
    return BL_OK;
}

bl_status bl_arrow_index(bl_arrow_file *file, bl_error *err) {
    uint8_t head[HEAD_BYTES] = {0};
    uint64_t size = file->source->size_bytes;
    BL_TRY(
        bl_source_read(file->source, 0, size < HEAD_BYTES ? (size_t)size : HEAD_BYTES, head, err));
    if (memcmp(head, "FEA1", 4) == 0)
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "Feather version 1 is not read; version 2 is an Arrow file");
    file->is_stream = memcmp(head, BL_ARROW_MAGIC, BL_ARROW_MAGIC_BYTES) != 0;
    BL_TRY(file->is_stream ? index_stream(file, 0, err) : index_file(file, err));
    if (!file->has_schema)
        return bl_error_set(err, BL_E_FORMAT, "not an Arrow file: there is no schema");
    return list_clusters(file, err);
}

bl_status bl_arrow_block_message(bl_arrow_file *file, const bl_arrow_block *block,
                                 bl_buffer **ret_metadata, bl_arrow_message *ret_message,
                                 bl_error *err) {
    BL_AUTO(bl_buffer) metadata = NULL;
    if (block->metadata) {
        metadata = bl_buffer_ref(block->metadata);
    } else {
        BL_AUTO(bl_buffer) raw = NULL;
        size_t size = (size_t)block->metadata_bytes;
        BL_TRY(bl_buffer_new(file->head.context, size, &raw, err));
        BL_TRY(bl_source_read(file->source, block->offset, size, raw->data, err));
        BL_TRY(strip(file->head.context, raw->data, size, &metadata, err));
    }
    BL_TRY(bl_arrow_message_parse(metadata->data, metadata->size, ret_message, err));
    *ret_metadata = BL_MOVE(metadata);
    return BL_OK;
}
