// SPDX-License-Identifier: Apache-2.0
/// \file
/// Tables: what a URL holds, opened as columns and read as a stream of batches.
///
/// A handle belongs to one thread at a time. Results do not depend on the number of threads.
/// A URL is a path, `file:PATH`, or a glob of either (`runs/*.root`), which names a chain.
#ifndef BEAMLINE_TABLE_H
#define BEAMLINE_TABLE_H

#include <beamline/batch.h>
#include <beamline/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/// One file, opened for looking around: directories, objects, tables.
typedef struct bl_catalog bl_catalog;
/// Rows and columns of one table, in one file or in a chain of files.
typedef struct bl_table bl_table;
/// A running pass over a table.
typedef struct bl_scan bl_scan;

/// One object of a file. Strings borrow from the catalog. Set `size` before the call.
typedef struct bl_object_info {
    size_t size;
    const char *path;       ///< with its directories: "one/two/tree"
    const char *class_name; ///< "TTree", "TH1F", "TDirectory"
    const char *title;
    int cycle;             ///< the version of the object under this name; the highest is the newest
    uint64_t offset;       ///< of its record in the file
    uint64_t stored_bytes; ///< on disk, its header included
    uint64_t raw_bytes;    ///< uncompressed
    bool is_table;         ///< `bl_catalog_open_table` takes it
} bl_object_info;

/// One column of a table. Strings and type borrow from the table. Set `size` before the call.
typedef struct bl_column_info {
    size_t size;
    const char *path;        ///< full path, "Event/Event.fUniqueID"; unique but for `duplicate`
    const char *name;        ///< its last component
    const char *title;       ///< as the file's author wrote it
    const char *source_type; ///< as the format spells it: "Float_t[nJet]", "vector<float>"
    const bl_type *type;     ///< NULL where the column cannot be read
    const char *unreadable;  ///< why it cannot be read, else NULL
    int duplicate;           ///< 0, or n for the n-th repetition of the same path
    int64_t n_rows;
    int64_t n_chunks;      ///< separately stored pieces (baskets, pages)
    uint64_t stored_bytes; ///< on disk
    uint64_t raw_bytes;    ///< uncompressed, headers included
    const char *codec;     ///< "zlib", "lzma", "lz4", "zstd", "stored", "mixed"
    const char *counter;   ///< path of the column that counts the items of its lists, else NULL
} bl_column_info;

/// How a file is to be read where it does not say so itself. Zero-initialise, set `size`, then what
/// differs from the default.
typedef struct bl_open_options {
    size_t size;
    const char *format; ///< "ROOT", "Parquet", "CSV", …; NULL: by its first bytes, then its name
    const char *types;  ///< of columns of text formats: "pt=float32, name=utf8"; NULL: inferred
    const char *separator; ///< of CSV: one character; NULL: found in its first lines
    bool no_header;        ///< of CSV: the first line is values
    bool plain_vectors;    ///< vectors of Spark's ML library, which are structs, become lists
} bl_open_options;

/// Opens a file to look around. \param ret_catalog the caller owns it
/// \return BL_OK, BL_E_NOTFOUND, BL_E_ACCESS, BL_E_IO, BL_E_FORMAT, BL_E_CORRUPT, BL_E_UNSUPPORTED
BL_API BL_MUST_CHECK bl_status bl_catalog_open(bl_context *context, const char *url,
                                               bl_catalog **ret_catalog, bl_error *err);
/// The same with options. \param options NULL for the defaults
BL_API BL_MUST_CHECK bl_status bl_catalog_open_with(bl_context *context, const char *url,
                                                    const bl_open_options *options,
                                                    bl_catalog **ret_catalog, bl_error *err);
BL_API void bl_catalog_close(bl_catalog *catalog);
/// The format's name, such as "ROOT"; a static string.
BL_API const char *bl_catalog_format(const bl_catalog *catalog);
/// What the format says of itself in one line, such as "ROOT 6.20/04, 64-bit"; borrows.
BL_API const char *bl_catalog_description(const bl_catalog *catalog);
BL_API uint64_t bl_catalog_size_bytes(const bl_catalog *catalog);
/// True where the file's own lists were missing or damaged, as after a crash of its writer, and its
/// objects were found by other means: more may have been written than can be read.
BL_API bool bl_catalog_is_recovered(const bl_catalog *catalog);
BL_API size_t bl_catalog_n_objects(const bl_catalog *catalog);
/// \return BL_OK, BL_E_RANGE
BL_API BL_MUST_CHECK bl_status bl_catalog_object(const bl_catalog *catalog, size_t i,
                                                 bl_object_info *ret_info, bl_error *err);
/// Opens a table of this file. The table keeps the file alive: the catalog may be closed first.
/// \param path as in bl_object_info; NULL takes the only table there is
/// \return BL_OK, BL_E_NOTFOUND (with the nearest names), BL_E_TYPE (no table), BL_E_CORRUPT, …
BL_API BL_MUST_CHECK bl_status bl_catalog_open_table(bl_catalog *catalog, const char *path,
                                                     bl_table **ret_table, bl_error *err);

/// Zero-initialise, set `size`, then what differs from the default.
typedef struct bl_table_options {
    size_t size;
    const char *tree;           ///< path inside the files; NULL: the only table there is
    const char *const *friends; ///< "URL" or "URL:TREE", joined row by row as "TREE.column"
    size_t n_friends;
    const bl_open_options *open; ///< of the files, not of friends; NULL: the defaults
} bl_table_options;

/// Opens one or many URLs as one table; many, or a glob, make a chain, whose files are opened one
/// after the other while reading. The first file's columns are the table's columns.
/// \param options NULL for the defaults. \param ret_table the caller owns it
BL_API BL_MUST_CHECK bl_status bl_table_open(bl_context *context, const char *const *urls,
                                             size_t n_urls, const bl_table_options *options,
                                             bl_table **ret_table, bl_error *err);
BL_API void bl_table_close(bl_table *table);
/// Path of the table inside its file; borrows.
BL_API const char *bl_table_path(const bl_table *table);
/// Files of a chain, 1 for a single file.
BL_API size_t bl_table_n_files(const bl_table *table);
/// URL of file `i`; borrows. NULL past the last.
BL_API const char *bl_table_file(const bl_table *table, size_t i);
/// Rows of the whole table; in a chain this opens every file once.
BL_API BL_MUST_CHECK bl_status bl_table_n_rows(bl_table *table, int64_t *ret_n_rows, bl_error *err);
/// Clusters, the pieces that the writer meant to be read together; of a chain's first file.
BL_API size_t bl_table_n_clusters(const bl_table *table);
/// First row and one past the last row of cluster `i`. \return BL_OK, BL_E_RANGE
BL_API BL_MUST_CHECK bl_status bl_table_cluster(const bl_table *table, size_t i, int64_t *ret_first,
                                                int64_t *ret_last, bl_error *err);
BL_API size_t bl_table_n_columns(const bl_table *table);
/// \return BL_OK, BL_E_RANGE
BL_API BL_MUST_CHECK bl_status bl_table_column(const bl_table *table, size_t i,
                                               bl_column_info *ret_info, bl_error *err);
/// Index of a column by its full path, or by its trailing part where only one column has it.
/// A repeated path is told apart by `path#1`, `path#2`. Columns of friends: `friend.path`.
/// \return BL_OK, BL_E_NOTFOUND (with the nearest names), BL_E_INVALID (several have it)
BL_API BL_MUST_CHECK bl_status bl_table_find(const bl_table *table, const char *name,
                                             size_t *ret_column, bl_error *err);
/// True where shell pattern `pattern` names column `i`: its full path or a trailing part.
BL_API bool bl_table_column_matches(const bl_table *table, size_t i, const char *pattern);

/// Reads some rows of some columns. \param columns indices, any order, none twice
/// \param ret_batch the caller holds one reference
/// \return BL_OK, BL_E_RANGE, BL_E_UNSUPPORTED (an unreadable column), BL_E_CORRUPT, BL_E_IO,
///         BL_E_NOMEM, BL_E_CANCELLED
BL_API BL_MUST_CHECK bl_status bl_table_read(bl_table *table, int64_t first, int64_t last,
                                             const size_t *columns, size_t n_columns,
                                             bl_batch **ret_batch, bl_error *err);

/// Zero-initialise, set `size`, then what differs from the default.
typedef struct bl_scan_options {
    size_t size;
    const size_t *columns; ///< indices; NULL: every readable column
    size_t n_columns;
    int64_t first; ///< first row
    int64_t last; ///< one past the last row; 0: the end. Past the table's end only in a single file
                  ///< and where every column chosen has more rows than the table
    int64_t batch_rows; ///< at most so many rows a batch; 0: as many as fit the memory budget
    const size_t *late_columns; ///< indices: what `bl_scan_late` reads
    size_t n_late_columns;
} bl_scan_options;

/// Starts a pass over a table. The table must outlive the scan and serves one scan at a time.
/// \param options NULL for the defaults. \param ret_scan the caller owns it
BL_API BL_MUST_CHECK bl_status bl_scan_open(bl_table *table, const bl_scan_options *options,
                                            bl_scan **ret_scan, bl_error *err);
/// The next batch, in row order. \param ret_batch the caller holds one reference
/// \return BL_OK, BL_END after the last row, or what bl_table_read returns
BL_API BL_MUST_CHECK bl_status bl_scan_next(bl_scan *scan, bl_batch **ret_batch, bl_error *err);
/// Reads the late columns for some rows of the batch that `bl_scan_next` gave last: for a selection
/// that looks at few columns, and wants the others only where something was selected. Clusters of
/// which no row is wanted are not read.
/// \param keep [rows of that batch] 1 for the rows that are wanted, else 0
/// \param ret_batch the late columns of these rows; the caller holds one reference
/// \return BL_OK, BL_E_INVALID (no batch yet), or what bl_table_read returns
BL_API BL_MUST_CHECK bl_status bl_scan_late(bl_scan *scan, const uint8_t *keep,
                                            bl_batch **ret_batch, bl_error *err);
/// Rows and stored bytes that the scan has gone through so far, for a progress bar.
BL_API void bl_scan_progress(const bl_scan *scan, int64_t *ret_rows, uint64_t *ret_stored_bytes);
BL_API void bl_scan_close(bl_scan *scan);
/// Turns a scan into an Arrow stream. \param scan moves into the stream
/// \param ret_stream the caller owns it and calls its `release`, before closing the table
BL_API BL_MUST_CHECK bl_status bl_scan_export(bl_scan *scan, struct ArrowArrayStream *ret_stream,
                                              bl_error *err);

#ifdef __cplusplus
}
#endif
#endif
