// SPDX-License-Identifier: Apache-2.0
/// \file
/// Planning: what layers ask for while a network is made.
#ifndef BL_NN_LAYERS_PLAN_H
#define BL_NN_LAYERS_PLAN_H

#include "nn/layers/layer.h"

/// Memory that a step asked for: so many floats (of 4 bytes; also for uint32_t) for each row, for
/// each event, and once, aligned to 64 bytes.
typedef struct bl_nn_slot {
    size_t rows; ///< number of a bl_nn_rows whose rows count
    size_t per_row, per_event, once;
    bool only_trains; ///< not there where nothing is trained
} bl_nn_slot;

/// Rows that steps make: at most so many an event.
typedef struct bl_nn_rows_plan {
    size_t steps;
    bool has_index;
} bl_nn_rows_plan;

#define BL_NN_LIST(type) \
    struct {             \
        size_t n, room;  \
        type *items;     \
    }

/// Floats of all parameters at most: 1 GiB.
#define BL_NN_MOST_PARAMETERS ((size_t)1 << 28)
/// Rows of an event at most: uint32_t counts those of a shard.
#define BL_NN_MOST_STEPS ((size_t)1 << 24)
/// Numbers of a value for an event at most: those of a shard, and sums of them, do not overflow.
#define BL_NN_MOST_NUMBERS ((size_t)1 << 32)

struct bl_nn_plan {
    bl_arena *arena;
    BL_NN_LIST(bl_nn_value) values;
    BL_NN_LIST(bl_nn_parameter) parameters;
    BL_NN_LIST(bl_nn_weights) weights;
    BL_NN_LIST(bl_nn_slot) slots;
    BL_NN_LIST(bl_nn_rows_plan) rows; ///< the first: one row an event
    size_t n_floats;                  ///< of all parameters, with gaps
    bl_status status;                 ///< of what was asked for: BL_E_NOMEM, BL_E_LIMIT
};

/// The shape of an input.
static inline bl_nn_shape bl_nn_plan_input(const bl_nn_plan *plan, const bl_nn_step *step,
                                           size_t i) {
    return plan->values.items[step->inputs[i]].shape;
}

/// A value, for the output of a step. \return its number
size_t bl_nn_plan_value(bl_nn_plan *plan);
/// The output is as the first input: the same rows, and mask, with another width.
void bl_nn_plan_rowwise(bl_nn_plan *plan, bl_nn_step *step, size_t width);
/// The output is a vector.
void bl_nn_plan_vector(bl_nn_plan *plan, bl_nn_step *step, size_t width);
/// The output is a sequence of rows that the step makes itself, by bl_nn_plan_rows.
void bl_nn_plan_sequence(bl_nn_plan *plan, bl_nn_step *step, size_t rows, size_t steps,
                         size_t width);
/// Rows of at most so many steps an event. \return their number
size_t bl_nn_plan_rows(bl_nn_plan *plan, size_t steps, bool has_index);

/// A parameter; the first that a step adds is its 0th, and so on.
/// \param sizes [rank] \param name Keras's \param fan_in, fan_out are worked out as Keras does:
/// of [k], [k × n], [taps × k × n]; others set them in what is returned
/// \return until the next is added; NULL: no memory
bl_nn_parameter *bl_nn_plan_parameter(bl_nn_plan *plan, bl_nn_step *step, const char *name,
                                      unsigned rank, const size_t *sizes,
                                      bl_nn_initializer initializer, bl_nn_regularizer penalty);
/// A matrix [k × n] of the step's i-th parameter, from its `first` number, with `stride` floats
/// from row to row: kept packed. \return its number in the step
size_t bl_nn_plan_weights(bl_nn_plan *plan, bl_nn_step *step, size_t i, size_t first, size_t k,
                          size_t n, size_t stride);
/// Memory that is the step's own while a shard runs, forward and backward.
/// \param rows number of a bl_nn_rows, for `per_row` \return its number in the step
size_t bl_nn_plan_slot(bl_nn_plan *plan, bl_nn_step *step, bl_nn_slot slot);

/// BL_E_SHAPE: "layer 'dense' (Dense) takes …, not …"
bl_status bl_nn_plan_error(const bl_nn_step *step, bl_status status, bl_error *err,
                           const char *format, ...) BL_PRINTF(4, 5);
#ifndef BL_NN_PLAN_C
// As in base/error.h: nobody follows calls that failed and yet succeeded.
#define bl_nn_plan_error(step, status, err, ...)                          \
    __extension__({                                                       \
        bl_status plan_status_ = (status);                                \
        (void)bl_nn_plan_error((step), plan_status_, (err), __VA_ARGS__); \
        plan_status_;                                                     \
    })
#endif
/// "[14]", "[801, 19]"
#define BL_NN_SHAPE_TEXT 48
const char *bl_nn_shape_text(bl_nn_shape shape, char text[static BL_NN_SHAPE_TEXT]);

#endif
