// SPDX-License-Identifier: Apache-2.0
/// \file
/// What is counted of rows while they are spread.
#ifndef BL_DATA_SPREAD_STATISTICS_H
#define BL_DATA_SPREAD_STATISTICS_H

#include "data/spread/rows.h"

/// A row of the spool.
typedef struct bl_spool_row {
    uint64_t key;
    const bl_batch *batch; ///< borrows
    int64_t at;            ///< row of it
} bl_spool_row;

/// Adds rows, those of one file at a time. The same rows in the same order give the same bits.
/// \param is_first_pass else only counts and lengths are taken
/// \return BL_OK, BL_E_NOMEM, BL_E_CANCELLED
bl_status bl_spool_statistics_add(const bl_spool *spool, const bl_spool_row *rows, size_t n,
                                  bool is_first_pass, bl_spool_statistics *statistics,
                                  bl_error *err);
/// Adds the events of negative weights to the others as the configuration says.
void bl_spool_statistics_settle(const bl_spool *spool, bl_spool_statistics *statistics);

#endif
