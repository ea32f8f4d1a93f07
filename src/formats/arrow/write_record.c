// SPDX-License-Identifier: Apache-2.0
// Messages being written. Every message begins, and every buffer lies, at a multiple of 64 bytes in
// the file, so that whoever maps the file may use its buffers as they are.
#include "formats/arrow/writer.h"

#include "base/context.h"

static const uint8_t zeros[BL_ARROW_ALIGNMENT];
static const uint8_t magic[8] = BL_ARROW_MAGIC; ///< and two bytes of padding

static size_t padding_of(uint64_t n) { return (size_t)(-n % BL_ARROW_ALIGNMENT); }

/// Ends a message's metadata and writes it with its size in front, padded so that what follows it
/// is aligned. \param ret_bytes what it takes, padding included
static bl_status write_metadata(bl_arrow_writer *writer, bl_flat_builder *builder, int64_t kind,
                                bl_flat_ref header, uint64_t body_bytes, size_t *ret_bytes,
                                bl_error *err) {
    const uint8_t *data = NULL;
    size_t size = 0;
    bl_flat_begin(builder);
    bl_flat_put(builder, BL_MESSAGE_BODY_BYTES, 8, (int64_t)body_bytes);
    bl_flat_put_ref(builder, BL_MESSAGE_HEADER, header);
    bl_flat_put(builder, BL_MESSAGE_VERSION, 2, BL_ARROW_V5);
    bl_flat_put(builder, BL_MESSAGE_KIND, 1, kind);
    BL_TRY(bl_flat_finish(builder, bl_flat_end(builder), &data, &size, err));
    size_t padding = padding_of(writer->sink->n_bytes + 8 + size);
    uint32_t head[2] = {BL_ARROW_CONTINUATION, (uint32_t)(size + padding)};
    BL_TRY(bl_sink_write(writer->sink, head, sizeof head, err));
    BL_TRY(bl_sink_write(writer->sink, data, size, err));
    if (padding)
        BL_TRY(bl_sink_write(writer->sink, zeros, padding, err));
    *ret_bytes = 8 + size + padding;
    return BL_OK;
}

/// Writes the beginning of the file and the schema's message, when the types of the first rows are
/// known.
static bl_status write_head(bl_arrow_writer *writer, bl_error *err) {
    bl_flat_builder builder = {.context = writer->context};
    size_t bytes;
    if (writer->has_head)
        return BL_OK;
    writer->has_head = true;
    if (!writer->is_stream)
        BL_TRY(bl_sink_write(writer->sink, magic, sizeof magic, err));
    bl_flat_ref schema = bl_arrow_build_schema(&builder, &writer->arena, writer);
    bl_status status = write_metadata(writer, &builder, BL_ARROW_SCHEMA, schema, 0, &bytes, err);
    bl_flat_builder_release(&builder);
    return status;
}

// ---- record batches ----

static bl_status list_parts(bl_arrow_writer *writer, size_t i, bl_error *err) {
    bl_context *context = writer->context;
    const bl_column **parts =
        (const bl_column **)bl_alloc_zero(context, writer->n_parts + 1, sizeof *parts);
    if (!parts)
        return bl_error_nomem(err, writer->n_parts * sizeof *parts, "a record batch");
    for (size_t k = 0; k < writer->n_parts; k++)
        parts[k] = &writer->parts[k].columns[i];
    bl_status status = bl_arrow_list_column(context, parts, writer->n_parts, writer->head.types[i],
                                            &writer->columns[i], err);
    bl_free(context, parts);
    return status;
}

static bl_status column_task(void *argument, size_t i, unsigned worker, bl_error *err) {
    bl_arrow_writer *writer = (bl_arrow_writer *)argument;
    bl_context *context = writer->context;
    bl_status status = list_parts(writer, i, err);
    if (status == BL_OK && writer->how.codec != BL_CODEC_STORED) {
        if (!writer->codecs[worker])
            status = bl_codecs_new(context, &writer->codecs[worker], err);
        if (status == BL_OK)
            status = bl_arrow_compress_column(context, writer->codecs[worker], writer->how,
                                              &writer->columns[i], err);
    }
    return status == BL_OK ? BL_OK : bl_error_in(err, status, "column '%s'", writer->head.names[i]);
}

/// All nodes and buffers of a record batch, one column after the other.
typedef struct listing {
    bl_arrow_pair *nodes, *buffers; ///< in one allocation, owned by `nodes`
    size_t n_nodes, n_buffers;
    uint64_t body_bytes;
} listing;

static bl_status list_all(const bl_arrow_writer *writer, listing *all, bl_error *err) {
    size_t n = 0;
    for (size_t i = 0; i < writer->head.n_columns; i++)
        n += writer->columns[i].n_nodes + writer->columns[i].n_buffers;
    all->nodes = (bl_arrow_pair *)bl_alloc_zero(writer->context, n + 1, sizeof *all->nodes);
    if (!all->nodes)
        return bl_error_nomem(err, n * sizeof *all->nodes, "a record batch");
    for (size_t i = 0; i < writer->head.n_columns; i++)
        for (size_t k = 0; k < writer->columns[i].n_nodes; k++)
            all->nodes[all->n_nodes++] = writer->columns[i].nodes[k];
    all->buffers = all->nodes + all->n_nodes;
    for (size_t i = 0; i < writer->head.n_columns; i++)
        for (size_t k = 0; k < writer->columns[i].n_buffers; k++) {
            size_t size = writer->columns[i].buffers[k].size;
            all->buffers[all->n_buffers++] =
                (bl_arrow_pair){(int64_t)all->body_bytes, (int64_t)size};
            all->body_bytes += size + padding_of(size);
        }
    return BL_OK;
}

static bl_flat_ref build_compression(const bl_arrow_writer *writer, bl_flat_builder *builder) {
    if (writer->how.codec == BL_CODEC_STORED)
        return 0;
    bl_flat_begin(builder);
    bl_flat_put(builder, BL_COMPRESSION_CODEC, 1, writer->how.codec == BL_CODEC_ZSTD);
    bl_flat_put(builder, BL_COMPRESSION_METHOD, 1, 0);
    return bl_flat_end(builder);
}

static bl_status write_record_metadata(bl_arrow_writer *writer, const listing *all,
                                       size_t *ret_bytes, bl_error *err) {
    bl_flat_builder builder = {.context = writer->context};
    bl_flat_ref compression = build_compression(writer, &builder);
    bl_flat_ref buffers =
        bl_flat_add_vector(&builder, all->buffers, all->n_buffers, BL_ARROW_PAIR_BYTES, 8);
    bl_flat_ref nodes =
        bl_flat_add_vector(&builder, all->nodes, all->n_nodes, BL_ARROW_PAIR_BYTES, 8);
    bl_flat_begin(&builder);
    bl_flat_put(&builder, BL_BATCH_LENGTH, 8, writer->waiting_rows);
    bl_flat_put_ref(&builder, BL_BATCH_NODES, nodes);
    bl_flat_put_ref(&builder, BL_BATCH_BUFFERS, buffers);
    bl_flat_put_ref(&builder, BL_BATCH_COMPRESSION, compression);
    bl_flat_ref record = bl_flat_end(&builder);
    bl_status status =
        write_metadata(writer, &builder, BL_ARROW_BATCH, record, all->body_bytes, ret_bytes, err);
    bl_flat_builder_release(&builder);
    return status;
}

static bl_status write_buffer(bl_arrow_writer *writer, const bl_arrow_out_column *out,
                              const bl_arrow_out *buffer, bl_error *err) {
    const bl_arrow_segment *segments = &out->segments[buffer->first];
    size_t padding = padding_of(buffer->size);
    for (size_t i = 0; i < buffer->n; i++)
        BL_TRY(bl_sink_write(writer->sink, segments[i].buffer->data, segments[i].size, err));
    return padding ? bl_sink_write(writer->sink, zeros, padding, err) : BL_OK;
}

static bl_status write_body(bl_arrow_writer *writer, bl_error *err) {
    for (size_t i = 0; i < writer->head.n_columns; i++) {
        bl_arrow_out_column *out = &writer->columns[i];
        for (size_t k = 0; k < out->n_buffers; k++)
            BL_TRY(write_buffer(writer, out, &out->buffers[k], err));
        bl_arrow_out_clear(out);
    }
    return BL_OK;
}

/// Texts may turn out to be no UTF-8 late. To a file that matters little, because its footer has
/// the schema that counts, and both are stored alike; a stream has none.
static bl_status update_types(bl_arrow_writer *writer, bl_error *err) {
    for (size_t i = 0; i < writer->head.n_columns; i++) {
        const bl_type *before = writer->types[i];
        for (size_t k = 0; k < writer->n_parts; k++)
            BL_TRY(bl_arrow_widen(writer->context, &writer->types[i],
                                  writer->parts[k].columns[i].type, err));
        if (writer->types[i] != before && writer->has_head && writer->is_stream)
            return bl_error_set(err, BL_E_TYPE,
                                "column '%s': text that is not UTF-8, after the stream's schema "
                                "said that it is; a file, '.arrow', can hold it",
                                writer->head.names[i]);
    }
    return BL_OK;
}

bl_status bl_arrow_write_record(bl_arrow_writer *writer, bl_error *err) {
    listing all = {0};
    size_t metadata_bytes = 0;
    BL_TRY(bl_run_tasks(writer->context, column_task, writer, writer->head.n_columns, err));
    BL_TRY(update_types(writer, err));
    BL_TRY(write_head(writer, err));
    bl_arrow_block block = {.offset = writer->sink->n_bytes, .n_rows = writer->waiting_rows};
    BL_TRY(bl_array_grow(writer->context, &writer->blocks, &writer->blocks_capacity,
                         writer->n_blocks, sizeof block, "record batches", err));
    bl_status status = list_all(writer, &all, err);
    if (status == BL_OK)
        status = write_record_metadata(writer, &all, &metadata_bytes, err);
    block.metadata_bytes = metadata_bytes;
    block.body_bytes = all.body_bytes;
    bl_free(writer->context, all.nodes);
    BL_TRY(status);
    BL_TRY(write_body(writer, err));
    writer->blocks[writer->n_blocks++] = block;
    return BL_OK;
}

// ---- the end ----

static bl_status list_blocks(const bl_arrow_writer *writer, uint8_t **ret_list, bl_error *err) {
    uint8_t *list =
        (uint8_t *)bl_alloc_zero(writer->context, writer->n_blocks + 1, BL_ARROW_BLOCK_BYTES);
    if (!list)
        return bl_error_nomem(err, writer->n_blocks * BL_ARROW_BLOCK_BYTES, "a footer");
    for (size_t i = 0; i < writer->n_blocks; i++) {
        const bl_arrow_block *block = &writer->blocks[i];
        uint8_t *at = list + i * BL_ARROW_BLOCK_BYTES;
        uint32_t metadata = (uint32_t)block->metadata_bytes;
        memcpy(at, &block->offset, 8);
        memcpy(at + 8, &metadata, 4);
        memcpy(at + 16, &block->body_bytes, 8);
    }
    *ret_list = list;
    return BL_OK;
}

static bl_status write_footer(bl_arrow_writer *writer, bl_flat_builder *builder,
                              const uint8_t *blocks, bl_error *err) {
    bl_flat_ref schema = bl_arrow_build_schema(builder, &writer->arena, writer);
    bl_flat_ref batches =
        bl_flat_add_vector(builder, blocks, writer->n_blocks, BL_ARROW_BLOCK_BYTES, 8);
    bl_flat_ref dictionaries = bl_flat_add_vector(builder, blocks, 0, BL_ARROW_BLOCK_BYTES, 8);
    const uint8_t *data = NULL;
    size_t size = 0;
    bl_flat_begin(builder);
    bl_flat_put_ref(builder, BL_FOOTER_SCHEMA, schema);
    bl_flat_put_ref(builder, BL_FOOTER_DICTIONARIES, dictionaries);
    bl_flat_put_ref(builder, BL_FOOTER_BATCHES, batches);
    bl_flat_put(builder, BL_FOOTER_VERSION, 2, BL_ARROW_V5);
    BL_TRY(bl_flat_finish(builder, bl_flat_end(builder), &data, &size, err));
    uint32_t length = (uint32_t)size;
    BL_TRY(bl_sink_write(writer->sink, data, size, err));
    BL_TRY(bl_sink_write(writer->sink, &length, sizeof length, err));
    return bl_sink_write(writer->sink, BL_ARROW_MAGIC, BL_ARROW_MAGIC_BYTES, err);
}

bl_status bl_arrow_write_tail(bl_arrow_writer *writer, bl_error *err) {
    const uint32_t end[2] = {BL_ARROW_CONTINUATION, 0};
    BL_TRY(write_head(writer, err));
    BL_TRY(bl_sink_write(writer->sink, end, sizeof end, err));
    if (writer->is_stream)
        return BL_OK;
    uint8_t *blocks = NULL;
    BL_TRY(list_blocks(writer, &blocks, err));
    bl_flat_builder builder = {.context = writer->context};
    bl_status status = write_footer(writer, &builder, blocks, err);
    bl_flat_builder_release(&builder);
    bl_free(writer->context, blocks);
    return status;
}
