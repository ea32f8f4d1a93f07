// SPDX-License-Identifier: Apache-2.0
// Running a program over rows: memory of steps, columns into arrays, literals.
#include "base/context.h"
#include "column/column.h"
#include "expr/program.h"
#include "expr/token.h"

bl_status bl_run_init(bl_run *run, const bl_program *program, bl_context *context, bl_error *err) {
    *run = (bl_run){.program = program, .context = context};
    size_t n = program->n_steps ? program->n_steps : 1;
    run->arrays = (bl_array *)bl_alloc_zero(context, n, sizeof *run->arrays);
    run->stores = (bl_store *)bl_alloc_zero(context, n, sizeof *run->stores);
    run->slots = (bl_buffer **)bl_alloc_zero(context, program->n_slots + 1, sizeof(bl_buffer *));
    if (run->arrays && run->stores && run->slots)
        return BL_OK;
    bl_run_release(run);
    return bl_error_nomem(err, n * sizeof *run->arrays, "values of expressions");
}

void bl_run_release(bl_run *run) {
    for (size_t i = 0; run->stores && i < run->program->n_steps; i++) {
        bl_buffer_release(run->stores[i].valid);
        for (unsigned k = 0; k < BL_MOST_DEPTH; k++)
            bl_buffer_release(run->stores[i].offsets[k]);
    }
    for (size_t i = 0; run->slots && i < run->program->n_slots; i++)
        bl_buffer_release(run->slots[i]);
    bl_buffer_release(run->scratch);
    bl_free(run->context, run->slots);
    bl_free(run->context, run->stores);
    bl_free(run->context, run->arrays);
    *run = (bl_run){0};
}

static bl_status room(const bl_run *run, bl_buffer **buffer, size_t n_bytes, bl_error *err) {
    if (*buffer && (*buffer)->capacity >= n_bytes)
        return BL_OK;
    bl_buffer_release(BL_MOVE(*buffer));
    return bl_buffer_new(run->context, n_bytes, buffer, err);
}

bl_status bl_run_new(bl_run *run, const bl_step *step, int64_t n, bl_array **ret_array,
                     void **ret_data, bl_error *err) {
    size_t i = bl_run_number(run, step);
    bl_buffer **slot = &run->slots[step->slot];
    BL_TRY(room(run, slot, (size_t)n * bl_kind_width(step->type.kind), err));
    run->arrays[i] = (bl_array){.kind = step->type.kind,
                                .depth = step->type.depth,
                                .is_constant = step->type.is_constant,
                                .n_rows = run->n_rows,
                                .n = n,
                                .data = (*slot)->data};
    *ret_array = &run->arrays[i];
    *ret_data = (*slot)->data;
    return BL_OK;
}

bl_status bl_run_new_valid(bl_run *run, const bl_step *step, uint8_t **ret_valid, bl_error *err) {
    size_t i = bl_run_number(run, step);
    BL_TRY(room(run, &run->stores[i].valid, (size_t)run->arrays[i].n, err));
    run->arrays[i].valid = *ret_valid = run->stores[i].valid->data;
    return BL_OK;
}

bl_status bl_run_new_offsets(bl_run *run, const bl_step *step, unsigned level, int64_t n,
                             int32_t **ret_offsets, bl_error *err) {
    size_t i = bl_run_number(run, step);
    bl_buffer **buffer = &run->stores[i].offsets[level];
    BL_TRY(room(run, buffer, ((size_t)n + 1) * sizeof(int32_t), err));
    *ret_offsets = (int32_t *)(void *)(*buffer)->data;
    (*ret_offsets)[0] = 0;
    return BL_OK;
}

void bl_run_share_lists(bl_array *array, const bl_array *like, unsigned n_levels) {
    for (unsigned k = 0; k < n_levels; k++)
        array->offsets[k] = like->offsets[k];
}

bl_status bl_run_check_lists(const bl_run *run, const bl_array *a, const bl_array *b,
                             unsigned n_levels, bl_error *err) {
    int64_t row;
    if (bl_array_same_lists(a, b, n_levels, &row))
        return BL_OK;
    return bl_error_set(err, BL_E_SHAPE, "lists of different lengths meet in row %lld",
                        (long long)(run->batch->first_row + run->first + row));
}

bl_status bl_run_scratch(bl_run *run, size_t n_bytes, void **ret_memory, bl_error *err) {
    BL_TRY(room(run, &run->scratch, n_bytes, err));
    *ret_memory = run->scratch->data;
    return BL_OK;
}

bl_status bl_run_rows(bl_run *run, const bl_batch *batch, int64_t first, int64_t n_rows,
                      bl_error *err) {
    run->batch = batch;
    run->first = first;
    run->n_rows = n_rows;
    for (size_t i = 0; i < run->program->n_steps; i++) {
        const bl_step *step = &run->program->steps[i];
        bl_error why = {0};
        if (!step->is_needed)
            continue;
        bl_status status = step->run(run, step, &why);
        if (status != BL_OK)
            return bl_expr_error(err, status, step->text, step->begin, step->end, "%s",
                                 why.message);
    }
    return BL_OK;
}

// ---- literals ----

bl_status bl_step_literal(bl_run *run, const bl_step *step, bl_error *err) {
    bl_array *array;
    void *data;
    BL_TRY(bl_run_new(run, step, 1, &array, &data, err));
    if (step->type.kind == BL_KIND_FLOAT)
        memcpy(data, &step->number, sizeof step->number);
    else if (step->type.kind == BL_KIND_INT)
        memcpy(data, &step->integer, sizeof step->integer);
    else
        *(uint8_t *)data = step->integer != 0;
    return BL_OK;
}

// ---- columns ----

#define WIDEN(from, to)                                                            \
    do {                                                                           \
        const from *in = (const from *)(const void *)column->values->data + first; \
        to *out = (to *)data;                                                      \
        for (int64_t i = 0; i < n; i++)                                            \
            out[i] = (to)in[i];                                                    \
    } while (0)

static void unpack_bools(const uint8_t *bits, int64_t first, int64_t n, uint8_t *out) {
    for (int64_t i = 0; i < n; i++)
        out[i] = bits[(first + i) / 8] >> (first + i) % 8 & 1;
}

static bl_status check_unsigned(const bl_column *column, int64_t first, int64_t n, bl_error *err) {
    const int64_t *in = (const int64_t *)(const void *)column->values->data + first;
    int64_t all = 0;
    for (int64_t i = 0; i < n; i++)
        all |= in[i];
    return all >= 0 ? BL_OK
                    : bl_error_set(err, BL_E_RANGE, "an unsigned number past 9223372036854775807");
}

/// Elements [first, first + n) of a column of numbers.
static bl_status widen(const bl_column *column, int64_t first, int64_t n, void *data,
                       bl_error *err) {
    switch (column->type->id) {
    case BL_BOOL:
        unpack_bools(column->values->data, first, n, (uint8_t *)data);
        return BL_OK;
    case BL_INT8:
        WIDEN(int8_t, int64_t);
        return BL_OK;
    case BL_UINT8:
        WIDEN(uint8_t, int64_t);
        return BL_OK;
    case BL_INT16:
        WIDEN(int16_t, int64_t);
        return BL_OK;
    case BL_UINT16:
        WIDEN(uint16_t, int64_t);
        return BL_OK;
    case BL_INT32:
        WIDEN(int32_t, int64_t);
        return BL_OK;
    case BL_UINT32:
        WIDEN(uint32_t, int64_t);
        return BL_OK;
    case BL_UINT64:
        BL_TRY(check_unsigned(column, first, n, err));
        WIDEN(int64_t, int64_t);
        return BL_OK;
    case BL_INT64:
        WIDEN(int64_t, int64_t);
        return BL_OK;
    case BL_FLOAT32:
        WIDEN(float, double);
        return BL_OK;
    default:
        WIDEN(double, double);
        return BL_OK;
    }
}

/// Lists of a fixed length are lists like others. \return where the items of the first one begin
static bl_status fixed_lists(bl_run *run, const bl_step *step, unsigned level, int64_t size,
                             int64_t n, const int32_t **ret_offsets, bl_error *err) {
    int32_t *offsets;
    if (n && size > INT32_MAX / n)
        return bl_error_set(err, BL_E_LIMIT, "lists of more than 2147483647 elements");
    BL_TRY(bl_run_new_offsets(run, step, level, n, &offsets, err));
    for (int64_t i = 1; i <= n; i++)
        offsets[i] = (int32_t)(i * size);
    *ret_offsets = offsets;
    return BL_OK;
}

/// Nulls are missing elements. \param n of them from `first` on
static bl_status load_nulls(bl_run *run, const bl_step *step, const bl_column *column,
                            int64_t first, int64_t n, bl_error *err) {
    uint8_t *valid;
    if (!column->validity || n == 0)
        return BL_OK;
    if (!step->type.may_miss)
        return bl_error_set(err, BL_E_TYPE,
                            "a null, where the table's first file says there is none");
    BL_TRY(bl_run_new_valid(run, step, &valid, err));
    unpack_bools(column->validity->data, first, n, valid);
    return BL_OK;
}

bl_status bl_step_load(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_column *column = &run->batch->columns[step->integer];
    const int32_t *lists[BL_MOST_DEPTH] = {0};
    int64_t first = run->first, n = run->n_rows;
    for (unsigned level = 0; level < step->type.depth; level++, column = column->children) {
        if (column->type->id == BL_FIXED_LIST) {
            int64_t size = column->type->list_size;
            BL_TRY(fixed_lists(run, step, level, size, n, &lists[level], err));
            first *= size;
            n *= size;
            continue;
        }
        static const int32_t none[1] = {0}; // there may be no buffer where there are no lists
        lists[level] = n ? (const int32_t *)(const void *)column->offsets->data + first : none;
        first = lists[level][0];
        n = lists[level][n] - first;
    }
    bl_array *array;
    void *data;
    bl_type_id id = column->type->id;
    bool is_as_wanted = id == BL_INT64 || id == BL_FLOAT64;
    BL_TRY(bl_run_new(run, step, is_as_wanted ? 0 : n, &array, &data, err));
    memcpy(array->offsets, lists, sizeof lists);
    array->n = n;
    if (n == 0) // there may be no buffer
        return BL_OK;
    BL_TRY(load_nulls(run, step, column, first, n, err));
    if (!is_as_wanted)
        return widen(column, first, n, data, err);
    array->data = column->values->data + (size_t)first * 8;
    return BL_OK;
}
