# SPDX-License-Identifier: Apache-2.0
"""TensorFlow's side of bench/networks.py, in the Python that has it.

usage: networks_keras.py models DATA_DIR    writes NETWORK.keras with the initial weights
       networks_keras.py WORKLOAD DATA_DIR BATCH THREADS SECONDS

A step is a tf.function, as a graph and by XLA, which compiles a program for each length beforehand.
Sequences are padded to the longest of the batch and masked; those of 801 rows each need no mask.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras  # noqa: E402
import networks_inputs as inputs  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers  # noqa: E402


def model(folder, network, steps=None, masked=True):
    """Ends in probabilities."""
    particles = keras.Input((steps, inputs.FEATURES), name="particles")
    features = keras.Input((inputs.DENSE[network][0][1],), name="features")
    x, wanted = features, features
    if network in inputs.RECURRENT:
        x, wanted = layers.Masking(0.0)(particles) if masked else particles, particles
        x = layers.Dropout(inputs.RATE)(layers.GRU(inputs.UNITS, name="gru")(x))
    if network == "inclusive":
        features = keras.Input((14,), name="features")
        x = layers.Concatenate()([x, layers.Dropout(inputs.RATE)(features)])
        wanted = [particles, features]
    *hidden, (last, _, outputs) = inputs.DENSE[network]
    for name, _, units in hidden:
        x = layers.Dense(units, "relu", name=name)(x)
    x = layers.Dense(outputs, "sigmoid" if outputs == 1 else "softmax", name=last)(x)
    made = keras.Model(wanted, x)
    for name, values in inputs.weights(folder, network).items():
        made.get_layer(name).set_weights(values)
    return made


def prepare(folder):
    for network in inputs.SIZES:
        model(folder, network, inputs.STEPS).save(folder / f"{network}.keras")


def tensors(work, batch):
    """What the model takes, and the targets."""
    if not work.recurrent:
        return tf.constant(batch.features), tf.constant(batch.targets)
    particles = tf.constant(batch.particles)
    if work.network == "inclusive":
        return [particles, tf.constant(batch.features)], tf.constant(batch.targets)
    return particles, tf.constant(batch.targets)


def trainer(work, folder, data, xla):
    """Losses are of steps without dropout; after them the network begins anew, with it."""
    binary = work.network == "mlp"

    def begin(training):
        made = model(folder, work.network, masked=not work.full)
        made.layers[-1].activation = keras.activations.linear  # the loss takes logits
        adam = keras.optimizers.Adam(inputs.ADAM["rate"], inputs.ADAM["beta_1"],
                                     inputs.ADAM["beta_2"], inputs.ADAM["epsilon"])
        adam.build(made.trainable_variables)

        @tf.function(jit_compile=xla, reduce_retracing=not xla)
        def step(x, targets):
            with tf.GradientTape() as tape:
                logits = made(x, training=training)
                loss_of = (tf.nn.sigmoid_cross_entropy_with_logits if binary
                           else tf.nn.softmax_cross_entropy_with_logits)
                loss = tf.reduce_mean(loss_of(targets, logits))
            adam.apply(tape.gradient(loss, made.trainable_variables), made.trainable_variables)
            return loss
        return step
    checked, step = begin(False), begin(True)
    losses = inputs.losses_of(lambda i: float(checked(*data[i])), len(data))
    return lambda i: step(*data[i]), losses


def predictor(work, folder, data, xla, batches):
    made = model(folder, work.network, masked=not work.full)

    @tf.function(jit_compile=xla, reduce_retracing=not xla)
    def forward(x):
        return made(x, training=False)
    return lambda i: forward(data[i][0]), [
        inputs.loss(work, forward(data[i][0]).numpy(), batches[i].targets)
        for i in range(min(inputs.CHECKED, len(data)))]


def run(work, folder, size, threads, seconds):
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    batches = inputs.batches(work, folder, size)
    data = [tensors(work, batch) for batch in batches]

    def form(xla):
        if work.trains:
            return lambda: trainer(work, folder, data, xla)
        return lambda: predictor(work, folder, data, xla, batches)
    return inputs.measure(work, {"graph": form(False), "XLA": form(True)}, len(data), seconds)


if __name__ == "__main__":
    inputs.main(__doc__, run, f"TensorFlow {tf.__version__} with Keras {keras.__version__}",
                prepare)
