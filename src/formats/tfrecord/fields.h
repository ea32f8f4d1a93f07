// SPDX-License-Identifier: Apache-2.0
/// \file
/// Which features hold the columns of a table that is written, and where a feature's values lie in
/// a batch.
///
/// A number or text is a feature of one value, a list of them one of many; a fixed-size list counts
/// as its items. A list of lists is a feature list, a step each; a table that has one is written as
/// tf.train.SequenceExample, with all other columns in the context. Members of structs are features
/// of their own, "name.member". A null makes its feature missing; a list that is null inside a list
/// makes a step that holds nothing; a value that is null inside a list cannot be written.
#ifndef BL_FORMATS_TFRECORD_FIELDS_H
#define BL_FORMATS_TFRECORD_FIELDS_H

#include "base/arena.h"
#include "column/writer.h"
#include "formats/tfrecord/example.h"

enum { BL_TF_MOST_LEVELS = 2, BL_TF_MOST_NODES = 24, BL_TF_MOST_PREFIX = 128 };
#define BL_TF_MOST_RECORD_NAME ((size_t)1 << 20)

/// A feature being written.
typedef struct bl_tf_field {
    const char *name;
    size_t column;                      ///< of the table
    size_t n_nodes;                     ///< types from the column's down to the values'
    uint32_t members[BL_TF_MOST_NODES]; ///< the child that each goes on with
    bool is_by_steps;  ///< the second list is none of the type's: each value is a step
    unsigned n_levels; ///< lists around a value, but for the innermost fixed-size ones
    int64_t n_fixed;   ///< values of those
    bool is_scalar;    ///< exactly one number in each row
    bl_tf_kind kind;
    bl_type_id item; ///< of the values in the batch
    size_t key_size;
    const uint8_t *key; ///< [key_size] the entry's key, with tag and length
    /// Of a scalar: all that is in front of a value of four bytes, with tag and length of the
    /// entry; the lengths in it, which other sizes change. 0 bytes: lengths take more than one
    /// each.
    size_t prefix_size;
    uint8_t prefix[BL_TF_MOST_PREFIX];
    uint8_t lengths[4]; ///< places of the lengths of entry, feature, list and packed field
} bl_tf_field;

typedef struct bl_tf_fields {
    size_t n, capacity;
    bl_tf_field *items; ///< [n]; the context's by name, then the feature lists' by name; owns
    size_t n_context;
} bl_tf_fields;

/// \param columns [n_columns] one that was a feature list with one value a step becomes one again
/// \param arena keeps what is made
/// \return BL_OK, BL_E_TYPE (names the column), BL_E_INVALID (two features of one name), BL_E_NOMEM
bl_status bl_tf_fields_make(bl_context *context, bl_arena *arena, const bl_column_spec *columns,
                            size_t n_columns, bl_tf_fields *ret_fields, bl_error *err);
void bl_tf_fields_release(bl_context *context, bl_tf_fields *fields);

/// Where something may be null: node `column`, of which `scale` belong to each item of its stage.
typedef struct bl_tf_nulls {
    const uint8_t *validity;
    int64_t scale;
} bl_tf_nulls;

/// A feature's values in a batch.
typedef struct bl_tf_view {
    struct bl_tf_level {
        const void *offsets; ///< NULL: fixed
        bool is_wide;
        int64_t n_fixed;
    } levels[BL_TF_MOST_LEVELS];
    /// Nodes with nulls: [0] those of a row, [1] of a step, [2] of a value.
    size_t n_nulls[3];
    bl_tf_nulls nulls[3][BL_TF_MOST_NODES];
    const bl_column *leaf;
} bl_tf_view;

void bl_tf_view_find(const bl_tf_field *field, const bl_batch *batch, bl_tf_view *ret_view);

/// The first item of list `i`.
static inline int64_t bl_tf_view_offset(const bl_tf_view *view, unsigned level, int64_t i) {
    const struct bl_tf_level *l = &view->levels[level];
    if (!l->offsets)
        return i * l->n_fixed;
    return l->is_wide ? ((const int64_t *)l->offsets)[i] : ((const int32_t *)l->offsets)[i];
}

/// True where an item in [first, last) of a stage is null.
static inline bool bl_tf_view_has_null(const bl_tf_view *view, unsigned stage, int64_t first,
                                       int64_t last) {
    for (size_t k = 0; k < view->n_nulls[stage]; k++) {
        const bl_tf_nulls *nulls = &view->nulls[stage][k];
        for (int64_t i = first * nulls->scale; i < last * nulls->scale; i++)
            if (!(nulls->validity[i / 8] >> (i % 8) & 1))
                return true;
    }
    return false;
}

#endif
