// SPDX-License-Identifier: Apache-2.0
// JSON as text.
#include "base/json_text.h"

#include <math.h>
#include <stdio.h>

#include "base/number_text.h"

static void put_character(bl_packer *packer, char c) {
    char text[8];
    if (c == '"' || c == '\\')
        (void)snprintf(text, sizeof text, "\\%c", c);
    else if (c == '\n')
        (void)snprintf(text, sizeof text, "\\n");
    else if ((unsigned char)c < ' ')
        (void)snprintf(text, sizeof text, "\\u%04x", (unsigned)c);
    else
        (void)snprintf(text, sizeof text, "%c", c);
    bl_pack_text(packer, text);
}

void bl_json_put_text(bl_packer *packer, const char *text) {
    if (!text) {
        bl_pack_text(packer, "null");
        return;
    }
    bl_pack_text(packer, "\"");
    for (; *text; text++)
        put_character(packer, *text);
    bl_pack_text(packer, "\"");
}

void bl_json_put_number(bl_packer *packer, double value) {
    char text[BL_NUMBER_BYTES];
    if (isfinite(value))
        bl_pack_bytes(packer, text, bl_number_float64(text, value));
    else
        bl_pack_text(packer, "null");
}

void bl_json_put_integer(bl_packer *packer, int64_t value) {
    char text[BL_NUMBER_BYTES];
    bl_pack_bytes(packer, text, bl_number_int(text, value));
}

static bool is_container(const bl_item *item) {
    return item->kind == BL_ITEM_LIST || item->kind == BL_ITEM_MAP;
}

static bool has_containers(const bl_item *item) {
    for (size_t i = 0; i < item->n; i++)
        if (is_container(item->items[i]))
            return true;
    return false;
}

static void new_line(bl_packer *packer, unsigned depth) {
    bl_pack_text(packer, "\n");
    for (unsigned i = 0; i < depth; i++)
        bl_pack_text(packer, " ");
}

static void put_container(bl_packer *packer, const bl_item *item, unsigned depth) {
    bool is_map = item->kind == BL_ITEM_MAP;
    bool has_lines = depth != BL_JSON_ONE_LINE && item->n && (is_map || has_containers(item));
    unsigned below = has_lines ? depth + 1 : depth;
    bl_pack_text(packer, is_map ? "{" : "[");
    for (size_t i = 0; i < item->n; i++) {
        if (i)
            bl_pack_text(packer, has_lines ? "," : ", ");
        if (has_lines)
            new_line(packer, below);
        if (is_map) {
            bl_json_put_text(packer, item->keys[i]);
            bl_pack_text(packer, ": ");
        }
        bl_json_put_item(packer, item->items[i], below);
    }
    if (has_lines)
        new_line(packer, depth);
    bl_pack_text(packer, is_map ? "}" : "]");
}

void bl_json_put_item(bl_packer *packer, const bl_item *item, unsigned depth) {
    if (!item || item->kind == BL_ITEM_NULL)
        bl_pack_text(packer, "null");
    else if (is_container(item))
        put_container(packer, item, depth);
    else if (item->kind == BL_ITEM_TEXT)
        bl_json_put_text(packer, item->text);
    else if (item->kind == BL_ITEM_BOOL)
        bl_pack_text(packer, item->integer ? "true" : "false");
    else if (item->kind == BL_ITEM_INTEGER)
        bl_json_put_integer(packer, item->integer);
    else
        bl_json_put_number(packer, item->number);
}
