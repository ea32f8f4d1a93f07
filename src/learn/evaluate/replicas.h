// SPDX-License-Identifier: Apache-2.0
/// \file
/// Poisson bootstrap: replicas of the events, in each of which every event counts as often as a
/// Poisson variable of mean 1 says. How often is a function of the seed, the event's number and the
/// replica's alone.
#ifndef BL_LEARN_EVALUATE_REPLICAS_H
#define BL_LEARN_EVALUATE_REPLICAS_H

#include "learn/evaluate/ranking.h"

typedef struct bl_replicas {
    uint64_t seed;
    const uint64_t *keys; ///< [events that were ranked] numbers of events; NULL: their places
    size_t n;             ///< replicas
    size_t n_cuts;
    const uint32_t *cuts; ///< [n_cuts] descending: so many groups of the ranking are not selected
    double *areas;        ///< [n] out: NaN where a sort has no weight in the replica
    double *signal, *background; ///< [n × n_cuts] out: efficiencies of each cut
} bl_replicas;

/// Runs replicas on all threads, with the same bits for any number of them.
/// \return BL_OK, BL_E_CANCELLED, BL_E_NOMEM
bl_status bl_replicas_run(bl_context *context, const bl_ranking *ranking,
                          const bl_replicas *replicas, bl_error *err);

#endif
