// SPDX-License-Identifier: Apache-2.0
// Written into memory and read back: from near and from afar, whole and in part, and while every
// allocation and every write fails once.
#include "column/write_testing.h"
#include "formats/arrow/file.h"
#include "formats/arrow/writer.h"
#include "io/bytes/sink_testing.h"
#include "io/bytes/slow_test.h"

enum { ROWS = 1000, CLUSTER = 300, COLUMNS = 2 };

static const char *const names[] = {"x", "words"};

/// Row i: x is i or null, words are i % 4 texts.
static void fill_row(bl_builder *builders, uint32_t row) {
    bl_builder *x = &builders[0], *words = &builders[1];
    if (row % 7 == 3)
        bl_builder_append_nulls(x, 1);
    else
        bl_builder_append_number(x, BL_INT32, &row);
    for (uint32_t k = 0; k < row % 4; k++)
        bl_builder_append_string(&words->children[0], (const uint8_t *)"eta+phi", k + 1);
    bl_builder_end_list(words);
}

static bl_status make_types(bl_context *context, bl_type **types) {
    types[0] = bl_type_primitive_nullable(BL_INT32);
    return bl_type_new_list(context, BL_LIST, 0, bl_type_primitive(BL_UTF8), &types[1], NULL);
}

static const test_rows_of all = {COLUMNS, names, ROWS, make_types, fill_row, NULL};
static test_rows shared;

static int set_up(void **state) {
    (void)state;
    test_rows_init(&shared, &all);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    test_rows_release(&shared);
    return 0;
}

static test_sink sink;
static const char *codec;

static bl_status write_file(bl_context *context, long fail_in, bl_error *err) {
    bl_output *output = NULL;
    bl_output_options wishes = {.size = sizeof wishes, .codec = codec};
    bl_writer_options options = {.size = sizeof options, .path = "Events", .cluster_rows = CLUSTER};
    bl_create how = {.options = &wishes};
    BL_TRY(bl_compression_parse(codec, &how.compression, err));
    BL_TRY(test_sink_init(&sink, context, fail_in, err));
    BL_TRY(bl_arrow_create(context, &sink.sink, &how, &output, err));
    return test_rows_write(&shared, output, &options, err);
}

static bl_status write_only(bl_context *context) { return write_file(context, 0, NULL); }

static bl_status open_reader(bl_context *context, bl_source *source, bl_reader **ret_reader,
                             bl_error *err) {
    bl_file *file = NULL;
    bl_open_options options = {.size = sizeof options};
    BL_TRY(bl_arrow_open(context, source, &options, &file, err));
    bl_status status = file->ops->open_table(file, NULL, ret_reader, err);
    file->ops->release(file);
    return status;
}

static const size_t both[] = {0, 1};

static bl_status read_rows(bl_reader *reader, int64_t first, int64_t last, bl_error *err) {
    BL_AUTO(bl_batch) batch = NULL;
    BL_TRY(reader->ops->read(reader, first, last, both, COLUMNS, &batch, err));
    const bl_column *x = &batch->columns[0], *words = &batch->columns[1];
    const int32_t *offsets = (const int32_t *)bl_column_offsets(words);
    for (int64_t i = first; i < last; i++) {
        int64_t at = i - first;
        bool is_null = x->validity && !(x->validity->data[at / 8] >> at % 8 & 1);
        assert_int_equal(is_null, i % 7 == 3);
        if (!is_null)
            assert_int_equal(((const int32_t *)bl_column_values(x))[at], i);
        assert_int_equal(offsets[at + 1] - offsets[at], i % 4);
    }
    return bl_column_check(words, err);
}

static bl_status read_file(bl_context *context) {
    bl_source *source = NULL;
    bl_reader *reader = NULL;
    BL_TRY(bl_source_open_memory(context, "memory.arrow", sink.data, sink.size, &source, NULL));
    BL_TRY(open_reader(context, source, &reader, NULL));
    bl_status status = read_rows(reader, 0, ROWS, NULL);
    if (status == BL_OK)
        status = read_rows(reader, 250, 310, NULL);
    if (status == BL_OK)
        status = read_rows(reader, 310, 311, NULL);
    reader->ops->close(reader);
    return status;
}

static void memory_fails(void **state) {
    (void)state;
    static const char *const codecs[] = {"none", "lz4", "zstd"};
    for (size_t i = 0; i < 3; i++) {
        codec = codecs[i];
        if (i != 1) // what liblz4 allocates by itself is not ours to fail
            test_every_allocation_fails(write_only);
        bl_context *context = test_context(2);
        assert_ok(write_file(context, 0, NULL));
        assert_true(sink.is_finished);
        bl_context_free(context);
        test_every_allocation_fails(read_file);
    }
}

static void writes_fail(void **state) {
    (void)state;
    codec = "none";
    bl_context *context = test_context(1);
    for (long n = 1;; n++) {
        bl_status status = write_file(context, n, NULL);
        assert_int_equal(status, sink.failed ? BL_E_IO : BL_OK);
        if (!sink.failed)
            break;
        assert_false(sink.is_finished);
    }
    bl_context_free(context);
}

/// A server is asked for all columns of a range at once, and for the next one ahead.
static void from_afar(void **state) {
    (void)state;
    codec = "none";
    bl_context *context = test_context(1);
    bl_source *memory = NULL;
    slow_source *slow = NULL;
    bl_reader *reader = NULL;
    assert_ok(write_file(context, 0, NULL));
    assert_ok(bl_source_open_memory(context, "memory.arrow", sink.data, sink.size, &memory, NULL));
    assert_ok(slow_source_open(memory, 1, &slow, NULL));
    assert_ok(slow ? open_reader(context, &slow->source, &reader, NULL) : BL_E_NOMEM);
    if (!slow || !reader) // the analyzer does not know that asserts end a test
        return;
    uint64_t before = slow->source.n_round_trips;
    assert_in_range(before, 1, 5); // head, end, footer, metadata of all record batches
    for (int64_t first = 0; first < ROWS; first += CLUSTER) {
        int64_t last = first + CLUSTER < ROWS ? first + CLUSTER : ROWS;
        int64_t end = last + CLUSTER < ROWS ? last + CLUSTER : ROWS;
        if (first == 0)
            assert_ok(reader->ops->prefetch(reader, first, last, both, COLUMNS, NULL));
        if (last < end)
            assert_ok(reader->ops->prefetch(reader, last, end, both, COLUMNS, NULL));
        assert_ok(read_rows(reader, first, last, NULL));
    }
    assert_int_equal(slow->source.n_round_trips - before, 4);
    assert_int_equal(slow->max_in_flight, 2);
    slow->fail_round_trip = slow->source.n_round_trips + 1;
    assert_int_equal(read_rows(reader, 0, 5, NULL), BL_E_IO);
    reader->ops->close(reader);
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_fails),
        cmocka_unit_test(writes_fail),
        cmocka_unit_test(from_afar),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
