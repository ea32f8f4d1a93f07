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

/// The places from which all values but constants are taken, if they are those of combinations:
/// f(x[places]) is f(x)[places] then, and f is computed once for each item and not once for each
/// combination. \param ret_places a step \return false: it is not so
static bool has_common_places(const bl_checker *checker, const bl_value *values, size_t n,
                              uint32_t *ret_places) {
    const uint32_t *places = NULL;
    for (size_t i = 0; i < n; i++) {
        const bl_step *step = &checker->program->steps[values[i].step];
        if (values[i].type.is_constant)
            continue;
        bool is_taken = step->run == bl_step_take || step->run == bl_step_take_combination;
        if (!is_taken || (places && *places != step->inputs[1]))
            return false;
        places = &step->inputs[1];
    }
    if (!places)
        return false;
    *ret_places = *places;
    bl_step_fn makes = checker->program->steps[*places].run;
    return makes == bl_step_combination || makes == bl_step_cartesian;
}

static bl_status apply_kernel(bl_checker *checker, const bl_node *node,
                              const bl_elementwise *function, bl_value *values, size_t n,
                              bl_value *ret_value, bl_error *err);

static bl_status apply_before_taking(bl_checker *checker, const bl_node *node,
                                     const bl_elementwise *function, bl_value *values, size_t n,
                                     uint32_t places, bl_value *ret_value, bl_error *err) {
    bl_value result, index = {.type = checker->program->steps[places].type, .step = places};
    for (size_t i = 0; i < n; i++) {
        if (values[i].type.is_constant)
            continue;
        uint32_t source = checker->program->steps[values[i].step].inputs[0];
        values[i] = (bl_value){.type = checker->program->steps[source].type, .step = source};
    }
    BL_TRY(apply_kernel(checker, node, function, values, n, &result, err));
    return bl_check_take(checker, node, &result, &index, false, ret_value, err);
}

static bl_status apply_kernel(bl_checker *checker, const bl_node *node,
                              const bl_elementwise *function, bl_value *values, size_t n,
                              bl_value *ret_value, bl_error *err) {
    bl_kind kind = BL_KIND_BOOL;
    for (size_t i = 0; i < n; i++)
        BL_TRY(bl_check_array(checker, node, &values[i], function->name, err));
    uint32_t places;
    if (has_common_places(checker, values, n, &places))
        return apply_before_taking(checker, node, function, values, n, places, ret_value, err);
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
