// SPDX-License-Identifier: Apache-2.0
/// \file
/// Trees as experiments write them: which columns, in which collections.
#ifndef BL_BENCH_TREES_H
#define BL_BENCH_TREES_H

#include "bench/values.h"

/// Columns of one kind; where there are several, a number is added to the name.
typedef struct bench_member {
    const char *name;
    bench_kind kind;
    unsigned n_columns;
    double mean; ///< items of a list inside the list; 0: the values themselves
} bench_member;

/// Columns that have as many values in a row.
typedef struct bench_group {
    const char *prefix;  ///< of the names of its columns
    const char *counter; ///< name of the column that counts; NULL: none
    double mean;         ///< values in a row; 0: these are no lists
    size_t n_members;
    const bench_member *members; ///< [n_members]
} bench_group;

typedef struct bench_tree {
    const char *name;
    const char *path; ///< inside the file
    size_t n_groups;
    const bench_group *groups; ///< [n_groups]
    unsigned mantissa_bits;    ///< of its floats; where cut, from 4 less to 4 more a column
    uint64_t cluster_bytes, chunk_bytes; ///< as in bl_writer_options
} bench_tree;

/// One column of a tree.
typedef struct bench_column {
    char name[64];
    const bench_group *group;
    size_t group_index;
    const bench_member *member; ///< NULL: the group's counter
} bench_column;

/// NULL where there is no such tree.
const bench_tree *bench_tree_find(const char *name);
/// All columns, counters before what they count. \param ret_columns the caller frees it
/// \return how many; 0: no memory
size_t bench_tree_columns(const bench_tree *tree, bench_column **ret_columns);
/// Mean uncompressed bytes of a row, as they lie in baskets.
double bench_tree_row_bytes(const bench_tree *tree);

#endif
