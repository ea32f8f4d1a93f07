// SPDX-License-Identifier: Apache-2.0
// Flatten and Reshape: the same numbers in another shape. Steps that an event lacks are zeros.
#include <string.h>

#include "nn/layers/rows.h"

static bl_status find_shape(const bl_nn_step *step, size_t n_numbers, bl_nn_shape *ret_shape,
                            bl_error *err) {
    if (step->kind == BL_NN_KIND_FLATTEN) {
        *ret_shape = (bl_nn_shape){0, n_numbers};
        return BL_OK;
    }
    const bl_nn_counts *target = &((const bl_nn_reshape_options *)step->options)->target_shape;
    size_t sizes[2] = {1, 1}, known = 1, open = 2;
    if (target->n < 1 || target->n > 2)
        return bl_nn_plan_error(step, BL_E_UNSUPPORTED, err,
                                "makes [columns] or [steps, columns], not %zu axes", target->n);
    for (size_t i = 0; i < target->n; i++) {
        sizes[i] = (size_t)target->items[i];
        if (target->items[i] == -1 && open == 2)
            open = i;
        else if (target->items[i] < 1)
            known = 0;
        else if (__builtin_mul_overflow(known, sizes[i], &known))
            known = 0;
    }
    if (open < 2 && known && n_numbers % known == 0)
        sizes[open] = n_numbers / known;
    if (!known || (open == 2 ? known : known * sizes[open]) != n_numbers)
        return bl_nn_plan_error(step, BL_E_SHAPE, err, "cannot make that of %zu numbers",
                                n_numbers);
    *ret_shape = target->n == 1 ? (bl_nn_shape){0, sizes[0]} : (bl_nn_shape){sizes[0], sizes[1]};
    return BL_OK;
}

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    bl_nn_shape from = bl_nn_plan_input(plan, step, 0), to = {0};
    size_t n;
    if (__builtin_mul_overflow(from.steps ? from.steps : 1, from.width, &n))
        return bl_nn_plan_error(step, BL_E_LIMIT, err, "makes too many columns");
    BL_TRY(find_shape(step, n, &to, err));
    if (to.steps)
        bl_nn_plan_sequence(plan, step, bl_nn_plan_rows(plan, to.steps, false), to.steps, to.width);
    else
        bl_nn_plan_vector(plan, step, to.width);
    return BL_OK;
}

/// The numbers of one event: rows of one side into rows of the other, which may end anywhere.
/// \param n, n_to rows \param width, width_to of them
static void copy_event(const float *from, size_t stride, size_t n, size_t width, float *to,
                       size_t stride_to, size_t n_to, size_t width_to) {
    size_t n_numbers = n * width < n_to * width_to ? n * width : n_to * width_to, done = 0;
    while (done < n_numbers) {
        size_t left = width - done % width, left_to = width_to - done % width_to;
        size_t part = left < left_to ? left : left_to;
        part = part < n_numbers - done ? part : n_numbers - done;
        memcpy(to + done / width_to * stride_to + done % width_to,
               from + done / width * stride + done % width, part * sizeof *to);
        done += part;
    }
    for (; done < n_to * width_to; done++)
        to[done / width_to * stride_to + done % width_to] = 0;
}

static void copy_all(const bl_nn_run *run, size_t from, bl_nn_matrix source, size_t to,
                     bl_nn_matrix target) {
    for (size_t e = 0; e < run->n_events; e++) {
        bl_nn_span a = bl_nn_event_rows(run, from, e), b = bl_nn_event_rows(run, to, e);
        copy_event(bl_nn_row(source, a.first), source.stride, a.last - a.first,
                   bl_nn_width(run, from), bl_nn_row(target, b.first), target.stride,
                   b.last - b.first, bl_nn_width(run, to));
    }
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    bl_nn_shape shape = run->value_list[step->output].shape;
    (void)err;
    if (shape.steps) {
        bl_nn_rows *rows = &run->rows[step->first_rows];
        for (size_t e = 0; e <= run->n_events; e++)
            rows->offsets[e] = (uint32_t)(e * shape.steps);
        rows->n = run->n_events * shape.steps;
    }
    copy_all(run, step->inputs[0], run->values[step->inputs[0]], step->output,
             run->values[step->output]);
    return BL_OK;
}

static void backward(bl_nn_run *run, const bl_nn_step *step) {
    if (run->input_gradients[0].data)
        copy_all(run, step->output, run->gradient, step->inputs[0], run->input_gradients[0]);
}

const bl_nn_layer bl_nn_flatten_layer = {.plan = plan, .forward = forward, .backward = backward};
