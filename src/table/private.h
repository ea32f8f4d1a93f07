// SPDX-License-Identifier: Apache-2.0
/// \file
/// The structs of a table, for the files of this wing alone.
///
/// A table is a list of URLs of which few are open: the first, whose columns are the table's, and
/// the one that was read last. An open file with the friends that it declares is a part.
#ifndef BL_TABLE_PRIVATE_H
#define BL_TABLE_PRIVATE_H

#include "base/arena.h"
#include "base/names.h"
#include "table/formats.h"

static inline void bl_reader_close(bl_reader *reader) { reader->ops->close(reader); }
BL_DEFINE_AUTO(bl_reader, bl_reader_close);
BL_DEFINE_AUTO(bl_table, bl_table_close);
BL_DEFINE_AUTO(bl_scan, bl_scan_close);

/// One open file of a table.
typedef struct bl_part {
    size_t file; ///< index of its URL
    bl_reader *reader;
    bl_table **declared; ///< [reader->n_friends]: opened when asked for, else NULL
} bl_part;

/// Where a column's values are.
typedef enum bl_origin_kind {
    BL_ORIGIN_OWN,      ///< column `index` of the first file's reader
    BL_ORIGIN_DECLARED, ///< column `index` of friend `friend` that the first file declares
    BL_ORIGIN_GIVEN,    ///< column `index` of friend `friend` among those of the options
} bl_origin_kind;

typedef struct bl_known_column {
    bl_column_info info;
    bl_origin_kind kind;
    size_t friend;
    size_t index;
} bl_known_column;

typedef struct bl_given_friend {
    char *alias;
    bl_table *table;
} bl_given_friend;

/// Columns grow when a declared friend is asked for; those that were there keep their index.
struct bl_table {
    bl_context *context;
    const bl_format *formats;
    bl_arena arena; ///< URLs, aliases, paths of friends' columns
    size_t n_files;
    bl_open_options open; ///< of its files; texts in the arena
    char **urls;          ///< [n_files]
    int64_t *file_rows;   ///< [n_files]; −1: not opened yet
    const char *tree;     ///< path in every file
    bl_part first;
    bl_part current; ///< reader NULL, or open on a file after the first
    size_t n_columns, columns_capacity;
    bl_known_column *columns;
    size_t n_own; ///< columns of the first file, which come first
    bl_name_map own_paths;
    size_t n_given;
    bl_given_friend *given;
};

// table.c, catalog.c
/// As bl_table_open over other formats, for tests and friends.
bl_status bl_table_open_as(bl_context *context, const bl_format *formats, const char *const *urls,
                           size_t n_urls, const bl_table_options *options, bl_table **ret_table,
                           bl_error *err);
/// \param reader moves, also on failure
bl_status bl_table_of_reader(bl_context *context, const bl_format *formats, const char *url,
                             bl_reader *reader, bl_table **ret_table, bl_error *err);
bl_status bl_catalog_open_as(bl_context *context, const bl_format *formats, const char *url,
                             const bl_open_options *options, bl_catalog **ret_catalog,
                             bl_error *err);

// chain.c
/// The open part of a file; borrows until the next call with another file.
bl_status bl_table_part(bl_table *table, size_t file, bl_part **ret_part, bl_error *err);
void bl_part_close(bl_context *context, bl_part *part);
/// Index of an own column in a part's reader. \return BL_OK, BL_E_NOTFOUND, BL_E_TYPE
bl_status bl_part_column(const bl_table *table, const bl_part *part, size_t column,
                         size_t *ret_index, bl_error *err);
/// The file that holds a row, and the file's first row. At the very end: the last file.
bl_status bl_table_locate(bl_table *table, int64_t row, size_t *ret_file, int64_t *ret_start,
                          bl_error *err);

// friend.c
/// Opens the friends of the options and adds their columns.
bl_status bl_friends_add_given(bl_table *table, const bl_table_options *options, bl_error *err);
/// Opens friend `friend` that a part's file declares; its row count must be the file's.
bl_status bl_friend_declared(bl_table *table, bl_part *part, size_t friend, bl_table **ret_table,
                             bl_error *err);
/// Adds the columns of the declared friend that `name` begins with ("alias.").
/// \return BL_OK, also where there is none
bl_status bl_friends_add_named(bl_table *table, const char *name, bl_error *err);
/// The alias of a friend's column, or NULL for an own one.
const char *bl_table_alias(const bl_table *table, size_t column);
/// The table of a friend column for one part, and the column's index there.
bl_status bl_friend_column(bl_table *table, bl_part *part, size_t column, bl_table **ret_table,
                           size_t *ret_index, bl_error *err);

// read.c
/// Asked columns as one part knows them.
typedef struct bl_view {
    bl_table *table;
    bl_part *part;         ///< borrows
    const bl_reader *of;   ///< the reader that `own` was made for
    const size_t *columns; ///< [n] of the table; borrows
    size_t n;
    size_t *own; ///< [n_own] columns of the part's reader, in the order of `columns`; owns
    size_t n_own;
} bl_view;

/// Checks indices: in range, readable, none twice. \return BL_OK, BL_E_RANGE, BL_E_INVALID,
/// BL_E_UNSUPPORTED, BL_E_NOMEM
bl_status bl_columns_check(const bl_table *table, const size_t *columns, size_t n, bl_error *err);
/// Fills a zeroed or released view. \param columns checked; borrows until release
/// \return BL_OK, BL_E_NOTFOUND and BL_E_TYPE where this file differs from the first, BL_E_NOMEM
bl_status bl_view_init(bl_view *view, bl_table *table, bl_part *part, const size_t *columns,
                       size_t n, bl_error *err);
/// Safe on zeroed memory.
void bl_view_release(bl_view *view);
/// Reads rows [first, last) of the part. \param start the part's first row in the table
bl_status bl_view_read(const bl_view *view, int64_t start, int64_t first, int64_t last,
                       bl_batch **ret_batch, bl_error *err);
/// Starts fetching what bl_view_read will need; a failure shows up when reading.
void bl_view_prefetch(const bl_view *view, int64_t first, int64_t last);
/// Expected bytes in memory and on disk.
void bl_view_estimate(const bl_view *view, int64_t first, int64_t last, uint64_t *ret_memory,
                      uint64_t *ret_stored);

#endif
