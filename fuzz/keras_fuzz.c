// SPDX-License-Identifier: Apache-2.0
// Model files of Keras. Input: one byte, then a whole file where it is 'f'; else the members of an
// archive, which are framed with the right sums first, since no fuzzer would find those: the length
// of config.json (two bytes, little-endian), it, and the HDF5 file of weights. What is read is
// written again into memory, and must be the same when it is read back.
#include <stdlib.h>

#include "base/context.h"
#include "model/keras/keras.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bl_status read_bytes(bl_context *context, const uint8_t *data, size_t size,
                            bl_keras_file **ret_file) {
    bl_source *source = NULL;
    BL_TRY(bl_source_open_memory(context, "bytes", data, size, &source, NULL));
    return bl_keras_read(context, source, ret_file, NULL);
}

/// The file as bytes again: of what could be read, all but unknown types can be written.
static void read_again(bl_context *context, bl_keras_file *file) {
    BL_AUTO(bl_buffer) bytes = NULL;
    BL_AUTO(bl_keras_file) again = NULL;
    bl_sink *sink = NULL;
    if (bl_buffer_new(context, 1 << 16, &bytes, NULL) != BL_OK ||
        bl_sink_open_memory(context, "again", &bytes, &sink, NULL) != BL_OK ||
        bl_keras_write_to(file, sink, NULL) != BL_OK)
        return;
    if (read_bytes(context, bytes->data, bytes->size, &again) != BL_OK ||
        again->n_weights != file->n_weights || again->n_parameters != file->n_parameters)
        abort();
}

static void try_file(bl_context *context, const uint8_t *data, size_t size) {
    BL_AUTO(bl_keras_file) file = NULL;
    if (read_bytes(context, data, size, &file) == BL_OK)
        read_again(context, file);
}

static void try_members(bl_context *context, const uint8_t *data, size_t size) {
    BL_AUTO(bl_buffer) bytes = NULL;
    BL_AUTO(bl_sink) sink = NULL;
    size_t n = size < 2 ? 0 : (size_t)(data[0] | data[1] << 8);
    if (size < 2 || n > size - 2)
        return;
    const bl_zip_part parts[] = {{"metadata.json", "{\"keras_version\": \"3.3.3\"}", 26},
                                 {"config.json", data + 2, n},
                                 {"model.weights.h5", data + 2 + n, size - 2 - n}};
    if (bl_buffer_new(context, size + 4096, &bytes, NULL) == BL_OK &&
        bl_sink_open_memory(context, "archive", &bytes, &sink, NULL) == BL_OK &&
        bl_zip_write(sink, parts, 3, NULL) == BL_OK)
        try_file(context, bytes->data, bytes->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bl_context_options options = {
        .size = sizeof options, .n_threads = 1, .memory_bytes = (uint64_t)64 << 20};
    bl_context *context = NULL;
    if (size == 0 || size > 1u << 20 || bl_context_new(&options, &context, NULL) != BL_OK)
        return 0;
    if (data[0] == 'f')
        try_file(context, data + 1, size - 1);
    else
        try_members(context, data + 1, size - 1);
    bl_context_free(context);
    return 0;
}
