// SPDX-License-Identifier: Apache-2.0
/// \file
/// Batches of prepared events for training: shards are read, transformed and shuffled by a thread
/// of its own while others compute.
///
/// The order of an epoch is a function of the seed, its number, the shards and the size of a
/// window: blocks of rows in a random order, so many of them at a time that they fill a window of
/// memory, in which events are in a random order. Shards are in random order to begin with, so that
/// an event is as likely to come at one place as at any other.
///
/// The thread reads with a context of its own, which has no other threads: it takes none from those
/// that compute. Its memory is the caller's context's.
#ifndef BL_DATA_LOADER_LOADER_H
#define BL_DATA_LOADER_LOADER_H

#include "data/prepared/prepared.h"

/// Zero is the default of all but what is said to be needed.
typedef struct bl_loader_options {
    const char *const *parts; ///< [n_parts] names; needed
    size_t n_parts;
    const bl_nn_transform *transform; ///< NULL: numbers as they are
    const char *const *inputs;        ///< [n_inputs] names, in the order of the batch; NULL: all
    size_t n_inputs;
    size_t batch_events; ///< needed; the last of an epoch may have fewer
    bool shuffles;       ///< else events come in the order of shards
    uint64_t seed;
    /// Of float32 inputs of events that are shuffled together; 0: 64 MiB. Three times as much is
    /// in memory, and what else events have.
    uint64_t window_bytes;
    /// Transformed events are kept in memory for later epochs, until they take half of the memory
    /// budget: the rest is read again in each. Those that fit one window stay in any case. The
    /// order and the numbers are the same.
    bool keeps;
    bool hashes; ///< shards are compared with their hashes, too, which reads all of them once
} bl_loader_options;

/// An input of a batch: as bl_nn_feed has it.
typedef struct bl_loaded_input {
    const float *data;      ///< rows [width], one behind the other
    const int64_t *offsets; ///< [n_events + 1] of a sequence; NULL: a vector
} bl_loaded_input;

/// Events in training's terms. Borrows until the next call.
typedef struct bl_loaded {
    size_t n_events;
    const bl_loaded_input *inputs; ///< [n_inputs]
    const float *targets;          ///< [n_events × n_classes] one-hot, or numbers
    const float *weights;          ///< [n_events] weight_train
    const double *physics;         ///< [n_events] weight_physics
    const int32_t *files;          ///< [n_events] of the prepared set's files
    const int64_t *entries;        ///< [n_events]
    bool has_bad;                  ///< one of `bad` is 1
    const uint8_t *bad; ///< [n_events] 1: an input, target or weight is not finite, transformed
} bl_loaded;

/// Since the loader was opened.
typedef struct bl_loader_times {
    double waited_s; ///< that bl_loader_next waited for events
    double read_s;   ///< that the thread read, transformed and shuffled
    uint64_t bytes;  ///< of columns, read
} bl_loader_times;

typedef struct bl_loader bl_loader;

/// Opens every shard once, and starts the thread.
/// \param context, prepared, and the transform borrow until it is closed
/// \return BL_OK, BL_E_INVALID (no batch_events), BL_E_NOTFOUND (part or input, with the nearest
/// names; a shard), BL_E_CORRUPT (a shard is not as it was written), BL_E_SHAPE (the transform is
/// of other inputs), BL_E_LIMIT (the memory budget has no room for windows), BL_E_IO, BL_E_NOMEM
bl_status bl_loader_open(bl_context *context, const bl_prepared *prepared,
                         const bl_loader_options *options, bl_loader **ret_loader, bl_error *err);
void bl_loader_close(bl_loader *loader);
BL_DEFINE_AUTO(bl_loader, bl_loader_close);
/// Events and batches of an epoch.
int64_t bl_loader_n_events(const bl_loader *loader);
int64_t bl_loader_n_batches(const bl_loader *loader);
/// Begins an epoch at one of its batches: windows before it are not read. An epoch that was not
/// over is left. To be called before the first bl_loader_next. \return BL_OK, BL_E_RANGE (fewer
/// batches)
bl_status bl_loader_begin(bl_loader *loader, int64_t epoch, int64_t first_batch, bl_error *err);
/// \return BL_OK, BL_END, BL_E_CANCELLED, and what reading returns, naming shard and rows, after
/// all batches before it
bl_status bl_loader_next(bl_loader *loader, bl_loaded *ret_batch, bl_error *err);
void bl_loader_get_times(bl_loader *loader, bl_loader_times *ret_times);

#endif
