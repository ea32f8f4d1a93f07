// SPDX-License-Identifier: Apache-2.0
/// \file
/// Looks over an object's header before libhdf5 decodes it: that no message claims more than it
/// has. \source HDF5 File Format Specification, "Data Object Headers"
#ifndef BL_FORMATS_HDF5_MODULE_HEADER_H
#define BL_FORMATS_HDF5_MODULE_HEADER_H

#include "base/cursor.h"
#include "formats/hdf5/module/file.h"

/// \param address of the header, counted from the end of the user block
/// \return BL_OK, BL_E_CORRUPT, BL_E_LIMIT, BL_E_IO, BL_E_NOMEM
bl_status bl_hdf5_header_check(bl_hdf5_file *file, uint64_t address, bl_error *err);

/// An attribute as it lies in a header: pieces that were looked over, each in its own bounds.
typedef struct bl_hdf5_attribute_message {
    const char *name;
    bl_cursor type, space;
    bool is_shared; ///< its type or space is an object of its own, and `type` or `space` its place
    bl_cursor data; ///< all that is left of the message
} bl_hdf5_attribute_message;

typedef bl_status (*bl_hdf5_attribute_fn)(void *user, const bl_hdf5_attribute_message *message,
                                          bl_error *err);
/// As bl_hdf5_header_check, and calls `visit` for each attribute, in order. Attributes kept outside
/// of the header, where there are many of them, are BL_E_UNSUPPORTED.
bl_status bl_hdf5_header_attributes(bl_hdf5_file *file, uint64_t address,
                                    bl_hdf5_attribute_fn visit, void *user, bl_error *err);

#endif
