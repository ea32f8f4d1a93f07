// SPDX-License-Identifier: Apache-2.0
// The context. Its threads end with bl_context_free; its memory part (allocator, count of bytes)
// lives on until the last buffer, type or batch has let go of it.
#include "base/context.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/context_private.h"
#include "base/options.h"

#define DEFAULT_MEMORY_BYTES ((uint64_t)1 << 30)
#define MAX_THREADS 4096

/// Fresh memory is cleared a page at a time when it is first touched: of large blocks the kernel is
/// asked to make the pages large, which takes a fraction of the time.
static void *system_alloc(void *user, size_t size) {
    const uintptr_t large = (uintptr_t)1 << 21;
    (void)user;
    void *memory = malloc(size);
    uintptr_t first = ((uintptr_t)memory + large - 1) & ~(large - 1);
    uintptr_t end = ((uintptr_t)memory + size) & ~(large - 1);
    if (memory && first < end)
        (void)madvise((uint8_t *)memory + (first - (uintptr_t)memory), end - first, MADV_HUGEPAGE);
    return memory;
}

static void *system_realloc(void *user, void *memory, size_t size) {
    (void)user;
    return realloc(memory, size);
}

static void system_free(void *user, void *memory) {
    (void)user;
    free(memory);
}

static const bl_allocator system_allocator = {system_alloc, system_realloc, system_free, NULL};

/// Processors that this process may use, which in a container or a batch slot are fewer than exist.
static unsigned n_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return (unsigned)CPU_COUNT(&set);
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 && n <= MAX_THREADS ? (unsigned)n : 1;
}

bl_status bl_context_new(const bl_context_options *options, bl_context **ret_context,
                         bl_error *err) {
    bl_context_options o = {0};
    BL_TRY(bl_options_copy(&o, sizeof o, options, err));
    const bl_allocator *allocator = o.allocator ? o.allocator : &system_allocator;
    if (!allocator->alloc || !allocator->realloc || !allocator->free)
        return bl_error_set(err, BL_E_INVALID, "an allocator needs all three functions");
    if (o.n_threads > MAX_THREADS)
        return bl_error_set(err, BL_E_INVALID, "%u threads are more than %d", o.n_threads,
                            MAX_THREADS);

    bl_context *context = (bl_context *)allocator->alloc(allocator->user, sizeof *context);
    if (!context)
        return bl_error_nomem(err, sizeof *context, "a context");
    *context = (bl_context){
        .allocator = *allocator,
        .log = o.log,
        .log_user = o.log_user,
        .n_threads = o.n_threads ? o.n_threads : n_processors(),
        .memory_bytes = o.memory_bytes ? o.memory_bytes : DEFAULT_MEMORY_BYTES,
    };
    atomic_init(&context->n_holders, 1);
    atomic_init(&context->used_bytes, sizeof *context);
    pthread_mutex_init(&context->buffers.lock, NULL);
    context->buffers.limit_bytes = context->memory_bytes / 4;

    bl_status status = bl_pool_new(context, &context->pool, err);
    if (status != BL_OK) {
        bl_context_free(context);
        return status;
    }
    *ret_context = context;
    return BL_OK;
}

void bl_context_free(bl_context *context) {
    if (!context)
        return;
    bl_pool_free(context->pool);
    context->pool = NULL;
    bl_free_buffers_close(context);
    bl_context_unref(context);
}

void bl_context_ref(bl_context *context) {
    atomic_fetch_add_explicit(&context->n_holders, 1, memory_order_relaxed);
}

void bl_context_unref(bl_context *context) {
    if (atomic_fetch_sub_explicit(&context->n_holders, 1, memory_order_acq_rel) != 1)
        return;
    pthread_mutex_destroy(&context->buffers.lock);
    bl_allocator allocator = context->allocator;
    allocator.free(allocator.user, context);
}

void bl_context_cancel(bl_context *context) {
    atomic_store_explicit(&context->is_cancelled, true, memory_order_relaxed);
}

void bl_context_revive(bl_context *context) {
    atomic_store_explicit(&context->is_cancelled, false, memory_order_relaxed);
}

bool bl_context_is_cancelled(const bl_context *context) {
    return atomic_load_explicit(&context->is_cancelled, memory_order_relaxed);
}

bl_status bl_context_check(const bl_context *context, bl_error *err) {
    if (__builtin_expect(bl_context_is_cancelled(context), 0))
        return bl_error_set(err, BL_E_CANCELLED, "interrupted");
    return BL_OK;
}

unsigned bl_context_n_threads(const bl_context *context) { return context->n_threads; }
uint64_t bl_context_memory_bytes(const bl_context *context) { return context->memory_bytes; }
uint64_t bl_context_used_bytes(const bl_context *context) {
    return atomic_load_explicit(&context->used_bytes, memory_order_relaxed);
}

uint64_t bl_context_budget_bytes(const bl_context *context) {
    enum { UNCOUNTED_BYTES = 12 << 20, MOST_SHARE = 4 };
    uint64_t most = context->memory_bytes / MOST_SHARE;
    return context->memory_bytes - (most < UNCOUNTED_BYTES ? most : UNCOUNTED_BYTES);
}

uint64_t bl_context_busy_bytes(const bl_context *context) {
    uint64_t waiting = atomic_load_explicit(&context->buffers.kept_bytes, memory_order_relaxed);
    uint64_t used = bl_context_used_bytes(context);
    return used > waiting ? used - waiting : 0; // other threads may be between the two
}

void bl_log(bl_context *context, bl_log_level level, const char *format, ...) {
    if (!context->log)
        return;
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    context->log(context->log_user, level, line);
}
