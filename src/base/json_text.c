// SPDX-License-Identifier: Apache-2.0
// JSON as text.
#include "base/json_text.h"

#include <math.h>

#include "base/number_text.h"

void bl_json_put_text(bl_text *to, const char *string) {
    if (string)
        bl_text_add_quoted(to, string);
    else
        bl_text_add(to, "null");
}

void bl_json_put_number(bl_text *to, double value) {
    char digits[BL_NUMBER_BYTES];
    if (isfinite(value))
        bl_number_float64(digits, value);
    bl_text_add(to, "%s", isfinite(value) ? digits : "null");
}

void bl_json_put_integer(bl_text *to, int64_t value) { bl_text_add(to, "%lld", (long long)value); }

static bool is_container(const bl_item *item) {
    return item->kind == BL_ITEM_LIST || item->kind == BL_ITEM_MAP;
}

static bool has_containers(const bl_item *item) {
    for (size_t i = 0; i < item->n; i++)
        if (is_container(item->items[i]))
            return true;
    return false;
}

static void new_line(bl_text *to, unsigned depth) {
    bl_text_add(to, "\n");
    for (unsigned i = 0; i < depth; i++)
        bl_text_add(to, " ");
}

static void put_container(bl_text *to, const bl_item *item, unsigned depth) {
    bool is_map = item->kind == BL_ITEM_MAP;
    bool has_lines = depth != BL_JSON_ONE_LINE && item->n && (is_map || has_containers(item));
    unsigned below = has_lines ? depth + 1 : depth;
    bl_text_add(to, is_map ? "{" : "[");
    for (size_t i = 0; i < item->n; i++) {
        if (i)
            bl_text_add(to, has_lines ? "," : ", ");
        if (has_lines)
            new_line(to, below);
        if (is_map) {
            bl_json_put_text(to, item->keys[i]);
            bl_text_add(to, ": ");
        }
        bl_json_put_item(to, item->items[i], below);
    }
    if (has_lines)
        new_line(to, depth);
    bl_text_add(to, is_map ? "}" : "]");
}

void bl_json_put_item(bl_text *to, const bl_item *item, unsigned depth) {
    if (!item || item->kind == BL_ITEM_NULL)
        bl_text_add(to, "null");
    else if (is_container(item))
        put_container(to, item, depth);
    else if (item->kind == BL_ITEM_TEXT)
        bl_json_put_text(to, item->text);
    else if (item->kind == BL_ITEM_BOOL)
        bl_text_add(to, item->integer ? "true" : "false");
    else if (item->kind == BL_ITEM_INTEGER)
        bl_json_put_integer(to, item->integer);
    else
        bl_json_put_number(to, item->number);
}
