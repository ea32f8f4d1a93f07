// SPDX-License-Identifier: Apache-2.0
// Attributes of a node of trees as arrays.
#include "model/onnx/trees_private.h"

const bl_onnx_attribute *bl_onnx_attribute_get(const bl_onnx_node *node, const char *name) {
    for (size_t i = 0; i < node->attributes.n; i++)
        if (strcmp(node->attributes.items[i].name, name) == 0)
            return &node->attributes.items[i];
    return NULL;
}

static bl_status wrong_kind(const char *name, const char *wanted, bl_error *err) {
    return bl_error_set(err, BL_E_TYPE, "attribute '%s' is not %s", name, wanted);
}

bl_status bl_onnx_get_ints(const bl_onnx_node *node, const char *name, bl_onnx_ints *ret_ints,
                           bl_error *err) {
    const bl_onnx_attribute *a = bl_onnx_attribute_get(node, name);
    if (a && a->kind != BL_ONNX_ATTRIBUTE_INTS)
        return wrong_kind(name, "a list of integers", err);
    *ret_ints = a ? (bl_onnx_ints){a->ints.n, a->ints.items} : (bl_onnx_ints){0};
    return BL_OK;
}

bl_status bl_onnx_get_int(const bl_onnx_node *node, const char *name, int64_t *ret_int,
                          bl_error *err) {
    const bl_onnx_attribute *a = bl_onnx_attribute_get(node, name);
    if (a && a->kind != BL_ONNX_ATTRIBUTE_INT)
        return wrong_kind(name, "an integer", err);
    if (a)
        *ret_int = a->i;
    return BL_OK;
}

static bl_status from_floats(bl_arena *arena, const bl_onnx_attribute *a,
                             bl_onnx_numbers *ret_numbers, bl_error *err) {
    double *at = (double *)bl_arena_array(arena, a->floats.n + 1, sizeof *at);
    if (!at)
        return bl_error_nomem(err, a->floats.n * sizeof *at, a->name);
    for (size_t i = 0; i < a->floats.n; i++)
        at[i] = (double)a->floats.items[i];
    *ret_numbers = (bl_onnx_numbers){a->floats.n, at, false};
    return BL_OK;
}

static bl_status from_tensor(bl_arena *arena, const bl_onnx_attribute *a,
                             bl_onnx_numbers *ret_numbers, bl_error *err) {
    bool is_double = a->tensor->type == BL_ONNX_DOUBLE;
    bl_bytes bytes;
    if (!is_double && a->tensor->type != BL_ONNX_FLOAT)
        return wrong_kind(a->name, "a tensor of float32 or float64", err);
    BL_TRY(bl_onnx_tensor_bytes(arena, a->tensor, &bytes, err));
    size_t size = is_double ? sizeof(double) : sizeof(float), n = bytes.size / size;
    double *at = (double *)bl_arena_array(arena, n + 1, sizeof *at);
    if (!at)
        return bl_error_nomem(err, n * sizeof *at, a->name);
    for (size_t i = 0; i < n; i++) {
        float single = 0;
        memcpy(is_double ? (void *)&at[i] : (void *)&single, bytes.data + i * size, size);
        at[i] = is_double ? at[i] : (double)single;
    }
    *ret_numbers = (bl_onnx_numbers){n, at, is_double};
    return BL_OK;
}

bl_status bl_onnx_get_numbers(bl_arena *arena, const bl_onnx_node *node, const char *name,
                              const char *tensor_name, bl_onnx_numbers *ret_numbers,
                              bl_error *err) {
    const bl_onnx_attribute *a = bl_onnx_attribute_get(node, name);
    if (!a && tensor_name)
        a = bl_onnx_attribute_get(node, tensor_name);
    *ret_numbers = (bl_onnx_numbers){0};
    if (!a)
        return BL_OK;
    if (a->kind == BL_ONNX_ATTRIBUTE_FLOATS)
        return from_floats(arena, a, ret_numbers, err);
    if (a->kind == BL_ONNX_ATTRIBUTE_TENSOR)
        return from_tensor(arena, a, ret_numbers, err);
    return wrong_kind(name, "a list of floats", err);
}

bl_status bl_onnx_expect_n(const char *name, size_t has, size_t n, bl_error *err) {
    if (has != n)
        return bl_error_set(err, BL_E_INVALID, "attribute '%s' has %zu items, not %zu", name, has,
                            n);
    return BL_OK;
}
