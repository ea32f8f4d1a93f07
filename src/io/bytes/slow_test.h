// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: a slow source around another, as a far server is. It shows whether a reader asks for
/// many ranges at once, and what it does when a read fails.
///
/// The head's n_requests, n_round_trips and n_bytes count as on every source. A reader that asks
/// ahead has max_in_flight of two or more; one that asks for all ranges of a cluster at once has
/// few round trips.
#ifndef BL_IO_BYTES_SLOW_TEST_H
#define BL_IO_BYTES_SLOW_TEST_H

#include <time.h>

#include "io/bytes/transport.h"

typedef struct slow_source {
    bl_source source;
    bl_source *inner;   ///< owns
    uint64_t delay_ns;  ///< from a submission until its bytes are there
    uint64_t waited_ns; ///< time that callers slept in waits
    unsigned in_flight, max_in_flight;
    uint64_t fail_round_trip; ///< set it: the n-th submission from 1 fails in its wait; 0: none
} slow_source;

typedef struct slow_ticket {
    void *inner;
    uint64_t ready_ns; ///< on the monotonic clock
    bool fails;
} slow_ticket;

static inline uint64_t slow_now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static inline bl_status slow_submit(bl_source *source, const bl_read *reads, size_t n_reads,
                                    void **ret_ticket, bl_error *err) {
    slow_source *slow = (slow_source *)source;
    slow_ticket *ticket = (slow_ticket *)bl_alloc_zero(source->context, 1, sizeof *ticket);
    if (!ticket)
        return bl_error_nomem(err, sizeof *ticket, "a ticket");
    bl_status status = bl_source_submit(slow->inner, reads, n_reads, &ticket->inner, err);
    if (status != BL_OK) {
        bl_free(source->context, ticket);
        return status;
    }
    ticket->ready_ns = slow_now_ns() + slow->delay_ns;
    ticket->fails = source->n_round_trips + 1 == slow->fail_round_trip;
    if (++slow->in_flight > slow->max_in_flight)
        slow->max_in_flight = slow->in_flight;
    *ret_ticket = ticket;
    return BL_OK;
}

static inline bl_status slow_wait(bl_source *source, void *ticket_pointer, bl_error *err) {
    slow_source *slow = (slow_source *)source;
    slow_ticket *ticket = (slow_ticket *)ticket_pointer;
    uint64_t now = slow_now_ns();
    if (now < ticket->ready_ns) {
        uint64_t left = ticket->ready_ns - now;
        struct timespec nap = {(time_t)(left / 1000000000U), (long)(left % 1000000000U)};
        (void)nanosleep(&nap, NULL);
        slow->waited_ns += left;
    }
    slow->in_flight--;
    bl_status status = bl_source_wait(slow->inner, ticket->inner, err);
    if (status == BL_OK && ticket->fails)
        status = bl_error_set(err, BL_E_IO, "connection lost");
    bl_free(source->context, ticket);
    return status;
}

static inline void slow_close(bl_source *source) {
    bl_source_close(((slow_source *)source)->inner);
    bl_free(source->context, source);
}

static const bl_source_ops slow_ops = {
    .name = "slow",
    .submit = slow_submit,
    .wait = slow_wait,
    .close = slow_close,
    .gap_bytes = 64u << 10,
    .request_bytes = 8u << 20,
};

/// \param inner moves into the slow source, also on failure \param ret_slow close its `source`
static inline bl_status slow_source_open(bl_source *inner, unsigned delay_ms,
                                         slow_source **ret_slow, bl_error *err) {
    bl_context *context = inner->context;
    bl_status status = BL_E_NOMEM;
    slow_source *slow = (slow_source *)bl_alloc_zero(context, 1, sizeof *slow);
    if (slow)
        status =
            bl_source_init(&slow->source, &slow_ops, context, inner->url, inner->size_bytes, err);
    if (status != BL_OK) {
        bl_free(context, slow);
        bl_source_close(inner);
        return status;
    }
    slow->inner = inner;
    slow->delay_ns = (uint64_t)delay_ms * 1000000U;
    *ret_slow = slow;
    return BL_OK;
}

#endif
