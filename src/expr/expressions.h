// SPDX-License-Identifier: Apache-2.0
/// \file
/// Named expressions, for the wings above.
#ifndef BL_EXPR_EXPRESSIONS_H
#define BL_EXPR_EXPRESSIONS_H

#include <beamline/expression.h>

#include "base/error.h"

BL_DEFINE_AUTO(bl_expressions, bl_expressions_free);

/// What columns are called that expressions name.
typedef struct bl_name_rule {
    bl_status (*apply)(const void *self, const char *name, const char **ret_name, bl_error *err);
    const void *self;
} bl_name_rule;

/// As bl_expressions_new, but only the first `n_results` expressions are computed; the others are
/// there to be used by them, and are not looked at where they are not.
/// \param rule NULL: columns are called as they are
bl_status bl_expressions_new_some(bl_context *context, bl_table *table, const bl_named_text *texts,
                                  size_t n, size_t n_results, const bl_name_rule *rule,
                                  bl_expressions **ret_expressions, bl_error *err);
/// Whether experiments write a branch of that name for simulated events only: what the generator
/// did, and the number of collisions that were overlaid.
bool bl_is_of_simulation(const char *name);

/// A function as help shows it. Static texts.
typedef struct bl_function_info {
    const char *name;
    const char *aliases;    ///< separated by spaces; NULL: none
    const char *parameters; ///< "x, n, clip=False"
    const char *help;
} bl_function_info;

/// Function `i` of the language. \return false past the last
bool bl_function_at(size_t i, bl_function_info *ret_info);

/// The type of result `i`; borrows.
const bl_type *bl_expressions_type(const bl_expressions *expressions, size_t i);

#endif
