// SPDX-License-Identifier: Apache-2.0
/// \file
/// Transforms of a spool: one, or of folds one for each, whose model neither trains on fold k, its
/// test, nor on fold k + 1, its validation.
#ifndef BL_DATA_PREPARE_TRANSFORMS_H
#define BL_DATA_PREPARE_TRANSFORMS_H

#include "data/prepare/bucket.h"

/// Fits to the training part, or to all. Quantiles are those of the events with the lowest keys, a
/// random sample: of 100,000 that are fitted to, of sequences fewer where these have 2^18 rows.
/// \param all statistics of all parts \param sources [n] of the first pass \param n_buckets ranges
/// of the key that fit memory, of \p bucket_bytes about \param ret_transforms [*ret_n] in the arena
/// \return BL_OK, BL_E_RANGE (nothing to fit from, naming the variable), and what bl_bucket_read
/// returns
bl_status bl_transforms_fit(bl_arena *arena, const bl_spool *spool, const bl_spool_statistics *all,
                            bl_source_file *sources, size_t n, uint64_t n_buckets,
                            uint64_t bucket_bytes, bl_nn_transform **ret_transforms, size_t *ret_n,
                            bl_error *err);

#endif
