# SPDX-License-Identifier: Apache-2.0
"""What `beamline convert` makes of a file: the names of columns in the copy, and their parts."""

import collections
import re

import pyarrow
import pyarrow.compute


def names(columns):
    """{name in the copy: column}: its own name, or its path where several have that name."""
    own = {column: re.sub(r"(\[\d*\])+$", "", column.path.rsplit("/", 1)[-1]) for column in columns}
    counts = collections.Counter(own.values())
    found = {}
    for column in columns:
        path = column.path + (f"#{column.duplicate}" if column.duplicate else "")
        is_alone = counts[own[column]] == 1
        found[own[column] if is_alone else re.sub(r"(\[\d*\])+$", "", path)] = column
    return found


def parts(name, array):
    """(name, array) of what a column is written as: a struct as its members, at any depth."""
    levels = []
    while pyarrow.types.is_list(array.type) or pyarrow.types.is_fixed_size_list(array.type):
        levels.append(array)
        array = array.flatten()
    if not pyarrow.types.is_struct(array.type):
        yield name, levels[0] if levels else array
        return
    for field, member in zip(array.type, array.flatten(), strict=True):
        yield from parts(f"{name}.{field.name}", _wrapped(levels, member))


def _wrapped(levels, array):
    for level in reversed(levels):
        if pyarrow.types.is_fixed_size_list(level.type):
            array = pyarrow.FixedSizeListArray.from_arrays(array, level.type.list_size)
        else:
            offsets = pyarrow.compute.subtract(level.offsets, level.offsets[0])
            array = pyarrow.ListArray.from_arrays(offsets, array)
    return array
