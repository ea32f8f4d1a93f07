// SPDX-License-Identifier: Apache-2.0
// Directories: TDirectory records and their key lists, read level by level so that a file with a
// thousand directories costs few round trips.
#include "formats/root/file.h"

enum { MAX_DEPTH = 64 };

typedef struct directory {
    const char *path;   ///< "" for the file itself
    size_t entry;       ///< its own; SIZE_MAX for the file itself
    uint64_t seek_keys; ///< record of the key list
    uint32_t n_bytes_keys;
} directory;

typedef struct level {
    size_t n;
    directory *items;
} level;

/// The TDirectory record: its version word says how wide its own seeks are.
static bl_status read_directory(bl_cursor *c, directory *ret_directory, bl_error *err) {
    int version = (int16_t)bl_cursor_be16(c);
    bool wide = version > 1000;
    bl_cursor_skip(c, 8); // dates
    ret_directory->n_bytes_keys = bl_cursor_be32(c);
    bl_cursor_skip(c, 4);             // fNbytesName
    bl_cursor_skip(c, wide ? 16 : 8); // fSeekDir, fSeekParent
    ret_directory->seek_keys = wide ? bl_cursor_be64(c) : bl_cursor_be32(c);
    return bl_cursor_check(c, "directory record", err);
}

/// The key list: its own key, a count, then keys one behind the other.
static bl_status read_keys(bl_root_file *file, const directory *at, const uint8_t *data,
                           bl_error *err) {
    bl_cursor c = bl_cursor_over(data, at->n_bytes_keys);
    bl_root_key own;
    BL_TRY(bl_root_key_read(&c, NULL, &own, err));
    uint32_t n_keys = bl_cursor_be32(&c);
    for (uint32_t i = 0; i < n_keys && !c.failed; i++) {
        bl_root_key key;
        BL_TRY(bl_root_key_read(&c, &file->arena, &key, err));
        if (!c.failed)
            BL_TRY(bl_root_entry_add(file, at->entry, &key, err));
    }
    return bl_cursor_check(&c, "key list", err);
}

static bl_status check_inside(const bl_root_file *file, const char *what, bl_range range,
                              bl_error *err) {
    uint64_t size = file->source->size_bytes;
    if (range.offset <= size && range.size <= size - range.offset)
        return BL_OK;
    return bl_error_set(err, BL_E_CORRUPT,
                        "truncated: the %s is at byte %llu and %llu bytes long, the file ends at "
                        "byte %llu",
                        what, (unsigned long long)range.offset, (unsigned long long)range.size,
                        (unsigned long long)size);
}

static bl_status check_key_list(bl_root_file *file, const directory *at, bl_error *err) {
    file->is_unclosed |= at->seek_keys == 0 && at->n_bytes_keys == 0;
    if (file->is_unclosed)
        return bl_error_set(err, BL_E_CORRUPT, "no key list: the writer did not close the file");
    if (at->seek_keys < file->begin)
        return bl_error_set(err, BL_E_CORRUPT, "the key list is said to be at byte %llu",
                            (unsigned long long)at->seek_keys);
    BL_TRY(check_inside(file, "key list", (bl_range){at->seek_keys, at->n_bytes_keys}, err));
    if (at->n_bytes_keys > file->source->size_bytes - file->key_list_bytes)
        return bl_error_set(err, BL_E_CORRUPT, "the key list at byte %llu: directories overlap",
                            (unsigned long long)at->seek_keys);
    file->key_list_bytes += at->n_bytes_keys;
    return BL_OK;
}

/// Reads the key lists of one level; their entries follow each other in file->entries.
static bl_status read_level(bl_root_file *file, const level *now, bl_error *err) {
    bl_context *context = file->context;
    BL_AUTO(bl_fetch) fetch = NULL;
    bl_range *ranges = (bl_range *)bl_alloc_zero(context, now->n, sizeof *ranges);
    const uint8_t **data = (const uint8_t **)bl_alloc_zero(context, now->n, sizeof *data);
    bl_status status = BL_OK;
    if (!ranges || !data)
        status = bl_error_nomem(err, now->n * sizeof *ranges, "a list of directories");
    for (size_t i = 0; status == BL_OK && i < now->n; i++) {
        status = check_key_list(file, &now->items[i], err);
        ranges[i] = (bl_range){now->items[i].seek_keys, now->items[i].n_bytes_keys};
        if (status != BL_OK)
            bl_error_in(err, status, "directory '%s/'", now->items[i].path);
    }
    if (status == BL_OK) {
        status = bl_root_file_read(file, ranges, now->n, &fetch, data, err);
        if (status != BL_OK)
            bl_error_in(err, status, "key lists of directories");
    }
    for (size_t i = 0; status == BL_OK && i < now->n; i++) {
        status = read_keys(file, &now->items[i], data[i], err);
        if (status != BL_OK)
            bl_error_in(err, status, "directory '%s/' at byte %llu", now->items[i].path,
                        (unsigned long long)now->items[i].seek_keys);
    }
    bl_free(context, ranges);
    bl_free(context, data);
    return status;
}

/// Collects the directories among entries [first, …) as the next level.
static bl_status next_level(bl_root_file *file, size_t first, level *ret_level, bl_error *err) {
    bl_context *context = file->context;
    size_t n = 0;
    for (size_t i = first; i < file->n_entries; i++)
        n += file->entries[i].is_directory;
    *ret_level = (level){0};
    if (n == 0)
        return BL_OK;
    directory *items = (directory *)bl_alloc_zero(context, n, sizeof *items);
    bl_range *ranges = (bl_range *)bl_alloc_zero(context, n, sizeof *ranges);
    const uint8_t **data = (const uint8_t **)bl_alloc_zero(context, n, sizeof *data);
    BL_AUTO(bl_fetch) fetch = NULL;
    bl_status status = BL_OK;
    if (!items || !ranges || !data)
        status = bl_error_nomem(err, n * sizeof *items, "a list of directories");
    size_t at = 0;
    for (size_t i = first; status == BL_OK && i < file->n_entries; i++) {
        const bl_root_key *key = &file->entries[i].key;
        if (!file->entries[i].is_directory)
            continue;
        items[at].path = file->entries[i].path;
        items[at].entry = i;
        ranges[at] =
            (bl_range){key->seek_key + key->key_len, key->obj_len < 0 ? 0 : (uint64_t)key->obj_len};
        status = check_inside(file, "record", ranges[at++], err);
        if (status != BL_OK)
            bl_error_in(err, status, "directory '%s/'", file->entries[i].path);
    }
    if (status == BL_OK) {
        status = bl_root_file_read(file, ranges, n, &fetch, data, err);
        if (status != BL_OK)
            bl_error_in(err, status, "records of directories");
    }
    for (size_t i = 0; status == BL_OK && i < n; i++) {
        bl_cursor c = bl_cursor_over(data[i], ranges[i].size);
        status = read_directory(&c, &items[i], err);
        if (status != BL_OK)
            bl_error_in(err, status, "directory '%s/' at byte %llu", items[i].path,
                        (unsigned long long)ranges[i].offset);
    }
    bl_free(context, ranges);
    bl_free(context, data);
    if (status == BL_OK)
        *ret_level = (level){n, items};
    else
        bl_free(context, items);
    return status;
}

static bl_status read_root_directory(bl_root_file *file, uint64_t n_bytes_name,
                                     directory *ret_directory, bl_error *err) {
    uint64_t offset = file->begin + n_bytes_name;
    uint64_t size = file->source->size_bytes;
    if (offset >= size)
        return bl_error_set(err, BL_E_CORRUPT,
                            "truncated: the directory record should be at byte %llu of %llu",
                            (unsigned long long)offset, (unsigned long long)size);
    BL_AUTO(bl_fetch) fetch = NULL;
    const uint8_t *data;
    bl_range range = {offset, size - offset < 64 ? size - offset : 64};
    BL_TRY(bl_root_file_read(file, &range, 1, &fetch, &data, err));
    bl_cursor c = bl_cursor_over(data, range.size);
    BL_TRY(read_directory(&c, ret_directory, err));
    ret_directory->path = "";
    ret_directory->entry = SIZE_MAX;
    return BL_OK;
}

bl_status bl_root_directories_read(bl_root_file *file, uint64_t n_bytes_name, bl_error *err) {
    directory top = {0};
    BL_TRY(read_root_directory(file, n_bytes_name, &top, err));
    level now = {1, &top};
    for (int depth = 0; now.n > 0; depth++) {
        size_t first = file->n_entries;
        bl_status status =
            depth < MAX_DEPTH
                ? read_level(file, &now, err)
                : bl_error_set(err, BL_E_LIMIT, "more than %d levels of directories", MAX_DEPTH);
        if (now.items != &top)
            bl_free(file->context, now.items);
        BL_TRY(status);
        BL_TRY(next_level(file, first, &now, err));
    }
    return bl_root_entries_sort(file, err);
}
