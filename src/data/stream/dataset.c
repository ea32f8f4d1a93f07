// SPDX-License-Identifier: Apache-2.0
// Data sets: samples become files, and files that go together stretches.
#include "data/stream/dataset.h"

#include <math.h>

#include "base/context.h"
#include "data/stream/file_magic.h"
#include "data/stream/normalise.h"

BL_DEFINE_AUTO(bl_catalog, bl_catalog_close);
BL_DEFINE_AUTO(bl_table, bl_table_close);

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "a data set"); }

// ---- files ----

static bl_status look_at(bl_dataset *dataset, const bl_sample *sample, bl_dataset_file *file,
                         bl_error *err) {
    BL_AUTO(bl_catalog) catalog = NULL;
    BL_AUTO(bl_table) table = NULL;
    const bl_sumw_source *sumw = &sample->config->sumw;
    BL_TRY(bl_catalog_open_with(dataset->context, file->url, dataset->options.open, &catalog, err));
    BL_TRY(bl_catalog_open_table(catalog, dataset->config->treename, &table, err));
    BL_TRY(bl_table_n_rows(table, &file->n_rows, err));
    file->bytes = bl_catalog_size_bytes(catalog);
    file->has_friends = bl_table_declares_friends(table);
    const char *uuid = bl_catalog_uuid(catalog);
    if (uuid && !(file->uuid = bl_arena_text(&dataset->arena, uuid, strlen(uuid))))
        return out_of_memory(err);
    return sumw->branch ? bl_sumw_read(dataset->context, file->url, sumw, &file->sumw, err) : BL_OK;
}

/// Whether a file is left out for such an error, where that is allowed.
static bool is_skipped(const bl_dataset *dataset, bl_status status) {
    return status != BL_OK && status != BL_E_NOMEM && status != BL_E_CANCELLED &&
           dataset->options.skips_bad_files;
}

static bl_status open_files(bl_dataset *dataset, bl_sample *sample, bl_error *err) {
    char **urls;
    const bl_text_list *files = &sample->config->files;
    if (files->n == 0)
        return bl_error_set(err, BL_E_INVALID, "sample '%s' has no files", sample->config->name);
    BL_TRY(bl_urls_expand(&dataset->arena, files->texts, files->n, &urls, &sample->n_files, err));
    sample->files =
        (bl_dataset_file *)bl_arena_array(&dataset->arena, sample->n_files, sizeof *sample->files);
    if (!sample->files)
        return out_of_memory(err);
    for (size_t i = 0; i < sample->n_files; i++) {
        bl_dataset_file *file = &sample->files[i];
        bl_error why = {0};
        file->url = urls[i];
        bl_status status = look_at(dataset, sample, file, &why);
        if (is_skipped(dataset, status)) {
            bl_dataset_leave_out(dataset, sample, file->url, why.message);
            continue;
        }
        if (status != BL_OK)
            return bl_error_set(err, status, "%s", why.message);
    }
    return BL_OK;
}

bool bl_dataset_leave_out(bl_dataset *dataset, bl_sample *sample, const char *url,
                          const char *why) {
    for (size_t i = 0; i < sample->n_files; i++) {
        bl_dataset_file *file = &sample->files[i];
        size_t length = strlen(file->url);
        bool is_it = strncmp(file->url, url, length) == 0 && (!url[length] || url[length] == ':');
        if (!is_it || file->skipped)
            continue;
        const char *text = bl_arena_text(&dataset->arena, why, strlen(why));
        file->skipped = text ? text : "it cannot be read";
        bl_log(dataset->context, BL_LOG_WARNING, "left out: %s", file->skipped);
        return true;
    }
    return false;
}

// ---- stretches ----

static bool has_values(const bl_stretch *stretch, const double *values, size_t n) {
    return n == 0 || memcmp(stretch->values, values, n * sizeof *values) == 0;
}

/// A new stretch of no files yet.
static bl_status begin_stretch(bl_dataset *dataset, bl_sample *sample, const double *values,
                               bl_stretch **ret_stretch, bl_error *err) {
    bl_stretch *stretch = &dataset->stretches[dataset->n_stretches++];
    bl_arena *arena = &dataset->arena;
    *stretch = (bl_stretch){
        .sample = sample, .number = (size_t)(sample - dataset->samples), .values = values};
    stretch->urls = (const char **)bl_arena_array(arena, sample->n_files, sizeof *stretch->urls);
    stretch->files = (size_t *)bl_arena_array(arena, sample->n_files, sizeof *stretch->files);
    stretch->ends = (int64_t *)bl_arena_array(arena, sample->n_files, sizeof *stretch->ends);
    *ret_stretch = stretch;
    return stretch->urls && stretch->files && stretch->ends ? BL_OK : out_of_memory(err);
}

static bl_status divide_sample(bl_dataset *dataset, bl_sample *sample, bl_error *err) {
    bl_stretch *stretch = NULL;
    int64_t left = sample->n_used;
    // without a row there is still a table, of which an output gets the columns
    for (size_t i = 0; i < sample->n_files && (left > 0 || !stretch); i++) {
        const bl_dataset_file *file = &sample->files[i];
        if (file->skipped)
            continue;
        double *values =
            (double *)bl_arena_array(&dataset->arena, dataset->n_magic + 1, sizeof *values);
        if (!values)
            return out_of_memory(err);
        BL_TRY(bl_file_magic_values(dataset->config, dataset->magic, dataset->n_magic, file->url,
                                    values, err));
        if (!stretch || !has_values(stretch, values, dataset->n_magic))
            BL_TRY(begin_stretch(dataset, sample, values, &stretch, err));
        size_t at = stretch->n_files++;
        stretch->urls[at] = file->url;
        stretch->files[at] = i;
        stretch->ends[at] = (at ? stretch->ends[at - 1] : 0) + file->n_rows;
        stretch->last += file->n_rows < left ? file->n_rows : left;
        left -= file->n_rows < left ? file->n_rows : left;
    }
    return BL_OK;
}

/// Sums over the files that are there.
static bl_status count_sample(bl_dataset *dataset, bl_sample *sample, bl_error *err) {
    const bl_dataset_options *options = &dataset->options;
    size_t n_files = 0;
    sample->n_rows = 0;
    sample->sumw = 0;
    for (size_t i = 0; i < sample->n_files; i++)
        if (!sample->files[i].skipped) {
            n_files++;
            sample->n_rows += sample->files[i].n_rows;
            sample->sumw += sample->files[i].sumw;
        }
    if (n_files == 0)
        return bl_error_set(err, BL_E_NOTFOUND, "sample '%s' has no file that can be read",
                            sample->config->name);
    sample->n_used = sample->n_rows;
    if (options->fraction > 0 && options->fraction < 1)
        sample->n_used = (int64_t)ceil(options->fraction * (double)sample->n_rows);
    if (options->max_events > 0 && options->max_events < sample->n_used)
        sample->n_used = options->max_events;
    BL_TRY(bl_sample_factor(sample->config, sample->sumw, &sample->factor, err));
    if (!isnan(sample->config->xsec_pb) && sample->n_used)
        sample->factor *= (double)sample->n_rows / (double)sample->n_used;
    return BL_OK;
}

/// Where there is one stretch, rows of it may be chosen.
static bl_status choose_rows(bl_dataset *dataset, bl_error *err) {
    const bl_dataset_options *options = &dataset->options;
    if (options->first == 0 && options->last == 0)
        return BL_OK;
    if (dataset->n_stretches != 1)
        return bl_error_set(err, BL_E_USAGE, "entries are chosen in one sample, and these are %zu",
                            dataset->n_stretches);
    bl_stretch *stretch = &dataset->stretches[0];
    if (options->last && options->last < stretch->last)
        stretch->last = options->last;
    stretch->first = options->first < stretch->last ? options->first : stretch->last;
    return BL_OK;
}

bl_status bl_dataset_divide(bl_dataset *dataset, bl_error *err) {
    size_t n_files = 0;
    for (size_t i = 0; i < dataset->n_samples; i++)
        n_files += dataset->samples[i].n_files;
    dataset->n_stretches = 0;
    dataset->stretches =
        (bl_stretch *)bl_arena_array(&dataset->arena, n_files + 1, sizeof(bl_stretch));
    if (!dataset->stretches)
        return out_of_memory(err);
    for (size_t i = 0; i < dataset->n_samples; i++) {
        BL_TRY(count_sample(dataset, &dataset->samples[i], err));
        BL_TRY(divide_sample(dataset, &dataset->samples[i], err));
    }
    return choose_rows(dataset, err);
}

bl_event_place bl_stretch_place(const bl_stretch *stretch, int64_t row, size_t *hint) {
    const bl_sample *sample = stretch->sample;
    size_t at = *hint;
    while (at && row < stretch->ends[at - 1])
        at--;
    while (at + 1 < stretch->n_files && row >= stretch->ends[at])
        at++;
    *hint = at;
    return (bl_event_place){.file = &sample->files[stretch->files[at]],
                            .number = sample->first_file + stretch->files[at],
                            .entry = row - (at ? stretch->ends[at - 1] : 0)};
}

bool bl_dataset_has_friends(const bl_dataset *dataset) {
    for (size_t i = 0; i < dataset->n_samples; i++)
        for (size_t k = 0; k < dataset->samples[i].n_files; k++)
            if (dataset->samples[i].files[k].has_friends)
                return true;
    return dataset->options.n_friends > 0;
}

int64_t bl_dataset_n_events(const bl_dataset *dataset) {
    int64_t n = 0;
    for (size_t i = 0; i < dataset->n_stretches; i++)
        n += dataset->stretches[i].last - dataset->stretches[i].first;
    return n;
}

// ---- opening ----

static bl_status open_sample(bl_dataset *dataset, size_t i, bl_error *err) {
    bl_sample *sample = &dataset->samples[i];
    sample->config = &dataset->config->samples[i];
    sample->first_file = i ? sample[-1].first_file + sample[-1].n_files : 0;
    BL_TRY(open_files(dataset, sample, err));
    if (sample->config->lumi_mask)
        BL_TRY(bl_lumi_mask_read(&dataset->arena, sample->config->lumi_mask, &sample->mask, err));
    return BL_OK;
}

bl_status bl_dataset_open(bl_context *context, const bl_config *config,
                          const bl_dataset_options *options, bl_dataset **ret_dataset,
                          bl_error *err) {
    bl_dataset *made = (bl_dataset *)bl_alloc_zero(context, 1, sizeof *made);
    if (!made)
        return out_of_memory(err);
    BL_AUTO(bl_dataset) dataset = made;
    dataset->context = context;
    dataset->config = config;
    dataset->options = *options;
    bl_context_ref(context);
    bl_arena_init(&dataset->arena, context);
    if (config->n_samples == 0)
        return bl_error_set(err, BL_E_USAGE,
                            "there are no files, neither samples in a data "
                            "configuration nor operands");
    BL_TRY(bl_file_magic_names(config, &dataset->magic, &dataset->n_magic, err));
    dataset->n_samples = config->n_samples;
    dataset->is_named = *config->samples[0].name != '\0';
    dataset->samples =
        (bl_sample *)bl_arena_array(&dataset->arena, config->n_samples, sizeof(bl_sample));
    if (!dataset->samples)
        return out_of_memory(err);
    for (size_t i = 0; i < config->n_samples; i++)
        BL_TRY(open_sample(dataset, i, err));
    BL_TRY(bl_dataset_divide(dataset, err));
    *ret_dataset = BL_MOVE(dataset);
    return BL_OK;
}

void bl_dataset_close(bl_dataset *dataset) {
    if (!dataset)
        return;
    bl_context *context = dataset->context;
    bl_arena_release(&dataset->arena);
    bl_free(context, dataset);
    bl_context_unref(context);
}
