// SPDX-License-Identifier: Apache-2.0
/// \file
/// What the records of a file hold, summed up over all of them: TFRecord has no schema. Sums do not
/// depend on the order of records, so that threads may make parts of them.
#ifndef BL_FORMATS_TFRECORD_STATS_H
#define BL_FORMATS_TFRECORD_STATS_H

#include "formats/tfrecord/walk.h"

/// Of one feature, or one feature list.
typedef struct bl_tf_stat {
    uint64_t n_rows;  ///< records that have it; features without a kind do not count
    uint64_t n_steps; ///< of feature lists
    uint64_t n_values;
    uint64_t n_bytes;             ///< of entries, as stored
    uint64_t n_text_bytes;        ///< in texts
    int64_t first[BL_TF_N_KINDS]; ///< number of the first record of each kind, from 1; 0: none
    bool is_many;                 ///< some record or step has not exactly one value
    bool is_binary;               ///< some text is no UTF-8
} bl_tf_stat;

typedef struct bl_tf_stats {
    bl_tf_walker walker;
    bl_tf_stat *stats; ///< [capacity] by slot
    size_t capacity;
} bl_tf_stats;

void bl_tf_stats_init(bl_tf_stats *stats, bl_context *context);
/// NULL-safe on zeroed ones.
void bl_tf_stats_release(bl_tf_stats *stats);
/// Adds a record. \param row its number in the file, from 0
/// \return BL_OK, BL_E_CORRUPT, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_tf_stats_add(bl_tf_stats *stats, int64_t row, bl_wire record, bl_error *err);
/// Adds what another one found.
bl_status bl_tf_stats_merge(bl_tf_stats *stats, const bl_tf_stats *other, bl_error *err);
/// The kind that all values have; BL_TF_NONE where there are none, BL_TF_N_KINDS where they differ.
bl_tf_kind bl_tf_stat_kind(const bl_tf_stat *stat);

#endif
