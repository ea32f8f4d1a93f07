// SPDX-License-Identifier: Apache-2.0
// usage: onnx_copy IN OUT
// Reads an ONNX model, writes it again, and prints what its tensors hold, one JSON line for each:
// initializers and tensors of attributes in the order of the file, those of inner graphs in their
// place. For tests that compare with the onnx package.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "model/onnx/file.h"

static int print_graph(bl_arena *arena, const bl_onnx_graph *graph);

static void print_hex(bl_bytes bytes) {
    for (size_t i = 0; i < bytes.size; i++)
        printf("%02x", bytes.data[i]);
}

static int print_tensor(bl_arena *arena, const bl_onnx_tensor *tensor) {
    bl_bytes bytes = {0};
    printf("{\"name\":\"%s\",\"type\":%d,\"dims\":[", tensor->name ? tensor->name : "",
           (int)tensor->type);
    for (size_t i = 0; i < tensor->dims.n; i++)
        printf("%s%" PRId64, i ? "," : "", tensor->dims.items[i]);
    printf("],\"values\":");
    if (tensor->type == BL_ONNX_STRING) {
        printf("[");
        for (size_t i = 0; i < tensor->texts.n; i++) {
            printf(i ? ",\"" : "\"");
            print_hex(tensor->texts.items[i]);
            printf("\"");
        }
        printf("]}\n");
        return 0;
    }
    if (bl_onnx_tensor_bytes(arena, tensor, &bytes, NULL) != BL_OK)
        return 1;
    printf("\"");
    print_hex(bytes);
    printf("\"}\n");
    return 0;
}

static int print_nodes(bl_arena *arena, const bl_onnx_nodes *nodes) {
    int failed = 0;
    for (size_t i = 0; i < nodes->n; i++)
        for (size_t k = 0; k < nodes->items[i].attributes.n; k++) {
            const bl_onnx_attribute *a = &nodes->items[i].attributes.items[k];
            if (a->tensor)
                failed |= print_tensor(arena, a->tensor);
            for (size_t t = 0; t < a->tensors.n; t++)
                failed |= print_tensor(arena, &a->tensors.items[t]);
            if (a->graph)
                failed |= print_graph(arena, a->graph);
            for (size_t g = 0; g < a->graphs.n; g++)
                failed |= print_graph(arena, &a->graphs.items[g]);
        }
    return failed;
}

static int print_graph(bl_arena *arena, const bl_onnx_graph *graph) {
    int failed = 0;
    for (size_t i = 0; i < graph->initializers.n; i++)
        failed |= print_tensor(arena, &graph->initializers.items[i]);
    return failed | print_nodes(arena, &graph->nodes);
}

static bl_status copy(bl_arena *arena, const char *in, const char *out, bl_error *err) {
    BL_AUTO(bl_sink) sink = NULL;
    bl_onnx_model *model = NULL;
    BL_TRY(bl_onnx_read(arena, in, &model, err));
    BL_TRY(bl_sink_open(arena->context, out, true, &sink, err));
    BL_TRY(bl_onnx_write(arena->context, model, sink, err));
    BL_TRY(bl_sink_finish(sink, err));
    int failed = print_graph(arena, model->graph);
    for (size_t i = 0; i < model->functions.n; i++)
        failed |= print_nodes(arena, &model->functions.items[i].nodes);
    return failed ? bl_error_set(err, BL_E_TYPE, "a tensor has no bytes") : BL_OK;
}

int main(int argc, char **argv) {
    bl_context *context = NULL;
    bl_error err = {0};
    bl_arena arena;
    if (argc != 3 || bl_context_new(NULL, &context, NULL) != BL_OK)
        return 2;
    bl_arena_init(&arena, context);
    bl_status status = copy(&arena, argv[1], argv[2], &err);
    if (status != BL_OK)
        fprintf(stderr, "%s\n", err.message);
    bl_arena_release(&arena);
    bl_context_free(context);
    return status == BL_OK ? 0 : 1;
}
