// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside a request: jobs (one column's rows) and tasks (one basket of a job).
///
/// All baskets of all jobs are asked for at once (request.c), then each is decoded by one of the
/// context's threads (request_decode.c). Where the place of a basket's values in the column is
/// known before anything is uncompressed (flat numbers, and jagged numbers in whole baskets), tasks
/// write straight into it (request_place.c); else each makes a piece, and the pieces are joined.
/// Columns that count the items of others are decoded first.
#ifndef BL_FORMATS_TTREE_REQUEST_H
#define BL_FORMATS_TTREE_REQUEST_H

#include "formats/ttree/reader.h"

/// A counter's rows that may be empty without any bytes saying so; far more than baskets have.
#define BL_ROWS_WITHOUT_BYTES ((int64_t)1 << 24)

typedef struct bl_job {
    size_t column;
    int64_t first, last;
    size_t n_slots; ///< and tasks, from `first_task` on
    size_t first_task;
    bool is_counter;       ///< only read because another column needs it
    struct bl_job *counts; ///< the job that counts this one's items
    bl_column result;
    bl_column *pieces; ///< [n_slots], where tasks do not write into `result`
    uint8_t *values;   ///< of result, where they do
    int32_t *offsets;
} bl_job;

typedef struct bl_basket_task {
    bl_job *job;
    size_t slot_number;
    bl_ttree_slot slot;
    size_t range;   ///< in its source's fetch; SIZE_MAX: embedded or kept
    int64_t base;   ///< items of the column before this basket
    bl_basket kept; ///< taken over from an earlier read, or left for the next one
    bool has_kept;  ///< before decoding: the basket need not be fetched; after: it is to be kept
} bl_basket_task;

struct bl_request {
    bl_ttree_reader *reader;
    int64_t first, last;
    size_t n_columns, n_jobs, n_tasks, tasks_capacity;
    size_t *columns;
    bl_job *jobs; ///< [n_jobs]: one a column, then the counters; at most 2 × n_columns
    bl_basket_task *tasks;
    bl_fetch **fetches;    ///< one a source, NULL where nothing is needed
    bl_job **running;      ///< jobs of the present wave
    bl_basket_task **wave; ///< their tasks
};

static inline bl_context *bl_request_context(const bl_request *request) {
    return request->reader->head.context;
}

static inline const bl_ttree_column *bl_job_column(const bl_request *request, const bl_job *j) {
    return &request->reader->columns[j->column];
}

/// Takes over the basket that an earlier read left in its column, where it is this task's.
static inline void bl_task_take_kept(const bl_request *request, bl_basket_task *t) {
    const bl_ttree_column *column = bl_job_column(request, t->job);
    if (t->has_kept || !column->has_kept || column->kept_slot != t->slot_number)
        return;
    t->has_kept = true;
    t->kept = bl_basket_ref(&column->kept);
}

/// Rows of a task's basket that its job wants, counted from the basket's first.
bl_rows bl_task_rows(const bl_basket_task *t);
/// Opens a task's basket, wherever its bytes are. The caller releases it.
bl_status bl_task_open(const bl_request *request, const bl_basket_task *t, bl_codecs *codecs,
                       bl_basket *ret_basket, bl_error *err);
/// Puts the branch, the basket and its place in front of a message; returns `status`.
bl_status bl_task_error(const bl_request *request, const bl_basket_task *t, bl_status status,
                        bl_error *err);
/// Makes room for a job's column, or for its pieces.
bl_status bl_job_prepare(bl_request *request, bl_job *j, bl_error *err);
/// Gives a column of a jagged layout room for rows and items; initialises a zeroed one. Values of
/// bool take a byte each until they are packed.
bl_status bl_column_make_jagged(bl_context *context, const bl_entry_layout *layout, int64_t n_rows,
                                int64_t n_items, bl_column *column, bl_error *err);
/// The column inside all lists.
static inline bl_column *bl_column_innermost(bl_column *column) {
    while (column->n_children)
        column = column->children;
    return column;
}
/// Turns one byte a bool, where the column's numbers are bools, into one bit.
void bl_column_pack_bools(bl_column *column);

#endif
