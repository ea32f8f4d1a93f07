// SPDX-License-Identifier: Apache-2.0
// Local folders.
#include "base/folder.h"

#include <errno.h>
#include <fts.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bl_status bl_folder_make(const char *path, bl_error *err) {
    char above[4096];
    size_t n = strlen(path);
    if (n >= sizeof above)
        return bl_error_set(err, BL_E_INVALID, "%s: too long a path", path);
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(above, path, i);
        above[i] = '\0';
        if (mkdir(above, 0777) != 0 && errno != EEXIST)
            return bl_error_errno(err, errno, above);
    }
    return BL_OK;
}

typedef FTS walk;
static void walk_close(walk *w) { fts_close(w); }
BL_DEFINE_AUTO(walk, walk_close);

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

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

/// What is in folders inside it does not matter. \return NULL: there is no more; of level 0: the
/// folder itself cannot be read
static const FTSENT *next(walk *w) {
    FTSENT *entry;
    while ((entry = fts_read(w))) {
        bool is_failed =
            entry->fts_info == FTS_ERR || entry->fts_info == FTS_DNR || entry->fts_info == FTS_NS;
        if (entry->fts_level == 0 && is_failed)
            return entry;
        if (entry->fts_level != 1 || entry->fts_info == FTS_DP)
            continue;
        (void)fts_set(w, entry, FTS_SKIP);
        return entry;
    }
    return NULL;
}

bl_status bl_folder_list(bl_arena *arena, const char *folder, bool (*is_wanted)(const char *name),
                         const char ***ret_names, size_t *ret_n, bl_error *err) {
    char *const roots[] = {(char *)(uintptr_t)folder, NULL}; // which it copies
    const char **names = NULL;
    size_t n = 0, room = 0;
    BL_AUTO(walk) w = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (!w)
        return bl_error_errno(err, errno, folder);
    for (const FTSENT *entry; (entry = next(w));) {
        if (entry->fts_level == 0)
            return bl_error_errno(err, entry->fts_errno, folder);
        if (!is_wanted || is_wanted(entry->fts_name))
            BL_TRY(add_name(arena, entry->fts_name, &names, &n, &room, err));
    }
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

void bl_folder_remove(const char *folder) {
    char *const roots[] = {(char *)(uintptr_t)folder, NULL}; // which it copies
    BL_AUTO(walk) w = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    for (const FTSENT *entry; w && (entry = fts_read(w));)
        if (entry->fts_info != FTS_D)
            (void)remove(entry->fts_path);
}
