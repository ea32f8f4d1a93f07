// SPDX-License-Identifier: Apache-2.0
// A Parquet file: its magic, its footer at the end, its one table.
// \source Apache Parquet, "File Format"
#include "formats/parquet/file.h"

#include <stdio.h>

#include "base/context.h"

/// What files of ours call the table that they came from.
static const char table_key[] = "beamline.table", default_table[] = "Events";
enum { TAIL = 8, MOST_FOOTER = 1 << 30 };

BL_DEFINE_AUTO(bl_parquet_file, bl_parquet_file_release);

bool bl_parquet_probe(const uint8_t *head, size_t size) {
    return size >= 4 && (memcmp(head, "PAR1", 4) == 0 || memcmp(head, "PARE", 4) == 0);
}

void bl_parquet_file_release(bl_parquet_file *file) {
    bl_context *context = file->head.context;
    if (--file->n_holders)
        return;
    bl_parquet_schema_release(&file->schema);
    bl_type_release(file->vector);
    bl_buffer_release(file->footer);
    bl_source_close(file->source);
    bl_arena_release(&file->arena);
    bl_free(context, file);
}

static void release(bl_file *head) { bl_parquet_file_release((bl_parquet_file *)head); }

static bl_status open_table(bl_file *head, const char *path, bl_reader **ret_reader,
                            bl_error *err) {
    bl_parquet_file *file = (bl_parquet_file *)head;
    if (path && strcmp(path, file->object.path) != 0)
        return bl_error_set(err, BL_E_NOTFOUND, "no table '%s'; there is '%s'", path,
                            file->object.path);
    return bl_parquet_reader_new(file, ret_reader, err);
}

static const bl_file_ops ops = {open_table, release};

static bl_status encrypted(bl_error *err) {
    return bl_error_set(err, BL_E_UNSUPPORTED, "the file is encrypted, and keys are not supported");
}

/// The footer stands in front of its length and the magic, at the end.
static bl_status read_footer(bl_parquet_file *file, bl_error *err) {
    bl_source *source = file->source;
    uint64_t size = source->size_bytes;
    uint8_t tail[TAIL];
    uint32_t length;
    if (size < TAIL + sizeof bl_parquet_magic)
        return bl_error_set(err, BL_E_CORRUPT, "%llu bytes are too few for a Parquet file",
                            (unsigned long long)size);
    BL_TRY(bl_source_read(source, size - TAIL, TAIL, tail, err));
    if (memcmp(tail + 4, "PARE", 4) == 0)
        return encrypted(err);
    if (memcmp(tail + 4, bl_parquet_magic, 4) != 0)
        return bl_error_set(err, BL_E_CORRUPT, "truncated: it does not end with Parquet's magic");
    memcpy(&length, tail, sizeof length);
    if (length > size - TAIL - sizeof bl_parquet_magic || length > MOST_FOOTER)
        return bl_error_set(err, BL_E_CORRUPT, "a footer of %u bytes in a file of %llu", length,
                            (unsigned long long)size);
    if (length > bl_context_budget_bytes(file->head.context) / 2)
        return bl_error_set(err, BL_E_LIMIT, "a footer of %u bytes does not fit the memory budget",
                            length);
    BL_TRY(bl_buffer_new(file->head.context, length, &file->footer, err));
    file->footer->size = length;
    if (length)
        BL_TRY(bl_source_read(source, size - TAIL - length, length, file->footer->data, err));
    return bl_parquet_metadata_read(&file->arena, file->footer->data, length, &file->metadata, err);
}

static bl_status add_chunk(bl_parquet_total *total, const bl_parquet_chunk *chunk, size_t column,
                           bool is_first, bl_error *err) {
    if (chunk->stored_bytes < 0 || chunk->raw_bytes < 0 || chunk->n_values < 0)
        return bl_error_set(err, BL_E_CORRUPT, "column %zu: %lld values, %lld bytes, %lld stored",
                            column, (long long)chunk->n_values, (long long)chunk->raw_bytes,
                            (long long)chunk->stored_bytes);
    total->stored_bytes += (uint64_t)chunk->stored_bytes;
    total->raw_bytes += (uint64_t)chunk->raw_bytes;
    if (__builtin_add_overflow(total->n_values, chunk->n_values, &total->n_values))
        return bl_error_set(err, BL_E_CORRUPT, "column %zu: too many values", column);
    total->codec = is_first || total->codec == chunk->codec ? chunk->codec : -1;
    total->is_encrypted = total->is_encrypted || !chunk->is_there;
    return BL_OK;
}

static bl_status add_group(bl_parquet_file *file, size_t i, bl_parquet_chunk *chunks,
                           bl_error *err) {
    const bl_parquet_group *group = &file->metadata.groups[i];
    if (group->n_chunks != file->schema.n_leaves)
        return bl_error_set(err, BL_E_CORRUPT, "%zu columns where there are %zu", group->n_chunks,
                            file->schema.n_leaves);
    BL_TRY(bl_parquet_group_chunks(group, chunks, err));
    for (size_t k = 0; k < group->n_chunks; k++)
        BL_TRY(add_chunk(&file->totals[k], &chunks[k], k, i == 0, err));
    return BL_OK;
}

/// Row groups must have what the schema says, and their rows must add up.
static bl_status check_groups(bl_parquet_file *file, bl_error *err) {
    const bl_parquet_metadata *m = &file->metadata;
    size_t n_leaves = file->schema.n_leaves;
    int64_t n_rows = 0;
    bl_context *context = file->head.context;
    file->totals =
        (bl_parquet_total *)bl_arena_array(&file->arena, n_leaves + 1, sizeof *file->totals);
    bl_parquet_chunk *chunks =
        (bl_parquet_chunk *)bl_alloc_zero(context, n_leaves + 1, sizeof *chunks);
    bl_status status = BL_OK;
    if (!file->totals || !chunks)
        status = bl_error_nomem(err, n_leaves * sizeof *chunks, "columns");
    for (size_t i = 0; i < m->n_groups && status == BL_OK; i++) {
        status = add_group(file, i, chunks, err);
        int64_t more = m->groups[i].n_rows;
        if (status == BL_OK && (more < 0 || __builtin_add_overflow(n_rows, more, &n_rows)))
            status = bl_error_set(err, BL_E_CORRUPT, "%lld rows", (long long)more);
        if (status != BL_OK)
            status = bl_error_in(err, status, "row group %zu", i);
    }
    bl_free(context, chunks);
    BL_TRY(status);
    if (n_rows != m->n_rows && m->n_groups)
        return bl_error_set(err, BL_E_CORRUPT, "%lld rows in its row groups, %lld in all",
                            (long long)n_rows, (long long)m->n_rows);
    return BL_OK;
}

static bl_status describe(bl_parquet_file *file, bl_error *err) {
    const bl_parquet_metadata *m = &file->metadata;
    const char *path = bl_parquet_metadata_value(m, table_key);
    file->head.description = bl_arena_printf(&file->arena, "Parquet %d%s%.80s", m->version,
                                             *m->created_by ? ", by " : "", m->created_by);
    if (!file->head.description)
        return bl_error_nomem(err, 0, "a description");
    file->object = (bl_object_info){.size = sizeof file->object,
                                    .path = path && *path ? path : default_table,
                                    .class_name = "table",
                                    .title = "",
                                    .offset = 0,
                                    .stored_bytes = file->source->size_bytes,
                                    .is_table = true};
    for (size_t k = 0; k < file->schema.n_leaves; k++)
        file->object.raw_bytes += file->totals[k].raw_bytes;
    file->head.n_objects = 1;
    file->head.objects = &file->object;
    return BL_OK;
}

static bl_status fill(bl_parquet_file *file, bl_error *err) {
    uint8_t head[4];
    BL_TRY(bl_source_read(file->source, 0, sizeof head, head, err));
    if (memcmp(head, "PARE", 4) == 0)
        return encrypted(err);
    if (!bl_parquet_probe(head, sizeof head))
        return bl_error_set(err, BL_E_FORMAT, "not a Parquet file");
    BL_TRY(read_footer(file, err));
    BL_TRY(bl_parquet_schema_make(&file->arena, &file->metadata, &file->schema, err));
    BL_TRY(check_groups(file, err));
    if (file->plain_vectors)
        BL_TRY(bl_type_new_list(file->head.context, BL_LIST, 0, bl_type_primitive(BL_FLOAT64),
                                &file->vector, err));
    return describe(file, err);
}

bl_status bl_parquet_open(bl_context *context, bl_source *source, const bl_open_options *options,
                          bl_file **ret_file, bl_error *err) {
    BL_AUTO(bl_source) owned = source;
    BL_AUTO(bl_parquet_file) file = (bl_parquet_file *)bl_alloc_zero(context, 1, sizeof *file);
    if (!file)
        return bl_error_nomem(err, sizeof *file, "a file");
    bl_arena_init(&file->arena, context);
    file->n_holders = 1;
    file->source = BL_MOVE(owned);
    file->plain_vectors = options->plain_vectors;
    file->head = (bl_file){.ops = &ops,
                           .context = context,
                           .format = "Parquet",
                           .url = file->source->url,
                           .size_bytes = file->source->size_bytes};
    BL_TRY(fill(file, err));
    *ret_file = &BL_MOVE(file)->head;
    return BL_OK;
}
