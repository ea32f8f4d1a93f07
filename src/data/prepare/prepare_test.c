// SPDX-License-Identifier: Apache-2.0
// Preparation as a whole: the same bytes in one bucket's memory and in many, after any failure, and
// for any number of threads. What is in them, tests/e2e/prepare_test.py compares.
#include "data/prepare/prepare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file_sum.h"
#include "base/folder_testing.h"
#include "base/testing.h"
#include "base/whole_file.h"

enum { N_EVENTS = 400 };

/// Events of two classes of unequal size; some of negative weight, one of them NaN in a number.
static void write_events(void) {
    FILE *to = fopen(test_path("events.ndjson"), "wbe");
    if (!to)
        abort();
    for (int i = 0; i < N_EVENTS; i++) {
        int n = i % 4;
        fprintf(to,
                "{\"run\": 1, \"luminosityBlock\": 2, \"event\": %d, \"x\": %d.5, \"up\": %d.25, "
                "\"w\": %s, \"is_a\": %d, \"is_b\": %d, \"pt\": [",
                i, i * 37 % 101, i * 37 % 101 + 3, i % 9 ? "1.5" : "-0.5", i % 5 == 0, i % 5 != 0);
        for (int k = 0; k < n; k++)
            fprintf(to, "%s%d.125", k ? ", " : "", (i + k * 7) % 30);
        fprintf(to, "]}\n");
    }
    assert_int_equal(fclose(to), 0);
}

static const char configuration[] =
    "samples: {all: {files: '%s/events.ndjson'}}\n"
    "labels: {type: simple, value: [is_a, is_b]}\n"
    "inputs: {v: {vars: [x], scale: robust}, s: {vars: [pt], scale: standard}}\n"
    "weights: {weight_branches: [w], balance: oversample, reweight_vars: {x: [0, 40, 102]},\n"
    "  reweight_method: flat, resample: true}\n"
    "negative_weights: abs\n"
    "split: {train: 0.6, validation: 0.2, test: 0.2, duplicates: %s}\n"
    "variations: {shifted: {x: up}}\n";

typedef struct how {
    const char *to, *duplicates;
    bool overwrite;
    uint64_t bucket_bytes;
    void (*progress)(void *user, const char *stage, int64_t done, int64_t all);
} how;

static bl_status run(bl_context *context, const how *h, bl_error *err) {
    bl_arena arena;
    bl_config config;
    bl_dataset *dataset = NULL;
    bl_prepare_report report = {0};
    const bl_item *document = NULL;
    const bl_dataset_options of_dataset = {0};
    const bl_prepare_options options = {.folder = h->to,
                                        .overwrite = h->overwrite,
                                        .bucket_bytes = h->bucket_bytes,
                                        .progress = h->progress,
                                        .user = context};
    bl_arena_init(&arena, context);
    bl_config_init(&config, &arena);
    char *text = bl_arena_printf(&arena, configuration, test_folder, h->duplicates);
    bl_status status = text ? BL_OK : BL_E_NOMEM;
    if (status == BL_OK)
        status = bl_yaml_parse(&arena, "x.yaml", text, strlen(text), &document, err);
    if (status == BL_OK)
        status = bl_config_read_document(&config, document, err);
    if (status == BL_OK)
        status = bl_config_for_preparation(&config, err);
    if (status == BL_OK)
        status = bl_dataset_open(context, &config, &of_dataset, &dataset, err);
    if (status == BL_OK)
        status = bl_prepare_run(dataset, &options, &report, err);
    bl_prepare_report_release(&report);
    bl_dataset_close(dataset);
    bl_arena_release(&arena);
    return status;
}

static void must_run(unsigned n_threads, const how *h) {
    bl_error err = {0};
    bl_context *context = test_context(n_threads);
    if (run(context, h, &err) != BL_OK)
        fail_msg("%s", err.message);
    bl_context_free(context);
}

static void same_folders(const char *a, const char *b) {
    bl_context *context = test_context(1);
    bl_arena arena;
    const char **of_a = NULL, **of_b = NULL;
    size_t n_a = 0, n_b = 0;
    bl_arena_init(&arena, context);
    assert_ok(bl_folder_list(&arena, a, NULL, &of_a, &n_a, NULL));
    assert_ok(bl_folder_list(&arena, b, NULL, &of_b, &n_b, NULL));
    assert_int_equal(n_a, n_b);
    for (size_t i = 0; i < n_a; i++) {
        uint64_t bytes[2], sums[2];
        assert_string_equal(of_a[i], of_b[i]);
        assert_ok(
            bl_file_sum(bl_arena_printf(&arena, "%s/%s", a, of_a[i]), &bytes[0], &sums[0], NULL));
        assert_ok(
            bl_file_sum(bl_arena_printf(&arena, "%s/%s", b, of_b[i]), &bytes[1], &sums[1], NULL));
        assert_true(bytes[0] == bytes[1] && sums[0] == sums[1]);
    }
    bl_arena_release(&arena);
    bl_context_free(context);
}

// ---- tests ----

/// About a dozen buckets.
static how many_buckets(char *to, const char *name) {
    snprintf(to, 256, "%s", test_path(name));
    return (how){.to = to, .duplicates = "error", .bucket_bytes = 8000};
}

static void threads_do_not_matter(void **state) {
    (void)state;
    char one[256], three[256];
    how h = many_buckets(one, "one");
    must_run(1, &h);
    h = many_buckets(three, "three");
    must_run(3, &h);
    same_folders(one, three);
    bl_folder_remove(test_path("three"));
}

/// Rows of a part are those of one bucket, however many there are.
static void buckets_do_not_matter(void **state) {
    (void)state;
    char many[256], whole[256];
    BL_AUTO(bl_prepared) in_many = NULL;
    BL_AUTO(bl_prepared) in_one = NULL;
    bl_context *context = test_context(2);
    how h = many_buckets(many, "one"), once = many_buckets(whole, "whole");
    once.bucket_bytes = 1 << 20;
    must_run(2, &once);
    assert_ok(bl_prepared_open(context, h.to, &in_many, NULL));
    assert_ok(bl_prepared_open(context, once.to, &in_one, NULL));
    if (!in_many || !in_one)
        abort();
    assert_true(in_many->n_buckets > 8 && in_one->n_buckets == 1);
    assert_int_equal(in_many->n_parts, 5);
    for (size_t i = 0; i < 5; i++) {
        const bl_prepared_part *a = &in_many->parts[i], *b = &in_one->parts[i];
        assert_int_equal(a->n_rows, b->n_rows);
        for (size_t k = 0; k < 2; k++) {
            assert_int_equal(a->classes[k].n_rows, b->classes[k].n_rows);
            assert_true(fabs(a->classes[k].sumw_train - b->classes[k].sumw_train) < 1e-9);
        }
    }
    bl_prepared_close(BL_MOVE(in_many));
    bl_prepared_close(BL_MOVE(in_one));
    bl_context_free(context);
    bl_folder_remove(test_path("whole"));
}

static void cancel_while_gathering(void *user, const char *stage, int64_t done, int64_t all) {
    (void)done;
    (void)all;
    if (strcmp(stage, BL_PREPARE_GATHER) == 0)
        bl_context_cancel((bl_context *)user);
}

/// Leaves a folder with its spool.
static void stop_halfway(how *h) {
    bl_context *context = test_context(2);
    h->progress = cancel_while_gathering;
    assert_int_equal(run(context, h, NULL), BL_E_CANCELLED);
    h->progress = NULL;
    bl_context_free(context);
}

/// The first allocation fails, then a later one, and so on, each time after the first pass.
static void memory_may_run_out(void **state) {
    (void)state;
    char one[256], again[256];
    how wanted = many_buckets(one, "one"), h = many_buckets(again, "faulty");
    stop_halfway(&h);
    h.overwrite = true;
    test_allocator faulty = {0};
    bl_allocator allocator = test_allocator_face(&faulty);
    bool has_failed = true;
    for (long n = 1; has_failed; n += 1 + n / 8) {
        test_allocator_arm(&faulty, 0);
        bl_context *context = test_context_of(1, &allocator, 0);
        atomic_store(&faulty.fail_in, n);
        bl_status status = run(context, &h, NULL);
        has_failed = faulty.failed;
        assert_int_equal(status, has_failed ? BL_E_NOMEM : BL_OK);
        bl_context_free(context);
        assert_int_equal(faulty.n_live, 0);
    }
    same_folders(wanted.to, h.to);
    bl_folder_remove(test_path("faulty"));
}

/// Stopped after each bucket, it goes on with the next one; what was removed meanwhile is missed.
static void it_goes_on(void **state) {
    (void)state;
    char one[256], again[256];
    how wanted = many_buckets(one, "one"), h = many_buckets(again, "stopped");
    for (unsigned i = 0; i < 3; i++)
        stop_halfway(&h);
    must_run(2, &h);
    same_folders(wanted.to, h.to);
    bl_error err = {0};
    bl_context *context = test_context(1);
    assert_int_equal(unlink(test_path("stopped/train-00002.arrow")), 0);
    assert_error(run(context, &h, &err), BL_E_CORRUPT, err, "train-00002.arrow");
    h.duplicates = "drop";
    assert_error(run(context, &h, &err), BL_E_EXISTS, err, "--overwrite");
    bl_context_free(context);
    bl_folder_remove(test_path("stopped"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(buckets_do_not_matter),
        cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test(it_goes_on),
    };
    // In memory where that can be: each file is flushed to its disk.
    snprintf(test_folder, sizeof test_folder, "%s/beamline-prepare-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(test_folder))
        return 1;
    write_events();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    bl_folder_remove(test_folder);
    return failed;
}
