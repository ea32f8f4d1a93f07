// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: a prepared data set made by hand, whose every number tells which event it is of, and
/// batches that must tell the same.
#ifndef BL_DATA_LOADER_LOADER_TESTING_H
#define BL_DATA_LOADER_LOADER_TESTING_H

#include <beamline/output.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file_sum.h"
#include "base/testing.h"
#include "column/builder.h"
#include "data/loader/loader.h"

enum {
    TEST_SHARDS = 3,
    TEST_WIDTH = 3,
    TEST_COLUMNS = 9,
    TEST_CLASSES = 3,
    TEST_MOST_ROWS = 4,
    MOST_EVENTS = 128
};

/// What the events of a test are.
typedef struct test_set_of {
    int64_t n_rows[TEST_SHARDS]; ///< of each shard
    int64_t cluster_rows;        ///< of a record batch
    bool is_double, has_numbers; ///< numbers are float64; labels are numbers
    int64_t bad_every;           ///< so many-th events have a NaN; 0: none
    int32_t wrong_label;         ///< of the last event; 0: it has a right one
} test_set_of;

typedef struct test_set {
    char folder[64];
    test_set_of of;
    bl_prepared prepared;
    bl_prepared_input inputs[2];
    bl_prepared_part part;
    bl_prepared_shard shards[TEST_SHARDS];
    char names[TEST_SHARDS][16];
    int64_t n_events;
} test_set;

static inline float test_vector(int64_t event, size_t i) { return (float)event + 0.25F * (float)i; }

static inline int64_t test_n_rows(int64_t event) { return event * 7 % (TEST_MOST_ROWS + 1); }

static inline float test_row(int64_t event, int64_t row, size_t i) {
    return (float)event - 0.5F * (float)row + 100 * (float)i;
}

static inline void append(bl_builder *builder, double x) {
    bl_builder_append_number(builder, BL_FLOAT64, &x);
}

static inline void append_int(bl_builder *builder, int64_t x) {
    bl_builder_append_number(builder, BL_INT64, &x);
}

static inline bl_status fixed_of(bl_context *context, bool is_double, bl_type **ret_type) {
    bl_type *number = bl_type_primitive(is_double ? BL_FLOAT64 : BL_FLOAT32);
    return bl_type_new_list(context, BL_FIXED_LIST, TEST_WIDTH, number, ret_type, NULL);
}

static inline void make_types(bl_context *context, const test_set_of *of, bl_type **types) {
    const bl_type_id ids[] = {BL_UINT64, BL_INT32,   BL_INT64,  BL_INT32,
                              BL_INT32,  BL_FLOAT64, BL_FLOAT64};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        types[i] = bl_type_primitive(ids[i]);
    if (of->has_numbers)
        assert_ok(
            bl_type_new_list(context, BL_LIST, 0, bl_type_primitive(BL_FLOAT64), &types[4], NULL));
    assert_ok(fixed_of(context, of->is_double, &types[7]));
    bl_type *row = NULL;
    assert_ok(fixed_of(context, of->is_double, &row));
    assert_ok(bl_type_new_list(context, BL_LIST, 0, row, &types[8], NULL));
    bl_type_release(row);
}

static inline void append_event(const test_set *set, bl_builder *b, int64_t event) {
    const test_set_of *of = &set->of;
    bool is_bad = of->bad_every && event % of->bad_every == 0;
    append_int(&b[0], event);
    append_int(&b[1], event % 2);
    append_int(&b[2], event);
    append_int(&b[3], 0);
    if (of->has_numbers) {
        for (int i = 0; i < TEST_CLASSES; i++)
            append(&b[4].children[0], (double)event + i);
        bl_builder_end_list(&b[4]);
    } else {
        bool is_wrong = of->wrong_label && event == set->n_events - 1;
        append_int(&b[4], is_wrong ? of->wrong_label : event % TEST_CLASSES);
    }
    append(&b[5], 0.5 * (double)event);
    append(&b[6], 2 + (double)event);
    for (size_t i = 0; i < TEST_WIDTH; i++)
        append(&b[7].children[0], is_bad && i == 1 ? NAN : test_vector(event, i));
    for (int64_t row = 0; row < test_n_rows(event); row++)
        for (size_t i = 0; i < TEST_WIDTH; i++)
            append(&b[8].children[0].children[0], test_row(event, row, i));
    bl_builder_end_list(&b[8]);
}

static const char *const test_columns[TEST_COLUMNS] = {
    BL_SHARD_KEY,     BL_SHARD_FILE,  BL_SHARD_ENTRY, BL_SHARD_SAMPLE, BL_SHARD_LABEL,
    BL_SHARD_PHYSICS, BL_SHARD_TRAIN, "hlf",          "particles"};

static inline void write_batch(bl_context *context, const char *path, bl_type *const *types,
                               const bl_batch *batch, int64_t cluster_rows) {
    bl_column_spec specs[TEST_COLUMNS];
    for (size_t i = 0; i < TEST_COLUMNS; i++)
        specs[i] =
            (bl_column_spec){.size = sizeof specs[i], .name = test_columns[i], .type = types[i]};
    bl_output *output = NULL;
    bl_writer *writer = NULL;
    bl_output_options options = {.size = sizeof options, .codec = "none", .overwrite = true};
    bl_writer_options rows = {.size = sizeof rows, .cluster_rows = cluster_rows};
    assert_ok(bl_output_open(context, path, &options, &output, NULL));
    assert_ok(bl_output_add(output, specs, TEST_COLUMNS, &rows, &writer, NULL));
    assert_ok(bl_writer_write(writer, batch, NULL));
    assert_ok(bl_output_finish(output, NULL));
    bl_output_close(output);
}

static inline void write_shard(test_set *set, size_t shard, int64_t first) {
    bl_context *context = test_context(1);
    bl_type *types[TEST_COLUMNS];
    bl_builder builders[TEST_COLUMNS] = {0};
    bl_batch *batch = NULL;
    int64_t n = set->of.n_rows[shard];
    make_types(context, &set->of, types);
    assert_ok(bl_batch_new(context, TEST_COLUMNS, test_columns, 0, n, &batch, NULL));
    for (size_t i = 0; i < TEST_COLUMNS; i++)
        assert_ok(bl_builder_init(&builders[i], context, types[i], NULL));
    for (int64_t event = first; event < first + n; event++)
        append_event(set, builders, event);
    for (size_t i = 0; i < TEST_COLUMNS; i++) {
        assert_ok(bl_builder_finish(&builders[i], &batch->columns[i], NULL));
        bl_builder_release(&builders[i]);
    }
    char path[128];
    bl_prepared_shard *made = &set->shards[shard];
    snprintf(path, sizeof path, "%s/%s", set->folder, set->names[shard]);
    write_batch(context, path, types, batch, set->of.cluster_rows);
    *made = (bl_prepared_shard){.file = set->names[shard], .n_rows = n};
    assert_ok(bl_file_sum(path, &made->bytes, &made->xxh64, NULL));
    bl_batch_release(batch);
    for (size_t i = 0; i < TEST_COLUMNS; i++)
        bl_type_release(types[i]);
    bl_context_free(context);
}

/// Events 0, 1, … in the order of shards. The set stays where it is.
static inline void test_set_init(test_set *set, const test_set_of *of) {
    static const char *classes[TEST_CLASSES] = {"a", "b", "c"};
    static const char *files[] = {"one.root", "two.root"};
    *set = (test_set){.folder = "/tmp/beamline-loader-XXXXXX", .of = *of};
    assert_non_null(mkdtemp(set->folder));
    for (size_t i = 0; i < TEST_SHARDS; i++)
        set->n_events += of->n_rows[i];
    int64_t first = 0;
    for (size_t i = 0; i < TEST_SHARDS; i++) {
        snprintf(set->names[i], sizeof set->names[i], "train-%zu.arrow", i);
        write_shard(set, i, first);
        first += of->n_rows[i];
    }
    set->part = (bl_prepared_part){
        .name = "train", .n_shards = TEST_SHARDS, .shards = set->shards, .n_rows = first};
    set->inputs[0] = (bl_prepared_input){"hlf", TEST_WIDTH, NULL, false, 0};
    set->inputs[1] = (bl_prepared_input){"particles", TEST_WIDTH, NULL, true, TEST_MOST_ROWS};
    set->prepared = (bl_prepared){
        .folder = set->folder,
        .name = set->folder,
        .label_kind = of->has_numbers ? BL_LABEL_NUMBERS : BL_LABEL_OF_SAMPLE,
        .n_classes = TEST_CLASSES,
        .classes = classes,
        .n_inputs = 2,
        .inputs = set->inputs,
        .n_files = 2,
        .files = files,
        .is_double = of->is_double,
        .is_complete = true,
        .n_parts = 1,
        .parts = &set->part,
    };
}

static inline void test_set_release(test_set *set) {
    char path[128];
    for (size_t i = 0; i < TEST_SHARDS; i++) {
        snprintf(path, sizeof path, "%s/%s", set->folder, set->names[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(set->folder), 0);
}

// ---- loaders ----

static const test_set_of usual = {.n_rows = {37, 50, 13}, .cluster_rows = 8};
static const char *const train = "train";

static inline bl_loader_options options_of(size_t batch_events) {
    return (bl_loader_options){.parts = &train,
                               .n_parts = 1,
                               .batch_events = batch_events,
                               .shuffles = true,
                               .seed = 11,
                               .window_bytes = 2000};
}

// ---- what a batch must be ----

typedef struct fitted {
    bl_arena arena;
    bl_nn_columns columns[2];
    bl_nn_transform transform;
} fitted;

/// Column i of each input: (x − 3)·(1 + i); rows that are added are 7.
static inline void fit(fitted *f, bl_context *context, size_t length) {
    static const char *const inputs[] = {"hlf", "particles"};
    bl_arena_init(&f->arena, context);
    for (size_t k = 0; k < 2; k++) {
        assert_ok(bl_nn_columns_init(&f->arena, inputs[k], TEST_WIDTH, &f->columns[k], NULL));
        for (size_t i = 0; i < TEST_WIDTH; i++) {
            f->columns[k].offset[i] = 3;
            f->columns[k].scale[i] = 1 + (double)i;
        }
        for (size_t i = 0; i < TEST_WIDTH; i++)
            f->columns[k].pad[i] = 7;
    }
    f->columns[1].rows.length = length;
    f->columns[1].rows.padding = length ? BL_NN_FILL_CONSTANT : BL_NN_FILL_NONE;
    f->transform = (bl_nn_transform){2, f->columns};
}

static inline float transformed(float x, size_t i, bool is_fitted) {
    return is_fitted ? (float)(((double)x - 3) * (1 + (double)i)) : x;
}

static inline void check_inputs(const bl_loaded *batch, size_t at, bool is_fitted, int64_t length) {
    int64_t event = batch->entries[at];
    const bl_loaded_input *hlf = &batch->inputs[0], *particles = &batch->inputs[1];
    assert_null(hlf->offsets);
    for (size_t i = 0; i < TEST_WIDTH; i++)
        assert_float_equal(hlf->data[at * TEST_WIDTH + i],
                           transformed(test_vector(event, i), i, is_fitted), 0);
    int64_t first = particles->offsets[at], n_rows = particles->offsets[at + 1] - first;
    assert_int_equal(particles->offsets[0], 0);
    assert_int_equal(n_rows, length ? length : test_n_rows(event));
    for (int64_t row = 0; row < n_rows; row++)
        for (size_t i = 0; i < TEST_WIDTH; i++) {
            float x = particles->data[(size_t)(first + row) * TEST_WIDTH + i];
            float wanted =
                row < test_n_rows(event) ? transformed(test_row(event, row, i), i, is_fitted) : 7;
            assert_float_equal(x, wanted, 0);
        }
}

static inline void check_rest(const bl_loaded *batch, size_t at, bool has_numbers) {
    int64_t event = batch->entries[at];
    for (int64_t i = 0; i < TEST_CLASSES; i++) {
        float wanted = has_numbers ? (float)(event + i) : (float)(event % TEST_CLASSES == i);
        assert_float_equal(batch->targets[at * TEST_CLASSES + (size_t)i], wanted, 0);
    }
    assert_float_equal(batch->weights[at], 2 + (float)event, 0);
    assert_true(batch->physics[at] == 0.5 * (double)event);
    assert_int_equal(batch->files[at], event % 2);
}

/// The events of an epoch from a batch on. \param ret_events [MOST_EVENTS] \return how many
static inline size_t run_epoch(bl_loader *loader, const test_set *set, int64_t epoch,
                               int64_t first_batch, bool is_fitted, int64_t length,
                               int64_t *ret_events) {
    bl_loaded batch;
    bl_status status;
    size_t n = 0;
    memset(ret_events, 0, MOST_EVENTS * sizeof *ret_events);
    assert_ok(bl_loader_begin(loader, epoch, first_batch, NULL));
    while ((status = bl_loader_next(loader, &batch, NULL)) == BL_OK) {
        assert_false(batch.has_bad);
        for (size_t i = 0; i < batch.n_events; i++) {
            assert_in_range(n, 0, MOST_EVENTS - 1);
            check_inputs(&batch, i, is_fitted, length);
            check_rest(&batch, i, set->of.has_numbers);
            ret_events[n++] = batch.entries[i];
        }
    }
    assert_int_equal(status, BL_END);
    assert_int_equal(bl_loader_next(loader, &batch, NULL), BL_END);
    return n;
}

static inline void check_once(const int64_t *events, size_t n) {
    int seen[MOST_EVENTS] = {0};
    for (size_t i = 0; i < n; i++)
        assert_int_equal(seen[events[i]]++, 0);
}

static inline bl_loader *open_loader(bl_context *context, const test_set *set,
                                     const bl_loader_options *options) {
    bl_loader *loader = NULL;
    bl_error err = {0};
    if (bl_loader_open(context, &set->prepared, options, &loader, &err) != BL_OK)
        fail_msg("%s", err.message);
    return loader;
}

#endif
