// SPDX-License-Identifier: Apache-2.0
// Which parts there are: stretches are opened once, so that what does not fit is known before
// anything is made, and cut into pieces that become about one file each.
#include <math.h>
#include <unistd.h>

#include <beamline/version.h>

#include "base/context.h"
#include "data/spread/private.h"

static bl_status out_of_memory(bl_error *err) { return bl_error_nomem(err, 0, "parts"); }

// ---- fingerprint ----

static void add_texts(bl_packer *to, const char *const *texts, size_t n) {
    bl_fingerprint_add_number(to, n);
    for (size_t i = 0; i < n; i++)
        bl_fingerprint_add_text(to, texts[i]);
}

static void add_doubles(bl_packer *to, const double *numbers, size_t n) {
    bl_fingerprint_add_number(to, n);
    bl_pack_bytes(to, numbers, n * sizeof *numbers);
}

static void add_input(bl_packer *to, const bl_input *input) {
    const bl_nn_arrangement *rows = &input->columns.rows;
    const size_t numbers[] = {input->shape.is_sequence,
                              rows->order,
                              rows->ascending,
                              rows->column,
                              rows->phi,
                              rows->length,
                              rows->is_per_event};
    bl_fingerprint_add_text(to, input->shape.name);
    bl_fingerprint_add_text(to, input->config->column);
    add_texts(to, input->shape.columns, input->shape.width);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        bl_fingerprint_add_number(to, numbers[i]);
    for (size_t i = 0; i < input->shape.width; i++)
        bl_fingerprint_add_number(to, input->columns.curves[i]);
}

static void add_variation(bl_packer *to, const bl_variation_config *variation) {
    bl_fingerprint_add_text(to, variation->name);
    bl_fingerprint_add_text(to, variation->weight);
    bl_fingerprint_add_number(to, variation->is_list);
    add_texts(to, variation->from, variation->n_renames);
    add_texts(to, variation->to, variation->n_renames);
}

static void add_thinning(bl_packer *to, const bl_spool *spool) {
    const bl_thinning *thinning = &spool->thinning;
    bl_fingerprint_add_number(to, thinning->is_of_all);
    add_doubles(to, thinning->most, thinning->most ? spool->n_classes : 0);
    for (size_t i = 0; thinning->most && i < spool->n_inputs; i++)
        bl_fingerprint_add_number(to, thinning->inputs[i]);
}

/// What the configuration says that rows or their statistics depend on.
static void add_config(bl_packer *to, const bl_spool *spool) {
    const bl_prepare_config *config = spool->config;
    const bl_split_config *split = &config->split;
    const double shares[] = {split->train, split->validation, split->test};
    bl_fingerprint_add_text(to, BL_VERSION);
    bl_fingerprint_add_number(to, config->label_kind);
    add_texts(to, config->labels, config->n_labels);
    add_texts(to, config->weights.factors, config->weights.n_factors);
    bl_fingerprint_add_number(to, config->weights.keeps_outside);
    for (size_t i = 0; i < spool->recipe->n_axes; i++) {
        const bl_reweight_axis *axis = &config->weights.axes[i];
        bl_fingerprint_add_text(to, axis->name);
        add_doubles(to, axis->edges, axis->n_edges);
    }
    add_texts(to, spool->identity.names, spool->identity.n);
    add_texts(to, spool->observers, spool->n_observers);
    add_doubles(to, shares, sizeof shares / sizeof *shares);
    bl_fingerprint_add_number(to, (uint64_t)split->n_folds);
    bl_fingerprint_add_number(to, split->seed);
    bl_fingerprint_add_number(to, config->seed);
    bl_fingerprint_add_number(to, config->is_double);
    for (size_t i = 0; i < config->n_variations; i++)
        add_variation(to, &config->variations[i]);
    for (size_t i = 0; i < spool->n_inputs; i++)
        add_input(to, &spool->inputs[i]);
    add_thinning(to, spool);
}

static void add_sample(bl_packer *to, const bl_spool *spool, const bl_stretch *stretch,
                       const bl_stream *stream) {
    const bl_sample *sample = stretch->sample;
    bl_fingerprint_add_text(to, sample->config->name);
    bl_fingerprint_add_text(to, spool->identity.datasets[stretch->number]);
    bl_fingerprint_add_number(to, (uint64_t)sample->config->label);
    bl_fingerprint_add_number(to, (uint64_t)sample->config->part);
    bl_fingerprint_add_stream(to, spool->dataset->config, stream);
    bl_fingerprint_add_number(to, (uint64_t)stretch->first);
    bl_fingerprint_add_number(to, (uint64_t)stretch->last);
    bl_fingerprint_add_number(to, (uint64_t)sample->n_used);
    bl_fingerprint_add_files(to, sample);
}

// ---- the survey ----

/// Bytes that a row takes in memory, by what files say: about twice what is stored, and what every
/// row has. Where it is more, a part has more files than one.
static double bytes_per_row(const bl_stream *stream) {
    static const double expansion = 2, always = 64;
    return always + expansion * bl_stream_bytes_per_row(stream);
}

/// Opens a stretch as a pass does.
static bl_status open_as(bl_spool *spool, const bl_spool_pass *pass, const bl_stretch *stretch,
                         bl_stream **ret_stream, bl_error *err) {
    bl_arena arena;
    bl_source source;
    BL_AUTO(bl_stream) stream = NULL;
    BL_TRY(bl_spool_open_stream(spool, pass, stretch, stretch->first, stretch->last, &stream, err));
    bl_arena_init(&arena, spool->arena.context);
    bl_status status = bl_source_bind(&arena, spool, stretch, stream, &source, err);
    bl_arena_release(&arena);
    if (status != BL_OK)
        return bl_error_in(err, status, "%s", stretch->urls[0]);
    *ret_stream = BL_MOVE(stream);
    return BL_OK;
}

static bl_status survey_stretch(bl_spool *spool, const bl_stretch *stretch, bl_packer *fingerprint,
                                bl_surveyed *ret_surveyed, bl_error *err) {
    BL_AUTO(bl_stream) stream = NULL;
    BL_TRY(open_as(spool, &spool->passes[0], stretch, &stream, err));
    BL_TRY(bl_table_pack_friends(stream->table, fingerprint, err));
    for (size_t i = 1; i < spool->n_passes; i++) {
        BL_AUTO(bl_stream) varied = NULL;
        BL_TRY(open_as(spool, &spool->passes[i], stretch, &varied, err));
        BL_TRY(bl_table_pack_friends(varied->table, fingerprint, err));
    }
    if (!spool->cuts[stretch->number]) {
        BL_TRY(bl_stream_cuts(&spool->arena, stream, &spool->cuts[stretch->number], err));
        add_sample(fingerprint, spool, stretch, stream);
    }
    ret_surveyed->bytes_per_row = bytes_per_row(stream);
    ret_surveyed->n_cuts = bl_plan_n_cuts(stream->plan);
    return BL_OK;
}

bl_status bl_spool_survey(bl_spool *spool, bl_surveyed **ret_surveyed, bl_error *err) {
    const bl_dataset *dataset = spool->dataset;
    bl_arena *arena = &spool->arena;
    bl_packer packer = {.context = arena->context};
    bl_surveyed *surveyed =
        (bl_surveyed *)bl_arena_array(arena, dataset->n_stretches + 1, sizeof *surveyed);
    spool->cuts =
        (const char *const **)bl_arena_array(arena, dataset->n_samples + 1, sizeof *spool->cuts);
    if (!surveyed || !spool->cuts)
        return out_of_memory(err);
    add_config(&packer, spool);
    bl_status status = BL_OK;
    for (size_t i = 0; i < dataset->n_stretches && status == BL_OK; i++)
        status = survey_stretch(spool, &dataset->stretches[i], &packer, &surveyed[i], err);
    if (status == BL_OK)
        return *ret_surveyed = surveyed,
               bl_fingerprint_end(&packer, arena, &spool->fingerprint, err);
    bl_packer_release(&packer);
    return status;
}

// ---- parts ----

static int64_t rows_of_part(const bl_spool *spool, const bl_stretch *stretch,
                            const bl_surveyed *surveyed) {
    double most = (double)spool->options.file_bytes / surveyed->bytes_per_row;
    return bl_rows_of_part(stretch->last - stretch->first, most);
}

static size_t count_parts(const bl_spool *spool, const bl_surveyed *surveyed) {
    size_t n = 0;
    for (size_t i = 0; i < spool->dataset->n_stretches; i++) {
        const bl_stretch *stretch = &spool->dataset->stretches[i];
        int64_t n_rows = stretch->last - stretch->first;
        int64_t each = rows_of_part(spool, stretch, &surveyed[i]);
        n += each ? (size_t)((n_rows + each - 1) / each) : 0;
    }
    return n;
}

static bl_status cut_stretch(bl_spool *spool, const bl_stretch *stretch,
                             const bl_surveyed *surveyed, bl_spool_part *parts, size_t *n,
                             bl_error *err) {
    int64_t each = rows_of_part(spool, stretch, surveyed);
    for (int64_t first = stretch->first; first < stretch->last; first += each) {
        bl_spool_part *part = &parts[*n];
        part->name = bl_arena_printf(&spool->arena, "%05zu", (*n)++);
        part->stretch = stretch;
        part->first = first;
        part->last = stretch->last - first < each ? stretch->last : first + each;
        part->n_cuts = surveyed->n_cuts;
        part->flow = (bl_flow *)bl_arena_array(&spool->arena, part->n_cuts, sizeof *part->flow);
        if (!part->name || !part->flow)
            return out_of_memory(err);
        BL_TRY(bl_spool_statistics_init(&spool->arena, spool, &part->statistics, err));
    }
    return BL_OK;
}

/// What stays in the page cache until it is read again is not packed; what goes to disks is, for
/// these are slower.
static const char *choose_codec(const bl_spool *spool, const bl_surveyed *surveyed) {
    double bytes = 0, memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    for (size_t i = 0; i < spool->dataset->n_stretches; i++) {
        const bl_stretch *stretch = &spool->dataset->stretches[i];
        bytes += surveyed[i].bytes_per_row * (double)(stretch->last - stretch->first);
    }
    return bytes * (double)spool->n_passes < memory / 4 ? "none" : "lz4";
}

bl_status bl_spool_cut(bl_spool *spool, const bl_surveyed *surveyed, bl_error *err) {
    spool->codec = choose_codec(spool, surveyed);
    spool->n_parts = count_parts(spool, surveyed);
    for (size_t i = 0; i < spool->n_passes; i++) {
        size_t n = 0;
        bl_spool_part *parts =
            (bl_spool_part *)bl_arena_array(&spool->arena, spool->n_parts + 1, sizeof *parts);
        if (!parts)
            return out_of_memory(err);
        for (size_t k = 0; k < spool->dataset->n_stretches; k++)
            BL_TRY(cut_stretch(spool, &spool->dataset->stretches[k], &surveyed[k], parts, &n, err));
        spool->passes[i].parts = parts;
    }
    return BL_OK;
}
