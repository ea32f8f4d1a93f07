// SPDX-License-Identifier: Apache-2.0
/// \file
/// Steps about lists: reductions, choosing elements, sorting, joining, combining.
#ifndef BL_EXPR_LISTS_H
#define BL_EXPR_LISTS_H

#include "expr/program.h"

/// The one table of reductions: X(NAME, name, aliases, help).
#define BL_REDUCTION_TABLE(X)                                          \
    X(SUM, "sum", NULL, "the sum of a list")                           \
    X(PROD, "prod", "product", "the product of a list")                \
    X(MIN, "min", "amin", "the smallest of a list, or of some values") \
    X(MAX, "max", "amax", "the largest of a list, or of some values")  \
    X(ANY, "any", NULL, "whether any of a list is true")               \
    X(ALL, "all", NULL, "whether all of a list are true")              \
    X(COUNT, "count", NULL, "elements of a list that are not missing") \
    X(MEAN, "mean", "average", "the mean of a list")                   \
    X(VAR, "var", NULL, "the variance of a list")                      \
    X(STD, "std", NULL, "the standard deviation of a list")            \
    X(ARGMIN, "argmin", NULL, "the place of the smallest in its list") \
    X(ARGMAX, "argmax", NULL, "the place of the largest in its list")

typedef enum bl_reduction {
#define BL_REDUCTION_ENUM(id, name, aliases, help) BL_REDUCE_##id,
    BL_REDUCTION_TABLE(BL_REDUCTION_ENUM)
#undef BL_REDUCTION_ENUM
        BL_N_REDUCTIONS,
} bl_reduction;

/// Reduces the innermost lists of input 0; `integer` is the reduction.
bl_status bl_step_reduce(bl_run *run, const bl_step *step, bl_error *err);
/// How many items each list of level `integer` of input 0 has.
bl_status bl_step_num(bl_run *run, const bl_step *step, bl_error *err);
/// The place of each item in its list of the innermost level.
bl_status bl_step_local_index(bl_run *run, const bl_step *step, bl_error *err);

/// Item input 1, one number an event or a constant, of each event's list; missing where none is.
bl_status bl_step_item(bl_run *run, const bl_step *step, bl_error *err);
/// The last item of each event's list.
bl_status bl_step_last(bl_run *run, const bl_step *step, bl_error *err);
/// The items whose places are in lists, input 1; `integer` is the level that they are chosen from.
bl_status bl_step_take(bl_run *run, const bl_step *step, bl_error *err);
/// The items of level `integer` at which input 1 is true.
bl_status bl_step_filter(bl_run *run, const bl_step *step, bl_error *err);
/// Items `integer` to `integer2` of each event's list.
bl_status bl_step_slice(bl_run *run, const bl_step *step, bl_error *err);
/// Each event's list with missing items behind it, up to `integer`; `integer2`: and no more.
bl_status bl_step_pad(bl_run *run, const bl_step *step, bl_error *err);
/// Lists of lists as lists.
bl_status bl_step_flatten(bl_run *run, const bl_step *step, bl_error *err);
/// The items of both inputs' lists.
bl_status bl_step_concat(bl_run *run, const bl_step *step, bl_error *err);
/// The places of the items of the innermost lists in ascending order; `integer`: descending.
bl_status bl_step_argsort(bl_run *run, const bl_step *step, bl_error *err);

/// Of input 0, the number of the bin that each element is in: how many of the edges, in
/// `operation`, are below it or equal; `integer2`: below it.
bl_status bl_step_digitize(bl_run *run, const bl_step *step, bl_error *err);
/// The number at each place, input 0, of a table, in `operation`; missing where there is none.
bl_status bl_step_table(bl_run *run, const bl_step *step, bl_error *err);
/// Some literal numbers.
typedef struct bl_numbers {
    size_t n;
    double items[];
} bl_numbers;

/// For each item of inputs 0 and 1, its eta and phi, the place of the nearest one of inputs 2 and 3
/// that is no further than `number`; missing where there is none.
bl_status bl_step_nearest(bl_run *run, const bl_step *step, bl_error *err);
/// The sum of input 4, in the lists of inputs 2 and 3, over what is no further than `number`.
bl_status bl_step_cone_sum(bl_run *run, const bl_step *step, bl_error *err);

/// Of all choices of `integer` different items of each event's list, the place of choice
/// `integer2`.
bl_status bl_step_combination(bl_run *run, const bl_step *step, bl_error *err);
/// The items of input 0, 64 bits each and none missing, at the places that such a step, input 1,
/// has: without reading the places, which need not be there. BL_E_SHAPE where it is about other
/// lists.
bl_status bl_step_take_combination(bl_run *run, const bl_step *step, bl_error *err);
/// Of all pairs of an item of input 0 and one of input 1, the place of the first (`integer` 0) or
/// second.
bl_status bl_step_cartesian(bl_run *run, const bl_step *step, bl_error *err);

#endif
