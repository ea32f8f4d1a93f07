# SPDX-License-Identifier: Apache-2.0
"""Keras and we train the same networks, from the same parameters, on the same prepared events in
the same order: 200 steps and more. The losses of each epoch must be the same.

usage: keras_trains.py BEAMLINE FOLDER    (by a Python that has tensorflow)
"""

import json
import os
import pathlib
import subprocess
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers  # noqa: E402

N_EVENTS, MOST_ROWS, EPOCHS, BATCH, TOLERANCE = 3200, 12, 11, 128, 1e-4
CLASSES, FEATURES, COLUMNS = ("a", "b", "c"), ("f0", "f1", "f2", "f3"), ("pt", "eta", "phi")
DATA = """
inputs:
  features: {vars: [f0, f1, f2, f3]}
  particles: {vars: [pt, eta, phi], length: 12, order: {by: pt}}
labels: {type: simple, value: [a, b, c]}
weights: {use_precomputed_weights: true, weight_branches: [w]}
preprocess: {method: standard}
split: {train: 0.8, validation: 0.2, test: 0, by: [run, luminosityBlock, event]}
"""
TRAINING = f"epochs: {EPOCHS}\nbatch_size: {BATCH}\nshuffle: false\n" \
           "optimizer: {adam: {learning_rate: 0.003}}\n"


def write_events(path):
    random = np.random.default_rng(5)
    with path.open("w", encoding="utf-8") as file:
        for i in range(N_EVENTS):
            label = int(random.integers(3))
            n = int(random.integers(1, MOST_ROWS + 4))
            event = {"run": 1, "luminosityBlock": i // 100, "event": i,
                     "w": random.uniform(0.5, 2),
                     **{name: random.normal(label * k, 2) for k, name in enumerate(FEATURES)},
                     **{name: random.normal(0.3 * label, 1, n).tolist() for name in COLUMNS},
                     **{name: int(k == label) for k, name in enumerate(CLASSES)}}
            file.write(json.dumps(event) + "\n")


def dense():
    features = keras.Input((len(FEATURES),), name="features")
    x = features
    for units in (50, 20, 10):
        x = layers.Dense(units, activation="relu")(x)
    return keras.Model(features, layers.Dense(3, activation="softmax")(x))


def inclusive():
    particles = keras.Input((MOST_ROWS, len(COLUMNS)), name="particles")
    features = keras.Input((len(FEATURES),), name="features")
    x = layers.Concatenate()([layers.GRU(20)(layers.Masking(0.0)(particles)), features])
    x = layers.Dense(25, activation="relu")(x)
    return keras.Model([particles, features], layers.Dense(3, activation="softmax")(x))


def read_part(folder, part):
    shapes = {"features": len(FEATURES), "particles": MOST_ROWS * len(COLUMNS), "encoded_label": 3,
              "weight_train": 1}
    wanted = {name: tf.io.FixedLenFeature([n], tf.float32) for name, n in shapes.items()}
    files = sorted(map(str, (folder / part).glob("part-*.tfrecord")))
    records = tf.data.TFRecordDataset(files).batch(N_EVENTS)
    found = tf.io.parse_example(next(iter(records)), wanted)
    arrays = {name: tensor.numpy() for name, tensor in found.items()}
    arrays["particles"] = arrays["particles"].reshape(-1, MOST_ROWS, len(COLUMNS))
    return arrays


def run(*command):
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)


def compare(beamline, folder, name, model, parts):
    """-> the largest relative difference of losses"""
    path = folder / f"{name}.keras"
    model.save(path)
    run(beamline, "train", "-q", "-c", folder / "data", "-m", path, "-o", folder / name,
        "--training", folder / "training.yaml")
    ours = json.loads((folder / name / "history.json").read_text("utf-8"))
    model.compile(keras.optimizers.Adam(0.003), "categorical_crossentropy")
    x, y, w = ([[arrays[one.name] for one in model.inputs] for arrays in parts],
               [arrays["encoded_label"] for arrays in parts],
               [arrays["weight_train"][:, 0] for arrays in parts])
    theirs = model.fit(x[0], y[0], BATCH, EPOCHS, 0, sample_weight=w[0], shuffle=False,
                       validation_data=(x[1], y[1], w[1])).history
    worst = 0
    for key in ("loss", "val_loss"):
        np.testing.assert_allclose(ours[key], theirs[key], rtol=TOLERANCE, err_msg=f"{name}: {key}")
        worst = max(worst, np.max(np.abs(np.array(ours[key]) / theirs[key] - 1)))
    if not ours["loss"][-1] < ours["loss"][0]:
        sys.exit(f"{name}: nothing was learned: {ours['loss']}")
    return worst


def main():
    beamline, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    keras.utils.set_random_seed(1)
    write_events(folder / "events.jsonl")
    (folder / "data.yaml").write_text(DATA, "utf-8")
    (folder / "training.yaml").write_text(TRAINING, "utf-8")
    run(beamline, "prepare", "-q", "-c", folder / "data.yaml",
        "-i", f"all={folder / 'events.jsonl'}", "-o", folder / "data")
    run(beamline, "prepare", "-q", folder / "data", "--export", folder / "out", "--as", "tfrecord")
    parts = [read_part(folder / "out", part) for part in ("train", "validation")]
    steps = EPOCHS * -(-len(parts[0]["features"]) // BATCH)
    if steps < 200:
        sys.exit(f"only {steps} steps")
    worst = max(compare(beamline, folder, name, make(), parts)
                for name, make in (("dense", dense), ("inclusive", inclusive)))
    print(f"2 networks, {steps} steps each: losses differ by {worst:.1e} at most")


if __name__ == "__main__":
    main()
