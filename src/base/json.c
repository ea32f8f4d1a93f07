// SPDX-License-Identifier: Apache-2.0
// JSON documents, read by Jansson.
#include <jansson.h>
#include <stdio.h>

#include "base/document.h"

enum { MOST_ITEMS = 10000000 };

typedef struct json_reader {
    bl_arena *arena;
    const char *source;
    size_t n_items;
    bl_error *err;
} json_reader;

static bl_status convert(json_reader *reader, json_t *json, const bl_item **ret_item);

static bl_status out_of_memory(const json_reader *reader) {
    return bl_error_nomem(reader->err, 0, reader->source);
}

static bl_status scalar(const json_reader *reader, json_t *json, bl_item *item) {
    switch (json_typeof(json)) {
    case JSON_STRING:
        item->kind = BL_ITEM_TEXT;
        item->text =
            bl_arena_text(reader->arena, json_string_value(json), json_string_length(json));
        break;
    case JSON_INTEGER:
        item->kind = BL_ITEM_INTEGER;
        item->integer = json_integer_value(json);
        item->number = (double)item->integer;
        item->text = bl_arena_printf(reader->arena, "%lld", (long long)item->integer);
        break;
    case JSON_REAL:
        item->kind = BL_ITEM_FLOAT;
        item->number = json_real_value(json);
        item->text = bl_arena_printf(reader->arena, "%.17g", item->number);
        break;
    case JSON_NULL:
        item->text = "null";
        break;
    default:
        item->kind = BL_ITEM_BOOL;
        item->integer = json_is_true(json);
        item->number = (double)item->integer;
        item->text = item->integer ? "true" : "false";
    }
    return item->text ? BL_OK : out_of_memory(reader);
}

static bl_status add(json_reader *reader, bl_item *item, json_t *json) {
    BL_TRY(convert(reader, json, &item->items[item->n]));
    item->n_all += item->items[item->n++]->n_all;
    return BL_OK;
}

static bl_status many(json_reader *reader, json_t *json, bl_item *item) {
    const char *key;
    json_t *value;
    size_t i, n = json_is_object(json) ? json_object_size(json) : json_array_size(json);
    item->kind = json_is_object(json) ? BL_ITEM_MAP : BL_ITEM_LIST;
    item->items = (const bl_item **)bl_arena_array(reader->arena, n + 1, sizeof *item->items);
    if (json_is_object(json))
        item->keys = (const char **)bl_arena_array(reader->arena, n + 1, sizeof *item->keys);
    if (!item->items || (json_is_object(json) && !item->keys))
        return out_of_memory(reader);
    json_array_foreach(json, i, value) BL_TRY(add(reader, item, value));
    json_object_foreach(json, key, value) {
        item->keys[item->n] = bl_arena_text(reader->arena, key, strlen(key));
        if (!item->keys[item->n])
            return out_of_memory(reader);
        BL_TRY(add(reader, item, value));
    }
    return BL_OK;
}

/// As deep as Jansson reads, which has a limit.
static bl_status convert(json_reader *reader, json_t *json, const bl_item **ret_item) {
    if (reader->n_items++ == MOST_ITEMS)
        return bl_error_set(reader->err, BL_E_LIMIT, "%s: more than %d values", reader->source,
                            MOST_ITEMS);
    bl_item *item = (bl_item *)bl_arena_alloc(reader->arena, sizeof *item);
    if (!item)
        return out_of_memory(reader);
    item->source = reader->source;
    item->n_all = 1;
    *ret_item = item;
    if (json_is_array(json) || json_is_object(json))
        return many(reader, json, item);
    return scalar(reader, json, item);
}

bl_status bl_json_parse(bl_arena *arena, const char *source, const char *text, size_t size,
                        const bl_item **ret_item, bl_error *err) {
    json_error_t error;
    json_reader reader = {.arena = arena, .source = source, .err = err};
    json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!json)
        return bl_error_set(err, BL_E_INVALID, "%s:%d:%d: %s", source, error.line, error.column,
                            error.text);
    const bl_item *item = NULL;
    bl_status status = convert(&reader, json, &item);
    json_decref(json);
    BL_TRY(status);
    *ret_item = item;
    return BL_OK;
}
