// SPDX-License-Identifier: Apache-2.0
// A whole ROOT file: header, directories, streamer info, trees, baskets. Input: the file.
#include "formats/walk_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bl_context_options options = {.size = sizeof options, .n_threads = 1};
    bl_context *context = NULL;
    walk w = {0};
    if (bl_context_new(&options, &context, NULL) == BL_OK)
        walk_bytes(context, data, size, &w);
    bl_context_free(context);
    return 0;
}
