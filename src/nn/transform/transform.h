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

/// X(NAME, name): what is done to a sequence with fewer rows than `length`.
#define BL_NN_FILLS(X)                                         \
    X(NONE, none)         /* fewer stay fewer */               \
    X(CONSTANT, constant) /* rows of `pad` are added behind */ \
    X(WRAP, wrap)         /* its rows are repeated from the first on; none: rows of `pad` */

typedef enum bl_nn_fill {
#define BL_NN_FILL_ENUM(NAME, name) BL_NN_FILL_##NAME,
    BL_NN_FILLS(BL_NN_FILL_ENUM)
#undef BL_NN_FILL_ENUM
        BL_NN_N_FILLS
} bl_nn_fill;

/// X(NAME, name): what rows are ordered by.
#define BL_NN_ORDERS(X)                             \
    X(KEPT, kept)                                   \
    X(COLUMN, column)   /* the value of a column */ \
    X(DELTA_R, delta_r) /* √(Δη² + Δφ²) from the first row, Δφ in [−π, π] */

typedef enum bl_nn_order {
#define BL_NN_ORDER_ENUM(NAME, name) BL_NN_ORDER_##NAME,
    BL_NN_ORDERS(BL_NN_ORDER_ENUM)
#undef BL_NN_ORDER_ENUM
        BL_NN_N_ORDERS
} bl_nn_order;

/// What is done to the rows of an event of a sequence, in this order, before their numbers are
/// looked at: they are ordered (stable; NaN last), cut to `length`, and standardised.
typedef struct bl_nn_arrangement {
    bl_nn_order order;
    bool ascending;     ///< the smallest first, else the largest
    size_t column, phi; ///< of the order: the column, or η and φ
    size_t length;      ///< rows at most, below 2³¹; 0: as many as there are
    bl_nn_fill padding;
    /// Each column (x − mean)/σ over the rows of the event, population σ, 0 taken as 1; rounded to
    /// the type of the numbers. A column with a NaN or an infinity is NaN.
    bool is_per_event;
} bl_nn_arrangement;

/// The columns of one input. Plain arrays, which may be changed until it is run.
typedef struct bl_nn_columns {
    const char *input; ///< name of the input
    size_t n;
    const char **names;     ///< [n] NULL: it has none
    bl_nn_curve *curves;    ///< [n]
    double *offset, *scale; ///< [n] finite
    double *low, *high;     ///< [n] low ≤ high; −∞, ∞: not cut
    double *missing;        ///< [n] NaN: stays NaN
    double *pad;            ///< [n] in rows that are added; finite
    bl_nn_arrangement rows; ///< of a sequence; zeroed: nothing is done
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
/// \param x [m × n] \param out [m × n], may be x, with its stride \param x_stride, out_stride
/// floats from a row to the next
void bl_nn_columns_run(const bl_nn_columns *columns, size_t m, const float *x, size_t x_stride,
                       float *out, size_t out_stride);
/// The same of doubles, without rounding.
void bl_nn_columns_run_double(const bl_nn_columns *columns, size_t m, const double *x,
                              size_t x_stride, double *out, size_t out_stride);

/// What is done to rows, for people: "ordered", else "cut", else "standardised in each event";
/// NULL: nothing.
const char *bl_nn_arrangement_name(const bl_nn_arrangement *rows);
/// Whether something is done to rows: else bl_nn_columns_run is all there is.
bool bl_nn_columns_arranges(const bl_nn_columns *columns);
/// Rows that an event of `n_rows` has when they are arranged, without those that are added.
size_t bl_nn_columns_n_kept(const bl_nn_columns *columns, size_t n_rows);
/// Room to arrange an event of so many rows, bytes. Where they are cut, it does not grow past
/// 2·length rows.
size_t bl_nn_columns_scratch_bytes(const bl_nn_columns *columns, size_t most_rows);
/// Arranges one event: its rows as bl_nn_columns_run takes them, without those that are added.
/// Allocates nothing.
/// \param scratch [bl_nn_columns_scratch_bytes] aligned for doubles \param x [n_rows × n]
/// \param out [bl_nn_columns_n_kept × n], not x \param is_double of x and out; else they are floats
void bl_nn_columns_arrange(const bl_nn_columns *columns, void *scratch, size_t n_rows,
                           const void *x, size_t x_stride, bool is_double, void *out);
/// Adds the rows that are missing up to `length`, after bl_nn_columns_run. Without padding nothing.
/// \param rows [length × n], of which there are n_rows \return rows that there are now
size_t bl_nn_columns_pad(const bl_nn_columns *columns, size_t n_rows, float *rows);

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
