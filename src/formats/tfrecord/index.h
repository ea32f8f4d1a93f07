// SPDX-License-Identifier: Apache-2.0
/// \file
/// One pass over a file when it is opened: where its records lie, and what is in them.
#ifndef BL_FORMATS_TFRECORD_INDEX_H
#define BL_FORMATS_TFRECORD_INDEX_H

#include "formats/tfrecord/input.h"
#include "formats/tfrecord/stats.h"

/// Records that together have this many bytes are a cluster, which a reader takes in at once.
#define BL_TF_CLUSTER_BYTES ((uint64_t)1 << 20)

typedef struct bl_tf_index {
    int64_t n_rows;
    size_t n_clusters, ends_capacity, offsets_capacity;
    int64_t *ends;     ///< [n_clusters] one past the last row of each
    uint64_t *offsets; ///< [n_clusters + 1] where each begins; the last: where the last one ends
} bl_tf_index;

/// Reads the whole file, on all threads, and holds every checksum against its bytes.
/// \param ret_index zeroed by the caller, who releases it also after a failure
/// \param stats initialised; takes what the records hold
/// \return BL_OK, BL_E_CORRUPT (with the record's number and place), BL_E_LIMIT (a record larger
/// than the memory budget has room for), BL_E_IO, BL_E_NOMEM, BL_E_CANCELLED
bl_status bl_tf_index_make(bl_tf_input *input, bl_tf_index *ret_index, bl_tf_stats *stats,
                           bl_error *err);
void bl_tf_index_release(bl_context *context, bl_tf_index *index);
/// The cluster of a row.
size_t bl_tf_index_find(const bl_tf_index *index, int64_t row);
/// Bytes of the file that rows [first, last) take, as far as clusters tell.
uint64_t bl_tf_index_bytes(const bl_tf_index *index, int64_t first, int64_t last);

/// Puts "record N at byte B" in front of a message.
bl_status bl_tf_error_in_record(bl_error *err, bl_status status, int64_t row, uint64_t offset);

#endif
