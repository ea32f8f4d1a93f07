// SPDX-License-Identifier: Apache-2.0
// Sums, products and comparisons of two values, or of one and a constant; reductions.
#include "model/onnx/import.h"

#include <math.h>

#include "model/onnx/trees_private.h"

// ---- a value and a constant ----

/// A bias that a layer has not yet.
static bool takes_bias(const bl_onnx_import *c, const bl_onnx_seen *t) {
    const bl_nn_node *node = &c->graph->nodes[t->node];
    if (!bl_onnx_is_alone(t))
        return false;
    if (node->kind->id == BL_NN_KIND_DENSE) {
        const bl_nn_dense_options *options = node->options;
        return !options->use_bias && options->activation.kind == BL_NN_LINEAR;
    }
    if (node->kind->id != BL_NN_KIND_CONV1D)
        return false;
    const bl_nn_convolution_options *options = node->options;
    return !options->use_bias && options->activation.kind == BL_NN_LINEAR;
}

static bl_status add_bias(bl_onnx_import *c, const bl_onnx_seen *t, size_t n, const double *numbers,
                          bl_error *err) {
    bl_nn_node *node = &c->graph->nodes[t->node];
    float *values = bl_arena_array(c->arena, t->width, sizeof *values);
    if (!values)
        return bl_onnx_no_memory(err);
    for (size_t i = 0; i < t->width; i++)
        values[i] = (float)numbers[n == 1 ? 0 : i];
    if (node->kind->id == BL_NN_KIND_DENSE)
        ((bl_nn_dense_options *)node->options)->use_bias = true;
    else
        ((bl_nn_convolution_options *)node->options)->use_bias = true;
    return bl_onnx_add_weight(c, node->name, "bias", t->width, values, err);
}

void bl_onnx_as_scaling(int kind, bool is_constant_first, size_t n, const double *numbers,
                        double *scale, double *offset) {
    for (size_t i = 0; i < n; i++) {
        double k = numbers[i];
        bool is_sum = kind == BL_NN_KIND_ADD || kind == BL_NN_KIND_SUBTRACT;
        bool flips = kind == BL_NN_KIND_SUBTRACT && is_constant_first;
        scale[i] = is_sum ? (flips ? -1 : 1) : kind == BL_NN_KIND_DIVIDE ? 1 / k : k;
        offset[i] = !is_sum ? 0 : kind == BL_NN_KIND_SUBTRACT && !flips ? -k : k;
    }
}

/// The axis of one of a value that a constant has more of.
static bl_onnx_axis *find_broad(bl_onnx_seen *t, const bl_onnx_seen *constant) {
    for (unsigned i = 0; i < constant->rank && i < t->rank; i++) {
        bl_onnx_axis *axis = &t->axes[t->rank - 1 - i];
        if (constant->axes[constant->rank - 1 - i].size > 1 && axis->size == 1)
            return axis->role == BL_ONNX_BATCH || axis->role == BL_ONNX_ROWS ? NULL : axis;
    }
    return NULL;
}

/// One column beside a constant of several becomes as many that are the same.
static bl_status widen(bl_onnx_import *c, bl_onnx_seen *t, const bl_onnx_seen *constant,
                       bl_error *err) {
    bl_onnx_axis *axis = find_broad(t, constant);
    if (!axis || t->width != 1)
        return BL_OK;
    size_t n = constant->axes[axis - t->axes + constant->rank - t->rank].size;
    float *ones = bl_arena_array(c->arena, n, sizeof *ones);
    if (!ones)
        return bl_onnx_no_memory(err);
    for (size_t i = 0; i < n; i++)
        ones[i] = 1;
    BL_TRY(bl_onnx_add_dense(c, t, n, ones, NULL, err));
    t->is_shared = true; // its matrix is no kernel to have a bias
    *axis = bl_onnx_axis_of(BL_ONNX_COLUMNS, n, 1);
    return BL_OK;
}

static bl_status with_constant(bl_onnx_import *c, int kind, bl_onnx_seen *t,
                               const bl_onnx_seen *constant, bool is_first, bl_error *err) {
    size_t n;
    const double *numbers;
    BL_TRY(widen(c, t, constant, err));
    BL_TRY(bl_onnx_spread(c, t, constant, &n, &numbers, err));
    if (kind == BL_NN_KIND_DIVIDE && is_first)
        return bl_onnx_divide_one(c, t, n, numbers, err);
    if (kind == BL_NN_KIND_ADD && takes_bias(c, t) && (n == 1 || n == t->width))
        return add_bias(c, t, n, numbers, err);
    double *scale = bl_arena_array(c->arena, 2 * n, sizeof *scale);
    if (!scale)
        return bl_onnx_no_memory(err);
    bl_onnx_as_scaling(kind, is_first, n, numbers, scale, scale + n);
    return bl_onnx_scale(c, t, n, scale, scale + n, err);
}

// ---- gelu ----

/// factor·(offset + erf) with a constant.
static bl_status erf_with_constant(int kind, bl_onnx_seen *erf, const bl_onnx_seen *constant,
                                   bl_error *err) {
    double k = constant->n ? constant->numbers[0] : 0;
    if (constant->n == 1 && kind == BL_NN_KIND_ADD && erf->offset == 0 && k == erf->factor)
        erf->offset = 1;
    else if (constant->n == 1 && kind == BL_NN_KIND_MULTIPLY)
        erf->factor *= k;
    else
        return bl_onnx_refuse(err, "it takes an error function on another way than that to gelu");
    return BL_OK;
}

/// factor·(1 + erf(x/√2)) times x, or x·g: 2·factor·g·gelu(x).
static bl_status erf_with_value(bl_onnx_import *c, const bl_onnx_seen *erf, bl_onnx_seen *t,
                                bl_error *err) {
    static const double nothing = 0;
    const bl_nn_node *node = &c->graph->nodes[t->node];
    double factor = 2 * erf->factor;
    if (t->node != erf->node) {
        const bl_nn_scaling_options *options = node->options;
        if (node->kind->id != BL_NN_KIND_RESCALING || node->inputs[0] != erf->node ||
            options->scale.n != 1 || options->offset.items[0] != 0)
            return bl_onnx_refuse(err, "it takes an error function of another value");
        factor *= options->scale.items[0];
    }
    if (erf->offset != 1)
        return bl_onnx_refuse(err, "it takes an error function without 1 more");
    t->node = erf->node;
    t->is_shared = true;
    BL_TRY(bl_onnx_activate(c, t, &(bl_nn_activation){.kind = BL_NN_GELU}, err));
    return factor == 1 ? BL_OK : bl_onnx_scale(c, t, 1, &factor, &nothing, err);
}

/// \param i the input that is an error function
static bl_status add_erf(bl_onnx_import *c, int kind, size_t i, bl_error *err) {
    bl_onnx_seen erf = *bl_onnx_in(c, i), t;
    bl_onnx_seen *other = bl_onnx_in(c, 1 - i);
    if (other && other->kind == BL_ONNX_CONSTANT) {
        BL_TRY(bl_onnx_read_numbers(c, other, err));
        BL_TRY(erf_with_constant(kind, &erf, other, err));
        bl_onnx_put(c, 0, &erf);
        return BL_OK;
    }
    BL_TRY(bl_onnx_take(c, 1 - i, &t, err));
    if (kind != BL_NN_KIND_MULTIPLY)
        return bl_onnx_refuse(err, "it takes an error function, which only gelu has here");
    BL_TRY(erf_with_value(c, &erf, &t, err));
    bl_onnx_put(c, 0, &t);
    return BL_OK;
}

// ---- two values ----

static bool is_activation(const bl_onnx_import *c, size_t node, bl_nn_activation_kind kind,
                          size_t *ret_from) {
    const bl_nn_node *n = &c->graph->nodes[node];
    if (n->kind->id != BL_NN_KIND_ACTIVATION ||
        ((const bl_nn_activation_options *)n->options)->activation.kind != kind)
        return false;
    *ret_from = n->inputs[0];
    return true;
}

/// x·sigmoid(x) is silu, x·tanh(softplus(x)) is mish.
static bool is_gated(const bl_onnx_import *c, const bl_onnx_seen *x, const bl_onnx_seen *gate,
                     bl_nn_activation_kind *ret_kind) {
    size_t from = BL_NN_NONE;
    if (!bl_onnx_same_axes(x, gate))
        return false;
    if (is_activation(c, gate->node, BL_NN_SIGMOID, &from) && from == x->node) {
        *ret_kind = BL_NN_SILU;
        return true;
    }
    *ret_kind = BL_NN_MISH;
    return is_activation(c, gate->node, BL_NN_TANH, &from) &&
           is_activation(c, from, BL_NN_SOFTPLUS, &from) && from == x->node;
}

bl_status bl_onnx_join(bl_onnx_import *c, bl_nn_kind_id kind, bl_onnx_seen *a, bl_onnx_seen *b,
                       bl_error *err) {
    bl_nn_node *node = NULL;
    BL_TRY(bl_onnx_align(c, a, b, err));
    size_t nodes[] = {a->node, b->node};
    BL_TRY(bl_onnx_add_layer(c, kind, 2, nodes, &node, err));
    for (unsigned i = 0; i < a->rank; i++)
        if (a->axes[i].size == 1 && a->axes[i].role != BL_ONNX_BATCH &&
            a->axes[i].role != BL_ONNX_ROWS)
            a->axes[i] = b->axes[i];
    a->node = c->graph->n_nodes - 1;
    a->width = a->width > b->width ? a->width : b->width;
    a->is_shared = a->is_whole = a->is_flag = false;
    a->mask = BL_NN_NONE;
    return BL_OK;
}

static bl_status join_two(bl_onnx_import *c, int kind, bl_error *err) {
    bl_onnx_seen a, b;
    bl_nn_activation_kind gated;
    BL_TRY(bl_onnx_take(c, 0, &a, err));
    BL_TRY(bl_onnx_take(c, 1, &b, err));
    bool is_first = kind == BL_NN_KIND_MULTIPLY && is_gated(c, &a, &b, &gated);
    bool is_second = !is_first && kind == BL_NN_KIND_MULTIPLY && is_gated(c, &b, &a, &gated);
    if (is_first || is_second) {
        bl_onnx_seen *x = is_first ? &a : &b;
        x->is_shared = true;
        BL_TRY(bl_onnx_activate(c, x, &(bl_nn_activation){.kind = gated}, err));
        bl_onnx_put(c, 0, x);
        return BL_OK;
    }
    bool is_whole = (a.is_whole || a.is_flag) && (b.is_whole || b.is_flag);
    BL_TRY(bl_onnx_join(c, (bl_nn_kind_id)kind, &a, &b, err));
    a.is_whole = is_whole && kind != BL_NN_KIND_DIVIDE;
    bl_onnx_put(c, 0, &a);
    return BL_OK;
}

/// What is multiplied with it stays as it is: steps that an event lacks are not there.
static bl_status multiply_present(bl_onnx_import *c, size_t i, bl_error *err) {
    bl_onnx_seen t;
    BL_TRY(bl_onnx_take(c, 1 - i, &t, err));
    if (t.steps != bl_onnx_in(c, i)->steps)
        return bl_onnx_refuse(err, "its value has other steps than those that lengths count");
    BL_TRY(bl_onnx_make_ragged(c, &t, err));
    bl_onnx_put(c, 0, &t);
    return BL_OK;
}

bl_status bl_onnx_add_arithmetic(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen t;
    for (size_t i = 0; i < 2; i++) {
        bl_onnx_seen *in = bl_onnx_in(c, i);
        if (in && in->kind == BL_ONNX_ERF)
            return add_erf(c, rule->which, i, err);
        if (in && in->kind == BL_ONNX_PRESENT && rule->which == BL_NN_KIND_MULTIPLY)
            return multiply_present(c, i, err);
    }
    for (size_t i = 0; i < 2; i++) {
        bl_onnx_seen *in = bl_onnx_in(c, i);
        if (!in || in->kind != BL_ONNX_CONSTANT)
            continue;
        BL_TRY(bl_onnx_read_numbers(c, in, err));
        BL_TRY(bl_onnx_take(c, 1 - i, &t, err));
        bool is_whole = t.is_whole && in->is_whole && rule->which != BL_NN_KIND_DIVIDE;
        BL_TRY(with_constant(c, rule->which, &t, in, i == 0, err));
        t.is_whole = is_whole;
        bl_onnx_put(c, 0, &t);
        return BL_OK;
    }
    return join_two(c, rule->which, err);
}

/// Max, Min, Sum and Mean of however many: one after the other, the mean at the end.
bl_status bl_onnx_add_extreme(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    static const double nothing = 0;
    bl_onnx_seen result = {0}, t;
    double least = -(double)INFINITY, most = (double)INFINITY;
    size_t n = c->node->inputs.n;
    bool is_mean = rule->which == BL_NN_KIND_AVERAGE;
    for (size_t i = 0; i < n; i++) {
        bl_onnx_seen *in = bl_onnx_in(c, i);
        if (in && in->kind == BL_ONNX_CONSTANT && in->n == 1 &&
            (rule->which == BL_NN_KIND_MAXIMUM || rule->which == BL_NN_KIND_MINIMUM)) {
            BL_TRY(bl_onnx_read_numbers(c, in, err));
            if (rule->which == BL_NN_KIND_MAXIMUM)
                least = fmax(least, in->numbers[0]);
            else
                most = fmin(most, in->numbers[0]);
            continue;
        }
        BL_TRY(bl_onnx_take(c, i, &t, err));
        if (result.kind == BL_ONNX_TENSOR)
            BL_TRY(bl_onnx_join(c, is_mean ? BL_NN_KIND_ADD : (bl_nn_kind_id)rule->which, &result,
                                &t, err));
        else
            result = t;
    }
    if (result.kind != BL_ONNX_TENSOR)
        return bl_onnx_refuse(err, "it is of constants");
    if (is_mean && n > 1)
        BL_TRY(bl_onnx_scale(c, &result, 1, &(double){1 / (double)n}, &nothing, err));
    if (isfinite(least) || isfinite(most))
        BL_TRY(bl_onnx_clip(c, &result, least, most, err));
    bl_onnx_put(c, 0, &result);
    return BL_OK;
}

/// Powers of 2, 1/2, −1, 3 and 1.
bl_status bl_onnx_add_power(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    const bl_onnx_seen *power = NULL;
    bl_nn_node *node = NULL;
    (void)rule;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_take_constant(c, 1, &power, err));
    double k = power && power->n == 1 ? power->numbers[0] : (double)NAN;
    bl_onnx_seen square = x;
    if (k == 2 || k == 3)
        BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_SQUARE, &square, &node, err));
    if (k == 3)
        BL_TRY(bl_onnx_join(c, BL_NN_KIND_MULTIPLY, &x, &square, err));
    else if (k == 2)
        x = square;
    else if (k == 0.5)
        BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_SQRT, &x, &node, err));
    else if (k == -1)
        BL_TRY(bl_onnx_divide_one(c, &x, 1, &(double){1}, err));
    else if (k != 1)
        return bl_onnx_refuse(err, "its power is none of 2, 3, 1/2, 1 and -1");
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

// ---- comparisons ----

static bl_nn_kind_id turned(int kind) {
    switch (kind) {
    case BL_NN_KIND_GREATER:
        return BL_NN_KIND_LESS;
    case BL_NN_KIND_LESS:
        return BL_NN_KIND_GREATER;
    case BL_NN_KIND_GREATER_EQUAL:
        return BL_NN_KIND_LESS_EQUAL;
    case BL_NN_KIND_LESS_EQUAL:
        return BL_NN_KIND_GREATER_EQUAL;
    default:
        return (bl_nn_kind_id)kind;
    }
}

/// Steps 0, 1, … that are below lengths.
static bl_status compare_steps(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    const bl_onnx_seen *steps = NULL;
    bl_onnx_seen present = {.kind = BL_ONNX_PRESENT, .mask = BL_NN_NONE};
    BL_TRY(bl_onnx_take_constant(c, 0, &steps, err));
    bool counts = steps && rule->which == BL_NN_KIND_LESS;
    for (size_t i = 0; counts && i < steps->n; i++)
        counts = steps->numbers[i] == (double)i;
    if (!counts)
        return bl_onnx_refuse(err, "it compares lengths with other than the numbers of steps");
    present.steps = steps->n;
    bl_onnx_put(c, 0, &present);
    return BL_OK;
}

bl_status bl_onnx_add_comparison(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x, *first = bl_onnx_in(c, 0);
    const bl_onnx_seen *constant = NULL;
    bl_nn_node *node = NULL;
    size_t at = first && first->kind == BL_ONNX_CONSTANT ? 0 : 1;
    const bl_onnx_seen *second = bl_onnx_in(c, 1);
    if (second && second->kind == BL_ONNX_LENGTHS)
        return compare_steps(c, rule, err);
    BL_TRY(bl_onnx_take(c, 1 - at, &x, err));
    BL_TRY(bl_onnx_take_constant(c, at, &constant, err));
    if (!constant || !constant->n || constant->rank > x.rank)
        return bl_onnx_refuse(err, "it is not with a constant");
    double value = constant->numbers[0];
    if (constant->n > 1) {
        BL_TRY(with_constant(c, BL_NN_KIND_SUBTRACT, &x, constant, false, err));
        value = 0;
    }
    BL_TRY(bl_onnx_add_after(c, at ? (bl_nn_kind_id)rule->which : turned(rule->which), &x, &node,
                             err));
    ((bl_nn_compare_options *)node->options)->value = value;
    x.is_flag = true;
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

// ---- reductions ----

static bl_status read_reduced(bl_onnx_import *c, const bl_onnx_seen *x, bool *is_reduced,
                              bl_error *err) {
    const bl_onnx_seen *axes = NULL;
    bl_onnx_ints ints;
    int64_t does_nothing;
    BL_TRY(bl_onnx_take_constant(c, 1, &axes, err));
    BL_TRY(bl_onnx_get_ints(c->node, "axes", &ints, err));
    BL_TRY(bl_onnx_int(c, "noop_with_empty_axes", 0, &does_nothing, err));
    size_t n = axes ? axes->n : ints.n;
    if (!n)
        return bl_onnx_refuse(err, "it is over all axes, that of events too");
    for (size_t i = 0; i < n; i++) {
        unsigned axis;
        BL_TRY(
            bl_onnx_read_axis(axes ? axes->numbers[i] : (double)ints.at[i], x->rank, &axis, err));
        if (x->axes[axis].role == BL_ONNX_BATCH || x->axes[axis].role == BL_ONNX_ROWS)
            return bl_onnx_refuse(err, "it is over the axis of events");
        is_reduced[axis] = true;
    }
    return BL_OK;
}

static bl_status reduce(bl_onnx_import *c, int kind, bl_onnx_seen *x, bool is_over_steps,
                        bl_error *err) {
    bl_nn_node *node = NULL;
    bool is_flag = x->is_flag;
    size_t from = x->node;
    // The mean over steps that are there.
    if (kind == BL_NN_KIND_MEAN && is_over_steps)
        kind = BL_NN_KIND_GLOBAL_AVERAGE_POOLING;
    BL_TRY(bl_onnx_add_after(c, (bl_nn_kind_id)kind, x, &node, err));
    *(bl_nn_reduce_options *)node->options =
        (bl_nn_reduce_options){.axis = is_over_steps ? 1 : -1, .keepdims = !is_over_steps};
    *(is_over_steps ? &x->steps : &x->width) = is_over_steps ? 0 : 1;
    x->is_flag = is_flag && (kind == BL_NN_KIND_MAX || kind == BL_NN_KIND_MIN);
    x->is_whole = is_flag;
    x->mask = is_flag && kind == BL_NN_KIND_SUM ? from : BL_NN_NONE;
    return BL_OK;
}

/// Over all steps, over all columns, or over an axis that is made to be columns.
static bl_status reduce_axes(bl_onnx_import *c, int kind, bl_onnx_seen *x, const bool *is_reduced,
                             bl_error *err) {
    unsigned n = 0, last = 0, n_others = 0;
    for (unsigned i = 0; i < x->rank; i++) {
        bool is_event = x->axes[i].role == BL_ONNX_BATCH || x->axes[i].role == BL_ONNX_ROWS;
        n += is_reduced[i] && x->axes[i].size > 1;
        n_others += !is_reduced[i] && !is_event && x->axes[i].size > 1;
        last = is_reduced[i] && x->axes[i].size > 1 ? i : last;
    }
    if (n == 0)
        return BL_OK;
    if (n > 1 && n_others)
        return bl_onnx_refuse(err, "it is over some axes of several");
    bool is_steps = n == 1 && x->axes[last].role == BL_ONNX_STEPS &&
                    x->axes[last].size == x->steps && x->axes[last].stride == 1;
    if (n > 1)
        BL_TRY(bl_onnx_flatten(c, x, err));
    else if (!is_steps)
        BL_TRY(bl_onnx_columns_at(c, x, last, err));
    BL_TRY(reduce(c, kind, x, is_steps, err));
    for (unsigned i = 0; i < x->rank; i++)
        if (is_reduced[i])
            x->axes[i] = bl_onnx_axis_of(BL_ONNX_ONE, 1, 0);
    return BL_OK;
}

bl_status bl_onnx_add_reduction(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    bl_nn_node *node = NULL;
    bool is_reduced[BL_ONNX_MOST_AXES] = {0};
    int64_t keeps;
    bool is_length = rule->which == BL_NN_KIND_SQUARE;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_int(c, "keepdims", 1, &keeps, err));
    BL_TRY(read_reduced(c, &x, is_reduced, err));
    if (is_length)
        BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_SQUARE, &x, &node, err));
    BL_TRY(reduce_axes(c, is_length ? BL_NN_KIND_SUM : rule->which, &x, is_reduced, err));
    if (is_length)
        BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_SQRT, &x, &node, err));
    for (unsigned i = x.rank; i-- > 0;)
        if (is_reduced[i] && !keeps)
            bl_onnx_remove_axis(&x, i);
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}
