#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The first inputs of corpus/keras: small models, as Keras writes them.
usage: keras_seeds.py fuzz/corpus/keras   (with a Python that has Keras)"""

import pathlib
import sys
import zipfile

import keras
from keras import layers as L


def dense():
    return keras.Sequential([keras.Input((2,)), L.Dense(2), L.Dropout(0.1), L.Dense(1)])


def nested():
    x, y = keras.Input((3, 2), name="a"), keras.Input((2,), name="b")
    inner = keras.Sequential([keras.Input((2,)), L.Dense(2)], name="inner")
    z = L.Concatenate()([L.Bidirectional(L.GRU(1))(x), inner(y), keras.ops.abs(y)])
    return keras.Model([x, y], L.Dense(1)(z))


def write(folder, name, model):
    archive, whole = folder / f"{name}.keras", folder / f"{name}.h5"
    weights = folder / f"{name}.weights.h5"
    model.save(archive)
    model.save(whole)
    model.save_weights(weights)
    with zipfile.ZipFile(archive) as members:
        config = members.read("config.json")
        parts = config + members.read("model.weights.h5")
        with zipfile.ZipFile(folder / "packed", "w", zipfile.ZIP_DEFLATED) as packed:
            for member in members.namelist():
                packed.writestr(member, members.read(member))
    (folder / f"{name}.members").write_bytes(b"m" + len(config).to_bytes(2, "little") + parts)
    (folder / "packed").rename(folder / f"{name}_packed.keras")
    for path in folder.glob(f"{name}*"):
        if path.suffix != ".members":
            path.write_bytes(b"f" + path.read_bytes())


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    for make in (dense, nested):
        keras.utils.set_random_seed(1)
        model = make()
        model.compile("sgd", keras.losses.MeanSquaredError())
        write(folder, make.__name__, model)


if __name__ == "__main__":
    main()
