// SPDX-License-Identifier: Apache-2.0
/// \file
/// Threads of the library.
#ifndef BL_BASE_THREAD_H
#define BL_BASE_THREAD_H

#include <pthread.h>

/// Starts a thread that leaves all signals to the program's own. \return 0, or an errno
int bl_thread_start(pthread_t *ret_thread, void *(*run)(void *argument), void *argument);

#endif
