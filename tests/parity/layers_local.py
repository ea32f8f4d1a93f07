# SPDX-License-Identifier: Apache-2.0
"""Cases of layers that look at several steps at once: convolution, pooling and attention."""

import functools

import keras
from keras import layers as L
from layers_inputs import head, input_of, ragged, sequences, size, through
from network_case import Case

CONVOLUTIONS = {
    "valid": {"padding": "valid"},
    "same": {"padding": "same"},
    "same_even": {"padding": "same", "kernel_size": 4},
    "causal": {"padding": "causal"},
    "strided": {"padding": "valid", "strides": 2},
    "strided_same": {"padding": "same", "strides": 3},
    "dilated": {"padding": "valid", "dilation_rate": 2},
    "dilated_causal": {"padding": "causal", "dilation_rate": 3},
    "of_one": {"kernel_size": 1, "activation": "relu"},
    "without_bias": {"use_bias": False, "activation": "tanh"},
}
POOLS = {
    "average": (L.AveragePooling1D, {"pool_size": 2}),
    "average_same": (L.AveragePooling1D, {"pool_size": 3, "padding": "same"}),
    "average_strided": (L.AveragePooling1D, {"pool_size": 3, "strides": 1}),
    "max": (L.MaxPooling1D, {}),
    "max_same": (L.MaxPooling1D, {"pool_size": 3, "padding": "same"}),
    "max_strided": (L.MaxPooling1D, {"pool_size": 2, "strides": 3}),
    "global_average": (L.GlobalAveragePooling1D, {}),
    "global_max": (L.GlobalMaxPooling1D, {}),
}
ATTENTIONS = {
    "plain": {},
    "value_dim": {"value_dim": 5},
    "without_bias": {"use_bias": False},
    "output_shape": {"output_shape": 6},
    "one_head": {"num_heads": 1},
}


def convolution(draw, options):
    options = {"filters": size(draw), "kernel_size": 3} | options
    return through(sequences(draw, steps=9), L.Conv1D(**options))


def convolution_many_events(draw):
    return through(sequences(draw, n=90, steps=10, width=5), L.Conv1D(17, 3, activation="relu"),
                   L.MaxPooling1D(), L.Flatten(), L.Dense(3))


def pooling(draw, kind, options):
    return through(sequences(draw, steps=8), L.Dense(4), kind(**options))


def attention(draw, options):
    """Queries, values and keys from different inputs, of different lengths and widths."""
    x, y = sequences(draw, n=5, width=3), sequences(draw, n=5, width=4)
    first, second = input_of(x, "x"), input_of(y, "y")
    options = {"num_heads": 2, "key_dim": size(draw, 2, 5)} | options
    result = L.MultiHeadAttention(**options)(first, second)
    return Case(keras.Model([first, second], result), {"x": x, "y": y})


def self_attention(draw, **call):
    x = sequences(draw)
    first = input_of(x)
    result = L.MultiHeadAttention(3, 4)(first, first, **call)
    return Case(keras.Model(first, result), {"x": x})


def attention_with_key(draw):
    x, y = sequences(draw, n=5, width=3), sequences(draw, n=5, steps=6, width=4)
    z = sequences(draw, n=5, steps=6, width=2)
    tensors = {"x": x, "y": y, "z": z}
    inputs = {name: input_of(value, name) for name, value in tensors.items()}
    result = L.MultiHeadAttention(2, 3)(inputs["x"], inputs["y"], key=inputs["z"])
    return Case(keras.Model(list(inputs.values()), result), tensors)


def masked_self_attention(draw, **raggedness):
    """Padded queries attend too, but nobody looks at them."""
    x, lengths = ragged(draw, **raggedness)
    first = input_of(x)
    masked = L.Masking(0.0)(first)
    result = L.MultiHeadAttention(2, 3, name="attention")(masked, masked)
    model = keras.Model(first, [result, head(result)])
    return Case(model, {"x": x}, {"head": "MeanSquaredError"},
                lengths={"x": lengths, "attention": lengths})


def masked_cross_attention(draw):
    x, (y, lengths) = sequences(draw, n=5, width=3), ragged(draw, n=5, width=4, holes=True)
    first, second = input_of(x, "x"), input_of(y, "y")
    result = L.MultiHeadAttention(2, 3)(first, L.Masking(0.0)(second))
    return Case(keras.Model([first, second], L.Flatten()(result)), {"x": x, "y": y},
                lengths={"y": lengths})


def attention_mask_given(draw):
    """The mask as an operation on the input: [n, 1, steps], the same for all queries."""
    x, lengths = ragged(draw, n=6)
    first = input_of(x)
    mask = keras.ops.expand_dims(keras.ops.any(keras.ops.not_equal(first, 0.0), axis=-1), 1)
    result = L.MultiHeadAttention(2, 3)(first, first, attention_mask=mask)
    return Case(keras.Model(first, L.Flatten()(result)), {"x": x})


def transformer_block(draw):
    """As papers draw it, with additions around attention and a network at each step."""
    x, lengths = ragged(draw, n=70, steps=6, width=4)
    first = input_of(x)
    masked = L.Masking(0.0)(first)
    y = L.LayerNormalization()(L.Add()([masked, L.MultiHeadAttention(2, 4)(masked, masked)]))
    y = L.LayerNormalization()(L.Add()([y, L.Dense(4)(L.Dense(9, "gelu")(y))]))
    result = L.Dense(3, "softmax", name="class")(L.GlobalAveragePooling1D()(y))
    return Case(keras.Model(first, result), {"x": x}, {"class": "CategoricalCrossentropy"},
                lengths={"x": lengths})


def cases():
    for name, options in CONVOLUTIONS.items():
        yield f"convolution_{name}", functools.partial(convolution, options=options)
    yield "convolution_many_events", convolution_many_events
    for name, (kind, options) in POOLS.items():
        yield f"pooling_{name}", functools.partial(pooling, kind=kind, options=options)
    for name, options in ATTENTIONS.items():
        yield f"attention_{name}", functools.partial(attention, options=options)
    yield "attention_self", self_attention
    yield "attention_causal", functools.partial(self_attention, use_causal_mask=True)
    yield "attention_with_key", attention_with_key
    yield "attention_masked", masked_self_attention
    yield "attention_masked_holes", functools.partial(masked_self_attention, holes=True)
    yield "attention_masked_cross", masked_cross_attention
    yield "attention_mask_given", attention_mask_given
    yield "attention_transformer_block", transformer_block
