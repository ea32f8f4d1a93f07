// SPDX-License-Identifier: Apache-2.0
/// \file
/// Events that undersampling leaves out, whatever is counted later. They are counted, and their
/// identities stay, so that nothing is different but this: their sequences, which are most of what
/// an event is, are not written, nor read again.
///
/// An event is taken where a number of its key is below the factor of its class, the smallest class
/// over its own. Where no cut stands between files and events, how many a class has is known before
/// any is read: exactly, or, of the training part, to eight times its binomial error.
#ifndef BL_DATA_SPREAD_THIN_H
#define BL_DATA_SPREAD_THIN_H

#include "data/spread/rows.h"

/// Finds out what is known. \return BL_OK, BL_E_NOMEM
bl_status bl_thinning_find(bl_spool *spool, bl_error *err);
/// Whether an event surely has no place in any shard.
bool bl_thinning_leaves_out(const bl_spool *spool, uint64_t key, int32_t code, int32_t label);
/// Whether factors are as was thought. \param factors [n_counted] of sampling
/// \return BL_OK, BL_E_RANGE (parts that are no random ones)
bl_status bl_thinning_check(const bl_spool *spool, const double *factors, bl_error *err);

#endif
