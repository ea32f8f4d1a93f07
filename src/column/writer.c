// SPDX-License-Identifier: Apache-2.0
// What the writers of all formats keep of what they are given.
#include "column/writer.h"

bl_status bl_writer_init(bl_writer *writer, const bl_writer_ops *ops, bl_arena *arena,
                         const bl_column_spec *columns, size_t n_columns, const char *path,
                         bl_error *err) {
    const char **names = (const char **)bl_arena_array(arena, n_columns + 1, sizeof *names);
    bl_type **types = (bl_type **)bl_arena_array(arena, n_columns + 1, sizeof(bl_type *));
    writer->ops = ops;
    writer->path = bl_arena_text(arena, path, strlen(path));
    if (!names || !types || !writer->path)
        return bl_error_nomem(err, n_columns * sizeof *names, "columns");
    writer->names = names;
    writer->types = types;
    for (size_t i = 0; i < n_columns; i++) {
        names[i] = bl_arena_text(arena, columns[i].name, strlen(columns[i].name));
        if (!names[i])
            return bl_error_nomem(err, strlen(columns[i].name), "a name");
        types[i] = bl_type_ref((bl_type *)(uintptr_t)columns[i].type);
        writer->n_columns = i + 1;
    }
    return BL_OK;
}

void bl_writer_release(bl_writer *writer) {
    for (size_t i = 0; i < writer->n_columns; i++)
        bl_type_release(writer->types[i]);
    writer->n_columns = 0;
}

bl_status bl_metadata_copy(bl_arena *arena, const bl_output_options *options,
                           const char *const **ret_metadata, size_t *ret_n, bl_error *err) {
    size_t n = options ? options->n_metadata : 0;
    const char **metadata = (const char **)bl_arena_array(arena, 2 * n + 1, sizeof *metadata);
    if (!metadata)
        return bl_error_nomem(err, n * sizeof *metadata, "metadata");
    for (size_t i = 0; i < 2 * n; i++) {
        const char *text = options->metadata[i];
        metadata[i] = bl_arena_text(arena, text, strlen(text));
        if (!metadata[i])
            return bl_error_nomem(err, strlen(text), "metadata");
    }
    *ret_metadata = metadata;
    *ret_n = n;
    return BL_OK;
}
