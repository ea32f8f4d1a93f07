// SPDX-License-Identifier: Apache-2.0
/// \file
/// A slab: batches one behind the other, each contiguous, in the order in which they are handed
/// out. It begins with what the slab before it had left over for no whole batch.
#ifndef BL_DATA_LOADER_SLAB_H
#define BL_DATA_LOADER_SLAB_H

#include "data/loader/loader.h"
#include "data/loader/stage.h"

typedef struct bl_slab_input {
    size_t width;
    bool is_sequence;
    float *data; ///< [rows × width]
    size_t data_capacity;
    size_t n_rows;
    /// Of a sequence. A batch's offsets begin with 0: there are batch_events + 1 of each.
    int64_t *offsets;
    size_t offsets_capacity;
    size_t *first_rows; ///< of each batch, in `data`
    size_t first_rows_capacity;
} bl_slab_input;

typedef struct bl_slab {
    bl_context *context;
    size_t batch_events, n_classes, n_inputs;
    bool has_numbers;      ///< targets are numbers, not classes
    bl_slab_input *inputs; ///< [n_inputs]; owns
    size_t n_events, capacity;
    float *targets;         ///< [capacity × n_classes]
    float *weights;         ///< [capacity]
    double *physics;        ///< [capacity]
    int32_t *files;         ///< [capacity]
    int64_t *entries;       ///< [capacity]
    uint8_t *bad;           ///< [capacity]
    bl_loaded_input *shown; ///< [n_inputs] of the batch that was shown last
} bl_slab;

/// \param slab has its first members but `inputs` \return BL_OK, BL_E_NOMEM
bl_status bl_slab_init(bl_slab *slab, const bl_loader_input *inputs, bl_error *err);
void bl_slab_release(bl_slab *slab);
/// Begins anew with the events of another that fill no batch. \param before NULL: with none
/// \return BL_OK, BL_E_NOMEM
bl_status bl_slab_begin(bl_slab *slab, const bl_slab *before, bl_error *err);
/// Appends events of staged blocks. \param places [n], none twice \return BL_OK, BL_E_NOMEM
bl_status bl_slab_append(bl_slab *slab, bl_staged *const *blocks, size_t n_blocks,
                         const bl_place *places, size_t n, bl_error *err);
/// Shows a batch of at most batch_events. It borrows until the slab is begun anew or another batch
/// is shown.
void bl_slab_show(bl_slab *slab, size_t batch, bl_loaded *ret_batch);

#endif
