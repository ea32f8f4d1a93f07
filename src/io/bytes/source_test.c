// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/testing.h"

#include "io/bytes/source.h"

#define N_BYTES 100000

typedef struct fixture {
    bl_context *context;
    char folder[32], path[64];
    uint8_t bytes[N_BYTES], back[N_BYTES];
    bl_error err;
} fixture;

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    f->context = test_context(1);
    snprintf(f->folder, sizeof f->folder, "/tmp/bl_source_XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/run:7.root", f->folder);
    for (size_t i = 0; i < N_BYTES; i++)
        f->bytes[i] = (uint8_t)(i * 31 + (i >> 8));
    FILE *file = fopen(f->path, "wb");
    assert_int_equal(fwrite(f->bytes, 1, N_BYTES, file), N_BYTES);
    fclose(file);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    unlink(f->path);
    rmdir(f->folder);
    bl_context_free(f->context);
    free(f);
    return 0;
}

static bl_status open_it(fixture *f, const char *prefix, const char *path, bl_source **ret_source) {
    char url[256];
    snprintf(url, sizeof url, "%s%s", prefix, path);
    f->err = (bl_error){0};
    return bl_source_open(f->context, url, ret_source, &f->err);
}

static void every_spelling_of_a_path(void **state) {
    fixture *f = *state;
    static const char *const prefixes[] = {"", "file:", "file://", "FILE:", "file://localhost"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        BL_AUTO(bl_source) source = NULL;
        assert_ok(open_it(f, prefixes[i], f->path, &source));
        assert_string_equal(source->ops->name, "file");
        assert_int_equal(source->size_bytes, N_BYTES);
        assert_ok(bl_source_read(source, 0, N_BYTES, f->back, &f->err));
        assert_memory_equal(f->back, f->bytes, N_BYTES);
    }
    // Relative, and with a colon that is no scheme.
    char here[256];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(f->folder), 0);
    BL_AUTO(bl_source) source = NULL;
    assert_ok(open_it(f, "", "run:7.root", &source));
    assert_int_equal(chdir(here), 0);
}

static void unknown_schemes_are_named(void **state) {
    fixture *f = *state;
    bl_source *source = NULL;
    assert_int_equal(open_it(f, "fil", "://x", &source), BL_E_UNSUPPORTED);
    assert_string_equal(f->err.message,
                        "fil://x: scheme 'fil' is not supported; known are plain paths, 'file:'; "
                        "did you mean 'file'?");
    assert_int_equal(open_it(f, "root://", "host//a.root", &source), BL_E_UNSUPPORTED);
    assert_null(source);
}

static void what_is_no_file_is_refused(void **state) {
    fixture *f = *state;
    bl_source *source = NULL;
    char pipe[80], expected[128];
    assert_int_equal(open_it(f, f->folder, "", &source), BL_E_INVALID);
    snprintf(expected, sizeof expected, "%s: is a directory, not a regular file", f->folder);
    assert_string_equal(f->err.message, expected);
    snprintf(pipe, sizeof pipe, "%s/pipe", f->folder);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(open_it(f, pipe, "", &source), BL_E_INVALID);
    assert_non_null(strstr(f->err.message, "is a pipe"));
    unlink(pipe);
    assert_int_equal(open_it(f, "/dev/null", "", &source), BL_E_INVALID);
    assert_int_equal(open_it(f, f->path, "x", &source), BL_E_NOTFOUND);
    assert_int_equal(open_it(f, "", "", &source), BL_E_NOTFOUND);
    if (geteuid() != 0) {
        assert_int_equal(chmod(f->path, 0), 0);
        assert_int_equal(open_it(f, f->path, "", &source), BL_E_ACCESS);
    }
    assert_null(source);
}

static void past_the_end(void **state) {
    fixture *f = *state;
    BL_AUTO(bl_source) source = NULL;
    assert_ok(open_it(f, "", f->path, &source));
    assert_ok(bl_source_read(source, N_BYTES, 0, f->back, &f->err));
    assert_int_equal(bl_source_read(source, N_BYTES - 5, 10, f->back, &f->err), BL_E_CORRUPT);
    assert_string_equal(f->err.message, "truncated: offset 99995 + 10 bytes is past the end of the "
                                        "file (100000 bytes)");
    assert_int_equal(bl_source_read(source, UINT64_MAX, 2, f->back, NULL), BL_E_CORRUPT);
    assert_int_equal(bl_source_read(source, 1, SIZE_MAX, f->back, NULL), BL_E_CORRUPT);
    assert_int_equal(source->n_requests, 0);
}

static void a_file_that_shrinks(void **state) {
    fixture *f = *state;
    BL_AUTO(bl_source) source = NULL;
    assert_ok(open_it(f, "", f->path, &source));
    assert_int_equal(truncate(f->path, 1000), 0);
    assert_ok(bl_source_read(source, 0, 1000, f->back, &f->err));
    assert_int_equal(bl_source_read(source, 990, 20, f->back, &f->err), BL_E_CORRUPT);
    assert_string_equal(f->err.message,
                        "truncated: offset 990 + 20 bytes is past the end of the file, which "
                        "shrank from 100000 to 1000 bytes while it was read");
    BL_AUTO(bl_fetch) fetch = NULL;
    const bl_range ranges[] = {{0, 10}, {99000, 1000}};
    assert_ok(bl_fetch_start(source, ranges, 2, &fetch, &f->err));
    assert_int_equal(bl_fetch_wait(fetch, &f->err), BL_E_CORRUPT);
    // The source is none the worse for it.
    assert_ok(bl_source_read(source, 500, 500, f->back, &f->err));
    assert_memory_equal(f->back, f->bytes + 500, 500);
}

static void a_fetch_from_a_file(void **state) {
    fixture *f = *state;
    BL_AUTO(bl_source) source = NULL;
    assert_ok(open_it(f, "", f->path, &source));
    BL_AUTO(bl_fetch) fetch = NULL;
    const bl_range ranges[] = {{90000, 10000}, {0, 10}, {5, 100}};
    assert_ok(bl_fetch_start(source, ranges, 3, &fetch, &f->err));
    assert_ok(bl_fetch_wait(fetch, &f->err));
    for (size_t i = 0; i < 3; i++)
        assert_memory_equal(bl_fetch_data(fetch, i), f->bytes + ranges[i].offset, ranges[i].size);
    assert_int_equal(source->n_requests, 2);
}

static void a_cancelled_context_reads_nothing(void **state) {
    fixture *f = *state;
    BL_AUTO(bl_source) source = NULL;
    assert_ok(open_it(f, "", f->path, &source));
    bl_context_cancel(f->context);
    assert_int_equal(bl_source_read(source, 0, 10, f->back, NULL), BL_E_CANCELLED);
}

static void memory(void **state) {
    fixture *f = *state;
    BL_AUTO(bl_source) source = NULL;
    assert_ok(bl_source_open_memory(f->context, "mem", f->bytes, N_BYTES, &source, NULL));
    assert_string_equal(source->url, "mem");
    assert_ok(bl_source_read(source, 10, 1000, f->back, NULL));
    assert_memory_equal(f->back, f->bytes + 10, 1000);
    assert_int_equal(bl_source_read(source, N_BYTES, 1, f->back, NULL), BL_E_CORRUPT);
}

static bl_status open_and_read(bl_context *context, fixture *f) {
    BL_AUTO(bl_source) source = NULL;
    BL_TRY(bl_source_open(context, f->path, &source, &f->err));
    BL_TRY(bl_source_read(source, 0, N_BYTES, f->back, &f->err));
    BL_AUTO(bl_source) in_memory = NULL;
    return bl_source_open_memory(context, "mem", f->bytes, N_BYTES, &in_memory, &f->err);
}

static void every_allocation_may_fail(void **state) {
    fixture *f = *state;
    test_allocator allocator = {0};
    bl_allocator face = test_allocator_face(&allocator);
    bl_context *context = test_context_of(1, &face, 0);
    for (long n = 1;; n++) {
        test_allocator_arm(&allocator, n);
        bl_status status = open_and_read(context, f);
        assert_int_equal(allocator.n_live, 0);
        assert_int_equal(status, allocator.failed ? BL_E_NOMEM : BL_OK);
        if (!allocator.failed)
            break;
    }
    test_allocator_arm(&allocator, 0);
    bl_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_spelling_of_a_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_schemes_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(past_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_shrinks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_fetch_from_a_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cancelled_context_reads_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
