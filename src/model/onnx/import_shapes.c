// SPDX-License-Identifier: Apache-2.0
// Operators that move numbers about.
#include "model/onnx/import.h"

#include <math.h>

#include "model/onnx/trees_private.h"

static bool is_events(const bl_onnx_axis *axis) {
    return axis->role == BL_ONNX_BATCH || axis->role == BL_ONNX_ROWS;
}

/// Identity; Dropout, which does nothing when a network predicts.
bl_status bl_onnx_add_same(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    const bl_onnx_seen *x = bl_onnx_in(c, 0), *trains = NULL;
    (void)rule;
    BL_TRY(bl_onnx_take_constant(c, 2, &trains, err));
    if (trains && trains->numbers[0] != 0)
        return bl_onnx_refuse(err, "it trains");
    if (!x)
        return bl_onnx_refuse(err, "it has no input");
    bl_onnx_seen seen = *x;
    seen.is_shared |= x->n_uses > 1;
    bl_onnx_put(c, 0, &seen);
    return BL_OK;
}

/// Whether nobody but Gather takes an output, for rows of a table.
static bool finds_rows_alone(const bl_onnx_import *c, const char *output) {
    for (size_t i = 0; i < c->model->graph->nodes.n; i++) {
        const bl_onnx_node *node = &c->model->graph->nodes.items[i];
        for (size_t k = 0; k < node->inputs.n; k++)
            if (strcmp(node->inputs.items[k], output) == 0 &&
                (k != 1 || strcmp(node->op_type, "Gather") != 0))
                return false;
    }
    return true;
}

/// Numbers stay float32 here; only such that are whole become whole ones.
bl_status bl_onnx_add_cast(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    int64_t to;
    const bl_onnx_seen *x = bl_onnx_in(c, 0);
    BL_TRY(bl_onnx_int(c, "to", 0, &to, err));
    if (x && x->kind == BL_ONNX_TENSOR && to != BL_ONNX_FLOAT && to != BL_ONNX_DOUBLE) {
        bool keeps = to == BL_ONNX_BOOL ? x->is_flag : x->is_whole || x->is_flag;
        // An Embedding leaves out what is behind the point itself.
        bool cuts = c->node->outputs.n && to == BL_ONNX_INT64 &&
                    finds_rows_alone(c, c->node->outputs.items[0]);
        if (!keeps && !cuts)
            return bl_onnx_refuse(err, "it makes %s of numbers that are not",
                                  bl_onnx_type_text((int32_t)to));
        bl_onnx_seen seen = *x;
        seen.is_shared |= x->n_uses > 1;
        seen.is_whole = true;
        bl_onnx_put(c, 0, &seen);
        return BL_OK;
    }
    return bl_onnx_add_same(c, rule, err);
}

/// Sizes of a Reshape, with 0 replaced.
static bl_status read_sizes(bl_onnx_import *c, const bl_onnx_seen *x, double *sizes,
                            unsigned *ret_n, bl_error *err) {
    const bl_onnx_seen *shape = NULL;
    int64_t allows_zero;
    BL_TRY(bl_onnx_take_constant(c, 1, &shape, err));
    BL_TRY(bl_onnx_int(c, "allowzero", 0, &allows_zero, err));
    if (!shape || shape->rank != 1 || shape->n > BL_ONNX_MOST_AXES || shape->n == 0)
        return bl_onnx_refuse(err, "its shape is no list of 1 to %d sizes", BL_ONNX_MOST_AXES);
    for (unsigned i = 0; i < shape->n; i++) {
        sizes[i] = shape->numbers[i];
        if (sizes[i] == 0 && !allows_zero && i < x->rank)
            sizes[i] = is_events(&x->axes[i]) ? (double)NAN : (double)x->axes[i].size;
    }
    *ret_n = (unsigned)shape->n;
    return BL_OK;
}

bl_status bl_onnx_add_reshape(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    double sizes[BL_ONNX_MOST_AXES];
    unsigned n = 0;
    const bl_onnx_seen *in = bl_onnx_in(c, 0);
    if (in && in->kind == BL_ONNX_LABELS)
        return bl_onnx_add_same(c, rule, err);
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(read_sizes(c, &x, sizes, &n, err));
    BL_TRY(bl_onnx_reshape(c, &x, n, sizes, err));
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

bl_status bl_onnx_add_flatten(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    int64_t axis;
    (void)rule;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_int(c, "axis", 1, &axis, err));
    if (axis != 1 && axis != 1 - (int64_t)x.rank)
        return bl_onnx_refuse(err, "its axis is %lld, not 1", (long long)axis);
    BL_TRY(bl_onnx_reshape(c, &x, 2, (double[]){NAN, (double)bl_onnx_n_numbers(&x)}, err));
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

bl_status bl_onnx_add_transpose(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    bl_onnx_ints order;
    (void)rule;
    BL_TRY(bl_onnx_take_padded(c, 0, &x, err));
    BL_TRY(bl_onnx_get_ints(c->node, "perm", &order, err));
    if (order.n && order.n != x.rank)
        return bl_error_set(err, BL_E_INVALID, "perm has %zu axes, not %u", order.n, x.rank);
    bl_onnx_seen turned = x;
    unsigned seen = 0;
    for (unsigned i = 0; i < x.rank; i++) {
        unsigned from = x.rank - 1 - i;
        if (order.n)
            BL_TRY(bl_onnx_read_axis((double)order.at[i], x.rank, &from, err));
        turned.axes[i] = x.axes[from];
        seen |= 1U << from;
    }
    if (seen != (1U << x.rank) - 1)
        return bl_error_set(err, BL_E_INVALID, "perm has an axis twice");
    bl_onnx_put(c, 0, &turned);
    return BL_OK;
}

/// Axes of the second input, of an operator that makes or drops some.
static bl_status read_axes(bl_onnx_import *c, unsigned rank, bool *has, size_t *ret_n,
                           bl_error *err) {
    const bl_onnx_seen *axes = NULL;
    BL_TRY(bl_onnx_take_constant(c, 1, &axes, err));
    for (size_t i = 0; axes && i < axes->n; i++) {
        unsigned axis;
        BL_TRY(bl_onnx_read_axis(axes->numbers[i], rank, &axis, err));
        has[axis] = true;
    }
    *ret_n = axes ? axes->n : 0;
    return BL_OK;
}

bl_status bl_onnx_add_squeeze(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    bool drops[BL_ONNX_MOST_AXES] = {0};
    size_t n;
    (void)rule;
    BL_TRY(bl_onnx_take_padded(c, 0, &x, err));
    BL_TRY(read_axes(c, x.rank, drops, &n, err));
    for (unsigned i = x.rank; i-- > 0;) {
        bool is_one = x.axes[i].size == 1 && !is_events(&x.axes[i]);
        if (drops[i] && !is_one)
            return bl_onnx_refuse(err, "it drops axis %u, which is not of 1", i);
        if (drops[i] || (!n && is_one))
            bl_onnx_remove_axis(&x, i);
    }
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

bl_status bl_onnx_add_unsqueeze(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    const bl_onnx_seen *axes = NULL;
    bool makes[2 * BL_ONNX_MOST_AXES] = {0};
    size_t n;
    const bl_onnx_seen *in = bl_onnx_in(c, 0);
    if (in && in->kind == BL_ONNX_LENGTHS)
        return bl_onnx_add_same(c, rule, err);
    BL_TRY(bl_onnx_take_padded(c, 0, &x, err));
    BL_TRY(bl_onnx_take_constant(c, 1, &axes, err));
    if (!axes || x.rank + axes->n > BL_ONNX_MOST_AXES)
        return bl_onnx_refuse(err, "it makes too many axes");
    unsigned rank = x.rank + (unsigned)axes->n;
    BL_TRY(read_axes(c, rank, makes, &n, err));
    for (unsigned i = 0; i < rank; i++)
        if (makes[i])
            BL_TRY(bl_onnx_insert_axis(&x, i, err));
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

/// Zeros along an axis, of which the next Conv takes notice.
bl_status bl_onnx_add_pad(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    const bl_onnx_seen *pads = NULL, *value = NULL;
    (void)rule;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_take_constant(c, 1, &pads, err));
    BL_TRY(bl_onnx_take_constant(c, 2, &value, err));
    if (!pads || pads->n != 2 * x.rank || bl_onnx_in(c, 3) || (value && value->numbers[0] != 0) ||
        !bl_onnx_attribute_is(c, "mode", "constant", true))
        return bl_onnx_refuse(err, "it pads with other than zeros, or some of the axes");
    for (unsigned i = 0; i < x.rank; i++) {
        double before = pads->numbers[i], behind = pads->numbers[i + x.rank];
        bool is_some = before != 0 || behind != 0;
        if (is_some && (is_events(&x.axes[i]) || !(before >= 0 && behind >= 0) || before > 0x1p20 ||
                        behind > 0x1p20))
            return bl_onnx_refuse(err, "it pads axis %u with %g and %g", i, before, behind);
        x.axes[i].before = (size_t)before;
        x.axes[i].behind = (size_t)behind;
    }
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

// ---- one beside the other ----

/// Lets the axis be all columns of an input, or all its steps.
static bl_status lay_along(bl_onnx_import *c, bl_onnx_seen *x, unsigned axis, bool is_steps,
                           bl_error *err) {
    return is_steps ? bl_onnx_sequence_at(c, x, axis, x->rank - 1, err)
                    : bl_onnx_columns_at(c, x, axis, err);
}

bl_status bl_onnx_add_concat(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    size_t n = c->node->inputs.n, *nodes = bl_arena_array(c->arena, n + 1, sizeof *nodes);
    bl_onnx_seen x, result = {0};
    bl_nn_node *node = NULL;
    int64_t number;
    unsigned axis = 0;
    size_t total = 0;
    bool is_steps = false;
    (void)rule;
    BL_TRY(bl_onnx_int(c, "axis", 0, &number, err));
    for (size_t i = 0; i < n && nodes; i++) {
        BL_TRY(bl_onnx_take(c, i, &x, err));
        BL_TRY(bl_onnx_read_axis((double)number, x.rank, &axis, err));
        if (is_events(&x.axes[axis]))
            return bl_onnx_refuse(err, "it is over the axis of events");
        is_steps =
            i ? is_steps : axis + 1 < x.rank && x.axes[axis].role != BL_ONNX_COLUMNS && x.rank == 3;
        BL_TRY(lay_along(c, &x, axis, is_steps, err));
        size_t size = x.axes[axis].size;
        x.axes[axis].size = result.axes[axis].size;
        if (i && (!bl_onnx_same_axes(&x, &result) ||
                  (is_steps ? x.width != result.width : x.steps != result.steps)))
            return bl_onnx_refuse(err, "its inputs have axes that do not go together");
        x.axes[axis].size = size;
        result = i ? result : x;
        nodes[i] = x.node;
        total += size;
    }
    if (!nodes)
        return bl_onnx_no_memory(err);
    BL_TRY(bl_onnx_add_layer(c, BL_NN_KIND_CONCATENATE, n, nodes, &node, err));
    ((bl_nn_concatenate_options *)node->options)->axis = is_steps ? 1 : -1;
    result.node = c->graph->n_nodes - 1;
    result.is_shared = result.is_whole = result.is_flag = false;
    result.axes[axis].size = total;
    *(is_steps ? &result.steps : &result.width) = total;
    bl_onnx_put(c, 0, &result);
    return BL_OK;
}

// ---- parts ----

/// Recurrent layers that keep all states, of which the last is taken alone.
static bool take_last_state(bl_onnx_import *c, const bl_onnx_seen *x, size_t start) {
    bl_nn_node *node = &c->graph->nodes[x->node];
    if (x->is_shared || node->mask != BL_NN_NONE ||
        (node->kind->id != BL_NN_KIND_GRU && node->kind->id != BL_NN_KIND_LSTM &&
         node->kind->id != BL_NN_KIND_SIMPLE_RNN))
        return false;
    bl_nn_recurrent_options *options = node->options;
    if (!options->return_sequences || start + 1 != x->steps)
        return false;
    options->return_sequences = false;
    return true;
}

/// Some of an axis, as a layer. \param drops the axis, of which one is taken
static bl_status take_part(bl_onnx_import *c, bl_onnx_seen *x, unsigned axis, size_t start,
                           size_t size, bool drops, bl_error *err) {
    bl_nn_node *node = NULL;
    bool is_steps = x->axes[axis].role == BL_ONNX_STEPS && x->axes[axis].size == x->steps;
    if (size != x->axes[axis].size && is_steps && size == 1 && take_last_state(c, x, start)) {
        x->steps = 0;
    } else if (size != x->axes[axis].size) {
        const bl_onnx_axis *seen = &x->axes[axis];
        bool is_outer = seen->role == BL_ONNX_COLUMNS && seen->size * seen->stride == x->width;
        if (!is_steps && !is_outer)
            BL_TRY(bl_onnx_columns_at(c, x, axis, err));
        size_t stride = is_steps ? 1 : seen->stride;
        BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_SLICE, x, &node, err));
        *(bl_nn_slice_options *)node->options =
            (bl_nn_slice_options){.axis = is_steps ? 1 : -1,
                                  .start = (int64_t)(start * stride),
                                  .size = (int64_t)(size * stride),
                                  .keepdims = !(is_steps && size == 1)};
        if (is_steps)
            x->steps = size == 1 ? 0 : size;
        else
            x->width = size * stride;
    }
    x->axes[axis].size = size;
    if (size == 1)
        x->axes[axis] = bl_onnx_axis_of(BL_ONNX_ONE, 1, 0);
    if (drops)
        bl_onnx_remove_axis(x, axis);
    return BL_OK;
}

static double clamp(double at, double size) {
    at = at < 0 ? at + size : at;
    return at < 0 ? 0 : at > size ? size : at;
}

bl_status bl_onnx_add_slice(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    const bl_onnx_seen *starts, *ends, *axes, *steps;
    (void)rule;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_take_constant(c, 1, &starts, err));
    BL_TRY(bl_onnx_take_constant(c, 2, &ends, err));
    BL_TRY(bl_onnx_take_constant(c, 3, &axes, err));
    BL_TRY(bl_onnx_take_constant(c, 4, &steps, err));
    if (!starts || !ends || starts->n != ends->n || (axes && axes->n != starts->n) ||
        (steps && steps->n != starts->n))
        return bl_error_set(err, BL_E_INVALID, "its starts, ends and axes are not as many");
    for (size_t i = 0; i < starts->n; i++) {
        unsigned axis;
        BL_TRY(bl_onnx_read_axis(axes ? axes->numbers[i] : (double)i, x.rank, &axis, err));
        double size = (double)x.axes[axis].size;
        if (is_events(&x.axes[axis])) {
            if (starts->numbers[i] == 0 && ends->numbers[i] >= 0x1p31 &&
                (!steps || steps->numbers[i] == 1))
                continue;
            return bl_onnx_refuse(err, "it is over the axis of events");
        }
        double from = clamp(starts->numbers[i], size), to = clamp(ends->numbers[i], size);
        if (!(from < to) || (steps && steps->numbers[i] != 1))
            return bl_onnx_refuse(err, "it is no part of axis %u in its order", axis);
        BL_TRY(take_part(c, &x, axis, (size_t)from, (size_t)(to - from), false, err));
    }
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

bl_status bl_onnx_add_split(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x;
    const bl_onnx_seen *sizes = NULL;
    int64_t number;
    unsigned axis;
    size_t n = c->node->outputs.n, start = 0;
    (void)rule;
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_take_constant(c, 1, &sizes, err));
    BL_TRY(bl_onnx_int(c, "axis", 0, &number, err));
    BL_TRY(bl_onnx_read_axis((double)number, x.rank, &axis, err));
    if (is_events(&x.axes[axis]) || (sizes && sizes->n != n) || !n)
        return bl_onnx_refuse(err, "it is over the axis of events, or into other than its outputs");
    size_t all = x.axes[axis].size;
    for (size_t i = 0; i < n; i++) {
        size_t each = (all + n - 1) / n, size = each < all - start ? each : all - start;
        if (sizes && sizes->numbers[i] >= 1 && sizes->numbers[i] <= (double)(all - start))
            size = (size_t)sizes->numbers[i];
        else if (sizes || !size)
            return bl_onnx_refuse(err, "a part of it has no size");
        bl_onnx_seen part = x;
        part.is_shared = true;
        if (bl_onnx_has_output(c, i))
            BL_TRY(take_part(c, &part, axis, start, size, false, err));
        bl_onnx_put(c, i, &part);
        start += size;
    }
    return BL_OK;
}

/// Rows of a constant table, by whole numbers.
static bl_status add_embedding(bl_onnx_import *c, const bl_onnx_seen *table, bl_error *err) {
    bl_onnx_seen x;
    bl_nn_node *node = NULL;
    BL_TRY(bl_onnx_take(c, 1, &x, err));
    if (table->rank != 2 || table->n != table->axes[0].size * table->axes[1].size || !table->n)
        return bl_onnx_refuse(err, "its table has %u axes, not 2", table->rank);
    if (!x.is_whole)
        return bl_onnx_refuse(err, "its numbers are not whole");
    if (!(x.steps && x.width == 1))
        BL_TRY(bl_onnx_columns_at(c, &x, x.rank - 1, err));
    if (x.steps && x.width != 1)
        return bl_onnx_refuse(err, "its numbers have more than one axis beside events");
    BL_TRY(bl_onnx_insert_axis(&x, x.rank, err));
    float *values = bl_arena_array(c->arena, table->n, sizeof *values);
    if (!values)
        return bl_onnx_no_memory(err);
    for (size_t i = 0; i < table->n; i++)
        values[i] = (float)table->numbers[i];
    BL_TRY(bl_onnx_add_after(c, BL_NN_KIND_EMBEDDING, &x, &node, err));
    bl_nn_embedding_options *options = node->options;
    options->input_dim = (int64_t)table->axes[0].size;
    options->output_dim = (int64_t)table->axes[1].size;
    BL_TRY(bl_onnx_add_weight(c, node->name, "embeddings", table->n, values, err));
    if (!x.steps) {
        x.steps = x.width;
        x.axes[x.rank - 2].role = BL_ONNX_STEPS;
    }
    x.width = table->axes[1].size;
    x.axes[x.rank - 1] = bl_onnx_axis_of(BL_ONNX_COLUMNS, x.width, 1);
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}

bl_status bl_onnx_add_gather(bl_onnx_import *c, const bl_onnx_rule *rule, bl_error *err) {
    bl_onnx_seen x, *in = bl_onnx_in(c, 0);
    const bl_onnx_seen *which = NULL;
    int64_t number;
    unsigned axis;
    (void)rule;
    BL_TRY(bl_onnx_int(c, "axis", 0, &number, err));
    if (in && in->kind == BL_ONNX_CONSTANT) {
        BL_TRY(bl_onnx_read_numbers(c, in, err));
        if (number != 0)
            return bl_onnx_refuse(err, "it is over axis %lld of a constant", (long long)number);
        return add_embedding(c, in, err);
    }
    BL_TRY(bl_onnx_take(c, 0, &x, err));
    BL_TRY(bl_onnx_take_constant(c, 1, &which, err));
    BL_TRY(bl_onnx_read_axis((double)number, x.rank, &axis, err));
    if (!which || which->n != 1 || which->rank > 1 || is_events(&x.axes[axis]))
        return bl_onnx_refuse(err, "it takes other than one of an axis that is not that of events");
    double at = which->numbers[0], size = (double)x.axes[axis].size;
    at += at < 0 ? size : 0;
    if (!(at >= 0 && at < size))
        return bl_error_set(err, BL_E_INVALID, "number %g of %g", at, size);
    BL_TRY(take_part(c, &x, axis, (size_t)at, 1, which->rank == 0, err));
    bl_onnx_put(c, 0, &x);
    return BL_OK;
}
