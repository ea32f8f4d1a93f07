// SPDX-License-Identifier: Apache-2.0
// Values of data sets, whole. Those with dimensions are read as rows are (dataset.h), strip by
// strip and on all threads; a single value is one read.
#include "base/context.h"
#include "formats/hdf5/module/filters.h"
#include "formats/hdf5/module/tree.h"

enum { STRIPS = 64 }; ///< so many are read together

static hid_t half_new(void) {
    hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    if (type >= 0 && (H5Tset_fields(type, 15, 10, 5, 0, 10) < 0 || H5Tset_precision(type, 16) < 0 ||
                      H5Tset_size(type, 2) < 0 || H5Tset_ebias(type, 15) < 0)) {
        bl_hdf5_release(type);
        return H5I_INVALID_HID;
    }
    return type;
}

hid_t bl_hdf5_type_new(bl_hdf5_type type) {
    const hid_t types[] = {
        [BL_HDF5_UNKNOWN] = H5I_INVALID_HID, [BL_HDF5_INT8] = H5T_STD_I8LE,
        [BL_HDF5_INT16] = H5T_STD_I16LE,     [BL_HDF5_INT32] = H5T_STD_I32LE,
        [BL_HDF5_INT64] = H5T_STD_I64LE,     [BL_HDF5_UINT8] = H5T_STD_U8LE,
        [BL_HDF5_UINT16] = H5T_STD_U16LE,    [BL_HDF5_UINT32] = H5T_STD_U32LE,
        [BL_HDF5_UINT64] = H5T_STD_U64LE,    [BL_HDF5_FLOAT16] = H5I_INVALID_HID,
        [BL_HDF5_FLOAT32] = H5T_IEEE_F32LE,  [BL_HDF5_FLOAT64] = H5T_IEEE_F64LE,
        [BL_HDF5_TEXTS] = H5I_INVALID_HID,
    };
    if (type == BL_HDF5_FLOAT16)
        return half_new();
    return types[type] < 0 ? types[type] : H5Tcopy(types[type]);
}

static bl_hdf5_type type_of(hid_t stored) {
    for (bl_hdf5_type type = BL_HDF5_INT8; type < BL_HDF5_TEXTS; type++) {
        BL_HDF5_AUTO known = bl_hdf5_type_new(type);
        if (known >= 0 && H5Tequal(stored, known) > 0)
            return type;
    }
    return BL_HDF5_UNKNOWN;
}

// ---- what it is ----

static bl_status describe(bl_hdf5_file *file, bl_arena *arena, hid_t dataset,
                          bl_hdf5_values *values, bl_error *err) {
    hsize_t dims[H5S_MAX_RANK];
    BL_HDF5_AUTO type = H5Dget_type(dataset);
    BL_HDF5_AUTO space = H5Dget_space(dataset);
    int rank = space >= 0 ? H5Sget_simple_extent_dims(space, dims, NULL) : -1;
    if (type < 0 || rank < 0)
        return bl_hdf5_failed(&file->io, BL_E_CORRUPT, "its shape", err);
    values->type = type_of(type);
    if (H5Sget_simple_extent_type(space) == H5S_NULL)
        values->type = BL_HDF5_UNKNOWN;
    if (values->type == BL_HDF5_UNKNOWN) {
        char text[64];
        bl_hdf5_type_text(type, text, sizeof text);
        values->unknown = bl_arena_text(arena, text, strlen(text));
    }
    uint64_t *copy = (uint64_t *)bl_arena_array(arena, (size_t)rank + 1, sizeof *copy);
    if (!copy || (values->type == BL_HDF5_UNKNOWN && !values->unknown))
        return bl_error_nomem(err, (size_t)rank * sizeof *copy, "a shape");
    values->rank = (unsigned)rank;
    values->n = 1;
    for (int i = 0; i < rank; i++) {
        copy[i] = dims[i];
        if (__builtin_mul_overflow(values->n, (size_t)dims[i], &values->n))
            return bl_error_set(err, BL_E_CORRUPT, "a shape of too many values");
    }
    values->dims = copy;
    return BL_OK;
}

/// What a file may make us take is held to the budget, however often it names the same bytes.
static bl_status take_memory(bl_arena *arena, bl_hdf5_values *values, bl_error *err) {
    bl_context *context = arena->context;
    uint64_t bytes, busy = bl_context_busy_bytes(context);
    uint64_t budget = bl_context_budget_bytes(context);
    if (__builtin_mul_overflow((uint64_t)values->n, bl_hdf5_type_bytes(values->type), &bytes) ||
        busy > budget || bytes > budget - busy)
        return bl_error_set(err, BL_E_LIMIT, "%zu values do not fit into the memory budget",
                            values->n);
    values->data = bl_arena_alloc(arena, (size_t)bytes + 1);
    return values->data ? BL_OK : bl_error_nomem(err, (size_t)bytes, "values");
}

// ---- single values ----

/// \return where it is in the file; false: the library has it in a header
static bool is_in_file(hid_t dataset, uint64_t *ret_address) {
    BL_HDF5_AUTO how = H5Dget_create_plist(dataset);
    *ret_address = HADDR_UNDEF;
    if (how < 0 || H5Pget_layout(how) != H5D_CONTIGUOUS || H5Pget_external_count(how) != 0)
        return false;
    *ret_address = H5Dget_offset(dataset);
    return true;
}

static bl_status read_single(bl_hdf5_file *file, hid_t dataset, bl_hdf5_values *values,
                             bl_error *err) {
    uint64_t address;
    size_t bytes = bl_hdf5_type_bytes(values->type);
    if (H5Dget_storage_size(dataset) < bytes)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a single value that was never written");
    if (is_in_file(dataset, &address))
        return bl_hdf5_read(&file->io, address, bytes, values->data, err);
    BL_HDF5_AUTO how = H5Dget_create_plist(dataset);
    BL_HDF5_AUTO type = bl_hdf5_type_new(values->type);
    if (how < 0 || H5Pget_layout(how) != H5D_COMPACT)
        return bl_error_set(err, BL_E_UNSUPPORTED, "a single value in a layout of its own");
    if (type < 0 || H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values->data) < 0)
        return bl_hdf5_failed(&file->io, BL_E_CORRUPT, "its value", err);
    return BL_OK;
}

// ---- arrays ----

static void copy_unit(const bl_hdf5_dataset *d, const bl_hdf5_unit *unit, uint8_t *out) {
    int64_t first = unit->strip * d->strip_rows;
    size_t n = (size_t)(bl_hdf5_strip_end(d, unit->strip) - first) * d->row_bytes;
    uint8_t *to = out + (size_t)first * d->row_bytes;
    if (unit->n_shuffled == 0) {
        memcpy(to, unit->data, n);
        return;
    }
    for (size_t i = 0; i < n; i++) // element i / width, its byte i % width
        to[i] = unit->data[i % d->element_bytes * unit->n_shuffled + i / d->element_bytes];
}

static bl_status read_strips(bl_hdf5_file *file, bl_codecs *const *codecs, bl_hdf5_dataset *d,
                             uint8_t *out, bl_error *err) {
    int64_t n_strips = d->n_rows / d->strip_rows + (d->n_rows % d->strip_rows != 0);
    for (int64_t first = 0; first < n_strips; first += STRIPS) {
        bl_hdf5_unit units[STRIPS] = {0};
        size_t n = 0;
        for (; n < STRIPS && first + (int64_t)n < n_strips; n++)
            units[n] = (bl_hdf5_unit){.dataset = d, .strip = first + (int64_t)n};
        bl_status status = bl_hdf5_units_read(file, codecs, units, n, err);
        for (size_t i = 0; i < n; i++) {
            if (status == BL_OK)
                copy_unit(d, &units[i], out);
            bl_buffer_release(units[i].bytes);
        }
        BL_TRY(status);
    }
    return BL_OK;
}

static bl_status open_locked(bl_hdf5_file *file, bl_arena *arena, const char *path,
                             bl_hdf5_values *values, bl_hdf5_dataset *d, bl_error *err) {
    BL_HDF5_LOCKED;
    BL_HDF5_AUTO dataset = H5Dopen2(file->id, path, H5P_DEFAULT);
    if (dataset < 0)
        return bl_hdf5_failed(&file->io, BL_E_CORRUPT, "HDF5", err);
    BL_TRY(describe(file, arena, dataset, values, err));
    if (values->type == BL_HDF5_UNKNOWN)
        return BL_OK;
    if (values->rank > 0 && values->n > 0) // checks the shape against the file, before memory
        BL_TRY(bl_hdf5_dataset_open(file, arena, path, d, err));
    BL_TRY(take_memory(arena, values, err));
    return values->rank == 0 ? read_single(file, dataset, values, err) : BL_OK;
}

static void release_locked(bl_hdf5_dataset *d) {
    BL_HDF5_LOCKED;
    bl_hdf5_dataset_release(d);
}

bl_status bl_hdf5_values_read(bl_hdf5_file *file, bl_codecs *const *codecs, bl_arena *arena,
                              const char *path, bl_hdf5_node *node, bl_error *err) {
    bl_hdf5_values *values = &node->values;
    bl_hdf5_dataset d = {.id = H5I_INVALID_HID, .type = H5I_INVALID_HID};
    bl_status status = open_locked(file, arena, path, values, &d, err);
    if (status == BL_OK && d.id >= 0)
        status = read_strips(file, codecs, &d, (uint8_t *)values->data, err);
    release_locked(&d);
    return status;
}
