// SPDX-License-Identifier: Apache-2.0
// Tables being read: rows of columns, wave by wave. A wave is as many strips as fit in caches; it
// is fetched and unpacked by tasks, and then each column is taken out of it by a task.
#include "formats/hdf5/module/table.h"

#include "base/context.h"

enum { WAVE_BYTES = 1 << 20, MAX_CLUSTERS = 1 << 20, CLUSTER_BYTES = 256 * 1024 };

/// Columns that are decoded one after the other: one, or all that a heap serves.
typedef struct lane {
    bl_hdf5_dataset *dataset;
    size_t first; ///< in `order`
    size_t n;
} lane;

typedef struct request {
    bl_hdf5_table *table;
    int64_t first, last;
    const size_t *columns; ///< [n_columns]
    size_t n_columns;
    bl_builder *builders; ///< [n_columns]
    size_t *order;        ///< [n_columns] of `columns`, lane by lane
    size_t n_lanes;
    lane *lanes; ///< [n_lanes], those of a dataset beside each other
    size_t n_units, units_room;
    bl_hdf5_unit *units; ///< [n_units]; owns
    size_t unit_bytes;
} request;

// ---- decoding: a task a lane ----

static bl_status decode_column(const request *r, const bl_hdf5_unit *unit, size_t i,
                               bl_hdf5_heap *heap, bl_error *err) {
    const bl_hdf5_column *column = &r->table->columns[r->columns[i]];
    const bl_hdf5_dataset *d = unit->dataset;
    int64_t start = unit->strip * d->strip_rows, end = bl_hdf5_strip_end(d, unit->strip);
    int64_t first = r->first > start ? r->first : start, last = r->last < end ? r->last : end;
    bl_hdf5_place place = {unit->data, d->element_bytes, 1};
    if (unit->n_shuffled)
        place = (bl_hdf5_place){unit->data, 1, unit->n_shuffled};
    place.data += (size_t)(first - start) * d->row_elements * place.element;
    place.data += column->offset * place.byte;
    size_t n = (size_t)(last - first) * d->row_elements;
    if (column->item != SIZE_MAX) {
        place.data += column->item * place.element;
        place.element *= d->row_elements;
        n = (size_t)(last - first);
    }
    bl_builder *builder = &r->builders[i];
    for (unsigned k = 0; k < column->n_wraps; k++)
        builder = &builder->children[0];
    return bl_hdf5_decode(column->shape, place, n, builder, heap, err);
}

/// The heap as this thread reads it.
static bl_status heap_of(const bl_hdf5_table *table, unsigned worker, bl_hdf5_heap **ret_heap,
                         bl_error *err) {
    const bl_hdf5_file *file = table->file;
    if (!table->heaps[worker])
        BL_TRY(bl_hdf5_heap_new(file->io.source, file->base, file->address_size, file->length_size,
                                &table->heaps[worker], err));
    *ret_heap = table->heaps[worker];
    return BL_OK;
}

static bl_status decode_lane(void *argument, size_t index, unsigned worker, bl_error *err) {
    const request *r = (const request *)argument;
    const lane *l = &r->lanes[index];
    bl_hdf5_heap *heap = NULL;
    if (l->dataset->has_heap)
        BL_TRY(heap_of(r->table, worker, &heap, err));
    for (size_t u = 0; u < r->n_units; u++) {
        if (r->units[u].dataset != l->dataset)
            continue;
        for (size_t i = l->first; i < l->first + l->n; i++)
            BL_TRY_IN(decode_column(r, &r->units[u], r->order[i], heap, err), err, "column '%s'",
                      r->table->infos[r->columns[r->order[i]]].path);
    }
    return BL_OK;
}

/// The strip in which a read ends is kept for the next one, where it is small beside the budget.
static void keep_strip(const request *r, bl_hdf5_unit *unit) {
    bl_hdf5_dataset *d = unit->dataset;
    uint64_t most = bl_context_budget_bytes(d->context) / 16 / (r->table->n_datasets + 1);
    bl_buffer_release(BL_MOVE(d->kept));
    d->kept_strip = -1;
    if (bl_hdf5_strip_end(d, unit->strip) <= r->last || unit->bytes->capacity > most)
        return;
    d->kept = BL_MOVE(unit->bytes);
    d->kept_data = unit->data;
    d->kept_strip = unit->strip;
    d->kept_shuffled = unit->n_shuffled != 0;
}

static void drop_units(request *r) {
    for (size_t i = 0; i < r->n_units; i++)
        bl_buffer_release(r->units[i].bytes);
    r->n_units = 0;
    r->unit_bytes = 0;
}

/// Lanes read heaps, and a far source answers one thread at a time.
static bl_status run_lanes(request *r, bl_error *err) {
    bool is_near = r->table->file->io.source->ops->read != NULL;
    if (is_near)
        return bl_run_tasks(r->table->head.context, decode_lane, r, r->n_lanes, err);
    for (size_t i = 0; i < r->n_lanes; i++)
        BL_TRY(decode_lane(r, i, 0, err));
    return BL_OK;
}

static bl_status run_wave(request *r, bl_error *err) {
    bl_hdf5_table *table = r->table;
    bl_context *context = table->head.context;
    if (r->n_units == 0)
        return BL_OK;
    BL_TRY(bl_hdf5_units_read(table->file, table->codecs, r->units, r->n_units, err));
    BL_TRY(run_lanes(r, err));
    for (size_t i = 0; i < r->n_units; i++)
        keep_strip(r, &r->units[i]);
    drop_units(r);
    if (bl_context_busy_bytes(context) > bl_context_budget_bytes(context))
        return bl_error_set(err, BL_E_LIMIT, "%lld rows go past the memory budget",
                            (long long)(r->last - r->first));
    return BL_OK;
}

static bl_status add_unit(request *r, bl_hdf5_dataset *dataset, int64_t strip, bl_error *err) {
    bl_context *context = r->table->head.context;
    size_t bytes = bl_hdf5_strip_bytes(dataset, strip);
    size_t most = (size_t)WAVE_BYTES * bl_context_n_threads(context);
    if (most > bl_context_budget_bytes(context) / 8)
        most = (size_t)(bl_context_budget_bytes(context) / 8);
    if (r->n_units && r->unit_bytes + bytes > most)
        BL_TRY(run_wave(r, err));
    BL_TRY(bl_array_grow(context, &r->units, &r->units_room, r->n_units, sizeof *r->units, "strips",
                         err));
    r->units[r->n_units++] = (bl_hdf5_unit){.dataset = dataset, .strip = strip};
    r->unit_bytes += bytes;
    return BL_OK;
}

static bl_status read_lanes(request *r, bl_error *err) {
    const bl_hdf5_dataset *before = NULL;
    for (size_t i = 0; i < r->n_lanes && r->last > r->first; i++) {
        bl_hdf5_dataset *d = r->lanes[i].dataset;
        if (d == before)
            continue;
        before = d;
        for (int64_t s = r->first / d->strip_rows; s <= (r->last - 1) / d->strip_rows; s++)
            BL_TRY(add_unit(r, d, s, err));
    }
    return run_wave(r, err);
}

// ---- requests ----

/// Makes a lane of each column that needs no heap, and one of all others of its dataset.
static void make_lanes(request *r) {
    const bl_hdf5_table *table = r->table;
    size_t n = 0;
    for (size_t k = 0; k < table->n_datasets; k++) {
        bl_hdf5_dataset *dataset = &table->datasets[k];
        for (int with_heap = 0; with_heap < 2; with_heap++)
            for (size_t i = 0; i < r->n_columns; i++) {
                const bl_hdf5_column *column = &table->columns[r->columns[i]];
                if (column->dataset != k || column->shape->has_heap != (with_heap != 0))
                    continue;
                bool is_first = !with_heap || r->n_lanes == 0 ||
                                r->lanes[r->n_lanes - 1].dataset != dataset ||
                                !table->columns[r->columns[r->order[n - 1]]].shape->has_heap;
                if (is_first)
                    r->lanes[r->n_lanes++] = (lane){dataset, n, 0};
                r->lanes[r->n_lanes - 1].n++;
                r->order[n++] = i;
            }
    }
}

static bl_status start(request *r, bl_arena *arena, bl_error *err) {
    bl_hdf5_table *table = r->table;
    r->builders = (bl_builder *)bl_arena_array(arena, r->n_columns + 1, sizeof *r->builders);
    r->order = (size_t *)bl_arena_array(arena, r->n_columns + 1, sizeof *r->order);
    r->lanes = (lane *)bl_arena_array(arena, r->n_columns + 1, sizeof *r->lanes);
    if (!r->builders || !r->order || !r->lanes)
        return bl_error_nomem(err, r->n_columns * sizeof *r->builders, "columns");
    for (size_t i = 0; i < r->n_columns; i++) {
        size_t c = r->columns[i];
        if (table->infos[c].unreadable)
            return bl_error_set(err, BL_E_UNSUPPORTED, "column '%s': %s", table->infos[c].path,
                                table->infos[c].unreadable);
        BL_TRY(bl_builder_init(&r->builders[i], table->head.context, table->columns[c].type, err));
    }
    make_lanes(r);
    return BL_OK;
}

static bl_status finish(request *r, bl_arena *arena, bl_batch **ret_batch, bl_error *err) {
    BL_AUTO(bl_batch) batch = NULL;
    const char **names = (const char **)bl_arena_array(arena, r->n_columns + 1, sizeof *names);
    if (!names)
        return bl_error_nomem(err, r->n_columns * sizeof *names, "names");
    for (size_t i = 0; i < r->n_columns; i++)
        names[i] = r->table->infos[r->columns[i]].path;
    BL_TRY(bl_batch_new(r->table->head.context, r->n_columns, names, r->first, r->last - r->first,
                        &batch, err));
    for (size_t i = 0; i < r->n_columns; i++)
        BL_TRY_IN(bl_builder_finish(&r->builders[i], &batch->columns[i], err), err, "column '%s'",
                  names[i]);
    *ret_batch = BL_MOVE(batch);
    return BL_OK;
}

static bl_status read_rows(bl_reader *head, int64_t first, int64_t last, const size_t *columns,
                           size_t n_columns, bl_batch **ret_batch, bl_error *err) {
    request r = {.table = (bl_hdf5_table *)head,
                 .first = first,
                 .last = last,
                 .columns = columns,
                 .n_columns = n_columns};
    if (first < 0 || last < first || last > head->n_rows)
        return bl_error_set(err, BL_E_RANGE, "rows %lld to %lld of %lld", (long long)first,
                            (long long)last, (long long)head->n_rows);
    bl_arena arena;
    bl_arena_init(&arena, head->context);
    bl_status status = start(&r, &arena, err);
    if (status == BL_OK)
        status = read_lanes(&r, err);
    drop_units(&r);
    if (status == BL_OK)
        status = finish(&r, &arena, ret_batch, err);
    for (size_t i = 0; r.builders && i < n_columns; i++)
        bl_builder_release(&r.builders[i]);
    bl_free(head->context, r.units);
    bl_arena_release(&arena);
    return status == BL_OK || status == BL_E_CANCELLED
               ? status
               : bl_error_in(err, status, "table '%s'", head->path);
}

static bl_status prefetch(bl_reader *head, int64_t first, int64_t last, const size_t *columns,
                          size_t n_columns, bl_error *err) {
    (void)head;
    (void)first;
    (void)last;
    (void)columns;
    (void)n_columns;
    (void)err;
    return BL_OK;
}

// ---- what is known of columns before they are read ----

/// Bytes of one value in a column, roughly where it lies on the heap.
static uint64_t memory_of(const bl_hdf5_shape *shape) {
    uint64_t sum = 0;
    switch (shape->kind) {
    case BL_HDF5_TEXT:
        return shape->size + 4;
    case BL_HDF5_STRING:
        return 24;
    case BL_HDF5_LIST:
        return 4 + 4 * memory_of(&shape->children[0]);
    case BL_HDF5_ARRAY:
        return shape->n_items * memory_of(&shape->children[0]);
    case BL_HDF5_STRUCT:
        for (size_t i = 0; i < shape->n_children; i++)
            sum += memory_of(&shape->children[i]);
        return sum;
    case BL_HDF5_HALF:
        return 4;
    default:
        return shape->size;
    }
}

static void estimate(const bl_reader *head, int64_t first, int64_t last, const size_t *columns,
                     size_t n_columns, uint64_t *ret_memory_bytes, uint64_t *ret_stored_bytes) {
    const bl_hdf5_table *table = (const bl_hdf5_table *)head;
    double memory = 0, stored = 0, n = (double)(last - first);
    for (size_t i = 0; i < n_columns; i++) {
        const bl_hdf5_column *column = &table->columns[columns[i]];
        if (!column->shape)
            continue;
        const bl_hdf5_dataset *d = &table->datasets[column->dataset];
        size_t items = column->item == SIZE_MAX ? d->row_elements : 1;
        memory += n * (double)items * (double)memory_of(column->shape);
        if (head->n_rows > 0 && d->row_bytes > 0)
            stored += n / (double)head->n_rows * (double)d->stored_bytes * (double)items *
                      (double)column->shape->size / (double)d->row_bytes;
    }
    *ret_memory_bytes = memory < 1e18 ? (uint64_t)memory : (uint64_t)1e18;
    *ret_stored_bytes = stored < 1e18 ? (uint64_t)stored : (uint64_t)1e18;
}

static void close_reader(bl_reader *head) {
    bl_hdf5_table *table = (bl_hdf5_table *)head;
    {
        BL_HDF5_LOCKED;
        bl_hdf5_table_release(table);
    }
    bl_hdf5_file_unref(table->file);
    bl_free(head->context, table);
}

static const bl_reader_ops ops = {
    .prefetch = prefetch, .read = read_rows, .estimate = estimate, .close = close_reader};

// ---- opening ----

/// Clusters are strips, or some of them where strips are small.
static bl_status make_clusters(bl_hdf5_table *table, bl_error *err) {
    int64_t rows = 1, n_rows = table->head.n_rows;
    uint64_t row_bytes = 1;
    for (size_t i = 0; i < table->n_datasets; i++) {
        const bl_hdf5_dataset *d = &table->datasets[i];
        if (d->id < 0)
            continue;
        rows = d->strip_rows > rows ? d->strip_rows : rows;
        row_bytes += d->row_bytes;
    }
    int64_t strips = n_rows / rows + 1, step = 1;
    if (row_bytes < CLUSTER_BYTES && rows < (int64_t)(CLUSTER_BYTES / row_bytes))
        step = (int64_t)(CLUSTER_BYTES / row_bytes) / rows;
    if (strips / step > MAX_CLUSTERS)
        step = strips / MAX_CLUSTERS + 1;
    size_t n = 0;
    int64_t *ends =
        (int64_t *)bl_arena_array(&table->arena, (size_t)(strips / step) + 2, sizeof *ends);
    if (!ends)
        return bl_error_nomem(err, (size_t)strips * sizeof *ends, "clusters");
    for (int64_t end = 0; end < n_rows;) {
        end = n_rows - end > rows * step ? end + rows * step : n_rows;
        ends[n++] = end;
    }
    table->head.cluster_ends = ends;
    table->head.n_clusters = n;
    return BL_OK;
}

static bl_status make_codecs(bl_hdf5_table *table, bl_error *err) {
    size_t n = bl_context_n_threads(table->head.context);
    table->codecs = (bl_codecs **)bl_arena_array(&table->arena, n, sizeof(bl_codecs *));
    table->heaps = (bl_hdf5_heap **)bl_arena_array(&table->arena, n, sizeof(bl_hdf5_heap *));
    if (!table->codecs || !table->heaps)
        return bl_error_nomem(err, n * sizeof(bl_codecs *), "codecs");
    for (; table->n_codecs < n; table->n_codecs++)
        BL_TRY(bl_codecs_new(table->head.context, &table->codecs[table->n_codecs], err));
    return BL_OK;
}

void bl_hdf5_table_release(bl_hdf5_table *table) {
    for (size_t i = 0; i < table->n_datasets; i++)
        bl_hdf5_dataset_release(&table->datasets[i]);
    for (size_t i = 0; i < table->n_columns; i++)
        bl_type_release(table->columns[i].type);
    for (size_t i = 0; i < table->n_codecs; i++) {
        bl_codecs_free(table->codecs[i]);
        bl_hdf5_heap_free(table->heaps[i]);
    }
    bl_arena_release(&table->arena);
}

static bl_status fill(bl_hdf5_table *table, size_t entry, bl_error *err) {
    BL_TRY(bl_hdf5_table_columns(table, entry, err));
    table->head.columns = table->infos;
    table->head.n_columns = table->n_columns;
    BL_TRY(make_clusters(table, err));
    return make_codecs(table, err);
}

bl_status bl_hdf5_table_open(bl_hdf5_file *file, size_t entry, bl_reader **ret_reader,
                             bl_error *err) {
    bl_context *context = file->head.context;
    bl_hdf5_table *table = (bl_hdf5_table *)bl_alloc_zero(context, 1, sizeof *table);
    if (!table)
        return bl_error_nomem(err, sizeof *table, "a table");
    table->head.ops = &ops;
    table->head.context = context;
    table->head.path = file->entries[entry].path;
    table->file = file;
    bl_arena_init(&table->arena, context);
    bl_status status = fill(table, entry, err);
    if (status != BL_OK) {
        bl_hdf5_table_release(table);
        bl_free(context, table);
        return status;
    }
    atomic_fetch_add(&file->n_holders, 1);
    *ret_reader = &table->head;
    return BL_OK;
}
