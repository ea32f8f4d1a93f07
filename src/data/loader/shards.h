// SPDX-License-Identifier: Apache-2.0
/// \file
/// The shards of some parts, as one row of record batches that are read one by one.
#ifndef BL_DATA_LOADER_SHARDS_H
#define BL_DATA_LOADER_SHARDS_H

#include "column/column.h"
#include "data/loader/order.h"
#include "data/prepared/prepared.h"

/// An input as a batch has it.
typedef struct bl_loader_input {
    const bl_prepared_input *of;
    const bl_nn_columns *columns; ///< NULL: numbers stay as they are
    size_t padded_rows;           ///< that every event has; 0: as many as there are in the shard
} bl_loader_input;

/// Columns of a batch that is read; the inputs come behind them.
enum {
    BL_READ_FILE,
    BL_READ_ENTRY,
    BL_READ_LABEL,
    BL_READ_PHYSICS,
    BL_READ_TRAIN,
    BL_READ_INPUTS,
};

enum { BL_MOST_OPEN_SHARDS = 64 };

typedef struct bl_open_shard {
    struct bl_table *table; ///< NULL: none is open here
    size_t shard;
    size_t *columns; ///< [BL_READ_INPUTS + n_inputs] of the table
} bl_open_shard;

typedef struct bl_shards {
    bl_context *context; ///< of reading; borrows
    const bl_prepared *prepared;
    size_t n_inputs;
    const bl_loader_input *inputs; ///< [n_inputs]; borrows
    bool hashes;                   ///< shards are compared with their hashes
    size_t n, capacity;
    const bl_prepared_shard **shards; ///< [n]; owns the array
    size_t n_blocks, blocks_capacity;
    bl_block *blocks; ///< [n_blocks] in the order of shards; owns
    int64_t n_events;
    uint64_t bytes; ///< that all blocks are expected to take
    /// Shard i has place i % BL_MOST_OPEN_SHARDS: blocks are read in ascending order, so that those
    /// of a few shards are opened once, of many once a window.
    bl_open_shard open[BL_MOST_OPEN_SHARDS];
} bl_shards;

/// Opens each shard of a part, compares it with what prepared.json says, and adds its blocks.
/// \param shards has context, prepared, inputs and hashes; released by the caller also on failure
/// \return BL_OK, BL_E_NOTFOUND, BL_E_CORRUPT, BL_E_LIMIT, BL_E_NOMEM, and what reading returns
bl_status bl_shards_add(bl_shards *shards, const bl_prepared_part *part, bl_error *err);
void bl_shards_release(bl_shards *shards);
/// Reads a block: columns as BL_READ_… says, without nulls. \param ret_batch the caller holds it
bl_status bl_shards_read(bl_shards *shards, const bl_block *block, bl_batch **ret_batch,
                         bl_error *err);
/// Puts the shard's path and the block's rows before a message.
bl_status bl_shards_error(const bl_shards *shards, const bl_block *block, bl_status status,
                          bl_error *err);

#endif
