// SPDX-License-Identifier: Apache-2.0
// What prepared.json says that is known before there are shards.
#include "data/prepare/gather.h"

// ---- parts ----

/// The name of a part of a pass, "test" or "test.jesUp"; NULL: no memory.
static const char *part_name(const bl_gather *gather, size_t pass, size_t code) {
    const bl_spool *spool = gather->spool;
    if (!spool->passes[pass].name)
        return spool->codes[code];
    return bl_arena_printf(gather->arena, "%s.%s", spool->codes[code], spool->passes[pass].name);
}

/// Of a variation, what is trained on has no part, but folds, each of which is tested, too.
static bool has_part(const bl_spool *spool, size_t pass, size_t code) {
    return pass == 0 || code > 0 || spool->config->split.n_folds;
}

/// Adds what was counted of all parts of the spool.
static void fill_before(const bl_spool *spool, size_t pass, size_t code,
                        bl_prepared_class *before) {
    size_t n = spool->n_counted;
    for (size_t k = 0; k < spool->n_parts; k++)
        for (size_t i = 0; i < n; i++) {
            const bl_spool_count *count =
                &spool->passes[pass].parts[k].statistics.counts[code * n + i];
            before[i].n_rows += count->n_rows;
            before[i].n_negative += count->n_negative_physics;
            before[i].sumw_physics += count->sumw_physics;
            before[i].sumw_train += count->sumw;
            before[i].abs_train += count->abs_w;
        }
}

static bl_status add_parts(bl_gather *gather, bl_error *err) {
    const bl_spool *spool = gather->spool;
    bl_prepared *prepared = gather->prepared;
    for (size_t pass = 0; pass < spool->n_passes; pass++)
        for (size_t code = 0; code < spool->n_codes; code++) {
            const char *name = part_name(gather, pass, code);
            if (!name)
                return bl_error_nomem(err, 0, "a name");
            if (!has_part(spool, pass, code))
                continue;
            BL_TRY(bl_prepared_add_part(prepared, name, err));
            fill_before(spool, pass, code, prepared->parts[prepared->n_parts - 1].before);
        }
    return BL_OK;
}

void bl_gather_find_parts(bl_gather *gather) {
    const bl_spool *spool = gather->spool;
    size_t n = 0;
    for (size_t pass = 0; pass < spool->n_passes; pass++)
        for (size_t code = 0; code < spool->n_codes; code++)
            gather->passes[pass].parts[code] = has_part(spool, pass, code) ? n++ : SIZE_MAX;
}

// ---- samples ----

static void add_flow(bl_prepared_sample *sample, const bl_spool_part *part) {
    for (size_t i = 0; i < sample->n_cuts && i < part->n_cuts; i++) {
        sample->cuts[i].n_rows += part->flow[i].n_rows;
        sample->cuts[i].sumw += part->flow[i].sumw;
        sample->cuts[i].sumw2 += part->flow[i].sumw2;
    }
}

static bl_status fill_sample(bl_gather *gather, size_t number, bl_prepared_sample *sample,
                             bl_error *err) {
    const bl_spool *spool = gather->spool;
    const bl_sample *from = &spool->dataset->samples[number];
    const char *const *cuts = spool->cuts[number];
    sample->name = from->config->name;
    sample->factor = from->factor;
    if (!cuts) // none of its files is looked at
        return BL_OK;
    while (cuts[sample->n_cuts])
        sample->n_cuts++;
    sample->cuts =
        (bl_prepared_cut *)bl_arena_array(gather->arena, sample->n_cuts + 1, sizeof *sample->cuts);
    if (!sample->cuts)
        return bl_error_nomem(err, sample->n_cuts * sizeof *sample->cuts, "a cut flow");
    for (size_t i = 0; i < sample->n_cuts; i++)
        sample->cuts[i].text = cuts[i];
    for (size_t i = 0; i < spool->n_parts; i++)
        if (spool->passes[0].parts[i].stretch->number == number)
            add_flow(sample, &spool->passes[0].parts[i]);
    return BL_OK;
}

static bl_status fill_samples(bl_gather *gather, bl_error *err) {
    size_t n = gather->spool->dataset->n_samples;
    bl_prepared_sample *samples =
        (bl_prepared_sample *)bl_arena_array(gather->arena, n + 1, sizeof *samples);
    if (!samples)
        return bl_error_nomem(err, n * sizeof *samples, "samples");
    for (size_t i = 0; i < n; i++)
        BL_TRY(fill_sample(gather, i, &samples[i], err));
    gather->prepared->samples = samples;
    gather->prepared->n_samples = n;
    return BL_OK;
}

// ---- all of it ----

static bl_status fill_inputs(bl_gather *gather, bl_error *err) {
    const bl_spool *spool = gather->spool;
    bl_prepared_input *inputs =
        (bl_prepared_input *)bl_arena_array(gather->arena, spool->n_inputs + 1, sizeof *inputs);
    if (!inputs)
        return bl_error_nomem(err, spool->n_inputs * sizeof *inputs, "inputs");
    for (size_t i = 0; i < spool->n_inputs; i++) {
        inputs[i] = spool->inputs[i].shape;
        inputs[i].most_rows = inputs[i].is_sequence ? (size_t)gather->all.most_rows[i] : 1;
    }
    gather->prepared->inputs = inputs;
    gather->prepared->n_inputs = spool->n_inputs;
    return BL_OK;
}

bl_status bl_gather_describe(bl_gather *gather, bl_error *err) {
    const bl_spool *spool = gather->spool;
    bl_prepared *prepared = gather->prepared;
    prepared->configuration = gather->options->configuration;
    prepared->treename = spool->dataset->config->treename;
    prepared->label_kind = spool->config->label_kind;
    prepared->n_classes = spool->n_classes;
    prepared->classes = spool->classes;
    prepared->n_files = spool->n_files;
    prepared->files = spool->files;
    prepared->n_observers = spool->n_observers;
    prepared->observers = spool->observers;
    prepared->n_weights = spool->n_weights;
    prepared->weights = spool->weights;
    prepared->n_identity = spool->identity.n;
    prepared->identity = spool->identity.names;
    prepared->is_double = spool->config->is_double;
    prepared->seed = spool->config->seed;
    prepared->split_seed = spool->config->split.seed;
    prepared->n_folds = spool->config->split.n_folds ? spool->n_codes : 0;
    BL_TRY(fill_inputs(gather, err));
    BL_TRY(fill_samples(gather, err));
    return add_parts(gather, err);
}
