# SPDX-License-Identifier: Apache-2.0
"""The Keras side of bench/quality.py: the published networks, trained on arrays that it wrote, and
predictions of models.

usage: quality_keras.py train NETWORK WAY SEED EPOCHS ARRAYS INPUTS SCORES.npy
         WAY: forwards or backwards, how rows of an event are read
       quality_keras.py predict MODEL.keras ARRAYS INPUTS SCORES.npy
"""

import pathlib
import sys

import keras
import numpy
from keras import layers

RATE, BATCH = 1e-3, 128
SETTLES = {"sequence": 2}  # epochs


def feature_layers(x, units):
    for n in units:
        x = layers.Dense(n, activation="relu")(x)
    return x


def summary(x, way):
    gru = layers.GRU(50, go_backwards=way == "backwards")
    return layers.Dropout(0.2)(gru(layers.Masking(0.0)(x)))


def network(name, way, shapes):
    """Of inputs of these shapes; those that it does not have are the published ones."""
    particles, features = keras.Input(shapes.get("particles", (801, 19))), keras.Input((14,))
    if name == "hlf":
        inputs, last = [features], feature_layers(features, (50, 20, 10))
    elif name == "sequence":
        inputs, last = [particles], summary(particles, way)
    else:
        side = layers.Dropout(0.2)(features)
        both = layers.Concatenate()([summary(particles, way), side])
        last = layers.Dense(25, activation="relu")(both)
        inputs = [particles, features]
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(last))


def arrays(folder, part, inputs):
    names = [*inputs.split(","), "labels", "weights"]
    *x, labels, weights = (numpy.load(pathlib.Path(folder) / f"{part}_{name}.npy", mmap_mode="r")
                           for name in names)
    return x, labels, weights


class Shuffled(keras.utils.PyDataset):
    """Batches in an order that is new each epoch."""

    def __init__(self, x, labels, weights, seed):
        super().__init__()
        self.data, self.random = (x, labels, weights), numpy.random.default_rng(seed)
        self.on_epoch_end()

    def on_epoch_end(self):
        self.order = self.random.permutation(len(self.data[1]))

    def __len__(self):
        return -(-len(self.order) // BATCH)

    def __getitem__(self, i):
        rows = numpy.sort(self.order[i * BATCH:(i + 1) * BATCH])
        x, labels, weights = self.data
        return tuple(one[rows] for one in x), labels[rows], weights[rows]


def learning_rate(name, steps, epochs):
    """The last epochs of networks that do not come to rest have a tenth of it."""
    if name not in SETTLES:
        return RATE
    return keras.optimizers.schedules.PiecewiseConstantDecay(
        [(epochs - SETTLES[name]) * steps], [RATE, RATE / 10])


def train(name, way, seed, epochs, folder, inputs):
    keras.utils.set_random_seed(int(seed))
    x, labels, weights = arrays(folder, "train", inputs)
    shapes = {key: one.shape[1:] for key, one in zip(inputs.split(","), x, strict=True)}
    model = network(name, way, shapes)
    data = Shuffled(x, labels, weights, int(seed))
    adam = keras.optimizers.Adam(learning_rate(name, len(data), int(epochs)))
    model.compile(adam, "categorical_crossentropy", jit_compile=True)
    model.fit(data, epochs=int(epochs), verbose=2)
    return model


def padded(events, shape):
    """Sequences with zeros up to the steps that a model takes."""
    if len(shape) < 3:
        return events
    return numpy.pad(events, ((0, 0), (0, shape[1] - events.shape[1]), (0, 0)))


def main(what, *arguments):
    if what == "train":
        *training, inputs, scores = arguments
        model = train(*training, inputs)
    else:
        path, _, inputs, scores = arguments
        model = keras.saving.load_model(path, compile=False)
    x, labels, _ = arrays(arguments[-3], "test", inputs)
    parts = [model.predict_on_batch([padded(one[first:first + 1024], wanted.shape)
                                     for one, wanted in zip(x, model.inputs, strict=True)])
             for first in range(0, len(labels), 1024)]
    numpy.save(scores, numpy.concatenate(parts))


if __name__ == "__main__":
    main(*sys.argv[1:])
