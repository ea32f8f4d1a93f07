# SPDX-License-Identifier: Apache-2.0
"""Real trees become CSV and JSON lines and come back as they were, floats bit for bit; in JSON what
is not finite comes back null.
"""

import math
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))

import beamline_arrow  # noqa: E402
import pyarrow  # noqa: E402
import text_values  # noqa: E402
from command import run  # noqa: E402
from text_tables import read, write  # noqa: E402

DATA = os.environ.get("BEAMLINE_DATA")
FILES = sorted(pathlib.Path(DATA, "root").rglob("*.root")) if DATA else []
MOST_ROWS, MOST_COLUMNS = 300, 60


def type_text(kind):
    """A type as --types wants it."""
    types = pyarrow.types
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return f"list<{type_text(kind.value_type)}>"
    if types.is_struct(kind):
        members = [f"{field.name}: {type_text(field.type)}" for field in kind]
        return f"struct<{', '.join(members)}>"
    return {"string": "utf8", "float": "float32", "double": "float64"}.get(str(kind), str(kind))


def as_lists(kind):
    types = pyarrow.types
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return pyarrow.list_(as_lists(kind.value_type))
    if types.is_struct(kind):
        return pyarrow.struct([(field.name, as_lists(field.type)) for field in kind])
    return kind


def finite(value):
    """What JSON keeps of it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [finite(item) for item in value]
    return {key: finite(item) for key, item in value.items()} if isinstance(value, dict) else value


def is_ours(kind):
    """No structs without members, and no names that --types cannot spell."""
    if pyarrow.types.is_struct(kind):
        return kind.num_fields > 0 and all(
            field.name and not set(field.name) & set(":,<>") and len(field.name) < 60
            and is_ours(field.type) for field in kind)
    return kind.num_fields == 0 or is_ours(kind.value_type)


def trees(path):
    with beamline_arrow.context() as held:
        try:
            names = beamline_arrow.trees(held, path)
        except beamline_arrow.Failure as error:
            pytest.skip(f"not read: {error}")
        for name in names:
            with beamline_arrow.Table(held, path, name) as table:
                n_rows = min(table.n_rows(), MOST_ROWS)
                wanted = [column for column in table.columns
                          if not column.unreadable and column.n_rows == table.n_rows()]
                arrays = {}
                for column in wanted[:MOST_COLUMNS]:
                    if n_rows:
                        array = table.read([column.index], 0, n_rows)[0]
                        if is_ours(array.type):
                            arrays[f"c{column.index}"] = array
                yield name, pyarrow.table(arrays)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_real_file(path, tmp_path):
    n = 0
    for name, table in trees(path):
        if not table.num_columns:
            continue
        types = ", ".join(f"{field.name}={type_text(field.type)}" for field in table.schema)
        for ending in "csv", "jsonl.gz":
            copy = tmp_path / f"{n}.{ending}"
            write(copy, table)
            ours = read(copy, types=types)
            for column in table.column_names:
                got, wanted = ours[column].to_pylist(), table[column].to_pylist()
                if ending != "csv":
                    wanted = finite(wanted)
                assert str(as_lists(table[column].type)).replace("string", "") == \
                    str(ours[column].type).replace("string", ""), (name, column)
                for i, pair in enumerate(zip(got, wanted, strict=True)):
                    assert text_values.same(*pair), (name, column, i, pair)
        n += 1
    if not n:
        pytest.skip("no tree")


@pytest.mark.parametrize("ending", ["csv", "csv.zst", "jsonl"])
def test_convert_there_and_back(ending, tmp_path):
    """By the command: a tree to text and back to a tree."""
    sample, text, back = tmp_path / "a.csv", tmp_path / f"b.{ending}", tmp_path / "c.root"
    table = pyarrow.table({"x": [1.5, 2.25, -1e300], "n": [1, 2, 3], "l": [[1.0], [], [2.5, 3.5]]})
    write(sample, table)
    run("convert", sample, "-o", text)
    run("convert", text, "-o", back)
    with beamline_arrow.context() as held, beamline_arrow.Table(held, back, "Events") as tree:
        for name in "x", "n", "l":
            assert tree.read([tree.find(name).index])[0].to_pylist() == table[name].to_pylist()
