// SPDX-License-Identifier: Apache-2.0
/// \file
/// A thread that makes one thing after the other while the one before is used. There is room for
/// two of them.
#ifndef BL_DATA_LOADER_AHEAD_H
#define BL_DATA_LOADER_AHEAD_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/error.h"

enum { BL_AHEAD_ROOM = 2 };

/// Makes the next thing in place `place`. `stops` may become true, and it may then return at once,
/// whatever it likes. \return BL_OK, BL_END (there is none), or a failure
typedef bl_status (*bl_ahead_fn)(void *maker, size_t place, const atomic_bool *stops,
                                 bl_error *err);

typedef struct bl_ahead {
    bl_ahead_fn make;
    void *maker;
    pthread_t thread;
    atomic_bool stops;
    pthread_mutex_t lock;     ///< of what follows
    pthread_cond_t changed;   ///< for both sides: never do both wait
    size_t n_made, n_given;   ///< since the begin
    bool is_running, is_over; ///< things are being made; the thread is to end
    bool holds;               ///< the caller has the thing that was given last
    bl_status status;         ///< why no more are made: BL_END or a failure
    bl_error error;
    double made_s, waited_s;
} bl_ahead;

/// Starts the thread. \param ahead stays where it is \return BL_OK, BL_E_IO
bl_status bl_ahead_start(bl_ahead *ahead, bl_ahead_fn make, void *maker, bl_error *err);
/// Stops what is being made and waits for the thread.
void bl_ahead_end(bl_ahead *ahead);
/// Stops what is being made and waits until nobody touches the maker.
void bl_ahead_stop(bl_ahead *ahead);
/// Begins to make things anew, after a stop.
void bl_ahead_begin(bl_ahead *ahead);
/// Gives the last thing back and waits for the next. \param ret_place where it is, until the next
/// call \return BL_OK, or what ended the making, after all that was made before it
bl_status bl_ahead_next(bl_ahead *ahead, size_t *ret_place, bl_error *err);
/// Seconds in `make` and in bl_ahead_next, until now.
void bl_ahead_get_times(bl_ahead *ahead, double *ret_made_s, double *ret_waited_s);

#endif
