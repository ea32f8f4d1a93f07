// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"

#include <errno.h>

#include "table/fake_format_testing.h"
#include "table/private.h"

static const fake_text files[] = {
    {"a.fake", "fake\nrows 10\ncluster 4\ncolumn x i\ncolumn y i\n"},
    {"b.fake", "fake\nrows 0\ncolumn x i\ncolumn y i\n"},
    {"c.fake", "fake\nrows 3\nbase 10\ncolumn y i\ncolumn x i\n"},
    {"bytes.fake", "fake\nrows 10\nbase 77\ncluster 5\ncolumn name s\n"},
};

static int make_files(void **state) {
    static char folder[] = "/tmp/beamline-scan-XXXXXX";
    *state = folder;
    return fake_files_make(folder, files, sizeof files / sizeof *files);
}

static int remove_files(void **state) {
    return fake_files_remove((const char *)*state, files, sizeof files / sizeof *files);
}

/// A budget under which one batch holds `rows` rows of one column.
static bl_context *context_for(uint64_t rows) {
    fake = (fake_log){0};
    bl_context *context =
        test_context_of(1, NULL, rows ? (4 * rows + 2) * FAKE_BYTES_A_VALUE * 4 / 3 : 0);
    assert_non_null(context);
    return context;
}

static bl_table *open_table(bl_context *context, const char *url) {
    bl_table *table = NULL;
    assert_ok(bl_table_open_as(context, fake_formats, &url, 1, NULL, &table, NULL));
    return table;
}

/// Scans column x and checks every value; `fake.calls` then has the ranges.
static bl_status scan_all(bl_table *table, int64_t first, int64_t last, int64_t batch_rows) {
    bl_scan_options options = {.size = sizeof options,
                               .columns = (size_t[]){0},
                               .n_columns = 1,
                               .first = first,
                               .last = last,
                               .batch_rows = batch_rows};
    BL_AUTO(bl_scan) scan = NULL;
    BL_TRY(bl_scan_open(table, &options, &scan, NULL));
    int64_t row = first;
    for (;;) {
        BL_AUTO(bl_batch) batch = NULL;
        bl_status status = bl_scan_next(scan, &batch, NULL);
        if (status != BL_OK)
            return status;
        assert_int_equal(bl_batch_first_row(batch), row);
        const int32_t *x = bl_column_values(bl_batch_column(batch, 0));
        for (int64_t i = 0; i < bl_batch_n_rows(batch); i++)
            assert_int_equal(x[i], row++);
        int64_t rows;
        uint64_t bytes;
        bl_scan_progress(scan, &rows, &bytes);
        assert_int_equal(rows, row - first);
        assert_int_equal(bytes, (uint64_t)rows * FAKE_BYTES_A_VALUE / 2);
    }
}

static void check(const char *url, uint64_t memory_rows, int64_t first, int64_t last,
                  int64_t batch_rows, const char *calls) {
    bl_context *context = context_for(memory_rows);
    bl_table *table = open_table(context, url);
    assert_int_equal(scan_all(table, first, last, batch_rows), BL_END);
    assert_string_equal(fake.calls, calls);
    assert_true(fake.most_open <= 2);
    bl_table_close(table);
    bl_context_free(context);
    assert_int_equal(fake.n_open, 0);
}

static void batches_end_at_clusters(void **state) {
    (void)state;
    check("a.fake", 100, 0, 0, 0, "p0-10 r0-10 ");
    check("a.fake", 9, 0, 0, 0, "p0-8 p8-10 r0-8 r8-10 ");
    check("a.fake", 5, 0, 0, 0, "p0-4 p4-8 r0-4 p8-10 r4-8 r8-10 ");
    check("a.fake", 5, 1, 9, 0, "p1-4 p4-9 r1-4 r4-9 ");
    check("a.fake", 3, 0, 8, 0, "p0-2 p2-4 r0-2 p4-6 r2-4 p6-8 r4-6 r6-8 ");
    check("a.fake", 0, 0, 2, 0, "p0-2 r0-2 "); // 0: the default budget
}

static void batches_of_so_many_rows(void **state) {
    (void)state;
    check("a.fake", 100, 0, 0, 3, "p0-3 p3-6 r0-3 p6-9 r3-6 p9-10 r6-9 r9-10 ");
}

static void chain_ends_batches_at_files(void **state) {
    (void)state;
    check("[abc].fake", 100, 0, 0, 0, "p0-10 r0-10 p0-3 r0-3 ");
    check("[abc].fake", 100, 9, 12, 0, "p9-10 r9-10 p0-2 r0-2 ");
    check("[abc].fake", 100, 10, 0, 0, "p0-3 r0-3 ");
    check("b.fake", 100, 0, 0, 0, "");
}

static void ranges_past_the_end(void **state) {
    (void)state;
    bl_context *context = context_for(100);
    bl_table *table = open_table(context, "a.fake");
    assert_int_equal(scan_all(table, 0, 11, 0), BL_E_RANGE);
    assert_int_equal(scan_all(table, 5, 4, 0), BL_E_RANGE);
    assert_int_equal(scan_all(table, -1, 4, 0), BL_E_RANGE);
    assert_int_equal(scan_all(table, 10, 0, 0), BL_END);
    bl_table_close(table);
    table = open_table(context, "[abc].fake");
    assert_int_equal(scan_all(table, 0, 14, 0), BL_E_RANGE);
    assert_int_equal(scan_all(table, 14, 0, 0), BL_E_RANGE);
    bl_context_cancel(context);
    assert_int_equal(scan_all(table, 0, 0, 0), BL_E_CANCELLED);
    bl_table_close(table);
    bl_context_free(context);
}

static struct ArrowArrayStream export(bl_table *table, int64_t first) {
    bl_scan_options options = {.size = sizeof options, .first = first, .batch_rows = 5};
    bl_scan *scan = NULL;
    struct ArrowArrayStream stream;
    assert_ok(bl_scan_open(table, &options, &scan, NULL));
    assert_ok(bl_scan_export(scan, &stream, NULL));
    return stream;
}

static void streams(void **state) {
    (void)state;
    bl_context *context = context_for(100);
    bl_table *table = open_table(context, "a.fake");
    struct ArrowArrayStream stream = export(table, 0);
    struct ArrowSchema schema;
    struct ArrowArray array;
    for (int i = 0; i < 2; i++) { // a consumer may ask for the schema at any time, and again
        assert_int_equal(stream.get_schema(&stream, &schema), 0);
        assert_int_equal(schema.n_children, 2);
        assert_string_equal(schema.children[1]->name, "y");
        schema.release(&schema);
        assert_int_equal(stream.get_next(&stream, &array), 0);
        assert_int_equal(array.length, 5);
        array.release(&array);
    }
    assert_int_equal(stream.get_next(&stream, &array), 0);
    assert_null(array.release);
    assert_null(stream.get_last_error(&stream));
    stream.release(&stream);
    assert_null(stream.release);
    bl_table_close(table);

    table = open_table(context, "b.fake");
    stream = export(table, 0);
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    assert_string_equal(schema.children[0]->format, "i");
    schema.release(&schema);
    assert_int_equal(stream.get_next(&stream, &array), 0);
    assert_null(array.release);
    stream.release(&stream);
    bl_table_close(table);
    bl_context_free(context);
}

static void stream_of_text_that_turns_to_bytes(void **state) {
    (void)state;
    bl_context *context = context_for(100);
    bl_table *table = open_table(context, "bytes.fake");
    struct ArrowArrayStream stream = export(table, 0);
    struct ArrowSchema schema;
    struct ArrowArray array;
    assert_int_equal(stream.get_next(&stream, &array), 0);
    array.release(&array);
    assert_int_equal(stream.get_next(&stream, &array), EINVAL);
    assert_string_equal(stream.get_last_error(&stream),
                        "column 'name' is binary in rows 5 to 10, but the stream began with utf8");
    stream.release(&stream);
    stream = export(table, 5);
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    assert_string_equal(schema.children[0]->format, "z");
    schema.release(&schema);
    stream.release(&stream);
    bl_table_close(table);
    bl_context_free(context);
}

/// Late columns are of the kept rows of the last batch; clusters without such are not read.
static void late_columns(void **state) {
    const char *folder = (const char *)*state;
    char url[256];
    snprintf(url, sizeof url, "%s/[ac].fake", folder); // clusters of 4, 4, 2 rows, and 3
    bl_context *context = context_for(0);
    bl_table *table = open_table(context, url);
    bl_scan_options options = {.size = sizeof options,
                               .columns = (size_t[]){0},
                               .n_columns = 1,
                               .late_columns = (size_t[]){1},
                               .n_late_columns = 1};
    BL_AUTO(bl_scan) scan = NULL;
    assert_ok(bl_scan_open(table, &options, &scan, NULL));
    static const uint8_t keep[] = {0, 1, 0, 0, 0, 0, 0, 0, 1, 1};
    static const int32_t expected[] = {1, 8, 9, 11};
    bl_batch *early = NULL, *late = NULL;
    assert_int_equal(bl_scan_late(scan, keep, &late, NULL), BL_E_INVALID);
    size_t n = 0;
    while (bl_scan_next(scan, &early, NULL) == BL_OK) {
        assert_ok(bl_scan_late(scan, keep, &late, NULL));
        assert_string_equal(bl_batch_name(late, 0), "y");
        const int32_t *y = bl_column_values(bl_batch_column(late, 0));
        for (int64_t k = 0; k < bl_batch_n_rows(late); k++)
            assert_int_equal(y[k], expected[n++]);
        bl_batch_release(late);
        bl_batch_release(early);
    }
    assert_int_equal(n, 4);
    assert_non_null(strstr(fake.calls, "0-4")); // and not its middle cluster
    assert_null(strstr(fake.calls, "4-8"));
    bl_scan_close(BL_MOVE(scan));
    bl_table_close(table);
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_columns),
        cmocka_unit_test(batches_end_at_clusters),
        cmocka_unit_test(batches_of_so_many_rows),
        cmocka_unit_test(chain_ends_batches_at_files),
        cmocka_unit_test(ranges_past_the_end),
        cmocka_unit_test(streams),
        cmocka_unit_test(stream_of_text_that_turns_to_bytes),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
