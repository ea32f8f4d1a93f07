# SPDX-License-Identifier: Apache-2.0
"""The Keras side of bench/predict.py: events read by uproot, transformed by NumPy, scored by Keras,
and scores written by uproot.

usage: predict_keras.py MODEL.keras TRANSFORM.json INPUT.root EVENTS OUTPUT.root BATCH
                        THREADS

Prints its seconds, without those in which libraries and the model are loaded and the network is
traced, as one JSON object.
"""

import json
import sys
import time

import awkward as ak
import keras
import numpy as np
import tensorflow as tf
import uproot

CLASSES = ("qcd", "ttbar", "wjets")
STEPS, WIDTH = 801, 19
# So many at once that arrays stay small and calls cost little.
FLAT_EVENTS, PARTICLE_EVENTS = 100_000, 1024


def scaled(values, about):
    values = values.astype(np.float64)
    for i, column in enumerate(about["columns"]):
        values[..., i] = (values[..., i] - column.get("offset", 0)) * column.get("scale", 1)
        if "missing" in column:
            np.nan_to_num(values[..., i], copy=False, nan=column["missing"])
    return values.astype(np.float32)


def ordered(particles, about):
    """Events of particles as a block padded with zeros: those far from the first come first."""
    counts = ak.to_numpy(ak.num(particles))
    rows = ak.to_numpy(ak.flatten(particles, axis=None)).reshape(-1, WIDTH)
    event = np.repeat(np.arange(len(counts)), counts)
    offsets = np.cumsum(counts) - counts
    away = rows.astype(np.float64)
    away -= away[offsets[event]]
    phi = (away[:, about["rows"]["phi"]] + np.pi) % (2 * np.pi) - np.pi
    distance = np.hypot(away[:, about["rows"]["column"]], phi)
    rows = rows[np.lexsort((-distance, event))]
    return rows, event, np.arange(len(rows)) - offsets[event], len(counts)


def padded(particles, about):
    rows, event, place, n = ordered(particles, about)
    block = np.zeros((n, STEPS, WIDTH), np.float32)
    takes = place < STEPS
    block[event[takes], place[takes]] = scaled(rows[takes], about)
    return block


def inputs_of(arrays, transform):
    """\\return the model's inputs in its order"""
    if "lfeatures" not in arrays.fields:
        about = transform["features"]
        values = [ak.to_numpy(arrays[column["name"]]) for column in about["columns"]]
        return [scaled(np.stack(values, 1), about)]
    features = ak.to_numpy(ak.to_regular(arrays["hfeatures"]))
    return [padded(arrays["lfeatures"], transform["particles"]),
            scaled(features, transform["features"])]


def predict(model, transform, tree, n_events, output, batch):
    is_flat = "particles" not in transform
    names = ([column["name"] for column in transform["features"]["columns"]] if is_flat
             else ["hfeatures", "lfeatures"])
    step = FLAT_EVENTS if is_flat else PARTICLE_EVENTS
    scores = {f"score_{name}": "f4" for name in CLASSES}
    with uproot.recreate(output) as file:
        written = file.mktree("Events", scores)
        for arrays in tree.iterate(names, step_size=step, entry_stop=n_events):
            made = model.predict(inputs_of(arrays, transform), batch_size=batch, verbose=0)
            written.extend({name: made[:, k] for k, name in enumerate(scores)})


def main(path, transform, source, n_events, output, batch, threads):
    tf.config.threading.set_intra_op_parallelism_threads(int(threads))
    tf.config.threading.set_inter_op_parallelism_threads(int(threads))
    with open(transform, encoding="utf-8") as text:
        transform = {one["name"]: one for one in json.load(text)["inputs"]}
    model = keras.models.load_model(path, compile=False)
    tree = uproot.open(source).values(filter_classname="TTree")[0]
    predict(model, transform, tree, 300, output, int(batch))
    start = time.perf_counter()
    predict(model, transform, tree, int(n_events), output, int(batch))
    print(json.dumps({"seconds": time.perf_counter() - start,
                      "version": f"uproot {uproot.__version__}, Keras {keras.__version__} on "
                                 f"TensorFlow {tf.__version__}"}))


if __name__ == "__main__":
    main(*sys.argv[1:])
