// SPDX-License-Identifier: Apache-2.0
/// \file
/// What the first rows of a text tell of its columns: which kinds of values there are, as a tree
/// like the values; and the types that a user gives to columns.
#ifndef BL_FORMATS_TEXT_SCHEMA_H
#define BL_FORMATS_TEXT_SCHEMA_H

#include "base/arena.h"
#include "base/names.h"
#include "column/type.h"
#include "formats/text/json.h"

/// Kinds of values, in sets. What is null has none.
enum {
    BL_KIND_BOOL = 1,
    BL_KIND_INTEGER = 2,
    BL_KIND_NEGATIVE = 4,
    BL_KIND_UNSIGNED = 8, ///< past int64
    BL_KIND_REAL = 16,
    BL_KIND_TEXT = 32,
    BL_KIND_LIST = 64,
    BL_KIND_OBJECT = 128,
    BL_KIND_NUMBER = BL_KIND_INTEGER | BL_KIND_NEGATIVE | BL_KIND_UNSIGNED | BL_KIND_REAL,
};

/// An object inside a row has no more keys: they are looked for one by one.
enum { BL_MOST_MEMBERS = 1024 };

typedef struct bl_text_schema bl_text_schema;
struct bl_text_schema {
    unsigned kinds;
    const char *conflict; ///< the first value of another kind than those before; NULL: none
    uint64_t n_bytes;     ///< of its values
    bl_text_schema *item; ///< of lists
    size_t n_members, capacity;
    bl_text_schema **members; ///< [n_members] of objects
    const char **names;
    bl_name_map by_name;
};

/// Where schemas are made.
typedef struct bl_schema_maker {
    bl_arena *arena;
    bl_json json;
} bl_schema_maker;

/// Adds what the value at `at` is. \return behind it; NULL after a failure of `maker->json`
const char *bl_schema_add_json(bl_schema_maker *maker, bl_text_schema *schema, const char *at,
                               unsigned depth);
void bl_schema_add_kind(bl_text_schema *schema, unsigned kind, const char *at);
/// The member of a schema of objects, made where it is not there; NULL: out of memory.
bl_text_schema *bl_schema_member(bl_schema_maker *maker, bl_text_schema *schema, const char *name,
                                 size_t size);
/// Gives the name maps back; nodes belong to the arena.
void bl_schema_release(bl_context *context, bl_text_schema *schema);
/// The value anywhere in a schema that made a conflict, or NULL.
const char *bl_schema_conflict(const bl_text_schema *schema);

/// The type, all of whose parts may be null. \param fallback of columns without values
/// \return BL_OK, BL_E_NOMEM
bl_status bl_schema_type(bl_context *context, const bl_text_schema *schema, bl_type_id fallback,
                         bl_type **ret_type, bl_error *err);

/// Types that the user gave: "pt=float32, n*=int32".
typedef struct bl_given_types {
    size_t n;
    struct bl_given_type {
        const char *name; ///< or a shell pattern
        bl_type *type;    ///< shares
        bool is_used;
    } * types; ///< [n]
} bl_given_types;

/// \param text NULL: none \param arena what was read lives there
bl_status bl_given_types_read(bl_arena *arena, const char *text, bl_given_types *ret_given,
                              bl_error *err);
/// The type given to a column, borrowed; an exact name goes before a pattern. NULL: none.
bl_type *bl_given_type_of(bl_given_types *given, const char *name);
void bl_given_types_release(bl_given_types *given);
/// BL_E_NOTFOUND where a type was given to no column; hints at the nearest names.
bl_status bl_given_types_check(const bl_given_types *given, const char *const *names, size_t n,
                               bl_error *err);

#endif
