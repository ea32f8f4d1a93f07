// SPDX-License-Identifier: Apache-2.0
/// \file
/// Arrays of float32 or float64 as NumPy's files have them.
/// \source NumPy, numpy.lib.format, format version 1.0
#ifndef BL_IO_ARCHIVE_NPY_H
#define BL_IO_ARCHIVE_NPY_H

#include "base/arena.h"

enum {
    BL_NPY_MOST_AXES = 4,
    BL_NPY_HEADER_BYTES = 192, ///< most of a header
    BL_NPY_SHAPE_BYTES = 96,   ///< of a shape as text
};

typedef enum bl_npy_type { BL_NPY_FLOAT32 = 4, BL_NPY_FLOAT64 = 8 } bl_npy_type; ///< and its bytes

typedef struct bl_npy {
    unsigned rank;
    size_t sizes[BL_NPY_MOST_AXES];
    const uint8_t *values; ///< little-endian, the last axis the nearest; not aligned
} bl_npy;

/// "(14, 50)", as Python writes it.
const char *bl_npy_shape(unsigned rank, const size_t *sizes, char text[static BL_NPY_SHAPE_BYTES]);
/// The header of an array. \return its bytes, a multiple of 64
size_t bl_npy_header(bl_npy_type type, unsigned rank, const size_t *sizes,
                     uint8_t ret_bytes[static BL_NPY_HEADER_BYTES]);
/// Reads a file: the sizes fit what there is. \param ret_array borrows `data`
/// \return BL_OK, BL_E_CORRUPT, BL_E_UNSUPPORTED (anything but what bl_npy_header writes of a type)
bl_status bl_npy_read(bl_npy_type type, const uint8_t *data, size_t size, bl_npy *ret_array,
                      bl_error *err);

#endif
