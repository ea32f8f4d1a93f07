// SPDX-License-Identifier: Apache-2.0
// Inputs of rows: what is gathered becomes columns of the spool, and the rows of a sequence are
// arranged; columns that are so already are shared. Tasks have events of their own, so nothing
// depends on how many there are at a time.
#include "base/context.h"
#include "data/spread/rows.h"

enum { BLOCK = 64, ALIGN = 64 }; ///< events of a task

/// An input of some rows.
typedef struct work {
    const bl_rows *rows;
    bl_gathering from;
    bool arranges;
    size_t width, item_bytes;      ///< of a row, numbers and bytes
    const int32_t *offsets;        ///< [n + 1] rows of a sequence when they are arranged
    uint8_t *out;                  ///< numbers, all rows of all events
    uint8_t *scratch;              ///< of workers
    size_t scratch_bytes, x_bytes; ///< of one: a matrix, then what arranging takes
} work;

// ---- sequences ----

/// Rows of events when they are arranged. \param offsets [n + 1] \param ret_most before that
static bl_status measure(const work *w, int32_t *offsets, size_t *ret_most, bl_error *err) {
    const bl_input *input = w->from.input;
    size_t n_all = 0, most = 0;
    offsets[0] = 0;
    for (int64_t row = 0; row < w->rows->n; row++) {
        size_t n = 0;
        bl_status status = bl_gather_count(&w->from, row, &n, err);
        if (status != BL_OK)
            return bl_rows_error(w->rows, row, status, err);
        most = n > most ? n : most;
        n_all += w->arranges ? bl_nn_columns_n_kept(&input->columns, n) : n;
        if (n_all > INT32_MAX / w->width)
            return bl_error_set(err, BL_E_LIMIT,
                                "inputs.%s: more than 2147483647 numbers in a batch",
                                input->config->name);
        offsets[row + 1] = (int32_t)n_all;
    }
    *ret_most = most;
    return BL_OK;
}

static void arrange(const work *w, int64_t row, uint8_t *scratch) {
    uint8_t *out = w->out + (size_t)w->offsets[row] * w->item_bytes;
    if (!w->arranges) {
        (void)bl_gather_rows(&w->from, row, out);
        return;
    }
    size_t n;
    const void *x = bl_gather_look(&w->from, row, scratch, &n);
    if (n)
        bl_nn_columns_arrange(&w->from.input->columns, scratch + w->x_bytes, n, x, w->width,
                              w->from.is_double, out);
}

static bl_status arrange_block(void *argument, size_t index, unsigned worker, bl_error *err) {
    const work *w = (const work *)argument;
    int64_t first = (int64_t)index * BLOCK;
    (void)err;
    for (int64_t row = first; row < first + BLOCK && row < w->rows->n; row++)
        arrange(w, row, w->scratch + worker * w->scratch_bytes);
    return BL_OK;
}

// ---- vectors ----

static bl_status vector_block(void *argument, size_t index, unsigned worker, bl_error *err) {
    const work *w = (const work *)argument;
    int64_t first = (int64_t)index * BLOCK, row = first, left = w->rows->n - first;
    (void)worker;
    bl_status status = bl_gather_vectors(&w->from, first, (size_t)(left < BLOCK ? left : BLOCK),
                                         w->out + (size_t)first * w->item_bytes, &row, err);
    return status == BL_OK ? BL_OK : bl_rows_error(w->rows, row, status, err);
}

// ---- columns ----

/// Gives a column of fixed lists room for `n` of them.
static bl_status new_items(const work *w, bl_column *lists, size_t n, uint8_t **ret_out,
                           bl_error *err) {
    bl_column *numbers = &lists->children[0];
    size_t n_bytes = n * w->item_bytes;
    bl_context *context = w->rows->batch->context;
    BL_TRY(bl_column_init(context, numbers, lists->type->children[0], err));
    lists->length = (int64_t)n;
    numbers->length = (int64_t)(n * w->width);
    BL_TRY(bl_buffer_new(context, n_bytes, &numbers->values, err));
    numbers->values->size = n_bytes;
    *ret_out = numbers->values->data;
    return BL_OK;
}

static size_t aligned(size_t n_bytes) { return (n_bytes + ALIGN - 1) / ALIGN * ALIGN; }

static bl_status sequence(work *w, bl_column *column, bl_error *err) {
    bl_context *context = w->rows->batch->context;
    size_t n = (size_t)w->rows->n, most = 0;
    BL_AUTO(bl_buffer) memory = NULL;
    column->length = w->rows->n;
    BL_TRY(bl_buffer_new(context, (n + 1) * sizeof(int32_t), &column->offsets, err));
    column->offsets->size = (n + 1) * sizeof(int32_t);
    int32_t *offsets = (int32_t *)(void *)column->offsets->data;
    BL_TRY(measure(w, offsets, &most, err));
    w->offsets = offsets;
    BL_TRY(bl_column_init(context, &column->children[0], column->type->children[0], err));
    BL_TRY(new_items(w, &column->children[0], (size_t)offsets[n], &w->out, err));
    if (w->arranges) {
        w->x_bytes = aligned(most * w->item_bytes);
        w->scratch_bytes =
            w->x_bytes + aligned(bl_nn_columns_scratch_bytes(&w->from.input->columns, most));
        BL_TRY(
            bl_buffer_new(context, bl_context_n_threads(context) * w->scratch_bytes, &memory, err));
        w->scratch = memory->data;
    }
    return bl_run_tasks(context, arrange_block, w, (n + BLOCK - 1) / BLOCK, err);
}

/// Whether a column is already what would be gathered of it: its type, and nothing is null.
static bool is_gathered(const bl_column *column, const bl_type *type) {
    bool is = bl_type_equal(column->type, type);
    for (; is && column->n_children; column = &column->children[0])
        is = !column->validity;
    return is && !column->validity;
}

bl_status bl_rows_input(const bl_rows *rows, size_t input, bl_error *err) {
    const bl_spool *spool = rows->source->spool;
    const bl_input *of_spool = &spool->inputs[input];
    size_t at = spool->recipe->at_inputs + input, width = of_spool->shape.width;
    bool is_double = spool->config->is_double;
    bl_column *column = &rows->made->columns[at];
    bl_context *context = rows->batch->context;
    work w = {.rows = rows,
              .from = {.input = of_spool,
                       .batch = rows->batch,
                       .columns = rows->source->inputs[input].columns,
                       .is_double = is_double},
              .arranges = bl_nn_columns_arranges(&of_spool->columns),
              .width = width,
              .item_bytes = width * (is_double ? sizeof(double) : sizeof(float))};
    size_t from = w.from.columns[0];
    if (!w.arranges && is_gathered(&rows->batch->columns[from], spool->columns[at].type))
        return bl_rows_share(rows, at, from, err);
    // specs have types that nobody changes
    BL_TRY(bl_column_init(context, column, (bl_type *)(uintptr_t)spool->columns[at].type, err));
    if (of_spool->shape.is_sequence)
        return sequence(&w, column, err);
    BL_TRY(new_items(&w, column, (size_t)rows->n, &w.out, err));
    return bl_run_tasks(context, vector_block, &w, ((size_t)rows->n + BLOCK - 1) / BLOCK, err);
}
