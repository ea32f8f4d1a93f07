// SPDX-License-Identifier: Apache-2.0
// Local folders.
#include "base/folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

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
