// SPDX-License-Identifier: Apache-2.0
// Whole files in and out.
#include "model/onnx/file.h"

#include "io/bytes/source.h"
#include "model/onnx/check.h"
#include "model/onnx/external.h"

static bl_status decode(bl_arena *arena, const void *data, size_t size, bl_onnx_model **ret_model,
                        bl_error *err) {
    bl_onnx_model *model = bl_arena_alloc(arena, sizeof *model);
    if (!model)
        return bl_error_nomem(err, sizeof *model, "a model");
    BL_TRY(bl_message_decode(arena, &bl_onnx_model_message, data, size, model, err));
    *ret_model = model;
    return BL_OK;
}

bl_status bl_onnx_parse(bl_arena *arena, const void *data, size_t size, bl_onnx_model **ret_model,
                        bl_error *err) {
    bl_onnx_model *model = NULL;
    BL_TRY(decode(arena, data, size, &model, err));
    BL_TRY(bl_onnx_check(arena->context, model, NULL, NULL, err));
    *ret_model = model;
    return BL_OK;
}

static bl_status read_source(bl_arena *arena, bl_source *source, bl_bytes *ret_bytes,
                             bl_error *err) {
    if (source->size_bytes > INT32_MAX)
        return bl_error_set(err, BL_E_LIMIT, "%llu bytes; protocol buffers end at 2 GiB",
                            (unsigned long long)source->size_bytes);
    size_t size = (size_t)source->size_bytes;
    uint8_t *bytes = bl_arena_alloc(arena, size ? size : 1);
    if (!bytes)
        return bl_error_nomem(err, size, "a model");
    BL_TRY(bl_source_read(source, 0, size, bytes, err));
    *ret_bytes = (bl_bytes){bytes, size};
    return BL_OK;
}

static bl_status read_model(bl_arena *arena, bl_source *source, bl_onnx_model **ret_model,
                            bl_error *err) {
    const char *slash = strrchr(source->url, '/');
    size_t length = slash ? (size_t)(slash + 1 - source->url) : 0;
    bl_onnx_external external = {arena, bl_arena_text(arena, source->url, length)};
    bl_onnx_model *model = NULL;
    bl_bytes bytes;
    if (!external.folder)
        return bl_error_nomem(err, length, "a path");
    BL_TRY(read_source(arena, source, &bytes, err));
    BL_TRY(decode(arena, bytes.data, bytes.size, &model, err));
    BL_TRY(bl_onnx_check(arena->context, model, bl_onnx_load_external, &external, err));
    *ret_model = model;
    return BL_OK;
}

bl_status bl_onnx_read(bl_arena *arena, const char *url, bl_onnx_model **ret_model, bl_error *err) {
    BL_AUTO(bl_source) source = NULL;
    BL_TRY(bl_source_open(arena->context, url, &source, err));
    BL_TRY_IN(read_model(arena, source, ret_model, err), err, "%s", url);
    return BL_OK;
}

bl_status bl_onnx_write(bl_context *context, const bl_onnx_model *model, bl_sink *sink,
                        bl_error *err) {
    BL_AUTO(bl_buffer) buffer = NULL;
    BL_TRY(bl_onnx_check(context, model, NULL, NULL, err));
    BL_TRY(bl_message_encode(context, &bl_onnx_model_message, model, &buffer, err));
    return bl_sink_write(sink, buffer->data, buffer->size, err);
}
