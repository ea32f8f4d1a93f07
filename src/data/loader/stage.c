// SPDX-License-Identifier: Apache-2.0
// From the columns of a record batch to float32 rows that went through the transform.
#include "data/loader/stage.h"

#include "base/wide.h"

bl_status bl_stager_init(bl_stager *stager, bl_error *err) {
    enum { WIDE = 4096 };
    size_t widest = 1;
    for (size_t i = 0; i < stager->shards->n_inputs; i++)
        if (stager->shards->inputs[i].of->width > widest)
            widest = stager->shards->inputs[i].of->width;
    stager->wide_rows = widest < WIDE ? WIDE / widest : 1;
    size_t n = stager->wide_rows * widest;
    stager->wide = (double *)bl_alloc_zero(stager->context, n, sizeof *stager->wide);
    return stager->wide ? BL_OK : bl_error_nomem(err, n * sizeof *stager->wide, "a row");
}

void bl_stager_release(bl_stager *stager) { bl_free(stager->context, stager->wide); }

void bl_staged_release(bl_context *context, bl_staged *staged) {
    bl_free(context, staged->memory);
    *staged = (bl_staged){0};
}

// ---- columns ----

static const bl_column *rows_of(const bl_column *column, const bl_prepared_input *input) {
    return input->is_sequence ? &column->children[0] : column;
}

static const void *values(const bl_column *column) { return column->values->data; }

static const int32_t *offsets_of(const bl_column *column) {
    return (const int32_t *)(const void *)column->offsets->data;
}

static uint64_t column_bytes(const bl_column *column) {
    uint64_t bytes =
        (column->values ? column->values->size : 0) + (column->offsets ? column->offsets->size : 0);
    for (size_t i = 0; i < column->n_children; i++)
        bytes += column_bytes(&column->children[i]);
    return bytes;
}

// ---- memory ----

/// The next `bytes` of memory, where there is any.
static void *take(uint8_t *memory, size_t *used, size_t bytes) {
    enum { ALIGNMENT = 64 };
    uint8_t *taken = memory ? memory + *used : NULL;
    *used += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return taken;
}

/// Gives arrays their places. \return bytes of all of them
static size_t lay_out(const bl_stager *stager, const bl_batch *batch, uint8_t *memory,
                      bl_staged *staged) {
    const bl_shards *shards = stager->shards;
    size_t n = (size_t)batch->n_rows, used = 0;
    staged->inputs =
        (bl_staged_input *)take(memory, &used, shards->n_inputs * sizeof *staged->inputs);
    staged->heads = (bl_event_head *)take(memory, &used, n * sizeof *staged->heads);
    staged->targets = NULL;
    if (shards->prepared->label_kind == BL_LABEL_NUMBERS)
        staged->targets =
            (float *)take(memory, &used, n * shards->prepared->n_classes * sizeof(float));
    for (size_t i = 0; i < shards->n_inputs; i++) {
        const bl_loader_input *input = &shards->inputs[i];
        const bl_column *rows = rows_of(&batch->columns[BL_READ_INPUTS + i], input->of);
        size_t n_rows = input->padded_rows ? n * input->padded_rows : (size_t)rows->length;
        bl_staged_input made = {0};
        if (input->of->is_sequence)
            made.offsets = (uint32_t *)take(memory, &used, (n + 1) * sizeof *made.offsets);
        made.data = (float *)take(memory, &used, n_rows * input->of->width * sizeof *made.data);
        if (memory)
            staged->inputs[i] = made;
    }
    return used;
}

static bl_status make_room(const bl_stager *stager, const bl_batch *batch, bl_staged *staged,
                           bl_error *err) {
    size_t bytes = lay_out(stager, batch, NULL, staged);
    if (bytes > staged->capacity) {
        bl_staged_release(stager->context, staged);
        staged->memory = (uint8_t *)bl_alloc(stager->context, bytes);
        if (!staged->memory)
            return bl_error_nomem(err, bytes, "events");
        staged->capacity = bytes;
    }
    (void)lay_out(stager, batch, staged->memory, staged);
    staged->n_events = (uint32_t)batch->n_rows;
    return BL_OK;
}

// ---- numbers that are not finite ----

static uint32_t is_not_finite(float x) {
    const uint32_t infinity = 0x7f800000;
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (bits & infinity) == infinity;
}

BL_WIDE static uint32_t has_bad(const float *x, size_t n) {
    uint32_t any = 0;
    for (size_t i = 0; i < n; i++)
        any |= is_not_finite(x[i]);
    return any;
}

/// Marks events with numbers that are not finite, of which there hardly are any.
/// \param offsets NULL: event i has row i
static void mark_bad(bl_staged *staged, const float *x, const uint32_t *offsets, size_t width) {
    size_t n = staged->n_events;
    if (!has_bad(x, (offsets ? offsets[n] : n) * width))
        return;
    for (size_t i = 0; i < n; i++) {
        size_t first = offsets ? offsets[i] : i, last = offsets ? offsets[i + 1] : i + 1;
        staged->heads[i].is_bad |= has_bad(x + first * width, (last - first) * width);
    }
}

// ---- heads and targets ----

static bl_status stage_heads(const bl_stager *stager, const bl_batch *batch, bl_staged *staged,
                             bl_error *err) {
    const bl_prepared *prepared = stager->shards->prepared;
    const bl_column *c = batch->columns;
    const double *physics = (const double *)values(&c[BL_READ_PHYSICS]);
    const double *train = (const double *)values(&c[BL_READ_TRAIN]);
    const int64_t *entries = (const int64_t *)values(&c[BL_READ_ENTRY]);
    const int32_t *files = (const int32_t *)values(&c[BL_READ_FILE]);
    bool has_class = prepared->label_kind != BL_LABEL_NUMBERS;
    const int32_t *labels = has_class ? (const int32_t *)values(&c[BL_READ_LABEL]) : NULL;
    for (size_t i = 0; i < staged->n_events; i++) {
        bl_event_head head = {physics[i], entries[i], (float)train[i], files[i], 0, 0};
        head.label = labels ? labels[i] : 0;
        head.is_bad = is_not_finite(head.weight) | (physics[i] - physics[i] != 0);
        if (labels && (head.label < 0 || (size_t)head.label >= prepared->n_classes))
            return bl_error_set(err, BL_E_CORRUPT, "event %zu: label %d of %zu", i, head.label,
                                prepared->n_classes);
        if (head.file < 0 || (size_t)head.file >= prepared->n_files)
            return bl_error_set(err, BL_E_CORRUPT, "event %zu: file %d of %zu", i, head.file,
                                prepared->n_files);
        staged->heads[i] = head;
    }
    return BL_OK;
}

static bl_status stage_targets(const bl_column *column, size_t n_classes, bl_staged *staged,
                               bl_error *err) {
    const int32_t *offsets = offsets_of(column);
    const double *x = (const double *)values(&column->children[0]);
    for (size_t i = 0; i < staged->n_events; i++)
        if ((size_t)(offsets[i + 1] - offsets[i]) != n_classes)
            return bl_error_set(err, BL_E_CORRUPT, "event %zu: %d numbers to learn, not %zu", i,
                                offsets[i + 1] - offsets[i], n_classes);
    for (size_t i = 0; i < staged->n_events * n_classes; i++)
        staged->targets[i] = (float)x[i];
    mark_bad(staged, staged->targets, NULL, n_classes);
    return BL_OK;
}

// ---- inputs ----

static void run_doubles(const bl_stager *stager, const bl_nn_columns *columns, size_t width,
                        size_t m, const double *x, float *out) {
    while (m > 0) {
        size_t rows = m < stager->wide_rows ? m : stager->wide_rows;
        const double *y = x;
        if (columns) {
            bl_nn_columns_run_double(columns, rows, x, width, stager->wide, width);
            y = stager->wide;
        }
        for (size_t i = 0; i < rows * width; i++)
            out[i] = (float)y[i];
        m -= rows;
        x += rows * width;
        out += rows * width;
    }
}

/// Transforms the first m rows of a column.
static void run(const bl_stager *stager, const bl_loader_input *input, const bl_column *rows,
                size_t m, float *out) {
    const bl_column *numbers = &rows->children[0];
    size_t width = input->of->width;
    if (m == 0)
        return;
    if (numbers->type->id == BL_FLOAT64) {
        run_doubles(stager, input->columns, width, m, (const double *)values(numbers), out);
        return;
    }
    const float *x = (const float *)values(numbers);
    if (input->columns)
        bl_nn_columns_run(input->columns, m, x, width, out, width);
    else
        memcpy(out, x, m * width * sizeof *out);
}

/// All rows are transformed at once, at the end of the room for those that are padded: from there
/// each event's go to their place, which never is behind where they are.
static bl_status stage_padded(const bl_stager *stager, const bl_loader_input *input,
                              const bl_column *column, bl_staged_input *made, bl_error *err) {
    const int32_t *offsets = offsets_of(column);
    size_t length = input->padded_rows, width = input->of->width, n = (size_t)column->length;
    for (size_t i = 0; i < n; i++)
        if ((size_t)(offsets[i + 1] - offsets[i]) > length)
            return bl_error_set(err, BL_E_CORRUPT, "event %zu: '%s' has %d rows, more than %zu", i,
                                input->of->name, offsets[i + 1] - offsets[i], length);
    float *from = made->data + (n * length - (size_t)offsets[n]) * width, *to = made->data;
    run(stager, input, &column->children[0], (size_t)offsets[n], from);
    for (size_t i = 0; i < n; i++, to += length * width) {
        size_t n_rows = (size_t)(offsets[i + 1] - offsets[i]);
        memmove(to, from, n_rows * width * sizeof *to);
        (void)bl_nn_columns_pad(input->columns, n_rows, to);
        made->offsets[i + 1] = (uint32_t)((i + 1) * length);
        from += n_rows * width;
    }
    return BL_OK;
}

static bl_status stage_input(const bl_stager *stager, const bl_loader_input *input,
                             const bl_column *column, bl_staged *staged, bl_staged_input *made,
                             bl_error *err) {
    const bl_column *rows = rows_of(column, input->of);
    if (made->offsets)
        made->offsets[0] = 0;
    if (input->padded_rows) {
        BL_TRY(stage_padded(stager, input, column, made, err));
    } else {
        run(stager, input, rows, (size_t)rows->length, made->data);
        for (size_t i = 0; made->offsets && i < staged->n_events; i++)
            made->offsets[i + 1] = (uint32_t)offsets_of(column)[i + 1];
    }
    mark_bad(staged, made->data, made->offsets, input->of->width);
    return BL_OK;
}

static bl_status stage_batch(const bl_stager *stager, const bl_batch *batch, bl_staged *staged,
                             bl_error *err) {
    const bl_shards *shards = stager->shards;
    BL_TRY(make_room(stager, batch, staged, err));
    BL_TRY(stage_heads(stager, batch, staged, err));
    if (staged->targets)
        BL_TRY(stage_targets(&batch->columns[BL_READ_LABEL], shards->prepared->n_classes, staged,
                             err));
    for (size_t i = 0; i < shards->n_inputs; i++)
        BL_TRY(stage_input(stager, &shards->inputs[i], &batch->columns[BL_READ_INPUTS + i], staged,
                           &staged->inputs[i], err));
    return BL_OK;
}

bl_status bl_stage(bl_stager *stager, const bl_block *block, bl_staged *staged, bl_error *err) {
    BL_AUTO(bl_batch) batch = NULL;
    BL_TRY(bl_shards_read(stager->shards, block, &batch, err));
    uint64_t bytes = 0;
    for (size_t i = 0; i < batch->n_columns; i++)
        bytes += column_bytes(&batch->columns[i]);
    atomic_fetch_add_explicit(&stager->bytes, bytes, memory_order_relaxed);
    bl_status status = stage_batch(stager, batch, staged, err);
    return status == BL_OK ? BL_OK : bl_shards_error(stager->shards, block, status, err);
}
