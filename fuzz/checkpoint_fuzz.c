// SPDX-License-Identifier: Apache-2.0
// Checkpoints. Input: one byte, then a whole file where it is 'f'; else the bytes of state.json
// ('s'), history.npy ('h') or moments.npy ('m') in an otherwise good checkpoint, since no fuzzer
// would find the sums of an archive. What is read is written again, and must be the same when it is
// read back.
#include <stdlib.h>

#include "base/context.h"
#include "learn/train/made_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_file(bl_context *context, made_training *made, const uint8_t *data, size_t size) {
    BL_AUTO(bl_buffer) first = NULL;
    BL_AUTO(bl_buffer) second = NULL;
    if (made_read(context, data, size, &made->checkpoint, NULL) != BL_OK ||
        made_write(context, &made->checkpoint, &first) != BL_OK)
        return;
    if (made_read(context, first->data, first->size, &made->checkpoint, NULL) != BL_OK ||
        made_write(context, &made->checkpoint, &second) != BL_OK || first->size != second->size ||
        memcmp(first->data, second->data, first->size) != 0)
        abort();
}

static void try_member(bl_context *context, made_training *made, const char *name,
                       const uint8_t *data, size_t size) {
    BL_AUTO(bl_buffer) good = NULL;
    BL_AUTO(bl_buffer) changed = NULL;
    if (made_progress(made) == BL_OK && made_write(context, &made->checkpoint, &good) == BL_OK &&
        made_replace(&made->arena, good, name, data, size, &changed) == BL_OK)
        try_file(context, made, changed->data, changed->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bl_context_options options = {
        .size = sizeof options, .n_threads = 1, .memory_bytes = (uint64_t)64 << 20};
    bl_context *context = NULL;
    made_training made;
    if (size == 0 || size > 1u << 20 || bl_context_new(&options, &context, NULL) != BL_OK)
        return 0;
    bool is_made = made_training_new(context, 2, BL_NN_OPTIMIZER_ADAM, &made) == BL_OK;
    if (is_made && data[0] == 'f')
        try_file(context, &made, data + 1, size - 1);
    else if (is_made)
        try_member(context, &made,
                   data[0] == 's'   ? "state.json"
                   : data[0] == 'h' ? "history.npy"
                                    : "moments.npy",
                   data + 1, size - 1);
    made_training_free(&made);
    bl_context_free(context);
    return 0;
}
