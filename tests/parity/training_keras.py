#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: training_keras.py TRAINING_RUN FOLDER

Every loss and its gradients, optimisers, schedules, plateaus, clips, regularisers and accuracies,
by Keras and by us. Keras computes in float64 on numbers that are float32, so that what is left is
our own rounding; where float32 itself decides, at clips, it computes in float32. All must be the
same to 1e-6 of the largest number of a result.
"""

import itertools
import json
import os
import pathlib
import subprocess
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras  # noqa: E402
import numpy  # noqa: E402
import tensorflow  # noqa: E402

TOLERANCE = 1e-6
STEPS = 20

keras.config.set_floatx("float64")
random = numpy.random.default_rng(17)
CLASSES = {"categorical_crossentropy", "sparse_categorical_crossentropy",
           "categorical_focal_crossentropy"}
YES_NO = {"binary_crossentropy", "binary_focal_crossentropy"}


def single(values):
    """The nearest float32, as float64."""
    return numpy.asarray(values, "float32").astype("float64")


def numbers(values):
    return [float(x) for x in numpy.ravel(values)]


# ---- losses ----

def of_keras(name, options, predictions, targets, weights, scale, dtype="float64"):
    """-> (expected numbers, what each may be off by)"""
    x = tensorflow.constant(predictions, dtype)
    y = targets[:, 0].astype("int64") if name.startswith("sparse") else targets
    with tensorflow.GradientTape() as tape:
        tape.watch(x)
        rows = getattr(keras.losses, name)(y, x, **options) * tensorflow.cast(weights, dtype)
        total = tensorflow.reduce_sum(rows)
        scaled = total * scale
    gradient = tape.gradient(scaled, x).numpy()
    off = numpy.full(1 + gradient.size, numpy.abs(gradient).max())
    off[0] = numpy.abs(rows.numpy()).sum()
    return numbers(numpy.append(float(total), gradient)), off


def loss_case(name, options, predictions, targets, weights, scale=0.37, dtype="float64"):
    case = {"loss": {name: options}, "predictions": numbers(predictions), "scale": scale,
            "targets": numbers(targets), "weights": numbers(weights)}
    return case, *of_keras(name, options, predictions, targets, weights, scale, dtype)


def targets_for(name, m, n):
    labels = random.integers(0, n, m)
    if name.startswith("sparse"):
        return labels[:, None].astype("float64")
    if name in CLASSES:
        return numpy.eye(n)[labels]
    if name in YES_NO:
        return random.integers(0, 2, (m, n)) * 1.
    return single(random.normal(size=(m, n)))


def options_for(name):
    if name == "huber":
        return [{}, {"delta": 0.3}]
    if name not in CLASSES | YES_NO:
        return [{}]
    choices = {"from_logits": [False, True]}
    if not name.startswith("sparse"):
        choices["label_smoothing"] = [0.0, 0.125]
    if "focal" in name:
        choices |= {"gamma": [2.0, 1.3, 0.0], "alpha": [0.25, 0.6]}
    if name == "binary_focal_crossentropy":
        choices["apply_class_balancing"] = [False, True]
    return [dict(zip(choices, each, strict=True)) for each in itertools.product(*choices.values())]


def losses():
    for name in sorted(CLASSES | YES_NO) + ["mean_squared_error", "mean_absolute_error", "huber"]:
        for options, n in itertools.product(options_for(name), (1, 2, 3, 10)):
            if n == 1 and name in CLASSES:
                continue
            m = int(random.integers(1, 40))
            x = single(random.normal(size=(m, n)) * 2)
            if name in CLASSES and not options["from_logits"]:
                x = single(random.dirichlet(numpy.ones(n), m) * random.uniform(0.8, 1.2, (m, 1)))
            elif name in YES_NO and not options["from_logits"]:
                x = single(random.uniform(0.001, 0.999, (m, n)))
            weights = single(random.uniform(-0.5, 2, m))
            yield loss_case(name, options, x, targets_for(name, m, n), weights)
    for name in sorted(CLASSES | YES_NO):
        x = numpy.array([[0, 1, 0], [1, 0, 0], [0.25, 0.75, 0]], "float32")
        for labels in ([0, 1, 2], [1, 0, 1]):
            targets = numpy.array(labels)[:, None] if name.startswith("sparse") else \
                numpy.eye(3)[labels]
            yield loss_case(name, {}, x, targets.astype("float32"), numpy.ones(3, "float32"), 1.0,
                            "float32")


# ---- what changes parameters ----

OPTIMIZERS = [
    ("sgd", keras.optimizers.SGD, [{}, {"momentum": 0.9}, {"momentum": 0.8, "nesterov": True},
                                   {"momentum": 0.9, "weight_decay": 0.01}]),
    ("adam", keras.optimizers.Adam, [{}, {"amsgrad": True}, {"weight_decay": 0.03},
                                     {"beta_1": 0.7, "beta_2": 0.9, "epsilon": 1e-3}]),
    ("adamw", keras.optimizers.AdamW, [{}, {"weight_decay": 0.1, "amsgrad": True}]),
    ("rmsprop", keras.optimizers.RMSprop, [{}, {"momentum": 0.9}, {"centered": True, "rho": 0.8},
                                           {"centered": True, "momentum": 0.5}]),
]


def optimizers():
    for name, kind, variants in OPTIMIZERS:
        for variant in variants:
            options = {"learning_rate": 0.01, **variant}
            start = single(random.normal(size=33))
            gradients = single(random.normal(size=(STEPS, 33)))
            optimizer, variable, seen = kind(**options), keras.Variable(start), []
            for gradient in gradients:
                optimizer.apply([tensorflow.constant(gradient)], [variable])
                seen.append(variable.numpy().copy())
            yield ({"optimizer": {name: options}, "parameters": numbers(start),
                    "gradients": gradients.tolist()}, numbers(seen), numpy.abs(seen).max())


def clips():
    arrays = [single(random.normal(size=n)) for n in (5, 40, 1)]
    for key, ours in (("clipvalue", "value"), ("clipnorm", "norm"), ("global_clipnorm",
                                                                      "global_norm")):
        for limit in (0.5, 2.0, 100.0):
            optimizer = keras.optimizers.SGD(**{key: limit})
            clipped = optimizer._clip_gradients([tensorflow.constant(a) for a in arrays])
            expected = numpy.concatenate([numpy.asarray(c) for c in clipped])
            yield ({"clip": {ours: limit}, "arrays": [a.tolist() for a in arrays]},
                   numbers(expected), numpy.abs(expected))


def regularizers():
    x = single(random.normal(size=50))
    for name, regularizer, options in (("l1", keras.regularizers.L1(0.02), {"l1": 0.02}),
                                       ("l2", keras.regularizers.L2(0.03), {"l2": 0.03}),
                                       ("both", keras.regularizers.L1L2(0.02, 0.03),
                                        {"l1": 0.02, "l2": 0.03})):
        at = tensorflow.constant(x)
        with tensorflow.GradientTape() as tape:
            tape.watch(at)
            value = regularizer(at)
        expected = numpy.append(float(value), tape.gradient(value, at).numpy())
        yield {"regularizer": options, "parameters": numbers(x), "name": name}, numbers(expected), 1


# ---- learning rates ----

SCHEDULES = [
    (keras.optimizers.schedules.PiecewiseConstantDecay([10, 50, 51], [0.1, 0.05, 0.2, 0.01]),
     {"step": {"boundaries": [10, 50, 51], "values": [0.1, 0.05, 0.2, 0.01]}}),
    (keras.optimizers.schedules.ExponentialDecay(0.1, 20, 0.9),
     {"exponential": {"decay_steps": 20, "decay_rate": 0.9}}),
    (keras.optimizers.schedules.ExponentialDecay(0.1, 20, 0.5, staircase=True),
     {"exponential": {"decay_steps": 20, "decay_rate": 0.5, "staircase": True}}),
    (keras.optimizers.schedules.CosineDecay(0.1, 150, alpha=0.1),
     {"cosine": {"decay_steps": 150, "alpha": 0.1}}),
    (keras.optimizers.schedules.CosineDecay(0.02, 120, warmup_target=0.1, warmup_steps=30),
     {"cosine": {"decay_steps": 120, "warmup_steps": 30, "warmup_from": 0.02}}),
    (keras.optimizers.schedules.CosineDecayRestarts(0.1, 23, t_mul=1.5, m_mul=0.8, alpha=0.05),
     {"cosine_restarts": {"first_decay_steps": 23, "t_mul": 1.5, "m_mul": 0.8, "alpha": 0.05}}),
    (keras.optimizers.schedules.CosineDecayRestarts(0.1, 37, t_mul=1.0, m_mul=0.7),
     {"cosine_restarts": {"first_decay_steps": 37, "t_mul": 1, "m_mul": 0.7}}),
]


def schedules():
    steps = list(range(200))
    for theirs, ours in SCHEDULES:
        expected = [float(theirs(step)) for step in steps]
        yield {"schedule": ours, "learning_rate": 0.1, "steps": steps}, expected, 0.1


def plateaus():
    for options in ({}, {"factor": 0.5, "patience": 2}, {"factor": 0.3, "patience": 1,
                                                         "cooldown": 2, "min_lr": 0.01},
                    {"factor": 0.5, "patience": 3, "min_delta": 0.05, "mode": "max"},
                    {"patience": 0, "factor": 0.9}):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(1.0), "mse")
        callback, expected = keras.callbacks.ReduceLROnPlateau("val_loss", **options), []
        callback.set_model(model)
        callback.on_train_begin()
        values = single(numpy.exp(-numpy.arange(40) / 8) + random.normal(size=40) * 0.05)
        for epoch, value in enumerate(values):
            callback.on_epoch_end(epoch, {"val_loss": value})
            expected.append(float(model.optimizer.learning_rate.numpy()))
        yield ({"plateau": options, "learning_rate": 1.0, "values": numbers(values)}, expected,
               numpy.array(expected))


# ---- metrics ----

def metrics():
    m, n = 300, 4
    scores, labels = single(random.dirichlet(numpy.ones(n), m)), random.integers(0, n, m)
    weights = single(random.uniform(0, 2, m))
    yes_no = random.integers(0, 2, (m, 1)) * 1.
    for kind, metric, x, y in (
            (0, keras.metrics.CategoricalAccuracy(), scores, numpy.eye(n)[labels]),
            (1, keras.metrics.SparseCategoricalAccuracy(), scores, labels[:, None] * 1.),
            (2, keras.metrics.BinaryAccuracy(threshold=0.5), scores[:, :1], yes_no)):
        metric.update_state(y, x, sample_weight=weights)
        yield ({"metrics": {"curves": False}, "kind": kind, "predictions": numbers(x),
                "targets": numbers(y), "weights": numbers(weights)},
               numbers([float(metric.result())] + x.shape[1] * [numpy.nan]), 1)


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    kinds = (losses, optimizers, clips, regularizers, schedules, plateaus, metrics)
    cases = [case for kind in kinds for case in kind()]
    path = folder / "training.json"
    path.write_text(json.dumps([ours for ours, _, _ in cases]))
    result = subprocess.run([program, path], capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(result.stderr)
    lines = result.stdout.replace("nan", "NaN").splitlines()
    assert len(lines) == len(cases)
    worst, wrong = 0, 0
    for (ours, expected, size), line in zip(cases, lines, strict=True):
        found = numpy.array(json.loads(line))
        assert found.shape == numpy.shape(expected), ours
        off = numpy.abs(found - expected) / numpy.maximum(size, 1e-30)
        off[numpy.isnan(found) & numpy.isnan(expected)] = 0
        if not off.max() <= TOLERANCE:
            at = int(numpy.argmax(numpy.where(numpy.isnan(off), numpy.inf, off)))
            what = {k: v for k, v in ours.items() if not isinstance(v, list)}
            print(f"{what}: number {at} is {found[at]!r}, Keras has {expected[at]!r}")
            wrong += 1
        worst = max(worst, off.max())
    print(f"{len(cases)} losses, optimizers, schedules … of Keras {keras.__version__}: "
          f"{wrong} differ; {worst:.1e} at most")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
