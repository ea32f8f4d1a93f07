// SPDX-License-Identifier: Apache-2.0
#include "base/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static bl_status write_all(int fd, const char *path, const char *bytes, size_t size,
                           bl_error *err) {
    while (size) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return bl_error_errno(err, n ? errno : EIO, path);
        bytes += n;
        size -= (size_t)n;
    }
    return fsync(fd) == 0 ? BL_OK : bl_error_errno(err, errno, path);
}

/// A link does not replace, a rename does.
static bl_status name(const char *temporary, const char *path, bool overwrite, bl_error *err) {
    int failed = overwrite ? rename(temporary, path) : link(temporary, path);
    if (failed && errno == EEXIST)
        return bl_error_set(err, BL_E_EXISTS, "%s: already exists; --overwrite replaces it", path);
    return failed ? bl_error_errno(err, errno, path) : BL_OK;
}

// One temporary name: what a killed process left under it goes with the next one.
bl_status bl_whole_file_write(const char *path, const void *bytes, size_t size, bool overwrite,
                              bl_error *err) {
    char temporary[4096];
    int length = snprintf(temporary, sizeof temporary, "%s.new", path);
    if (length < 0 || (size_t)length >= sizeof temporary)
        return bl_error_set(err, BL_E_LIMIT, "%s: the path is too long", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return bl_error_errno(err, errno, path);
    bl_status status = write_all(fd, path, (const char *)bytes, size, err);
    if (close(fd) != 0 && status == BL_OK)
        status = bl_error_errno(err, errno, path);
    if (status == BL_OK)
        status = name(temporary, path, overwrite, err);
    if (status != BL_OK || !overwrite)
        (void)unlink(temporary);
    return status;
}
