// SPDX-License-Identifier: Apache-2.0
// JSON values appended to builders, as the type of the column wants them. An object's member that
// comes twice counts the second time; one that is missing is null.
#include <math.h>

#include "base/iso_time.h"
#include "base/number_text.h"
#include "formats/text/json.h"

static const char *misfit(bl_json *json, const char *at, const bl_type *wanted) {
    if (json->failed == BL_OK)
        json->wanted = wanted;
    return bl_json_fail(json, at, BL_E_TYPE, NULL);
}

// ---- numbers ----

static const char *take_float(bl_json *json, const char *at, bl_builder *builder) {
    bool is_narrow = builder->type->id == BL_FLOAT32;
    const char *behind = NULL;
    double value = 0;
    float narrow = 0;
    if (*at == '-' || (*at >= '0' && *at <= '9')) {
        if (is_narrow)
            narrow = bl_number_read_float32(at, json->end, &behind);
        else
            value = bl_number_read_float64(at, json->end, &behind);
    }
    if (!behind) {
        behind = bl_json_special(json, at, &value);
        narrow = (float)value;
    }
    if (!behind)
        return misfit(json, at, builder->type);
    void *place = bl_builder_extend(builder, 1);
    if (place && is_narrow)
        memcpy(place, &narrow, sizeof narrow);
    else if (place)
        memcpy(place, &value, sizeof value);
    return behind;
}

static bool fits(bl_type_id id, int64_t value) {
    switch (id) {
    case BL_INT8:
        return value == (int8_t)value;
    case BL_UINT8:
        return value == (uint8_t)value;
    case BL_INT16:
        return value == (int16_t)value;
    case BL_UINT16:
        return value == (uint16_t)value;
    case BL_INT32:
        return value == (int32_t)value;
    case BL_UINT32:
        return value == (uint32_t)value;
    default:
        return true;
    }
}

/// A day or a point in time, written as such.
static const char *take_time(bl_json *json, const char *at, bl_builder *builder) {
    const char *text, *begin = at;
    size_t n;
    int64_t value;
    at = bl_json_string(json, at, &text, &n);
    if (!at)
        return NULL;
    if (!bl_iso_read(text, n, builder->type->logical, &value))
        return misfit(json, begin, builder->type);
    void *place = bl_builder_extend(builder, 1);
    if (place)
        memcpy(place, &value, bl_type_id_width(builder->type->id));
    return at;
}

static const char *take_whole(bl_json *json, const char *at, bl_builder *builder) {
    bl_type_id id = builder->type->id;
    const char *behind = NULL;
    int64_t value = 0;
    if (id == BL_UINT64)
        value = (int64_t)bl_number_read_uint(at, json->end, &behind);
    else
        value = bl_number_read_int(at, json->end, &behind);
    bool goes_on =
        behind && behind < json->end && (*behind == '.' || *behind == 'e' || *behind == 'E');
    if (!behind || goes_on || !fits(id, value))
        return misfit(json, at, builder->type);
    void *place = bl_builder_extend(builder, 1);
    if (place) // the low bytes of a whole number are those of the narrower one
        memcpy(place, &value, bl_type_id_width(id));
    return behind;
}

static const char *take_bool(bl_json *json, const char *at, bl_builder *builder) {
    const char *behind = bl_json_word(json, at, "true");
    uint8_t value = behind != NULL;
    if (!behind)
        behind = bl_json_word(json, at, "false");
    if (!behind)
        return misfit(json, at, builder->type);
    bl_builder_append_bools(builder, &value, 1);
    return behind;
}

// ---- text ----

/// Characters up to U+00FF become bytes.
static const char *take_binary(bl_json *json, const char *at, bl_builder *builder) {
    const char *text, *begin = at;
    size_t n, used = 0;
    at = bl_json_string(json, at, &text, &n);
    if (!at)
        return NULL;
    uint8_t *bytes = (uint8_t *)bl_alloc(json->context, n + 1);
    if (!bytes)
        return bl_json_fail(json, begin, BL_E_NOMEM, "out of memory for a string");
    for (size_t i = 0; i < n && at; i++) {
        uint8_t c = (uint8_t)text[i];
        if (c < 0x80)
            bytes[used++] = c;
        else if ((c & 0xfe) == 0xc2 && i + 1 < n)
            bytes[used++] = (uint8_t)(c << 6 | (text[++i] & 0x3f));
        else
            at = misfit(json, begin, builder->type);
    }
    if (at)
        bl_builder_append_string(builder, bytes, used);
    bl_free(json->context, bytes);
    return at;
}

/// A column of text takes any other value as its JSON text.
static const char *take_text(bl_json *json, const char *at, bl_builder *builder) {
    const char *text = at;
    size_t n;
    if (*at == '"') {
        if (builder->type->id == BL_BINARY)
            return take_binary(json, at, builder);
        at = bl_json_string(json, at, &text, &n);
    } else {
        at = bl_json_skip(json, at);
        n = at ? (size_t)(at - text) : 0;
    }
    if (at)
        bl_builder_append_string(builder, (const uint8_t *)text, n);
    return at;
}

// ---- lists and objects ----

static const char *take_list(bl_json *json, const char *at, bl_builder *builder, unsigned depth) {
    bl_builder *items = &builder->children[0];
    if (*at != '[')
        return misfit(json, at, builder->type);
    at = bl_json_space(json, at + 1);
    if (at < json->end && *at == ']') {
        bl_builder_end_list(builder);
        return at + 1;
    }
    for (;;) {
        at = bl_json_value(json, at, items, depth + 1);
        if (!at)
            return NULL;
        at = bl_json_space(json, at);
        if (at < json->end && *at == ']')
            break;
        if (at == json->end || *at != ',')
            return bl_json_fail(json, at, BL_E_CORRUPT, "a comma or a bracket is missing");
        at = bl_json_space(json, at + 1);
    }
    bl_builder_end_list(builder);
    return at + 1;
}

typedef struct object {
    bl_builder *builder;
    int64_t base;    ///< objects before this one
    size_t expected; ///< the member that comes next in most objects
    size_t n_seen;
    unsigned depth;
} object;

static const char *take_member(bl_json *json, void *user, const char *name, size_t size,
                               const char *at) {
    object *o = (object *)user;
    bl_builder *builder = o->builder;
    size_t n = builder->n_children;
    for (size_t tried = 0; tried < n; tried++) {
        size_t i = (o->expected + tried) % n;
        if (!bl_name_is(builder->type->names[i], name, size))
            continue;
        bool is_again = bl_builder_length(&builder->children[i]) > o->base;
        if (is_again)
            bl_builder_rewind(&builder->children[i], o->base);
        o->n_seen += !is_again;
        o->expected = i + 1;
        return bl_json_value(json, at, &builder->children[i], o->depth + 1);
    }
    return bl_json_fail(json, name, BL_E_TYPE, "a member that the first rows do not have");
}

static const char *take_object(bl_json *json, const char *at, bl_builder *builder, unsigned depth) {
    object o = {.builder = builder, .base = bl_builder_length(builder), .depth = depth};
    if (*at != '{')
        return misfit(json, at, builder->type);
    at = bl_json_object(json, at, take_member, &o);
    if (!at)
        return NULL;
    for (size_t i = 0; o.n_seen < builder->n_children && i < builder->n_children; i++)
        if (bl_builder_length(&builder->children[i]) == o.base)
            bl_builder_append_nulls(&builder->children[i], 1);
    if (!builder->n_children)
        bl_builder_append_empty(builder, 1);
    return at;
}

const char *bl_json_value(bl_json *json, const char *at, bl_builder *builder, unsigned depth) {
    bl_type_id id = builder->type->id;
    if (at == json->end)
        return bl_json_fail(json, at, BL_E_CORRUPT, "a value is missing");
    if (depth > BL_JSON_DEPTH)
        return bl_json_fail(json, at, BL_E_LIMIT, "values nest too deep");
    if (*at == 'n') {
        const char *behind = bl_json_word(json, at, "null");
        if (behind)
            bl_builder_append_nulls(builder, 1);
        return behind ? behind : misfit(json, at, builder->type);
    }
    if (id == BL_FLOAT64 || id == BL_FLOAT32)
        return take_float(json, at, builder);
    if (id == BL_LIST)
        return take_list(json, at, builder, depth);
    if (id == BL_STRUCT)
        return take_object(json, at, builder, depth);
    if (id == BL_UTF8 || id == BL_BINARY)
        return take_text(json, at, builder);
    if (id == BL_BOOL)
        return take_bool(json, at, builder);
    return builder->type->logical && *at == '"' ? take_time(json, at, builder)
                                                : take_whole(json, at, builder);
}

// ---- going back ----

static void rewind_bits(bl_buffer *bits, int64_t length) {
    bits->size = ((size_t)length + 7) / 8;
    if (length % 8)
        bits->data[bits->size - 1] &= (uint8_t)(0xffU >> (8 - length % 8));
}

void bl_builder_rewind(bl_builder *builder, int64_t length) {
    bl_type_id id = builder->type->id;
    if (builder->failed != BL_OK || bl_builder_length(builder) <= length)
        return;
    if (builder->validity && builder->n_marked > length) {
        builder->n_marked = length;
        rewind_bits(builder->validity, length);
    }
    for (size_t i = 0; id == BL_STRUCT && i < builder->n_children; i++)
        bl_builder_rewind(&builder->children[i], length);
    builder->length = id == BL_STRUCT && builder->n_children ? builder->length : length;
    if (id == BL_STRUCT)
        return;
    if (id == BL_BOOL) {
        rewind_bits(builder->values, length);
        return;
    }
    if (id < BL_BINARY) {
        builder->values->size = (size_t)length * bl_type_id_width(id);
        return;
    }
    int32_t end = ((const int32_t *)(const void *)builder->offsets->data)[length];
    builder->offsets->size = ((size_t)length + 1) * sizeof end;
    if (id == BL_LIST)
        bl_builder_rewind(&builder->children[0], end);
    else if (builder->values)
        builder->values->size = (size_t)end;
}
