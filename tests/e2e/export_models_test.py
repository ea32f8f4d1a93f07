# SPDX-License-Identifier: Apache-2.0
"""`beamline export` from each form of model file to each: the parameters stay the same numbers."""

import os
import pathlib
import subprocess

import numpy
import pytest

BEAMLINE = os.environ["BEAMLINE"]
FORMS = ("blm", "keras", "h5", "onnx")


def beamline(*words):
    return subprocess.run([BEAMLINE, *map(str, words)], capture_output=True, text=True)


def export(model, output):
    done = beamline("export", model, "-o", output, "--quiet")
    if "HDF5 is not to be had" in done.stderr:
        pytest.skip("the module for HDF5 is not built")
    assert done.returncode == 0, done.stderr
    return output


def arrays(model, folder):
    """All parameters of a model as numbers, whatever they are called."""
    bundle = export(model, folder / f"{model.name}.arrays.blm")
    with numpy.load(bundle) as file:
        found = [file[name].ravel() for name in file.files if name.startswith("weights/")]
    return numpy.sort(numpy.concatenate(found))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    data = os.environ.get("BEAMLINE_DATA")
    if not data:
        pytest.skip("BEAMLINE_DATA is not set")
    path = pathlib.Path(data) / "topology/models/InclusiveClassifier.h5"
    return export(path, tmp_path_factory.mktemp("models") / "inclusive.blm")


@pytest.mark.parametrize("form", FORMS)
def test_parameters_stay_the_same(model, form, tmp_path):
    written = export(model, tmp_path / f"model.{form}")
    numpy.testing.assert_array_equal(arrays(written, tmp_path), arrays(model, tmp_path))


@pytest.mark.parametrize("form", FORMS)
def test_what_is_there_stays(model, form, tmp_path):
    output = tmp_path / f"model.{form}"
    output.write_text("mine")
    done = beamline("export", model, "-o", output)
    assert done.returncode == 4 and "exists" in done.stderr
    assert output.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [output]


def test_an_unknown_form_is_refused(model, tmp_path):
    done = beamline("export", model, "-o", tmp_path / "model.onx")
    assert done.returncode == 2 and "--type" in done.stderr
    done = beamline("export", model, "-o", tmp_path / "model", "--type", "onx")
    assert done.returncode == 2 and "onnx" in done.stderr
