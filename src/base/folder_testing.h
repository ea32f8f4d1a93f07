// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests that write files: a folder for them, which is gone at the end.
#ifndef BL_BASE_FOLDER_TESTING_H
#define BL_BASE_FOLDER_TESTING_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/folder.h"

static char test_folder[64];

/// The path of a file in the folder; the last 16 are good.
static inline const char *test_path(const char *name) {
    static char paths[16][256];
    static unsigned i;
    char *path = paths[i++ % 16];
    (void)snprintf(path, sizeof paths[0], "%s/%s", test_folder, name);
    return path;
}

/// Set-up of a group of tests. \return 0: it is there
static inline int test_make_folder(void **state) {
    (void)state;
    (void)snprintf(test_folder, sizeof test_folder, "/tmp/%.40s-XXXXXX",
                   program_invocation_short_name);
    return mkdtemp(test_folder) ? 0 : -1;
}

/// Removes it with all that is in it.
static inline int test_remove_folder(void **state) {
    (void)state;
    bl_folder_remove(test_folder);
    return 0;
}

#endif
