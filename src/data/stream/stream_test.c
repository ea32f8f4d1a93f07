// SPDX-License-Identifier: Apache-2.0
// Streams know where their rows are, and columns stand for others in all that names them.
#include <stdio.h>
#include <stdlib.h>

#include "base/folder_testing.h"
#include "base/testing.h"
#include "column/column.h"
#include "data/stream/dataset.h"

/// A data set with what it borrows.
typedef struct opened {
    bl_context *context;
    bl_arena arena;
    bl_config *config;
    bl_dataset *dataset;
} opened;

static opened open_dataset(const char *yaml) {
    opened o = {.context = test_context(2)};
    const bl_dataset_options options = {0};
    const bl_item *document = NULL;
    bl_error err = {0};
    bl_arena_init(&o.arena, o.context);
    o.config = (bl_config *)bl_arena_alloc(&o.arena, sizeof *o.config);
    assert_non_null(o.config);
    bl_config_init(o.config, &o.arena);
    assert_ok(bl_yaml_parse(&o.arena, "x.yaml", yaml, strlen(yaml), &document, NULL));
    assert_ok(bl_config_read_document(o.config, document, NULL));
    if (bl_dataset_open(o.context, o.config, &options, &o.dataset, &err) != BL_OK)
        fail_msg("%s", err.message);
    return o;
}

static void release(opened *o) {
    bl_dataset_close(o->dataset);
    bl_arena_release(&o->arena);
    bl_context_free(o->context);
}

static const char *const names[] = {"a.jsonl", "b.jsonl"};
static const int n_rows[] = {3, 4};

/// Rows 0, 1 … of all files: x is the row, y a hundred more.
static int write_files(void) {
    int row = 0;
    for (size_t i = 0; i < 2; i++) {
        FILE *to = fopen(test_path(names[i]), "we");
        if (!to)
            return -1;
        for (int k = 0; k < n_rows[i]; k++, row++)
            fprintf(to, "{\"x\": %d, \"y\": %d}\n", row, row + 100);
        if (fclose(to))
            return -1;
    }
    return 0;
}

static const char *yaml_of(const char *more) {
    static char text[1024];
    snprintf(text, sizeof text, "%ssamples: {a: {files: ['%s/a.jsonl', '%s/b.jsonl']}}\n", more,
             test_folder, test_folder);
    return text;
}

/// The first batch of all rows.
static bl_batch *first_batch(const bl_dataset *dataset, bl_stream_options options,
                             bl_stream **ret_stream) {
    const bl_stretch *stretch = &dataset->stretches[0];
    bl_batch *batch = NULL;
    bl_error err = {0};
    options.last = stretch->last;
    if (bl_stream_open(dataset, stretch, &options, ret_stream, &err) != BL_OK ||
        bl_plan_next((*ret_stream)->plan, &batch, &err) != BL_OK)
        fail_msg("%s", err.message);
    return batch;
}

static int64_t integer_at(const bl_stream *stream, const bl_batch *batch, const char *name,
                          int64_t row) {
    size_t column;
    assert_ok(bl_stream_find(stream, name, &column, NULL));
    return ((const int64_t *)bl_column_values(bl_batch_column(batch, column)))[row];
}

static void rows_know_their_files(void **state) {
    (void)state;
    opened o = open_dataset(yaml_of("selection: x % 2 == 1\n"));
    bl_stream *stream = NULL;
    const bl_stretch *stretch = &o.dataset->stretches[0];
    int64_t n = 0, wanted = 1;
    size_t hint = 0;
    bl_batch *batch = first_batch(o.dataset, (bl_stream_options){.has_rows = true}, &stream);
    bl_status status = BL_OK;
    for (; status == BL_OK; status = bl_plan_next(stream->plan, &batch, NULL)) {
        const int64_t *rows = bl_plan_rows(stream->plan);
        for (int64_t i = 0; i < bl_batch_n_rows(batch); i++, n++, wanted += 2) {
            bl_event_place place = bl_stretch_place(stretch, rows[i], &hint);
            assert_int_equal(rows[i], wanted);
            assert_int_equal(integer_at(stream, batch, "x", i), wanted);
            assert_int_equal(place.number, wanted >= n_rows[0]);
            assert_int_equal(place.entry, wanted >= n_rows[0] ? wanted - n_rows[0] : wanted);
            assert_string_equal(place.file->url, stretch->urls[place.number]);
        }
        bl_batch_release(batch);
    }
    assert_int_equal(status, BL_END);
    assert_int_equal(n, 3);
    assert_int_equal(bl_stretch_place(stretch, 0, &hint).number, 0); // back again
    bl_stream_close(stream);
    release(&o);
}

/// In cuts, variables and columns that are taken along.
static void columns_stand_for_others(void **state) {
    (void)state;
    opened o = open_dataset(yaml_of("selection: x > 102\nnew_variables: {twice: x * 2}\n"));
    const bl_rename rename = {"x", "y"};
    const char *const taken[] = {"x", "twice"};
    bl_stream *stream = NULL;
    bl_batch *batch = first_batch(
        o.dataset,
        (bl_stream_options){.n_renames = 1, .renames = &rename, .n_names = 2, .names = taken},
        &stream);
    assert_int_equal(bl_batch_n_columns(batch), 2);
    assert_string_equal(stream->specs[0].name, "x");
    for (int64_t i = 0; i < bl_batch_n_rows(batch); i++) {
        assert_int_equal(integer_at(stream, batch, "x", i), 103 + i);
        assert_int_equal(integer_at(stream, batch, "twice", i), 206 + 2 * i);
    }
    size_t column;
    bl_error err = {0};
    assert_error(bl_stream_find(stream, "twce", &column, &err), BL_E_NOTFOUND, err, "'twice'");
    bl_batch_release(batch);
    bl_stream_close(stream);
    release(&o);
}

static void columns_that_are_missing_are_named(void **state) {
    (void)state;
    opened o = open_dataset(yaml_of(""));
    const bl_rename renames[] = {{"x", "yy"}, {"z", "y"}};
    for (size_t i = 0; i < 2; i++) {
        const bl_stream_options options = {.last = 1, .n_renames = 1, .renames = &renames[i]};
        bl_stream *stream = NULL;
        bl_error err = {0};
        assert_error(bl_stream_open(o.dataset, &o.dataset->stretches[0], &options, &stream, &err),
                     BL_E_NOTFOUND, err, i ? "'z'" : "'yy'");
    }
    release(&o);
}

// ---- with files of others ----

static const char *data_path(const char *name) {
    static char path[1024];
    const char *data = getenv("BEAMLINE_DATA");
    if (!data) {
        print_message("BEAMLINE_DATA is not set\n");
        skip();
    }
    snprintf(path, sizeof path, "%s/root/%s", data, name);
    return path;
}

static void recipes_look_at_what_stands_for_columns(void **state) {
    (void)state;
    enum { MET = 1, PHI = 2, N_HIGH = 14 };
    char yaml[1200];
    snprintf(yaml, sizeof yaml,
             "treename: Delphes\nrecipe: topology\nsamples: {a: {files: '%s'}}\n",
             data_path("misc/delphes_seungjin.root"));
    opened o = open_dataset(yaml);
    const bl_rename rename = {"MissingET.MET", "MissingET.Phi"};
    for (size_t i = 0; i < 2; i++) {
        bl_stream *stream = NULL;
        size_t column;
        bl_batch *batch = first_batch(
            o.dataset, (bl_stream_options){.n_renames = i, .renames = &rename}, &stream);
        assert_ok(bl_stream_find(stream, "hfeatures", &column, NULL));
        const float *high =
            (const float *)bl_column_values(bl_column_child(bl_batch_column(batch, column), 0));
        assert_true(bl_batch_n_rows(batch) > 0);
        for (int64_t row = 0; row < bl_batch_n_rows(batch); row++)
            assert_int_equal(high[row * N_HIGH + MET] == high[row * N_HIGH + PHI], i);
        bl_batch_release(batch);
        bl_stream_close(stream);
    }
    release(&o);
}

/// As uproot prints it.
static void files_of_root_have_a_uuid(void **state) {
    (void)state;
    char yaml[1200];
    snprintf(yaml, sizeof yaml, "treename: events\nsamples: {a: {files: '%s'}}\n",
             data_path("skhep/uproot-HZZ.root"));
    opened o = open_dataset(yaml);
    assert_string_equal(o.dataset->samples[0].files[0].uuid,
                        "76a647e8-03ee-11e2-9717-668ba983beef");
    release(&o);
    opened text = open_dataset(yaml_of(""));
    assert_null(text.dataset->samples[0].files[0].uuid);
    release(&text);
}

static int set_up(void **state) { return test_make_folder(state) == 0 ? write_files() : -1; }

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_know_their_files),
        cmocka_unit_test(columns_stand_for_others),
        cmocka_unit_test(columns_that_are_missing_are_named),
        cmocka_unit_test(recipes_look_at_what_stands_for_columns),
        cmocka_unit_test(files_of_root_have_a_uuid),
    };
    return cmocka_run_group_tests(tests, set_up, test_remove_folder);
}
