// SPDX-License-Identifier: Apache-2.0
// From words to a tree, by recursive descent. The grammar is Python's for expressions, less what
// needs statements (lambdas, comprehensions, assignment), with the spellings of C++ beside it:
// && || ! and c ? a : b. Binding strengths are Python's: & and | bind tighter than comparisons.
#include <stdio.h>

#include "expr/syntax.h"

typedef struct parser {
    bl_arena *arena;
    const char *text;
    uint32_t position; ///< behind `token`
    bl_token token;    ///< the next one
    uint32_t end;      ///< of the last one taken
    unsigned depth;
    unsigned n_nodes;
} parser;

static bl_status parse_any(parser *p, bl_node **ret_node, bl_error *err);
static bl_status parse_unary(parser *p, bl_node **ret_node, bl_error *err);

// ---- words ----

static bl_status advance(parser *p, bl_error *err) {
    p->end = p->token.end;
    return bl_token_next(p->arena, p->text, &p->position, &p->token, err);
}

static bool is_word(const parser *p, const char *word) {
    return p->token.kind == BL_TOKEN_NAME && !p->token.is_quoted &&
           strcmp(p->token.name, word) == 0;
}

static void explain(const parser *p, const char *wanted, bl_error *err) {
    const bl_token *t = &p->token;
    if (t->kind == BL_TOKEN_END)
        (void)bl_expr_error(err, BL_E_INVALID, p->text, t->begin, t->end,
                            "the expression ends where %s should follow", wanted);
    else if (t->kind == BL_TOKEN_ASSIGN)
        (void)bl_expr_error(err, BL_E_INVALID, p->text, t->begin, t->end,
                            "'=' gives a name to a value; 'equal to' is written ==");
    else
        (void)bl_expr_error(err, BL_E_INVALID, p->text, t->begin, t->end, "%s should be here",
                            wanted);
}

/// Says that something else was wanted. The status stands here, so that analyzers see it.
#define unexpected(p, wanted, err) (explain((p), (wanted), (err)), BL_E_INVALID)

static bl_status expect(parser *p, bl_token_kind kind, const char *wanted, bl_error *err) {
    if (p->token.kind != kind)
        return unexpected(p, wanted, err);
    return advance(p, err);
}

// ---- nodes ----

static bl_status new_node(parser *p, bl_node_kind kind, uint32_t begin, size_t n_arguments,
                          bl_node **ret_node, bl_error *err) {
    if (++p->n_nodes > BL_EXPR_MOST_NODES)
        return bl_error_set(err, BL_E_LIMIT, "an expression of more than %d parts",
                            BL_EXPR_MOST_NODES);
    bl_node *node = (bl_node *)bl_arena_alloc(p->arena, sizeof *node);
    bl_node **arguments = (bl_node **)bl_arena_array(p->arena, n_arguments + 1, sizeof *arguments);
    const char **keywords =
        (const char **)bl_arena_array(p->arena, n_arguments + 1, sizeof *keywords);
    if (!node || !arguments || !keywords)
        return bl_error_nomem(err, sizeof *node, "an expression");
    *node = (bl_node){.kind = kind,
                      .begin = begin,
                      .end = p->end,
                      .n_arguments = n_arguments,
                      .arguments = arguments,
                      .keywords = keywords};
    *ret_node = node;
    return BL_OK;
}

/// A call of an operator's function.
static bl_status new_call(parser *p, const char *function, bl_node *a, bl_node *b,
                          bl_node **ret_node, bl_error *err) {
    BL_TRY(new_node(p, BL_NODE_CALL, a->begin, b ? 2 : 1, ret_node, err));
    (*ret_node)->text = function;
    (*ret_node)->arguments[0] = a;
    if (b)
        (*ret_node)->arguments[1] = b;
    return BL_OK;
}

/// Arguments as they are met.
typedef struct list {
    size_t n, capacity;
    bl_node **items;
    const char **keywords;
} list;

static bl_status append(parser *p, list *l, bl_node *item, const char *keyword, bl_error *err) {
    if (l->n == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : 8;
        bl_node **items = (bl_node **)bl_arena_array(p->arena, capacity, sizeof *items);
        const char **keywords = (const char **)bl_arena_array(p->arena, capacity, sizeof *keywords);
        if (!items || !keywords)
            return bl_error_nomem(err, capacity * sizeof *items, "an expression");
        if (l->n) {
            memcpy(items, l->items, l->n * sizeof *items);
            memcpy(keywords, l->keywords, l->n * sizeof *keywords);
        }
        *l = (list){l->n, capacity, items, keywords};
    }
    l->items[l->n] = item;
    l->keywords[l->n++] = keyword;
    return BL_OK;
}

static bl_status node_of(parser *p, bl_node_kind kind, uint32_t begin, const list *l,
                         bl_node **ret_node, bl_error *err) {
    BL_TRY(new_node(p, kind, begin, l->n, ret_node, err));
    if (l->n) {
        memcpy((*ret_node)->arguments, l->items, l->n * sizeof *l->items);
        memcpy((*ret_node)->keywords, l->keywords, l->n * sizeof *l->keywords);
    }
    return BL_OK;
}

// ---- calls and subscripts ----

/// `name=value` or `value`.
static bl_status parse_argument(parser *p, list *l, bl_error *err) {
    bl_node *value;
    const char *keyword = NULL;
    if (p->token.kind == BL_TOKEN_NAME && !p->token.is_quoted) {
        uint32_t ahead = p->position;
        bl_token next;
        BL_TRY(bl_token_next(p->arena, p->text, &ahead, &next, err));
        if (next.kind == BL_TOKEN_ASSIGN) {
            keyword = p->token.name;
            BL_TRY(advance(p, err));
            BL_TRY(advance(p, err));
        }
    }
    BL_TRY(parse_any(p, &value, err));
    return append(p, l, value, keyword, err);
}

/// Items up to a closing sign, which is taken; a comma may stand behind the last.
static bl_status parse_items(parser *p, bl_token_kind closing, const char *what,
                             bl_status (*item)(parser *p, list *l, bl_error *err), list *l,
                             bl_error *err) {
    while (p->token.kind != closing) {
        BL_TRY(item(p, l, err));
        if (p->token.kind != BL_TOKEN_COMMA)
            break;
        BL_TRY(advance(p, err));
    }
    return expect(p, closing, what, err);
}

static bl_status parse_call(parser *p, const char *function, uint32_t begin, bl_node *object,
                            bl_node **ret_node, bl_error *err) {
    list l = {0};
    BL_TRY(advance(p, err)); // "("
    if (object)
        BL_TRY(append(p, &l, object, NULL, err));
    BL_TRY(parse_items(p, BL_TOKEN_RIGHT_PAREN, "a comma or ')'", parse_argument, &l, err));
    BL_TRY(node_of(p, BL_NODE_CALL, begin, &l, ret_node, err));
    (*ret_node)->text = function;
    return BL_OK;
}

/// A subscript: an expression, or start:stop:step with any part left out.
static bl_status parse_subscript(parser *p, list *l, bl_error *err) {
    bl_node *parts[3] = {0}, *node;
    uint32_t begin = p->token.begin;
    int n = 0;
    if (p->token.kind != BL_TOKEN_COLON)
        BL_TRY(parse_any(p, &parts[0], err));
    while (p->token.kind == BL_TOKEN_COLON && n < 2) {
        BL_TRY(advance(p, err));
        n++;
        bool is_left_out = p->token.kind == BL_TOKEN_COLON || p->token.kind == BL_TOKEN_COMMA ||
                           p->token.kind == BL_TOKEN_RIGHT_BRACKET;
        if (!is_left_out)
            BL_TRY(parse_any(p, &parts[n], err));
    }
    if (n == 0)
        return append(p, l, parts[0], NULL, err);
    BL_TRY(new_node(p, BL_NODE_SLICE, begin, 3, &node, err));
    memcpy(node->arguments, parts, sizeof parts);
    return append(p, l, node, NULL, err);
}

static bl_status parse_index(parser *p, bl_node *base, bl_node **ret_node, bl_error *err) {
    list l = {0};
    BL_TRY(advance(p, err)); // "["
    BL_TRY(append(p, &l, base, NULL, err));
    if (p->token.kind == BL_TOKEN_RIGHT_BRACKET)
        return unexpected(p, "an index, a slice or a mask", err);
    BL_TRY(parse_items(p, BL_TOKEN_RIGHT_BRACKET, "a comma or ']'", parse_subscript, &l, err));
    return node_of(p, BL_NODE_INDEX, base->begin, &l, ret_node, err);
}

/// The rest of a dotted name, "Jet" "." "PT", as one name. Where a call follows, its last part is
/// taken as the name of a function: of np, ak and math as it is, of anything else as a method.
static bl_status parse_dotted(parser *p, bl_node *base, bl_node **ret_node, bl_error *err) {
    *ret_node = base;
    BL_TRY(advance(p, err)); // "."
    if (p->token.kind != BL_TOKEN_NAME)
        return unexpected(p, "a name", err);
    const char *part = p->token.name;
    BL_TRY(advance(p, err));
    if (p->token.kind == BL_TOKEN_LEFT_PAREN) {
        static const char *const modules[] = {"np", "numpy", "ak", "awkward", "math", "std"};
        bool is_module = false;
        for (size_t i = 0; base->kind == BL_NODE_NAME && i < sizeof modules / sizeof *modules; i++)
            is_module = is_module || strcmp(base->text, modules[i]) == 0;
        return parse_call(p, part, base->begin, is_module ? NULL : base, ret_node, err);
    }
    if (base->kind == BL_NODE_NAME) {
        BL_TRY(new_node(p, BL_NODE_NAME, base->begin, 0, ret_node, err));
        (*ret_node)->text = bl_arena_printf(p->arena, "%s.%s", base->text, part);
        return (*ret_node)->text ? BL_OK : bl_error_nomem(err, strlen(part), "an expression");
    }
    BL_TRY(new_node(p, BL_NODE_CALL, base->begin, 2, ret_node, err)); // a field of a value
    bl_node *field;
    BL_TRY(new_node(p, BL_NODE_TEXT, p->end, 0, &field, err));
    field->text = part;
    (*ret_node)->text = "field";
    (*ret_node)->arguments[0] = base;
    (*ret_node)->arguments[1] = field;
    return BL_OK;
}

// ---- from the tightest binding to the loosest ----

static bl_status parse_list_item(parser *p, list *l, bl_error *err) {
    bl_node *item;
    BL_TRY(parse_any(p, &item, err));
    return append(p, l, item, NULL, err);
}

static bl_status parse_name(parser *p, bl_node **ret_node, bl_error *err) {
    bl_token token = p->token;
    bool is_true = is_word(p, "True") || is_word(p, "true");
    bool is_bool = is_true || is_word(p, "False") || is_word(p, "false");
    bool is_none = is_word(p, "None");
    static const char *const reserved[] = {"and", "or", "not", "if",  "else",
                                           "in",  "is", "for", "def", "lambda"};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (is_word(p, reserved[i]))
            return unexpected(p, "a value", err);
    BL_TRY(advance(p, err));
    if (p->token.kind == BL_TOKEN_LEFT_PAREN && !token.is_quoted)
        return parse_call(p, token.name, token.begin, NULL, ret_node, err);
    bl_node_kind kind = is_bool ? BL_NODE_BOOL : is_none ? BL_NODE_NONE : BL_NODE_NAME;
    BL_TRY(new_node(p, kind, token.begin, 0, ret_node, err));
    (*ret_node)->text = token.name;
    (*ret_node)->integer = is_true;
    return BL_OK;
}

static bl_status parse_primary(parser *p, bl_node **ret_node, bl_error *err) {
    bl_token token = p->token;
    list l = {0};
    switch (token.kind) {
    case BL_TOKEN_NAME:
        return parse_name(p, ret_node, err);
    case BL_TOKEN_LEFT_PAREN:
        BL_TRY(advance(p, err));
        BL_TRY(parse_any(p, ret_node, err));
        return expect(p, BL_TOKEN_RIGHT_PAREN, "')'", err);
    case BL_TOKEN_LEFT_BRACKET:
        BL_TRY(advance(p, err));
        BL_TRY(parse_items(p, BL_TOKEN_RIGHT_BRACKET, "a comma or ']'", parse_list_item, &l, err));
        return node_of(p, BL_NODE_LIST, token.begin, &l, ret_node, err);
    case BL_TOKEN_INTEGER:
    case BL_TOKEN_FLOAT:
    case BL_TOKEN_TEXT:
        break;
    default:
        return unexpected(p, "a value", err);
    }
    BL_TRY(advance(p, err));
    bl_node_kind kind = token.kind == BL_TOKEN_INTEGER ? BL_NODE_INTEGER
                        : token.kind == BL_TOKEN_FLOAT ? BL_NODE_FLOAT
                                                       : BL_NODE_TEXT;
    BL_TRY(new_node(p, kind, token.begin, 0, ret_node, err));
    (*ret_node)->text = token.name;
    (*ret_node)->integer = token.integer;
    (*ret_node)->number = token.number;
    return BL_OK;
}

static bl_status parse_postfix(parser *p, bl_node **ret_node, bl_error *err) {
    bl_node *node = NULL;
    BL_TRY(parse_primary(p, &node, err));
    for (;;) {
        if (p->token.kind == BL_TOKEN_DOT)
            BL_TRY(parse_dotted(p, node, &node, err));
        else if (p->token.kind == BL_TOKEN_LEFT_BRACKET)
            BL_TRY(parse_index(p, node, &node, err));
        else
            break;
    }
    *ret_node = node;
    return BL_OK;
}

static bl_status parse_power(parser *p, bl_node **ret_node, bl_error *err) {
    bl_node *base = NULL, *exponent = NULL;
    BL_TRY(parse_postfix(p, &base, err));
    *ret_node = base;
    if (p->token.kind != BL_TOKEN_POWER)
        return BL_OK;
    BL_TRY(advance(p, err));
    BL_TRY(parse_unary(p, &exponent, err));
    return new_call(p, "power", base, exponent, ret_node, err);
}

static bl_status enter(parser *p, bl_error *err) {
    if (++p->depth > BL_EXPR_MOST_DEPTH)
        return bl_expr_error(err, BL_E_LIMIT, p->text, p->token.begin, p->token.end,
                             "more than %d levels of brackets", BL_EXPR_MOST_DEPTH);
    return BL_OK;
}

static bl_status parse_unary(parser *p, bl_node **ret_node, bl_error *err) {
    const char *function = p->token.kind == BL_TOKEN_MINUS   ? "negative"
                           : p->token.kind == BL_TOKEN_PLUS  ? "positive"
                           : p->token.kind == BL_TOKEN_TILDE ? "invert"
                           : p->token.kind == BL_TOKEN_NOT   ? "not"
                                                             : NULL;
    if (!function)
        return parse_power(p, ret_node, err);
    uint32_t begin = p->token.begin;
    bl_node *operand = NULL;
    BL_TRY(enter(p, err));
    BL_TRY(advance(p, err));
    BL_TRY(parse_unary(p, &operand, err));
    p->depth--;
    BL_TRY(new_call(p, function, operand, NULL, ret_node, err));
    (*ret_node)->begin = begin;
    return BL_OK;
}

/// Binary operators of one binding strength, all of which group from the left.
typedef struct level {
    bl_token_kind signs[4];
    const char *functions[4];
    size_t n;
} level;

static const level levels[] = {
    {{BL_TOKEN_OR}, {"bit_or"}, 1},
    {{BL_TOKEN_XOR}, {"bit_xor"}, 1},
    {{BL_TOKEN_AND}, {"bit_and"}, 1},
    {{BL_TOKEN_SHIFT_LEFT, BL_TOKEN_SHIFT_RIGHT}, {"left_shift", "right_shift"}, 2},
    {{BL_TOKEN_PLUS, BL_TOKEN_MINUS}, {"add", "subtract"}, 2},
    {{BL_TOKEN_TIMES, BL_TOKEN_DIVIDE, BL_TOKEN_FLOOR_DIVIDE, BL_TOKEN_REMAINDER},
     {"multiply", "divide", "floor_divide", "remainder"},
     4},
};

enum { N_LEVELS = sizeof levels / sizeof *levels };

static bl_status parse_level(parser *p, size_t depth, bl_node **ret_node, bl_error *err) {
    if (depth == N_LEVELS)
        return parse_unary(p, ret_node, err);
    const level *l = &levels[depth];
    bl_node *left = NULL, *right = NULL;
    BL_TRY(parse_level(p, depth + 1, &left, err));
    for (;;) {
        size_t i = 0;
        while (i < l->n && p->token.kind != l->signs[i])
            i++;
        if (i == l->n)
            break;
        BL_TRY(advance(p, err));
        BL_TRY(parse_level(p, depth + 1, &right, err));
        BL_TRY(new_call(p, l->functions[i], left, right, &left, err));
    }
    *ret_node = left;
    return BL_OK;
}

static const char *comparison(bl_token_kind kind) {
    switch (kind) {
    case BL_TOKEN_LESS:
        return "less";
    case BL_TOKEN_LESS_EQUAL:
        return "less_equal";
    case BL_TOKEN_MORE:
        return "greater";
    case BL_TOKEN_MORE_EQUAL:
        return "greater_equal";
    case BL_TOKEN_EQUAL:
        return "equal";
    case BL_TOKEN_NOT_EQUAL:
        return "not_equal";
    default:
        return NULL;
    }
}

/// a < b < c is (a < b) and (b < c).
static bl_status parse_comparison(parser *p, bl_node **ret_node, bl_error *err) {
    bl_node *left = NULL, *right = NULL, *all = NULL, *one = NULL;
    BL_TRY(parse_level(p, 0, &left, err));
    const char *function;
    while ((function = comparison(p->token.kind))) {
        BL_TRY(advance(p, err));
        BL_TRY(parse_level(p, 0, &right, err));
        BL_TRY(new_call(p, function, left, right, &one, err));
        if (all)
            BL_TRY(new_call(p, "and", all, one, &all, err));
        else
            all = one;
        left = right;
    }
    *ret_node = all ? all : left;
    return BL_OK;
}

static bl_status parse_not(parser *p, bl_node **ret_node, bl_error *err) {
    if (!is_word(p, "not"))
        return parse_comparison(p, ret_node, err);
    uint32_t begin = p->token.begin;
    bl_node *operand = NULL;
    BL_TRY(enter(p, err));
    BL_TRY(advance(p, err));
    BL_TRY(parse_not(p, &operand, err));
    p->depth--;
    BL_TRY(new_call(p, "not", operand, NULL, ret_node, err));
    (*ret_node)->begin = begin;
    return BL_OK;
}

static bl_status parse_and(parser *p, bl_node **ret_node, bl_error *err) {
    bl_node *left = NULL, *right = NULL;
    BL_TRY(parse_not(p, &left, err));
    while (is_word(p, "and") || p->token.kind == BL_TOKEN_AND_AND) {
        BL_TRY(advance(p, err));
        BL_TRY(parse_not(p, &right, err));
        BL_TRY(new_call(p, "and", left, right, &left, err));
    }
    *ret_node = left;
    return BL_OK;
}

static bl_status parse_or(parser *p, bl_node **ret_node, bl_error *err) {
    bl_node *left = NULL, *right = NULL;
    BL_TRY(parse_and(p, &left, err));
    while (is_word(p, "or") || p->token.kind == BL_TOKEN_OR_OR) {
        BL_TRY(advance(p, err));
        BL_TRY(parse_and(p, &right, err));
        BL_TRY(new_call(p, "or", left, right, &left, err));
    }
    *ret_node = left;
    return BL_OK;
}

static bl_status new_choice(parser *p, bl_node *condition, bl_node *yes, bl_node *no,
                            bl_node **ret_node, bl_error *err) {
    uint32_t begin = condition->begin < yes->begin ? condition->begin : yes->begin;
    BL_TRY(new_node(p, BL_NODE_CALL, begin, 3, ret_node, err));
    (*ret_node)->text = "where";
    (*ret_node)->arguments[0] = condition;
    (*ret_node)->arguments[1] = yes;
    (*ret_node)->arguments[2] = no;
    return BL_OK;
}

/// `yes if condition else no`, `condition ? yes : no`, or neither.
static bl_status parse_any(parser *p, bl_node **ret_node, bl_error *err) {
    bl_node *first = NULL, *second = NULL, *third = NULL;
    BL_TRY(enter(p, err));
    BL_TRY(parse_or(p, &first, err));
    if (is_word(p, "if")) {
        BL_TRY(advance(p, err));
        BL_TRY(parse_or(p, &second, err));
        if (!is_word(p, "else"))
            return unexpected(p, "'else'", err);
        BL_TRY(advance(p, err));
        BL_TRY(parse_any(p, &third, err));
        BL_TRY(new_choice(p, second, first, third, &first, err));
    } else if (p->token.kind == BL_TOKEN_QUESTION) {
        BL_TRY(advance(p, err));
        BL_TRY(parse_any(p, &second, err));
        BL_TRY(expect(p, BL_TOKEN_COLON, "':'", err));
        BL_TRY(parse_any(p, &third, err));
        BL_TRY(new_choice(p, first, second, third, &first, err));
    }
    p->depth--;
    *ret_node = first;
    return BL_OK;
}

bl_status bl_expr_parse(bl_arena *arena, const char *text, bl_node **ret_node, bl_error *err) {
    if (strlen(text) > BL_EXPR_MOST_BYTES)
        return bl_error_set(err, BL_E_LIMIT, "an expression of more than %d bytes",
                            BL_EXPR_MOST_BYTES);
    parser p = {.arena = arena, .text = text};
    bl_node *node = NULL;
    BL_TRY(advance(&p, err));
    BL_TRY(parse_any(&p, &node, err));
    if (p.token.kind != BL_TOKEN_END)
        return unexpected(&p, "an operator or the end", err);
    *ret_node = node;
    return BL_OK;
}
