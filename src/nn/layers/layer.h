// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a kind of layer does: `plan` once, when a network is made, then `forward` and `backward`
/// for each shard of a batch. A layer knows nothing of threads, losses or optimisers; all memory is
/// asked for when it is planned.
///
/// Values are rows: one for each event of a vector, many of a sequence, one event behind the other.
/// Which, says bl_nn_rows. Where padding is left out, only rows that count are there, so that every
/// layer runs on as many rows as there are and asks for no mask. Where it must be there (a later
/// layer sees it), all rows are there, and a value may have a mask: a bl_nn_rows with an index,
/// which layers that know masks go by.
#ifndef BL_NN_LAYERS_LAYER_H
#define BL_NN_LAYERS_LAYER_H

#include "base/random.h"
#include "nn/graph/graph.h"
#include "nn/kernels/packed.h"

enum { BL_NN_SHARD_EVENTS = BL_NN_SHARD }; ///< most events of a shard

/// The shape of a value for one event.
typedef struct bl_nn_shape {
    size_t steps; ///< most rows of a sequence; 0: a vector
    size_t width;
} bl_nn_shape;

/// Rows of a shard.
typedef struct bl_nn_rows {
    size_t n;          ///< rows
    uint32_t *offsets; ///< [n_events + 1] event e has rows (or items of the index) from offsets[e]
    uint32_t *index;   ///< [n] of a mask: the rows that count, ascending; NULL: all are
} bl_nn_rows;

/// Rows of numbers.
typedef struct bl_nn_matrix {
    float *data; ///< NULL: nobody wants it
    size_t stride;
} bl_nn_matrix;

/// What an input of a network gets for some events.
typedef struct bl_nn_feed {
    const float *data; ///< rows [width]
    size_t stride;     ///< 0: the width
    /// [n_events + 1] rows of event e begin at row offsets[e]; NULL: all have as many steps as the
    /// input. Where the input is not ragged, zeros stand for those that an event lacks.
    const int64_t *offsets;
} bl_nn_feed;

/// A value as it was planned. Value 0 … n are the outputs of steps 0 … n.
typedef struct bl_nn_value {
    bl_nn_shape shape;
    size_t rows; ///< number of its bl_nn_rows; 0: one row an event
    size_t mask; ///< number of a bl_nn_rows with an index; BL_NN_NONE: all rows count
    size_t stride;
    bool has_gradient; ///< something that is trained is before it
    bool is_gated;     ///< of a Dense with ReLU, and only for a Dense, which writes the gradient
                       ///< before the ReLU at once
} bl_nn_value;

/// An array that is trained, or a statistic that is stored with the others.
typedef struct bl_nn_parameter {
    const char *layer, *name; ///< "gru", "recurrent_kernel": Keras's names
    unsigned rank;
    size_t sizes[4];
    size_t n;               ///< floats
    size_t offset;          ///< in the block of all, a multiple of 16
    bool is_fixed;          ///< not trained: a statistic, or of a frozen layer
    size_t fan_in, fan_out; ///< as Keras has them for its shape
    bl_nn_initializer initializer;
    size_t first_one, n_ones; ///< numbers that begin at 1, whatever the initializer says
    bl_nn_regularizer penalty;
} bl_nn_parameter;

/// A matrix among the parameters that is the right side of products: kept packed.
typedef struct bl_nn_weights {
    size_t offset; ///< of its first number, in the block of all
    size_t k, n, stride;
    bl_nn_packed forward;  ///< [k × n]
    bl_nn_packed backward; ///< [n × k], its transpose; only where networks are trained
} bl_nn_weights;

typedef struct bl_nn_layer bl_nn_layer;

/// A node as it is run.
typedef struct bl_nn_step {
    const bl_nn_layer *layer;
    const char *name;
    const void *options; ///< of the node, or of the layer inside it
    bl_nn_kind_id kind;  ///< of the same
    size_t n_inputs;
    const size_t *inputs; ///< [n_inputs] numbers of values
    size_t mask;          ///< the value that says which steps count; BL_NN_NONE: none was given
    size_t output;        ///< number of a value
    size_t number;        ///< different for each; of streams of random numbers
    size_t first_parameter, n_parameters;
    size_t first_weights; ///< those of its matrices are numbered from here
    size_t first_slot;    ///< its memory is numbered from here; of an input: its feed
    size_t first_rows;    ///< rows that it makes itself are numbered from here
    size_t own_mask;      ///< BL_NN_NONE, or the rows with an index made from `mask`
    size_t n_sums;        ///< over the whole batch, of a layer that measures
    bool adds;            ///< gradients of its parameters are added to what is there, not written
    bool is_joined; ///< its activation belongs to the loss: not applied, nor gone back through,
                    ///< while training
    bool is_frozen; ///< it is not trained, and keeps its statistics
    bool packs;     ///< Masking, Embedding, Input: rows that do not count are left out
    bool flips;     ///< a recurrent layer that goes backwards in Bidirectional: its sequence is in
                    ///< the order of the inputs, not in that in which it was made
    void *state;    ///< whatever the layer worked out while planning, in the network's arena
} bl_nn_step;

/// What a shard's run works with.
typedef struct bl_nn_run {
    const bl_nn_kernels *kernels;
    const float *parameters; ///< the block of all
    float *gradients;        ///< a block of the same layout
    const bl_nn_weights *weights;
    const bl_nn_parameter *parameter_list;
    const bl_nn_value *value_list;
    size_t n_events;
    const bl_nn_feed *feeds; ///< [inputs]
    bool trains; ///< dropout drops, statistics are the batch's, and `backward` will follow
    uint64_t seed;
    uint64_t first_event;  ///< number of the shard's first event among all that were trained on
    bl_nn_rows *rows;      ///< by number
    bl_nn_matrix *values;  ///< by number; a layer may let its output be its input
    bl_nn_matrix gradient; ///< of the output, which the step that runs backward may overwrite
    bl_nn_matrix
        *input_gradients; ///< [n_inputs] to be written, rows as the input's; data NULL: not
    void **slots;         ///< by number: memory that steps asked for
    const double *sums;   ///< [n_sums] of the whole batch: of layers that ask for them
    double *shard_sums;   ///< [n_sums] for `measure` and `measure_back` to write
} bl_nn_run;

typedef struct bl_nn_plan bl_nn_plan;

struct bl_nn_layer {
    /// Checks shapes and options; says the output's shape, and what it needs, by nn/layers/plan.h.
    /// \return BL_OK, BL_E_SHAPE, BL_E_INVALID, BL_E_UNSUPPORTED, BL_E_NOMEM
    bl_status (*plan)(bl_nn_plan *plan, bl_nn_step *step, bl_error *err);
    /// Writes the output's rows, and the rows that the layer makes itself.
    /// \return BL_OK, BL_E_INVALID (an input's numbers are none for it)
    bl_status (*forward)(bl_nn_run *run, const bl_nn_step *step, bl_error *err);
    /// Writes gradients of the inputs that are wanted, and of its parameters.
    void (*backward)(bl_nn_run *run, const bl_nn_step *step);
    /// Statistics of a whole batch, summed over its shards in their order, before `forward` and
    /// before `backward`. NULL: the layer needs none. They run only while training.
    void (*measure)(bl_nn_run *run, const bl_nn_step *step);
    void (*measure_back)(bl_nn_run *run, const bl_nn_step *step);
    /// After a batch: moves statistics among the parameters. \param parameters the block of all
    void (*settle)(const bl_nn_run *run, const bl_nn_step *step, float *parameters);
};

/// [BL_NN_KIND_N] by id; those that are taken apart before (Bidirectional, …) are NULL
extern const bl_nn_layer *const bl_nn_layers[];

/// Whether the step wants sums over the whole batch, while training.
static inline bool bl_nn_measures(const bl_nn_step *step) {
    return step->layer->measure && !step->is_frozen;
}

static inline const float *bl_nn_parameter_at(const bl_nn_run *run, const bl_nn_step *step,
                                              size_t i) {
    return run->parameters + run->parameter_list[step->first_parameter + i].offset;
}
static inline float *bl_nn_gradient_at(const bl_nn_run *run, const bl_nn_step *step, size_t i) {
    return run->gradients + run->parameter_list[step->first_parameter + i].offset;
}
/// The i-th memory that the step asked for.
static inline float *bl_nn_slot_at(const bl_nn_run *run, const bl_nn_step *step, size_t i) {
    return run->slots[step->first_slot + i];
}
/// The same as whole numbers.
static inline uint32_t *bl_nn_numbers_at(const bl_nn_run *run, const bl_nn_step *step, size_t i) {
    return run->slots[step->first_slot + i];
}
static inline const bl_nn_weights *bl_nn_weights_at(const bl_nn_run *run, const bl_nn_step *step,
                                                    size_t i) {
    return &run->weights[step->first_weights + i];
}
static inline size_t bl_nn_width(const bl_nn_run *run, size_t value) {
    return run->value_list[value].shape.width;
}
/// Rows of a value in this shard.
static inline size_t bl_nn_n_rows(const bl_nn_run *run, size_t value) {
    size_t rows = run->value_list[value].rows;
    return rows ? run->rows[rows].n : run->n_events;
}

/// The rows that count of the step's i-th input, a sequence: by the mask that the step was given,
/// or the input's own, or all.
static inline const bl_nn_rows *bl_nn_rows_that_count(const bl_nn_run *run, const bl_nn_step *step,
                                                      size_t i) {
    const bl_nn_value *value = &run->value_list[step->inputs[i]];
    if (i == 0 && step->own_mask != BL_NN_NONE)
        return &run->rows[step->own_mask];
    return &run->rows[value->mask != BL_NN_NONE ? value->mask : value->rows];
}

#endif
