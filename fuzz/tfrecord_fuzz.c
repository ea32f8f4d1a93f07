// SPDX-License-Identifier: Apache-2.0
// TFRecord. Input: one byte, then a whole file where it is 'f'; else records, each behind a length
// of two bytes (little-endian), which are framed with the right checksums first: no fuzzer would
// find those.
#include <stdlib.h>

#include "base/context.h"
#include "formats/tfrecord/read_testing.h"
#include "formats/tfrecord/record.h"

enum { LENGTH_BYTES = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/// \param out room for 16 bytes a record more than the input \return bytes of the file
static size_t frame(const uint8_t *data, size_t size, uint8_t *out) {
    uint8_t *begin = out;
    while (size >= LENGTH_BYTES) {
        uint64_t length = data[0] | (uint64_t)data[1] << 8;
        data += LENGTH_BYTES;
        size -= LENGTH_BYTES;
        length = length < size ? length : size;
        uint32_t sum;
        memcpy(out, &length, sizeof length);
        sum = bl_crc32c_mask(bl_crc32c_plain(out, sizeof length));
        memcpy(out + sizeof length, &sum, sizeof sum);
        memcpy(out + BL_TF_HEAD, data, (size_t)length);
        sum = bl_crc32c_mask(bl_crc32c_plain(data, (size_t)length));
        memcpy(out + BL_TF_HEAD + length, &sum, sizeof sum);
        out += BL_TF_FRAME + length;
        data += length;
        size -= (size_t)length;
    }
    return (size_t)(out - begin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bl_context_options options = {.size = sizeof options, .n_threads = 1};
    bl_context *context = NULL;
    if (size == 0 || bl_context_new(&options, &context, NULL) != BL_OK)
        return 0;
    bl_error err = {0};
    if (data[0] == 'f') {
        (void)(test_read_bytes(context, data + 1, size - 1, NULL, &err) == BL_OK);
    } else {
        uint8_t *file = malloc(size * (BL_TF_FRAME / LENGTH_BYTES + 1));
        if (!file)
            abort();
        size_t n = frame(data + 1, size - 1, file);
        (void)(test_read_bytes(context, file, n, NULL, &err) == BL_OK);
        free(file);
    }
    if (err.status == BL_E_SHAPE || strncmp(err.message, "a column", 8) == 0)
        abort(); // a column was short, or contradicts itself
    bl_context_free(context);
    return 0;
}
