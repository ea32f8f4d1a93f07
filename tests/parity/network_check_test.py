# SPDX-License-Identifier: Apache-2.0
"""What network_check.py says of results that are right, and of ones that are wrong in a way."""

import pathlib
import subprocess
import sys

import h5py
import numpy
import pytest

SCRIPT = pathlib.Path(__file__).parent / "network_check.py"
EXPECTED = {
    "output/y": numpy.array([[1.0, -2.0], [0.0, 3.0], [4.0, numpy.nan]]),
    "output/sequence": numpy.arange(24.0).reshape(3, 4, 2),
    "loss": numpy.array(0.7),
    "gradient/dense/vars/0": numpy.array([[0.5, -0.25]]),
    "gradient/dense/vars/1": numpy.array([1e-9, -1e-9]),
    "after/dense/vars/0": numpy.array([numpy.inf, 1.0]),
}


def write(path, arrays):
    with h5py.File(path, "w") as file:
        for name, value in arrays.items():
            file[name] = value


@pytest.fixture
def check(tmp_path):
    """Runs the comparison on changed results; its exit status and what it said."""

    def run(changed, *options):
        folder = tmp_path / "case"
        folder.mkdir(exist_ok=True)
        write(folder / "case.h5", EXPECTED | {"lengths/sequence": numpy.array([4, 2, 0]),
                                              "input/x": numpy.zeros(3)})
        found = {name: value.copy() for name, value in EXPECTED.items()}
        changed(found)
        write(folder / "ours.h5", found)
        done = subprocess.run([sys.executable, SCRIPT, tmp_path, *options], capture_output=True,
                              text=True)
        return done.returncode, done.stdout + done.stderr

    return run


def test_the_same_agrees(check):
    status, said = check(lambda found: None)
    assert status == 0
    assert "case   0.0e+00" in said and "1 of 1 cases agree" in said


@pytest.mark.parametrize("name, at, factor, agrees", [
    ("output/y", (0, 1), 1 + 0.9e-5, True),
    ("output/y", (0, 1), 1 + 1.4e-5, False),  # 2.8e-5 of a scale of 2.4
    ("output/y", (1, 1), 1 + 1.1e-5, False),
    ("loss", (), 1 + 0.9e-5, True),
    ("loss", (), 1 - 1.1e-5, False),
    ("gradient/dense/vars/0", (0, 0), 1 + 1.1e-5, False),
    ("gradient/dense/vars/1", (0,), 10, True),  # noise beside the others
    ("gradient/dense/vars/1", (0,), 100, False),
    ("output/sequence", (1, 1, 1), 1.1, False),
    ("output/sequence", (1, 2, 1), 1.1, True),  # past the length
    ("output/sequence", (2, 0, 0), numpy.nan, True),
    ("after/dense/vars/0", (1,), numpy.nan, False),
    ("after/dense/vars/0", (0,), -1, False),
    ("output/y", (2, 1), 0, True),  # NaN stays NaN
])
def test_a_changed_number(check, name, at, factor, agrees):
    def change(found):
        found[name][at] *= factor

    status, said = check(change)
    assert status == (0 if agrees else 1)
    if not agrees:
        assert f"{name}  <--" in said and "0 of 1 cases agree" in said


def test_an_element_near_zero_is_measured_by_its_array(check):
    def change(by):
        return lambda found: found["output/y"].__setitem__((1, 0), by)

    assert check(change(2e-5))[0] == 0
    assert check(change(3e-5))[0] == 1


def test_a_number_where_none_is_expected(check):
    assert check(lambda found: found["output/y"].__setitem__((2, 1), 1.0))[0] == 1


def test_what_is_missing_or_of_another_shape(check):
    status, said = check(lambda found: found.pop("gradient/dense/vars/0"))
    assert status == 1 and "gradient/dense/vars/0 is missing" in said
    status, said = check(lambda found: found.update(loss=numpy.array([0.7])))
    assert status == 1 and "loss is (1,), not ()" in said


def test_a_program_is_run_and_its_words_are_told(check, tmp_path):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho 'no layer is called Fancy' >&2\nexit 3\n")
    program.chmod(0o755)
    status, said = check(lambda found: None, "--program", program)
    assert status == 1
    assert "exit status 3: no layer is called Fancy" in said
    program.write_text('#!/bin/sh\n[ ! -e "$1/ours.h5" ] && cp "$1/case.h5" "$1/ours.h5"\n')
    assert check(lambda found: None, "--program", program)[0] == 0


def test_no_cases_are_no_success(tmp_path):
    assert subprocess.run([sys.executable, SCRIPT, tmp_path], capture_output=True).returncode == 1
