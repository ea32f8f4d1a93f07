// SPDX-License-Identifier: Apache-2.0
// A whole Parquet file: footer, schema, pages, levels, values. Input: the file.
#include "formats/parquet/file.h"
#include "formats/walk_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bl_status open_parquet(bl_context *context, bl_source *source, bl_file **ret_file,
                              bl_error *err) {
    const bl_open_options options = {.size = sizeof options, .plain_vectors = true};
    return bl_parquet_open(context, source, &options, ret_file, err);
}

/// On two threads pages are decoded side by side.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    for (unsigned n_threads = 1; n_threads <= 2; n_threads++) {
        bl_context_options options = {
            .size = sizeof options, .n_threads = n_threads, .memory_bytes = (size_t)64 << 20};
        bl_context *context = NULL;
        walk w = {.open = open_parquet, .name = "bytes.parquet"};
        if (bl_context_new(&options, &context, NULL) == BL_OK)
            walk_bytes(context, data, size, &w);
        bl_context_free(context);
    }
    return 0;
}
