// SPDX-License-Identifier: Apache-2.0
// Also what all sinks share (sink.c).
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_sum.h"
#include "base/folder_testing.h"
#include "base/testing.h"
#include "io/bytes/sink.h"

static int is_visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static int n_files(void) {
    struct dirent **entries;
    int n = scandir(test_folder, &entries, is_visible, alphasort);
    for (int i = 0; i < n; i++)
        free(entries[i]);
    if (n >= 0)
        free((void *)entries);
    return n;
}

static int tear_down(void **state) {
    (void)state;
    unlink(test_path("a"));
    return rmdir(test_folder);
}

/// Writes "head…", then `n` letters, in pieces of `piece`; then "HEAD" over the beginning.
static bl_status write_letters(bl_sink *sink, size_t n, size_t piece, bl_error *err) {
    BL_AUTO(bl_buffer) letters = NULL;
    BL_TRY(bl_buffer_new(sink->context, piece, &letters, err));
    memset(letters->data, 'x', piece);
    BL_TRY(bl_sink_write(sink, "head", 4, err));
    for (size_t done = 0; done < n; done += piece)
        BL_TRY(bl_sink_write(sink, letters->data, piece, err));
    return bl_sink_rewrite_head(sink, "HEAD", 4, err);
}

static void test_write(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_error err;
    for (size_t piece = 1 << 8; piece <= 1 << 20; piece <<= 4) {
        bl_sink *sink = NULL;
        assert_ok(bl_sink_open(context, test_path("a"), true, &sink, &err));
        assert_ok(write_letters(sink, 1 << 20, piece, &err));
        assert_ok(bl_sink_finish(sink, &err));
        bl_sink_close(sink);
        struct stat info;
        assert_int_equal(stat(test_path("a"), &info), 0);
        assert_int_equal(info.st_size, 4 + (1 << 20));
        char start[6] = {0};
        FILE *file = fopen(test_path("a"), "r");
        assert_int_equal(fread(start, 1, 5, file), 5);
        fclose(file);
        assert_string_equal(start, "HEADx");
        assert_int_equal(n_files(), 1);
    }
    bl_context_free(context);
}

/// What a sink sums up is what the file holds, whether or not something was written again.
static void test_sums(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_error err;
    for (unsigned i = 0; i < 4; i++) {
        bl_sink *sink = NULL;
        uint64_t bytes[2] = {0}, sums[2] = {0};
        assert_ok(bl_sink_open(context, test_path("a"), true, &sink, &err));
        sink->is_scratch = i & 1;
        assert_ok(bl_sink_sum(sink, &bytes[0], &sums[0], &err));
        if (i & 2)
            assert_ok(write_letters(sink, 1 << 17, 1 << 9, &err));
        else
            for (unsigned k = 0; k < 1000; k++)
                assert_ok(bl_sink_write(sink, "some of it", k % 11, &err));
        assert_int_equal(bytes[0], 0);
        assert_ok(bl_sink_finish(sink, &err));
        bl_sink_close(sink);
        assert_ok(bl_file_sum(test_path("a"), &bytes[1], &sums[1], &err));
        assert_int_equal(bytes[0], bytes[1]);
        assert_int_equal(sums[0], sums[1]);
        assert_int_equal(n_files(), 1);
    }
    bl_context_free(context);
}

static void test_nothing_without_finish(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_sink *sink = NULL;
    bl_error err;
    assert_ok(bl_sink_open(context, test_path("a"), false, &sink, &err));
    assert_ok(write_letters(sink, 1 << 20, 999, &err));
    bl_sink_close(sink);
    assert_int_equal(n_files(), 0);
    bl_context_free(context);
}

static void test_overwrite(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_sink *first = NULL, *second = NULL, *third = NULL;
    bl_error err;
    assert_ok(bl_sink_open(context, test_path("a"), false, &first, &err));
    assert_ok(bl_sink_open(context, test_path("a"), false, &second, &err));
    assert_ok(bl_sink_write(first, "1", 1, &err));
    assert_ok(bl_sink_finish(first, &err));
    assert_int_equal(bl_sink_finish(second, &err), BL_E_EXISTS); // somebody was faster
    bl_sink_close(first);
    bl_sink_close(second);
    assert_int_equal(bl_sink_open(context, test_path("a"), false, &third, &err), BL_E_EXISTS);
    assert_int_equal(n_files(), 1);
    bl_context_free(context);
}

static void test_refusals(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_sink *sink = NULL;
    bl_error err;
    assert_int_equal(bl_sink_open(context, test_folder, true, &sink, &err), BL_E_INVALID);
    assert_int_equal(bl_sink_open(context, test_path("b/c"), true, &sink, &err), BL_E_NOTFOUND);
    assert_int_equal(bl_sink_open(context, "gopher://x/y", true, &sink, &err), BL_E_UNSUPPORTED);
    assert_int_equal(bl_sink_open(context, "/dev/null", true, &sink, &err), BL_E_INVALID);
    bl_context_free(context);
}

/// A limit on the size of files stands for a full disk.
static void test_full_disk(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_sink *sink = NULL;
    bl_error err;
    struct rlimit before, small;
    getrlimit(RLIMIT_FSIZE, &before);
    small = (struct rlimit){500000, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    assert_ok(bl_sink_open(context, test_path("a"), false, &sink, &err));
    bl_status status = write_letters(sink, 1 << 20, 4096, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_error(status, BL_E_IO, err, "/a: write: ");
    assert_int_equal(bl_sink_write(sink, "x", 1, &err), BL_E_IO); // it stays failed
    assert_int_equal(bl_sink_finish(sink, &err), BL_E_IO);
    bl_sink_close(sink);
    assert_int_equal(n_files(), 0);
    bl_context_free(context);
}

static void test_cancel(void **state) {
    (void)state;
    bl_context *context = test_context(1);
    bl_sink *sink = NULL;
    assert_ok(bl_sink_open(context, test_path("a"), false, &sink, NULL));
    bl_context_cancel(context);
    assert_int_equal(bl_sink_write(sink, "x", 1, NULL), BL_E_CANCELLED);
    bl_sink_close(sink);
    assert_int_equal(n_files(), 0);
    bl_context_free(context);
}

static bl_status work(bl_context *context) {
    bl_sink *sink = NULL;
    BL_TRY(bl_sink_open(context, test_path("a"), true, &sink, NULL));
    bl_status status = bl_sink_write(sink, "x", 1, NULL);
    if (status == BL_OK)
        status = bl_sink_finish(sink, NULL);
    bl_sink_close(sink);
    return status;
}

static void test_no_memory(void **state) {
    (void)state;
    test_every_allocation_fails(work);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_make_folder, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_write),     TEST(test_sums),      TEST(test_nothing_without_finish),
        TEST(test_overwrite), TEST(test_refusals),  TEST(test_full_disk),
        TEST(test_cancel),    TEST(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
