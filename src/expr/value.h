// SPDX-License-Identifier: Apache-2.0
/// \file
/// What expressions compute with: arrays of three kinds of numbers, at some depth of lists.
#ifndef BL_EXPR_VALUE_H
#define BL_EXPR_VALUE_H

#include "base/memory.h"

typedef enum bl_kind {
    BL_KIND_BOOL,  ///< uint8_t, 0 or 1
    BL_KIND_INT,   ///< int64_t
    BL_KIND_FLOAT, ///< double
    BL_KIND_TEXT,  ///< a literal alone: what a comparison with a column of texts is about
} bl_kind;

enum { BL_MOST_DEPTH = 4 };

/// What is known of a value before it is computed.
typedef struct bl_value_type {
    bl_kind kind;
    unsigned depth;   ///< 0: one an event; 1: a list an event; …
    bool may_miss;    ///< elements may be missing
    bool is_constant; ///< the same for all events
} bl_value_type;

/// The elements of a value for some rows.
///
/// Level k of lists has n_k lists and offsets[k] their ends, [n_k + 1], from any number on; n_0 is
/// the number of rows, n_{k+1} the number of items in the lists of level k. A constant has one
/// element whatever the number of rows.
typedef struct bl_array {
    bl_kind kind;
    unsigned depth;
    bool is_constant;
    int64_t n_rows;
    const int32_t *offsets[BL_MOST_DEPTH];
    int64_t n; ///< elements
    const void *data;
    const uint8_t *valid; ///< [n], 0 where an element is missing; NULL: none is
} bl_array;

/// Bytes of one element.
static inline size_t bl_kind_width(bl_kind kind) { return kind == BL_KIND_BOOL ? 1 : 8; }

/// "bool", "int", "float", "text".
const char *bl_kind_text(bl_kind kind);

/// Lists at a level: n_k.
int64_t bl_array_n_lists(const bl_array *array, unsigned level);

/// True where the first `n_levels` levels of two arrays have lists of the same lengths.
/// \param ret_row the first row where they do not
bool bl_array_same_lists(const bl_array *a, const bl_array *b, unsigned n_levels, int64_t *ret_row);

#endif
