// SPDX-License-Identifier: Apache-2.0
// The thread. Things are made and given in one order, so that two numbers say what is where: thing
// n is in place n modulo 2, and is made once thing n − 2 was given back.
#include "data/loader/ahead.h"

#include "base/clock.h"
#include "base/thread.h"

static size_t n_returned(const bl_ahead *ahead) { return ahead->n_given - ahead->holds; }

static bool has_room(const bl_ahead *ahead) {
    return ahead->n_made - n_returned(ahead) < BL_AHEAD_ROOM;
}

/// Makes one thing with the lock let go.
static bl_status make_one(bl_ahead *ahead, bl_error *error) {
    size_t place = ahead->n_made % BL_AHEAD_ROOM;
    pthread_mutex_unlock(&ahead->lock);
    double start = bl_clock_s();
    bl_status status = ahead->make(ahead->maker, place, &ahead->stops, error);
    double end = bl_clock_s();
    pthread_mutex_lock(&ahead->lock);
    ahead->made_s += end - start;
    return status;
}

/// Makes things until there are no more of them. The lock is held.
static void make_all(bl_ahead *ahead) {
    bl_error error = {0};
    bl_status status = BL_OK;
    while (status == BL_OK) {
        while (!has_room(ahead) && !atomic_load(&ahead->stops))
            pthread_cond_wait(&ahead->changed, &ahead->lock);
        if (atomic_load(&ahead->stops))
            break;
        status = make_one(ahead, &error);
        ahead->n_made += status == BL_OK;
        pthread_cond_signal(&ahead->changed);
    }
    ahead->status = status == BL_OK ? BL_END : status;
    ahead->error = error;
    ahead->is_running = false;
    pthread_cond_signal(&ahead->changed);
}

static void *thread_main(void *argument) {
    bl_ahead *ahead = (bl_ahead *)argument;
    pthread_mutex_lock(&ahead->lock);
    while (!ahead->is_over) {
        if (ahead->is_running)
            make_all(ahead);
        else
            pthread_cond_wait(&ahead->changed, &ahead->lock);
    }
    pthread_mutex_unlock(&ahead->lock);
    return NULL;
}

bl_status bl_ahead_start(bl_ahead *ahead, bl_ahead_fn make, void *maker, bl_error *err) {
    *ahead = (bl_ahead){.make = make, .maker = maker, .status = BL_END};
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->changed, NULL);
    int failure = bl_thread_start(&ahead->thread, thread_main, ahead);
    if (!failure)
        return BL_OK;
    pthread_cond_destroy(&ahead->changed);
    pthread_mutex_destroy(&ahead->lock);
    (void)bl_error_errno(err, failure, "starting a thread");
    return bl_error_in(err, BL_E_IO, "reading ahead");
}

void bl_ahead_end(bl_ahead *ahead) {
    bl_ahead_stop(ahead);
    pthread_mutex_lock(&ahead->lock);
    ahead->is_over = true;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    pthread_join(ahead->thread, NULL);
    pthread_cond_destroy(&ahead->changed);
    pthread_mutex_destroy(&ahead->lock);
}

void bl_ahead_stop(bl_ahead *ahead) {
    pthread_mutex_lock(&ahead->lock);
    atomic_store(&ahead->stops, true);
    pthread_cond_signal(&ahead->changed);
    while (ahead->is_running)
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    pthread_mutex_unlock(&ahead->lock);
}

void bl_ahead_begin(bl_ahead *ahead) {
    pthread_mutex_lock(&ahead->lock);
    atomic_store(&ahead->stops, false);
    ahead->n_made = ahead->n_given = 0;
    ahead->holds = false;
    ahead->is_running = true;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
}

bl_status bl_ahead_next(bl_ahead *ahead, size_t *ret_place, bl_error *err) {
    double start = bl_clock_s();
    pthread_mutex_lock(&ahead->lock);
    ahead->holds = false;
    pthread_cond_signal(&ahead->changed);
    while (ahead->n_made == ahead->n_given && ahead->is_running)
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    bl_status status = ahead->n_made > ahead->n_given ? BL_OK : ahead->status;
    if (status == BL_OK) {
        *ret_place = ahead->n_given++ % BL_AHEAD_ROOM;
        ahead->holds = true;
    } else if (err && status != BL_END) {
        *err = ahead->error;
    }
    ahead->waited_s += bl_clock_s() - start;
    pthread_mutex_unlock(&ahead->lock);
    return status;
}

void bl_ahead_get_times(bl_ahead *ahead, double *ret_made_s, double *ret_waited_s) {
    pthread_mutex_lock(&ahead->lock);
    *ret_made_s = ahead->made_s;
    *ret_waited_s = ahead->waited_s;
    pthread_mutex_unlock(&ahead->lock);
}
