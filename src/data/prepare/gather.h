// SPDX-License-Identifier: Apache-2.0
/// \file
/// The second pass of preparation: what the spool holds becomes shards, bucket by bucket.
#ifndef BL_DATA_PREPARE_GATHER_H
#define BL_DATA_PREPARE_GATHER_H

#include "data/prepare/prepare.h"
#include "data/prepare/shard.h"
#include "data/prepare/weighing.h"

/// What is gathered of a pass over the data.
typedef struct bl_gather_pass {
    size_t n_sources, sources_capacity;
    bl_source_file *sources; ///< [n_sources] of the arena; copies behind the others
    size_t *parts;           ///< [n_codes] of what is prepared
} bl_gather_pass;

typedef struct bl_gather {
    bl_arena *arena;
    const bl_spool *spool;
    const bl_prepare_options *options;
    bl_prepared *prepared;
    bl_spool_statistics all; ///< of the first pass
    bl_weighing weighing;
    uint64_t bucket_bytes;
    bl_gather_pass *passes;      ///< [n_passes of the spool]
    bl_weighing_columns columns; ///< of a bucket
    size_t label, physics, train, key;
    bl_shard_form form;       ///< of shards
    bl_shard_form spool_form; ///< of copies
} bl_gather;

// gather.c
/// Lists the files of all passes, and finds columns. \param gather zeroed but for arena, spool,
/// options and prepared \return BL_OK, BL_E_NOMEM
bl_status bl_gather_init(bl_gather *gather, bl_error *err);
/// Makes the shards that are missing, and after each bucket writes what is prepared.
bl_status bl_gather_run(bl_gather *gather, bl_error *err);
/// Closes the files of all passes.
void bl_gather_release(bl_gather *gather);

// fingerprint.c
/// Of all that shards depend on. \param ret_text in the arena \return BL_OK, BL_E_NOMEM
bl_status bl_gather_fingerprint(bl_arena *arena, const bl_spool *spool,
                                const bl_prepare_options *options, const char **ret_text,
                                bl_error *err);

// describe.c
/// What is prepared, before it has shards: \p prepared gets its names, its parts, and what was
/// counted. \param gather with `all`
bl_status bl_gather_describe(bl_gather *gather, bl_error *err);
/// Finds the parts of all passes.
void bl_gather_find_parts(bl_gather *gather);

// copies.c
/// Lists the files of copies that there are in the spool. \return BL_OK, BL_E_IO, BL_E_NOMEM
bl_status bl_copies_find(bl_gather *gather, bl_error *err);
/// Makes files of rows of the first pass that are taken more than once, in the order of the keys
/// that the copies have. Those that are there already are removed first.
/// \return BL_OK, BL_E_CANCELLED, and what reading and outputs return
bl_status bl_copies_make(bl_gather *gather, bl_error *err);
/// Removes them.
void bl_copies_remove(const bl_gather *gather);

#endif
