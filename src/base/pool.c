// SPDX-License-Identifier: Apache-2.0
// The context's threads and bl_run_tasks.
//
// A run lives on its caller's stack and hangs in the pool's list while it has tasks to hand out;
// the newest run comes first, so that nested runs end soon. The caller works on its own run alone
// and then waits for those who still have one of its tasks. It never waits for a thread to become
// free, so neither nesting nor concurrent callers can lock up. In each run the caller is worker 0
// and every thread of the pool has its own fixed number from 1.
#include "base/context_private.h"
#include "base/thread.h"

typedef struct task_run {
    bl_context *context;
    bl_task_fn task;
    void *argument;
    size_t n;
    _Atomic(size_t) next;
    atomic_bool stopped; ///< a task failed or the context was cancelled: hand out no more
    bool is_listed;      ///< from here on guarded by the pool's lock
    unsigned n_helpers;  ///< threads of the pool inside this run
    pthread_cond_t helpers_left;
    struct task_run *next_run;
    size_t failed_index; ///< SIZE_MAX: none
    bl_status failed_status;
    bl_error *err;
} task_run;

typedef struct pool_thread {
    bl_pool *pool;
    pthread_t thread;
    unsigned worker;
} pool_thread;

struct bl_pool {
    bl_context *context;
    pthread_mutex_t lock;
    pthread_cond_t work;
    task_run *runs;
    bool ending;
    unsigned n_started;
    pool_thread threads[];
};

/// Keeps the failure of the lowest index. That one does not depend on timing: indices are handed
/// out in ascending order and each that was handed out runs, so it ran whatever failed after it.
static void note_failure(task_run *run, size_t index, bl_status status, const bl_error *error) {
    bl_pool *pool = run->context->pool;
    if (pool)
        pthread_mutex_lock(&pool->lock);
    atomic_store_explicit(&run->stopped, true, memory_order_relaxed);
    if (index < run->failed_index) {
        run->failed_index = index;
        run->failed_status = status;
        if (run->err)
            *run->err = *error;
    }
    if (pool)
        pthread_mutex_unlock(&pool->lock);
}

/// Works on a run until it has no more tasks to hand out.
static void work_on(task_run *run, unsigned worker) {
    bl_error error = {0};
    bl_error *task_err = run->err ? &error : NULL;
    while (!atomic_load_explicit(&run->stopped, memory_order_relaxed)) {
        if (bl_context_is_cancelled(run->context)) {
            atomic_store_explicit(&run->stopped, true, memory_order_relaxed);
            return;
        }
        size_t index = atomic_fetch_add_explicit(&run->next, 1, memory_order_relaxed);
        if (index >= run->n) {
            atomic_store_explicit(&run->next, run->n, memory_order_relaxed); // never wraps
            return;
        }
        bl_status status = run->task(run->argument, index, worker, task_err);
        if (status != BL_OK) {
            note_failure(run, index, status, &error);
            return;
        }
    }
}

static void unlist(bl_pool *pool, task_run *run) {
    if (!run->is_listed)
        return;
    task_run **link = &pool->runs;
    while (*link != run)
        link = &(*link)->next_run;
    *link = run->next_run;
    run->is_listed = false;
}

static void *thread_main(void *argument) {
    pool_thread *self = (pool_thread *)argument;
    bl_pool *pool = self->pool;
    pthread_mutex_lock(&pool->lock);
    while (!pool->ending) {
        task_run *run = pool->runs;
        if (!run) {
            pthread_cond_wait(&pool->work, &pool->lock);
            continue;
        }
        run->n_helpers++;
        pthread_mutex_unlock(&pool->lock);
        work_on(run, self->worker);
        pthread_mutex_lock(&pool->lock);
        unlist(pool, run);
        if (--run->n_helpers == 0)
            pthread_cond_signal(&run->helpers_left);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static void run_with_helpers(bl_pool *pool, task_run *run) {
    pthread_cond_init(&run->helpers_left, NULL);
    pthread_mutex_lock(&pool->lock);
    run->next_run = pool->runs;
    pool->runs = run;
    run->is_listed = true;
    if (run->n - 1 < pool->n_started)
        for (size_t i = 1; i < run->n; i++)
            pthread_cond_signal(&pool->work);
    else
        pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);

    work_on(run, 0);

    pthread_mutex_lock(&pool->lock);
    unlist(pool, run);
    while (run->n_helpers)
        pthread_cond_wait(&run->helpers_left, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    pthread_cond_destroy(&run->helpers_left);
}

bl_status bl_run_tasks(bl_context *context, bl_task_fn task, void *argument, size_t n,
                       bl_error *err) {
    if (n == 0)
        return BL_OK;
    task_run run = {
        .context = context,
        .task = task,
        .argument = argument,
        .n = n,
        .failed_index = SIZE_MAX,
        .err = err,
    };
    if (n == 1 || !context->pool)
        work_on(&run, 0);
    else
        run_with_helpers(context->pool, &run);
    if (run.failed_index != SIZE_MAX)
        return run.failed_status;
    if (atomic_load_explicit(&run.next, memory_order_relaxed) < n)
        return bl_error_set(err, BL_E_CANCELLED, "interrupted");
    return BL_OK;
}

bl_status bl_pool_new(bl_context *context, bl_pool **ret_pool, bl_error *err) {
    unsigned n = context->n_threads - 1;
    if (n == 0)
        return BL_OK;
    size_t size = sizeof(bl_pool) + n * sizeof(pool_thread);
    bl_pool *pool = (bl_pool *)bl_alloc_zero(context, 1, size);
    if (!pool)
        return bl_error_nomem(err, size, "threads");
    pool->context = context;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    for (unsigned i = 0; i < n; i++) {
        pool->threads[i].pool = pool;
        pool->threads[i].worker = i + 1;
        int failure = bl_thread_start(&pool->threads[i].thread, thread_main, &pool->threads[i]);
        if (failure) {
            bl_pool_free(pool);
            (void)bl_error_errno(err, failure, "starting threads");
            return bl_error_in(err, BL_E_IO, "%u threads", n + 1);
        }
        pool->n_started++;
    }
    *ret_pool = pool;
    return BL_OK;
}

void bl_pool_free(bl_pool *pool) {
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->n_started; i++)
        pthread_join(pool->threads[i].thread, NULL);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    bl_free(pool->context, pool);
}
