// SPDX-License-Identifier: Apache-2.0
/// \file
/// A block in memory: its events as a network gets them, in the order in which they lie in the
/// shard.
#ifndef BL_DATA_LOADER_STAGE_H
#define BL_DATA_LOADER_STAGE_H

#include "data/loader/shards.h"

/// What an event has beside inputs: together, because they are fetched in random order.
typedef struct bl_event_head {
    double physics; ///< weight_physics
    int64_t entry;
    float weight; ///< weight_train
    int32_t file;
    int32_t label;   ///< the class; of numbers 0
    uint32_t is_bad; ///< 1: a number of the event is not finite
} bl_event_head;

typedef struct bl_staged_input {
    float *data;       ///< rows [width]
    uint32_t *offsets; ///< [n_events + 1] of a sequence; NULL: a vector
} bl_staged_input;

/// Zeroed memory is one without events.
typedef struct bl_staged {
    uint8_t *memory; ///< of all arrays; owns
    size_t capacity;
    uint32_t n_events;
    bl_event_head *heads; ///< [n_events]
    float *targets;       ///< [n_events × n_classes] where labels are numbers, else NULL
    bl_staged_input *inputs;
} bl_staged;

typedef struct bl_stager {
    bl_context *context; ///< of the memory
    bl_shards *shards;
    double *wide; ///< [wide_rows × widest]: numbers that are transformed as doubles; owns
    size_t wide_rows;
    _Atomic(uint64_t) bytes; ///< of columns, read so far
} bl_stager;

/// \param stager has context and shards \return BL_OK, BL_E_NOMEM
bl_status bl_stager_init(bl_stager *stager, bl_error *err);
void bl_stager_release(bl_stager *stager);
/// Reads and transforms a block. Memory that is there is used again, where it is enough.
/// \return BL_OK, BL_E_CORRUPT (naming shard and rows), BL_E_LIMIT, BL_E_NOMEM, and what reading
/// returns
bl_status bl_stage(bl_stager *stager, const bl_block *block, bl_staged *staged, bl_error *err);
void bl_staged_release(bl_context *context, bl_staged *staged);

#endif
