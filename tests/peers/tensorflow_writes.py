#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: tensorflow_writes.py FOLDER

Writes TFRecord files with TensorFlow: random examples and sequence examples, packed or not, and the
values beside each as JSON, bytes as text of one character a byte.
"""

import json
import os
import pathlib
import random
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy  # noqa: E402
import tensorflow as tf  # noqa: E402

N_RECORDS = 400
KINDS = {"float": lambda values: tf.train.Feature(float_list=tf.train.FloatList(value=values)),
         "int64": lambda values: tf.train.Feature(int64_list=tf.train.Int64List(value=values)),
         "bytes": lambda values: tf.train.Feature(bytes_list=tf.train.BytesList(value=values))}


def draw_values(draw, kind, n):
    if kind == "float":
        return [float(numpy.float32(draw.gauss(0, 1e3))) for _ in range(n)]
    if kind == "int64":
        return [draw.getrandbits(draw.choice([5, 30, 63])) * draw.choice([1, -1]) for _ in range(n)]
    return [draw.randbytes(draw.choice([0, 4, 150])) for _ in range(n)]


def plain(values):
    return [value.decode("latin-1") if isinstance(value, bytes) else value for value in values]


def draw_map(draw, kinds, make):
    """{name: (message, its values for JSON)}; some are missing."""
    return {name: make(kind) for name, kind in kinds.items() if draw.random() < 0.85}


def records(draw, is_sequence):
    """(message, row): scalars are lists of one value here."""
    names = [f"feature{i}" for i in range(draw.randint(3, 10))]
    kinds = {name: draw.choice(list(KINDS)) for name in names}
    alone = {name: draw.random() < 0.4 for name in names}
    steps = {f"list{i}": draw.choice(list(KINDS)) for i in range(3)} if is_sequence else {}

    def one(name):
        values = draw_values(draw, kinds[name], 1 if alone[name] else draw.choice([0, 1, 3, 50]))
        return KINDS[kinds[name]](values), plain(values)

    def many(kind):
        lists = [draw_values(draw, kind, draw.choice([0, 1, 4])) for _ in range(draw.randrange(5))]
        return (tf.train.FeatureList(feature=[KINDS[kind](values) for values in lists]),
                [plain(values) for values in lists])
    for _ in range(N_RECORDS):
        context = {name: one(name) for name in names if draw.random() < 0.85}
        features = tf.train.Features(feature={name: f for name, (f, _) in context.items()})
        row = {name: values for name, (_, values) in context.items()}
        if not is_sequence:
            yield tf.train.Example(features=features), row
            continue
        lists = draw_map(draw, steps, many)
        message = tf.train.FeatureLists(feature_list={n: f for n, (f, _) in lists.items()})
        yield (tf.train.SequenceExample(context=features, feature_lists=message),
               row | {name: values for name, (_, values) in lists.items()})


def main():
    folder = pathlib.Path(sys.argv[1])
    for seed in range(12):
        is_sequence, packing = bool(seed % 2), ["", "GZIP", "ZLIB"][seed // 2 % 3]
        path = folder / f"{seed}.tfrecord"
        rows = []
        with tf.io.TFRecordWriter(str(path), packing) as writer:
            for message, row in records(random.Random(seed), is_sequence):
                writer.write(message.SerializeToString())
                rows.append(row)
        path.with_suffix(".json").write_text(json.dumps(rows))


if __name__ == "__main__":
    main()
