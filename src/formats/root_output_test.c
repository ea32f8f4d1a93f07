// SPDX-License-Identifier: Apache-2.0
// A small file with every kind of branch, written into memory: while every allocation and every
// write fails once, with any compression, with a base, and in the face of nonsense.
#include "formats/root_output.h"

#include "base/testing.h"
#include "column/builder.h"
#include "formats/root_tables.h"
#include "io/bytes/sink_testing.h"

/// The last column becomes a TClonesArray, whose members are read back as columns of their own.
enum { N_COLUMNS = 5, N_ALL = N_COLUMNS + 1, N_ROWS = 40 };
static const char *const names[N_ALL] = {"x", "list", "text", "texts", "deep", "objects"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static test_sink memory;

/// Types of the columns; the caller releases them.
static bl_status make_types(bl_context *context, bl_type *types[N_ALL]) {
    BL_AUTO(bl_type) object = NULL;
    types[0] = bl_type_primitive(BL_FLOAT32);
    types[2] = bl_type_primitive(BL_UTF8);
    BL_TRY(bl_type_new_list(context, BL_LIST, 0, types[0], &types[1], NULL));
    BL_TRY(bl_type_new_list(context, BL_LIST, 0, types[2], &types[3], NULL));
    BL_TRY(bl_type_new_struct(context, 2, (const char *const[]){"a", "b"},
                              (bl_type *const[]){types[0], bl_type_primitive(BL_INT64)}, &object,
                              NULL));
    BL_TRY(bl_type_new_list(context, BL_LIST, 0, object, &types[5], NULL));
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
    for (uint32_t i = 0; i < row % 4; i++) {
        *(float *)bl_builder_extend(&builders[5].children[0].children[0], 1) = (float)(row + i);
        *(int64_t *)bl_builder_extend(&builders[5].children[0].children[1], 1) = -(int64_t)i;
    }
    bl_builder_end_list(&builders[5]);
}

static bl_batch *make_batch(bl_context *context, bl_type *types[N_ALL]) {
    bl_batch *batch = NULL;
    bl_builder builders[N_ALL] = {0};
    assert_ok(bl_batch_new(context, N_ALL, names, 0, N_ROWS, &batch, NULL));
    for (size_t i = 0; i < N_ALL; i++)
        assert_ok(bl_builder_init(&builders[i], context, types[i], NULL));
    for (uint32_t row = 0; row < N_ROWS; row++)
        fill_row(builders, row);
    for (size_t i = 0; i < N_ALL; i++) {
        assert_ok(bl_builder_finish(&builders[i], &batch->columns[i], NULL));
        bl_builder_release(&builders[i]);
    }
    return batch;
}

/// Columns live in a context of their own, so that only the writer's allocations fail.
typedef struct fixture {
    bl_context *context;
    bl_type *types[N_ALL];
    bl_batch *batch;
} fixture;

static fixture shared;

static int set_up(void **state) {
    (void)state;
    shared.context = test_context(1);
    assert_ok(make_types(shared.context, shared.types));
    shared.batch = make_batch(shared.context, shared.types);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    bl_batch_release(shared.batch);
    for (size_t i = 0; i < N_ALL; i++)
        bl_type_release(shared.types[i]);
    bl_context_free(shared.context);
    return 0;
}

static bl_status add_tree(bl_output *output, const char *path, const char *friend_of,
                          bl_error *err) {
    bl_column_spec specs[N_ALL];
    for (size_t i = 0; i < N_ALL; i++)
        specs[i] =
            (bl_column_spec){.size = sizeof *specs, .name = names[i], .type = shared.types[i]};
    specs[N_COLUMNS].source_type = "TClonesArray<Object>";
    bl_writer_options options = {.size = sizeof options,
                                 .path = path,
                                 .cluster_rows = 15,
                                 .chunk_bytes = 64,
                                 .friend_of = friend_of};
    bl_writer *writer = NULL;
    BL_TRY(output->ops->add(output, specs, N_ALL, &options, &writer, err));
    return writer->ops->write(writer, shared.batch, err);
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

static void check_column(const bl_column *ours, const bl_column *theirs) {
    assert_true(bl_type_equal(ours->type, theirs->type));
    for (; ours->n_children; ours = ours->children, theirs = theirs->children) {
        assert_int_equal(ours->length, theirs->length);
        assert_memory_equal(bl_column_offsets(ours), bl_column_offsets(theirs),
                            ((size_t)ours->length + 1) * sizeof(int32_t));
    }
    assert_int_equal(ours->length, theirs->length);
    assert_memory_equal(bl_column_values(ours), bl_column_values(theirs), theirs->values->size);
}

/// Members of the objects, as lists; and what each object has as a TObject.
static void check_members(const bl_batch *batch, const bl_column *objects) {
    static const char *const members[] = {"fUniqueID", "fBits", "a", "b"};
    const int32_t *offsets = (const int32_t *)bl_column_offsets(objects);
    const int32_t *counts = (const int32_t *)bl_column_values(&batch->columns[N_COLUMNS]);
    assert_string_equal(batch->names[N_COLUMNS], "objects");
    for (size_t i = 0; i < N_ROWS; i++)
        assert_int_equal(counts[i], offsets[i + 1] - offsets[i]);
    for (size_t i = 0; i < 4; i++) {
        const bl_column *column = &batch->columns[N_COLUMNS + 1 + i];
        const bl_column *items = &objects->children[0];
        const uint32_t *numbers = (const uint32_t *)bl_column_values(&column->children[0]);
        assert_string_equal(strchr(batch->names[N_COLUMNS + 1 + i], '.') + 1, members[i]);
        assert_memory_equal(bl_column_offsets(column), offsets, (N_ROWS + 1) * sizeof *offsets);
        assert_int_equal(column->children[0].length, items->length);
        if (i >= 2)
            check_column(&column->children[0], &items->children[i - 2]);
        for (int64_t k = 0; i < 2 && k < items->length; k++)
            assert_int_equal(numbers[k], i ? 0x03000000 : 0);
    }
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
    size_t columns[] = {0, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    assert_int_equal(reader->n_columns, COUNT(columns) + 1); // with the counter of "list"
    assert_string_equal(reader->columns[6].source_type, "TClonesArray<Object>");
    assert_ok(reader->ops->read(reader, 0, N_ROWS, columns, COUNT(columns), &batch, &err));
    for (size_t i = 0; i < N_COLUMNS; i++) {
        assert_string_equal(batch->names[i], names[i]);
        check_column(&batch->columns[i], &shared.batch->columns[i]);
    }
    check_members(batch, &shared.batch->columns[N_COLUMNS]);
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

/// Adds trees whose objects are of one class each; \return the status, with the message in `err`
static bl_status add_classes(bl_type *const types[2], const char *const wishes[2], bl_error *err) {
    bl_output *output = NULL;
    bl_writer *writer = NULL;
    bl_status status = BL_OK;
    assert_ok(test_sink_init(&memory, shared.context, 0, err));
    assert_ok(bl_root_create(shared.context, &memory.sink,
                             &(bl_create){.compression = {BL_CODEC_STORED, 0}}, &output, err));
    for (size_t i = 0; i < 2 && status == BL_OK; i++) {
        bl_column_spec spec = {
            .size = sizeof spec, .name = "c", .type = types[i], .source_type = wishes[i]};
        bl_writer_options options = {.size = sizeof options, .path = i ? "two" : "one"};
        status = output->ops->add(output, &spec, 1, &options, &writer, err);
    }
    output->ops->close(output);
    return status;
}

/// In memory, ROOT has one class of a name.
static void test_classes(void **state) {
    (void)state;
    bl_error err;
    bl_type *same = shared.types[N_COLUMNS], *other = NULL;
    BL_AUTO(bl_type) object = NULL;
    assert_ok(bl_type_new_struct(shared.context, 1, (const char *const[]){"a"}, shared.types,
                                 &object, NULL));
    assert_ok(bl_type_new_list(shared.context, BL_LIST, 0, object, &other, NULL));
    static const char *const jets[] = {"TClonesArray<Jet>", "TClonesArray<Jet>"};
    static const char *const two[] = {"TClonesArray<Jet>", "TClonesArray<Tau>"};
    static const char *const known[] = {"TClonesArray<Jet>", "TClonesArray<TTree>"};
    assert_ok(add_classes((bl_type *const[]){same, same}, jets, &err));
    assert_ok(add_classes((bl_type *const[]){same, other}, two, &err));
    assert_int_equal(add_classes((bl_type *const[]){same, other}, jets, &err), BL_E_INVALID);
    assert_string_equal(err.message, "tree 'two': branch 'c': class 'Jet' has other members "
                                     "elsewhere in this file, and a file can have but one class of "
                                     "a name");
    assert_int_equal(add_classes((bl_type *const[]){same, same}, known, &err), BL_E_INVALID);
    assert_string_equal(err.message,
                        "tree 'two': branch 'c': a class of ROOT's own is called 'TTree'");
    bl_type_release(other);
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
        cmocka_unit_test(test_classes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
