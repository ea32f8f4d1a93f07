// SPDX-License-Identifier: Apache-2.0
/// \file
/// Compiled expressions: steps that each compute one value from values before it, block of rows
/// after block. Equal steps are one step, so that what expressions have in common is computed once.
#ifndef BL_EXPR_PROGRAM_H
#define BL_EXPR_PROGRAM_H

#include <beamline/batch.h>

#include "base/arena.h"
#include "expr/value.h"

typedef struct bl_run bl_run;
typedef struct bl_step bl_step;

/// Computes the value of a step for the rows of a run.
typedef bl_status (*bl_step_fn)(bl_run *run, const bl_step *step, bl_error *err);

enum { BL_MOST_INPUTS = 8 };

struct bl_step {
    bl_step_fn run;
    const void *operation; ///< what `run` does in particular: a kernel's table row
    bl_value_type type;
    unsigned n_inputs;
    uint32_t inputs[BL_MOST_INPUTS]; ///< steps before this one
    int64_t integer;                 ///< column, literal, level, …; by `run`
    int64_t integer2;
    double number;
    const char *text;    ///< that it comes from
    uint32_t begin, end; ///< its part of the text
    bool is_needed;      ///< a result needs it; by bl_program_finish
    bool is_read;        ///< of places of combinations: needs more of it than its lists
    uint32_t slot;       ///< of its elements
};

typedef struct bl_program {
    bl_arena *arena;
    size_t n_steps, steps_capacity;
    bl_step *steps;
    size_t table_size; ///< of `table`, a power of 2
    uint32_t *table;   ///< steps by their hash; 0: free, else 1 + step
    size_t n_columns, columns_capacity;
    size_t *columns; ///< [n_columns]: of the source; in this order in every batch
    size_t n_slots;
} bl_program;

/// An empty program, in an arena that outlives it.
void bl_program_init(bl_program *program, bl_arena *arena);

/// Adds a step, or finds the equal one that is there. \return BL_OK, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_program_add(bl_program *program, const bl_step *step, uint32_t *ret_step,
                         bl_error *err);
/// Says which steps the results need, leaves only the columns that those load, and gives them
/// places for their elements, which steps share that are not needed at the same time. No step may
/// be added any more. \param results [n] steps \return BL_OK, BL_E_NOMEM
bl_status bl_program_finish(bl_program *program, const uint32_t *results, size_t n, bl_error *err);
/// The place of a column among those that a batch must have.
bl_status bl_program_column(bl_program *program, size_t column, int64_t *ret_place, bl_error *err);

/// What a step needs room for, besides its elements.
typedef struct bl_store {
    bl_buffer *valid, *offsets[BL_MOST_DEPTH];
} bl_store;

/// One thread's pass over rows of batches.
struct bl_run {
    const bl_program *program;
    bl_context *context;
    const bl_batch *batch;
    int64_t first, n_rows; ///< of the batch
    bl_array *arrays;      ///< [n_steps]
    bl_store *stores;      ///< [n_steps], kept from block to block
    bl_buffer **slots;     ///< [n_slots] of elements, the same
    bl_buffer *scratch;
};

bl_status bl_run_init(bl_run *run, const bl_program *program, bl_context *context, bl_error *err);
void bl_run_release(bl_run *run);
/// Computes every step for rows [first, first + n_rows) of a batch, whose columns are the
/// program's. The arrays are good until the next call.
bl_status bl_run_rows(bl_run *run, const bl_batch *batch, int64_t first, int64_t n_rows,
                      bl_error *err);

// For steps.

static inline const bl_array *bl_run_input(const bl_run *run, const bl_step *step, unsigned i) {
    return &run->arrays[step->inputs[i]];
}
static inline size_t bl_run_number(const bl_run *run, const bl_step *step) {
    return (size_t)(step - run->program->steps);
}
/// Makes the array of a step: `n` elements of its kind, lists and mask left out.
bl_status bl_run_new(bl_run *run, const bl_step *step, int64_t n, bl_array **ret_array,
                     void **ret_data, bl_error *err);
/// Room for the array's mask. \param ret_valid [n]
bl_status bl_run_new_valid(bl_run *run, const bl_step *step, uint8_t **ret_valid, bl_error *err);
/// Room for the ends of `n` lists at a level, the first of them 0. \param ret_offsets [n + 1]
bl_status bl_run_new_offsets(bl_run *run, const bl_step *step, unsigned level, int64_t n,
                             int32_t **ret_offsets, bl_error *err);
/// Gives the array of a step the first `n_levels` levels of lists of another.
void bl_run_share_lists(bl_array *array, const bl_array *like, unsigned n_levels);
/// BL_E_SHAPE, with the row, unless the first `n_levels` levels have lists of the same lengths.
bl_status bl_run_check_lists(const bl_run *run, const bl_array *a, const bl_array *b,
                             unsigned n_levels, bl_error *err);
/// Memory until the next call. \param ret_memory [n_bytes]
bl_status bl_run_scratch(bl_run *run, size_t n_bytes, void **ret_memory, bl_error *err);

/// The step that reads a column of numbers in lists: `integer` is its place in the batch.
bl_status bl_step_load(bl_run *run, const bl_step *step, bl_error *err);
/// A literal, in `integer` or `number`.
bl_status bl_step_literal(bl_run *run, const bl_step *step, bl_error *err);

#endif
