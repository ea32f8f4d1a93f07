// SPDX-License-Identifier: Apache-2.0
/// \file
/// A TTree as a table: what its parts share.
#ifndef BL_FORMATS_TTREE_READER_H
#define BL_FORMATS_TTREE_READER_H

#include "column/reader.h"
#include "formats/ttree/decode.h"

/// One readable or unreadable column of the table.
typedef struct bl_ttree_column {
    const bl_ttree_branch *branch;
    bl_entry_layout layout;
    size_t counter;    ///< column that counts its items; SIZE_MAX: none found
    int repetition;    ///< of its path in an earlier column; 0: the first
    int n_repetitions; ///< of the first, how often it is repeated
    size_t source;     ///< in reader->sources
    const char *codec; ///< its name, for people
    size_t kept_slot;
    bl_basket kept; ///< the last basket, where the last read ended inside it; holder may be NULL
    bool has_kept;
    bool is_odd; ///< entries were met that are not of its layout's shape
} bl_ttree_column;

/// A file that baskets are in: the tree's own, or one that branches name.
typedef struct bl_ttree_source {
    const char *name; ///< "" for the tree's own file
    bl_source *source;
} bl_ttree_source;

typedef struct bl_ttree_reader {
    bl_reader head;
    bl_ttree tree;
    bl_layouts layouts;       ///< of the classes in `columns`
    bl_ttree_column *columns; ///< [head.n_columns]
    bl_codecs **codecs;       ///< one a worker
    size_t n_sources;
    bl_ttree_source *sources;
    uint64_t kept_bytes;         ///< of the baskets that columns keep
    struct bl_request *ahead[2]; ///< asked for by prefetch, not yet read; the older first
} bl_ttree_reader;

/// Opens a TTree as a table. \param entry of the file's directories, a tree by bl_ttree_is_tree
/// \param ret_reader the caller owns it; it keeps the file alive
bl_status bl_ttree_open(bl_root_file *file, const bl_root_entry *entry, bl_reader **ret_reader,
                        bl_error *err);

/// About how many bytes of memory reading rows of a column takes.
uint64_t bl_ttree_column_bytes(const bl_ttree_column *column, int64_t n_rows);

/// Finds out each column's codec. Called by bl_ttree_open.
bl_status bl_ttree_name_codecs(bl_ttree_reader *reader, bl_error *err);

/// Rows of columns on their way from the sources.
typedef struct bl_request bl_request;

/// Finds the baskets and asks the sources for them, without waiting.
bl_status bl_request_start(bl_ttree_reader *reader, int64_t first, int64_t last,
                           const size_t *columns, size_t n_columns, bl_request **ret_request,
                           bl_error *err);
bool bl_request_is_for(const bl_request *request, int64_t first, int64_t last,
                       const size_t *columns, size_t n_columns);
/// Waits for the bytes, decodes them on the context's threads and makes the batch.
/// \param ret_again true: there is no batch, because columns turned out to be odd; to be asked
/// again
bl_status bl_request_finish(bl_request *request, bl_batch **ret_batch, bool *ret_again,
                            bl_error *err);
/// NULL is allowed.
void bl_request_free(bl_request *request);
BL_DEFINE_AUTO(bl_request, bl_request_free);

#endif
