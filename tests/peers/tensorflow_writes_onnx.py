#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: tensorflow_writes_onnx.py FOLDER
Networks of Keras as tf2onnx writes them; the recurrent one becomes a loop."""

import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import tensorflow as tf  # noqa: E402
import tf2onnx  # noqa: E402

LAYERS = tf.keras.layers
NETWORKS = {"dense": ((14,), [LAYERS.Dense(10, activation="relu"), LAYERS.BatchNormalization(),
                              LAYERS.Dense(3, activation="softmax")]),
            "gru": ((7, 19), [LAYERS.GRU(8), LAYERS.Dense(3, activation="softmax")])}


def main():
    folder = pathlib.Path(sys.argv[1])
    tf.keras.utils.set_random_seed(7)
    for name, (shape, layers) in NETWORKS.items():
        network = tf.keras.Sequential([LAYERS.Input(shape), *layers])
        signature = [tf.TensorSpec([None, *shape], tf.float32, name="x")]
        tf2onnx.convert.from_function(tf.function(lambda x, run=network: run(x)), signature,
                                      opset=15, output_path=str(folder / f"tf2onnx_{name}.onnx"))
    print(f"{len(NETWORKS)} models of TensorFlow {tf.__version__}, tf2onnx {tf2onnx.__version__}")


if __name__ == "__main__":
    main()
