// SPDX-License-Identifier: Apache-2.0
/// \file
/// One step in time of m rows of a recurrent layer with sigmoid gates and tanh, and back through
/// it: what lies between the products, in one pass. A row has blocks of `units` numbers, one behind
/// the other.
#ifndef BL_NN_KERNELS_GATES_H
#define BL_NN_KERNELS_GATES_H

#include "nn/kernels/kernels.h"

/// A step forward. States of GRU: h; of LSTM: c.
struct bl_nn_gates {
    size_t m, units;
    /// Of z, r and the candidate of GRU, from the inputs; of i, f, the candidate and o of LSTM.
    const float *arguments;
    size_t argument_stride;
    /// GRU: what comes from the state, three blocks of which the last is q, before the reset gate.
    const float *recurrent;
    size_t recurrent_stride;
    const float *state; ///< before the step
    float *next;        ///< behind it; may be `state`
    float *output;      ///< LSTM: h
    size_t state_stride;
    /// For the way back. GRU: z, r, candidate, q; LSTM: i, f, candidate, o, tanh c. NULL: no way
    /// back. Not `arguments`: loads of whole vectors would wait for stores beside them.
    float *kept;
    size_t kept_stride;
};

/// The same step backward.
struct bl_nn_gates_back {
    size_t m, units;
    const float *kept;
    size_t kept_stride;
    const float *state; ///< before the step
    /// Gradients of arguments. GRU: z, r, q, candidate; LSTM: i, f, candidate, o.
    float *slopes;
    size_t slope_stride;
    float *output_gradient; ///< of h behind the step; GRU: becomes its direct part before it
    float *carry_gradient;  ///< LSTM: of c, behind it, becomes that before it
    size_t state_stride;
};

#endif
