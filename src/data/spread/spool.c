// SPDX-License-Identifier: Apache-2.0
// The first pass of preparation: part by part, each a stream whose batches become rows, which
// become files.
#include "data/spread/spool.h"

#include "base/clock.h"
#include "base/context.h"
#include "data/spread/private.h"
#include "data/spread/thin.h"

// ---- streams ----

/// \param ret_renames in the arena; NULL: none
static bl_status renames_of(const bl_spool_pass *pass, bl_arena *arena, bl_rename **ret_renames,
                            bl_error *err) {
    size_t n = pass->variation ? pass->variation->n_renames : 0;
    bl_rename *renames = (bl_rename *)bl_arena_array(arena, n + 1, sizeof *renames);
    if (!renames)
        return bl_error_nomem(err, n * sizeof *renames, "a variation");
    for (size_t i = 0; i < n; i++)
        renames[i] = (bl_rename){pass->variation->from[i], pass->variation->to[i]};
    *ret_renames = renames;
    return BL_OK;
}

bl_status bl_spool_open_stream(const bl_spool *spool, const bl_spool_pass *pass,
                               const bl_stretch *stretch, int64_t first, int64_t last,
                               bl_stream **ret_stream, bl_error *err) {
    bl_arena arena;
    bl_rename *renames;
    bl_arena_init(&arena, spool->arena.context);
    bl_status status = renames_of(pass, &arena, &renames, err);
    if (status == BL_OK) {
        const bl_stream_options options = {.first = first,
                                           .last = last,
                                           .has_rows = true,
                                           .n_renames =
                                               pass->variation ? pass->variation->n_renames : 0,
                                           .renames = renames,
                                           .n_names = spool->recipe->n_names,
                                           .names = spool->recipe->names};
        status = bl_stream_open(spool->dataset, stretch, &options, ret_stream, err);
    }
    bl_arena_release(&arena);
    return status == BL_OK || !pass->name ? status
                                          : bl_error_in(err, status, "variations.%s", pass->name);
}

// ---- a part ----

static void add_times(bl_plan_times *times, const bl_plan *plan) {
    bl_plan_times more;
    bl_plan_get_times(plan, &more);
    times->read_s += more.read_s;
    times->cut_s += more.cut_s;
    times->late_s += more.late_s;
    times->recipe_s += more.recipe_s;
    times->compute_s += more.compute_s;
}

static void show_progress(const bl_spool *spool, const bl_plan *plan, int64_t before) {
    const bl_spool_options *options = &spool->options;
    int64_t rows, taken, all = bl_dataset_n_events(spool->dataset) * (int64_t)spool->n_passes;
    uint64_t bytes;
    bl_plan_progress(plan, &rows, &taken, &bytes);
    if (options->progress)
        options->progress(options->user, before + rows, all);
}

/// Rows of a batch into the sink. \param batch moves
static bl_status spread(const bl_source *source, bl_plan *plan, bl_batch *batch,
                        bl_spool_sink *sink, bl_error *err) {
    bl_batch *rows = NULL;
    sink->spool->n_taken += bl_batch_n_rows(batch);
    bl_status status = bl_spool_rows(source, sink->pass, batch, bl_plan_rows(plan), &rows, err);
    bl_batch_release(batch);
    BL_TRY(status);
    return rows ? bl_spool_sink_add(sink, rows, err) : BL_OK;
}

/// \param before events of parts that are done
static bl_status spread_all(const bl_source *source, bl_plan *plan, bl_spool_sink *sink,
                            int64_t before, bl_error *err) {
    for (;;) {
        bl_batch *batch = NULL;
        bl_status status = bl_plan_next(plan, &batch, err);
        if (status != BL_OK && status != BL_END)
            return status;
        bool is_end = status == BL_END;
        double start = bl_clock_s();
        status = is_end ? bl_spool_sink_finish(sink, err) : spread(source, plan, batch, sink, err);
        sink->spool->spread_s += bl_clock_s() - start;
        if (is_end || status != BL_OK)
            return status;
        show_progress(sink->spool, plan, before);
    }
}

static bl_status make_part(bl_spool_behind *behind, const bl_spool_pass *pass, bl_spool_part *part,
                           int64_t before, bl_error *err) {
    bl_spool *spool = behind->spool;
    bl_arena arena;
    bl_source source;
    int64_t rows, taken;
    uint64_t bytes;
    BL_AUTO(bl_stream) stream = NULL;
    BL_TRY(bl_spool_open_stream(spool, pass, part->stretch, part->first, part->last, &stream, err));
    bl_spool_sink sink = {.spool = spool,
                          .behind = behind,
                          .pass = pass,
                          .part = part,
                          .stem = bl_spool_stem(&spool->arena, pass, part)};
    if (!sink.stem)
        return bl_error_nomem(err, 0, "a part");
    bl_arena_init(&arena, spool->arena.context);
    bl_status status = bl_source_bind(&arena, spool, part->stretch, stream, &source, err);
    if (status == BL_OK)
        status = spread_all(&source, stream->plan, &sink, before, err);
    bl_spool_sink_release(&sink);
    bl_arena_release(&arena);
    BL_TRY(status);
    BL_TRY(bl_plan_flow(stream->plan, part->flow, err));
    bl_plan_progress(stream->plan, &rows, &taken, &bytes);
    add_times(&spool->times, stream->plan);
    spool->n_rows += rows;
    spool->stored_bytes += bytes;
    return bl_spool_end_part(behind, pass, part, err);
}

// ---- all of them ----

static bl_status make_missing(bl_spool_behind *behind, bl_error *err) {
    bl_spool *spool = behind->spool;
    int64_t before = 0;
    for (size_t i = 0; i < spool->n_passes; i++) {
        bl_spool_pass *pass = &spool->passes[i];
        for (size_t k = 0; k < spool->n_parts; k++) {
            bl_spool_part *part = &pass->parts[k];
            BL_TRY(bl_context_check(spool->arena.context, err));
            BL_TRY(bl_spool_read_part(spool, pass, part, err));
            spool->n_resumed += part->is_done;
            if (!part->is_done)
                BL_TRY(make_part(behind, pass, part, before, err));
            before += part->last - part->first;
        }
    }
    return BL_OK;
}

static bl_status make_parts(bl_spool *spool, bl_error *err) {
    bl_spool_behind behind = {.spool = spool};
    bl_error earlier = {0};
    bl_status status = make_missing(&behind, err);
    bl_status of_earlier = bl_spool_settle(&behind, &earlier); // whatever failed behind it
    return of_earlier == BL_OK ? status : bl_error_set(err, of_earlier, "%s", earlier.message);
}

/// Statistics of the first pass when all parts are there: negative weights become what they are in
/// training, and the longest sequences are known.
static void settle(bl_spool *spool) {
    for (size_t k = 0; k < spool->n_parts; k++) {
        bl_spool_statistics_settle(spool, &spool->passes[0].parts[k].statistics);
        for (size_t i = 0; i < spool->n_inputs; i++) {
            int64_t most = spool->passes[0].parts[k].statistics.most_rows[i];
            if ((size_t)most > spool->inputs[i].shape.most_rows)
                spool->inputs[i].shape.most_rows = (size_t)most;
        }
    }
}

static bl_status make(bl_spool *spool, bl_error *err) {
    bl_surveyed *surveyed;
    bool is_needed = true;
    BL_TRY(bl_spool_set_up(spool, err));
    BL_TRY(bl_thinning_find(spool, err));
    BL_TRY(bl_spool_survey(spool, &surveyed, err));
    if (spool->options.look)
        BL_TRY(spool->options.look(spool->options.user, spool, &is_needed, err));
    if (!is_needed)
        return BL_OK;
    BL_TRY(bl_spool_begin(spool, err));
    BL_TRY(bl_spool_cut(spool, surveyed, err));
    BL_TRY(make_parts(spool, err));
    settle(spool);
    return BL_OK;
}

/// Rows in memory that become one file: with what sorts and writes them, and the next ones that
/// come meanwhile, they take three eighths of the budget. More than 128 MiB would not be better: so
/// files do not depend on budgets that are not small.
static uint64_t default_file_bytes(const bl_context *context) {
    static const uint64_t most = UINT64_C(128) << 20;
    uint64_t share = bl_context_memory_bytes(context) / 8;
    return share < most ? share : most;
}

static bl_status new_spool(bl_dataset *dataset, const bl_prepare_config *config,
                           const bl_spool_options *options, bl_spool **ret_spool, bl_error *err) {
    bl_context *context = dataset->context;
    bl_spool *made = (bl_spool *)bl_alloc_zero(context, 1, sizeof *made);
    if (!made)
        return bl_error_nomem(err, sizeof *made, "a spool");
    BL_AUTO(bl_spool) spool = made;
    bl_context_ref(context);
    bl_arena_init(&spool->arena, context);
    spool->dataset = dataset;
    spool->config = config;
    spool->options = *options;
    if (!options->file_bytes)
        spool->options.file_bytes = default_file_bytes(context);
    spool->folder = bl_arena_printf(&spool->arena, "%s/spool", options->folder);
    if (!spool->folder)
        return bl_error_nomem(err, 0, "a spool");
    *ret_spool = BL_MOVE(spool);
    return BL_OK;
}

/// Whether a failure is about a file that can be left out. It is then.
static bool leaves_out(bl_dataset *dataset, bl_status status, const char *why) {
    static const bl_status of_files[] = {BL_E_NOTFOUND, BL_E_ACCESS,      BL_E_IO,  BL_E_FORMAT,
                                         BL_E_CORRUPT,  BL_E_UNSUPPORTED, BL_E_TYPE};
    bool is_of_file = false;
    for (size_t i = 0; i < sizeof of_files / sizeof *of_files; i++)
        is_of_file = is_of_file || status == of_files[i];
    for (size_t i = 0; is_of_file && dataset->options.skips_bad_files && i < dataset->n_samples;
         i++)
        if (bl_dataset_leave_out(dataset, &dataset->samples[i], why, why))
            return true;
    return false;
}

bl_status bl_spool_make(bl_dataset *dataset, const bl_prepare_config *config,
                        const bl_spool_options *options, bl_spool **ret_spool, bl_error *err) {
    bl_spool_options now = *options;
    for (bool is_first = true;; is_first = false) {
        bl_error why = {0};
        BL_AUTO(bl_spool) spool = NULL;
        BL_TRY(new_spool(dataset, config, &now, &spool, err));
        if (is_first && dataset->options.skips_bad_files)
            BL_TRY(bl_spool_leave_out(spool, err));
        bl_status status = make(spool, &why);
        if (status == BL_OK) {
            *ret_spool = BL_MOVE(spool);
            return BL_OK;
        }
        if (!leaves_out(dataset, status, why.message))
            return bl_error_set(err, status, "%s", why.message);
        BL_TRY(bl_dataset_divide(dataset, err));
        now.overwrite = true; // without the file all weights may be others
    }
}

void bl_spool_close(bl_spool *spool) {
    if (!spool)
        return;
    bl_context *context = spool->arena.context;
    for (size_t i = 0; spool->recipe && i < spool->recipe->n_types; i++)
        bl_type_release(spool->recipe->types[i]);
    bl_arena_release(&spool->arena);
    bl_free(context, spool);
    bl_context_unref(context);
}
