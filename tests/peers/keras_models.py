#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: keras_models.py BEAMLINE KERAS_COPY FOLDER

Keras writes models of many kinds, as .keras, .h5 and .weights.h5. We read each: layers, parameters
and every value must be Keras's. We write each, as it was and with halved weights: Keras loads that
and predicts the same bits. Real models follow where BEAMLINE_DATA is set.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy  # noqa: E402
from keras import layers as L  # noqa: E402

ITEM = {"float16": "<f2", "float32": "<f4", "float64": "<f8"}


def dense():
    return keras.Sequential([keras.Input((14,)), L.Dense(50, activation="relu"),
                             L.Dense(20, activation="relu"), L.Dropout(0.3), L.Dense(3)])


def inclusive():
    particles = keras.Input((12, 5), name="gru_input")
    features = keras.Input((14,), name="hlf_input")
    x = L.GRU(6, activation="tanh")(L.Masking(0.0)(particles))
    x = L.concatenate([L.Dropout(0.2, seed=3)(x), L.Dropout(0.2)(features)])
    return keras.Model([particles, features], L.Dense(3, activation="softmax")(L.Dense(9)(x)))


def recurrent():
    return keras.Sequential([keras.Input((7, 4)), L.Bidirectional(L.LSTM(3, return_sequences=True)),
                             L.GRU(4, reset_after=False, return_sequences=True),
                             L.SimpleRNN(5, return_sequences=True), L.TimeDistributed(L.Dense(2)),
                             L.LSTM(2), L.BatchNormalization(), L.LayerNormalization()])


def attention():
    words = keras.Input((9,), dtype="int32", name="words")
    x = L.Embedding(30, 8)(words)
    x = L.Add()([x, L.MultiHeadAttention(2, 4)(x, x)])
    x = L.GlobalAveragePooling1D()(L.Conv1D(6, 3, padding="same")(x))
    return keras.Model(words, [L.Dense(1, name="first")(x), L.Dense(4, name="second")(x)])


def nested():
    block = keras.Sequential([keras.Input((4,)), L.Dense(4), L.BatchNormalization()], name="block")
    deep_in = keras.Input((4,))
    deep = keras.Model(deep_in, L.Dense(4, name="tail")(block(deep_in)), name="deep")
    x = keras.Input((4,))
    return keras.Model(x, L.Dense(2)(L.Add()([deep(x), L.Dense(4)(x), L.Dense(4)(x)])))


def operations():
    x = keras.Input((6, 3))
    y = keras.ops.concatenate([x, keras.ops.abs(x)], axis=-1)
    y = L.Concatenate()([y, L.Dense(2)(y)])
    return keras.Model(x, L.Dense(2)(L.Flatten()(y)) * 2.0)


def many():
    """Names that do not fit into one attribute of HDF5."""
    x = y = keras.Input((2,))
    for i in range(30):
        y = L.Dense(2, name=f"layer_{i}_" + 600 * "x")(y)
    return keras.Model(x, y)


def doubles():
    return keras.Sequential([keras.Input((3,)), L.Dense(4, dtype="float64"), L.Dense(2)])


def halves():
    return keras.Sequential([keras.Input((3,)), L.Dense(4, dtype="float16"), L.Dense(2)])


def inputs_of(model, rows=5):
    draw = numpy.random.default_rng(1)
    values = []
    for tensor in model.inputs:
        shape = (rows, *tensor.shape[1:])
        is_integer = "int" in tensor.dtype
        values.append(draw.integers(0, 30, shape) if is_integer else draw.normal(size=shape))
    return values if len(values) > 1 else values[0]


def fill(model):
    draw = numpy.random.default_rng(0)
    model.set_weights([draw.uniform(0.1, 0.9, w.shape) for w in model.get_weights()])


def bits(values):
    values = values if isinstance(values, list) else [values]
    return [numpy.asarray(value).tobytes() for value in values]


def weights_of(layer):
    return collections.Counter((tuple(w.shape), bits(w)[0]) for w in layer.weights)


class Reader:
    def __init__(self, beamline, copy):
        self.beamline, self.copy = beamline, copy

    def read(self, path, out, *options):
        """What we say of a file, and the values; `out` is our copy."""
        values = out.with_suffix(".values")
        subprocess.run([self.copy, path, out, values, *options], check=True)
        told = json.loads(subprocess.run([self.beamline, "inspect", "--json", path], check=True,
                                         capture_output=True).stdout)
        data, at = values.read_bytes(), 0
        for weight in told["weights"]:
            kind = numpy.dtype(ITEM.get(weight["type"], weight["type"]))
            n = int(numpy.prod(weight["shape"], dtype=int)) * kind.itemsize
            weight["values"] = data[at:at + n]
            at += n
        if at != len(data):
            sys.exit(f"{path}: {at} bytes of {len(data)}")
        return told


def flat_layers(model):
    """Every layer that holds weights itself, models in models gone through."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from flat_layers(layer)
        else:
            yield layer


def check_layers(path, model, told):
    if told["parameters"] != model.count_params():
        sys.exit(f"{path}: {told['parameters']} parameters, not {model.count_params()}")
    parameters = {layer["name"]: layer for layer in told["layers"]}
    ours = collections.defaultdict(collections.Counter)
    for weight in told["weights"]:
        if weight["role"] == "parameter":
            ours[weight["layer"]][tuple(weight["shape"]), weight["values"]] += 1
    for layer in flat_layers(model):
        if layer.name not in parameters and isinstance(layer, L.InputLayer):
            continue
        if weights_of(layer) != ours[layer.name]:
            sys.exit(f"{path}: layer {layer.name}: other weights")
        if parameters[layer.name]["parameters"] != layer.count_params():
            sys.exit(f"{path}: layer {layer.name}: another number of parameters")
        shape = parameters[layer.name]["output_shape"]
        if shape and not isinstance(layer.output, list) and shape != list(layer.output.shape):
            sys.exit(f"{path}: layer {layer.name}: output {shape}, not {layer.output.shape}")
    return len(told["weights"])


def check(reader, name, make, folder, suffix):
    """A model from Keras to us and back; how many arrays were compared."""
    model = make()
    fill(model)
    model.compile("adam", keras.losses.MeanSquaredError())
    path, copy = folder / f"{name}{suffix}", folder / f"ours-{name}{suffix}"
    halved = folder / f"half-{name}{suffix}"
    inputs = inputs_of(model)
    if suffix != ".weights.h5":
        model.fit(inputs, [numpy.zeros((5, *t.shape[1:])) for t in model.outputs], verbose=0)
        model.save(path)
    else:
        model.save_weights(path)
    before = bits(model.predict(inputs, verbose=0))
    told = reader.read(path, copy)
    reader.read(path, halved, "half")
    if suffix != ".weights.h5":
        n = check_layers(path, model, told)
    else:
        n = len(told["weights"])
        if told["parameters"] != model.count_params():
            sys.exit(f"{path}: {told['parameters']} parameters")
    if reader.read(copy, folder / f"again{suffix}") != told | {"file": str(copy)}:
        sys.exit(f"{copy}: our copy holds something else")
    if not is_loadable(path, make):
        return n
    if bits(load(copy, make).predict(inputs, verbose=0)) != before:
        sys.exit(f"{copy}: other predictions")
    for weight in model.weights:
        if weight.dtype == "float32":
            weight.assign(weight / 2)
    wanted = bits(model.predict(inputs, verbose=0))
    if bits(load(halved, make).predict(inputs, verbose=0)) != wanted:
        sys.exit(f"{halved}: other predictions")
    return n


def is_loadable(path, make):
    """Keras 3 writes operations (masks are some) into .h5 that it cannot load itself."""
    try:
        load(path, make)
    except ValueError as why:
        if path.suffix != ".h5" or "Unknown layer" not in str(why):
            raise
        return False
    return True


def load(path, make):
    if not path.name.endswith(".weights.h5"):
        return keras.saving.load_model(path)
    model = make()
    model.load_weights(path)
    return model


def check_real(reader, folder, path):
    """A file of somebody's: our copy predicts as it does, and optimizers are at the same place."""
    copy = folder / f"ours-{path.name}"
    told = reader.read(path, copy)
    ours, theirs = keras.saving.load_model(copy), keras.saving.load_model(path)
    inputs = inputs_of(theirs, 3)
    if bits(ours.predict(inputs, verbose=0)) != bits(theirs.predict(inputs, verbose=0)):
        sys.exit(f"{copy}: other predictions")
    if bits(list(ours.optimizer.variables)) != bits(list(theirs.optimizer.variables)):
        sys.exit(f"{copy}: another state of the optimizer")
    return check_layers(path, theirs, told)


def check_old(reader, folder, path):
    """A file of Keras 2 that Keras 3 does not load: both are compared as HDF5."""
    copy = folder / f"ours-{path.name}"
    told, found = reader.read(path, copy), {}
    with h5py.File(path) as theirs, h5py.File(copy) as ours:
        for file in (theirs, ours):
            things = found[file] = {"": dict(file.attrs)}
            file.visititems(lambda name, item, things=things: things.update({name: (
                {key: numpy.asarray(value).tolist() for key, value in item.attrs.items()},
                item[()].tobytes() if isinstance(item, h5py.Dataset) else None)}))
        if found[theirs] != found[ours]:
            sys.exit(f"{copy}: our copy holds something else")
        for weight in told["weights"]:
            if theirs[weight["path"]][()].tobytes() != weight["values"]:
                sys.exit(f"{path}: {weight['path']}: other values")
    return len(told["weights"])


def main():
    beamline, copy, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    reader, n_files, n_arrays = Reader(beamline, copy), 0, 0
    models = [dense, inclusive, recurrent, attention, nested, operations, many, doubles, halves]
    for make in models:
        for suffix in (".keras", ".h5", ".weights.h5"):
            keras.utils.set_random_seed(7)
            keras.backend.clear_session()
            n_arrays += check(reader, make.__name__, make, folder, suffix)
            n_files += 1
    real = pathlib.Path(os.environ.get("BEAMLINE_DATA", "/nowhere"), "topology/models")
    for name, compare in (("myGRUmodel.keras", check_real), ("InclusiveClassifier.h5", check_old)):
        if (real / name).exists():
            n_arrays += compare(reader, folder, real / name)
            n_files += 1
    print(f"{n_files} files, {n_arrays} arrays: the same, and the same predictions")


if __name__ == "__main__":
    main()
