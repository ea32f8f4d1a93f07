// SPDX-License-Identifier: Apache-2.0
// Strips of datasets, fetched together and unpacked each by a task.
#include "base/context.h"
#include "formats/hdf5/module/filters.h"

/// One chunk on its way.
typedef struct chunk_place {
    uint32_t mask;
    bool is_there; ///< else all of it is the fill value
    size_t fetch;  ///< its range among those fetched
} chunk_place;

typedef struct job {
    bl_hdf5_file *file;
    bl_codecs *const *codecs; ///< [threads]
    bl_hdf5_unit *units;      ///< [n_units]
    size_t n_units;
    size_t n_places, places_room;
    chunk_place *places; ///< [n_places]; owns
    size_t n_ranges, ranges_room;
    bl_range *ranges; ///< [n_ranges]; owns
    bl_fetch *fetch;  ///< owns
} job;

static bl_status add_range(job *j, uint64_t offset, uint64_t size, bl_error *err) {
    BL_TRY(bl_array_grow(j->file->head.context, &j->ranges, &j->ranges_room, j->n_ranges,
                         sizeof *j->ranges, "ranges", err));
    j->ranges[j->n_ranges++] = (bl_range){offset, size};
    return BL_OK;
}

// ---- where chunks are: under the lock ----

static bl_status locate_chunk(job *j, bl_hdf5_dataset *d, const hsize_t *at, bl_error *err) {
    bl_hdf5_stored stored;
    BL_TRY(bl_array_grow(j->file->head.context, &j->places, &j->places_room, j->n_places,
                         sizeof *j->places, "chunks", err));
    BL_TRY(bl_hdf5_chunk_find(j->file, d, at, &stored, err));
    chunk_place *place = &j->places[j->n_places++];
    *place = (chunk_place){stored.mask, stored.size != 0, j->n_ranges};
    if (!place->is_there)
        return BL_OK;
    // codecs make little longer what they cannot make shorter
    if (d->n_filters == 0 ? stored.size != d->chunk_bytes : stored.size / 2 > d->chunk_bytes + 4096)
        return bl_error_set(err, BL_E_CORRUPT, "a chunk has %llu bytes of %zu",
                            (unsigned long long)stored.size, d->chunk_bytes);
    return add_range(j, stored.offset, stored.size, err);
}

static bl_status locate_strip(job *j, bl_hdf5_unit *unit, bl_error *err) {
    bl_hdf5_dataset *d = unit->dataset;
    hsize_t at[H5S_MAX_RANK] = {0};
    at[0] = bl_hdf5_strip_start(d, unit->strip);
    unit->first_range = j->n_places;
    do
        BL_TRY(locate_chunk(j, d, at, err));
    while (bl_hdf5_chunk_next(d, at));
    return BL_OK;
}

static bl_status read_by_library(const bl_hdf5_file *file, bl_hdf5_unit *unit, bl_error *err) {
    const bl_hdf5_dataset *d = unit->dataset;
    hsize_t start[H5S_MAX_RANK] = {0}, count[H5S_MAX_RANK];
    memcpy(count, d->dims, sizeof count);
    start[0] = bl_hdf5_strip_start(d, unit->strip);
    count[0] = (hsize_t)bl_hdf5_strip_end(d, unit->strip) - start[0];
    BL_HDF5_AUTO space = H5Dget_space(d->id);
    BL_HDF5_AUTO memory = H5Screate_simple((int)d->rank, count, NULL);
    if (space < 0 || memory < 0 ||
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
        H5Dread(d->id, d->type, memory, space, H5P_DEFAULT, unit->bytes->data) < 0)
        return bl_hdf5_failed(&file->io, BL_E_CORRUPT, "its values", err);
    unit->is_ready = true;
    return BL_OK;
}

/// True where a chunk is as wide as rows are: it is the strip.
static bool is_whole(const bl_hdf5_dataset *d) {
    bool whole = d->strip_chunks == 1;
    for (unsigned i = 1; i < d->rank; i++)
        whole = whole && d->chunk[i] == d->dims[i];
    return whole;
}

static bl_status prepare(job *j, bl_hdf5_unit *unit, bl_error *err) {
    const bl_hdf5_dataset *d = unit->dataset;
    int64_t first = unit->strip * d->strip_rows;
    if (d->kept && d->kept_strip == unit->strip) {
        unit->bytes = bl_buffer_ref(d->kept);
        unit->data = d->kept_data;
        unit->n_shuffled = d->kept_shuffled ? (size_t)d->strip_rows * d->row_elements : 0;
        unit->is_ready = true;
        return BL_OK;
    }
    unit->first_range = j->n_ranges;
    if (d->layout == BL_HDF5_CONTIGUOUS && d->row_bytes) // what is read is what is wanted
        return add_range(j, d->address + (uint64_t)first * d->row_bytes,
                         (uint64_t)(bl_hdf5_strip_end(d, unit->strip) - first) * d->row_bytes, err);
    if (d->layout == BL_HDF5_CHUNKED && d->row_bytes && is_whole(d) && d->n_filters == 0) {
        BL_TRY(locate_strip(j, unit, err));
        if (j->places[unit->first_range].is_there)
            return BL_OK;
        unit->is_located = true;
    }
    BL_TRY(bl_buffer_new(d->context, bl_hdf5_strip_bytes(d, unit->strip), &unit->bytes, err));
    unit->data = unit->bytes->data;
    if (unit->is_located)
        return BL_OK;
    if (d->row_bytes == 0)
        unit->is_ready = true;
    else if (d->layout == BL_HDF5_CHUNKED)
        return locate_strip(j, unit, err);
    else if (d->layout == BL_HDF5_BY_LIBRARY)
        return read_by_library(j->file, unit, err);
    return BL_OK;
}

static bl_status prepare_all(job *j, bl_error *err) {
    BL_HDF5_LOCKED;
    for (size_t i = 0; i < j->n_units; i++)
        BL_TRY_IN(prepare(j, &j->units[i], err), err, "dataset '%s'", j->units[i].dataset->path);
    return BL_OK;
}

// ---- unpacking: tasks ----

static void fill_elements(const bl_hdf5_dataset *d, uint8_t *out, size_t n) {
    if (!d->fill) {
        memset(out, 0, n * d->element_bytes);
        return;
    }
    for (size_t i = 0; i < n; i++)
        memcpy(out + i * d->element_bytes, d->fill, d->element_bytes);
}

/// Copies what lies inside the dataset of a whole chunk to its place in rows.
static void place_chunk(const bl_hdf5_dataset *d, const hsize_t *at, const uint8_t *chunk,
                        uint8_t *rows) {
    size_t inner[H5S_MAX_RANK], outer[H5S_MAX_RANK]; // bytes of a step in each dimension
    hsize_t index[H5S_MAX_RANK] = {0}, count[H5S_MAX_RANK] = {0};
    unsigned last = d->rank - 1;
    inner[last] = outer[last] = d->element_bytes;
    for (unsigned i = last; i-- > 0;) {
        inner[i] = inner[i + 1] * (size_t)d->chunk[i + 1];
        outer[i] = outer[i + 1] * (size_t)d->dims[i + 1];
    }
    for (unsigned i = 0; i < d->rank; i++)
        count[i] = d->dims[i] - at[i] < d->chunk[i] ? d->dims[i] - at[i] : d->chunk[i];
    for (;;) {
        size_t from = 0, to = (size_t)at[last] * outer[last];
        for (unsigned i = 0; i < last; i++) {
            from += (size_t)index[i] * inner[i];
            to += (size_t)(index[i] + (i ? at[i] : 0)) * outer[i];
        }
        memcpy(rows + to, chunk + from, (size_t)count[last] * d->element_bytes);
        unsigned i = last;
        while (i > 0 && ++index[i - 1] == count[i - 1])
            index[--i] = 0;
        if (i == 0)
            return;
    }
}

static bl_status unpack_chunk(const job *j, const bl_hdf5_dataset *d, const chunk_place *place,
                              unsigned worker, uint8_t *raw, bool *ret_shuffled, bl_error *err) {
    if (!place->is_there) {
        fill_elements(d, raw, d->chunk_bytes / d->element_bytes);
        return BL_OK;
    }
    return bl_hdf5_unpack(d, j->codecs[worker], bl_fetch_data(j->fetch, place->fetch),
                          (size_t)j->ranges[place->fetch].size, place->mask, raw, ret_shuffled,
                          err);
}

/// Takes over what was fetched as it is.
static void share_range(const job *j, bl_hdf5_unit *unit, size_t range) {
    unit->bytes = bl_buffer_ref(bl_fetch_buffer(j->fetch, range));
    unit->data = bl_fetch_data(j->fetch, range);
}

/// Chunks that are no whole strips are put together.
static bl_status unpack_strip(const job *j, bl_hdf5_unit *unit, unsigned worker, bl_error *err) {
    const bl_hdf5_dataset *d = unit->dataset;
    const chunk_place *place = &j->places[unit->first_range];
    bool is_shuffled = false;
    if (!unit->bytes) {
        share_range(j, unit, place->fetch);
        return BL_OK;
    }
    if (is_whole(d)) {
        BL_TRY(unpack_chunk(j, d, place, worker, unit->bytes->data, &is_shuffled, err));
        unit->n_shuffled = is_shuffled ? d->chunk_bytes / d->element_bytes : 0;
        return BL_OK;
    }
    BL_AUTO(bl_buffer) chunk = NULL;
    BL_TRY(bl_buffer_new(d->context, d->chunk_bytes, &chunk, err));
    hsize_t at[H5S_MAX_RANK] = {0};
    at[0] = bl_hdf5_strip_start(d, unit->strip);
    do {
        BL_TRY(unpack_chunk(j, d, place++, worker, chunk->data, NULL, err));
        place_chunk(d, at, chunk->data, unit->bytes->data);
    } while (bl_hdf5_chunk_next(d, at));
    return BL_OK;
}

static bl_status unpack_unit(void *argument, size_t index, unsigned worker, bl_error *err) {
    const job *j = (const job *)argument;
    bl_hdf5_unit *unit = &j->units[index];
    const bl_hdf5_dataset *d = unit->dataset;
    if (unit->is_ready)
        return BL_OK;
    unit->is_ready = true;
    if (d->layout == BL_HDF5_CHUNKED)
        BL_TRY_IN(unpack_strip(j, unit, worker, err), err, "dataset '%s': rows from %lld on",
                  d->path, (long long)(unit->strip * d->strip_rows));
    else if (d->layout == BL_HDF5_CONTIGUOUS)
        share_range(j, unit, unit->first_range);
    else
        fill_elements(d, unit->bytes->data, bl_hdf5_strip_bytes(d, unit->strip) / d->element_bytes);
    return BL_OK;
}

static bl_status read_part(void *argument, size_t index, unsigned worker, bl_error *err) {
    (void)worker;
    return bl_fetch_read_part(((const job *)argument)->fetch, index, err);
}

static bl_status run(job *j, bl_error *err) {
    bl_context *context = j->file->head.context;
    BL_TRY(prepare_all(j, err));
    if (j->n_ranges)
        BL_TRY(bl_fetch_start(j->file->io.source, j->ranges, j->n_ranges, &j->fetch, err));
    size_t n_parts = j->fetch ? bl_fetch_n_parts(j->fetch) : 0;
    if (n_parts)
        BL_TRY(bl_run_tasks(context, read_part, j, n_parts, err));
    else if (j->fetch)
        BL_TRY(bl_fetch_wait(j->fetch, err));
    return bl_run_tasks(context, unpack_unit, j, j->n_units, err);
}

bl_status bl_hdf5_units_read(bl_hdf5_file *file, bl_codecs *const *codecs, bl_hdf5_unit *units,
                             size_t n_units, bl_error *err) {
    job j = {.file = file, .codecs = codecs, .units = units, .n_units = n_units};
    bl_status status = run(&j, err);
    bl_fetch_free(j.fetch);
    bl_free(file->head.context, j.places);
    bl_free(file->head.context, j.ranges);
    return status;
}
