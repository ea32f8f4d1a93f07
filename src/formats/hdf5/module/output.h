// SPDX-License-Identifier: Apache-2.0
/// \file
/// An HDF5 file being written, and the tables in it.
#ifndef BL_FORMATS_HDF5_MODULE_OUTPUT_H
#define BL_FORMATS_HDF5_MODULE_OUTPUT_H

#include "column/writer.h"
#include "formats/hdf5/module/library.h"

/// The module's face: see formats/hdf5/hdf5.h.
bl_status bl_hdf5_output_create(bl_context *context, bl_sink *sink, const bl_create *how,
                                bl_output **ret_output, bl_error *err);

#endif
