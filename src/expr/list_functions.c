// SPDX-License-Identifier: Apache-2.0
// Functions of lists.
#include <stdint.h>

#include "expr/elementwise.h"
#include "expr/functions.h"
#include "expr/lists.h"

// ---- reductions ----

static bl_reduction reduction_of(const char *wanted) {
#define RETURN_IF(id, name, aliases, help)     \
    if (bl_function_is(name, aliases, wanted)) \
        return BL_REDUCE_##id;
    BL_REDUCTION_TABLE(RETURN_IF)
#undef RETURN_IF
    return BL_N_REDUCTIONS;
}

static bl_value_type type_of_reduction(bl_reduction what, const bl_value_type *from) {
    bool is_place = what == BL_REDUCE_ARGMIN || what == BL_REDUCE_ARGMAX;
    bool is_extreme = is_place || what == BL_REDUCE_MIN || what == BL_REDUCE_MAX;
    bl_value_type type = {.kind = from->kind, .depth = from->depth - 1, .may_miss = is_extreme};
    if (what == BL_REDUCE_ANY || what == BL_REDUCE_ALL)
        type.kind = BL_KIND_BOOL;
    else if (what == BL_REDUCE_COUNT || is_place)
        type.kind = BL_KIND_INT;
    else if (what == BL_REDUCE_MEAN || what == BL_REDUCE_VAR || what == BL_REDUCE_STD)
        type.kind = BL_KIND_FLOAT;
    return type;
}

/// As what a reduction takes its items: any and all take bools, means floats, others numbers.
static bl_kind kind_for(bl_reduction what, bl_kind kind) {
    if (what == BL_REDUCE_ANY || what == BL_REDUCE_ALL)
        return BL_KIND_BOOL;
    if (what == BL_REDUCE_MEAN || what == BL_REDUCE_VAR || what == BL_REDUCE_STD)
        return BL_KIND_FLOAT;
    return kind == BL_KIND_BOOL ? BL_KIND_INT : kind;
}

static bl_status check_axis(const bl_checker *checker, const bl_call *call, int64_t axis,
                            bl_error *err) {
    unsigned depth = call->values[0].type.depth;
    if (axis == INT64_MIN || axis == -1 || axis == depth)
        return BL_OK;
    return bl_check_error(checker, call->node, BL_E_UNSUPPORTED, err,
                          "%s works on the innermost lists, here axis %u", call->node->text, depth);
}

/// min(a, b, …) of single values.
static bl_status fold(bl_checker *checker, const bl_call *call, const char *function,
                      bl_value *ret_value, bl_error *err) {
    *ret_value = call->values[0];
    for (size_t i = 1; i < call->n; i++) {
        const bl_value pair[] = {*ret_value, call->values[i]};
        BL_TRY(bl_check_apply(checker, call->node, function, pair, 2, ret_value, err));
    }
    return BL_OK;
}

static bl_status check_reduction(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                                 bl_error *err) {
    bl_reduction what = reduction_of(call->node->text);
    int64_t axis = call->axis;
    bl_value items;
    if (call->n > 1 && what == BL_REDUCE_MIN)
        return fold(checker, call, "minimum", ret_value, err);
    if (call->n > 1 && what == BL_REDUCE_MAX)
        return fold(checker, call, "maximum", ret_value, err);
    if (call->n > 1 && (call->n > 2 || !bl_node_integer(call->nodes[1], &axis)))
        return bl_check_error(checker, call->node, BL_E_INVALID, err, "%s takes one list",
                              call->node->text);
    BL_TRY(bl_check_array(checker, call->nodes[0], &call->values[0], call->node->text, err));
    BL_TRY(bl_check_list(checker, call->nodes[0], &call->values[0], call->node->text, err));
    BL_TRY(check_axis(checker, call, axis, err));
    BL_TRY(bl_check_convert(checker, &call->values[0], kind_for(what, call->values[0].type.kind),
                            &items, err));
    bl_step step = {.run = bl_step_reduce, .type = type_of_reduction(what, &items.type)};
    step.integer = what;
    return bl_check_step(checker, &step, &items, 1, ret_value, err);
}

/// The first array of a value, which has the lists of all.
static const bl_value *first_array(const bl_value *value) {
    return value->n_fields ? first_array(&value->fields[0]) : value;
}

static bl_status check_num(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                           bl_error *err) {
    const bl_value *from = first_array(&call->values[0]);
    int64_t axis = call->axis == INT64_MIN ? 1 : call->axis == -1 ? from->type.depth : call->axis;
    BL_TRY(bl_check_list(checker, call->nodes[0], from, call->node->text, err));
    if (axis < 1 || axis > from->type.depth)
        return bl_check_error(checker, call->node, BL_E_SHAPE, err, "there is no axis %lld here",
                              (long long)axis);
    bl_step step = {.run = bl_step_num,
                    .type = {.kind = BL_KIND_INT, .depth = (unsigned)axis - 1},
                    .integer = axis - 1};
    return bl_check_step(checker, &step, from, 1, ret_value, err);
}

static bl_status check_local_index(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                                   bl_error *err) {
    const bl_value *from = first_array(&call->values[0]);
    BL_TRY(bl_check_list(checker, call->nodes[0], from, call->node->text, err));
    bl_step step = {.run = bl_step_local_index,
                    .type = {.kind = BL_KIND_INT, .depth = from->type.depth}};
    return bl_check_step(checker, &step, from, 1, ret_value, err);
}

// ---- items ----

static bl_status check_take(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                            bl_error *err) {
    const bl_value *index = &call->values[1];
    BL_TRY(bl_check_list(checker, call->nodes[1], index, "take", err));
    if (index->n_fields || index->type.kind != BL_KIND_INT)
        return bl_check_error(checker, call->nodes[1], BL_E_TYPE, err, "places are whole numbers");
    return bl_check_take(checker, call->nodes[0], &call->values[0], index, true, ret_value, err);
}

static bl_status make_item(bl_checker *checker, const bl_value *from, const void *argument,
                           bl_value *ret_value, bl_error *err) {
    const bl_value *first = (const bl_value *)argument; // NULL: the last one
    bl_value inputs[2] = {*from};
    if (first)
        inputs[1] = *first;
    bl_step step = {.run = first ? bl_step_item : bl_step_last, .type = from->type};
    step.type.depth--;
    step.type.may_miss = true;
    return bl_check_step(checker, &step, inputs, first ? 2 : 1, ret_value, err);
}

static bl_status check_end(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                           bl_error *err) {
    bool is_last = strcmp(call->node->text, "last") == 0;
    bl_value zero;
    BL_TRY(bl_check_list(checker, call->nodes[0], &call->values[0], call->node->text, err));
    BL_TRY(bl_check_integer(checker, 0, &zero, err));
    return bl_check_each(checker, &call->values[0], make_item, is_last ? NULL : &zero, ret_value,
                         err);
}

typedef struct padding {
    int64_t n;
    bool clips;
} padding;

static bl_status make_padded(bl_checker *checker, const bl_value *from, const void *argument,
                             bl_value *ret_value, bl_error *err) {
    const padding *p = (const padding *)argument;
    bl_step step = {.run = bl_step_pad, .type = from->type, .integer = p->n, .integer2 = p->clips};
    step.type.may_miss = true;
    return bl_check_step(checker, &step, from, 1, ret_value, err);
}

static bl_status check_pad(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                           bl_error *err) {
    enum { MOST = 1 << 20 };
    padding p = {0};
    BL_TRY(bl_check_list(checker, call->nodes[0], &call->values[0], "pad", err));
    BL_TRY(bl_check_literal(checker, call->nodes[1], &p.n, err));
    BL_TRY(bl_call_flag(checker, call, "clip", &p.clips, err));
    if (p.n > MOST)
        return bl_check_error(checker, call->nodes[1], BL_E_LIMIT, err,
                              "lists are padded to %d items at most", MOST);
    return bl_check_each(checker, &call->values[0], make_padded, &p, ret_value, err);
}

static bl_status check_flatten(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                               bl_error *err) {
    const bl_value *from = &call->values[0];
    BL_TRY(bl_check_array(checker, call->nodes[0], from, "flatten", err));
    if (from->type.depth < 2)
        return bl_check_error(checker, call->node, BL_E_SHAPE, err,
                              "flatten takes lists of lists; to join events is no expression");
    bl_step step = {.run = bl_step_flatten, .type = from->type};
    step.type.depth--;
    return bl_check_step(checker, &step, from, 1, ret_value, err);
}

static bl_status concat_two(bl_checker *checker, const bl_node *node, const bl_value *a,
                            const bl_value *b, bl_value *ret_value, bl_error *err) {
    bl_value parts[2] = {*a, *b};
    for (int i = 0; i < 2; i++) {
        BL_TRY(bl_check_array(checker, node, &parts[i], "concat", err));
        if (parts[i].type.depth != 1)
            return bl_check_error(checker, node, BL_E_SHAPE, err,
                                  "concat joins the lists of an event");
    }
    bl_kind kind = a->type.kind > b->type.kind ? a->type.kind : b->type.kind;
    for (int i = 0; i < 2; i++)
        BL_TRY(bl_check_convert(checker, &parts[i], kind, &parts[i], err));
    bl_step step = {.run = bl_step_concat, .type = parts[0].type};
    step.type.may_miss = parts[0].type.may_miss || parts[1].type.may_miss;
    return bl_check_step(checker, &step, parts, 2, ret_value, err);
}

/// concat(a, b, …), or concatenate([a, b, …], axis=1).
static bl_status check_concat(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                              bl_error *err) {
    const bl_node *list =
        call->n == 1 && call->nodes[0]->kind == BL_NODE_LIST ? call->nodes[0] : NULL;
    size_t n = list ? list->n_arguments : call->n;
    for (size_t i = 0; i < n; i++) {
        bl_value part = call->values[list ? 0 : i];
        if (list)
            BL_TRY(bl_check_node(checker, list->arguments[i], &part, err));
        if (i == 0)
            *ret_value = part;
        else
            BL_TRY(concat_two(checker, call->node, ret_value, &part, ret_value, err));
    }
    return n ? BL_OK : bl_check_error(checker, call->node, BL_E_INVALID, err, "nothing to join");
}

// ---- sorting ----

static bl_status argsort(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                         bl_error *err) {
    const bl_value *from = &call->values[0];
    bool ascending = true;
    BL_TRY(bl_check_array(checker, call->nodes[0], from, call->node->text, err));
    BL_TRY(bl_check_list(checker, call->nodes[0], from, call->node->text, err));
    BL_TRY(bl_call_flag(checker, call, "ascending", &ascending, err));
    bl_step step = {.run = bl_step_argsort,
                    .type = {.kind = BL_KIND_INT, .depth = from->type.depth},
                    .integer = !ascending};
    return bl_check_step(checker, &step, from, 1, ret_value, err);
}

static bl_status check_sort(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                            bl_error *err) {
    bl_value places;
    BL_TRY(argsort(checker, call, &places, err));
    if (strcmp(call->node->text, "sort") != 0) {
        *ret_value = places;
        return BL_OK;
    }
    return bl_check_take(checker, call->node, &call->values[0], &places, false, ret_value, err);
}

// ---- records and combinations ----

static bl_status check_zip(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                           bl_error *err) {
    bl_value fields[BL_MOST_INPUTS];
    const char *names[BL_MOST_INPUTS];
    static const char *const numbers[] = {"0", "1", "2", "3", "4", "5", "6", "7"};
    size_t n = 0;
    for (size_t i = 0; i < call->n; i++, n++) {
        fields[n] = call->values[i];
        names[n] = numbers[n];
    }
    for (size_t i = 0; i < call->node->n_arguments; i++) {
        if (!call->node->keywords[i] || strcmp(call->node->keywords[i], "axis") == 0)
            continue;
        if (n == BL_MOST_INPUTS)
            return bl_check_error(checker, call->node, BL_E_LIMIT, err, "more than %d fields",
                                  BL_MOST_INPUTS);
        BL_TRY(bl_check_node(checker, call->node->arguments[i], &fields[n], err));
        names[n++] = call->node->keywords[i];
    }
    if (n == 0)
        return bl_check_error(checker, call->node, BL_E_INVALID, err, "a record has fields");
    for (size_t i = 0; i < n; i++)
        BL_TRY(bl_check_array(checker, call->node, &fields[i], "zip", err));
    BL_TRY(bl_check_broadcast(checker, fields, n, err));
    return bl_record_new(checker, names, fields, n, ret_value, err);
}

static const char *const places[] = {"0", "1", "2"};

static bl_status combinations(bl_checker *checker, const bl_call *call, int64_t n,
                              bl_value *ret_value, bl_error *err) {
    const bl_value *from = &call->values[0], *lists = first_array(from);
    bl_value chosen[3], place;
    BL_TRY(bl_check_list(checker, call->nodes[0], from, call->node->text, err));
    if (lists->type.depth != 1 || n < 2 || n > 3)
        return bl_check_error(checker, call->node, BL_E_UNSUPPORTED, err,
                              "combinations are of two or three items of an event's list");
    for (int64_t k = 0; k < n; k++) {
        bl_step step = {.run = bl_step_combination,
                        .type = {.kind = BL_KIND_INT, .depth = 1},
                        .integer = n,
                        .integer2 = k};
        BL_TRY(bl_check_step(checker, &step, lists, 1, &place, err));
        BL_TRY(bl_check_take(checker, call->node, from, &place, false, &chosen[k], err));
    }
    return bl_record_new(checker, places, chosen, (size_t)n, ret_value, err);
}

static bl_status check_combinations(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                                    bl_error *err) {
    int64_t n = 2;
    const bl_node *node = call->n == 2 ? call->nodes[1] : bl_call_keyword(call, "n");
    if (node)
        BL_TRY(bl_check_literal(checker, node, &n, err));
    return combinations(checker, call, n, ret_value, err);
}

static bl_status check_cartesian(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                                 bl_error *err) {
    bl_value lists[2], chosen[2], place;
    for (int i = 0; i < 2; i++) {
        lists[i] = *first_array(&call->values[i]);
        if (lists[i].type.depth != 1)
            return bl_check_error(checker, call->nodes[i], BL_E_UNSUPPORTED, err,
                                  "pairs are of items of an event's lists");
    }
    for (int k = 0; k < 2; k++) {
        bl_step step = {
            .run = bl_step_cartesian, .type = {.kind = BL_KIND_INT, .depth = 1}, .integer = k};
        BL_TRY(bl_check_step(checker, &step, lists, 2, &place, err));
        BL_TRY(bl_check_take(checker, call->nodes[k], &call->values[k], &place, false, &chosen[k],
                             err));
    }
    return bl_record_new(checker, places, chosen, 2, ret_value, err);
}

/// value.name of what is not a column's name.
static bl_status check_field(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                             bl_error *err) {
    const char *name = call->values[1].text;
    if (!name)
        return bl_check_error(checker, call->nodes[1], BL_E_INVALID, err, "a field has a name");
    const bl_value *field = bl_value_field(&call->values[0], name);
    if (!field)
        return bl_check_error(checker, call->node, BL_E_NOTFOUND, err, "this has no field '%s'",
                              name);
    *ret_value = *field;
    return BL_OK;
}

#define REDUCTION(id, name, aliases, help) \
    {name, aliases, 1, BL_MOST_INPUTS, check_reduction, "x", help},

const bl_function bl_list_functions[] = {
    BL_REDUCTION_TABLE(REDUCTION){"num", "len count_items size", 1, 1, check_num, "x",
                                  "items of a list"},
    {"local_index", NULL, 1, 1, check_local_index, "x", "the place of each item in its list"},
    {"take", NULL, 2, 2, check_take, "x, places", "the items at places"},
    {"first", "firsts", 1, 1, check_end, "x", "the first item of each event's list"},
    {"last", NULL, 1, 1, check_end, "x", "the last item of each event's list"},
    {"pad", "pad_none", 2, 2, check_pad, "x, n, clip=False", "lists of n items or more"},
    {"flatten", NULL, 1, 1, check_flatten, "x", "lists of lists as lists"},
    {"concat", "concatenate", 1, BL_MOST_INPUTS, check_concat, "a, b", "lists joined"},
    {"sort", NULL, 1, 1, check_sort, "x, ascending=True", "each list sorted"},
    {"argsort", NULL, 1, 1, check_sort, "x, ascending=True", "the places of each list, sorted"},
    {"zip", NULL, 0, BL_MOST_INPUTS, check_zip, "a=…, b=…", "a record of fields"},
    {"combinations", "pairs", 1, 2, check_combinations, "x, n=2", "all choices of n items"},
    {"cartesian", NULL, 2, 2, check_cartesian, "x, y", "all pairs of an item of each"},
    {"field", NULL, 2, 2, check_field, "record, name", "record.name"},
    {NULL, NULL, 0, 0, NULL, NULL, NULL},
};
