// SPDX-License-Identifier: Apache-2.0
/// \file
/// Functions of single elements: the kernels and the one table of them.
#ifndef BL_EXPR_ELEMENTWISE_H
#define BL_EXPR_ELEMENTWISE_H

#include "expr/program.h"

/// \param in [number of inputs]: [n] each, or one element where its bit in `constants` is set
typedef void (*bl_kernel)(const void *const *in, unsigned constants, void *out, size_t n);

/// Which kinds a function takes and gives.
typedef enum bl_rule {
    BL_RULE_FLOAT,   ///< floats, as which ints are taken → float
    BL_RULE_NUMBER,  ///< ints, or floats where one is → the same
    BL_RULE_COMPARE, ///< as BL_RULE_NUMBER, or all bools → bool
    BL_RULE_TEST,    ///< floats → bool
    BL_RULE_BITS,    ///< bools, or ints where one is → the same
    BL_RULE_INT,     ///< ints → int
} bl_rule;

typedef struct bl_elementwise {
    const char *name;
    const char *aliases; ///< "abs fabs": other names, separated by spaces; NULL: none
    bl_rule rule;
    unsigned n_inputs;
    bl_kernel kernels[3]; ///< by the kind of the inputs; NULL where the rule has none
    const char *help;     ///< what it gives, in a few words
} bl_elementwise;

extern const bl_elementwise bl_elementwise_table[];
extern const size_t bl_n_elementwise;
/// Whether a function is called `wanted`. \param aliases its other names, separated by spaces, or
/// NULL
bool bl_function_is(const char *name, const char *aliases, const char *wanted);
/// By its name or an alias; NULL: there is none.
const bl_elementwise *bl_elementwise_find(const char *name);

/// `operation` is the bl_elementwise, `integer` the kind of the inputs. All inputs but constants
/// have the lists of the step.
bl_status bl_step_elementwise(bl_run *run, const bl_step *step, bl_error *err);
/// Another kind of number.
bl_status bl_step_convert(bl_run *run, const bl_step *step, bl_error *err);
/// Input 0 repeated for the elements of input 1, whose depth is larger.
bl_status bl_step_broadcast(bl_run *run, const bl_step *step, bl_error *err);
/// `and` and `or` of bools that may be missing; `integer` is 1 for `or`.
bl_status bl_step_logic(bl_run *run, const bl_step *step, bl_error *err);
/// Input 1 where input 0 is true, else input 2.
bl_status bl_step_where(bl_run *run, const bl_step *step, bl_error *err);
/// Input 0 where input 1 is true, else missing.
bl_status bl_step_mask(bl_run *run, const bl_step *step, bl_error *err);
/// Input 0, and where it is missing input 1.
bl_status bl_step_fill(bl_run *run, const bl_step *step, bl_error *err);
/// True where input 0 is missing.
bl_status bl_step_is_missing(bl_run *run, const bl_step *step, bl_error *err);

/// Checks that the inputs which are no constants have the same lists. \param ret_like one of them;
/// the first input where all are constants
bl_status bl_run_same_lists(const bl_run *run, const bl_step *step, const bl_array **ret_like,
                            bl_error *err);

#endif
