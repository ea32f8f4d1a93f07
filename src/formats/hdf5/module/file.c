// SPDX-License-Identifier: Apache-2.0
// HDF5 files being read: opening, the list of objects, which table is meant.
#include "formats/hdf5/module/file.h"

#include "base/names.h"

void bl_hdf5_file_unref(bl_hdf5_file *file) {
    if (atomic_fetch_sub(&file->n_holders, 1) != 1)
        return;
    bl_context *context = file->head.context;
    if (file->id >= 0) {
        BL_HDF5_LOCKED;
        bl_hdf5_release(file->id);
    }
    bl_hdf5_io_release(&file->io);
    bl_free(context, file->entries);
    bl_arena_release(&file->arena);
    bl_free(context, file);
}

static void release(bl_file *head) { bl_hdf5_file_unref((bl_hdf5_file *)head); }

static bl_status not_found(const bl_hdf5_file *file, const char *path, bl_error *err) {
    bl_nearest nearest;
    bl_nearest_init(&nearest, path);
    for (size_t i = 0; i < file->n_entries; i++)
        if (file->entries[i].is_table)
            bl_nearest_offer(&nearest, file->entries[i].path);
    bl_status status = bl_error_set(err, BL_E_NOTFOUND, "no table '%s' in this file", path);
    return bl_nearest_hint(&nearest, status, err);
}

static bl_status find_entry(const bl_hdf5_file *file, const char *path, size_t *ret_entry,
                            bl_error *err) {
    const char *name = path[0] == '/' && path[1] ? path + 1 : path;
    for (size_t i = 0; i < file->n_entries; i++) {
        const bl_hdf5_entry *entry = &file->entries[i];
        if (strcmp(entry->path, name) != 0 && !(i == 0 && strcmp(name, "/") == 0))
            continue;
        if (!entry->is_table)
            return bl_error_set(err, BL_E_TYPE, "'%s' is no table, it is a %s%s%s", path,
                                entry->class_name, *entry->title ? ": " : "", entry->title);
        *ret_entry = i;
        return BL_OK;
    }
    return not_found(file, path, err);
}

/// The only table, not counting those that a table holds.
static bl_status find_only(const bl_hdf5_file *file, size_t *ret_entry, bl_error *err) {
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < file->n_entries; i++) {
        const bl_hdf5_entry *entry = &file->entries[i];
        if (!entry->is_table || entry->is_inside)
            continue;
        if (found != SIZE_MAX)
            return bl_error_set(err, BL_E_INVALID,
                                "several tables, '%s' and '%s' among them: name one",
                                file->entries[found].path, entry->path);
        found = i;
    }
    *ret_entry = found;
    return found != SIZE_MAX ? BL_OK : bl_error_set(err, BL_E_NOTFOUND, "no table in this file");
}

static bl_status open_table(bl_file *head, const char *path, bl_reader **ret_reader,
                            bl_error *err) {
    bl_hdf5_file *file = (bl_hdf5_file *)head;
    size_t entry = 0;
    BL_TRY(path ? find_entry(file, path, &entry, err) : find_only(file, &entry, err));
    BL_HDF5_LOCKED;
    BL_TRY_IN(bl_hdf5_table_open(file, entry, ret_reader, err), err, "table '%s'",
              file->entries[entry].path);
    return BL_OK;
}

static const bl_file_ops ops = {.open_table = open_table, .release = release};

static bl_status describe(bl_hdf5_file *file, bl_error *err) {
    bl_object_info *objects =
        (bl_object_info *)bl_arena_array(&file->arena, file->n_entries + 1, sizeof *objects);
    if (!objects)
        return bl_error_nomem(err, file->n_entries * sizeof *objects, "the list of objects");
    bool is_root_told = file->entries[0].is_table;
    size_t n = 0;
    for (size_t i = is_root_told ? 0 : 1; i < file->n_entries; i++) {
        const bl_hdf5_entry *entry = &file->entries[i];
        objects[n++] = (bl_object_info){.size = sizeof *objects,
                                        .path = entry->path,
                                        .class_name = entry->class_name,
                                        .title = entry->title,
                                        .cycle = 1,
                                        .offset = entry->offset,
                                        .stored_bytes = entry->stored_bytes,
                                        .raw_bytes = entry->raw_bytes,
                                        .is_table = entry->is_table && !entry->is_inside};
    }
    file->head.objects = objects;
    file->head.n_objects = n;
    file->head.format = "HDF5";
    file->head.url = file->io.source->url;
    file->head.size_bytes = file->io.source->size_bytes;
    return BL_OK;
}

static bl_status read_layout(bl_hdf5_file *file, bl_error *err) {
    BL_HDF5_AUTO how = H5Fget_create_plist(file->id);
    hsize_t block = 0;
    H5F_info2_t info = {0};
    if (how < 0 || H5Pget_userblock(how, &block) < 0 ||
        H5Pget_sizes(how, &file->address_size, &file->length_size) < 0 ||
        H5Fget_info2(file->id, &info) < 0)
        return bl_hdf5_failed(&file->io, BL_E_CORRUPT, "the superblock", err);
    size_t a = file->address_size, l = file->length_size;
    if ((a != 4 && a != 8) || (l != 4 && l != 8))
        return bl_error_set(err, BL_E_UNSUPPORTED, "addresses of %zu and lengths of %zu bytes", a,
                            l);
    file->base = block;
    file->head.description =
        bl_arena_printf(&file->arena, "HDF5, superblock version %u", info.super.version);
    return file->head.description ? BL_OK : bl_error_nomem(err, 64, "a description");
}

static bl_status start_locked(bl_hdf5_file *file, bl_error *err) {
    BL_HDF5_LOCKED;
    hid_t list = H5I_INVALID_HID;
    BL_TRY(bl_hdf5_access(&file->io, &list, err));
    BL_HDF5_AUTO access = list;
    file->id = H5Fopen(file->io.source->url, H5F_ACC_RDONLY, access);
    if (file->id < 0)
        return bl_hdf5_failed(&file->io, BL_E_CORRUPT, "HDF5", err);
    return read_layout(file, err);
}

bl_status bl_hdf5_file_start(bl_context *context, bl_source *source, bl_hdf5_file **ret_file,
                             bl_error *err) {
    BL_AUTO(bl_source) owned = source;
    bl_hdf5_file *file = (bl_hdf5_file *)bl_alloc_zero(context, 1, sizeof *file);
    if (!file)
        return bl_error_nomem(err, sizeof *file, "a file");
    file->head.ops = &ops;
    file->head.context = context;
    file->id = H5I_INVALID_HID;
    atomic_init(&file->n_holders, 1);
    bl_arena_init(&file->arena, context);
    file->io.context = context;
    file->io.size_bytes = source->size_bytes;
    file->io.window = (uint8_t *)bl_alloc(context, BL_HDF5_WINDOW);
    file->io.source = BL_MOVE(owned);
    bl_status status =
        file->io.window ? BL_OK : bl_error_nomem(err, BL_HDF5_WINDOW, "bytes read ahead");
    if (status == BL_OK)
        status = start_locked(file, err);
    if (status != BL_OK) {
        bl_hdf5_file_unref(file);
        return status;
    }
    *ret_file = file;
    return BL_OK;
}

static bl_status list_locked(bl_hdf5_file *file, bl_error *err) {
    BL_HDF5_LOCKED;
    return bl_hdf5_list(file, err);
}

bl_status bl_hdf5_file_open(bl_context *context, bl_source *source, bl_file **ret_file,
                            bl_error *err) {
    bl_hdf5_file *file = NULL;
    BL_TRY(bl_hdf5_file_start(context, source, &file, err));
    bl_status status = list_locked(file, err);
    if (status == BL_OK)
        status = describe(file, err);
    if (status != BL_OK) {
        bl_hdf5_file_unref(file);
        return status;
    }
    *ret_file = &file->head;
    return BL_OK;
}
