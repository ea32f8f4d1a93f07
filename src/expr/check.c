// SPDX-License-Identifier: Apache-2.0
// Names, kinds and depths. What is wrong is marked in the text that the user wrote.
#include "expr/check.h"

#include "column/type.h"
#include "expr/elementwise.h"

bl_status bl_check_array(const bl_checker *checker, const bl_node *node, const bl_value *value,
                         const char *what, bl_error *err) {
    if (value->n_fields)
        return bl_check_error(checker, node, BL_E_TYPE, err,
                              "%s takes numbers, and this is a record; choose one of its fields",
                              what);
    if (value->type.kind == BL_KIND_TEXT)
        return bl_check_error(checker, node, BL_E_TYPE, err, "%s takes numbers, and this is a %s",
                              what, value->text ? "text" : "list of literals");
    return BL_OK;
}

bl_status bl_check_list(const bl_checker *checker, const bl_node *node, const bl_value *value,
                        const char *what, bl_error *err) {
    unsigned depth = value->n_fields ? value->fields[0].type.depth : value->type.depth;
    if (depth > 0)
        return BL_OK;
    return bl_check_error(checker, node, BL_E_SHAPE, err,
                          "%s takes lists, and this is one %s an event", what,
                          value->n_fields ? "record" : bl_kind_text(value->type.kind));
}

bool bl_node_integer(const bl_node *node, int64_t *ret_integer) {
    bool is_negative =
        node->kind == BL_NODE_CALL && strcmp(node->text, "negative") == 0 && node->n_arguments == 1;
    const bl_node *literal = is_negative ? node->arguments[0] : node;
    if (literal->kind != BL_NODE_INTEGER)
        return false;
    *ret_integer = is_negative ? -literal->integer : literal->integer;
    return true;
}

const bl_value *bl_value_field(const bl_value *record, const char *name) {
    for (size_t i = 0; i < record->n_fields; i++)
        if (strcmp(record->names[i], name) == 0)
            return &record->fields[i];
    return NULL;
}

// ---- steps ----

bl_status bl_check_step(bl_checker *checker, bl_step *step, const bl_value *inputs, size_t n,
                        bl_value *ret_value, bl_error *err) {
    step->n_inputs = (unsigned)n;
    step->text = checker->text;
    step->begin = checker->node->begin;
    step->end = checker->node->end;
    for (size_t i = 0; i < n; i++)
        step->inputs[i] = inputs[i].step;
    uint32_t number;
    BL_TRY(bl_program_add(checker->program, step, &number, err));
    *ret_value = (bl_value){.type = step->type, .step = number};
    return BL_OK;
}

bl_status bl_check_integer(bl_checker *checker, int64_t integer, bl_value *ret_value,
                           bl_error *err) {
    bl_step step = {.run = bl_step_literal,
                    .type = {.kind = BL_KIND_INT, .is_constant = true},
                    .integer = integer};
    return bl_check_step(checker, &step, NULL, 0, ret_value, err);
}

static bl_status check_literal(bl_checker *checker, const bl_node *node, bl_value *ret_value,
                               bl_error *err) {
    bl_kind kind = node->kind == BL_NODE_FLOAT  ? BL_KIND_FLOAT
                   : node->kind == BL_NODE_BOOL ? BL_KIND_BOOL
                                                : BL_KIND_INT;
    bl_step step = {.run = bl_step_literal,
                    .type = {.kind = kind, .is_constant = true},
                    .integer = kind == BL_KIND_FLOAT ? 0 : node->integer,
                    .number = kind == BL_KIND_FLOAT ? node->number : 0};
    return bl_check_step(checker, &step, NULL, 0, ret_value, err);
}

bl_status bl_check_convert(bl_checker *checker, const bl_value *from, bl_kind kind,
                           bl_value *ret_value, bl_error *err) {
    *ret_value = *from;
    if (from->type.kind == kind)
        return BL_OK;
    bl_step step = {.run = bl_step_convert, .type = from->type};
    step.type.kind = kind;
    return bl_check_step(checker, &step, from, 1, ret_value, err);
}

bl_status bl_check_broadcast(bl_checker *checker, bl_value *values, size_t n, bl_error *err) {
    size_t deepest = 0;
    for (size_t i = 1; i < n; i++)
        if (values[deepest].type.is_constant ||
            (values[i].type.depth > values[deepest].type.depth && !values[i].type.is_constant))
            deepest = i;
    bl_value like = values[deepest];
    for (size_t i = 0; i < n; i++) {
        if (values[i].type.is_constant || values[i].type.depth == like.type.depth)
            continue;
        bl_step step = {.run = bl_step_broadcast, .type = values[i].type};
        step.type.depth = like.type.depth;
        const bl_value inputs[] = {values[i], like};
        BL_TRY(bl_check_step(checker, &step, inputs, 2, &values[i], err));
    }
    return BL_OK;
}

// ---- names ----

/// What a column of a type is: numbers in lists, or a record of such where it has structs.
static bl_status value_of_type(bl_checker *checker, const bl_node *node, size_t column,
                               const bl_type *type, bl_value *ret_value, bl_error *err) {
    unsigned depth = 0;
    const bl_type *item = type;
    for (; item->id == BL_LIST || item->id == BL_FIXED_LIST; item = item->children[0])
        depth++;
    if (item->id > BL_FLOAT64 || depth > BL_MOST_DEPTH) {
        char text[128];
        (void)bl_type_format(type, text, sizeof text);
        return bl_check_error(checker, node, BL_E_TYPE, err,
                              "'%s' is %s, with which expressions do not compute yet", node->text,
                              text);
    }
    int64_t place;
    BL_TRY(bl_program_column(checker->program, column, &place, err));
    bl_kind kind = item->id == BL_BOOL     ? BL_KIND_BOOL
                   : item->id < BL_FLOAT32 ? BL_KIND_INT
                                           : BL_KIND_FLOAT;
    bl_step step = {.run = bl_step_load,
                    .type = {.kind = kind, .depth = depth, .may_miss = item->is_nullable},
                    .integer = place};
    return bl_check_step(checker, &step, NULL, 0, ret_value, err);
}

static bl_status check_name(bl_checker *checker, const bl_node *node, bl_value *ret_value,
                            bl_error *err) {
    for (size_t i = 0; i < checker->n_definitions; i++) {
        bl_definition *d = &checker->definitions[i];
        if (strcmp(d->name, node->text) != 0)
            continue;
        if (d->state == BL_BEING_CHECKED)
            return bl_check_error(checker, node, BL_E_INVALID, err,
                                  "'%s' needs itself here; a variable hides a column of its name, "
                                  "so give it another one",
                                  d->name);
        BL_TRY(bl_check_definition(checker, i, err));
        *ret_value = d->value;
        return BL_OK;
    }
    static const struct {
        const char *name;
        double number;
    } constants[] = {{"np.pi", 3.14159265358979323846}, {"math.pi", 3.14159265358979323846},
                     {"np.inf", __builtin_inf()},       {"math.inf", __builtin_inf()},
                     {"np.nan", __builtin_nan("")},     {"math.nan", __builtin_nan("")},
                     {"np.e", 2.71828182845904523536},  {"math.e", 2.71828182845904523536}};
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (strcmp(constants[i].name, node->text) == 0) {
            bl_node literal = *node;
            literal.kind = BL_NODE_FLOAT;
            literal.number = constants[i].number;
            return check_literal(checker, &literal, ret_value, err);
        }
    size_t column;
    const bl_type *type;
    bl_error why = {0};
    bl_status status = checker->source.find(checker->source.self, node->text, &column, &type, &why);
    if (status != BL_OK)
        return bl_check_error(checker, node, status, err, "%s", why.message);
    return value_of_type(checker, node, column, type, ret_value, err);
}

// ---- trees ----

bl_status bl_check_node(bl_checker *checker, const bl_node *node, bl_value *ret_value,
                        bl_error *err) {
    const bl_node *before = checker->node;
    checker->node = node;
    bl_status status = BL_OK;
    switch (node->kind) {
    case BL_NODE_INTEGER:
    case BL_NODE_FLOAT:
    case BL_NODE_BOOL:
        status = check_literal(checker, node, ret_value, err);
        break;
    case BL_NODE_TEXT:
        *ret_value =
            (bl_value){.type = {.kind = BL_KIND_TEXT, .is_constant = true}, .text = node->text};
        break;
    case BL_NODE_NAME:
        status = check_name(checker, node, ret_value, err);
        break;
    case BL_NODE_CALL:
        status = bl_check_call(checker, node, ret_value, err);
        break;
    case BL_NODE_INDEX:
        status = bl_check_subscript(checker, node, ret_value, err);
        break;
    case BL_NODE_NONE:
        status = bl_check_error(checker, node, BL_E_INVALID, err, "None is no value");
        break;
    case BL_NODE_SLICE:
    case BL_NODE_LIST:
        status = bl_check_error(checker, node, BL_E_INVALID, err,
                                "a list of values can only be an argument here");
        break;
    }
    checker->node = before;
    return status;
}

bl_status bl_check_text(bl_checker *checker, const char *text, bl_value *ret_value, bl_error *err) {
    const char *before = checker->text;
    bl_node *node;
    BL_TRY(bl_expr_parse(checker->program->arena, text, &node, err));
    checker->text = text;
    bl_status status = bl_check_node(checker, node, ret_value, err);
    checker->text = before;
    return status;
}

bl_status bl_check_definition(bl_checker *checker, size_t i, bl_error *err) {
    bl_definition *d = &checker->definitions[i];
    if (d->state == BL_CHECKED)
        return BL_OK;
    if (++checker->depth > BL_EXPR_MOST_DEPTH)
        return bl_error_set(err, BL_E_LIMIT, "variables that need more than %d others in a row",
                            BL_EXPR_MOST_DEPTH);
    d->state = BL_BEING_CHECKED;
    bl_status status = bl_check_text(checker, d->text, &d->value, err);
    d->state = status == BL_OK ? BL_CHECKED : BL_NOT_CHECKED;
    checker->depth--;
    if (status == BL_OK || checker->is_told)
        return status;
    checker->is_told = true;
    return bl_error_in(err, status, "%s", d->name);
}
