# SPDX-License-Identifier: Apache-2.0
"""Cases of the published models of topology classification, where BEAMLINE_DATA is set.

Two are files of Keras. Three are weights of BigDL, which are put into networks of Keras here: five
big-endian int32 (3721, 1, an id, 0, the count), then that many big-endian float32, layer by layer,
and the number 16 with the MD5 of all before it.
A Linear is W[out][in], then its bias. A GRU (nn/GRU.scala) is the Linear of its input for all
gates, which has the bias, the Linear of the state for two gates, and that of the reset state for
the candidate; gates are in the order r, z, candidate, and r acts before the product
(reset_after=False). That the file has a GRU's parts in this order is not verified by anything
published: only the HLF network comes with what it must give.
"""

import functools
import hashlib
import json
import os
import pathlib

import h5py
import keras
import numpy
from keras import layers as L
from network_case import Case, plain

DATA = pathlib.Path(os.environ.get("BEAMLINE_DATA", "/nowhere"), "topology")
REAL_STEPS, FEWEST_STEPS = 801, 300


class OldGRU(L.GRU):
    """As Keras 2 described it."""

    def __init__(self, *, time_major=False, implementation=2, **options):
        super().__init__(**options)


def keras_2(path):
    """A model of a file of Keras 2."""
    with h5py.File(path) as file:
        config = json.loads(file.attrs["model_config"])
    for layer in config["config"]["layers"]:
        for old in ("time_major", "implementation"):
            layer["config"].pop(old, None)
    model = keras.saving.load_model(path, custom_objects={"GRU": OldGRU}, compile=False)
    return keras.models.clone_model(model, clone_function=as_written_today), model.get_weights()


def as_written_today(layer):
    if isinstance(layer, OldGRU):
        config = {key: value for key, value in layer.get_config().items()
                  if key not in ("time_major", "implementation")}
        return L.GRU.from_config(config)
    return layer.__class__.from_config(layer.get_config())


def published():
    """Features of three events, [3, 14], and what BigDL's HLF network gives of them, [3, 3]."""
    rows = json.loads((DATA / "golden/hlf_bigdl_inference.json").read_text())
    return (numpy.array([row[key] for row in rows]) for key in ("hlf_input", "probs"))


def sequence_inputs(draw, model, n_drawn=2):
    """Real events, then drawn ones of some 300 to 800 particles. Features are those published: of
    any numbers between 0 and 1 the networks are too sure to be compared."""
    names = [f"{mode}_ev{i}" for mode in ("compat", "fixed") for i in (3, 4, 5, 6)]
    x = numpy.stack([numpy.fromfile(DATA / f"golden/{name}_gru.f64").reshape(REAL_STEPS, -1)
                     for name in names])
    drawn = 0.3 * draw.normal(size=(n_drawn, *x.shape[1:]))
    for event in drawn:
        event[draw.integers(FEWEST_STEPS, REAL_STEPS):] = 0
    x = numpy.concatenate([x, drawn])
    is_real = numpy.any(x != 0, axis=2)
    lengths = REAL_STEPS - numpy.argmax(is_real[:, ::-1], axis=1)
    inputs = {"gru_input": x}
    if len(model.inputs) > 1:
        features, _ = published()
        inputs["hlf_input"] = numpy.resize(features, (len(x), 14))
    return inputs, {"gru_input": lengths}


def predicted(draw, model):
    inputs, lengths = sequence_inputs(draw, model)
    return Case(model, inputs, {}, lengths=lengths, keeps_weights=True)


def published_keras(draw):
    return predicted(draw, keras.saving.load_model(DATA / "models/myGRUmodel.keras", compile=False))


def published_h5(draw):
    model, weights = keras_2(DATA / "models/InclusiveClassifier.h5")
    model.set_weights(weights)
    return predicted(draw, model)


def bigdl_values(path):
    data = path.read_bytes()
    magic, version, _, offset, count = numpy.frombuffer(data[:20], ">i4")
    is_whole = len(data) == 20 + 4 * count + 20 and hashlib.md5(data[:-20]).digest() == data[-16:]
    if (magic, version, offset) != (3721, 1, 0) or not is_whole:
        raise ValueError(f"{path}: no weights of BigDL")
    return numpy.frombuffer(data[20:-20], ">f4").astype("float32")


class Parts:
    """Takes one array after another."""

    def __init__(self, values):
        self.values, self.at = values, 0

    def take(self, *shape):
        n = int(numpy.prod(shape))
        self.at += n
        return self.values[self.at - n:self.at].reshape(shape)

    def dense(self, n_in, n_out):
        return [self.take(n_out, n_in).T, self.take(n_out)]

    def gru(self, n_in, n):
        kernel, bias = self.take(3 * n, n_in), self.take(3 * n)
        of_gates, of_candidate = self.take(2 * n, n), self.take(n, n)
        order = numpy.r_[n:2 * n, 0:n, 2 * n:3 * n]  # Keras: z, r, candidate
        return [kernel[order].T, numpy.vstack([of_gates, of_candidate])[order].T, bias[order]]

    def end(self):
        if self.at != len(self.values):
            raise ValueError(f"{len(self.values) - self.at} weights are left")


def bigdl_hlf(draw):
    """The network whose predictions are published."""
    parts, sizes = Parts(bigdl_values(DATA / "models/HLFclassifier_weight")), (14, 50, 20, 10, 3)
    layers = [L.Dense(n, "relu" if n > 3 else "softmax") for n in sizes[1:]]
    model = keras.Sequential([keras.Input((14,), name="hlf_input"), *layers])
    for layer, shape in zip(layers, zip(sizes, sizes[1:], strict=False), strict=True):
        layer.set_weights(parts.dense(*shape))
    parts.end()
    inputs, listed = published()
    return Case(model, {"hlf_input": inputs}, {}, keeps_weights=True, source="BigDL, as published",
                expected=functools.partial(as_published, listed))


def as_published(listed, case, double):
    """The values listed: Keras must give them too, from the weights as we understand them."""
    values = double.call(double.tensors(slice(None)), training=False)
    (name, computed), = plain(values).items()
    if numpy.abs(computed - listed).max() > 1e-6:
        raise ValueError("Keras gives other values than those published")
    return {f"output/{name}": listed}


def bigdl_sequence(draw):
    parts = Parts(bigdl_values(DATA / "models/ParticleSequenceClassifier_weight"))
    gru, dense = L.GRU(50, reset_after=False), L.Dense(3, "softmax")
    model = keras.Sequential([keras.Input((REAL_STEPS, 19), name="gru_input"), L.Masking(0.0), gru,
                              L.Dropout(0.2), dense])
    gru.set_weights(parts.gru(19, 50))
    dense.set_weights(parts.dense(50, 3))
    parts.end()
    return predicted(draw, model)


def bigdl_inclusive(draw):
    parts = Parts(bigdl_values(DATA / "models/InclusiveClassifier.bin"))
    first = keras.Input((REAL_STEPS, 19), name="gru_input")
    second = keras.Input((14,), name="hlf_input")
    gru = L.GRU(50, reset_after=False)
    middle, last = L.Dense(25, "relu"), L.Dense(3, "softmax")
    both = L.Concatenate()([gru(L.Masking(0.0)(first)), second])
    model = keras.Model([first, second], last(middle(both)))
    gru.set_weights(parts.gru(19, 50))
    middle.set_weights(parts.dense(64, 25))
    last.set_weights(parts.dense(25, 3))
    parts.end()
    return predicted(draw, model)


def cases():
    if not DATA.exists():
        return
    yield "real_keras", published_keras
    yield "real_keras_2", published_h5
    yield "real_bigdl_hlf", bigdl_hlf
    yield "real_bigdl_sequence", bigdl_sequence
    yield "real_bigdl_inclusive", bigdl_inclusive
