// SPDX-License-Identifier: Apache-2.0
/// \file
/// Batches: some rows of a table, one Arrow-laid-out column per name.
///
/// Batches, columns and types are immutable and may be read by any number of threads. A batch is
/// reference-counted; at the last release its buffers go back to the context for the next batch.
#ifndef BEAMLINE_BATCH_H
#define BEAMLINE_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include <beamline/arrow.h>
#include <beamline/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The one table of types:
/// X(name, Arrow format string, bytes a value: 0 where it is not fixed, text).
#define BL_TYPE_TABLE(X)                  \
    X(BOOL, "b", 0, "bool")               \
    X(INT8, "c", 1, "int8")               \
    X(UINT8, "C", 1, "uint8")             \
    X(INT16, "s", 2, "int16")             \
    X(UINT16, "S", 2, "uint16")           \
    X(INT32, "i", 4, "int32")             \
    X(UINT32, "I", 4, "uint32")           \
    X(INT64, "l", 8, "int64")             \
    X(UINT64, "L", 8, "uint64")           \
    X(FLOAT32, "f", 4, "float32")         \
    X(FLOAT64, "g", 8, "float64")         \
    X(BINARY, "z", 0, "binary")           \
    X(UTF8, "u", 0, "utf8")               \
    X(LIST, "+l", 0, "list")              \
    X(LARGE_LIST, "+L", 0, "large_list")  \
    X(FIXED_LIST, "+w:", 0, "fixed_list") \
    X(STRUCT, "+s", 0, "struct")

typedef enum bl_type_id {
#define BL_TYPE_ENUM(name, format, width, text) BL_##name,
    BL_TYPE_TABLE(BL_TYPE_ENUM)
#undef BL_TYPE_ENUM
} bl_type_id;

typedef struct bl_type bl_type;
typedef struct bl_column bl_column;
typedef struct bl_batch bl_batch;

/// Which of BL_TYPE_TABLE a type is.
BL_API bl_type_id bl_type_get_id(const bl_type *type);
/// Children: 1 for lists (the item), the members for a struct, else 0.
BL_API size_t bl_type_n_children(const bl_type *type);
/// Child `i`; borrows from `type`. NULL past the last.
BL_API const bl_type *bl_type_child(const bl_type *type, size_t i);
/// Name of child `i` ("item" for lists); borrows from `type`. NULL past the last.
BL_API const char *bl_type_child_name(const bl_type *type, size_t i);
/// True where values may be null. What is null, bl_column_validity says.
BL_API bool bl_type_is_nullable(const bl_type *type);
/// What the numbers of an int32 or int64 type stand for, as an Arrow format string, such as
/// "tsu:UTC" for microseconds since 1970 or "tdD" for days; NULL: numbers. Borrows from `type`.
BL_API const char *bl_type_logical(const bl_type *type);
/// Items per list of a fixed-size list, else 0.
BL_API int64_t bl_type_list_size(const bl_type *type);
/// Writes a type as text, such as `list<float32>`, `fixed_list<int32>[3]` or, where it may be null,
/// `int32?`, as snprintf does.
/// \return the length of the whole text without its NUL
BL_API size_t bl_type_format(const bl_type *type, char *buffer, size_t size);

/// One more / one less holder of a batch. NULL is allowed in release.
BL_API bl_batch *bl_batch_ref(bl_batch *batch);
BL_API void bl_batch_release(bl_batch *batch);
/// Rows in this batch.
BL_API int64_t bl_batch_n_rows(const bl_batch *batch);
/// Row number of the batch's first row in its table.
BL_API int64_t bl_batch_first_row(const bl_batch *batch);
BL_API size_t bl_batch_n_columns(const bl_batch *batch);
/// Name of column `i`; borrows from the batch. NULL past the last.
BL_API const char *bl_batch_name(const bl_batch *batch, size_t i);
/// Column `i`; borrows from the batch. NULL past the last.
BL_API const bl_column *bl_batch_column(const bl_batch *batch, size_t i);

BL_API const bl_type *bl_column_type(const bl_column *column);
BL_API int64_t bl_column_length(const bl_column *column);
/// Which values are there: bit `i`, least significant first, is 1 where value `i` is not null; NULL
/// where none is null. A null has a 0, an empty text or an empty list in its place. Borrows from
/// the batch.
BL_API const uint8_t *bl_column_validity(const bl_column *column);
/// Values of a primitive column, [length] in host byte order (bool: packed bits, least significant
/// first); the bytes of a utf8 or binary column. NULL for lists and structs, whose values are in
/// their children. Borrows from the batch.
BL_API const void *bl_column_values(const bl_column *column);
/// Offsets of a list, utf8 or binary column: [length + 1] int32 (int64 for large_list), the first
/// is 0. NULL for other types. Borrows from the batch.
BL_API const void *bl_column_offsets(const bl_column *column);
/// Child `i` of a list or struct column; borrows from the batch. NULL past the last.
BL_API const bl_column *bl_column_child(const bl_column *column, size_t i);

/// Hands a batch to any Arrow library, as a struct array of its columns, without copying values.
/// \param ret_schema  the caller owns it and calls its `release`
/// \param ret_array   the same; it shares the batch's buffers and may outlive batch, table, context
/// \return BL_OK, BL_E_NOMEM
BL_API BL_MUST_CHECK bl_status bl_batch_export(const bl_batch *batch,
                                               struct ArrowSchema *ret_schema,
                                               struct ArrowArray *ret_array, bl_error *err);

/// Takes a struct array of another Arrow library over as a batch, without copying values. Only
/// types of BL_TYPE_TABLE, and what bl_type_logical gives.
/// \param schema read and left to the caller. \param array moves, also on failure
/// \param ret_batch the caller holds one reference
/// \return BL_OK, BL_E_TYPE, BL_E_CORRUPT (lengths and offsets contradict each other), BL_E_NOMEM
BL_API BL_MUST_CHECK bl_status bl_batch_import(bl_context *context,
                                               const struct ArrowSchema *schema,
                                               struct ArrowArray *array, bl_batch **ret_batch,
                                               bl_error *err);

#ifdef __cplusplus
}
#endif
#endif
