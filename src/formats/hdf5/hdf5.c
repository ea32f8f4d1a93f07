// SPDX-License-Identifier: Apache-2.0
// The door to the module `hdf5`, which is opened with the first file that needs it.
// The signature: HDF5 File Format Specification, "Superblock". A file in which it comes later,
// behind a user block, is opened where the format is named.
#include "formats/hdf5/hdf5.h"

#include "base/module.h"

static const uint8_t signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

bool bl_hdf5_probe(const uint8_t *head, size_t size) {
    return size >= sizeof signature && memcmp(head, signature, sizeof signature) == 0;
}

static bl_status load(const bl_hdf5_face **ret_face, bl_error *err) {
    const void *face = NULL;
    BL_TRY_IN(bl_module_load("hdf5", "libhdf5 (Debian: libhdf5-dev)", &face, err), err,
              "HDF5 is not to be had here");
    *ret_face = (const bl_hdf5_face *)face;
    return BL_OK;
}

bl_status bl_hdf5_open(bl_context *context, bl_source *source, const bl_open_options *options,
                       bl_file **ret_file, bl_error *err) {
    BL_AUTO(bl_source) owned = source;
    const bl_hdf5_face *face;
    (void)options;
    BL_TRY(load(&face, err));
    return face->open(context, BL_MOVE(owned), ret_file, err);
}

bl_status bl_hdf5_create(bl_context *context, bl_sink *sink, const bl_create *how,
                         bl_output **ret_output, bl_error *err) {
    BL_AUTO(bl_sink) owned = sink;
    BL_AUTO(bl_source) base = how->base;
    const bl_hdf5_face *face;
    if (base)
        return bl_error_set(err, BL_E_UNSUPPORTED, "an HDF5 file cannot continue another file");
    BL_TRY(load(&face, err));
    return face->create(context, BL_MOVE(owned), how, ret_output, err);
}

bl_status bl_hdf5_look(bl_context *context, bl_source *source, const char *const *names, size_t n,
                       bool *ret_found, bl_error *err) {
    BL_AUTO(bl_source) owned = source;
    const bl_hdf5_face *face;
    BL_TRY(load(&face, err));
    return face->look(context, BL_MOVE(owned), names, n, ret_found, err);
}

bl_status bl_hdf5_tree_read(bl_arena *arena, bl_source *source, const bl_hdf5_node **ret_root,
                            bl_error *err) {
    BL_AUTO(bl_source) owned = source;
    const bl_hdf5_face *face;
    BL_TRY(load(&face, err));
    return face->read_tree(arena, BL_MOVE(owned), ret_root, err);
}

bl_status bl_hdf5_tree_write(bl_context *context, bl_sink *sink, const bl_hdf5_node *root,
                             bl_error *err) {
    BL_AUTO(bl_sink) owned = sink;
    const bl_hdf5_face *face;
    BL_TRY(load(&face, err));
    return face->write_tree(context, BL_MOVE(owned), root, err);
}
