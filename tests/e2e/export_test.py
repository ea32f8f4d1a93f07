#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`beamline export` as C: what is exported compiles without a warning, and has our bits."""

import os
import pathlib
import re
import shutil
import subprocess

import made_networks
import numpy as np
import pytest

BEAMLINE = os.environ["BEAMLINE"]
SEEDS = pathlib.Path(os.environ["BEAMLINE_SOURCE"], "fuzz", "corpus", "trees")
WARNINGS = "-std=c11 -Wall -Wextra -Werror -pedantic".split()
CROSS = "aarch64-linux-gnu-gcc"
COMPILERS = [(name, options) for name in ("gcc", "clang")
             for options in ("-O2", "-O3 -march=native")] + [(CROSS, "-O2 -static")]


def export(*arguments):
    done = subprocess.run([BEAMLINE, "export", *map(str, arguments)], capture_output=True,
                          text=True)
    if "HDF5 is not to be had" in done.stderr:
        pytest.skip("the module for HDF5 is not built")
    return done


def compile_test(source, compiler, options, name):
    program = source.with_suffix("")
    subprocess.run([compiler, *WARNINGS, *options.split(), f"-D{name}_TEST", source, "-lm", "-o",
                    program], check=True)
    return program


def run_test(program, compiler):
    if compiler != CROSS:
        return subprocess.run([program], capture_output=True, text=True)
    return subprocess.run(["qemu-aarch64-static", program], capture_output=True, text=True)


def has(compiler):
    tools = [compiler, "qemu-aarch64-static"] if compiler == CROSS else [compiler]
    return all(shutil.which(tool) for tool in tools)


def check(model, folder, compilers=COMPILERS, vectors=16):
    source = folder / "net.c"
    done = export(model, "-o", source, "--vectors", vectors)
    assert done.returncode == 0, done.stderr
    n_run = 0
    for compiler, options in compilers:
        if not has(compiler):
            continue
        told = run_test(compile_test(source, compiler, options, "net"), compiler)
        assert re.match(rf"net: {vectors} events, 0 of [1-9]\d* numbers differ, 0 by more",
                        told.stdout), (compiler, options, told.stdout)
        assert told.returncode == 0
        n_run += 1
    if not n_run:
        pytest.skip("there is no compiler")
    return source


# ---- networks ----


def dense_of_all(net):
    activations = ("linear relu relu6 leaky_relu elu selu celu gelu sigmoid hard_sigmoid "
                   "log_sigmoid tanh hard_tanh tanh_shrink hard_shrink soft_shrink softplus "
                   "squareplus sparse_plus softsign silu hard_silu mish exponential softmax "
                   "log_softmax").split()
    x = net.input(7)
    for i, name in enumerate(activations):
        width = 7 if i == 0 else 9 + (i - 1) % 13
        x = net.add("Dense", x, (width, 9 + i % 13), (9 + i % 13,), units=9 + i % 13,
                    activation=name)
    return [x]


def activations_with_constants(net):
    x = net.input(11)
    a = net.add("ReLU", x, max_value=1.5, negative_slope=0.25, threshold=0.5)
    b = net.add("LeakyReLU", x, negative_slope=0.125)
    c = net.add("ELU", x, alpha=0.5)
    d = net.add("PReLU", x, (11,), shared_axes=None)
    e = net.add("Activation", x, activation="gelu")
    f = net.add("Softmax", x, axis=-1)
    return [net.add("Concatenate", [a, b, c, d, e, f], axis=-1), a]


def normalisations(net):
    x = net.input(5)
    n = 5
    positive = np.abs(net.random.normal(1, 0.2, n)).astype("f4")
    statistics = [net.random.normal(0, 1, n).astype("f4") for _ in range(3)] + [positive]
    a = net.add("BatchNormalization", x, weights=statistics, epsilon=1e-3, momentum=0.9,
                axis=-1, center=True, scale=True)
    b = net.add("BatchNormalization", x, weights=statistics[2:], epsilon=1e-3, momentum=0.9,
                axis=-1, center=False, scale=False)
    c = net.add("LayerNormalization", a, (n,), (n,), epsilon=1e-3, axis=-1)
    d = net.add("LayerNormalization", b, epsilon=1e-3, axis=-1, center=False, scale=False)
    e = net.add("Rescaling", x, scale=0.5, offset=0.25)
    f = net.add("Normalization", x, axis=-1, mean=[0.1, -0.2, 0.3, 0, 5],
                variance=[1, 2, 3, 4, 0])
    return [net.add("Add", [c, d, e]), net.add("Average", [a, b, e, f]),
            net.add("Subtract", [a, b]), net.add("Multiply", [a, c, d]),
            net.add("Maximum", [a, e]), net.add("Minimum", [d, e])]


def operations(net):
    x = net.input(6, 3)
    flat = net.add("Flatten", x)
    back = net.add("Reshape", flat, target_shape=[9, 2])
    exp, size = net.operation("Exp", back), net.operation("Absolute", back)
    root, log = net.operation("Sqrt", size), net.operation("Log", size)
    kinds = "Sum", "Mean", "Max", "Min"
    sums = [net.operation(kind, x, axis=1, keepdims=False) for kind in kinds]
    rows = [net.operation(kind, x, axis=-1, keepdims=True) for kind in kinds]
    compared = [net.operation(kind, back, 0.5) for kind in (
        "NotEqual", "Equal", "Greater", "GreaterEqual", "Less", "LessEqual")]
    other = net.add("Concatenate", [exp, root, log, net.operation("Square", back),
                                    net.operation("Negative", back),
                                    net.operation("Log1p", size), *compared,
                                    net.operation("Divide", exp, root),
                                    net.operation("Clip", back, x_min=-0.5, x_max=0.75)], axis=-1)
    return [other, net.add("Concatenate", sums, axis=-1), net.add("Concatenate", rows, axis=-1),
            net.add("Concatenate", [back, exp], axis=1)]


def given_masks(net):
    x = net.input(12, 5)
    mask = net.operation("Any", net.operation("Greater", x, 1.5), axis=-1, keepdims=False)
    y = net.add("Masking", x, mask_value=0)
    return [recurrent(net, "GRU", x, 5, 6, mask=mask, return_sequences=True),
            recurrent(net, "LSTM", y, 5, 6, mask=mask, go_backwards=True),
            net.add("GlobalAveragePooling1D", x, mask=mask)]


def convolutions(net):
    x, y = net.input(13, 4), None
    same = net.add("Conv1D", x, (3, 4, 10), (10,), filters=10, kernel_size=[3], strides=[2],
                   padding="same", activation="relu")
    causal = net.add("Conv1D", x, (2, 4, 6), filters=6, kernel_size=[2], strides=[1],
                     dilation_rate=[3], padding="causal", use_bias=False, activation="tanh")
    valid = net.add("Conv1D", causal, (4, 6, 3), (3,), filters=3, kernel_size=[4], strides=[1],
                    padding="valid")
    y = [net.add("MaxPooling1D", same, pool_size=[3], strides=[2], padding="same"),
         net.add("AveragePooling1D", valid, pool_size=[2], strides=[2], padding="valid"),
         net.add("AveragePooling1D", causal, pool_size=[3], strides=[2], padding="same")]
    return [*y, net.add("GlobalMaxPooling1D", same), net.add("GlobalAveragePooling1D", valid)]


def recurrent(net, class_name, x, width, units, **config):
    gates = {"GRU": 3, "LSTM": 4, "SimpleRNN": 1}[class_name]
    bias = (2, gates * units) if config.get("reset_after", class_name == "GRU") else (
        gates * units,)
    shapes = [(width, gates * units), (units, gates * units), bias]
    config = {"return_sequences": False, **config}
    if class_name == "GRU":
        config = {"reset_after": True, **config}
    return net.add(class_name, x, *(shapes if config.get("use_bias", True) else shapes[:2]),
                   units=units, **config)


def recurrent_plain(net):
    x = net.input(9, 5)
    sequence = recurrent(net, "GRU", x, 5, 6, return_sequences=True)
    back = recurrent(net, "LSTM", sequence, 6, 10, return_sequences=True, go_backwards=True)
    return [sequence, back, recurrent(net, "SimpleRNN", back, 10, 3),
            recurrent(net, "GRU", x, 5, 4, reset_after=False),
            recurrent(net, "GRU", x, 5, 4, activation="relu", recurrent_activation="hard_sigmoid"),
            recurrent(net, "GRU", x, 5, 17, use_bias=False),
            recurrent(net, "LSTM", x, 5, 4, activation="softsign", go_backwards=True),
            recurrent(net, "GRU", x, 5, 4, reset_after=False, activation="elu")]


def recurrent_masked(net):
    x = net.add("Masking", net.input(9, 5), mask_value=-1)
    return [recurrent(net, "GRU", x, 5, 6, return_sequences=True),
            recurrent(net, "LSTM", x, 5, 6, return_sequences=True, go_backwards=True),
            recurrent(net, "SimpleRNN", x, 5, 6, return_sequences=True, zero_output_for_mask=True),
            recurrent(net, "GRU", x, 5, 6, zero_output_for_mask=True),
            recurrent(net, "GRU", x, 5, 6, zero_output_for_mask=True, go_backwards=True),
            net.add("GlobalAveragePooling1D", x)]


def joined_masks(net):
    x, y = net.input(9, 4), net.input(9, 4)
    a = net.add("Masking", x, mask_value=-1)
    b = net.add("Masking", y, mask_value=2)
    beside = net.add("Concatenate", [a, b], axis=-1)
    behind = net.add("Concatenate", [a, y, b], axis=1)
    return [recurrent(net, "GRU", beside, 8, 6), recurrent(net, "LSTM", behind, 4, 6),
            recurrent(net, "GRU", net.add("Add", [a, b]), 4, 3, return_sequences=True),
            net.add("LayerNormalization", x, (4,), epsilon=1e-3, axis=-1, rms_scaling=True),
            net.operation("Any", x, axis=-1, keepdims=False)]


def packed(net):
    """Rows that do not count are left out."""
    x = net.add("Masking", net.input(40, 5), mask_value=0)
    y = net.add("TimeDistributed", x, (5, 12), (12,),
                layer=made_networks.nested("Dense", units=12, activation="relu"))
    sequence = recurrent(net, "LSTM", y, 12, 8, return_sequences=True)
    return [recurrent(net, "GRU", sequence, 8, 20), net.add("GlobalAveragePooling1D", y)]


def bidirectional(net):
    outputs, x = [], net.input(7, 3)
    for mode in ("concat", "sum", "mul", "ave"):
        for keeps in (False, True):
            inner = made_networks.nested("GRU", units=4, reset_after=True,
                                         return_sequences=keeps)
            shapes = [(3, 12), (4, 12), (2, 12)]
            outputs.append(net.add("Bidirectional", x, *shapes, *shapes, layer=inner,
                                   merge_mode=mode))
    return outputs


def embeddings(net):
    x = net.input(8)
    plain = net.add("Embedding", x, (11, 5), input_dim=11, output_dim=5)
    masked = net.add("Embedding", x, (11, 5), input_dim=11, output_dim=5, mask_zero=True)
    seen = net.add("Embedding", x, (11, 5), input_dim=11, output_dim=5, mask_zero=True)
    return [net.add("Flatten", plain), recurrent(net, "GRU", masked, 5, 6),
            recurrent(net, "SimpleRNN", seen, 5, 6, return_sequences=True)]


def deep_set(net):
    x, flat = net.input(30, 4), net.input(6)
    y = net.add("Dense", x, (4, 40), (40,), units=40, activation="relu")
    y = net.add("Dense", y, (40, 16), (16,), units=16, activation="relu")
    y = net.add("Concatenate", [net.operation("Sum", y, axis=1, keepdims=False), flat], axis=-1)
    return [net.add("Dense", y, (22, 3), (3,), units=3, activation="softmax")]


def large(net):
    """More than a stack is asked for."""
    x = net.input(300, 20)
    y = net.add("Dense", x, (20, 33), (33,), units=33, activation="tanh")
    return [net.add("GlobalMaxPooling1D", y)]


NETWORKS = [dense_of_all, activations_with_constants, normalisations, operations, convolutions,
            recurrent_plain, recurrent_masked, given_masks, joined_masks, packed,
            bidirectional,
            embeddings, deep_set, large]


@pytest.mark.parametrize("make", NETWORKS, ids=lambda make: make.__name__)
def test_bits(make, tmp_path):
    net = made_networks.Network(seed=len(make.__name__))
    outputs = make(net)
    check(net.write(tmp_path / "model.h5", *outputs), tmp_path)


def hlf(path):
    net = made_networks.Network()
    x, width = net.input(14), 14
    for units in (50, 20, 10):
        x = net.add("Dense", x, (width, units), (units,), units=units, activation="relu")
        width = units
    return net.write(path, net.add("Dense", x, (width, 3), (3,), units=3, activation="softmax"))


@pytest.mark.parametrize("name", ["InclusiveClassifier.h5", "myGRUmodel.keras"])
def test_real(name, tmp_path):
    if "BEAMLINE_DATA" not in os.environ:
        pytest.skip("BEAMLINE_DATA is not set")
    model = pathlib.Path(os.environ["BEAMLINE_DATA"], "topology", "models", name)
    check(model, tmp_path, COMPILERS[1:2] + COMPILERS[3:], vectors=4)


@pytest.mark.parametrize("name", ["binary.json", "classes.txt", "dart.ubj", "forest.txt"])
def test_trees(name, tmp_path):
    model = tmp_path / name
    model.write_bytes(SEEDS.joinpath(name).read_bytes())
    check(model, tmp_path, COMPILERS[1:2] + COMPILERS[4:], vectors=100)


def test_differences_are_found(tmp_path):
    """A test that cannot fail is none: one weight is changed a little."""
    source = check(hlf(tmp_path / "model.h5"), tmp_path, [("gcc", "-O2 -march=native")])
    text = source.read_text()
    bias = text.index("static const float w4_bias")
    weight = re.search(r"0x1\.[0-9a-f]+p[-+]\d+", text[bias:])[0]
    other = (1.001 * float.fromhex(weight)).hex()
    source.write_text(text[:bias] + text[bias:].replace(weight, other, 1))
    told = run_test(compile_test(source, "gcc", "-O2 -march=native", "net"), "gcc")
    assert int(re.search(r"(\d+) of \d+ numbers differ", told.stdout)[1]) > 0
    assert told.returncode == 1


def test_same_text(tmp_path):
    model = hlf(tmp_path / "model.h5")
    assert export(model, "-o", tmp_path / "a.c", "--name", "n").returncode == 0
    assert export(model, "-o", tmp_path / "b.c", "--name", "n", "-t", "1").returncode == 0
    assert (tmp_path / "a.c").read_bytes() == (tmp_path / "b.c").read_bytes()


def test_header(tmp_path):
    """Another program uses it by its header; no more than the function is to be seen of it."""
    model, source = hlf(tmp_path / "model.h5"), tmp_path / "trigger.c"
    assert export(model, "-o", source, "--header", tmp_path / "trigger.h",
                  "--name", "hlf").returncode == 0
    (tmp_path / "main.c").write_text(
        '#include "trigger.h"\n#include <stdio.h>\nint main(void) {\n'
        "    float input[14] = {0}, output[3];\n    if (hlf_run(input, output)) return 1;\n"
        '    printf("%.9g\\n", (double)(output[0] + output[1] + output[2]));\n    return 0;\n}\n')
    if not has("gcc"):
        pytest.skip("there is no compiler")
    program = tmp_path / "main"
    subprocess.run(["gcc", *WARNINGS, "-O2", source, tmp_path / "main.c", "-lm", "-o", program],
                   check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=True)
    assert abs(float(done.stdout) - 1) < 1e-6
    subprocess.run(["gcc", "-c", "-O2", source, "-o", tmp_path / "trigger.o"], check=True)
    names = subprocess.run(["nm", "-g", "--defined-only", tmp_path / "trigger.o"], text=True,
                           capture_output=True, check=True).stdout.split()
    assert names[2::3] == ["hlf_run"]


def test_refused(tmp_path):
    model = hlf(tmp_path / "model.h5")
    there = tmp_path / "there.c"
    there.write_text("mine")
    done = export(model, "-o", there)
    assert done.returncode and "already exists" in done.stderr and there.read_text() == "mine"
    done = export(model, "-o", tmp_path / "new.c", "--header", there)
    assert done.returncode and not (tmp_path / "new.c").exists()
    assert export(model, "-o", there, "--overwrite").returncode == 0
    done = export(model, "-o", tmp_path / "n", "--type", "cc")
    assert done.returncode == 2 and "no type 'cc'" in done.stderr
    done = export(model, "-o", tmp_path / "model.what")
    assert done.returncode == 2 and "--type" in done.stderr
    assert not (tmp_path / "model.what").exists()
    done = export(model, "-o", tmp_path / "n.c", "--name", "1x")
    assert done.returncode and "'1x' is no name for C" in done.stderr
    done = export(tmp_path / "none.h5", "-o", tmp_path / "n.c")
    assert done.returncode and "none.h5" in done.stderr
    assert not (tmp_path / "n.c").exists()
    assert "where to?" in export(model).stderr
