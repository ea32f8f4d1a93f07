// SPDX-License-Identifier: Apache-2.0
// Folders that appear when all their files are complete. A folder is only removed where it holds
// nothing but folders of files called part-*, as they are written here.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/publish/private.h"

typedef DIR folder_handle;
static void folder_handle_close(folder_handle *handle) { closedir(handle); }
BL_DEFINE_AUTO(folder_handle, folder_handle_close);

/// \return the next name that is not "." or ".."; NULL: no more
static const char *next_name(DIR *directory) {
    for (struct dirent *entry; (entry = readdir(directory));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            return entry->d_name;
    return NULL;
}

static bl_status refuse(const char *path, const char *name, bl_error *err) {
    return bl_error_set(err, BL_E_EXISTS, "%s: it holds '%s', which was not exported", path, name);
}

/// Opens a folder in another one. \param ret_handle NULL: there is none
static bl_status open_folder(int parent, const char *name, folder_handle **ret_handle,
                             bl_error *err) {
    *ret_handle = NULL;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? BL_OK : bl_error_errno(err, errno, name);
    *ret_handle = fdopendir(fd);
    if (*ret_handle)
        return BL_OK;
    int why = errno;
    close(fd);
    return bl_error_errno(err, why, name);
}

/// Looks at the files of a part, or removes them.
static bl_status clear_part(const char *path, int parent, const char *part, bool removes,
                            bl_error *err) {
    struct stat status;
    if (fstatat(parent, part, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(status.st_mode))
        return refuse(path, part, err);
    BL_AUTO(folder_handle) handle = NULL;
    BL_TRY(open_folder(parent, part, &handle, err));
    for (const char *name; handle && (name = next_name(handle));) {
        if (strncmp(name, "part-", 5) != 0)
            return refuse(path, name, err);
        if (removes && unlinkat(dirfd(handle), name, 0) != 0)
            return bl_error_errno(err, errno, name);
    }
    if (removes && unlinkat(parent, part, AT_REMOVEDIR) != 0)
        return bl_error_errno(err, errno, part);
    return BL_OK;
}

static bl_status clear(const char *path, bool removes, bl_error *err) {
    BL_AUTO(folder_handle) handle = NULL;
    BL_TRY(open_folder(AT_FDCWD, path, &handle, err));
    for (const char *name; handle && (name = next_name(handle));)
        BL_TRY(clear_part(path, dirfd(handle), name, removes, err));
    if (handle && removes && rmdir(path) != 0)
        return bl_error_errno(err, errno, path);
    return BL_OK;
}

/// Removes a folder, if nothing in it is somebody else's.
static bl_status remove_ours(const char *path, bl_error *err) {
    BL_TRY(clear(path, false, err));
    return clear(path, true, err);
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
    BL_TRY(clear(folder.path, false, err));
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
