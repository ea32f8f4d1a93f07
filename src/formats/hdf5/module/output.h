// SPDX-License-Identifier: Apache-2.0
/// \file
/// An HDF5 file being written, and the tables in it.
///
/// A table is one dataset of a compound, as numpy's structured arrays are. Where its type would be
/// too long for a file's header, which holds 64 KiB, a table is a group with a dataset for each
/// column.
#ifndef BL_FORMATS_HDF5_MODULE_OUTPUT_H
#define BL_FORMATS_HDF5_MODULE_OUTPUT_H

#include "base/arena.h"
#include "column/writer.h"
#include "formats/hdf5/module/library.h"
#include "io/codec/codec.h"

typedef struct bl_hdf5_output {
    bl_output head;
    bl_hdf5_io io;
    hid_t id;
    bl_compression how; ///< zlib, or stored
    size_t n_codecs;
    bl_codecs **codecs; ///< [n_codecs], one a thread; owns
    size_t n_writers, writers_room;
    struct bl_hdf5_writer **writers; ///< [n_writers]; owns
} bl_hdf5_output;

/// A dataset being written: all columns of the table, or one.
typedef struct bl_hdf5_series {
    hid_t id;
    hid_t type;
    size_t first_column, n_columns;
    size_t element_bytes; ///< in memory, as on disk where nothing lies on the heap
    bool needs_heap;
    bool is_shuffled;
    uint8_t *elements; ///< [n_chunks × chunk_rows] elements, shuffled chunk by chunk; owns
    size_t packed_room;
    uint8_t *packed;      ///< [n_chunks × packed_room]; owns
    size_t *packed_bytes; ///< [n_chunks]; 0: it does not become smaller
} bl_hdf5_series;

typedef struct bl_hdf5_writer {
    bl_writer head;
    bl_hdf5_output *output;
    bl_arena arena;   ///< of the table
    bl_arena scratch; ///< of the rows that wait
    size_t n_series;
    bl_hdf5_series *series; ///< [n_series]
    size_t *column_offsets; ///< [n columns] in the elements of their series
    size_t *column_series;  ///< [n columns]
    hid_t transfer;         ///< how the library converts what it places; owns, as the next
    uint8_t *conversion;    ///< its two buffers
    int64_t chunk_rows;
    bool is_group;     ///< a dataset for each column
    size_t n_chunks;   ///< so many are packed at once
    int64_t n_waiting; ///< rows in `elements`
    int64_t n_rows;    ///< written
    size_t n_kept, kept_room;
    bl_batch **kept; ///< [n_kept] batches that waiting elements point into; owns
} bl_hdf5_writer;

/// The module's face: see formats/hdf5/hdf5.h.
bl_status bl_hdf5_output_create(bl_context *context, bl_sink *sink, const bl_create *how,
                                bl_output **ret_output, bl_error *err);

/// Starts a table. \return as bl_output_add
bl_status bl_hdf5_writer_new(bl_hdf5_output *output, const bl_column_spec *columns,
                             size_t n_columns, const bl_writer_options *options,
                             bl_hdf5_writer **ret_writer, bl_error *err);
/// Frees a writer; its datasets are closed by the output.
void bl_hdf5_writer_free(bl_hdf5_writer *writer);
/// Writes the rows of a batch, or waits for more of them.
bl_status bl_hdf5_writer_write(bl_writer *head, const bl_batch *batch, bl_error *err);
/// Writes the rows that wait.
bl_status bl_hdf5_writer_finish(bl_writer *head, bl_error *err);
/// Makes the datasets of a table. Locked by the caller.
bl_status bl_hdf5_writer_make(bl_hdf5_writer *writer, const bl_writer_options *options,
                              bl_error *err);
/// Writes a text as an attribute. Locked by the caller.
bl_status bl_hdf5_attribute_write(hid_t object, const char *name, const char *text, bl_error *err);

#endif
