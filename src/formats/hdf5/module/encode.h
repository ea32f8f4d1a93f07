// SPDX-License-Identifier: Apache-2.0
/// \file
/// The way back: types of columns as types of libhdf5, and columns as the elements of a dataset.
#ifndef BL_FORMATS_HDF5_MODULE_ENCODE_H
#define BL_FORMATS_HDF5_MODULE_ENCODE_H

#include "column/column.h"
#include "formats/hdf5/module/library.h"

/// Makes the type of a column's values. Locked by the caller. Numbers are as in memory, bools as
/// h5py has them, lists and texts values of any length. \param ret_type the caller owns it \return
/// BL_OK, BL_E_TYPE, BL_E_IO
bl_status bl_hdf5_type_make(const bl_type *type, unsigned depth, hid_t *ret_type, bl_error *err);

/// Bytes of a value in memory, as the library is to be given it.
size_t bl_hdf5_memory_size(const bl_type *type);
/// True where values lie on the heap, so that only the library can write them.
bool bl_hdf5_needs_heap(const bl_type *type);

/// Writes values [first, first + n) of a column, `stride` bytes apart.
/// \param as the type that the table has, which may be utf8 where the column is binary, and back
/// \param arena holds what they point to; they also point into the column
/// \return BL_OK, BL_E_TYPE (a null that is no float, a NUL in a text), BL_E_NOMEM
bl_status bl_hdf5_encode(bl_arena *arena, const bl_type *as, const bl_column *column, int64_t first,
                         int64_t n, uint8_t *out, size_t stride, bl_error *err);

#endif
