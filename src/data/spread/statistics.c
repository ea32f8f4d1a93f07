// SPDX-License-Identifier: Apache-2.0
// What is counted while rows are spread. Moments are taken of blocks of events from the first of a
// file on, on all threads, and added in the order of the blocks.
#include "data/spread/statistics.h"

#include "base/context.h"
#include "base/sum.h"

enum {
    BLOCK = 2048,    ///< events of a task
    MOST_ROWS = 512, ///< rows that are looked at together
    ALIGN = 64
};

/// \param ret_spectra stays NULL where none are asked for
static bl_status new_spectra(bl_arena *arena, const bl_spool *spool, bl_spectra **ret_spectra,
                             bl_error *err) {
    if (!spool->has_spectra)
        return BL_OK;
    bl_spectra *spectra = (bl_spectra *)bl_arena_array(arena, spool->n_codes, sizeof *spectra);
    if (!spectra)
        return bl_error_nomem(err, 0, "statistics");
    for (size_t i = 0; i < spool->n_codes; i++)
        BL_TRY(bl_spectra_init(arena, &spool->config->weights, spool->n_counted, &spectra[i], err));
    *ret_spectra = spectra;
    return BL_OK;
}

bl_status bl_spool_statistics_init(bl_arena *arena, const bl_spool *spool,
                                   bl_spool_statistics *ret_statistics, bl_error *err) {
    size_t n_counts = spool->n_codes * spool->n_counted;
    size_t n_moments = spool->n_codes * spool->n_numbers;
    bl_spool_statistics s = {0};
    s.counts = (bl_spool_count *)bl_arena_array(arena, n_counts + 1, sizeof *s.counts);
    s.moments = (bl_moments *)bl_arena_array(arena, n_moments + 1, sizeof *s.moments);
    s.of_negative = (bl_moments *)bl_arena_array(arena, n_moments + 1, sizeof *s.of_negative);
    s.most_rows = (int64_t *)bl_arena_array(arena, spool->n_inputs + 1, sizeof *s.most_rows);
    if (!s.counts || !s.moments || !s.of_negative || !s.most_rows)
        return bl_error_nomem(err, 0, "statistics");
    BL_TRY(new_spectra(arena, spool, &s.spectra, err));
    BL_TRY(new_spectra(arena, spool, &s.negative_spectra, err));
    *ret_statistics = s;
    return BL_OK;
}

static void merge_counts(bl_spool_count *to, const bl_spool_count *from, size_t n) {
    for (size_t i = 0; i < n; i++) {
        to[i].n_rows += from[i].n_rows;
        to[i].n_negative += from[i].n_negative;
        to[i].n_negative_physics += from[i].n_negative_physics;
        to[i].sumw += from[i].sumw;
        to[i].abs_w += from[i].abs_w;
        to[i].sumw_physics += from[i].sumw_physics;
    }
}

void bl_spool_statistics_merge(const bl_spool *spool, bl_spool_statistics *statistics,
                               const bl_spool_statistics *other) {
    merge_counts(statistics->counts, other->counts, spool->n_codes * spool->n_counted);
    for (size_t i = 0; i < spool->n_codes * spool->n_numbers; i++) {
        bl_moments_merge(&statistics->moments[i], &other->moments[i]);
        bl_moments_merge(&statistics->of_negative[i], &other->of_negative[i]);
    }
    for (size_t i = 0; statistics->spectra && i < spool->n_codes; i++) {
        bl_spectra_merge(&statistics->spectra[i], &other->spectra[i]);
        bl_spectra_merge(&statistics->negative_spectra[i], &other->negative_spectra[i]);
    }
    for (size_t i = 0; i < spool->n_inputs; i++)
        if (other->most_rows[i] > statistics->most_rows[i])
            statistics->most_rows[i] = other->most_rows[i];
}

static void settle_spectra(bl_spectra *spectra, bl_spectra *negative, double factor) {
    for (size_t i = 0; i < spectra->n_bins * spectra->n_classes; i++) {
        spectra->sums[i] += factor * negative->sums[i];
        negative->sums[i] = 0;
    }
}

void bl_spool_statistics_settle(const bl_spool *spool, bl_spool_statistics *statistics) {
    bl_negative_weights policy = spool->config->weights.negative;
    double factor = policy == BL_NEGATIVE_DROP ? 0 : policy == BL_NEGATIVE_ABS ? -1 : 1;
    for (size_t i = 0; i < spool->n_codes * spool->n_numbers; i++) {
        if (policy != BL_NEGATIVE_DROP)
            bl_moments_merge(&statistics->moments[i], &statistics->of_negative[i]);
        statistics->of_negative[i] = (bl_moments){0};
    }
    for (size_t i = 0; statistics->spectra && i < spool->n_codes; i++)
        settle_spectra(&statistics->spectra[i], &statistics->negative_spectra[i], factor);
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

static void add_to_spectra(bl_spool_statistics *statistics, const event *e) {
    bl_spectra *all = e->train < 0 ? statistics->negative_spectra : statistics->spectra;
    if (!all || e->bin == SIZE_MAX)
        return;
    bl_spectra *spectra = &all[e->code];
    spectra->sums[e->class * spectra->n_bins + e->bin] += e->train;
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
            add_to_spectra(statistics, &e);
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

/// Moments of the inputs of some blocks of a file's events: the task of input i and block b of them
/// is b·n_inputs + i. A group has the events of one code and sign: the code of weights ≥ 0, n_codes
/// more of those below.
typedef struct work {
    const bl_spool *spool;
    const bl_spool_row *rows; ///< [n]
    size_t n, n_groups;
    size_t first_block;
    bl_moments *moments; ///< [blocks × n_groups × n_numbers]
    uint8_t *scratch;    ///< of workers: MOST_ROWS rows of the widest input, and a `chains`
    size_t scratch_bytes, chains_at;
} work;

/// Events of a block by group: the first of each, and after each event the next; BLOCK: none.
typedef struct chains {
    uint16_t next[BLOCK];
    uint16_t first[]; ///< [n_groups]
} chains;

/// Rows that are copied together until there are enough to be looked at.
typedef struct pile {
    const bl_input *input;
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

static void find_groups(const work *w, size_t first, size_t n, chains *groups) {
    for (size_t i = 0; i < w->n_groups; i++)
        groups->first[i] = BLOCK;
    for (size_t k = n; k-- > 0;) {
        event e = event_of(w->spool, &w->rows[first + k]);
        size_t group = (size_t)e.code + (e.train < 0 ? w->spool->n_codes : 0);
        groups->next[k] = groups->first[group];
        groups->first[group] = (uint16_t)k;
    }
}

static bl_status take_moments(void *argument, size_t index, unsigned worker, bl_error *err) {
    const work *w = (const work *)argument;
    const bl_spool *spool = w->spool;
    size_t block = index / spool->n_inputs, i = index % spool->n_inputs;
    size_t first = (w->first_block + block) * BLOCK;
    const bl_input *input = &spool->inputs[i];
    size_t number = spool->config->is_double ? sizeof(double) : sizeof(float);
    uint8_t *scratch = w->scratch + worker * w->scratch_bytes;
    chains *groups = (chains *)(void *)(scratch + w->chains_at);
    (void)err;
    find_groups(w, first, w->n - first < BLOCK ? w->n - first : BLOCK, groups);
    for (size_t group = 0; group < w->n_groups; group++) {
        size_t at = (block * w->n_groups + group) * spool->n_numbers + input->first_number;
        pile p = {.input = input,
                  .moments = w->moments + at,
                  .is_double = spool->config->is_double,
                  .row_bytes = input->shape.width * number,
                  .rows = scratch};
        for (size_t k = groups->first[group]; k < BLOCK; k = groups->next[k]) {
            const bl_spool_row *row = &w->rows[first + k];
            add_event(&p, &row->batch->columns[spool->recipe->at_inputs + i], row->at);
        }
        if (p.n)
            look(&p);
    }
    return BL_OK;
}

/// Takes the moments of some blocks, and adds them in their order.
static bl_status take_round(work *w, size_t n_blocks, bl_spool_statistics *statistics,
                            bl_error *err) {
    const bl_spool *spool = w->spool;
    size_t n_all = spool->n_codes * spool->n_numbers;
    memset(w->moments, 0, n_blocks * 2 * n_all * sizeof *w->moments);
    BL_TRY(bl_run_tasks(spool->arena.context, take_moments, w, n_blocks * spool->n_inputs, err));
    for (size_t block = 0; block < n_blocks; block++)
        for (size_t i = 0; i < n_all; i++) {
            const bl_moments *of_block = w->moments + block * 2 * n_all + i;
            bl_moments_merge(&statistics->moments[i], of_block);
            bl_moments_merge(&statistics->of_negative[i], of_block + n_all);
        }
    return BL_OK;
}

static size_t widest_row(const bl_spool *spool) {
    size_t widest = 1;
    for (size_t i = 0; i < spool->n_inputs; i++)
        if (spool->inputs[i].shape.width > widest)
            widest = spool->inputs[i].shape.width;
    return widest * sizeof(double);
}

static bl_status add_moments(const bl_spool *spool, const bl_spool_row *rows, size_t n,
                             bl_spool_statistics *statistics, bl_error *err) {
    bl_context *context = spool->arena.context;
    unsigned n_threads = bl_context_n_threads(context);
    size_t n_blocks = (n + BLOCK - 1) / BLOCK, n_round = 2 * (size_t)n_threads;
    BL_AUTO(bl_buffer) moments = NULL;
    BL_AUTO(bl_buffer) scratch = NULL;
    work w = {.spool = spool, .rows = rows, .n = n, .n_groups = 2 * spool->n_codes};
    w.chains_at = MOST_ROWS * widest_row(spool);
    w.scratch_bytes = w.chains_at + sizeof(chains) + w.n_groups * sizeof(uint16_t);
    w.scratch_bytes = (w.scratch_bytes + ALIGN - 1) / ALIGN * ALIGN;
    size_t n_moments = n_round * w.n_groups * spool->n_numbers;
    BL_TRY(bl_buffer_new(context, n_moments * sizeof(bl_moments), &moments, err));
    BL_TRY(bl_buffer_new(context, n_threads * w.scratch_bytes, &scratch, err));
    w.moments = (bl_moments *)(void *)moments->data;
    w.scratch = scratch->data;
    for (; w.first_block < n_blocks; w.first_block += n_round) {
        size_t left = n_blocks - w.first_block;
        BL_TRY(take_round(&w, left < n_round ? left : n_round, statistics, err));
    }
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
