// SPDX-License-Identifier: Apache-2.0
/// \file
/// An open HDF5 file: what is in it, found once by following hard links alone.
#ifndef BL_FORMATS_HDF5_MODULE_FILE_H
#define BL_FORMATS_HDF5_MODULE_FILE_H

#include "column/reader.h"
#include "formats/hdf5/module/library.h"

typedef enum bl_hdf5_entry_kind {
    BL_HDF5_GROUP,
    BL_HDF5_DATASET,
    BL_HDF5_OTHER, ///< a link elsewhere, a named type
} bl_hdf5_entry_kind;

/// What pandas says that a group is.
typedef enum bl_hdf5_frame {
    BL_HDF5_NO_FRAME,
    BL_HDF5_FRAME_TABLE,
    BL_HDF5_FRAME_FIXED
} bl_hdf5_frame;

typedef struct bl_hdf5_entry {
    const char *path; ///< of the root: "Events" where it is a table of that name, else "/"
    bl_hdf5_entry_kind kind;
    const char *class_name, *title;
    size_t parent;  ///< of the root: itself
    int64_t n_rows; ///< of a dataset's first dimension; −1 where it has none; of a group that is a
                    ///< table: its datasets'
    bl_hdf5_frame frame;
    bool is_table;
    bool is_unreadable; ///< `title` says why
    bool is_inside;     ///< what is above it is a table that holds it
    uint64_t address;   ///< of its header, counted from the end of the user block; links: 0
    uint64_t offset, stored_bytes, raw_bytes;
} bl_hdf5_entry;

typedef struct bl_hdf5_file {
    bl_file head;
    bl_arena arena;
    bl_hdf5_io io;
    hid_t id;
    atomic_uint n_holders;
    uint64_t base; ///< where address 0 is: behind the user block
    size_t address_size, length_size;
    size_t n_entries, capacity;
    bl_hdf5_entry *entries; ///< [n_entries]; owns. The root is the first
} bl_hdf5_file;

/// The module's face: see formats/hdf5/hdf5.h.
bl_status bl_hdf5_file_open(bl_context *context, bl_source *source, bl_file **ret_file,
                            bl_error *err);
/// Opens a file without looking at what is in it. \param source moves, also on failure
bl_status bl_hdf5_file_start(bl_context *context, bl_source *source, bl_hdf5_file **ret_file,
                             bl_error *err);
void bl_hdf5_file_unref(bl_hdf5_file *file);

/// Opens the root group, after a look over its header. Locked by the caller.
/// \param ret_group the caller owns it \return as bl_hdf5_header_check
bl_status bl_hdf5_root_open(bl_hdf5_file *file, hid_t *ret_group, bl_error *err);
/// Lists the objects of an open file. Locked by the caller.
bl_status bl_hdf5_list(bl_hdf5_file *file, bl_error *err);
/// Opens a table. Locked by the caller.
bl_status bl_hdf5_table_open(bl_hdf5_file *file, size_t entry, bl_reader **ret_reader,
                             bl_error *err);
/// Reads an attribute that is one text of a fixed length. \return false where it is none, or longer
bool bl_hdf5_text_attribute(hid_t object, const char *name, char *text, size_t size);

#endif
