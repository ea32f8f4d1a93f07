# SPDX-License-Identifier: Apache-2.0
"""Cases of layers that know no order of steps: dense, activations, merging, normalization, shapes,
masks and embedding."""

import functools

import keras
import numpy
from keras import layers as L
from layers_inputs import (
    input_of,
    masked_sequence,
    one_hot,
    ragged,
    sequences,
    size,
    through,
    vectors,
)
from network_case import Case

ACTIVATIONS = """linear relu relu6 leaky_relu elu selu celu gelu sigmoid hard_sigmoid sparse_sigmoid
    log_sigmoid tanh hard_tanh tanh_shrink hard_shrink soft_shrink softplus squareplus sparse_plus
    softsign silu hard_silu mish exponential softmax log_softmax""".split()
ACTIVATION_LAYERS = {
    "activation": lambda: L.Activation("tanh"),
    "relu": lambda: L.ReLU(max_value=1.5, negative_slope=0.1, threshold=0.2),
    "leaky_relu": lambda: L.LeakyReLU(negative_slope=0.15),
    "elu": lambda: L.ELU(alpha=0.7),
    "softmax": lambda: L.Softmax(),
}
MERGES = (L.Add, L.Subtract, L.Multiply, L.Average, L.Maximum, L.Minimum, L.Concatenate)
OPERATIONS = {
    "sum": lambda x: keras.ops.sum(x, axis=1),
    "mean": lambda x: keras.ops.mean(x, axis=1),
    "max": lambda x: keras.ops.max(x, axis=1),
    "sum_keepdims": lambda x: L.Flatten()(keras.ops.sum(x, axis=1, keepdims=True)),
    "arithmetic": lambda x: keras.ops.mean((x * 2.0 - 1.0) / (keras.ops.abs(x) + 1.0), axis=1),
    "concatenate": lambda x: L.Flatten()(keras.ops.concatenate([x, -x], axis=-1)),
}


def dense(draw, activation):
    rate = 0.001 if activation == "exponential" else 0.1  # else it soon is infinite
    return through(vectors(draw), L.Dense(size(draw), activation),
                   optimizer=("SGD", {"learning_rate": rate, "momentum": 0.5}))


def dense_many_events(draw):
    return through(vectors(draw, n=200, width=33), L.Dense(65, "relu"), L.Dense(17, "tanh"))


def dense_without_bias(draw):
    return through(vectors(draw), L.Dense(size(draw), "relu", use_bias=False))


def dense_on_sequences(draw):
    return through(sequences(draw), L.Dense(size(draw), "tanh"))


def activation_layer(draw, make):
    return through(sequences(draw), L.Dense(4), make(), L.Dense(2))


def merge(draw, kind, shape):
    values = {name: shape(draw, n=6) for name in "xyz"[:2 if kind is L.Subtract else 3]}
    first = next(iter(values.values()))
    values = {name: draw.normal(size=first.shape) for name in values}
    inputs = [input_of(value, name) for name, value in values.items()]
    return Case(keras.Model(inputs, L.Dense(2)(kind()(inputs))), values)


def concatenate_steps(draw):
    x, y = sequences(draw, n=5, width=3), sequences(draw, n=5, width=3)
    first, second = input_of(x, "x"), input_of(y, "y")
    joined = L.Concatenate(axis=1)([first, second])
    return Case(keras.Model([first, second], L.GRU(3)(joined)), {"x": x, "y": y})


def masked_merge(draw, kind):
    """Two masked sequences become one, and a GRU reads it with what became of the masks."""
    x, ends = ragged(draw, n=6, steps=7, width=3)
    y, more = ragged(draw, n=6, steps=7, width=3)
    first, second = input_of(x, "x"), input_of(y, "y")
    merged = kind()([L.Masking(0.0)(first), L.Masking(0.0)(second)])
    return Case(keras.Model([first, second], L.GRU(3)(merged)), {"x": x, "y": y},
                lengths={"x": ends, "y": more})


def slopes(draw):
    """PReLU of vectors: one slope for each column."""
    return through(vectors(draw), L.Dense(4), L.PReLU(), L.Dense(2))


def deep_sets(draw, operation):
    x = sequences(draw)
    first = input_of(x)
    each = L.TimeDistributed(L.Dense(size(draw), "relu"))(first)
    return Case(keras.Model(first, L.Dense(3)(operation(each))), {"x": x})


def masked_deep_sets(draw):
    """Padding is multiplied away: its particles have no weight in the sum."""
    x, lengths = ragged(draw)
    first = input_of(x)
    real = keras.ops.any(keras.ops.not_equal(first, 0.0), axis=-1, keepdims=True)
    each = L.Dense(4, "relu")(first) * keras.ops.cast(real, "float32")
    return Case(keras.Model(first, L.Dense(3)(keras.ops.sum(each, axis=1))), {"x": x},
                lengths={"x": lengths})


def batch_normalization(draw, shape, is_masked=False, **options):
    layer = L.BatchNormalization(momentum=0.8, **options)
    if is_masked:
        x, lengths = ragged(draw, holes=True, n=9)
        return masked_sequence(x, lengths, layer, L.GRU(3, return_sequences=True))
    return through(shape(draw, n=9) * 3 + 1, layer, L.Dense(2))


def batch_normalization_many(draw):
    """More events than a shard has: the statistics are of all of them."""
    return through(vectors(draw, n=150) * 2 - 1, L.Dense(5), L.BatchNormalization(), L.ReLU(),
                   L.Dense(2), batch=75)


def layer_normalization(draw, shape, **options):
    return through(shape(draw, width=6) * 3 + 1, L.LayerNormalization(**options), L.Dense(2))


def normalization(draw):
    x = vectors(draw, width=3) * 5 + 2
    layer = L.Normalization(mean=[1.0, 2.0, -3.0], variance=[4.0, 25.0, 0.5])
    return through(x, layer, L.Rescaling(0.5, offset=0.25), L.Dense(2))


def adapted(draw):
    x = vectors(draw, n=9) * 5 + 2
    layer = L.Normalization()
    layer.adapt(x.astype("float32"))
    return through(x, layer, L.Dense(2), keeps_weights=True)


def embedding(draw, is_masked):
    words = draw.integers(0 if is_masked else 1, 9, (6, 5))
    if is_masked:
        words[:, 3:] = 0
        words[0, :] = [3, 0, 2, 0, 1]
    first = keras.Input((5,), name="x", dtype="int32")
    each = L.Embedding(9, 4, mask_zero=is_masked)(first)
    return Case(keras.Model(first, L.GRU(3)(each)), {"x": words})


def embedding_of_one(draw):
    """A category for each event, beside numbers."""
    words, y = draw.integers(0, 6, (8, 1)), vectors(draw, n=8, width=3)
    first, second = keras.Input((1,), name="x", dtype="int32"), input_of(y, "y")
    both = L.Concatenate()([L.Flatten()(L.Embedding(6, 3)(first)), second])
    return Case(keras.Model([first, second], L.Dense(2, "tanh")(both)), {"x": words, "y": y})


def masked_then(draw, *layers):
    """Padding stays in what the layers see, so its length matters: no lengths are told."""
    x, _ = ragged(draw, holes=True)
    return through(x, L.Masking(0.0), *[make() for make in layers], L.Dense(2))


def masked_average(draw):
    x, lengths = ragged(draw, holes=True)
    return through(x, L.Masking(0.0), L.GlobalAveragePooling1D(), L.Dense(2),
                   lengths={"x": lengths})


def average_of_nothing(draw):
    """An event without particles. The mean of none is not a number for Keras, and 0 for us, so that
    the Dense behind it gives its bias."""
    x, lengths = ragged(draw, empty=True)
    return through(x, L.Masking(0.0), L.GlobalAveragePooling1D(), L.Dense(2, name="last"),
                   losses={}, lengths={"x": lengths}, expected=with_zero_mean,
                   source="Keras, but for the mean of nothing")


def with_zero_mean(case, double):
    values = double.values()
    is_empty = case.lengths["x"] == 0
    if not numpy.array_equal(numpy.isnan(values["output/last"]).all(axis=1), is_empty):
        raise ValueError("Keras does not give NaN where there is nothing")
    bias = double.model.get_layer("last").get_weights()[1]
    values["output/last"] = numpy.where(is_empty[:, None], bias, values["output/last"])
    return values


def dropout(draw, make, shape=vectors):
    """In inference it does nothing; what training drops is up to each."""
    return through(shape(draw), L.Dense(5, "tanh"), make(), L.Dense(2), losses={})


def dropout_of_nothing(draw):
    return through(vectors(draw), L.Dense(5, "tanh"), L.Dropout(0.0), L.Dense(2))


def time_distributed(draw, make):
    return through(sequences(draw, width=5), L.TimeDistributed(make()))


def slopes_shared(draw):
    """PReLU of sequences: one slope for each column, whatever the step."""
    return through(sequences(draw), L.Dense(4), L.PReLU(shared_axes=[1]), L.GRU(3))


def permute(draw):
    return through(sequences(draw), L.Permute((2, 1)), L.GRU(3), L.Dense(2))


def reshape(draw):
    return through(sequences(draw, steps=4, width=3), L.Reshape((2, 6)), L.GRU(3))


def not_a_number(draw):
    """One event's NaN, infinity and huge value stay in that event."""
    x = vectors(draw, n=6, width=3)
    x[1, 0], x[2, 1], x[3, 2] = numpy.nan, numpy.inf, 1e30
    activations = ["relu", "tanh", "sigmoid", "softmax"]
    first = input_of(x)
    outputs = [L.Dense(3, name, name=f"with_{name}")(L.Dense(4, name)(first))
               for name in activations]
    return Case(keras.Model(first, outputs), {"x": x}, losses={})


def not_a_number_in_a_step(draw):
    """NaN is not zero: such a step is not masked, and all after it is NaN."""
    x, lengths = ragged(draw, n=6)
    x[0, 1, 0] = numpy.nan
    return through(x, L.Masking(0.0), L.GRU(3), L.Dense(2), losses={}, lengths={"x": lengths})


def regularizer(draw, make):
    options = {"kernel_regularizer": make(), "bias_regularizer": make()}
    return through(sequences(draw), L.GRU(4, recurrent_regularizer=make(), **options),
                   L.Dense(3, "softmax", **options))


def weighted(draw, loss, activation, sign):
    """Weights of events, some negative, as generators at next-to-leading order give them."""
    x = vectors(draw, n=80, width=4)
    weight = draw.uniform(0.2, 2.0, len(x)) * (draw.choice([-1, 1], len(x), p=[0.2, 0.8])
                                               if sign else 1)
    return through(x, L.Dense(6, "tanh"), L.Dense(3, activation, name="y"), losses={"y": loss},
                   weight=weight, targets={"y": one_hot(draw, len(x), 3)})


def cases():
    for name in ACTIVATIONS:
        yield f"dense_{name}", functools.partial(dense, activation=name)
    yield "dense_many_events", dense_many_events
    yield "dense_without_bias", dense_without_bias
    yield "dense_on_sequences", dense_on_sequences
    for name, make in ACTIVATION_LAYERS.items():
        yield f"activation_layer_{name}", functools.partial(activation_layer, make=make)
    yield "activation_layer_prelu", slopes
    for kind in MERGES:
        for shape in (vectors, sequences):
            yield f"merge_{kind.__name__.lower()}_{shape.__name__}", functools.partial(
                merge, kind=kind, shape=shape)
    yield "merge_concatenate_steps", concatenate_steps
    for kind in (L.Add, L.Concatenate, L.Maximum, L.Minimum, L.Multiply):
        yield f"merge_{kind.__name__.lower()}_masked", functools.partial(masked_merge, kind=kind)
    for name, operation in OPERATIONS.items():
        yield f"deep_sets_{name}", functools.partial(deep_sets, operation=operation)
    yield "deep_sets_masked", masked_deep_sets
    yield from normalizations()
    yield from shapes()
    for name, make in (("l1", lambda: keras.regularizers.L1(0.02)),
                       ("l2", lambda: keras.regularizers.L2(0.03)),
                       ("l1_l2", lambda: keras.regularizers.L1L2(0.01, 0.02))):
        yield f"regularizer_{name}", functools.partial(regularizer, make=make)
    for sign in (False, True):
        yield f"weighted_{'negative' if sign else 'positive'}", functools.partial(
            weighted, loss="CategoricalCrossentropy", activation="softmax", sign=sign)


def normalizations():
    for shape in (vectors, sequences):
        yield f"batch_normalization_{shape.__name__}", functools.partial(
            batch_normalization, shape=shape)
        yield f"layer_normalization_{shape.__name__}", functools.partial(
            layer_normalization, shape=shape)
    yield "batch_normalization_plain", functools.partial(batch_normalization, shape=vectors,
                                                         center=False, scale=False, epsilon=0.01)
    yield "batch_normalization_masked", functools.partial(batch_normalization, shape=None,
                                                          is_masked=True)
    yield "batch_normalization_many", batch_normalization_many
    yield "layer_normalization_plain", functools.partial(layer_normalization, shape=vectors,
                                                         center=False, scale=False, epsilon=0.01)
    yield "normalization_rescaling", normalization
    yield "normalization_adapted", adapted


def shapes():
    yield "embedding", functools.partial(embedding, is_masked=False)
    yield "embedding_masked", functools.partial(embedding, is_masked=True)
    yield "embedding_of_one", embedding_of_one
    yield "masked_flatten", lambda draw: masked_then(draw, L.Flatten)
    yield "masked_max", lambda draw: masked_then(draw, L.GlobalMaxPooling1D)
    yield "masked_dense_flatten", lambda draw: masked_then(draw, lambda: L.Dense(3), L.Flatten)
    yield "masked_average", masked_average
    yield "masked_average_of_nothing", average_of_nothing
    yield "dropout", functools.partial(dropout, make=lambda: L.Dropout(0.4))
    yield "dropout_spatial", functools.partial(dropout, shape=sequences,
                                               make=lambda: L.SpatialDropout1D(0.4))
    yield "dropout_of_nothing", dropout_of_nothing
    yield "time_distributed_dense", functools.partial(time_distributed,
                                                      make=lambda: L.Dense(3, "relu"))
    yield "time_distributed_normalization", functools.partial(
        time_distributed, make=lambda: L.LayerNormalization())
    yield "reshape", reshape
    yield "permute", permute
    yield "activation_layer_prelu_shared", slopes_shared
    yield "not_a_number", not_a_number
    yield "not_a_number_in_a_step", not_a_number_in_a_step
