// SPDX-License-Identifier: Apache-2.0
// Gathering: a bucket is read, its rows are weighed and divided into parts, and each part's become
// a shard. After that prepared.json says so; a bucket of which it does not is made again.
#include "data/prepare/gather.h"

#include <stdio.h>

#include "base/context.h"
#include "base/sum.h"
#include "data/prepare/duplicates.h"

static const uint64_t batch_bytes = UINT64_C(1) << 20;
static const size_t first_identity = 1; // behind the key

// ---- columns ----

static size_t find_column(const bl_spool *spool, const char *name) {
    for (size_t i = 0; i < spool->n_columns; i++)
        if (strcmp(spool->columns[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

static void find_columns(bl_gather *gather) {
    const bl_spool *spool = gather->spool;
    gather->key = find_column(spool, BL_SHARD_KEY);
    gather->label = find_column(spool, BL_SHARD_LABEL);
    gather->physics = find_column(spool, BL_SHARD_PHYSICS);
    gather->train = find_column(spool, BL_SHARD_TRAIN);
    gather->columns.at[BL_OF_KEY] = gather->key;
    gather->columns.at[BL_OF_CODE] = find_column(spool, BL_SPOOL_CODE);
    gather->columns.at[BL_OF_LABEL] = gather->label;
    gather->columns.at[BL_OF_WEIGHT] = gather->train;
    gather->columns.at[BL_OF_BIN] = find_column(spool, BL_SPOOL_BIN);
}

/// \param is_shard without the columns that only the spool has
static bl_status make_form(bl_gather *gather, bool is_shard, int64_t batch_rows,
                           bl_shard_form *form, bl_error *err) {
    const bl_spool *spool = gather->spool;
    size_t code = gather->columns.at[BL_OF_CODE], bin = gather->columns.at[BL_OF_BIN];
    bl_column_spec *columns =
        (bl_column_spec *)bl_arena_array(gather->arena, spool->n_columns, sizeof *columns);
    size_t *from = (size_t *)bl_arena_array(gather->arena, spool->n_columns, sizeof *from);
    if (!columns || !from)
        return bl_error_nomem(err, spool->n_columns * sizeof *columns, "columns");
    *form = (bl_shard_form){.context = gather->arena->context,
                            .columns = columns,
                            .from = from,
                            .batch_rows = batch_rows,
                            .codec = is_shard ? gather->options->codec : spool->codec};
    for (size_t i = 0; i < spool->n_columns; i++) {
        if (is_shard && (i == code || i == bin))
            continue;
        if (i == (is_shard ? gather->train : gather->key))
            form->replaced = form->n_columns;
        columns[form->n_columns] = spool->columns[i];
        from[form->n_columns++] = i;
    }
    return BL_OK;
}

/// Rows of a record batch of about a mebibyte.
static int64_t batch_rows_of(const bl_gather_pass *pass) {
    uint64_t bytes = 0, rows = 0;
    for (size_t i = 0; i < pass->n_sources; i++) {
        bytes += pass->sources[i].file->raw_bytes;
        rows += (uint64_t)pass->sources[i].file->n_whole;
    }
    uint64_t row_bytes = rows ? bytes / rows + 1 : 1;
    return row_bytes < batch_bytes ? (int64_t)(batch_bytes / row_bytes) : 1;
}

// ---- files ----

static bl_status list_sources(bl_gather *gather, const bl_spool_pass *from, bl_gather_pass *pass,
                              bl_error *err) {
    size_t n = 0, n_parts = gather->spool->n_parts;
    for (size_t i = 0; i < n_parts; i++)
        n += from->parts[i].n_files;
    pass->sources_capacity = n + 1;
    pass->sources = (bl_source_file *)bl_arena_array(gather->arena, n + 1, sizeof *pass->sources);
    pass->parts =
        (size_t *)bl_arena_array(gather->arena, gather->spool->n_codes, sizeof *pass->parts);
    if (!pass->sources || !pass->parts)
        return bl_error_nomem(err, n * sizeof *pass->sources, "files");
    for (size_t i = 0; i < n_parts; i++)
        for (size_t k = 0; k < from->parts[i].n_files; k++)
            pass->sources[pass->n_sources++].file = &from->parts[i].files[k];
    return BL_OK;
}

bl_status bl_gather_init(bl_gather *gather, bl_error *err) {
    const bl_spool *spool = gather->spool;
    gather->passes =
        (bl_gather_pass *)bl_arena_array(gather->arena, spool->n_passes, sizeof *gather->passes);
    if (!gather->passes)
        return bl_error_nomem(err, spool->n_passes * sizeof *gather->passes, "files");
    for (size_t i = 0; i < spool->n_passes; i++)
        BL_TRY(list_sources(gather, &spool->passes[i], &gather->passes[i], err));
    find_columns(gather);
    int64_t batch_rows = batch_rows_of(&gather->passes[0]);
    BL_TRY(make_form(gather, false, batch_rows, &gather->spool_form, err));
    return make_form(gather, true, batch_rows, &gather->form, err);
}

// ---- the rows of a bucket ----

/// Rows of a bucket, those of each part together, in the order of keys.
typedef struct divided {
    size_t *ends;        ///< [n_codes] of the rows of each part
    bl_bucket_row *rows; ///< [n]
    double *weights;     ///< [n] weight_train
    size_t n;
} divided;

static void release_divided(bl_context *context, divided *d) {
    bl_free(context, d->ends);
    bl_free(context, d->rows);
    bl_free(context, d->weights);
}

/// \return whether a row is taken; with its weight
static bool weigh(const bl_gather *gather, const bl_bucket *bucket, const bl_bucket_row *row,
                  size_t *ret_code, double *ret_weight) {
    bl_weighed event = bl_weighing_event(&gather->weighing, bucket, row, &gather->columns);
    uint64_t copies = 0;
    *ret_weight = bl_weighing_of(&gather->weighing, &event, &copies);
    *ret_code = event.code;
    if (!gather->spool->config->split.n_folds)
        return copies > 0;
    *ret_weight *= (double)copies; // who trains on other folds tests on all that this one has
    return true;
}

/// Goes over the rows twice: counts parts, then puts rows there.
static bl_status divide(const bl_gather *gather, const bl_bucket *bucket, divided *d,
                        bl_error *err) {
    size_t n_codes = gather->spool->n_codes, code;
    double weight;
    d->ends = (size_t *)bl_alloc_zero(bucket->context, n_codes + 1, sizeof *d->ends);
    d->rows = (bl_bucket_row *)bl_alloc(bucket->context, (bucket->n_rows + 1) * sizeof *d->rows);
    d->weights = (double *)bl_alloc(bucket->context, (bucket->n_rows + 1) * sizeof *d->weights);
    if (!d->ends || !d->rows || !d->weights)
        return bl_error_nomem(err, bucket->n_rows * sizeof *d->rows, "a bucket");
    for (size_t i = 0; i < bucket->n_rows; i++)
        if (weigh(gather, bucket, &bucket->rows[i], &code, &weight))
            d->ends[code + 1]++; // where the next part begins, when all is added up
    for (size_t k = 0; k < n_codes; k++)
        d->ends[k + 1] += d->ends[k];
    d->n = d->ends[n_codes];
    for (size_t i = 0; i < bucket->n_rows; i++) {
        if (!weigh(gather, bucket, &bucket->rows[i], &code, &weight))
            continue;
        size_t at = d->ends[code]++;
        d->rows[at] = bucket->rows[i];
        d->weights[at] = weight;
    }
    return BL_OK;
}

// ---- a shard ----

static bl_status sum_up(const bl_gather *gather, const bl_shard_rows *rows,
                        bl_prepared_shard *shard, bl_error *err) {
    enum { PHYSICS, TRAIN, ABS, N_SUMS };
    size_t n_classes = gather->prepared->n_classes;
    bl_context *context = gather->arena->context;
    bool is_numbers = gather->spool->config->label_kind == BL_LABEL_NUMBERS;
    const double *weights = (const double *)rows->values;
    bl_sum *sums = (bl_sum *)bl_alloc_zero(context, n_classes * N_SUMS, sizeof *sums);
    if (!sums)
        return bl_error_nomem(err, n_classes * N_SUMS * sizeof *sums, "sums");
    for (size_t i = 0; i < rows->n; i++) {
        const bl_bucket_row *row = &rows->rows[i];
        size_t class = is_numbers ? 0 : (size_t)bl_bucket_int32(rows->bucket, row, gather->label);
        double physics = bl_bucket_double(rows->bucket, row, gather->physics);
        shard->classes[class].n_rows++;
        shard->classes[class].n_negative += physics < 0;
        bl_sum_add(&sums[class * N_SUMS + PHYSICS], physics);
        bl_sum_add(&sums[class * N_SUMS + TRAIN], weights[i]);
        bl_sum_add(&sums[class * N_SUMS + ABS], fabs(weights[i]));
    }
    for (size_t k = 0; k < n_classes; k++) {
        shard->classes[k].sumw_physics = bl_sum_value(&sums[k * N_SUMS + PHYSICS]);
        shard->classes[k].sumw_train = bl_sum_value(&sums[k * N_SUMS + TRAIN]);
        shard->classes[k].abs_train = bl_sum_value(&sums[k * N_SUMS + ABS]);
    }
    bl_free(context, sums);
    return BL_OK;
}

/// A part's rows of a bucket on their way.
typedef struct job {
    const bl_prepared_part *part;
    bl_shard_rows rows;
    bl_prepared_shard shard; ///< owns name and classes
} job;

typedef struct jobs {
    const bl_gather *gather;
    uint64_t bucket;
    job *jobs; ///< [n_codes]
} jobs;

static bl_status write_shard(void *argument, size_t i, unsigned worker, bl_error *err) {
    const jobs *all = (const jobs *)argument;
    const bl_gather *gather = all->gather;
    job *one = &all->jobs[i];
    char name[512], path[4096];
    (void)worker;
    if (!one->rows.n)
        return BL_OK;
    int n = snprintf(name, sizeof name, "%s-%05llu.arrow", one->part->name,
                     (unsigned long long)all->bucket);
    int length = snprintf(path, sizeof path, "%s/%s", gather->prepared->folder, name);
    if (n < 0 || (size_t)n >= sizeof name || length < 0 || (size_t)length >= sizeof path)
        return bl_error_set(err, BL_E_LIMIT, "%s: the path is too long", gather->prepared->folder);
    one->shard.n_rows = (int64_t)one->rows.n;
    one->shard.file = bl_strdup(gather->arena->context, name);
    one->shard.classes = (bl_prepared_class *)bl_alloc_zero(
        gather->arena->context, gather->prepared->n_classes, sizeof *one->shard.classes);
    if (!one->shard.file || !one->shard.classes)
        return bl_error_nomem(err, 0, "a shard");
    BL_TRY(
        bl_shard_write(&gather->form, &one->rows, path, &one->shard.bytes, &one->shard.xxh64, err));
    return sum_up(gather, &one->rows, &one->shard, err);
}

/// Parts are written side by side, so that while one waits for its disk others go on, and are told
/// of in order.
static bl_status write_jobs(bl_gather *gather, const bl_gather_pass *pass, const divided *d,
                            jobs *all, const bl_bucket *bucket, bl_error *err) {
    size_t n = gather->spool->n_codes, first = 0;
    for (size_t k = 0; k < n; k++) {
        if (d->ends[k] > first)
            all->jobs[k] = (job){.part = &gather->prepared->parts[pass->parts[k]],
                                 .rows = {.bucket = bucket,
                                          .rows = d->rows + first,
                                          .values = d->weights + first,
                                          .n = d->ends[k] - first}};
        first = d->ends[k];
    }
    BL_TRY(bl_run_tasks(bucket->context, write_shard, all, n, err));
    for (size_t k = 0; k < n; k++)
        if (all->jobs[k].rows.n)
            BL_TRY(bl_prepared_add_shard(gather->prepared, &gather->prepared->parts[pass->parts[k]],
                                         &all->jobs[k].shard, err));
    return BL_OK;
}

static bl_status write_parts(bl_gather *gather, const bl_gather_pass *pass, const bl_bucket *bucket,
                             uint64_t number, bl_error *err) {
    bl_context *context = bucket->context;
    size_t n = gather->spool->n_codes;
    divided d = {0};
    jobs all = {.gather = gather, .bucket = number};
    all.jobs = (job *)bl_alloc_zero(context, n, sizeof *all.jobs);
    if (!all.jobs)
        return bl_error_nomem(err, n * sizeof *all.jobs, "shards");
    bl_status status = divide(gather, bucket, &d, err);
    if (status == BL_OK)
        status = write_jobs(gather, pass, &d, &all, bucket, err);
    for (size_t k = 0; k < n; k++) {
        bl_free(context, (char *)all.jobs[k].shard.file);
        bl_free(context, all.jobs[k].shard.classes);
    }
    bl_free(context, all.jobs);
    release_divided(context, &d);
    return status;
}

// ---- all of it ----

static bl_status gather_pass(bl_gather *gather, bl_gather_pass *pass, uint64_t number,
                             int64_t *n_duplicates, bl_error *err) {
    uint64_t n = gather->prepared->n_buckets;
    bl_bucket bucket = {0};
    BL_TRY(bl_bucket_read(gather->spool, pass->sources, pass->n_sources, bl_bucket_first(number, n),
                          bl_bucket_last(number, n), NULL, 0, &bucket, err));
    bl_status status =
        bl_duplicates_drop(gather->spool, &bucket, first_identity, n_duplicates, err);
    if (status == BL_OK)
        status = write_parts(gather, pass, &bucket, number, err);
    bl_bucket_release(&bucket);
    return status;
}

static void show_progress(const bl_gather *gather, int64_t n_all) {
    uint64_t n = gather->prepared->n_buckets, done = gather->prepared->n_gathered;
    int64_t rows = (int64_t)((double)n_all * ((double)done / (double)n));
    if (gather->options->progress)
        gather->options->progress(gather->options->user, BL_PREPARE_GATHER, rows, n_all);
}

void bl_gather_release(bl_gather *gather) {
    for (size_t i = 0; gather->passes && i < gather->spool->n_passes; i++)
        bl_bucket_close(gather->passes[i].sources, gather->passes[i].n_sources);
}

bl_status bl_gather_run(bl_gather *gather, bl_error *err) {
    bl_prepared *prepared = gather->prepared;
    size_t n_passes = gather->spool->n_passes;
    int64_t n_all = 0, n_ignored = 0;
    for (size_t i = 0; i < n_passes; i++)
        for (size_t k = 0; k < gather->passes[i].n_sources; k++) {
            n_all += gather->passes[i].sources[k].file->n_rows;
            gather->passes[i].sources[k].key = 0;
            gather->passes[i].sources[k].row = 0;
        }
    while (prepared->n_gathered < prepared->n_buckets) {
        for (size_t i = 0; i < n_passes; i++)
            BL_TRY(gather_pass(gather, &gather->passes[i], prepared->n_gathered,
                               i ? &n_ignored : &prepared->n_duplicates, err));
        prepared->n_gathered++;
        BL_TRY(bl_prepared_write(prepared, err));
        show_progress(gather, n_all);
    }
    return BL_OK;
}
