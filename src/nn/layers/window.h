// SPDX-License-Identifier: Apache-2.0
/// \file
/// Windows that slide over the steps of a sequence: convolution and pooling.
#ifndef BL_NN_LAYERS_WINDOW_H
#define BL_NN_LAYERS_WINDOW_H

#include "nn/layers/rows.h"

typedef struct bl_nn_window {
    size_t taps, stride, dilation;
    bl_nn_window_padding padding;
} bl_nn_window;

/// Steps from the first tap to behind the last.
static inline size_t bl_nn_window_reach(const bl_nn_window *w) {
    return (w->taps - 1) * w->dilation + 1;
}

/// Outputs for n steps.
static inline size_t bl_nn_window_count(const bl_nn_window *w, size_t n) {
    size_t reach = bl_nn_window_reach(w);
    if (w->padding != BL_NN_VALID)
        return (n + w->stride - 1) / w->stride;
    return n < reach ? 0 : (n - reach) / w->stride + 1;
}

/// How far before the first step the first window begins.
static inline size_t bl_nn_window_before(const bl_nn_window *w, size_t n) {
    size_t reach = bl_nn_window_reach(w), count = bl_nn_window_count(w, n);
    if (w->padding == BL_NN_VALID || count == 0)
        return 0;
    if (w->padding == BL_NN_CAUSAL)
        return reach - 1;
    size_t needed = (count - 1) * w->stride + reach;
    return needed > n ? (needed - n) / 2 : 0;
}

/// The step that tap t of window i sees; SIZE_MAX: it is beyond an end. \param n steps
static inline size_t bl_nn_window_step(const bl_nn_window *w, size_t n, size_t i, size_t t) {
    size_t before = bl_nn_window_before(w, n), at = i * w->stride + t * w->dilation;
    return at < before || at - before >= n ? SIZE_MAX : at - before;
}

/// Plans the output's rows. \return BL_OK, BL_E_SHAPE
bl_status bl_nn_plan_windows(bl_nn_plan *plan, bl_nn_step *step, const bl_nn_window *window,
                             size_t width, bl_error *err);
/// The output's rows of this shard.
void bl_nn_find_windows(bl_nn_run *run, const bl_nn_step *step, const bl_nn_window *window);

#endif
