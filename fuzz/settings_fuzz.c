// SPDX-License-Identifier: Apache-2.0
// Settings of training. Input: one byte, then YAML ('y'), or how Keras compiled a model as JSON
// ('k'). What is read is written, and must be the same when it is read back.
#include <stdlib.h>

#include "base/context.h"
#include "learn/train/settings.h"
#include "model/keras/to_training.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/// What is written of a section that is read; NULL: it is refused.
static const char *written(bl_arena *arena, const bl_item *section) {
    bl_training_settings settings;
    bl_text text = {.arena = arena};
    bl_training_settings_init(&settings);
    if (bl_training_settings_read(arena, section, &settings, NULL) != BL_OK)
        return NULL;
    bl_training_settings_write(&settings, true, &text);
    return text.has_failed ? NULL : text.text;
}

static void try_section(bl_arena *arena, const bl_item *section) {
    const bl_item *again = NULL;
    const char *text = written(arena, section), *same = NULL;
    if (!text)
        return;
    if (bl_json_parse(arena, "again", text, strlen(text), &again, NULL) == BL_OK)
        same = written(arena, again);
    if (!same || strcmp(text, same) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bl_context_options options = {
        .size = sizeof options, .n_threads = 1, .memory_bytes = (uint64_t)64 << 20};
    bl_context *context = NULL;
    bl_arena arena;
    const bl_item *item = NULL, *section = NULL;
    if (size == 0 || size > 1u << 16 || bl_context_new(&options, &context, NULL) != BL_OK)
        return 0;
    bl_arena_init(&arena, context);
    const char *text = (const char *)data + 1;
    if (data[0] == 'k') {
        if (bl_json_parse(&arena, "k", text, size - 1, &item, NULL) == BL_OK &&
            bl_keras_to_training(&arena, item, &section, NULL) == BL_OK)
            try_section(&arena, section);
    } else if (bl_yaml_parse(&arena, "y", text, size - 1, &item, NULL) == BL_OK)
        try_section(&arena, item);
    bl_arena_release(&arena);
    bl_context_free(context);
    return 0;
}
