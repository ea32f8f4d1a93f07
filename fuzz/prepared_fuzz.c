// SPDX-License-Identifier: Apache-2.0
// Descriptions of prepared data sets: what is accepted has all that it says.
#include "base/context.h"
#include "data/prepared/private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const bl_prepared *prepared) {
    for (size_t i = 0; i < prepared->n_parts; i++)
        if (bl_prepared_find(prepared, prepared->parts[i].name) != &prepared->parts[i])
            __builtin_trap();
    for (size_t i = 0; i < prepared->n_transforms; i++)
        for (size_t k = 0; k < prepared->n_inputs; k++) {
            const bl_prepared_input *input = &prepared->inputs[k];
            const bl_nn_columns *columns =
                bl_nn_transform_find(&prepared->transforms[i], input->name);
            if (columns && columns->n != input->width)
                __builtin_trap();
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bl_context_options options = {.size = sizeof options, .n_threads = 1};
    bl_context *context = NULL;
    bl_prepared *prepared = NULL;
    const bl_item *document = NULL;
    bl_error err = {0};
    if (bl_context_new(&options, &context, NULL) != BL_OK)
        return 0;
    if (bl_prepared_new(context, "fuzz", &prepared, &err) == BL_OK &&
        bl_json_parse(&prepared->arena, "fuzz", size ? (const char *)data : "", size, &document,
                      &err) == BL_OK &&
        bl_prepared_take(prepared, document, &err) == BL_OK)
        look_at(prepared);
    bl_prepared_close(prepared);
    bl_context_free(context);
    return 0;
}
