// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside the export of C: where values and parameters are in the code, and who writes the code of
/// which layer. The values of one event lie in `s`, a struct; rows of a sequence are counted in
/// n1, n2, …, by the number of their bl_nn_rows.
#ifndef BL_MODEL_CODE_PRIVATE_H
#define BL_MODEL_CODE_PRIVATE_H

#include "base/text.h"
#include "model/code/code.h"

/// Where a value is.
typedef struct bl_place {
    const char *at; ///< an expression for its first number
    size_t stride;
    bool is_padded; ///< up to the stride there are numbers, of no meaning
} bl_place;

typedef struct bl_coder {
    bl_context *context;
    bl_arena arena;
    const bl_nn_network *network;
    const bl_code_options *options;
    bl_text data;     ///< weights
    bl_text members;  ///< of the struct
    bl_text body;     ///< of the function
    bl_place *places; ///< [values]
    size_t n_bytes;   ///< of the struct
    bool is_too_large;
} bl_coder;

typedef void (*bl_code_writer)(bl_coder *c, const bl_nn_step *step);

/// [BL_NN_KIND_N] by id; NULL: cannot be exported
extern const bl_code_writer bl_code_writers[];

void bl_code_input(bl_coder *c, const bl_nn_step *step);
void bl_code_masking(bl_coder *c, const bl_nn_step *step);
/// The rows that count by the mask that a step was given.
void bl_code_own_mask(bl_coder *c, const bl_nn_step *step);
/// Rows that count of an output whose inputs' rows do not all count together.
void bl_code_joined_mask(bl_coder *c, const bl_nn_step *step);
void bl_code_embedding(bl_coder *c, const bl_nn_step *step);
void bl_code_concatenate(bl_coder *c, const bl_nn_step *step);
void bl_code_reshape(bl_coder *c, const bl_nn_step *step);
void bl_code_permute(bl_coder *c, const bl_nn_step *step);
void bl_code_slice(bl_coder *c, const bl_nn_step *step);
void bl_code_reduce(bl_coder *c, const bl_nn_step *step);
void bl_code_convolution(bl_coder *c, const bl_nn_step *step);
void bl_code_pooling(bl_coder *c, const bl_nn_step *step);
void bl_code_recurrent(bl_coder *c, const bl_nn_step *step);
void bl_code_forest(bl_coder *c, const bl_nn_step *step);

// ---- text ----

/// Lines of the function.
#define BL_PUT(c, ...) bl_text_add(&(c)->body, __VA_ARGS__)
/// A text in the coder's arena. \return "" where there is no memory; the failure is kept
const char *bl_code_format(bl_coder *c, const char *format, ...) BL_PRINTF(2, 3);
/// A number as C reads it to the same bits.
const char *bl_code_number(bl_coder *c, float number);
/// The same into a text. \param ret_text "" never
#define BL_CODE_NUMBER_TEXT 32
void bl_code_print_number(float number, char ret_text[static BL_CODE_NUMBER_TEXT]);
/// A name without what is no part of names in C, or, in comments, without what ends one.
const char *bl_code_name(bl_coder *c, const char *name);
const char *bl_code_comment(bl_coder *c, const char *name);

// ---- values and rows ----

/// Columns up to whole vectors.
size_t bl_code_padded(size_t n);
/// The output has a place of its own. \param is_padded whether all of its columns are written
void bl_code_place(bl_coder *c, const bl_nn_step *step, bool is_padded);
/// A member of the struct. \return how it is called
const char *bl_code_member(bl_coder *c, const bl_nn_step *step, const char *type, const char *name,
                           size_t n);
static inline const bl_nn_value *bl_code_value(const bl_coder *c, size_t value) {
    return &c->network->plan.values.items[value];
}
static inline const bl_place *bl_code_in(const bl_coder *c, const bl_nn_step *step, size_t i) {
    return &c->places[step->inputs[i]];
}
static inline size_t bl_code_width(const bl_coder *c, size_t value) {
    return bl_code_value(c, value)->shape.width;
}
/// Begins a loop over the output's rows, with x, or x0, x1, …, and y for a row of each.
void bl_code_open(bl_coder *c, const bl_nn_step *step);
void bl_code_close(bl_coder *c);
/// Columns that loops over rows of the inputs and the output go through.
size_t bl_code_columns(const bl_coder *c, const bl_nn_step *step);
/// The rows of input i that count: how many, and an expression for that with number `i` of them.
typedef struct bl_code_rows {
    size_t number;
    bool has_index;
    const char *row; ///< of "i"
} bl_code_rows;
bl_code_rows bl_code_counting(bl_coder *c, const bl_nn_step *step, size_t i);

// ---- weights and functions ----

/// A matrix of blocks of columns, each padded, as a const array. \param from [k × n_blocks × block]
/// \return how it is called
const char *bl_code_matrix(bl_coder *c, const bl_nn_step *step, const char *name, const float *from,
                           size_t k, size_t n_blocks, size_t block, size_t stride);
/// The step's i-th parameter as such a matrix, once for all that share it. \param first column
const char *bl_code_parameter(bl_coder *c, const bl_nn_step *step, size_t i, size_t k,
                              size_t n_blocks, size_t block, size_t first, size_t stride);
/// A number of the step's i-th parameter.
const float *bl_code_numbers(const bl_coder *c, const bl_nn_step *step, size_t i);
/// y = a(x) for a row. \param n columns to write, at least \param width
void bl_code_activate(bl_coder *c, const bl_nn_activation *a, const char *x, size_t n, size_t width,
                      const char *y);
/// y = start + x·w. \param start NULL: 0
void bl_code_product(bl_coder *c, const char *start, const char *x, size_t k, const char *w,
                     size_t n, const char *y);

// ---- tests ----

/// Appends a test to the source. \return as bl_nn_predict
bl_status bl_code_test(bl_coder *c, bl_text *source, bl_error *err);
/// The functions of parts/test.h that a text names.
void bl_code_add_test_parts(bl_text *to, const bl_text *user);
/// Type and name of each argument of the function, or its name alone.
const char *bl_code_arguments(bl_coder *c, bool has_types);
/// Whether memory for an event is the caller's.
bool bl_code_has_scratch(const bl_coder *c);

#endif
