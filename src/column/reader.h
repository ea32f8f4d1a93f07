// SPDX-License-Identifier: Apache-2.0
/// \file
/// What every format gives: files to look around in, and tables asked for (rows, columns).
/// `formats` implements these two faces, `table` opens them and adds chains, friends and scans.
#ifndef BL_COLUMN_READER_H
#define BL_COLUMN_READER_H

#include <beamline/table.h>

#include "column/column.h"

typedef struct bl_reader bl_reader;
typedef struct bl_file bl_file;

typedef struct bl_reader_ops {
    /// Starts fetching what `read` will need for these rows, and returns without waiting. Optional
    /// help: `read` works without it. At most one range is in flight beside the one being read.
    bl_status (*prefetch)(bl_reader *reader, int64_t first, int64_t last, const size_t *columns,
                          size_t n_columns, bl_error *err);
    /// Reads rows [first, last) of readable columns. \param ret_batch the caller holds it
    bl_status (*read)(bl_reader *reader, int64_t first, int64_t last, const size_t *columns,
                      size_t n_columns, bl_batch **ret_batch, bl_error *err);
    /// Bytes of memory that `read` is expected to take for these rows, and their bytes on disk.
    void (*estimate)(const bl_reader *reader, int64_t first, int64_t last, const size_t *columns,
                     size_t n_columns, uint64_t *ret_memory_bytes, uint64_t *ret_stored_bytes);
    void (*close)(bl_reader *reader);
    /// What all numbers of a flat column in a cluster lie between, as far as the file says; nulls
    /// and NaN do not count. Optional. \return false where it is not known
    bool (*bounds)(const bl_reader *reader, size_t cluster, size_t column, double *ret_low,
                   double *ret_high);
} bl_reader_ops;

/// A friend table that the file itself declares.
typedef struct bl_friend_info {
    const char *alias; ///< name under which its columns appear
    const char *url;   ///< as written; "" for the same file
    const char *tree;
} bl_friend_info;

/// The head of every format's table. All arrays belong to the reader and never change.
struct bl_reader {
    const bl_reader_ops *ops;
    bl_context *context;
    const char *path; ///< of the table inside its file
    int64_t n_rows;
    size_t n_columns;
    const bl_column_info *columns; ///< [n_columns]
    size_t n_clusters;
    const int64_t *cluster_ends; ///< [n_clusters]: one past the last row of each
    uint64_t snug_bytes; ///< of a batch of several clusters at most, where joining them costs more
                         ///< than reading them one by one; 0: that is cheap
    bool is_cut_freely;  ///< rows that are read one after the other cost the same wherever they are
                         ///< cut; else a cluster that is cut is gone through twice
    size_t n_friends;
    const bl_friend_info *friends; ///< [n_friends]
};

typedef struct bl_file_ops {
    /// \param path NULL takes the only table. \param ret_reader the caller owns it; it keeps the
    /// file alive
    bl_status (*open_table)(bl_file *file, const char *path, bl_reader **ret_reader, bl_error *err);
    void (*release)(bl_file *file);
} bl_file_ops;

/// The head of every format's file.
struct bl_file {
    const bl_file_ops *ops;
    bl_context *context;
    const char *format;      ///< "ROOT"
    const char *description; ///< one line
    const char *url;
    uint64_t size_bytes;
    const char *uuid;  ///< that its writer gave it, as RFC 9562 writes it; NULL: it has none
    bool is_recovered; ///< it was not closed or its lists are damaged; there may have been more
    size_t n_objects;
    const bl_object_info *objects; ///< [n_objects], directories before what they hold
};

#endif
