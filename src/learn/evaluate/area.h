// SPDX-License-Identifier: Apache-2.0
/// \file
/// The area under the ROC curve of weighted events, and how well it is known.
///
/// A = Σᵢⱼ wᵢwⱼ(1[sᵢ > sⱼ] + ½·1[sᵢ = sⱼ])/(W₊W₋) over signal i and background j;
/// σ² = Σᵢ(wᵢ/W₊)²(qᵢ − A)² + Σⱼ(wⱼ/W₋)²(pⱼ − A)², where qᵢ and pⱼ are the parts of the other sort,
/// by weight, that are on the right side of i and j. Weights keep their signs.
/// \source E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, Biometrics 44 (1988) 837; with weights
#ifndef BL_LEARN_EVALUATE_AREA_H
#define BL_LEARN_EVALUATE_AREA_H

#include "learn/evaluate/ranking.h"

typedef struct bl_area {
    double area, sigma; ///< NaN where a sort has no events, or weights that add up to 0
    size_t n_signal, n_background;
    double signal, background;           ///< Σ w
    double signal_size, background_size; ///< (Σ w)²/Σ w², the effective numbers of events
} bl_area;

bl_area bl_area_of(const bl_ranking *ranking);

/// Areas of replicas: in each, every event counts as often as a Poisson variable of mean 1 says,
/// which is a function of the seed, the event's number and the replica's. On all threads of the
/// arena's context, with the same bits for any number of them.
/// \param keys [events that were ranked] numbers of events; NULL: their places
/// \param ret_areas [n_replicas]; NaN as above \return BL_OK, BL_E_CANCELLED, BL_E_NOMEM
bl_status bl_area_replicas(bl_arena *arena, const bl_ranking *ranking, uint64_t seed,
                           const uint64_t *keys, size_t n_replicas, double *ret_areas,
                           bl_error *err);

#endif
