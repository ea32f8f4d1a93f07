// SPDX-License-Identifier: Apache-2.0
/// \file
/// Looks over an object's header before libhdf5 decodes it: that no message claims more than it
/// has. \source HDF5 File Format Specification, "Data Object Headers"
#ifndef BL_FORMATS_HDF5_MODULE_HEADER_H
#define BL_FORMATS_HDF5_MODULE_HEADER_H

#include "formats/hdf5/module/file.h"

/// \param address of the header, counted from the end of the user block
/// \return BL_OK, BL_E_CORRUPT, BL_E_LIMIT, BL_E_IO, BL_E_NOMEM
bl_status bl_hdf5_header_check(bl_hdf5_file *file, uint64_t address, bl_error *err);

#endif
