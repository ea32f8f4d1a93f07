// SPDX-License-Identifier: Apache-2.0
// Orders of blocks and events by Fisher and Yates. Each window has a sequence of random numbers of
// its own, so that an epoch can begin at any of them.
#include "data/loader/order.h"

#include <stdlib.h>

#include "base/random.h"

enum { STREAM_BLOCKS = 0x626c6b73, STREAM_EVENTS = 0x65767473 };

bl_status bl_order_init(bl_context *context, bl_order *order, bl_error *err) {
    size_t n = order->n_blocks;
    if (n > UINT32_MAX)
        return bl_error_set(err, BL_E_LIMIT, "%zu record batches, at most %u", n, UINT32_MAX);
    order->sequence = (uint32_t *)bl_alloc_zero(context, n + 1, sizeof *order->sequence);
    order->windows = (bl_window *)bl_alloc_zero(context, n + 1, sizeof *order->windows);
    if (!order->sequence || !order->windows)
        return bl_error_nomem(err, n * sizeof *order->windows, "an order of events");
    return BL_OK;
}

void bl_order_release(bl_context *context, bl_order *order) {
    bl_free(context, order->sequence);
    bl_free(context, order->windows);
}

/// A number below `n`, each as likely as any other.
/// \source D. Lemire, Fast Random Integer Generation in an Interval (2019)
static uint32_t below(bl_random *random, uint32_t n) {
    uint64_t product = (uint64_t)bl_random_word(random) * n;
    if ((uint32_t)product < n) {
        uint32_t surplus = (uint32_t)(-n) % n; // of the 2³² words, that n does not divide
        while ((uint32_t)product < surplus)
            product = (uint64_t)bl_random_word(random) * n;
    }
    return (uint32_t)(product >> 32);
}

static void shuffle_blocks(bl_order *order) {
    bl_random random;
    bl_random_init(&random, order->seed, STREAM_BLOCKS, (uint64_t)order->epoch);
    for (size_t i = order->n_blocks; i > 1; i--) {
        uint32_t *last = &order->sequence[i - 1];
        uint32_t *other = &order->sequence[below(&random, (uint32_t)i)];
        uint32_t kept = *last;
        *last = *other;
        *other = kept;
    }
}

static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/// The window that begins at a place of the sequence.
static bl_window cut(const bl_order *order, size_t first, int64_t first_event) {
    uint64_t bytes = 0, n_events = 0;
    size_t last = first;
    for (; last < order->n_blocks; last++) {
        const bl_block *block = &order->blocks[order->sequence[last]];
        uint64_t more = bytes + block->bytes;
        if (last > first && (more > order->window_bytes || n_events + block->n_events > UINT32_MAX))
            break;
        bytes = more;
        n_events += block->n_events;
    }
    return (bl_window){first, last, first_event, (uint32_t)n_events};
}

void bl_order_begin(bl_order *order, int64_t epoch) {
    order->epoch = epoch;
    for (size_t i = 0; i < order->n_blocks; i++)
        order->sequence[i] = (uint32_t)i;
    if (order->shuffles)
        shuffle_blocks(order);
    order->n_windows = 0;
    bl_window window = {0};
    while (window.last < order->n_blocks) {
        window = cut(order, window.last, window.first_event + window.n_events);
        order->windows[order->n_windows++] = window;
        qsort(&order->sequence[window.first], window.last - window.first, sizeof *order->sequence,
              ascending);
    }
}

size_t bl_order_find(const bl_order *order, int64_t event) {
    size_t low = 0, high = order->n_windows;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (order->windows[middle].first_event + order->windows[middle].n_events > event)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void bl_order_window(const bl_order *order, size_t window, bl_place *ret_places) {
    const bl_window *w = &order->windows[window];
    size_t n = 0;
    for (size_t i = w->first; i < w->last; i++)
        for (uint32_t event = 0; event < order->blocks[order->sequence[i]].n_events; event++)
            ret_places[n++] = (bl_place){(uint32_t)(i - w->first), event};
    if (!order->shuffles)
        return;
    bl_random random;
    bl_random_init(&random, order->seed, STREAM_EVENTS, (uint64_t)order->epoch << 32 | window);
    for (; n > 1; n--) {
        bl_place *other = &ret_places[below(&random, (uint32_t)n)];
        bl_place kept = ret_places[n - 1];
        ret_places[n - 1] = *other;
        *other = kept;
    }
}
