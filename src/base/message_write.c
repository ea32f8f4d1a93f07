// SPDX-License-Identifier: Apache-2.0
// Structs to messages. A length stands in front of what it counts, so bytes are written from the
// back to the front: what is counted is there before its length. How many there will be is
// computed first.
#include "base/message.h"

#include <assert.h>

#include "base/message_private.h"

/// Values of a field: one or many, or none.
typedef struct values {
    size_t n;
    const char *items;
    size_t stride;
} values;

static values values_of(const bl_message_field *field, const void *message) {
    const char *member = (const char *)message + field->offset;
    values found = {.n = 1, .items = member, .stride = bl_message_stride(field)};
    if (field->rule != BL_MESSAGE_ONE) {
        bl_message_list list;
        memcpy(&list, member, sizeof list);
        found.n = list.n;
        found.items = (const char *)list.items;
    } else if (field->kind == BL_MESSAGE_MESSAGE) {
        memcpy(&found.items, member, sizeof found.items);
        found.n = found.items != NULL;
    } else if (field->kind == BL_MESSAGE_TEXT) {
        found.n = *(const char *const *)(const void *)member != NULL;
    } else if (field->kind == BL_MESSAGE_BYTES) {
        found.n = ((const bl_bytes *)(const void *)member)->data != NULL;
    } else {
        found.n = bl_message_has((const bl_message *)message, field->number);
    }
    return found;
}

static uint64_t varint_of(bl_message_kind kind, const char *at) {
    uint64_t number;
    if (kind == BL_MESSAGE_INT32)
        return (uint64_t)(int64_t) * (const int32_t *)(const void *)at;
    memcpy(&number, at, sizeof number);
    return number;
}

static bl_bytes bytes_of(bl_message_kind kind, const char *at) {
    if (kind == BL_MESSAGE_BYTES)
        return *(const bl_bytes *)(const void *)at;
    const char *text = *(const char *const *)(const void *)at;
    return (bl_bytes){(const uint8_t *)text, strlen(text)};
}

// ---- how many bytes ----

static uint64_t message_size(const bl_message_type *type, const void *message);

static uint64_t framed(uint64_t size) { return bl_wire_varint_size(size) + size; }

/// Bytes of a value, with its length but without its tag.
static uint64_t value_size(const bl_message_field *field, const char *at) {
    switch (field->kind) {
    case BL_MESSAGE_FLOAT:
        return sizeof(float);
    case BL_MESSAGE_DOUBLE:
        return sizeof(double);
    case BL_MESSAGE_TEXT:
    case BL_MESSAGE_BYTES:
        return framed(bytes_of(field->kind, at).size);
    case BL_MESSAGE_MESSAGE:
        return framed(message_size(field->type, at));
    default:
        return bl_wire_varint_size(varint_of(field->kind, at));
    }
}

static uint64_t field_size(const bl_message_field *field, const void *message) {
    values found = values_of(field, message);
    uint64_t size = 0, tag = bl_wire_varint_size((uint64_t)field->number << 3);
    for (size_t i = 0; i < found.n; i++)
        size += value_size(field, found.items + i * found.stride);
    if (field->rule == BL_MESSAGE_PACKED)
        return size ? tag + framed(size) : 0;
    return size + found.n * tag;
}

static uint64_t message_size(const bl_message_type *type, const void *message) {
    uint64_t size = 0;
    for (size_t i = 0; i < type->n_fields; i++)
        size += field_size(&type->fields[i], message);
    return size;
}

// ---- from the back to the front; each returns where it began ----

static uint8_t *put_message(const bl_message_type *type, const void *message, uint8_t *end);

static uint8_t *put_varint(uint64_t number, uint8_t *end) {
    uint8_t *begin = end - bl_wire_varint_size(number);
    (void)bl_wire_put_varint(begin, number);
    return begin;
}

static uint8_t *put_bytes(const void *bytes, size_t size, uint8_t *end) {
    if (size)
        memcpy(end - size, bytes, size);
    return end - size;
}

static uint8_t *put_value(const bl_message_field *field, const char *at, uint8_t *end) {
    uint8_t *begin;
    bl_bytes bytes;
    switch (field->kind) {
    case BL_MESSAGE_FLOAT:
    case BL_MESSAGE_DOUBLE:
        return put_bytes(at, bl_message_stride(field), end);
    case BL_MESSAGE_TEXT:
    case BL_MESSAGE_BYTES:
        bytes = bytes_of(field->kind, at);
        return put_varint(bytes.size, put_bytes(bytes.data, bytes.size, end));
    case BL_MESSAGE_MESSAGE:
        begin = put_message(field->type, at, end);
        return put_varint((uint64_t)(end - begin), begin);
    default:
        return put_varint(varint_of(field->kind, at), end);
    }
}

static uint8_t *put_field(const bl_message_field *field, const void *message, uint8_t *end) {
    values found = values_of(field, message);
    uint64_t tag = (uint64_t)field->number << 3;
    uint8_t *at = end;
    for (size_t i = found.n; i-- > 0;) {
        at = put_value(field, found.items + i * found.stride, at);
        if (field->rule != BL_MESSAGE_PACKED)
            at = put_varint(tag | bl_message_wire_type(field->kind), at);
    }
    if (field->rule == BL_MESSAGE_PACKED && at < end)
        at = put_varint(tag | BL_WIRE_BYTES, put_varint((uint64_t)(end - at), at));
    return at;
}

static uint8_t *put_message(const bl_message_type *type, const void *message, uint8_t *end) {
    for (size_t i = type->n_fields; i-- > 0;)
        end = put_field(&type->fields[i], message, end);
    return end;
}

bl_status bl_message_encode(bl_context *context, const bl_message_type *type, const void *message,
                            bl_buffer **ret_buffer, bl_error *err) {
    uint64_t size = message_size(type, message);
    bl_buffer *buffer = NULL;
    if (size > INT32_MAX)
        return bl_error_set(err, BL_E_LIMIT, "%llu bytes; protocol buffers end at 2 GiB",
                            (unsigned long long)size);
    BL_TRY(bl_buffer_new(context, (size_t)size, &buffer, err));
    buffer->size = (size_t)size;
    uint8_t *begin = put_message(type, message, buffer->data + size);
    assert(begin == buffer->data);
    (void)begin;
    *ret_buffer = buffer;
    return BL_OK;
}
