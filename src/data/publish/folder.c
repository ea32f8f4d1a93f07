// SPDX-License-Identifier: Apache-2.0
// Folders that appear when all their files are complete. A folder is only removed where it holds
// nothing but folders of files called part-*, as they are written here.
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/publish/private.h"

typedef FTS walk;
static void walk_close(walk *w) { fts_close(w); }
BL_DEFINE_AUTO(walk, walk_close);

/// Whether it is the folder, a part or a file of one.
static bool is_ours(const FTSENT *entry) {
    bool is_folder = entry->fts_info == FTS_D || entry->fts_info == FTS_DP;
    bool is_file = entry->fts_info == FTS_F && strncmp(entry->fts_name, "part-", 5) == 0;
    return entry->fts_level == 2 ? is_file : is_folder;
}

static bl_status visit(const char *path, const FTSENT *entry, bool removes, bl_error *err) {
    if (entry->fts_info == FTS_NS || entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
        return entry->fts_level == 0 && entry->fts_errno == ENOENT
                   ? BL_OK
                   : bl_error_errno(err, entry->fts_errno, entry->fts_path);
    if (!is_ours(entry))
        return bl_error_set(err, BL_E_EXISTS, "%s: it holds '%s', which was not exported", path,
                            entry->fts_name);
    if (removes && entry->fts_info != FTS_D && remove(entry->fts_path) != 0)
        return bl_error_errno(err, errno, entry->fts_path);
    return BL_OK;
}

/// Looks at all that a folder holds, or removes it; there may be none.
static bl_status visit_all(const char *path, bool removes, bl_error *err) {
    char *const roots[] = {(char *)(uintptr_t)path, NULL}; // which it copies
    BL_AUTO(walk) w = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (!w)
        return bl_error_errno(err, errno, path);
    for (const FTSENT *entry; (entry = fts_read(w));)
        BL_TRY(visit(path, entry, removes, err));
    return BL_OK;
}

/// Removes a folder, if nothing in it is somebody else's.
static bl_status remove_ours(const char *path, bl_error *err) {
    BL_TRY(visit_all(path, false, err));
    return visit_all(path, true, err);
}

bl_status bl_publish_folder_begin(bl_arena *arena, const char *path, bool overwrite,
                                  bl_publish_folder *ret_folder, bl_error *err) {
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    bl_publish_folder folder = {.path = bl_arena_text(arena, path, length),
                                .partial =
                                    bl_arena_printf(arena, "%.*s.partial", (int)length, path),
                                .overwrite = overwrite};
    if (!folder.path || !folder.partial)
        return bl_error_nomem(err, 2 * length, "a path");
    if (access(folder.path, F_OK) == 0 && !overwrite)
        return bl_error_set(err, BL_E_EXISTS, "%s: exists; --overwrite replaces it", folder.path);
    BL_TRY(visit_all(folder.path, false, err));
    BL_TRY(remove_ours(folder.partial, err));
    if (mkdir(folder.partial, 0777) != 0)
        return bl_error_errno(err, errno, folder.partial);
    *ret_folder = folder;
    return BL_OK;
}

bl_status bl_publish_folder_finish(const bl_publish_folder *folder, bl_error *err) {
    bool has_old = folder->overwrite && access(folder->path, F_OK) == 0;
    if (has_old &&
        renameat2(AT_FDCWD, folder->partial, AT_FDCWD, folder->path, RENAME_EXCHANGE) == 0)
        return remove_ours(folder->partial, err);
    if (has_old) // a file system that cannot exchange
        BL_TRY(remove_ours(folder->path, err));
    if (renameat2(AT_FDCWD, folder->partial, AT_FDCWD, folder->path, RENAME_NOREPLACE) == 0)
        return BL_OK;
    if (errno == EINVAL && rename(folder->partial, folder->path) == 0)
        return BL_OK;
    return bl_error_errno(err, errno, folder->path);
}

void bl_publish_folder_drop(const bl_publish_folder *folder) {
    (void)remove_ours(folder->partial, NULL);
}
