// SPDX-License-Identifier: Apache-2.0
// The table of operators that are read. The documentation lists it, and a test compares both.
#include "model/onnx/import.h"

#define ML "ai.onnx.ml"
#define ONNX "ai.onnx"
#define MANY UINT32_MAX
#define PARTS "nodes_* target_* class_* base_* classlabels_* tree_* leaf_* membership_values "

static const bl_onnx_rule rules[] = {
#define ACTIVATION(name, kind, attributes, help) \
    { ONNX, name, bl_onnx_add_activation, BL_NN_##kind, 1, 1, attributes, help }
#define LAYER(name, kind, help) \
    { ONNX, name, bl_onnx_add_function, BL_NN_KIND_##kind, 1, 1, "", help }
    // values
    {ONNX, "Constant", bl_onnx_add_constant, 0, 0, 0,
     "value value_float value_floats value_int value_ints", "of numbers, or names of classes"},
    {ONNX, "ConstantOfShape", bl_onnx_add_filled, 0, 1, 1, "value", "constant"},
    {ONNX, "Expand", bl_onnx_add_filled, 1, 2, 2, "",
     "of a constant number; Dense of ones, of a column"},
    {ONNX, "Shape", bl_onnx_add_shape, 0, 1, 1, "start end", "of all axes"},
    {ONNX, "Identity", bl_onnx_add_same, 0, 1, 1, "", "no layer"},
    {ONNX, "Dropout", bl_onnx_add_same, 0, 1, 3, "seed", "no layer; training_mode false"},
    {ONNX, "Cast", bl_onnx_add_cast, 0, 1, 1, "to saturate round_mode",
     "no layer; to float32 or float64, to others where numbers are whole"},
    // shapes
    {ONNX, "Reshape", bl_onnx_add_reshape, 0, 2, 2, "allowzero",
     "no layer, or Flatten, Reshape, Permute"},
    {ONNX, "Flatten", bl_onnx_add_flatten, 0, 1, 1, "axis", "no layer, or Flatten; axis 1"},
    {ONNX, "Transpose", bl_onnx_add_transpose, 0, 1, 1, "perm", "no layer, or Permute later"},
    {ONNX, "Squeeze", bl_onnx_add_squeeze, 0, 1, 2, "", "no layer"},
    {ONNX, "Unsqueeze", bl_onnx_add_unsqueeze, 0, 2, 2, "", "no layer"},
    {ONNX, "Pad", bl_onnx_add_pad, 0, 2, 4, "mode", "zeros before a Conv"},
    {ONNX, "Concat", bl_onnx_add_concat, 0, 1, BL_NN_MOST_INPUTS, "axis",
     "Concatenate of columns or steps"},
    {ONNX, "Slice", bl_onnx_add_slice, 0, 3, 5, "", "Slice of columns or steps, in their order"},
    {ONNX, "Split", bl_onnx_add_split, 0, 1, 2, "axis num_outputs", "Slice, one for each output"},
    {ONNX, "Gather", bl_onnx_add_gather, 0, 2, 2, "axis",
     "Embedding of a constant table; Slice of one column or step"},
    // functions
    ACTIVATION("Relu", RELU, "", "Activation"),
    ACTIVATION("LeakyRelu", LEAKY_RELU, "alpha", "Activation"),
    ACTIVATION("ThresholdedRelu", RELU, "alpha", "Activation"),
    ACTIVATION("Elu", ELU, "alpha", "Activation"),
    ACTIVATION("Celu", CELU, "alpha", "Activation"),
    ACTIVATION("Selu", SELU, "alpha gamma", "Activation; its own constants"),
    ACTIVATION("Sigmoid", SIGMOID, "", "Activation"),
    ACTIVATION("Tanh", TANH, "", "Activation"),
    ACTIVATION("Softplus", SOFTPLUS, "", "Activation"),
    ACTIVATION("Softsign", SOFTSIGN, "", "Activation"),
    ACTIVATION("Mish", MISH, "", "Activation"),
    ACTIVATION("HardSwish", HARD_SILU, "", "Activation"),
    ACTIVATION("Swish", SILU, "alpha", "Activation; alpha 1"),
    ACTIVATION("Gelu", GELU, "approximate", "Activation"),
    {ONNX, "HardSigmoid", bl_onnx_add_hard_sigmoid, 0, 1, 1, "alpha beta",
     "Activation, with a Rescaling before for other constants than 1/6 and 1/2"},
    {ONNX, "Shrink", bl_onnx_add_shrink, 0, 1, 1, "bias lambd", "Activation; bias 0 or lambd"},
    {ONNX, "Softmax", bl_onnx_add_softmax, BL_NN_SOFTMAX, 1, 1, "axis", "Activation"},
    {ONNX, "LogSoftmax", bl_onnx_add_softmax, BL_NN_LOG_SOFTMAX, 1, 1, "axis", "Activation"},
    {ONNX, "Clip", bl_onnx_add_clip, 0, 1, 3, "", "Clip, or relu"},
    {ONNX, "PRelu", bl_onnx_add_prelu, 0, 2, 2, "", "PReLU; the same slopes for all steps"},
    {ONNX, "Erf", bl_onnx_add_erf, 0, 1, 1, "", "as a part of gelu"},
    LAYER("Exp", EXP, "Exp"),
    LAYER("Log", LOG, "Log"),
    LAYER("Abs", ABSOLUTE, "Absolute"),
    LAYER("Neg", NEGATIVE, "Negative"),
    LAYER("Sqrt", SQRT, "Sqrt"),
    {ONNX, "Reciprocal", bl_onnx_add_reciprocal, 0, 1, 1, "", "Divide"},
    // arithmetic
    {ONNX, "Add", bl_onnx_add_arithmetic, BL_NN_KIND_ADD, 2, 2, "",
     "Add; with a constant Rescaling, or the bias of the layer before"},
    {ONNX, "Sub", bl_onnx_add_arithmetic, BL_NN_KIND_SUBTRACT, 2, 2, "",
     "Subtract; with a constant Rescaling"},
    {ONNX, "Mul", bl_onnx_add_arithmetic, BL_NN_KIND_MULTIPLY, 2, 2, "",
     "Multiply; with a constant Rescaling; silu, mish and gelu"},
    {ONNX, "Div", bl_onnx_add_arithmetic, BL_NN_KIND_DIVIDE, 2, 2, "",
     "Divide; by a constant Rescaling"},
    {ONNX, "Sum", bl_onnx_add_extreme, BL_NN_KIND_ADD, 1, MANY, "", "Add of values"},
    {ONNX, "Mean", bl_onnx_add_extreme, BL_NN_KIND_AVERAGE, 1, MANY, "", "Add and Rescaling"},
    {ONNX, "Max", bl_onnx_add_extreme, BL_NN_KIND_MAXIMUM, 1, MANY, "",
     "Maximum; with a constant number Clip"},
    {ONNX, "Min", bl_onnx_add_extreme, BL_NN_KIND_MINIMUM, 1, MANY, "",
     "Minimum; with a constant number Clip"},
    {ONNX, "Pow", bl_onnx_add_power, 0, 2, 2, "", "of 2, 3, 1/2, 1 and -1"},
    {ONNX, "Equal", bl_onnx_add_comparison, BL_NN_KIND_EQUAL, 2, 2, "", "with a constant number"},
    {ONNX, "Greater", bl_onnx_add_comparison, BL_NN_KIND_GREATER, 2, 2, "",
     "with a constant number"},
    {ONNX, "GreaterOrEqual", bl_onnx_add_comparison, BL_NN_KIND_GREATER_EQUAL, 2, 2, "",
     "with a constant number"},
    {ONNX, "Less", bl_onnx_add_comparison, BL_NN_KIND_LESS, 2, 2, "", "with a constant number"},
    {ONNX, "LessOrEqual", bl_onnx_add_comparison, BL_NN_KIND_LESS_EQUAL, 2, 2, "",
     "with a constant number"},
    {ONNX, "Not", bl_onnx_add_not, 0, 1, 1, "", "of a comparison"},
    {ONNX, "IsNaN", bl_onnx_add_in_transform, 0, 1, 1, "", "in a transform"},
    {ONNX, "Sign", bl_onnx_add_in_transform, 0, 1, 1, "", "in a transform, as a part of arsinh"},
    {ONNX, "Where", bl_onnx_add_in_transform, 0, 3, 3, "", "in a transform"},
    {ONNX, "ReduceMean", bl_onnx_add_reduction, BL_NN_KIND_MEAN, 1, 2,
     "axes keepdims noop_with_empty_axes", "Mean, GlobalAveragePooling1D"},
    {ONNX, "ReduceSum", bl_onnx_add_reduction, BL_NN_KIND_SUM, 1, 2,
     "axes keepdims noop_with_empty_axes", "Sum"},
    {ONNX, "ReduceMax", bl_onnx_add_reduction, BL_NN_KIND_MAX, 1, 2,
     "axes keepdims noop_with_empty_axes", "Max"},
    {ONNX, "ReduceMin", bl_onnx_add_reduction, BL_NN_KIND_MIN, 1, 2,
     "axes keepdims noop_with_empty_axes", "Min"},
    {ONNX, "ReduceL2", bl_onnx_add_reduction, BL_NN_KIND_SQUARE, 1, 2,
     "axes keepdims noop_with_empty_axes", "Square, Sum, Sqrt"},
    // layers
    {ONNX, "MatMul", bl_onnx_add_matmul, 0, 2, 2, "", "Dense; the second a constant matrix"},
    {ONNX, "Gemm", bl_onnx_add_gemm, 0, 2, 3, "alpha beta transA transB",
     "Dense; the second a constant matrix; transA 0"},
    {ONNX, "Conv", bl_onnx_add_convolution, 0, 2, 3,
     "auto_pad dilations group kernel_shape pads strides",
     "Conv1D; over one axis, group 1, padding as Keras has it"},
    {ONNX, "MaxPool", bl_onnx_add_pooling, BL_NN_KIND_MAX_POOLING, 1, 1,
     "auto_pad ceil_mode dilations kernel_shape pads storage_order strides",
     "MaxPooling1D; as Conv"},
    {ONNX, "AveragePool", bl_onnx_add_pooling, BL_NN_KIND_AVERAGE_POOLING, 1, 1,
     "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides",
     "AveragePooling1D; as Conv"},
    {ONNX, "GlobalAveragePool", bl_onnx_add_global_pooling, BL_NN_KIND_GLOBAL_AVERAGE_POOLING, 1, 1,
     "", "GlobalAveragePooling1D"},
    {ONNX, "GlobalMaxPool", bl_onnx_add_global_pooling, BL_NN_KIND_GLOBAL_MAX_POOLING, 1, 1, "",
     "GlobalMaxPooling1D"},
    {ONNX, "BatchNormalization", bl_onnx_add_batch_normalization, 0, 5, 5,
     "epsilon momentum training_mode", "BatchNormalization; training_mode 0"},
    {ONNX, "LayerNormalization", bl_onnx_add_layer_normalization, 0, 2, 3,
     "axis epsilon stash_type", "LayerNormalization; over the last axis or all"},
    {ONNX, "GRU", bl_onnx_add_recurrent, BL_NN_KIND_GRU, 3, 6,
     "activations direction hidden_size layout linear_before_reset",
     "GRU, Bidirectional; layout 0, first state 0"},
    {ONNX, "LSTM", bl_onnx_add_recurrent, BL_NN_KIND_LSTM, 3, 8,
     "activations direction hidden_size input_forget layout",
     "LSTM, Bidirectional; layout 0, first states 0, no peepholes, Y and Y_h"},
    {ONNX, "RNN", bl_onnx_add_recurrent, BL_NN_KIND_SIMPLE_RNN, 3, 6,
     "activations direction hidden_size layout", "SimpleRNN, Bidirectional; as GRU"},
    {ONNX, "ArgMax", bl_onnx_add_arg_max, 0, 1, 1, "axis keepdims select_last_index",
     "labels, which are left out"},
    // ai.onnx.ml
    {ML, "Scaler", bl_onnx_add_scaler, 0, 1, 1, "offset scale", "Rescaling"},
    {ML, "Normalizer", bl_onnx_add_normalizer, 0, 1, 1, "norm", "Divide by the sum; L1 and L2"},
    {ML, "LinearClassifier", bl_onnx_add_linear, 1, 1, 1,
     "classlabels_ints classlabels_strings coefficients intercepts multi_class post_transform",
     "Dense"},
    {ML, "LinearRegressor", bl_onnx_add_linear, 0, 1, 1,
     "coefficients intercepts post_transform targets", "Dense"},
    {ML, "TreeEnsembleClassifier", bl_onnx_add_trees, 1, 1, 1, PARTS "post_transform",
     "TreeEnsemble"},
    {ML, "TreeEnsembleRegressor", bl_onnx_add_trees, 0, 1, 1,
     PARTS "aggregate_function n_targets post_transform", "TreeEnsemble"},
    {ML, "TreeEnsemble", bl_onnx_add_trees, 0, 1, 1,
     PARTS "aggregate_function n_targets post_transform", "TreeEnsemble"},
    {ML, "ZipMap", bl_onnx_add_zip_map, 0, 1, 1, "classlabels_int64s classlabels_strings",
     "no layer; names of classes are kept"},
    {ML, "ArrayFeatureExtractor", bl_onnx_add_labels, 0, 2, 2, "",
     "labels, which are left out; names of classes are kept"},
#undef ACTIVATION
#undef LAYER
};

enum { N_RULES = sizeof rules / sizeof *rules };

const bl_onnx_rule *bl_onnx_rule_find(const char *domain, const char *name) {
    if (bl_onnx_is_default_domain(domain))
        domain = ONNX;
    for (size_t i = 0; i < N_RULES; i++)
        if (strcmp(rules[i].domain, domain) == 0 && strcmp(rules[i].name, name) == 0)
            return &rules[i];
    return NULL;
}

size_t bl_onnx_n_rules(void) { return N_RULES; }

bl_onnx_rule_help bl_onnx_rule_at(size_t i) {
    return (bl_onnx_rule_help){rules[i].domain, rules[i].name, rules[i].help};
}
