#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: keras_networks.py KERAS_NETWORK FOLDER [NAME…]

Keras writes models of all layers that we have, as .keras and .h5. We make networks of them, predict
as Keras does, and write them; Keras opens that and predicts as before.
"""

import os
import pathlib
import subprocess
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras  # noqa: E402
import numpy  # noqa: E402
from keras import layers as L  # noqa: E402
from keras import ops  # noqa: E402


def dense():
    return keras.Sequential([
        keras.Input((14,)), L.Dense(20, activation="relu"), L.Dense(9, activation=L.LeakyReLU(0.1)),
        L.ReLU(max_value=2.0, negative_slope=0.25), L.ELU(0.5), L.BatchNormalization(),
        L.Dense(7, kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2)), L.LayerNormalization(),
        L.Dropout(0.3), L.PReLU(), L.Dense(3, "softmax", kernel_initializer="he_normal")])


def inclusive():
    particles = keras.Input((12, 5), name="particles")
    features = keras.Input((14,), name="features")
    x = L.GRU(6)(L.Masking(0.0)(particles))
    x = L.Concatenate()([L.Dropout(0.2)(x), L.Dropout(0.2)(features)])
    return keras.Model([particles, features], L.Dense(3, activation="softmax")(L.Dense(9)(x)))


def masked():
    x = keras.Input((12, 5))
    counts = ops.any(ops.not_equal(x, 0.0), axis=-1)
    y = L.GRU(6, return_sequences=True)(x, mask=counts)
    return keras.Model(x, L.Bidirectional(L.LSTM(3), merge_mode="sum")(y, mask=counts))


def recurrent():
    return keras.Sequential([
        keras.Input((7, 4)), L.Bidirectional(L.LSTM(3, return_sequences=True)),
        L.GRU(4, reset_after=False, return_sequences=True), L.PReLU(shared_axes=[1]),
        L.SimpleRNN(5, return_sequences=True, go_backwards=True), L.TimeDistributed(L.Dense(2)),
        L.LSTM(2, unit_forget_bias=False), L.BatchNormalization(), L.LayerNormalization()])


def attention():
    words = keras.Input((9,), name="words")
    x = L.Embedding(30, 8)(words)
    x = L.Add()([x, L.MultiHeadAttention(2, 4, value_dim=3)(x, x)])
    x = L.MultiHeadAttention(1, 5)(x, x, x, use_causal_mask=True)
    x = L.GlobalAveragePooling1D()(L.Conv1D(6, 3, padding="same")(x))
    return keras.Model(words, [L.Dense(1, name="first")(x), L.Dense(4, name="second")(x)])


def convolution():
    x = keras.Input((16, 3))
    y = L.MaxPooling1D(2)(L.Conv1D(6, 3, strides=2, padding="causal", activation="gelu")(x))
    y = L.AveragePooling1D(2, strides=1, padding="same")(L.Conv1D(4, 2, dilation_rate=2)(y))
    return keras.Model(x, L.Concatenate()([L.Flatten()(y), L.GlobalMaxPooling1D()(y)]))


def nested():
    """Models in models, layers that are shared, names that are the same."""
    block = keras.Sequential([keras.Input((4,)), L.Dense(4, name="same"), L.BatchNormalization()])
    deep_in = keras.Input((4,))
    deep = keras.Model(deep_in, L.Dense(4, name="tail")(block(deep_in)))
    x, y = keras.Input((4,)), keras.Input((4,))
    shared = L.Dense(4, name="shared")
    z = L.Add()([deep(x), L.Dense(4, name="same")(y), shared(shared(x)), deep(y)])
    return keras.Model([y, x], [L.Dense(2)(z), shared(y)])


def operations():
    x, y = keras.Input((6, 3)), keras.Input((6, 3))
    z = ops.abs(2 * x - 1) + ops.maximum(y, 0.5) / 4 - ops.square(x) * y
    z = ops.log1p(ops.exp(ops.clip(z, -3, 2))) + ops.sqrt(ops.abs(-y)) + (1.0 - x)
    z = ops.concatenate([z, ops.minimum(x, y), ops.gelu(x, approximate=True)], axis=-1)
    s = ops.concatenate([ops.sum(z, axis=1), ops.mean(z, axis=1), ops.max(z, axis=1),
                         ops.min(z, axis=2), ops.reshape(z, (-1, 54))], axis=-1)
    return keras.Model([x, y], L.Dense(2)(ops.cast(ops.greater(s, 0.25), "float32") * s))


def scaled():
    x = keras.Input((5,))
    learned = L.Normalization()
    learned.adapt(numpy.random.default_rng(3).normal(2, 3, (50, 5)))
    y = L.Rescaling(0.5, offset=1.0)(L.Normalization(mean=[1, 2, 3, 4, 5.0], variance=5 * [2.0])(x))
    return keras.Model(x, L.Concatenate()([learned(x), y]))


MODELS = [dense, inclusive, masked, recurrent, attention, convolution, nested, operations, scaled]


def inputs_of(model, rows=7):
    draw = numpy.random.default_rng(1)
    values = []
    for tensor in model.inputs:
        x = draw.normal(size=(rows, *tensor.shape[1:]))
        if tensor.name == "words":
            x = draw.integers(0, 30, x.shape)
        elif x.ndim == 3:  # steps of padding
            for event in range(rows):
                x[event, x.shape[1] - event:] = 0
        values.append(x.astype("float32"))
    return values


def fill(model):
    draw = numpy.random.default_rng(0)
    model.set_weights([w if "normalization" in v.path and v.name in ("mean", "variance", "count")
                       else draw.uniform(0.1, 0.9, w.shape) - 0.4 * (v.name == "kernel")
                       for v, w in zip(model.weights, model.get_weights(), strict=True)])


def predict(model, inputs):
    y = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    return y if isinstance(y, list) else [y]


def difference(ours, theirs):
    return max(float(numpy.max(numpy.abs(a - b) / (1 + numpy.abs(b))))
               for a, b in zip(ours, theirs, strict=True))


def check(program, make, folder, suffix):
    """How far our predictions, and those of the model that we wrote, are from Keras's."""
    model = make()
    fill(model)
    inputs = inputs_of(model)
    wanted = predict(model, inputs)
    path, copy = folder / f"{make.__name__}{suffix}", folder / f"ours-{make.__name__}{suffix}"
    model.save(path)
    (folder / "x").write_bytes(b"".join(x.tobytes() for x in inputs))
    subprocess.run([program, path, copy, str(len(inputs[0])), folder / "x", folder / "y"],
                   check=True)
    numbers = numpy.fromfile(folder / "y", dtype="float32")
    ours, at = [], 0
    for y in wanted:
        ours.append(numbers[at:at + y.size].reshape(y.shape))
        at += y.size
    if at != numbers.size:
        sys.exit(f"{path}: {numbers.size} numbers, not {at}")
    again = predict(keras.models.load_model(copy, compile=False), inputs)
    worst = difference(ours, wanted), difference(again, wanted)
    if not max(worst) < 1e-5:
        sys.exit(f"{path}: predictions differ by {worst[0]:.2g}, by what we wrote {worst[1]:.2g}")
    return worst[0]


def has_operations(model):
    """Which Keras writes into .h5, and does not load from there."""
    return any(not isinstance(x, L.Layer) for x in getattr(model, "operations", []))


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    chosen = [m for m in MODELS if m.__name__ in sys.argv[3:]] if sys.argv[3:] else MODELS
    n, worst = 0, 0.0
    for make in chosen:
        for suffix in (".keras", ".h5"):
            if suffix == ".h5" and has_operations(make()):
                continue
            worst = max(worst, check(program, make, folder, suffix))
            n += 1
    print(f"{n} networks predict what Keras does to {worst:.1g}, also when we wrote them")


if __name__ == "__main__":
    main()
