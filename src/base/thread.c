// SPDX-License-Identifier: Apache-2.0
#include "base/thread.h"

#include <signal.h>

int bl_thread_start(pthread_t *ret_thread, void *(*run)(void *argument), void *argument) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(ret_thread, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}
