// SPDX-License-Identifier: Apache-2.0
// Functions of single elements: kernels on values of the kinds and depths that they take, and what
// takes more than a kernel: logic, choices, what is missing.
#include "expr/elementwise.h"
#include "expr/functions.h"
#include "expr/lists.h"

static bl_kind common_kind(const bl_value *values, size_t n) {
    bl_kind kind = BL_KIND_BOOL;
    for (size_t i = 0; i < n; i++)
        kind = values[i].type.kind > kind ? values[i].type.kind : kind;
    return kind;
}

/// The kind as which a function takes its inputs.
static bl_status input_kind(const bl_checker *checker, const bl_node *node,
                            const bl_elementwise *function, const bl_value *values, size_t n,
                            bl_kind *ret_kind, bl_error *err) {
    bl_kind kind = common_kind(values, n);
    bool takes_floats = function->kernels[BL_KIND_FLOAT] != NULL;
    if (kind == BL_KIND_FLOAT && !takes_floats)
        return bl_check_error(checker, node, BL_E_TYPE, err,
                              "%s takes whole numbers or bools, and this has floats; & | ^ bind "
                              "tighter than comparisons: (a > 1) & (b < 2)",
                              function->name);
    if (function->rule == BL_RULE_FLOAT || function->rule == BL_RULE_TEST)
        kind = BL_KIND_FLOAT;
    else if (kind == BL_KIND_BOOL && !function->kernels[BL_KIND_BOOL])
        kind = BL_KIND_INT;
    *ret_kind = kind;
    return BL_OK;
}

/// The step that chose a value's elements for combinations of them, or NULL.
static const bl_step *choice_of(const bl_program *program, const bl_value *value) {
    const bl_step *take = &program->steps[value->step];
    if (take->run != bl_step_take)
        return NULL;
    const bl_step *places = &program->steps[take->inputs[1]];
    bool is_of_pairs = places->run == bl_step_combination || places->run == bl_step_cartesian;
    return is_of_pairs ? take : NULL;
}

/// Whether all values but constants were chosen alike, so that a kernel may come before the choice:
/// an item is in many combinations, but computed once.
static bool is_chosen_alike(const bl_program *program, const bl_value *values, size_t n) {
    const bl_step *first = NULL;
    for (size_t i = 0; i < n; i++) {
        const bl_step *take = values[i].type.is_constant ? NULL : choice_of(program, &values[i]);
        if (!take && !values[i].type.is_constant)
            return false;
        if (take && first &&
            (take->inputs[1] != first->inputs[1] || take->integer != first->integer))
            return false;
        first = take ? take : first;
    }
    return first != NULL;
}

/// Chooses from the results of a kernel what was chosen from its inputs.
static bl_status choose_after(bl_checker *checker, bl_step *kernel, const bl_value *values,
                              size_t n, bl_value *ret_value, bl_error *err) {
    bl_value sources[BL_MOST_INPUTS], chosen[2];
    bl_step take = {0};
    for (size_t i = 0; i < n; i++) {
        sources[i] = values[i];
        if (values[i].type.is_constant)
            continue;
        take = *choice_of(checker->program, &values[i]);
        sources[i] = (bl_value){.type = checker->program->steps[take.inputs[0]].type,
                                .step = take.inputs[0]};
    }
    bl_value_type type = kernel->type;
    kernel->type.may_miss = false;
    for (size_t i = 0; i < n; i++) {
        kernel->type.may_miss = kernel->type.may_miss || sources[i].type.may_miss;
        if (!sources[i].type.is_constant)
            kernel->type.depth = sources[i].type.depth;
    }
    BL_TRY(bl_check_step(checker, kernel, sources, n, &chosen[0], err));
    chosen[1] =
        (bl_value){.type = checker->program->steps[take.inputs[1]].type, .step = take.inputs[1]};
    take.type = type;
    return bl_check_step(checker, &take, chosen, 2, ret_value, err);
}

static bl_status apply_kernel(bl_checker *checker, const bl_node *node,
                              const bl_elementwise *function, bl_value *values, size_t n,
                              bl_value *ret_value, bl_error *err) {
    bl_kind kind = BL_KIND_BOOL;
    for (size_t i = 0; i < n; i++)
        BL_TRY(bl_check_array(checker, node, &values[i], function->name, err));
    BL_TRY(input_kind(checker, node, function, values, n, &kind, err));
    for (size_t i = 0; i < n; i++)
        BL_TRY(bl_check_convert(checker, &values[i], kind, &values[i], err));
    BL_TRY(bl_check_broadcast(checker, values, n, err));
    bool is_test = function->rule == BL_RULE_COMPARE || function->rule == BL_RULE_TEST;
    bl_step step = {.run = bl_step_elementwise, .operation = function, .integer = kind};
    step.type = (bl_value_type){.kind = is_test ? BL_KIND_BOOL : kind, .is_constant = true};
    for (size_t i = 0; i < n; i++) {
        step.type.may_miss = step.type.may_miss || values[i].type.may_miss;
        step.type.is_constant = step.type.is_constant && values[i].type.is_constant;
        if (!values[i].type.is_constant)
            step.type.depth = values[i].type.depth;
    }
    if (is_chosen_alike(checker->program, values, n))
        return choose_after(checker, &step, values, n, ret_value, err);
    return bl_check_step(checker, &step, values, n, ret_value, err);
}

/// A quotient of whole numbers is missing where the divisor is 0.
static bl_status mask_zero(bl_checker *checker, const bl_node *node, const bl_value *divisor,
                           bl_value *value, bl_error *err) {
    bl_value zero, inputs[2] = {*value};
    const bl_step *literal = &checker->program->steps[divisor->step];
    if (literal->run == bl_step_literal && literal->integer != 0)
        return BL_OK;
    BL_TRY(bl_check_integer(checker, 0, &zero, err));
    const bl_value compared[] = {*divisor, zero};
    BL_TRY(bl_check_apply(checker, node, "not_equal", compared, 2, &inputs[1], err));
    BL_TRY(bl_check_broadcast(checker, inputs, 2, err));
    bl_step step = {.run = bl_step_mask, .type = value->type};
    step.type.may_miss = true;
    return bl_check_step(checker, &step, inputs, 2, value, err);
}

bl_status bl_check_elementwise(bl_checker *checker, const bl_node *node,
                               const bl_elementwise *function, const bl_value *given, size_t n,
                               bl_value *ret_value, bl_error *err) {
    bl_value values[BL_MOST_INPUTS];
    memcpy(values, given, n * sizeof *values);
    bool is_whole = n == 2 && common_kind(values, n) < BL_KIND_FLOAT;
    if (is_whole && strcmp(function->name, "power") == 0) {
        const bl_step *exponent = &checker->program->steps[values[1].step];
        if (exponent->run != bl_step_literal || exponent->integer < 0)
            BL_TRY(bl_check_convert(checker, &values[0], BL_KIND_FLOAT, &values[0], err));
    }
    BL_TRY(apply_kernel(checker, node, function, values, n, ret_value, err));
    bool divides =
        strcmp(function->name, "floor_divide") == 0 || strcmp(function->name, "remainder") == 0;
    return is_whole && divides ? mask_zero(checker, node, &given[1], ret_value, err) : BL_OK;
}

bl_status bl_check_apply(bl_checker *checker, const bl_node *node, const char *function,
                         const bl_value *values, size_t n, bl_value *ret_value, bl_error *err) {
    return bl_check_elementwise(checker, node, bl_elementwise_find(function), values, n, ret_value,
                                err);
}

// ---- logic, choices, what is missing ----

static bl_status check_logic(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                             bl_error *err) {
    bl_value values[2] = {call->values[0], call->values[1]};
    bool is_or = strstr(call->node->text, "or") != NULL;
    for (int i = 0; i < 2; i++) {
        BL_TRY(bl_check_array(checker, call->nodes[i], &values[i], call->node->text, err));
        BL_TRY(bl_check_convert(checker, &values[i], BL_KIND_BOOL, &values[i], err));
    }
    if (!values[0].type.may_miss && !values[1].type.may_miss)
        return bl_check_apply(checker, call->node, is_or ? "bit_or" : "bit_and", values, 2,
                              ret_value, err);
    BL_TRY(bl_check_broadcast(checker, values, 2, err));
    unsigned depth = values[values[0].type.is_constant ? 1 : 0].type.depth;
    bl_step step = {.run = bl_step_logic,
                    .type = {.kind = BL_KIND_BOOL, .depth = depth, .may_miss = true},
                    .integer = is_or};
    step.type.is_constant = values[0].type.is_constant && values[1].type.is_constant;
    return bl_check_step(checker, &step, values, 2, ret_value, err);
}

/// & and | of bools are logic; of whole numbers they are about bits.
static bl_status check_bits(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                            bl_error *err) {
    if (common_kind(call->values, 2) == BL_KIND_BOOL && !call->values[0].n_fields &&
        !call->values[1].n_fields)
        return check_logic(checker, call, ret_value, err);
    return bl_check_apply(checker, call->node, call->node->text, call->values, 2, ret_value, err);
}

static bl_status check_not(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                           bl_error *err) {
    bl_value value;
    BL_TRY(bl_check_array(checker, call->nodes[0], &call->values[0], "not", err));
    BL_TRY(bl_check_convert(checker, &call->values[0], BL_KIND_BOOL, &value, err));
    return bl_check_apply(checker, call->node, "invert", &value, 1, ret_value, err);
}

/// A step over values of one depth that chooses between them. \param first the first of those whose
/// kind is the result's
static bl_status choose(bl_checker *checker, bl_step_fn run, bl_value *values, size_t n,
                        size_t first, bl_value *ret_value, bl_error *err) {
    bl_kind kind = common_kind(values + first, n - first);
    bl_step step = {.run = run, .type = {.kind = kind, .is_constant = true}};
    for (size_t i = 0; i < n; i++) {
        if (i >= first)
            BL_TRY(bl_check_convert(checker, &values[i], kind, &values[i], err));
        step.type.may_miss = step.type.may_miss || values[i].type.may_miss;
    }
    BL_TRY(bl_check_broadcast(checker, values, n, err));
    for (size_t i = 0; i < n; i++) {
        step.type.is_constant = step.type.is_constant && values[i].type.is_constant;
        if (!values[i].type.is_constant)
            step.type.depth = values[i].type.depth;
    }
    if (run == bl_step_fill)
        step.type.may_miss = values[1].type.may_miss;
    return bl_check_step(checker, &step, values, n, ret_value, err);
}

static bl_status check_where(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                             bl_error *err) {
    bl_value values[3];
    for (int i = 0; i < 3; i++) {
        BL_TRY(bl_check_array(checker, call->nodes[i], &call->values[i], "where", err));
        values[i] = call->values[i];
    }
    BL_TRY(bl_check_convert(checker, &values[0], BL_KIND_BOOL, &values[0], err));
    return choose(checker, bl_step_where, values, 3, 1, ret_value, err);
}

static bl_status check_fill(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                            bl_error *err) {
    bl_value values[2];
    for (int i = 0; i < 2; i++) {
        BL_TRY(bl_check_array(checker, call->nodes[i], &call->values[i], "fill_none", err));
        values[i] = call->values[i];
    }
    return choose(checker, bl_step_fill, values, 2, 0, ret_value, err);
}

static bl_status check_mask(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                            bl_error *err) {
    bl_value values[2] = {call->values[0]};
    for (int i = 0; i < 2; i++)
        BL_TRY(bl_check_array(checker, call->nodes[i], &call->values[i], "mask", err));
    BL_TRY(bl_check_convert(checker, &call->values[1], BL_KIND_BOOL, &values[1], err));
    bl_step step = {.run = bl_step_mask};
    BL_TRY(bl_check_broadcast(checker, values, 2, err));
    step.type = values[0].type;
    step.type.may_miss = true;
    step.type.depth = values[values[0].type.is_constant ? 1 : 0].type.depth;
    step.type.is_constant = values[0].type.is_constant && values[1].type.is_constant;
    return bl_check_step(checker, &step, values, 2, ret_value, err);
}

static bl_status check_is_none(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                               bl_error *err) {
    BL_TRY(bl_check_array(checker, call->nodes[0], &call->values[0], "is_none", err));
    bl_step step = {.run = bl_step_is_missing, .type = call->values[0].type};
    step.type.kind = BL_KIND_BOOL;
    step.type.may_miss = false;
    return bl_check_step(checker, &step, call->values, 1, ret_value, err);
}

static bl_status check_nan_to_num(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                                  bl_error *err) {
    bl_value values[3];
    values[2] = call->values[0];
    const bl_node *nan = bl_call_keyword(call, "nan");
    BL_TRY(bl_check_apply(checker, call->node, "isnan", call->values, 1, &values[0], err));
    if (nan)
        BL_TRY(bl_check_node(checker, nan, &values[1], err));
    else
        BL_TRY(bl_check_integer(checker, 0, &values[1], err));
    return choose(checker, bl_step_where, values, 3, 1, ret_value, err);
}

static bl_status check_convert(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                               bl_error *err) {
    bl_kind kind = call->node->text[0] == 'f'   ? BL_KIND_FLOAT
                   : call->node->text[0] == 'i' ? BL_KIND_INT
                                                : BL_KIND_BOOL;
    BL_TRY(bl_check_array(checker, call->nodes[0], &call->values[0], call->node->text, err));
    return bl_check_convert(checker, &call->values[0], kind, ret_value, err);
}

const bl_function bl_element_functions[] = {
    {"and", "logical_and", 2, 2, check_logic, "a, b", "a and b"},
    {"or", "logical_or", 2, 2, check_logic, "a, b", "a or b"},
    {"bit_and", "bitwise_and", 2, 2, check_bits, "a, b", "a & b"},
    {"bit_or", "bitwise_or", 2, 2, check_bits, "a, b", "a | b"},
    {"not", "logical_not", 1, 1, check_not, "a", "not a"},
    {"where", NULL, 3, 3, check_where, "c, a, b", "a where c is true, else b"},
    {"fill_none", NULL, 2, 2, check_fill, "a, b", "a, and b where a is missing"},
    {"mask", NULL, 2, 2, check_mask, "a, c", "a, missing where c is not true"},
    {"is_none", NULL, 1, 1, check_is_none, "a", "whether it is missing"},
    {"nan_to_num", NULL, 1, 1, check_nan_to_num, "a, nan=0", "a, and 0 where it is NaN"},
    {"float", "double float64", 1, 1, check_convert, "a", "as a float"},
    {"int", "int64", 1, 1, check_convert, "a", "without its fraction, as an int"},
    {"bool", NULL, 1, 1, check_convert, "a", "whether it is not 0"},
    {NULL, NULL, 0, 0, NULL, NULL, NULL},
};
