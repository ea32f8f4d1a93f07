// SPDX-License-Identifier: Apache-2.0
/// \file
/// Which event one is, whatever file it is in, and what becomes of it.
#ifndef BL_DATA_INPUTS_IDENTITY_H
#define BL_DATA_INPUTS_IDENTITY_H

#include "data/inputs/inputs.h"

/// How events are told apart: by integer columns, else by file and entry.
typedef struct bl_identity {
    size_t n;
    const char **names; ///< [n] columns; none: file and entry
    uint64_t seed, split_seed;
    const char **datasets; ///< [samples of the data set] names that identities begin with
    /// [files of all samples] what they begin with where they are file and entry: the file's UUID,
    /// else its name and size
    const char **files;
} bl_identity;

/// Lists data sets and files; the rest is set already. \param arena holds them
/// \return BL_OK, BL_E_LIMIT (more columns than an identity may have), BL_E_NOMEM
bl_status bl_identity_init(bl_arena *arena, const bl_dataset *dataset, bl_identity *identity,
                           bl_error *err);
/// \param ret_columns [n] in the arena
/// \return BL_OK, BL_E_NOTFOUND, BL_E_TYPE (a column that is no integer), BL_E_NOMEM
bl_status bl_identity_find(bl_arena *arena, const bl_identity *identity,
                           const bl_column_finder *finder, size_t **ret_columns, bl_error *err);

/// Events of a batch, all of one sample.
typedef struct bl_identified {
    const bl_identity *identity;
    const bl_batch *batch;
    const size_t *columns; ///< [n of the identity] of the batch
    size_t sample;         ///< number of it
} bl_identified;

/// \param file among those of all samples \param entry of it
/// \return BL_OK, BL_E_RANGE (a column is null)
bl_status bl_identity_fate(const bl_identified *events, int64_t event, size_t file, int64_t entry,
                           bl_event_fate *ret_fate, bl_error *err);

#endif
