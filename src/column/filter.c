// SPDX-License-Identifier: Apache-2.0
// Some rows of a batch. Rows that follow each other are copied together: what is kept is a list of
// runs, and the runs of a list's items follow from those of its rows.
#include "base/context.h"
#include "column/column.h"

/// Values [first, last) of a column.
typedef struct run {
    int64_t first, last;
} run;

typedef struct runs {
    const run *items; ///< [n], ascending
    size_t n;
    int64_t n_values; ///< in all of them
} runs;

/// Where what is inside the runs of a list, text or fixed list lies. \param memory [rows->n]
static runs inner_runs(const bl_column *column, const runs *rows, run *memory) {
    int64_t size = column->type->id == BL_FIXED_LIST ? column->type->list_size : 0;
    runs inner = {.items = memory};
    for (size_t i = 0; i < rows->n; i++) {
        const run *r = &rows->items[i];
        run made =
            size ? (run){r->first * size, r->last * size}
                 : (run){bl_column_offset(column, r->first), bl_column_offset(column, r->last)};
        inner.n_values += made.last - made.first;
        if (inner.n && memory[inner.n - 1].last == made.first)
            memory[inner.n - 1].last = made.last;
        else
            memory[inner.n++] = made;
    }
    return inner;
}

static bl_status new_buffer(bl_context *context, size_t n_bytes, bl_buffer **ret_buffer,
                            bl_error *err) {
    BL_TRY(bl_buffer_new(context, n_bytes, ret_buffer, err));
    (*ret_buffer)->size = n_bytes;
    return BL_OK;
}

static void copy_offsets(const bl_column *from, const runs *rows, void *out) {
    bool is_large = from->type->id == BL_LARGE_LIST;
    int64_t at = 0, end = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const run r = rows->items[i];
        int64_t shift = end - bl_column_offset(from, r.first);
        for (int64_t row = r.first; row < r.last; row++) {
            end = bl_column_offset(from, row + 1) + shift;
            if (is_large)
                ((int64_t *)out)[++at] = end;
            else
                ((int32_t *)out)[++at] = (int32_t)end;
        }
    }
}

static bl_status filter_offsets(bl_context *context, const bl_column *from, const runs *rows,
                                bl_column *column, bl_error *err) {
    size_t width = from->type->id == BL_LARGE_LIST ? 8 : 4;
    BL_TRY(new_buffer(context, ((size_t)rows->n_values + 1) * width, &column->offsets, err));
    memset(column->offsets->data, 0, width);
    copy_offsets(from, rows, column->offsets->data);
    return BL_OK;
}

static bl_status filter_bits(bl_context *context, const bl_buffer *from, const runs *values,
                             bl_buffer **ret_bits, bl_error *err) {
    size_t n_bytes = ((size_t)values->n_values + 7) / 8, at = 0;
    BL_TRY(new_buffer(context, n_bytes, ret_bits, err));
    uint8_t *to = (*ret_bits)->data;
    if (n_bytes)
        memset(to, 0, n_bytes);
    for (size_t i = 0; i < values->n; i++)
        for (int64_t k = values->items[i].first; k < values->items[i].last; k++, at++)
            to[at / 8] |= (uint8_t)((from->data[k / 8] >> k % 8 & 1) << at % 8);
    return BL_OK;
}

static bl_status filter_values(bl_context *context, const bl_column *from, size_t width,
                               const runs *values, bl_column *column, bl_error *err) {
    BL_TRY(new_buffer(context, (size_t)values->n_values * width, &column->values, err));
    uint8_t *to = column->values->data;
    for (size_t i = 0; i < values->n; i++) {
        const run *r = &values->items[i];
        size_t n_bytes = (size_t)(r->last - r->first) * width;
        if (n_bytes)
            memcpy(to, from->values->data + (size_t)r->first * width, n_bytes);
        to += n_bytes;
    }
    return BL_OK;
}

static bl_status filter(bl_context *context, const bl_column *from, const runs *rows,
                        bl_column *column, bl_error *err) {
    bl_type_id id = from->type->id;
    BL_TRY(bl_column_init(context, column, from->type, err));
    column->length = rows->n_values;
    if (from->validity)
        BL_TRY(filter_bits(context, from->validity, rows, &column->validity, err));
    if (id == BL_BOOL)
        return filter_bits(context, from->values, rows, &column->values, err);
    if (id <= BL_FLOAT64)
        return filter_values(context, from, bl_type_id_width(id), rows, column, err);
    for (size_t i = 0; id == BL_STRUCT && i < from->n_children; i++)
        BL_TRY(filter(context, &from->children[i], rows, &column->children[i], err));
    if (id == BL_STRUCT)
        return BL_OK;
    BL_AUTO(bl_buffer) memory = NULL;
    BL_TRY(bl_buffer_new(context, rows->n * sizeof(run), &memory, err));
    if (id != BL_FIXED_LIST)
        BL_TRY(filter_offsets(context, from, rows, column, err));
    runs inner = inner_runs(from, rows, (run *)(void *)memory->data);
    if (id == BL_UTF8 || id == BL_BINARY)
        return filter_values(context, from, 1, &inner, column, err);
    return filter(context, &from->children[0], &inner, &column->children[0], err);
}

// ---- items behind nulls ----

static bool has_items_behind_nulls(const bl_column *column) {
    for (int64_t i = 0; i < column->length; i++)
        if (bl_column_is_null(column, i) &&
            bl_column_offset(column, i) != bl_column_offset(column, i + 1))
            return true;
    return false;
}

/// Items of the lists that are there, and the ends that these then have.
static runs items_there(const bl_column *column, run *memory, void *offsets) {
    bool is_large = column->type->id == BL_LARGE_LIST;
    runs inner = {.items = memory};
    for (int64_t i = 0; i <= column->length; i++) {
        if (is_large)
            ((int64_t *)offsets)[i] = inner.n_values;
        else
            ((int32_t *)offsets)[i] = (int32_t)inner.n_values;
        if (i == column->length || bl_column_is_null(column, i))
            continue;
        run made = {bl_column_offset(column, i), bl_column_offset(column, i + 1)};
        inner.n_values += made.last - made.first;
        if (inner.n && memory[inner.n - 1].last == made.first)
            memory[inner.n - 1].last = made.last;
        else
            memory[inner.n++] = made;
    }
    return inner;
}

static bl_status drop_items(bl_context *context, bl_column *column, bl_error *err) {
    size_t width = column->type->id == BL_LARGE_LIST ? 8 : 4;
    BL_AUTO(bl_buffer) memory = NULL;
    BL_AUTO(bl_buffer) offsets = NULL;
    BL_TRY(bl_buffer_new(context, (size_t)column->length * sizeof(run), &memory, err));
    BL_TRY(new_buffer(context, ((size_t)column->length + 1) * width, &offsets, err));
    runs inner = items_there(column, (run *)(void *)memory->data, offsets->data);
    if (!column->n_children) {
        bl_column text = {0};
        BL_TRY(filter_values(context, column, 1, &inner, &text, err));
        bl_buffer_release(column->values);
        column->values = text.values;
    } else {
        bl_column items = {0};
        bl_status status = filter(context, &column->children[0], &inner, &items, err);
        bl_column_release(context, status == BL_OK ? &column->children[0] : &items);
        BL_TRY(status);
        column->children[0] = items;
    }
    bl_buffer_release(column->offsets);
    column->offsets = BL_MOVE(offsets);
    return BL_OK;
}

/// What is null above is null in a member, or in each of the `size` items of a fixed list.
static bl_status hand_down(bl_context *context, const bl_column *above, int64_t size,
                           bl_column *below, bl_error *err) {
    size_t n_bytes = ((size_t)below->length + 7) / 8;
    bl_buffer *bits = NULL;
    BL_TRY(new_buffer(context, n_bytes, &bits, err));
    if (below->validity && n_bytes)
        memcpy(bits->data, below->validity->data, n_bytes);
    else if (n_bytes)
        memset(bits->data, 0xff, n_bytes);
    for (int64_t i = 0; i < above->length; i++)
        for (int64_t k = i * size; bl_column_is_null(above, i) && k < (i + 1) * size; k++)
            bits->data[k / 8] &= (uint8_t) ~(1U << k % 8);
    bl_buffer_release(below->validity);
    below->validity = bits;
    return BL_OK;
}

bl_status bl_column_empty_nulls(bl_context *context, bl_column *column, bl_error *err) {
    bl_type_id id = column->type->id;
    bool has_offsets = id == BL_LIST || id == BL_LARGE_LIST || id == BL_UTF8 || id == BL_BINARY;
    bool has_nulls = bl_column_count_nulls(column) > 0;
    if (!has_nulls)
        bl_buffer_release(BL_MOVE(column->validity));
    if (has_offsets && has_nulls && has_items_behind_nulls(column))
        BL_TRY(drop_items(context, column, err));
    for (size_t i = 0; i < column->n_children; i++) {
        int64_t size = id == BL_STRUCT ? 1 : column->type->list_size;
        if (!has_offsets && has_nulls)
            BL_TRY(hand_down(context, column, size, &column->children[i], err));
        BL_TRY(bl_column_empty_nulls(context, &column->children[i], err));
    }
    return BL_OK;
}

bl_status bl_column_drop_nulls(bl_context *context, const bl_column *from, bl_column *column,
                               bl_error *err) {
    BL_AUTO(bl_buffer) memory = NULL;
    BL_TRY(bl_buffer_new(context, (size_t)from->length * sizeof(run), &memory, err));
    run *made = (run *)(void *)memory->data;
    runs there = {.items = made};
    for (int64_t i = 0; i < from->length; i++) {
        if (bl_column_is_null(from, i))
            continue;
        there.n_values++;
        if (there.n && made[there.n - 1].last == i)
            made[there.n - 1].last++;
        else
            made[there.n++] = (run){i, i + 1};
    }
    bl_column kept = {0};
    bl_status status = filter(context, from, &there, &kept, err);
    bl_buffer_release(BL_MOVE(kept.validity));
    if (status == BL_OK)
        *column = kept;
    else
        bl_column_release(context, &kept);
    return status;
}

/// \param memory [n_rows]
static runs runs_of(const uint8_t *keep, int64_t n_rows, run *memory) {
    runs rows = {.items = memory};
    for (int64_t i = 0; i < n_rows; i++) {
        if (!keep[i])
            continue;
        rows.n_values++;
        if (rows.n && memory[rows.n - 1].last == i)
            memory[rows.n - 1].last++;
        else
            memory[rows.n++] = (run){i, i + 1};
    }
    return rows;
}

typedef struct filtering {
    const bl_batch *from;
    runs rows;
    bl_batch *to;
} filtering;

static bl_status filter_column(void *argument, size_t i, unsigned worker, bl_error *err) {
    (void)worker;
    const filtering *f = (const filtering *)argument;
    const bl_column *from = &f->from->columns[i];
    if (f->rows.n_values == f->from->n_rows)
        return bl_column_concat(f->to->context, &from, 1, &f->to->columns[i], err);
    return filter(f->to->context, from, &f->rows, &f->to->columns[i], err);
}

bl_status bl_batch_filter(const bl_batch *batch, const uint8_t *keep, bl_batch **ret_batch,
                          bl_error *err) {
    bl_context *context = batch->context;
    BL_AUTO(bl_buffer) memory = NULL;
    BL_AUTO(bl_batch) made = NULL;
    BL_TRY(bl_buffer_new(context, (size_t)batch->n_rows * sizeof(run), &memory, err));
    filtering f = {.from = batch,
                   .rows = runs_of(keep, batch->n_rows, (run *)(void *)memory->data)};
    BL_TRY(bl_batch_new(context, batch->n_columns, (const char *const *)batch->names,
                        batch->first_row, f.rows.n_values, &made, err));
    f.to = made;
    BL_TRY(bl_run_tasks(context, filter_column, &f, batch->n_columns, err));
    *ret_batch = BL_MOVE(made);
    return BL_OK;
}
