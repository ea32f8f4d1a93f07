// SPDX-License-Identifier: Apache-2.0
// The objects of a file, and which of them are tables. Only hard links are followed: a link by name
// may lead to another file, or in circles.
#include <stdio.h>

#include "formats/hdf5/module/file.h"
#include "formats/hdf5/module/header.h"
#include "formats/hdf5/module/shape.h"

enum { MAX_DEPTH = 32, MAX_OBJECTS = 200000 };

/// Names of one group's links, collected before any of them is opened.
typedef struct link_list {
    bl_hdf5_file *file;
    size_t n, capacity;
    struct link {
        const char *name;
        H5L_type_t type;
        haddr_t address; ///< of a hard link's object
    } * links;
    bl_status status;
} link_list;

static herr_t collect(hid_t group, const char *name, const H5L_info_t *info, void *user) {
    link_list *list = (link_list *)user;
    bl_context *context = list->file->head.context;
    (void)group;
    if (list->n + list->file->n_entries >= MAX_OBJECTS)
        list->status = BL_E_LIMIT;
    else
        list->status = bl_array_grow(context, &list->links, &list->capacity, list->n,
                                     sizeof *list->links, "names", NULL);
    const char *copy = bl_arena_text(&list->file->arena, name, strlen(name));
    if (list->status == BL_OK && !copy)
        list->status = BL_E_NOMEM;
    if (list->status != BL_OK)
        return -1;
    list->links[list->n].name = copy;
    list->links[list->n].address = info->type == H5L_TYPE_HARD ? info->u.address : 0;
    list->links[list->n++].type = info->type;
    return 0;
}

static bl_status list_links(bl_hdf5_file *file, hid_t group, const char *path, link_list *list,
                            bl_error *err) {
    *list = (link_list){.file = file};
    BL_HDF5_AUTO how = H5Gget_create_plist(group);
    unsigned order = 0;
    if (how >= 0)
        (void)H5Pget_link_creation_order(how, &order);
    H5_index_t index = order & H5P_CRT_ORDER_TRACKED ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
    if (H5Literate(group, index, H5_ITER_INC, NULL, collect, list) >= 0)
        return BL_OK;
    if (list->status == BL_E_LIMIT)
        return bl_error_set(err, BL_E_LIMIT, "more than %d objects", MAX_OBJECTS);
    if (list->status != BL_OK)
        return bl_error_nomem(err, 64, "names");
    return bl_hdf5_failed(&file->io, BL_E_CORRUPT, path, err);
}

bool bl_hdf5_text_attribute(hid_t object, const char *name, char *text, size_t size) {
    if (H5Aexists(object, name) <= 0)
        return false;
    BL_HDF5_AUTO attribute = H5Aopen(object, name, H5P_DEFAULT);
    BL_HDF5_AUTO type = attribute >= 0 ? H5Aget_type(attribute) : H5I_INVALID_HID;
    BL_HDF5_AUTO space = attribute >= 0 ? H5Aget_space(attribute) : H5I_INVALID_HID;
    if (type < 0 || space < 0 || H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) != 0)
        return false;
    size_t length = H5Tget_size(type);
    if (length >= size || H5Sget_simple_extent_npoints(space) != 1)
        return false;
    memset(text, 0, size);
    return H5Aread(attribute, type, text) >= 0;
}

static bl_hdf5_frame frame_of(hid_t group) {
    char text[64];
    if (!bl_hdf5_text_attribute(group, "pandas_type", text, sizeof text))
        return BL_HDF5_NO_FRAME;
    if (strcmp(text, "frame_table") == 0 || strcmp(text, "series_table") == 0)
        return BL_HDF5_FRAME_TABLE;
    return strcmp(text, "frame") == 0 ? BL_HDF5_FRAME_FIXED : BL_HDF5_NO_FRAME;
}

static const char *describe_dataset(bl_hdf5_file *file, hid_t type, const hsize_t *dims, int rank) {
    char text[256];
    bl_hdf5_type_text(type, text, 64);
    size_t at = strlen(text);
    for (int i = 0; i < rank && at < 200; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%llu", i ? ", " : " [",
                               (unsigned long long)dims[i]);
    if (rank > 0 && at < 250)
        (void)snprintf(text + at, sizeof text - at, "]");
    return bl_arena_text(&file->arena, text, strlen(text));
}

/// A virtual dataset is of other files: its extent alone would open them.
static bool is_virtual(hid_t dataset) {
    BL_HDF5_AUTO how = H5Dget_create_plist(dataset);
    return how < 0 || H5Pget_layout(how) == H5D_VIRTUAL;
}

static bl_status look_at_dataset(bl_hdf5_file *file, hid_t dataset, bl_hdf5_entry *entry,
                                 bl_error *err) {
    hsize_t dims[H5S_MAX_RANK];
    entry->kind = BL_HDF5_DATASET;
    entry->class_name = "Dataset";
    entry->title = "";
    entry->n_rows = -1;
    if (is_virtual(dataset)) {
        entry->class_name = "VirtualDataset";
        return BL_OK;
    }
    BL_HDF5_AUTO type = H5Dget_type(dataset);
    BL_HDF5_AUTO space = H5Dget_space(dataset);
    int rank = space >= 0 ? H5Sget_simple_extent_dims(space, dims, NULL) : -1;
    if (type < 0 || rank < 0)
        return BL_OK;
    entry->title = describe_dataset(file, type, dims, rank);
    if (!entry->title)
        return bl_error_nomem(err, 64, "a title");
    entry->stored_bytes = H5Dget_storage_size(dataset);
    entry->raw_bytes = H5Tget_size(type);
    for (int i = 0; i < rank; i++)
        if (__builtin_mul_overflow(entry->raw_bytes, dims[i], &entry->raw_bytes))
            return BL_OK;
    if (rank < 1 || dims[0] > INT64_MAX)
        return BL_OK;
    entry->n_rows = (int64_t)dims[0];
    entry->is_table = true;
    return BL_OK;
}

static bl_status add_entry(bl_hdf5_file *file, size_t parent, const char *name,
                           bl_hdf5_entry **ret_entry, bl_error *err) {
    bl_context *context = file->head.context;
    BL_TRY(bl_array_grow(context, &file->entries, &file->capacity, file->n_entries,
                         sizeof *file->entries, "objects", err));
    const char *above = file->n_entries ? file->entries[parent].path : "";
    const char *path = parent == 0 ? name : bl_arena_printf(&file->arena, "%s/%s", above, name);
    if (!path)
        return bl_error_nomem(err, 64, "a path");
    *ret_entry = &file->entries[file->n_entries++];
    **ret_entry = (bl_hdf5_entry){.path = path,
                                  .kind = BL_HDF5_OTHER,
                                  .class_name = "NamedType",
                                  .title = "",
                                  .parent = parent,
                                  .n_rows = -1};
    return BL_OK;
}

/// A group that is above itself would never end.
static bool is_above(hid_t group, const haddr_t *above, unsigned depth, haddr_t *ret_address) {
    H5O_info_t info;
    if (H5Oget_info2(group, &info, H5O_INFO_BASIC) < 0)
        return true;
    *ret_address = info.addr;
    for (unsigned i = 0; i < depth; i++)
        if (above[i] == info.addr)
            return true;
    return false;
}

static bl_status walk(bl_hdf5_file *file, hid_t group, size_t self, haddr_t *above, unsigned depth,
                      bl_error *err);

static bl_status look_at(bl_hdf5_file *file, hid_t object, size_t self, haddr_t *above,
                         unsigned depth, bl_error *err) {
    bl_hdf5_entry *entry = &file->entries[self];
    switch (H5Iget_type(object)) {
    case H5I_DATASET:
        return look_at_dataset(file, object, entry, err);
    case H5I_GROUP:
        entry->kind = BL_HDF5_GROUP;
        entry->class_name = "Group";
        entry->frame = frame_of(object);
        return walk(file, object, self, above, depth + 1, err);
    default:
        return BL_OK;
    }
}

/// What is damaged, or newer than this libhdf5, hides nothing else.
static bl_status note_damage(bl_hdf5_file *file, bl_hdf5_entry *entry, bl_status status,
                             const bl_error *why, bl_error *err) {
    if (file->io.status != BL_OK || status == BL_E_IO || status == BL_E_NOMEM ||
        status == BL_E_CANCELLED) {
        if (err)
            *err = *why;
        return status;
    }
    entry->title = bl_arena_text(&file->arena, why->message, strlen(why->message));
    entry->class_name = "Unreadable";
    entry->is_unreadable = true;
    return entry->title ? BL_OK : bl_error_nomem(err, 64, "a reason");
}

static bl_status note_unreadable(bl_hdf5_file *file, bl_hdf5_entry *entry, bl_error *err) {
    bl_error why = {0};
    bl_status status = bl_hdf5_failed(&file->io, BL_E_CORRUPT, "libhdf5", &why);
    return note_damage(file, entry, status, &why, err);
}

static bl_status look_at_link(bl_hdf5_file *file, hid_t group, const struct link *link, size_t self,
                              haddr_t *above, unsigned depth, bl_error *err) {
    bl_hdf5_entry *entry = NULL;
    BL_TRY(add_entry(file, self, link->name, &entry, err));
    if (link->type != H5L_TYPE_HARD) {
        entry->class_name = link->type == H5L_TYPE_SOFT ? "SoftLink" : "ExternalLink";
        entry->title = "links by name are not followed";
        return BL_OK;
    }
    size_t at = file->n_entries - 1;
    entry->address = link->address;
    bl_error why = {0};
    bl_status status = bl_hdf5_header_check(file, link->address, &why);
    if (status != BL_OK)
        return note_damage(file, entry, status, &why, err);
    BL_HDF5_AUTO object = H5Oopen(group, link->name, H5P_DEFAULT);
    if (object < 0)
        return note_unreadable(file, entry, err);
    return look_at(file, object, at, above, depth, err);
}

static bl_status walk(bl_hdf5_file *file, hid_t group, size_t self, haddr_t *above, unsigned depth,
                      bl_error *err) {
    link_list list;
    if (depth >= MAX_DEPTH)
        return bl_error_set(err, BL_E_LIMIT, "groups are more than %d levels deep", MAX_DEPTH);
    if (is_above(group, above, depth, &above[depth]))
        return BL_OK;
    file->entries[self].address = above[depth]; // of a link it is known already
    bl_status status = list_links(file, group, file->entries[self].path, &list, err);
    for (size_t i = 0; i < list.n && status == BL_OK; i++)
        status = look_at_link(file, group, &list.links[i], self, above, depth, err);
    bl_free(file->head.context, list.links);
    return status;
}

/// A group is a table where it holds two datasets or more and all have as many rows.
static void find_group_tables(bl_hdf5_file *file) {
    for (size_t i = 0; i < file->n_entries; i++) {
        bl_hdf5_entry *group = &file->entries[i];
        size_t n = 0;
        bool is_even = true;
        if (group->kind != BL_HDF5_GROUP)
            continue;
        group->is_table = group->frame != BL_HDF5_NO_FRAME;
        for (size_t k = i + 1; k < file->n_entries && !group->frame; k++) {
            const bl_hdf5_entry *entry = &file->entries[k];
            if (entry->parent != i || entry->kind != BL_HDF5_DATASET)
                continue;
            if (n == 0)
                group->n_rows = entry->n_rows;
            is_even = is_even && entry->is_table && entry->n_rows == group->n_rows;
            n++;
        }
        if (n > 1 && is_even)
            group->is_table = true;
        if (!group->is_table)
            group->n_rows = -1;
    }
}

/// The root group has no name, but a table needs one.
static void name_root(bl_hdf5_file *file) {
    for (size_t i = 1; i < file->n_entries; i++)
        if (strcmp(file->entries[i].path, "Events") == 0)
            return;
    if (file->entries[0].is_table)
        file->entries[0].path = "Events";
}

/// Parents come before what they hold.
static void mark_inside(bl_hdf5_file *file) {
    for (size_t i = 1; i < file->n_entries; i++) {
        const bl_hdf5_entry *above = &file->entries[file->entries[i].parent];
        file->entries[i].is_inside = above->is_inside || above->is_table;
    }
}

bl_status bl_hdf5_root_open(bl_hdf5_file *file, hid_t *ret_group, bl_error *err) {
    H5O_info_t info;
    hid_t group = H5Gopen2(file->id, "/", H5P_DEFAULT);
    bl_status status = BL_OK;
    if (group < 0 || H5Oget_info2(group, &info, H5O_INFO_BASIC) < 0)
        status = bl_hdf5_failed(&file->io, BL_E_CORRUPT, "the root group", err);
    else
        status = bl_hdf5_header_check(file, info.addr, err);
    if (status != BL_OK) {
        bl_hdf5_release(group);
        return status;
    }
    *ret_group = group;
    return BL_OK;
}

bl_status bl_hdf5_list(bl_hdf5_file *file, bl_error *err) {
    haddr_t above[MAX_DEPTH] = {0};
    bl_hdf5_entry *root = NULL;
    BL_TRY(add_entry(file, 0, "/", &root, err));
    hid_t opened = H5I_INVALID_HID;
    BL_TRY(bl_hdf5_root_open(file, &opened, err));
    BL_HDF5_AUTO group = opened;
    root->kind = BL_HDF5_GROUP;
    root->class_name = "Group";
    root->frame = frame_of(group);
    BL_TRY(walk(file, group, 0, above, 0, err));
    find_group_tables(file);
    mark_inside(file);
    name_root(file);
    return BL_OK;
}
