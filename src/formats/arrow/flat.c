// SPDX-License-Identifier: Apache-2.0
// FlatBuffers being read. Every offset is checked before it is followed.
#include "formats/arrow/flat.h"

enum { VTABLE_HEAD = 4 };

static void fail(bl_flat *flat, size_t at) {
    if (!flat->failed)
        flat->failed_at = at;
    flat->failed = true;
}

/// True where `n` bytes from `at` on are there.
static bool has(bl_flat *flat, size_t at, size_t n) {
    if (!flat->failed && at <= flat->size && n <= flat->size - at)
        return true;
    fail(flat, at);
    return false;
}

static uint32_t load_u32(const bl_flat *flat, size_t at) {
    uint32_t value;
    memcpy(&value, flat->data + at, sizeof value);
    return value;
}

static uint16_t load_u16(const bl_flat *flat, size_t at) {
    uint16_t value;
    memcpy(&value, flat->data + at, sizeof value);
    return value;
}

/// Where the unsigned offset at `at` points to; 0 after a failure.
static size_t follow(bl_flat *flat, size_t at) {
    if (!has(flat, at, 4))
        return 0;
    uint32_t offset = load_u32(flat, at);
    if (offset == 0 || offset > flat->size - at) {
        fail(flat, at);
        return 0;
    }
    return at + offset;
}

static bl_flat_table table_at(bl_flat *flat, size_t at) {
    const bl_flat_table none = {0};
    if (at == 0 || !has(flat, at, 4))
        return none;
    int64_t vtable = (int64_t)at - bl_flat_load32(flat->data + at);
    if (vtable < 0 || !has(flat, (size_t)vtable, VTABLE_HEAD)) {
        fail(flat, at);
        return none;
    }
    bl_flat_table table = {.flat = flat, .at = at, .vtable = (size_t)vtable};
    table.vtable_size = load_u16(flat, table.vtable);
    table.size = load_u16(flat, table.vtable + 2);
    if (table.vtable_size < VTABLE_HEAD || !has(flat, table.vtable, table.vtable_size) ||
        !has(flat, at, table.size)) {
        fail(flat, at);
        return none;
    }
    return table;
}

/// Where a field of `width` bytes stands; 0 where it is absent.
static size_t find(const bl_flat_table *table, unsigned field, size_t width) {
    size_t entry = VTABLE_HEAD + 2 * (size_t)field;
    if (!table->flat || table->flat->failed || entry + 2 > table->vtable_size)
        return 0;
    size_t distance = load_u16(table->flat, table->vtable + entry);
    if (distance == 0)
        return 0;
    if (distance > table->size || width > table->size - distance) {
        fail(table->flat, table->vtable + entry);
        return 0;
    }
    return table->at + distance;
}

bl_flat_table bl_flat_root(bl_flat *flat) { return table_at(flat, follow(flat, 0)); }

int64_t bl_flat_int(const bl_flat_table *table, unsigned field, size_t width, int64_t otherwise) {
    size_t at = find(table, field, width);
    if (!at)
        return otherwise;
    uint64_t value = 0;
    memcpy(&value, table->flat->data + at, width);
    unsigned shift = 64 - 8 * (unsigned)width;
    return (int64_t)(value << shift) >> shift;
}

bl_flat_table bl_flat_child(const bl_flat_table *table, unsigned field) {
    size_t at = find(table, field, 4);
    return at ? table_at(table->flat, follow(table->flat, at)) : (bl_flat_table){0};
}

bl_flat_vector bl_flat_elements(const bl_flat_table *table, unsigned field, size_t size) {
    const bl_flat_vector none = {0};
    size_t at = find(table, field, 4);
    size_t head = at ? follow(table->flat, at) : 0;
    if (!head || !has(table->flat, head, 4))
        return none;
    size_t n = load_u32(table->flat, head);
    if (!has(table->flat, head + 4, n * size)) // 32 bits by a small size: no overflow
        return none;
    return (bl_flat_vector){table->flat, table->flat->data + head + 4, n};
}

bl_flat_table bl_flat_table_of(const bl_flat_vector *vector, size_t i) {
    size_t at = (size_t)(vector->data - vector->flat->data) + 4 * i;
    return table_at(vector->flat, follow(vector->flat, at));
}

const char *bl_flat_text(const bl_flat_table *table, unsigned field, size_t *ret_length) {
    bl_flat_vector bytes = bl_flat_elements(table, field, 1);
    *ret_length = bytes.n;
    return (const char *)bytes.data;
}

bl_status bl_flat_check(const bl_flat *flat, const char *what, bl_error *err) {
    if (!flat->failed)
        return BL_OK;
    return bl_error_set(err, BL_E_CORRUPT, "%s: byte %zu of %zu: an offset points past the end",
                        what, flat->failed_at, flat->size);
}
