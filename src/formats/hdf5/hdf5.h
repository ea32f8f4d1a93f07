// SPDX-License-Identifier: Apache-2.0
/// \file
/// HDF5 files: what `table` opens and creates. All work is done by the module `hdf5`, the only code
/// that knows libhdf5; this is its door, and what the two have agreed on.
#ifndef BL_FORMATS_HDF5_HDF5_H
#define BL_FORMATS_HDF5_HDF5_H

#include "column/reader.h"
#include "column/writer.h"
#include "formats/hdf5/tree.h"
#include "io/bytes/sink.h"
#include "io/bytes/source.h"
#include "io/codec/codec.h"

/// The face of the module.
typedef struct bl_hdf5_face {
    /// \param source moves, also on failure
    bl_status (*open)(bl_context *context, bl_source *source, bl_file **ret_file, bl_error *err);
    /// \param sink moves, also on failure; a base is not there
    bl_status (*create)(bl_context *context, bl_sink *sink, const bl_create *how,
                        bl_output **ret_output, bl_error *err);
    /// The functions of tree.h.
    bl_status (*look)(bl_context *context, bl_source *source, const char *const *names, size_t n,
                      bool *ret_found, bl_error *err);
    bl_status (*read_tree)(bl_arena *arena, bl_source *source, const bl_hdf5_node **ret_root,
                           bl_error *err);
    bl_status (*write_tree)(bl_context *context, bl_sink *sink, const bl_hdf5_node *root,
                            bl_error *err);
} bl_hdf5_face;

/// True where a file begins with HDF5's signature.
bool bl_hdf5_probe(const uint8_t *head, size_t size);
/// Opens an HDF5 file. \param source moves, also on failure \param options none is ours
/// \param ret_file the caller owns it
/// \return BL_OK, BL_E_UNSUPPORTED (also without the module), BL_E_CORRUPT, BL_E_IO, BL_E_NOMEM
bl_status bl_hdf5_open(bl_context *context, bl_source *source, const bl_open_options *options,
                       bl_file **ret_file, bl_error *err);
/// Starts an HDF5 file. \param sink moves, also on failure, as what `how` holds does
/// \return BL_OK, BL_E_UNSUPPORTED (also a base), BL_E_IO, BL_E_NOMEM
bl_status bl_hdf5_create(bl_context *context, bl_sink *sink, const bl_create *how,
                         bl_output **ret_output, bl_error *err);

#endif
