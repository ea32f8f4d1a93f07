// SPDX-License-Identifier: Apache-2.0
// Ingest: part by part, each a stream into an output. A folder's manifest is written anew after
// each part, so that whatever happens it tells what is there.
#include "data/ingest/ingest.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/context.h"
#include "base/file_sum.h"
#include "base/folder.h"
#include "base/sum.h"
#include "data/ingest/private.h"
#include "data/stream/lineage.h"

/// An output while parts go into it.
typedef struct target {
    bl_output *output; ///< NULL: not begun yet
    bl_writer *writer;
} target;

static const char *path_of(bl_ingest *ingest, const char *name) {
    return bl_arena_printf(&ingest->arena, "%s/%s", ingest->folder, name);
}

// ---- before anything is written ----

static bool is_folder(const char *url) {
    struct stat found;
    size_t length = strlen(url);
    return (length && url[length - 1] == '/') || (stat(url, &found) == 0 && S_ISDIR(found.st_mode));
}

/// Where there is no manifest, files under the names of parts are somebody else's.
static bl_status check_strangers(bl_ingest *ingest, bl_error *err) {
    for (size_t i = 0; i < ingest->manifest.n_parts; i++) {
        const char *path = path_of(ingest, ingest->manifest.parts[i].name);
        if (path && access(path, F_OK) == 0)
            return bl_error_set(err, BL_E_EXISTS,
                                "%s: exists, and there is no manifest; --overwrite replaces it",
                                path);
    }
    return BL_OK;
}

static bl_status prepare_folder(bl_ingest *ingest, bl_error *err) {
    const bl_item *document = NULL;
    bool is_kept = ingest->has_manifest && !ingest->options->overwrite;
    if (is_kept) {
        BL_TRY(bl_document_read(&ingest->arena, ingest->manifest.path, &document, err));
        bl_manifest_leave_out(document, ingest->dataset);
        BL_TRY(bl_dataset_divide(ingest->dataset, err));
    }
    BL_TRY(bl_ingest_make_parts(ingest, err));
    if (!is_kept)
        return ingest->options->overwrite ? BL_OK : check_strangers(ingest, err);
    BL_TRY(bl_manifest_resume(document, ingest->folder, &ingest->manifest, err));
    for (size_t i = 0; i < ingest->manifest.n_parts; i++)
        ingest->n_resumed += ingest->manifest.parts[i].is_done;
    return BL_OK;
}

bl_status bl_ingest_prepare(bl_ingest *ingest, bl_dataset *dataset,
                            const bl_ingest_options *options, bl_error *err) {
    size_t length = options->url ? strlen(options->url) : 0;
    bl_arena_init(&ingest->arena, dataset->context);
    ingest->dataset = dataset;
    ingest->options = options;
    ingest->tree = options->tree;
    ingest->manifest.dataset = dataset;
    ingest->is_folder = options->url && is_folder(options->url);
    BL_TRY(bl_output_extension(options->format, &ingest->extension, err));
    if (!ingest->is_folder)
        return bl_ingest_make_parts(ingest, err);
    while (length > 1 && options->url[length - 1] == '/')
        length--;
    ingest->folder = bl_arena_text(&ingest->arena, options->url, length);
    ingest->manifest.path = ingest->folder ? path_of(ingest, "manifest.json") : NULL;
    if (!ingest->manifest.path)
        return bl_error_nomem(err, length, "a path");
    ingest->has_manifest = access(ingest->manifest.path, F_OK) == 0;
    return prepare_folder(ingest, err);
}

void bl_ingest_release(bl_ingest *ingest) {
    if (!ingest->dataset)
        return;
    bl_stream_close(ingest->model);
    bl_free(ingest->arena.context, ingest->manifest.parts);
    bl_arena_release(&ingest->arena);
}

bl_flow bl_ingest_flow(const bl_ingest *ingest, size_t sample, size_t i) {
    bl_flow flow = {0};
    bl_sum sumw = {0}, sumw2 = {0};
    for (size_t k = 0; k < ingest->manifest.n_parts; k++) {
        const bl_ingest_part *part = &ingest->manifest.parts[k];
        if (part->stretch->number != sample || i >= part->n_cuts)
            continue;
        flow.n_rows += part->flow[i].n_rows;
        bl_sum_add(&sumw, part->flow[i].sumw);
        bl_sum_add(&sumw2, part->flow[i].sumw2);
    }
    flow.sumw = bl_sum_value(&sumw);
    flow.sumw2 = bl_sum_value(&sumw2);
    return flow;
}

// ---- a part ----

/// The files behind a part, or behind all of them (NULL), and what was made of them.
static bl_status note_lineage(bl_ingest *ingest, const bl_ingest_part *part,
                              bl_output_options *options, bl_error *err) {
    const bl_dataset *dataset = ingest->dataset;
    const bl_stream *model = ingest->model;
    size_t n = 0, room = 1;
    for (size_t i = 0; i < dataset->n_stretches; i++)
        room += dataset->stretches[i].n_files;
    const char **urls = (const char **)bl_arena_array(&ingest->arena, room, sizeof *urls);
    if (!urls)
        return bl_error_nomem(err, room * sizeof *urls, "lineage");
    for (size_t i = 0; i < dataset->n_stretches; i++)
        for (size_t k = 0; k < dataset->stretches[i].n_files; k++)
            if (!part || part->stretch == &dataset->stretches[i])
                urls[n++] = dataset->stretches[i].urls[k];
    bl_lineage lineage = {.urls = urls,
                          .n_urls = n,
                          .table = bl_table_path(model->table),
                          .cuts = dataset->config->cuts.texts,
                          .n_cuts = dataset->config->cuts.n,
                          .variables = model->variables,
                          .n_variables = model->n_variables - model->n_hidden,
                          .recipe = model->recipe ? bl_topology_description(model->recipe) : NULL};
    return bl_lineage_pairs(&ingest->arena, &lineage, &options->metadata, &options->n_metadata,
                            err);
}

/// \param part the first that goes into the output
static bl_status begin(bl_ingest *ingest, const bl_ingest_part *part, const char *url,
                       bool overwrite, target *to, bl_error *err) {
    const bl_ingest_options *o = ingest->options;
    bl_output_options options = {
        .size = sizeof options, .format = o->format, .codec = o->codec, .overwrite = overwrite};
    BL_TRY(note_lineage(ingest, ingest->is_folder ? part : NULL, &options, err));
    bl_writer_options of_writer = {.size = sizeof of_writer,
                                   .path = ingest->tree,
                                   .cluster_bytes = o->cluster_bytes,
                                   .chunk_bytes = o->chunk_bytes};
    BL_TRY(bl_output_open(ingest->dataset->context, url, &options, &to->output, err));
    return bl_output_add(to->output, ingest->model->specs, ingest->model->n_columns, &of_writer,
                         &to->writer, err);
}

static void show_progress(const bl_ingest *ingest, const bl_plan *plan) {
    int64_t rows, taken;
    uint64_t bytes;
    bl_plan_progress(plan, &rows, &taken, &bytes);
    if (ingest->options->progress)
        ingest->options->progress(ingest->options->user, ingest->n_rows + rows,
                                  ingest->stored_bytes + bytes);
}

/// Batches of a stream into an output, which is begun when there is something to write.
/// \param path of an output that is not begun yet
static bl_status write_batches(bl_ingest *ingest, bl_ingest_part *part, bl_plan *plan,
                               const char *path, target *to, bl_error *err) {
    for (;;) {
        bl_batch *batch = NULL;
        bl_status status = bl_plan_next(plan, &batch, err);
        if (status != BL_OK)
            return status == BL_END ? BL_OK : status;
        double start = bl_clock_s();
        if (!to->output)
            status = begin(ingest, part, path, false, to, err);
        if (status == BL_OK)
            status = bl_writer_write(to->writer, batch, err);
        part->n_rows += bl_batch_n_rows(batch);
        bl_batch_release(batch);
        ingest->times.write_s += bl_clock_s() - start;
        if (status != BL_OK) // what an output says is not about an input
            return bl_error_in(err, status, "output");
        show_progress(ingest, plan);
    }
}

static bl_status keep_flow(bl_ingest *ingest, bl_ingest_part *part, const bl_plan *plan,
                           bl_error *err) {
    bl_plan_times times;
    int64_t rows, taken;
    uint64_t bytes;
    BL_TRY(bl_plan_flow(plan, part->flow, err));
    bl_plan_progress(plan, &rows, &taken, &bytes);
    bl_plan_get_times(plan, &times);
    ingest->n_rows += rows;
    ingest->n_taken += part->n_rows;
    ingest->stored_bytes += bytes;
    ingest->times.plan.read_s += times.read_s;
    ingest->times.plan.cut_s += times.cut_s;
    ingest->times.plan.late_s += times.late_s;
    ingest->times.plan.recipe_s += times.recipe_s;
    ingest->times.plan.compute_s += times.compute_s;
    return BL_OK;
}

/// Whether the stream that is open already, of the first stretch, has the rows of a part. It can be
/// read once.
static bool is_model_of(const bl_ingest *ingest, const bl_ingest_part *part) {
    const bl_stretch *first = &ingest->dataset->stretches[0];
    return !ingest->is_model_read && part->stretch == first && part->first == first->first &&
           part->last == first->last;
}

static bl_status write_rows(bl_ingest *ingest, bl_ingest_part *part, const char *path, target *to,
                            bl_error *err) {
    BL_AUTO(bl_stream) stream = NULL;
    part->n_rows = 0;
    if (part->first == part->last)
        return BL_OK;
    bool is_model = is_model_of(ingest, part);
    ingest->is_model_read = ingest->is_model_read || is_model;
    if (!is_model)
        BL_TRY(bl_stream_open(ingest->dataset, part->stretch,
                              &(bl_stream_options){.first = part->first, .last = part->last},
                              &stream, err));
    bl_plan *plan = is_model ? ingest->model->plan : stream->plan;
    BL_TRY(write_batches(ingest, part, plan, path, to, err));
    return keep_flow(ingest, part, plan, err);
}

static bl_status finish(bl_ingest *ingest, target *to, bl_error *err) {
    double start = bl_clock_s();
    bl_status status = to->output ? bl_output_finish(to->output, err) : BL_OK;
    ingest->times.write_s += bl_clock_s() - start;
    return status;
}

/// A part of a folder, whole or not at all. A file that lies under its name, but is in no manifest,
/// goes first: to replace one takes two steps, and who is killed between them leaves a third name.
static bl_status write_part(bl_ingest *ingest, bl_ingest_part *part, bl_error *err) {
    target to = {0};
    const char *path = path_of(ingest, part->name);
    if (!path)
        return bl_error_nomem(err, 0, "a path");
    if (unlink(path) != 0 && errno != ENOENT)
        return bl_error_errno(err, errno, path);
    bl_status status = write_rows(ingest, part, path, &to, err);
    if (status == BL_OK)
        status = finish(ingest, &to, err);
    bool is_written = to.output != NULL;
    bl_output_close(to.output);
    BL_TRY(status);
    if (is_written)
        BL_TRY(bl_file_sum(path, &part->bytes, &part->xxh64, err));
    part->is_done = true;
    return bl_manifest_write(&ingest->manifest, err);
}

// ---- all of them ----

static bl_status write_parts(bl_ingest *ingest, bl_sample **ret_sample, bl_error *err) {
    for (size_t i = 0; i < ingest->manifest.n_parts; i++) {
        bl_ingest_part *part = &ingest->manifest.parts[i];
        *ret_sample = part->stretch->sample;
        if (!part->is_done)
            BL_TRY(write_part(ingest, part, err));
    }
    return BL_OK;
}

/// One file, into which all parts go.
static bl_status write_file(bl_ingest *ingest, bl_sample **ret_sample, bl_error *err) {
    target to = {0};
    bl_status status =
        begin(ingest, NULL, ingest->options->url, ingest->options->overwrite, &to, err);
    for (size_t i = 0; status == BL_OK && i < ingest->manifest.n_parts; i++) {
        *ret_sample = ingest->manifest.parts[i].stretch->sample;
        status = write_rows(ingest, &ingest->manifest.parts[i], NULL, &to, err);
        ingest->manifest.parts[i].is_done = true;
    }
    if (status == BL_OK)
        status = finish(ingest, &to, err);
    bl_output_close(to.output);
    return status;
}

static void remove_file(bl_ingest *ingest, const char *name) {
    const char *path = path_of(ingest, name);
    if (path)
        (void)unlink(path);
}

/// Its files go, and its parts are made anew; those of other samples stay.
static bl_status begin_anew(bl_ingest *ingest, const bl_sample *sample, bl_error *err) {
    ingest->is_model_read = true; // its files may be others now
    bl_ingest_part *old = ingest->manifest.parts;
    size_t n_old = ingest->manifest.n_parts;
    bl_status status = bl_dataset_divide(ingest->dataset, err);
    if (status == BL_OK)
        status = bl_ingest_make_parts(ingest, err);
    for (size_t i = 0; status == BL_OK && i < n_old; i++) {
        if (!old[i].is_done || !ingest->is_folder)
            continue;
        if (old[i].stretch->sample == sample)
            remove_file(ingest, old[i].name);
        for (size_t k = 0; k < ingest->manifest.n_parts; k++) {
            bl_ingest_part *part = &ingest->manifest.parts[k];
            if (old[i].stretch->sample == sample || strcmp(part->name, old[i].name) != 0)
                continue;
            const bl_stretch *stretch = part->stretch;
            *part = old[i];
            part->stretch = stretch;
        }
    }
    if (old != ingest->manifest.parts)
        bl_free(ingest->arena.context, old);
    if (status == BL_OK && ingest->is_folder)
        status = bl_manifest_write(&ingest->manifest, err);
    return status;
}

/// Whether a failure is about a file that can be left out.
static bool leaves_out(bl_ingest *ingest, bl_sample *sample, bl_status status,
                       const bl_error *why) {
    static const bl_status of_files[] = {BL_E_NOTFOUND, BL_E_ACCESS,      BL_E_IO,  BL_E_FORMAT,
                                         BL_E_CORRUPT,  BL_E_UNSUPPORTED, BL_E_TYPE};
    if (!ingest->dataset->options.skips_bad_files || !sample)
        return false;
    for (size_t i = 0; i < sizeof of_files / sizeof *of_files; i++)
        if (status == of_files[i])
            return bl_dataset_leave_out(ingest->dataset, sample, why->message, why->message);
    return false;
}

static bl_status make_folder(bl_ingest *ingest, bl_error *err) {
    const bl_item *document = NULL;
    BL_TRY(bl_folder_make(ingest->folder, err));
    if (ingest->has_manifest && ingest->options->overwrite &&
        bl_document_read(&ingest->arena, ingest->manifest.path, &document, NULL) == BL_OK) {
        const bl_item *parts = bl_item_get(document, "parts");
        for (size_t i = 0; parts && parts->kind == BL_ITEM_LIST && i < parts->n; i++) {
            const bl_item *name = bl_item_get(parts->items[i], "file");
            if (name && name->text && !strchr(name->text, '/'))
                remove_file(ingest, name->text);
        }
    }
    return bl_manifest_write(&ingest->manifest, err);
}

bl_status bl_ingest_run(bl_ingest *ingest, bl_error *err) {
    if (ingest->is_folder)
        BL_TRY(make_folder(ingest, err));
    for (;;) {
        bl_error why = {0};
        bl_sample *sample = NULL;
        bl_status status = ingest->is_folder ? write_parts(ingest, &sample, &why)
                                             : write_file(ingest, &sample, &why);
        if (status == BL_OK)
            return BL_OK;
        if (!leaves_out(ingest, sample, status, &why))
            return bl_error_set(err, status, "%s", why.message);
        BL_TRY(begin_anew(ingest, sample, err));
    }
}
