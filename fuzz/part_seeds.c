// SPDX-License-Identifier: Apache-2.0
// Writes the first inputs of fuzz/corpus/tree and fuzz/corpus/streamer into the two folders named
// on the command line: the uncompressed records of the trees and of the streamer info of files that
// root_seeds.py wrote. Records of 8 KiB or more are left out.
#include <stdio.h>

#include "base/context.h"
#include "formats/root/file.h"
#include "formats/ttree/tree.h"

enum { MAX_BYTES = 8192 };

static bl_status save(bl_root_file *file, uint64_t offset, uint64_t n_bytes, const char *folder,
                      const char *path, bl_error *err) {
    bl_root_record record = {0};
    BL_TRY(bl_root_record_read(file, offset, n_bytes, &record, err));
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char to[4096];
    snprintf(to, sizeof to, "%s/%.*s", folder, (int)strcspn(name, "."), name);
    bl_status status = BL_OK;
    if (record.size < MAX_BYTES) {
        FILE *stream = fopen(to, "wb");
        bool good = stream && fwrite(record.payload, record.size, 1, stream) == 1;
        if (!stream || fclose(stream) != 0 || !good)
            status = bl_error_set(err, BL_E_IO, "%s: cannot be written", to);
    } else {
        printf("%s: %zu bytes: left out\n", to, record.size);
    }
    bl_root_record_release(&record);
    return status;
}

static bl_status save_parts(bl_context *context, const char *path, const char *trees,
                            const char *streamers, bl_error *err) {
    bl_source *source = NULL;
    BL_AUTO(bl_root_file) file = NULL;
    BL_TRY(bl_source_open(context, path, &source, err));
    BL_TRY(bl_root_file_open(context, source, &file, err));
    BL_TRY(save(file, file->seek_info, file->n_bytes_info, streamers, path, err));
    for (size_t i = 0; i < file->n_entries; i++) {
        const bl_root_key *key = &file->entries[i].key;
        if (bl_ttree_is_tree(key->class_name))
            return save(file, key->seek_key, (uint64_t)key->n_bytes, trees, path, err);
    }
    return BL_OK;
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: part_seeds TREE_FOLDER STREAMER_FOLDER FILE...\n");
        return 2;
    }
    bl_error err = {0};
    BL_AUTO(bl_context) context = NULL;
    bl_status status = bl_context_new(NULL, &context, &err);
    for (int i = 3; i < argc && status == BL_OK; i++)
        status = save_parts(context, argv[i], argv[1], argv[2], &err);
    if (status != BL_OK)
        fprintf(stderr, "part_seeds: %s\n", err.message);
    return status != BL_OK;
}
