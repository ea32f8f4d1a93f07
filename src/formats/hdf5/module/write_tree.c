// SPDX-License-Identifier: Apache-2.0
// Whole files written from a tree, as h5py writes them by default: groups of the old kind,
// attributes in headers, values one behind the other. No times are stored.
#include "formats/hdf5/module/tree.h"

enum { MOST_ATTRIBUTE = 64512 }; ///< a header's message holds 64 KiB with all that describes it

typedef struct writing {
    bl_hdf5_io io;
    hid_t id;
} writing;

static hid_t text_type(size_t text_bytes) {
    hid_t type = H5Tcopy(H5T_C_S1);
    bool is_set = type >= 0 && H5Tset_size(type, text_bytes ? text_bytes : H5T_VARIABLE) >= 0 &&
                  H5Tset_strpad(type, text_bytes ? H5T_STR_NULLPAD : H5T_STR_NULLTERM) >= 0 &&
                  (text_bytes || H5Tset_cset(type, H5T_CSET_UTF8) >= 0);
    if (is_set)
        return type;
    bl_hdf5_release(type);
    return H5I_INVALID_HID;
}

static hid_t space_of(const bl_hdf5_values *values) {
    hsize_t dims[BL_HDF5_MAX_RANK];
    for (unsigned i = 0; i < values->rank; i++)
        dims[i] = values->dims[i];
    return values->rank ? H5Screate_simple((int)values->rank, dims, NULL) : H5Screate(H5S_SCALAR);
}

static bl_status check(const bl_hdf5_values *values, bl_error *err) {
    if (values->type == BL_HDF5_UNKNOWN)
        return bl_error_set(err, BL_E_UNSUPPORTED, "values of this type are not written: %s",
                            values->unknown);
    if (values->rank > BL_HDF5_MAX_RANK)
        return bl_error_set(err, BL_E_UNSUPPORTED, "%u dimensions", values->rank);
    return BL_OK;
}

// ---- attributes ----

/// Texts of a fixed length as they lie in the file.
static bl_status pad_texts(bl_arena *arena, const bl_hdf5_values *values, void **ret_data,
                           bl_error *err) {
    size_t width = values->text_bytes;
    char *all = (char *)bl_arena_array(arena, values->n + 1, width);
    if (!all)
        return bl_error_nomem(err, values->n * width, "texts");
    for (size_t i = 0; i < values->n; i++) {
        size_t size = strlen(values->texts[i]);
        if (size > width)
            return bl_error_set(err, BL_E_INVALID, "'%s' is longer than %zu bytes",
                                values->texts[i], width);
        memcpy(all + i * width, values->texts[i], size);
    }
    *ret_data = all;
    return BL_OK;
}

static bl_status write_attribute(writing *w, hid_t object, const bl_hdf5_attribute *attribute,
                                 bl_error *err) {
    const bl_hdf5_values *values = &attribute->values;
    bool is_text = values->type == BL_HDF5_TEXTS;
    BL_TRY(check(values, err));
    BL_HDF5_AUTO type = is_text ? text_type(values->text_bytes) : bl_hdf5_type_new(values->type);
    BL_HDF5_AUTO space = space_of(values);
    size_t size = is_text && !values->text_bytes ? 16 : H5Tget_size(type);
    if (values->n > MOST_ATTRIBUTE / (size ? size : 1))
        return bl_error_set(err, BL_E_LIMIT, "%zu values of %zu bytes are too long", values->n,
                            size);
    bl_arena arena;
    bl_arena_init(&arena, w->io.context);
    void *data = is_text ? (void *)values->texts : values->data;
    bl_status status = BL_OK;
    if (is_text && values->text_bytes)
        status = pad_texts(&arena, values, &data, err);
    if (status == BL_OK) {
        BL_HDF5_AUTO made =
            H5Acreate2(object, attribute->name, type, space, H5P_DEFAULT, H5P_DEFAULT);
        if (made < 0 || (values->n && H5Awrite(made, type, data) < 0))
            status = bl_hdf5_failed(&w->io, BL_E_IO, "HDF5", err);
    }
    bl_arena_release(&arena);
    return status;
}

static bl_status write_attributes(writing *w, hid_t object, const bl_hdf5_node *node,
                                  bl_error *err) {
    for (size_t i = 0; i < node->n_attributes; i++)
        BL_TRY_IN(write_attribute(w, object, &node->attributes[i], err), err, "attribute '%s'",
                  node->attributes[i].name);
    return BL_OK;
}

// ---- groups and data sets ----

static bl_status write_dataset(writing *w, hid_t group, const bl_hdf5_node *node, bl_error *err) {
    const bl_hdf5_values *values = &node->values;
    BL_TRY(check(values, err));
    if (values->type == BL_HDF5_TEXTS)
        return bl_error_set(err, BL_E_UNSUPPORTED, "data sets of texts are not written");
    BL_HDF5_AUTO type = bl_hdf5_type_new(values->type);
    BL_HDF5_AUTO space = space_of(values);
    BL_HDF5_AUTO how = H5Pcreate(H5P_DATASET_CREATE);
    if (how < 0 || H5Pset_obj_track_times(how, false) < 0)
        return bl_hdf5_failed(NULL, BL_E_IO, "HDF5", err);
    BL_HDF5_AUTO made = H5Dcreate2(group, node->name, type, space, H5P_DEFAULT, how, H5P_DEFAULT);
    if (made < 0 ||
        (values->n && H5Dwrite(made, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values->data) < 0))
        return bl_hdf5_failed(&w->io, BL_E_IO, "HDF5", err);
    return write_attributes(w, made, node, err);
}

static bl_status write_group(writing *w, hid_t group, const bl_hdf5_node *node, bl_error *err);

static bl_status write_child(writing *w, hid_t group, const bl_hdf5_node *node, bl_error *err) {
    if (node->is_dataset)
        return write_dataset(w, group, node, err);
    BL_HDF5_AUTO made = H5Gcreate2(group, node->name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (made < 0)
        return bl_hdf5_failed(&w->io, BL_E_IO, "HDF5", err);
    return write_group(w, made, node, err);
}

/// As deep as the tree, which its maker answers for: one that was read is 32 deep at most.
static bl_status write_group(writing *w, hid_t group, const bl_hdf5_node *node, bl_error *err) {
    BL_TRY(write_attributes(w, group, node, err));
    for (size_t i = 0; i < node->n_children; i++)
        BL_TRY_IN(write_child(w, group, node->children[i], err), err, "'%s'",
                  node->children[i]->name);
    return BL_OK;
}

// ---- the file ----

static bl_status write_root(writing *w, const bl_hdf5_node *root, bl_error *err) {
    hid_t list = H5I_INVALID_HID;
    BL_TRY(bl_hdf5_access(&w->io, &list, err));
    BL_HDF5_AUTO access = list;
    w->id = H5Fcreate(w->io.sink->url, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    BL_HDF5_AUTO group = w->id < 0 ? H5I_INVALID_HID : H5Gopen2(w->id, "/", H5P_DEFAULT);
    if (group < 0)
        return bl_hdf5_failed(&w->io, BL_E_IO, "HDF5", err);
    BL_TRY(write_group(w, group, root, err));
    if (H5Fflush(w->id, H5F_SCOPE_LOCAL) < 0)
        return bl_hdf5_failed(&w->io, BL_E_IO, "the end of the file", err);
    return BL_OK;
}

/// After a failure the library's last bytes go nowhere.
static bl_status write_locked(writing *w, const bl_hdf5_node *root, bl_error *err) {
    BL_HDF5_LOCKED;
    bl_status status = write_root(w, root, err);
    w->io.is_lost = status != BL_OK;
    if (w->id < 0)
        return status;
    bool is_closed = H5Fclose(w->id) >= 0;
    if (status == BL_OK && (!is_closed || w->io.status != BL_OK))
        status = bl_hdf5_failed(&w->io, BL_E_IO, "the end of the file", err);
    return status;
}

bl_status bl_hdf5_tree_save(bl_context *context, bl_sink *sink, const bl_hdf5_node *root,
                            bl_error *err) {
    writing w = {.io = {.context = context, .sink = sink}, .id = H5I_INVALID_HID};
    bl_status status = write_locked(&w, root, err);
    if (status == BL_OK)
        status = bl_sink_finish(sink, err);
    bl_hdf5_io_release(&w.io);
    return status;
}
