#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: torch_cases.py OUT_DIR [--torch PYTHON] [--seed N] [--single]
Cases (network_case.py says what is in one) whose expected values PyTorch computes, in double:
packed sequences, attention, normalization, optimizers. Keras only writes the model and draws the
weights. PYTHON is one that has PyTorch (torch_compute.py runs there; default /usr/bin/python3)."""

import argparse
import functools
import json
import pathlib
import subprocess
import tempfile
import time

import keras
import numpy
from keras import layers as L
from layers_inputs import input_of, ragged, sequences, vectors
from network_case import N_STEPS, Case, write_all

ADAM = ("Adam", {"learning_rate": 0.01, "epsilon": 1e-12})
MOMENTUM = ("SGD", {"learning_rate": 0.1, "momentum": 0.9})
# What adds epsilon elsewhere than PyTorch does has one that does not matter.
OPTIMIZERS = {
    "sgd": ("SGD", {"learning_rate": 0.3}),
    "momentum": MOMENTUM,
    "nesterov": ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    "adam": ADAM,
    "adamw": ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.1, "epsilon": 1e-12}),
    "rmsprop": ("RMSprop", {"learning_rate": 0.01, "rho": 0.9, "epsilon": 1e-12}),
}
COMPUTE = pathlib.Path(__file__).parent / "torch_compute.py"


class Torch:
    """Expected values of a case from the other Python. `layers` says what the network is made of:
    [(kind, name of the layer in Keras, options)], one after another."""

    def __init__(self, python, layers):
        self.python, self.layers = python, layers

    def __call__(self, case, double):
        about = {"layers": self.layers, "optimizer": case.optimizer, "steps": N_STEPS,
                 "batch": case.batch or case.n, "output": case.output_names[0]}
        arrays = {f"input/{name}": value for name, value in case.inputs.items()}
        arrays |= {f"lengths/{name}": value for name, value in case.lengths.items()}
        arrays |= {f"target/{name}": value for name, value in case.targets.items()}
        arrays |= {f"weights/{double.names[id(variable)]}": start for variable, start
                   in zip(double.model.weights, double.start, strict=True)}
        with tempfile.TemporaryDirectory() as folder:
            given, found = pathlib.Path(folder, "given.npz"), pathlib.Path(folder, "found.npz")
            numpy.savez(given, about=json.dumps(about), **arrays)
            subprocess.run([self.python, COMPUTE, given, found], check=True)
            with numpy.load(found) as file:
                values = dict(file)
        case.source = str(values.pop("source"))
        if values.keys() != double.values().keys():
            raise ValueError(f"other names: {sorted(values.keys() ^ double.values().keys())}")
        return values


def recurrent(draw, python, kind, layer, **raggedness):
    """A packed sequence, from its shortest to its longest, and a Dense on the last states."""
    x, lengths = ragged(draw, n=12, steps=9, **raggedness)
    first = input_of(x)
    y = L.Dense(3, name="head")(layer(5)(L.Masking(0.0)(first)))
    return Case(keras.Model(first, y), {"x": x}, lengths={"x": lengths},
                expected=Torch(python, [(kind, "recurrent", {}),
                                        ("dense", "head", {})]))


def bidirectional(draw, python):
    x, lengths = ragged(draw, n=12, steps=9)
    first = input_of(x)
    y = L.Bidirectional(L.GRU(4), name="both")(L.Masking(0.0)(first))
    return Case(keras.Model(first, L.Dense(3, name="head")(y)), {"x": x}, lengths={"x": lengths},
                expected=Torch(python, [("both", "both", {}), ("dense", "head", {})]))


def attention(draw, python):
    x = sequences(draw, width=6)
    first = input_of(x)
    y = L.MultiHeadAttention(3, 2, name="attention")(first, first)
    return Case(keras.Model(first, L.Dense(2, name="head")(y)), {"x": x}, expected=Torch(
        python, [("attention", "attention", {"heads": 3}), ("dense", "head", {})]))


def normalized(draw, python, kind, layer):
    x = vectors(draw, n=9) * 3 + 1
    first = input_of(x)
    y = L.Dense(3, name="head")(layer(first))
    options = {"epsilon": layer.epsilon, "momentum": getattr(layer, "momentum", None)}
    return Case(keras.Model(first, y), {"x": x}, expected=Torch(
        python, [(kind, layer.name, options), ("dense", "head", {})]))


def optimized(draw, python, optimizer):
    x = vectors(draw, n=30, width=6)
    first = input_of(x)
    y = L.Dense(3, name="head")(L.Dense(8, "tanh", name="middle")(first))
    return Case(keras.Model(first, y), {"x": x}, optimizer=optimizer, batch=10, expected=Torch(
        python, [("dense", "middle", {"activation": "tanh"}), ("dense", "head", {})]))


def cases(python):
    made = {
        "gru": functools.partial(recurrent, kind="gru", layer=functools.partial(
            L.GRU, name="recurrent")),
        "lstm": functools.partial(recurrent, kind="lstm", layer=functools.partial(
            L.LSTM, name="recurrent")),
        "simple_rnn": functools.partial(recurrent, kind="rnn", layer=functools.partial(
            L.SimpleRNN, name="recurrent")),
        "bidirectional": bidirectional,
        "attention": attention,
    }
    for name, optimizer in OPTIMIZERS.items():
        made[f"optimizer_{name}"] = functools.partial(optimized, optimizer=optimizer)
    for name, make in made.items():
        yield f"torch_{name}", functools.partial(make, python=python)
    yield "torch_batch_normalization", lambda draw: normalized(
        draw, python, "batch", L.BatchNormalization(name="normal", momentum=0.9, epsilon=1e-5))
    yield "torch_layer_normalization", lambda draw: normalized(
        draw, python, "layer", L.LayerNormalization(name="normal", epsilon=1e-5))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--torch", default="/usr/bin/python3")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--single", action="store_true", help="also what Keras gives in float32")
    arguments = parser.parse_args()
    begin = time.monotonic()
    n = write_all(arguments.folder, list(cases(arguments.torch)), arguments.seed,
                  with_single=arguments.single)
    print(f"{n} cases in {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
