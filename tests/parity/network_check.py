#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: network_check.py CASES [--program PROGRAM] [--file NAME] [--all] [NAME...]
Compares what was computed of cases (network_case.py says what is in one) with what is expected:
a line for each case with its largest deviation and where, exit status 1 if any is too large.

PROGRAM is run as `PROGRAM CASE_DIR` and writes `ours.h5` there: the expected names, in the same
shapes. Without it files of that name (--file: another one) must be there already.

A number a agrees with the expected b if |a - b| <= 1e-5 * max(|b|, s). The scale s of an array is
the root mean square of its finite expected values, but at least 1 % of the largest such scale among
arrays of the same kind (the name's first part): below that, the tolerance would be less than 1e-7
of numbers that went into it, which is what a float32 can hold. Values that are not numbers, and
infinite ones, must be the same. The deviation is the largest |a - b| / max(|b|, s)."""

import argparse
import pathlib
import subprocess
import sys

import h5py
import numpy

TOLERANCE = 1e-5
LEAST_SCALE = 1e-2
KINDS = ("output", "train_output", "output_loss", "loss", "gradient", "input_gradient", "after")


def read(path):
    """All arrays of an HDF5 file, by name."""
    arrays = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: arrays.__setitem__(name, item[()])
                        if isinstance(item, h5py.Dataset) else None)
    return arrays


def kind_of(name):
    return name.split("/", 1)[0]


def without_padding(value, lengths):
    """The rows of sequences that are not past their lengths."""
    return value[numpy.arange(value.shape[1]) < lengths[:, None]]


def compared(case):
    """What must be computed of a case, and the lengths of the sequences in it."""
    expected, lengths = {}, {}
    for name, value in case.items():
        if kind_of(name) == "lengths":
            lengths[name.split("/", 1)[1]] = value
        elif kind_of(name) in KINDS:
            expected[name] = numpy.asarray(value, "float64")
    return expected, lengths


def scale_of(value):
    finite = value[numpy.isfinite(value)]
    return float(numpy.sqrt(numpy.mean(finite**2))) if finite.size else 0.0


def scales(expected):
    own = {name: scale_of(value) for name, value in expected.items()}
    largest = {kind: max((scale for name, scale in own.items() if kind_of(name) == kind), default=0)
               for kind in KINDS}
    return {name: max(scale, LEAST_SCALE * largest[kind_of(name)]) for name, scale in own.items()}


def deviation(found, expected, scale):
    """The largest relative one; infinity where the kinds of numbers differ."""
    finite = numpy.isfinite(expected)
    same = numpy.where(numpy.isnan(expected), numpy.isnan(found), found == expected)
    if not numpy.all(numpy.where(finite, numpy.isfinite(found), same)):
        return numpy.inf
    away = numpy.abs(found[finite] - expected[finite])
    allowed = numpy.maximum(numpy.abs(expected[finite]), scale)
    with numpy.errstate(invalid="ignore", divide="ignore"):
        relative = numpy.where(away == 0, 0.0, away / allowed)
    return float(relative.max(initial=0.0))


def differences(case, found):
    """(deviation, name) of every expected array; a missing one or another shape is infinitely far.
    Both are what `read` gave."""
    expected, lengths = compared(case)
    for name, scale in scales(expected).items():
        value, wanted = found.get(name), expected[name]
        if value is None:
            yield numpy.inf, f"{name} is missing"
        elif numpy.shape(value) != wanted.shape:
            yield numpy.inf, f"{name} is {numpy.shape(value)}, not {wanted.shape}"
        else:
            value = numpy.asarray(value, "float64")
            of = name.split("/", 1)[-1]
            if of in lengths and kind_of(name) in ("output", "train_output", "input_gradient"):
                value = without_padding(value, lengths[of])
                wanted = without_padding(wanted, lengths[of])
            yield deviation(value, wanted, scale), name


def check(folder, program, name):
    """(deviation, where) of a case, worst first."""
    if program:
        (folder / name).unlink(missing_ok=True)
        run = subprocess.run([program, folder], capture_output=True, text=True)
        if run.returncode:
            why = run.stderr.strip().splitlines() or ["said nothing"]
            return [(numpy.inf, f"exit status {run.returncode}: {why[-1]}")]
    if not (folder / name).exists():
        return [(numpy.inf, f"no {name}")]
    rows = list(differences(read(folder / "case.h5"), read(folder / name)))
    return sorted(rows, key=lambda row: -row[0]) or [(numpy.inf, "nothing to compare")]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--program")
    parser.add_argument("--file", default="ours.h5")
    parser.add_argument("--all", action="store_true", help="also lines of arrays that agree")
    arguments = parser.parse_intermixed_args()
    folders = sorted(path.parent for path in arguments.cases.glob("*/case.h5"))
    if arguments.names:
        folders = [folder for folder in folders if folder.name in arguments.names]
    wrong, width = 0, max((len(folder.name) for folder in folders), default=0)
    for folder in folders:
        rows = check(folder, arguments.program, arguments.file)
        # NaN would compare as neither: a deviation is a number or infinite
        bad = [row for row in rows if not row[0] <= TOLERANCE]
        wrong += bool(bad)
        for away, where in rows if arguments.all else bad or rows[:1]:
            print(f"{folder.name:{width}}  {away:8.1e}  {where}{'  <--' * (away > TOLERANCE)}")
    print(f"{len(folders) - wrong} of {len(folders)} cases agree to {TOLERANCE:.0e}")
    sys.exit(1 if wrong or not folders else 0)


if __name__ == "__main__":
    main()
