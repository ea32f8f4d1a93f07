// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests and fuzzing: a text opened from memory, and everything read that it lets itself be
/// read, whole, in two parts, and column by column.
#ifndef BL_FORMATS_TEXT_WALK_TESTING_H
#define BL_FORMATS_TEXT_WALK_TESTING_H

#include "formats/text/text.h"

typedef bl_status (*walk_open_fn)(bl_context *context, bl_source *source,
                                  const bl_open_options *options, bl_file **ret_file,
                                  bl_error *err);

enum { WALK_COLUMNS = 64 };

static inline bl_status walk_rows(bl_reader *reader, int64_t first, int64_t last,
                                  const size_t *columns, size_t n, bl_error *err) {
    BL_AUTO(bl_batch) batch = NULL;
    uint64_t memory_bytes, stored_bytes;
    reader->ops->estimate(reader, first, last, columns, n, &memory_bytes, &stored_bytes);
    BL_TRY(reader->ops->read(reader, first, last, columns, n, &batch, err));
    for (size_t i = 0; i < n; i++) {
        BL_TRY(bl_column_check(&batch->columns[i], err));
        if (batch->columns[i].length != last - first)
            return bl_error_set(err, BL_E_SHAPE, "rows are missing");
    }
    return BL_OK;
}

/// The first failure, or BL_OK. BL_E_SHAPE says that we are wrong.
static inline bl_status walk_reader(bl_reader *reader, bl_error *err) {
    size_t columns[WALK_COLUMNS] = {0};
    size_t n = reader->n_columns < WALK_COLUMNS ? reader->n_columns : WALK_COLUMNS;
    int64_t n_rows = reader->n_rows, middle = n_rows / 2;
    for (size_t i = 0; i < n; i++)
        columns[i] = n - 1 - i;
    bl_status status = walk_rows(reader, 0, n_rows, columns, n, err);
    bl_error other = {0};
    bl_status first = walk_rows(reader, middle, n_rows, columns, n, &other);
    bl_status second = walk_rows(reader, 0, middle, columns, n, &other);
    if (first == BL_E_NOMEM || second == BL_E_NOMEM)
        return BL_E_NOMEM;
    if (status == BL_OK && (first != BL_OK || second != BL_OK))
        return bl_error_set(err, BL_E_SHAPE, "a part fails where all is read: %s", other.message);
    for (size_t i = 0; i < n; i++)
        if (walk_rows(reader, 0, n_rows, &i, 1, &other) == BL_E_NOMEM)
            return BL_E_NOMEM;
    return status;
}

/// \param data read up to its last byte and no further
static inline bl_status walk_text(bl_context *context, walk_open_fn open, const char *url,
                                  const void *data, size_t size, const bl_open_options *options,
                                  bl_error *err) {
    bl_source *source = NULL;
    bl_file *file = NULL;
    bl_reader *reader = NULL;
    BL_TRY(bl_source_open_memory(context, url, data, size, &source, err));
    BL_TRY(open(context, source, options, &file, err));
    bl_status status = file->ops->open_table(file, NULL, &reader, err);
    if (status == BL_OK) {
        status = walk_reader(reader, err);
        reader->ops->close(reader);
    }
    file->ops->release(file);
    return status;
}

#endif
