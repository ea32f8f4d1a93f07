// SPDX-License-Identifier: Apache-2.0
/// \file
/// Time that passes.
#ifndef BL_BASE_CLOCK_H
#define BL_BASE_CLOCK_H

#include <time.h>

/// Seconds since some moment; for differences.
static inline double bl_clock_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/// Seconds since 1970: for people, not for differences.
static inline double bl_clock_wall_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif
