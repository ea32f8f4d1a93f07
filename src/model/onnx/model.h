// SPDX-License-Identifier: Apache-2.0
/// \file
/// An ONNX model as plain structures: what the messages of a file hold, member by member, in an
/// arena. Nothing is computed. A text or pointer that is NULL, and a list without items, is not
/// there. What messages mean is in the specification; comments here say what is ours.
///
/// Left out, and skipped when it is read: training_info, device configurations.
/// \source ONNX, "Open Neural Network Exchange Intermediate Representation" (docs/IR.md); the
/// numbers of fields are in schemas/onnx.proto
#ifndef BL_MODEL_ONNX_MODEL_H
#define BL_MODEL_ONNX_MODEL_H

#include "base/message.h"

/// Types of elements: X(NAME, number, text, bits of an element, field of values that are not raw).
/// Types of less than a byte are packed from the lowest bit on.
#define BL_ONNX_TYPES(X)                            \
    X(FLOAT, 1, float32, 32, FLOAT)                 \
    X(UINT8, 2, uint8, 8, INT32)                    \
    X(INT8, 3, int8, 8, INT32)                      \
    X(UINT16, 4, uint16, 16, INT32)                 \
    X(INT16, 5, int16, 16, INT32)                   \
    X(INT32, 6, int32, 32, INT32)                   \
    X(INT64, 7, int64, 64, INT64)                   \
    X(STRING, 8, string, 0, STRING)                 \
    X(BOOL, 9, bool, 8, INT32)                      \
    X(FLOAT16, 10, float16, 16, INT32)              \
    X(DOUBLE, 11, float64, 64, DOUBLE)              \
    X(UINT32, 12, uint32, 32, UINT64)               \
    X(UINT64, 13, uint64, 64, UINT64)               \
    X(COMPLEX64, 14, complex64, 64, FLOAT)          \
    X(COMPLEX128, 15, complex128, 128, DOUBLE)      \
    X(BFLOAT16, 16, bfloat16, 16, INT32)            \
    X(FLOAT8E4M3FN, 17, float8e4m3fn, 8, INT32)     \
    X(FLOAT8E4M3FNUZ, 18, float8e4m3fnuz, 8, INT32) \
    X(FLOAT8E5M2, 19, float8e5m2, 8, INT32)         \
    X(FLOAT8E5M2FNUZ, 20, float8e5m2fnuz, 8, INT32) \
    X(UINT4, 21, uint4, 4, INT32)                   \
    X(INT4, 22, int4, 4, INT32)                     \
    X(FLOAT4E2M1, 23, float4e2m1, 4, INT32)         \
    X(FLOAT8E8M0, 24, float8e8m0, 8, INT32)         \
    X(UINT2, 25, uint2, 2, INT32)                   \
    X(INT2, 26, int2, 2, INT32)                     \
    X(FLOAT6E2M3, 27, float6e2m3, 6, INT32)         \
    X(FLOAT6E3M2, 28, float6e3m2, 6, INT32)

typedef enum bl_onnx_type_id {
    BL_ONNX_UNDEFINED = 0,
#define BL_ONNX_TYPE_ENUM(name, number, text, bits, field) BL_ONNX_##name = (number),
    BL_ONNX_TYPES(BL_ONNX_TYPE_ENUM)
#undef BL_ONNX_TYPE_ENUM
} bl_onnx_type_id;

/// What an attribute is: X(NAME, number, text).
#define BL_ONNX_ATTRIBUTES(X)               \
    X(FLOAT, 1, "float")                    \
    X(INT, 2, "int")                        \
    X(STRING, 3, "string")                  \
    X(TENSOR, 4, "tensor")                  \
    X(GRAPH, 5, "graph")                    \
    X(FLOATS, 6, "floats")                  \
    X(INTS, 7, "ints")                      \
    X(STRINGS, 8, "strings")                \
    X(TENSORS, 9, "tensors")                \
    X(GRAPHS, 10, "graphs")                 \
    X(SPARSE_TENSOR, 11, "sparse tensor")   \
    X(SPARSE_TENSORS, 12, "sparse tensors") \
    X(TYPE, 13, "type")                     \
    X(TYPES, 14, "types")

typedef enum bl_onnx_attribute_kind {
    BL_ONNX_ATTRIBUTE_NONE = 0,
#define BL_ONNX_ATTRIBUTE_ENUM(name, number, text) BL_ONNX_ATTRIBUTE_##name = (number),
    BL_ONNX_ATTRIBUTES(BL_ONNX_ATTRIBUTE_ENUM)
#undef BL_ONNX_ATTRIBUTE_ENUM
        BL_ONNX_N_ATTRIBUTES
} bl_onnx_attribute_kind;

/// Numbers of those fields that are single numbers: whether they are there is a bit of `head.has`.
enum {
    BL_ONNX_MODEL_IR_VERSION = 1,
    BL_ONNX_MODEL_VERSION = 5,
    BL_ONNX_OPSET_VERSION = 2,
    BL_ONNX_ATTRIBUTE_HAS_F = 2,
    BL_ONNX_ATTRIBUTE_HAS_I = 3,
    BL_ONNX_ATTRIBUTE_HAS_KIND = 20,
    BL_ONNX_TENSOR_HAS_TYPE = 2,
    BL_ONNX_TENSOR_HAS_LOCATION = 14,
    BL_ONNX_TYPE_HAS_ELEMENT = 1,
    BL_ONNX_DIM_HAS_VALUE = 1,
};

typedef struct bl_onnx_type bl_onnx_type;
typedef struct bl_onnx_attribute bl_onnx_attribute;

typedef BL_MESSAGE_LIST(const char *) bl_onnx_texts;
typedef BL_MESSAGE_LIST(bl_bytes) bl_onnx_byte_texts;

typedef struct bl_onnx_pair {
    bl_message head;
    const char *key, *value;
} bl_onnx_pair;
typedef BL_MESSAGE_LIST(bl_onnx_pair) bl_onnx_pairs;

typedef struct bl_onnx_opset {
    bl_message head;
    const char *domain; ///< NULL, "" or "ai.onnx": the operators of ONNX itself
    int64_t version;
} bl_onnx_opset;
typedef BL_MESSAGE_LIST(bl_onnx_opset) bl_onnx_opsets;

/// A size, or the name of one, or neither: unknown.
typedef struct bl_onnx_dim {
    bl_message head;
    int64_t value; ///< where has BL_ONNX_DIM_HAS_VALUE
    const char *name;
    const char *denotation;
} bl_onnx_dim;

typedef struct bl_onnx_shape {
    bl_message head;
    BL_MESSAGE_LIST(bl_onnx_dim) dims;
} bl_onnx_shape;

typedef struct bl_onnx_tensor_type {
    bl_message head;
    int32_t element;      ///< bl_onnx_type_id
    bl_onnx_shape *shape; ///< NULL: of any rank
} bl_onnx_tensor_type;

/// Of a sequence, an optional value, or the values of a map.
typedef struct bl_onnx_nested_type {
    bl_message head;
    int32_t key; ///< of a map
    bl_onnx_type *element;
} bl_onnx_nested_type;

typedef struct bl_onnx_opaque_type {
    bl_message head;
    const char *domain, *name;
} bl_onnx_opaque_type;

/// One of these or none.
struct bl_onnx_type {
    bl_message head;
    bl_onnx_tensor_type *tensor, *sparse_tensor;
    bl_onnx_nested_type *sequence, *map, *optional;
    bl_onnx_opaque_type *opaque;
    const char *denotation;
};

typedef struct bl_onnx_value {
    bl_message head;
    const char *name, *doc;
    bl_onnx_type *type;
    bl_onnx_pairs metadata;
} bl_onnx_value;
typedef BL_MESSAGE_LIST(bl_onnx_value) bl_onnx_values;

/// Values are in `raw`, or in the one list that the type has them in; bl_onnx_tensor_bytes gives
/// them in one way.
typedef struct bl_onnx_tensor {
    bl_message head;
    const char *name, *doc;
    BL_MESSAGE_LIST(int64_t) dims;
    int32_t type;     ///< bl_onnx_type_id
    bl_bytes raw;     ///< little-endian, of any alignment; data NULL: not there
    bl_bytes segment; ///< refused
    BL_MESSAGE_LIST(float) floats;
    BL_MESSAGE_LIST(int32_t) int32s;
    bl_onnx_byte_texts texts;
    BL_MESSAGE_LIST(int64_t) int64s;
    BL_MESSAGE_LIST(double) doubles;
    BL_MESSAGE_LIST(uint64_t) uint64s;
    bl_onnx_pairs external; ///< where the values lie in another file; none once they are read
    int32_t location;       ///< 1: in another file
    bl_onnx_pairs metadata;
} bl_onnx_tensor;
typedef BL_MESSAGE_LIST(bl_onnx_tensor) bl_onnx_tensors;

typedef struct bl_onnx_node {
    bl_message head;
    const char *name, *doc, *op_type, *domain, *overload;
    bl_onnx_texts inputs;  ///< "": not given
    bl_onnx_texts outputs; ///< "": not wanted
    BL_MESSAGE_LIST(bl_onnx_attribute) attributes;
    bl_onnx_pairs metadata;
} bl_onnx_node;
typedef BL_MESSAGE_LIST(bl_onnx_node) bl_onnx_nodes;

typedef struct bl_onnx_annotation {
    bl_message head;
    const char *tensor;
    bl_onnx_pairs parameters;
} bl_onnx_annotation;

typedef struct bl_onnx_graph {
    bl_message head;
    const char *name, *doc;
    bl_onnx_nodes nodes;
    bl_onnx_tensors initializers;
    bl_onnx_byte_texts sparse_initializers; ///< refused
    bl_onnx_values inputs, outputs, values;
    BL_MESSAGE_LIST(bl_onnx_annotation) annotations; ///< of quantization
    bl_onnx_pairs metadata;
} bl_onnx_graph;

struct bl_onnx_attribute {
    bl_message head;
    const char *name, *doc;
    const char *reference; ///< in a function: the attribute of the function that it takes
    int32_t kind;          ///< bl_onnx_attribute_kind
    float f;
    int64_t i;
    bl_bytes s;
    bl_onnx_tensor *tensor;
    bl_onnx_graph *graph;
    bl_onnx_type *type;
    bl_bytes sparse_tensor; ///< refused
    BL_MESSAGE_LIST(float) floats;
    BL_MESSAGE_LIST(int64_t) ints;
    bl_onnx_byte_texts strings;
    bl_onnx_tensors tensors;
    BL_MESSAGE_LIST(bl_onnx_graph) graphs;
    BL_MESSAGE_LIST(bl_onnx_type) types;
    bl_onnx_byte_texts sparse_tensors; ///< refused
};

typedef struct bl_onnx_function {
    bl_message head;
    const char *name, *doc, *domain, *overload;
    bl_onnx_texts inputs, outputs;
    bl_onnx_texts attributes;                              ///< that must be given
    BL_MESSAGE_LIST(bl_onnx_attribute) default_attributes; ///< and those with a default
    bl_onnx_nodes nodes;
    bl_onnx_opsets opsets;
    bl_onnx_values values;
    bl_onnx_pairs metadata;
} bl_onnx_function;

typedef struct bl_onnx_model {
    bl_message head;
    int64_t ir_version, version;
    bl_onnx_opsets opsets;
    const char *producer, *producer_version, *domain, *doc;
    bl_onnx_graph *graph;
    bl_onnx_pairs metadata;
    BL_MESSAGE_LIST(bl_onnx_function) functions;
} bl_onnx_model;

extern const bl_message_type bl_onnx_model_message;

/// A type of elements as text, such as "float32"; NULL for a number that is none.
const char *bl_onnx_type_text(int32_t type);
/// Bytes that `n` elements take, packed where they are smaller than one; 0 of texts.
uint64_t bl_onnx_type_bytes(int32_t type, uint64_t n);
/// The kind of an attribute as text; NULL for a number that is none.
const char *bl_onnx_attribute_text(int32_t kind);
/// The version of a domain's operators that the model wants, 0 where it names none.
/// \param domain NULL, "" and "ai.onnx" are the same
int64_t bl_onnx_opset_version(const bl_onnx_opsets *opsets, const char *domain);
/// True for "" and its other spellings, NULL and "ai.onnx".
bool bl_onnx_is_default_domain(const char *domain);

/// Elements of a tensor, by its dims. \return BL_OK, BL_E_CORRUPT (a dim below 0), BL_E_LIMIT (more
/// bytes than can be counted)
bl_status bl_onnx_tensor_count(const bl_onnx_tensor *tensor, uint64_t *ret_n, bl_error *err);
/// Proves that a tensor holds as many values as its dims say, in the field that its type has them
/// in. \return BL_OK, BL_E_CORRUPT, BL_E_UNSUPPORTED (segments, values in another file), BL_E_LIMIT
bl_status bl_onnx_tensor_check(const bl_onnx_tensor *tensor, bl_error *err);
/// The values of a tensor that was checked, as `raw` has them, from whichever field. Lives as long
/// as the arena and the tensor. \return BL_OK, BL_E_TYPE (of texts), BL_E_NOMEM
bl_status bl_onnx_tensor_bytes(bl_arena *arena, const bl_onnx_tensor *tensor, bl_bytes *ret_bytes,
                               bl_error *err);

#endif
