// SPDX-License-Identifier: Apache-2.0
// Inputs of rows: numbers are gathered from columns into the rows of a matrix, and the rows of a
// sequence are arranged. Tasks have events of their own, so nothing depends on how many there are
// at a time.
#include <math.h>

#include "base/context.h"
#include "data/spread/numbers.h"
#include "data/spread/rows.h"

enum { BLOCK = 64, ALIGN = 64 }; ///< events of a task

/// An input of some rows.
typedef struct work {
    const bl_rows *rows;
    const bl_spool_input *input;
    bl_layout layout;
    bool is_double, arranges;
    size_t width, item_bytes;      ///< of a row, numbers and bytes
    const size_t *columns;         ///< of the batch
    const int32_t *offsets;        ///< [n + 1] rows of a sequence when they are arranged
    uint8_t *out;                  ///< numbers, all rows of all events
    uint8_t *scratch;              ///< of workers
    size_t scratch_bytes, x_bytes; ///< of one: a matrix, then what arranging takes
} work;

static const bl_column *column_of(const work *w, size_t i) {
    return &w->rows->batch->columns[w->columns[i]];
}

static const char *name_of(const work *w, size_t i) { return bl_input_column(w->input->config, i); }

// ---- how many ----

static bl_status other_width(const work *w, int64_t row, int64_t n, bl_error *err) {
    return bl_rows_error(
        w->rows, row,
        bl_error_set(err, BL_E_SHAPE,
                     "inputs.%s: '%s' has %lld numbers, where there were %zu before",
                     w->input->config->name, name_of(w, 0), (long long)n, w->width),
        err);
}

static bl_status check_parallel(const work *w, int64_t row, int64_t n, bl_error *err) {
    for (size_t i = 1; w->layout == BL_LAYOUT_LISTS && i < w->width; i++) {
        int64_t first, last;
        bl_list_at(column_of(w, i), row, &first, &last);
        if (last - first != n)
            return bl_rows_error(w->rows, row,
                                 bl_error_set(err, BL_E_SHAPE,
                                              "inputs.%s: '%s' has %lld items, but '%s' %lld",
                                              w->input->config->name, name_of(w, 0), (long long)n,
                                              name_of(w, i), (long long)(last - first)),
                                 err);
    }
    return BL_OK;
}

static bl_status check_nested(const work *w, int64_t row, int64_t first, int64_t last,
                              bl_error *err) {
    const bl_column *inner = &column_of(w, 0)->children[0];
    for (int64_t k = first; w->layout == BL_LAYOUT_NESTED && k < last; k++) {
        int64_t from, to;
        bl_list_at(inner, k, &from, &to);
        if ((size_t)(to - from) != w->width)
            return other_width(w, row, to - from, err);
    }
    return BL_OK;
}

/// Rows of events when they are arranged. \param offsets [n + 1]
static bl_status measure(const work *w, int32_t *offsets, int64_t *ret_most, bl_error *err) {
    int64_t n_all = 0, most = 0;
    offsets[0] = 0;
    for (int64_t row = 0; row < w->rows->n; row++) {
        int64_t first, last;
        bl_list_at(column_of(w, 0), row, &first, &last);
        int64_t n = last - first;
        BL_TRY(check_parallel(w, row, n, err));
        BL_TRY(check_nested(w, row, first, last, err));
        most = n > most ? n : most;
        n_all += w->arranges ? (int64_t)bl_nn_columns_n_kept(&w->input->columns, (size_t)n) : n;
        if (n_all > INT32_MAX / (int64_t)w->width)
            return bl_error_set(err, BL_E_LIMIT,
                                "inputs.%s: more than 2147483647 numbers in a batch",
                                w->input->config->name);
        offsets[row + 1] = (int32_t)n_all;
    }
    *ret_most = most;
    return BL_OK;
}

// ---- gathering ----

/// Rows of an event of a sequence, as its columns have them. \param x [rows × width]
static void gather(const work *w, int64_t row, void *x) {
    int64_t first, last, from, to;
    size_t number = w->is_double ? sizeof(double) : sizeof(float);
    if (w->layout == BL_LAYOUT_LISTS) {
        for (size_t i = 0; i < w->width; i++) {
            bl_list_at(column_of(w, i), row, &first, &last);
            bl_numbers_copy(&column_of(w, i)->children[0], first, (size_t)(last - first),
                            w->is_double, (uint8_t *)x + i * number, w->width);
        }
        return;
    }
    const bl_column *inner = &column_of(w, 0)->children[0];
    bl_list_at(column_of(w, 0), row, &first, &last);
    for (int64_t k = first; k < last; k++) {
        bl_list_at(inner, k, &from, &to);
        bl_numbers_copy(&inner->children[0], from, w->width, w->is_double,
                        (uint8_t *)x + (size_t)(k - first) * w->item_bytes, 1);
    }
}

static void arrange(const work *w, int64_t row, uint8_t *scratch) {
    int64_t first, last;
    uint8_t *out = w->out + (size_t)w->offsets[row] * w->item_bytes;
    bl_list_at(column_of(w, 0), row, &first, &last);
    if (first == last)
        return;
    if (!w->arranges) {
        gather(w, row, out);
        return;
    }
    gather(w, row, scratch);
    bl_nn_columns_arrange(&w->input->columns, scratch + w->x_bytes, (size_t)(last - first), scratch,
                          w->width, w->is_double, out);
}

static bl_status arrange_block(void *argument, size_t index, unsigned worker, bl_error *err) {
    const work *w = (const work *)argument;
    int64_t first = (int64_t)index * BLOCK;
    (void)err;
    for (int64_t row = first; row < first + BLOCK && row < w->rows->n; row++)
        arrange(w, row, w->scratch + worker * w->scratch_bytes);
    return BL_OK;
}

static bl_status vector_block(void *argument, size_t index, unsigned worker, bl_error *err) {
    const work *w = (const work *)argument;
    int64_t first = (int64_t)index * BLOCK, from, to;
    int64_t last = first + BLOCK < w->rows->n ? first + BLOCK : w->rows->n;
    size_t number = w->is_double ? sizeof(double) : sizeof(float);
    uint8_t *out = w->out + (size_t)first * w->item_bytes;
    (void)worker;
    for (size_t i = 0; w->layout == BL_LAYOUT_SCALARS && i < w->width; i++)
        bl_numbers_copy(column_of(w, i), first, (size_t)(last - first), w->is_double,
                        out + i * number, w->width);
    for (int64_t row = first; w->layout == BL_LAYOUT_LIST && row < last; row++) {
        bl_list_at(column_of(w, 0), row, &from, &to);
        if ((size_t)(to - from) != w->width)
            return other_width(w, row, to - from, err);
        bl_numbers_copy(&column_of(w, 0)->children[0], from, w->width, w->is_double,
                        out + (size_t)(row - first) * w->item_bytes, 1);
    }
    return BL_OK;
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
    size_t n = (size_t)w->rows->n;
    int64_t most = 0;
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
        w->x_bytes = aligned((size_t)most * w->item_bytes);
        w->scratch_bytes =
            w->x_bytes + aligned(bl_nn_columns_scratch_bytes(&w->input->columns, (size_t)most));
        BL_TRY(
            bl_buffer_new(context, bl_context_n_threads(context) * w->scratch_bytes, &memory, err));
        w->scratch = memory->data;
    }
    return bl_run_tasks(context, arrange_block, w, (n + BLOCK - 1) / BLOCK, err);
}

bl_status bl_rows_input(const bl_rows *rows, size_t input, bl_error *err) {
    const bl_spool *spool = rows->source->spool;
    const bl_spool_input *of_spool = &spool->inputs[input];
    size_t at = spool->recipe->at_inputs + input, width = of_spool->shape.width;
    bool is_double = spool->config->is_double;
    bl_column *column = &rows->made->columns[at];
    bl_context *context = rows->batch->context;
    work w = {.rows = rows,
              .input = of_spool,
              .layout = spool->recipe->layouts[input],
              .is_double = is_double,
              .arranges = bl_nn_columns_arranges(&of_spool->columns),
              .width = width,
              .item_bytes = width * (is_double ? sizeof(double) : sizeof(float)),
              .columns = rows->source->inputs[input]};
    // specs have types that nobody changes
    BL_TRY(bl_column_init(context, column, (bl_type *)(uintptr_t)spool->columns[at].type, err));
    if (of_spool->shape.is_sequence)
        return sequence(&w, column, err);
    BL_TRY(new_items(&w, column, (size_t)rows->n, &w.out, err));
    return bl_run_tasks(context, vector_block, &w, ((size_t)rows->n + BLOCK - 1) / BLOCK, err);
}
