// SPDX-License-Identifier: Apache-2.0
/// \file
/// A whole HDF5 file as what it holds: groups, their attributes, data sets of numbers, all in
/// memory. For files that are small things with a structure, such as models, rather than tables.
///
/// libhdf5 finds the structure; attributes, heaps and values are read by us (docs/hdf5.md, Safety).
/// What is of no type listed here stays in the tree without its value, says what it is, and cannot
/// be written. Links by name, virtual and external data sets are refused.
/// \source HDF5 File Format Specification, version 3.0
#ifndef BL_FORMATS_HDF5_TREE_H
#define BL_FORMATS_HDF5_TREE_H

#include "base/arena.h"
#include "io/bytes/sink.h"
#include "io/bytes/source.h"

typedef enum bl_hdf5_type {
    BL_HDF5_UNKNOWN,
    BL_HDF5_INT8,
    BL_HDF5_INT16,
    BL_HDF5_INT32,
    BL_HDF5_INT64,
    BL_HDF5_UINT8,
    BL_HDF5_UINT16,
    BL_HDF5_UINT32,
    BL_HDF5_UINT64,
    BL_HDF5_FLOAT16,
    BL_HDF5_FLOAT32,
    BL_HDF5_FLOAT64,
    BL_HDF5_TEXTS,
} bl_hdf5_type;

enum { BL_HDF5_MAX_RANK = 32 };

/// A number, a text, or an array of them.
typedef struct bl_hdf5_values {
    bl_hdf5_type type;
    unsigned rank;        ///< 0: one value
    const uint64_t *dims; ///< [rank]
    size_t n;             ///< all values
    void *data;           ///< [n] numbers, the last dimension fastest
    const char **texts;   ///< [n] of texts
    size_t text_bytes;    ///< so many each, padded with NULs; 0: of any length
    const char *unknown;  ///< what an unknown type is called
} bl_hdf5_values;

typedef struct bl_hdf5_attribute {
    const char *name;
    bl_hdf5_values values;
} bl_hdf5_attribute;

/// A group or a data set.
typedef struct bl_hdf5_node {
    const char *name; ///< "" of the root
    bool is_dataset;
    bl_hdf5_values values; ///< of a data set
    size_t n_attributes;
    bl_hdf5_attribute *attributes; ///< [n_attributes]
    size_t n_children;
    struct bl_hdf5_node **children; ///< [n_children] of a group, in the file's order
} bl_hdf5_node;

/// Bytes of one number; 0 of texts and unknown types.
size_t bl_hdf5_type_bytes(bl_hdf5_type type);
/// "float32", "text", "unknown", …; a static string.
const char *bl_hdf5_type_name(bl_hdf5_type type);
/// The node under a path such as "layers/dense"; NULL: there is none.
bl_hdf5_node *bl_hdf5_find(const bl_hdf5_node *node, const char *path);
/// The attribute of a name; NULL: there is none.
const bl_hdf5_attribute *bl_hdf5_attribute_find(const bl_hdf5_node *node, const char *name);
/// The text that an attribute is; NULL: it is not there, or no single text.
const char *bl_hdf5_attribute_text(const bl_hdf5_node *node, const char *name);

/// Looks whether a file's root group has these: "@name" an attribute, "name" a group or data set.
/// Nothing else is read. \param source moves, also on failure \param ret_found [n]
/// \return as bl_hdf5_tree_read
bl_status bl_hdf5_look(bl_context *context, bl_source *source, const char *const *names, size_t n,
                       bool *ret_found, bl_error *err);
/// Reads a whole file. \param arena holds the tree \param source moves, also on failure
/// \return BL_OK, BL_E_UNSUPPORTED (also without the module), BL_E_CORRUPT, BL_E_LIMIT (past the
/// memory budget), BL_E_IO, BL_E_NOMEM
bl_status bl_hdf5_tree_read(bl_arena *arena, bl_source *source, const bl_hdf5_node **ret_root,
                            bl_error *err);
/// Writes a whole file, without times, and finishes the sink.
/// \param sink moves, also on failure; must be one that can go back
/// \return BL_OK, BL_E_UNSUPPORTED (an unknown type, the module, the sink), BL_E_LIMIT (an
/// attribute of 64 KiB or more), BL_E_IO, BL_E_NOMEM
bl_status bl_hdf5_tree_write(bl_context *context, bl_sink *sink, const bl_hdf5_node *root,
                             bl_error *err);

#endif
