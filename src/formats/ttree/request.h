// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside a request: jobs (one column's rows), tasks (one basket of a job), stretches (bytes of a
/// file that are read at once, with the baskets in them) and windows (stretches that are in memory
/// together).
///
/// A request walks its windows in the order of the file. While the baskets of one are decoded, the
/// stretches of the next are read, all by the context's threads, so that stored bytes are decoded
/// while they are in the cache and never more than two windows of them are held (request_run.c).
/// Between two windows the headers of the baskets that were read say where in its column the values
/// of each go, and there is made room for them (request_place.c); values are decoded straight into
/// that place (request_decode.c). Where places cannot be known before decoding, one thread decodes
/// a column's baskets of a window one behind the other, where there are columns enough for all
/// threads (request_append.c); else each basket makes a piece, and the pieces are joined. Columns
/// that count the items of others come first, in windows of their own.
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
    uint64_t stored_bytes; ///< of all its baskets
    bool is_counter;       ///< only read because another column needs it
    struct bl_job *counts; ///< the job that counts this one's items
    bl_shape shape;        ///< as it is decoded: that of an odd column is another's
    atomic_bool is_odd;    ///< entries were met that are not of that shape
    bl_column result;
    bl_column *pieces; ///< [n_slots], where tasks do not write into `result`
    uint8_t *values;   ///< of result, where they do
    int32_t *offsets;
    bool appends;          ///< baskets are decoded one behind the other (request_append.c)
    size_t window_first;   ///< tasks from this one up to n_placed are in the present window
    size_t n_placed;       ///< tasks, from the first on, whose place is known
    int64_t n_items;       ///< in these
    uint64_t placed_bytes; ///< stored bytes of these
    bl_buffer *counted;    ///< of a counter that is done: holds what `numbers` points to
    bl_counts numbers;
} bl_job;

typedef struct bl_basket_task {
    bl_job *job;
    size_t slot_number;
    bl_ttree_slot slot;
    bl_fetch *fetch; ///< borrows; NULL: embedded or kept
    size_t range;    ///< in the fetch
    size_t stretch;
    bl_basket_header header; ///< once the stretch is read; of others only rows and bytes
    int64_t base;            ///< items of the column before this basket
    bl_basket kept;          ///< taken over from an earlier read, or left for the next one
    bool has_kept; ///< before decoding: the basket need not be fetched; after: it is to be kept
    bool keep;     ///< the next read will want it too, and there is room to keep it
} bl_basket_task;

typedef struct bl_stretch {
    bl_fetch *fetch; ///< borrows; NULL: there is nothing to read
    size_t part;
    size_t first_task, n_tasks; ///< in request->order
} bl_stretch;

typedef struct bl_window {
    size_t first_stretch, n_stretches;
    bool counts; ///< its columns are counters
} bl_window;

/// One thread's memory, taken at need and given back when the request is over.
typedef struct bl_worker {
    bl_buffer *raw;    ///< the uncompressed basket
    bl_buffer *starts; ///< where its entries start
    bl_buffer *ends;   ///< where the vectors inside its entries end
} bl_worker;

enum { BL_COUNTERS, BL_OTHERS, BL_N_WAVES };

struct bl_request {
    bl_ttree_reader *reader;
    int64_t first, last;
    size_t n_columns, n_jobs, n_tasks, tasks_capacity;
    size_t *columns;
    bl_job *jobs; ///< [n_jobs]: one a column, then the counters; at most 2 × n_columns
    bl_basket_task *tasks;
    bl_fetch **fetches; ///< [BL_N_WAVES × n_sources], NULL where nothing is needed
    size_t n_stretches, n_windows;
    bl_stretch *stretches;
    bl_window *windows;
    bl_basket_task **order; ///< [n_tasks] by stretch
    bl_worker *workers;     ///< [threads of the context]
    const bl_root_kernels *kernels;
    uint64_t most_bytes; ///< that the context may hold while this request runs
    uint64_t keep_bytes; ///< of baskets that may yet be kept for the next read
};

static inline bl_context *bl_request_context(const bl_request *request) {
    return request->reader->head.context;
}

static inline const bl_ttree_column *bl_job_column(const bl_request *request, const bl_job *j) {
    return &request->reader->columns[j->column];
}

// request.c
/// Takes over the basket that an earlier read left in its column, where it is this task's.
void bl_task_take_kept(const bl_request *request, bl_basket_task *t);
/// Puts the branch, the basket and its place in front of a message; returns `status`.
bl_status bl_task_error(const bl_request *request, const bl_basket_task *t, bl_status status,
                        bl_error *err);

// request_windows.c
/// Groups tasks by where their bytes lie, and asks the sources for those.
bl_status bl_request_make_windows(bl_request *request, bl_error *err);
/// Reads the bytes of a stretch and the headers of its baskets. For any thread.
bl_status bl_stretch_load(const bl_request *request, const bl_stretch *stretch, bl_error *err);
/// Where a loaded task's record is.
static inline const uint8_t *bl_task_data(const bl_basket_task *t) {
    return bl_fetch_data(t->fetch, t->range);
}

// request_place.c
/// Rows of a task's basket that its job wants, counted from the basket's first.
bl_rows bl_task_rows(const bl_basket_task *t);
/// True where a task writes straight into its column.
static inline bool bl_job_is_direct(const bl_job *j) { return j->pieces == NULL; }
/// Gives a job's column its type, and decides whether tasks write straight into it.
bl_status bl_job_prepare(bl_request *request, bl_job *j, bl_error *err);
/// Gives every basket of a loaded window its place, and the columns room for them.
bl_status bl_window_place(bl_request *request, const bl_window *window, bl_error *err);
/// Says what became of a column that tasks wrote straight into.
void bl_job_finish_direct(bl_request *request, bl_job *j);
/// Gives a zeroed column of lists room for rows and items. Values of bool take a byte each until
/// they are packed.
bl_status bl_column_make_jagged(const bl_request *request, const bl_entry_layout *layout,
                                int64_t n_rows, int64_t n_items, bl_column *column, bl_error *err);
/// The same for lists of lists.
bl_status bl_column_make_nested(const bl_request *request, const bl_entry_layout *layout,
                                int64_t n_rows, int64_t n_lists, int64_t n_items, bl_column *column,
                                bl_error *err);
/// The column inside all lists.
static inline bl_column *bl_column_innermost(bl_column *column) {
    while (column->n_children)
        column = column->children;
    return column;
}
/// Turns one byte a bool, where the column's numbers are bools, into one bit.
void bl_column_pack_bools(bl_column *column);

// request_decode.c
/// Opens a task's basket, wherever its bytes are, and decodes it. For any thread, whose `worker` it
/// is.
bl_status bl_task_decode(const bl_request *request, bl_basket_task *t, unsigned worker,
                         bl_error *err);

// request_append.c
/// Whether a job of nested vectors is decoded basket behind basket.
bool bl_job_can_append(const bl_request *request, const bl_job *j);
/// Decodes a basket behind those before it. \param starts of its rows \return BL_OK, also where
/// they are odd; BL_E_LIMIT, BL_E_NOMEM
bl_status bl_job_append(const bl_request *request, const bl_basket_task *t, const bl_basket *basket,
                        const uint32_t *starts, bl_worker *worker, bl_error *err);

// request_run.c
/// BL_E_LIMIT where so many bytes more would go past the memory budget.
bl_status bl_request_check_room(const bl_request *request, uint64_t n_bytes, bl_error *err);
/// A buffer within the memory budget. \return BL_OK, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_request_buffer(const bl_request *request, size_t n_bytes, bl_buffer **ret_buffer,
                            bl_error *err);
/// Makes `*buffer`, which may be NULL, hold `needed` bytes; what is in use of it stays. Where it
/// must move it gets room for as many as `all_bytes` promise where `done_bytes` of them need so
/// many.
bl_status bl_request_grow(const bl_request *request, uint64_t needed, uint64_t done_bytes,
                          uint64_t all_bytes, bl_buffer **buffer, bl_error *err);
/// Makes `*buffer`, which may be NULL, one of at least so many bytes; what is in it is lost.
bl_status bl_request_scratch(const bl_request *request, size_t n_bytes, bl_buffer **buffer,
                             bl_error *err);

#endif
