// SPDX-License-Identifier: Apache-2.0
// Steps that compute each element from the elements at its place: kernels over lists that fit each
// other, with what is missing.
#include "expr/elementwise.h"

bool bl_function_is(const char *name, const char *aliases, const char *wanted) {
    size_t length = strlen(wanted);
    if (strcmp(name, wanted) == 0)
        return true;
    for (const char *at = aliases; at && *at; at += strcspn(at, " "), at += *at == ' ')
        if (strcspn(at, " ") == length && memcmp(at, wanted, length) == 0)
            return true;
    return false;
}

const bl_elementwise *bl_elementwise_find(const char *name) {
    for (size_t i = 0; i < bl_n_elementwise; i++) {
        const bl_elementwise *e = &bl_elementwise_table[i];
        if (bl_function_is(e->name, e->aliases, name))
            return e;
    }
    return NULL;
}

// ---- lists and what is missing ----

bl_status bl_run_same_lists(const bl_run *run, const bl_step *step, const bl_array **ret_like,
                            bl_error *err) {
    const bl_array *like = NULL;
    for (unsigned i = 0; i < step->n_inputs; i++) {
        const bl_array *input = bl_run_input(run, step, i);
        if (input->is_constant)
            continue;
        if (!like)
            like = input;
        else
            BL_TRY(bl_run_check_lists(run, like, input, step->type.depth, err));
    }
    *ret_like = like ? like : bl_run_input(run, step, 0);
    return BL_OK;
}

/// Where all of some inputs are there. \param n_inputs the first so many
static bl_status all_valid(bl_run *run, const bl_step *step, int64_t n, unsigned n_inputs,
                           bl_error *err) {
    uint8_t *valid = NULL;
    for (unsigned i = 0; i < n_inputs; i++) {
        const bl_array *input = bl_run_input(run, step, i);
        if (!input->valid || (input->is_constant && input->valid[0]))
            continue;
        if (!valid) {
            BL_TRY(bl_run_new_valid(run, step, &valid, err));
            memset(valid, 1, (size_t)n);
        }
        if (input->is_constant)
            memset(valid, 0, (size_t)n);
        else
            for (int64_t k = 0; k < n; k++)
                valid[k] &= input->valid[k];
    }
    return BL_OK;
}

/// The array of a step, with the lists of its inputs.
static bl_status begin(bl_run *run, const bl_step *step, bl_array **ret_array, void **ret_data,
                       bl_error *err) {
    const bl_array *like;
    BL_TRY(bl_run_same_lists(run, step, &like, err));
    BL_TRY(bl_run_new(run, step, like->n, ret_array, ret_data, err));
    bl_run_share_lists(*ret_array, like, step->type.depth);
    return BL_OK;
}

/// The same with a mask where elements may be missing. \param ret_valid NULL: none is
static bl_status begin_masked(bl_run *run, const bl_step *step, bl_array **ret_array,
                              void **ret_data, uint8_t **ret_valid, bl_error *err) {
    *ret_valid = NULL;
    BL_TRY(begin(run, step, ret_array, ret_data, err));
    return step->type.may_miss ? bl_run_new_valid(run, step, ret_valid, err) : BL_OK;
}

// ---- steps ----

bl_status bl_step_elementwise(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_elementwise *function = (const bl_elementwise *)step->operation;
    const void *in[BL_MOST_INPUTS];
    unsigned constants = 0;
    bl_array *array;
    void *data;
    BL_TRY(begin(run, step, &array, &data, err));
    for (unsigned i = 0; i < step->n_inputs; i++) {
        const bl_array *input = bl_run_input(run, step, i);
        in[i] = input->data;
        constants |= input->is_constant ? 1u << i : 0;
    }
    function->kernels[step->integer](in, constants, data, (size_t)array->n);
    return all_valid(run, step, array->n, step->n_inputs, err);
}

bl_status bl_step_convert(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0);
    bl_array *array;
    void *data;
    BL_TRY(begin(run, step, &array, &data, err));
    const uint8_t *bools = (const uint8_t *)from->data;
    const int64_t *ints = (const int64_t *)from->data;
    const double *floats = (const double *)from->data;
    for (int64_t i = 0; i < array->n; i++) {
        if (array->kind == BL_KIND_BOOL)
            ((uint8_t *)data)[i] = from->kind == BL_KIND_INT ? ints[i] != 0 : floats[i] != 0;
        else if (array->kind == BL_KIND_INT)
            ((int64_t *)data)[i] =
                from->kind == BL_KIND_BOOL ? bools[i]
                : floats[i] >= -9223372036854775808.0 && floats[i] < 9223372036854775808.0
                    ? (int64_t)floats[i]
                    : INT64_MIN;
        else
            ((double *)data)[i] = from->kind == BL_KIND_BOOL ? bools[i] : (double)ints[i];
    }
    return all_valid(run, step, array->n, 1, err);
}

/// Copies element `i` of `width` bytes `n` times.
static void repeat(const uint8_t *from, size_t width, int64_t i, int64_t n, uint8_t *to) {
    for (int64_t k = 0; k < n; k++)
        if (width == 8)
            memcpy(to + 8 * k, from + 8 * i, 8);
        else
            to[k] = from[i];
}

bl_status bl_step_broadcast(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0), *like = bl_run_input(run, step, 1);
    size_t width = bl_kind_width(from->kind);
    BL_TRY(bl_run_check_lists(run, from, like, from->depth, err));
    bl_array *array;
    void *data;
    uint8_t *valid = NULL;
    BL_TRY(bl_run_new(run, step, like->n, &array, &data, err));
    bl_run_share_lists(array, like, like->depth);
    if (from->valid)
        BL_TRY(bl_run_new_valid(run, step, &valid, err));
    for (int64_t i = 0, at = 0; i < from->n; i++) {
        int64_t end = i + 1;
        for (unsigned k = from->depth; k < like->depth; k++)
            end = like->offsets[k][end] - like->offsets[k][0];
        repeat((const uint8_t *)from->data, width, i, end - at,
               (uint8_t *)data + at * (int64_t)width);
        if (valid)
            memset(valid + at, from->valid[i], (size_t)(end - at));
        at = end;
    }
    return BL_OK;
}

static bool is_there(const bl_array *array, int64_t i) {
    return !array->valid || array->valid[array->is_constant ? 0 : i];
}

bl_status bl_step_logic(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *a = bl_run_input(run, step, 0), *b = bl_run_input(run, step, 1);
    const uint8_t decides = step->integer ? 1 : 0; // alone it decides, whatever the other one is
    bl_array *array;
    void *data;
    uint8_t *valid;
    BL_TRY(begin(run, step, &array, &data, err));
    BL_TRY(bl_run_new_valid(run, step, &valid, err));
    for (int64_t i = 0; i < array->n; i++) {
        bool has_a = is_there(a, i), has_b = is_there(b, i);
        uint8_t x = ((const uint8_t *)a->data)[a->is_constant ? 0 : i];
        uint8_t y = ((const uint8_t *)b->data)[b->is_constant ? 0 : i];
        bool is_decided = (has_a && x == decides) || (has_b && y == decides);
        ((uint8_t *)data)[i] = is_decided ? decides : !decides;
        valid[i] = is_decided || (has_a && has_b);
    }
    return BL_OK;
}

/// Copies element `i` of an array; a constant has one.
static void copy_element(const bl_array *from, int64_t i, void *to, int64_t at) {
    size_t width = bl_kind_width(from->kind);
    i = from->is_constant ? 0 : i;
    memcpy((uint8_t *)to + (size_t)at * width, (const uint8_t *)from->data + (size_t)i * width,
           width);
}

bl_status bl_step_where(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *condition = bl_run_input(run, step, 0);
    bl_array *array;
    void *data;
    uint8_t *valid;
    BL_TRY(begin_masked(run, step, &array, &data, &valid, err));
    for (int64_t i = 0; i < array->n; i++) {
        bool yes = ((const uint8_t *)condition->data)[condition->is_constant ? 0 : i];
        const bl_array *chosen = bl_run_input(run, step, yes ? 1 : 2);
        copy_element(chosen, i, data, i);
        if (valid)
            valid[i] = is_there(condition, i) && is_there(chosen, i);
    }
    return BL_OK;
}

bl_status bl_step_mask(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0), *keep = bl_run_input(run, step, 1);
    bl_array *array;
    void *data;
    uint8_t *valid;
    BL_TRY(begin(run, step, &array, &data, err));
    BL_TRY(bl_run_new_valid(run, step, &valid, err));
    for (int64_t i = 0; i < array->n; i++) {
        copy_element(from, i, data, i);
        valid[i] = is_there(from, i) && is_there(keep, i) &&
                   ((const uint8_t *)keep->data)[keep->is_constant ? 0 : i];
    }
    return BL_OK;
}

bl_status bl_step_fill(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0), *other = bl_run_input(run, step, 1);
    bl_array *array;
    void *data;
    uint8_t *valid;
    BL_TRY(begin_masked(run, step, &array, &data, &valid, err));
    for (int64_t i = 0; i < array->n; i++) {
        const bl_array *chosen = is_there(from, i) ? from : other;
        copy_element(chosen, i, data, i);
        if (valid)
            valid[i] = is_there(chosen, i);
    }
    return BL_OK;
}

bl_status bl_step_is_missing(bl_run *run, const bl_step *step, bl_error *err) {
    const bl_array *from = bl_run_input(run, step, 0);
    bl_array *array;
    void *data;
    BL_TRY(begin(run, step, &array, &data, err));
    for (int64_t i = 0; i < array->n; i++)
        ((uint8_t *)data)[i] = !is_there(from, i);
    return BL_OK;
}
