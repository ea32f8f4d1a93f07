// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside networks: running parts of them, for whoever trains them.
#ifndef BL_NN_NETWORK_PRIVATE_H
#define BL_NN_NETWORK_PRIVATE_H

#include "nn/network/network.h"

struct bl_nn_workspace {
    const bl_nn_network *network;
    bl_arena arena;
    bl_buffer *memory;
    size_t most_events;
    bool trains;
    bl_nn_run run;
    bl_nn_matrix *own_values;      ///< [values] where a step's output is, unless it says otherwise
    bl_nn_matrix *value_gradients; ///< [values]
    bl_nn_matrix *spare_gradients; ///< [values] for those that several steps take
    bool *has_gradient;            ///< [values] something was written there
    const bl_nn_feed *feeds;       ///< [inputs] of the run
};

/// Begins a run: rows of the inputs. \param first_event as in bl_nn_run
bl_status bl_nn_workspace_begin(bl_nn_workspace *workspace, size_t n_events,
                                const bl_nn_feed *feeds, bl_error *err);
/// What a step sums over the whole batch, of this shard; it runs forward afterwards.
void bl_nn_run_measure(bl_nn_workspace *workspace, const bl_nn_step *step);
/// Steps first … last−1 forward.
bl_status bl_nn_run_forward(bl_nn_workspace *workspace, size_t first, size_t last, bl_error *err);
/// The same backward, from last−1 to first. Gradients of outputs have been written, and what was
/// not is zero.
void bl_nn_run_backward(bl_nn_workspace *workspace, size_t first, size_t last);
/// Where the gradient of an output belongs; begins with nothing written. [n_rows × width]
bl_nn_matrix bl_nn_output_gradient(bl_nn_workspace *workspace, size_t output);
/// Sets `gradient` and `input_gradients` of the run for a step, as its `backward` wants them.
/// \return whether its output has a gradient
bool bl_nn_run_point(bl_nn_workspace *workspace, const bl_nn_step *step);

#endif
