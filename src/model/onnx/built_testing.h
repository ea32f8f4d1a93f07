// SPDX-License-Identifier: Apache-2.0
/// \file
/// For tests: a small model made by the builder.
#ifndef BL_MODEL_ONNX_BUILT_TESTING_H
#define BL_MODEL_ONNX_BUILT_TESTING_H

#include "model/onnx/builder.h"

/// A branch: one operator over `h`, which is a value of the graph around it.
static inline void test_onnx_branch(bl_onnx_builder *inner, bl_arena *arena, const char *name,
                                    const char *op) {
    const bl_onnx_size sizes[] = {{"batch", 0}, {NULL, 2}};
    const char *h = "h";
    bl_onnx_builder_init(inner, arena, 8, name);
    bl_onnx_add_node(inner, op, NULL, 1, &h, 1, &name);
    bl_onnx_add_output(inner, name, BL_ONNX_FLOAT, 2, sizes);
}

/// y = softmax(If(n > 0, Relu(x·w + b), x·w + b)), with an attribute of most kinds.
static inline void test_onnx_model(bl_onnx_builder *b, bl_arena *arena) {
    static const float weights[6] = {1, -2, 0.5F, 3, -1, 0.25F}, bias[2] = {0.5F, -0.5F};
    const int64_t weights_dims[] = {3, 2}, bias_dims[] = {2}, zero = 0;
    const bl_onnx_size in[] = {{"batch", 0}, {NULL, 3}}, out[] = {{"batch", 0}, {NULL, 2}};
    const char *gemm[] = {"x", "w", "b"}, *greater[] = {"n", "zero"};
    const char *h = "h", *is_more = "is_more", *z = "z", *y = "y", *zero_name = "zero";
    bl_onnx_builder yes, no;
    bl_onnx_builder_init(b, arena, 8, "main");
    bl_onnx_set_producer(b, "beamline", "test");
    bl_onnx_add_opset(b, NULL, 15);
    bl_onnx_add_metadata(b, "classes", "signal,background");
    bl_onnx_add_input(b, "x", BL_ONNX_FLOAT, 2, in);
    bl_onnx_add_input(b, "n", BL_ONNX_INT64, 0, NULL);
    bl_onnx_add_output(b, "y", BL_ONNX_FLOAT, 2, out);
    bl_onnx_add_initializer(b, "w", BL_ONNX_FLOAT, 2, weights_dims, weights, sizeof weights);
    bl_onnx_add_initializer(b, "b", BL_ONNX_FLOAT, 1, bias_dims, bias, sizeof bias);
    bl_onnx_node *node = bl_onnx_add_node(b, "Gemm", NULL, 3, gemm, 1, &h);
    bl_onnx_add_float(b, node, "alpha", 2.0F);
    bl_onnx_add_int(b, node, "transB", 0);
    node = bl_onnx_add_node(b, "Constant", NULL, 0, NULL, 1, &zero_name);
    bl_onnx_add_tensor(b, node, "value", BL_ONNX_INT64, 0, NULL, &zero, sizeof zero);
    bl_onnx_add_node(b, "Greater", NULL, 2, greater, 1, &is_more);
    test_onnx_branch(&yes, arena, "rectified", "Relu");
    test_onnx_branch(&no, arena, "plain", "Identity");
    node = bl_onnx_add_node(b, "If", NULL, 1, &is_more, 1, &z);
    bl_onnx_add_graph(b, node, "then_branch", &yes);
    bl_onnx_add_graph(b, node, "else_branch", &no);
    node = bl_onnx_add_node(b, "Softmax", NULL, 1, &z, 1, &y);
    bl_onnx_add_int(b, node, "axis", -1);
}

#endif
