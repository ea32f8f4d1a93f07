// SPDX-License-Identifier: Apache-2.0
// Access to documents, with errors that say where.
#include "base/document.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/names.h"

enum { MOST_FILE_BYTES = 64 << 20 };

bl_status bl_item_error(const bl_item *item, bl_status status, bl_error *err, const char *format,
                        ...) {
    char text[sizeof err->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (item->line == 0)
        return bl_error_set(err, status, "%s: %s", item->source, text);
    return bl_error_set(err, status, "%s:%u:%u: %s", item->source, item->line, item->column, text);
}

const char *bl_item_kind_name(bl_item_kind kind) {
    static const char *const names[] = {"nothing", "true or false", "an integer", "a number",
                                        "a text",  "a list",        "a map"};
    return names[kind];
}

const bl_item *bl_item_get(const bl_item *map, const char *key) {
    if (!map || map->kind != BL_ITEM_MAP)
        return NULL;
    for (size_t i = 0; i < map->n; i++)
        if (strcmp(map->keys[i], key) == 0)
            return map->items[i];
    return NULL;
}

static bool is_among(const char *const *known, const char *key) {
    for (; *known; known++)
        if (strcmp(*known, key) == 0)
            return true;
    return false;
}

bl_status bl_item_check_keys(const bl_item *map, const char *const *known, const char *what,
                             bl_error *err) {
    for (size_t i = 0; i < map->n; i++) {
        if (is_among(known, map->keys[i]))
            continue;
        bl_nearest nearest;
        bl_nearest_init(&nearest, map->keys[i]);
        for (const char *const *name = known; *name; name++)
            bl_nearest_offer(&nearest, *name);
        bl_status status = bl_item_error(map->items[i], BL_E_INVALID, err, "%s%sunknown key '%s'",
                                         what ? what : "", what ? ": " : "", map->keys[i]);
        return bl_nearest_hint(&nearest, status, err);
    }
    return BL_OK;
}

static bl_status wrong_kind(const bl_item *item, const char *key, const char *wanted,
                            bl_error *err) {
    bool is_scalar = item->kind != BL_ITEM_LIST && item->kind != BL_ITEM_MAP;
    return bl_item_error(item, BL_E_INVALID, err, "%s is %s, not %s%s%s%s", key, wanted,
                         bl_item_kind_name(item->kind), is_scalar ? ": '" : "",
                         is_scalar ? item->text : "", is_scalar ? "'" : "");
}

static bool is_nothing(const bl_item *item) { return !item || item->kind == BL_ITEM_NULL; }

bl_status bl_item_text(const bl_item *item, const char *key, const char **ret_text, bl_error *err) {
    if (is_nothing(item))
        return BL_OK;
    if (item->kind == BL_ITEM_LIST || item->kind == BL_ITEM_MAP)
        return wrong_kind(item, key, "a text", err);
    *ret_text = item->text;
    return BL_OK;
}

bl_status bl_item_number(const bl_item *item, const char *key, double *ret_number, bl_error *err) {
    if (is_nothing(item))
        return BL_OK;
    if (item->kind != BL_ITEM_INTEGER && item->kind != BL_ITEM_FLOAT) {
        char *end = NULL;
        double number = item->kind == BL_ITEM_TEXT ? strtod(item->text, &end) : 0;
        if (end && end != item->text && !*end) // YAML 1.1 takes 1e-3 for a text
            return *ret_number = number, BL_OK;
        return wrong_kind(item, key, "a number", err);
    }
    *ret_number = item->number;
    return BL_OK;
}

bl_status bl_item_integer(const bl_item *item, const char *key, int64_t *ret_integer,
                          bl_error *err) {
    if (is_nothing(item))
        return BL_OK;
    if (item->kind != BL_ITEM_INTEGER)
        return wrong_kind(item, key, "an integer", err);
    *ret_integer = item->integer;
    return BL_OK;
}

bl_status bl_item_bool(const bl_item *item, const char *key, bool *ret_bool, bl_error *err) {
    if (is_nothing(item))
        return BL_OK;
    if (item->kind != BL_ITEM_BOOL)
        return wrong_kind(item, key, "true or false", err);
    *ret_bool = item->integer != 0;
    return BL_OK;
}

/// "'a', 'b' or 'c'".
static void list_choices(const char *const *choices, char *text, size_t size) {
    size_t n = 0;
    for (size_t i = 0; choices[i] && n < size; i++) {
        const char *between = i == 0 ? "" : choices[i + 1] ? ", " : " or ";
        n += (size_t)snprintf(text + n, size - n, "%s'%s'", between, choices[i]);
    }
}

bl_status bl_item_choice(const bl_item *item, const char *key, const char *const *choices,
                         unsigned *ret_choice, bl_error *err) {
    const char *text = NULL;
    char listed[256] = "";
    bl_nearest nearest;
    BL_TRY(bl_item_text(item, key, &text, err));
    if (!text)
        return BL_OK;
    bl_nearest_init(&nearest, text);
    for (unsigned i = 0; choices[i]; i++) {
        if (strcmp(choices[i], text) == 0)
            return *ret_choice = i, BL_OK;
        bl_nearest_offer(&nearest, choices[i]);
    }
    list_choices(choices, listed, sizeof listed);
    bl_status status =
        bl_item_error(item, BL_E_INVALID, err, "%s is %s, not '%s'", key, listed, text);
    return bl_nearest_hint(&nearest, status, err);
}

bl_status bl_item_expect(const bl_item *item, const char *key, bl_item_kind kind, bl_error *err) {
    return item->kind == kind ? BL_OK : wrong_kind(item, key, bl_item_kind_name(kind), err);
}

static bl_status add_texts(const bl_item *item, const char *key, const char **texts, size_t *n,
                           bl_error *err) {
    if (item->kind == BL_ITEM_MAP || item->kind == BL_ITEM_NULL)
        return wrong_kind(item, key, "a text or a list of texts", err);
    if (item->kind != BL_ITEM_LIST)
        texts[(*n)++] = item->text;
    for (size_t i = 0; item->kind == BL_ITEM_LIST && i < item->n; i++)
        BL_TRY(add_texts(item->items[i], key, texts, n, err));
    return BL_OK;
}

bl_status bl_item_texts(bl_arena *arena, const bl_item *item, const char *key,
                        const char *const **ret_texts, size_t *ret_n, bl_error *err) {
    size_t n = 0;
    if (is_nothing(item))
        return BL_OK;
    const char **texts = (const char **)bl_arena_array(arena, item->n_all, sizeof *texts);
    if (!texts)
        return bl_error_nomem(err, item->n_all * sizeof *texts, "texts");
    BL_TRY(add_texts(item, key, texts, &n, err));
    *ret_texts = texts;
    *ret_n = n;
    return BL_OK;
}

// ---- files ----

static bl_status read_file(bl_arena *arena, FILE *file, const char *path, char **ret_text,
                           size_t *ret_size, bl_error *err) {
    size_t capacity = 1 << 16, size = 0;
    for (;; capacity *= 4) {
        char *text = bl_arena_array(arena, capacity, 1);
        if (!text)
            return bl_error_nomem(err, capacity, path);
        if (size)
            memcpy(text, *ret_text, size);
        size += fread(text + size, 1, capacity - size, file);
        *ret_text = text;
        *ret_size = size;
        if (ferror(file))
            return bl_error_errno(err, errno, path);
        if (size < capacity)
            return BL_OK;
        if (capacity >= MOST_FILE_BYTES)
            return bl_error_set(err, BL_E_LIMIT, "%s: more than %d bytes", path, MOST_FILE_BYTES);
    }
}

bl_status bl_document_read_text(bl_arena *arena, const char *path, const char **ret_text,
                                size_t *ret_size, bl_error *err) {
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "rbe");
    if (!file)
        return bl_error_errno(err, errno, path);
    bl_status status = read_file(arena, file, path, &text, &size, err);
    (void)fclose(file);
    BL_TRY(status);
    *ret_text = text;
    *ret_size = size;
    return BL_OK;
}

bl_status bl_document_parse(bl_arena *arena, const char *path, const char *text, size_t size,
                            const bl_item **ret_item, bl_error *err) {
    size_t length = strlen(path);
    const char *source = bl_arena_text(arena, path, length);
    if (!source)
        return bl_error_nomem(err, length, "a path");
    bool is_json = length > 5 && strcmp(path + length - 5, ".json") == 0;
    return (is_json ? bl_json_parse : bl_yaml_parse)(arena, source, text, size, ret_item, err);
}

bl_status bl_document_read(bl_arena *arena, const char *path, const bl_item **ret_item,
                           bl_error *err) {
    const char *text = NULL;
    size_t size = 0;
    BL_TRY(bl_document_read_text(arena, path, &text, &size, err));
    return bl_document_parse(arena, path, text, size, ret_item, err);
}
