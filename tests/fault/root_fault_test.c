// SPDX-License-Identifier: Apache-2.0
// Faults: while a file is opened and read, every allocation fails once, and every read of the
// source fails once, at its submission or in its wait. Each time the answer must be the status that
// says so, and nothing may stay behind. The files are the tiny ones of fuzz/corpus/root_file.
#include "base/testing.h"

#include <stdio.h>

#include "formats/walk_testing.h"
#include "io/bytes/transport.h"

static const char *const tiny_files[] = {"clones.root",  "leaves-zlib.root",     "leaves-zstd.root",
                                         "objects.root", "packed.root",          "sequences.root",
                                         "whole.root",   "whole-memberwise.root"};
enum { N_TINY = sizeof tiny_files / sizeof *tiny_files, MAX_BYTES = 16384 };

typedef struct tiny {
    const char *name;
    uint8_t data[MAX_BYTES];
    size_t size;
} tiny;

static void load(const char *name, tiny *ret_tiny) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", TINY_FILES, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    ret_tiny->name = name;
    ret_tiny->size = fread(ret_tiny->data, 1, MAX_BYTES, file);
    assert_int_equal(fclose(file), 0);
    assert_in_range(ret_tiny->size, 1, MAX_BYTES - 1);
}

// ---- a source of which one read fails ----

typedef struct fault {
    size_t n_calls; ///< submissions and waits so far, counted from 1
    size_t fail_at; ///< 0: none
    bool failed;
} fault;

typedef struct flaky_source {
    bl_source source;
    const tiny *bytes;
    fault *fault;
} flaky_source;

static bl_status maybe_fail(fault *f, bl_error *err) {
    if (++f->n_calls != f->fail_at)
        return BL_OK;
    f->failed = true;
    return bl_error_set(err, BL_E_IO, "connection lost");
}

static bl_status flaky_submit(bl_source *source, const bl_read *reads, size_t n_reads,
                              void **ret_ticket, bl_error *err) {
    flaky_source *flaky = (flaky_source *)source;
    BL_TRY(maybe_fail(flaky->fault, err));
    for (size_t i = 0; i < n_reads; i++)
        memcpy(reads[i].data, flaky->bytes->data + reads[i].offset, reads[i].size);
    *ret_ticket = NULL;
    return BL_OK;
}

static bl_status flaky_wait(bl_source *source, void *ticket, bl_error *err) {
    (void)ticket;
    return maybe_fail(((flaky_source *)source)->fault, err);
}

static void flaky_close(bl_source *source) { bl_free(source->context, source); }

static const bl_source_ops flaky_ops = {.name = "flaky",
                                        .submit = flaky_submit,
                                        .wait = flaky_wait,
                                        .close = flaky_close,
                                        .request_bytes = 1u << 20};

static void walk_flaky(bl_context *context, const tiny *bytes, fault *f, walk *w) {
    flaky_source *flaky = (flaky_source *)bl_alloc_zero(context, 1, sizeof *flaky);
    assert_non_null(flaky);
    assert_ok(bl_source_init(&flaky->source, &flaky_ops, context, "flaky.root", bytes->size, NULL));
    flaky->bytes = bytes;
    flaky->fault = f;
    walk_source(context, &flaky->source, w);
}

// ---- the tests ----

/// \param user bl_error that keeps the first
static void expect_message(void *user, const bl_error *err) {
    bl_error *first = (bl_error *)user;
    if (first->status == BL_OK)
        *first = *err;
    assert_true(strlen(err->message) > 0);
    assert_int_not_equal(err->status, BL_OK);
}

static void every_allocation_fails_once(void **state) {
    (void)state;
    for (size_t i = 0; i < N_TINY; i++) {
        static tiny t;
        load(tiny_files[i], &t);
        test_allocator counter = {0};
        bl_allocator allocator = test_allocator_face(&counter);
        long n = 0;
        do {
            test_allocator_arm(&counter, ++n);
            bl_context *context = test_context_of(1, &allocator, 0);
            bl_error first = {0};
            walk w = {.on_failure = expect_message, .user = &first};
            if (context)
                walk_bytes(context, t.data, t.size, &w);
            bl_context_free(context);
            bl_status wanted = counter.failed && context ? BL_E_NOMEM : BL_OK;
            if (w.status != wanted || counter.n_live)
                fail_msg("%s: allocation %ld: %s (%s), %ld blocks left", t.name, n,
                         bl_status_name(w.status), first.message, (long)counter.n_live);
        } while (counter.failed);
        printf("%s: %ld allocations\n", t.name, n - 1);
    }
}

static void every_read_fails_once(void **state) {
    (void)state;
    for (size_t i = 0; i < N_TINY; i++) {
        static tiny t;
        load(tiny_files[i], &t);
        fault f = {0};
        do {
            f = (fault){.fail_at = f.fail_at + 1};
            test_allocator counter = {0};
            bl_allocator allocator = test_allocator_face(&counter);
            bl_context *context = test_context_of(1, &allocator, 0);
            bl_error first = {0};
            walk w = {.on_failure = expect_message, .user = &first};
            walk_flaky(context, &t, &f, &w);
            bl_context_free(context);
            if (w.status != (f.failed ? BL_E_IO : BL_OK) || counter.n_live)
                fail_msg("%s: call %zu: %s (%s), %ld blocks left", t.name, f.fail_at,
                         bl_status_name(w.status), first.message, (long)counter.n_live);
        } while (f.failed);
        printf("%s: %zu reads\n", t.name, f.n_calls / 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_fails_once),
        cmocka_unit_test(every_read_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
