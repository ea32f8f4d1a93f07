# SPDX-License-Identifier: Apache-2.0
"""Our columns (pyarrow) beside what h5py gives (numpy)."""

import os
import pathlib
import unittest

import numpy
import pyarrow
import pytest

h5py = pytest.importorskip("h5py")
if not list(pathlib.Path(os.environ["BEAMLINE_BUILD"]).glob("lib*/**/beamline_hdf5.so")):
    raise unittest.SkipTest("this build has no HDF5")


def texts(values):
    return [value if isinstance(value, bytes) else str(value).encode() for value in values]


def same_numbers(ours, theirs):
    """Bit for bit, any NaN being any other."""
    theirs = numpy.asarray(theirs).reshape(-1)
    ours = numpy.asarray(ours)
    if theirs.dtype.str[1:] == "f2":
        theirs = theirs.astype("f4")
    theirs = theirs.astype(theirs.dtype.newbyteorder("="))
    if ours.dtype != theirs.dtype or len(ours) != len(theirs):
        return False
    if theirs.dtype.kind != "f":
        return bool((ours == theirs).all())
    bits = f"u{theirs.dtype.itemsize}"
    nan = numpy.isnan(ours) & numpy.isnan(theirs)
    return bool((nan | (ours.view(bits) == theirs.view(bits))).all())


def same(ours, theirs):
    """True where a pyarrow array holds what a numpy array does."""
    kind = ours.type
    if pyarrow.types.is_fixed_size_list(kind):
        theirs = numpy.asarray(theirs)
        return same(ours.flatten(), theirs.reshape((-1,) + theirs.shape[2:]))
    if pyarrow.types.is_struct(kind):
        return all(same(ours.field(i), theirs[kind.field(i).name])
                   for i in range(kind.num_fields))
    if pyarrow.types.is_list(kind) or pyarrow.types.is_large_list(kind):
        counts = [len(row) for row in theirs]
        whole = [row for row in theirs if len(row)]
        if counts != ours.value_lengths().to_pylist():
            return False
        return not whole or same(ours.flatten(), numpy.concatenate(whole))
    if pyarrow.types.is_string(kind) or pyarrow.types.is_binary(kind):
        return texts(ours.to_pylist()) == texts(numpy.asarray(theirs).reshape(-1))
    return same_numbers(ours.to_numpy(zero_copy_only=False), theirs)
