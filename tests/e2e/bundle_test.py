#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bundles as others see them, and models through the shared library."""

import json
import os
import pathlib
import re
import subprocess
import sys
import zipfile

import numpy as np
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from opened import opened  # noqa: E402

BEAMLINE = os.environ["BEAMLINE"]
SOURCE = pathlib.Path(os.environ["BEAMLINE_SOURCE"])
BUILT = pathlib.Path(os.environ["BEAMLINE_BUILD"], "tests", "bundle", "bundle_built")


def make(which, folder):
    path = folder / f"{which}.blm"
    subprocess.run([BUILT, which, path], check=True)
    return path


def events(n, width):
    x = np.random.default_rng(1).uniform(-1, 5, (n, width)).astype(np.float32)
    x[::7, width - 1] = np.nan
    x[::5, 1] = -1  # which has no logarithm
    return x


def inspect(*arguments):
    return subprocess.run([BEAMLINE, "inspect", *arguments], capture_output=True, text=True)


@pytest.mark.filterwarnings("ignore:invalid value")
def test_ten_lines_of_python(tmp_path):
    """The program in docs/bundle.md gives what our library gives."""
    path, x, names = make("hlf", tmp_path), events(200, 14), {}
    program = re.search(r"```python\n(.*?)```", (SOURCE / "docs/bundle.md").read_text(), re.S)
    exec(program[1], names)
    theirs = names["predict"](path, x)
    model = opened(path)
    ours = model.run(x)[0]
    model.close()
    assert theirs.shape == ours.shape == (200, 3)
    assert np.isfinite(ours).all() and np.ptp(ours) > 0.1
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=2e-6)


def test_members(tmp_path):
    path = make("particles", tmp_path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        about = json.loads(archive.read("bundle.json"))
        sizes = [len(archive.read(name)) for name in names]
    assert names[0] == "bundle.json" and "network.yaml" in names
    assert [member["name"] for member in about["members"]] == names[1:]
    assert [member["bytes"] for member in about["members"]] == sizes[1:]
    arrays = np.load(path)
    assert arrays["weights/each/kernel"].shape == (5, 18)
    assert arrays["weights/each/kernel"].dtype == np.float32
    other = tmp_path / "other"
    other.mkdir()
    assert make("particles", other).read_bytes() == path.read_bytes()


def test_packed_by_others(tmp_path):
    """A bundle that somebody deflated, its members in another order, is the same model."""
    path, x = make("hlf", tmp_path), events(10, 14)
    packed = tmp_path / "packed.blm"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in reversed(old.namelist()):
            new.writestr(name, old.read(name))
    models = [opened(path), opened(packed)]
    first, second = (model.run(x)[0] for model in models)
    assert first.tobytes() == second.tobytes()
    for model in models:
        model.close()


def test_sequences(tmp_path):
    path = make("particles", tmp_path)
    offsets = np.cumsum([0, 3, 0, 7, 1, 2])
    rows, others = events(offsets[-1], 5), events(5, 3)
    model = opened(path)
    whole = model.run((rows, offsets), others)[0]
    for i in range(5):
        alone = model.run((rows[offsets[i]:offsets[i + 1]], [0, offsets[i + 1] - offsets[i]]),
                          others[i:i + 1])[0]
        assert alone.tobytes() == whole[i:i + 1].tobytes()
    with pytest.raises(ValueError, match="event 0 has 13 rows, where there may be 7"):
        model.run((rows, [0, 13]), others[:1])
    model.close()


def test_arranged(tmp_path):
    """Rows that somebody ordered and cut before are the same events."""
    path = make("repeated", tmp_path)
    rows, others = events(5 * 20, 5), events(5, 3)
    ordered = [event[np.argsort(event[:, 3], kind="stable")][:6] for event in np.split(rows, 5)]
    model = opened(path)
    assert model.inputs[0].cuts and model.inputs[0].steps == 7
    ours = model.run((rows, np.arange(6) * 20), others)[0]
    theirs = model.run((np.concatenate(ordered), np.arange(6) * 6), others)[0]
    first = model.run((rows[:6], [0, 6]), others[:1])[0]
    model.close()
    assert ours.tobytes() == theirs.tobytes()
    assert ours[0] != first[0]


def test_arranged_is_told(tmp_path):
    path = make("ordered", tmp_path)
    assert ("rows by ΔR to the first, of particles_2 and particles_4, largest first; at most 4; "
            "standardised in each event") in inspect(path).stdout
    told = json.loads(inspect("--json", path).stdout)
    assert told["transform"][0]["rows"] == {"order": "delta_r", "column": 2, "phi": 4, "length": 4,
                                            "per_event": True}
    for name in "m.c", "m.onnx", "m.keras":
        command = [BEAMLINE, "export", path, "-o", tmp_path / name]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode and not (tmp_path / name).exists()
        assert "rows of input 'particles' are ordered first, which is not exported" in done.stderr
    subprocess.run([BEAMLINE, "export", path, "-o", tmp_path / "m.onnx", "--raw"], check=True)
    subprocess.run([BEAMLINE, "export", path, "-o", tmp_path / "again.blm"], check=True)
    assert (tmp_path / "again.blm").read_bytes() == path.read_bytes()


def test_keras(tmp_path):
    """Two layers that Keras wrote."""
    h5py = pytest.importorskip("h5py")
    for name in "dense.keras", "dense.h5":
        path = tmp_path / name
        path.write_bytes((SOURCE / "fuzz/corpus/keras" / name).read_bytes()[1:])
        try:
            model = opened(path)
        except ValueError as error:
            if "HDF5 is not to be had" in str(error):
                pytest.skip("the module for HDF5 is not built")
            raise
        x = events(5, 4)[:, [0, 2]]
        ours = model.run(x)[0]
        assert model.n_parameters == 9
        model.close()
    weights = []
    with h5py.File(tmp_path / "dense.h5") as file:
        file["model_weights"].visititems(
            lambda _, item: weights.append(item[()]) if isinstance(item, h5py.Dataset) else None)
    kernels = [w for w in weights if w.ndim == 2]
    biases = [w for w in weights if w.ndim == 1]
    y = x
    for kernel, bias in zip(kernels, biases, strict=True):
        y = y @ kernel + bias
    np.testing.assert_allclose(ours, y, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["binary.json", "classes.ubj", "classes.txt"])
def test_trees(tmp_path, name):
    """Trees of XGBoost and LightGBM, as a model and as the forest that it is."""
    source, run = SOURCE / "fuzz/corpus/trees" / name, BUILT.parents[1] / "trees" / "trees_run"
    path = tmp_path / name
    path.write_bytes(source.read_bytes())
    model = opened(path)
    width = model.inputs[0].width
    x = events(100, width)
    ours = model.run(x)[0]
    names = [model.inputs[0].columns[i] for i in range(width)] if model.inputs[0].columns else []
    model.close()
    (tmp_path / "rows").write_bytes(x.tobytes())
    subprocess.run([run, path, tmp_path / "rows", tmp_path / "out", str(width)], check=True)
    assert ours.tobytes() == (tmp_path / "out").read_bytes()
    assert np.ptp(ours) > 0.01 and len(set(names)) == len(names)


def test_inspect(tmp_path):
    path = make("hlf", tmp_path)
    text = inspect(path).stdout
    assert "written by beamline" in text and "classes: QCD, tt, W" in text
    assert re.search(r"second +Dense +\[20\] +1,020", text)
    assert "hlf_1   log, offset 0.1" in text and "weighted: true" in text
    told = json.loads(inspect("--json", path).stdout)
    assert told["file"] == str(path) and told["parameters"] == 2013
    assert told["layers"][1] == {"name": "first", "kind": "Dense", "output_shape": [50],
                                 "parameters": 750}
    assert told["transform"][0]["columns"][1]["curve"] == "log"
    assert told["metrics"]["loss"][1] == 0.1 + 0.2 and told["seeds"] is None
    assert inspect("--names", path).stdout.split() == ["hlf", "first", "second", "third", "output"]
    refused = inspect("--tree", "x", path)
    assert refused.returncode == 2 and "no trees" in refused.stderr


def test_damage(tmp_path):
    path = make("hlf", tmp_path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    done = inspect(path)
    assert done.returncode == 5 and not done.stdout
    assert re.search(r"hlf\.blm: member 'weights/.*npy'", done.stderr)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, *sys.argv[1:]]))
