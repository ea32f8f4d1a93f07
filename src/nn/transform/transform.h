// SPDX-License-Identifier: Apache-2.0
/// \file
/// What was fitted to the training data: how each number of a model's inputs is brought to the
/// scale that the network was trained on. It is kept with the model, so that a client can send
/// physical values.
///
/// A number x becomes y = (curve(x) − offset)·scale, y is cut to [low, high], and where it is NaN
/// (x was, or the curve has no value there) it becomes `missing`. All of it is computed in double
/// and rounded once to float32.
#ifndef BL_NN_TRANSFORM_TRANSFORM_H
#define BL_NN_TRANSFORM_TRANSFORM_H

#include "base/arena.h"
#include "base/document.h"

/// X(NAME, name): x, ln x, ln(1 + x), arsinh x. At most 4 units in the last place from the true
/// values.
#define BL_NN_CURVES(X)   \
    X(IDENTITY, identity) \
    X(LOG, log)           \
    X(LOG1P, log1p)       \
    X(ASINH, asinh)

typedef enum bl_nn_curve {
#define BL_NN_CURVE_ENUM(NAME, name) BL_NN_CURVE_##NAME,
    BL_NN_CURVES(BL_NN_CURVE_ENUM)
#undef BL_NN_CURVE_ENUM
        BL_NN_N_CURVES
} bl_nn_curve;

/// The columns of one input. Plain arrays, which may be changed until it is run.
typedef struct bl_nn_columns {
    const char *input; ///< name of the input
    size_t n;
    const char **names;     ///< [n] NULL: it has none
    bl_nn_curve *curves;    ///< [n]
    double *offset, *scale; ///< [n] finite
    double *low, *high;     ///< [n] low ≤ high; −∞, ∞: not cut
    double *missing;        ///< [n] NaN: stays NaN
} bl_nn_columns;

typedef struct bl_nn_transform {
    size_t n_inputs;
    bl_nn_columns *inputs; ///< [n_inputs] those that have one
} bl_nn_transform;

/// "log"; a static string.
const char *bl_nn_curve_name(bl_nn_curve curve);

/// Columns that change nothing. \param arena holds them \param input borrows
/// \return BL_OK, BL_E_NOMEM
bl_status bl_nn_columns_init(bl_arena *arena, const char *input, size_t n,
                             bl_nn_columns *ret_columns, bl_error *err);
/// The columns of an input; NULL: it is not transformed.
const bl_nn_columns *bl_nn_transform_find(const bl_nn_transform *transform, const char *input);
/// Transforms rows. Allocates nothing.
/// \param x [m × n] \param out [m × n], may be x \param x_stride, out_stride floats from a row to
/// the next
void bl_nn_columns_run(const bl_nn_columns *columns, size_t m, const float *x, size_t x_stride,
                       float *out, size_t out_stride);

/// Reads what bl_nn_transform_write wrote. \param ret_transform lives in the arena
/// \return BL_OK, BL_E_INVALID (naming input and column), BL_E_UNSUPPORTED (a later version),
/// BL_E_NOMEM
bl_status bl_nn_transform_read(bl_arena *arena, const bl_item *document,
                               bl_nn_transform *ret_transform, bl_error *err);
/// Writes JSON that reads back to the same bits: of a column only what is no default.
/// \param ret_text in the arena \return BL_OK, BL_E_INVALID (as above), BL_E_NOMEM
bl_status bl_nn_transform_write(bl_arena *arena, const bl_nn_transform *transform,
                                const char **ret_text, bl_error *err);

#endif
