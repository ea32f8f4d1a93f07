// SPDX-License-Identifier: Apache-2.0
// Entries to columns, value by value through a builder: whatever is not made of numbers alone.
// Objects are in decode_object.c, pointers in decode_pointer.c.
#include "formats/ttree/decode_values.h"

#include <stdarg.h>
#include <stdio.h>

/// Far more objects without any bytes than anybody stores; a length that claims them is damaged.
#define MOST_WITHOUT_BYTES ((int64_t)1 << 24)

void bl_reader_fail(bl_value_reader *r, bl_status status, const char *format, ...) {
    if (r->status == BL_OK && !r->cursor.failed) {
        char message[256];
        va_list args;
        va_start(args, format);
        vsnprintf(message, sizeof message, format, args);
        va_end(args);
        r->status = bl_error_set(r->err, status, "%s", message);
    }
    r->cursor.failed = true;
}

// ---- numbers ----

/// Numbers of an older version of a class in the column of a newer one.
static void convert_numbers(const bl_root_number *number, const uint8_t *data, size_t n,
                            bl_builder *builder) {
    for (size_t i = 0; i < n; i++) {
        union {
            double real;
            uint64_t bits;
            uint8_t bytes[8];
        } value = {0};
        bl_root_numbers_decode(number, data + i * number->size, 1, value.bytes);
        bl_builder_append_number(builder, number->type, value.bytes);
    }
}

void bl_append_numbers(const bl_root_number *number, const uint8_t *data, size_t n,
                       bl_builder *builder) {
    if (number->type != builder->type->id) {
        convert_numbers(number, data, n, builder);
        return;
    }
    if (number->type == BL_BOOL) {
        bl_builder_append_bools(builder, data, n);
        return;
    }
    void *out = bl_builder_extend(builder, n);
    if (out)
        bl_root_numbers_decode(number, data, n, out);
}

static void read_numbers(bl_value_reader *r, const bl_root_number *number, int64_t n,
                         bl_builder *builder) {
    if (n < 0 || (uint64_t)n > bl_cursor_left(&r->cursor))
        n = (int64_t)bl_cursor_left(&r->cursor) + 1; // fails in the next line
    const uint8_t *data = bl_cursor_take(&r->cursor, (size_t)n * number->size);
    if (data && n && builder)
        bl_append_numbers(number, data, (size_t)n, builder);
}

static void read_bits(bl_value_reader *r, bl_builder *builder) {
    static const bl_root_number plain = {.type = BL_UINT32, .size = 4};
    const uint8_t *data = bl_cursor_take(&r->cursor, 4);
    if (!data)
        return;
    if (builder)
        bl_append_numbers(&plain, data, 1, builder);
    if (bl_load_be32(data) & BL_OBJECT_IS_REFERENCED)
        bl_cursor_skip(&r->cursor, 2);
}

void bl_read_tobject(bl_value_reader *r, bl_builder *at) {
    static const bl_root_number plain = {.type = BL_UINT32, .size = 4};
    (void)bl_read_header(r); // a version alone, nearly always
    const uint8_t *data = bl_cursor_take(&r->cursor, 4);
    if (data && at)
        bl_append_numbers(&plain, data, 1, at);
    read_bits(r, at ? at + 1 : NULL);
}

// ---- texts and collections ----

static void read_text(bl_value_reader *r, bl_layout_kind kind, bl_builder *builder) {
    const uint8_t *data;
    size_t length;
    if (kind == BL_LAYOUT_STRING) {
        data = bl_root_string(&r->cursor, &length);
    } else {
        length = bl_cursor_be32(&r->cursor);
        data = bl_cursor_take(&r->cursor, length);
    }
    if (data && builder)
        bl_builder_append_string(builder, data, length);
}

static void end_list(bl_builder *builder) {
    if (builder)
        bl_builder_end_list(builder);
}

static void read_vector(bl_value_reader *r, const bl_layout *layout, bl_builder *builder) {
    uint32_t n = bl_cursor_be32(&r->cursor);
    if (n > bl_cursor_left(&r->cursor)) // every value takes a byte at least: fails, bounds the loop
        bl_cursor_skip(&r->cursor, n);
    else
        bl_read_values(r, layout->children, n, bl_builder_child(builder, 0));
    end_list(builder);
}

/// References to objects, without the objects' names.
static void read_references(bl_value_reader *r, bl_builder *builder) {
    static const bl_root_number plain = {.type = BL_UINT32, .size = 4};
    size_t length;
    bl_streamed header = bl_read_header(r);
    bl_read_tobject(r, NULL);
    (void)bl_root_string(&r->cursor, &length);
    uint32_t n = bl_cursor_be32(&r->cursor);
    bl_cursor_skip(&r->cursor, 6); // lower bound, process
    read_numbers(r, &plain, n, bl_builder_child(builder, 0));
    end_list(builder);
    bl_check_end(r, &header, "TRefArray");
}

static void read_reference(bl_value_reader *r, bl_builder *builder) {
    static const bl_root_number plain = {.type = BL_UINT32, .size = 4};
    (void)bl_read_header(r);
    const uint8_t *data = bl_cursor_take(&r->cursor, 4);
    if (data && builder)
        bl_append_numbers(&plain, data, 1, &builder->children[0]);
    read_bits(r, NULL);
    bl_cursor_skip(&r->cursor, 2); // process
}

// ---- behind one header ----

bl_streamed bl_read_header(bl_value_reader *r) {
    bl_cursor *c = &r->cursor;
    bl_streamed header = {.end = SIZE_MAX};
    uint32_t count = bl_cursor_left(c) >= 4 ? bl_load_be32(c->data + c->position) : 0;
    if (count & BL_BYTE_COUNT_BIT) {
        count &= ~(uint32_t)BL_BYTE_COUNT_BIT;
        bl_cursor_skip(c, 4);
        header.end = c->position + count;
        if (count < 2 || count > bl_cursor_left(c))
            bl_reader_fail(r, BL_E_CORRUPT, "byte %zu: a byte count of %u, %zu are left",
                           c->position - 4, count, bl_cursor_left(c));
    }
    header.version = (int16_t)bl_cursor_be16(c);
    return header;
}

void bl_check_end(bl_value_reader *r, const bl_streamed *header, const char *what) {
    if (r->cursor.failed || header->end == SIZE_MAX || r->cursor.position == header->end)
        return;
    bl_reader_fail(r, BL_E_CORRUPT,
                   "%s ends at byte %zu, by its members at byte %zu: it may have a streamer of its "
                   "own",
                   what, header->end, r->cursor.position);
}

/// Collections of objects whose members lie together: first all of one member, then of the next.
static void read_memberwise_vector(bl_value_reader *r, const bl_class_layout *of_class,
                                   const bl_class_version *version, bl_builder *builder) {
    int64_t n = bl_cursor_be32(&r->cursor);
    int64_t most = (int64_t)bl_cursor_left(&r->cursor);
    if (!version->takes_bytes && of_class->n_columns == 0)
        most = MOST_WITHOUT_BYTES;
    if (n > most) {
        bl_reader_fail(r, BL_E_CORRUPT, "%lld objects of class %s in %zu bytes", (long long)n,
                       of_class->name, bl_cursor_left(&r->cursor));
        return;
    }
    bl_builder *items = bl_builder_child(builder, 0);
    if (n)
        bl_read_members(r, version, n, true, items ? items->children : NULL);
    if (items && items->n_children == 0)
        bl_builder_append_empty(items, (size_t)n);
    end_list(builder);
}

static void read_memberwise(bl_value_reader *r, const bl_layout *layout, int64_t n, int version,
                            bl_builder *builder) {
    while (layout->kind == BL_LAYOUT_ARRAY) {
        n *= layout->n;
        layout = layout->children;
        builder = bl_builder_child(builder, 0);
    }
    bool is_vector = layout->kind == BL_LAYOUT_VECTOR && layout->children->of_class;
    if (!is_vector) {
        bl_reader_fail(r, BL_E_CORRUPT, "values that are no objects, but streamed memberwise");
        return;
    }
    const bl_class_layout *of_class = layout->children->of_class;
    const bl_class_version *found = of_class->versions;
    if (version >= BL_CLASS_VERSION_SINCE)
        found = bl_read_class_version(r, of_class, (int16_t)bl_cursor_be16(&r->cursor));
    for (int64_t i = 0; i < n && found && bl_reader_good(r, builder); i++)
        read_memberwise_vector(r, of_class, found, builder);
}

void bl_read_streamed(bl_value_reader *r, const bl_layout *layout, int64_t n, int version,
                      bl_builder *builder) {
    if (version & BL_MEMBERWISE)
        read_memberwise(r, layout, n, version & ~BL_MEMBERWISE, builder);
    else
        bl_read_values(r, layout, n, builder);
}

static void read_streamed(bl_value_reader *r, const bl_layout *layout, int64_t n,
                          bl_builder *builder) {
    const bl_layout *child = layout->children;
    bl_streamed header = bl_read_header(r);
    bool left_out = child->kind == BL_LAYOUT_BITSET && r->cursor.position == header.end;
    for (int64_t i = 0; left_out && i < n; i++)
        end_list(builder);
    if (!left_out)
        bl_read_streamed(r, child, n, header.version, builder);
    bl_check_end(r, &header, "a collection");
}

// ---- any value ----

static void read_value(bl_value_reader *r, const bl_layout *layout, bl_builder *builder) {
    bl_builder *at = builder ? builder->children : NULL;
    switch (layout->kind) {
    case BL_LAYOUT_BITS:
        read_bits(r, builder);
        break;
    case BL_LAYOUT_STRING:
    case BL_LAYOUT_CHARS:
        read_text(r, layout->kind, builder);
        break;
    case BL_LAYOUT_ARRAY:
        bl_read_values(r, layout->children, layout->n, at);
        break;
    case BL_LAYOUT_VECTOR:
    case BL_LAYOUT_BITSET:
        read_vector(r, layout, builder);
        break;
    case BL_LAYOUT_RECORD:
        for (size_t k = 0; k < layout->n_children; k++)
            bl_read_values(r, &layout->children[k], 1, bl_builder_child(builder, k));
        break;
    case BL_LAYOUT_PAIR:
    case BL_LAYOUT_MEMBERS:
    case BL_LAYOUT_OBJECT:
        bl_read_class(r, layout, builder);
        break;
    case BL_LAYOUT_POINTER:
        bl_read_pointer(r, layout, builder);
        break;
    case BL_LAYOUT_NAMED:
        bl_read_named(r, layout, builder);
        break;
    case BL_LAYOUT_OPAQUE:
        bl_read_past(r, layout);
        break;
    case BL_LAYOUT_TOBJECT:
        bl_read_tobject(r, at);
        break;
    case BL_LAYOUT_REF:
        read_reference(r, builder);
        break;
    case BL_LAYOUT_REF_ARRAY:
        read_references(r, builder);
        break;
    case BL_LAYOUT_NUMBER:
    case BL_LAYOUT_STREAMED:
        break; // see bl_read_values
    case BL_LAYOUT_COUNTED:
    case BL_LAYOUT_LOOP:
        break; // their counter lies elsewhere
    }
}

void bl_read_values(bl_value_reader *r, const bl_layout *layout, int64_t n, bl_builder *builder) {
    if (layout->kind == BL_LAYOUT_NUMBER) {
        read_numbers(r, &layout->number, n, builder);
        return;
    }
    if (layout->kind == BL_LAYOUT_STREAMED) {
        read_streamed(r, layout, n, builder);
        return;
    }
    for (int64_t i = 0; i < n && bl_reader_good(r, builder); i++)
        read_value(r, layout, builder);
}
