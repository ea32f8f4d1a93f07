// SPDX-License-Identifier: Apache-2.0
// Bytes as they are stored, or unpacked on the way.
#include "formats/tfrecord/input.h"

bl_status bl_tf_input_open(bl_context *context, bl_source *source, bl_tf_input **ret_input,
                           bl_error *err) {
    bl_tf_input *input = (bl_tf_input *)bl_alloc_zero(context, 1, sizeof *input);
    if (!input) {
        bl_source_close(source);
        return bl_error_nomem(err, sizeof *input, "an input");
    }
    input->context = context;
    input->source = source;
    *ret_input = input;
    return BL_OK;
}

void bl_tf_input_close(bl_tf_input *input) {
    if (!input)
        return;
    bl_source_close(input->source);
    bl_free(input->context, input);
}

bl_status bl_tf_input_read(bl_tf_input *input, uint64_t offset, size_t size, void *data,
                           size_t *ret_n, bl_error *err) {
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
