// SPDX-License-Identifier: Apache-2.0
// Which parts there are to be: stretches cut into pieces of about one size, by what the files say
// of themselves before anything is read. So parts depend neither on each other nor on threads, and
// any of them can be written again.
#include <stdio.h>
#include <xxhash.h>

#include <beamline/version.h>

#include "base/context.h"
#include "column/type.h"
#include "data/ingest/private.h"

static const uint64_t default_part_bytes = UINT64_C(1) << 30;

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "parts"); }

// ---- what all streams have in common ----

static bl_status other_column(const bl_stretch *stretch, const bl_column_spec *column,
                              const bl_column_spec *first, bl_error *err) {
    char type[128] = "", of_first[128] = "";
    (void)bl_type_format(column->type, type, sizeof type);
    (void)bl_type_format(first->type, of_first, sizeof of_first);
    return bl_error_set(err, BL_E_TYPE,
                        "sample '%s': column '%s' is %s, where the first sample has '%s' as %s",
                        stretch->sample->config->name, column->name, type, first->name, of_first);
}

static bl_status check_columns(const bl_ingest *ingest, const bl_stretch *stretch,
                               const bl_stream *stream, bl_error *err) {
    const bl_stream *model = ingest->model;
    if (stream->n_columns != model->n_columns)
        return bl_error_set(err, BL_E_TYPE, "sample '%s' has %zu columns, the first sample %zu",
                            stretch->sample->config->name, stream->n_columns, model->n_columns);
    for (size_t i = 0; i < stream->n_columns; i++)
        if (strcmp(stream->specs[i].name, model->specs[i].name) != 0 ||
            !bl_type_equal(stream->specs[i].type, model->specs[i].type))
            return other_column(stretch, &stream->specs[i], &model->specs[i], err);
    return BL_OK;
}

/// The cuts of a sample, as its cut flow calls them.
static bl_status copy_cuts(bl_ingest *ingest, const bl_stretch *stretch, const bl_stream *stream,
                           bl_error *err) {
    size_t n = bl_plan_n_cuts(stream->plan);
    const char **texts = (const char **)bl_arena_array(&ingest->arena, n + 1, sizeof *texts);
    if (!texts)
        return out_of_memory(err);
    for (size_t i = 0; i < n; i++) {
        bl_cut_info info = {.size = sizeof info};
        BL_TRY(bl_plan_cut(stream->plan, i, &info, err));
        texts[i] = bl_arena_text(&ingest->arena, info.text, strlen(info.text));
        if (!texts[i])
            return out_of_memory(err);
    }
    ingest->manifest.cuts[stretch->number] = texts;
    return BL_OK;
}

// ---- fingerprints ----

static void add_text(XXH64_state_t *state, const char *text) {
    (void)XXH64_update(state, text ? text : "", text ? strlen(text) + 1 : 1);
}

static void add_number(XXH64_state_t *state, uint64_t number) {
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    add_text(state, text);
}

static void add_stream(XXH64_state_t *state, const bl_ingest *ingest, const bl_stream *stream) {
    const bl_config *config = ingest->dataset->config;
    const bl_lumi_mask *mask = stream->extras.mask;
    add_text(state, BL_VERSION);
    add_text(state, ingest->tree);
    add_text(state, ingest->extension);
    add_text(state, ingest->options->codec);
    add_number(state, ingest->options->cluster_bytes);
    add_number(state, ingest->options->chunk_bytes);
    for (size_t i = 0; i < config->cuts.n; i++)
        add_text(state, config->cuts.texts[i]);
    for (size_t i = 0; i < stream->n_variables; i++) {
        add_text(state, stream->variables[i].name);
        add_text(state, stream->variables[i].text);
    }
    if (stream->recipe)
        add_text(state, bl_topology_description(stream->recipe));
    for (size_t i = 0; i < stream->n_columns; i++) {
        char type[256];
        (void)bl_type_format(stream->specs[i].type, type, sizeof type);
        add_text(state, stream->specs[i].name);
        add_text(state, type);
    }
    if (mask && mask->n)
        (void)XXH64_update(state, mask->ranges, mask->n * sizeof *mask->ranges);
}

/// Of a sample by the stream of its first stretch.
static bl_status make_fingerprint(bl_ingest *ingest, const bl_stretch *stretch,
                                  const bl_stream *stream, bl_error *err) {
    const bl_sample *sample = stretch->sample;
    XXH64_state_t *state = XXH64_createState();
    if (!state)
        return out_of_memory(err);
    (void)XXH64_reset(state, 0);
    add_stream(state, ingest, stream);
    add_number(state, (uint64_t)ingest->options->part_events);
    add_number(state, ingest->options->part_bytes);
    add_number(state, (uint64_t)stretch->first);
    add_number(state, (uint64_t)sample->n_used);
    for (size_t i = 0; i < sample->n_files; i++)
        if (!sample->files[i].skipped) {
            add_text(state, sample->files[i].url);
            add_number(state, sample->files[i].bytes);
            add_number(state, (uint64_t)sample->files[i].n_rows);
        }
    ingest->manifest.fingerprints[stretch->number] =
        bl_arena_printf(&ingest->arena, "%016llx", (unsigned long long)XXH64_digest(state));
    (void)XXH64_freeState(state);
    return ingest->manifest.fingerprints[stretch->number] ? BL_OK : out_of_memory(err);
}

// ---- parts ----

static double stored_bytes_per_row(const bl_column_info *info) {
    return info->n_rows > 0 ? (double)info->stored_bytes / (double)info->n_rows : 0;
}

/// Of the columns that a recipe looks at.
static double recipe_bytes_per_row(const bl_stream *stream) {
    const size_t *columns;
    size_t n = stream->recipe ? bl_topology_columns(stream->recipe, &columns) : 0;
    double bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bl_column_info info = {.size = sizeof info};
        if (bl_table_column(stream->table, columns[i], &info, NULL) == BL_OK)
            bytes += stored_bytes_per_row(&info);
    }
    return bytes;
}

/// Rows that a part looks at. By size: so many that their columns take about that much of the first
/// file; a variable is taken for 8 bytes.
static int64_t rows_of_part(const bl_ingest *ingest, const bl_stream *stream, int64_t n_rows) {
    const bl_ingest_options *options = ingest->options;
    uint64_t bytes = options->part_bytes ? options->part_bytes : default_part_bytes;
    double bytes_per_row = 8 * (double)(stream->n_variables - stream->n_hidden);
    bytes_per_row += recipe_bytes_per_row(stream);
    for (size_t i = 0; i < stream->selection.n; i++)
        bytes_per_row += stored_bytes_per_row(&stream->selection.infos[i]);
    double rows = (double)bytes / (bytes_per_row > 0 ? bytes_per_row : 1);
    int64_t most = rows < 1 ? 1 : rows > 1e15 ? n_rows : (int64_t)rows;
    if (options->part_events)
        most = options->part_events;
    if (!ingest->is_folder || most >= n_rows)
        return n_rows;
    int64_t n_parts = (n_rows + most - 1) / most;
    return (n_rows + n_parts - 1) / n_parts;
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
    BL_TRY(bl_stream_open(ingest->dataset, stretch, stretch->first, stretch->last, &opened, err));
    BL_AUTO(bl_stream) stream = opened;
    if (!ingest->model) {
        ingest->model = BL_MOVE(stream);
        if (!ingest->tree)
            ingest->tree = bl_table_path(opened->table);
    }
    BL_TRY(check_columns(ingest, stretch, opened, err));
    if (!ingest->manifest.cuts[stretch->number]) {
        BL_TRY(copy_cuts(ingest, stretch, opened, err));
        BL_TRY(make_fingerprint(ingest, stretch, opened, err));
    }
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
