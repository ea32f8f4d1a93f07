// SPDX-License-Identifier: Apache-2.0
// MultiHeadAttention, for some events at a time: queries, keys and values are projected, each
// event's queries look at its keys (nn/layers/attention_event.c), and what they saw is projected
// again. Only that is kept while training; going back projects once more, which is little beside
// the rest. As Keras on TensorFlow: keys that do not count are not seen; a query that does not
// count, or sees no key, gets the mean of all values, or, where dropout is set, nothing.
#include "nn/layers/attention.h"

#include <math.h>
#include <string.h>

enum { QUERY, KEY, VALUE, OUTPUT, N_PARTS }; ///< matrices, in the order of the parameters
/// Slots: projected rows of some events, in the order of the parts; of OUTPUT what queries saw, or,
/// going back, its gradient. Then what is kept, gradients, and what is used on the way.
enum {
    CONTEXT = N_PARTS,
    STATISTICS,
    QUERY_GRADIENT,
    KEY_GRADIENT,
    VALUE_GRADIENT,
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

/// Rows of the events that are run at a time: of one at least, and enough for good products.
static size_t most_rows(size_t steps) { return steps < 256 ? 256 : steps; }

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
    size_t queries = most_rows(query->shape.steps), keys = most_rows(value->shape.steps);
    size_t rows_of[] = {queries, keys, keys, queries};
    bl_nn_attention sizes = sizes_of(o, value->shape.steps);
    for (size_t part = QUERY; part < N_PARTS; part++)
        bl_nn_plan_slot(plan, step, (bl_nn_slot){.once = rows_of[part] * stride_of(o, part)});
    for (size_t part = CONTEXT; part <= STATISTICS; part++)
        bl_nn_plan_slot(plan, step,
                        (bl_nn_slot){.rows = query->rows,
                                     .per_row = part == CONTEXT ? stride_of(o, OUTPUT)
                                                                : 2 * (size_t)o->num_heads,
                                     .only_trains = true});
    for (size_t part = QUERY; part < OUTPUT; part++)
        bl_nn_plan_slot(
            plan, step,
            (bl_nn_slot){.once = rows_of[part] * stride_of(o, part), .only_trains = true});
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

// ---- some events ----

typedef struct group {
    size_t first, last; ///< events
    bl_nn_span queries, keys;
} group;

/// The events from `first` on for whose rows there is room.
static group group_at(const bl_nn_run *run, const bl_nn_step *step, size_t first) {
    size_t most_queries = most_rows(run->value_list[step->inputs[0]].shape.steps);
    size_t most_keys = most_rows(run->value_list[step->inputs[1]].shape.steps);
    group g = {.first = first, .last = first};
    for (; g.last < run->n_events; g.last++) {
        bl_nn_span queries = bl_nn_event_rows(run, step->inputs[0], g.last);
        bl_nn_span keys = bl_nn_event_rows(run, step->inputs[1], g.last);
        if (g.last == first) {
            g.queries = queries;
            g.keys = keys;
        }
        if (queries.last - g.queries.first > most_queries || keys.last - g.keys.first > most_keys)
            break;
        g.queries.last = queries.last;
        g.keys.last = keys.last;
    }
    return g;
}

/// Rows of an input's, or the output's, part of a group.
static bl_nn_span span_of(const group *g, size_t part) {
    return part == QUERY || part == OUTPUT ? g->queries : g->keys;
}

static bl_nn_matrix rows_from(bl_nn_matrix rows, size_t first) {
    return (bl_nn_matrix){rows.data ? rows.data + first * rows.stride : NULL, rows.stride};
}

/// The rows of an event that count, numbered from `base`.
static size_t list_rows(const bl_nn_rows *rows, size_t event, size_t base, uint32_t *to) {
    uint32_t first = rows->offsets[event], n = rows->offsets[event + 1] - first;
    for (uint32_t i = 0; i < n; i++)
        to[i] = (rows->index ? rows->index[first + i] : first + i) - (uint32_t)base;
    return n;
}

/// Those of n rows that count in another input, too; all lists ascend.
static size_t list_common(const bl_nn_rows *rows, size_t event, size_t base, uint32_t *list,
                          size_t n) {
    size_t n_common = 0, at = rows->offsets[event], end = rows->offsets[event + 1];
    for (size_t i = 0; i < n; i++) {
        size_t row = list[i] + base;
        while (at < end && (rows->index ? rows->index[at] : at) < row)
            at++;
        if (at < end && (rows->index ? rows->index[at] : at) == row)
            list[n_common++] = list[i];
    }
    return n_common;
}

static bl_nn_span span_in(bl_nn_span rows, size_t base) {
    return (bl_nn_span){rows.first - base, rows.last - base};
}

/// Which of its rows look at which; they are numbered as in the group.
static bl_nn_attention_event find_event(const bl_nn_run *run, const bl_nn_step *step,
                                        const group *g, size_t number) {
    const bl_nn_attention_options *o = step->options;
    size_t query = g->queries.first, key = g->keys.first;
    bl_nn_attention_event e = {
        .query_rows = span_in(bl_nn_event_rows(run, step->inputs[0], number), query),
        .key_rows = span_in(bl_nn_event_rows(run, step->inputs[1], number), key),
        .keys = bl_nn_numbers_at(run, step, KEYS),
        .queries = bl_nn_numbers_at(run, step, QUERIES),
        .n_seen = bl_nn_numbers_at(run, step, SEEN),
    };
    e.n_keys = list_rows(bl_nn_rows_that_count(run, step, 1), number, key, e.keys);
    if (step->n_inputs == 3)
        e.n_keys = list_common(bl_nn_rows_that_count(run, step, 2), number, key, e.keys, e.n_keys);
    size_t n = list_rows(bl_nn_rows_that_count(run, step, 0), number, query, e.queries);
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

// ---- forward ----

static bl_nn_matrix rows_at(const bl_nn_run *run, const bl_nn_step *step, size_t slot,
                            size_t part) {
    return (bl_nn_matrix){bl_nn_slot_at(run, step, slot), stride_of(step->options, part)};
}

static bl_nn_attention attention_of(const bl_nn_run *run, const bl_nn_step *step, const group *g) {
    const bl_nn_attention_options *o = step->options;
    bl_nn_attention a = sizes_of(o, run->value_list[step->inputs[1]].shape.steps);
    a.kernels = run->kernels;
    a.query = rows_at(run, step, QUERY, QUERY);
    a.key = rows_at(run, step, KEY, KEY);
    a.value = rows_at(run, step, VALUE, VALUE);
    a.scratch = bl_nn_slot_at(run, step, SCRATCH);
    if (run->trains) {
        size_t n = 2 * (size_t)o->num_heads;
        a.context = rows_from(rows_at(run, step, CONTEXT, OUTPUT), g->queries.first);
        a.statistics =
            rows_from((bl_nn_matrix){bl_nn_slot_at(run, step, STATISTICS), n}, g->queries.first);
    } else {
        a.context = rows_at(run, step, OUTPUT, OUTPUT);
        a.dropout = 0;
    }
    return a;
}

/// The number of a part's matrix among the parameters; its bias follows.
static size_t kernel_of(const bl_nn_step *step, size_t part) {
    return part * (1 + (size_t)((const bl_nn_attention_options *)step->options)->use_bias);
}

static void project(const bl_nn_run *run, const bl_nn_step *step, const group *g, size_t part,
                    bl_nn_matrix from, bl_nn_matrix to) {
    const bl_nn_attention_options *o = step->options;
    bl_nn_span rows = span_of(g, part);
    run->kernels->multiply(&(bl_nn_product){
        .m = rows.last - rows.first,
        .a = from.data,
        .a_stride = from.stride,
        .b = &bl_nn_weights_at(run, step, part)->forward,
        .bias = o->use_bias ? bl_nn_parameter_at(run, step, kernel_of(step, part) + 1) : NULL,
        .out = to.data,
        .out_stride = to.stride,
    });
}

/// Queries, keys and values.
static void project_inputs(const bl_nn_run *run, const bl_nn_step *step, const group *g) {
    for (size_t part = QUERY; part < OUTPUT; part++) {
        bl_nn_matrix from = run->values[step->inputs[input_of(step, part)]];
        project(run, step, g, part, rows_from(from, span_of(g, part).first),
                rows_at(run, step, part, part));
    }
}

static bl_status forward(bl_nn_run *run, const bl_nn_step *step, bl_error *err) {
    if (step->n_inputs == 3)
        BL_TRY(bl_nn_check_same_rows(run, step, 1, 2, err));
    for (size_t first = 0; first < run->n_events;) {
        group g = group_at(run, step, first);
        bl_nn_attention a = attention_of(run, step, &g);
        project_inputs(run, step, &g);
        for (; first < g.last; first++) {
            bl_nn_attention_event event = find_event(run, step, &g, first);
            bl_nn_attend(&a, &event);
        }
        project(run, step, &g, OUTPUT, a.context,
                rows_from(run->values[step->output], g.queries.first));
    }
    return BL_OK;
}

// ---- backward ----

/// Gradients of a part's matrix and bias, and of what it projected.
/// \param to data NULL: not wanted \param adds to what is in `to`
static void project_back(bl_nn_run *run, const bl_nn_step *step, const group *g, size_t part,
                         bl_nn_matrix from, bl_nn_matrix gradient, bl_nn_matrix to, bool adds) {
    const bl_nn_attention_options *o = step->options;
    const bl_nn_weights *weights = bl_nn_weights_at(run, step, part);
    bl_nn_span rows = span_of(g, part);
    size_t kernel = kernel_of(step, part), m = rows.last - rows.first;
    bool adds_parameters = step->adds || g->first;
    run->kernels->add_gradient(&(bl_nn_gradient){
        .m = m,
        .k = weights->k,
        .n = weights->n,
        .a = from.data,
        .a_stride = from.stride,
        .b = gradient.data,
        .b_stride = gradient.stride,
        .adds = adds_parameters,
        .out = bl_nn_gradient_at(run, step, kernel),
        .out_stride = weights->n,
    });
    if (o->use_bias)
        run->kernels->add_columns(gradient.data, gradient.stride, m, weights->n, adds_parameters,
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

/// Gradients of a part's rows, to which events add: zeros.
static bl_nn_matrix begin_gradient(const bl_nn_run *run, const bl_nn_step *step, const group *g,
                                   size_t part) {
    bl_nn_matrix rows = rows_at(run, step, QUERY_GRADIENT + part, part);
    bl_nn_span span = span_of(g, part);
    memset(rows.data, 0, (span.last - span.first) * rows.stride * sizeof *rows.data);
    return rows;
}

static void go_back_group(bl_nn_run *run, const bl_nn_step *step, const group *g) {
    bl_nn_attention a = attention_of(run, step, g);
    a.query_gradient = begin_gradient(run, step, g, QUERY);
    a.key_gradient = begin_gradient(run, step, g, KEY);
    a.value_gradient = begin_gradient(run, step, g, VALUE);
    a.context_gradient = rows_at(run, step, OUTPUT, OUTPUT);
    a.back_scratch = bl_nn_slot_at(run, step, BACK_SCRATCH);
    project_inputs(run, step, g);
    project_back(run, step, g, OUTPUT, a.context, rows_from(run->gradient, g->queries.first),
                 a.context_gradient, false);
    for (size_t e = g->first; e < g->last; e++) {
        bl_nn_attention_event event = find_event(run, step, g, e);
        bl_nn_attend_back(&a, &event);
    }
    for (size_t part = QUERY; part < OUTPUT; part++) {
        size_t i = input_of(step, part), first = span_of(g, part).first;
        project_back(run, step, g, part, rows_from(run->values[step->inputs[i]], first),
                     rows_at(run, step, QUERY_GRADIENT + part, part),
                     rows_from(run->input_gradients[i], first),
                     part == VALUE && step->n_inputs == 2);
    }
}

/// Events without rows write zeros, too.
static void backward(bl_nn_run *run, const bl_nn_step *step) {
    size_t first = 0;
    do {
        group g = group_at(run, step, first);
        go_back_group(run, step, &g);
        first = g.last;
    } while (first < run->n_events);
}

const bl_nn_layer bl_nn_attention_layer = {.plan = plan, .forward = forward, .backward = backward};
