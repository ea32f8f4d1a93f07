// SPDX-License-Identifier: Apache-2.0
// Vectors of vectors tell only when they are decoded how many vectors and numbers are in them. To
// place them all the same without a copy, one thread decodes the baskets of a column that are in a
// window, each behind the one before; threads share the columns, not the baskets of one.
#include "formats/root/kernels_rows.h"
#include "formats/ttree/request.h"

bool bl_job_can_append(const bl_request *request, const bl_job *j) {
    enum { COLUMNS_A_THREAD = 8 }; // so many share the work well enough
    unsigned n_threads = bl_context_n_threads(bl_request_context(request));
    return j->n_slots && j->shape == BL_SHAPE_NESTED &&
           (n_threads == 1 || request->n_columns >= (size_t)COLUMNS_A_THREAD * n_threads);
}

/// Grows a buffer of the column by what this basket and those before it needed.
static bl_status reserve(const bl_request *request, const bl_basket_task *t, size_t needed,
                         bl_buffer **buffer, bl_error *err) {
    uint64_t done_bytes = 0;
    for (const bl_basket_task *i = &request->tasks[t->job->first_task]; i <= t; i++)
        done_bytes += i->slot.n_bytes;
    return bl_request_grow(request, needed, done_bytes, t->job->stored_bytes, buffer, err);
}

/// Copies the ends of `n` more lists behind those of the column.
static bl_status append_ends(const bl_request *request, const bl_basket_task *t, bl_column *lists,
                             const int32_t *ends, size_t n, bl_error *err) {
    size_t n_bytes = ((size_t)lists->length + 1 + n) * sizeof *ends;
    BL_TRY(reserve(request, t, n_bytes, &lists->offsets, err));
    int32_t *offsets = (int32_t *)(void *)lists->offsets->data;
    if (lists->length == 0)
        offsets[0] = 0;
    if (n)
        memcpy(offsets + lists->length + 1, ends, n * sizeof *ends);
    lists->offsets->size = n_bytes;
    lists->length += (int64_t)n;
    return BL_OK;
}

bl_status bl_job_append(const bl_request *request, const bl_basket_task *t, const bl_basket *basket,
                        const uint32_t *starts, bl_worker *worker, bl_error *err) {
    bl_job *j = t->job;
    const bl_entry_layout *layout = &bl_job_column(request, j)->layout;
    bl_column *lists = &j->result.children[0], *numbers = &lists->children[0];
    size_t width = bl_layout_item_width(layout);
    bl_rows rows = bl_task_rows(t);
    uint64_t n_bytes = starts[rows.n] - starts[0], headers = (uint64_t)rows.n * BL_VECTOR_HEADER;
    uint64_t n_most = n_bytes > headers ? n_bytes - headers : 0;
    if (atomic_load_explicit(&j->is_odd, memory_order_relaxed))
        return BL_OK; // to be read again anyway
    BL_TRY(bl_request_scratch(request, n_most + sizeof(int32_t), &worker->ends, err));
    BL_TRY(reserve(request, t, (size_t)numbers->length * width + n_most, &numbers->values, err));
    int32_t *ends = (int32_t *)(void *)worker->ends->data;
    int64_t row = t->slot.first + rows.first - j->first;
    bl_vector_rows into = {
        .base = (int32_t)lists->length,
        .ends = (int32_t *)(void *)j->result.offsets->data + row + 1,
        .inner_base = (int32_t)numbers->length,
        .inner_ends = ends,
        .n_inner = n_most / sizeof *ends,
        .numbers = numbers->values->data + (size_t)numbers->length * width,
        .n_numbers = n_most / width,
    };
    if (lists->length + (int64_t)into.n_inner > INT32_MAX ||
        numbers->length + (int64_t)into.n_numbers > INT32_MAX)
        return bl_error_set(err, BL_E_LIMIT,
                            "more than 2147483647 items in one column of a batch; read fewer rows");
    if (!bl_decode_nested(layout, basket, rows, starts, &into)) {
        atomic_store_explicit(&j->is_odd, true, memory_order_relaxed);
        return BL_OK;
    }
    numbers->length += (int64_t)into.n_numbers;
    numbers->values->size = (size_t)numbers->length * width;
    return append_ends(request, t, lists, ends, into.n_inner, err);
}
