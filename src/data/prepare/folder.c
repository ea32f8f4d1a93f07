// SPDX-License-Identifier: Apache-2.0
#include "data/prepare/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_own(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

static bl_status add_name(bl_arena *arena, const char *name, const char ***names, size_t *n,
                          size_t *room, bl_error *err) {
    const char **grown =
        (const char **)bl_arena_grow(arena, (void *)*names, *n, room, sizeof *grown);
    char *copy = bl_arena_text(arena, name, strlen(name));
    if (!grown || !copy)
        return bl_error_nomem(err, strlen(name), "a name");
    *names = grown;
    grown[(*n)++] = copy;
    return BL_OK;
}

bl_status bl_folder_list(bl_arena *arena, const char *folder, bool (*is_wanted)(const char *name),
                         const char ***ret_names, size_t *ret_n, bl_error *err) {
    const char **names = NULL;
    size_t n = 0, room = 0;
    bl_status status = BL_OK;
    DIR *directory = opendir(folder);
    if (!directory)
        return bl_error_errno(err, errno, folder);
    errno = 0;
    for (struct dirent *entry; status == BL_OK && (entry = readdir(directory)); errno = 0)
        if (!is_own(entry->d_name) && (!is_wanted || is_wanted(entry->d_name)))
            status = add_name(arena, entry->d_name, &names, &n, &room, err);
    if (status == BL_OK && errno)
        status = bl_error_errno(err, errno, folder);
    (void)closedir(directory);
    if (status != BL_OK)
        return status;
    if (n)
        qsort((void *)names, n, sizeof *names, by_name);
    *ret_names = names;
    *ret_n = n;
    return BL_OK;
}

void bl_folder_clear(bl_context *context, const char *folder, bool (*is_wanted)(const char *name)) {
    bl_arena arena;
    const char **names = NULL;
    size_t n = 0;
    bl_arena_init(&arena, context);
    if (bl_folder_list(&arena, folder, is_wanted, &names, &n, NULL) == BL_OK)
        for (size_t i = 0; i < n; i++) {
            const char *path = bl_arena_printf(&arena, "%s/%s", folder, names[i]);
            if (path)
                (void)unlink(path);
        }
    bl_arena_release(&arena);
}
