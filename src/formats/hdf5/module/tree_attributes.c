// SPDX-License-Identifier: Apache-2.0
// Attributes, decoded from the messages that hold them. libhdf5 is not asked: it follows texts of
// any length into a heap that it trusts. The pieces of a message were looked over (header.c), so
// that a type here has all of its bytes.
#include "base/context.h"
#include "formats/hdf5/module/header.h"
#include "formats/hdf5/module/tree.h"

enum { MAX_ATTRIBUTES = 4096 };

typedef struct reading {
    bl_hdf5_file *file;
    bl_hdf5_heap *heap;
    bl_arena *arena;
    bl_hdf5_node *node;
    size_t capacity;          ///< of `found`
    bl_hdf5_attribute *found; ///< [node->n_attributes]; owns
} reading;

static uint64_t take(bl_cursor *c, size_t size) {
    const uint8_t *bytes = bl_cursor_take(c, size);
    uint64_t value = 0;
    if (bytes)
        memcpy(&value, bytes, size); // little-endian, as the machines that this runs on
    return value;
}

// ---- types ----

static bl_hdf5_type integer_type(uint64_t bits, uint64_t size, bl_cursor *c) {
    static const bl_hdf5_type types[2][4] = {
        {BL_HDF5_UINT8, BL_HDF5_UINT16, BL_HDF5_UINT32, BL_HDF5_UINT64},
        {BL_HDF5_INT8, BL_HDF5_INT16, BL_HDF5_INT32, BL_HDF5_INT64}};
    uint64_t offset = take(c, 2), precision = take(c, 2);
    bool is_big_endian = bits & 1 && size > 1;
    if (is_big_endian || offset != 0 || precision != 8 * size || size > 8 || size & (size - 1))
        return BL_HDF5_UNKNOWN;
    return types[bits >> 3 & 1][__builtin_ctzll(size)];
}

static bl_hdf5_type float_type(uint64_t bits, uint64_t size, bl_cursor *c) {
    bl_cursor_skip(c, 4);
    uint64_t exponent = take(c, 1), exponent_bits = take(c, 1);
    uint64_t mantissa = take(c, 1), mantissa_bits = take(c, 1);
    if (bits & 0x41 || mantissa != 0 || exponent != mantissa_bits)
        return BL_HDF5_UNKNOWN;
    if (size == 2 && exponent_bits == 5 && mantissa_bits == 10)
        return BL_HDF5_FLOAT16;
    if (size == 4 && exponent_bits == 8 && mantissa_bits == 23)
        return BL_HDF5_FLOAT32;
    return size == 8 && exponent_bits == 11 && mantissa_bits == 52 ? BL_HDF5_FLOAT64
                                                                   : BL_HDF5_UNKNOWN;
}

/// \param ret_size bytes of one value in the message
static void parse_type(const reading *r, bl_cursor c, bl_hdf5_values *values, size_t *ret_size) {
    static const char *const names[] = {"an integer", "a float", "a time",     "a text",
                                        "bits",       "opaque",  "a compound", "a reference",
                                        "an enum",    "a list",  "an array"};
    unsigned class = (unsigned)take(&c, 1) & 15;
    uint64_t bits = take(&c, 3), size = take(&c, 4);
    *ret_size = (size_t)size;
    if (class == H5T_INTEGER)
        values->type = integer_type(bits, size, &c);
    else if (class == H5T_FLOAT)
        values->type = float_type(bits, size, &c);
    else if (class == H5T_STRING && (bits & 15) != H5T_STR_SPACEPAD)
        values->type = BL_HDF5_TEXTS, values->text_bytes = (size_t)size;
    else if (class == H5T_VLEN && (bits & 15) == 1 && size == bl_hdf5_heap_reference_size(r->heap))
        values->type = BL_HDF5_TEXTS;
    if (values->type == BL_HDF5_UNKNOWN)
        values->unknown = class < sizeof names / sizeof *names ? names[class] : "no type";
}

/// \return false where there are no values at all
static bool parse_space(const reading *r, bl_cursor c, uint64_t *dims, bl_hdf5_values *values) {
    unsigned version = (unsigned)take(&c, 1);
    values->rank = (unsigned)take(&c, 1);
    bl_cursor_skip(&c, 1);
    bool is_null = version == 2 ? take(&c, 1) == 2 : false;
    bl_cursor_skip(&c, version == 1 ? 5 : 0);
    values->n = 1;
    for (unsigned i = 0; i < values->rank; i++) {
        dims[i] = take(&c, r->file->length_size);
        if (__builtin_mul_overflow(values->n, (size_t)dims[i], &values->n))
            values->n = SIZE_MAX;
    }
    return !is_null;
}

// ---- values ----

static bl_status read_text(reading *r, bl_cursor *c, const bl_hdf5_values *values,
                           const char **ret_text, bl_error *err) {
    const uint8_t *bytes;
    uint32_t count = 0;
    size_t size = values->text_bytes;
    if (size) {
        bytes = bl_cursor_take(c, size);
    } else {
        const uint8_t *reference = bl_cursor_take(c, bl_hdf5_heap_reference_size(r->heap));
        if (!reference)
            return bl_cursor_check(c, "its texts", err);
        BL_TRY(bl_hdf5_heap_find(r->heap, reference, &count, &bytes, &size, err));
        if (count > size)
            return bl_error_set(err, BL_E_CORRUPT, "a text of %u bytes where %zu are", count, size);
        size = count;
    }
    bl_context *context = r->arena->context; // many texts may share a place on the heap
    if (bl_context_busy_bytes(context) + size > bl_context_budget_bytes(context))
        return bl_error_set(err, BL_E_LIMIT, "its texts do not fit into the memory budget");
    *ret_text = bl_arena_text(r->arena, (const char *)bytes,
                              bytes ? strnlen((const char *)bytes, size) : 0);
    return *ret_text ? BL_OK : bl_error_nomem(err, size, "a text");
}

static bl_status read_values(reading *r, bl_cursor data, bl_hdf5_values *values, size_t size,
                             bl_error *err) {
    if (size == 0 || values->n > bl_cursor_left(&data) / size)
        return bl_error_set(err, BL_E_CORRUPT, "it has fewer values than it says");
    if (values->type != BL_HDF5_TEXTS) {
        values->data = bl_arena_alloc(r->arena, values->n * size);
        if (values->data)
            memcpy(values->data, data.data, values->n * size);
        return values->data ? BL_OK : bl_error_nomem(err, values->n * size, "an attribute");
    }
    values->texts = (const char **)bl_arena_array(r->arena, values->n + 1, sizeof(char *));
    if (!values->texts)
        return bl_error_nomem(err, values->n * sizeof(char *), "an attribute");
    for (size_t i = 0; i < values->n; i++)
        BL_TRY(read_text(r, &data, values, &values->texts[i], err));
    return BL_OK;
}

static bl_status decode(reading *r, const bl_hdf5_attribute_message *message,
                        bl_hdf5_values *values, bl_error *err) {
    uint64_t dims[256];
    size_t size = 0;
    if (message->is_shared) {
        values->unknown = "of a named type";
        return BL_OK;
    }
    parse_type(r, message->type, values, &size);
    if (!parse_space(r, message->space, dims, values)) {
        *values = (bl_hdf5_values){.unknown = "empty"};
        return BL_OK;
    }
    uint64_t *copy = (uint64_t *)bl_arena_array(r->arena, values->rank + 1u, sizeof *copy);
    if (!copy)
        return bl_error_nomem(err, values->rank * sizeof *copy, "a shape");
    memcpy(copy, dims, values->rank * sizeof *copy);
    values->dims = copy;
    return values->type == BL_HDF5_UNKNOWN ? BL_OK
                                           : read_values(r, message->data, values, size, err);
}

static bl_status visit(void *user, const bl_hdf5_attribute_message *message, bl_error *err) {
    reading *r = (reading *)user;
    size_t n = r->node->n_attributes;
    if (n == MAX_ATTRIBUTES)
        return bl_error_set(err, BL_E_LIMIT, "more than %d attributes", MAX_ATTRIBUTES);
    BL_TRY(bl_array_grow(r->file->head.context, &r->found, &r->capacity, n, sizeof *r->found,
                         "attributes", err));
    bl_hdf5_attribute attribute = {
        .name = bl_arena_text(r->arena, message->name, strlen(message->name))};
    if (!attribute.name)
        return bl_error_nomem(err, strlen(message->name), "a name");
    BL_TRY_IN(decode(r, message, &attribute.values, err), err, "attribute '%s'", attribute.name);
    r->found[r->node->n_attributes++] = attribute;
    return BL_OK;
}

static bl_status keep(const reading *r, bl_error *err) {
    size_t n = r->node->n_attributes;
    r->node->attributes =
        (bl_hdf5_attribute *)bl_arena_array(r->arena, n + 1, sizeof *r->node->attributes);
    if (!r->node->attributes)
        return bl_error_nomem(err, n * sizeof *r->found, "attributes");
    if (n)
        memcpy(r->node->attributes, r->found, n * sizeof *r->found);
    return BL_OK;
}

bl_status bl_hdf5_attributes_read(bl_hdf5_file *file, bl_hdf5_heap *heap, bl_arena *arena,
                                  uint64_t address, bl_hdf5_node *node, bl_error *err) {
    reading r = {.file = file, .heap = heap, .arena = arena, .node = node};
    bl_status status = bl_hdf5_header_attributes(file, address, visit, &r, err);
    if (status == BL_OK)
        status = keep(&r, err);
    bl_free(file->head.context, r.found);
    return status;
}
