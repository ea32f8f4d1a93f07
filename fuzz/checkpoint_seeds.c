// SPDX-License-Identifier: Apache-2.0
// Writes the first inputs of fuzz/corpus/checkpoint into the folder named on the command line: a
// checkpoint as a whole file, and members for themselves.
#include <stdio.h>

#include "base/context.h"
#include "learn/train/made_testing.h"

static bl_status save(const char *folder, const char *name, char kind, const void *data,
                      size_t size) {
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wbe");
    bool good = file && fputc(kind, file) == kind && fwrite(data, size, 1, file) == 1;
    return file && fclose(file) == 0 && good ? BL_OK : BL_E_IO;
}

static bl_status save_members(bl_arena *arena, const char *folder, const bl_buffer *bytes) {
    static const char *const names[] = {"state.json", "history.npy", "moments.npy"};
    BL_AUTO(bl_source) source = NULL;
    bl_zip zip;
    BL_TRY(bl_source_open_memory(arena->context, "z", bytes->data, bytes->size, &source, NULL));
    BL_TRY(bl_zip_open(arena, source, &zip, NULL));
    for (size_t i = 0; i < 3; i++) {
        uint8_t *data = NULL;
        const bl_zip_member *member = bl_zip_find(&zip, names[i]);
        if (!member)
            return BL_E_NOTFOUND;
        BL_TRY(bl_zip_read(arena, &zip, member, &data, NULL));
        BL_TRY(save(folder, names[i], names[i][0], data, (size_t)member->raw_bytes));
    }
    return BL_OK;
}

static bl_status save_all(bl_context *context, made_training *made, const char *folder) {
    BL_AUTO(bl_buffer) bytes = NULL;
    double loss;
    BL_TRY(made_training_new(context, 2, BL_NN_OPTIMIZER_ADAM, made));
    BL_TRY(made_step(made, 0, &loss));
    BL_TRY(made_progress(made));
    BL_TRY(made_write(context, &made->checkpoint, &bytes));
    BL_TRY(save(folder, "whole", 'f', bytes->data, bytes->size));
    return save_members(&made->arena, folder, bytes);
}

int main(int argc, char **argv) {
    bl_context *context = NULL;
    made_training made;
    if (argc != 2 || bl_context_new(NULL, &context, NULL) != BL_OK) {
        fprintf(stderr, "usage: checkpoint_seeds FOLDER\n");
        return 2;
    }
    bl_status status = save_all(context, &made, argv[1]);
    made_training_free(&made);
    bl_context_free(context);
    if (status != BL_OK)
        fprintf(stderr, "checkpoint_seeds: %s\n", bl_status_text(status));
    return status != BL_OK;
}
