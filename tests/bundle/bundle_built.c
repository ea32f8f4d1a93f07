// SPDX-License-Identifier: Apache-2.0
// Writes a small model as a bundle: usage: bundle_built hlf|particles FILE
#include <stdio.h>

#include "model/bundle/made_testing.h"

static bl_status write_bundle(bl_context *context, const char *which, const char *path,
                              bl_error *err) {
    BL_AUTO(bl_bundle) bundle = NULL;
    bl_status status =
        strcmp(which, "hlf") == 0 ? made_hlf(context, &bundle) : made_particles(context, &bundle);
    if (status != BL_OK)
        return bl_error_set(err, status, "%s cannot be made", which);
    return bl_bundle_write(context, bundle, path, false, err);
}

int main(int argc, char **argv) {
    bl_context *context = NULL;
    bl_error err = {0};
    if (argc != 3) {
        fprintf(stderr, "usage: bundle_built hlf|particles FILE\n");
        return 2;
    }
    bl_status status = bl_context_new(NULL, &context, &err);
    if (status == BL_OK)
        status = write_bundle(context, argv[1], argv[2], &err);
    if (status != BL_OK)
        fprintf(stderr, "bundle_built: %s\n", err.message);
    bl_context_free(context);
    return status != BL_OK;
}
