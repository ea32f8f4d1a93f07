// SPDX-License-Identifier: Apache-2.0
// Bytes as they are stored, or unpacked on the way.
#include "formats/tfrecord/input.h"

#include "base/context.h"
#include "formats/tfrecord/record.h"

#define KEPT_SHARE 8 // of the memory budget

static bl_status restart(bl_tf_input *input, bl_error *err) {
    bl_inflow_close(BL_MOVE(input->inflow));
    input->position = 0;
    return input->is_zlib ? bl_inflow_open_zlib(input->source, &input->inflow, err)
                          : bl_inflow_open(input->source, &input->inflow, err);
}

/// What begins with no record may begin with a zlib stream.
static bl_status look_for_zlib(bl_tf_input *input, bl_error *err) {
    uint8_t head[BL_TF_HEAD];
    uint64_t all = input->source->size_bytes, length;
    size_t n = all < sizeof head ? (size_t)all : sizeof head;
    if (n)
        BL_TRY(bl_source_read(input->source, 0, n, head, err));
    bool is_record = n == sizeof head && bl_tf_head_read(bl_crc32c_get(), head, &length);
    input->is_zlib = !is_record && bl_inflow_may_be_zlib(head, n);
    return BL_OK;
}

bl_status bl_tf_input_open(bl_context *context, bl_source *source, bl_tf_input **ret_input,
                           bl_error *err) {
    BL_AUTO(bl_source) owned = source;
    BL_AUTO(bl_tf_input) input = (bl_tf_input *)bl_alloc_zero(context, 1, sizeof *input);
    if (!input)
        return bl_error_nomem(err, sizeof *input, "an input");
    input->context = context;
    input->source = BL_MOVE(owned);
    BL_TRY(look_for_zlib(input, err));
    BL_TRY(restart(input, err));
    input->packing = bl_inflow_packing(input->inflow);
    if (!input->packing) // its bytes can be had in any order
        bl_inflow_close(BL_MOVE(input->inflow));
    input->is_keeping = input->packing || !input->source->ops->read;
    *ret_input = BL_MOVE(input);
    return BL_OK;
}

void bl_tf_input_close(bl_tf_input *input) {
    if (!input)
        return;
    bl_inflow_close(input->inflow);
    bl_buffer_release(input->kept);
    bl_source_close(input->source);
    bl_free(input->context, input);
}

/// Goes to a place in what is packed: on by reading, back by beginning again.
static bl_status go_to(bl_tf_input *input, uint64_t offset, bl_error *err) {
    enum { STEP = 64 << 10 };
    if (offset < input->position || !input->inflow)
        BL_TRY(restart(input, err));
    if (offset == input->position)
        return BL_OK;
    BL_AUTO(bl_buffer) skipped = NULL;
    BL_TRY(bl_buffer_new(input->context, STEP, &skipped, err));
    while (input->position < offset) {
        size_t n,
            size = offset - input->position < STEP ? (size_t)(offset - input->position) : STEP;
        BL_TRY(bl_inflow_read(input->inflow, skipped->data, size, &n, err));
        input->position += n;
        if (n < size)
            break;
    }
    return BL_OK;
}

static bl_status read_packed(bl_tf_input *input, uint64_t offset, size_t size, void *data,
                             size_t *ret_n, bl_error *err) {
    size_t n = 0;
    BL_TRY(go_to(input, offset, err));
    if (input->position == offset)
        BL_TRY(bl_inflow_read(input->inflow, data, size, &n, err));
    input->position += n;
    *ret_n = n;
    return BL_OK;
}

static bl_status read_stored(bl_tf_input *input, uint64_t offset, size_t size, void *data,
                             size_t *ret_n, bl_error *err) {
    uint64_t all = input->source->size_bytes, left = offset < all ? all - offset : 0;
    size_t n = left < size ? (size_t)left : size;
    if (n)
        BL_TRY(bl_source_read(input->source, offset, n, data, err));
    *ret_n = n;
    return BL_OK;
}

static size_t kept_bytes(const bl_tf_input *input) { return input->kept ? input->kept->size : 0; }

static void drop_kept(bl_tf_input *input) {
    bl_buffer_release(BL_MOVE(input->kept));
    input->is_keeping = false;
}

/// Keeps the bytes that follow those that are kept.
static bl_status keep(bl_tf_input *input, const void *data, size_t size, bl_error *err) {
    enum { FIRST = 64 << 10 };
    uint64_t wanted = (uint64_t)kept_bytes(input) + size;
    if (wanted > bl_context_budget_bytes(input->context) / KEPT_SHARE) {
        drop_kept(input);
        return BL_OK;
    }
    wanted = wanted < 2 * (uint64_t)kept_bytes(input) ? 2 * (uint64_t)kept_bytes(input) : wanted;
    wanted = wanted < FIRST ? FIRST : wanted;
    if (!input->kept)
        BL_TRY(bl_buffer_new(input->context, (size_t)wanted, &input->kept, err));
    if (input->kept->size + size > input->kept->capacity)
        BL_TRY(bl_buffer_reserve(&input->kept, (size_t)wanted, err));
    if (size)
        memcpy(input->kept->data + input->kept->size, data, size);
    input->kept->size += size;
    return BL_OK;
}

static size_t copy_kept(const bl_tf_input *input, uint64_t offset, size_t size, void *data) {
    uint64_t all = kept_bytes(input), left = offset < all ? all - offset : 0;
    size_t n = left < size ? (size_t)left : size;
    if (n)
        memcpy(data, input->kept->data + offset, n);
    return n;
}

bl_status bl_tf_input_read(bl_tf_input *input, uint64_t offset, size_t size, void *data,
                           size_t *ret_n, bl_error *err) {
    if (input->is_kept) {
        *ret_n = copy_kept(input, offset, size, data);
        return BL_OK;
    }
    BL_TRY(input->packing ? read_packed(input, offset, size, data, ret_n, err)
                          : read_stored(input, offset, size, data, ret_n, err));
    if (!input->is_keeping)
        return BL_OK;
    if (offset != kept_bytes(input)) // not from front to back
        drop_kept(input);
    else
        BL_TRY(keep(input, data, *ret_n, err));
    if (input->is_keeping && *ret_n < size) {
        input->is_kept = true;
        bl_inflow_close(BL_MOVE(input->inflow));
    }
    return BL_OK;
}

bl_status bl_tf_input_read_part(const bl_tf_input *input, uint64_t offset, size_t size, void *data,
                                bl_error *err) {
    if (!input->is_kept)
        return input->source->ops->read(input->source, &(bl_read){offset, size, data}, err);
    (void)copy_kept(input, offset, size, data);
    return BL_OK;
}
