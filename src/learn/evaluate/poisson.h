// SPDX-License-Identifier: Apache-2.0
/// \file
/// How often events count in replicas of a Poisson bootstrap: a Poisson variable of mean 1, which
/// is a function of the seed, the event's number and the replica's alone. So all that is said of
/// the same events is said of the same replicas.
#ifndef BL_LEARN_EVALUATE_POISSON_H
#define BL_LEARN_EVALUATE_POISSON_H

#include <stddef.h>
#include <stdint.h>

enum {
    BL_POISSON_LANES = 16, ///< replicas that lie beside each other
    BL_POISSON_BLOCK = 64, ///< events whose counts are drawn together
};

/// Where the random numbers of an event begin. \param key the event's number
uint64_t bl_poisson_start(uint64_t seed, uint64_t key);
/// How often events count in replicas chunk·16 to chunk·16 + 15.
/// \param starts [n] of events, at most BL_POISSON_BLOCK
/// \param ret_counts [n] [16]
void bl_poisson_draw(const uint64_t *starts, size_t n, size_t chunk,
                     uint16_t ret_counts[BL_POISSON_BLOCK][BL_POISSON_LANES]);

#endif
