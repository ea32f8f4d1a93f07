// SPDX-License-Identifier: Apache-2.0
// The objects that a file lists, with their paths, directories before what they hold.
#include "formats/root/file.h"

// a key takes at least 29 bytes: a file that lists more of them goes round in circles
enum { MIN_KEY_BYTES = 29, MAX_PATH_BYTES = 4096 };

bool bl_root_is_directory(const char *class_name) {
    return strcmp(class_name, "TDirectory") == 0 || strcmp(class_name, "TDirectoryFile") == 0;
}

bl_status bl_root_entry_add(bl_root_file *file, size_t parent, const bl_root_key *key,
                            bl_error *err) {
    const char *folder = parent == SIZE_MAX ? "" : file->entries[parent].path;
    if (file->n_entries > file->source->size_bytes / MIN_KEY_BYTES)
        return bl_error_set(err, BL_E_CORRUPT, "more keys than the file has room for");
    if (strlen(folder) + strlen(key->name) > MAX_PATH_BYTES) // or else they grow by their square
        return bl_error_set(err, BL_E_LIMIT, "the path of object '%.40s…' is longer than %d bytes",
                            key->name, MAX_PATH_BYTES);
    BL_TRY(bl_array_grow(file->context, &file->entries, &file->entries_capacity, file->n_entries,
                         sizeof *file->entries, "the list of objects", err));
    const char *path =
        *folder ? bl_arena_printf(&file->arena, "%s/%s", folder, key->name) : key->name;
    if (!path)
        return bl_error_nomem(err, sizeof(char *), "a path");
    file->entries[file->n_entries++] =
        (bl_root_entry){.key = *key,
                        .path = path,
                        .parent = parent,
                        .is_directory = bl_root_is_directory(key->class_name)};
    return BL_OK;
}

bl_status bl_root_entries_sort(bl_root_file *file, bl_error *err) {
    bl_context *context = file->context;
    size_t n = file->n_entries, n_done = 0;
    bl_root_entry *sorted = (bl_root_entry *)bl_alloc_zero(context, n + 1, sizeof *sorted);
    size_t *first_kid = (size_t *)bl_alloc_zero(context, n + 1, sizeof *first_kid);
    if (!sorted || !first_kid) {
        bl_free(context, sorted);
        bl_free(context, first_kid);
        return bl_error_nomem(err, n * sizeof *sorted, "the list of objects");
    }
    for (size_t i = n; i-- > 0;) // entries of one directory follow each other
        first_kid[file->entries[i].parent == SIZE_MAX ? n : file->entries[i].parent] = i;
    size_t at = 0;
    while (n_done < n) {
        bl_root_entry *entry = &file->entries[at];
        sorted[n_done++] = *entry;
        if (entry->is_directory && first_kid[at]) { // go down; entry 0 is nobody's kid
            at = first_kid[at];
            continue;
        }
        size_t parent = entry->parent;
        while (n_done < n && (at + 1 >= n || file->entries[at + 1].parent != parent)) { // go up
            at = parent;
            parent = file->entries[at].parent;
        }
        at++;
    }
    bl_free(context, first_kid);
    bl_free(context, file->entries);
    file->entries = sorted;
    return BL_OK;
}
