// SPDX-License-Identifier: Apache-2.0
// Opening a dataset: every number that the file gives is checked before anything is taken by it.
#include "formats/hdf5/module/dataset.h"

#include "base/context.h"

enum { FLAT_STRIP_BYTES = 256 * 1024, MAX_STRIP_CHUNKS = 1 << 20 };
/// Nobody packs rows closer than the densest codec, but a small file may promise some zeros.
#define MOST_ROWS_ANYWAY ((uint64_t)1 << 30)

void bl_hdf5_dataset_release(bl_hdf5_dataset *dataset) {
    bl_hdf5_release(dataset->type);
    bl_hdf5_release(dataset->id);
    for (size_t i = 0; i < dataset->n_members; i++)
        bl_hdf5_shape_release(&dataset->members[i].shape);
    bl_buffer_release(dataset->kept);
    if (dataset->ahead)
        bl_free(dataset->context, dataset->ahead);
    *dataset = (bl_hdf5_dataset){.id = H5I_INVALID_HID, .type = H5I_INVALID_HID};
}

static bl_status read_extent(const bl_hdf5_file *file, bl_hdf5_dataset *d, bl_error *err) {
    BL_HDF5_AUTO space = H5Dget_space(d->id);
    int rank = space >= 0 ? H5Sget_simple_extent_ndims(space) : -1;
    if (rank < 0 || rank > H5S_MAX_RANK || H5Sget_simple_extent_dims(space, d->dims, NULL) < 0)
        return bl_hdf5_failed(&file->io, BL_E_CORRUPT, "its extent", err);
    if (rank < 1)
        return bl_error_set(err, BL_E_TYPE, "it has no rows");
    d->rank = (unsigned)rank;
    d->row_elements = 1;
    for (int i = 1; i < rank; i++)
        if (d->dims[i] > INT32_MAX ||
            __builtin_mul_overflow(d->row_elements, (size_t)d->dims[i], &d->row_elements))
            return bl_error_set(err, BL_E_LIMIT, "rows of %llu items are too long",
                                (unsigned long long)d->dims[i]);
    uint64_t all;
    if (__builtin_mul_overflow(d->row_elements, d->element_bytes, &d->row_bytes) ||
        d->dims[0] > INT64_MAX || __builtin_mul_overflow(d->row_bytes, d->dims[0], &all))
        return bl_error_set(err, BL_E_LIMIT, "%llu rows are too many",
                            (unsigned long long)d->dims[0]);
    if (all > MOST_ROWS_ANYWAY && all / BL_CODEC_MOST_RATIO > file->io.size_bytes)
        return bl_error_set(err, BL_E_CORRUPT, "%llu rows in a file of %llu bytes",
                            (unsigned long long)d->dims[0],
                            (unsigned long long)file->io.size_bytes);
    d->n_rows = (int64_t)d->dims[0];
    return BL_OK;
}

// ---- filters ----

static const char *filter_name(H5Z_filter_t id) {
    static const struct {
        int id;
        const char *name;
    } known[] = {{H5Z_FILTER_DEFLATE, "gzip"},
                 {H5Z_FILTER_SHUFFLE, "shuffle"},
                 {H5Z_FILTER_FLETCHER32, "fletcher32"},
                 {H5Z_FILTER_SZIP, "szip"},
                 {H5Z_FILTER_NBIT, "nbit"},
                 {H5Z_FILTER_SCALEOFFSET, "scaleoffset"},
                 {307, "bzip2"},
                 {32000, "lzf"},
                 {32001, "blosc"},
                 {32004, "lz4"},
                 {32008, "bitshuffle"},
                 {32013, "zfp"},
                 {32015, "zstd"},
                 {32026, "blosc2"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].id == id)
            return known[i].name;
    return NULL;
}

static bool is_ours(H5Z_filter_t id) {
    return id == H5Z_FILTER_DEFLATE || id == H5Z_FILTER_SHUFFLE || id == H5Z_FILTER_FLETCHER32 ||
           id == BL_HDF5_LZF || id == BL_HDF5_ZSTD;
}

static bl_status read_filter(bl_hdf5_dataset *d, hid_t how, unsigned i, bl_error *err) {
    unsigned flags, config, values[8] = {0};
    size_t n_values = 8;
    char given[64] = "";
    H5Z_filter_t id =
        H5Pget_filter2(how, i, &flags, &n_values, values, sizeof given, given, &config);
    if (id < 0)
        return bl_error_set(err, BL_E_CORRUPT, "filter %u", i);
    const char *name = filter_name(id);
    d->filters[i] = (bl_hdf5_filter){id, n_values ? values[0] : 0};
    if (id != H5Z_FILTER_SHUFFLE && id != H5Z_FILTER_FLETCHER32)
        d->codec = name ? name : "filter";
    if (is_ours(id))
        return BL_OK;
    d->layout = BL_HDF5_BY_LIBRARY;
    if (H5Zfilter_avail(id) > 0)
        return BL_OK;
    given[sizeof given - 1] = '\0';
    return bl_error_set(err, BL_E_UNSUPPORTED,
                        "it is packed by filter %d (%s), for which libhdf5 has no plugin here", id,
                        name     ? name
                        : *given ? given
                                 : "unknown");
}

static bl_status read_filters(bl_hdf5_dataset *d, hid_t how, bl_error *err) {
    int n = H5Pget_nfilters(how);
    d->codec = "stored";
    if (n < 0 || n > BL_HDF5_MAX_FILTERS)
        return bl_error_set(err, BL_E_UNSUPPORTED, "%d filters", n);
    d->n_filters = (size_t)n;
    for (int i = 0; i < n; i++)
        BL_TRY(read_filter(d, how, (unsigned)i, err));
    return BL_OK;
}

// ---- layouts ----

static bl_status read_chunks(const bl_hdf5_file *file, bl_hdf5_dataset *d, hid_t how,
                             bl_error *err) {
    if (H5Pget_chunk(how, (int)d->rank, d->chunk) != (int)d->rank)
        return bl_hdf5_failed(&file->io, BL_E_CORRUPT, "its chunks", err);
    d->chunk_bytes = d->element_bytes;
    d->strip_chunks = 1;
    for (unsigned i = 0; i < d->rank; i++) {
        uint64_t n = i && d->chunk[i] ? (d->dims[i] + d->chunk[i] - 1) / d->chunk[i] : 1;
        if (d->chunk[i] == 0 || d->chunk[i] > UINT32_MAX ||
            __builtin_mul_overflow(d->chunk_bytes, (size_t)d->chunk[i], &d->chunk_bytes) ||
            __builtin_mul_overflow(d->strip_chunks, (size_t)n, &d->strip_chunks))
            return bl_error_set(err, BL_E_CORRUPT, "chunks of %llu",
                                (unsigned long long)d->chunk[i]);
    }
    if (d->strip_chunks > MAX_STRIP_CHUNKS)
        return bl_error_set(err, BL_E_LIMIT, "%zu chunks beside each other", d->strip_chunks);
    d->strip_rows = (int64_t)d->chunk[0];
    unsigned options = 0;
    BL_TRY(read_filters(d, how, err));
    if (H5Pget_chunk_opts(how, &options) < 0 || options) // not every chunk is packed
        d->layout = BL_HDF5_BY_LIBRARY;
    return BL_OK;
}

/// libhdf5 copies as many bytes as the shape wants, whatever there are.
static bl_status check_compact(const bl_hdf5_file *file, const bl_hdf5_dataset *d, bl_error *err) {
    BL_HDF5_AUTO stored = H5Dget_type(d->id);
    uint64_t wanted = stored < 0 ? 0 : H5Tget_size(stored);
    if (wanted == 0)
        return bl_hdf5_failed(&file->io, BL_E_CORRUPT, "its type", err);
    for (unsigned i = 0; i < d->rank; i++)
        if (__builtin_mul_overflow(wanted, (uint64_t)d->dims[i], &wanted))
            return bl_error_set(err, BL_E_CORRUPT, "a shape of too many values");
    if (wanted > d->stored_bytes)
        return bl_error_set(err, BL_E_CORRUPT, "%llu bytes of values where its shape wants %llu",
                            (unsigned long long)d->stored_bytes, (unsigned long long)wanted);
    return BL_OK;
}

static bl_status read_layout(const bl_hdf5_file *file, bl_hdf5_dataset *d, hid_t how,
                             bl_error *err) {
    size_t row = d->row_bytes ? d->row_bytes : 1;
    d->strip_rows = row < FLAT_STRIP_BYTES ? (int64_t)(FLAT_STRIP_BYTES / row) : 1;
    d->strip_chunks = 1;
    d->codec = "stored";
    haddr_t address;
    switch (H5Pget_layout(how)) {
    case H5D_CHUNKED:
        d->layout = BL_HDF5_CHUNKED;
        return read_chunks(file, d, how, err);
    case H5D_COMPACT:
        d->layout = BL_HDF5_BY_LIBRARY;
        return check_compact(file, d, err);
    case H5D_CONTIGUOUS:
        if (H5Pget_external_count(how) != 0)
            return bl_error_set(err, BL_E_UNSUPPORTED,
                                "its values are in other files, which are not opened");
        address = H5Dget_offset(d->id);
        // behind a user block, no address is some address
        d->layout =
            address == HADDR_UNDEF || d->stored_bytes == 0 ? BL_HDF5_NOWHERE : BL_HDF5_CONTIGUOUS;
        d->address = d->layout == BL_HDF5_NOWHERE ? 0 : address;
        if (d->layout == BL_HDF5_CONTIGUOUS &&
            (d->address > file->io.size_bytes ||
             d->row_bytes * (uint64_t)d->n_rows > file->io.size_bytes - d->address))
            return bl_error_set(err, BL_E_CORRUPT, "its values go past the end of the file");
        return BL_OK;
    default:
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "it is virtual: its values are in other files, which are not opened");
    }
}

static bl_status read_fill(const bl_hdf5_file *file, bl_arena *arena, bl_hdf5_dataset *d, hid_t how,
                           bl_error *err) {
    H5D_fill_value_t state;
    if (d->has_heap || H5Pfill_value_defined(how, &state) < 0 ||
        state != H5D_FILL_VALUE_USER_DEFINED)
        return BL_OK;
    d->fill = (uint8_t *)bl_arena_alloc(arena, d->element_bytes);
    if (!d->fill)
        return bl_error_nomem(err, d->element_bytes, "a fill value");
    if (H5Pget_fill_value(how, d->type, d->fill) < 0)
        return bl_hdf5_failed(&file->io, BL_E_CORRUPT, "its fill value", err);
    return BL_OK;
}

static bl_status check_sizes(const bl_hdf5_file *file, bl_hdf5_dataset *d, bl_error *err) {
    uint64_t most = bl_context_budget_bytes(file->head.context) / 4;
    if (d->has_heap && d->layout == BL_HDF5_BY_LIBRARY)
        return bl_error_set(err, BL_E_UNSUPPORTED,
                            "values of any length are not read out of its packing");
    uint64_t strip = bl_hdf5_strip_bytes(d, 0);
    if (strip > most || d->chunk_bytes > most)
        return bl_error_set(err, BL_E_LIMIT,
                            "its chunks take %llu bytes each, more than a quarter of the memory "
                            "budget",
                            (unsigned long long)(strip > d->chunk_bytes ? strip : d->chunk_bytes));
    return BL_OK;
}

// ---- types ----

/// A member that cannot be read hides no other.
static bl_status read_member(bl_arena *arena, hid_t type, size_t reference_size, bl_hdf5_dataset *d,
                             bl_hdf5_member *member, bl_error *err) {
    bl_error why = {0};
    char text[64];
    bl_hdf5_type_text(type, text, sizeof text);
    if (!(member->text = bl_arena_text(arena, text, strlen(text))))
        return bl_error_nomem(err, sizeof text, "a type");
    bl_status status = bl_hdf5_shape_make(arena, type, reference_size, &member->shape, &why);
    if (status == BL_OK && (member->offset > d->element_bytes ||
                            member->shape.size > d->element_bytes - member->offset))
        return bl_error_set(err, BL_E_CORRUPT, "a member lies outside of its element");
    d->has_heap = d->has_heap || member->shape.has_heap;
    if (status == BL_OK)
        return BL_OK;
    member->reason = bl_arena_text(arena, why.message, strlen(why.message));
    return status == BL_E_NOMEM || !member->reason ? bl_error_nomem(err, 64, "a type") : BL_OK;
}

static bl_status read_members(bl_arena *arena, size_t reference_size, bl_hdf5_dataset *d,
                              bl_error *err) {
    bool is_compound = H5Tget_class(d->type) == H5T_COMPOUND;
    int n = is_compound ? H5Tget_nmembers(d->type) : 1;
    if (n < 1 || n > BL_HDF5_MAX_MEMBERS)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a compound of %d members is not read", n);
    d->members = (bl_hdf5_member *)bl_arena_array(arena, (size_t)n, sizeof *d->members);
    if (!d->members)
        return bl_error_nomem(err, (size_t)n * sizeof *d->members, "members");
    d->n_members = (size_t)n;
    if (!is_compound)
        return read_member(arena, d->type, reference_size, d, &d->members[0], err);
    size_t *offsets;
    BL_TRY(bl_hdf5_disk_offsets(arena, d->type, reference_size, &offsets, err));
    for (unsigned i = 0; i < (unsigned)n; i++) {
        bl_hdf5_member *member = &d->members[i];
        char *name = H5Tget_member_name(d->type, i);
        member->name = bl_arena_text(arena, name ? name : "", name ? strlen(name) : 0);
        (void)H5free_memory(name);
        member->offset = offsets[i];
        BL_HDF5_AUTO type = H5Tget_member_type(d->type, i);
        if (!member->name)
            return bl_error_nomem(err, 64, "a name");
        if (type < 0)
            return bl_error_set(err, BL_E_CORRUPT, "member '%s' has no type", member->name);
        BL_TRY(read_member(arena, type, reference_size, d, member, err));
    }
    return BL_OK;
}

static bl_status open_parts(bl_hdf5_file *file, bl_arena *arena, bl_hdf5_dataset *d,
                            bl_error *err) {
    d->type = H5Dget_type(d->id);
    BL_HDF5_AUTO how = H5Dget_create_plist(d->id);
    if (d->type < 0 || how < 0)
        return bl_hdf5_failed(&file->io, BL_E_CORRUPT, "its type", err);
    if (H5Pget_layout(how) == H5D_VIRTUAL) // before its extent is asked for, which opens files
        return read_layout(file, d, how, err);
    size_t reference_size = 8 + file->address_size;
    d->element_bytes = bl_hdf5_disk_size(d->type, reference_size);
    d->stored_bytes = H5Dget_storage_size(d->id);
    BL_TRY(read_extent(file, d, err));
    BL_TRY(read_members(arena, reference_size, d, err));
    BL_TRY(read_layout(file, d, how, err));
    BL_TRY(check_sizes(file, d, err));
    return read_fill(file, arena, d, how, err);
}

bl_status bl_hdf5_dataset_open(bl_hdf5_file *file, bl_arena *arena, const char *path,
                               bl_hdf5_dataset *dataset, bl_error *err) {
    bl_hdf5_dataset d = {
        .context = file->head.context, .path = path, .type = H5I_INVALID_HID, .kept_strip = -1};
    BL_HDF5_AUTO access = H5Pcreate(H5P_DATASET_ACCESS);
    if (access < 0 || H5Pset_chunk_cache(access, 0, 0, 1) < 0)
        return bl_hdf5_failed(NULL, BL_E_IO, "the chunk cache", err);
    d.id = H5Dopen2(file->id, path, access);
    bl_status status = d.id < 0 ? bl_hdf5_failed(&file->io, BL_E_CORRUPT, path, err)
                                : open_parts(file, arena, &d, err);
    if (status != BL_OK) {
        bl_hdf5_dataset_release(&d);
        return status;
    }
    *dataset = d;
    return BL_OK;
}

size_t bl_hdf5_strip_bytes(const bl_hdf5_dataset *dataset, int64_t strip) {
    int64_t n = bl_hdf5_strip_end(dataset, strip) - strip * dataset->strip_rows;
    size_t bytes = n > 0 ? (size_t)n * dataset->row_bytes : 0;
    // a chunk that is the whole strip is unpacked in place, however few of its rows are there
    return dataset->strip_chunks == 1 && dataset->chunk_bytes > bytes ? dataset->chunk_bytes
                                                                      : bytes;
}
