#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: tensorflow_reads_ours.py FOLDER

TensorFlow parses what tensorflow_written.py wrote, by the specifications that users give it, and
finds each value of the JSON beside it.
"""

import json
import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import tensorflow as tf  # noqa: E402

io = tf.io
EXAMPLE = {"x": io.FixedLenFeature([], tf.float32), "n": io.FixedLenFeature([], tf.int64),
           "text": io.FixedLenFeature([], tf.string), "jets": io.RaggedFeature(tf.float32),
           "some": io.FixedLenFeature([], tf.float32, default_value=-1)}
PIPELINE = {"HLF_input": io.FixedLenFeature([14], tf.float32),
            "encoded_label": io.FixedLenFeature([3], tf.float32),
            "GRU_input": io.FixedLenFeature([801, 19], tf.float32)}
CONTEXT = {"x": io.FixedLenFeature([], tf.float32)}
STEPS = {"tracks": io.FixedLenSequenceFeature([4], tf.float32)}


def as_json(tensor):
    values = tensor.numpy()
    if isinstance(values, bytes):
        return values.decode("latin-1")
    return values.tolist()


def parse(name, record):
    if name.startswith("sequence"):
        context, steps = io.parse_single_sequence_example(record, CONTEXT, STEPS)
        return context | steps
    return io.parse_single_example(record, PIPELINE if name == "pipeline" else EXAMPLE)


def check(path):
    """Compares every value; how many."""
    name = path.stem.removeprefix("ours-")
    wanted, n = json.loads(path.with_suffix(".json").read_text()), 0
    packing = {"gzip": "GZIP", "zlib": "ZLIB"}.get(name.rpartition("-")[2], "")
    for row, record in enumerate(tf.data.TFRecordDataset(str(path), packing)):
        for feature, tensor in parse(name, record).items():
            value, ours = wanted[feature][row], as_json(tensor)
            if feature == "GRU_input":
                ours = [item for step in ours for item in step]
            if ours != (-1 if value is None else value):
                sys.exit(f"{path.name}: record {row}: {feature} is {ours}, not {value}")
            n += 1
    if n != sum(len(values) for values in wanted.values()):
        sys.exit(f"{path.name}: {n} values of {wanted.keys()}")
    return n


def main():
    paths = sorted(pathlib.Path(sys.argv[1]).glob("ours-*.tfrecord"))
    n = sum(check(path) for path in paths)
    print(f"{len(paths)} files, {n} values: the same")


if __name__ == "__main__":
    main()
