// SPDX-License-Identifier: Apache-2.0
// Builders. Buffers double; a buffer's `size` is always what was appended, so that growing moves
// exactly that. Offsets start with their 0 at the first list or string, or at the finish.
#include "column/builder.h"

#include "base/utf8.h"

static bool is_string(bl_type_id id) { return id == BL_UTF8 || id == BL_BINARY; }
static bool is_list(bl_type_id id) { return id == BL_LIST || id == BL_LARGE_LIST; }

bl_status bl_builder_init(bl_builder *builder, bl_context *context, bl_type *type, bl_error *err) {
    *builder = (bl_builder){.type = type, .context = context, .is_utf8 = type->id == BL_UTF8};
    if (!type->n_children)
        return BL_OK;
    builder->children =
        (bl_builder *)bl_alloc_zero(context, type->n_children, sizeof *builder->children);
    if (!builder->children)
        return bl_error_nomem(err, type->n_children * sizeof *builder->children, "a builder");
    builder->n_children = type->n_children;
    for (size_t i = 0; i < type->n_children; i++) {
        bl_status status = bl_builder_init(&builder->children[i], context, type->children[i], err);
        if (status != BL_OK) {
            bl_builder_release(builder);
            return status;
        }
    }
    return BL_OK;
}

void bl_builder_release(bl_builder *builder) {
    for (size_t i = 0; i < builder->n_children; i++)
        bl_builder_release(&builder->children[i]);
    if (builder->context)
        bl_free(builder->context, builder->children);
    bl_buffer_release(builder->validity);
    bl_buffer_release(builder->offsets);
    bl_buffer_release(builder->values);
    *builder = (bl_builder){0};
}

static void fail(bl_builder *builder, bl_status status) {
    if (builder->failed == BL_OK)
        builder->failed = status;
}

/// The place of `n_bytes` more in a buffer, which is made or doubled as needed; NULL without
/// memory.
static uint8_t *grow(bl_builder *builder, bl_buffer **buffer, size_t n_bytes) {
    size_t size = *buffer ? (*buffer)->size : 0;
    size_t wanted;
    if (__builtin_expect(!*buffer || n_bytes > (*buffer)->capacity - size, 0)) {
        if (__builtin_add_overflow(size, n_bytes, &wanted)) {
            fail(builder, BL_E_NOMEM);
            return NULL;
        }
        if (wanted < 2 * size)
            wanted = 2 * size;
        if (wanted < 1024)
            wanted = 1024;
        bl_status status = *buffer ? bl_buffer_reserve(buffer, wanted, NULL)
                                   : bl_buffer_new(builder->context, wanted, buffer, NULL);
        if (status != BL_OK) {
            fail(builder, status);
            return NULL;
        }
    }
    (*buffer)->size = size + n_bytes;
    return (*buffer)->data + size;
}

void *bl_builder_extend(bl_builder *builder, size_t n) {
    size_t n_bytes;
    if (__builtin_expect(builder->failed != BL_OK, 0))
        return NULL;
    if (__builtin_mul_overflow(n, bl_type_id_width(builder->type->id), &n_bytes)) {
        fail(builder, BL_E_NOMEM);
        return NULL;
    }
    uint8_t *place = grow(builder, &builder->values, n_bytes);
    if (place)
        builder->length += (int64_t)n;
    return place;
}

void bl_builder_append_bools(bl_builder *builder, const uint8_t *bytes, size_t n) {
    size_t at = (size_t)builder->length, have = (at + 7) / 8;
    if (builder->failed != BL_OK || n == 0)
        return;
    if (n > SIZE_MAX - at - 7) {
        fail(builder, BL_E_NOMEM);
        return;
    }
    uint8_t *fresh = grow(builder, &builder->values, (at + n + 7) / 8 - have);
    if (!fresh)
        return;
    memset(fresh, 0, builder->values->size - have);
    uint8_t *bits = builder->values->data;
    for (size_t i = 0; i < n; i++, at++)
        bits[at / 8] = (uint8_t)(bits[at / 8] | (unsigned)(bytes[i] != 0) << (at % 8));
    builder->length += (int64_t)n;
}

/// Appends an offset, of 8 bytes for large lists, else 4.
static bool push_offset(bl_builder *builder, int64_t offset) {
    bool is_large = builder->type->id == BL_LARGE_LIST;
    if (__builtin_expect(!is_large && offset > INT32_MAX, 0)) {
        fail(builder, BL_E_LIMIT);
        return false;
    }
    uint8_t *place = grow(builder, &builder->offsets, is_large ? 8 : 4);
    if (!place)
        return false;
    int32_t narrow = (int32_t)offset;
    if (is_large)
        memcpy(place, &offset, 8);
    else
        memcpy(place, &narrow, 4);
    return true;
}

static bool has_first_offset(bl_builder *builder) {
    return builder->offsets || push_offset(builder, 0);
}

void bl_builder_append_string(bl_builder *builder, const uint8_t *bytes, size_t n) {
    if (builder->failed != BL_OK || !has_first_offset(builder))
        return;
    size_t size = builder->values ? builder->values->size : 0;
    if (n > INT32_MAX || size + n > INT32_MAX) {
        fail(builder, BL_E_LIMIT);
        return;
    }
    uint8_t *place = grow(builder, &builder->values, n);
    if (!place || !push_offset(builder, (int64_t)(size + n)))
        return;
    if (n)
        memcpy(place, bytes, n);
    if (builder->is_utf8 && !bl_utf8_valid(bytes, n))
        builder->is_utf8 = false;
    builder->length++;
}

void bl_builder_end_list(bl_builder *builder) {
    if (builder->failed != BL_OK || !has_first_offset(builder))
        return;
    if (push_offset(builder, bl_builder_length(&builder->children[0])))
        builder->length++;
}

void bl_builder_append_empty(bl_builder *builder, size_t n) { builder->length += (int64_t)n; }

/// Says of the next `n` values whether they are there.
static void mark(bl_builder *builder, size_t n, bool is_there) {
    size_t at = (size_t)builder->n_marked, have = (at + 7) / 8;
    if (n > SIZE_MAX - at - 7) {
        fail(builder, BL_E_NOMEM);
        return;
    }
    uint8_t *fresh = grow(builder, &builder->validity, (at + n + 7) / 8 - have);
    if (!fresh)
        return;
    memset(fresh, 0, builder->validity->size - have);
    uint8_t *bits = builder->validity->data;
    for (size_t end = at + n; is_there && at < end; at++)
        bits[at / 8] = (uint8_t)(bits[at / 8] | 1U << at % 8);
    builder->n_marked += (int64_t)n;
}

void bl_builder_append_nulls(bl_builder *builder, size_t n) {
    if (n == 0 || builder->failed != BL_OK)
        return;
    mark(builder, (size_t)(bl_builder_length(builder) - builder->n_marked), true);
    mark(builder, n, false);
    bl_type_id id = builder->type->id;
    if (id != BL_STRUCT && id != BL_FIXED_LIST) {
        bl_builder_append_defaults(builder, n);
        return;
    }
    for (size_t i = 0; i < builder->n_children; i++)
        bl_builder_append_nulls(&builder->children[i],
                                id == BL_STRUCT ? n : n * (size_t)builder->type->list_size);
    if (!builder->n_children)
        bl_builder_append_empty(builder, n);
}

int64_t bl_builder_length(const bl_builder *builder) {
    if (builder->type->id == BL_STRUCT)
        return builder->n_children ? bl_builder_length(&builder->children[0]) : builder->length;
    if (builder->type->id == BL_FIXED_LIST)
        return builder->type->list_size
                   ? bl_builder_length(&builder->children[0]) / builder->type->list_size
                   : 0;
    return builder->length;
}

/// Empties a builder for its next use, whatever became of what it held.
static void reset(bl_builder *builder) {
    bl_buffer_release(BL_MOVE(builder->validity));
    bl_buffer_release(BL_MOVE(builder->offsets));
    bl_buffer_release(BL_MOVE(builder->values));
    builder->n_marked = 0;
    builder->length = 0;
    builder->failed = BL_OK;
    builder->is_utf8 = builder->type->id == BL_UTF8;
    for (size_t i = 0; i < builder->n_children; i++)
        reset(&builder->children[i]);
}

/// Items that the children must have, so that no half-built list or struct gets out.
static bl_status check_children(const bl_builder *builder, const bl_column *column, bl_error *err) {
    int64_t wanted = column->length;
    if (is_list(builder->type->id))
        wanted = bl_column_offset(column, column->length);
    else if (builder->type->id == BL_FIXED_LIST)
        wanted *= builder->type->list_size;
    for (size_t i = 0; i < column->n_children; i++)
        if (column->children[i].length != wanted)
            return bl_error_set(err, BL_E_CORRUPT, "%s: %lld values where %lld are needed",
                                builder->type->names[i], (long long)column->children[i].length,
                                (long long)wanted);
    return BL_OK;
}

static bl_status finish(bl_builder *builder, bl_column *column, bl_error *err);

/// A child that turned from utf8 to binary changes the types above it.
static bl_status retype(bl_builder *builder, bl_column *column, bl_error *err) {
    bool same = true;
    for (size_t i = 0; i < column->n_children; i++)
        same = same && bl_type_equal(column->children[i].type, builder->type->children[i]);
    if (same)
        return BL_OK;
    BL_AUTO(bl_type) type = NULL;
    BL_TRY(bl_type_with_children(builder->context, builder->type, column->children, &type, err));
    bl_type_release(column->type);
    column->type = BL_MOVE(type);
    return BL_OK;
}

static bl_status finish_children(bl_builder *builder, bl_column *column, bl_error *err) {
    for (size_t i = 0; i < builder->n_children; i++)
        BL_TRY(finish(&builder->children[i], &column->children[i], err));
    BL_TRY(check_children(builder, column, err));
    return retype(builder, column, err);
}

static bl_status finish(bl_builder *builder, bl_column *column, bl_error *err) {
    bl_type_id id = builder->type->id;
    if (is_list(id) || is_string(id))
        (void)has_first_offset(builder);
    if (builder->validity)
        mark(builder, (size_t)(bl_builder_length(builder) - builder->n_marked), true);
    if (builder->failed == BL_E_LIMIT)
        return bl_error_set(err, BL_E_LIMIT,
                            "more than 2147483647 %s in one column of a batch; read fewer rows",
                            is_string(id) ? "bytes" : "items");
    if (builder->failed != BL_OK)
        return bl_error_set(err, builder->failed, "out of memory: a column is too large");
    bl_type *type = builder->type;
    if (id == BL_UTF8 && !builder->is_utf8)
        type = type->is_nullable ? bl_type_primitive_nullable(BL_BINARY)
                                 : bl_type_primitive(BL_BINARY);
    BL_TRY(bl_column_init(builder->context, column, type, err));
    column->length = bl_builder_length(builder);
    column->validity = BL_MOVE(builder->validity);
    column->offsets = BL_MOVE(builder->offsets);
    column->values = BL_MOVE(builder->values);
    return builder->n_children ? finish_children(builder, column, err) : BL_OK;
}

bl_status bl_builder_finish(bl_builder *builder, bl_column *ret_column, bl_error *err) {
    bl_column column = {0};
    bl_status status = finish(builder, &column, err);
    reset(builder);
    if (status == BL_OK)
        *ret_column = column;
    else
        bl_column_release(builder->context, &column);
    return status;
}
