// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"

#include <stdio.h>
#include <string.h>

#include <beamline/version.h>

#include "base/memory.h"

static void defaults(void **state) {
    (void)state;
    bl_context *context = NULL;
    assert_ok(bl_context_new(NULL, &context, NULL));
    assert_true(bl_context_n_threads(context) >= 1);
    assert_int_equal(bl_context_memory_bytes(context), 1 << 30);
    bl_context_free(context);
    bl_context_free(NULL);
}

static void bad_options(void **state) {
    (void)state;
    bl_error err = {0};
    bl_context *context = NULL;
    bl_context_options options = {0};
    assert_int_equal(bl_context_new(&options, &context, &err), BL_E_INVALID);
    assert_string_equal(err.message, "the size of the options is not set");
    options.size = sizeof options;
    options.n_threads = 100000;
    assert_int_equal(bl_context_new(&options, &context, &err), BL_E_INVALID);
    options.n_threads = 1;
    bl_allocator half = {.alloc = counted_alloc};
    options.allocator = &half;
    assert_int_equal(bl_context_new(&options, &context, &err), BL_E_INVALID);
    struct {
        bl_context_options known;
        int unknown;
    } newer = {.known = {.size = sizeof newer, .n_threads = 1}, .unknown = 1};
    assert_int_equal(bl_context_new(&newer.known, &context, &err), BL_E_INVALID);
    assert_null(context);
}

static void older_caller(void **state) {
    (void)state;
    bl_context *context = NULL;
    bl_context_options options = {
        .size = offsetof(bl_context_options, memory_bytes), .n_threads = 1, .memory_bytes = 12345};
    assert_ok(bl_context_new(&options, &context, NULL));
    assert_int_equal(bl_context_memory_bytes(context), 1 << 30);
    bl_context_free(context);
}

static void cancel(void **state) {
    (void)state;
    bl_error err = {0};
    bl_context *context = test_context(1);
    assert_ok(bl_context_check(context, &err));
    bl_context_cancel(context);
    assert_true(bl_context_is_cancelled(context));
    assert_int_equal(bl_context_check(context, &err), BL_E_CANCELLED);
    assert_int_equal(bl_status_exit_code(err.status), 130);
    bl_context_free(context);
}

static void keep_line(void *user, bl_log_level level, const char *line) {
    assert_int_equal(level, BL_LOG_WARNING);
    snprintf((char *)user, 1024, "%s", line);
}

static void log_lines(void **state) {
    (void)state;
    char line[1024] = "";
    bl_context_options options = {
        .size = sizeof options, .n_threads = 1, .log = keep_line, .log_user = line};
    bl_context *context = NULL;
    assert_ok(bl_context_new(&options, &context, NULL));
    bl_log(context, BL_LOG_WARNING, "branch '%s'", "pt");
    assert_string_equal(line, "branch 'pt'");
    bl_context_free(context);
}

static void buffer_outlives_context(void **state) {
    (void)state;
    test_allocator counter = {0};
    bl_allocator allocator = test_allocator_face(&counter);
    bl_context *context = test_context_of(3, &allocator, 0);
    bl_buffer *buffer = NULL, *kept = NULL;
    assert_ok(bl_buffer_new(context, 100, &buffer, NULL));
    assert_ok(bl_buffer_new(context, 100, &kept, NULL));
    bl_buffer_release(kept);
    bl_context_free(context);
    assert_int_equal(counter.n_live, 2); // the context's struct and the buffer
    memset(buffer->data, 7, 100);
    bl_buffer_release(buffer);
    assert_int_equal(counter.n_live, 0);
}

static void memory_fails(void **state) {
    (void)state;
    test_allocator faulty = {0};
    bl_allocator allocator = test_allocator_face(&faulty);
    bl_context_options options = {.size = sizeof options, .n_threads = 2, .allocator = &allocator};
    for (long n = 1;; n++) {
        test_allocator_arm(&faulty, n);
        bl_context *context = NULL;
        bl_status status = bl_context_new(&options, &context, NULL);
        bl_context_free(context);
        assert_int_equal(faulty.n_live, 0);
        assert_int_equal(status, faulty.failed ? BL_E_NOMEM : BL_OK);
        if (!faulty.failed)
            break;
    }
}

static void version(void **state) {
    (void)state;
    assert_string_equal(bl_version(), BL_VERSION);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),     cmocka_unit_test(bad_options),
        cmocka_unit_test(older_caller), cmocka_unit_test(cancel),
        cmocka_unit_test(log_lines),    cmocka_unit_test(buffer_outlives_context),
        cmocka_unit_test(memory_fails), cmocka_unit_test(version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
