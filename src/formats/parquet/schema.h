// SPDX-License-Identifier: Apache-2.0
/// \file
/// The schema as a tree of what its elements mean: numbers, texts, structs, lists.
#ifndef BL_FORMATS_PARQUET_SCHEMA_H
#define BL_FORMATS_PARQUET_SCHEMA_H

#include "column/type.h"
#include "formats/parquet/metadata.h"

/// How stored values become those of a column.
typedef enum bl_parquet_conversion {
    BL_PARQUET_AS_STORED,
    BL_PARQUET_NARROWED,      ///< int32 to 8 or 16 bits
    BL_PARQUET_HALF_FLOAT,    ///< two bytes to float32
    BL_PARQUET_INT96_TIME,    ///< days and nanoseconds to nanoseconds since 1970
    BL_PARQUET_DECIMAL_INT,   ///< scaled int32 or int64 to float64
    BL_PARQUET_DECIMAL_BYTES, ///< scaled big-endian bytes to float64
} bl_parquet_conversion;

typedef struct bl_parquet_node bl_parquet_node;

/// A number or text, list or struct. Levels say where a value is missing: at an entry with
/// definition level d it is there where d ≥ `def`.
struct bl_parquet_node {
    const bl_parquet_element *element;
    bl_type *type; ///< owns; NULL: `unreadable` says why
    const char *unreadable;
    unsigned def;      ///< from which the value itself, or the list or struct, is no null
    unsigned item_def; ///< of lists: from which there is an item
    unsigned item_rep; ///< of lists: the level that repeats its items
    unsigned slot_def; ///< from which there is a place for the value: item_def of the list
                       ///< around it, else 0
    unsigned slot_rep; ///< item_rep of the list around it, else 0
    bool is_nullable;
    size_t first_leaf, n_leaves; ///< columns of the file
    size_t n_children;
    bl_parquet_node *children; ///< [n_children]
    bl_parquet_conversion conversion;
    bool is_vector; ///< a struct of Spark's ML library
};

/// One column of the file.
typedef struct bl_parquet_leaf {
    const bl_parquet_node *node;
    const bl_parquet_element *element;
    const char *path; ///< "jets.list.element.pt"
    unsigned max_def, max_rep;
    size_t n_ancestors;
    const bl_parquet_node **ancestors; ///< [n_ancestors] lists and structs around it, outermost
                                       ///< first, whose first leaf it is
} bl_parquet_leaf;

typedef struct bl_parquet_schema {
    size_t n_columns;
    bl_parquet_node *columns; ///< [n_columns] children of the root
    size_t n_leaves;
    bl_parquet_leaf *leaves; ///< [n_leaves]
} bl_parquet_schema;

/// Makes the tree. A column that cannot be read has a reason instead of a type.
/// \param arena holds all but the types \return BL_OK, BL_E_CORRUPT, BL_E_NOMEM
bl_status bl_parquet_schema_make(bl_arena *arena, const bl_parquet_metadata *metadata,
                                 bl_parquet_schema *ret_schema, bl_error *err);
/// Safe on zeroed memory.
void bl_parquet_schema_release(bl_parquet_schema *schema);

/// What a leaf's values are: its type, how it is made of stored ones, or why it cannot be read.
bl_status bl_parquet_leaf_type(bl_arena *arena, bl_parquet_node *node, bl_error *err);
/// What the numbers of a chunk lie between, as its statistics say. \return false where they do not
bool bl_parquet_bounds(const bl_parquet_leaf *leaf, const bl_parquet_chunk *chunk, double *ret_low,
                       double *ret_high);
/// How the file spells an element's type: "INT64 TIMESTAMP", "group LIST".
const char *bl_parquet_element_text(bl_arena *arena, const bl_parquet_element *element);

#endif
