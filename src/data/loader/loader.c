// SPDX-License-Identifier: Apache-2.0
// The loader: what its caller asks for is looked up, and a thread is started that makes windows.
#include "data/loader/loader.h"

#include "base/context.h"
#include "base/names.h"
#include "data/loader/ahead.h"
#include "data/loader/windows.h"

#define DEFAULT_WINDOW_BYTES (UINT64_C(64) << 20)

struct bl_loader {
    bl_context *context;
    /// The thread's: it has no others, so that those that compute are not asked to read, and its
    /// memory is the caller's context's.
    bl_context *reading;
    const bl_prepared *prepared;
    bl_loader_input *inputs; ///< [n_inputs]; owns
    bl_shards shards;
    bl_windows windows;
    bl_ahead ahead;
    bool is_started;
    int64_t epoch; ///< the caller's, or the one behind it once it is over
    bool is_over;  ///< the caller's epoch is, or none was begun
    bool is_ahead; ///< slabs from the begin of `epoch` are made
    size_t batch_events;
    int64_t n_batches;
    size_t slab;                     ///< that batches come from
    size_t next_batch, slab_batches; ///< of the slab
    int64_t n_left;                  ///< batches of the epoch
};

// ---- a context that takes its memory from another ----

static void *outer_alloc(void *user, size_t size) { return bl_alloc((bl_context *)user, size); }

static void *outer_realloc(void *user, void *memory, size_t size) {
    return bl_realloc((bl_context *)user, memory, size);
}

static void outer_free(void *user, void *memory) { bl_free((bl_context *)user, memory); }

static bl_status new_reading(bl_context *context, bl_context **ret_reading, bl_error *err) {
    enum { SHARE = 4 };
    const bl_allocator allocator = {outer_alloc, outer_realloc, outer_free, context};
    const bl_context_options options = {
        .size = sizeof options,
        .allocator = &allocator,
        .n_threads = 1,
        .memory_bytes = bl_context_memory_bytes(context) / SHARE,
    };
    return bl_context_new(&options, ret_reading, err);
}

// ---- what is asked for ----

static bl_status find_input(const bl_prepared *prepared, const char *name,
                            const bl_prepared_input **ret_input, bl_error *err) {
    bl_nearest nearest;
    bl_nearest_init(&nearest, name);
    for (size_t i = 0; i < prepared->n_inputs; i++) {
        bl_nearest_offer(&nearest, prepared->inputs[i].name);
        if (strcmp(prepared->inputs[i].name, name) == 0) {
            *ret_input = &prepared->inputs[i];
            return BL_OK;
        }
    }
    (void)bl_error_set(err, BL_E_NOTFOUND, "%s: no input '%s'", prepared->folder, name);
    return bl_nearest_hint(&nearest, BL_E_NOTFOUND, err);
}

static bl_status find_part(const bl_prepared *prepared, const char *name,
                           const bl_prepared_part **ret_part, bl_error *err) {
    const bl_prepared_part *part = bl_prepared_find(prepared, name);
    *ret_part = part;
    if (part)
        return BL_OK;
    bl_nearest nearest;
    bl_nearest_init(&nearest, name);
    for (size_t i = 0; i < prepared->n_parts; i++)
        bl_nearest_offer(&nearest, prepared->parts[i].name);
    (void)bl_error_set(err, BL_E_NOTFOUND, "%s: no part '%s'", prepared->folder, name);
    return bl_nearest_hint(&nearest, BL_E_NOTFOUND, err);
}

static bl_status set_transform(const bl_nn_transform *transform, bl_loader_input *input,
                               bl_error *err) {
    const bl_nn_columns *columns = bl_nn_transform_find(transform, input->of->name);
    if (!columns)
        return BL_OK;
    if (columns->n != input->of->width)
        return bl_error_set(err, BL_E_SHAPE,
                            "input '%s' has %zu columns, but its transform is of %zu",
                            input->of->name, input->of->width, columns->n);
    input->columns = columns;
    if (input->of->is_sequence && columns->rows.padding != BL_NN_FILL_NONE)
        input->padded_rows = columns->rows.length;
    return BL_OK;
}

static bl_status set_inputs(bl_loader *loader, const bl_loader_options *options, bl_error *err) {
    const bl_prepared *prepared = loader->prepared;
    size_t n = options->inputs ? options->n_inputs : prepared->n_inputs;
    loader->inputs =
        (bl_loader_input *)bl_alloc_zero(loader->context, n + 1, sizeof *loader->inputs);
    if (!loader->inputs)
        return bl_error_nomem(err, n * sizeof *loader->inputs, "inputs");
    for (size_t i = 0; i < n; i++) {
        bl_loader_input *input = &loader->inputs[i];
        if (options->inputs)
            BL_TRY(find_input(prepared, options->inputs[i], &input->of, err));
        else
            input->of = &prepared->inputs[i];
        if (options->transform)
            BL_TRY(set_transform(options->transform, input, err));
    }
    loader->shards = (bl_shards){.context = loader->reading,
                                 .prepared = prepared,
                                 .n_inputs = n,
                                 .inputs = loader->inputs,
                                 .hashes = options->hashes};
    return BL_OK;
}

static bl_status open_shards(bl_loader *loader, const bl_loader_options *options, bl_error *err) {
    for (size_t i = 0; i < options->n_parts; i++) {
        const bl_prepared_part *part;
        BL_TRY(find_part(loader->prepared, options->parts[i], &part, err));
        BL_TRY(bl_shards_add(&loader->shards, part, err));
    }
    uint64_t n_events = (uint64_t)loader->shards.n_events, batch = options->batch_events;
    loader->batch_events = batch > n_events ? n_events + 1 : batch;
    loader->n_batches = (int64_t)((n_events + loader->batch_events - 1) / loader->batch_events);
    return BL_OK;
}

// ---- windows ----

/// Bytes that a window takes where it is read, and in two slabs.
static double window_bytes(const bl_loader *loader, uint64_t most_bytes) {
    enum {
        PLACE = sizeof(bl_place) + sizeof(bl_event_head),
        SHOWN = sizeof(float) + sizeof(double) + sizeof(int32_t) + sizeof(int64_t) + 1,
    };
    const bl_shards *shards = &loader->shards;
    double inputs = (double)shards->bytes, n = (double)shards->n_events;
    double shown = SHOWN + (double)loader->prepared->n_classes * sizeof(float);
    double all = n * (PLACE + BL_N_SLABS * shown) + inputs * (1 + BL_N_SLABS);
    return inputs > (double)most_bytes ? all * ((double)most_bytes / inputs) : all;
}

/// Says how much memory blocks may take that stay: what is left of the budget; where one window
/// holds all of them, what that takes anyway.
static bl_status budget(bl_loader *loader, uint64_t most_bytes, bl_error *err) {
    double whole = (double)bl_context_budget_bytes(loader->context);
    double wanted = window_bytes(loader, most_bytes);
    if (wanted > whole)
        return bl_error_set(err, BL_E_LIMIT,
                            "%s: windows of %.0f MiB take %.0f MiB of memory, more than the budget "
                            "of %.0f MiB; a smaller window or a larger budget helps",
                            loader->prepared->folder, (double)most_bytes * 0x1p-20,
                            wanted * 0x1p-20, whole * 0x1p-20);
    double rest = whole - wanted;
    loader->windows.most_kept_bytes = loader->shards.bytes <= most_bytes
                                          ? UINT64_MAX
                                          : (uint64_t)(rest < whole / 2 ? rest : whole / 2);
    return BL_OK;
}

static bl_status make_windows(bl_loader *loader, const bl_loader_options *options, bl_error *err) {
    bl_windows *windows = &loader->windows;
    bl_context *context = loader->context;
    uint64_t most = options->window_bytes ? options->window_bytes : DEFAULT_WINDOW_BYTES;
    BL_TRY(budget(loader, most, err));
    windows->stager = (bl_stager){.context = context, .shards = &loader->shards};
    BL_TRY(bl_stager_init(&windows->stager, err));
    windows->order = (bl_order){.n_blocks = loader->shards.n_blocks,
                                .blocks = loader->shards.blocks,
                                .window_bytes = most,
                                .seed = options->seed,
                                .shuffles = options->shuffles};
    BL_TRY(bl_order_init(context, &windows->order, err));
    for (size_t i = 0; i < BL_N_SLABS; i++) {
        windows->slabs[i] =
            (bl_slab){.context = context,
                      .batch_events = loader->batch_events,
                      .n_classes = loader->prepared->n_classes,
                      .n_inputs = loader->shards.n_inputs,
                      .has_numbers = loader->prepared->label_kind == BL_LABEL_NUMBERS};
        BL_TRY(bl_slab_init(&windows->slabs[i], loader->inputs, err));
    }
    return bl_windows_init(windows, options->keeps || loader->shards.bytes <= most, err);
}

// ---- the loader ----

static bl_status open_all(bl_loader *loader, const bl_loader_options *options, bl_error *err) {
    if (!options->batch_events || !options->n_parts)
        return bl_error_set(err, BL_E_INVALID, "a loader needs parts, and events of a batch");
    BL_TRY(new_reading(loader->context, &loader->reading, err));
    BL_TRY(set_inputs(loader, options, err));
    BL_TRY(open_shards(loader, options, err));
    BL_TRY(make_windows(loader, options, err));
    BL_TRY(bl_ahead_start(&loader->ahead, bl_windows_make, &loader->windows, err));
    loader->is_started = loader->is_over = true;
    return BL_OK;
}

bl_status bl_loader_open(bl_context *context, const bl_prepared *prepared,
                         const bl_loader_options *options, bl_loader **ret_loader, bl_error *err) {
    BL_AUTO(bl_loader) loader = (bl_loader *)bl_alloc_zero(context, 1, sizeof *loader);
    if (!loader)
        return bl_error_nomem(err, sizeof *loader, "a loader");
    loader->context = loader->windows.context = context;
    loader->prepared = prepared;
    for (size_t i = 0; i < BL_N_SLABS; i++)
        loader->windows.slabs[i].context = context;
    BL_TRY(open_all(loader, options, err));
    *ret_loader = BL_MOVE(loader);
    return BL_OK;
}

void bl_loader_close(bl_loader *loader) {
    if (!loader)
        return;
    if (loader->is_started) {
        bl_context_cancel(loader->reading); // also in the middle of a block
        bl_ahead_end(&loader->ahead);
    }
    bl_windows_release(&loader->windows);
    bl_shards_release(&loader->shards);
    bl_context_free(loader->reading);
    bl_free(loader->context, loader->inputs);
    bl_free(loader->context, loader);
}

int64_t bl_loader_n_events(const bl_loader *loader) { return loader->shards.n_events; }

int64_t bl_loader_n_batches(const bl_loader *loader) { return loader->n_batches; }

static void start(bl_loader *loader, int64_t epoch, int64_t first_batch) {
    bl_ahead_stop(&loader->ahead);
    bl_windows_begin(&loader->windows, epoch, first_batch * (int64_t)loader->batch_events);
    loader->epoch = epoch;
    loader->next_batch = loader->slab_batches = 0;
    loader->n_left = loader->n_batches - first_batch;
    bl_ahead_begin(&loader->ahead);
}

bl_status bl_loader_begin(bl_loader *loader, int64_t epoch, int64_t first_batch, bl_error *err) {
    if (epoch < 0 || epoch >= UINT32_MAX || first_batch < 0 || first_batch > loader->n_batches)
        return bl_error_set(err, BL_E_RANGE, "epoch %lld, batch %lld of %lld", (long long)epoch,
                            (long long)first_batch, (long long)loader->n_batches);
    bool is_made = loader->is_ahead && first_batch == 0 &&
                   (epoch == loader->epoch || !loader->windows.order.shuffles);
    loader->is_over = loader->is_ahead = false;
    if (!is_made)
        start(loader, epoch, first_batch);
    return BL_OK;
}

/// The thread went on: while the caller looks at what it has learned, and before, the next epoch's
/// first events are made.
static void end_epoch(bl_loader *loader) {
    loader->is_over = loader->is_ahead = true;
    loader->epoch++;
    loader->n_left = loader->n_batches;
}

bl_status bl_loader_next(bl_loader *loader, bl_loaded *ret_batch, bl_error *err) {
    bl_windows *windows = &loader->windows;
    BL_TRY(bl_context_check(loader->context, err));
    if (!loader->is_over && loader->n_left == 0)
        end_epoch(loader);
    if (loader->is_over)
        return BL_END;
    if (loader->next_batch == loader->slab_batches) {
        BL_TRY(bl_ahead_next(&loader->ahead, &loader->slab, err));
        loader->slab_batches = windows->n_batches[loader->slab];
        loader->next_batch = 0;
    }
    bl_slab_show(&windows->slabs[loader->slab], loader->next_batch++, ret_batch);
    loader->n_left--;
    return BL_OK;
}

void bl_loader_get_times(bl_loader *loader, bl_loader_times *ret_times) {
    bl_loader_times times = {
        .bytes = atomic_load_explicit(&loader->windows.stager.bytes, memory_order_relaxed)};
    bl_ahead_get_times(&loader->ahead, &times.read_s, &times.waited_s);
    *ret_times = times;
}
