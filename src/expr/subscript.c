// SPDX-License-Identifier: Apache-2.0
// Subscripts: x[3], x[i], x[places], x[mask], x[2:5], x["field"], and the same behind x[:, …].
#include <stdint.h>

#include "expr/check.h"
#include "expr/lists.h"

bl_status bl_check_each(bl_checker *checker, const bl_value *from, bl_choose_fn make,
                        const void *argument, bl_value *ret_value, bl_error *err) {
    if (from->n_fields == 0)
        return make(checker, from, argument, ret_value, err);
    bl_value *fields =
        (bl_value *)bl_arena_array(checker->program->arena, from->n_fields, sizeof *fields);
    if (!fields)
        return bl_error_nomem(err, from->n_fields * sizeof *fields, "a compiled expression");
    for (size_t i = 0; i < from->n_fields; i++)
        BL_TRY(bl_check_each(checker, &from->fields[i], make, argument, &fields[i], err));
    *ret_value = *from;
    ret_value->fields = fields;
    return BL_OK;
}

static unsigned depth_of(const bl_value *value) {
    return value->n_fields ? depth_of(&value->fields[0]) : value->type.depth;
}

/// What a chosen item is: its depth changes, and it may be missing.
static bl_step choosing(bl_step_fn run, const bl_value *from, unsigned depth, bool may_miss) {
    bl_step step = {.run = run, .type = from->type};
    step.type.depth = depth;
    step.type.may_miss = from->type.may_miss || may_miss;
    return step;
}

static bl_status make_item(bl_checker *checker, const bl_value *from, const void *argument,
                           bl_value *ret_value, bl_error *err) {
    const bl_value inputs[] = {*from, *(const bl_value *)argument};
    bl_step step = choosing(bl_step_item, from, from->type.depth - 1, true);
    return bl_check_step(checker, &step, inputs, 2, ret_value, err);
}

static bl_status make_filter(bl_checker *checker, const bl_value *from, const void *argument,
                             bl_value *ret_value, bl_error *err) {
    const bl_value inputs[] = {*from, *(const bl_value *)argument};
    bl_step step = choosing(bl_step_filter, from, from->type.depth, false);
    step.integer = inputs[1].type.depth;
    return bl_check_step(checker, &step, inputs, 2, ret_value, err);
}

typedef struct places {
    const bl_value *index;
    bool may_miss;
} places;

static bl_status make_take(bl_checker *checker, const bl_value *from, const void *argument,
                           bl_value *ret_value, bl_error *err) {
    const places *p = (const places *)argument;
    const bl_value inputs[] = {*from, *p->index};
    unsigned level = inputs[1].type.depth <= from->type.depth ? inputs[1].type.depth : 1;
    unsigned depth = inputs[1].type.depth + from->type.depth - level;
    if (depth > BL_MOST_DEPTH)
        return bl_error_set(err, BL_E_LIMIT, "lists of more than %d levels", BL_MOST_DEPTH);
    bl_step step = choosing(bl_step_take, from, depth, p->may_miss);
    step.integer = level;
    bool is_plain = from->type.depth == 1 && !from->type.may_miss &&
                    bl_kind_width(from->type.kind) == sizeof(uint64_t);
    if (is_plain && checker->program->steps[p->index->step].run == bl_step_combination) {
        step.run = bl_step_take_combination;
        step.type.may_miss = false;
    }
    return bl_check_step(checker, &step, inputs, 2, ret_value, err);
}

bl_status bl_check_take(bl_checker *checker, const bl_node *node, const bl_value *from,
                        const bl_value *index, bool may_miss, bl_value *ret_value, bl_error *err) {
    const places p = {index, may_miss};
    BL_TRY(bl_check_list(checker, node, from, "choosing items", err));
    return bl_check_each(checker, from, make_take, &p, ret_value, err);
}

typedef struct range {
    int64_t start, stop;
} range;

static bl_status make_slice(bl_checker *checker, const bl_value *from, const void *argument,
                            bl_value *ret_value, bl_error *err) {
    const range *r = (const range *)argument;
    bl_step step = choosing(bl_step_slice, from, from->type.depth, false);
    step.integer = r->start;
    step.integer2 = r->stop;
    return bl_check_step(checker, &step, from, 1, ret_value, err);
}

static bl_status check_bound(bl_checker *checker, const bl_node *node, int64_t *bound,
                             bl_error *err) {
    if (!node || node->kind == BL_NODE_NONE)
        return BL_OK;
    if (!bl_node_integer(node, bound))
        return bl_check_error(checker, node, BL_E_INVALID, err, "bounds of slices are literals");
    if (*bound < 0)
        return bl_check_error(checker, node, BL_E_INVALID, err,
                              "bounds of slices count from the front; they are not negative");
    return BL_OK;
}

static bl_status check_slice(bl_checker *checker, const bl_value *base, const bl_node *slice,
                             bl_value *ret_value, bl_error *err) {
    range r = {0, INT64_MAX};
    int64_t step = 1;
    BL_TRY(check_bound(checker, slice->arguments[0], &r.start, err));
    BL_TRY(check_bound(checker, slice->arguments[1], &r.stop, err));
    BL_TRY(check_bound(checker, slice->arguments[2], &step, err));
    if (step != 1)
        return bl_check_error(checker, slice->arguments[2], BL_E_UNSUPPORTED, err,
                              "slices take every item; their step is 1");
    return bl_check_each(checker, base, make_slice, &r, ret_value, err);
}

static bl_status check_field(bl_checker *checker, const bl_value *base, const bl_node *node,
                             const char *name, bl_value *ret_value, bl_error *err) {
    const bl_value *field = bl_value_field(base, name);
    if (!field && base->n_fields)
        return bl_check_error(checker, node, BL_E_NOTFOUND, err,
                              "this record has no field '%s'; its first is '%s'", name,
                              base->names[0]);
    if (!field)
        return bl_check_error(checker, node, BL_E_TYPE, err,
                              "only records have fields, and this is a %s",
                              bl_kind_text(base->type.kind));
    *ret_value = *field;
    return BL_OK;
}

/// One item by a number, some by places or a mask.
static bl_status check_index(bl_checker *checker, const bl_node *node, const bl_value *base,
                             const bl_node *at, bl_value *ret_value, bl_error *err) {
    bl_value index;
    int64_t literal;
    if (bl_node_integer(at, &literal) && literal < 0)
        return bl_check_error(checker, at, BL_E_INVALID, err,
                              "an index counts from the front, a negative one points at nothing; "
                              "the last item is last(x)");
    BL_TRY(bl_check_node(checker, at, &index, err));
    BL_TRY(bl_check_array(checker, at, &index, "an index", err));
    if (index.type.kind == BL_KIND_FLOAT)
        return bl_check_error(checker, at, BL_E_TYPE, err,
                              "an index is a whole number or a mask, and this is a float");
    if (index.type.kind == BL_KIND_INT && index.type.depth == 0)
        return bl_check_each(checker, base, make_item, &index, ret_value, err);
    if (index.type.kind == BL_KIND_INT)
        return bl_check_take(checker, node, base, &index, true, ret_value, err);
    if (index.type.depth == 0 || index.type.depth > depth_of(base))
        return bl_check_error(checker, at, BL_E_SHAPE, err,
                              "a mask has lists as what it masks, and this is of depth %u, not %u",
                              index.type.depth, depth_of(base));
    return bl_check_each(checker, base, make_filter, &index, ret_value, err);
}

static bool is_all(const bl_node *node) {
    return node->kind == BL_NODE_SLICE && !node->arguments[0] && !node->arguments[1] &&
           !node->arguments[2];
}

bl_status bl_check_subscript(bl_checker *checker, const bl_node *node, bl_value *ret_value,
                             bl_error *err) {
    bl_value base;
    BL_TRY(bl_check_node(checker, node->arguments[0], &base, err));
    size_t first = node->n_arguments > 2 && is_all(node->arguments[1]) ? 2 : 1;
    if (node->n_arguments - first != 1)
        return bl_check_error(checker, node, BL_E_UNSUPPORTED, err,
                              "one subscript, which may stand behind ':' for all events");
    const bl_node *at = node->arguments[first];
    if (at->kind == BL_NODE_TEXT)
        return check_field(checker, &base, at, at->text, ret_value, err);
    BL_TRY(bl_check_list(checker, node->arguments[0], &base, "a subscript", err));
    if (at->kind == BL_NODE_SLICE)
        return check_slice(checker, &base, at, ret_value, err);
    return check_index(checker, node, &base, at, ret_value, err);
}
