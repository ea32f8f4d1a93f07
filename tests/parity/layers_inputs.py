# SPDX-License-Identifier: Apache-2.0
"""What cases of layers share: inputs of drawn shapes, ragged ones, and networks around a layer."""

import keras
import numpy
from keras import layers as L
from network_case import Case


def size(draw, low=2, high=7):
    return int(draw.integers(low, high + 1))


def vectors(draw, n=None, width=None):
    return draw.normal(size=(n or size(draw, 4, 9), width or size(draw)))


def sequences(draw, n=None, steps=None, width=None):
    return draw.normal(size=(n or size(draw, 4, 9), steps or size(draw, 4, 8),
                             width or size(draw, 2, 5)))


def ragged(draw, holes=False, empty=False, **shape):
    """Sequences padded with zeros, and how long they are. `holes`: steps of zeros in the middle,
    too; `empty`: one event has no steps at all."""
    x = sequences(draw, **shape)
    lengths = draw.integers(1, x.shape[1] + 1, len(x))
    lengths[0] = x.shape[1]
    if empty:
        lengths[1] = 0
    for row, length in zip(x, lengths, strict=True):
        row[length:] = 0
        if holes:
            row[1:length - 1][draw.random(max(length - 2, 0)) < 0.5] = 0
    if holes:
        x[0, 1] = 0
    return x, lengths


def input_of(x, name="x", dtype=None):
    return keras.Input(x.shape[1:], name=name, dtype=dtype)


def through(x, *layers, **options):
    """Input x through layers, one after another; the loss is on what the last one gives."""
    tensor = first = input_of(x)
    for layer in layers:
        tensor = layer(tensor)
    return Case(keras.Model(first, tensor), {"x": x}, **options)


def head(tensor):
    """Makes a loss of sequences that does not see padding."""
    return L.Dense(2, name="head")(L.GlobalAveragePooling1D(name="mean")(tensor))


def masked_sequence(x, lengths, *layers, same_steps=True):
    """Masked x through layers that give a sequence, which is an output, and a loss on its head."""
    first = input_of(x)
    tensor = L.Masking(0.0)(first)
    for layer in layers:
        tensor = layer(tensor)
    model = keras.Model(first, [tensor, head(tensor)])
    ends = {"x": lengths}
    if same_steps:
        ends[model.output_names[0]] = lengths
    return Case(model, {"x": x}, {"head": "MeanSquaredError"}, lengths=ends)


def one_hot(draw, n, width):
    return numpy.eye(width)[draw.integers(0, width, n)]
