// SPDX-License-Identifier: Apache-2.0
/// \file
/// From what the records hold to columns.
///
/// A feature that has exactly one value in every record that has it is a column of such values;
/// any other is a list. Where a record lacks it the column is null, so that what is missing and
/// what is empty stay apart. A feature list is a list of steps: of values, where every step has
/// exactly one, else of lists. Floats are float32, whole numbers int64; bytes are utf8 where all
/// are UTF-8, else binary. Columns are in the order of their names.
#ifndef BL_FORMATS_TFRECORD_COLUMNS_H
#define BL_FORMATS_TFRECORD_COLUMNS_H

#include <beamline/table.h>

#include "column/type.h"
#include "formats/tfrecord/stats.h"

typedef struct bl_tf_column {
    const char *name;
    bool is_list; ///< of feature_lists
    bl_tf_stat stat;
    unsigned depth;  ///< lists around a value: 0 to 2, feature lists 1 to 2
    bl_type *type;   ///< shares; NULL: it cannot be read
    bl_type_id item; ///< of a value
    const char *unreadable;
} bl_tf_column;

typedef struct bl_tf_columns {
    bl_context *context;
    size_t n;
    bl_tf_column *items;   ///< [n]; owns
    bl_column_info *infos; ///< [n]
} bl_tf_columns;

/// Makes columns of sums. Texts live as long as the arena.
/// \param types as bl_open_options has them: "x=float64, hits=list<float32>"; NULL: none
/// \return BL_OK, BL_E_INVALID, BL_E_NOTFOUND (with the nearest names), BL_E_NOMEM
bl_status bl_tf_columns_make(bl_arena *arena, const bl_tf_stats *stats, int64_t n_rows,
                             const char *types, bl_tf_columns *ret_columns, bl_error *err);
/// NULL-safe on zeroed ones.
void bl_tf_columns_release(bl_tf_columns *columns);

/// Reads the types that a user gives and sets `depth` and `item` of the columns named.
bl_status bl_tf_types_apply(bl_tf_columns *columns, const char *types, bool *is_given,
                            bl_error *err);

#endif
