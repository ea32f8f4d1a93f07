# SPDX-License-Identifier: Apache-2.0
"""TensorFlow parses what prepared_exports.py made, with the specification that published notebooks
give it.

usage: tensorflow_reads_prepared.py FOLDER    (by a Python that has tensorflow)
"""

import json
import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402


def features(wanted):
    shapes = {name: np.shape(wanted[name]) for name in ("HLF_input", "GRU_input", "encoded_label")}
    return {name: tf.io.FixedLenFeature(shape[1:], tf.float32) for name, shape in shapes.items()}


def check(folder, part):
    """How many values there are."""
    wanted = json.loads((folder / f"{part}.json").read_text("utf-8"))
    files = sorted(map(str, folder.glob(f"out/{part}/part-*.tfrecord")))
    n = 0
    for i, record in enumerate(tf.data.TFRecordDataset(files)):
        found = tf.io.parse_single_example(record, features(wanted))
        for name, tensor in found.items():
            np.testing.assert_allclose(tensor.numpy(), np.float32(wanted[name][i]), rtol=2e-7,
                                       atol=1e-7, err_msg=f"{part}: record {i}: {name}")
            n += 1
        if len(tf.train.Example.FromString(record.numpy()).features.feature) != 3:
            sys.exit(f"{part}: record {i} has other features, too")
    if n != 3 * len(wanted["label"]):
        sys.exit(f"{part}: {n} values of {len(wanted['label'])} events")
    return n


def main():
    folder = pathlib.Path(sys.argv[1])
    n = sum(check(folder, part) for part in ("train", "test"))
    print(f"{n} values are right")


if __name__ == "__main__":
    main()
