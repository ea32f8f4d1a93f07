// SPDX-License-Identifier: Apache-2.0
// Slabs: events fetched from where they lie in memory. Each is at a random place, so that the
// processor is told some events ahead what comes next; all that is written is written in order.
#include "data/loader/slab.h"

enum { AHEAD = 16 }; ///< events

bl_status bl_slab_init(bl_slab *slab, const bl_loader_input *inputs, bl_error *err) {
    size_t n = slab->n_inputs;
    slab->inputs = (bl_slab_input *)bl_alloc_zero(slab->context, n + 1, sizeof *slab->inputs);
    slab->shown = (bl_loaded_input *)bl_alloc_zero(slab->context, n + 1, sizeof *slab->shown);
    if (!slab->inputs || !slab->shown)
        return bl_error_nomem(err, n * sizeof *slab->inputs, "inputs");
    for (size_t i = 0; i < n; i++) {
        slab->inputs[i].width = inputs[i].of->width;
        slab->inputs[i].is_sequence = inputs[i].of->is_sequence;
    }
    return BL_OK;
}

void bl_slab_release(bl_slab *slab) {
    bl_context *context = slab->context;
    for (size_t i = 0; slab->inputs && i < slab->n_inputs; i++) {
        bl_free(context, slab->inputs[i].data);
        bl_free(context, slab->inputs[i].offsets);
        bl_free(context, slab->inputs[i].first_rows);
    }
    bl_free(context, slab->inputs);
    bl_free(context, slab->shown);
    bl_free(context, slab->targets);
    bl_free(context, slab->weights);
    bl_free(context, slab->physics);
    bl_free(context, slab->files);
    bl_free(context, slab->entries);
    bl_free(context, slab->bad);
}

// ---- room ----

/// Room for `n` elements and a few more: slabs differ little from each other.
static bl_status grow(bl_context *context, void *array_pointer, size_t *capacity, size_t n,
                      size_t size, bl_error *err) {
    enum { SPARE_SHARE = 32 };
    size_t room = n + n / SPARE_SHARE + 1, bytes;
    void *array;
    if (*capacity && n <= *capacity)
        return BL_OK;
    if (__builtin_mul_overflow(room, size, &bytes))
        return bl_error_nomem(err, SIZE_MAX, "events");
    memcpy(&array, array_pointer, sizeof array); // it points to a T *, whatever T is
    array = bl_realloc(context, array, bytes);
    if (!array)
        return bl_error_nomem(err, bytes, "events");
    memcpy(array_pointer, &array, sizeof array);
    *capacity = room;
    return BL_OK;
}

static bl_status reserve_events(bl_slab *slab, size_t n, bl_error *err) {
    const struct {
        void *array;
        size_t size;
    } arrays[] = {
        {&slab->targets, slab->n_classes * sizeof *slab->targets},
        {&slab->weights, sizeof *slab->weights},
        {&slab->physics, sizeof *slab->physics},
        {&slab->files, sizeof *slab->files},
        {&slab->entries, sizeof *slab->entries},
        {&slab->bad, sizeof *slab->bad},
    };
    size_t capacity = slab->capacity;
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        capacity = slab->capacity;
        BL_TRY(grow(slab->context, arrays[i].array, &capacity, n, arrays[i].size, err));
    }
    slab->capacity = capacity;
    return BL_OK;
}

static bl_status reserve_rows(const bl_slab *slab, bl_slab_input *input, size_t n_events,
                              size_t n_rows, bl_error *err) {
    bl_context *context = slab->context;
    BL_TRY(grow(context, &input->data, &input->data_capacity, n_rows * input->width,
                sizeof *input->data, err));
    if (!input->is_sequence)
        return BL_OK;
    size_t n_batches = (n_events + slab->batch_events - 1) / slab->batch_events;
    size_t n_offsets = n_events + n_batches;
    BL_TRY(grow(context, &input->offsets, &input->offsets_capacity, n_offsets,
                sizeof *input->offsets, err));
    return grow(context, &input->first_rows, &input->first_rows_capacity, n_batches,
                sizeof *input->first_rows, err);
}

// ---- what was left over ----

static size_t first_row(const bl_slab *slab, const bl_slab_input *input, size_t batch) {
    return input->is_sequence ? input->first_rows[batch] : batch * slab->batch_events;
}

static bl_status take_rows(bl_slab *slab, bl_slab_input *input, const bl_slab *before,
                           const bl_slab_input *from, size_t batch, size_t n, bl_error *err) {
    size_t first = first_row(before, from, batch), n_rows = from->n_rows - first;
    BL_TRY(reserve_rows(slab, input, n, n_rows, err));
    memcpy(input->data, from->data + first * from->width, n_rows * from->width * sizeof(float));
    input->n_rows = n_rows;
    if (!input->is_sequence)
        return BL_OK;
    input->first_rows[0] = 0;
    memcpy(input->offsets, from->offsets + batch * (before->batch_events + 1),
           (n + 1) * sizeof *input->offsets);
    return BL_OK;
}

bl_status bl_slab_begin(bl_slab *slab, const bl_slab *before, bl_error *err) {
    size_t batch = before ? before->n_events / before->batch_events : 0;
    size_t first = batch * slab->batch_events, n = before ? before->n_events - first : 0;
    slab->n_events = 0;
    for (size_t i = 0; i < slab->n_inputs; i++)
        slab->inputs[i].n_rows = 0;
    if (n == 0)
        return BL_OK;
    BL_TRY(reserve_events(slab, n, err));
    for (size_t i = 0; i < slab->n_inputs; i++)
        BL_TRY(take_rows(slab, &slab->inputs[i], before, &before->inputs[i], batch, n, err));
    memcpy(slab->targets, before->targets + first * slab->n_classes,
           n * slab->n_classes * sizeof *slab->targets);
    memcpy(slab->weights, before->weights + first, n * sizeof *slab->weights);
    memcpy(slab->physics, before->physics + first, n * sizeof *slab->physics);
    memcpy(slab->files, before->files + first, n * sizeof *slab->files);
    memcpy(slab->entries, before->entries + first, n * sizeof *slab->entries);
    memcpy(slab->bad, before->bad + first, n * sizeof *slab->bad);
    slab->n_events = n;
    return BL_OK;
}

// ---- events ----

static void append_heads(bl_slab *slab, bl_staged *const *blocks, const bl_place *places,
                         size_t n) {
    size_t at = slab->n_events, n_classes = slab->n_classes;
    float *target = slab->targets + at * n_classes;
    if (!slab->has_numbers)
        memset(target, 0, n * n_classes * sizeof *target);
    for (size_t i = 0; i < n; i++, at++, target += n_classes) {
        const bl_place *ahead = &places[i + AHEAD < n ? i + AHEAD : i];
        __builtin_prefetch(&blocks[ahead->block]->heads[ahead->event]);
        const bl_staged *block = blocks[places[i].block];
        const bl_event_head *head = &block->heads[places[i].event];
        slab->weights[at] = head->weight;
        slab->physics[at] = head->physics;
        slab->files[at] = head->file;
        slab->entries[at] = head->entry;
        slab->bad[at] = (uint8_t)head->is_bad;
        if (slab->has_numbers)
            memcpy(target, block->targets + places[i].event * n_classes,
                   n_classes * sizeof *target);
        else
            target[head->label] = 1;
    }
}

static void append_vectors(bl_slab_input *input, size_t number, bl_staged *const *blocks,
                           const bl_place *places, size_t n) {
    size_t width = input->width;
    float *to = input->data + input->n_rows * width;
    for (size_t i = 0; i < n; i++, to += width) {
        const bl_place *ahead = &places[i + AHEAD < n ? i + AHEAD : i];
        const float *next = blocks[ahead->block]->inputs[number].data + ahead->event * width;
        __builtin_prefetch(next);
        __builtin_prefetch(next + width - 1);
        const float *from = blocks[places[i].block]->inputs[number].data + places[i].event * width;
        memcpy(to, from, width * sizeof *to);
    }
    input->n_rows += n;
}

/// \param batch_events offsets begin anew behind so many events
static void append_sequences(bl_slab_input *input, size_t number, size_t batch_events, size_t at,
                             bl_staged *const *blocks, const bl_place *places, size_t n) {
    size_t width = input->width, batch = at / batch_events, left = (batch + 1) * batch_events - at;
    int64_t *offset = input->offsets + at + batch; // where the event's rows begin
    for (size_t i = 0; i < n; i++, offset++) {
        const bl_place *far = &places[i + 2 * AHEAD < n ? i + 2 * AHEAD : i];
        __builtin_prefetch(&blocks[far->block]->inputs[number].offsets[far->event]);
        const bl_place *ahead = &places[i + AHEAD < n ? i + AHEAD : i];
        const bl_staged_input *next = &blocks[ahead->block]->inputs[number];
        __builtin_prefetch(next->data + next->offsets[ahead->event] * width);
        if (left == batch_events) {
            input->first_rows[batch] = input->n_rows;
            *offset = 0;
        }
        const bl_staged_input *block = &blocks[places[i].block]->inputs[number];
        size_t first = block->offsets[places[i].event];
        size_t n_rows = block->offsets[places[i].event + 1] - first;
        memcpy(input->data + input->n_rows * width, block->data + first * width,
               n_rows * width * sizeof *input->data);
        input->n_rows += n_rows;
        offset[1] = offset[0] + (int64_t)n_rows;
        if (--left == 0) {
            left = batch_events;
            batch++;
            offset++;
        }
    }
}

static size_t count_rows(size_t number, bl_staged *const *blocks, size_t n_blocks) {
    size_t n_rows = 0;
    for (size_t i = 0; i < n_blocks; i++)
        n_rows += blocks[i]->inputs[number].offsets[blocks[i]->n_events];
    return n_rows;
}

bl_status bl_slab_append(bl_slab *slab, bl_staged *const *blocks, size_t n_blocks,
                         const bl_place *places, size_t n, bl_error *err) {
    size_t n_events = slab->n_events + n;
    BL_TRY(reserve_events(slab, n_events, err));
    for (size_t i = 0; i < slab->n_inputs; i++) {
        bl_slab_input *input = &slab->inputs[i];
        size_t n_rows = input->is_sequence ? count_rows(i, blocks, n_blocks) : n;
        BL_TRY(reserve_rows(slab, input, n_events, input->n_rows + n_rows, err));
    }
    append_heads(slab, blocks, places, n);
    for (size_t i = 0; i < slab->n_inputs; i++) {
        bl_slab_input *input = &slab->inputs[i];
        if (input->is_sequence)
            append_sequences(input, i, slab->batch_events, slab->n_events, blocks, places, n);
        else
            append_vectors(input, i, blocks, places, n);
    }
    slab->n_events = n_events;
    return BL_OK;
}

void bl_slab_show(bl_slab *slab, size_t batch, bl_loaded *ret_batch) {
    size_t first = batch * slab->batch_events, n = slab->n_events - first;
    if (n > slab->batch_events)
        n = slab->batch_events;
    for (size_t i = 0; i < slab->n_inputs; i++) {
        const bl_slab_input *input = &slab->inputs[i];
        const float *data = input->data + first_row(slab, input, batch) * input->width;
        const int64_t *offsets =
            input->is_sequence ? input->offsets + batch * (slab->batch_events + 1) : NULL;
        slab->shown[i] = (bl_loaded_input){data, offsets};
    }
    *ret_batch = (bl_loaded){
        .n_events = n,
        .inputs = slab->shown,
        .targets = slab->targets + first * slab->n_classes,
        .weights = slab->weights + first,
        .physics = slab->physics + first,
        .files = slab->files + first,
        .entries = slab->entries + first,
        .has_bad = memchr(slab->bad + first, 1, n) != NULL,
        .bad = slab->bad + first,
    };
}
