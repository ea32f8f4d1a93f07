// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"

#include "table/fake_format_testing.h"
#include "table/private.h"
#include "table/selection.h"

/// A directory of small files that every test may use; the current directory is in it.
static const fake_text files[] = {
    {"one.fake", "fake\nrows 10\ncluster 4\ncolumn x i\ncolumn jets/pt i\ncolumn jets/hits l\n"
                 "column muons/pt i\ncolumn bad x\ncolumn twice i\ncolumn twice i 1\n"
                 "friend near sub/near.fake\nfriend gone nowhere.fake\nfriend self -\n"},
    {"chain1.fake", "fake\nrows 5\ncluster 3\ncolumn x i\ncolumn h l\ncolumn name s\n"
                    "friend f sub/f1.fake\n"},
    {"chain2.fake", "fake\nrows 0\ncolumn h l\ncolumn x i\ncolumn name s\n"},
    {"chain3.fake", "fake\nrows 7\nbase 5\ncluster 3\ncolumn h l\ncolumn x i\ncolumn name s\n"
                    "friend f sub/f3.fake\n"},
    {"lacks.fake", "fake\nrows 3\ncolumn h l\n"},
    {"other.fake", "fake\nrows 3\ncolumn x l\n"},
    {"broken.fake", "fake\nbroken\n"},
    {"page.fake", "<html>no such page</html>"},
    {"empty.fake", ""},
    {"sub/near.fake", "fake\nrows 10\nbase 1000\ncolumn x i\ncolumn a/b l\n"},
    {"sub/short.fake", "fake\nrows 9\ncolumn x i\nfriend near near.fake\n"},
    {"sub/main.fake", "fake\nrows 10\ncolumn y i\nfriend near near.fake\n"},
    {"sub/f1.fake", "fake\nrows 5\nbase 100\ncolumn w i\n"},
    {"sub/f3.fake", "fake\nrows 7\nbase 105\ncolumn w i\n"},
    {"sub/twelve.fake", "fake\nrows 12\nbase 300\ncolumn v i\n"},
};

static int make_files(void **state) {
    static char folder[] = "/tmp/beamline-table-XXXXXX";
    *state = folder;
    return fake_files_make(folder, files, sizeof files / sizeof *files);
}

static int remove_files(void **state) {
    return fake_files_remove((const char *)*state, files, sizeof files / sizeof *files);
}

static bl_table *open_one(bl_context *context, const char *url) {
    bl_table *table = NULL;
    bl_error err = {0};
    bl_status status = bl_table_open_as(context, fake_formats, &url, 1, NULL, &table, &err);
    assert_string_equal(err.message, "");
    assert_ok(status);
    return table;
}

static bl_table *open_chain(bl_context *context) { return open_one(context, "chain*.fake"); }

static size_t find(const bl_table *table, const char *name) {
    size_t column = SIZE_MAX;
    bl_error err = {0};
    bl_status status = bl_table_find(table, name, &column, &err);
    assert_string_equal(err.message, "");
    assert_ok(status);
    return column;
}

static int32_t value(const bl_batch *batch, size_t column, int64_t row) {
    return ((const int32_t *)bl_column_values(bl_batch_column(batch, column)))[row];
}

static void catalog(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_catalog *opened = NULL;
    bl_table *table = NULL;
    assert_ok(bl_catalog_open_as(context, fake_formats, "one.fake", NULL, &opened, NULL));
    assert_string_equal(bl_catalog_format(opened), "fake");
    assert_int_equal(bl_catalog_n_objects(opened), 1);
    bl_object_info info = {.size = sizeof info};
    assert_ok(bl_catalog_object(opened, 0, &info, NULL));
    assert_string_equal(info.path, "tree");
    bl_object_info old = {.size = offsetof(bl_object_info, class_name)};
    assert_ok(bl_catalog_object(opened, 0, &old, NULL));
    assert_null(old.class_name);
    bl_error err = {0};
    assert_int_equal(bl_catalog_object(opened, 1, &info, &err), BL_E_RANGE);
    assert_int_equal(bl_catalog_open_table(opened, "tee", &table, &err), BL_E_NOTFOUND);
    assert_string_equal(err.message, "one.fake: no table 'tee'");
    assert_ok(bl_catalog_open_table(opened, NULL, &table, &err));
    bl_catalog_close(opened);
    assert_string_equal(bl_table_file(table, 0), "one.fake");
    int64_t n_rows;
    assert_ok(bl_table_n_rows(table, &n_rows, &err));
    assert_int_equal(n_rows, 10);
    bl_table_close(table);
    bl_context_free(context);
    assert_int_equal(fake.n_open, 0);
}

static void check_open_fails(const char *url, bl_status expected, const char *message) {
    bl_context *context = test_context(1);
    bl_table *table = NULL;
    bl_error err = {0};
    assert_int_equal(bl_table_open_as(context, fake_formats, &url, 1, NULL, &table, &err),
                     expected);
    assert_string_equal(err.message, message);
    bl_context_free(context);
    assert_int_equal(fake.n_open, 0);
}

static void open_failures(void **state) {
    (void)state;
    check_open_fails("none.fake", BL_E_NOTFOUND, "none.fake: No such file or directory");
    check_open_fails("none*.fake", BL_E_NOTFOUND, "none*.fake: no file matches");
    check_open_fails("broken.fake", BL_E_CORRUPT, "broken.fake: broken");
    check_open_fails("empty.fake", BL_E_FORMAT, "empty.fake: the file is empty");
    check_open_fails("page.fake", BL_E_FORMAT, "page.fake: this is a web page; known are fake");
}

static void check_find_fails(const bl_table *table, const char *name, bl_status expected,
                             const char *message) {
    size_t column = 77;
    bl_error err = {0};
    assert_int_equal(bl_table_find(table, name, &column, &err), expected);
    assert_string_equal(err.message, message);
    assert_int_equal(column, 77);
}

static void finds_columns(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_table *table = open_one(context, "one.fake");
    assert_int_equal(bl_table_n_columns(table), 7);
    assert_int_equal(find(table, "x"), 0);
    assert_int_equal(find(table, "jets/pt"), 1);
    assert_int_equal(find(table, "hits"), 2);
    assert_int_equal(find(table, "twice"), 5);
    assert_int_equal(find(table, "twice#1"), 6);
    check_find_fails(table, "pt", BL_E_INVALID, "'pt' names 2 columns: 'jets/pt', 'muons/pt'");
    check_find_fails(table, "twice#2", BL_E_NOTFOUND, "no column 'twice#2'; did you mean 'twice'?");
    check_find_fails(table, "hist", BL_E_NOTFOUND, "no column 'hist'; did you mean 'hits'?");
    check_find_fails(table, "jet/pt", BL_E_NOTFOUND, "no column 'jet/pt'; did you mean 'jets/pt'?");
    assert_true(bl_table_column_matches(table, 1, "jets*"));
    assert_true(bl_table_column_matches(table, 1, "p?"));
    assert_true(bl_table_column_matches(table, 1, "*"));
    assert_false(bl_table_column_matches(table, 1, "jets"));
    assert_false(bl_table_column_matches(table, 99, "*"));
    bl_column_info info = {.size = sizeof info};
    assert_ok(bl_table_column(table, 4, &info, NULL));
    assert_string_equal(info.unreadable, "it is fake");
    int64_t first, last;
    assert_int_equal(bl_table_n_clusters(table), 3);
    assert_ok(bl_table_cluster(table, 2, &first, &last, NULL));
    assert_int_equal(first, 8);
    assert_int_equal(last, 10);
    bl_table_close(table);
    bl_context_free(context);
}

static void reads_rows(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_table *table = open_one(context, "one.fake");
    bl_batch *batch = NULL;
    assert_ok(bl_table_read(table, 3, 6, (size_t[]){2, 0}, 2, &batch, NULL));
    assert_int_equal(bl_batch_n_rows(batch), 3);
    assert_int_equal(bl_batch_first_row(batch), 3);
    assert_string_equal(bl_batch_name(batch, 0), "jets/hits");
    assert_int_equal(value(batch, 1, 2), 5);
    bl_batch_release(batch);
    assert_ok(bl_table_read(table, 10, 10, (size_t[]){0}, 1, &batch, NULL));
    assert_int_equal(bl_batch_n_rows(batch), 0);
    bl_batch_release(batch);
    bl_error err = {0};
    assert_int_equal(bl_table_read(table, 3, 11, (size_t[]){0}, 1, &batch, &err), BL_E_RANGE);
    assert_string_equal(err.message, "rows 3 to 11 of 10");
    assert_int_equal(bl_table_read(table, 0, 1, (size_t[]){4}, 1, &batch, &err), BL_E_UNSUPPORTED);
    assert_string_equal(err.message, "one.fake: column 'bad' cannot be read: it is fake");
    assert_int_equal(bl_table_read(table, 0, 1, (size_t[]){1, 1}, 2, &batch, &err), BL_E_INVALID);
    assert_int_equal(bl_table_read(table, 0, 1, (size_t[]){7}, 1, &batch, &err), BL_E_RANGE);
    bl_context_cancel(context);
    assert_int_equal(bl_table_read(table, 0, 1, (size_t[]){0}, 1, &batch, &err), BL_E_CANCELLED);
    bl_table_close(table);
    bl_context_free(context);
}

static void reads_a_chain(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    fake = (fake_log){0};
    bl_table *table = open_chain(context);
    assert_int_equal(bl_table_n_files(table), 3);
    assert_string_equal(bl_table_file(table, 2), "chain3.fake");
    assert_int_equal(fake.n_opened, 1);
    bl_batch *batch = NULL;
    for (int64_t first = 0; first < 12; first++)
        for (int64_t last = first; last <= 12; last++) {
            assert_ok(bl_table_read(table, first, last, (size_t[]){1, 0}, 2, &batch, NULL));
            assert_int_equal(bl_batch_first_row(batch), first);
            assert_int_equal(bl_batch_n_rows(batch), last - first);
            for (int64_t row = first; row < last; row++)
                assert_int_equal(value(batch, 1, row - first), row);
            assert_ok(bl_column_check(bl_batch_column(batch, 0), NULL));
            bl_batch_release(batch);
        }
    assert_int_equal(fake.most_open, 2);
    bl_error err = {0};
    assert_int_equal(bl_table_read(table, 0, 13, (size_t[]){0}, 1, &batch, &err), BL_E_RANGE);
    bl_table_close(table);
    bl_context_free(context);
    assert_int_equal(fake.n_open, 0);
}

static void check_chain_fails(const char *second, bl_status expected, const char *message) {
    bl_context *context = test_context(1);
    bl_table *table = NULL;
    bl_batch *batch = NULL;
    bl_error err = {0};
    const char *urls[] = {"chain1.fake", second};
    assert_ok(bl_table_open_as(context, fake_formats, urls, 2, NULL, &table, &err));
    assert_int_equal(bl_table_read(table, 4, 7, (size_t[]){0}, 1, &batch, &err), expected);
    assert_string_equal(err.message, message);
    bl_table_close(table);
    bl_context_free(context);
}

static void chains_that_do_not_fit(void **state) {
    (void)state;
    check_chain_fails("lacks.fake", BL_E_NOTFOUND,
                      "lacks.fake: column 'x' is missing, but chain1.fake has it");
    check_chain_fails("other.fake", BL_E_TYPE,
                      "other.fake: column 'x' is list<int32>, but in chain1.fake it is int32");
    check_chain_fails("none.fake", BL_E_NOTFOUND, "none.fake: No such file or directory");
}

static void declared_friends(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    fake = (fake_log){0};
    bl_table *table = open_one(context, "one.fake");
    assert_int_equal(fake.n_opened, 1);
    size_t x = find(table, "near.x");
    assert_int_equal(fake.n_opened, 2);
    assert_int_equal(x, 7);
    assert_int_equal(find(table, "near.a/b"), find(table, "near.b"));
    size_t self = find(table, "self.x");
    bl_batch *batch = NULL;
    assert_ok(bl_table_read(table, 2, 5, (size_t[]){x, 0, self, 8}, 4, &batch, NULL));
    assert_string_equal(bl_batch_name(batch, 0), "near.x");
    assert_int_equal(value(batch, 0, 0), 1002);
    assert_int_equal(value(batch, 1, 0), 2);
    assert_int_equal(value(batch, 2, 0), 2);
    bl_batch_release(batch);
    check_find_fails(table, "gone.x", BL_E_NOTFOUND,
                     "one.fake: friend 'gone': nowhere.fake: No such file or directory");
    check_find_fails(table, "near.y", BL_E_NOTFOUND, "no column 'near.y'; did you mean 'near.x'?");
    bl_table_close(table);

    table = open_one(context, "sub/main.fake");
    (void)find(table, "near.x");
    bl_table_close(table);
    table = open_one(context, "sub/short.fake");
    check_find_fails(table, "near.x", BL_E_SHAPE,
                     "sub/short.fake: friend 'near': 10 rows, but the table it joins has 9");
    bl_table_close(table);
    bl_context_free(context);
    assert_int_equal(fake.n_open, 0);
}

static void friends_of_a_chain(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    const char *urls[] = {"chain1.fake", "chain3.fake"};
    const char *friends[] = {"sub/twelve.fake:tree"};
    bl_table_options options = {.size = sizeof options, .friends = friends, .n_friends = 1};
    bl_table *table = NULL;
    bl_batch *batch = NULL;
    bl_error err = {0};
    assert_ok(bl_table_open_as(context, fake_formats, urls, 2, &options, &table, &err));
    assert_int_equal(find(table, "tree.v"), 3);
    size_t columns[] = {find(table, "f.w"), 0, 3};
    assert_ok(bl_table_read(table, 3, 9, columns, 3, &batch, &err));
    for (int64_t i = 0; i < 6; i++) {
        assert_int_equal(value(batch, 0, i), 103 + i);
        assert_int_equal(value(batch, 1, i), 3 + i);
        assert_int_equal(value(batch, 2, i), 303 + i);
    }
    bl_batch_release(batch);
    bl_table_close(table);
    friends[0] = "one.fake";
    assert_int_equal(bl_table_open_as(context, fake_formats, urls, 2, &options, &table, &err),
                     BL_E_SHAPE);
    assert_string_equal(err.message, "friend 'one.fake': 10 rows, but the table it joins has 12");
    bl_context_free(context);
    assert_int_equal(fake.n_open, 0);
}

static void assert_packed(bl_table *table, size_t n, const char *const *urls) {
    bl_packer is = {.context = table->context}, wanted = {.context = table->context};
    for (size_t i = 0; i < n; i++) {
        uint64_t bytes = 0;
        assert_ok(bl_url_size(table->context, urls[i], &bytes, NULL));
        bl_pack_bytes(&wanted, urls[i], strlen(urls[i]) + 1);
        bl_pack_be64(&wanted, bytes);
    }
    assert_ok(bl_table_pack_friends(table, &is, NULL));
    assert_int_equal(bl_packer_size(&is), bl_packer_size(&wanted));
    if (is.buffer && wanted.buffer)
        assert_memory_equal(is.buffer->data, wanted.buffer->data, wanted.buffer->size);
    bl_packer_release(&is);
    bl_packer_release(&wanted);
}

/// Friends are files with a size, where columns are read from them.
static void friends_are_packed(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    const char *urls[] = {"chain1.fake", "chain2.fake", "chain3.fake"};
    const char *friends[] = {"sub/twelve.fake:tree"};
    const char *const of_friends[] = {"sub/twelve.fake", "sub/f1.fake", "sub/f3.fake"};
    bl_table_options options = {.size = sizeof options, .friends = friends, .n_friends = 1};
    bl_table *table = NULL;
    assert_ok(bl_table_open_as(context, fake_formats, urls, 3, &options, &table, NULL));
    assert_packed(table, 1, of_friends);
    (void)find(table, "f.w");
    assert_packed(table, 3, of_friends);
    bl_table_close(table);
    table = open_one(context, "one.fake");
    assert_true(bl_table_declares_friends(table));
    (void)find(table, "self.x"); // in the file itself
    assert_packed(table, 0, NULL);
    bl_table_close(table);
    table = open_one(context, "sub/main.fake");
    (void)find(table, "near.x");
    assert_packed(table, 1, (const char *const[]){"sub/near.fake"});
    bl_table_close(table);
    table = open_one(context, "lacks.fake");
    assert_false(bl_table_declares_friends(table));
    bl_table_close(table);
    bl_context_free(context);
    assert_int_equal(fake.n_open, 0);
}

static bl_status use_all(bl_context *context) {
    bl_error err = {0};
    BL_AUTO(bl_table) table = NULL;
    BL_AUTO(bl_scan) scan = NULL;
    const char *urls[] = {"chain1.fake", "chain3.fak[e]"};
    const char *friends[] = {"sub/twelve.fake:tree"};
    bl_table_options options = {.size = sizeof options, .friends = friends, .n_friends = 1};
    BL_TRY(bl_table_open_as(context, fake_formats, urls, 2, &options, &table, &err));
    size_t columns[] = {0, 1, 3, 0};
    BL_TRY(bl_table_find(table, "f.w", &columns[3], &err));
    BL_AUTO(bl_batch) batch = NULL;
    BL_TRY(bl_table_read(table, 3, 9, columns, 4, &batch, &err));
    BL_TRY(bl_scan_open(table, NULL, &scan, &err));
    struct ArrowArrayStream stream;
    BL_TRY(bl_scan_export(scan, &stream, &err));
    (void)BL_MOVE(scan);
    struct ArrowSchema schema = {0};
    struct ArrowArray array = {0};
    int failure = stream.get_schema(&stream, &schema);
    while (!failure && !(failure = stream.get_next(&stream, &array)) && array.release)
        array.release(&array);
    if (schema.release)
        schema.release(&schema);
    stream.release(&stream);
    return failure ? BL_E_NOMEM : BL_OK;
}

static void memory_fails(void **state) {
    (void)state;
    test_every_allocation_fails(use_all);
    assert_int_equal(fake.n_open, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(catalog),
        cmocka_unit_test(open_failures),
        cmocka_unit_test(finds_columns),
        cmocka_unit_test(reads_rows),
        cmocka_unit_test(reads_a_chain),
        cmocka_unit_test(chains_that_do_not_fit),
        cmocka_unit_test(declared_friends),
        cmocka_unit_test(friends_of_a_chain),
        cmocka_unit_test(friends_are_packed),
        cmocka_unit_test(memory_fails),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
