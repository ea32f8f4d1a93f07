// SPDX-License-Identifier: Apache-2.0
// Products, convolutions, pooling and normalization.
#include "model/onnx/import.h"

#include <math.h>

#include "model/onnx/trees_private.h"

// ---- products ----

bl_status bl_onnx_add_dense(bl_onnx_import *c, bl_onnx_seen *t, size_t n, const float *kernel,
                            const float *bias, bl_error *err) {
    bl_nn_node *node = NULL;
    size_t k = t->width;
    BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_DENSE, t, &node, err));
    bl_nn_dense_options *options = node->options;
    options->units = (int64_t)n;
    options->use_bias = bias != NULL;
    BL_TRY(bl_onnx_add_weight(c, node->name, "kernel", k * n, kernel, err));
    if (bias)
        BL_TRY(bl_onnx_add_weight(c, node->name, "bias", n, bias, err));
    t->width = n;
    return BL_OK;
}

/// x·W with W a constant of two axes. \param is_turned W is [n × k]
static bl_status multiply(bl_onnx_import *c, bl_onnx_seen *t, const bl_onnx_seen *w, bool is_turned,
                          double factor, bl_error *err) {
    if (!w || w->rank != 2 || w->n != w->axes[0].size * w->axes[1].size)
        return bl_onnx_refuse(err, "its second input is no matrix");
    size_t k = w->axes[is_turned].size, n = w->axes[!is_turned].size;
    BL_TRY(bl_onnx_columns_at(c, t, t->rank - 1, err));
    if (k != t->width)
        return bl_error_set(err, BL_E_SHAPE, "%zu columns meet a matrix of %zu rows", t->width, k);
    float *kernel = bl_arena_array(c->arena, k * n + 1, sizeof *kernel);
    if (!kernel)
        return bl_onnx_no_memory(err);
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < n; j++)
            kernel[i * n + j] = (float)(factor * w->numbers[is_turned ? j * k + i : i * n + j]);
    BL_TRY(bl_onnx_add_dense(c, t, n, kernel, NULL, err));
    t->axes[t->rank - 1] = bl_onnx_axis_of(BL_ONNX_COLUMNS, n, 1);
    return BL_OK;
}

bl_status bl_onnx_add_matmul(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    const bl_onnx_seen *w = NULL;
    (void)rule;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_take_constant(c, 1, &w, err));
    BL_TRY(multiply(c, &x, w, false, 1, err));
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

bl_status bl_onnx_add_gemm(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    const bl_onnx_seen *w = NULL, *bias = NULL;
    const double *numbers;
    double alpha, beta;
    int64_t turns_x, turns_w;
    size_t n;
    (void)rule;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_take_constant(c, 1, &w, err));
    BL_TRY(bl_onnx_take_constant(c, 2, &bias, err));
    BL_TRY(bl_onnx_float(c, "alpha", 1, &alpha, err));
    BL_TRY(bl_onnx_float(c, "beta", 1, &beta, err));
    BL_TRY(bl_onnx_int(c, "transA", 0, &turns_x, err));
    BL_TRY(bl_onnx_int(c, "transB", 0, &turns_w, err));
    if (turns_x)
        return bl_onnx_refuse(err, "it transposes its first input");
    BL_TRY(multiply(c, &x, w, turns_w != 0, alpha, err));
    if (bias) {
        BL_TRY(bl_onnx_spread(c, &x, bias, &n, &numbers, err));
        if (n != 1 && n != x.width)
            return bl_onnx_refuse(err, "its bias has other than a number for each column");
        float *values = bl_arena_array(c->arena, x.width, sizeof *values);
        if (!values)
            return bl_onnx_no_memory(err);
        for (size_t i = 0; i < x.width; i++)
            values[i] = (float)(beta * numbers[n == 1 ? 0 : i]);
        bl_nn_node *node = &c->graph->nodes[x.node];
        ((bl_nn_dense_options *)node->options)->use_bias = true;
        BL_TRY(bl_onnx_add_weight(c, node->name, "bias", x.width, values, err));
    }
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

// ---- windows ----

/// A window over steps, of the one axis that is not of size 1.
typedef struct window {
    unsigned axis;
    size_t size, stride, dilation, before, behind;
} window;

static bl_status read_list(bl_onnx_import *c, const char *name, size_t n, int64_t preset,
                           int64_t *ret_items, bl_error *err) {
    bl_onnx_ints ints;
    BL_TRY(bl_onnx_get_ints(c->node, name, &ints, err));
    if (ints.n && ints.n != n)
        return bl_error_set(err, BL_E_INVALID, "%s has %zu items, not %zu", name, ints.n, n);
    for (size_t i = 0; i < n; i++) {
        ret_items[i] = ints.n ? ints.at[i] : preset;
        if (ret_items[i] < 0 || ret_items[i] > INT32_MAX)
            return bl_onnx_refuse(err, "%s has %lld", name, (long long)ret_items[i]);
    }
    return BL_OK;
}

/// \param sizes [rank − 2] of the window
static bl_status read_window(bl_onnx_import *c, const bl_onnx_seen *x, const int64_t *sizes,
                             window *ret_window, bl_error *err) {
    int64_t strides[BL_ONNX_MOST_AXES], dilations[BL_ONNX_MOST_AXES], pads[2 * BL_ONNX_MOST_AXES];
    size_t n = x->rank - 2, found = 0;
    BL_TRY(read_list(c, "strides", n, 1, strides, err));
    BL_TRY(read_list(c, "dilations", n, 1, dilations, err));
    BL_TRY(read_list(c, "pads", 2 * n, 0, pads, err));
    for (size_t i = 0; i < n; i++) {
        if (x->axes[i + 2].size == 1 && sizes[i] == 1 && pads[i] == 0 && pads[i + n] == 0 && n > 1)
            continue;
        if (found++)
            return bl_onnx_refuse(err, "it is over more than one axis");
        if (sizes[i] < 1 || strides[i] < 1 || dilations[i] < 1)
            return bl_error_set(err, BL_E_INVALID, "its window is of nothing");
        *ret_window = (window){(unsigned)i + 2,      (size_t)sizes[i], (size_t)strides[i],
                               (size_t)dilations[i], (size_t)pads[i],  (size_t)pads[i + n]};
    }
    return found ? BL_OK : bl_onnx_refuse(err, "it is over axes of 1");
}

/// How a window is padded, as Keras has it, and the steps that come out.
static bl_status find_padding(bl_onnx_import *c, const window *w, size_t steps, int *ret_padding,
                              size_t *ret_steps, bl_error *err) {
    size_t reach = (w->size - 1) * w->dilation, out = (steps + w->stride - 1) / w->stride;
    size_t covered = (out - 1) * w->stride + reach + 1;
    size_t total = covered > steps ? covered - steps : 0;
    bool is_same = bl_onnx_attribute_is(c, "auto_pad", "SAME_UPPER", false);
    bool is_valid = bl_onnx_attribute_is(c, "auto_pad", "VALID", false);
    if (!is_same && !is_valid && !bl_onnx_attribute_is(c, "auto_pad", "NOTSET", true))
        return bl_onnx_refuse(err, "its padding is neither SAME_UPPER nor VALID");
    is_valid |= !is_same && !w->before && !w->behind;
    is_same |= !is_valid && w->before == total / 2 && w->behind == total - total / 2;
    bool is_causal = !is_valid && !is_same && w->before == reach && !w->behind;
    if (!is_valid && !is_same && !is_causal)
        return bl_onnx_refuse(err, "it pads %zu and %zu steps, which is not as Keras pads",
                              w->before, w->behind);
    if (is_valid && steps < reach + 1)
        return bl_error_set(err, BL_E_SHAPE, "it sees %zu steps at once; there are %zu", reach + 1,
                            steps);
    *ret_padding = is_valid ? BL_NN_VALID : is_same ? BL_NN_SAME : BL_NN_CAUSAL;
    *ret_steps = is_valid ? (steps - reach - 1) / w->stride + 1 : out;
    return BL_OK;
}

static void set_steps(bl_onnx_seen *x, unsigned axis, size_t steps) {
    x->steps = steps;
    x->axes[axis] = bl_onnx_axis_of(BL_ONNX_STEPS, steps, 1);
}

/// Filters [filters × columns × … taps …] as [taps × columns × filters].
static float *turn_filters(bl_arena *arena, const bl_onnx_seen *w, size_t taps) {
    size_t filters = w->axes[0].size, columns = w->axes[1].size;
    float *kernel = bl_arena_array(arena, w->n + 1, sizeof *kernel);
    for (size_t f = 0; f < filters && kernel; f++)
        for (size_t i = 0; i < columns; i++)
            for (size_t k = 0; k < taps; k++)
                kernel[(k * columns + i) * filters + f] =
                    (float)w->numbers[(f * columns + i) * taps + k];
    return kernel;
}

/// The sizes of filters, one of which is not 1.
static bl_status read_filters(bl_onnx_import *c, const bl_onnx_seen *x, const bl_onnx_seen *w,
                              int64_t *sizes, bl_error *err) {
    int64_t groups, given[BL_ONNX_MOST_AXES];
    size_t n = 1;
    BL_TRY(bl_onnx_int(c, "group", 1, &groups, err));
    if (groups != 1)
        return bl_onnx_refuse(err, "it has %lld groups", (long long)groups);
    if (!w || x->rank < 3 || w->rank != x->rank)
        return bl_onnx_refuse(err, "it has filters of %u axes for a value of %u", w ? w->rank : 0,
                              x->rank);
    BL_TRY(read_list(c, "kernel_shape", x->rank - 2, 0, given, err));
    for (unsigned i = 0; i < w->rank; i++)
        if (__builtin_mul_overflow(n, w->axes[i].size, &n))
            return bl_error_set(err, BL_E_LIMIT, "its filters are too many");
    for (unsigned i = 2; i < w->rank; i++) {
        sizes[i - 2] = (int64_t)w->axes[i].size;
        if (given[i - 2] && given[i - 2] != sizes[i - 2])
            return bl_error_set(err, BL_E_INVALID, "its kernel_shape is not that of its filters");
    }
    return n == w->n && n ? BL_OK : bl_onnx_refuse(err, "its filters are all the same");
}

/// Zeros that a Pad put along the axis.
static bl_status take_padding(bl_onnx_seen *x, window *over, bl_error *err) {
    over->before += x->axes[over->axis].before;
    over->behind += x->axes[over->axis].behind;
    x->axes[over->axis].before = x->axes[over->axis].behind = 0;
    for (unsigned i = 0; i < x->rank; i++)
        if (x->axes[i].before || x->axes[i].behind)
            return bl_onnx_refuse(err, "axis %u is padded", i);
    return BL_OK;
}

bl_status bl_onnx_add_convolution(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    const bl_onnx_seen *w = NULL, *bias = NULL;
    bl_nn_node *node = NULL;
    int64_t sizes[BL_ONNX_MOST_AXES];
    window over = {0};
    size_t steps = 0;
    int padding = 0;
    (void)rule;
    BL_TRY(bl_onnx_take_padded(c, 0, &x, err));
    BL_TRY(bl_onnx_take_constant(c, 1, &w, err));
    BL_TRY(bl_onnx_take_constant(c, 2, &bias, err));
    BL_TRY(read_filters(c, &x, w, sizes, err));
    BL_TRY(read_window(c, &x, sizes, &over, err));
    BL_TRY(take_padding(&x, &over, err));
    BL_TRY(bl_onnx_sequence_at(c, &x, over.axis, 1, err));
    if (w->axes[1].size != x.width)
        return bl_error_set(err, BL_E_SHAPE, "%zu columns meet filters of %zu", x.width,
                            w->axes[1].size);
    BL_TRY(find_padding(c, &over, x.steps, &padding, &steps, err));
    float *kernel = turn_filters(c->arena, w, over.size);
    if (!kernel)
        return bl_onnx_no_memory(err);
    BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_CONV1D, &x, &node, err));
    bl_nn_convolution_options *options = node->options;
    options->filters = (int64_t)w->axes[0].size;
    options->kernel_size = (int64_t)over.size;
    options->strides = (int64_t)over.stride;
    options->dilation_rate = (int64_t)over.dilation;
    options->padding = padding;
    options->use_bias = bias != NULL;
    BL_TRY(bl_onnx_add_weight(c, node->name, "kernel", w->n, kernel, err));
    x.width = w->axes[0].size;
    if (bias)
        BL_TRY(bl_onnx_add_constant_weight(c, node->name, "bias", bias, x.width, err));
    x.axes[1] = bl_onnx_axis_of(BL_ONNX_COLUMNS, x.width, 1);
    set_steps(&x, over.axis, steps);
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

bl_status bl_onnx_add_pooling(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    bl_nn_node *node = NULL;
    int64_t sizes[BL_ONNX_MOST_AXES], counts_padding, rounds_up;
    window over = {0};
    size_t steps = 0;
    int padding = 0;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    if (x.rank < 3 || bl_onnx_has_output(c, 1))
        return bl_onnx_refuse(err, "it is of %u axes, or gives places too", x.rank);
    BL_TRY(read_list(c, "kernel_shape", x.rank - 2, 0, sizes, err));
    BL_TRY(read_window(c, &x, sizes, &over, err));
    BL_TRY(bl_onnx_int(c, "count_include_pad", 0, &counts_padding, err));
    BL_TRY(bl_onnx_int(c, "ceil_mode", 0, &rounds_up, err));
    BL_TRY(bl_onnx_sequence_at(c, &x, over.axis, 1, err));
    BL_TRY(find_padding(c, &over, x.steps, &padding, &steps, err));
    bool is_exact = padding == BL_NN_VALID && (x.steps - over.size) % over.stride == 0;
    if (over.dilation != 1 || padding == BL_NN_CAUSAL || (rounds_up && !is_exact) ||
        (counts_padding && padding != BL_NN_VALID))
        return bl_onnx_refuse(err, "it has dilations, or pads as no pooling of Keras does");
    BL_TRY(bl_onnx_add_after(c, (bl_nn_kind_id)rule->which, &x, &node, err));
    *(bl_nn_pooling_options *)node->options = (bl_nn_pooling_options){
        .pool_size = (int64_t)over.size, .strides = (int64_t)over.stride, .padding = padding};
    set_steps(&x, over.axis, steps);
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

bl_status bl_onnx_add_global_pooling(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    bl_nn_node *node = NULL;
    unsigned axis = 2;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    while (axis + 1 < x.rank && x.axes[axis].size == 1)
        axis++;
    if (axis >= x.rank)
        return bl_onnx_refuse(err, "it is of %u axes", x.rank);
    BL_TRY(bl_onnx_sequence_at(c, &x, axis, 1, err));
    BL_TRY(bl_onnx_add_after(c, (bl_nn_kind_id)rule->which, &x, &node, err));
    x.steps = 0;
    x.axes[axis] = bl_onnx_axis_of(BL_ONNX_ONE, 1, 0);
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

// ---- normalization ----

bl_status bl_onnx_add_batch_normalization(bl_onnx_import *c, const bl_onnx_rule *rule,
                                          bl_error *err) {
    static const char *const names[] = {NULL, "gamma", "beta", "moving_mean", "moving_variance"};
    bl_onnx_seen x;
    bl_nn_node *node = NULL;
    int64_t trains;
    double epsilon;
    (void)rule;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_int(c, "training_mode", 0, &trains, err));
    BL_TRY(bl_onnx_float(c, "epsilon", 1e-5F, &epsilon, err));
    if (trains || x.rank < 2)
        return bl_onnx_refuse(err, "it trains, or its value has no columns");
    BL_TRY(bl_onnx_columns_at(c, &x, 1, err));
    BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_BATCH_NORMALIZATION, &x, &node, err));
    ((bl_nn_normalization_options *)node->options)->epsilon = epsilon;
    for (size_t i = 1; i < 5; i++) {
        const bl_onnx_seen *numbers = NULL;
        BL_TRY(bl_onnx_take_constant(c, i, &numbers, err));
        BL_TRY(bl_onnx_add_constant_weight(c, node->name, names[i], numbers, x.width, err));
    }
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

bl_status bl_onnx_add_layer_normalization(bl_onnx_import *c, const bl_onnx_rule *rule,
                                          bl_error *err) {
    bl_onnx_seen x;
    const bl_onnx_seen *gamma = NULL, *beta = NULL;
    bl_nn_node *node = NULL;
    int64_t number;
    unsigned axis;
    double epsilon;
    (void)rule;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_take_constant(c, 1, &gamma, err));
    BL_TRY(bl_onnx_take_constant(c, 2, &beta, err));
    BL_TRY(bl_onnx_int(c, "axis", -1, &number, err));
    BL_TRY(bl_onnx_read_axis((double)number, x.rank, &axis, err));
    BL_TRY(bl_onnx_float(c, "epsilon", 1e-5F, &epsilon, err));
    if (bl_onnx_has_output(c, 1) || bl_onnx_has_output(c, 2))
        return bl_onnx_refuse(err, "its mean or deviation is wanted");
    if (axis + 1 == x.rank)
        BL_TRY(bl_onnx_columns_at(c, &x, axis, err));
    else if (axis == 1 && x.axes[0].role == BL_ONNX_BATCH)
        BL_TRY(bl_onnx_flatten(c, &x, err));
    else
        return bl_onnx_refuse(err, "it is over some axes of several");
    BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_LAYER_NORMALIZATION, &x, &node, err));
    bl_nn_normalization_options *options = node->options;
    options->epsilon = epsilon;
    options->center = beta != NULL;
    BL_TRY(bl_onnx_add_constant_weight(c, node->name, "gamma", gamma, x.width, err));
    if (beta)
        BL_TRY(bl_onnx_add_constant_weight(c, node->name, "beta", beta, x.width, err));
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}
