// SPDX-License-Identifier: Apache-2.0
/// \file
/// Tables being read: which datasets they are made of, and where in them their columns lie.
#ifndef BL_FORMATS_HDF5_MODULE_TABLE_H
#define BL_FORMATS_HDF5_MODULE_TABLE_H

#include "formats/hdf5/module/dataset.h"

typedef struct bl_hdf5_column {
    size_t dataset;             ///< which of the table's
    const bl_hdf5_shape *shape; ///< NULL: it cannot be read
    size_t offset;              ///< in an element
    size_t item;      ///< of a row's elements the only one that is meant; SIZE_MAX: all of them
    unsigned n_wraps; ///< fixed lists around a row's elements
    bl_type *type;    ///< owns
} bl_hdf5_column;

typedef struct bl_hdf5_table {
    bl_reader head;
    bl_hdf5_file *file; ///< shares
    bl_arena arena;
    size_t n_datasets;
    bl_hdf5_dataset *datasets; ///< [n_datasets]
    size_t n_columns, columns_room;
    bl_hdf5_column *columns; ///< [n_columns]
    bl_column_info *infos;   ///< [n_columns]
    size_t n_codecs;
    bl_codecs **codecs;   ///< [n_codecs], one a thread
    bl_hdf5_heap **heaps; ///< [n_codecs], one a thread; NULL where none was needed yet
} bl_hdf5_table;

/// Fills rows, datasets and columns. Locked by the caller, as the release.
bl_status bl_hdf5_table_columns(bl_hdf5_table *table, size_t entry, bl_error *err);
/// Releases what a table holds, but not its file.
void bl_hdf5_table_release(bl_hdf5_table *table);

#endif
