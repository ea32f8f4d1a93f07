// SPDX-License-Identifier: Apache-2.0
// Calls: which function a name is, its arguments, and the functions of single elements that take
// more than a kernel.
#include "expr/functions.h"

#include <stdint.h>

#include "base/names.h"
#include "expr/elementwise.h"
#include "expr/lists.h"

// ---- functions of single elements ----

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

static bl_status apply_elementwise(bl_checker *checker, const bl_node *node,
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
    return apply_elementwise(checker, node, bl_elementwise_find(function), values, n, ret_value,
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

static const bl_function element_functions[] = {
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

static const bl_function *const all_functions[] = {element_functions, bl_list_functions,
                                                   bl_event_functions, bl_binning_functions};

// ---- calls ----

static const bl_function *find_function(const char *name) {
    for (size_t k = 0; k < sizeof all_functions / sizeof *all_functions; k++)
        for (const bl_function *f = all_functions[k]; f->name; f++)
            if (bl_function_is(f->name, f->aliases, name))
                return f;
    return NULL;
}

static bl_status no_function(const bl_checker *checker, const bl_node *node, bl_error *err) {
    bl_nearest nearest;
    bl_error hint = {0};
    bl_nearest_init(&nearest, node->text);
    for (size_t k = 0; k < sizeof all_functions / sizeof *all_functions; k++)
        for (const bl_function *f = all_functions[k]; f->name; f++)
            bl_nearest_offer(&nearest, f->name);
    for (size_t i = 0; i < bl_n_elementwise; i++)
        bl_nearest_offer(&nearest, bl_elementwise_table[i].name);
    (void)bl_error_set(&hint, BL_E_NOTFOUND, "there is no function '%s'", node->text);
    (void)bl_nearest_hint(&nearest, BL_E_NOTFOUND, &hint);
    return bl_check_error(checker, node, BL_E_NOTFOUND, err, "%s", hint.message);
}

const bl_node *bl_call_keyword(const bl_call *call, const char *name) {
    for (size_t i = 0; i < call->node->n_arguments; i++)
        if (call->node->keywords[i] && strcmp(call->node->keywords[i], name) == 0)
            return call->node->arguments[i];
    return NULL;
}

bl_status bl_call_flag(bl_checker *checker, const bl_call *call, const char *name, bool *ret_given,
                       bl_error *err) {
    const bl_node *node = bl_call_keyword(call, name);
    if (node && node->kind != BL_NODE_BOOL)
        return bl_check_error(checker, node, BL_E_INVALID, err, "%s is True or False", name);
    if (node)
        *ret_given = node->integer != 0;
    return BL_OK;
}

bl_status bl_call_literal(bl_checker *checker, const bl_call *call, size_t i, int64_t *ret_integer,
                          bl_error *err) {
    if (bl_node_integer(call->nodes[i], ret_integer) && *ret_integer >= 0)
        return BL_OK;
    return bl_check_error(checker, call->nodes[i], BL_E_INVALID, err,
                          "this is a literal that is not negative");
}

static bl_status check_count(const bl_checker *checker, const bl_node *node, size_t n,
                             unsigned least, unsigned most, bl_error *err) {
    if (n >= least && n <= most)
        return BL_OK;
    if (least == most)
        return bl_check_error(checker, node, BL_E_INVALID, err, "%s takes %u value%s, not %zu",
                              node->text, least, least == 1 ? "" : "s", n);
    return bl_check_error(checker, node, BL_E_INVALID, err, "%s takes %u to %u values, not %zu",
                          node->text, least, most, n);
}

/// Keywords that every function may be given, or the ones that some know.
static bl_status check_keyword(const bl_checker *checker, const bl_node *node, const char *keyword,
                               bl_error *err) {
    static const char *const known[] = {"axis",  "ascending", "clip",          "nan",
                                        "right", "value",     "mask_identity", "keepdims",
                                        "n",     "fields",    "replacement"};
    bl_nearest nearest;
    bl_error hint = {0};
    bl_nearest_init(&nearest, keyword);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(keyword, known[i]) == 0)
            return BL_OK;
        bl_nearest_offer(&nearest, known[i]);
    }
    (void)bl_error_set(&hint, BL_E_INVALID, "no function takes '%s'", keyword);
    (void)bl_nearest_hint(&nearest, BL_E_INVALID, &hint);
    return bl_check_error(checker, node, BL_E_INVALID, err, "%s", hint.message);
}

static bl_status check_axis(const bl_checker *checker, const bl_node *node, bl_call *call,
                            bl_error *err) {
    if (!bl_node_integer(node, &call->axis))
        return bl_check_error(checker, node, BL_E_INVALID, err, "an axis is a literal");
    if (call->axis == 0)
        return bl_check_error(checker, node, BL_E_UNSUPPORTED, err,
                              "axis 0 are the events, and an expression is about one of them");
    return BL_OK;
}

/// Positional arguments are checked, and the items of a list as if they stood alone; the record
/// functions take keywords as fields.
static bl_status check_arguments(bl_checker *checker, const bl_node *node, bool takes_fields,
                                 bl_call *call, bl_error *err) {
    for (size_t i = 0; i < node->n_arguments; i++) {
        const bl_node *argument = node->arguments[i];
        if (node->keywords[i] && strcmp(node->keywords[i], "axis") == 0) {
            BL_TRY(check_axis(checker, argument, call, err));
            continue;
        }
        if (node->keywords[i]) {
            if (!takes_fields)
                BL_TRY(check_keyword(checker, argument, node->keywords[i], err));
            continue;
        }
        if (call->n == BL_MOST_INPUTS)
            return bl_check_error(checker, argument, BL_E_LIMIT, err, "more than %d values",
                                  BL_MOST_INPUTS);
        call->nodes[call->n] = argument;
        if (argument->kind == BL_NODE_LIST) // which the functions that take one read themselves
            call->values[call->n].type.kind = BL_KIND_TEXT;
        else
            BL_TRY(bl_check_node(checker, argument, &call->values[call->n], err));
        call->n++;
    }
    return BL_OK;
}

static bl_status call_elementwise(bl_checker *checker, const bl_call *call,
                                  const bl_elementwise *function, bl_value *ret_value,
                                  bl_error *err) {
    BL_TRY(check_count(checker, call->node, call->n, function->n_inputs, function->n_inputs, err));
    return apply_elementwise(checker, call->node, function, call->values, call->n, ret_value, err);
}

bl_status bl_check_call(bl_checker *checker, const bl_node *node, bl_value *ret_value,
                        bl_error *err) {
    const bl_function *function = find_function(node->text);
    const bl_elementwise *elementwise = function ? NULL : bl_elementwise_find(node->text);
    bl_call call = {.node = node, .axis = INT64_MIN};
    if (!function && !elementwise)
        return no_function(checker, node, err);
    bool takes_fields = function && strcmp(function->name, "zip") == 0;
    BL_TRY(check_arguments(checker, node, takes_fields, &call, err));
    if (elementwise)
        return call_elementwise(checker, &call, elementwise, ret_value, err);
    BL_TRY(check_count(checker, node, call.n, function->least, function->most, err));
    return function->check(checker, &call, ret_value, err);
}

bl_status bl_record_new(bl_checker *checker, const char *const *names, const bl_value *fields,
                        size_t n, bl_value *ret_value, bl_error *err) {
    bl_arena *arena = checker->program->arena;
    bl_value record = {.n_fields = n};
    record.names = (const char **)bl_arena_array(arena, n, sizeof *record.names);
    record.fields = (bl_value *)bl_arena_array(arena, n, sizeof *record.fields);
    if (!record.names || !record.fields)
        return bl_error_nomem(err, n * sizeof *record.fields, "a compiled expression");
    memcpy(record.names, names, n * sizeof *names);
    memcpy(record.fields, fields, n * sizeof *fields);
    *ret_value = record;
    return BL_OK;
}
