// SPDX-License-Identifier: Apache-2.0
// Messages to structs. Each message is gone through twice: first the values of every list are
// counted, so that it is allocated once and never larger than what is there to fill it.
#include "base/message.h"

#include "base/message_private.h"
#include "base/utf8.h"

typedef struct reader {
    bl_arena *arena;
    const uint8_t *begin;
    unsigned depth;
} reader;

static bl_status read_message(reader *r, const bl_message_type *type, bl_wire bytes, void *message,
                              bl_error *err);

static uint64_t place_of(const reader *r, const uint8_t *at) { return (uint64_t)(at - r->begin); }

static bl_status corrupt(const reader *r, const uint8_t *at, const char *what, bl_error *err) {
    return bl_error_set(err, BL_E_CORRUPT, "byte %llu: %s", (unsigned long long)place_of(r, at),
                        what);
}

static bool is_packed(const bl_message_field *field, const bl_wire_field *value) {
    return field->rule != BL_MESSAGE_ONE && value->type == BL_WIRE_BYTES &&
           bl_message_wire_type(field->kind) != BL_WIRE_BYTES;
}

/// Number of a field in its type's table, or SIZE_MAX.
static size_t field_of(const bl_message_type *type, uint32_t number) {
    for (size_t i = 0; i < type->n_fields && type->fields[i].number <= number; i++)
        if (type->fields[i].number == number)
            return i;
    return SIZE_MAX;
}

// ---- the first time through ----

/// How many values stand there. \return false where they are none of this field
static bool count_values(const bl_message_field *field, const bl_wire_field *value, size_t *n) {
    if (!is_packed(field, value)) {
        (*n)++;
        return value->type == bl_message_wire_type(field->kind);
    }
    size_t size = bl_wire_left(&value->bytes), width = bl_message_stride(field);
    if (bl_message_wire_type(field->kind) == BL_WIRE_VARINT) {
        *n += bl_wire_count_varints(value->bytes);
        return size == 0 || value->bytes.end[-1] < 0x80;
    }
    *n += size / width;
    return size % width == 0;
}

static bl_status count_fields(const reader *r, const bl_message_type *type, bl_wire bytes,
                              size_t *counts, bl_error *err) {
    while (bytes.at < bytes.end) {
        const uint8_t *at = bytes.at;
        bl_wire_field value = {0};
        if (!bl_wire_next(&bytes, &value))
            return bl_error_set(err, BL_E_CORRUPT, "byte %llu: no field of %s, or it is cut",
                                (unsigned long long)place_of(r, at), type->name);
        size_t i = field_of(type, value.number);
        if (i != SIZE_MAX && !count_values(&type->fields[i], &value, &counts[i]))
            return bl_error_set(err, BL_E_CORRUPT, "byte %llu: %s: not stored as such a field is",
                                (unsigned long long)place_of(r, at), type->fields[i].name);
    }
    return BL_OK;
}

/// A list without values so far, and room for `n`.
static bl_status make_list(const reader *r, const bl_message_field *field, size_t n, void *message,
                           bl_error *err) {
    bl_message_list list = {0};
    if (n == 0)
        return BL_OK;
    list.items = bl_arena_array(r->arena, n, bl_message_stride(field));
    if (!list.items)
        return bl_error_nomem(err, n * bl_message_stride(field), field->name);
    memcpy((char *)message + field->offset, &list, sizeof list);
    return BL_OK;
}

// ---- the second time ----

static bl_status read_text(const reader *r, bl_wire bytes, const char **ret_text, bl_error *err) {
    size_t n = bl_wire_left(&bytes);
    if (memchr(bytes.at, 0, n) || !bl_utf8_valid(bytes.at, n))
        return corrupt(r, bytes.at, "a text that is no UTF-8, or holds a NUL", err);
    *ret_text = bl_arena_text(r->arena, (const char *)bytes.at, n);
    return *ret_text ? BL_OK : bl_error_nomem(err, n, "a text");
}

static void put_number(bl_message_kind kind, uint64_t number, void *to) {
    if (kind == BL_MESSAGE_INT32)
        *(int32_t *)to = (int32_t)number; // the low half, as protobuf's own readers take it
    else
        memcpy(to, &number, sizeof number);
}

static bl_status read_value(reader *r, const bl_message_field *field, const bl_wire_field *value,
                            void *to, bl_error *err) {
    switch (field->kind) {
    case BL_MESSAGE_FLOAT:
    case BL_MESSAGE_DOUBLE:
        memcpy(to, value->bytes.at, bl_message_stride(field));
        return BL_OK;
    case BL_MESSAGE_TEXT:
        return read_text(r, value->bytes, (const char **)to, err);
    case BL_MESSAGE_BYTES:
        *(bl_bytes *)to = (bl_bytes){value->bytes.at, bl_wire_left(&value->bytes)};
        return BL_OK;
    case BL_MESSAGE_MESSAGE:
        return read_message(r, field->type, value->bytes, to, err);
    default:
        put_number(field->kind, value->value, to);
        return BL_OK;
    }
}

static bl_status read_packed(const reader *r, const bl_message_field *field, bl_wire bytes,
                             char *items, size_t *n, bl_error *err) {
    size_t width = bl_message_stride(field), size = bl_wire_left(&bytes);
    if (bl_message_wire_type(field->kind) != BL_WIRE_VARINT) {
        if (size)
            memcpy(items + *n * width, bytes.at, size);
        *n += size / width;
        return BL_OK;
    }
    while (bytes.at < bytes.end) {
        uint64_t number;
        if (!bl_wire_varint(&bytes, &number))
            return corrupt(r, bytes.at, "a number of more than ten bytes", err);
        put_number(field->kind, number, items + (*n)++ * width);
    }
    return BL_OK;
}

static bl_status read_in_list(reader *r, const bl_message_field *field, const bl_wire_field *value,
                              void *message, bl_error *err) {
    bl_message_list list;
    char *member = (char *)message + field->offset;
    memcpy(&list, member, sizeof list);
    if (is_packed(field, value)) {
        BL_TRY_IN(read_packed(r, field, value->bytes, (char *)list.items, &list.n, err), err, "%s",
                  field->name);
    } else if (list.items) { // counted, so it is there: said for the analyzer
        BL_TRY_IN(read_value(r, field, value,
                             (char *)list.items + list.n * bl_message_stride(field), err),
                  err, "%s %zu", field->name, list.n);
        list.n++;
    }
    memcpy(member, &list, sizeof list);
    return BL_OK;
}

static bl_status read_one(reader *r, const bl_message_field *field, const bl_wire_field *value,
                          void *message, bl_error *err) {
    void *member = (char *)message + field->offset;
    if (field->kind == BL_MESSAGE_MESSAGE) {
        void *inner = bl_arena_alloc(r->arena, field->type->size);
        if (!inner)
            return bl_error_nomem(err, field->type->size, field->name);
        if (bl_message_has((const bl_message *)message, field->number))
            return bl_error_set(err, BL_E_UNSUPPORTED,
                                "byte %llu: a second %s, to be merged with the first",
                                (unsigned long long)place_of(r, value->bytes.at), field->name);
        memcpy(member, &inner, sizeof inner);
        member = inner;
    }
    BL_TRY_IN(read_value(r, field, value, member, err), err, "%s", field->name);
    ((bl_message *)message)->has |= UINT64_C(1) << field->number;
    return BL_OK;
}

static bl_status read_fields(reader *r, const bl_message_type *type, bl_wire bytes, void *message,
                             bl_error *err) {
    bl_wire_field value = {0};
    while (bytes.at < bytes.end && bl_wire_next(&bytes, &value)) {
        size_t i = field_of(type, value.number);
        if (i == SIZE_MAX)
            continue;
        const bl_message_field *field = &type->fields[i];
        BL_TRY(field->rule == BL_MESSAGE_ONE ? read_one(r, field, &value, message, err)
                                             : read_in_list(r, field, &value, message, err));
    }
    return BL_OK;
}

/// \param message zeroed
static bl_status read_message(reader *r, const bl_message_type *type, bl_wire bytes, void *message,
                              bl_error *err) {
    size_t counts[BL_MESSAGE_MOST_FIELDS] = {0};
    if (r->depth == BL_MESSAGE_MOST_DEPTH)
        return bl_error_set(err, BL_E_LIMIT, "byte %llu: more than %d messages in each other",
                            (unsigned long long)place_of(r, bytes.at), BL_MESSAGE_MOST_DEPTH);
    ((bl_message *)message)->offset = place_of(r, bytes.at);
    BL_TRY(count_fields(r, type, bytes, counts, err));
    for (size_t i = 0; i < type->n_fields; i++)
        if (type->fields[i].rule != BL_MESSAGE_ONE)
            BL_TRY(make_list(r, &type->fields[i], counts[i], message, err));
    r->depth++;
    bl_status status = read_fields(r, type, bytes, message, err);
    r->depth--;
    return status;
}

bl_status bl_message_decode(bl_arena *arena, const bl_message_type *type, const void *data,
                            size_t size, void *ret_message, bl_error *err) {
    reader r = {.arena = arena, .begin = (const uint8_t *)data};
    void *message = bl_arena_alloc(arena, type->size);
    if (!message)
        return bl_error_nomem(err, type->size, type->name);
    BL_TRY(read_message(&r, type, (bl_wire){r.begin, r.begin + size}, message, err));
    memcpy(ret_message, message, type->size);
    return BL_OK;
}
