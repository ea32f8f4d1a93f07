// SPDX-License-Identifier: Apache-2.0
// MultiHeadAttention: queries, keys and values are projected for all rows of a shard at once; then
// each event's queries look at its keys (nn/layers/attention_event.c), and what they saw is
// projected again. As Keras on TensorFlow: keys that do not count are not seen; a query that does
// not count, or sees no key, gets the mean of all values, or, where dropout is set, nothing.
#include "nn/layers/attention.h"

#include <math.h>
#include <string.h>

enum { QUERY, KEY, VALUE, OUTPUT, N_PARTS }; ///< matrices, in the order of the parameters
/// Slots: projected rows, in the order of the parts, and what is kept and used on the way.
enum {
    CONTEXT = OUTPUT,
    STATISTICS,
    QUERY_GRADIENT,
    KEY_GRADIENT,
    VALUE_GRADIENT,
    CONTEXT_GRADIENT,
    KEYS,
    QUERIES,
    SEEN,
    SCRATCH,
    BACK_SCRATCH,
};

/// The input that a part is made of: query, value and, where it is given, key.
static size_t input_of(const bl_nn_step *step, size_t part) {
    return part == QUERY ? 0 : part == KEY && step->n_inputs == 3 ? 2 : 1;
}

static size_t value_dim_of(const bl_nn_attention_options *o) {
    return (size_t)(o->value_dim ? o->value_dim : o->key_dim);
}

/// Columns of all heads that a part has.
static size_t width_of(const bl_nn_attention_options *o, size_t part) {
    bool is_value = part == VALUE || part == OUTPUT;
    return (size_t)o->num_heads * (is_value ? value_dim_of(o) : (size_t)o->key_dim);
}

static size_t stride_of(const bl_nn_attention_options *o, size_t part) {
    return (width_of(o, part) + 15) / 16 * 16;
}

static bl_nn_attention sizes_of(const bl_nn_attention_options *o, size_t key_steps) {
    return (bl_nn_attention){.n_heads = (size_t)o->num_heads,
                             .key_dim = (size_t)o->key_dim,
                             .value_dim = value_dim_of(o),
                             .key_steps = key_steps,
                             .sees_mean = !(o->dropout > 0),
                             .dropout = o->dropout,
                             .scale = 1 / sqrtf((float)o->key_dim)};
}

// ---- planning ----

static bl_status check(const bl_nn_plan *plan, const bl_nn_step *step, bl_error *err) {
    const bl_nn_attention_options *o = step->options;
    for (size_t i = 0; i < step->n_inputs; i++)
        if (!bl_nn_plan_input(plan, step, i).steps)
            return bl_nn_plan_error(step, BL_E_SHAPE, err, "takes sequences, not vectors");
    size_t values = bl_nn_plan_input(plan, step, 1).steps;
    size_t keys = bl_nn_plan_input(plan, step, input_of(step, KEY)).steps;
    if (keys != values)
        return bl_nn_plan_error(step, BL_E_SHAPE, err,
                                "takes as many keys as values, not %zu and %zu", keys, values);
    if (!(o->dropout >= 0 && o->dropout < 1))
        return bl_nn_plan_error(step, BL_E_INVALID, err, "drops %g of all: 0 … 1, less than 1",
                                o->dropout);
    return BL_OK;
}

static void plan_parameters(bl_nn_plan *plan, bl_nn_step *step, size_t n_outputs) {
    static const char *const kernels[] = {"query/kernel", "key/kernel", "value/kernel",
                                          "attention_output/kernel"};
    static const char *const biases[] = {"query/bias", "key/bias", "value/bias",
                                         "attention_output/bias"};
    const bl_nn_attention_options *o = step->options;
    size_t heads = (size_t)o->num_heads;
    for (size_t part = QUERY; part < N_PARTS; part++) {
        bool is_output = part == OUTPUT;
        size_t k = is_output ? width_of(o, OUTPUT)
                             : bl_nn_plan_input(plan, step, input_of(step, part)).width;
        size_t width = width_of(o, part), n = is_output ? n_outputs : width, d = width / heads;
        const size_t into[] = {k, heads, d}, out[] = {heads, d, n};
        size_t at = step->n_parameters;
        bl_nn_plan_parameter(plan, step, kernels[part], 3, is_output ? out : into,
                             o->kernel_initializer, o->kernel_regularizer);
        if (o->use_bias)
            bl_nn_plan_parameter(plan, step, biases[part], is_output ? 1 : 2,
                                 is_output ? &n : into + 1, o->bias_initializer,
                                 o->bias_regularizer);
        bl_nn_plan_weights(plan, step, at, 0, k, n, n);
    }
}

static void plan_slots(bl_nn_plan *plan, bl_nn_step *step) {
    const bl_nn_attention_options *o = step->options;
    const bl_nn_value *query = &plan->values.items[step->inputs[0]];
    const bl_nn_value *value = &plan->values.items[step->inputs[1]];
    size_t rows_of[] = {query->rows, value->rows, value->rows, query->rows};
    bl_nn_attention sizes = sizes_of(o, value->shape.steps);
    for (size_t part = QUERY; part < N_PARTS; part++)
        bl_nn_plan_slot(plan, step,
                        (bl_nn_slot){.rows = rows_of[part], .per_row = stride_of(o, part)});
    bl_nn_plan_slot(plan, step,
                    (bl_nn_slot){.rows = query->rows,
                                 .per_row = 2 * (size_t)o->num_heads,
                                 .only_trains = true});
    for (size_t part = QUERY; part < N_PARTS; part++)
        bl_nn_plan_slot(plan, step,
                        (bl_nn_slot){.rows = rows_of[part],
                                     .per_row = stride_of(o, part),
                                     .only_trains = true});
    bl_nn_plan_slot(plan, step, (bl_nn_slot){.once = value->shape.steps});
    bl_nn_plan_slot(plan, step, (bl_nn_slot){.once = query->shape.steps});
    bl_nn_plan_slot(plan, step, (bl_nn_slot){.once = query->shape.steps});
    bl_nn_plan_slot(plan, step, (bl_nn_slot){.once = bl_nn_attention_scratch(&sizes)});
    bl_nn_plan_slot(
        plan, step,
        (bl_nn_slot){.once = bl_nn_attention_back_scratch(&sizes), .only_trains = true});
}

static bl_status plan(bl_nn_plan *plan, bl_nn_step *step, bl_error *err) {
    const bl_nn_attention_options *o = step->options;
    BL_TRY(check(plan, step, err));
    size_t n = o->output_shape ? (size_t)o->output_shape : bl_nn_plan_input(plan, step, 0).width;
    plan_parameters(plan, step, n);
    plan_slots(plan, step);
    bl_nn_plan_rowwise(plan, step, n);
    return BL_OK;
}

// ---- which rows look at which ----

static size_t list_rows(const bl_nn_rows *rows, size_t event, uint32_t *to) {
    uint32_t first = rows->offsets[event], n = rows->offsets[event + 1] - first;
    for (uint32_t i = 0; i < n; i++)
        to[i] = rows->index ? rows->index[first + i] : first + i;
    return n;
}

/// Those of n rows that count in another input, too; all lists ascend.
static size_t list_common(const bl_nn_rows *rows, size_t event, uint32_t *list, size_t n) {
    size_t n_common = 0, at = rows->offsets[event], end = rows->offsets[event + 1];
    for (size_t i = 0; i < n; i++) {
        while (at < end && (rows->index ? rows->index[at] : at) < list[i])
            at++;
        if (at < end && (rows->index ? rows->index[at] : at) == list[i])
            list[n_common++] = list[i];
    }
    return n_common;
}

static bl_nn_attention_event find_event(const bl_nn_run *run, const bl_nn_step *step,
                                        size_t number) {
    const bl_nn_attention_options *o = step->options;
    bl_nn_attention_event e = {
        .query_rows = bl_nn_event_rows(run, step->inputs[0], number),
        .key_rows = bl_nn_event_rows(run, step->inputs[1], number),
        .keys = (uint32_t *)bl_nn_slot_at(run, step, KEYS),
        .queries = (uint32_t *)bl_nn_slot_at(run, step, QUERIES),
        .n_seen = (uint32_t *)bl_nn_slot_at(run, step, SEEN),
    };
    e.n_keys = list_rows(bl_nn_rows_that_count(run, step, 1), number, e.keys);
    if (step->n_inputs == 3)
        e.n_keys = list_common(bl_nn_rows_that_count(run, step, 2), number, e.keys, e.n_keys);
    size_t n = list_rows(bl_nn_rows_that_count(run, step, 0), number, e.queries);
    size_t n_seen = o->use_causal_mask ? 0 : e.n_keys;
    for (size_t i = 0; i < n; i++) {
        size_t place = e.queries[i] - e.query_rows.first;
        while (n_seen < e.n_keys && e.keys[n_seen] - e.key_rows.first <= place)
            n_seen++;
        if (!n_seen)
            continue;
        e.queries[e.n_queries] = e.queries[i];
        e.n_seen[e.n_queries++] = (uint32_t)n_seen;
    }
    bl_random_init(&e.random, run->seed, (uint32_t)step->number, run->first_event + number);
    return e;
}

// ---- running ----

static bl_nn_matrix rows_at(const bl_nn_run *run, const bl_nn_step *step, size_t slot,
                            size_t part) {
    return (bl_nn_matrix){bl_nn_slot_at(run, step, slot), stride_of(step->options, part)};
}

static bl_nn_attention attention_of(const bl_nn_run *run, const bl_nn_step *step) {
    const bl_nn_attention_options *o = step->options;
    bl_nn_attention a = sizes_of(o, run->value_list[step->inputs[1]].shape.steps);
    a.kernels = run->kernels;
    a.query = rows_at(run, step, QUERY, QUERY);
    a.key = rows_at(run, step, KEY, KEY);
    a.value = rows_at(run, step, VALUE, VALUE);
    a.context = rows_at(run, step, CONTEXT, OUTPUT);
    a.scratch = bl_nn_slot_at(run, step, SCRATCH);
    if (!run->trains) {
        a.dropout = 0;
        return a;
    }
    a.statistics = (bl_nn_matrix){bl_nn_slot_at(run, step, STATISTICS), 2 * (size_t)o->num_heads};
    a.query_gradient = rows_at(run, step, QUERY_GRADIENT, QUERY);
    a.key_gradient = rows_at(run, step, KEY_GRADIENT, KEY);
    a.value_gradient = rows_at(run, step, VALUE_GRADIENT, VALUE);
    a.context_gradient = rows_at(run, step, CONTEXT_GRADIENT, OUTPUT);
    a.back_scratch = bl_nn_slot_at(run, step, BACK_SCRATCH);
    return a;
}

/// The number of a part's matrix among the parameters; its bias follows.
static size_t kernel_of(const bl_nn_step *step, size_t part) {
    return part * (1 + (size_t)((const bl_nn_attention_options *)step->options)->use_bias);
}

static void project(const bl_nn_run *run, const bl_nn_step *step, size_t part, size_t m,
                    bl_nn_matrix from, bl_nn_matrix to) {
    const bl_nn_attention_options *o = step->options;
    run->kernels->multiply(&(bl_nn_product){
        .m = m,
        .a = from.data,
        .a_stride = from.stride,
        .b = &bl_nn_weights_at(run, step, part)->forward,
        .bias = o->use_bias ? bl_nn_parameter_at(run, step, kernel_of(step, part) + 1) : NULL,
        .out = to.data,
        .out_stride = to.stride,
    });
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    if (step->n_inputs == 3)
        BL_TRY(bl_nn_check_same_rows(run, step, 1, 2, err));
    bl_nn_attention a = attention_of(run, step);
    for (size_t part = QUERY; part < OUTPUT; part++) {
        size_t input = step->inputs[input_of(step, part)];
        project(run, step, part, bl_nn_n_rows(run, input), run->values[input],
                rows_at(run, step, part, part));
    }
    for (size_t e = 0; e < run->n_events; e++) {
        bl_nn_attention_event event = find_event(run, step, e);
        bl_nn_attend(&a, &event);
    }
    project(run, step, OUTPUT, bl_nn_n_rows(run, step->output), a.context,
            run->values[step->output]);
    return BL_OK;
}

/// Gradients of a part's matrix and bias, and of what it projected.
/// \param to data NULL: not wanted \param adds to what is in `to`
static void project_back(bl_nn_run *run, const bl_nn_step *step, size_t part, size_t m,
                         bl_nn_matrix from, bl_nn_matrix gradient, bl_nn_matrix to, bool adds) {
    const bl_nn_attention_options *o = step->options;
    const bl_nn_weights *weights = bl_nn_weights_at(run, step, part);
    size_t kernel = kernel_of(step, part);
    run->kernels->add_gradient(&(bl_nn_gradient){
        .m = m,
        .k = weights->k,
        .n = weights->n,
        .a = from.data,
        .a_stride = from.stride,
        .b = gradient.data,
        .b_stride = gradient.stride,
        .adds = step->adds,
        .out = bl_nn_gradient_at(run, step, kernel),
        .out_stride = weights->n,
    });
    if (o->use_bias)
        run->kernels->add_columns(gradient.data, gradient.stride, m, weights->n, step->adds,
                                  bl_nn_gradient_at(run, step, kernel + 1));
    if (to.data)
        run->kernels->multiply(&(bl_nn_product){
            .m = m,
            .a = gradient.data,
            .a_stride = gradient.stride,
            .b = &weights->backward,
            .adds = adds,
            .out = to.data,
            .out_stride = to.stride,
        });
}

static void clear(bl_nn_matrix rows, size_t m) {
    memset(rows.data, 0, m * rows.stride * sizeof *rows.data);
}

static void backward(bl_nn_run *run, const bl_nn_step *step) {
    bl_nn_attention a = attention_of(run, step);
    size_t n_queries = bl_nn_n_rows(run, step->inputs[0]);
    size_t n_keys = bl_nn_n_rows(run, step->inputs[1]);
    project_back(run, step, OUTPUT, n_queries, a.context, run->gradient, a.context_gradient, false);
    clear(a.query_gradient, n_queries);
    clear(a.key_gradient, n_keys);
    clear(a.value_gradient, n_keys);
    for (size_t e = 0; e < run->n_events; e++) {
        bl_nn_attention_event event = find_event(run, step, e);
        bl_nn_attend_back(&a, &event);
    }
    for (size_t part = QUERY; part < OUTPUT; part++) {
        size_t i = input_of(step, part);
        project_back(run, step, part, part == QUERY ? n_queries : n_keys,
                     run->values[step->inputs[i]], rows_at(run, step, QUERY_GRADIENT + part, part),
                     run->input_gradients[i], part == VALUE && step->n_inputs == 2);
    }
}

const bl_nn_layer bl_nn_attention_layer = {.plan = plan, .forward = forward, .backward = backward};
