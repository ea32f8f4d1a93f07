# SPDX-License-Identifier: Apache-2.0
"""Cases of recurrent layers: kinds, options, masks at the end, in the middle and of all steps."""

import functools

import keras
from keras import layers as L
from layers_inputs import head, input_of, masked_sequence, ragged, sequences, size, through
from network_case import Case

KINDS = {
    "gru": functools.partial(L.GRU, reset_after=True),
    "gru_before": functools.partial(L.GRU, reset_after=False),
    "lstm": L.LSTM,
    "simple_rnn": L.SimpleRNN,
}
OPTIONS = {
    "plain": {},
    "backwards": {"go_backwards": True},
    "sequences": {"return_sequences": True},
    "sequences_backwards": {"return_sequences": True, "go_backwards": True},
    "without_bias": {"use_bias": False},
    "relu": {"activation": "relu"},
}
GATES = {
    "hard_sigmoid": {"recurrent_activation": "hard_sigmoid"},
    "other_gates": {"activation": "softsign", "recurrent_activation": "tanh"},
}


def plain(draw, kind, options):
    return through(sequences(draw), kind(size(draw), **options))


def many_events(draw, kind):
    """More events than one shard of gradients has, of very different lengths."""
    x, lengths = ragged(draw, n=150, steps=12)
    return through(x, L.Masking(0.0), kind(size(draw, 17, 21)), lengths={"x": lengths})


def masked(draw, kind, **raggedness):
    x, lengths = ragged(draw, **raggedness)
    return through(x, L.Masking(0.0), kind(size(draw)), lengths={"x": lengths})


def masked_backwards(draw, kind):
    x, lengths = ragged(draw, holes=True)
    return through(x, L.Masking(0.0), kind(size(draw), go_backwards=True), lengths={"x": lengths})


def masked_sequences(draw, kind, zeros):
    x, lengths = ragged(draw, holes=True)
    options = {"zero_output_for_mask": True} if zeros else {}
    return masked_sequence(x, lengths, kind(size(draw), return_sequences=True, **options))


def other_mask_value(draw, kind):
    x, lengths = ragged(draw, holes=True)
    x[x == 0] = -1
    return through(x, L.Masking(-1.0), kind(size(draw)), lengths={"x": lengths})


def stacked(draw):
    x, lengths = ragged(draw, holes=True)
    return through(x, L.Masking(0.0), L.GRU(size(draw), return_sequences=True),
                   L.LSTM(size(draw), return_sequences=True), L.SimpleRNN(size(draw)),
                   lengths={"x": lengths})


def dense_between(draw):
    """A mask goes through a Dense, which makes the padded steps other than zero."""
    x, lengths = ragged(draw, holes=True)
    return through(x, L.Masking(0.0), L.Dense(size(draw), "tanh"), L.GRU(size(draw)),
                   lengths={"x": lengths})


def any_mask(draw):
    """The mask as operations, as files of Keras 3 have it."""
    x, lengths = ragged(draw, holes=True)
    first = input_of(x)
    mask = keras.ops.any(keras.ops.not_equal(first, 0.0), axis=-1)
    return Case(keras.Model(first, L.GRU(size(draw))(first, mask=mask)), {"x": x},
                lengths={"x": lengths})


def bidirectional(draw, kind, mode, is_masked, is_sequence):
    layer = L.Bidirectional(kind(size(draw), return_sequences=is_sequence), merge_mode=mode)
    if not is_masked:
        return through(sequences(draw), layer)
    x, lengths = ragged(draw, holes=True)
    if is_sequence:
        return masked_sequence(x, lengths, layer)
    return through(x, L.Masking(0.0), layer, lengths={"x": lengths})


def bidirectional_both(draw):
    """Two outputs, and different layers for the two directions."""
    x = sequences(draw)
    first = input_of(x)
    both = L.Bidirectional(L.GRU(3), merge_mode=None,
                           backward_layer=L.LSTM(3, go_backwards=True))(first)
    return Case(keras.Model(first, L.Concatenate()(both)), {"x": x})


def long(draw):
    """Steps enough that errors could add up."""
    return through(sequences(draw, steps=60, n=4), L.GRU(8))


def shared(draw):
    """One GRU reads two inputs, one of them ragged."""
    (x, lengths), y = ragged(draw, n=5, width=3), sequences(draw, n=5, width=3)
    first, second = input_of(x, "x"), input_of(y, "y")
    layer = L.GRU(4)
    result = L.Dense(2)(L.Concatenate()([layer(L.Masking(0.0)(first)), layer(second)]))
    return Case(keras.Model([first, second], result), {"x": x, "y": y}, lengths={"x": lengths})


def several_steps_of_output(draw):
    """Targets at every step."""
    x = sequences(draw)
    first = input_of(x)
    result = L.TimeDistributed(L.Dense(3, "softmax"), name="each")(L.GRU(4, return_sequences=True)(
        first))
    model = keras.Model(first, [result, head(result)])
    return Case(model, {"x": x}, {"each": "CategoricalCrossentropy", "head": "MeanSquaredError"})


def cases():
    for name, kind in KINDS.items():
        for option, options in OPTIONS.items():
            yield f"{name}_{option}", functools.partial(plain, kind=kind, options=options)
        if name != "simple_rnn":
            for option, options in GATES.items():
                yield f"{name}_{option}", functools.partial(plain, kind=kind, options=options)
        yield f"{name}_many_events", functools.partial(many_events, kind=kind)
        yield f"{name}_masked", functools.partial(masked, kind=kind)
        yield f"{name}_masked_holes", functools.partial(masked, kind=kind, holes=True)
        yield f"{name}_masked_empty", functools.partial(masked, kind=kind, empty=True)
        yield f"{name}_masked_backwards", functools.partial(masked_backwards, kind=kind)
        yield f"{name}_masked_sequences", functools.partial(masked_sequences, kind=kind,
                                                            zeros=False)
    yield "gru_masked_sequences_zero", functools.partial(masked_sequences, kind=L.GRU, zeros=True)
    yield "gru_other_mask_value", functools.partial(other_mask_value, kind=L.GRU)
    yield "gru_any_mask", any_mask
    yield "gru_long", long
    yield "gru_shared", shared
    yield "gru_targets_at_steps", several_steps_of_output
    yield "recurrent_stacked", stacked
    yield "recurrent_dense_between", dense_between
    for mode in ("concat", "sum", "mul", "ave"):
        yield f"bidirectional_{mode}", functools.partial(
            bidirectional, kind=L.GRU, mode=mode, is_masked=mode == "sum", is_sequence=False)
    for name, kind in (("gru", L.GRU), ("lstm", L.LSTM)):
        for is_masked in (False, True):
            yield f"bidirectional_{name}_sequences{'_masked' * is_masked}", functools.partial(
                bidirectional, kind=kind, mode="concat", is_masked=is_masked, is_sequence=True)
    yield "bidirectional_both", bidirectional_both
