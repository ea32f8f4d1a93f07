// SPDX-License-Identifier: Apache-2.0
// Preparation from beginning to end. What is in the folder says how far it came: nothing, a spool
// that grows, prepared.json without all buckets, or prepared.json that is complete.
#include "data/prepare/prepare.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/context.h"
#include "base/folder.h"
#include "data/prepare/gather.h"
#include "data/prepare/transforms.h"

/// Of the memory budget: rows of a bucket; beside them are lists of rows, and what is written.
#define BUCKET_SHARE 4
#define MOST_BUCKET_BYTES (UINT64_C(256) << 20)
#define LEAST_BUCKET_BYTES (UINT64_C(1) << 20)

typedef struct preparation {
    bl_dataset *dataset;
    const bl_prepare_options *options;
    bl_prepare_report *report;
    bl_arena arena;
    bl_spool *spool;       ///< owns
    bl_prepared *prepared; ///< owns; from the start where another run left it
    const char *fingerprint;
    bl_gather gather;
} preparation;

// ---- the folder ----

/// "train-00000.arrow"
static bool is_shard(const char *name) {
    static const char end[] = ".arrow";
    size_t n = strlen(name), tail = sizeof end - 1 + 6;
    if (n <= tail || strcmp(name + n - (sizeof end - 1), end) != 0)
        return false;
    const char *at = name + n - tail;
    return *at == '-' && strspn(at + 1, "0123456789") == 5;
}

static bool has_spool(const char *folder) {
    char path[4096];
    struct stat there;
    snprintf(path, sizeof path, "%s/spool", folder);
    return stat(path, &there) == 0 && S_ISDIR(there.st_mode);
}

/// Nothing is put among files that are somebody else's.
static bl_status check_folder(preparation *p, bl_error *err) {
    const char *folder = p->options->folder, **names = NULL;
    size_t n = 0;
    if (access(folder, F_OK) != 0 || bl_prepared_is(folder) || has_spool(folder))
        return BL_OK;
    BL_TRY(bl_folder_list(&p->arena, folder, NULL, &names, &n, err));
    if (n)
        return bl_error_set(err, BL_E_EXISTS, "%s: the folder holds something else", folder);
    return BL_OK;
}

/// Removes what was prepared before: the description first, so that nobody takes the rest for
/// whole.
static bl_status empty_folder(preparation *p, bl_error *err) {
    const char *folder = p->options->folder;
    const char *path = bl_arena_printf(&p->arena, "%s/prepared.json", folder);
    if (!path)
        return bl_error_nomem(err, 0, "a path");
    if (unlink(path) != 0 && errno != ENOENT)
        return bl_error_errno(err, errno, path);
    bl_folder_clear(p->arena.context, folder, is_shard);
    return BL_OK;
}

// ---- what is there ----

static void show_spread(void *user, int64_t done, int64_t all) {
    const bl_prepare_options *options = ((const preparation *)user)->options;
    if (options->progress)
        options->progress(options->user, BL_PREPARE_SPREAD, done, all);
}

/// Whether the shards that prepared.json names are there; their bytes are compared by who reads.
static bl_status check_shards(preparation *p, bl_error *err) {
    for (size_t i = 0; i < p->prepared->n_parts; i++)
        for (size_t k = 0; k < p->prepared->parts[i].n_shards; k++) {
            const bl_prepared_shard *shard = &p->prepared->parts[i].shards[k];
            struct stat there;
            const char *path = bl_arena_printf(&p->arena, "%s/%s", p->options->folder, shard->file);
            if (!path)
                return bl_error_nomem(err, 0, "a path");
            if (stat(path, &there) != 0 || (uint64_t)there.st_size != shard->bytes)
                return bl_error_set(err, BL_E_CORRUPT,
                                    "%s: is missing, or not as it was written; --overwrite makes "
                                    "everything anew",
                                    path);
        }
    return BL_OK;
}

/// What another run left, where it is of the same configuration and files.
static bl_status look(void *user, const bl_spool *spool, bool *ret_is_needed, bl_error *err) {
    preparation *p = (preparation *)user;
    const char *folder = p->options->folder;
    bl_prepared_close(BL_MOVE(p->prepared)); // of a look before a bad file was left out
    BL_TRY(bl_gather_fingerprint(&p->arena, spool, p->options, &p->fingerprint, err));
    if (p->options->overwrite)
        return empty_folder(p, err);
    if (!bl_prepared_is(folder))
        return BL_OK;
    bl_status status = bl_prepared_open(p->arena.context, folder, &p->prepared, err);
    if (status != BL_OK)
        return bl_error_hint(err, status, "; --overwrite replaces it");
    *ret_is_needed = !p->prepared->is_complete;
    if (strcmp(p->prepared->fingerprint, p->fingerprint) == 0)
        return check_shards(p, err);
    return bl_error_set(err, BL_E_EXISTS,
                        "%s: what is prepared there is of another configuration or other files; "
                        "--overwrite replaces it",
                        folder);
}

static bl_status make_spool(preparation *p, bl_error *err) {
    bl_spool_options options = {.folder = p->options->folder,
                                .overwrite = p->options->overwrite,
                                .progress = show_spread,
                                .look = look,
                                .user = p};
    return bl_spool_make(p->dataset, &p->dataset->config->prepare, &options, &p->spool, err);
}

// ---- the second pass ----

static uint64_t bucket_bytes_of(const preparation *p) {
    if (p->options->bucket_bytes)
        return p->options->bucket_bytes;
    uint64_t bytes = bl_context_budget_bytes(p->arena.context) / BUCKET_SHARE;
    if (bytes > MOST_BUCKET_BYTES)
        return MOST_BUCKET_BYTES;
    return bytes < LEAST_BUCKET_BYTES ? LEAST_BUCKET_BYTES : bytes;
}

/// Ranges of the key of which each fits a bucket, with the lists of its rows.
static uint64_t count_buckets(const bl_gather *gather) {
    uint64_t most = 0;
    for (size_t i = 0; i < gather->spool->n_passes; i++) {
        uint64_t bytes = 0;
        for (size_t k = 0; k < gather->passes[i].n_sources; k++) {
            const bl_spool_file *file = gather->passes[i].sources[k].file;
            bytes += (uint64_t)file->n_rows * 3 * sizeof(bl_bucket_row);
            bytes += file->raw_bytes;
        }
        most = bytes > most ? bytes : most;
    }
    return 1 + most / gather->bucket_bytes;
}

static bl_status merge_statistics(preparation *p, bl_error *err) {
    bl_spool_statistics *all = &p->gather.all;
    BL_TRY(bl_spool_statistics_init(&p->arena, p->spool, all, err));
    for (size_t i = 0; i < p->spool->n_parts; i++)
        bl_spool_statistics_merge(p->spool, all, &p->spool->passes[0].parts[i].statistics);
    return BL_OK;
}

/// Files of events that are taken more than once.
static bl_status make_copies(bl_gather *gather, bl_error *err) {
    BL_TRY(bl_copies_make(gather, err));
    return bl_copies_find(gather, err);
}

/// They go with the spool, where somebody removed that.
static bl_status find_copies(bl_gather *gather, bl_error *err) {
    size_t n = gather->passes[0].n_sources;
    BL_TRY(bl_copies_find(gather, err));
    return gather->passes[0].n_sources > n ? BL_OK : make_copies(gather, err);
}

/// What is not done where another run was here: fitting, and the description, which is written when
/// the copies are there.
static bl_status begin(preparation *p, bl_error *err) {
    bl_gather *gather = &p->gather;
    bl_gather_pass *pass = &gather->passes[0];
    BL_TRY(bl_prepared_new(p->arena.context, p->options->folder, &p->prepared, err));
    gather->prepared = p->prepared;
    p->prepared->fingerprint = p->fingerprint;
    BL_TRY(bl_gather_describe(gather, err));
    BL_TRY(bl_transforms_fit(&p->arena, p->spool, &gather->all, pass->sources, pass->n_sources,
                             count_buckets(gather), gather->bucket_bytes, &p->prepared->transforms,
                             &p->prepared->n_transforms, err));
    BL_TRY(make_copies(gather, err));
    p->prepared->n_buckets = count_buckets(gather);
    return bl_prepared_write(p->prepared, err);
}

static bl_status warn(preparation *p, const char *text, bl_error *err) {
    bl_arena *arena = &p->report->arena;
    if (text)
        text = bl_arena_text(arena, text, strlen(text));
    if (!text)
        return bl_error_nomem(err, 0, "a warning");
    return bl_text_list_add(arena, &p->report->warnings, text, err);
}

static bl_status warn_of_empty_classes(preparation *p, bl_error *err) {
    const bl_weighing *weighing = &p->gather.weighing;
    bool trains = bl_split_trains(&p->spool->config->split);
    for (size_t k = 0; trains && k < weighing->n_counted; k++) {
        int64_t n = 0;
        for (size_t code = 0; code < weighing->n_codes; code++)
            n += weighing->is_trained[code]
                     ? p->gather.all.counts[code * weighing->n_counted + k].n_rows
                     : 0;
        if (n)
            continue;
        const char *text =
            bl_arena_printf(&p->arena, "class '%s' has no event to train on", p->spool->classes[k]);
        if (text)
            bl_log(p->arena.context, BL_LOG_WARNING, "%s", text);
        BL_TRY(warn(p, text, err));
    }
    return BL_OK;
}

static bl_status gather(preparation *p, bl_error *err) {
    bl_gather *gather = &p->gather;
    *gather = (bl_gather){.arena = &p->arena,
                          .spool = p->spool,
                          .options = p->options,
                          .prepared = p->prepared,
                          .bucket_bytes = bucket_bytes_of(p)};
    double start = bl_clock_s();
    BL_TRY(merge_statistics(p, err));
    BL_TRY(bl_gather_init(gather, err));
    bl_gather_pass *pass = &gather->passes[0];
    BL_TRY(bl_weighing_make(&p->arena, p->spool, &gather->all, pass->sources, pass->n_sources,
                            gather->bucket_bytes, &gather->weighing, err));
    BL_TRY(warn_of_empty_classes(p, err));
    BL_TRY(p->prepared ? find_copies(gather, err) : begin(p, err));
    bl_gather_find_parts(gather);
    double middle = bl_clock_s();
    p->report->times.fit_s = middle - start;
    bl_status status = bl_gather_run(gather, err);
    p->report->times.gather_s = bl_clock_s() - middle;
    return status;
}

static bl_status finish(preparation *p, bl_error *err) {
    p->prepared->is_complete = true;
    BL_TRY(bl_prepared_write(p->prepared, err));
    bl_gather_release(&p->gather);
    bl_copies_remove(&p->gather);
    bl_spool_remove(p->spool);
    return BL_OK;
}

// ---- all of it ----

static bl_status tell(preparation *p, bl_error *err) {
    bl_prepare_report *report = p->report;
    report->times.plan = p->spool->times;
    report->times.spread_s = p->spool->spread_s;
    report->n_rows = p->spool->n_rows;
    report->n_taken = p->spool->n_taken;
    report->stored_bytes = p->spool->stored_bytes;
    report->n_parts = p->spool->n_parts * p->spool->n_passes;
    report->n_resumed = p->spool->n_resumed;
    for (size_t i = 0; i < p->spool->warnings.n; i++)
        BL_TRY(warn(p, p->spool->warnings.texts[i], err));
    return BL_OK;
}

static bl_status prepare(preparation *p, bl_error *err) {
    BL_TRY(check_folder(p, err));
    BL_TRY(make_spool(p, err));
    BL_TRY(tell(p, err));
    if (p->prepared && p->prepared->is_complete) {
        bl_spool_remove(p->spool); // whoever was killed at the very end left it
        return BL_OK;
    }
    BL_TRY(gather(p, err));
    return finish(p, err);
}

bl_status bl_prepare_run(bl_dataset *dataset, const bl_prepare_options *options,
                         bl_prepare_report *ret_report, bl_error *err) {
    preparation p = {.dataset = dataset, .options = options, .report = ret_report};
    bl_arena_init(&p.arena, dataset->context);
    bl_arena_init(&ret_report->arena, dataset->context);
    bl_status status = prepare(&p, err);
    bl_gather_release(&p.gather);
    bl_prepared_close(p.prepared);
    bl_spool_close(p.spool);
    bl_arena_release(&p.arena);
    return status;
}

void bl_prepare_report_release(bl_prepare_report *report) {
    if (report->arena.context)
        bl_arena_release(&report->arena);
}
