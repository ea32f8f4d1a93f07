// SPDX-License-Identifier: Apache-2.0
#include "base/testing.h"

#include <pthread.h>

#define N ((size_t)500)
#define N_THREADS 4

typedef struct shared {
    bl_context *context;
    atomic_int n_runs[N];
    atomic_bool busy[N_THREADS];
    size_t cancel_at;
} shared;

static bl_status once_each(void *argument, size_t index, unsigned worker, bl_error *err) {
    shared *s = (shared *)argument;
    if (worker >= N_THREADS || atomic_exchange(&s->busy[worker], true))
        return bl_error_set(err, BL_E_INVALID, "worker %u is in use twice", worker);
    atomic_fetch_add(&s->n_runs[index], 1);
    atomic_store(&s->busy[worker], false);
    return BL_OK;
}

static void check_each_ran_once(bl_context *context) {
    shared s = {.context = context};
    bl_error err = {0};
    bl_status status = bl_run_tasks(context, once_each, &s, N, &err);
    assert_string_equal(err.message, "");
    assert_ok(status);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(s.n_runs[i], 1);
}

static void every_task_once(void **state) {
    (void)state;
    for (unsigned n_threads = 1; n_threads <= N_THREADS; n_threads++) {
        bl_context *context = test_context(n_threads);
        for (int i = 0; i < 20; i++)
            check_each_ran_once(context);
        assert_ok(bl_run_tasks(context, once_each, NULL, 0, NULL));
        bl_context_free(context);
    }
}

static bl_status fail_some(void *argument, size_t index, unsigned worker, bl_error *err) {
    (void)argument;
    (void)worker;
    if (index >= 100 && index % 3 == 1)
        return bl_error_set(err, BL_E_CORRUPT, "task %zu", index);
    return BL_OK;
}

static void first_error_is_the_lowest(void **state) {
    (void)state;
    bl_context *context = test_context(N_THREADS);
    for (int i = 0; i < 300; i++) {
        bl_error err = {0};
        assert_int_equal(bl_run_tasks(context, fail_some, NULL, N, &err), BL_E_CORRUPT);
        assert_string_equal(err.message, "task 100");
    }
    assert_int_equal(bl_run_tasks(context, fail_some, NULL, N, NULL), BL_E_CORRUPT);
    bl_context_free(context);
}

static bl_status nested(void *argument, size_t index, unsigned worker, bl_error *err) {
    (void)index;
    (void)worker;
    shared *outer = (shared *)argument;
    shared inner = {.context = outer->context};
    BL_TRY(bl_run_tasks(outer->context, once_each, &inner, N, err));
    for (size_t i = 0; i < N; i++)
        if (inner.n_runs[i] != 1)
            return bl_error_set(err, BL_E_INVALID, "inner task %zu", i);
    return BL_OK;
}

static void runs_within_runs(void **state) {
    (void)state;
    shared s = {.context = test_context(N_THREADS)};
    assert_ok(bl_run_tasks(s.context, nested, &s, 20, NULL));
    bl_context_free(s.context);
}

static void *caller(void *argument) {
    for (int i = 0; i < 20; i++)
        check_each_ran_once((bl_context *)argument);
    return NULL;
}

static void several_callers(void **state) {
    (void)state;
    bl_context *context = test_context(N_THREADS);
    pthread_t callers[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&callers[i], NULL, caller, context), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(callers[i], NULL);
    bl_context_free(context);
}

static bl_status cancel_here(void *argument, size_t index, unsigned worker, bl_error *err) {
    (void)worker;
    (void)err;
    shared *s = (shared *)argument;
    atomic_fetch_add(&s->n_runs[index], 1);
    if (index == s->cancel_at)
        bl_context_cancel(s->context);
    return BL_OK;
}

static void cancelled(void **state) {
    (void)state;
    for (unsigned n_threads = 1; n_threads <= N_THREADS; n_threads++) {
        shared s = {.context = test_context(n_threads), .cancel_at = 10};
        bl_error err = {0};
        assert_int_equal(bl_run_tasks(s.context, cancel_here, &s, N, &err), BL_E_CANCELLED);
        assert_string_equal(err.message, "interrupted");
        if (n_threads == 1)
            assert_int_equal(s.n_runs[11], 0);
        bl_context_free(s.context);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_once),  cmocka_unit_test(first_error_is_the_lowest),
        cmocka_unit_test(runs_within_runs), cmocka_unit_test(several_callers),
        cmocka_unit_test(cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
