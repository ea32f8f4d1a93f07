// SPDX-License-Identifier: Apache-2.0
// A file driver of libhdf5 over our sources and sinks. Reading, small pieces are read ahead,
// because metadata comes in hundreds of bytes. The library writes wherever it likes, and reads back
// what it wrote; a sink must allow that. Addresses are places in the file. Source: HDF5 Reference
// Manual, "Virtual File Layer".
#include <stdlib.h>

#include "formats/hdf5/module/library.h"

#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

enum { METADATA_BYTES = 1 << 20 };

/// As the library holds it; it wants its own head first.
typedef struct driver_file {
    H5FD_t head;
    bl_hdf5_io *io; ///< borrows
    haddr_t end_of_allocated;
} driver_file;

/// What the access list carries; copied by the library as it likes.
typedef struct driver_info {
    bl_hdf5_io *io;
} driver_info;

static H5FD_t *driver_open(const char *name, unsigned flags, hid_t access, haddr_t max_address) {
    const driver_info *info = (const driver_info *)H5Pget_driver_info(access);
    (void)name;
    (void)flags;
    (void)max_address;
    if (!info || info->io->is_open)
        return NULL;
    driver_file *file = (driver_file *)info->io->file;
    *file = (driver_file){.io = info->io};
    info->io->is_open = true;
    return (H5FD_t *)file;
}

static herr_t keep(bl_hdf5_io *io, bl_status status, const bl_error *failure) {
    if (status != BL_OK && io->status == BL_OK) {
        io->status = status;
        io->failure = *failure;
    }
    return status == BL_OK ? 0 : -1;
}

/// The file is as long as the library says, whatever it wrote last.
static herr_t driver_close(H5FD_t *head) {
    driver_file *file = (driver_file *)head;
    bl_hdf5_io *io = file->io;
    bl_error failure = {0};
    bl_status status = BL_OK;
    if (io->sink && !io->is_lost && file->end_of_allocated > io->size_bytes)
        status = bl_sink_write_at(io->sink, file->end_of_allocated - 1, 1, "", &failure);
    io->is_open = false;
    return keep(io, status, &failure);
}

static int driver_compare(const H5FD_t *a, const H5FD_t *b) {
    uintptr_t x = (uintptr_t)((const driver_file *)a)->io;
    uintptr_t y = (uintptr_t)((const driver_file *)b)->io;
    return (x > y) - (x < y);
}

/// The library asks before there is a file, too. Reading, it is not to gather metadata in a buffer
/// of its own: that one is not made for sizes that a file makes up, and we read ahead ourselves.
static herr_t driver_query(const H5FD_t *head, unsigned long *flags) {
    const driver_file *file = (const driver_file *)head;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_AGGREGATE_SMALLDATA;
    if (file && file->io->sink)
        *flags |= H5FD_FEAT_ACCUMULATE_METADATA;
    return 0;
}

static haddr_t get_end_of_allocated(const H5FD_t *head, H5FD_mem_t type) {
    (void)type;
    return ((const driver_file *)head)->end_of_allocated;
}

static herr_t set_end_of_allocated(H5FD_t *head, H5FD_mem_t type, haddr_t address) {
    (void)type;
    ((driver_file *)head)->end_of_allocated = address;
    return 0;
}

static haddr_t get_end_of_file(const H5FD_t *head, H5FD_mem_t type) {
    (void)type;
    return ((const driver_file *)head)->io->size_bytes;
}

static bl_status read_small(bl_hdf5_io *io, uint64_t offset, size_t size, void *data,
                            bl_error *err) {
    bool is_there = offset >= io->window_start && offset - io->window_start <= io->window_size &&
                    size <= io->window_size - (size_t)(offset - io->window_start);
    if (!is_there) {
        size_t room = BL_HDF5_WINDOW;
        if (room > io->size_bytes - offset)
            room = (size_t)(io->size_bytes - offset);
        io->window_size = 0;
        BL_TRY(bl_source_read(io->source, offset, room, io->window, err));
        io->window_start = offset;
        io->window_size = room;
    }
    memcpy(data, io->window + (offset - io->window_start), size);
    return BL_OK;
}

bl_status bl_hdf5_read(bl_hdf5_io *io, uint64_t offset, size_t size, void *data, bl_error *err) {
    if (offset > io->size_bytes || size > io->size_bytes - offset)
        return bl_error_set(err, BL_E_CORRUPT, "truncated: %zu bytes at %llu of %llu", size,
                            (unsigned long long)offset, (unsigned long long)io->size_bytes);
    if (io->sink)
        return bl_sink_read_at(io->sink, offset, size, data, err);
    if (io->window && size <= BL_HDF5_WINDOW / 4)
        return read_small(io, offset, size, data, err);
    return bl_source_read(io->source, offset, size, data, err);
}

static herr_t driver_read(H5FD_t *head, H5FD_mem_t type, hid_t transfer, haddr_t address,
                          size_t size, void *data) {
    bl_hdf5_io *io = ((driver_file *)head)->io;
    bl_error failure = {0};
    (void)transfer;
    if (io->is_locating && type == H5FD_MEM_DRAW) {
        io->located = address;
        io->located_bytes = size;
        return 0;
    }
    if (io->is_lost) { // whatever it is, it goes nowhere
        memset(data, 0, size);
        return 0;
    }
    bl_status status = bl_hdf5_read(io, address, size, data, &failure);
    // The library tries places where something might be; that is no failure of the source.
    return status == BL_E_CORRUPT ? -1 : keep(io, status, &failure);
}

static herr_t driver_write(H5FD_t *head, H5FD_mem_t type, hid_t transfer, haddr_t address,
                           size_t size, const void *data) {
    bl_hdf5_io *io = ((driver_file *)head)->io;
    bl_error failure = {0};
    (void)type;
    (void)transfer;
    if (!io->sink || io->is_lost)
        return io->is_lost ? 0 : -1;
    bl_status status = bl_sink_write_at(io->sink, address, size, data, &failure);
    if (status == BL_OK && address + size > io->size_bytes)
        io->size_bytes = address + size;
    return keep(io, status, &failure);
}

static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value = (H5FD_class_value_t)601,
#endif
    .name = "beamline",
    .maxaddr = ((haddr_t)1 << 62),
    .fc_degree = H5F_CLOSE_STRONG,
    .fapl_size = sizeof(driver_info),
    .open = driver_open,
    .close = driver_close,
    .cmp = driver_compare,
    .query = driver_query,
    .get_eoa = get_end_of_allocated,
    .set_eoa = set_end_of_allocated,
    .get_eof = get_end_of_file,
    .read = driver_read,
    .write = driver_write,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

/// The library counts its cache of metadata in bytes of the file, and takes some seven times as
/// many for the nodes of a chunk index.
static herr_t limit_cache(hid_t list) {
    H5AC_cache_config_t config = {.version = H5AC__CURR_CACHE_CONFIG_VERSION};
    herr_t result = H5Pget_mdc_config(list, &config);
    config.set_initial_size = true;
    config.initial_size = config.min_size = config.max_size = METADATA_BYTES;
    config.incr_mode = H5C_incr__off;
    config.flash_incr_mode = H5C_flash_incr__off;
    config.decr_mode = H5C_decr__off;
    return result < 0 ? result : H5Pset_mdc_config(list, &config);
}

bl_status bl_hdf5_access(bl_hdf5_io *io, hid_t *ret_list, bl_error *err) {
    driver_info info = {io};
    io->file = bl_alloc_zero(io->context, 1, sizeof(driver_file));
    if (!io->file)
        return bl_error_nomem(err, sizeof(driver_file), "a file");
    BL_HDF5_AUTO registered = H5FDregister(&driver);
    hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    if (registered < 0 || list < 0 || H5Pset_driver(list, registered, &info) < 0 ||
        H5Pset_fclose_degree(list, H5F_CLOSE_STRONG) < 0 || limit_cache(list) < 0) {
        bl_hdf5_release(list);
        return bl_hdf5_failed(NULL, BL_E_IO, "the file driver", err);
    }
    *ret_list = list;
    return BL_OK;
}

void bl_hdf5_io_release(bl_hdf5_io *io) {
    bl_free(io->context, io->file);
    bl_free(io->context, io->window);
    bl_source_close(io->source);
    bl_sink_close(io->sink);
    *io = (bl_hdf5_io){0};
}
