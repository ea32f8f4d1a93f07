# SPDX-License-Identifier: Apache-2.0
"""What tensorflow_writes.py wrote is read by us, and files are written for
tensorflow_reads_ours.py, with what is in them as JSON. Needs BEAMLINE_TENSORFLOW, the folder.
"""

import json
import os
import pathlib
import random
import sys

import numpy
import pyarrow
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))

import beamline_arrow  # noqa: E402
import beamline_write  # noqa: E402

FOLDER = pathlib.Path(os.environ["BEAMLINE_TENSORFLOW"])
N_ROWS = 300


def plain(value, depth):
    """As the JSON has it: bytes as text of one character a byte, a value alone as a list."""
    if value is None:
        return None
    if isinstance(value, list):
        return [plain(item, 0) if isinstance(item, list) and depth else
                plain(item, 0)[0] if not isinstance(item, list) else item for item in value]
    if isinstance(value, str):
        value = value.encode()
    return [value.decode("latin-1") if isinstance(value, bytes) else value]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("[0-9]*.tfrecord")), ids=lambda path: path.stem)
def test_written_by_tensorflow(path):
    rows = json.loads(path.with_suffix(".json").read_text())
    with beamline_arrow.context() as held, beamline_arrow.Table(held, path) as table:
        assert {column.path for column in table.columns} == {name for row in rows for name in row}
        for column in table.columns:
            values = table.read([column.index])[0].to_pylist()
            for row, value in zip(rows, values, strict=True):
                assert plain(value, 1) == row.get(column.path), column.path


def save(name, columns, codec=None):
    batch = pyarrow.RecordBatch.from_pydict(columns)
    path = FOLDER / f"ours-{name}.tfrecord"
    with beamline_arrow.context() as held, \
            beamline_write.Output(held, path, codec=codec) as output:
        output.write(output.add(batch), batch)
        output.finish()
    rows = {name: plain_column(array) for name, array in
            zip(batch.schema.names, batch.columns, strict=True)}
    path.with_suffix(".json").write_text(json.dumps(rows))


def plain_column(array):
    def text(value):
        if isinstance(value, list):
            return [text(item) for item in value]
        return value.decode("latin-1") if isinstance(value, bytes) else value
    return [text(value) for value in array.to_pylist()]


@pytest.mark.parametrize("codec", ["none", "gzip", "zlib"])
def test_write_for_tensorflow(codec):
    draw = random.Random(7)
    rng = numpy.random.default_rng(7)
    lists = [rng.normal(size=draw.randrange(5)).astype("f4").tolist() for _ in range(N_ROWS)]
    save(f"example-{codec}", {
        "x": rng.normal(size=N_ROWS).astype("f4"), "n": rng.integers(-9, 1 << 60, N_ROWS),
        "text": pyarrow.array([draw.randbytes(draw.randrange(9)) for _ in range(N_ROWS)]),
        "jets": pyarrow.array(lists, pyarrow.list_(pyarrow.float32())),
        "some": pyarrow.array([float(i) if i % 3 else None for i in range(N_ROWS)],
                              pyarrow.float32())}, codec)
    tracks = [[rng.normal(size=4).astype("f4").tolist() for _ in range(draw.randrange(4))]
              for _ in range(N_ROWS)]
    save(f"sequence-{codec}", {
        "x": rng.normal(size=N_ROWS).astype("f4"),
        "tracks": pyarrow.array(tracks, pyarrow.list_(pyarrow.list_(pyarrow.float32())))}, codec)


def test_write_the_published_pipeline():
    """The three features of the topology classifier's published data: lists of doubles in Spark."""
    rng = numpy.random.default_rng(11)
    shapes = {"HLF_input": 14, "encoded_label": 3, "GRU_input": 801 * 19}
    save("pipeline", {name: pyarrow.array(list(rng.normal(size=(20, size)).astype("f4")
                                               .astype("f8")))
                      for name, size in shapes.items()})
