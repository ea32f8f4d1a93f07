// SPDX-License-Identifier: Apache-2.0
// The directories of a file being written. A directory's record and key list are written when the
// file is finished; one that was there before is written again, and its old record lies unused.
// \source ROOT, TDirectoryFile::Streamer, TDirectoryFile::WriteKeys
#include "formats/root/file_writer.h"

enum { DIRECTORY_VERSION = 5 };

/// Where a new key is listed: in front of older cycles of its name, as ROOT takes the first it
/// meets.
static size_t place_of(const bl_root_folder *folder, const bl_root_key *key) {
    for (size_t i = 0; i < folder->n_keys; i++)
        if (folder->keys[i].cycle < key->cycle && strcmp(folder->keys[i].name, key->name) == 0)
            return i;
    return folder->n_keys;
}

bl_status bl_root_folder_add(bl_root_writer *writer, size_t folder, const bl_root_key *key,
                             bl_error *err) {
    bl_root_folder *into = &writer->folders[folder];
    BL_TRY(bl_array_grow(writer->context, &into->keys, &into->keys_capacity, into->n_keys,
                         sizeof *into->keys, "a list of keys", err));
    size_t at = place_of(into, key);
    memmove(&into->keys[at + 1], &into->keys[at], (into->n_keys - at) * sizeof *into->keys);
    into->keys[at] = *key;
    into->n_keys++;
    for (size_t i = 1; i < writer->n_folders; i++)
        if (writer->folders[i].parent == folder && writer->folders[i].own_key >= at)
            writer->folders[i].own_key++;
    for (;; folder = writer->folders[folder].parent) {
        writer->folders[folder].is_changed = true;
        if (folder == 0)
            return BL_OK;
    }
}

const bl_root_key *bl_root_writer_find(const bl_root_writer *writer, size_t folder,
                                       const char *name) {
    const bl_root_folder *in = &writer->folders[folder];
    const bl_root_key *found = NULL;
    for (size_t i = 0; i < in->n_keys; i++)
        if (strcmp(in->keys[i].name, name) == 0 && (!found || in->keys[i].cycle > found->cycle))
            found = &in->keys[i];
    return found;
}

bl_status bl_root_folder_new(bl_root_writer *writer, size_t parent, const char *name,
                             const char *title, size_t *ret_folder, bl_error *err) {
    BL_TRY(bl_array_grow(writer->context, &writer->folders, &writer->folders_capacity,
                         writer->n_folders, sizeof *writer->folders, "a list of directories", err));
    size_t at = writer->n_folders;
    const char *above = at ? writer->folders[parent].path : "";
    const char *path = *above ? bl_arena_printf(&writer->arena, "%s/%s", above, name) : name;
    if (!path)
        return bl_error_nomem(err, strlen(name), "a path");
    writer->folders[at] =
        (bl_root_folder){.path = path, .name = name, .title = title, .parent = parent};
    const bl_root_folder *lister = &writer->folders[parent];
    size_t *own_key = &writer->folders[at].own_key;
    while (*own_key < lister->n_keys && lister->keys[*own_key].name != name)
        ++*own_key;
    writer->n_folders++;
    *ret_folder = at;
    return BL_OK;
}

size_t bl_root_folder_find(const bl_root_writer *writer, const char *path, size_t length) {
    for (size_t i = 0; i < writer->n_folders; i++)
        if (strlen(writer->folders[i].path) == length &&
            memcmp(writer->folders[i].path, path, length) == 0)
            return i;
    return SIZE_MAX;
}

/// Adds directory `name` to a folder that has none of that name.
static bl_status make_folder(bl_root_writer *writer, size_t parent, const char *name,
                             size_t *ret_folder, bl_error *err) {
    if (bl_root_writer_find(writer, parent, name))
        return bl_error_set(err, BL_E_EXISTS, "'%s' is there and is no directory", name);
    bl_root_key key;
    BL_TRY(bl_root_writer_key(writer, parent, "TDirectory", name, name, &key, err));
    BL_TRY(bl_root_folder_add(writer, parent, &key, err));
    bl_status status = bl_root_folder_new(writer, parent, name, name, ret_folder, err);
    if (status != BL_OK)
        writer->folders[parent].n_keys--;
    else
        writer->folders[*ret_folder].is_changed = true;
    return status;
}

bl_status bl_root_writer_folder(bl_root_writer *writer, const char *path, size_t length,
                                size_t *ret_folder, bl_error *err) {
    size_t at = 0;
    for (size_t start = 0; start < length;) {
        size_t end = start;
        while (end < length && path[end] != '/')
            end++;
        size_t next = bl_root_folder_find(writer, path, end);
        if (next == SIZE_MAX) {
            const char *name = bl_arena_text(&writer->arena, path + start, end - start);
            if (!name)
                return bl_error_nomem(err, end - start, "a name");
            BL_TRY(make_folder(writer, at, name, &next, err));
        }
        at = next;
        start = end + 1;
    }
    *ret_folder = at;
    return BL_OK;
}

void bl_root_folder_pack(bl_packer *packer, uint32_t n_bytes_keys, uint32_t n_bytes_name,
                         uint64_t seek, uint64_t seek_parent, uint64_t seek_keys,
                         const uint8_t uuid[16]) {
    bool wide = seek > BL_ROOT_WIDE_FILE || seek_parent > BL_ROOT_WIDE_FILE ||
                seek_keys > BL_ROOT_WIDE_FILE;
    bl_pack_be16(packer, (uint16_t)(DIRECTORY_VERSION + (wide ? BL_ROOT_WIDE_VERSION : 0)));
    bl_pack_be32(packer, BL_ROOT_DATE);
    bl_pack_be32(packer, BL_ROOT_DATE);
    bl_pack_be32(packer, n_bytes_keys);
    bl_pack_be32(packer, n_bytes_name);
    bl_root_seek_pack(packer, wide, seek);
    bl_root_seek_pack(packer, wide, seek_parent);
    bl_root_seek_pack(packer, wide, seek_keys);
    bl_pack_be16(packer, 1);
    bl_pack_bytes(packer, uuid, 16);
    static const uint8_t zeros[12];
    bl_pack_bytes(packer, zeros, wide ? 0 : sizeof zeros); // room to become wide in
}

/// Writes the list of a folder's keys. \param seek where the folder's record is, or will be: its
/// keys name it \param ret_key of the list
static bl_status write_keys(bl_root_writer *writer, size_t folder, bl_root_key *ret_key,
                            bl_error *err) {
    const bl_root_folder *from = &writer->folders[folder];
    bl_root_key key;
    BL_TRY(bl_root_writer_key(writer, folder, folder ? "TDirectory" : "TFile",
                              folder ? from->name : writer->name, from->title, &key, err));
    key.cycle = 1;
    bl_packer packer = {.context = writer->context};
    bl_pack_be32(&packer, (uint32_t)from->n_keys);
    for (size_t i = 0; i < from->n_keys; i++)
        bl_root_key_pack(&packer, &from->keys[i]);
    bl_status status = bl_root_writer_plain(writer, &key, &packer, err);
    bl_packer_release(&packer);
    *ret_key = key;
    return status;
}

/// Writes a folder that is listed in another: its keys, then its record.
static bl_status write_folder(bl_root_writer *writer, size_t folder, const uint8_t uuid[16],
                              bl_error *err) {
    bl_root_key keys;
    BL_TRY(write_keys(writer, folder, &keys, err));
    bl_root_folder *f = &writer->folders[folder];
    const bl_root_folder *parent = &writer->folders[f->parent];
    bl_root_key *own = &writer->folders[f->parent].keys[f->own_key], key;
    BL_TRY(bl_root_writer_key(writer, f->parent, own->class_name, f->name, f->title, &key, err));
    key.cycle = own->cycle;
    bl_packer packer = {.context = writer->context};
    uint64_t above = parent->seek ? parent->seek : writer->begin;
    bl_root_folder_pack(&packer, (uint32_t)keys.n_bytes, key.key_len,
                        bl_root_writer_position(writer), above, keys.seek_key, uuid);
    bl_status status = bl_root_writer_plain(writer, &key, &packer, err);
    bl_packer_release(&packer);
    BL_TRY(status);
    f->seek = key.seek_key;
    *own = key;
    return BL_OK;
}

bl_status bl_root_folders_write(bl_root_writer *writer, const uint8_t uuid[16],
                                bl_root_key *ret_keys, bl_error *err) {
    for (size_t i = writer->n_folders; i-- > 1;) // kids before their parents, who list them
        if (writer->folders[i].is_changed)
            BL_TRY_IN(write_folder(writer, i, uuid, err), err, "directory '%s'",
                      writer->folders[i].path);
    return write_keys(writer, 0, ret_keys, err);
}
