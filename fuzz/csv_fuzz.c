// SPDX-License-Identifier: Apache-2.0
// CSV, plain or packed: separators, names, types, and all rows, whole and in parts. Input: one byte
// that picks options, then the file.
#include <stdio.h>
#include <stdlib.h>

#include "formats/text/walk_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const types[] = {NULL,
                                        "*=float32",
                                        "*=int8",
                                        "*=bool",
                                        "*=utf8",
                                        "*=list<list<float64>>",
                                        "*=struct<a: int64, b: utf8>",
                                        "*=timestamp"};
    static const char *const separators[] = {NULL, ",", ";", "\\t"};
    bl_context_options options = {
        .size = sizeof options, .n_threads = 1, .memory_bytes = 64u << 20};
    bl_context *context = NULL;
    bl_error err = {0};
    if (size == 0 || size > 1u << 20 || bl_context_new(&options, &context, NULL) != BL_OK)
        return 0;
    bl_open_options opening = {.size = sizeof opening,
                               .types = types[data[0] & 7],
                               .separator = separators[data[0] >> 3 & 3],
                               .no_header = data[0] >> 5 & 1};
    if (walk_text(context, bl_csv_open, "bytes.csv", data + 1, size - 1, &opening, &err) ==
        BL_E_SHAPE) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    bl_context_free(context);
    return 0;
}
