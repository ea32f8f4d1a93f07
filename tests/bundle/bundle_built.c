// SPDX-License-Identifier: Apache-2.0
// Writes a small model as a bundle: usage: bundle_built MODEL FILE; MODEL is one of the names below
#include <stdio.h>

#include "model/bundle/made_testing.h"

typedef struct made {
    const char *name;
    bl_status (*make)(bl_context *context, bl_bundle **ret_bundle);
} made;

static const made all[] = {{"hlf", made_hlf},
                           {"particles", made_particles},
                           {"ordered", made_ordered},
                           {"repeated", made_repeated}};

static bl_status write_bundle(bl_context *context, const char *which, const char *path,
                              bl_error *err) {
    BL_AUTO(bl_bundle) bundle = NULL;
    bl_status status = BL_E_NOTFOUND;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(which, all[i].name) == 0)
            status = all[i].make(context, &bundle);
    if (status != BL_OK)
        return bl_error_set(err, status, "%s cannot be made", which);
    return bl_bundle_write(context, bundle, path, false, err);
}

int main(int argc, char **argv) {
    bl_context *context = NULL;
    bl_error err = {0};
    if (argc != 3) {
        fprintf(stderr, "usage: bundle_built MODEL FILE\n");
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
