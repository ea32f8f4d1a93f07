// SPDX-License-Identifier: Apache-2.0
// Which parts there are to be.
#include <stdio.h>

#include <beamline/version.h>

#include "base/context.h"
#include "data/ingest/private.h"

static const uint64_t default_part_bytes = UINT64_C(1) << 30;

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "parts"); }

/// Of a sample by the stream of its first stretch.
static bl_status make_fingerprint(bl_ingest *ingest, const bl_stretch *stretch,
                                  const bl_stream *stream, bl_error *err) {
    const bl_ingest_options *options = ingest->options;
    bl_packer packer = {.context = ingest->arena.context};
    bl_fingerprint_add_text(&packer, BL_VERSION);
    bl_fingerprint_add_text(&packer, ingest->tree);
    bl_fingerprint_add_text(&packer, ingest->extension);
    bl_fingerprint_add_text(&packer, options->codec);
    bl_fingerprint_add_number(&packer, options->cluster_bytes);
    bl_fingerprint_add_number(&packer, options->chunk_bytes);
    bl_fingerprint_add_stream(&packer, ingest->dataset->config, stream);
    bl_fingerprint_add_number(&packer, (uint64_t)options->part_events);
    bl_fingerprint_add_number(&packer, options->part_bytes);
    bl_fingerprint_add_number(&packer, (uint64_t)stretch->first);
    bl_fingerprint_add_number(&packer, (uint64_t)stretch->sample->n_used);
    bl_fingerprint_add_files(&packer, stretch->sample);
    return bl_fingerprint_end(&packer, &ingest->arena,
                              &ingest->manifest.fingerprints[stretch->number], err);
}

/// What a sample depends on by each of its stretches: files of friends.
static bl_status add_friends(bl_ingest *ingest, const bl_stretch *stretch, const bl_stream *stream,
                             bl_error *err) {
    const char **fingerprint = &ingest->manifest.fingerprints[stretch->number];
    bl_packer packer = {.context = ingest->arena.context};
    bl_fingerprint_add_text(&packer, *fingerprint);
    bl_status status = bl_table_pack_friends(stream->table, &packer, err);
    if (status == BL_OK)
        return bl_fingerprint_end(&packer, &ingest->arena, fingerprint, err);
    bl_packer_release(&packer);
    return status;
}

// ---- parts ----

/// Rows that a part looks at. By size: so many that their columns take about that much of the first
/// file.
static int64_t rows_of_part(const bl_ingest *ingest, const bl_stream *stream, int64_t n_rows) {
    const bl_ingest_options *options = ingest->options;
    uint64_t bytes = options->part_bytes ? options->part_bytes : default_part_bytes;
    double bytes_per_row = bl_stream_bytes_per_row(stream);
    double most = (double)bytes / (bytes_per_row > 0 ? bytes_per_row : 1);
    if (options->part_events)
        most = (double)options->part_events;
    return ingest->is_folder ? bl_rows_of_part(n_rows, most) : n_rows;
}

/// A sample's name as part of a file's.
static const char *file_name(bl_ingest *ingest, const bl_sample *sample, size_t number) {
    const char *name = *sample->config->name ? sample->config->name : "part";
    char *text = bl_arena_printf(&ingest->arena, "%s-%05zu.%s", name, number, ingest->extension);
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-=";
    if (!text)
        return NULL;
    for (char *at = text; *(at += strspn(at, allowed));)
        *at = '_';
    return text;
}

static bl_status add_part(bl_ingest *ingest, const bl_stretch *stretch, int64_t first, int64_t last,
                          size_t number, size_t n_cuts, bl_error *err) {
    BL_TRY(bl_array_grow(ingest->arena.context, &ingest->manifest.parts,
                         &ingest->manifest.parts_capacity, ingest->manifest.n_parts,
                         sizeof *ingest->manifest.parts, "parts", err));
    bl_ingest_part *part = &ingest->manifest.parts[ingest->manifest.n_parts];
    *part = (bl_ingest_part){.name = file_name(ingest, stretch->sample, number),
                             .stretch = stretch,
                             .first = first,
                             .last = last,
                             .n_cuts = n_cuts};
    part->flow = (bl_flow *)bl_arena_array(&ingest->arena, n_cuts, sizeof *part->flow);
    if (!part->name || !part->flow)
        return out_of_memory(err);
    for (size_t i = 0; i < ingest->manifest.n_parts; i++)
        if (strcmp(ingest->manifest.parts[i].name, part->name) == 0)
            return bl_error_set(err, BL_E_INVALID, "two samples would write a file '%s'",
                                part->name);
    ingest->manifest.n_parts++;
    return BL_OK;
}

/// \param number of the sample's next part
static bl_status add_stretch(bl_ingest *ingest, const bl_stretch *stretch, size_t *number,
                             bl_error *err) {
    bl_stream *opened = NULL;
    const bl_stream_options all = {.first = stretch->first, .last = stretch->last};
    BL_TRY(bl_stream_open(ingest->dataset, stretch, &all, &opened, err));
    BL_AUTO(bl_stream) stream = opened;
    if (!ingest->model) {
        ingest->model = BL_MOVE(stream);
        if (!ingest->tree)
            ingest->tree = bl_table_path(opened->table);
    }
    BL_TRY(bl_stream_check_like(ingest->model, opened, stretch, err));
    if (!ingest->manifest.cuts[stretch->number]) {
        BL_TRY(
            bl_stream_cuts(&ingest->arena, opened, &ingest->manifest.cuts[stretch->number], err));
        BL_TRY(make_fingerprint(ingest, stretch, opened, err));
    }
    BL_TRY(add_friends(ingest, stretch, opened, err));
    int64_t n_rows = stretch->last - stretch->first;
    int64_t step = rows_of_part(ingest, opened, n_rows);
    for (int64_t first = stretch->first; first < stretch->last || first == stretch->first;
         first += step ? step : 1) {
        int64_t last = stretch->last - first < step ? stretch->last : first + step;
        BL_TRY(
            add_part(ingest, stretch, first, last, (*number)++, bl_plan_n_cuts(opened->plan), err));
    }
    return BL_OK;
}

bl_status bl_ingest_make_parts(bl_ingest *ingest, bl_error *err) {
    const bl_dataset *dataset = ingest->dataset;
    size_t n = dataset->n_samples, number = 0;
    ingest->manifest.n_parts = 0;
    ingest->manifest.parts = NULL;
    ingest->manifest.parts_capacity = 0;
    ingest->manifest.cuts =
        (const char *const **)bl_arena_array(&ingest->arena, n + 1, sizeof *ingest->manifest.cuts);
    ingest->manifest.fingerprints =
        (const char **)bl_arena_array(&ingest->arena, n + 1, sizeof *ingest->manifest.fingerprints);
    if (!ingest->manifest.cuts || !ingest->manifest.fingerprints)
        return out_of_memory(err);
    for (size_t i = 0; i < dataset->n_stretches; i++) {
        if (i && dataset->stretches[i].sample != dataset->stretches[i - 1].sample)
            number = 0;
        BL_TRY(add_stretch(ingest, &dataset->stretches[i], &number, err));
    }
    return BL_OK;
}
