#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The three networks of topology as Keras has them, as JSON: hlf.json, sequence.json and
inclusive.json, which `beamline train -m` reads.

usage: keras_models.py FOLDER
"""

import json
import pathlib
import sys

import keras
from keras import layers


def particles():
    x = keras.Input((801, 19), name="particles")
    return x, layers.Dropout(0.2)(layers.GRU(50)(layers.Masking(0.0)(x)))


def hlf():
    x = y = keras.Input((14,), name="features")
    for units in (50, 20, 10):
        y = layers.Dense(units, activation="relu")(y)
    return x, y


def sequence():
    return particles()


def inclusive():
    x, y = particles()
    features = keras.Input((14,), name="features")
    y = layers.Concatenate()([y, layers.Dropout(0.2)(features)])
    return [x, features], layers.Dense(25, activation="relu")(y)


def main(folder):
    for make in (hlf, sequence, inclusive):
        keras.utils.clear_session()
        inputs, last = make()
        model = keras.Model(inputs, layers.Dense(3, activation="softmax")(last), name=make.__name__)
        text = json.dumps(json.loads(model.to_json()), indent=1)
        pathlib.Path(folder, f"{make.__name__}.json").write_text(text + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
