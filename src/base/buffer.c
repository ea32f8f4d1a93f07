// SPDX-License-Identifier: Apache-2.0
// Buffers by size class. A steady stream of batches asks for the same sizes again and again, so
// released buffers wait in a list of their class, up to a quarter of the memory budget, and until
// the rest of it is used up.
#include "base/context_private.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#ifdef HAS_ASAN // a waiting buffer is as good as freed
#include <sanitizer/asan_interface.h>
#define HIDE(buffer) ASAN_POISON_MEMORY_REGION((buffer)->data, (buffer)->capacity)
#define SHOW(buffer) ASAN_UNPOISON_MEMORY_REGION((buffer)->data, (buffer)->capacity)
#else
#define HIDE(buffer) ((void)(buffer))
#define SHOW(buffer) ((void)(buffer))
#endif

#define ALIGNMENT ((size_t)64)
#define SMALLEST ((size_t)64)
#define NO_CLASS BL_N_BUFFER_CLASSES

static size_t class_capacity(unsigned class) {
    return (SMALLEST / 4 * (4 + class % 4)) << (class / 4);
}

/// The smallest class that holds `capacity` bytes, or NO_CLASS.
static unsigned class_for(size_t capacity) {
    if (capacity <= SMALLEST)
        return 0;
    if (capacity > class_capacity(BL_N_BUFFER_CLASSES - 1))
        return NO_CLASS;
    // The two bits below the leading one of capacity − 1 say which quarter of its octave it is in.
    unsigned leading = 63U - (unsigned)__builtin_clzll((unsigned long long)(capacity - 1));
    unsigned quarter = (unsigned)((capacity - 1) >> (leading - 2)) & 3U;
    return (leading - 6) * 4 + quarter + 1;
}

static bl_buffer *take_out(bl_free_buffers *waiting, unsigned class) {
    bl_buffer *buffer = waiting->lists[class];
    if (buffer) {
        waiting->lists[class] = buffer->next_free;
        atomic_fetch_sub_explicit(&waiting->kept_bytes, buffer->capacity, memory_order_relaxed);
    }
    return buffer;
}

/// A buffer of this class, or of one that is little larger: sizes change a little from batch to
/// batch, and fresh memory costs more than some that stays unused.
static bl_buffer *take_waiting(bl_context *context, unsigned class) {
    enum { LARGER = 2 };
    bl_free_buffers *waiting = &context->buffers;
    unsigned last = class + LARGER < BL_N_BUFFER_CLASSES ? class + LARGER : BL_N_BUFFER_CLASSES - 1;
    bl_buffer *buffer = NULL;
    pthread_mutex_lock(&waiting->lock);
    for (unsigned i = class; i <= last && !buffer; i++)
        buffer = take_out(waiting, i);
    pthread_mutex_unlock(&waiting->lock);
    return buffer;
}

/// Takes waiting buffers out, class after class, while more than `most` bytes wait.
static bl_buffer *evict(bl_free_buffers *waiting, uint64_t most) {
    bl_buffer *victims = NULL;
    while (waiting->kept_bytes > most) {
        unsigned class = waiting->next_victim;
        waiting->next_victim = (class + 1) % BL_N_BUFFER_CLASSES;
        bl_buffer *buffer = take_out(waiting, class);
        if (!buffer)
            continue;
        buffer->next_free = victims;
        victims = buffer;
    }
    return victims;
}

static void free_all(bl_context *context, bl_buffer *list) {
    while (list) {
        bl_buffer *next = list->next_free;
        SHOW(list);
        bl_free(context, list);
        list = next;
    }
}

/// Frees waiting buffers where the memory budget has no room for `capacity` bytes beside them.
static void give_back(bl_context *context, size_t capacity) {
    bl_free_buffers *waiting = &context->buffers;
    uint64_t busy = bl_context_busy_bytes(context), budget = bl_context_budget_bytes(context);
    uint64_t room = budget > busy ? budget - busy : 0;
    uint64_t most = room > capacity ? room - capacity : 0;
    if (atomic_load_explicit(&waiting->kept_bytes, memory_order_relaxed) <= most)
        return;
    pthread_mutex_lock(&waiting->lock);
    bl_buffer *victims = evict(waiting, most);
    pthread_mutex_unlock(&waiting->lock);
    free_all(context, victims);
}

static bl_buffer *make(bl_context *context, size_t capacity) {
    if (capacity > PTRDIFF_MAX - sizeof(bl_buffer) - ALIGNMENT)
        return NULL;
    give_back(context, capacity);
    bl_buffer *buffer =
        (bl_buffer *)bl_alloc(context, sizeof(bl_buffer) + ALIGNMENT - 1 + capacity);
    if (!buffer)
        return NULL;
    uintptr_t after = (uintptr_t)(buffer + 1);
    uintptr_t aligned = (after + ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1);
    *buffer = (bl_buffer){
        .data = (uint8_t *)buffer + (aligned - (uintptr_t)buffer),
        .capacity = capacity,
        .context = context,
    };
    return buffer;
}

bl_status bl_buffer_new(bl_context *context, size_t capacity, bl_buffer **ret_buffer,
                        bl_error *err) {
    if (capacity > PTRDIFF_MAX - ALIGNMENT)
        return bl_error_nomem(err, capacity, "a buffer");
    unsigned class = class_for(capacity);
    bl_buffer *buffer = class == NO_CLASS ? NULL : take_waiting(context, class);
    if (buffer)
        SHOW(buffer);
    else
        buffer = make(context, class == NO_CLASS ? (capacity + ALIGNMENT - 1) & ~(ALIGNMENT - 1)
                                                 : class_capacity(class));
    if (!buffer)
        return bl_error_nomem(err, capacity, "a buffer");
    buffer->size = 0;
    buffer->next_free = NULL;
    atomic_init(&buffer->n_holders, 1);
    bl_context_ref(context);
    *ret_buffer = buffer;
    return BL_OK;
}

bl_status bl_buffer_new_foreign(bl_context *context, const void *data, size_t size,
                                void (*release_owner)(void *owner), void *owner,
                                bl_buffer **ret_buffer, bl_error *err) {
    bl_buffer *buffer = (bl_buffer *)bl_alloc_zero(context, 1, sizeof *buffer);
    if (!buffer)
        return bl_error_nomem(err, sizeof *buffer, "a buffer");
    // no capacity: whoever wants to write makes a buffer of the context's first
    *buffer = (bl_buffer){.data = (uint8_t *)(uintptr_t)data,
                          .size = size,
                          .context = context,
                          .release_owner = release_owner,
                          .owner = owner};
    atomic_init(&buffer->n_holders, 1);
    bl_context_ref(context);
    *ret_buffer = buffer;
    return BL_OK;
}

bl_status bl_buffer_reserve(bl_buffer **buffer, size_t capacity, bl_error *err) {
    bl_buffer *old = *buffer;
    if (capacity <= old->capacity)
        return BL_OK;
    bl_buffer *bigger = NULL;
    BL_TRY(bl_buffer_new(old->context, capacity, &bigger, err));
    memcpy(bigger->data, old->data, old->size);
    bigger->size = old->size;
    bl_buffer_release(old);
    *buffer = bigger;
    return BL_OK;
}

bl_buffer *bl_buffer_ref(bl_buffer *buffer) {
    atomic_fetch_add_explicit(&buffer->n_holders, 1, memory_order_relaxed);
    return buffer;
}

void bl_buffer_release(bl_buffer *buffer) {
    if (!buffer || atomic_fetch_sub_explicit(&buffer->n_holders, 1, memory_order_acq_rel) != 1)
        return;
    bl_context *context = buffer->context;
    if (buffer->release_owner) {
        buffer->release_owner(buffer->owner);
        bl_free(context, buffer);
        bl_context_unref(context);
        return;
    }
    bl_free_buffers *waiting = &context->buffers;
    unsigned class = class_for(buffer->capacity);
    bl_buffer *unwanted = buffer;
    buffer->next_free = NULL;
    pthread_mutex_lock(&waiting->lock);
    if (!waiting->closed && class != NO_CLASS && buffer->capacity <= waiting->limit_bytes) {
        // Without this a change of sizes would leave the lists full of what nobody asks for.
        unwanted = evict(waiting, waiting->limit_bytes - buffer->capacity);
        buffer->next_free = waiting->lists[class];
        waiting->lists[class] = buffer;
        atomic_fetch_add_explicit(&waiting->kept_bytes, buffer->capacity, memory_order_relaxed);
        HIDE(buffer);
    }
    pthread_mutex_unlock(&waiting->lock);
    free_all(context, unwanted); // outside the lock: giving megabytes back takes its time
    bl_context_unref(context);
}

void bl_free_buffers_close(bl_context *context) {
    bl_free_buffers *waiting = &context->buffers;
    pthread_mutex_lock(&waiting->lock);
    waiting->closed = true;
    waiting->kept_bytes = 0;
    for (unsigned class = 0; class < BL_N_BUFFER_CLASSES; class ++) {
        free_all(context, waiting->lists[class]);
        waiting->lists[class] = NULL;
    }
    pthread_mutex_unlock(&waiting->lock);
}
