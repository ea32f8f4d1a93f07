// SPDX-License-Identifier: Apache-2.0
// What operators are read with: their inputs, outputs and attributes, and layers for them.
#include "model/onnx/import.h"

#include "model/onnx/trees_private.h"

bl_status bl_onnx_no_memory(bl_error *err) {
    return bl_error_set(err, BL_E_NOMEM, "no memory for a network");
}

// ---- values ----

static bl_onnx_seen *find(bl_onnx_import *c, const char *name) {
    size_t i = *name ? bl_name_map_find(&c->names, name) : SIZE_MAX;
    return i == SIZE_MAX ? NULL : &c->values[i];
}

bl_onnx_seen *bl_onnx_in(bl_onnx_import *c, size_t i) {
    return i < c->node->inputs.n ? find(c, c->node->inputs.items[i]) : NULL;
}

bool bl_onnx_has_output(const bl_onnx_import *c, size_t i) {
    if (i >= c->node->outputs.n || !*c->node->outputs.items[i])
        return false;
    return c->values[bl_name_map_find(&c->names, c->node->outputs.items[i])].n_uses > 0;
}

void bl_onnx_put(bl_onnx_import *c, size_t i, const bl_onnx_seen *seen) {
    bl_onnx_seen *to = i < c->node->outputs.n ? find(c, c->node->outputs.items[i]) : NULL;
    if (!to)
        return;
    const char *name = to->name;
    size_t n_uses = to->n_uses;
    *to = *seen;
    to->name = name;
    to->n_uses = n_uses;
}

bl_status bl_onnx_take_padded(bl_onnx_import *c, size_t i, bl_onnx_seen *ret_seen, bl_error *err) {
    static const char *const reasons[] = {
        [BL_ONNX_NOTHING] = "is not there",
        [BL_ONNX_CONSTANT] = "is a constant",
        [BL_ONNX_TEXTS] = "is texts",
        [BL_ONNX_TENSOR] = "",
        [BL_ONNX_LENGTHS] = "is whole numbers without columns, which are lengths here",
        [BL_ONNX_PRESENT] = "says which steps are there, which is only multiplied with here",
        [BL_ONNX_LABELS] = "is labels of classes, which are left out here",
        [BL_ONNX_ERF] = "is an error function, which only gelu has here",
    };
    const bl_onnx_seen *seen = bl_onnx_in(c, i);
    bl_onnx_seen_kind kind = seen ? seen->kind : BL_ONNX_NOTHING;
    if (kind != BL_ONNX_TENSOR)
        return bl_onnx_refuse(err, "input %zu '%s' %s", i,
                              i < c->node->inputs.n ? c->node->inputs.items[i] : "", reasons[kind]);
    *ret_seen = *seen;
    ret_seen->is_shared |= seen->n_uses > 1;
    return BL_OK;
}

bl_status bl_onnx_take(bl_onnx_import *c, size_t i, bl_onnx_seen *ret_seen, bl_error *err) {
    BL_TRY(bl_onnx_take_padded(c, i, ret_seen, err));
    for (unsigned k = 0; k < ret_seen->rank; k++)
        if (ret_seen->axes[k].before || ret_seen->axes[k].behind)
            return bl_onnx_refuse(err, "input %zu '%s' is padded, which only Conv takes here", i,
                                  ret_seen->name);
    return BL_OK;
}

bl_status bl_onnx_take_constant(bl_onnx_import *c, size_t i, const bl_onnx_seen **ret_seen,
                                bl_error *err) {
    bl_onnx_seen *seen = bl_onnx_in(c, i);
    *ret_seen = NULL;
    if (!seen)
        return BL_OK;
    if (seen->kind != BL_ONNX_CONSTANT)
        return bl_onnx_refuse(err, "input %zu '%s' is no constant", i, seen->name);
    BL_TRY(bl_onnx_read_numbers(c, seen, err));
    *ret_seen = seen;
    return BL_OK;
}

bool bl_onnx_is_alone(const bl_onnx_seen *t) { return !t->is_shared; }

// ---- layers ----

/// The operator's name, or what it makes, for the first of its layers, unless one is called so.
static const char *layer_name(bl_onnx_import *c) {
    const char *name = c->node->name;
    if (c->is_named)
        return NULL;
    c->is_named = true;
    if ((!name || !*name) && c->node->outputs.n)
        name = c->node->outputs.items[0];
    return name && *name && bl_nn_graph_find(c->graph, name) == BL_NN_NONE ? name : NULL;
}

bl_status bl_onnx_add_layer(bl_onnx_import *c, bl_nn_kind_id kind, size_t n_inputs,
                            const size_t *inputs, bl_nn_node **ret_node, bl_error *err) {
    return bl_nn_graph_add(c->graph, &bl_nn_kinds[kind], layer_name(c), n_inputs, inputs, ret_node,
                           err);
}

bl_status bl_onnx_add_after(bl_onnx_import *c, bl_nn_kind_id kind, bl_onnx_seen *tensor,
                            bl_nn_node **ret_node, bl_error *err) {
    BL_TRY(bl_onnx_add_layer(c, kind, 1, &tensor->node, ret_node, err));
    tensor->node = c->graph->n_nodes - 1;
    tensor->is_shared = tensor->is_whole = tensor->is_flag = false;
    tensor->mask = BL_NN_NONE;
    return BL_OK;
}

bool bl_onnx_is_rowwise(const bl_nn_node *node) {
    if (node->kind->id == BL_NN_KIND_SLICE)
        return ((const bl_nn_slice_options *)node->options)->axis == -1;
    return node->kind->use == BL_NN_ROWWISE || node->kind->id == BL_NN_KIND_EMBEDDING;
}

bl_status bl_onnx_add_weight(bl_onnx_import *c, const char *layer, const char *name, size_t n,
                             const float *values, bl_error *err) {
    bl_onnx_weight *weights =
        bl_arena_grow(c->arena, c->weights, c->n_weights, &c->weights_room, sizeof *weights);
    if (!weights)
        return bl_onnx_no_memory(err);
    c->weights = weights;
    bl_onnx_weight *weight = &c->weights[c->n_weights];
    *weight = (bl_onnx_weight){.layer = bl_arena_text(c->arena, layer, strlen(layer)),
                               .name = bl_arena_text(c->arena, name, strlen(name)),
                               .n = n,
                               .values = values};
    if (!weight->layer || !weight->name)
        return bl_onnx_no_memory(err);
    c->n_weights++;
    return BL_OK;
}

bl_status bl_onnx_add_constant_weight(bl_onnx_import *c, const char *layer, const char *name,
                                      const bl_onnx_seen *constant, size_t n, bl_error *err) {
    if (!constant || (constant->n != 1 && constant->n != n))
        return bl_error_set(err, BL_E_SHAPE, "its %s has %zu numbers, not %zu", name,
                            constant ? constant->n : 0, n);
    float *values = bl_arena_array(c->arena, n + 1, sizeof *values);
    if (!values)
        return bl_onnx_no_memory(err);
    for (size_t i = 0; i < n; i++)
        values[i] = (float)constant->numbers[constant->n == 1 ? 0 : i];
    return bl_onnx_add_weight(c, layer, name, n, values, err);
}

// ---- attributes ----

bl_status bl_onnx_int(const bl_onnx_import *c, const char *name, int64_t preset, int64_t *ret_int,
                      bl_error *err) {
    *ret_int = preset;
    return bl_onnx_get_int(c->node, name, ret_int, err);
}

bl_status bl_onnx_float(const bl_onnx_import *c, const char *name, double preset,
                        double *ret_number, bl_error *err) {
    const bl_onnx_attribute *a = bl_onnx_attribute_get(c->node, name);
    if (a && a->kind != BL_ONNX_ATTRIBUTE_FLOAT)
        return bl_error_set(err, BL_E_TYPE, "attribute '%s' is not a number", name);
    *ret_number = a ? (double)a->f : preset;
    return BL_OK;
}

bool bl_onnx_attribute_is(const bl_onnx_import *c, const char *name, const char *text,
                          bool is_preset) {
    const bl_onnx_attribute *a = bl_onnx_attribute_get(c->node, name);
    if (!a)
        return is_preset;
    return a->kind == BL_ONNX_ATTRIBUTE_STRING && a->s.size == strlen(text) &&
           memcmp(a->s.data, text, a->s.size) == 0;
}

bl_status bl_onnx_read_axis(double axis, unsigned rank, unsigned *ret_axis, bl_error *err) {
    double from_front = axis < 0 ? axis + rank : axis;
    if (!(from_front >= 0 && from_front < rank))
        return bl_error_set(err, BL_E_INVALID, "axis %g of %u", axis, rank);
    *ret_axis = (unsigned)from_front;
    return BL_OK;
}
