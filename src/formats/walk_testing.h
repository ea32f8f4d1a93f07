// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests and fuzzing: reads everything that a file lets itself be read, a column at a time
/// and some together, and counts what went well. Rows are few: damage shows in the first and the
/// last of them. Every batch is checked for offsets and lengths that contradict each other.
#ifndef BL_FORMATS_WALK_TESTING_H
#define BL_FORMATS_WALK_TESTING_H

#include "formats/root_tables.h"

enum { WALK_FIRST_ROWS = 64, WALK_LAST_ROWS = 16, WALK_TOGETHER = 16 };

typedef struct walk {
    /// Opens the file; NULL: as a ROOT file.
    bl_status (*open)(bl_context *context, bl_source *source, bl_file **ret_file, bl_error *err);
    const char *name;                                    ///< of the bytes; NULL: "bytes.root"
    void (*on_failure)(void *user, const bl_error *err); ///< sees every failure; may be NULL
    void *user;
    bool opened;
    size_t n_tables, n_columns; ///< that the file lists
    size_t n_tables_read;       ///< opened
    size_t n_columns_read;      ///< without a failure
    bl_status status;           ///< the first failure; BL_OK: none
} walk;

static inline void walk_failed(walk *w, bl_status status, bl_error *err) {
    if (w->status == BL_OK)
        w->status = status;
    if (w->on_failure)
        w->on_failure(w->user, err);
    *err = (bl_error){0};
}

/// Reads one range of rows; rows that a branch does not have are no failure.
static inline bl_status walk_rows(bl_reader *reader, int64_t first, int64_t last,
                                  const size_t *columns, size_t n, bl_error *err) {
    BL_AUTO(bl_batch) batch = NULL;
    bl_status status = reader->ops->read(reader, first, last, columns, n, &batch, err);
    if (status == BL_E_RANGE)
        return BL_OK;
    BL_TRY(status);
    for (size_t i = 0; i < n; i++) {
        BL_TRY_IN(bl_column_check(&batch->columns[i], err), err, "a column that was read");
        if (batch->columns[i].length != last - first)
            return bl_error_set(err, BL_E_SHAPE, "%lld rows came for %lld",
                                (long long)batch->columns[i].length, (long long)(last - first));
    }
    return BL_OK;
}

static inline bl_status walk_column(bl_reader *reader, const size_t *columns, size_t n,
                                    bl_error *err) {
    uint64_t memory_bytes, stored_bytes;
    int64_t n_rows = reader->n_rows;
    int64_t first_end = n_rows < WALK_FIRST_ROWS ? n_rows : WALK_FIRST_ROWS;
    reader->ops->estimate(reader, 0, n_rows, columns, n, &memory_bytes, &stored_bytes);
    BL_TRY(walk_rows(reader, 0, first_end, columns, n, err));
    if (n_rows <= WALK_FIRST_ROWS)
        return BL_OK;
    bl_status status =
        reader->ops->prefetch(reader, n_rows - WALK_LAST_ROWS, n_rows, columns, n, err);
    if (status != BL_OK && status != BL_E_RANGE)
        return status;
    return walk_rows(reader, n_rows - WALK_LAST_ROWS, n_rows, columns, n, err);
}

static inline void walk_table(bl_reader *reader, walk *w) {
    bl_error err = {0};
    size_t together[WALK_TOGETHER];
    size_t n_together = 0;
    w->n_columns += reader->n_columns;
    for (size_t i = 0; i < reader->n_columns; i++) {
        if (reader->columns[i].unreadable)
            continue;
        bl_status status = walk_column(reader, &i, 1, &err);
        if (status != BL_OK) {
            walk_failed(w, status, &err);
            continue;
        }
        w->n_columns_read++;
        if (n_together < WALK_TOGETHER)
            together[n_together++] = i;
    }
    bl_status status = walk_column(reader, together, n_together, &err);
    if (status != BL_OK)
        walk_failed(w, status, &err);
}

/// Walks a file. \param source moves
static inline void walk_source(bl_context *context, bl_source *source, walk *w) {
    bl_error err = {0};
    bl_file *file = NULL;
    bl_status status = (w->open ? w->open : bl_root_open)(context, source, &file, &err);
    if (status != BL_OK) {
        walk_failed(w, status, &err);
        return;
    }
    w->opened = true;
    for (size_t i = 0; i < file->n_objects; i++) {
        if (!file->objects[i].is_table)
            continue;
        w->n_tables++;
        bl_reader *reader = NULL;
        status = file->ops->open_table(file, file->objects[i].path, &reader, &err);
        if (status != BL_OK) {
            walk_failed(w, status, &err);
            continue;
        }
        w->n_tables_read++;
        walk_table(reader, w);
        reader->ops->close(reader);
    }
    file->ops->release(file);
}

static inline void walk_bytes(bl_context *context, const void *data, size_t size, walk *w) {
    bl_error err = {0};
    bl_source *source = NULL;
    const char *name = w->name ? w->name : "bytes.root";
    bl_status status = bl_source_open_memory(context, name, data, size, &source, &err);
    if (status == BL_OK)
        walk_source(context, source, w);
    else
        walk_failed(w, status, &err);
}

#endif
