// SPDX-License-Identifier: Apache-2.0
// Calls: which function a name is, and its arguments.
#include "expr/functions.h"

#include <stdint.h>

#include "base/names.h"
#include "expr/elementwise.h"
#include "expr/expressions.h"

static const bl_function *const all_functions[] = {bl_element_functions, bl_list_functions,
                                                   bl_event_functions, bl_binning_functions};

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

bool bl_function_at(size_t i, bl_function_info *ret_info) {
    static const char *const parameters[] = {"", "x", "x, y", "x, y, z"};
    for (size_t k = 0; k < sizeof all_functions / sizeof *all_functions; k++)
        for (const bl_function *f = all_functions[k]; f->name; f++, i--)
            if (i == 0)
                return *ret_info = (bl_function_info){f->name, f->aliases, f->parameters, f->help},
                       true;
    if (i >= bl_n_elementwise)
        return false;
    const bl_elementwise *e = &bl_elementwise_table[i];
    *ret_info = (bl_function_info){e->name, e->aliases, parameters[e->n_inputs], e->help};
    return true;
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

bl_status bl_check_literal(const bl_checker *checker, const bl_node *node, int64_t *ret_integer,
                           bl_error *err) {
    if (bl_node_integer(node, ret_integer) && *ret_integer >= 0)
        return BL_OK;
    return bl_check_error(checker, node, BL_E_INVALID, err,
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

/// Whether a function has an optional parameter: "x, ascending=True" has "ascending".
static bool has_option(const bl_function *function, const char *keyword) {
    size_t length = strlen(keyword);
    const char *at = function ? function->parameters : "";
    while ((at = strstr(at, keyword)) && at[length] != '=')
        at += length;
    return at != NULL;
}

static bl_status check_keyword(const bl_checker *checker, const bl_node *call,
                               const bl_node *argument, const bl_function *function,
                               const char *keyword, bl_error *err) {
    if (has_option(function, keyword))
        return BL_OK;
    return bl_check_error(checker, argument, BL_E_INVALID, err, "%s takes no '%s'; its values: %s",
                          call->text, keyword, function ? function->parameters : "only numbers");
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
static bl_status check_arguments(bl_checker *checker, const bl_node *node,
                                 const bl_function *function, bl_call *call, bl_error *err) {
    bool takes_fields = function && strcmp(function->name, "zip") == 0;
    for (size_t i = 0; i < node->n_arguments; i++) {
        const bl_node *argument = node->arguments[i];
        if (node->keywords[i] && strcmp(node->keywords[i], "axis") == 0) {
            BL_TRY(check_axis(checker, argument, call, err));
            continue;
        }
        if (node->keywords[i]) {
            if (!takes_fields)
                BL_TRY(check_keyword(checker, node, argument, function, node->keywords[i], err));
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
    return bl_check_elementwise(checker, call->node, function, call->values, call->n, ret_value,
                                err);
}

bl_status bl_check_call(bl_checker *checker, const bl_node *node, bl_value *ret_value,
                        bl_error *err) {
    const bl_function *function = find_function(node->text);
    const bl_elementwise *elementwise = function ? NULL : bl_elementwise_find(node->text);
    bl_call call = {.node = node, .axis = INT64_MIN};
    if (!function && !elementwise)
        return no_function(checker, node, err);
    BL_TRY(check_arguments(checker, node, function, &call, err));
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
