// SPDX-License-Identifier: Apache-2.0
// Bins and tables: digitize(x, edges), and values looked up by the bins of one or two numbers.
#include <math.h>

#include "expr/elementwise.h"
#include "expr/functions.h"
#include "expr/lists.h"

// ---- steps ----

/// How many edges are below a value or equal, or only below it; all of them for NaN, as NumPy has
/// it.
static int64_t bin_of(const bl_numbers *edges, double value, bool is_right) {
    size_t first = 0, n = edges->n;
    if (isnan(value))
        return (int64_t)n;
    while (n > 0) {
        size_t half = n / 2;
        double edge = edges->items[first + half];
        if (is_right ? edge < value : edge <= value) {
            first += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return (int64_t)first;
}

/// The array of a step with the lists and the mask of its input.
static bl_status begin(bl_run *run, const bl_step *step, bl_array **ret_array, void **ret_out,
                       uint8_t **ret_valid, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0);
    BL_TRY(bl_run_new(run, step, from->n, ret_array, ret_out, err));
    bl_run_share_lists(*ret_array, from, from->depth);
    *ret_valid = NULL;
    if (!step->type.may_miss)
        return BL_OK;
    BL_TRY(bl_run_new_valid(run, step, ret_valid, err));
    for (int64_t i = 0; i < from->n; i++)
        (*ret_valid)[i] = !from->valid || from->valid[i];
    return BL_OK;
}

bl_status bl_step_digitize(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0);
    const bl_numbers *edges = (const bl_numbers *)step->operation;
    bl_array *array;
    void *out;
    uint8_t *valid;
    BL_TRY(begin(run, step, &array, &out, &valid, err));
    for (int64_t i = 0; i < array->n; i++)
        ((int64_t *)out)[i] = bin_of(edges, ((const double *)from->data)[i], step->integer2 != 0);
    return BL_OK;
}

bl_status bl_step_table(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0);
    const bl_numbers *table = (const bl_numbers *)step->operation;
    bl_array *array;
    void *out;
    uint8_t *valid = NULL;
    BL_TRY(begin(run, step, &array, &out, &valid, err));
    for (int64_t i = 0; i < array->n; i++) {
        int64_t place = ((const int64_t *)from->data)[i];
        bool is_there = place >= 0 && place < (int64_t)table->n;
        ((double *)out)[i] = is_there ? table->items[place] : 0;
        if (valid)
            valid[i] &= is_there;
    }
    return BL_OK;
}

// ---- calls ----

static bl_status number_of(const bl_checker *checker, const bl_node *node, double *ret_number,
                           bl_error *err) {
    bool is_negative = node->kind == BL_NODE_CALL && strcmp(node->text, "negative") == 0;
    const bl_node *literal = is_negative ? node->arguments[0] : node;
    if (literal->kind != BL_NODE_INTEGER && literal->kind != BL_NODE_FLOAT)
        return bl_check_error(checker, node, BL_E_INVALID, err, "this is a literal number");
    double number = literal->kind == BL_NODE_FLOAT ? literal->number : (double)literal->integer;
    *ret_number = is_negative ? -number : number;
    return BL_OK;
}

/// A list of literals. \param ascending they must be
static bl_status numbers_of(const bl_checker *checker, const bl_node *node, bool ascending,
                            const bl_numbers **ret_numbers, bl_error *err) {
    if (node->kind != BL_NODE_LIST || node->n_arguments == 0)
        return bl_check_error(checker, node, BL_E_INVALID, err,
                              "this is a list of literal numbers: [0, 0.5, 1]");
    bl_numbers *numbers = (bl_numbers *)bl_arena_alloc(
        checker->program->arena, sizeof *numbers + node->n_arguments * sizeof numbers->items[0]);
    if (!numbers)
        return bl_error_nomem(err, node->n_arguments * sizeof numbers->items[0], "numbers");
    numbers->n = node->n_arguments;
    for (size_t i = 0; i < numbers->n; i++) {
        BL_TRY(number_of(checker, node->arguments[i], &numbers->items[i], err));
        if (ascending && i && !(numbers->items[i - 1] < numbers->items[i]))
            return bl_check_error(checker, node->arguments[i], BL_E_INVALID, err,
                                  "edges ascend, and this one does not");
    }
    *ret_numbers = numbers;
    return BL_OK;
}

static bl_status digitize(bl_checker *checker, const bl_call *call, size_t i,
                          const bl_numbers *edges, bool is_right, bl_value *ret_value,
                          bl_error *err) {
    bl_value x;
    BL_TRY(bl_check_array(checker, call->nodes[i], &call->values[i], call->node->text, err));
    BL_TRY(bl_check_convert(checker, &call->values[i], BL_KIND_FLOAT, &x, err));
    bl_step step = {.run = bl_step_digitize, .operation = edges, .type = x.type};
    step.type.kind = BL_KIND_INT;
    step.integer2 = is_right;
    return bl_check_step(checker, &step, &x, 1, ret_value, err);
}

static bl_status check_digitize(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                                bl_error *err) {
    const bl_numbers *edges;
    bool is_right = false;
    BL_TRY(numbers_of(checker, call->nodes[1], true, &edges, err));
    BL_TRY(bl_call_flag(checker, call, "right", &is_right, err));
    return digitize(checker, call, 0, edges, is_right, ret_value, err);
}

/// The bin of argument `i` among edges `i + 1`, from 0 on; \param ret_n how many bins there are
static bl_status bin(bl_checker *checker, const bl_call *call, size_t i, bl_value *ret_value,
                     int64_t *ret_n, bl_error *err) {
    const bl_numbers *edges;
    bl_value pair[2];
    BL_TRY(numbers_of(checker, call->nodes[i + 1], true, &edges, err));
    BL_TRY(digitize(checker, call, i, edges, false, &pair[0], err));
    BL_TRY(bl_check_integer(checker, 1, &pair[1], err));
    *ret_n = (int64_t)edges->n - 1;
    return bl_check_apply(checker, call->node, "subtract", pair, 2, ret_value, err);
}

/// −1 where a bin is none of the `n`.
static bl_status inside(bl_checker *checker, const bl_node *node, const bl_value *place, int64_t n,
                        const bl_value *of_bin, bl_value *ret_value, bl_error *err) {
    bl_value keep[2], limits[2], compared[2] = {*of_bin}, inputs[2] = {*place};
    BL_TRY(bl_check_integer(checker, 0, &limits[0], err));
    BL_TRY(bl_check_integer(checker, n, &limits[1], err));
    compared[1] = limits[0];
    BL_TRY(bl_check_apply(checker, node, "greater_equal", compared, 2, &keep[0], err));
    compared[1] = limits[1];
    BL_TRY(bl_check_apply(checker, node, "less", compared, 2, &keep[1], err));
    BL_TRY(bl_check_apply(checker, node, "bit_and", keep, 2, &inputs[1], err));
    BL_TRY(bl_check_broadcast(checker, inputs, 2, err));
    bl_step step = {.run = bl_step_mask, .type = inputs[0].type};
    step.type.may_miss = true;
    return bl_check_step(checker, &step, inputs, 2, ret_value, err);
}

/// lookup(x, edges, values), or lookup(x, edges, y, edges, values) with the values of the first bin
/// of x first.
static bl_status check_lookup(bl_checker *checker, const bl_call *call, bl_value *ret_value,
                              bl_error *err) {
    const bl_numbers *values;
    bl_value place, y, pair[2];
    int64_t n, n_y = 1;
    if (call->n == 4)
        return bl_check_error(checker, call->node, BL_E_INVALID, err,
                              "lookup takes x, edges and values; or x, edges, y, edges and values");
    BL_TRY(numbers_of(checker, call->nodes[call->n - 1], false, &values, err));
    BL_TRY(bin(checker, call, 0, &place, &n, err));
    if (call->n == 5) {
        BL_TRY(bin(checker, call, 2, &y, &n_y, err));
        BL_TRY(inside(checker, call->node, &y, n_y, &y, &y, err));
        pair[0] = place;
        BL_TRY(bl_check_integer(checker, n_y, &pair[1], err));
        BL_TRY(bl_check_apply(checker, call->node, "multiply", pair, 2, &pair[0], err));
        pair[1] = y;
        BL_TRY(bl_check_apply(checker, call->node, "add", pair, 2, &place, err));
    }
    if ((int64_t)values->n != n * n_y)
        return bl_check_error(checker, call->nodes[call->n - 1], BL_E_SHAPE, err,
                              "%zu values for %lld bins", values->n, (long long)(n * n_y));
    bl_step step = {.run = bl_step_table, .operation = values, .type = place.type};
    step.type.kind = BL_KIND_FLOAT;
    step.type.may_miss = true;
    return bl_check_step(checker, &step, &place, 1, ret_value, err);
}

const bl_function bl_binning_functions[] = {
    {"digitize", NULL, 2, 2, check_digitize, "x, edges, right=False",
     "the number of edges below x or equal"},
    {"lookup", NULL, 3, 5, check_lookup, "x, edges, [y, edges,] values",
     "the value of a bin; missing outside"},
    {NULL, NULL, 0, 0, NULL, NULL, NULL},
};
