// SPDX-License-Identifier: Apache-2.0
// Arrow messages being read: all lengths are checked here, once, so that who reads buffers need
// not.
#include "formats/arrow/message.h"

bl_status bl_arrow_message_parse(const uint8_t *data, size_t size, bl_arrow_message *ret_message,
                                 bl_error *err) {
    bl_arrow_message *message = ret_message;
    *message = (bl_arrow_message){.flat = {.data = data, .size = size}};
    bl_flat_table root = bl_flat_root(&message->flat);
    int64_t version = bl_flat_int(&root, BL_MESSAGE_VERSION, 2, 0);
    int64_t body = bl_flat_int(&root, BL_MESSAGE_BODY_BYTES, 8, 0);
    message->kind = bl_flat_int(&root, BL_MESSAGE_KIND, 1, 0);
    message->header = bl_flat_child(&root, BL_MESSAGE_HEADER);
    BL_TRY(bl_flat_check(&message->flat, "message", err));
    if (!root.flat || !message->header.flat)
        return bl_error_set(err, BL_E_CORRUPT, "a message without its header");
    if (version != BL_ARROW_V4 && version != BL_ARROW_V5)
        return bl_error_set(err, BL_E_UNSUPPORTED, "metadata version V%d; V4 and V5 are read",
                            (int)version + 1);
    if (body < 0)
        return bl_error_set(err, BL_E_CORRUPT, "a body of %lld bytes", (long long)body);
    message->body_bytes = (uint64_t)body;
    return BL_OK;
}

static bl_status read_codec(const bl_flat_table *table, bl_codec_id *ret_codec, bl_error *err) {
    bl_flat_table compression = bl_flat_child(table, BL_BATCH_COMPRESSION);
    *ret_codec = BL_CODEC_STORED;
    if (!compression.flat)
        return BL_OK;
    int64_t codec = bl_flat_int(&compression, BL_COMPRESSION_CODEC, 1, 0);
    if (bl_flat_int(&compression, BL_COMPRESSION_METHOD, 1, 0) != 0 || codec < 0 || codec > 1)
        return bl_error_set(err, BL_E_UNSUPPORTED, "compression %d is not known", (int)codec);
    *ret_codec = codec == 0 ? BL_CODEC_LZ4_FRAME : BL_CODEC_ZSTD;
    return BL_OK;
}

static bl_status check_buffers(const bl_arrow_record *record, uint64_t body_bytes, bl_error *err) {
    for (size_t i = 0; i < record->n_buffers; i++) {
        bl_arrow_pair buffer = bl_arrow_pair_at(record->buffers, i);
        if (buffer.first < 0 || buffer.second < 0 || (uint64_t)buffer.first > body_bytes ||
            (uint64_t)buffer.second > body_bytes - (uint64_t)buffer.first)
            return bl_error_set(
                err, BL_E_CORRUPT, "buffer %zu: %lld bytes at %lld of a body of %llu", i,
                (long long)buffer.second, (long long)buffer.first, (unsigned long long)body_bytes);
    }
    return BL_OK;
}

static bl_status check_nodes(const bl_arrow_record *record, bl_error *err) {
    for (size_t i = 0; i < record->n_nodes; i++) {
        bl_arrow_pair node = bl_arrow_pair_at(record->nodes, i);
        if (node.first < 0 || node.first > INT64_MAX / 64 || node.second < 0 ||
            node.second > node.first)
            return bl_error_set(err, BL_E_CORRUPT, "node %zu: %lld nulls of %lld values", i,
                                (long long)node.second, (long long)node.first);
    }
    return BL_OK;
}

/// Adds the buffers of views to those that the schema alone tells.
static bl_status count_buffers(const bl_arrow_record *record, size_t *n, bl_error *err) {
    for (size_t i = 0; i < record->n_views; i++) {
        int64_t more = bl_flat_load64(record->variadic + 8 * i);
        if (more < 0 || (uint64_t)more > record->n_buffers)
            return bl_error_set(err, BL_E_CORRUPT, "%lld buffers of views", (long long)more);
        *n += (size_t)more; // no more views than the message has bytes: no overflow
    }
    return BL_OK;
}

bl_status bl_arrow_record_parse(const bl_flat_table *table, const bl_arrow_schema *schema,
                                uint64_t body_bytes, bl_arrow_record *ret_record, bl_error *err) {
    if (!table->flat)
        return bl_error_set(err, BL_E_CORRUPT, "a record batch is missing");
    bl_flat_vector nodes = bl_flat_elements(table, BL_BATCH_NODES, BL_ARROW_PAIR_BYTES);
    bl_flat_vector buffers = bl_flat_elements(table, BL_BATCH_BUFFERS, BL_ARROW_PAIR_BYTES);
    bl_flat_vector variadic = bl_flat_elements(table, BL_BATCH_VARIADIC, 8);
    bl_arrow_record record = {.n_rows = bl_flat_int(table, BL_BATCH_LENGTH, 8, 0),
                              .nodes = nodes.data,
                              .n_nodes = nodes.n,
                              .buffers = buffers.data,
                              .n_buffers = buffers.n,
                              .variadic = variadic.data,
                              .n_views = variadic.n};
    BL_TRY(read_codec(table, &record.codec, err));
    BL_TRY(bl_flat_check(table->flat, "record batch", err));
    if (record.n_rows < 0 || record.n_rows > INT64_MAX / 64)
        return bl_error_set(err, BL_E_CORRUPT, "%lld rows", (long long)record.n_rows);
    size_t n_buffers = schema->n_buffers;
    BL_TRY(count_buffers(&record, &n_buffers, err));
    if (record.n_nodes != schema->n_nodes || record.n_buffers != n_buffers ||
        record.n_views != schema->n_views)
        return bl_error_set(err, BL_E_CORRUPT,
                            "%zu nodes, %zu buffers and %zu views where the schema wants %zu, %zu "
                            "and %zu",
                            record.n_nodes, record.n_buffers, record.n_views, schema->n_nodes,
                            n_buffers, schema->n_views);
    BL_TRY(check_nodes(&record, err));
    BL_TRY(check_buffers(&record, body_bytes, err));
    *ret_record = record;
    return BL_OK;
}

bl_status bl_arrow_message_record(const bl_arrow_message *message, bool is_dictionary,
                                  const bl_arrow_schema *schema, bl_arrow_record *ret_record,
                                  bl_error *err) {
    if (message->kind != (is_dictionary ? BL_ARROW_DICTIONARY : BL_ARROW_BATCH))
        return bl_error_set(err, BL_E_CORRUPT, "a message of kind %lld where a %s is expected",
                            (long long)message->kind,
                            is_dictionary ? "dictionary" : "record batch");
    bl_flat_table table = message->header;
    if (is_dictionary)
        table = bl_flat_child(&message->header, BL_DICTIONARY_BATCH_DATA);
    return bl_arrow_record_parse(&table, schema, message->body_bytes, ret_record, err);
}

static size_t variadic_before(const bl_arrow_record *record, size_t n_views) {
    size_t n = 0;
    for (size_t i = 0; i < n_views; i++)
        n += (size_t)bl_flat_load64(record->variadic + 8 * i);
    return n;
}

size_t bl_arrow_first_buffer(const bl_arrow_record *record, const bl_arrow_field *field) {
    return field->buffer + variadic_before(record, field->view);
}

size_t bl_arrow_last_buffer(const bl_arrow_record *record, const bl_arrow_field *field) {
    return field->buffer + field->n_buffers + variadic_before(record, field->view + field->n_views);
}
