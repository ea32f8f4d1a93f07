#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`beamline inspect` of models that Keras wrote."""

import json
import os
import pathlib
import subprocess

import pytest

BEAMLINE = os.environ["BEAMLINE"]
SEEDS = pathlib.Path(os.environ["BEAMLINE_SOURCE"], "fuzz", "corpus", "keras")


def inspect(*arguments):
    done = subprocess.run([BEAMLINE, "inspect", *arguments], capture_output=True, text=True)
    if "HDF5 is not to be had" in done.stderr:
        pytest.skip("the module for HDF5 is not built")
    return done


@pytest.fixture
def model(tmp_path):
    def find(name):
        path = tmp_path / name
        path.write_bytes((SEEDS / name).read_bytes()[1:])  # the first byte is the fuzz target's
        return path
    return find


@pytest.mark.parametrize("name", ["nested.keras", "nested_packed.keras", "nested.h5"])
def test_json(model, name):
    told = json.loads(inspect("--json", model(name)).stdout)
    is_archive = name.endswith("keras")
    assert told["format"] == ("Keras archive" if is_archive else "Keras HDF5")
    assert told["class"] == "Functional" and told["compiled"] and told["optimizer"] == "SGD"
    layers = {layer["name"]: layer for layer in told["layers"]}
    assert layers["a"]["output_shape"] == [None, 3, 2]
    assert layers["inner"]["parameters"] == 6 and layers["dense_2"]["model"] == "inner"
    assert layers["bidirectional"]["class"] == "Bidirectional"
    assert layers["bidirectional"]["parameters"] == 30
    assert told["parameters"] == 30 + 6 + 7
    weights = [weight for weight in told["weights"] if weight["layer"] == "dense_3"]
    assert [weight["shape"] for weight in weights] == [[6, 1], [1]]
    assert [weight["type"] for weight in weights] == ["float32", "float32"]
    names = ["vars/0", "vars/1"] if is_archive else ["dense_3/kernel", "dense_3/bias"]
    assert [weight["name"] for weight in weights] == names


def test_weights_alone(model):
    told = json.loads(inspect("--json", model("dense.weights.h5")).stdout)
    assert told["format"] == "Keras weights" and told["layers"] == [] and told["class"] is None
    assert told["parameters"] == 9
    roles = [weight["role"] for weight in told["weights"]]
    assert roles.count("parameter") == 4 and roles[4:] == ["optimizer"] * 2


def test_text(model):
    path = model("dense.keras")
    lines = inspect(path).stdout.splitlines()
    assert lines[0].startswith(f"{path}: Keras archive, version ")
    assert lines[1] == "  Sequential, 4 layers, 9 parameters, compiled with SGD"
    assert any(line.split() == ["dense_1", "Dense", "(?,", "1)", "3"] for line in lines)
    assert "      vars/0  float32 [2, 1]" in lines
    names = inspect("--names", path).stdout.split()
    assert names == ["input_layer", "dense", "dropout", "dense_1"]


def test_refused(model, tmp_path):
    path = model("dense.keras")
    cut = tmp_path / "cut.keras"
    cut.write_bytes(path.read_bytes()[:-30])
    assert "cut.keras: the archive's end is missing: truncated" in inspect(cut).stderr
    assert "no trees" in inspect("--tree", "x", path).stderr
    other = tmp_path / "other.zip"
    other.write_bytes(path.read_bytes().replace(b"config.json", b"konfig.json"))
    assert "no model of Keras: the archive has no config.json" in inspect(other).stderr


def test_tables_stay_tables(model):
    assert "Keras" not in inspect("--from", "hdf5", model("dense.h5")).stdout


@pytest.mark.skipif("BEAMLINE_DATA" not in os.environ, reason="BEAMLINE_DATA is not set")
@pytest.mark.parametrize("name", ["InclusiveClassifier.h5", "myGRUmodel.keras"])
def test_real(name):
    path = pathlib.Path(os.environ["BEAMLINE_DATA"], "topology", "models", name)
    if not path.exists():
        pytest.skip(f"{path} is not there")
    told = json.loads(inspect("--json", path).stdout)
    assert told["parameters"] == 12353
    sizes = {layer["name"]: layer["parameters"] for layer in told["layers"]}
    assert sizes["gru"] == 10650 and sizes["dense"] == 1625 and sizes["dense_1"] == 78
