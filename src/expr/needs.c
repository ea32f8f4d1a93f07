// SPDX-License-Identifier: Apache-2.0
// Intervals that follow from comparisons.
#include "expr/needs.h"

#include <math.h>

#include "expr/syntax.h"

typedef struct collector {
    bl_need *needs; ///< [BL_MOST_NEEDS]
    size_t n;
} collector;

static bool is_call(const bl_node *node, const char *function) {
    return node->kind == BL_NODE_CALL && strcmp(node->text, function) == 0;
}

static bool is_number(const bl_node *node, double *ret_number) {
    if (is_call(node, "negative") && node->n_arguments == 1) {
        bool is = is_number(node->arguments[0], ret_number);
        *ret_number = -*ret_number;
        return is;
    }
    *ret_number = node->kind == BL_NODE_INTEGER ? (double)node->integer : node->number;
    return node->kind == BL_NODE_INTEGER || node->kind == BL_NODE_FLOAT;
}

/// `name` is less than `number`, or more where `is_more`; equal ones stay inside the interval.
static void add(collector *c, const char *name, double number, bool is_less, bool is_more) {
    if (c->n == BL_MOST_NEEDS || isnan(number))
        return;
    c->needs[c->n++] = (bl_need){.name = name,
                                 .low = is_less ? (double)-INFINITY : number,
                                 .high = is_more ? (double)INFINITY : number};
}

static void compare(collector *c, const bl_node *node) {
    const bl_node *left = node->arguments[0], *right = node->arguments[1];
    bool is_less = is_call(node, "less") || is_call(node, "less_equal");
    bool is_more = is_call(node, "greater") || is_call(node, "greater_equal");
    double number;
    if (!is_less && !is_more && !is_call(node, "equal"))
        return;
    if (left->kind == BL_NODE_NAME && is_number(right, &number))
        add(c, left->text, number, is_less, is_more);
    else if (right->kind == BL_NODE_NAME && is_number(left, &number))
        add(c, right->text, number, is_more, is_less);
}

static void collect(collector *c, const bl_node *node) {
    if (node->kind != BL_NODE_CALL || node->n_arguments != 2)
        return;
    if (!is_call(node, "and")) {
        compare(c, node);
        return;
    }
    collect(c, node->arguments[0]);
    collect(c, node->arguments[1]);
}

bl_status bl_expr_needs(bl_arena *arena, const char *text, bl_need *ret_needs, size_t *ret_n,
                        bl_error *err) {
    bl_node *node;
    collector c = {.needs = ret_needs};
    BL_TRY(bl_expr_parse(arena, text, &node, err));
    collect(&c, node);
    *ret_n = c.n;
    return BL_OK;
}
