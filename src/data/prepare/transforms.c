// SPDX-License-Identifier: Apache-2.0
// Transforms: moments are known from the spool; quantiles want numbers, which are collected first.
#include "data/prepare/transforms.h"

#include <math.h>

#include "data/statistics/fit.h"

enum { SAMPLE_EVENTS = 100000, MOST_SAMPLE_ROWS = 1 << 18 };
#define SAMPLE_SHARE 4 // of a bucket, that numbers of an input may take

// ---- which parts a transform sees ----

static size_t n_transforms_of(const bl_spool *spool) {
    return spool->config->split.n_folds ? spool->n_codes : 1;
}

static bool sees(const bl_spool *spool, size_t transform, size_t code) {
    if (spool->config->is_fitted_on_all)
        return true;
    if (!spool->config->split.n_folds)
        return code == 0;
    return code != transform && code != (transform + 1) % spool->n_codes;
}

// ---- numbers for quantiles ----

/// Rows of an input of the sample.
typedef struct sample {
    size_t column;   ///< of the batches
    size_t n_robust; ///< columns that quantiles are wanted of
    size_t *robust;  ///< [n_robust]
    size_t n, most;  ///< rows
    double *numbers; ///< [n_robust × most] after their curves; owns
    uint16_t *codes; ///< [most] parts of the rows; owns
} sample;

typedef struct sampling {
    bl_context *context;
    const bl_spool *spool;
    sample *samples;    ///< [n_inputs]
    const char **names; ///< [n_names] of columns: key, part, inputs
    size_t n_names;
    int64_t *n_seen;       ///< [n_transforms] events that it sees
    double *room;          ///< [MOST_SAMPLE_ROWS] numbers of one column; owns
    double *row;           ///< [2 × widest] of an input; owns
    bl_nn_columns *curves; ///< [n_inputs] that do nothing else
} sampling;

static bool is_robust(const bl_input *input, size_t i) {
    return input->variables[i]->scaler == BL_SCALER_ROBUST;
}

static bl_status start_sample(sampling *s, bl_arena *arena, size_t i, uint64_t bytes,
                              bl_error *err) {
    const bl_input *input = &s->spool->inputs[i];
    sample *to = &s->samples[i];
    to->robust = (size_t *)bl_arena_array(arena, input->shape.width + 1, sizeof *to->robust);
    if (!to->robust)
        return bl_error_nomem(err, 0, "a sample");
    for (size_t k = 0; k < input->shape.width; k++)
        if (is_robust(input, k))
            to->robust[to->n_robust++] = k;
    if (!to->n_robust)
        return BL_OK;
    uint64_t most = bytes / (to->n_robust * sizeof(double) + 1);
    to->most = most > MOST_SAMPLE_ROWS ? MOST_SAMPLE_ROWS : (size_t)most + 1;
    to->numbers = (double *)bl_alloc(s->context, to->n_robust * to->most * sizeof(double));
    to->codes = (uint16_t *)bl_alloc(s->context, to->most * sizeof *to->codes);
    if (!to->numbers || !to->codes)
        return bl_error_nomem(err, to->n_robust * to->most * sizeof(double), "a sample");
    to->column = s->n_names;
    s->names[s->n_names++] = input->shape.name;
    return BL_OK;
}

static bl_status start(sampling *s, bl_arena *arena, uint64_t bucket_bytes, bl_error *err) {
    size_t n = s->spool->n_inputs, widest = 1;
    uint64_t bytes = bucket_bytes / SAMPLE_SHARE / (n + 1);
    s->samples = (sample *)bl_arena_array(arena, n + 1, sizeof *s->samples);
    s->curves = (bl_nn_columns *)bl_arena_array(arena, n + 1, sizeof *s->curves);
    s->names = (const char **)bl_arena_array(arena, n + 3, sizeof *s->names);
    s->n_seen = (int64_t *)bl_arena_array(arena, n_transforms_of(s->spool), sizeof *s->n_seen);
    s->room = (double *)bl_alloc(s->context, MOST_SAMPLE_ROWS * sizeof *s->room);
    if (!s->samples || !s->curves || !s->names || !s->n_seen || !s->room)
        return bl_error_nomem(err, 0, "a sample");
    s->names[s->n_names++] = BL_SHARD_KEY;
    s->names[s->n_names++] = BL_SPOOL_CODE;
    s->names[s->n_names++] = BL_SHARD_TRAIN;
    for (size_t i = 0; i < n; i++) {
        const bl_input *input = &s->spool->inputs[i];
        widest = input->shape.width > widest ? input->shape.width : widest;
        BL_TRY(start_sample(s, arena, i, bytes, err));
        BL_TRY(
            bl_nn_columns_init(arena, input->shape.name, input->shape.width, &s->curves[i], err));
        for (size_t k = 0; k < input->shape.width; k++)
            s->curves[i].curves[k] = input->variables[k]->curve;
    }
    s->row = (double *)bl_arena_array(arena, widest, sizeof *s->row);
    return s->row ? BL_OK : bl_error_nomem(err, widest * sizeof *s->row, "a sample");
}

static void release(sampling *s) {
    for (size_t i = 0; s->samples && i < s->spool->n_inputs; i++) {
        bl_free(s->context, s->samples[i].numbers);
        bl_free(s->context, s->samples[i].codes);
    }
    bl_free(s->context, s->room);
}

/// Takes one row. \param values numbers of the input's column \param row of `width` of them
static void take_row(sampling *s, size_t i, const bl_column *values, int64_t row, uint16_t code) {
    const bl_input *input = &s->spool->inputs[i];
    sample *to = &s->samples[i];
    size_t width = input->shape.width, first = (size_t)row * width;
    const void *data = values->values->data;
    for (size_t k = 0; k < width; k++)
        s->row[k] = s->spool->config->is_double ? ((const double *)data)[first + k]
                                                : (double)((const float *)data)[first + k];
    bl_nn_columns_run_double(&s->curves[i], 1, s->row, width, s->row, width);
    for (size_t k = 0; k < to->n_robust; k++)
        to->numbers[k * to->most + to->n] = s->row[to->robust[k]];
    to->codes[to->n++] = code;
}

static void take_event(sampling *s, size_t i, const bl_column *column, uint32_t row,
                       uint16_t code) {
    const sample *to = &s->samples[i];
    int64_t first = row, last = (int64_t)row + 1;
    if (s->spool->inputs[i].shape.is_sequence) {
        const int32_t *offsets = (const int32_t *)column->offsets->data;
        first = offsets[row];
        last = offsets[row + 1];
        column = &column->children[0];
    }
    for (int64_t at = first; at < last && to->n < to->most; at++)
        take_row(s, i, &column->children[0], at, code);
}

/// Counts an event for the transforms that see it. \return whether one does that wants more
static bool count_event(sampling *s, size_t code) {
    bool is_wanted = false;
    for (size_t t = 0; t < n_transforms_of(s->spool); t++)
        if (sees(s->spool, t, code))
            is_wanted = s->n_seen[t]++ < SAMPLE_EVENTS || is_wanted;
    return is_wanted;
}

/// Whether all have enough.
static bool is_done(const sampling *s) {
    bool is_full = true, has_events = true;
    for (size_t i = 0; i < s->spool->n_inputs; i++)
        is_full = is_full && s->samples[i].n == s->samples[i].most;
    for (size_t t = 0; t < n_transforms_of(s->spool); t++)
        has_events = has_events && s->n_seen[t] >= SAMPLE_EVENTS;
    return is_full || has_events;
}

static void collect(sampling *s, const bl_bucket *bucket) {
    bool drops = s->spool->config->weights.negative == BL_NEGATIVE_DROP;
    for (size_t k = 0; k < bucket->n_rows; k++) {
        const bl_bucket_row *row = &bucket->rows[k];
        size_t code = (size_t)bl_bucket_int32(bucket, row, 1);
        bool is_dropped = drops && bl_bucket_double(bucket, row, 2) < 0;
        if (is_dropped || !count_event(s, code))
            continue;
        for (size_t i = 0; i < s->spool->n_inputs; i++)
            if (s->samples[i].most)
                take_event(s, i, bl_bucket_column(bucket, row, s->samples[i].column), row->row,
                           (uint16_t)code);
    }
}

static bl_status collect_all(sampling *s, bl_source_file *sources, size_t n, uint64_t n_buckets,
                             bl_error *err) {
    for (size_t i = 0; i < n; i++)
        sources[i].key = 0, sources[i].row = 0;
    for (uint64_t i = 0; i < n_buckets && !is_done(s); i++) {
        bl_bucket bucket = {0};
        BL_TRY(bl_bucket_read(s->spool, sources, n, bl_bucket_first(i, n_buckets),
                              bl_bucket_last(i, n_buckets), s->names, s->n_names, &bucket, err));
        collect(s, &bucket);
        bl_bucket_release(&bucket);
    }
    return BL_OK;
}

// ---- fitting ----

/// Quantiles of column `robust` of those that want them, for one transform.
static bl_quantiles quantiles_of(sampling *s, size_t transform, const sample *from, size_t robust) {
    const double *numbers = from->numbers + robust * from->most;
    size_t n = 0;
    for (size_t i = 0; i < from->n; i++)
        if (sees(s->spool, transform, from->codes[i]))
            s->room[n++] = numbers[i];
    return bl_quantiles_of(s->room, n);
}

static bl_status fit_input(sampling *s, bl_arena *arena, const bl_moments *moments,
                           size_t transform, size_t i, bl_nn_columns *columns, bl_error *err) {
    const bl_input *input = &s->spool->inputs[i];
    size_t robust = 0;
    BL_TRY(bl_nn_columns_init(arena, input->shape.name, input->shape.width, columns, err));
    columns->rows = input->columns.rows;
    for (size_t k = 0; k < input->shape.width; k++) {
        bl_quantiles quantiles = {NAN, NAN, NAN};
        columns->names[k] = input->shape.columns[k];
        if (is_robust(input, k))
            quantiles = quantiles_of(s, transform, &s->samples[i], robust++);
        BL_TRY(bl_fit_column(input->variables[k], &moments[input->first_number + k], &quantiles,
                             columns, k, err));
        columns->names[k] = input->shape.columns[k];
    }
    return BL_OK;
}

static bl_status fit_transform(sampling *s, bl_arena *arena, const bl_spool_statistics *all,
                               size_t transform, bl_nn_transform *to, bl_error *err) {
    const bl_spool *spool = s->spool;
    bl_moments *moments =
        (bl_moments *)bl_arena_array(arena, spool->n_numbers + 1, sizeof *moments);
    to->inputs = (bl_nn_columns *)bl_arena_array(arena, spool->n_inputs + 1, sizeof *to->inputs);
    if (!moments || !to->inputs)
        return bl_error_nomem(err, spool->n_numbers * sizeof *moments, "a transform");
    for (size_t code = 0; code < spool->n_codes; code++)
        for (size_t k = 0; sees(spool, transform, code) && k < spool->n_numbers; k++)
            bl_moments_merge(&moments[k], &all->moments[code * spool->n_numbers + k]);
    for (size_t i = 0; i < spool->n_inputs; i++)
        BL_TRY(fit_input(s, arena, moments, transform, i, &to->inputs[i], err));
    to->n_inputs = spool->n_inputs;
    return BL_OK;
}

static bool wants_quantiles(const sampling *s) {
    for (size_t i = 0; i < s->spool->n_inputs; i++)
        if (s->samples[i].most)
            return true;
    return false;
}

bl_status bl_transforms_fit(bl_arena *arena, const bl_spool *spool, const bl_spool_statistics *all,
                            bl_source_file *sources, size_t n, uint64_t n_buckets,
                            uint64_t bucket_bytes, bl_nn_transform **ret_transforms, size_t *ret_n,
                            bl_error *err) {
    sampling s = {.context = spool->arena.context, .spool = spool};
    size_t n_transforms = n_transforms_of(spool);
    bl_nn_transform *transforms =
        (bl_nn_transform *)bl_arena_array(arena, n_transforms, sizeof *transforms);
    if (!transforms)
        return bl_error_nomem(err, n_transforms * sizeof *transforms, "transforms");
    bl_status status = start(&s, arena, bucket_bytes, err);
    if (status == BL_OK && wants_quantiles(&s))
        status = collect_all(&s, sources, n, n_buckets, err);
    for (size_t t = 0; status == BL_OK && t < n_transforms; t++) {
        status = fit_transform(&s, arena, all, t, &transforms[t], err);
        if (status != BL_OK && n_transforms > 1)
            status =
                bl_error_in(err, status, "without folds %zu and %zu", t, (t + 1) % n_transforms);
    }
    release(&s);
    if (status == BL_OK) {
        *ret_transforms = transforms;
        *ret_n = n_transforms;
    }
    return status;
}
