// SPDX-License-Identifier: Apache-2.0
// What libbeamline itself knows of HDF5, and the module where it is built: a file written and read
// while every allocation fails once.
#include "formats/hdf5/hdf5.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/folder_testing.h"
#include "base/testing.h"
#include "column/builder.h"
#include "io/bytes/slow_test.h"

static const char *path;

static void test_probe(void **state) {
    (void)state;
    const uint8_t file[] = "\x89HDF\r\n\x1a\n\0\0";
    assert_true(bl_hdf5_probe(file, sizeof file));
    assert_true(bl_hdf5_probe(file, 8));
    assert_false(bl_hdf5_probe(file, 7));
    assert_false(bl_hdf5_probe(file + 1, 8));
}

/// A batch of numbers, lists and texts.
static bl_status make_batch(bl_context *context, bl_type **types, bl_batch **ret_batch) {
    static const char *const names[] = {"x", "list", "text"};
    BL_AUTO(bl_batch) batch = NULL;
    BL_TRY(bl_batch_new(context, 3, names, 0, 100, &batch, NULL));
    for (size_t i = 0; i < 3; i++) {
        bl_builder builder;
        BL_TRY(bl_builder_init(&builder, context, types[i], NULL));
        for (int32_t k = 0; k < 100; k++) {
            bl_builder *values = i == 1 ? &builder.children[0] : &builder;
            if (i == 2)
                bl_builder_append_string(&builder, (const uint8_t *)"some text", (size_t)k % 10);
            else
                bl_builder_append_number(values, BL_INT32, &k);
            if (i == 1)
                bl_builder_end_list(&builder);
        }
        bl_status status = bl_builder_finish(&builder, &batch->columns[i], NULL);
        bl_builder_release(&builder);
        BL_TRY(status);
    }
    *ret_batch = BL_MOVE(batch);
    return BL_OK;
}

static bl_status write_table(bl_context *context, bl_output *output, bl_type **types,
                             size_t n_columns) {
    BL_AUTO(bl_batch) batch = NULL;
    bl_writer *writer = NULL;
    bl_column_spec columns[3] = {{.name = "x"}, {.name = "list"}, {.name = "text"}};
    bl_writer_options options = {.path = n_columns == 1 ? "flat" : "group/all"};
    BL_TRY(make_batch(context, types, &batch));
    for (size_t i = 0; i < n_columns; i++)
        columns[i].type = types[i];
    BL_TRY(output->ops->add(output, columns, n_columns, &options, &writer, NULL));
    size_t all = batch->n_columns;
    batch->n_columns = n_columns;
    bl_status status = writer->ops->write(writer, batch, NULL);
    batch->n_columns = all;
    return status;
}

static bl_status write_file(bl_context *context) {
    BL_AUTO(bl_type) list = NULL;
    bl_sink *sink = NULL;
    bl_output *output = NULL;
    bl_output_options options = {0};
    bl_create how = {.compression = {BL_CODEC_GZIP, 1}, .options = &options};
    BL_TRY(bl_type_new_list(context, BL_LIST, 0, bl_type_primitive(BL_FLOAT32), &list, NULL));
    bl_type *types[] = {bl_type_primitive(BL_INT32), list, bl_type_primitive(BL_UTF8)};
    BL_TRY(bl_sink_open(context, path, true, &sink, NULL));
    BL_TRY(bl_hdf5_create(context, sink, &how, &output, NULL));
    bl_status status = write_table(context, output, types, 1);
    if (status == BL_OK)
        status = write_table(context, output, types, 3);
    if (status == BL_OK)
        status = output->ops->finish(output, NULL);
    output->ops->close(output);
    return status;
}

static bl_status read_table(bl_file *file, const char *table, size_t n_columns) {
    static const size_t columns[] = {0, 1, 2};
    bl_reader *reader = NULL;
    BL_AUTO(bl_batch) batch = NULL;
    BL_TRY(file->ops->open_table(file, table, &reader, NULL));
    bl_status status = reader->n_columns == n_columns && reader->n_rows == 100 ? BL_OK : BL_E_SHAPE;
    if (status == BL_OK)
        status = reader->ops->read(reader, 10, 60, columns, n_columns, &batch, NULL);
    if (status == BL_OK && ((const int32_t *)(void *)batch->columns[0].values->data)[49] != 59)
        status = BL_E_CORRUPT;
    reader->ops->close(reader);
    return status;
}

/// \param source moves
static bl_status read_source(bl_context *context, bl_source *source) {
    bl_file *file = NULL;
    bl_open_options options = {0};
    BL_TRY(bl_hdf5_open(context, source, &options, &file, NULL));
    bl_status status = read_table(file, "flat", 1);
    if (status == BL_OK)
        status = read_table(file, "group/all", 3);
    file->ops->release(file);
    return status;
}

static bl_status read_file(bl_context *context) {
    bl_source *source = NULL;
    BL_TRY(bl_source_open(context, path, &source, NULL));
    return read_source(context, source);
}

/// A far source, each of whose answers fails once.
static void read_from_afar(void) {
    bl_context *context = test_context(2);
    bl_status status = BL_OK;
    uint64_t n = 0;
    for (; n < 2 || status != BL_OK; n++) {
        bl_source *inner = NULL;
        slow_source *slow = NULL;
        assert_ok(bl_source_open(context, path, &inner, NULL));
        assert_ok(slow_source_open(inner, 0, &slow, NULL));
        if (!slow)
            return;
        slow->fail_round_trip = n;
        status = read_source(context, &slow->source);
        assert_true(status == BL_E_IO || (status == BL_OK && n != 1));
    }
    assert_true(n > 5); // metadata, chunks and the heap
    bl_context_free(context);
}

static void test_allocations(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    path = test_path("a.h5");
    bl_status status = write_file(context);
    bl_context_free(context);
    if (status == BL_E_UNSUPPORTED)
        skip(); // the module is not built
    assert_ok(status);
    test_every_allocation_fails(write_file);
    test_every_allocation_fails(read_file);
    read_from_afar();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probe),
        cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, test_make_folder, test_remove_folder);
}
