// SPDX-License-Identifier: Apache-2.0
// What is counted while rows are spread. Moments are taken of blocks of events from the first of a
// file on, on all threads, and added in the order of the blocks.
#include "data/prepare/statistics.h"

#include "base/context.h"
#include "base/sum.h"

enum {
    BLOCK = 2048,   ///< events of a task
    MOST_ROWS = 512 ///< rows that are looked at together
};

bl_status bl_spool_statistics_init(bl_arena *arena, const bl_spool *spool,
                                   bl_spool_statistics *ret_statistics, bl_error *err) {
    size_t n_counts = spool->n_codes * spool->n_counted;
    bl_spool_statistics s = {0};
    s.counts = (bl_spool_count *)bl_arena_array(arena, n_counts + 1, sizeof *s.counts);
    s.moments = (bl_moments *)bl_arena_array(arena, spool->n_codes * spool->n_numbers + 1,
                                             sizeof *s.moments);
    s.most_rows = (int64_t *)bl_arena_array(arena, spool->n_inputs + 1, sizeof *s.most_rows);
    if (spool->has_spectra)
        s.spectra = (bl_spectra *)bl_arena_array(arena, spool->n_codes, sizeof *s.spectra);
    if (!s.counts || !s.moments || !s.most_rows || (spool->has_spectra && !s.spectra))
        return bl_error_nomem(err, 0, "statistics");
    for (size_t i = 0; s.spectra && i < spool->n_codes; i++)
        BL_TRY(
            bl_spectra_init(arena, &spool->config->weights, spool->n_counted, &s.spectra[i], err));
    *ret_statistics = s;
    return BL_OK;
}

void bl_spool_statistics_merge(const bl_spool *spool, bl_spool_statistics *statistics,
                               const bl_spool_statistics *other) {
    for (size_t i = 0; i < spool->n_codes * spool->n_counted; i++) {
        bl_spool_count *to = &statistics->counts[i];
        const bl_spool_count *from = &other->counts[i];
        to->n_rows += from->n_rows;
        to->n_negative += from->n_negative;
        to->n_negative_physics += from->n_negative_physics;
        to->sumw += from->sumw;
        to->abs_w += from->abs_w;
        to->sumw_physics += from->sumw_physics;
    }
    for (size_t i = 0; i < spool->n_codes * spool->n_numbers; i++)
        bl_moments_merge(&statistics->moments[i], &other->moments[i]);
    for (size_t i = 0; statistics->spectra && i < spool->n_codes; i++)
        bl_spectra_merge(&statistics->spectra[i], &other->spectra[i]);
    for (size_t i = 0; i < spool->n_inputs; i++)
        if (other->most_rows[i] > statistics->most_rows[i])
            statistics->most_rows[i] = other->most_rows[i];
}

// ---- events ----

static const void *values_of(const bl_batch *batch, size_t i) {
    return batch->columns[i].values->data;
}

/// What is looked at of an event, beside its inputs.
typedef struct event {
    int32_t code;
    size_t class, bin; ///< bin SIZE_MAX: outside
    double physics, train;
} event;

static event event_of(const bl_spool *spool, const bl_spool_row *row) {
    const bl_batch *batch = row->batch;
    size_t i = (size_t)row->at, at = spool->recipe->at_file;
    event e = {.code = ((const int32_t *)values_of(batch, spool->recipe->at_code))[i],
               .bin = SIZE_MAX,
               .physics = ((const double *)values_of(batch, at + 4))[i],
               .train = ((const double *)values_of(batch, at + 5))[i]};
    if (spool->config->label_kind != BL_LABEL_NUMBERS)
        e.class = (size_t)((const int32_t *)values_of(batch, at + 3))[i];
    if (spool->has_spectra) {
        int32_t bin = ((const int32_t *)values_of(batch, spool->recipe->at_code + 1))[i];
        e.bin = bin < 0 ? SIZE_MAX : (size_t)bin;
    }
    return e;
}

/// Whether training leaves an event out for its weight.
static bool is_dropped(const bl_spool *spool, double weight) {
    return weight < 0 && spool->config->weights.negative == BL_NEGATIVE_DROP;
}

static void add_to_spectra(const bl_spool *spool, bl_spool_statistics *statistics, const event *e) {
    bool takes_abs = spool->config->weights.negative == BL_NEGATIVE_ABS;
    if (!statistics->spectra || e->bin == SIZE_MAX || is_dropped(spool, e->train))
        return;
    bl_spectra *spectra = &statistics->spectra[e->code];
    spectra->sums[e->class * spectra->n_bins + e->bin] += takes_abs ? fabs(e->train) : e->train;
}

/// Sums of a code and class while events are added.
typedef struct sums {
    bl_sum w, abs_w, physics;
} sums;

static bl_status count_events(const bl_spool *spool, const bl_spool_row *rows, size_t n,
                              bool has_spectra, bl_spool_statistics *statistics, bl_error *err) {
    size_t n_counts = spool->n_codes * spool->n_counted;
    bl_context *context = spool->arena.context;
    sums *s = (sums *)bl_alloc_zero(context, n_counts, sizeof *s);
    if (!s)
        return bl_error_nomem(err, n_counts * sizeof *s, "statistics");
    for (size_t i = 0; i < n; i++) {
        event e = event_of(spool, &rows[i]);
        size_t at = (size_t)e.code * spool->n_counted + e.class;
        bl_spool_count *count = &statistics->counts[at];
        count->n_rows++;
        count->n_negative += e.train < 0;
        count->n_negative_physics += e.physics < 0;
        bl_sum_add(&s[at].w, e.train);
        bl_sum_add(&s[at].abs_w, fabs(e.train));
        bl_sum_add(&s[at].physics, e.physics);
        if (has_spectra)
            add_to_spectra(spool, statistics, &e);
    }
    for (size_t i = 0; i < n_counts; i++) {
        statistics->counts[i].sumw += bl_sum_value(&s[i].w);
        statistics->counts[i].abs_w += bl_sum_value(&s[i].abs_w);
        statistics->counts[i].sumw_physics += bl_sum_value(&s[i].physics);
    }
    bl_free(context, s);
    return BL_OK;
}

// ---- moments ----

/// Moments of the inputs of a file's events: task t of input i and block b is b·n_inputs + i.
typedef struct work {
    const bl_spool *spool;
    const bl_spool_row *rows; ///< [n]
    size_t n;
    bl_moments *moments; ///< [blocks × n_codes × n_numbers]
    uint8_t *scratch;    ///< of workers: MOST_ROWS rows of the widest input
    size_t scratch_bytes;
} work;

/// Rows that are copied together until there are enough to be looked at.
typedef struct pile {
    const bl_spool_input *input;
    bl_moments *moments;
    bool is_double;
    size_t row_bytes, n;
    uint8_t *rows;
} pile;

static void look(pile *p) {
    bl_moments_add(p->moments, p->input->shape.width, p->input->columns.curves, p->n, p->rows,
                   p->input->shape.width, p->is_double);
    p->n = 0;
}

static void add_rows(pile *p, const uint8_t *from, size_t n) {
    while (n) {
        size_t room = MOST_ROWS - p->n, now = n < room ? n : room;
        memcpy(p->rows + p->n * p->row_bytes, from, now * p->row_bytes);
        p->n += now;
        from += now * p->row_bytes;
        n -= now;
        if (p->n == MOST_ROWS)
            look(p);
    }
}

static void add_event(pile *p, const bl_column *column, int64_t row) {
    bool is_sequence = p->input->shape.is_sequence;
    const bl_column *lists = is_sequence ? &column->children[0] : column;
    const int32_t *offsets =
        is_sequence ? (const int32_t *)(const void *)column->offsets->data : NULL;
    size_t first = offsets ? (size_t)offsets[row] : (size_t)row;
    size_t n = offsets ? (size_t)(offsets[row + 1] - offsets[row]) : 1;
    add_rows(p, lists->children[0].values->data + first * p->row_bytes, n);
}

static bl_status take_moments(void *argument, size_t index, unsigned worker, bl_error *err) {
    const work *w = (const work *)argument;
    const bl_spool *spool = w->spool;
    size_t block = index / spool->n_inputs, i = index % spool->n_inputs;
    size_t first = block * BLOCK, last = first + BLOCK < w->n ? first + BLOCK : w->n;
    const bl_spool_input *input = &spool->inputs[i];
    (void)err;
    for (size_t code = 0; code < spool->n_codes; code++) {
        pile p = {.input = input,
                  .moments = w->moments + (block * spool->n_codes + code) * spool->n_numbers +
                             input->first_number,
                  .is_double = spool->config->is_double,
                  .row_bytes = input->shape.width * (spool->config->is_double ? sizeof(double) : 4),
                  .rows = w->scratch + worker * w->scratch_bytes};
        for (size_t k = first; k < last; k++) {
            event e = event_of(spool, &w->rows[k]);
            if ((size_t)e.code == code && !is_dropped(spool, e.train))
                add_event(&p, &w->rows[k].batch->columns[spool->recipe->at_inputs + i],
                          w->rows[k].at);
        }
        if (p.n)
            look(&p);
    }
    return BL_OK;
}

static bl_status add_moments(const bl_spool *spool, const bl_spool_row *rows, size_t n,
                             bl_spool_statistics *statistics, bl_error *err) {
    bl_context *context = spool->arena.context;
    size_t n_blocks = (n + BLOCK - 1) / BLOCK, n_all = spool->n_codes * spool->n_numbers;
    size_t widest = 1;
    BL_AUTO(bl_buffer) moments = NULL;
    BL_AUTO(bl_buffer) scratch = NULL;
    for (size_t i = 0; i < spool->n_inputs; i++)
        if (spool->inputs[i].shape.width > widest)
            widest = spool->inputs[i].shape.width;
    work w = {
        .spool = spool, .rows = rows, .n = n, .scratch_bytes = MOST_ROWS * widest * sizeof(double)};
    size_t n_bytes = n_blocks * n_all * sizeof(bl_moments);
    BL_TRY(bl_buffer_new(context, n_bytes, &moments, err));
    BL_TRY(bl_buffer_new(context, bl_context_n_threads(context) * w.scratch_bytes, &scratch, err));
    memset(moments->data, 0, n_bytes);
    w.moments = (bl_moments *)(void *)moments->data;
    w.scratch = scratch->data;
    BL_TRY(bl_run_tasks(context, take_moments, &w, n_blocks * spool->n_inputs, err));
    for (size_t block = 0; block < n_blocks; block++)
        for (size_t i = 0; i < n_all; i++)
            bl_moments_merge(&statistics->moments[i], &w.moments[block * n_all + i]);
    return BL_OK;
}

/// The longest sequences.
static void measure(const bl_spool *spool, const bl_spool_row *rows, size_t n,
                    bl_spool_statistics *statistics) {
    for (size_t i = 0; i < spool->n_inputs; i++) {
        if (!spool->inputs[i].shape.is_sequence)
            continue;
        for (size_t k = 0; k < n; k++) {
            const bl_column *column = &rows[k].batch->columns[spool->recipe->at_inputs + i];
            const int32_t *offsets = (const int32_t *)(const void *)column->offsets->data;
            int64_t now = offsets[rows[k].at + 1] - offsets[rows[k].at];
            if (now > statistics->most_rows[i])
                statistics->most_rows[i] = now;
        }
    }
}

bl_status bl_spool_statistics_add(const bl_spool *spool, const bl_spool_row *rows, size_t n,
                                  bool is_first_pass, bl_spool_statistics *statistics,
                                  bl_error *err) {
    BL_TRY(count_events(spool, rows, n, is_first_pass, statistics, err));
    measure(spool, rows, n, statistics);
    return is_first_pass && n ? add_moments(spool, rows, n, statistics, err) : BL_OK;
}
