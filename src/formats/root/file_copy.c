// SPDX-License-Identifier: Apache-2.0
// Continuing a file: its bytes are copied as they are, its directories are listed, and what the end
// of a file holds is written anew behind them. Records that are replaced, its key lists and its
// free list lie unused then, as after ROOT's own updates.
#include <assert.h>

#include "formats/root/file_writer.h"

enum { COPY_BYTES = 1 << 20, WIDE_HEADER = 1000000 };

static bl_status copy_bytes(bl_root_writer *writer, bl_source *source, uint64_t end,
                            bl_error *err) {
    BL_AUTO(bl_buffer) part = NULL;
    BL_TRY(bl_buffer_new(writer->context, COPY_BYTES, &part, err));
    for (uint64_t at = 0; at < end;) {
        size_t n = end - at < COPY_BYTES ? (size_t)(end - at) : COPY_BYTES;
        BL_TRY(bl_source_read(source, at, n, part->data, err));
        BL_TRY(bl_root_writer_bytes(writer, part->data, n, err));
        at += n;
    }
    return BL_OK;
}

/// Keeps the header and the first record, whose directory is filled in at the end.
static bl_status keep_head(bl_root_writer *writer, bl_root_file *base, bl_error *err) {
    uint8_t head[BL_SINK_HEAD];
    size_t n = base->end < sizeof head ? (size_t)base->end : sizeof head;
    BL_TRY(bl_source_read(base->source, 0, n, head, err));
    bl_cursor c = bl_cursor_over(head, n);
    bl_root_key key;
    size_t length;
    bl_cursor_seek(&c, (size_t)base->begin);
    BL_TRY(bl_root_key_read(&c, NULL, &key, err));
    (void)bl_root_string(&c, &length); // the file's name and title once more
    (void)bl_root_string(&c, &length);
    size_t directory = c.position, end = (size_t)base->begin + (size_t)key.n_bytes;
    if (c.failed || key.n_bytes < 0 || end < directory + BL_ROOT_OLD_DIRECTORY || end > n)
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "its first record has no room for a directory that changes");
    writer->n_bytes_name = (uint32_t)(directory - base->begin);
    bl_pack_bytes(&writer->head, head, end);
    return bl_packer_check(&writer->head, "the file header", err);
}

static bl_status list_entries(bl_root_writer *writer, const bl_root_file *base, bl_error *err) {
    for (size_t i = 0; i < base->n_entries; i++) {
        const bl_root_entry *entry = &base->entries[i];
        size_t above = strlen(entry->path) - strlen(entry->key.name), folder;
        size_t parent = bl_root_folder_find(writer, entry->path, above ? above - 1 : 0);
        assert(parent != SIZE_MAX); // directories come before what they hold
        BL_TRY(bl_root_folder_add(writer, parent, &entry->key, err));
        if (!entry->is_directory)
            continue;
        BL_TRY(bl_root_folder_new(writer, parent, entry->key.name, entry->key.title, &folder, err));
        writer->folders[folder].seek = entry->key.seek_key;
    }
    for (size_t i = 0; i < writer->n_folders; i++)
        writer->folders[i].is_changed = false;
    return BL_OK;
}

bl_status bl_root_writer_copy(bl_root_writer *writer, bl_root_file *base, bl_error *err) {
    writer->base = bl_root_file_ref(base);
    writer->begin = base->begin;
    writer->version = base->version < 0 ? base->version + WIDE_HEADER : base->version % WIDE_HEADER;
    BL_TRY(keep_head(writer, base, err));
    BL_TRY(list_entries(writer, base, err));
    return copy_bytes(writer, base->source, base->end, err);
}
