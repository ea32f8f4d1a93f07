// SPDX-License-Identifier: Apache-2.0
/// \file
/// Arrow schemas: the tree of fields, where each field's nodes and buffers are in a record batch,
/// and what its values become here.
/// \source Apache Arrow, format/Schema.fbs; our notes of its field numbers are in schemas/arrow.md
#ifndef BL_FORMATS_ARROW_SCHEMA_H
#define BL_FORMATS_ARROW_SCHEMA_H

#include "base/arena.h"
#include "column/column.h"
#include "formats/arrow/flat.h"

/// How the buffers of a field lie.
typedef enum bl_arrow_layout {
    BL_ARROW_NULLS,        ///< no buffers: nothing but nulls
    BL_ARROW_FIXED,        ///< validity, values of `width` bytes
    BL_ARROW_BITS,         ///< validity, bits
    BL_ARROW_TEXT,         ///< validity, offsets of `width` bytes, text
    BL_ARROW_VIEWS,        ///< validity, views of 16 bytes, any number of buffers with text
    BL_ARROW_FIXED_BINARY, ///< validity, texts of `width` bytes
    BL_ARROW_LIST,         ///< validity, offsets of `width` bytes; a child
    BL_ARROW_FIXED_LIST,   ///< validity; a child
    BL_ARROW_STRUCT,       ///< validity; children
    BL_ARROW_OTHER,        ///< what is not read, but counted
} bl_arrow_layout;

/// What values of BL_ARROW_FIXED become.
typedef enum bl_arrow_cast {
    BL_ARROW_AS_IS,
    BL_ARROW_HALF,    ///< float16 to float32
    BL_ARROW_DECIMAL, ///< decimals to float64
} bl_arrow_cast;

typedef struct bl_arrow_field bl_arrow_field;
struct bl_arrow_field {
    const char *name;
    const char *source_type; ///< as Arrow spells it: "timestamp[us, UTC]"; of top fields alone
    bl_type *type;           ///< holds; NULL where it cannot be read
    const char *unreadable;  ///< why not
    bool is_nullable;
    bl_arrow_layout layout;
    size_t width;
    bl_arrow_cast cast;
    int32_t scale; ///< of decimals
    size_t n_children;
    bl_arrow_field *children; ///< [n_children]
    size_t node, buffer;      ///< its first of a record batch; views before it have more buffers
    size_t view;              ///< fields with views before it
    size_t n_nodes, n_buffers, n_views; ///< with all below it
    bl_arrow_field *values; ///< of a dictionary; NULL: not encoded. Then the field's own
                            ///< layout is that of the indices
    int64_t dictionary;     ///< which one
    bool has_signed_indices;
};

typedef struct bl_arrow_schema {
    size_t n_fields;
    bl_arrow_field *fields;
    size_t n_nodes, n_buffers, n_views; ///< of a whole record batch
} bl_arrow_schema;

/// Reads a table Schema. \param ret_schema released by the caller, also after a failure
/// \return BL_OK, BL_E_CORRUPT, BL_E_UNSUPPORTED (big-endian), BL_E_LIMIT (nested too deep),
/// BL_E_NOMEM
bl_status bl_arrow_schema_read(bl_context *context, bl_arena *arena, const bl_flat_table *table,
                               bl_arrow_schema *ret_schema, bl_error *err);
/// Gives types back. Safe on zeroed memory.
void bl_arrow_schema_release(bl_arrow_schema *schema);

/// Reads the type of a field out of the union of types, but for its children: layout, width, and
/// for leaves the type that values become. What cannot be read gets its reason.
/// \param text the type's name, at least 128 bytes
bl_status bl_arrow_type_read(bl_context *context, bl_arena *arena, const bl_flat_table *field,
                             bl_arrow_field *ret_field, char *text, size_t size, bl_error *err);

/// Numbers of the union Type.
enum {
    BL_ARROW_TYPE_NULL = 1,
    BL_ARROW_TYPE_INT,
    BL_ARROW_TYPE_FLOAT,
    BL_ARROW_TYPE_BINARY,
    BL_ARROW_TYPE_UTF8,
    BL_ARROW_TYPE_BOOL,
    BL_ARROW_TYPE_DECIMAL,
    BL_ARROW_TYPE_DATE,
    BL_ARROW_TYPE_TIME,
    BL_ARROW_TYPE_TIMESTAMP,
    BL_ARROW_TYPE_INTERVAL,
    BL_ARROW_TYPE_LIST,
    BL_ARROW_TYPE_STRUCT,
    BL_ARROW_TYPE_UNION,
    BL_ARROW_TYPE_FIXED_BINARY,
    BL_ARROW_TYPE_FIXED_LIST,
    BL_ARROW_TYPE_MAP,
    BL_ARROW_TYPE_DURATION,
    BL_ARROW_TYPE_LARGE_BINARY,
    BL_ARROW_TYPE_LARGE_UTF8,
    BL_ARROW_TYPE_LARGE_LIST,
    BL_ARROW_TYPE_RUN_ENDS,
    BL_ARROW_TYPE_BINARY_VIEW,
    BL_ARROW_TYPE_UTF8_VIEW,
    BL_ARROW_TYPE_LIST_VIEW,
    BL_ARROW_TYPE_LARGE_LIST_VIEW,
};

/// Fields of the tables in Schema.fbs.
enum { BL_SCHEMA_ENDIANNESS, BL_SCHEMA_FIELDS, BL_SCHEMA_METADATA };
enum {
    BL_FIELD_NAME,
    BL_FIELD_NULLABLE,
    BL_FIELD_TYPE_KIND,
    BL_FIELD_TYPE,
    BL_FIELD_DICTIONARY,
    BL_FIELD_CHILDREN,
    BL_FIELD_METADATA,
};
enum { BL_INT_BITS, BL_INT_SIGNED };
enum { BL_DECIMAL_PRECISION, BL_DECIMAL_SCALE, BL_DECIMAL_BITS };
enum { BL_TIME_UNIT, BL_TIME_BITS, BL_TIMESTAMP_ZONE = 1 };
enum { BL_DICTIONARY_ID, BL_DICTIONARY_INDEX };
enum { BL_UNION_MODE };

#endif
