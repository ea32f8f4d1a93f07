// SPDX-License-Identifier: Apache-2.0
// usage: onnx_built OUT
// Writes a small model made by the builder, for other people's checkers and engines.
#include <stdio.h>

#include "base/context.h"
#include "model/onnx/built_testing.h"
#include "model/onnx/file.h"

static bl_status write(bl_arena *arena, const char *url, bl_error *err) {
    BL_AUTO(bl_sink) sink = NULL;
    bl_onnx_builder b;
    bl_onnx_model *model = NULL;
    test_onnx_model(&b, arena);
    BL_TRY(bl_onnx_builder_finish(&b, &model, err));
    BL_TRY(bl_sink_open(arena->context, url, true, &sink, err));
    BL_TRY(bl_onnx_write(arena->context, model, sink, err));
    return bl_sink_finish(sink, err);
}

int main(int argc, char **argv) {
    bl_context *context = NULL;
    bl_error err = {0};
    bl_arena arena;
    if (argc != 2 || bl_context_new(NULL, &context, NULL) != BL_OK)
        return 2;
    bl_arena_init(&arena, context);
    bl_status status = write(&arena, argv[1], &err);
    if (status != BL_OK)
        fprintf(stderr, "%s\n", err.message);
    bl_arena_release(&arena);
    bl_context_free(context);
    return status == BL_OK ? 0 : 1;
}
