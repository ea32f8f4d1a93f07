// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: a format of a few lines of text, whose values follow from their row.
///
///     fake
///     rows 10
///     cluster 4            rows a cluster
///     base 100             added to every value
///     column PATH KIND [N] i: int32; l: list<int32> of row % 3 items; s: utf8, which turns to
///     bytes
///                          that are no UTF-8 from row 5 on where base is 77; x: unreadable;
///                          N: which repetition of the path
///     friend ALIAS URL     "-" for the same file
#ifndef BL_TABLE_FAKE_FORMAT_TESTING_H
#define BL_TABLE_FAKE_FORMAT_TESTING_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "column/builder.h"
#include "table/formats.h"

#define FAKE_BYTES_A_VALUE 65536

/// What the tests look at: reset it at will.
typedef struct fake_log {
    int n_open, most_open, n_opened;
    char calls[1 << 14]; ///< "p0-4 r0-4 ": ranges fetched ahead and read
} fake_log;

static fake_log fake;

typedef struct fake_file {
    bl_file head;
    int n_holders;
    bl_arena arena;
    bl_object_info object;
    bl_source *source;
    char *text;
    int64_t n_rows, cluster, base;
    size_t n_columns, n_friends;
    bl_column_info columns[16];
    char kinds[16];
    bl_friend_info friends[4];
    int64_t ends[64];
    bl_type *list;
} fake_file;

typedef struct fake_reader {
    bl_reader head;
    fake_file *file;
} fake_reader;

static void fake_release(bl_file *head) {
    fake_file *file = (fake_file *)head;
    bl_context *context = file->head.context;
    if (--file->n_holders)
        return;
    bl_type_release(file->list);
    bl_source_close(file->source);
    bl_arena_release(&file->arena);
    bl_free(context, file);
    fake.n_open--;
}

static void fake_append(fake_file *file, bl_builder *builder, char kind, int64_t row) {
    int32_t value = (int32_t)(file->base + row);
    bl_builder *numbers = kind == 'l' ? &builder->children[0] : builder;
    size_t n = kind == 'l' ? (size_t)(row % 3) : 1;
    if (kind == 's') {
        char text[32];
        int length =
            snprintf(text, sizeof text, file->base == 77 && row >= 5 ? "\xff%d" : "%d", (int)value);
        bl_builder_append_string(builder, (const uint8_t *)text, (size_t)length);
        return;
    }
    int32_t *place = (int32_t *)bl_builder_extend(numbers, n);
    for (size_t i = 0; place && i < n; i++)
        place[i] = value;
    if (kind == 'l')
        bl_builder_end_list(builder);
}

static bl_status fake_column(fake_file *file, size_t c, int64_t first, int64_t last,
                             bl_column *column, bl_error *err) {
    bl_builder builder = {0};
    bl_type *type = (bl_type *)(uintptr_t)file->columns[c].type;
    BL_TRY(bl_builder_init(&builder, file->head.context, type, err));
    for (int64_t row = first; row < last; row++)
        fake_append(file, &builder, file->kinds[c], row);
    bl_status status = bl_builder_finish(&builder, column, err);
    bl_builder_release(&builder);
    return status;
}

static void fake_note(char what, int64_t first, int64_t last) {
    size_t used = strlen(fake.calls);
    snprintf(fake.calls + used, sizeof fake.calls - used, "%c%d-%d ", what, (int)first, (int)last);
}

static bl_status fake_prefetch(bl_reader *reader, int64_t first, int64_t last,
                               const size_t *columns, size_t n_columns, bl_error *err) {
    (void)reader;
    (void)columns;
    (void)n_columns;
    (void)err;
    fake_note('p', first, last);
    return BL_OK;
}

static bl_status fake_read(bl_reader *reader, int64_t first, int64_t last, const size_t *columns,
                           size_t n, bl_batch **ret_batch, bl_error *err) {
    fake_file *file = ((fake_reader *)reader)->file;
    const char *names[16];
    for (size_t i = 0; i < n; i++)
        names[i] = file->columns[columns[i]].path;
    fake_note('r', first, last);
    BL_AUTO(bl_batch) batch = NULL;
    BL_TRY(bl_batch_new(reader->context, n, names, first, last - first, &batch, err));
    for (size_t i = 0; i < n; i++)
        BL_TRY(fake_column(file, columns[i], first, last, &batch->columns[i], err));
    *ret_batch = BL_MOVE(batch);
    return BL_OK;
}

static void fake_estimate(const bl_reader *reader, int64_t first, int64_t last,
                          const size_t *columns, size_t n, uint64_t *ret_memory,
                          uint64_t *ret_stored) {
    (void)reader;
    (void)columns;
    *ret_memory = (uint64_t)(last - first) * n * FAKE_BYTES_A_VALUE;
    *ret_stored = *ret_memory / 2;
}

static void fake_close(bl_reader *reader) {
    fake_file *file = ((fake_reader *)reader)->file;
    bl_free(reader->context, reader);
    fake_release(&file->head);
}

static const bl_reader_ops fake_reader_ops = {fake_prefetch, fake_read, fake_estimate, fake_close,
                                              NULL};

static bl_status fake_open_table(bl_file *head, const char *path, bl_reader **ret_reader,
                                 bl_error *err) {
    fake_file *file = (fake_file *)head;
    if (path && strcmp(path, "tree") != 0)
        return bl_error_set(err, BL_E_NOTFOUND, "no table '%s'", path);
    fake_reader *reader = (fake_reader *)bl_alloc_zero(head->context, 1, sizeof *reader);
    if (!reader)
        return bl_error_nomem(err, sizeof *reader, "a reader");
    reader->file = file;
    file->n_holders++;
    reader->head = (bl_reader){.ops = &fake_reader_ops,
                               .context = head->context,
                               .path = "tree",
                               .n_rows = file->n_rows,
                               .n_columns = file->n_columns,
                               .columns = file->columns,
                               .cluster_ends = file->ends,
                               .n_friends = file->n_friends,
                               .friends = file->friends};
    for (int64_t at = 0; file->cluster && at < file->n_rows; at += file->cluster)
        file->ends[reader->head.n_clusters++] =
            at + file->cluster < file->n_rows ? at + file->cluster : file->n_rows;
    *ret_reader = &reader->head;
    return BL_OK;
}

static const bl_file_ops fake_file_ops = {fake_open_table, fake_release};

static bl_status fake_add_column(fake_file *file, char *path, char kind, int duplicate,
                                 bl_error *err) {
    size_t i = file->n_columns++;
    const bl_type *type = kind == 'l'   ? file->list
                          : kind == 's' ? bl_type_primitive(BL_UTF8)
                          : kind == 'x' ? NULL
                                        : bl_type_primitive(BL_INT32);
    const char *slash = strrchr(path, '/');
    path = bl_arena_text(&file->arena, path, strlen(path));
    if (!path)
        return bl_error_nomem(err, 0, "a path");
    file->kinds[i] = kind;
    file->columns[i] = (bl_column_info){.size = sizeof(bl_column_info),
                                        .path = path,
                                        .name = slash ? strrchr(path, '/') + 1 : path,
                                        .type = type,
                                        .unreadable = type ? NULL : "it is fake",
                                        .duplicate = duplicate,
                                        .n_rows = file->n_rows,
                                        .raw_bytes = (uint64_t)file->n_rows * FAKE_BYTES_A_VALUE};
    return BL_OK;
}

static bl_status fake_line(fake_file *file, const char *line, bl_error *err) {
    char path[64], url[256], kind;
    long long number;
    int duplicate = 0;
    if (sscanf(line, "rows %lld", &number) == 1)
        file->n_rows = number;
    else if (sscanf(line, "cluster %lld", &number) == 1)
        file->cluster = number;
    else if (sscanf(line, "base %lld", &number) == 1)
        file->base = number;
    else if (sscanf(line, "column %63s %c %d", path, &kind, &duplicate) >= 2)
        return fake_add_column(file, path, kind, duplicate, err);
    else if (sscanf(line, "friend %63s %255s", path, url) == 2) {
        char *alias = bl_arena_text(&file->arena, path, strlen(path));
        char *place = bl_arena_text(&file->arena, url, url[0] == '-' ? 0 : strlen(url));
        if (!alias || !place)
            return bl_error_nomem(err, 0, "a friend");
        file->friends[file->n_friends++] = (bl_friend_info){alias, place, "tree"};
    }
    return BL_OK;
}

static bl_status fake_parse(fake_file *file, bl_error *err) {
    size_t size = (size_t)file->source->size_bytes;
    file->text = (char *)bl_arena_alloc(&file->arena, size + 1);
    if (!file->text)
        return bl_error_nomem(err, size, "text");
    BL_TRY(bl_source_read(file->source, 0, size, file->text, err));
    BL_TRY(bl_type_new_list(file->head.context, BL_LIST, 0, bl_type_primitive(BL_INT32),
                            &file->list, err));
    if (strstr(file->text, "broken"))
        return bl_error_set(err, BL_E_CORRUPT, "broken");
    char *rest = file->text;
    for (char *line; (line = strsep(&rest, "\n"));)
        BL_TRY(fake_line(file, line, err));
    return BL_OK;
}

static bl_status fake_open(bl_context *context, bl_source *source, const bl_open_options *options,
                           bl_file **ret_file, bl_error *err) {
    (void)options;
    fake_file *file = (fake_file *)bl_alloc_zero(context, 1, sizeof *file);
    if (!file) {
        bl_source_close(source);
        return bl_error_nomem(err, sizeof *file, "a file");
    }
    fake.n_opened++;
    if (++fake.n_open > fake.most_open)
        fake.most_open = fake.n_open;
    bl_arena_init(&file->arena, context);
    file->n_holders = 1;
    file->source = source;
    file->object = (bl_object_info){
        .size = sizeof file->object, .path = "tree", .class_name = "TTree", .is_table = true};
    file->head = (bl_file){.ops = &fake_file_ops,
                           .context = context,
                           .format = "fake",
                           .description = "fake 1.0",
                           .url = source->url,
                           .size_bytes = source->size_bytes,
                           .n_objects = 1,
                           .objects = &file->object};
    bl_status status = fake_parse(file, err);
    if (status == BL_OK)
        *ret_file = &file->head;
    else
        fake_release(&file->head);
    return status;
}

static bool fake_probe(const uint8_t *head, size_t size) {
    return size >= 4 && memcmp(head, "fake", 4) == 0;
}

static const bl_format fake_formats[] = {{.name = "fake", .probe = fake_probe, .open = fake_open},
                                         {.name = NULL}};

typedef struct fake_text {
    const char *name, *text;
} fake_text;

/// Makes a folder, with a folder `sub` in it, writes files there and makes it the working folder.
/// \param folder a template for mkdtemp
static inline int fake_files_make(char *folder, const fake_text *files, size_t n) {
    if (!mkdtemp(folder) || chdir(folder) != 0 || mkdir("sub", 0700) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        FILE *file = fopen(files[i].name, "w");
        if (!file || fputs(files[i].text, file) < 0 || fclose(file) != 0)
            return -1;
    }
    return 0;
}

static inline int fake_files_remove(const char *folder, const fake_text *files, size_t n) {
    for (size_t i = 0; i < n; i++)
        unlink(files[i].name);
    return rmdir("sub") || chdir("/") || rmdir(folder);
}

#endif
