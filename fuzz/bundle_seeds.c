// SPDX-License-Identifier: Apache-2.0
// Writes the first inputs of fuzz/corpus/bundle into the folder named on the command line: some
// bundles as whole files, and the texts in them for themselves.
#include <stdio.h>

#include "base/text.h"
#include "io/archive/zip.h"
#include "model/bundle/made_testing.h"

typedef bl_status (*make_fn)(bl_context *context, bl_bundle **ret_bundle);

static bl_status save(const char *folder, const char *name, const void *data, size_t size) {
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wbe");
    bool good = file && fwrite(data, size, 1, file) == 1;
    return file && fclose(file) == 0 && good ? BL_OK : BL_E_IO;
}

static void put(bl_text *to, char *bytes, const char *text, size_t size) {
    size_t at = to->n;
    bl_text_add(to, "__%.*s", (int)size, text);
    if (!to->has_failed)
        memcpy(to->text + at, bytes, 2);
}

/// A member as text; NULL: there is none.
static const char *text_of(bl_arena *arena, const bl_zip *zip, const char *name) {
    uint8_t *data = NULL;
    const bl_zip_member *member = bl_zip_find(zip, name);
    return member && bl_zip_read(arena, zip, member, &data, NULL) == BL_OK ? (const char *)data
                                                                           : NULL;
}

static bl_status save_texts(bl_arena *arena, const char *folder, const char *name,
                            const bl_buffer *bytes) {
    static const char *const names[] = {"bundle.json", "network.yaml", "transform.json"};
    BL_AUTO(bl_source) source = NULL;
    bl_zip zip;
    bl_text all = {.arena = arena};
    BL_TRY(bl_source_open_memory(arena->context, "z", bytes->data, bytes->size, &source, NULL));
    BL_TRY(bl_zip_open(arena, source, &zip, NULL));
    bl_text_add(&all, "t");
    for (size_t i = 0; i < 3; i++) {
        const char *text = text_of(arena, &zip, names[i]), *list = NULL;
        text = text ? text : "";
        if (i == 0 && (list = strstr(text, "\"members\": ")) != NULL)
            text = bl_arena_printf(arena, "%.*s\"members\": @}", (int)(list - text), text);
        size_t size = strlen(text);
        put(&all, (char[]){(char)(size & 255), (char)(size >> 8)}, text, size);
    }
    return all.has_failed ? BL_E_NOMEM : save(folder, name, all.text, all.n);
}

static bl_status save_bundle(bl_arena *arena, const char *folder, const char *name, make_fn make) {
    BL_AUTO(bl_bundle) bundle = NULL;
    BL_AUTO(bl_buffer) bytes = NULL;
    char text[64];
    BL_TRY(make(arena->context, &bundle));
    BL_TRY(made_bytes(arena->context, bundle, &bytes));
    char *whole = (char *)bl_arena_alloc(arena, bytes->size + 1);
    if (!whole)
        return BL_E_NOMEM;
    *whole = 'f';
    memcpy(whole + 1, bytes->data, bytes->size);
    (void)snprintf(text, sizeof text, "%s.blm", name);
    BL_TRY(save(folder, text, whole, bytes->size + 1));
    (void)snprintf(text, sizeof text, "%s.texts", name);
    return save_texts(arena, folder, text, bytes);
}

int main(int argc, char **argv) {
    bl_context *context = NULL;
    if (argc != 2 || bl_context_new(NULL, &context, NULL) != BL_OK) {
        fprintf(stderr, "usage: bundle_seeds FOLDER\n");
        return 2;
    }
    bl_arena arena;
    bl_arena_init(&arena, context);
    bl_status status = save_bundle(&arena, argv[1], "hlf", made_hlf);
    if (status == BL_OK)
        status = save_bundle(&arena, argv[1], "particles", made_particles);
    if (status == BL_OK)
        status = save_bundle(&arena, argv[1], "ordered", made_ordered);
    if (status == BL_OK)
        status = save_bundle(&arena, argv[1], "repeated", made_repeated);
    if (status == BL_OK)
        status = save_bundle(&arena, argv[1], "forest", made_forest);
    bl_arena_release(&arena);
    bl_context_free(context);
    if (status != BL_OK)
        fprintf(stderr, "bundle_seeds: %s\n", bl_status_text(status));
    return status != BL_OK;
}
