# SPDX-License-Identifier: Apache-2.0
"""TensorFlow's side of bench/exchange_tfrecord.py, in the Python that has it.

usage: tfrecord_by_tensorflow.py version
       tfrecord_by_tensorflow.py write KIND MEGABYTES FILE
       tfrecord_by_tensorflow.py read KIND RUNS FILE

Prints one JSON object: the best seconds, and of reading the sum and number of all values. One
thread computes; records are parsed in batches, as tf.data's documentation advises.
"""

import json
import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy  # noqa: E402
import tensorflow as tf  # noqa: E402
import tfrecord_inputs as inputs  # noqa: E402

BATCH = 1024
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)


def float_feature(values):
    return tf.train.Feature(float_list=tf.train.FloatList(value=values))


def int_feature(values):
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def examples(kind, columns):
    """Messages, built row by row as users do."""
    if kind.startswith("flat"):
        feature = float_feature if kind == "flat floats" else int_feature
        names, arrays = list(columns), [array.tolist() for array in columns.values()]
        for row in zip(*arrays, strict=True):
            features = {name: feature([value]) for name, value in zip(names, row, strict=True)}
            yield tf.train.Example(features=tf.train.Features(feature=features))
        return
    lists = {name: numpy.split(column[1], numpy.cumsum(column[0])[:-1])
             for name, column in columns.items() if name != "weight"}
    for i in range(len(next(iter(lists.values())))):
        if kind == "jagged floats":
            features = {name: float_feature(values[i]) for name, values in lists.items()}
            yield tf.train.Example(features=tf.train.Features(feature=features))
            continue
        steps = {name: tf.train.FeatureList(feature=[float_feature(step) for step in values[i]])
                 for name, values in lists.items()}
        context = {"weight": float_feature([columns["weight"][i]])}
        yield tf.train.SequenceExample(
            context=tf.train.Features(feature=context),
            feature_lists=tf.train.FeatureLists(feature_list=steps))


def write(kind, megabytes, path):
    columns = inputs.make(kind, inputs.rows(kind, float(megabytes)))
    start = time.perf_counter()
    with tf.io.TFRecordWriter(path) as writer:
        for example in examples(kind, columns):
            writer.write(example.SerializeToString())
    return {"seconds": time.perf_counter() - start}


def parser(kind):
    columns = inputs.make(kind, 1)
    if kind.startswith("flat"):
        dtype = tf.float32 if kind == "flat floats" else tf.int64
        spec = {name: tf.io.FixedLenFeature([], dtype) for name in columns}
        return lambda batch: tf.io.parse_example(batch, spec)
    if kind == "jagged floats":
        spec = {name: tf.io.RaggedFeature(tf.float32) for name in columns}
        return lambda batch: tf.io.parse_example(batch, spec)
    context = {"weight": tf.io.FixedLenFeature([], tf.float32)}
    steps = {name: tf.io.FixedLenSequenceFeature([inputs.STEP_VALUES], tf.float32)
             for name in columns if name != "weight"}
    return lambda batch: tf.io.parse_sequence_example(batch, context, steps)[:2]


def dataset(kind, path):
    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    options.threading.max_intra_op_parallelism = 1
    options.autotune.enabled = False
    return tf.data.TFRecordDataset(path).batch(BATCH).map(parser(kind)).with_options(options)


def total(parts):
    """Sum and number of values; padding of shorter sequences is zeros, and counts as values."""
    values = n = 0
    for part in parts if isinstance(parts, tuple) else (parts,):
        for tensor in part.values():
            tensor = getattr(tensor, "flat_values", tensor).numpy()
            values += float(tensor.astype("f8").sum())
            n += tensor.size
    return values, n


def read(kind, runs, path):
    best, totals = float("inf"), None
    for run in range(int(runs) + 1):
        start = time.perf_counter()
        batches = dataset(kind, path)
        if run == 0:
            totals = numpy.sum([total(batch) for batch in batches], axis=0)
            continue
        for _ in batches:
            pass
        best = min(best, time.perf_counter() - start)
    return {"seconds": best, "sum": float(totals[0]), "values": int(totals[1])}


def main():
    if sys.argv[1] == "version":
        answer = {"version": tf.__version__}
    else:
        answer = {"write": write, "read": read}[sys.argv[1]](*sys.argv[2:])
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
