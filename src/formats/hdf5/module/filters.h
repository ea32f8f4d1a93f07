// SPDX-License-Identifier: Apache-2.0
/// \file
/// What chunks are packed with, both ways.
#ifndef BL_FORMATS_HDF5_MODULE_FILTERS_H
#define BL_FORMATS_HDF5_MODULE_FILTERS_H

#include "formats/hdf5/module/dataset.h"

/// Unpacks one chunk. \param stored [size] its bytes in the file; they may be changed
/// \param mask bit i: filter i was left out \param raw [dataset->chunk_bytes]
/// \param ret_shuffled its bytes are left shuffled where that is all that is left to do and this is
/// not NULL
/// \return BL_OK, BL_E_CORRUPT, BL_E_NOMEM
bl_status bl_hdf5_unpack(const bl_hdf5_dataset *dataset, bl_codecs *codecs, const uint8_t *stored,
                         size_t size, uint32_t mask, uint8_t *raw, bool *ret_shuffled,
                         bl_error *err);
/// Puts all first bytes of `n` elements of `width` bytes in front of all second ones, and so on.
/// \param apart bytes from one kind of byte to the next in `out`: `n` or more
void bl_hdf5_shuffle(const uint8_t *raw, size_t n, size_t width, uint8_t *out, size_t apart);
/// And back, where they lie `n` apart.
void bl_hdf5_unshuffle(const uint8_t *shuffled, size_t n, size_t width, uint8_t *out);

#endif
