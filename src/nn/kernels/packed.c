// SPDX-License-Identifier: Apache-2.0
// Packed matrices. Kernels differ in how wide a panel is, and in nothing else that matters here.
#include "nn/kernels/packed.h"

bl_status bl_nn_packed_init(bl_context *context, const bl_nn_kernels *kernels, size_t k, size_t n,
                            bl_nn_packed *ret_packed, bl_error *err) {
    size_t width, n_floats, n_bytes;
    if (__builtin_add_overflow(n, kernels->n_lanes - 1, &width) ||
        __builtin_mul_overflow(width - width % kernels->n_lanes, k, &n_floats) ||
        __builtin_mul_overflow(n_floats, sizeof(float), &n_bytes))
        return bl_error_set(err, BL_E_NOMEM, "a matrix of %zu × %zu numbers", k, n);
    bl_nn_packed packed = {.kernels = kernels, .k = k, .n = n};
    BL_TRY(bl_buffer_new(context, n_bytes, &packed.memory, err));
    packed.panels = memset(packed.memory->data, 0, n_bytes);
    *ret_packed = packed;
    return BL_OK;
}

void bl_nn_packed_release(bl_nn_packed *packed) {
    bl_buffer_release(packed->memory);
    *packed = (bl_nn_packed){0};
}

bl_nn_packed bl_nn_packed_in(const bl_nn_kernels *kernels, size_t k, size_t n, float *panels) {
    size_t width = (n + kernels->n_lanes - 1) / kernels->n_lanes * kernels->n_lanes;
    memset(panels, 0, k * width * sizeof *panels);
    return (bl_nn_packed){.kernels = kernels, .k = k, .n = n, .panels = panels};
}

/// The columns of a panel.
typedef struct columns {
    size_t n, width; ///< how many there are, and with zeros behind them
    float *panel;
} columns;

static columns columns_at(const bl_nn_packed *packed, size_t first) {
    size_t lanes = packed->kernels->n_lanes, widest = lanes * packed->kernels->n_vectors;
    columns c = {.n = packed->n - first, .panel = packed->panels + first * packed->k};
    c.n = c.n < widest ? c.n : widest;
    c.width = (c.n + lanes - 1) / lanes * lanes;
    return c;
}

void bl_nn_packed_set(bl_nn_packed *packed, const float *b, size_t stride) {
    for (size_t first = 0; first < packed->n;) {
        columns c = columns_at(packed, first);
        for (size_t row = 0; row < packed->k; row++)
            memcpy(c.panel + row * c.width, b + row * stride + first, c.n * sizeof *b);
        first += c.n;
    }
}

void bl_nn_packed_set_transposed(bl_nn_packed *packed, const float *b, size_t stride) {
    for (size_t first = 0; first < packed->n;) {
        columns c = columns_at(packed, first);
        packed->kernels->transpose(b + first * stride, stride, c.n, packed->k, c.panel, c.width);
        first += c.n;
    }
}
