// SPDX-License-Identifier: Apache-2.0
// Planning: lists that grow in the network's arena. What goes wrong is remembered, so that layers
// ask without checking, and whoever plans them looks once.
#define BL_NN_PLAN_C
#include "nn/layers/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef BL_NN_LIST(void) list;

/// Room for one more at the end of a list, zeroed; NULL: no memory.
static void *append(bl_nn_plan *plan, void *any_list, size_t item_size) {
    list *l = (list *)any_list;
    void *items = bl_arena_grow(plan->arena, l->items, l->n, &l->room, item_size);
    if (!items) {
        plan->status = BL_E_NOMEM;
        return NULL;
    }
    l->items = items;
    return (char *)l->items + l->n++ * item_size;
}
#define APPEND(plan, list) append(plan, &(plan)->list, sizeof *(plan)->list.items)

/// Rows of whole vectors, where that wastes little.
static size_t stride_of(size_t width) { return width < 16 ? width : (width + 15) / 16 * 16; }

size_t bl_nn_plan_value(bl_nn_plan *plan) { return APPEND(plan, values) ? plan->values.n - 1 : 0; }

static void set_output(bl_nn_plan *plan, const bl_nn_step *step, bl_nn_shape shape, size_t rows,
                       size_t mask) {
    bl_nn_value *value = &plan->values.items[step->output];
    value->shape = shape;
    value->rows = rows;
    value->mask = mask;
    value->stride = stride_of(shape.width);
}

void bl_nn_plan_rowwise(bl_nn_plan *plan, bl_nn_step *step, size_t width) {
    bl_nn_value input = plan->values.items[step->inputs[0]];
    set_output(plan, step, (bl_nn_shape){input.shape.steps, width}, input.rows, input.mask);
}

void bl_nn_plan_vector(bl_nn_plan *plan, bl_nn_step *step, size_t width) {
    set_output(plan, step, (bl_nn_shape){0, width}, 0, BL_NN_NONE);
}

void bl_nn_plan_sequence(bl_nn_plan *plan, bl_nn_step *step, size_t rows, size_t steps,
                         size_t width) {
    set_output(plan, step, (bl_nn_shape){steps, width}, rows, BL_NN_NONE);
}

size_t bl_nn_plan_rows(bl_nn_plan *plan, size_t steps, bool has_index) {
    bl_nn_rows_plan *rows = APPEND(plan, rows);
    if (!rows)
        return 0;
    *rows = (bl_nn_rows_plan){steps, has_index};
    return plan->rows.n - 1;
}

// ---- parameters ----

/// Of [n], [k × n] and [taps × k × n], as Keras counts what goes in and out.
static void count_fans(bl_nn_parameter *p) {
    size_t taps = 1;
    for (unsigned i = 0; i + 2 < p->rank; i++)
        taps *= p->sizes[i];
    p->fan_in = p->rank > 1 ? p->sizes[p->rank - 2] * taps : p->rank ? p->sizes[0] : 1;
    p->fan_out = p->rank ? p->sizes[p->rank - 1] * taps : 1;
}

bl_nn_parameter *bl_nn_plan_parameter(bl_nn_plan *plan, bl_nn_step *step, const char *name,
                                      unsigned rank, const size_t *sizes,
                                      bl_nn_initializer initializer, bl_nn_regularizer penalty) {
    bl_nn_parameter *p = APPEND(plan, parameters);
    if (!p)
        return NULL;
    *p = (bl_nn_parameter){.layer = step->name,
                           .name = name,
                           .rank = rank,
                           .n = 1,
                           .offset = plan->n_floats,
                           .initializer = initializer,
                           .penalty = penalty};
    for (unsigned i = 0; i < rank; i++) {
        p->sizes[i] = sizes[i];
        if (__builtin_mul_overflow(p->n, sizes[i], &p->n))
            plan->status = BL_E_LIMIT;
    }
    count_fans(p);
    size_t end;
    if (__builtin_add_overflow(plan->n_floats, p->n, &end) || end > BL_NN_MOST_PARAMETERS) {
        plan->status = BL_E_LIMIT;
        end = 0;
    }
    plan->n_floats = (end + 15) / 16 * 16;
    step->n_parameters++;
    return p;
}

size_t bl_nn_plan_weights(bl_nn_plan *plan, bl_nn_step *step, size_t i, size_t first, size_t k,
                          size_t n, size_t stride) {
    size_t parameter = step->first_parameter + i;
    bl_nn_weights *w = parameter < plan->parameters.n ? APPEND(plan, weights) : NULL;
    if (w)
        *w = (bl_nn_weights){.offset = plan->parameters.items[parameter].offset + first,
                             .k = k,
                             .n = n,
                             .stride = stride};
    return plan->weights.n - 1 - step->first_weights;
}

size_t bl_nn_plan_slot(bl_nn_plan *plan, bl_nn_step *step, bl_nn_slot slot) {
    bl_nn_slot *s = APPEND(plan, slots);
    if (s)
        *s = slot;
    return plan->slots.n - 1 - step->first_slot;
}

// ---- errors ----

bl_status bl_nn_plan_error(const bl_nn_step *step, bl_status status, bl_error *err,
                           const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return bl_error_set(err, status, "layer '%s' (%s) %s", step->name, bl_nn_kinds[step->kind].name,
                        text);
}

const char *bl_nn_shape_text(bl_nn_shape shape, char text[static BL_NN_SHAPE_TEXT]) {
    if (shape.steps)
        snprintf(text, BL_NN_SHAPE_TEXT, "[%zu, %zu]", shape.steps, shape.width);
    else
        snprintf(text, BL_NN_SHAPE_TEXT, "[%zu]", shape.width);
    return text;
}
