// SPDX-License-Identifier: Apache-2.0
// libhdf5 1.10 decodes messages by the counts and lengths in them and reads past their ends. Here
// they are walked with a cursor first: types, extents, fill values, layouts, filters and
// attributes. Left to libhdf5: what lists links and attributes in trees and heaps, and messages
// kept outside of headers.
#include "formats/hdf5/module/header.h"

#include "formats/hdf5/module/shape.h"

enum { MAX_BLOCKS = 64, MAX_BLOCK_BYTES = 1 << 20, MAX_SHARED = 2 };

/// A part of a header that is still to be walked.
typedef struct block {
    uint64_t offset, size;
} block;

typedef struct check {
    bl_hdf5_file *file;
    size_t n_blocks, at;
    block blocks[MAX_BLOCKS];
    unsigned n_shared;          ///< headers above this one, whose type this one is
    bool is_second;             ///< version 2 of headers
    bool counts_creation;       ///< its messages have two bytes more
    bl_hdf5_attribute_fn visit; ///< NULL: attributes are only looked over
    void *user;
} check;

static uint64_t take(bl_cursor *c, size_t size) {
    const uint8_t *bytes = bl_cursor_take(c, size);
    uint64_t value = 0;
    if (bytes)
        memcpy(&value, bytes, size); // little-endian, as the machines that this runs on
    return value;
}

static void fail(bl_cursor *c) { bl_cursor_skip(c, SIZE_MAX); }

/// A name up to its NUL, with padding to a multiple of 8 where `is_padded`.
static void take_name(bl_cursor *c, bool is_padded) {
    if (bl_cursor_left(c) == 0) {
        fail(c);
        return;
    }
    const uint8_t *from = c->data + c->position;
    const uint8_t *end = (const uint8_t *)memchr(from, 0, bl_cursor_left(c));
    size_t size = end ? (size_t)(end - from) + 1 : SIZE_MAX;
    if (end && is_padded)
        size = (size + 7) / 8 * 8;
    bl_cursor_skip(c, size);
}

// ---- types ----

static uint64_t check_type(bl_cursor *c, unsigned depth);

static void check_compound(bl_cursor *c, unsigned version, uint64_t n, uint64_t size,
                           unsigned depth) {
    size_t offset_size = 1;
    while (version >= 3 && offset_size < 4 && size >> (8 * offset_size))
        offset_size++;
    if (n == 0)
        fail(c);
    for (uint64_t i = 0; i < n && !c->failed; i++) {
        take_name(c, version < 3);
        uint64_t offset = take(c, version < 3 ? 4 : offset_size);
        if (version == 1)
            bl_cursor_skip(c, 28);
        uint64_t member = check_type(c, depth + 1);
        if (offset > size || member > size - offset)
            fail(c);
    }
}

static void check_enum(bl_cursor *c, unsigned version, uint64_t n, unsigned depth) {
    uint64_t base = check_type(c, depth + 1);
    for (uint64_t i = 0; i < n && !c->failed; i++)
        take_name(c, version < 3);
    bl_cursor_skip(c, (size_t)(n * base));
}

static void check_array(bl_cursor *c, unsigned version, uint64_t size, unsigned depth) {
    uint64_t rank = bl_cursor_u8(c), n = 1;
    if (version < 3)
        bl_cursor_skip(c, 3);
    if (rank > H5S_MAX_RANK)
        fail(c);
    for (uint64_t i = 0; i < rank && !c->failed; i++)
        if (__builtin_mul_overflow(n, take(c, 4), &n))
            fail(c);
    if (version < 3)
        bl_cursor_skip(c, (size_t)(4 * rank));
    uint64_t item = check_type(c, depth + 1);
    if (n == 0 || item == 0 || __builtin_mul_overflow(n, item, &n) || n != size)
        fail(c);
}

/// Walks a type; returns the bytes of its values.
static uint64_t check_type(bl_cursor *c, unsigned depth) {
    unsigned first = bl_cursor_u8(c), version = first >> 4;
    uint64_t bits = take(c, 3), size = take(c, 4), n = bits & 0xffff;
    static const size_t properties[] = {
        [H5T_INTEGER] = 4, [H5T_FLOAT] = 12, [H5T_TIME] = 2, [H5T_STRING] = 0, [H5T_BITFIELD] = 4};
    if (depth > 2 * BL_HDF5_MAX_DEPTH || version < 1 || version > 3 || size == 0)
        fail(c);
    if (c->failed)
        return 0;
    switch (first & 15) {
    case H5T_INTEGER:
    case H5T_FLOAT:
    case H5T_TIME:
    case H5T_STRING:
    case H5T_BITFIELD:
        bl_cursor_skip(c, properties[first & 15]);
        break;
    case H5T_OPAQUE:
        bl_cursor_skip(c, (size_t)(bits & 0xff));
        break;
    case H5T_COMPOUND:
        check_compound(c, version, n, size, depth);
        break;
    case H5T_REFERENCE:
        break;
    case H5T_ENUM:
        check_enum(c, version, n, depth);
        break;
    case H5T_VLEN:
        (void)check_type(c, depth + 1);
        break;
    case H5T_ARRAY:
        check_array(c, version, size, depth);
        break;
    default:
        fail(c);
    }
    return size;
}

// ---- other messages ----

/// Walks an extent; returns how many values it holds.
static uint64_t check_space(bl_cursor *c, size_t length_size) {
    unsigned version = bl_cursor_u8(c), rank = bl_cursor_u8(c), flags = bl_cursor_u8(c);
    unsigned kind = bl_cursor_u8(c);
    uint64_t n = version == 2 && kind == H5S_NULL ? 0 : 1;
    bl_cursor_skip(c, version == 1 ? 4 : 0);
    if (version < 1 || version > 2 || rank > H5S_MAX_RANK)
        fail(c);
    for (unsigned i = 0; i < rank && !c->failed; i++)
        if (__builtin_mul_overflow(n, take(c, length_size), &n))
            n = UINT64_MAX;
    bl_cursor_skip(c, flags & 1 ? rank * length_size : 0);
    return n;
}

static void check_fill(bl_cursor *c) {
    unsigned version = bl_cursor_u8(c), flags = bl_cursor_u8(c);
    bool has_value = version == 3 ? (flags & 0x20) != 0 : true;
    if (version < 1 || version > 3)
        fail(c);
    if (version < 3) {
        bl_cursor_skip(c, 1);
        has_value = bl_cursor_u8(c) != 0 || version == 1;
    }
    uint64_t size = has_value ? take(c, 4) : 0;
    bl_cursor_skip(c, size > INT32_MAX ? 0 : (size_t)size); // −1 stands for "undefined"
}

static void check_layout(bl_cursor *c, size_t address_size, size_t length_size) {
    unsigned version = bl_cursor_u8(c), class = bl_cursor_u8(c);
    if (version < 3) { // rank comes before the class
        unsigned rank = class;
        class = bl_cursor_u8(c);
        bl_cursor_skip(c, 5 + (class != H5D_COMPACT ? address_size : 0) + 4 * (size_t)rank);
        if (rank == 0 || rank > H5S_MAX_RANK + 1)
            fail(c);
        if (class == H5D_COMPACT)
            bl_cursor_skip(c, (size_t)take(c, 4));
        else if (class == H5D_CHUNKED)
            bl_cursor_skip(c, 4);
    } else if (class == H5D_COMPACT) {
        bl_cursor_skip(c, (size_t)take(c, 2));
    } else if (class == H5D_CONTIGUOUS) {
        bl_cursor_skip(c, address_size + length_size);
    } else if (class == H5D_CHUNKED && version == 3) {
        unsigned rank = bl_cursor_u8(c);
        bl_cursor_skip(c, address_size + 4 * (size_t)rank);
        if (rank < 2 || rank > H5S_MAX_RANK + 1)
            fail(c);
    } else if (class == H5D_CHUNKED) {
        unsigned flags = bl_cursor_u8(c), rank = bl_cursor_u8(c), width = bl_cursor_u8(c);
        (void)flags;
        bl_cursor_skip(c, (size_t)rank * width);
        if (rank < 2 || rank > H5S_MAX_RANK + 1 || width < 1 || width > 8)
            fail(c);
    }
}

static void check_filters(bl_cursor *c) {
    unsigned version = bl_cursor_u8(c), n = bl_cursor_u8(c);
    bl_cursor_skip(c, version == 1 ? 6 : 0);
    if (version < 1 || version > 2 || n > H5Z_MAX_NFILTERS)
        fail(c);
    for (unsigned i = 0; i < n && !c->failed; i++) {
        uint64_t id = take(c, 2), name = version == 1 || id >= 256 ? take(c, 2) : 0;
        bl_cursor_skip(c, 2);
        uint64_t values = take(c, 2);
        bl_cursor_skip(c, (size_t)(version == 1 ? (name + 7) / 8 * 8 : name));
        bl_cursor_skip(c, (size_t)(4 * values + (version == 1 && values % 2 ? 4 : 0)));
    }
}

static void check_attribute(bl_cursor *c, size_t length_size,
                            bl_hdf5_attribute_message *ret_message) {
    unsigned version = bl_cursor_u8(c), flags = bl_cursor_u8(c);
    size_t sizes[3];
    uint64_t bytes_each = 0, n = 0, all = 0;
    bl_cursor parts[3];
    for (size_t i = 0; i < 3; i++)
        sizes[i] = (size_t)take(c, 2);
    bl_cursor_skip(c, version == 3 ? 1 : 0);
    if (version < 1 || version > 3)
        fail(c);
    for (size_t i = 0; i < 3 && !c->failed; i++) {
        size_t size = version == 1 ? (sizes[i] + 7) / 8 * 8 : sizes[i];
        const uint8_t *bytes = bl_cursor_take(c, size);
        bl_cursor part = parts[i] = bl_cursor_over(bytes, bytes ? sizes[i] : 0);
        if (i == 0)
            take_name(&part, false);
        else if (i == 1 && !(version > 1 && flags & 1))
            bytes_each = check_type(&part, 0);
        else if (i == 2 && !(version > 1 && flags & 2))
            n = check_space(&part, length_size);
        if (part.failed)
            fail(c);
    }
    if (__builtin_mul_overflow(bytes_each, n, &all) || all > bl_cursor_left(c))
        fail(c); // libhdf5 copies as many bytes as type and extent want
    if (!c->failed)
        *ret_message = (bl_hdf5_attribute_message){
            .name = (const char *)parts[0].data,
            .type = parts[1],
            .space = parts[2],
            .is_shared = version > 1 && flags & 3,
            .data = bl_cursor_over(c->data + c->position, bl_cursor_left(c))};
}

/// Many attributes lie in a heap, whose place this message tells.
static bool has_heap_of_attributes(bl_cursor *c, size_t address_size) {
    bl_cursor_skip(c, 1);
    bl_cursor_skip(c, bl_cursor_u8(c) & 1 ? 2 : 0);
    uint64_t none = address_size < 8 ? ((uint64_t)1 << 8 * address_size) - 1 : UINT64_MAX;
    return take(c, address_size) != none;
}

// ---- headers ----

static bl_status add_block(check *k, uint64_t offset, uint64_t size, bl_error *err) {
    uint64_t end = k->file->io.size_bytes;
    if (offset > end || size > end - offset)
        return bl_error_set(err, BL_E_CORRUPT, "a header goes past the end of the file");
    if (k->n_blocks == MAX_BLOCKS || size > MAX_BLOCK_BYTES)
        return bl_error_set(err, BL_E_LIMIT,
                            "a header of more than %d parts, or a part of %llu "
                            "bytes",
                            MAX_BLOCKS, (unsigned long long)size);
    k->blocks[k->n_blocks++] = (block){offset, size};
    return BL_OK;
}

static bl_status check_header(bl_hdf5_file *file, uint64_t address, check *k, bl_error *err);

/// A type that is an object of its own: its header is looked over in turn.
static bl_status check_shared(const check *k, bl_cursor *c, bl_error *err) {
    unsigned version = bl_cursor_u8(c), kind = bl_cursor_u8(c);
    bl_cursor_skip(c, version == 1 ? 6 : 0);
    uint64_t address = take(c, k->file->address_size);
    BL_TRY(bl_cursor_check(c, "a shared message", err));
    if (k->n_shared >= MAX_SHARED || (version == 3 && kind != 2))
        return bl_error_set(err, BL_E_UNSUPPORTED, "a message that is shared in a heap");
    check other = {.n_shared = k->n_shared + 1};
    return check_header(k->file, address, &other, err);
}

static bl_status visit_attribute(const check *k, unsigned flags, bl_cursor *c, bl_error *err) {
    bl_hdf5_attribute_message message = {0};
    if (flags & 2)
        return k->visit ? bl_error_set(err, BL_E_UNSUPPORTED, "an attribute shared in a heap")
                        : BL_OK;
    check_attribute(c, k->file->length_size, &message);
    return c->failed || !k->visit ? BL_OK : k->visit(k->user, &message, err);
}

static bl_status check_message(check *k, unsigned type, unsigned flags, bl_cursor *c,
                               bl_error *err) {
    size_t a = k->file->address_size, l = k->file->length_size;
    if (type == 0x10) {
        uint64_t offset = take(c, a), size = take(c, l);
        BL_TRY(bl_cursor_check(c, "a continuation", err));
        if (offset > k->file->io.size_bytes)
            return bl_error_set(err, BL_E_CORRUPT, "a header goes past the end of the file");
        return add_block(k, offset + k->file->base, size, err);
    }
    if (flags & 2 && (type == 0x01 || type == 0x03 || type == 0x05 || type == 0x0b))
        return check_shared(k, c, err);
    if (type == 0x01)
        (void)check_space(c, l);
    else if (type == 0x03)
        (void)check_type(c, 0);
    else if (type == 0x04)
        bl_cursor_skip(c, (size_t)take(c, 4));
    else if (type == 0x05)
        check_fill(c);
    else if (type == 0x08)
        check_layout(c, a, l);
    else if (type == 0x0b)
        check_filters(c);
    else if (type == 0x0c)
        BL_TRY(visit_attribute(k, flags, c, err));
    else if (type == 0x15 && k->visit && has_heap_of_attributes(c, a))
        return bl_error_set(err, BL_E_UNSUPPORTED, "its attributes are in a heap");
    return c->failed ? bl_error_set(err, BL_E_CORRUPT, "message %u of its header is damaged", type)
                     : BL_OK;
}

static bl_status check_block(check *k, const uint8_t *bytes, size_t size, bl_error *err) {
    bl_cursor c = bl_cursor_over(bytes, size);
    size_t head = k->is_second ? (k->counts_creation ? 6 : 4) : 8;
    if (k->is_second && k->at > 1) // continued: a signature in front, a checksum behind
        bl_cursor_skip(&c, 4);
    while (!c.failed && bl_cursor_left(&c) >= head + (k->is_second ? 4 : 0)) {
        unsigned type = (unsigned)take(&c, k->is_second ? 1 : 2);
        size_t n = (size_t)take(&c, 2);
        unsigned flags = (unsigned)take(&c, 1);
        bl_cursor_skip(&c, head - (k->is_second ? 4 : 5));
        const uint8_t *message = bl_cursor_take(&c, n);
        if (!message)
            return bl_error_set(err, BL_E_CORRUPT, "message %u is longer than its header", type);
        bl_cursor inside = bl_cursor_over(message, n);
        BL_TRY(check_message(k, type, flags, &inside, err));
    }
    return BL_OK;
}

/// Finds the first block of messages.
static bl_status open_header(check *k, uint64_t offset, bl_error *err) {
    uint8_t head[64] = {0};
    uint64_t left = k->file->io.size_bytes - offset;
    BL_TRY(bl_hdf5_read(&k->file->io, offset, left < sizeof head ? (size_t)left : sizeof head, head,
                        err));
    bl_cursor c = bl_cursor_over(head, sizeof head);
    k->is_second = memcmp(head, "OHDR", 4) == 0;
    if (!k->is_second) {
        bl_cursor_skip(&c, 8);
        uint64_t size = take(&c, 4);
        if (head[0] != 1)
            return bl_error_set(err, BL_E_CORRUPT, "byte %llu is no header of an object",
                                (unsigned long long)offset);
        return add_block(k, offset + 16, size, err);
    }
    unsigned flags = head[5];
    bl_cursor_skip(&c, 6);
    bl_cursor_skip(&c, flags & 0x20 ? 16 : 0);
    bl_cursor_skip(&c, flags & 0x10 ? 4 : 0);
    uint64_t size = take(&c, (size_t)1 << (flags & 3));
    k->counts_creation = (flags & 4) != 0;
    if (size > MAX_BLOCK_BYTES)
        return bl_error_set(err, BL_E_LIMIT, "a header of %llu bytes", (unsigned long long)size);
    return add_block(k, offset + c.position, size + 4, err);
}

static bl_status check_header(bl_hdf5_file *file, uint64_t address, check *k, bl_error *err) {
    bl_context *context = file->head.context;
    uint64_t offset;
    k->file = file;
    if (__builtin_add_overflow(address, file->base, &offset) || offset >= file->io.size_bytes)
        return bl_error_set(err, BL_E_CORRUPT, "a header goes past the end of the file");
    BL_TRY(open_header(k, offset, err));
    while (k->at < k->n_blocks) {
        const block *b = &k->blocks[k->at++];
        BL_AUTO(bl_buffer) bytes = NULL;
        BL_TRY(bl_buffer_new(context, (size_t)b->size, &bytes, err));
        BL_TRY(bl_hdf5_read(&file->io, b->offset, (size_t)b->size, bytes->data, err));
        BL_TRY(check_block(k, bytes->data, (size_t)b->size, err));
    }
    return BL_OK;
}

bl_status bl_hdf5_header_check(bl_hdf5_file *file, uint64_t address, bl_error *err) {
    check k = {0};
    return check_header(file, address, &k, err);
}

bl_status bl_hdf5_header_attributes(bl_hdf5_file *file, uint64_t address,
                                    bl_hdf5_attribute_fn visit, void *user, bl_error *err) {
    check k = {.visit = visit, .user = user};
    return check_header(file, address, &k, err);
}
