// SPDX-License-Identifier: Apache-2.0
/// \file
/// Publish: a prepared data set as files that other frameworks read, with its transform applied and
/// sequences padded. docs/prepare.md says what becomes of each column.
///
/// FOLDER has a folder for each part, in it a file for each shard: `train/part-00000.parquet`. They
/// are written beside it, in FOLDER.partial, which becomes FOLDER when all are complete.
#ifndef BL_DATA_PUBLISH_H
#define BL_DATA_PUBLISH_H

#include "data/prepared/prepared.h"

typedef enum bl_publish_schema {
    /// Vectors and padded sequences are lists of fixed length, other sequences lists of lists, and
    /// `encoded_label` has 1 for the class, else 0.
    BL_PUBLISH_COLUMNS,
    /// Vectors, `encoded_label` and observers that are lists of numbers are vectors of Spark's ML
    /// library, sequences lists of lists, padded too; all numbers are double.
    BL_PUBLISH_SPARK,
} bl_publish_schema;

/// Zero-initialise, then set what differs from the default.
typedef struct bl_publish_options {
    const char *folder;    ///< needed; its parent is there
    const char *extension; ///< of files, which says the format; NULL: "parquet"
    const char *codec;     ///< NULL: the format's own
    bl_publish_schema schema;
    const char *const *with; ///< [n_with] more columns of shards; NULL: label, weight_train and
                             ///< weight_physics
    size_t n_with;
    int64_t fold;   ///< of a data set with folds: the transform that did not see it; −1: none
    bool overwrite; ///< FOLDER is replaced, where it holds nothing else
    /// Called now and then, in the caller's thread, with rows; may be NULL.
    void (*progress)(void *user, int64_t done, int64_t all);
    void *user;
} bl_publish_options;

typedef struct bl_publish_report {
    size_t n_files, n_columns;
    int64_t n_rows;
    uint64_t bytes; ///< written
} bl_publish_report;

/// "columns"; a static string.
const char *bl_publish_schema_name(bl_publish_schema schema);
/// \param prepared that is complete
/// \return BL_OK, BL_E_EXISTS (the folder is there, or holds something else), BL_E_INVALID (no
/// events; Spark's schema, but no Parquet; a data set that is not complete; folds, but none is
/// said), BL_E_UNSUPPORTED (no format's files end so), BL_E_NOTFOUND (a column, with the nearest
/// names), BL_E_TYPE (a column that the format cannot hold), BL_E_CORRUPT (a shard is not as it was
/// written), BL_E_CANCELLED, and what tables and outputs return
bl_status bl_publish(bl_context *context, const bl_prepared *prepared,
                     const bl_publish_options *options, bl_publish_report *ret_report,
                     bl_error *err);

#endif
