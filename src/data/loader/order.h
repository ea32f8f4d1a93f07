// SPDX-License-Identifier: Apache-2.0
/// \file
/// The order of events in an epoch: a function of seed, epoch and what the shards are, and of
/// nothing else.
#ifndef BL_DATA_LOADER_ORDER_H
#define BL_DATA_LOADER_ORDER_H

#include "base/memory.h"

/// Rows of a shard that are read at once: a record batch.
typedef struct bl_block {
    size_t shard;
    int64_t first; ///< row of the shard
    uint32_t n_events;
    uint64_t bytes; ///< that their float32 inputs are expected to take
} bl_block;

/// Blocks that are in memory together.
typedef struct bl_window {
    size_t first, last;  ///< of `sequence`
    int64_t first_event; ///< of the epoch
    uint32_t n_events;
} bl_window;

/// An event of a window.
typedef struct bl_place {
    uint32_t block; ///< of the window's blocks
    uint32_t event; ///< of the block's
} bl_place;

typedef struct bl_order {
    // what it is a function of
    size_t n_blocks;
    const bl_block *blocks; ///< [n_blocks]; borrows
    uint64_t window_bytes;
    uint64_t seed;
    bool shuffles;
    // an epoch's
    int64_t epoch;
    uint32_t *sequence; ///< [n_blocks] of `blocks`; in a window ascending, as they lie in files
    size_t n_windows;
    bl_window *windows; ///< [n_windows], room for n_blocks
} bl_order;

/// Room for an order of blocks. \param order has the first five members
/// \return BL_OK, BL_E_LIMIT (too many blocks), BL_E_NOMEM
bl_status bl_order_init(bl_context *context, bl_order *order, bl_error *err);
void bl_order_release(bl_context *context, bl_order *order);
/// Orders the blocks of an epoch and cuts them into windows: as many blocks as fit, one at least.
void bl_order_begin(bl_order *order, int64_t epoch);
/// The window that an event of the epoch is in; n_windows behind the last.
size_t bl_order_find(const bl_order *order, int64_t event);
/// The order of a window's events. \param ret_places [n_events]
void bl_order_window(const bl_order *order, size_t window, bl_place *ret_places);

#endif
