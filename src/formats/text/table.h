// SPDX-License-Identifier: Apache-2.0
/// \file
/// What CSV and JSON lines have in common: a text in blocks of rows, a schema found in its first
/// rows, and columns that are parsed block by block on all threads.
#ifndef BL_FORMATS_TEXT_TABLE_H
#define BL_FORMATS_TEXT_TABLE_H

#include "base/arena.h"
#include "base/names.h"
#include "column/builder.h"
#include "column/reader.h"
#include "formats/text/index.h"

/// More columns are no table.
#define BL_MOST_TEXT_COLUMNS ((size_t)65536)

typedef struct bl_text_table bl_text_table;

/// Some rows of a block, loaded.
typedef struct bl_text_rows {
    const bl_text_table *table;
    const char *text;   ///< of the block, zeros behind it
    size_t size;        ///< of the text; ends with a newline
    size_t first, last; ///< rows of the block that are wanted
    size_t n_rows;      ///< of the block
    uint64_t line;      ///< lines before the block
    bool is_ascii;      ///< it has no other bytes
} bl_text_rows;

/// Where one column of a read goes.
typedef struct bl_text_target {
    size_t column;
    uint8_t *values;   ///< where the first of the wanted rows' values goes: numbers and bools of
                       ///< types that the dialect places itself; NULL: `part`
    uint8_t *validity; ///< bits from bit `at` on, all set; cleared for nulls, atomically
    size_t at;         ///< index of the first of the wanted rows in the batch
    atomic_bool *has_nulls;
    bl_column *part; ///< zeroed; takes the wanted rows
} bl_text_target;

/// What one thread needs for itself.
typedef struct bl_text_scratch {
    bl_context *context;
    uint8_t *text; ///< [text_size]; owns
    size_t text_size;
    size_t block; ///< the one that is loaded and split; SIZE_MAX: none
    bool is_ascii;
    uint32_t *ends; ///< [ends_size] of fields or rows; owns
    size_t ends_size, n_ends;
    uint8_t *cell; ///< [cell_size] for text whose quotes or escapes are undone; owns
    size_t cell_size;
    uint32_t *stamps; ///< [n_columns] of JSON lines; owns
    uint32_t stamp;
} bl_text_scratch;

typedef struct bl_text_dialect {
    const char *format; ///< "CSV"
    const char *row_class;
    /// Splits a block that was loaded into `scratch`.
    bl_status (*split)(const bl_text_rows *rows, bl_text_scratch *scratch, bl_error *err);
    /// True where values of this type are put to `values` of a target, else a part is made.
    bool (*is_placed)(const bl_type *type);
    bl_status (*parse)(const bl_text_rows *rows, bl_text_scratch *scratch,
                       const bl_text_target *targets, size_t n_targets, bl_error *err);
} bl_text_dialect;

/// An opened file; readers of its table count as holders.
struct bl_text_table {
    bl_file head;
    const bl_text_dialect *dialect;
    atomic_uint n_holders;
    bl_arena arena; ///< names, infos
    bl_text_store store;
    bl_text_index index;
    uint8_t separator;
    size_t n_columns;
    const char **names;
    bl_type **types; ///< [n_columns]; shares
    bl_name_map by_name;
    double *shares; ///< [n_columns] of the bytes of a row; the sum is at most 1
    bl_column_info *infos;
    int64_t *cluster_ends;
    size_t n_clusters;
    bl_object_info object;
};

/// A zeroed table that holds a source. \param source moves, also on failure
bl_status bl_text_table_new(bl_context *context, bl_source *source, const bl_text_dialect *dialect,
                            bl_text_table **ret_table, bl_error *err);
/// Gives a table its columns, none of which has a type yet.
bl_status bl_text_table_columns(bl_text_table *table, const char *const *names, size_t n,
                                bl_error *err);
/// Makes the index, and fills in what is told about a file whose columns are known.
/// \param offset, line of the first row \param kernels that tell where rows end
bl_status bl_text_table_finish(bl_text_table *table, uint64_t offset, uint64_t line,
                               const bl_marks_kernels *kernels, bl_error *err);
void bl_text_table_release(bl_text_table *table);
BL_DEFINE_AUTO(bl_text_table, bl_text_table_release);

/// The table's reader. \return BL_OK, BL_E_NOTFOUND, BL_E_NOMEM
bl_status bl_text_reader_new(bl_text_table *table, const char *path, bl_reader **ret_reader,
                             bl_error *err);

/// Room for `size` elements in an array of the scratch space, whose contents are lost.
bl_status bl_scratch_grow(bl_context *context, void *array_pointer, size_t *capacity, size_t size,
                          size_t element_size, bl_error *err);

/// The number of the line that holds a byte of a block, for messages.
unsigned long long bl_text_line(const bl_text_rows *rows, const char *at);
/// A piece of a text for a message: cut, on one line. \param out [BL_EXCERPT_BYTES] \return `out`
enum { BL_EXCERPT_BYTES = 64 };
const char *bl_text_excerpt(const char *text, size_t size, char *out);
/// A type for a message, without saying that it may be null. \param out [BL_EXCERPT_BYTES]
const char *bl_text_type(const bl_type *type, char *out);

#endif
