// SPDX-License-Identifier: Apache-2.0
// Data configurations: YAML as a tree, and what its keys say. A text that begins with a brace is
// read as JSON, too.
#include "base/context.h"
#include "data/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef bl_status (*parser)(bl_arena *arena, const char *source, const char *text, size_t size,
                            const bl_item **ret_item, bl_error *err);

static void read_as(bl_context *context, parser parse, const char *text, size_t size) {
    bl_arena arena;
    bl_config config;
    const bl_item *document;
    bl_error err = {0};
    bl_arena_init(&arena, context);
    bl_config_init(&config, &arena);
    if (parse(&arena, "fuzz", text, size, &document, &err) == BL_OK)
        (void)bl_config_read_document(&config, document, &err);
    bl_arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bl_context_options options = {.size = sizeof options, .n_threads = 1};
    bl_context *context = NULL;
    const char *text = size ? (const char *)data : "";
    if (bl_context_new(&options, &context, NULL) != BL_OK)
        return 0;
    read_as(context, bl_yaml_parse, text, size);
    if (size && *text == '{')
        read_as(context, bl_json_parse, text, size);
    bl_context_free(context);
    return 0;
}
