#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: tensorflow_writes_graphs.py FOLDER
Networks of Keras, for onnx_graphs.py: FOLDER/keras_*.keras, and where tf2onnx makes operators of
them, not loops, the same as Keras exports them: FOLDER/tf2onnx_*.onnx."""

import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras  # noqa: E402
from keras import layers as L  # noqa: E402


def chain(shape, *layers, **options):
    x = y = keras.Input(shape, **options)
    for layer in layers:
        y = layer(y)
    return keras.Model(x, y)


def dense_of(activation):
    return chain((7,), L.Dense(9, activation), L.Dense(4, activation))


def two_inputs():
    x, y = keras.Input((7,)), keras.Input((5, 3))
    z = L.Concatenate()([L.Dense(4, "relu")(x), L.GRU(6)(y)])
    return keras.Model([x, y], [L.Dense(2, "softmax")(z), L.Dense(1, "sigmoid")(z)])


def merged():
    x = keras.Input((7,))
    a, b = L.Dense(5)(x), L.Dense(5, "tanh")(x)
    z = [L.Add()([a, b]), L.Subtract()([a, b]), L.Multiply()([a, b]), L.Average()([a, b]),
         L.Maximum()([a, b]), L.Minimum()([a, b])]
    return keras.Model(x, L.Concatenate()(z))


def numbers():
    x = keras.Input((7,))
    y = keras.ops.clip(x, -1.0, 1.5)
    z = keras.ops.log1p(keras.ops.square(y)) + keras.ops.sqrt(keras.ops.abs(x)) - keras.ops.exp(-y)
    return keras.Model(x, L.Concatenate()([z, keras.ops.sum(x, -1, keepdims=True) / 2]))


def masked_twice():
    x = keras.Input((8, 5))
    y = L.GRU(6, return_sequences=True)(L.Masking()(x))
    return keras.Model(x, L.Dense(3)(L.LSTM(4)(y)))


def attention():
    x = keras.Input((6, 8))
    y = L.LayerNormalization()(x + L.MultiHeadAttention(2, 5)(x, x))
    return keras.Model(x, L.GlobalAveragePooling1D()(y))


ACTIVATIONS = ["relu", "relu6", "leaky_relu", "elu", "selu", "sigmoid", "hard_sigmoid",
               "tanh", "softplus", "softsign", "silu", "hard_silu", "mish", "exponential",
               "softmax", "log_softmax", "hard_tanh", "log_sigmoid", "tanh_shrink",
               "hard_shrink", "soft_shrink", "squareplus", "sparse_plus", "sparse_sigmoid"]


def exported():
    """name -> network that tf2onnx writes too."""
    for name in ACTIVATIONS:
        yield name, dense_of(name)
    yield "norms", chain((7,), L.Dense(9),
                         L.BatchNormalization(), L.Activation("relu"), L.LayerNormalization(),
                         L.Rescaling(0.5, 1.0), L.Dense(3, "softmax"))
    yield "prelu", chain((7,), L.Dense(5), L.PReLU(alpha_initializer="uniform"), L.Dropout(0.2))
    yield "sequence", chain((6, 5), L.Dense(4, "relu"), L.Dense(3))
    yield "flat", chain((6, 5), L.Flatten(), L.Dense(4), L.Reshape((2, 2)), L.Dense(3))
    yield "convolution", chain((10, 4), L.Conv1D(6, 3, activation="relu", padding="same"),
                               L.MaxPooling1D(2), L.Conv1D(5, 2), L.GlobalAveragePooling1D())
    yield "convolution_far", chain((11, 4), L.Conv1D(6, 3, strides=2, padding="same"),
                                   L.AveragePooling1D(2, 1, padding="same"),
                                   L.Conv1D(5, 2, dilation_rate=2), L.GlobalMaxPooling1D())
    yield "merged", merged()
    yield "embedding", chain((6,), L.Embedding(11, 4), L.Flatten(), L.Dense(2), dtype="int32")


def kept():
    """name -> network that we write; of some tf2onnx makes operators that nobody runs."""
    for name in ("gelu", "celu"):
        yield name, dense_of(name)
    yield "numbers", numbers()
    yield "normalized", chain((7,), L.Normalization(mean=[.1] * 7, variance=[2] * 7), L.Dense(9))
    for kind in (L.GRU, L.LSTM, L.SimpleRNN):
        name = kind.__name__.lower()
        yield f"{name}_last", chain((8, 5), kind(6), L.Dense(3))
        yield f"{name}_all", chain((8, 5), kind(6, return_sequences=True), L.Dense(3))
        yield f"{name}_reversed", chain((8, 5), kind(6, go_backwards=True))
        yield f"{name}_masked", chain((8, 5), L.Masking(), kind(6), L.Dense(3))
    yield "gru_before", chain((8, 5), L.GRU(6, reset_after=False))
    yield "two_ways", chain((8, 5), L.Bidirectional(L.GRU(6, return_sequences=True)),
                            L.Bidirectional(L.LSTM(4), merge_mode="sum"), L.Dense(2))
    yield "two_ways_masked", chain((8, 5), L.Masking(),
                                   L.Bidirectional(L.GRU(6, return_sequences=True)),
                                   L.Bidirectional(L.GRU(4)), L.Dense(2))
    yield "each_step", chain((8, 5), L.TimeDistributed(L.Dense(4, "relu")), L.GRU(3))
    yield "causal", chain((8, 5), L.Conv1D(6, 3, padding="causal", dilation_rate=2), L.Flatten())
    yield "embedding_masked", chain((8,), L.Embedding(11, 4, mask_zero=True), L.GRU(3),
                                    dtype="int32")
    yield "mean_masked", chain((8, 5), L.Masking(), L.Dense(4, "relu"), L.GlobalAveragePooling1D())
    yield "two_inputs", two_inputs()
    yield "masked_twice", masked_twice()
    yield "attention", attention()


def main():
    folder = pathlib.Path(sys.argv[1])
    keras.utils.set_random_seed(5)
    n_exported = 0
    for name, network in exported():
        path = str(folder / f"tf2onnx_{name}.onnx")
        network(keras.ops.zeros((1, *network.input_shape[1:]), network.inputs[0].dtype))
        try:
            network.export(path, format="onnx", verbose=False, opset_version=17)
            n_exported += 1
        except Exception as error:
            print(f"{name}: {str(error)[:200]}", file=sys.stderr)
        network.save(folder / f"keras_{name}.keras")
    n_kept = 0
    for name, network in kept():
        network.save(folder / f"keras_{name}.keras")
        n_kept += 1
    print(f"{n_exported} models of Keras {keras.__version__} as ONNX, {n_kept} more of Keras")


if __name__ == "__main__":
    main()
