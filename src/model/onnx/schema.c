// SPDX-License-Identifier: Apache-2.0
// The messages of ONNX: which field is which member. Names and numbers are those of
// schemas/onnx.proto.
#include "model/onnx/model.h"

#define FIELD(number, kind, rule, name, struct_type, member) \
    { number, BL_MESSAGE_##kind, BL_MESSAGE_##rule, name, offsetof(struct_type, member), NULL }
#define MESSAGE(number, rule, name, struct_type, member, message)                           \
    {                                                                                       \
        number, BL_MESSAGE_MESSAGE, BL_MESSAGE_##rule, name, offsetof(struct_type, member), \
            &(message)                                                                      \
    }
#define TYPE(text, struct_type, fields) \
    { text, sizeof(struct_type), sizeof(fields) / sizeof *(fields), fields }

static const bl_message_type graph_message, type_message;

static const bl_message_field pair_fields[] = {
    FIELD(1, TEXT, ONE, "key", bl_onnx_pair, key),
    FIELD(2, TEXT, ONE, "value", bl_onnx_pair, value),
};
static const bl_message_type pair_message = TYPE("a pair of texts", bl_onnx_pair, pair_fields);

static const bl_message_field opset_fields[] = {
    FIELD(1, TEXT, ONE, "domain", bl_onnx_opset, domain),
    FIELD(2, INT64, ONE, "version", bl_onnx_opset, version),
};
static const bl_message_type opset_message = TYPE("an opset", bl_onnx_opset, opset_fields);

// ---- types ----

static const bl_message_field dim_fields[] = {
    FIELD(1, INT64, ONE, "dim_value", bl_onnx_dim, value),
    FIELD(2, TEXT, ONE, "dim_param", bl_onnx_dim, name),
    FIELD(3, TEXT, ONE, "denotation", bl_onnx_dim, denotation),
};
static const bl_message_type dim_message = TYPE("a dim", bl_onnx_dim, dim_fields);

static const bl_message_field shape_fields[] = {
    MESSAGE(1, MANY, "dim", bl_onnx_shape, dims, dim_message),
};
static const bl_message_type shape_message = TYPE("a shape", bl_onnx_shape, shape_fields);

static const bl_message_field tensor_type_fields[] = {
    FIELD(1, INT32, ONE, "elem_type", bl_onnx_tensor_type, element),
    MESSAGE(2, ONE, "shape", bl_onnx_tensor_type, shape, shape_message),
};
static const bl_message_type tensor_type_message =
    TYPE("the type of a tensor", bl_onnx_tensor_type, tensor_type_fields);

static const bl_message_field holder_fields[] = {
    MESSAGE(1, ONE, "elem_type", bl_onnx_nested_type, element, type_message),
};
static const bl_message_type holder_message =
    TYPE("the type of a sequence", bl_onnx_nested_type, holder_fields);

static const bl_message_field map_fields[] = {
    FIELD(1, INT32, ONE, "key_type", bl_onnx_nested_type, key),
    MESSAGE(2, ONE, "value_type", bl_onnx_nested_type, element, type_message),
};
static const bl_message_type map_message =
    TYPE("the type of a map", bl_onnx_nested_type, map_fields);

static const bl_message_field opaque_fields[] = {
    FIELD(1, TEXT, ONE, "domain", bl_onnx_opaque_type, domain),
    FIELD(2, TEXT, ONE, "name", bl_onnx_opaque_type, name),
};
static const bl_message_type opaque_message =
    TYPE("an opaque type", bl_onnx_opaque_type, opaque_fields);

static const bl_message_field type_fields[] = {
    MESSAGE(1, ONE, "tensor_type", bl_onnx_type, tensor, tensor_type_message),
    MESSAGE(4, ONE, "sequence_type", bl_onnx_type, sequence, holder_message),
    MESSAGE(5, ONE, "map_type", bl_onnx_type, map, map_message),
    FIELD(6, TEXT, ONE, "denotation", bl_onnx_type, denotation),
    MESSAGE(7, ONE, "opaque_type", bl_onnx_type, opaque, opaque_message),
    MESSAGE(8, ONE, "sparse_tensor_type", bl_onnx_type, sparse_tensor, tensor_type_message),
    MESSAGE(9, ONE, "optional_type", bl_onnx_type, optional, holder_message),
};
static const bl_message_type type_message = TYPE("a type", bl_onnx_type, type_fields);

static const bl_message_field value_fields[] = {
    FIELD(1, TEXT, ONE, "name", bl_onnx_value, name),
    MESSAGE(2, ONE, "type", bl_onnx_value, type, type_message),
    FIELD(3, TEXT, ONE, "doc_string", bl_onnx_value, doc),
    MESSAGE(4, MANY, "metadata_props", bl_onnx_value, metadata, pair_message),
};
static const bl_message_type value_message = TYPE("a value", bl_onnx_value, value_fields);

// ---- tensors and attributes ----

static const bl_message_field tensor_fields[] = {
    FIELD(1, INT64, MANY, "dims", bl_onnx_tensor, dims),
    FIELD(2, INT32, ONE, "data_type", bl_onnx_tensor, type),
    FIELD(3, BYTES, ONE, "segment", bl_onnx_tensor, segment),
    FIELD(4, FLOAT, PACKED, "float_data", bl_onnx_tensor, floats),
    FIELD(5, INT32, PACKED, "int32_data", bl_onnx_tensor, int32s),
    FIELD(6, BYTES, MANY, "string_data", bl_onnx_tensor, texts),
    FIELD(7, INT64, PACKED, "int64_data", bl_onnx_tensor, int64s),
    FIELD(8, TEXT, ONE, "name", bl_onnx_tensor, name),
    FIELD(9, BYTES, ONE, "raw_data", bl_onnx_tensor, raw),
    FIELD(10, DOUBLE, PACKED, "double_data", bl_onnx_tensor, doubles),
    FIELD(11, UINT64, PACKED, "uint64_data", bl_onnx_tensor, uint64s),
    FIELD(12, TEXT, ONE, "doc_string", bl_onnx_tensor, doc),
    MESSAGE(13, MANY, "external_data", bl_onnx_tensor, external, pair_message),
    FIELD(14, INT32, ONE, "data_location", bl_onnx_tensor, location),
    MESSAGE(16, MANY, "metadata_props", bl_onnx_tensor, metadata, pair_message),
};
static const bl_message_type tensor_message = TYPE("a tensor", bl_onnx_tensor, tensor_fields);

static const bl_message_field attribute_fields[] = {
    FIELD(1, TEXT, ONE, "name", bl_onnx_attribute, name),
    FIELD(2, FLOAT, ONE, "f", bl_onnx_attribute, f),
    FIELD(3, INT64, ONE, "i", bl_onnx_attribute, i),
    FIELD(4, BYTES, ONE, "s", bl_onnx_attribute, s),
    MESSAGE(5, ONE, "t", bl_onnx_attribute, tensor, tensor_message),
    MESSAGE(6, ONE, "g", bl_onnx_attribute, graph, graph_message),
    FIELD(7, FLOAT, MANY, "floats", bl_onnx_attribute, floats),
    FIELD(8, INT64, MANY, "ints", bl_onnx_attribute, ints),
    FIELD(9, BYTES, MANY, "strings", bl_onnx_attribute, strings),
    MESSAGE(10, MANY, "tensors", bl_onnx_attribute, tensors, tensor_message),
    MESSAGE(11, MANY, "graphs", bl_onnx_attribute, graphs, graph_message),
    FIELD(13, TEXT, ONE, "doc_string", bl_onnx_attribute, doc),
    MESSAGE(14, ONE, "tp", bl_onnx_attribute, type, type_message),
    MESSAGE(15, MANY, "type_protos", bl_onnx_attribute, types, type_message),
    FIELD(20, INT32, ONE, "type", bl_onnx_attribute, kind),
    FIELD(21, TEXT, ONE, "ref_attr_name", bl_onnx_attribute, reference),
    FIELD(22, BYTES, ONE, "sparse_tensor", bl_onnx_attribute, sparse_tensor),
    FIELD(23, BYTES, MANY, "sparse_tensors", bl_onnx_attribute, sparse_tensors),
};
static const bl_message_type attribute_message =
    TYPE("an attribute", bl_onnx_attribute, attribute_fields);

// ---- graphs ----

static const bl_message_field node_fields[] = {
    FIELD(1, TEXT, MANY, "input", bl_onnx_node, inputs),
    FIELD(2, TEXT, MANY, "output", bl_onnx_node, outputs),
    FIELD(3, TEXT, ONE, "name", bl_onnx_node, name),
    FIELD(4, TEXT, ONE, "op_type", bl_onnx_node, op_type),
    MESSAGE(5, MANY, "attribute", bl_onnx_node, attributes, attribute_message),
    FIELD(6, TEXT, ONE, "doc_string", bl_onnx_node, doc),
    FIELD(7, TEXT, ONE, "domain", bl_onnx_node, domain),
    FIELD(8, TEXT, ONE, "overload", bl_onnx_node, overload),
    MESSAGE(9, MANY, "metadata_props", bl_onnx_node, metadata, pair_message),
};
static const bl_message_type node_message = TYPE("a node", bl_onnx_node, node_fields);

static const bl_message_field annotation_fields[] = {
    FIELD(1, TEXT, ONE, "tensor_name", bl_onnx_annotation, tensor),
    MESSAGE(2, MANY, "quant_parameter_tensor_names", bl_onnx_annotation, parameters, pair_message),
};
static const bl_message_type annotation_message =
    TYPE("an annotation", bl_onnx_annotation, annotation_fields);

static const bl_message_field graph_fields[] = {
    MESSAGE(1, MANY, "node", bl_onnx_graph, nodes, node_message),
    FIELD(2, TEXT, ONE, "name", bl_onnx_graph, name),
    MESSAGE(5, MANY, "initializer", bl_onnx_graph, initializers, tensor_message),
    FIELD(10, TEXT, ONE, "doc_string", bl_onnx_graph, doc),
    MESSAGE(11, MANY, "input", bl_onnx_graph, inputs, value_message),
    MESSAGE(12, MANY, "output", bl_onnx_graph, outputs, value_message),
    MESSAGE(13, MANY, "value_info", bl_onnx_graph, values, value_message),
    MESSAGE(14, MANY, "quantization_annotation", bl_onnx_graph, annotations, annotation_message),
    FIELD(15, BYTES, MANY, "sparse_initializer", bl_onnx_graph, sparse_initializers),
    MESSAGE(16, MANY, "metadata_props", bl_onnx_graph, metadata, pair_message),
};
static const bl_message_type graph_message = TYPE("a graph", bl_onnx_graph, graph_fields);

static const bl_message_field function_fields[] = {
    FIELD(1, TEXT, ONE, "name", bl_onnx_function, name),
    FIELD(4, TEXT, MANY, "input", bl_onnx_function, inputs),
    FIELD(5, TEXT, MANY, "output", bl_onnx_function, outputs),
    FIELD(6, TEXT, MANY, "attribute", bl_onnx_function, attributes),
    MESSAGE(7, MANY, "node", bl_onnx_function, nodes, node_message),
    FIELD(8, TEXT, ONE, "doc_string", bl_onnx_function, doc),
    MESSAGE(9, MANY, "opset_import", bl_onnx_function, opsets, opset_message),
    FIELD(10, TEXT, ONE, "domain", bl_onnx_function, domain),
    MESSAGE(11, MANY, "attribute_proto", bl_onnx_function, default_attributes, attribute_message),
    MESSAGE(12, MANY, "value_info", bl_onnx_function, values, value_message),
    FIELD(13, TEXT, ONE, "overload", bl_onnx_function, overload),
    MESSAGE(14, MANY, "metadata_props", bl_onnx_function, metadata, pair_message),
};
static const bl_message_type function_message =
    TYPE("a function", bl_onnx_function, function_fields);

static const bl_message_field model_fields[] = {
    FIELD(1, INT64, ONE, "ir_version", bl_onnx_model, ir_version),
    FIELD(2, TEXT, ONE, "producer_name", bl_onnx_model, producer),
    FIELD(3, TEXT, ONE, "producer_version", bl_onnx_model, producer_version),
    FIELD(4, TEXT, ONE, "domain", bl_onnx_model, domain),
    FIELD(5, INT64, ONE, "model_version", bl_onnx_model, version),
    FIELD(6, TEXT, ONE, "doc_string", bl_onnx_model, doc),
    MESSAGE(7, ONE, "graph", bl_onnx_model, graph, graph_message),
    MESSAGE(8, MANY, "opset_import", bl_onnx_model, opsets, opset_message),
    MESSAGE(14, MANY, "metadata_props", bl_onnx_model, metadata, pair_message),
    MESSAGE(25, MANY, "functions", bl_onnx_model, functions, function_message),
};
const bl_message_type bl_onnx_model_message = TYPE("a model", bl_onnx_model, model_fields);
