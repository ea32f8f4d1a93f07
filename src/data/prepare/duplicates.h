// SPDX-License-Identifier: Apache-2.0
/// \file
/// Events that are there more than once.
#ifndef BL_DATA_PREPARE_DUPLICATES_H
#define BL_DATA_PREPARE_DUPLICATES_H

#include "data/prepare/bucket.h"

/// Takes rows out of a bucket whose event is there already, or refuses them, as the configuration
/// says: those of the same sample, key and identity. \param first_identity column of the batches
/// where those of the identity begin, then file, entry and sample, as in the spool
/// \param n_dropped counts them \return BL_OK, BL_E_INVALID (naming both files and entries)
bl_status bl_duplicates_drop(const bl_spool *spool, bl_bucket *bucket, size_t first_identity,
                             int64_t *n_dropped, bl_error *err);

#endif
