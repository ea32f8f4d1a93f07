// SPDX-License-Identifier: Apache-2.0
/// \file
/// Columns and batches from the inside.
#ifndef BL_COLUMN_COLUMN_H
#define BL_COLUMN_COLUMN_H

#include "column/type.h"

/// `length` values in Arrow's layout. Where one is null, a text or list is empty, a number whatever
/// it is, and the items of a fixed list and the members of a struct are null too.
struct bl_column {
    bl_type *type; ///< shares
    int64_t length;
    bl_buffer *validity; ///< bits, 1 where a value is there; NULL: none is null; shares
    bl_buffer *offsets; ///< lists and strings: [length + 1] int32, or int64 for large lists; shares
    bl_buffer *values;  ///< primitives and strings; shares
    size_t n_children;
    bl_column *children; ///< [n_children]; owns
};

/// Frees what a column holds and zeroes it; not the struct itself.
void bl_column_release(bl_context *context, bl_column *column);
/// Gives a zeroed column its type and zeroed children, without buffers.
bl_status bl_column_init(bl_context *context, bl_column *column, bl_type *type, bl_error *err);
/// Checks lengths and offsets against each other, all the way down (not the bytes of strings).
/// \return BL_OK, BL_E_CORRUPT
bl_status bl_column_check(const bl_column *column, bl_error *err);
/// Whether value `i` of the column itself is null.
static inline bool bl_column_is_null(const bl_column *column, int64_t i) {
    return column->validity && !(column->validity->data[i / 8] >> i % 8 & 1);
}
/// Offset `i` of a column of lists or texts: where value `i` begins, in its items or bytes. Of no
/// values there may be no offsets.
static inline int64_t bl_column_offset(const bl_column *column, int64_t i) {
    if (!column->offsets)
        return 0;
    const void *offsets = column->offsets->data;
    return column->type->id == BL_LARGE_LIST ? ((const int64_t *)offsets)[i]
                                             : ((const int32_t *)offsets)[i];
}
/// The bits of integer `i` of a column of integers, as those of an int64.
int64_t bl_column_integer(const bl_column *column, int64_t i);
/// Whether a type is of numbers, which bl_column_number reads.
bool bl_type_is_number(const bl_type *type);
/// Number `i` of a column of numbers; NaN: it is null.
double bl_column_number(const bl_column *column, int64_t i);
/// Nulls of a column itself, not of what is in its lists.
int64_t bl_column_count_nulls(const bl_column *column);
/// True where the column or anything in it is null.
bool bl_column_has_nulls(const bl_column *column);
/// Makes a column whose lists and texts may have items where they are null, and whose structs and
/// fixed lists may have members there that are not, one that has none: others allow both.
/// \return BL_OK, BL_E_NOMEM
bl_status bl_column_empty_nulls(bl_context *context, bl_column *column, bl_error *err);
/// Fills a zeroed column with the values of another that are not null.
bl_status bl_column_drop_nulls(bl_context *context, const bl_column *from, bl_column *column,
                               bl_error *err);
/// Fills a zeroed `column` with `n` columns of one shape, one after the other. Utf8 joined with
/// binary gives binary. A single part is shared, not copied.
/// \return BL_OK, BL_E_NOMEM, BL_E_TYPE, BL_E_LIMIT (more than 32-bit offsets can count)
bl_status bl_column_concat(bl_context *context, const bl_column *const *parts, size_t n,
                           bl_column *column, bl_error *err);
/// Values [first, first + n) of a column.
typedef struct bl_column_span {
    const bl_column *from;
    int64_t first, n;
} bl_column_span;

/// Fills a zeroed column with spans of columns, one behind the other. What it holds after a failure
/// is for bl_column_release, too.
/// \param type of the column, and of what the spans are of \param spans [n]
/// \return BL_OK, BL_E_LIMIT (more than 32-bit offsets can count), BL_E_NOMEM
bl_status bl_column_take(bl_context *context, bl_type *type, const bl_column_span *spans, size_t n,
                         bl_column *column, bl_error *err);

struct bl_batch {
    bl_context *context;
    atomic_uint n_holders;
    int64_t first_row;
    int64_t n_rows;
    size_t n_columns;
    char **names;       ///< [n_columns]; owns
    bl_column *columns; ///< [n_columns]; owns
};

/// A batch of `n_columns` named, zeroed columns for the caller to fill. \param names copied
bl_status bl_batch_new(bl_context *context, size_t n_columns, const char *const *names,
                       int64_t first_row, int64_t n_rows, bl_batch **ret_batch, bl_error *err);
BL_DEFINE_AUTO(bl_batch, bl_batch_release);
/// The column of a name, and its type, which it borrows.
/// \return BL_OK, BL_E_NOTFOUND (with the nearest names)
bl_status bl_batch_find(const bl_batch *batch, const char *name, size_t *ret_column,
                        const bl_type **ret_type, bl_error *err);
/// Puts the rows of `next` behind those of `*batch`, which becomes another batch; NULL: the rows of
/// `next` alone. \return BL_OK, BL_E_TYPE, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_batch_append(bl_batch **batch, bl_batch *next, bl_error *err);
/// The rows of a batch of which `keep` [n_rows] is 1, on the threads of its context. Where all are
/// kept, columns are shared. \return BL_OK, BL_E_NOMEM, BL_E_CANCELLED
bl_status bl_batch_filter(const bl_batch *batch, const uint8_t *keep, bl_batch **ret_batch,
                          bl_error *err);

/// Fills `ret_schema` for a table of these columns (a struct, as Arrow's streams want it).
bl_status bl_schema_export(bl_context *context, size_t n_columns, const char *const *names,
                           bl_type *const *types, struct ArrowSchema *ret_schema, bl_error *err);

#endif
