# SPDX-License-Identifier: Apache-2.0
"""What Keras has and we have not: such networks must be refused, and the error says why."""

import functools

import keras
from keras import layers as L
from layers_inputs import input_of, sequences, through, vectors
from network_case import Case

# What is refused: the shape of the input, a layer behind it, what the error says.
LAYERS = {
    "prelu_steps": (sequences, lambda: L.PReLU(), "alpha is ["),
    "softmax_steps": (sequences, lambda: L.Softmax(axis=1), "(Softmax): axis is 1"),
    "rms_normalization": (vectors, lambda: L.RMSNormalization(), "no layer of ours is like it"),
    "gaussian_noise": (vectors, lambda: L.GaussianNoise(0.4), "no layer of ours is like it"),
    "gaussian_dropout": (vectors, lambda: L.GaussianDropout(0.4), "no layer of ours is like it"),
    "repeat_vector": (vectors, lambda: L.RepeatVector(3), "no layer of ours is like it"),
    "time_distributed_model": (
        sequences, lambda: L.TimeDistributed(keras.Sequential([L.Dense(3), L.Dense(2)])),
        "(TimeDistributed): layer is a Sequential"),
    "constraint": (vectors, lambda: L.Dense(3, kernel_constraint="max_norm"),
                   "kernel_constraint is MaxNorm"),
}


def refused(draw, shape, make, why):
    return through(shape(draw), make(), refused=why)


def dot(draw):
    x, y = vectors(draw, n=5, width=4), vectors(draw, n=5, width=4)
    first, second = input_of(x, "x"), input_of(y, "y")
    result = L.Dense(2)(L.Dot(axes=1)([first, second]))
    return Case(keras.Model([first, second], result), {"x": x, "y": y},
                refused="(Dot): no layer of ours is like it")


def bidirectional_both(draw):
    """Two outputs, one of each direction."""
    x = sequences(draw)
    first = input_of(x)
    both = L.Bidirectional(L.GRU(3), merge_mode=None)(first)
    return Case(keras.Model(first, L.Concatenate()(both)), {"x": x},
                refused="merge_mode is null")


def attention_mask_given(draw):
    """The mask as an operation on the input: [n, 1, steps], the same for all queries."""
    x = sequences(draw)
    first = input_of(x)
    mask = keras.ops.expand_dims(keras.ops.any(keras.ops.not_equal(first, 0.0), axis=-1), 1)
    result = L.MultiHeadAttention(2, 3)(first, first, attention_mask=mask)
    return Case(keras.Model(first, L.Flatten()(result)), {"x": x},
                refused="it is called with attention_mask")


def cases():
    for name, (shape, make, why) in LAYERS.items():
        yield f"refused_{name}", functools.partial(refused, shape=shape, make=make, why=why)
    yield "refused_dot", dot
    yield "refused_bidirectional_both", bidirectional_both
    yield "refused_attention_mask", attention_mask_given
