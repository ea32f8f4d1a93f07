# SPDX-License-Identifier: Apache-2.0
"""Cases of whole networks: those of topology classification, models in models, every loss and
optimizer, several inputs and outputs."""

import functools

import keras
from keras import layers as L
from layers_inputs import input_of, one_hot, ragged, size, vectors
from network_case import MOMENTUM, Case

ADAM = ("Adam", {"learning_rate": 0.01})
CROSS_ENTROPY = "CategoricalCrossentropy"
LOSSES = {
    "categorical": (CROSS_ENTROPY, {}, "softmax"),
    "categorical_smooth": (CROSS_ENTROPY, {"label_smoothing": 0.1}, "softmax"),
    "categorical_logits": (CROSS_ENTROPY, {"from_logits": True}, "linear"),
    "sparse": ("SparseCategoricalCrossentropy", {}, "softmax"),
    "sparse_logits": ("SparseCategoricalCrossentropy", {"from_logits": True}, "linear"),
    "binary": ("BinaryCrossentropy", {}, "sigmoid"),
    "binary_smooth": ("BinaryCrossentropy", {"label_smoothing": 0.2}, "sigmoid"),
    "binary_logits": ("BinaryCrossentropy", {"from_logits": True}, "linear"),
    "binary_focal": ("BinaryFocalCrossentropy",
                     {"gamma": 1.5, "alpha": 0.3, "apply_class_balancing": True}, "sigmoid"),
    "binary_focal_logits": ("BinaryFocalCrossentropy", {"from_logits": True}, "linear"),
    "categorical_focal": ("CategoricalFocalCrossentropy", {"gamma": 2.5}, "softmax"),
    "squared": ("MeanSquaredError", {}, "linear"),
    "absolute": ("MeanAbsoluteError", {}, "linear"),
    "huber": ("Huber", {"delta": 0.7}, "linear"),
    "log_cosh": ("LogCosh", {}, "linear"),
}


def schedule(kind, **config):
    return {"module": "keras.optimizers.schedules", "class_name": kind, "config": config,
            "registered_name": None}


OPTIMIZERS = {
    "sgd": ("SGD", {"learning_rate": 0.3}),
    "momentum": ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    "nesterov": ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    "adam": ADAM,
    "adam_other": ("Adam", {"learning_rate": 0.02, "beta_1": 0.7, "beta_2": 0.95, "epsilon": 1e-4}),
    "amsgrad": ("Adam", {"learning_rate": 0.01, "amsgrad": True}),
    "adamw": ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.1}),
    "rmsprop": ("RMSprop", {"learning_rate": 0.01}),
    "rmsprop_momentum": ("RMSprop", {"learning_rate": 0.01, "rho": 0.8, "momentum": 0.5}),
    "rmsprop_centered": ("RMSprop", {"learning_rate": 0.01, "centered": True}),
    "clip_value": ("SGD", {"learning_rate": 0.5, "clipvalue": 0.02}),
    "clip_norm": ("SGD", {"learning_rate": 0.5, "clipnorm": 0.05}),
    "clip_global_norm": ("SGD", {"learning_rate": 0.5, "global_clipnorm": 0.05}),
    "cosine": ("SGD", {"learning_rate": schedule(
        "CosineDecay", initial_learning_rate=0.05, decay_steps=5, alpha=0.1, warmup_target=0.5,
        warmup_steps=3)}),
    "steps": ("SGD", {"learning_rate": schedule(
        "PiecewiseConstantDecay", boundaries=[2, 6], values=[0.5, 0.2, 0.05])}),
}


def classes(tensor, name="class"):
    return L.Dense(3, "softmax", name=name)(tensor)


def hlf(draw, n=40, **options):
    x = draw.uniform(0, 1, (n, 14))
    first = tensor = input_of(x)
    for units in (50, 20, 10):
        tensor = L.Dense(units, "relu")(tensor)
    return Case(keras.Model(first, classes(tensor)), {"x": x}, {"class": CROSS_ENTROPY},
                **{"optimizer": ADAM} | options)


def hlf_batches(draw):
    """A hundred events in ten batches, with weights."""
    return hlf(draw, n=100, batch=10, weight=draw.uniform(-0.2, 2, 100))


def particles(draw, n=20, steps=12):
    return ragged(draw, n=n, steps=steps, width=19)


def particle_sequence(draw):
    x, lengths = particles(draw)
    first = input_of(x)
    y = L.Dropout(0.0)(L.GRU(50, reset_after=False)(L.Masking(0.0)(first)))
    return Case(keras.Model(first, classes(y)), {"x": x}, {"class": CROSS_ENTROPY}, ADAM,
                lengths={"x": lengths})


def with_features(x, lengths, features, sequence, optimizer=ADAM):
    """[sequence(particles)] and high-level features, 25 units, three classes."""
    first, second = input_of(x, "gru_input"), input_of(features, "hlf_input")
    both = L.Concatenate()([L.Dropout(0.0)(sequence(first)), L.Dropout(0.0)(second)])
    return Case(keras.Model([first, second], classes(L.Dense(25, "relu")(both))),
                {"gru_input": x, "hlf_input": features}, {"class": CROSS_ENTROPY}, optimizer,
                lengths=lengths)


def inclusive(draw, kind):
    x, lengths = particles(draw)
    return with_features(x, {"gru_input": lengths}, draw.uniform(0, 1, (len(x), 14)),
                         lambda first: kind(50)(L.Masking(0.0)(first)))


def inclusive_transformer(draw):
    """It has no mask: padding is attended to, and flattened. Keys' biases change nothing, so their
    gradient is noise, which Adam would make as large as any other."""
    x, _ = particles(draw, n=8)

    def sequence(first):
        y = L.MultiHeadAttention(8, 19)(first, first)
        y = L.Dropout(0.0)(L.LayerNormalization(epsilon=1e-6)(y))
        y = L.Flatten()(L.TimeDistributed(L.Dense(20, "relu"))(y))
        return L.Dense(10, "relu")(y)

    return with_features(x, {}, draw.uniform(0, 1, (len(x), 14)), sequence, MOMENTUM)


def of_loss(draw, kind, config, activation):
    x = vectors(draw, n=30, width=4)
    first = input_of(x)
    y = L.Dense(3, activation, name="y")(L.Dense(6, "tanh")(first))
    return Case(keras.Model(first, y), {"x": x}, {"y": (kind, config)},
                weight=draw.uniform(0.5, 1.5, len(x)))


def of_optimizer(draw, optimizer, batch):
    return hlf(draw, n=60, optimizer=optimizer, batch=batch)


def nested(draw):
    """Models in models, one of them twice on different inputs."""
    x, y = vectors(draw, n=6, width=4), vectors(draw, n=6, width=4)
    block = keras.Sequential([keras.Input((4,)), L.Dense(5, "tanh", name="inner"),
                              L.BatchNormalization(name="statistics")], name="block")
    deep_in = keras.Input((4,))
    deep = keras.Model(deep_in, L.Dense(3, name="tail")(block(deep_in)), name="deep")
    first, second = input_of(x, "x"), input_of(y, "y")
    both = L.Concatenate()([deep(first), deep(second)])
    return Case(keras.Model([first, second], L.Dense(2, name="last")(both)), {"x": x, "y": y})


def sequential(draw):
    model = keras.Sequential([keras.Input((4,), name="x"), L.Dense(size(draw), "relu"),
                              L.Dense(3, "softmax", name="class")])
    return Case(model, {"x": vectors(draw, width=4)}, {"class": CROSS_ENTROPY})


def several_outputs(draw):
    """Two inputs, three outputs, each with its loss, one of them inside the network."""
    x, y = vectors(draw, n=9, width=3), vectors(draw, n=9, width=5)
    first, second = input_of(x, "x"), input_of(y, "y")
    both = L.Dense(6, "tanh", name="middle")(L.Concatenate()([first, second]))
    outputs = [both, classes(both), L.Dense(1, "sigmoid", name="signal")(L.Dense(4)(both))]
    return Case(keras.Model([first, second], outputs), {"x": x, "y": y},
                {"middle": "Huber", "class": CROSS_ENTROPY, "signal": "BinaryCrossentropy"},
                weight=draw.uniform(0.5, 1.5, 9))


def partly_trained(draw):
    """Layers that are frozen: no gradient, and the same after training."""
    x = vectors(draw, n=9, width=4)
    first = input_of(x)
    y = L.BatchNormalization(trainable=False)(L.Dense(5, "tanh", trainable=False)(first))
    return Case(keras.Model(first, classes(y)), {"x": x}, {"class": CROSS_ENTROPY},
                targets={"class": one_hot(draw, 9, 3)})


def wide(draw):
    """The wide network of the speed tests, smaller."""
    x = vectors(draw, n=70, width=27)
    first = input_of(x)
    y = L.Dense(130, "relu")(L.Dense(130, "relu")(first))
    return Case(keras.Model(first, L.Dense(1, "sigmoid", name="signal")(y)), {"x": x},
                {"signal": "BinaryCrossentropy"})


def cases():
    yield "network_hlf", hlf
    yield "network_hlf_batches", hlf_batches
    yield "network_particle_sequence", particle_sequence
    yield "network_inclusive", functools.partial(inclusive, kind=L.GRU)
    yield "network_inclusive_lstm", functools.partial(inclusive, kind=L.LSTM)
    yield "network_inclusive_transformer", inclusive_transformer
    yield "network_nested", nested
    yield "network_sequential", sequential
    yield "network_several_outputs", several_outputs
    yield "network_partly_trained", partly_trained
    yield "network_wide", wide
    for name, (kind, config, activation) in LOSSES.items():
        yield f"loss_{name}", functools.partial(of_loss, kind=kind, config=config,
                                                activation=activation)
    for name, optimizer in OPTIMIZERS.items():
        yield f"optimizer_{name}", functools.partial(of_optimizer, optimizer=optimizer, batch=None)
    for name in ("momentum", "adam"):
        yield f"optimizer_{name}_batches", functools.partial(of_optimizer, batch=8,
                                                             optimizer=OPTIMIZERS[name])
