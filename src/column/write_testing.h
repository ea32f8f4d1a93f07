// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests of formats: some rows, made by hand, and a table written of them.
#ifndef BL_COLUMN_WRITE_TESTING_H
#define BL_COLUMN_WRITE_TESTING_H

#include "base/testing.h"
#include "column/builder.h"
#include "column/writer.h"

enum { TEST_ROWS_COLUMNS = 8 };

/// What the rows of a test are.
typedef struct test_rows_of {
    size_t n_columns;
    const char *const *names; ///< [n_columns]
    uint32_t n_rows;
    bl_status (*make_types)(bl_context *context, bl_type **types);
    void (*fill_row)(bl_builder *builders, uint32_t row);
    const char *const *source_types; ///< [n_columns]; NULL: none
} test_rows_of;

/// The rows, in a context of their own, so that only the writer's allocations fail.
typedef struct test_rows {
    const test_rows_of *of;
    bl_context *context;
    bl_type *types[TEST_ROWS_COLUMNS]; ///< owns
    bl_batch *batch;                   ///< owns
} test_rows;

static inline void test_rows_init(test_rows *rows, const test_rows_of *of) {
    bl_builder builders[TEST_ROWS_COLUMNS] = {0};
    *rows = (test_rows){.of = of, .context = test_context(1)};
    assert_ok(of->make_types(rows->context, rows->types));
    assert_ok(
        bl_batch_new(rows->context, of->n_columns, of->names, 0, of->n_rows, &rows->batch, NULL));
    for (size_t i = 0; i < of->n_columns; i++)
        assert_ok(bl_builder_init(&builders[i], rows->context, rows->types[i], NULL));
    for (uint32_t row = 0; row < of->n_rows; row++)
        of->fill_row(builders, row);
    for (size_t i = 0; i < of->n_columns; i++) {
        assert_ok(bl_builder_finish(&builders[i], &rows->batch->columns[i], NULL));
        bl_builder_release(&builders[i]);
    }
}

static inline void test_rows_release(test_rows *rows) {
    bl_batch_release(rows->batch);
    for (size_t i = 0; i < rows->of->n_columns; i++)
        bl_type_release(rows->types[i]);
    bl_context_free(rows->context);
}

/// Writes the rows as a table of a file.
static inline bl_status test_rows_add(const test_rows *rows, bl_output *output,
                                      const bl_writer_options *options, bl_error *err) {
    bl_column_spec specs[TEST_ROWS_COLUMNS];
    bl_writer *writer = NULL;
    for (size_t i = 0; i < rows->of->n_columns; i++)
        specs[i] = (bl_column_spec){.size = sizeof *specs,
                                    .name = rows->of->names[i],
                                    .type = rows->types[i],
                                    .source_type =
                                        rows->of->source_types ? rows->of->source_types[i] : NULL};
    BL_TRY(output->ops->add(output, specs, rows->of->n_columns, options, &writer, err));
    return writer->ops->write(writer, rows->batch, err);
}

/// Writes the rows as the one table of a file, which is closed in any case.
static inline bl_status test_rows_write(const test_rows *rows, bl_output *output,
                                        const bl_writer_options *options, bl_error *err) {
    bl_status status = test_rows_add(rows, output, options, err);
    if (status == BL_OK)
        status = output->ops->finish(output, err);
    output->ops->close(output);
    return status;
}

#endif
