// SPDX-License-Identifier: Apache-2.0
/// \file
/// Branches being written: which branches hold the columns of a table, and rows of columns as the
/// bytes of their entries. The counterpart of layout.h and decode.h.
#ifndef BL_FORMATS_TTREE_WRITE_BRANCH_H
#define BL_FORMATS_TTREE_WRITE_BRANCH_H

#include <beamline/output.h>

#include "base/arena.h"
#include "base/names.h"
#include "column/column.h"
#include "formats/root/streamer.h"

typedef enum bl_write_kind {
    BL_WRITE_FLAT,    ///< so many numbers each row
    BL_WRITE_JAGGED,  ///< numbers, counted by another branch
    BL_WRITE_COUNTER, ///< how many items the lists of a column have
    BL_WRITE_STRING,  ///< a string without further header
    BL_WRITE_VECTOR,  ///< a vector, streamed with a header
    BL_WRITE_SAME,    ///< as jagged, and all items are the same number
} bl_write_kind;

enum { BL_WRITE_MAX_LEVELS = 16 };

/// How a type of column is spelled in ROOT.
typedef struct bl_write_spelling {
    const char *leaf_class;
    const char *cpp_name;
    char letter; ///< in a leaf list
    uint8_t width;
    bool is_unsigned;
} bl_write_spelling;

/// What a branch holds and where in its column that is.
typedef struct bl_write_shape {
    bl_write_kind kind;
    bl_type_id item; ///< of numbers or strings
    uint32_t same;   ///< of BL_WRITE_SAME: each item
    int64_t n_fixed; ///< numbers a row or a list item
    size_t n_dims;   ///< of them
    int64_t dims[BL_WRITE_MAX_LEVELS];
    size_t n_lists; ///< around strings and numbers
    size_t column;
    size_t n_steps;
    uint32_t steps[BL_WRITE_MAX_LEVELS]; ///< which member of each struct on the way
} bl_write_shape;

typedef struct bl_write_branch {
    const char *name;
    const char *title;      ///< NULL: none of the author's
    const char *class_name; ///< of a TBranchElement; NULL: a plain branch
    bl_write_shape shape;
    const bl_root_class *clones;   ///< of a TClonesArray: the class of its objects
    const bl_root_class *of_class; ///< of a member of a TClonesArray, which is its counter: the
                                   ///< class that has it; NULL: no such member
    int element;                   ///< and which of the class's elements it is
    const char *counter_name;      ///< of the branch that counts this one; NULL: none
    size_t counter;                ///< its index, or SIZE_MAX
    bool is_counter;               ///< counts others
    int64_t most; ///< of a counter: the greatest value so far; of strings: the most bytes
} bl_write_branch;

/// The branches of a table.
typedef struct bl_write_plan {
    size_t n_branches, capacity;
    bl_write_branch *branches; ///< [n_branches]; names in the arena
    bl_name_map by_name;
} bl_write_plan;

/// Finds the branches for columns. \param plan zeroed; released also after a failure
/// \return BL_OK, BL_E_TYPE (names the column and its type), BL_E_INVALID (a counter that is none),
/// BL_E_EXISTS (a branch of that name is needed for something else), BL_E_NOMEM
bl_status bl_write_plan_make(bl_context *context, bl_arena *arena, const bl_column_spec *columns,
                             size_t n_columns, bl_write_plan *plan, bl_error *err);
void bl_write_plan_release(bl_context *context, bl_write_plan *plan);

const bl_write_spelling *bl_write_spelling_of(bl_type_id id);

/// A column's lists and values, found for one branch in one batch. Borrows from the batch.
typedef struct bl_write_view {
    size_t n_levels;
    struct {
        const void *offsets; ///< NULL: a fixed list
        bool wide;           ///< 64-bit offsets
    } levels[BL_WRITE_MAX_LEVELS];
    const bl_column *leaf;
} bl_write_view;

void bl_write_view_find(const bl_write_shape *shape, const bl_column *column, bl_write_view *view);
/// Offset `i` of a level of lists.
static inline int64_t bl_write_offset(const bl_write_view *view, size_t level, int64_t i) {
    const void *offsets = view->levels[level].offsets;
    return view->levels[level].wide ? ((const int64_t *)offsets)[i] : ((const int32_t *)offsets)[i];
}
/// Most bytes that rows [first, last) can take. The sum over parts is the value of the whole.
uint64_t bl_write_bound(const bl_write_shape *shape, const bl_write_view *view, int64_t first,
                        int64_t last);
/// True where all rows take the same number of bytes, so that baskets hold no positions.
static inline bool bl_write_is_fixed(const bl_write_shape *shape) {
    return shape->kind == BL_WRITE_FLAT || shape->kind == BL_WRITE_COUNTER;
}
/// Bytes of a row where all take the same, else 0.
size_t bl_write_fixed_bytes(const bl_write_shape *shape);
/// Writes rows [first, last). \param out room for their bound
/// \param ends [last − first] where each row ends, counted from `base`; not for rows of fixed size
/// \return the bytes written
size_t bl_write_rows(const bl_write_shape *shape, const bl_write_view *view, int64_t first,
                     int64_t last, uint8_t *out, uint32_t *ends, uint32_t base);
/// How many items row `row` of a list has, bytes of a string, or the value of an integer.
int64_t bl_write_count(const bl_write_shape *shape, const bl_write_view *view, int64_t row);

/// The greatest bl_write_count of rows [0, n_rows), at least 0.
int64_t bl_write_most(const bl_write_shape *shape, const bl_write_view *view, int64_t n_rows);
/// The first row whose list is not as long as its counter says; n_rows where all are.
int64_t bl_write_first_difference(const bl_write_shape *shape, const bl_write_view *view,
                                  const bl_write_shape *counter, const bl_write_view *counted,
                                  int64_t n_rows);

#endif
