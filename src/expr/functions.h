// SPDX-License-Identifier: Apache-2.0
/// \file
/// Functions that are more than a kernel on elements: the table of them, and its parts by subject.
#ifndef BL_EXPR_FUNCTIONS_H
#define BL_EXPR_FUNCTIONS_H

#include "expr/check.h"
#include "expr/elementwise.h"

/// A call whose positional arguments are checked already.
typedef struct bl_call {
    const bl_node *node;
    size_t n;
    bl_value values[BL_MOST_INPUTS];
    const bl_node *nodes[BL_MOST_INPUTS]; ///< of the values
    int64_t axis;                         ///< INT64_MIN: not given
} bl_call;

typedef struct bl_function {
    const char *name;
    const char *aliases;  ///< separated by spaces; NULL: none
    unsigned least, most; ///< positional arguments
    bl_status (*check)(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                       bl_error *err);
    const char *parameters, *help;
} bl_function;

extern const bl_function bl_element_functions[]; ///< in element_functions.c
extern const bl_function bl_list_functions[];    ///< in list_functions.c; ends with a NULL name
extern const bl_function bl_event_functions[];   ///< in kinematics.c
extern const bl_function bl_binning_functions[]; ///< in binning.c

/// A keyword argument of a call, or NULL.
const bl_node *bl_call_keyword(const bl_call *call, const char *name);
/// The value of a keyword that is True or False. \param ret_given stays where it is not given
bl_status bl_call_flag(bl_checker *checker, const bl_call *call, const char *name, bool *ret_given,
                       bl_error *err);
/// A literal that is not negative.
bl_status bl_check_literal(const bl_checker *checker, const bl_node *node, int64_t *ret_integer,
                           bl_error *err);
/// Calls a kernel on values of any kinds and depths.
bl_status bl_check_elementwise(bl_checker *checker, const bl_node *node,
                               const bl_elementwise *function, const bl_value *values, size_t n,
                               bl_value *ret_value, bl_error *err);
/// A record of values, whose names and values are copied into the arena.
bl_status bl_record_new(bl_checker *checker, const char *const *names, const bl_value *fields,
                        size_t n, bl_value *ret_value, bl_error *err);

#endif
