// SPDX-License-Identifier: Apache-2.0
// JSON lines, plain or packed: keys, types, and all rows, whole and in parts. Input: one byte that
// picks types, then the file.
#include <stdio.h>
#include <stdlib.h>

#include "formats/text/walk_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const types[] = {NULL,           "*=utf8",
                                        "*=binary",     "*=int16",
                                        "z=date",       "*=list<struct<a: float32>>",
                                        "*=list<bool>", "a=struct<b: list<utf8>, c: uint64>"};
    bl_context_options options = {
        .size = sizeof options, .n_threads = 1, .memory_bytes = 64u << 20};
    bl_context *context = NULL;
    bl_error err = {0};
    if (size == 0 || size > 1u << 20 || bl_context_new(&options, &context, NULL) != BL_OK)
        return 0;
    bl_open_options opening = {.size = sizeof opening, .types = types[data[0] & 7]};
    if (walk_text(context, bl_json_lines_open, "bytes.jsonl", data + 1, size - 1, &opening, &err) ==
        BL_E_SHAPE) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    bl_context_free(context);
    return 0;
}
