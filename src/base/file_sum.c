// SPDX-License-Identifier: Apache-2.0
#include "base/file_sum.h"

#include <errno.h>
#include <stdio.h>
#include <xxhash.h>

static bl_status add_file(const char *path, XXH64_state_t *state, uint64_t *ret_bytes,
                          bl_error *err) {
    char bytes[1 << 16];
    size_t n;
    FILE *file = fopen(path, "rbe");
    if (!file)
        return bl_error_errno(err, errno, path);
    *ret_bytes = 0;
    while ((n = fread(bytes, 1, sizeof bytes, file)) > 0) {
        (void)XXH64_update(state, bytes, n);
        *ret_bytes += n;
    }
    bool failed = ferror(file);
    (void)fclose(file);
    return failed ? bl_error_errno(err, EIO, path) : BL_OK;
}

bl_status bl_file_sum(const char *path, uint64_t *ret_bytes, uint64_t *ret_xxh64, bl_error *err) {
    uint64_t n = 0;
    XXH64_state_t *state = XXH64_createState();
    if (!state)
        return bl_error_nomem(err, 0, "a checksum");
    (void)XXH64_reset(state, 0);
    bl_status status = add_file(path, state, &n, err);
    uint64_t sum = XXH64_digest(state);
    (void)XXH64_freeState(state);
    BL_TRY(status);
    *ret_bytes = n;
    *ret_xxh64 = sum;
    return BL_OK;
}
