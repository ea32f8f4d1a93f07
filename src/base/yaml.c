// SPDX-License-Identifier: Apache-2.0
// YAML documents: libyaml's events become a tree. What a plain scalar means is decided in
// yaml_scalar.c. An alias shares the tree of its anchor; what it would unfold to is counted.
#include <stdio.h>
#include <yaml.h>

#include "base/document.h"
#include "base/yaml_scalar.h"

enum { MOST_DEPTH = 64, MOST_ITEMS = 1000000 };

typedef struct anchor {
    const char *name;
    const bl_item *item;
    struct anchor *before;
} anchor;

typedef struct yaml_reader {
    bl_arena *arena;
    yaml_parser_t parser;
    const char *source;
    unsigned depth;
    anchor *anchors; ///< newest first, which hides earlier ones of its name
    bl_error *err;
} yaml_reader;

static bl_status read_item(yaml_reader *reader, const yaml_event_t *event,
                           const bl_item **ret_item);

static bl_status out_of_memory(const yaml_reader *reader) {
    return bl_error_nomem(reader->err, 0, reader->source);
}

static bl_status next_event(yaml_reader *reader, yaml_event_t *event) {
    const yaml_parser_t *parser = &reader->parser;
    if (yaml_parser_parse(&reader->parser, event))
        return BL_OK;
    if (parser->error == YAML_MEMORY_ERROR)
        return out_of_memory(reader);
    return bl_error_set(reader->err, BL_E_INVALID, "%s:%zu:%zu: %s%s%s", reader->source,
                        parser->problem_mark.line + 1, parser->problem_mark.column + 1,
                        parser->problem ? parser->problem : "no YAML", parser->context ? " " : "",
                        parser->context ? parser->context : "");
}

static bl_status new_item(const yaml_reader *reader, const yaml_event_t *event,
                          bl_item **ret_item) {
    bl_item *item = (bl_item *)bl_arena_alloc(reader->arena, sizeof *item);
    if (!item)
        return out_of_memory(reader);
    item->source = reader->source;
    item->line = (unsigned)event->start_mark.line + 1;
    item->column = (unsigned)event->start_mark.column + 1;
    item->n_all = 1;
    *ret_item = item;
    return BL_OK;
}

static bl_status keep_anchor(yaml_reader *reader, const unsigned char *name, const bl_item *item) {
    if (!name)
        return BL_OK;
    anchor *kept = (anchor *)bl_arena_alloc(reader->arena, sizeof *kept);
    if (!kept)
        return out_of_memory(reader);
    kept->name = bl_arena_text(reader->arena, (const char *)name, strlen((const char *)name));
    kept->item = item;
    kept->before = reader->anchors;
    reader->anchors = kept;
    return kept->name ? BL_OK : out_of_memory(reader);
}

static bl_status read_alias(const yaml_reader *reader, const yaml_event_t *event,
                            const bl_item **ret_item) {
    const char *name = (const char *)event->data.alias.anchor;
    for (const anchor *a = reader->anchors; a; a = a->before)
        if (strcmp(a->name, name) == 0)
            return *ret_item = a->item, BL_OK;
    bl_item *here;
    BL_TRY(new_item(reader, event, &here));
    return bl_item_error(here, BL_E_INVALID, reader->err, "there is no anchor '%s'", name);
}

static bl_status read_scalar(yaml_reader *reader, const yaml_event_t *event,
                             const bl_item **ret_item) {
    bl_item *item;
    BL_TRY(new_item(reader, event, &item));
    const char *tag = (const char *)event->data.scalar.tag;
    size_t length = event->data.scalar.length;
    item->text = bl_arena_text(reader->arena, (const char *)event->data.scalar.value, length);
    if (!item->text)
        return out_of_memory(reader);
    if (strlen(item->text) != length)
        return bl_item_error(item, BL_E_INVALID, reader->err, "a text with a NUL byte");
    if (!bl_yaml_scalar(item, tag, event->data.scalar.plain_implicit != 0))
        return bl_item_error(item, BL_E_INVALID, reader->err, "'%s' is no %s", item->text, tag);
    *ret_item = item;
    return keep_anchor(reader, event->data.scalar.anchor, item);
}

// ---- lists and maps ----

/// Appends to a list or map, whose room doubles when `n` is a power of two.
static bl_status append(const yaml_reader *reader, bl_item *many, const char *key,
                        const bl_item *item) {
    if ((many->n & (many->n - 1)) == 0) {
        size_t room = many->n ? 2 * many->n : 1;
        const bl_item **items =
            (const bl_item **)bl_arena_array(reader->arena, room, sizeof *items);
        const char **keys = (const char **)bl_arena_array(reader->arena, room, sizeof *keys);
        if (!items || !keys)
            return out_of_memory(reader);
        if (many->n) {
            memcpy(items, many->items, many->n * sizeof *items);
            memcpy(keys, many->keys, many->n * sizeof *keys);
        }
        many->items = items;
        many->keys = keys;
    }
    many->keys[many->n] = key;
    many->items[many->n++] = item;
    many->n_all += item->n_all;
    if (many->n_all > MOST_ITEMS)
        return bl_item_error(item, BL_E_LIMIT, reader->err, "more than %d values", MOST_ITEMS);
    return BL_OK;
}

/// The keys of another map, or of a list of maps, that are not there yet.
static bl_status merge(const yaml_reader *reader, bl_item *map, const bl_item *from) {
    if (from->kind == BL_ITEM_LIST) {
        for (size_t i = 0; i < from->n; i++)
            BL_TRY(merge(reader, map, from->items[i]));
        return BL_OK;
    }
    BL_TRY(bl_item_expect(from, "what '<<' merges", BL_ITEM_MAP, reader->err));
    for (size_t i = 0; i < from->n; i++)
        if (!bl_item_get(map, from->keys[i]))
            BL_TRY(append(reader, map, from->keys[i], from->items[i]));
    return BL_OK;
}

/// The value of a key whose event is given. \param merged what '<<' stands for
static bl_status read_pair(yaml_reader *reader, const yaml_event_t *event, bl_item *map,
                           const bl_item **merged) {
    yaml_event_t of_value;
    const bl_item *key, *value;
    BL_TRY(read_item(reader, event, &key));
    if (key->kind == BL_ITEM_LIST || key->kind == BL_ITEM_MAP)
        return bl_item_error(key, BL_E_INVALID, reader->err, "a key is %s, not %s", "a text",
                             bl_item_kind_name(key->kind));
    BL_TRY(next_event(reader, &of_value));
    bl_status status = read_item(reader, &of_value, &value);
    yaml_event_delete(&of_value);
    BL_TRY(status);
    if (strcmp(key->text, "<<") == 0)
        return *merged = value, BL_OK;
    if (bl_item_get(map, key->text))
        return bl_item_error(key, BL_E_INVALID, reader->err, "the key '%s' stands twice",
                             key->text);
    return append(reader, map, key->text, value);
}

static bl_status read_map(yaml_reader *reader, bl_item *map) {
    const bl_item *merged = NULL;
    for (bool is_end = false; !is_end;) {
        yaml_event_t event;
        BL_TRY(next_event(reader, &event));
        is_end = event.type == YAML_MAPPING_END_EVENT;
        bl_status status = is_end ? BL_OK : read_pair(reader, &event, map, &merged);
        yaml_event_delete(&event);
        BL_TRY(status);
    }
    return merged ? merge(reader, map, merged) : BL_OK;
}

static bl_status read_list(yaml_reader *reader, bl_item *list) {
    for (bool is_end = false; !is_end;) {
        yaml_event_t event;
        const bl_item *item = NULL;
        BL_TRY(next_event(reader, &event));
        is_end = event.type == YAML_SEQUENCE_END_EVENT;
        bl_status status = is_end ? BL_OK : read_item(reader, &event, &item);
        yaml_event_delete(&event);
        BL_TRY(status);
        if (!is_end)
            BL_TRY(append(reader, list, NULL, item));
    }
    return BL_OK;
}

static bl_status read_many(yaml_reader *reader, const yaml_event_t *event,
                           const bl_item **ret_item) {
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    bl_item *item;
    BL_TRY(new_item(reader, event, &item));
    item->kind = is_map ? BL_ITEM_MAP : BL_ITEM_LIST;
    const char *tag =
        (const char *)(is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag);
    if (tag && strcmp(tag, is_map ? YAML_MAP_TAG : YAML_SEQ_TAG) != 0)
        return bl_item_error(item, BL_E_INVALID, reader->err, "the tag %s is not known", tag);
    if (++reader->depth > MOST_DEPTH)
        return bl_item_error(item, BL_E_LIMIT, reader->err, "more than %d levels", MOST_DEPTH);
    BL_TRY(is_map ? read_map(reader, item) : read_list(reader, item));
    reader->depth--;
    *ret_item = item;
    return keep_anchor(
        reader, is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor,
        item);
}

static bl_status read_item(yaml_reader *reader, const yaml_event_t *event,
                           const bl_item **ret_item) {
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(reader, event, ret_item);
    case YAML_ALIAS_EVENT:
        return read_alias(reader, event, ret_item);
    default:
        return read_many(reader, event, ret_item);
    }
}

// ---- the document ----

/// Events around the document are passed over. \param ret_item stays where there is none
static bl_status read_document(yaml_reader *reader, const bl_item **ret_item) {
    size_t n_documents = 0;
    for (bool is_end = false; !is_end;) {
        yaml_event_t event;
        bl_status status = BL_OK;
        BL_TRY(next_event(reader, &event));
        is_end = event.type == YAML_STREAM_END_EVENT;
        if (event.type == YAML_DOCUMENT_START_EVENT && n_documents++)
            status = bl_error_set(reader->err, BL_E_INVALID, "%s:%zu: a second document",
                                  reader->source, event.start_mark.line + 1);
        else if (!is_end && event.type != YAML_STREAM_START_EVENT &&
                 event.type != YAML_DOCUMENT_START_EVENT && event.type != YAML_DOCUMENT_END_EVENT)
            status = read_item(reader, &event, ret_item);
        yaml_event_delete(&event);
        BL_TRY(status);
    }
    return BL_OK;
}

bl_status bl_yaml_parse(bl_arena *arena, const char *source, const char *text, size_t size,
                        const bl_item **ret_item, bl_error *err) {
    yaml_reader reader = {.arena = arena, .source = source, .err = err};
    bl_item *nothing = (bl_item *)bl_arena_alloc(arena, sizeof *nothing);
    if (!nothing || !yaml_parser_initialize(&reader.parser))
        return bl_error_nomem(err, 0, source);
    *nothing = (bl_item){.text = "", .line = 1, .column = 1, .n_all = 1, .source = source};
    const bl_item *item = nothing;
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, size);
    bl_status status = read_document(&reader, &item);
    yaml_parser_delete(&reader.parser);
    BL_TRY(status);
    *ret_item = item;
    return BL_OK;
}
