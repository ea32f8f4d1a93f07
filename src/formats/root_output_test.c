// SPDX-License-Identifier: Apache-2.0
// A small file with every kind of branch, written into memory: while every allocation and every
// write fails once, with any compression, with a base, and in the face of nonsense.
#include "formats/root_output.h"

#include "column/write_testing.h"
#include "formats/root_tables.h"
#include "io/bytes/sink_testing.h"

enum { N_COLUMNS = 5, N_ROWS = 40 };
static const char *const names[N_COLUMNS] = {"x", "list", "text", "texts", "deep"};

static test_sink memory;

static bl_status make_types(bl_context *context, bl_type **types) {
    types[0] = bl_type_primitive(BL_FLOAT32);
    types[2] = bl_type_primitive(BL_UTF8);
    BL_TRY(bl_type_new_list(context, BL_LIST, 0, types[0], &types[1], NULL));
    BL_TRY(bl_type_new_list(context, BL_LIST, 0, types[2], &types[3], NULL));
    return bl_type_new_list(context, BL_LIST, 0, types[1], &types[4], NULL);
}

static void fill_row(bl_builder *builders, uint32_t row) {
    *(float *)bl_builder_extend(&builders[0], 1) = (float)row;
    for (uint32_t i = 0; i < row % 3; i++)
        *(float *)bl_builder_extend(&builders[1].children[0], 1) = (float)i;
    bl_builder_end_list(&builders[1]);
    bl_builder_append_string(&builders[2], (const uint8_t *)"abc", row % 4);
    for (uint32_t i = 0; i < row % 2; i++)
        bl_builder_append_string(&builders[3].children[0], (const uint8_t *)"xyz", 3);
    bl_builder_end_list(&builders[3]);
    for (uint32_t i = 0; i < row % 3; i++) {
        float *value = (float *)bl_builder_extend(&builders[4].children[0].children[0], 1);
        *value = (float)i;
        bl_builder_end_list(&builders[4].children[0]);
    }
    bl_builder_end_list(&builders[4]);
}

static const test_rows_of all = {N_COLUMNS, names, N_ROWS, make_types, fill_row};
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

static bl_status add_tree(bl_output *output, const char *path, const char *friend_of,
                          bl_error *err) {
    bl_writer_options options = {.size = sizeof options,
                                 .path = path,
                                 .cluster_rows = 15,
                                 .chunk_bytes = 64,
                                 .friend_of = friend_of};
    return test_rows_add(&shared, output, &options, err);
}

static bl_status write_trees(bl_context *context, const char *codec, long fail_in, bl_error *err) {
    bl_compression how;
    bl_output *output = NULL;
    assert_ok(bl_compression_parse(codec, &how, NULL));
    BL_TRY(test_sink_init(&memory, context, fail_in, err));
    BL_TRY(bl_root_create(context, &memory.sink, &(bl_create){.compression = how}, &output, err));
    bl_status status = add_tree(output, "one", NULL, err);
    if (status == BL_OK)
        status = add_tree(output, "some/where/two", NULL, err);
    if (status == BL_OK)
        status = output->ops->finish(output, err);
    output->ops->close(output);
    return status;
}

/// What was written, read back.
static void check_tree(bl_context *context, const char *path) {
    bl_source *source = NULL;
    bl_file *file = NULL;
    bl_reader *reader = NULL;
    bl_batch *batch = NULL;
    bl_error err;
    assert_ok(bl_source_open_memory(context, "memory", memory.data, memory.size, &source, NULL));
    assert_ok(bl_root_open(context, source, &file, &err));
    assert_ok(file->ops->open_table(file, path, &reader, &err));
    assert_int_equal(reader->n_rows, N_ROWS);
    assert_int_equal(reader->n_columns, N_COLUMNS + 1); // with the counter
    size_t columns[] = {0, 2, 3, 4, 5};
    assert_ok(reader->ops->read(reader, 0, N_ROWS, columns, N_COLUMNS, &batch, &err));
    for (size_t i = 0; i < N_COLUMNS; i++) {
        const bl_column *ours = &batch->columns[i], *theirs = &shared.batch->columns[i];
        assert_string_equal(batch->names[i], names[i]);
        assert_true(bl_type_equal(ours->type, theirs->type));
        for (; ours->n_children; ours = ours->children, theirs = theirs->children) {
            assert_int_equal(ours->length, theirs->length);
            assert_memory_equal(bl_column_offsets(ours), bl_column_offsets(theirs),
                                ((size_t)ours->length + 1) * sizeof(int32_t));
        }
        assert_int_equal(ours->length, theirs->length);
        assert_memory_equal(bl_column_values(ours), bl_column_values(theirs), theirs->values->size);
    }
    bl_batch_release(batch);
    reader->ops->close(reader);
    file->ops->release(file);
}

static void test_round_trip(void **state) {
    (void)state;
    static const char *const codecs[] = {"none", "zlib", "zstd", "lz4:1", "lzma:1"};
    for (unsigned n_threads = 1; n_threads < 4; n_threads += 2)
        for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
            bl_context *context = test_context(n_threads);
            assert_ok(write_trees(context, codecs[i], 0, NULL));
            assert_true(memory.is_finished);
            check_tree(context, "one");
            check_tree(context, "some/where/two");
            bl_context_free(context);
        }
}

static bl_status stored(bl_context *context) { return write_trees(context, "none", 0, NULL); }
static bl_status compressed(bl_context *context) { return write_trees(context, "zstd:1", 0, NULL); }

static void test_no_memory(void **state) {
    (void)state;
    test_every_allocation_fails(stored);
    test_every_allocation_fails(compressed);
}

/// Continues what `stored` wrote, with a friend for its first tree.
static bl_status continued(bl_context *context) {
    static uint8_t base[sizeof memory.data];
    static size_t base_size;
    if (base_size == 0) {
        assert_ok(stored(shared.context));
        base_size = memory.size;
        memcpy(base, memory.data, base_size);
    }
    bl_source *source = NULL;
    bl_output *output = NULL;
    bl_compression how = {BL_CODEC_STORED, 0};
    BL_TRY(test_sink_init(&memory, context, 0, NULL));
    bl_status status = bl_source_open_memory(context, "base", base, base_size, &source, NULL);
    if (status != BL_OK) {
        bl_sink_close(&memory.sink);
        return status;
    }
    BL_TRY(bl_root_create(context, &memory.sink, &(bl_create){.base = source, .compression = how},
                          &output, NULL));
    status = add_tree(output, "three", "one", NULL);
    if (status == BL_OK)
        status = output->ops->finish(output, NULL);
    output->ops->close(output);
    return status;
}

static void test_continued(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    assert_ok(continued(context));
    check_tree(context, "one");
    check_tree(context, "three");
    check_tree(context, "some/where/two");
    bl_context_free(context);
    test_every_allocation_fails(continued);
}

static void test_every_write_fails(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    for (long n = 1;; n++) {
        bl_error err;
        bl_status status = write_trees(context, "lz4:1", n, &err);
        assert_int_equal(status, memory.failed ? BL_E_IO : BL_OK);
        assert_int_equal(memory.is_finished, !memory.failed);
        if (!memory.failed)
            break;
        assert_non_null(strstr(err.message, "no space left"));
        assert_true(n < 10000);
    }
    bl_context_free(context);
}

static void test_cancel(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_context_cancel(context);
    assert_int_equal(write_trees(context, "none", 0, NULL), BL_E_CANCELLED);
    assert_false(memory.is_finished);
    bl_context_free(context);
}

/// Adds a tree of one column; \return the status, with the message in `err`
static bl_status add_one(bl_type *type, const char *counter, bl_error *err) {
    bl_output *output = NULL;
    bl_writer *writer = NULL;
    bl_compression how = {BL_CODEC_STORED, 0};
    assert_ok(test_sink_init(&memory, shared.context, 0, err));
    assert_ok(bl_root_create(shared.context, &memory.sink, &(bl_create){.compression = how},
                             &output, err));
    bl_column_spec specs[] = {
        {.size = sizeof *specs, .name = "c", .type = type, .counter = counter},
        {.size = sizeof *specs, .name = "x", .type = shared.types[0]}};
    bl_writer_options options = {.size = sizeof options, .path = "t"};
    bl_status status = output->ops->add(output, specs, 2, &options, &writer, err);
    output->ops->close(output);
    return status;
}

static void test_refusals(void **state) {
    (void)state;
    bl_type *fixed_texts = NULL;
    bl_error err;
    assert_ok(
        bl_type_new_list(shared.context, BL_FIXED_LIST, 2, shared.types[2], &fixed_texts, NULL));
    assert_int_equal(add_one(fixed_texts, NULL, &err), BL_E_TYPE);
    assert_string_equal(err.message,
                        "tree 't': column 'c' of type fixed_list<utf8>[2]: fixed lists hold "
                        "numbers, and lists of them no deeper");
    assert_int_equal(add_one(shared.types[1], "y", &err), BL_E_INVALID);
    assert_int_equal(add_one(shared.types[1], "x", &err), BL_E_INVALID);
    assert_string_equal(err.message,
                        "tree 't': column 'c': its counter 'x' is no column of integers");
    assert_int_equal(add_one(shared.types[0], "x", &err), BL_E_INVALID);
    assert_ok(add_one(shared.types[4], NULL, &err));
    bl_type_release(fixed_texts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_every_write_fails), cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_refusals),          cmocka_unit_test(test_continued),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
