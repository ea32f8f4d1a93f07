// SPDX-License-Identifier: Apache-2.0
/// \file
/// From trees to steps: names are found, kinds and depths checked, values broadcast.
#ifndef BL_EXPR_CHECK_H
#define BL_EXPR_CHECK_H

#include "expr/program.h"
#include "expr/syntax.h"

/// What a tree stands for: an array that a step computes, a text, or a record of such values.
typedef struct bl_value {
    bl_value_type type;
    uint32_t step;
    const char *text; ///< of BL_KIND_TEXT; NULL: a list of literals, which its function reads
    size_t n_fields;  ///< of a record; 0: it is none
    const char **names;
    struct bl_value *fields;
} bl_value;

/// Where columns come from.
typedef struct bl_expr_source {
    /// \return BL_OK, BL_E_NOTFOUND (with the nearest names), BL_E_INVALID (several have it),
    /// BL_E_UNSUPPORTED
    bl_status (*find)(void *self, const char *name, size_t *ret_column, const bl_type **ret_type,
                      bl_error *err);
    void *self;
} bl_expr_source;

typedef enum bl_definition_state {
    BL_NOT_CHECKED,
    BL_BEING_CHECKED,
    BL_CHECKED
} bl_definition_state;

/// A variable: an expression with a name, which hides a column of that name.
typedef struct bl_definition {
    const char *name, *text;
    bl_definition_state state;
    bl_value value;
} bl_definition;

typedef struct bl_checker {
    bl_program *program;
    bl_expr_source source;
    size_t n_definitions;
    bl_definition *definitions;
    const char *text; ///< being checked
    const bl_node *node;
    unsigned depth;
    bool is_told; ///< the definition that is wrong stands in the message already
} bl_checker;

/// Checks an expression and adds its steps to the program.
/// \return BL_OK, BL_E_INVALID, BL_E_TYPE, BL_E_SHAPE, BL_E_NOTFOUND, BL_E_LIMIT, BL_E_NOMEM
bl_status bl_check_text(bl_checker *checker, const char *text, bl_value *ret_value, bl_error *err);
/// Checks a definition, and those that it needs before it. BL_E_INVALID where it needs itself.
bl_status bl_check_definition(bl_checker *checker, size_t i, bl_error *err);

// For functions.

bl_status bl_check_node(bl_checker *checker, const bl_node *node, bl_value *ret_value,
                        bl_error *err);
/// An error about a node, marked in the text; returns `status`.
bl_status bl_check_error(const bl_checker *checker, const bl_node *node, bl_status status,
                         bl_error *err, const char *format, ...) BL_PRINTF(5, 6);
#ifndef BL_EXPR_CHECK_C // as in base/error.h
#define bl_check_error(checker, node, status, err, ...)                             \
    __extension__({                                                                 \
        bl_status check_status_ = (status);                                         \
        (void)bl_check_error((checker), (node), check_status_, (err), __VA_ARGS__); \
        check_status_;                                                              \
    })
#endif
/// BL_E_TYPE unless a value is an array. \param what it is needed for
bl_status bl_check_array(const bl_checker *checker, const bl_node *node, const bl_value *value,
                         const char *what, bl_error *err);
/// BL_E_SHAPE unless it has lists.
bl_status bl_check_list(const bl_checker *checker, const bl_node *node, const bl_value *value,
                        const char *what, bl_error *err);
/// The number that a literal is. \return false: the node is none
bool bl_node_integer(const bl_node *node, int64_t *ret_integer);
/// As another kind; conversions of constants too.
bl_status bl_check_convert(bl_checker *checker, const bl_value *from, bl_kind kind,
                           bl_value *ret_value, bl_error *err);
/// Gives values the depth of the deepest. \param values [n], changed
bl_status bl_check_broadcast(bl_checker *checker, bl_value *values, size_t n, bl_error *err);
/// Adds a step over inputs. \param step its type, run, and what else it needs; inputs filled in
/// here
bl_status bl_check_step(bl_checker *checker, bl_step *step, const bl_value *inputs, size_t n,
                        bl_value *ret_value, bl_error *err);
/// Calls a function by its name on values, as a node would.
bl_status bl_check_apply(bl_checker *checker, const bl_node *node, const char *function,
                         const bl_value *values, size_t n, bl_value *ret_value, bl_error *err);
bl_status bl_check_integer(bl_checker *checker, int64_t integer, bl_value *ret_value,
                           bl_error *err);
/// A field of a record; NULL: it has none of that name.
const bl_value *bl_value_field(const bl_value *record, const char *name);

/// Calls a function of a node's name. In functions.c.
bl_status bl_check_call(bl_checker *checker, const bl_node *node, bl_value *ret_value,
                        bl_error *err);
/// base[…]. In subscript.c.
bl_status bl_check_subscript(bl_checker *checker, const bl_node *node, bl_value *ret_value,
                             bl_error *err);
/// Applies a step that chooses items, made by `make`, to every array of a record.
typedef bl_status (*bl_choose_fn)(bl_checker *checker, const bl_value *from, const void *argument,
                                  bl_value *ret_value, bl_error *err);
bl_status bl_check_each(bl_checker *checker, const bl_value *from, bl_choose_fn make,
                        const void *argument, bl_value *ret_value, bl_error *err);
/// The items of lists at places: `from` may be a record. \param may_miss some places may point at
/// nothing
bl_status bl_check_take(bl_checker *checker, const bl_node *node, const bl_value *from,
                        const bl_value *index, bool may_miss, bl_value *ret_value, bl_error *err);

#endif
