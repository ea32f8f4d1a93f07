// SPDX-License-Identifier: Apache-2.0
// Universal Binary JSON: a marker of one byte, then a value, big-endian. Containers may say how
// many values they have, and of which one type; lists of such are what XGBoost's trees are made of.
// \source Universal Binary JSON Specification, draft 12
#include "base/cursor.h"
#include "base/utf8.h"
#include "model/trees/private.h"

enum { MOST_DEPTH = 64, MOST_ITEMS = 10000000 };

typedef struct reader {
    bl_arena *arena;
    bl_cursor in;
    size_t n_items;
    bl_error *err;
} reader;

static bl_status corrupt(const reader *r, const char *what) {
    return bl_error_set(r->err, BL_E_CORRUPT, "UBJSON: byte %zu: %s", r->in.position, what);
}

static bl_status take_items(reader *r, size_t n) {
    if (n > MOST_ITEMS - r->n_items)
        return bl_error_set(r->err, BL_E_LIMIT, "UBJSON: more than %d values", MOST_ITEMS);
    r->n_items += n;
    return BL_OK;
}

static double as_float32(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

static double as_float64(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void set_integer(bl_item *item, int64_t value) {
    item->kind = BL_ITEM_INTEGER;
    item->integer = value;
    item->number = (double)value;
}

static void set_float(bl_item *item, double value) {
    item->kind = BL_ITEM_FLOAT;
    item->number = value;
}

static void set_bool(bl_item *item, bool value) {
    item->kind = BL_ITEM_BOOL;
    item->integer = value;
    item->number = value;
}

/// \return false where a marker is not that of a number, a bool or null
static bool read_number(bl_cursor *in, char marker, bl_item *item) {
    switch (marker) {
    case 'Z':
        item->kind = BL_ITEM_NULL;
        return true;
    case 'T':
    case 'F':
        set_bool(item, marker == 'T');
        return true;
    case 'i':
        set_integer(item, (int8_t)bl_cursor_u8(in));
        return true;
    case 'U':
        set_integer(item, bl_cursor_u8(in));
        return true;
    case 'I':
        set_integer(item, (int16_t)bl_cursor_be16(in));
        return true;
    case 'l':
        set_integer(item, (int32_t)bl_cursor_be32(in));
        return true;
    case 'L':
        set_integer(item, (int64_t)bl_cursor_be64(in));
        return true;
    case 'd':
        set_float(item, as_float32(bl_cursor_be32(in)));
        return true;
    case 'D':
        set_float(item, as_float64(bl_cursor_be64(in)));
        return true;
    default:
        return false;
    }
}

static size_t bytes_of(char marker) {
    switch (marker) {
    case 'i':
    case 'U':
        return 1;
    case 'I':
        return 2;
    case 'l':
    case 'd':
        return 4;
    case 'L':
    case 'D':
        return 8;
    default:
        return 0;
    }
}

/// A length, with its marker: no more than bytes are left.
static bl_status read_length(reader *r, size_t *ret_length) {
    bl_item item = {0};
    char marker = (char)bl_cursor_u8(&r->in);
    if (!bytes_of(marker) || !read_number(&r->in, marker, &item) || item.kind != BL_ITEM_INTEGER ||
        r->in.failed)
        return corrupt(r, "no length");
    if (item.integer < 0 || (uint64_t)item.integer > bl_cursor_left(&r->in))
        return corrupt(r, "a length points past the end");
    *ret_length = (size_t)item.integer;
    return BL_OK;
}

static bl_status read_text(reader *r, const char **ret_text) {
    size_t length = 0;
    BL_TRY(read_length(r, &length));
    const uint8_t *bytes = bl_cursor_take(&r->in, length);
    if (!bytes || memchr(bytes, 0, length) || !bl_utf8_valid(bytes, length))
        return corrupt(r, "a text that is no UTF-8");
    *ret_text = bl_arena_text(r->arena, (const char *)bytes, length);
    return *ret_text ? BL_OK : bl_error_nomem(r->err, length, "a text");
}

static bl_item *new_item(reader *r) {
    bl_item *item = (bl_item *)bl_arena_alloc(r->arena, sizeof *item);
    if (item) {
        item->source = "UBJSON";
        item->n_all = 1;
    }
    return item;
}

static bl_status read_value(reader *r, unsigned depth, const bl_item **ret_item);

// ---- containers ----

/// What stands behind the bracket: a type of all values, their number, or neither.
typedef struct opening {
    char type; ///< 0: each value has its own
    bool is_counted;
    size_t n;
} opening;

static char peek(const reader *r) {
    return bl_cursor_left(&r->in) ? (char)r->in.data[r->in.position] : 0;
}

static bl_status read_opening(reader *r, opening *ret_opening) {
    if (peek(r) == '$') {
        bl_cursor_skip(&r->in, 1);
        ret_opening->type = (char)bl_cursor_u8(&r->in);
        if (!bytes_of(ret_opening->type))
            return corrupt(r, "values of one type that is none of numbers");
        if (peek(r) != '#')
            return corrupt(r, "values of one type without their number");
    }
    if (peek(r) == '#') {
        bl_cursor_skip(&r->in, 1);
        BL_TRY(read_length(r, &ret_opening->n));
        ret_opening->is_counted = true;
    }
    return BL_OK;
}

/// Numbers of one type.
static bl_status read_numbers(reader *r, opening how, bl_item *item) {
    if (how.n > bl_cursor_left(&r->in) / bytes_of(how.type))
        return corrupt(r, "a list points past the end");
    BL_TRY(take_items(r, how.n));
    bl_item *numbers = (bl_item *)bl_arena_array(r->arena, how.n + 1, sizeof *numbers);
    item->items = (const bl_item **)bl_arena_array(r->arena, how.n + 1, sizeof *item->items);
    if (!numbers || !item->items)
        return bl_error_nomem(r->err, how.n * sizeof *numbers, "a list");
    for (size_t i = 0; i < how.n; i++) {
        numbers[i].source = "UBJSON";
        numbers[i].n_all = 1;
        (void)read_number(&r->in, how.type, &numbers[i]);
        item->items[i] = &numbers[i];
    }
    item->n = how.n;
    item->n_all += how.n;
    return BL_OK;
}

/// A value that waits for its list to end.
typedef struct link {
    const char *key;
    const bl_item *item;
    struct link *before;
} link;

static bl_status read_link(reader *r, bool is_map, unsigned depth, link **last) {
    link *next = (link *)bl_arena_alloc(r->arena, sizeof *next);
    if (!next)
        return bl_error_nomem(r->err, sizeof *next, "a list");
    if (is_map)
        BL_TRY(read_text(r, &next->key));
    BL_TRY(read_value(r, depth + 1, &next->item));
    next->before = *last;
    *last = next;
    return BL_OK;
}

static bl_status read_values(reader *r, opening how, unsigned depth, bl_item *item) {
    bool is_map = item->kind == BL_ITEM_MAP;
    char end = is_map ? '}' : ']';
    link *last = NULL;
    while (how.is_counted ? item->n < how.n : peek(r) != end) {
        BL_TRY(read_link(r, is_map, depth, &last));
        item->n++;
    }
    if (!how.is_counted)
        bl_cursor_skip(&r->in, 1);
    item->items = (const bl_item **)bl_arena_array(r->arena, item->n + 1, sizeof *item->items);
    item->keys = (const char **)bl_arena_array(r->arena, item->n + 1, sizeof *item->keys);
    if (!item->items || !item->keys)
        return bl_error_nomem(r->err, item->n * sizeof *item->items, "a list");
    for (size_t i = item->n; last; i--, last = last->before) {
        item->n_all += last->item->n_all;
        item->items[i - 1] = last->item;
        item->keys[i - 1] = last->key;
    }
    return BL_OK;
}

static bl_status read_container(reader *r, unsigned depth, bl_item *item) {
    opening how = {0};
    if (depth == MOST_DEPTH)
        return bl_error_set(r->err, BL_E_LIMIT, "UBJSON: more than %d values in each other",
                            MOST_DEPTH);
    BL_TRY(read_opening(r, &how));
    if (how.type && item->kind == BL_ITEM_MAP)
        return corrupt(r, "a map of one type, which nobody writes");
    return how.type ? read_numbers(r, how, item) : read_values(r, how, depth, item);
}

static bl_status read_value(reader *r, unsigned depth, const bl_item **ret_item) {
    bl_item *item = new_item(r);
    if (!item)
        return bl_error_nomem(r->err, sizeof *item, "a value");
    BL_TRY(take_items(r, 1));
    *ret_item = item;
    char marker = (char)bl_cursor_u8(&r->in);
    if (marker == '{' || marker == '[') {
        item->kind = marker == '{' ? BL_ITEM_MAP : BL_ITEM_LIST;
        return read_container(r, depth, item);
    }
    if (marker == 'S') {
        item->kind = BL_ITEM_TEXT;
        return read_text(r, &item->text);
    }
    bool is_known = read_number(&r->in, marker, item);
    if (r->in.failed)
        return corrupt(r, "the end");
    return is_known ? BL_OK : corrupt(r, "a marker that is none");
}

bl_status bl_ubjson_parse(bl_arena *arena, const void *data, size_t size, const bl_item **ret_item,
                          bl_error *err) {
    reader r = {.arena = arena, .in = bl_cursor_over(data, size), .err = err};
    BL_TRY(read_value(&r, 0, ret_item));
    return bl_cursor_left(&r.in) ? corrupt(&r, "more behind the document") : BL_OK;
}
