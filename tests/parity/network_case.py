# SPDX-License-Identifier: Apache-2.0
"""Writes a case: a network of Keras, what goes in, and what must come out.

A case is a folder. `model.keras` holds the configuration and the initial weights (float32).
`case.h5` holds

    input/NAME           float32 [n, ...], sequences padded; whole numbers where the input's are
    lengths/NAME         int64 [n], of an input or output whose rows past it are padding: they may
                         be left out of the computation, and are not compared
    target/OUTPUT        float32 [n, ...], of the outputs that have a loss
    weight               float32 [n], events' weights; absent: 1

and as attributes: loss (JSON, by output: class_name and config as in Keras), optimizer (JSON:
class_name and config), batch, steps, seed, source (who computed it). Expected, in float64:

    output/NAME          what the network gives in inference
    train_output/NAME    the same in training: a batch's own statistics
    output_loss/OUTPUT   a loss over all n events: sum of weight * loss / n, whatever the weights
    loss                 their sum, and regularisers
    gradient/LAYER/PATH  of `loss`, for every trained weight
    input_gradient/NAME  of `loss`, for inputs of real numbers
    after/LAYER/PATH     all weights, moving statistics too, after the steps of the optimizer: step
                         i is on rows i * batch to (i + 1) * batch, from the top again past n

LAYER is the innermost layer of the configuration, PATH what the weight is called below it in the
file (`cell/vars/0`). A case without a loss holds outputs alone.

Expected values are computed by Keras in double from the weights in the file, so that what is
compared is our own rounding. On request `single.h5` is what Keras makes of the case in float32,
under the same names: how well it does itself. The gradients are checked here against differences of
the loss; a case in which a kink is too near for that is drawn again. Weights of events: Keras
divides by the number of events, not by the sum of weights.
"""

import dataclasses
import json
import os
import shutil
import zlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy  # noqa: E402
import tensorflow as tf  # noqa: E402

tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
N_STEPS = 10
N_ATTEMPTS = 3
MOMENTUM = ("SGD", {"learning_rate": 0.1, "momentum": 0.5})


class NotSmooth(ValueError):
    """The gradients are not those of the loss: wrong, or a kink, of a ReLU say, is so near that
    float32 could be on its other side."""


@dataclasses.dataclass
class Case:
    """`losses` is by output; None means mean squared error of every one, {} none at all."""

    model: keras.Model
    inputs: dict
    losses: dict | None = None
    optimizer: tuple = MOMENTUM
    lengths: dict = dataclasses.field(default_factory=dict)
    targets: dict = dataclasses.field(default_factory=dict)
    weight: numpy.ndarray | None = None
    batch: int | None = None
    keeps_weights: bool = False  # as they are in the model; else they are drawn
    expected: dict | None = None  # values that somebody else computed
    source: str = f"Keras {keras.__version__}"

    @property
    def n(self):
        return len(next(iter(self.inputs.values())))

    @property
    def output_names(self):
        return getattr(self.model, "output_names", [self.model.layers[-1].name])

    def make_losses(self):
        if self.losses is None:
            self.losses = {name: "MeanSquaredError" for name in self.output_names}
        made = {}
        for name, loss in self.losses.items():
            kind, config = (loss, {}) if isinstance(loss, str) else loss
            made[name] = keras.losses.get({"class_name": kind, "config": config})
        return made

    def make_optimizer(self):
        return keras.optimizers.get({"class_name": self.optimizer[0], "config": self.optimizer[1]})


def generator(seed, name, attempt):
    """Random numbers of one case, whatever other cases there are."""
    return numpy.random.default_rng([seed, zlib.crc32(name.encode()), attempt])


def draw_weights(draw, model):
    for weight in model.weights:
        if "int" in weight.dtype:
            continue
        if any(word in weight.path for word in ("gamma", "scale", "variance")):
            value = draw.uniform(0.5, 1.5, weight.shape)
        elif len(weight.shape) < 2:
            value = draw.uniform(-0.3, 0.3, weight.shape)
        else:
            spread = numpy.sqrt(3 / (numpy.prod(weight.shape) / weight.shape[-1]))
            value = draw.uniform(-spread, spread, weight.shape)
        weight.assign(value)


def draw_target(draw, loss, shape):
    kind = type(loss).__name__
    if kind.startswith("Sparse"):
        return draw.integers(0, shape[-1], shape[:-1])
    if kind.startswith("Categorical"):
        return numpy.eye(shape[-1])[draw.integers(0, shape[-1], shape[:-1])]
    if kind.startswith("Binary"):
        return draw.integers(0, 2, shape)
    if "Hinge" in kind:
        return 2 * draw.integers(0, 2, shape) - 1
    if kind in ("KLDivergence", "Poisson", "MeanSquaredLogarithmicError"):
        return draw.uniform(0.1, 1.0, shape)
    return draw.normal(size=shape)


def use(floatx):
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(floatx)


def in_double(model):
    """The same network, computing in float64. What Keras makes next is float64 too."""
    use("float64")
    double = keras.models.model_from_json(model.to_json().replace('"float32"', '"float64"'))
    double.set_weights(model.get_weights())
    for layer in double.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # as loading a file does
    return double


def owners(model, depth=1):
    """Of every weight: the layer that a file's configuration names, and the models around it."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from owners(layer, depth + 1)
        else:
            yield from ((id(weight), (layer.name, depth)) for weight in layer.weights)


def weight_names(model, folder):
    """LAYER/PATH of model.weights in order: a file is written whose values are their places."""
    kept, path = model.get_weights(), folder / "places.weights.h5"
    model.set_weights([numpy.full(value.shape, i) for i, value in enumerate(kept)])
    model.save_weights(path)
    model.set_weights(kept)
    places, owner = {}, dict(owners(model))

    def note(name, item):
        if isinstance(item, h5py.Dataset) and "seed_generator" not in name:
            places[int(item[()].flat[0])] = name

    with h5py.File(path) as file:
        file.visititems(note)
    path.unlink()
    names = []
    for i, weight in enumerate(model.weights):
        layer, depth = owner[id(weight)]
        names.append("/".join([layer, *places[i].split("/")[2 * depth:]]))
    return names


class Keras:
    """A case computed in one precision."""

    def __init__(self, case, model, names, losses):
        self.case, self.model, self.losses = case, model, losses
        self.names = dict(zip(map(id, model.weights), names, strict=True))
        self.start = model.get_weights()
        self.infer = tf.function(lambda inputs: self.call(inputs, training=False))
        self.compiled = tf.function(self.eager)

    def tensors(self, rows):
        values = []
        for tensor in self.model.inputs:
            values.append(tf.constant(self.case.inputs[tensor.name][rows].astype(tensor.dtype)))
        return values

    def call(self, inputs, training):
        outputs = self.model(inputs if len(inputs) > 1 else inputs[0], training=training)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        return dict(zip(self.case.output_names, outputs, strict=True))

    def loss(self, outputs, targets, weight):
        each = {}
        for name, loss in self.losses.items():  # of a sequence, an event's weight is every step's
            shape = [-1, *[1] * (len(outputs[name].shape) - 2)]
            each[name] = loss(targets[name], outputs[name], tf.reshape(weight, shape))
        return tf.add_n([*each.values(), *self.model.losses]), each

    def gradients(self, rows):
        """Outputs in training, the loss, each output's, and gradients: of inputs, of weights."""
        weight = numpy.ones(self.case.n) if self.case.weight is None else self.case.weight
        weight = weight.astype(keras.config.floatx())
        targets = {name: value[rows] for name, value in self.case.targets.items()}
        return self.compiled(self.tensors(rows), targets, weight[rows])

    def eager(self, inputs, targets, weight):
        real = [value for value in inputs if value.dtype.is_floating]
        with tf.GradientTape() as tape:
            tape.watch(real)
            outputs = self.call(inputs, training=True)
            loss, each = self.loss(outputs, targets, weight)
        variables = self.model.trainable_variables
        found = tape.gradient(loss, real + [variable.value for variable in variables],
                              unconnected_gradients="zero")
        found = [tf.convert_to_tensor(value) for value in found]
        return outputs, loss, each, found[:len(real)], found[len(real):]

    def values(self):
        everything = slice(None)
        found = {f"output/{name}": value
                 for name, value in self.infer(self.tensors(everything)).items()}
        if not self.losses:
            return plain(found)
        outputs, found["loss"], each, of_inputs, of_weights = self.gradients(everything)
        found |= {f"train_output/{name}": value for name, value in outputs.items()}
        found |= {f"output_loss/{name}": value for name, value in each.items()}
        real = [tensor.name for tensor in self.model.inputs if "float" in tensor.dtype]
        found |= {f"input_gradient/{name}": value
                  for name, value in zip(real, of_inputs, strict=True)}
        found |= {f"gradient/{self.names[id(variable)]}": value for variable, value
                  in zip(self.model.trainable_variables, of_weights, strict=True)}
        found |= self.train()
        found = plain(found)
        self.model.set_weights(self.start)
        return found

    def train(self):
        self.model.set_weights(self.start)
        optimizer, batch = self.case.make_optimizer(), self.case.batch or self.case.n
        for step in range(N_STEPS):
            rows = numpy.arange(step * batch, (step + 1) * batch) % self.case.n
            gradients = self.gradients(rows)[4]
            optimizer.apply(gradients, self.model.trainable_variables)
        return {f"after/{self.names[id(weight)]}": weight for weight in self.model.weights}

    def check_differences(self, draw, values):
        """The loss along one direction of all weights changes as the gradients say."""
        step, slope, moves = 1e-6, 0.0, []
        for weight, start in zip(self.model.weights, self.start, strict=True):
            gradient = values.get(f"gradient/{self.names[id(weight)]}")
            moves.append(numpy.zeros(start.shape) if gradient is None else
                         draw.choice([-1.0, 1.0], start.shape))
            slope += 0 if gradient is None else numpy.sum(gradient * moves[-1])
        ends = []
        for sign in (1, -1):
            self.model.set_weights([start + sign * step * move
                                    for start, move in zip(self.start, moves, strict=True)])
            ends.append(float(self.gradients(slice(None))[1]))
        measured = (ends[0] - ends[1]) / (2 * step)
        if abs(measured - slope) > 1e-6 * max(1.0, abs(slope)):
            raise NotSmooth(f"the gradients say {slope}, differences of the loss {measured}")


def plain(found):
    return {name: numpy.asarray(value) for name, value in found.items()}


def serialized(thing, serialize):
    whole = serialize(thing)
    return {"class_name": whole["class_name"], "config": whole["config"]}


def write(folder, case, draw, seed, with_single):
    """Computes a case and writes it into a folder of its own."""
    folder.mkdir(parents=True)
    if not case.keeps_weights:
        draw_weights(draw, case.model)
    case.inputs = {name: value.astype("float32") for name, value in case.inputs.items()}
    case.model.save(folder / "model.keras")
    names = weight_names(case.model, folder)
    losses = case.make_losses()
    for name, tensor in zip(case.output_names, case.model.outputs, strict=True):
        if name in losses and name not in case.targets:
            case.targets[name] = draw_target(draw, losses[name], (case.n, *tensor.shape[1:]))
    case.targets = {name: value.astype("float32") for name, value in case.targets.items()}
    if with_single:
        single = Keras(case, case.model, names, losses).values()
        with h5py.File(folder / "single.h5", "w") as file:
            fill(file, single)
    double = Keras(case, in_double(case.model), names, case.make_losses())
    values = double.values() if case.expected is None else case.expected(case, double)
    if losses and numpy.isfinite(values["loss"]):
        double.check_differences(draw, values)
    with h5py.File(folder / "case.h5", "w") as file:
        fill(file, {f"input/{name}": value for name, value in case.inputs.items()})
        fill(file, {f"target/{name}": value for name, value in case.targets.items()})
        fill(file, {f"lengths/{name}": value for name, value in case.lengths.items()})
        if case.weight is not None:
            file["weight"] = case.weight.astype("float32")
        fill(file, values)
        file.attrs["loss"] = json.dumps({name: serialized(loss, keras.losses.serialize)
                                         for name, loss in double.losses.items()})
        file.attrs["optimizer"] = json.dumps(serialized(case.make_optimizer(),
                                                        keras.optimizers.serialize))
        file.attrs["batch"], file.attrs["steps"] = case.batch or case.n, N_STEPS
        file.attrs["seed"], file.attrs["source"] = seed, case.source


def fill(file, values):
    for name, value in values.items():
        file[name] = value


def write_drawn(folder, make, seed, attempt, with_single):
    keras.backend.clear_session()
    use("float32")
    keras.utils.set_random_seed(seed)
    draw = generator(seed, folder.name, attempt)
    try:
        write(folder, make(draw), draw, seed, with_single)
    except Exception as why:
        why.add_note(f"in case {folder.name}")
        raise


def write_all(folder, cases, seed, wanted=(), with_single=False):
    """Cases are (name, function of random numbers that makes it). Returns how many were written."""
    n = 0
    for name, make in cases:
        if wanted and name not in wanted:
            continue
        for attempt in range(N_ATTEMPTS):
            try:
                write_drawn(folder / name, make, seed, attempt, with_single)
                break
            except NotSmooth:
                if attempt + 1 == N_ATTEMPTS:
                    raise
                shutil.rmtree(folder / name)
        n += 1
    return n
