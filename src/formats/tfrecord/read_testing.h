// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests and fuzzing: reads all that a TFRecord file in memory lets itself be read, and checks
/// every batch for offsets and lengths that contradict each other.
#ifndef BL_FORMATS_TFRECORD_READ_TESTING_H
#define BL_FORMATS_TFRECORD_READ_TESTING_H

#include "formats/tfrecord/reader.h"

enum { TEST_MOST_COLUMNS = 64 };

static inline bl_status test_read_rows(bl_reader *reader, int64_t first, int64_t last,
                                       const size_t *columns, size_t n, bl_error *err) {
    BL_AUTO(bl_batch) batch = NULL;
    uint64_t memory, stored;
    reader->ops->estimate(reader, first, last, columns, n, &memory, &stored);
    BL_TRY(reader->ops->prefetch(reader, first, last, columns, n, err));
    BL_TRY(reader->ops->read(reader, first, last, columns, n, &batch, err));
    for (size_t i = 0; i < n; i++) {
        BL_TRY_IN(bl_column_check(&batch->columns[i], err), err, "a column that was read");
        if (batch->columns[i].length != last - first)
            return bl_error_set(err, BL_E_SHAPE, "%lld rows came for %lld",
                                (long long)batch->columns[i].length, (long long)(last - first));
    }
    return BL_OK;
}

static inline bl_status test_read_table(bl_reader *reader, bl_error *err) {
    size_t columns[TEST_MOST_COLUMNS], n = 0;
    for (size_t i = 0; i < reader->n_columns && n < TEST_MOST_COLUMNS; i++)
        if (reader->columns[i].type)
            columns[n++] = i;
    int64_t middle = reader->n_rows / 2;
    BL_TRY(test_read_rows(reader, 0, reader->n_rows, columns, n, err));
    BL_TRY(test_read_rows(reader, middle, reader->n_rows, columns, n / 2, err));
    return test_read_rows(reader, 0, middle, columns + n / 2, n - n / 2, err);
}

/// \param ret_rows NULL: nobody asks
static inline bl_status test_read_bytes(bl_context *context, const void *data, size_t size,
                                        int64_t *ret_rows, bl_error *err) {
    bl_source *source = NULL;
    bl_file *file = NULL;
    bl_reader *reader = NULL;
    bl_open_options options = {.size = sizeof options};
    BL_TRY(bl_source_open_memory(context, "bytes.tfrecord", data, size, &source, err));
    BL_TRY(bl_tfrecord_open(context, source, &options, &file, err));
    bl_status status = file->ops->open_table(file, NULL, &reader, err);
    file->ops->release(file);
    BL_TRY(status);
    status = test_read_table(reader, err);
    if (status == BL_OK && ret_rows)
        *ret_rows = reader->n_rows;
    reader->ops->close(reader);
    return status;
}

#endif
