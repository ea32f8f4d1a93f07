// SPDX-License-Identifier: Apache-2.0
/// \file
/// Scores of the events that a selection took, beside all entries: NaN where it took none.
#ifndef BL_INFER_PREDICT_ALIGNED_H
#define BL_INFER_PREDICT_ALIGNED_H

#include <beamline/context.h>

/// Zero-initialise, set `n_columns`, then release.
typedef struct bl_aligned {
    size_t n_columns;    ///< numbers of an event
    int64_t first, last; ///< entries
    float *values;       ///< [n_columns][last − first] a column behind the other; owns
    size_t capacity;     ///< of `values`
} bl_aligned;

/// Makes room for entries [first, last), all of them NaN. It allocates only where there are more
/// than ever before. \return BL_OK, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_aligned_begin(bl_context *context, bl_aligned *aligned, int64_t first, int64_t last,
                           bl_error *err);
/// Puts events where they belong.
/// \param entries [n] in [first, last) \param values [n × n_columns] event behind event
void bl_aligned_put(bl_aligned *aligned, size_t n, const int64_t *entries, const float *values);
/// Column `i`. [last − first]
const float *bl_aligned_column(const bl_aligned *aligned, size_t i);
void bl_aligned_release(bl_context *context, bl_aligned *aligned);

#endif
