// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inside trees (formats/hdf5/tree.h): what reading and writing share.
#ifndef BL_FORMATS_HDF5_MODULE_TREE_H
#define BL_FORMATS_HDF5_MODULE_TREE_H

#include "formats/hdf5/module/file.h"
#include "formats/hdf5/module/heap.h"
#include "formats/hdf5/tree.h"
#include "io/codec/codec.h"

/// The module's face: see formats/hdf5/tree.h.
bl_status bl_hdf5_tree_look(bl_context *context, bl_source *source, const char *const *names,
                            size_t n, bool *ret_found, bl_error *err);
bl_status bl_hdf5_tree_open(bl_arena *arena, bl_source *source, const bl_hdf5_node **ret_root,
                            bl_error *err);
bl_status bl_hdf5_tree_save(bl_context *context, bl_sink *sink, const bl_hdf5_node *root,
                            bl_error *err);

/// The library's type, little-endian; the caller owns it. \return < 0 on failure
hid_t bl_hdf5_type_new(bl_hdf5_type type);
/// Reads all attributes of an object into its node.
/// \param heap of the file; texts of any length lie there \param address of the object's header
/// \return BL_OK, BL_E_CORRUPT, BL_E_UNSUPPORTED, BL_E_LIMIT, BL_E_IO, BL_E_NOMEM
bl_status bl_hdf5_attributes_read(bl_hdf5_file *file, bl_hdf5_heap *heap, bl_arena *arena,
                                  uint64_t address, bl_hdf5_node *node, bl_error *err);
/// Reads the values of a data set into its node; all of them must fit into the memory budget.
/// \param codecs [threads of the context] \return as bl_hdf5_attributes_read
bl_status bl_hdf5_values_read(bl_hdf5_file *file, bl_codecs *const *codecs, bl_arena *arena,
                              const char *path, bl_hdf5_node *node, bl_error *err);

#endif
