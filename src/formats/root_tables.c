// SPDX-License-Identifier: Apache-2.0
// Where a ROOT file (formats/root) meets the tables that can be in it (formats/ttree).
#include "formats/root_tables.h"

#include <stdlib.h>

#include "base/names.h"
#include "formats/ttree/reader.h"

typedef struct root_tables {
    bl_file head;
    bl_root_file *file;
} root_tables;

static void release(bl_file *head) {
    root_tables *tables = (root_tables *)head;
    bl_context *context = head->context;
    bl_root_file_release(tables->file);
    bl_free(context, tables);
}

/// What may have been meant instead of a path that is not there.
static void hint_at_trees(const bl_root_file *file, const char *path, bl_error *err) {
    bl_nearest nearest;
    bl_nearest_init(&nearest, path);
    for (size_t i = 0; i < file->n_entries; i++)
        if (bl_ttree_is_tree(file->entries[i].key.class_name))
            bl_nearest_offer(&nearest, file->entries[i].path);
    bl_nearest_hint(&nearest, BL_E_NOTFOUND, err);
}

/// A path may name a cycle: "tree;2". Without one the highest cycle is meant.
static const bl_root_entry *find_entry(const bl_root_file *file, const char *path, bl_error *err) {
    const char *semicolon = strrchr(path, ';');
    long cycle = semicolon ? strtol(semicolon + 1, NULL, 10) : 0;
    size_t length = cycle > 0 ? (size_t)(semicolon - path) : strlen(path);
    const bl_root_entry *best = NULL;
    for (size_t i = 0; i < file->n_entries; i++) {
        const bl_root_entry *entry = &file->entries[i];
        if (strlen(entry->path) != length || memcmp(entry->path, path, length) != 0)
            continue;
        if (cycle > 0 ? entry->key.cycle == cycle : !best || entry->key.cycle > best->key.cycle)
            best = entry;
    }
    if (!best) {
        bl_error_set(err, BL_E_NOTFOUND, "no object '%s'", path);
        hint_at_trees(file, path, err);
    }
    return best;
}

static bool is_ntuple(const char *class_name) {
    return strcmp(class_name, "ROOT::RNTuple") == 0 ||
           strcmp(class_name, "ROOT::Experimental::RNTuple") == 0;
}

static bl_status refuse_ntuple(const bl_root_entry *entry, bl_error *err) {
    return bl_error_set(err, BL_E_UNSUPPORTED, "'%s' is a %s; only TTree is supported yet",
                        entry->path, entry->key.class_name);
}

/// The only tree there is, whatever its cycles.
static bl_status find_only(const bl_root_file *file, const bl_root_entry **ret_entry,
                           bl_error *err) {
    const bl_root_entry *found = NULL;
    size_t n = 0;
    for (size_t i = 0; i < file->n_entries; i++) {
        const bl_root_entry *entry = &file->entries[i];
        if (!bl_ttree_is_tree(entry->key.class_name))
            continue;
        bool is_cycle = found && strcmp(found->path, entry->path) == 0;
        if (!is_cycle)
            n++;
        if (!found || (is_cycle && entry->key.cycle > found->key.cycle))
            found = entry;
        if (n == 2)
            return bl_error_set(err, BL_E_INVALID,
                                "several trees, '%s' and '%s' among them: name one", found->path,
                                entry->path);
    }
    for (size_t i = 0; i < file->n_entries && !found; i++)
        if (is_ntuple(file->entries[i].key.class_name))
            return refuse_ntuple(&file->entries[i], err);
    *ret_entry = found;
    return found ? BL_OK : bl_error_set(err, BL_E_NOTFOUND, "no tree in this file");
}

static bl_status open_table(bl_file *head, const char *path, bl_reader **ret_reader,
                            bl_error *err) {
    const bl_root_file *file = ((root_tables *)head)->file;
    const bl_root_entry *entry = NULL;
    if (!path)
        BL_TRY(find_only(file, &entry, err));
    else if (!(entry = find_entry(file, path, err)))
        return BL_E_NOTFOUND;
    if (is_ntuple(entry->key.class_name))
        return refuse_ntuple(entry, err);
    if (!bl_ttree_is_tree(entry->key.class_name))
        return bl_error_set(err, BL_E_TYPE, "'%s' (record at byte %llu) is a %s, not a tree",
                            entry->path, (unsigned long long)entry->key.seek_key,
                            entry->key.class_name);
    return bl_ttree_open(((root_tables *)head)->file, entry, ret_reader, err);
}

static const bl_file_ops ops = {.open_table = open_table, .release = release};

static bl_status list_objects(root_tables *tables, bl_error *err) {
    bl_root_file *file = tables->file;
    bl_object_info *objects =
        (bl_object_info *)bl_arena_array(&file->arena, file->n_entries + 1, sizeof *objects);
    if (!objects)
        return bl_error_nomem(err, file->n_entries * sizeof *objects, "the list of objects");
    for (size_t i = 0; i < file->n_entries; i++) {
        const bl_root_key *key = &file->entries[i].key;
        objects[i] = (bl_object_info){
            .size = sizeof *objects,
            .path = file->entries[i].path,
            .class_name = key->class_name,
            .title = key->title,
            .cycle = key->cycle,
            .offset = key->seek_key,
            .stored_bytes = key->n_bytes > 0 ? (uint64_t)key->n_bytes : 0,
            .raw_bytes = key->obj_len > 0 ? (uint64_t)key->obj_len : 0,
            .is_table = bl_ttree_is_tree(key->class_name),
        };
    }
    tables->head.objects = objects;
    tables->head.n_objects = file->n_entries;
    return BL_OK;
}

/// \param ret_text stays NULL where all bytes are 0
static bl_status write_uuid(bl_root_file *file, const char **ret_text, bl_error *err) {
    static const uint8_t none[sizeof file->uuid] = {0};
    const uint8_t *u = file->uuid;
    if (memcmp(u, none, sizeof none) == 0)
        return BL_OK;
    *ret_text = bl_arena_printf(
        &file->arena, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0],
        u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14],
        u[15]);
    return *ret_text ? BL_OK : bl_error_nomem(err, 36, "a UUID");
}

static bl_status describe(root_tables *tables, bl_error *err) {
    bl_root_file *file = tables->file;
    int32_t version = file->version < 0 ? file->version + 1000000 : file->version % 1000000;
    tables->head.format = "ROOT";
    tables->head.url = file->source->url;
    tables->head.size_bytes = file->source->size_bytes;
    tables->head.description = bl_arena_printf(&file->arena, "ROOT %d.%02d/%02d, %s header%s",
                                               version / 10000, version / 100 % 100, version % 100,
                                               file->version >= 1000000 ? "64-bit" : "32-bit",
                                               file->recovery ? ", recovered" : "");
    tables->head.is_recovered = file->recovery != NULL;
    BL_TRY(write_uuid(file, &tables->head.uuid, err));
    return tables->head.description ? BL_OK : bl_error_nomem(err, 64, "a description");
}

bl_status bl_root_open(bl_context *context, bl_source *source, bl_file **ret_file, bl_error *err) {
    BL_AUTO(bl_root_file) file = NULL;
    BL_TRY(bl_root_file_open(context, source, &file, err));
    root_tables *tables = (root_tables *)bl_alloc_zero(context, 1, sizeof *tables);
    if (!tables)
        return bl_error_nomem(err, sizeof *tables, "a file");
    tables->head.ops = &ops;
    tables->head.context = context;
    tables->file = BL_MOVE(file);
    bl_status status = list_objects(tables, err);
    if (status == BL_OK)
        status = describe(tables, err);
    if (status != BL_OK) {
        release(&tables->head);
        return status;
    }
    *ret_file = &tables->head;
    return BL_OK;
}
