// SPDX-License-Identifier: Apache-2.0
/// \file
/// Trees being written: rows gathered into baskets, baskets into clusters, and what a finished tree
/// says of itself.
#ifndef BL_FORMATS_TTREE_WRITER_H
#define BL_FORMATS_TTREE_WRITER_H

#include "column/writer.h"
#include "formats/root/file_writer.h"
#include "formats/ttree/write_branch.h"

/// A basket of the present cluster.
typedef struct bl_write_basket {
    int64_t first_row, n_rows;
    bl_buffer *raw;    ///< room for the key, then the rows, then their positions; owns
    bl_buffer *ends;   ///< [n_rows] uint32: where each row ends; NULL: all take the same; owns
    bl_buffer *stored; ///< key and compressed payload; NULL: `raw` is stored as it is; owns
    uint64_t bound;    ///< of the bytes of its rows and their positions
    size_t data_bytes; ///< of its rows
    int32_t n_bytes;   ///< of the record
    int32_t obj_len;
} bl_write_basket;

/// A branch with its baskets.
typedef struct bl_write_column {
    bl_root_key key; ///< of its baskets, but for what differs; wide, as ROOT's are
    size_t head;     ///< bytes of a basket's key with what TBasket adds to it
    bl_write_view view;
    size_t n_open, open_capacity;
    bl_write_basket *open; ///< [n_open] of the present cluster; the last one takes rows
    size_t n_baskets, baskets_capacity;
    struct bl_written_basket {
        int64_t first_row;
        uint64_t seek;
        int32_t n_bytes;
    } * baskets; ///< [n_baskets] written so far
    uint64_t raw_bytes, stored_bytes;
} bl_write_column;

/// Clusters of the same number of rows behind each other.
typedef struct bl_write_clusters {
    int64_t end; ///< row behind the last of them
    int64_t rows;
} bl_write_clusters;

typedef struct bl_ttree_writer bl_ttree_writer;
struct bl_ttree_writer {
    bl_writer head;
    bl_context *context;
    bl_root_writer *file; ///< borrows
    bl_arena arena;
    size_t folder;
    const char *name, *title; ///< name without its directories
    int64_t cluster_rows;
    uint64_t cluster_bytes, chunk_bytes;
    bl_write_plan plan;
    bl_write_column *columns; ///< [plan.n_branches]
    bl_codecs **codecs;       ///< [threads of the context]
    int64_t n_rows;           ///< taken so far
    int64_t cluster_first;    ///< first row of the present cluster
    uint64_t cluster_bound;   ///< of its bytes
    size_t n_clusters, clusters_capacity;
    bl_write_clusters *clusters;
    const char *friend_of; ///< path of a tree of the continued file, or NULL
    size_t n_friends, friends_capacity;
    const bl_ttree_writer **friends; ///< [n_friends] new trees that are this one's; borrow
    int64_t batch_base;              ///< row of the tree where the present batch begins
    int64_t part_first, part_last;   ///< rows of the present batch that go to the present cluster
};

enum { BL_BASKET_BYTES = 19 }; ///< that TBasket adds to its key

/// Starts a tree. \param columns, options  checked \param ret_writer the caller owns it
/// \return BL_OK, BL_E_EXISTS, BL_E_TYPE, BL_E_INVALID, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_ttree_writer_new(bl_root_writer *file, const bl_column_spec *columns, size_t n_columns,
                              const bl_writer_options *options, bl_ttree_writer **ret_writer,
                              bl_error *err);
/// Makes `added` a friend of a tree of the same output that is not finished yet.
/// \return BL_OK, BL_E_NOMEM
bl_status bl_ttree_writer_befriend(bl_ttree_writer *writer, const bl_ttree_writer *added,
                                   bl_error *err);
/// Writes what is left and the tree itself. \return BL_OK, BL_E_IO, BL_E_NOMEM, BL_E_CANCELLED
bl_status bl_ttree_writer_finish(bl_ttree_writer *writer, bl_error *err);
void bl_ttree_writer_free(bl_ttree_writer *writer);

// ---- between the files of the writer ----

/// Appends rows [part_first, part_last) of the present batch to the open baskets of a branch. May
/// run on any thread. \return BL_OK, BL_E_LIMIT (a row over 1 GiB), BL_E_NOMEM
bl_status bl_write_column_append(bl_ttree_writer *writer, size_t branch, bl_error *err);
/// Finishes the payload of a basket and compresses it. May run on any thread.
bl_status bl_write_basket_pack(bl_ttree_writer *writer, size_t branch, bl_write_basket *basket,
                               bl_codecs *codecs, bl_error *err);
/// Writes a packed basket and forgets its bytes.
bl_status bl_write_basket_store(bl_ttree_writer *writer, size_t branch, bl_write_basket *basket,
                                bl_error *err);
void bl_write_basket_release(bl_write_basket *basket);
/// Writes the baskets of the present cluster, which ends.
bl_status bl_write_cluster_end(bl_ttree_writer *writer, bl_error *err);
/// Writes the TTree itself.
bl_status bl_write_tree_object(bl_ttree_writer *writer, bl_error *err);

/// A TList of friends. \return NULL when there is no memory
bl_root_draft *bl_write_friend_list(bl_arena *arena, const bl_ttree_writer *const *friends,
                                    size_t n);
/// Finds a tree of the continued file. \return BL_OK, BL_E_NOTFOUND
bl_status bl_write_friend_check(bl_root_writer *file, const char *path, size_t *ret_folder,
                                const bl_root_key **ret_key, bl_error *err);
/// Writes a tree of the continued file again, with new, finished trees as its friends.
/// \return BL_OK, BL_E_UNSUPPORTED (with the reason), BL_E_SHAPE (other rows), BL_E_CORRUPT,
/// BL_E_IO, BL_E_NOMEM
bl_status bl_write_friends_declare(bl_root_writer *file, const char *path,
                                   const bl_ttree_writer *const *friends, size_t n, bl_error *err);

#endif
