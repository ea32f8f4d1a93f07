// SPDX-License-Identifier: Apache-2.0
/// \file
/// The global heap of a file, where values of any length lie. It is read by us: libhdf5 takes the
/// sizes in it at their word.
/// \source HDF5 File Format Specification, "Global Heap"
#ifndef BL_FORMATS_HDF5_MODULE_HEAP_H
#define BL_FORMATS_HDF5_MODULE_HEAP_H

#include "io/bytes/source.h"

typedef struct bl_hdf5_heap bl_hdf5_heap;

/// Starts reading a heap; one thread at a time uses it.
/// \param source borrows \param base where address 0 is
/// \param address_size, length_size  bytes of addresses and lengths in this file: 2, 4 or 8
bl_status bl_hdf5_heap_new(bl_source *source, uint64_t base, size_t address_size,
                           size_t length_size, bl_hdf5_heap **ret_heap, bl_error *err);
/// NULL is allowed.
void bl_hdf5_heap_free(bl_hdf5_heap *heap);
bl_context *bl_hdf5_heap_context(const bl_hdf5_heap *heap);
/// Bytes of a reference into it: a count, an address and an index.
size_t bl_hdf5_heap_reference_size(const bl_hdf5_heap *heap);
/// Follows a reference. \param ret_count items as the reference counts them
/// \param ret_data [ret_size] borrows until the next call; NULL where there is nothing
/// \return BL_OK, BL_E_CORRUPT, BL_E_IO, BL_E_NOMEM
bl_status bl_hdf5_heap_find(bl_hdf5_heap *heap, const uint8_t *reference, uint32_t *ret_count,
                            const uint8_t **ret_data, size_t *ret_size, bl_error *err);

#endif
