// SPDX-License-Identifier: Apache-2.0
/// \file
/// Expressions as trees. There are few kinds of nodes: an operator is a call of the function that
/// does its work, a method call that of the function with the object in front, a chain of
/// comparisons is their conjunction.
#ifndef BL_EXPR_SYNTAX_H
#define BL_EXPR_SYNTAX_H

#include "expr/token.h"

typedef enum bl_node_kind {
    BL_NODE_INTEGER,
    BL_NODE_FLOAT,
    BL_NODE_BOOL, ///< `integer` is 0 or 1
    BL_NODE_NONE,
    BL_NODE_TEXT,
    BL_NODE_NAME,  ///< a column or variable: "Jet.PT"
    BL_NODE_CALL,  ///< `text` is the function's name
    BL_NODE_INDEX, ///< arguments: what is indexed, then the subscripts
    BL_NODE_SLICE, ///< arguments: start, stop, step; NULL where left out
    BL_NODE_LIST,  ///< arguments: the items
} bl_node_kind;

typedef struct bl_node {
    bl_node_kind kind;
    uint32_t begin, end; ///< bytes of the text that it was read from
    const char *text;    ///< of a name, text or call
    int64_t integer;
    double number;
    size_t n_arguments;
    struct bl_node **arguments;
    const char **keywords; ///< of a call: [n_arguments], NULL for positional ones
} bl_node;

enum {
    BL_EXPR_MOST_BYTES = 1 << 16,
    BL_EXPR_MOST_NODES = 10000,
    BL_EXPR_MOST_DEPTH = 200,
};

/// Reads an expression. \param arena owns the tree \param text borrows as long as the tree is used
/// \return BL_OK, BL_E_INVALID (with the place marked), BL_E_LIMIT, BL_E_NOMEM
bl_status bl_expr_parse(bl_arena *arena, const char *text, bl_node **ret_node, bl_error *err);

/// Writes a tree as nested calls, `and(less(Jet.PT, 3), x)`, as snprintf does.
size_t bl_node_format(const bl_node *node, char *buffer, size_t size);

#endif
