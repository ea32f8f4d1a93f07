// SPDX-License-Identifier: Apache-2.0
// A small prepared data set is written and read back: transformed, padded, in either schema; and
// what a folder may not be.
#include "data/publish/publish.h"

#include <beamline/output.h>
#include <beamline/table.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_sum.h"
#include "base/folder_testing.h"
#include "base/testing.h"
#include "column/builder.h"

enum { N = 150, N_CLASSES = 3, WIDTH = 2, LENGTH = 4 };

static bl_context *context;

// ---- what is published ----

/// Event i has class i mod 3, i mod 6 rows (of which 4 are kept), and numbers that tell its place.
static size_t rows_of(int64_t i) { return (size_t)(i % 6 < LENGTH ? i % 6 : LENGTH); }
static double vector_of(int64_t i, size_t k) { return (double)(i * 10) + (double)k + 0.125; }
static double row_of(int64_t i, size_t row, size_t k) {
    return (double)(i * 100) + (double)(row * 10 + k);
}

static void put(bl_builder *builder, double value) {
    bl_builder_append_number(builder, BL_FLOAT64, &value);
}

enum { LABEL, WEIGHT, PHYSICS, FEATURES, VECTOR, SEQUENCE, N_COLUMNS };

static void append_event(bl_builder *of, int64_t i) {
    put(&of[LABEL], (double)(i % N_CLASSES));
    put(&of[WEIGHT], 0.5 * (double)i);
    put(&of[PHYSICS], -(double)i);
    for (size_t k = 0; k < WIDTH; k++) {
        put(&of[FEATURES].children[0], vector_of(i, k));
        put(&of[VECTOR].children[0], vector_of(i, k));
    }
    bl_builder_end_list(&of[FEATURES]);
    for (size_t row = 0; row < rows_of(i); row++)
        for (size_t k = 0; k < WIDTH; k++)
            put(&of[SEQUENCE].children[0].children[0], row_of(i, row, k));
    bl_builder_end_list(&of[SEQUENCE]);
}

static void write_rows(const char *path, bl_type *const *types, int64_t first, int64_t last) {
    static const char *const names[N_COLUMNS] = {BL_SHARD_LABEL, BL_SHARD_TRAIN, BL_SHARD_PHYSICS,
                                                 "hfeatures",    "HLF_input",    "GRU_input"};
    bl_column_spec specs[N_COLUMNS];
    bl_builder builders[N_COLUMNS];
    bl_batch *batch;
    bl_output *output;
    bl_writer *writer;
    assert_ok(bl_batch_new(context, N_COLUMNS, names, 0, last - first, &batch, NULL));
    for (size_t i = 0; i < N_COLUMNS; i++) {
        specs[i] = (bl_column_spec){.size = sizeof *specs, .name = names[i], .type = types[i]};
        assert_ok(bl_builder_init(&builders[i], context, types[i], NULL));
    }
    for (int64_t i = first; i < last; i++)
        append_event(builders, i);
    for (size_t i = 0; i < N_COLUMNS; i++) {
        assert_ok(bl_builder_finish(&builders[i], &batch->columns[i], NULL));
        bl_builder_release(&builders[i]);
    }
    assert_ok(bl_output_open(context, path, NULL, &output, NULL));
    assert_ok(bl_output_add(output, specs, N_COLUMNS, NULL, &writer, NULL));
    assert_ok(bl_writer_write(writer, batch, NULL));
    assert_ok(bl_output_finish(output, NULL));
    bl_output_close(output);
    bl_batch_release(batch);
}

static void write_shard(const char *name, bool is_double, int64_t first, int64_t last) {
    bl_type *number = bl_type_primitive(is_double ? BL_FLOAT64 : BL_FLOAT32);
    bl_type *list, *fixed, *lists;
    assert_ok(bl_type_new_list(context, BL_LIST, 0, bl_type_primitive(BL_FLOAT64), &list, NULL));
    assert_ok(bl_type_new_list(context, BL_FIXED_LIST, WIDTH, number, &fixed, NULL));
    assert_ok(bl_type_new_list(context, BL_LIST, 0, fixed, &lists, NULL));
    bl_type *const types[N_COLUMNS] = {bl_type_primitive(BL_INT32),
                                       bl_type_primitive(BL_FLOAT64),
                                       bl_type_primitive(BL_FLOAT64),
                                       list,
                                       fixed,
                                       lists};
    write_rows(test_path(name), types, first, last);
    bl_type_release(list);
    bl_type_release(fixed);
    bl_type_release(lists);
}

static void add_shard(bl_prepared *prepared, size_t part, const char *name, int64_t first,
                      int64_t last) {
    bl_prepared_class classes[N_CLASSES] = {{0}};
    bl_prepared_shard shard = {.file = name, .n_rows = last - first, .classes = classes};
    (void)unlink(test_path(name));
    write_shard(name, prepared->is_double, first, last);
    classes[0].n_rows = last - first;
    assert_ok(bl_file_sum(test_path(name), &shard.bytes, &shard.xxh64, NULL));
    assert_ok(bl_prepared_add_shard(prepared, &prepared->parts[part], &shard, NULL));
}

static void fit(bl_prepared *prepared) {
    bl_arena *arena = &prepared->arena;
    bl_nn_transform *t = (bl_nn_transform *)bl_arena_array(arena, 1, sizeof *t);
    assert_non_null(t);
    t->inputs = (bl_nn_columns *)bl_arena_array(arena, 2, sizeof *t->inputs);
    assert_non_null(t->inputs);
    assert_ok(bl_nn_columns_init(arena, "HLF_input", WIDTH, &t->inputs[0], NULL));
    assert_ok(bl_nn_columns_init(arena, "GRU_input", WIDTH, &t->inputs[1], NULL));
    t->inputs[0].offset[1] = 0.3;
    t->inputs[0].scale[1] = 1.0 / 3;
    t->inputs[1].scale[0] = 0.1;
    t->inputs[1].pad[1] = -7;
    t->inputs[1].rows.length = LENGTH;
    t->inputs[1].rows.padding = BL_NN_FILL_CONSTANT;
    t->n_inputs = 2;
    prepared->transforms = t;
    prepared->n_transforms = 1;
}

/// Three shards in two parts, and a part without any.
static bl_prepared *prepare(bool is_double) {
    static const char *classes[N_CLASSES] = {"qcd", "ttbar", "w"};
    static const char *names[WIDTH] = {"a", "b"};
    static bl_prepared_input inputs[] = {{"HLF_input", WIDTH, names, false, 0},
                                         {"GRU_input", WIDTH, names, true, LENGTH}};
    bl_prepared *prepared;
    assert_ok(bl_prepared_new(context, test_folder, &prepared, NULL));
    prepared->fingerprint = "0123";
    prepared->label_kind = BL_LABEL_ONE_OF;
    prepared->n_classes = N_CLASSES;
    prepared->classes = classes;
    prepared->n_inputs = 2;
    prepared->inputs = inputs;
    prepared->is_double = is_double;
    prepared->is_complete = true;
    fit(prepared);
    assert_ok(bl_prepared_add_part(prepared, "train", NULL));
    assert_ok(bl_prepared_add_part(prepared, "validation", NULL));
    assert_ok(bl_prepared_add_part(prepared, "test", NULL));
    add_shard(prepared, 0, "train-00000.arrow", 0, 100);
    add_shard(prepared, 0, "train-00001.arrow", 100, 101);
    add_shard(prepared, 2, "test-00000.arrow", 101, N);
    return prepared;
}

// ---- what is read back ----

static bl_batch *read_all(const char *name) {
    const char *const urls[] = {test_path(name)};
    bl_table *table;
    bl_batch *batch;
    int64_t n;
    size_t columns[16], n_columns;
    const bl_open_options open = {.size = sizeof open, .plain_vectors = true};
    const bl_table_options options = {.size = sizeof options, .open = &open};
    assert_ok(bl_table_open(context, urls, 1, &options, &table, NULL));
    assert_ok(bl_table_n_rows(table, &n, NULL));
    n_columns = bl_table_n_columns(table);
    for (size_t i = 0; i < n_columns; i++)
        columns[i] = i;
    assert_ok(bl_table_read(table, 0, n, columns, n_columns, &batch, NULL));
    bl_table_close(table);
    return batch;
}

static const bl_column *column_of(const bl_batch *batch, const char *name) {
    for (size_t i = 0; i < batch->n_columns; i++)
        if (strcmp(batch->names[i], name) == 0)
            return &batch->columns[i];
    print_error("no column '%s'\n", name);
    fail();
    return NULL;
}

static double number_at(const bl_column *column, size_t i) {
    while (column->n_children)
        column = &column->children[0];
    return column->type->id == BL_FLOAT64 ? ((const double *)(const void *)column->values->data)[i]
                                          : ((const float *)(const void *)column->values->data)[i];
}

static double rounded(double x, bool is_double) { return is_double ? x : (double)(float)x; }

static double scaled(int64_t i, size_t k, bool is_double) {
    double x = vector_of(i, k); // a float, too
    return k == 0 ? x : rounded((x - 0.3) * (1.0 / 3), is_double);
}

static double scaled_row(int64_t i, size_t row, size_t k, bool is_double) {
    double x = row_of(i, row, k);
    return k == 0 ? rounded(x * 0.1, is_double) : x;
}

static void assert_event(const bl_batch *batch, size_t at, int64_t i, bool is_double) {
    const bl_column *labels = column_of(batch, "encoded_label");
    for (size_t k = 0; k < N_CLASSES; k++)
        assert_true(number_at(labels, at * N_CLASSES + k) == (double)((size_t)i % N_CLASSES == k));
    assert_true(number_at(column_of(batch, BL_SHARD_TRAIN), at) == 0.5 * (double)i);
    for (size_t k = 0; k < WIDTH; k++) {
        double y = number_at(column_of(batch, "HLF_input"), at * WIDTH + k);
        assert_true(y == scaled(i, k, is_double));
        for (size_t row = 0; row < LENGTH; row++) {
            y = number_at(column_of(batch, "GRU_input"), (at * LENGTH + row) * WIDTH + k);
            double padding = k == 0 ? 0 : -7;
            assert_true(y == (row < rows_of(i) ? scaled_row(i, row, k, is_double) : padding));
        }
    }
}

static void assert_columns(const char *name, int64_t first, int64_t last, bool is_double) {
    bl_batch *batch = read_all(name);
    char type[128];
    assert_int_equal(batch->n_rows, last - first);
    assert_int_equal(batch->n_columns, 6);
    (void)bl_type_format(column_of(batch, "GRU_input")->type, type, sizeof type);
    assert_string_equal(type, is_double ? "fixed_list<float64>[8]" : "fixed_list<float32>[8]");
    for (int64_t i = first; i < last; i++)
        assert_event(batch, (size_t)(i - first), i, is_double);
    bl_batch_release(batch);
}

static int64_t n_told;
static void tell(void *user, int64_t done, int64_t all) {
    assert_ptr_equal(user, test_folder);
    assert_int_equal(all, N);
    n_told = done;
}

static void test_columns(void **state) {
    (void)state;
    for (int is_double = 0; is_double < 2; is_double++) {
        bl_prepared *prepared = prepare(is_double);
        bl_publish_report report = {0};
        bl_publish_options options = {.folder = test_path("out"),
                                      .extension = "arrow",
                                      .fold = -1,
                                      .overwrite = is_double,
                                      .progress = tell,
                                      .user = test_folder};
        assert_ok(bl_publish(context, prepared, &options, &report, NULL));
        assert_int_equal(report.n_files, 3);
        assert_int_equal(report.n_columns, 6);
        assert_int_equal(report.n_rows, N);
        assert_int_equal(n_told, N);
        assert_true(report.bytes > 0);
        assert_columns("out/train/part-00000.arrow", 0, 100, is_double);
        assert_columns("out/train/part-00001.arrow", 100, 101, is_double);
        assert_columns("out/test/part-00000.arrow", 101, N, is_double);
        assert_int_not_equal(access(test_path("out/validation"), F_OK), 0);
        assert_int_not_equal(access(test_path("out.partial"), F_OK), 0);
        bl_prepared_close(prepared);
    }
}

/// Vectors of Spark are read as lists; how they are stored, Spark itself says in tests/peers.
static void test_spark(void **state) {
    (void)state;
    static const char *const with[] = {"hfeatures", BL_SHARD_LABEL};
    bl_prepared *prepared = prepare(true);
    bl_publish_report report;
    bl_publish_options options = {.folder = test_path("spark"),
                                  .schema = BL_PUBLISH_SPARK,
                                  .with = with,
                                  .n_with = 2,
                                  .fold = -1};
    assert_ok(bl_publish(context, prepared, &options, &report, NULL));
    bl_batch *batch = read_all("spark/train/part-00000.parquet");
    static const char *const names[] = {"hfeatures",     "label",     "hfeatures_dense",
                                        "encoded_label", "HLF_input", "GRU_input"};
    assert_int_equal(batch->n_columns, 6);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(batch->names[i], names[i]);
    assert_int_equal(column_of(batch, "label")->type->id, BL_INT64);
    const bl_column *rows = column_of(batch, "GRU_input");
    const int32_t *offsets = (const int32_t *)(const void *)rows->offsets->data;
    for (int64_t i = 0; i < 100; i++) {
        for (size_t k = 0; k < WIDTH; k++) {
            size_t at = (size_t)i * WIDTH + k;
            assert_true(number_at(column_of(batch, "hfeatures_dense"), at) == vector_of(i, k));
            assert_true(number_at(column_of(batch, "HLF_input"), at) == scaled(i, k, true));
        }
        assert_int_equal(offsets[i + 1] - offsets[i], LENGTH);
        assert_true(number_at(rows, (size_t)((i + 1) * LENGTH * WIDTH - 1)) ==
                    (rows_of(i) == LENGTH ? row_of(i, LENGTH - 1, 1) : -7));
        assert_true(number_at(column_of(batch, "encoded_label"), (size_t)(i * 3 + i % 3)) == 1);
    }
    bl_batch_release(batch);
    bl_prepared_close(prepared);
}

// ---- what is refused ----

static void expect(const bl_prepared *prepared, bl_publish_options options, bl_status status,
                   const char *says) {
    bl_error err = {0};
    bl_publish_report report;
    assert_int_equal(bl_publish(context, prepared, &options, &report, &err), status);
    if (!strstr(err.message, says)) {
        print_error("%s\n", err.message);
        fail();
    }
    assert_int_not_equal(access(test_path("no.partial"), F_OK), 0);
}

static void test_refused(void **state) {
    (void)state;
    static const char *const unknown[] = {"wieght_train"};
    bl_prepared *prepared = prepare(false);
    bl_publish_options options = {.folder = test_path("no"), .fold = -1};
    bl_publish_options changed = options;
    changed.with = unknown;
    changed.n_with = 1;
    expect(prepared, changed, BL_E_NOTFOUND, "did you mean 'weight_train'");
    changed = options;
    changed.extension = "parkett";
    expect(prepared, changed, BL_E_UNSUPPORTED, "parquet");
    changed.extension = "/etc/passwd";
    expect(prepared, changed, BL_E_UNSUPPORTED, "known are");
    changed.extension = "arrow";
    changed.schema = BL_PUBLISH_SPARK;
    expect(prepared, changed, BL_E_INVALID, "for Parquet");
    changed = options;
    changed.fold = 0;
    expect(prepared, changed, BL_E_INVALID, "no folds");
    prepared->n_folds = 3;
    expect(prepared, options, BL_E_INVALID, "--fold says which of its 3 folds");
    prepared->n_folds = 0;
    prepared->is_complete = false;
    expect(prepared, options, BL_E_INVALID, "not completed");
    prepared->is_complete = true;
    prepared->n_classes = 2;
    expect(prepared, options, BL_E_CORRUPT, "label 2, where there are 2 classes");
    prepared->n_classes = N_CLASSES;
    prepared->transforms[0].inputs[1].rows.length = LENGTH - 1;
    expect(prepared, options, BL_E_CORRUPT, "4 rows, where 3 are most");
    prepared->transforms[0].inputs[1].rows.length = LENGTH;
    assert_int_not_equal(access(test_path("no"), F_OK), 0);
    assert_int_equal(truncate(test_path("test-00000.arrow"), 100), 0);
    expect(prepared, options, BL_E_CORRUPT, "test-00000.arrow");
    bl_prepared_close(prepared);
}

/// A folder that is there stays, and what others put there is not removed.
static void test_folders(void **state) {
    (void)state;
    bl_prepared *prepared = prepare(false);
    bl_publish_report report;
    bl_publish_options options = {.folder = test_path("here/"), .fold = -1};
    assert_ok(bl_publish(context, prepared, &options, &report, NULL));
    expect(prepared, options, BL_E_EXISTS, "--overwrite");
    options.overwrite = true;
    assert_ok(bl_publish(context, prepared, &options, &report, NULL));
    FILE *file = fopen(test_path("here/train/mine"), "w");
    assert_non_null(file);
    (void)fclose(file);
    expect(prepared, options, BL_E_EXISTS, "'mine'");
    assert_int_equal(access(test_path("here/train/part-00000.parquet"), F_OK), 0);
    assert_int_equal(unlink(test_path("here/train/mine")), 0);
    assert_int_equal(mkdir(test_path("here.partial"), 0777), 0); // a run that was killed
    assert_int_equal(mkdir(test_path("here.partial/old"), 0777), 0);
    assert_ok(bl_publish(context, prepared, &options, &report, NULL));
    assert_int_not_equal(access(test_path("here.partial"), F_OK), 0);
    assert_int_not_equal(access(test_path("here/old"), F_OK), 0);
    options.folder = test_path("nowhere/out");
    expect(prepared, options, BL_E_NOTFOUND, "nowhere");
    bl_prepared_close(prepared);
}

// ---- without memory ----

static bl_prepared *small;

static bl_status publish_small(bl_context *in) {
    bl_publish_report report;
    const bl_publish_options options = {
        .folder = test_path("small"), .schema = BL_PUBLISH_SPARK, .fold = -1, .overwrite = true};
    return bl_publish(in, small, &options, &report, NULL);
}

/// What needs it says so, or does with less, as scans do; nothing is left over.
static void test_no_memory(void **state) {
    (void)state;
    test_allocator faulty = {0};
    bl_allocator allocator = test_allocator_face(&faulty);
    small = prepare(false);
    small->parts[0].n_shards = 1; // others are as good
    small->parts[2].n_shards = 0;
    long n_failures = 0;
    for (long n = 1; n == 1 || faulty.failed; n++) {
        test_allocator_arm(&faulty, 0);
        bl_context *in = test_context_of(1, &allocator, 0);
        atomic_store(&faulty.fail_in, n);
        bl_status status = publish_small(in);
        assert_true(status == BL_OK || status == BL_E_NOMEM);
        n_failures += status == BL_E_NOMEM;
        bl_context_free(in);
        assert_int_equal(faulty.n_live, 0);
        assert_int_not_equal(access(test_path("small.partial"), F_OK), 0);
    }
    assert_true(n_failures > 100);
    bl_prepared_close(small);
}

static int begin(void **state) {
    context = test_context(2);
    return test_make_folder(state);
}

static int end(void **state) {
    bl_context_free(context);
    return test_remove_folder(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),   cmocka_unit_test(test_spark),
        cmocka_unit_test(test_refused),   cmocka_unit_test(test_folders),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
