// SPDX-License-Identifier: Apache-2.0
// Events on all threads: chunks of events are tasks, and each chunk is a batch. Of an event all
// random numbers come from its own sequence, so that nothing depends on chunks or threads.
#include "hep/generator/generator.h"

#include "base/context.h"
#include "hep/generator/batch.h"
#include "hep/generator/parameters.h"

enum {
    CHUNK_EVENTS = 64,
    CHUNKS_OF_THREAD = 2, ///< that wait to be handed out
    OF_WEIGHTS = 16,      ///< streams: of a process's events, and, past this, of their weights
};

/// What makes a collision of each process, and the least pT of its filter.
static const struct {
    void (*collide)(bl_sim *sim);
    double filter_pt;
} hard[] = {[BL_PROCESS_QCD] = {bl_hard_qcd, filter_qcd_pt_gev},
            [BL_PROCESS_TTBAR] = {bl_hard_ttbar, filter_pt_gev},
            [BL_PROCESS_WJETS] = {bl_hard_wjets, filter_pt_gev}};

/// A worker's own.
typedef struct workplace {
    bl_sim *sim; ///< NULL until the worker's first task
    bl_delphes_rows rows;
} workplace;

struct bl_generator {
    bl_context *context;
    bl_generator_options options;
    bl_delphes delphes;
    unsigned n_workers;
    workplace *workers; ///< [n_workers]
    int64_t next;       ///< first event of the next chunks to be made
    size_t n_chunks, n_given;
    bl_batch **chunks; ///< [most_chunks], of which [n_given, n_chunks) wait
    size_t most_chunks;
};

// ---- one event ----

static float draw_weight(const bl_generator_options *options, int64_t event) {
    bl_draw draw;
    bl_draw_init(&draw, options->seed, OF_WEIGHTS + (uint32_t)options->process, (uint64_t)event);
    return bl_draw_chance(&draw, options->negative_fraction) ? -1 : 1;
}

static void begin(bl_sim *sim, const bl_generator_options *options, int64_t event) {
    bl_record *record = &sim->record;
    bl_draw_init(&sim->draw, options->seed, (uint32_t)options->process, (uint64_t)event);
    sim->vertex[0] = (float)(beam_width_mm * bl_draw_normal(&sim->draw));
    sim->vertex[1] = (float)(beam_width_mm * bl_draw_normal(&sim->draw));
    sim->vertex[2] = (float)(beam_length_mm * bl_draw_normal(&sim->draw));
    record->n_one = 1;
    record->number = event;
    record->process = (int32_t)options->process;
    record->weight = draw_weight(options, event);
    record->tracks.n = record->photons.n = record->neutrals.n = 0;
    record->electrons.n = record->muons.n = record->jets.n = 0;
}

static void make_event(bl_sim *sim, const bl_generator_options *options, int64_t event) {
    begin(sim, options, event);
    sim->filter_pt = hard[options->process].filter_pt;
    do {
        sim->passes = sim->is_forced = false;
        sim->n_partons = sim->n_heavy = sim->n_particles = 0;
        hard[options->process].collide(sim);
    } while (!sim->passes);
    bl_shower_all(sim);
    bl_soft_add(sim);
    bl_detect(sim);
    bl_cluster(sim);
}

// ---- chunks ----

static bl_status prepare_worker(bl_generator *generator, workplace *worker, bl_error *err) {
    if (worker->sim)
        return BL_OK;
    size_t of_sim = (sizeof(bl_sim) + 63) / 64 * 64;
    size_t of_calorimeter = (bl_calorimeter_bytes() + 63) / 64 * 64;
    size_t size = of_sim + of_calorimeter + bl_clustering_bytes();
    BL_TRY(bl_delphes_rows_init(&worker->rows, generator->context, &generator->delphes, err));
    char *memory = (char *)bl_alloc(generator->context, size);
    if (!memory) {
        bl_delphes_rows_release(&worker->rows);
        return bl_error_nomem(err, size, "an event");
    }
    worker->sim = (bl_sim *)(void *)memory;
    worker->sim->calorimeter = (bl_calorimeter *)(void *)(memory + of_sim);
    worker->sim->clustering = (bl_clustering *)(void *)(memory + of_sim + of_calorimeter);
    return BL_OK;
}

static bl_status make_chunk(void *argument, size_t index, unsigned number, bl_error *err) {
    bl_generator *generator = (bl_generator *)argument;
    const bl_generator_options *options = &generator->options;
    workplace *worker = &generator->workers[number];
    int64_t first = generator->next + (int64_t)index * CHUNK_EVENTS;
    int64_t last = options->last - first < CHUNK_EVENTS ? options->last : first + CHUNK_EVENTS;
    BL_TRY(prepare_worker(generator, worker, err));
    for (int64_t event = first; event < last; event++) {
        BL_TRY(bl_context_check(generator->context, err));
        make_event(worker->sim, options, event);
        bl_delphes_rows_append(&worker->rows, &worker->sim->record);
    }
    return bl_delphes_rows_finish(&worker->rows, generator->context, first - options->first,
                                  &generator->chunks[index], err);
}

static bl_status make_chunks(bl_generator *generator, bl_error *err) {
    int64_t left = generator->options.last - generator->next;
    uint64_t n = ((uint64_t)left + CHUNK_EVENTS - 1) / CHUNK_EVENTS;
    generator->n_chunks = n < generator->most_chunks ? (size_t)n : generator->most_chunks;
    generator->n_given = 0;
    bl_status status =
        bl_run_tasks(generator->context, make_chunk, generator, generator->n_chunks, err);
    int64_t most = (int64_t)generator->n_chunks * CHUNK_EVENTS;
    generator->next += left < most ? left : most;
    return status;
}

bl_status bl_generator_next(bl_generator *generator, bl_batch **ret_batch, bl_error *err) {
    if (generator->n_given == generator->n_chunks) {
        if (generator->next == generator->options.last)
            return BL_END;
        BL_TRY(make_chunks(generator, err));
    }
    *ret_batch = BL_MOVE(generator->chunks[generator->n_given]);
    generator->n_given++;
    return BL_OK;
}

// ---- the generator ----

void bl_generator_free(bl_generator *generator) {
    if (!generator)
        return;
    for (size_t i = 0; generator->chunks && i < generator->most_chunks; i++)
        bl_batch_release(generator->chunks[i]);
    for (unsigned i = 0; generator->workers && i < generator->n_workers; i++) {
        if (generator->workers[i].sim)
            bl_delphes_rows_release(&generator->workers[i].rows);
        bl_free(generator->context, generator->workers[i].sim);
    }
    bl_delphes_release(&generator->delphes);
    bl_free(generator->context, generator->workers);
    bl_free(generator->context, generator->chunks);
    bl_free(generator->context, generator);
}

bl_status bl_generator_new(bl_context *context, const bl_generator_options *options,
                           bl_generator **ret_generator, bl_error *err) {
    bl_generator *made = (bl_generator *)bl_alloc_zero(context, 1, sizeof *made);
    if (!made)
        return bl_error_nomem(err, sizeof *made, "a generator");
    BL_AUTO(bl_generator) generator = made;
    generator->context = context;
    generator->options = *options;
    generator->next = options->first;
    generator->n_workers = bl_context_n_threads(context);
    generator->most_chunks = (size_t)CHUNKS_OF_THREAD * generator->n_workers;
    generator->workers =
        (workplace *)bl_alloc_zero(context, generator->n_workers, sizeof *generator->workers);
    generator->chunks =
        (bl_batch **)bl_alloc_zero(context, generator->most_chunks, sizeof(bl_batch *));
    if (!generator->workers || !generator->chunks)
        return bl_error_nomem(err, 0, "a generator");
    BL_TRY(bl_delphes_init(&generator->delphes, context, err));
    *ret_generator = BL_MOVE(generator);
    return BL_OK;
}

void bl_generator_specs(const bl_generator *generator, const bl_column_spec **ret_specs,
                        size_t *ret_n) {
    *ret_specs = generator->delphes.specs;
    *ret_n = BL_N_GENERATED_COLUMNS;
}
