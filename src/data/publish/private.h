// SPDX-License-Identifier: Apache-2.0
/// \file
/// Between the files that publish.
#ifndef BL_DATA_PUBLISH_PRIVATE_H
#define BL_DATA_PUBLISH_PRIVATE_H

#include <beamline/output.h>
#include <beamline/table.h>

#include "column/builder.h"
#include "data/publish/publish.h"

#define BL_PUBLISH_LABEL "encoded_label"

// ---- columns (columns.c, spark.c) ----

/// A column that is written, and how it is made of one of shards.
typedef struct bl_published bl_published;
struct bl_published {
    const char *name, *from; ///< the column, and that of shards
    bl_type *type;           ///< shares
    bl_type *source;         ///< of the shard's column; shares
    /// \param ret_column zeroed
    bl_status (*make)(const bl_published *column, bl_context *context, const bl_column *from,
                      bl_column *ret_column, bl_error *err);
    bool is_vector; ///< of Spark's ML library

    // of numbers
    const bl_nn_columns *columns; ///< NULL: they stay as they are
    bool is_double;               ///< as they are written
    size_t width;                 ///< of a row; of one-hot labels, classes
    size_t length;                ///< rows that each event has, padded; 0: as many as there are
};

/// All columns of a data set.
typedef struct bl_publish_plan {
    bl_arena arena;
    const bl_prepared *prepared;
    const bl_nn_transform *transform;
    const bl_publish_options *options;
    size_t n_columns, room;
    bl_published *columns; ///< [n_columns]
    uint64_t row_bytes;    ///< of a row as it is written, at most
} bl_publish_plan;

/// Decides what is written of shards like this one. Released also after a failure.
bl_status bl_publish_plan_make(bl_context *context, const bl_prepared *prepared,
                               const bl_publish_options *options, bl_table *shard,
                               bl_publish_plan *ret_plan, bl_error *err);
void bl_publish_plan_release(bl_publish_plan *plan);

/// Numbers of a column of shards: of inputs, or of lists of numbers.
typedef struct bl_publish_numbers {
    const bl_published *column;
    const void *numbers;
    bool is_double;
    const int32_t *offsets; ///< [n_events + 1] in rows; NULL: one row each
    int64_t n_events;
} bl_publish_numbers;

bl_publish_numbers bl_publish_numbers_of(const bl_published *column, const bl_column *from);
/// Rows of an event.
int64_t bl_publish_n_rows(const bl_publish_numbers *numbers, int64_t event);
/// Transforms and pads numbers of all events, on all threads. \param out [as many as the column
/// has] floats or doubles \return BL_OK, BL_E_CORRUPT (more rows than the length), BL_E_CANCELLED
bl_status bl_publish_numbers_write(bl_context *context, const bl_publish_numbers *numbers,
                                   void *out, bl_error *err);

/// The type of vectors of Spark's ML library.
bl_status bl_spark_vector_type(bl_context *context, bl_type **ret_type, bl_error *err);
/// As `make` of a column: dense vectors of numbers; sparse ones of labels; integers of 8 bytes.
bl_status bl_spark_make_vectors(const bl_published *column, bl_context *context,
                                const bl_column *from, bl_column *ret_column, bl_error *err);
bl_status bl_spark_make_labels(const bl_published *column, bl_context *context,
                               const bl_column *from, bl_column *ret_column, bl_error *err);
bl_status bl_spark_make_longs(const bl_published *column, bl_context *context,
                              const bl_column *from, bl_column *ret_column, bl_error *err);
/// The key of a Parquet file under which Spark finds its schema.
#define BL_SPARK_SCHEMA_KEY "org.apache.spark.sql.parquet.row.metadata"
/// Spark's schema as JSON. \return BL_OK, BL_E_TYPE (Spark has no such type), BL_E_NOMEM
bl_status bl_spark_schema(bl_arena *arena, const bl_published *columns, size_t n,
                          const char **ret_text, bl_error *err);
/// The class of an event. \return BL_OK, BL_E_CORRUPT (there is no such class)
bl_status bl_publish_label(const bl_published *column, const bl_column *from, int64_t event,
                           size_t *ret_class, bl_error *err);

// ---- folders (folder.c) ----

/// Where files are written before they are shown. Paths are the arena's.
typedef struct bl_publish_folder {
    const char *path;
    const char *partial;
    bool overwrite;
} bl_publish_folder;

/// Makes an empty FOLDER.partial. \return BL_OK, BL_E_EXISTS, BL_E_NOTFOUND (no parent),
/// BL_E_ACCESS, BL_E_IO, BL_E_NOMEM
bl_status bl_publish_folder_begin(bl_arena *arena, const char *path, bool overwrite,
                                  bl_publish_folder *ret_folder, bl_error *err);
/// Gives it its name; what had it before is removed.
bl_status bl_publish_folder_finish(const bl_publish_folder *folder, bl_error *err);
/// Removes FOLDER.partial, as far as it holds what is written here.
void bl_publish_folder_drop(const bl_publish_folder *folder);

#endif
