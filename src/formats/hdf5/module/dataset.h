// SPDX-License-Identifier: Apache-2.0
/// \file
/// Datasets as rows: where the bytes of their strips are, and how they are packed. A strip is as
/// many rows as chunks are long; of a dataset without chunks, rows of a size that suits a cache.
#ifndef BL_FORMATS_HDF5_MODULE_DATASET_H
#define BL_FORMATS_HDF5_MODULE_DATASET_H

#include "formats/hdf5/module/file.h"
#include "formats/hdf5/module/shape.h"
#include "io/codec/codec.h"

enum { BL_HDF5_MAX_FILTERS = 8 };

/// Filters that have no name in libhdf5, by their registered numbers.
#define BL_HDF5_LZF 32000
#define BL_HDF5_ZSTD 32015

typedef enum bl_hdf5_layout {
    BL_HDF5_NOWHERE,    ///< nothing was written: all values are the fill value
    BL_HDF5_CONTIGUOUS, ///< rows one behind the other at `address`
    BL_HDF5_CHUNKED,    ///< read and unpacked by us
    BL_HDF5_BY_LIBRARY, ///< what only libhdf5 can unpack
} bl_hdf5_layout;

typedef struct bl_hdf5_filter {
    H5Z_filter_t id;
    uint32_t element; ///< of shuffling: bytes of one
} bl_hdf5_filter;

/// One member of a compound, or the one value that an element is (`name` is NULL).
typedef struct bl_hdf5_member {
    const char *name;
    size_t offset;
    bl_hdf5_shape shape;
    const char *text;   ///< what its type is called
    const char *reason; ///< why it cannot be read; NULL: it can
} bl_hdf5_member;

/// Where the bytes of a chunk are.
typedef struct bl_hdf5_stored {
    uint64_t offset, size; ///< size 0: nowhere, all of it is the fill value
    uint32_t mask;         ///< bit i: filter i was left out
} bl_hdf5_stored;

typedef struct bl_hdf5_dataset {
    bl_context *context;
    const char *path;
    hid_t id;   ///< owns
    hid_t type; ///< owns; of one element in the file
    bl_hdf5_layout layout;
    int64_t n_rows;
    unsigned rank;
    hsize_t dims[H5S_MAX_RANK], chunk[H5S_MAX_RANK];
    size_t element_bytes;
    size_t row_elements; ///< elements of a row
    size_t row_bytes;
    int64_t strip_rows;
    size_t strip_chunks; ///< chunks of a strip
    size_t chunk_bytes;
    uint64_t address;
    uint64_t stored_bytes;
    size_t n_filters;
    bl_hdf5_filter filters[BL_HDF5_MAX_FILTERS]; ///< in the order in which they were applied
    const char *codec;
    uint8_t *fill; ///< [element_bytes]; NULL: zeros
    size_t n_members;
    bl_hdf5_member *members; ///< [n_members]
    bool has_heap;           ///< a member has
    uint64_t first_ahead;    ///< the first chunk whose place was looked up
    size_t n_ahead;
    bl_hdf5_stored *ahead; ///< [n_ahead]; owns
    bl_buffer *kept;       ///< the strip in which the last read ended; owns
    const uint8_t *kept_data;
    int64_t kept_strip;
    bool kept_shuffled;
} bl_hdf5_dataset;

/// Opens a dataset for reading. Locked by the caller, as its release.
/// \return BL_OK, BL_E_UNSUPPORTED (with the reason), BL_E_CORRUPT, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_hdf5_dataset_open(bl_hdf5_file *file, bl_arena *arena, const char *path,
                               bl_hdf5_dataset *dataset, bl_error *err);
void bl_hdf5_dataset_release(bl_hdf5_dataset *dataset);

/// Finds the chunk at an offset, which lies inside the dataset. Locked by the caller.
/// \return BL_OK, BL_E_CORRUPT, BL_E_IO, BL_E_NOMEM
bl_status bl_hdf5_chunk_find(bl_hdf5_file *file, bl_hdf5_dataset *dataset, const hsize_t *at,
                             bl_hdf5_stored *ret_stored, bl_error *err);
/// Steps to the next chunk beside the present one; false after the last, whose row `at` then is.
bool bl_hdf5_chunk_next(const bl_hdf5_dataset *dataset, hsize_t *at);

static inline hsize_t bl_hdf5_strip_start(const bl_hdf5_dataset *dataset, int64_t strip) {
    return (hsize_t)strip * (hsize_t)dataset->strip_rows;
}

static inline int64_t bl_hdf5_strip_end(const bl_hdf5_dataset *dataset, int64_t strip) {
    int64_t first = strip * dataset->strip_rows;
    return dataset->n_rows - first < dataset->strip_rows ? dataset->n_rows
                                                         : first + dataset->strip_rows;
}

/// The rows of a strip, unpacked.
typedef struct bl_hdf5_unit {
    bl_hdf5_dataset *dataset; ///< borrows
    int64_t strip;
    bl_buffer *bytes;    ///< what holds them; shares
    const uint8_t *data; ///< where they begin in it
    size_t n_shuffled;  ///< elements of the one chunk whose bytes are still shuffled; 0: plain rows
    size_t first_range; ///< its chunks among those that are fetched
    bool is_located, is_ready;
} bl_hdf5_unit;

/// Reads and unpacks strips, on all threads. \param codecs [threads of the context]
/// \return BL_OK, BL_E_CORRUPT, BL_E_IO, BL_E_NOMEM, BL_E_CANCELLED
bl_status bl_hdf5_units_read(bl_hdf5_file *file, bl_codecs *const *codecs, bl_hdf5_unit *units,
                             size_t n_units, bl_error *err);
/// Bytes that a strip takes unpacked.
size_t bl_hdf5_strip_bytes(const bl_hdf5_dataset *dataset, int64_t strip);

#endif
