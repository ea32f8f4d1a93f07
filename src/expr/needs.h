// SPDX-License-Identifier: Apache-2.0
/// \file
/// What an expression needs to be true, as far as it compares names with numbers.
#ifndef BL_EXPR_NEEDS_H
#define BL_EXPR_NEEDS_H

#include "base/arena.h"

/// A name's value must lie between two numbers, which count too.
typedef struct bl_need {
    const char *name;
    double low, high;
} bl_need;

enum { BL_MOST_NEEDS = 16 };

/// Needs of `nJet > 3 and 20 <= MET`: each side of an `and` that compares a name with a literal.
/// The expression may need more, which is not said; where a name is no number a row, nothing
/// follows. \param ret_needs [BL_MOST_NEEDS], names in the arena \return BL_OK, and what
/// bl_expr_parse returns
bl_status bl_expr_needs(bl_arena *arena, const char *text, bl_need *ret_needs, size_t *ret_n,
                        bl_error *err);

#endif
