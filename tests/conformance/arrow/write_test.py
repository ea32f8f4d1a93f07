# SPDX-License-Identifier: Apache-2.0
"""Arrow files and streams that we write, read by pyarrow and by us: the same values, and the same
bytes however the rows came and however many threads there were."""

import os
import pathlib
import random
import sys

import numpy
import pyarrow as pa
import pytest
import uproot

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))
import arrow_samples  # noqa: E402
import beamline_arrow  # noqa: E402
import beamline_write  # noqa: E402
import converted  # noqa: E402
import same_values  # noqa: E402
import uproot_columns  # noqa: E402
from command import run  # noqa: E402

DATA = os.environ.get("BEAMLINE_DATA")


def write(path, batches, codec=None, n_threads=2, metadata=None, **options):
    with beamline_arrow.context(n_threads) as held, \
            beamline_write.Output(held, path, codec, overwrite=True, metadata=metadata) as output:
        writer = output.add(batches[0], **options)
        for batch in batches:
            output.write(writer, batch)
        output.finish()


def read(path):
    opened = pa.ipc.open_stream if str(path).endswith("s") else pa.ipc.open_file
    with opened(str(path)) as reader:
        table = reader.read_all()
    table.validate(full=True)
    return table


def read_ours(path, schema):
    with beamline_arrow.context() as held, beamline_arrow.Table(held, path) as ours:
        return pa.table(ours.read(list(range(len(ours.columns)))), schema=schema)


@pytest.mark.parametrize("seed", range(60))
def test_random_tables(tmp_path, seed):
    rng = random.Random(seed)
    table = arrow_samples.random_table(rng, arrow_samples.PLAIN, rng.choice([0, 1, 7, 50, 300]))
    path = tmp_path / rng.choice(["a.arrow", "a.arrows", "a.feather"])
    codec = rng.choice(["none", "lz4", "zstd", "zstd:9", None])
    options = rng.choice([{}, {"cluster_rows": 13}, {"cluster_bytes": 400}])
    write(path, arrow_samples.cut(rng, table), codec, **options)
    theirs = read(path) if path.suffix != ".feather" else pa.ipc.open_file(str(path)).read_all()
    assert theirs.schema.equals(table.schema)
    assert theirs.equals(table)
    assert read_ours(path, table.schema).equals(table)
    first = path.read_bytes()
    for n_threads in (1, 2):
        write(path, arrow_samples.cut(rng, table), codec, n_threads, **options)
        assert path.read_bytes() == first


def test_bits_behind_the_end(tmp_path):
    """What a slice has behind its last value does not get into the file."""
    rng = random.Random(1)
    values = [rng.choice([True, False, None]) for _ in range(100)]
    table = pa.table({"b": values, "s": pa.array(["x" if v else None for v in values])})
    write(tmp_path / "a.arrow", table.slice(0, 21).to_batches())
    write(tmp_path / "b.arrow", pa.table({name: table[name].slice(0, 21).to_pylist() for name in
                                          table.schema.names}, schema=table.schema).to_batches())
    assert (tmp_path / "a.arrow").read_bytes() == (tmp_path / "b.arrow").read_bytes()


def test_clusters(tmp_path):
    table = pa.table({"x": numpy.arange(1000.0), "i": pa.array(range(1000), pa.int16())})
    write(tmp_path / "a.arrow", table.to_batches(), cluster_rows=300)
    with pa.ipc.open_file(str(tmp_path / "a.arrow")) as file:
        sizes = [file.get_batch(i).num_rows for i in range(file.num_record_batches)]
    assert sizes == [300, 300, 300, 100]
    # pyarrow says that values may be null, which takes a bit each
    write(tmp_path / "a.arrow", table.to_batches(7), cluster_bytes=128 * 82 // 8)
    with beamline_arrow.context() as held:
        with beamline_arrow.Table(held, tmp_path / "a.arrow") as ours:
            assert ours.clusters()[0] == (0, 128) and len(ours.clusters()) == 8


def test_alignment(tmp_path):
    """Buffers lie at multiples of 64 bytes in the file, so that it can be mapped."""
    table = pa.table({"x": numpy.arange(1001.0), "s": [str(i) for i in range(1001)],
                      "b": pa.array([True] * 1001)})
    write(tmp_path / "a.arrow", table.to_batches(), cluster_rows=100)
    with pa.memory_map(str(tmp_path / "a.arrow")) as mapped:
        start = mapped.read_buffer(mapped.size()).address
        with pa.ipc.open_file(mapped) as file:
            for i in range(file.num_record_batches):
                for column in file.get_batch(i).columns:
                    for buffer in column.buffers():
                        assert buffer is None or (buffer.address - start) % 64 == 0


def test_without_footer(tmp_path):
    """Behind its first eight bytes a file is a stream."""
    table = pa.table({"x": numpy.arange(1000.0)})
    write(tmp_path / "a.arrow", table.to_batches(), cluster_rows=300)
    data = (tmp_path / "a.arrow").read_bytes()
    assert pa.ipc.open_stream(data[8:]).read_all().equals(table)
    (tmp_path / "cut.arrow").write_bytes(data[:-500])
    assert read_ours(tmp_path / "cut.arrow", table.schema).num_rows in (900, 1000)


def test_metadata(tmp_path):
    table = pa.table({"a": [1]})
    lineage = {"beamline.version": "0.1", "source": "µ.root", "empty": ""}
    for name in ("a.arrow", "a.arrows"):
        write(tmp_path / name, table.to_batches(), metadata=lineage)
        found = read(tmp_path / name).schema.metadata
        assert {k.decode(): v.decode() for k, v in found.items()} == lineage


def test_one_row_at_a_time(tmp_path):
    rng = random.Random(2)
    table = arrow_samples.random_table(rng, arrow_samples.PLAIN, 2000, 3)
    rows = [table.slice(i, 1).combine_chunks().to_batches()[0] for i in range(table.num_rows)]
    write(tmp_path / "a.arrow", rows)
    write(tmp_path / "b.arrow", table.combine_chunks().to_batches())
    assert (tmp_path / "a.arrow").read_bytes() == (tmp_path / "b.arrow").read_bytes()
    assert read(tmp_path / "a.arrow").equals(table)


def test_refused(tmp_path):
    batch = pa.record_batch({"a": [1]})
    with beamline_arrow.context() as held, \
            beamline_write.Output(held, tmp_path / "a.arrow") as output:
        output.add(batch)
        with pytest.raises(beamline_arrow.Failure, match="one table"):
            output.add(batch, path="second")
    with beamline_arrow.context() as held:
        with pytest.raises(beamline_arrow.Failure, match="not compressed with zlib"):
            beamline_write.Output(held, tmp_path / "a.arrow", "zlib")
    assert not (tmp_path / "a.arrow").exists()


def real_trees():
    """[(file, tree)] of real files, those that are quickly gone through."""
    found = []
    for path in sorted(pathlib.Path(DATA, "root").rglob("*.root")) if DATA else []:
        if path.stat().st_size > 100_000:
            continue
        with beamline_arrow.context() as held:
            try:
                found += [(path, tree) for tree in beamline_arrow.trees(held, path)]
            except beamline_arrow.Failure:
                continue
    return found


def compared(held, path, tree, copy):
    """Columns of a tree that are the same in its copy, for us and for uproot."""
    n_ours = n_uproot = 0
    table = read(copy)
    branches = uproot_branches(path, tree)
    with beamline_arrow.Table(held, path, tree) as ours:
        columns = [c for c in ours.columns if not c.unreadable and c.n_rows == ours.n_rows()]
        for name, column in converted.names(columns).items():
            got = beamline_arrow.joined(table[name])
            want = ours.read([column.index])[0]
            same = got.equals(want) or repr(got.to_pylist()) == repr(want.to_pylist())  # NaN
            assert same, f"{path}: {tree}: {name}"
            n_ours += 1
            branch = branches.get((column.path, column.duplicate))
            if branch is not None and not branch.branches:
                n_uproot += is_as_uproot_reads_it(got, branch)
    return n_ours, n_uproot


def uproot_branches(path, tree):
    try:
        return uproot_columns.branches(uproot_columns.trees(uproot.open(path))[tree])
    except Exception:  # what uproot cannot read is not compared
        return {}


def is_as_uproot_reads_it(got, branch):
    try:
        theirs = branch.array()
    except Exception:
        return False
    return len(theirs) == len(got) and same_values.difference(got, theirs, 1e-3) is None


@pytest.mark.skipif(not DATA, reason="BEAMLINE_DATA does not name a folder of real files")
def test_real_files(tmp_path):
    """Trees become Arrow files with what we, and mostly uproot, read of them."""
    n_ours = n_uproot = 0
    copy = tmp_path / "a.arrow"
    for path, tree in real_trees():
        with beamline_arrow.context() as held:
            try:
                with beamline_arrow.Table(held, path, tree) as ours:
                    if not any(c.n_rows == ours.n_rows() and not c.unreadable
                               for c in ours.columns):
                        continue
            except beamline_arrow.Failure:
                continue
            run("convert", "--quiet", "--skip-unreadable", "--overwrite", "--codec", "lz4", "-T",
                tree, "-o", copy, path)
            more = compared(held, path, tree, copy)
        n_ours, n_uproot = n_ours + more[0], n_uproot + more[1]
    assert n_ours > 500 and n_uproot > 300
