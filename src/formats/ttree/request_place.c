// SPDX-License-Identifier: Apache-2.0
// Where values go: room in columns, and the place of each basket's values in them, from the headers
// of the baskets alone.
#include "formats/root/kernels.h"
#include "formats/ttree/request.h"

bl_rows bl_task_rows(const bl_basket_task *t) {
    int64_t first = t->job->first > t->slot.first ? t->job->first : t->slot.first;
    int64_t last = t->job->last < t->slot.last ? t->job->last : t->slot.last;
    return (bl_rows){first - t->slot.first, last > first ? last - first : 0};
}

/// Gives fixed lists and the numbers inside them their lengths, from `n` items of `column`.
static void set_lengths(bl_column *column, int64_t n) {
    column->length = n;
    for (; column->n_children; column = column->children) {
        n *= column->type->id == BL_FIXED_LIST ? column->type->list_size : 1;
        column->children->length = n;
    }
}

/// Gives a zeroed column its type, all the way down.
static bl_status init_column(bl_context *context, bl_column *column, bl_type *type, bl_error *err) {
    BL_TRY(bl_column_init(context, column, type, err));
    for (size_t i = 0; i < type->n_children; i++)
        BL_TRY(init_column(context, &column->children[i], type->children[i], err));
    return BL_OK;
}

static bl_status make_offsets(const bl_request *request, bl_column *column, int64_t n_rows,
                              bl_error *err) {
    column->length = n_rows;
    BL_TRY(bl_request_buffer(request, (size_t)(n_rows + 1) * 4, &column->offsets, err));
    column->offsets->size = (size_t)(n_rows + 1) * 4;
    memset(column->offsets->data, 0, 4); // decoding a basket writes where its rows end
    return BL_OK;
}

bl_status bl_column_make_jagged(const bl_request *request, const bl_entry_layout *layout,
                                int64_t n_rows, int64_t n_items, bl_column *column, bl_error *err) {
    BL_TRY(init_column(bl_request_context(request), column, layout->type, err));
    bl_column *leaf = bl_column_innermost(column);
    size_t n_bytes = (size_t)n_items * bl_layout_item_width(layout);
    set_lengths(&column->children[0], n_items);
    BL_TRY(bl_request_buffer(request, n_bytes, &leaf->values, err));
    leaf->values->size = n_bytes;
    return make_offsets(request, column, n_rows, err);
}

bl_status bl_column_make_nested(const bl_request *request, const bl_entry_layout *layout,
                                int64_t n_rows, int64_t n_lists, int64_t n_items, bl_column *column,
                                bl_error *err) {
    BL_TRY(init_column(bl_request_context(request), column, layout->type, err));
    bl_column *lists = &column->children[0], *leaf = &lists->children[0];
    size_t n_bytes = (size_t)n_items * bl_layout_item_width(layout);
    leaf->length = n_items;
    BL_TRY(bl_request_buffer(request, n_bytes, &leaf->values, err));
    leaf->values->size = n_bytes;
    BL_TRY(make_offsets(request, lists, n_lists, err));
    return make_offsets(request, column, n_rows, err);
}

void bl_column_pack_bools(bl_column *column) {
    bl_column *leaf = bl_column_innermost(column);
    if (leaf->type->id != BL_BOOL)
        return;
    uint8_t *bytes = leaf->values->data;
    bl_root_kernels_get()->pack_bools(bytes, (size_t)leaf->length, bytes);
    leaf->values->size = ((size_t)leaf->length + 7) / 8;
}

// ---- preparing a job ----

/// What a branch claims of its rows must be possible for the bytes that it stores.
static bl_status check_flat_slots(const bl_request *request, const bl_job *j, bl_error *err) {
    size_t row_bytes = bl_job_column(request, j)->layout.item.fixed_bytes;
    for (size_t i = 0; i < j->n_slots; i++) {
        const bl_basket_task *t = &request->tasks[j->first_task + i];
        uint64_t n_rows = (uint64_t)(t->slot.last - t->slot.first);
        uint64_t n_bytes = t->slot.embedded ? t->slot.embedded->raw_size : t->slot.n_bytes;
        double most = (double)n_bytes * (t->slot.embedded ? 1 : BL_CODEC_MOST_RATIO);
        if (t->has_kept || (double)n_rows * (double)row_bytes <= most)
            continue;
        return bl_task_error(
            request, t,
            bl_error_set(err, BL_E_CORRUPT, "%llu rows of %zu bytes cannot be in %llu bytes",
                         (unsigned long long)n_rows, row_bytes, (unsigned long long)n_bytes),
            err);
    }
    return BL_OK;
}

static bl_status prepare_flat(bl_request *request, bl_job *j, bl_error *err) {
    const bl_entry_layout *layout = &bl_job_column(request, j)->layout;
    BL_TRY(check_flat_slots(request, j, err));
    bl_column *leaf = bl_column_innermost(&j->result);
    size_t n_bytes = (size_t)(j->last - j->first) * bl_layout_item_width(layout);
    set_lengths(&j->result, j->last - j->first);
    BL_TRY(bl_request_buffer(request, n_bytes, &leaf->values, err));
    leaf->values->size = n_bytes;
    j->values = leaf->values->data;
    return BL_OK;
}

static bool is_cut(const bl_basket_task *t) {
    return bl_task_rows(t).n != t->slot.last - t->slot.first;
}

/// How many items a cut basket gives: −1 where that cannot be told before it is uncompressed.
static int64_t items_of_cut(const bl_request *request, const bl_basket_task *t) {
    bl_rows rows = bl_task_rows(t);
    uint32_t start, end;
    if (!t->has_kept || !t->kept.table || t->kept.has_sizes || t->kept.n_rows < rows.first + rows.n)
        return -1;
    if (bl_basket_range(&t->kept, rows.first, rows.n, &start, &end, NULL) != BL_OK)
        return -1;
    return bl_layout_items(&bl_job_column(request, t->job)->layout, rows.n, end - start);
}

/// True where places are known once the headers are: what a basket gives of which the first rows
/// are not wanted can be told, and one of which the last are not is not worth much waste: it gets
/// room for all of them.
static bool can_place_items(const bl_request *request, const bl_job *j) {
    const bl_basket_task *first = &request->tasks[j->first_task], *last = first + j->n_slots - 1;
    int64_t n_rows = j->last - j->first, n_wasted = last->slot.last - j->last;
    if (j->is_counter && n_rows > BL_ROWS_WITHOUT_BYTES) // see check_rows_have_bytes
        return false;
    if (bl_task_rows(first).first != 0 && items_of_cut(request, first) < 0)
        return false;
    return n_wasted <= n_rows / 4 || items_of_cut(request, last) >= 0;
}

bl_status bl_job_prepare(bl_request *request, bl_job *j, bl_error *err) {
    const bl_entry_layout *layout = &bl_job_column(request, j)->layout;
    bl_context *context = bl_request_context(request);
    j->shape = bl_job_column(request, j)->is_odd ? BL_SHAPE_OTHER : bl_layout_shape(layout);
    bool is_flat = j->n_slots && j->shape == BL_SHAPE_FLAT;
    bool has_items = j->shape == BL_SHAPE_JAGGED || j->shape == BL_SHAPE_VECTOR;
    bool is_jagged = j->n_slots && has_items && can_place_items(request, j);
    if (is_flat || is_jagged)
        BL_TRY(init_column(context, &j->result, layout->type, err));
    if (is_flat)
        return prepare_flat(request, j, err);
    if (is_jagged) {
        BL_TRY(make_offsets(request, &j->result, j->last - j->first, err));
        j->offsets = (int32_t *)(void *)j->result.offsets->data;
        return BL_OK;
    }
    j->appends = bl_job_can_append(request, j);
    if (j->appends) {
        BL_TRY(init_column(context, &j->result, layout->type, err));
        return make_offsets(request, &j->result, j->last - j->first, err);
    }
    j->pieces = (bl_column *)bl_alloc_zero(context, j->n_slots ? j->n_slots : 1, sizeof *j->pieces);
    return j->pieces ? BL_OK
                     : bl_error_nomem(err, j->n_slots * sizeof *j->pieces, "pieces of a column");
}

// ---- placing baskets ----

static bl_status place_flat(const bl_request *request, const bl_basket_task *t, bl_error *err) {
    size_t row_bytes = bl_job_column(request, t->job)->layout.item.fixed_bytes;
    if ((uint64_t)t->header.n_rows * row_bytes == t->header.data_bytes)
        return BL_OK;
    return bl_error_set(err, BL_E_CORRUPT, "%lld rows of %zu bytes do not make %zu bytes",
                        (long long)t->header.n_rows, row_bytes, t->header.data_bytes);
}

static bl_status place_jagged(const bl_request *request, bl_basket_task *t, bl_error *err) {
    bl_job *j = t->job;
    const bl_entry_layout *layout = &bl_job_column(request, j)->layout;
    int64_t n = is_cut(t) ? items_of_cut(request, t) : -1;
    if (n < 0)
        n = bl_layout_items(layout, t->header.n_rows, t->header.data_bytes);
    t->base = j->n_items;
    j->n_items += n;
    if (j->n_items > INT32_MAX)
        return bl_error_set(err, BL_E_LIMIT,
                            "more than 2147483647 items in one column of a batch; read fewer rows");
    return BL_OK;
}

/// Room for the items that were placed. While there are baskets to come it is for as many as the
/// stored bytes of these promise, so that values need not move when the next window is placed.
static bl_status make_room(bl_request *request, bl_job *j, bl_error *err) {
    bl_buffer **values = &bl_column_innermost(&j->result)->values;
    size_t width = bl_layout_item_width(&bl_job_column(request, j)->layout);
    uint64_t needed = (uint64_t)j->n_items * width;
    BL_TRY(bl_request_grow(request, needed, j->placed_bytes, j->stored_bytes, values, err));
    (*values)->size = (size_t)needed;
    j->values = (*values)->data;
    return BL_OK;
}

/// Decides whether a basket that the rows end in is kept for the next read, while there is room.
static void decide_to_keep(bl_request *request, bl_basket_task *t) {
    if (t->slot.last <= t->job->last || t->job->is_counter)
        return;
    uint64_t n_bytes =
        t->has_kept ? bl_basket_held_bytes(&t->kept) : bl_basket_open_bytes(&t->header);
    t->keep = n_bytes <= request->keep_bytes;
    request->keep_bytes -= t->keep ? n_bytes : 0;
}

/// Places the tasks of a job that are in this window.
static bl_status place_job(bl_request *request, bl_job *j, size_t end, bl_error *err) {
    bool is_jagged = j->offsets != NULL;
    j->window_first = j->n_placed;
    for (; j->n_placed < j->n_slots; j->n_placed++) {
        bl_basket_task *t = &request->tasks[j->first_task + j->n_placed];
        if (t->stretch >= end)
            break;
        j->placed_bytes += t->slot.n_bytes;
        bl_status status = BL_OK;
        if (bl_job_is_direct(j) && !j->appends)
            status = is_jagged ? place_jagged(request, t, err) : place_flat(request, t, err);
        if (status != BL_OK)
            return bl_task_error(request, t, status, err);
        decide_to_keep(request, t);
    }
    if (is_jagged)
        BL_TRY_IN(make_room(request, j, err), err, "branch '%s'",
                  bl_job_column(request, j)->branch->path);
    return BL_OK;
}

bl_status bl_window_place(bl_request *request, const bl_window *window, bl_error *err) {
    size_t end = window->first_stretch + window->n_stretches;
    for (size_t i = window->first_stretch; i < end; i++) {
        const bl_stretch *stretch = &request->stretches[i];
        for (size_t k = 0; k < stretch->n_tasks; k++) {
            const bl_basket_task *t = request->order[stretch->first_task + k];
            bl_job *j = t->job;
            // the first of a job's tasks here places all of them
            if (t == &request->tasks[j->first_task + j->n_placed] && j->n_placed < j->n_slots)
                BL_TRY(place_job(request, j, end, err));
        }
    }
    return BL_OK;
}

void bl_job_finish_direct(bl_request *request, bl_job *j) {
    if (atomic_load_explicit(&j->is_odd, memory_order_relaxed)) // its offsets are not all there
        return;
    if (j->offsets) {
        int64_t n_items = j->offsets[j->result.length];
        bl_buffer *values = bl_column_innermost(&j->result)->values;
        set_lengths(&j->result.children[0], n_items);
        values->size = (size_t)n_items * bl_layout_item_width(&bl_job_column(request, j)->layout);
    }
    bl_column_pack_bools(&j->result);
}
