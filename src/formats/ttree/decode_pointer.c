// SPDX-License-Identifier: Apache-2.0
// Pointers to objects: nothing, an object with the name of its class, or the place of an object
// that the entry had before.
// Source: ROOT, TBufferFile::ReadObjectAny and WriteObjectClass.
#include "formats/ttree/decode_values.h"

#define CLASS_BIT UINT32_C(0x80000000)
#define NEW_CLASS_TAG UINT32_C(0xffffffff)
enum { MAP_OFFSET = 2 };

/// Where in the entry something lies that a reference names; SIZE_MAX: not in it.
static size_t place_of(const bl_value_reader *r, uint32_t reference) {
    uint64_t at = reference;
    if (at < r->position + MAP_OFFSET || at - r->position - MAP_OFFSET >= r->cursor.position)
        return SIZE_MAX;
    return (size_t)(at - r->position - MAP_OFFSET);
}

/// The name of an object's class, by a tag that was just read. \return NULL and a failure
static const char *read_class_name(bl_value_reader *r, uint32_t tag) {
    bl_cursor named = r->cursor;
    if (tag != NEW_CLASS_TAG) {
        size_t at = place_of(r, tag & ~CLASS_BIT);
        if (at != SIZE_MAX)
            bl_cursor_seek(&named, at);
        if (at == SIZE_MAX || bl_cursor_be32(&named) != NEW_CLASS_TAG) {
            bl_reader_fail(r, BL_E_CORRUPT, "byte %zu refers to a class that is not there",
                           r->cursor.position);
            return NULL;
        }
    }
    const char *text = (const char *)named.data + named.position;
    size_t length = strnlen(text, bl_cursor_left(&named));
    if (length == bl_cursor_left(&named)) {
        bl_reader_fail(r, BL_E_CORRUPT, "byte %zu: a class name without an end", named.position);
        return NULL;
    }
    if (tag == NEW_CLASS_TAG)
        bl_cursor_skip(&r->cursor, length + 1);
    return text;
}

/// An object of the class of that name, as one of the class that was declared.
static void read_as(bl_value_reader *r, const bl_layout *layout, const char *name,
                    bl_builder *item) {
    const bl_class_views *views = layout->views;
    if (strcmp(name, views->class_name) == 0) {
        bl_read_values(r, layout->children, 1, item);
        return;
    }
    for (size_t i = 0; i < views->n; i++) {
        if (strcmp(name, views->items[i].name) != 0)
            continue;
        bl_read_object(r, views->items[i].layout, item ? item->children : NULL);
        if (item && item->n_children == 0)
            bl_builder_append_empty(item, 1);
        return;
    }
    bl_reader_fail(r, BL_E_UNSUPPORTED,
                   "an object of class %.80s, of which is not known how it is a %s", name,
                   views->class_name);
}

/// The object behind a class tag, up to `end`.
static void read_pointee(bl_value_reader *r, const bl_layout *layout, uint32_t tag, size_t end,
                         bl_builder *item) {
    const char *name = read_class_name(r, tag);
    if (!name)
        return;
    read_as(r, layout, name, item);
    bl_check_end(r, &(bl_streamed){.end = end}, name);
}

void bl_read_named(bl_value_reader *r, const bl_layout *layout, bl_builder *builder) {
    size_t length = bl_cursor_u8(&r->cursor);
    const char *name = (const char *)bl_cursor_take(&r->cursor, length + 1);
    if (name && name[length] != '\0')
        bl_reader_fail(r, BL_E_CORRUPT, "a class name without an end");
    else if (name)
        read_as(r, layout, name, builder);
}

/// Objects that are pointed at more than once lie in the entry once.
static void read_again(bl_value_reader *r, const bl_layout *layout, uint32_t reference,
                       bl_builder *item) {
    size_t here = r->cursor.position, at = place_of(r, reference);
    bl_cursor_seek(&r->cursor, at);
    uint32_t count = bl_cursor_be32(&r->cursor), tag = bl_cursor_be32(&r->cursor);
    size_t n_bytes = count & ~(uint32_t)BL_BYTE_COUNT_BIT;
    if (at == SIZE_MAX || !(count & BL_BYTE_COUNT_BIT) || !(tag & CLASS_BIT) ||
        n_bytes > here - at) {
        r->cursor.failed = false;
        bl_reader_fail(r, BL_E_UNSUPPORTED, "byte %zu refers to an object outside of the entry",
                       here - 4);
        return;
    }
    if (n_bytes > r->again_bytes) {
        bl_reader_fail(r, BL_E_LIMIT, "its pointers repeat too many bytes");
        return;
    }
    r->again_bytes -= n_bytes;
    read_pointee(r, layout, tag, at + 4 + n_bytes, item);
    bl_cursor_seek(&r->cursor, here);
}

void bl_read_pointer(bl_value_reader *r, const bl_layout *layout, bl_builder *builder) {
    bl_cursor *c = &r->cursor;
    bl_builder *item = bl_builder_child(builder, 0);
    uint32_t tag = bl_cursor_be32(c);
    size_t end = SIZE_MAX;
    if ((tag & BL_BYTE_COUNT_BIT) && tag != NEW_CLASS_TAG) {
        size_t count = tag & ~(uint32_t)BL_BYTE_COUNT_BIT;
        end = c->position + count;
        if (count < 4 || count > bl_cursor_left(c))
            bl_reader_fail(r, BL_E_CORRUPT, "byte %zu: an object of %zu bytes, %zu are left",
                           c->position, count, bl_cursor_left(c));
        tag = bl_cursor_be32(c);
    }
    if (tag & CLASS_BIT)
        read_pointee(r, layout, tag, end, item);
    else if (tag && !c->failed)
        read_again(r, layout, tag, item);
    if (builder)
        bl_builder_end_list(builder);
}

void bl_read_past(bl_value_reader *r, const bl_layout *layout) {
    bl_cursor *c = &r->cursor;
    uint32_t count = bl_cursor_be32(c);
    bool is_pointer = layout->n != 0;
    if (count & BL_BYTE_COUNT_BIT && count != NEW_CLASS_TAG)
        bl_cursor_skip(c, count & ~(uint32_t)BL_BYTE_COUNT_BIT);
    else if (!is_pointer || count & CLASS_BIT)
        bl_reader_fail(r, BL_E_UNSUPPORTED, "byte %zu: an object without a byte count",
                       c->position);
}
