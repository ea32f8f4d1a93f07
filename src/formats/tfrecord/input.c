// SPDX-License-Identifier: Apache-2.0
// Bytes as they are stored, or unpacked on the way.
#include "formats/tfrecord/input.h"

static bl_status restart(bl_tf_input *input, bl_error *err) {
    bl_inflow_close(BL_MOVE(input->inflow));
    input->position = 0;
    return bl_inflow_open(input->source, &input->inflow, err);
}

bl_status bl_tf_input_open(bl_context *context, bl_source *source, bl_tf_input **ret_input,
                           bl_error *err) {
    BL_AUTO(bl_source) owned = source;
    BL_AUTO(bl_tf_input) input = (bl_tf_input *)bl_alloc_zero(context, 1, sizeof *input);
    if (!input)
        return bl_error_nomem(err, sizeof *input, "an input");
    input->context = context;
    input->source = BL_MOVE(owned);
    BL_TRY(restart(input, err));
    input->packing = bl_inflow_packing(input->inflow);
    if (!input->packing) // its bytes can be had in any order
        bl_inflow_close(BL_MOVE(input->inflow));
    *ret_input = BL_MOVE(input);
    return BL_OK;
}

void bl_tf_input_close(bl_tf_input *input) {
    if (!input)
        return;
    bl_inflow_close(input->inflow);
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

bl_status bl_tf_input_read(bl_tf_input *input, uint64_t offset, size_t size, void *data,
                           size_t *ret_n, bl_error *err) {
    if (input->packing) {
        BL_TRY(go_to(input, offset, err));
        *ret_n = 0;
        if (input->position < offset)
            return BL_OK;
        bl_status status = bl_inflow_read(input->inflow, data, size, ret_n, err);
        input->position += *ret_n;
        return status;
    }
    uint64_t all = input->source->size_bytes, left = offset < all ? all - offset : 0;
    size_t n = left < size ? (size_t)left : size;
    if (n)
        BL_TRY(bl_source_read(input->source, offset, n, data, err));
    *ret_n = n;
    return BL_OK;
}

bl_status bl_tf_input_read_part(const bl_tf_input *input, uint64_t offset, size_t size, void *data,
                                bl_error *err) {
    return input->source->ops->read(input->source, &(bl_read){offset, size, data}, err);
}
