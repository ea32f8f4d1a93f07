# SPDX-License-Identifier: Apache-2.0
"""HDF5 files that h5py wrote are read: every value, by whole tables and by rows in between."""

import pathlib
import sys

import numpy
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))

import beamline_arrow  # noqa: E402
import hdf5_values  # noqa: E402
from command import run  # noqa: E402
from hdf5_values import h5py, same  # noqa: E402

NUMBERS = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", "?"]
PACKINGS = [{}, {"chunks": 97}, {"chunks": 97, "compression": "gzip"},
            {"chunks": 50, "compression": "gzip", "shuffle": True},
            {"chunks": 211, "compression": "lzf", "shuffle": True, "fletcher32": True},
            {"chunks": 64, "compression": "gzip", "compression_opts": 9, "fletcher32": True}]
N_ROWS = 1000


def numbers(rng, kind, shape):
    kind = numpy.dtype(kind)
    if kind == "?":
        return rng.integers(0, 2, shape).astype("?")
    raw = rng.integers(0, 256, (*numpy.atleast_1d(shape), kind.itemsize), "u1")
    return raw.view(kind)[..., 0]


def columns(held, path, tree=None):
    with beamline_arrow.Table(held, path, tree) as table:
        assert [c.unreadable for c in table.columns] == [None] * len(table.columns)
        arrays = table.read([c.index for c in table.columns])
        return {c.path: array for c, array in zip(table.columns, arrays, strict=True)}


def packed(packing, shape):
    """The packing with chunks of as many dimensions as the shape has, which do not divide it."""
    chunk = packing.get("chunks")
    return packing if chunk is None else \
        packing | {"chunks": (chunk, *(max(1, n * 2 // 3) for n in shape[1:]))}


@pytest.fixture
def held():
    with beamline_arrow.context(n_threads=2) as context:
        yield context


@pytest.mark.parametrize("packing", PACKINGS, ids=str)
def test_datasets_of_every_number(held, tmp_path, packing):
    """A group whose datasets have as many rows: each dataset is a column."""
    rng = numpy.random.default_rng(5)
    wanted = {}
    for order in "<>":
        for kind in NUMBERS:
            for inner in ((), (3,), (2, 4)):
                name = f"{kind}{order}{len(inner)}".replace("?", "b")
                wanted[name] = numbers(rng, kind if kind == "?" else order + kind,
                                       (N_ROWS, *inner))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, values in wanted.items():
            file.create_dataset("group/" + name, data=values, **packed(packing, values.shape))
    ours = columns(held, tmp_path / "a.h5", "group")
    assert sorted(ours) == sorted(wanted)
    assert [name for name in wanted if not same(ours[name], wanted[name])] == []


def structured(rng, n_rows, n_inner=()):
    kind = numpy.dtype([("pt", "f4"), ("eta", ">f8"), ("flavour", "i4"), ("valid", "?"),
                        ("half", "f2"), ("name", "S7"), ("vector", "i2", (3,)),
                        ("deep", [("a", "u1"), ("b", "f4", (2, 2))])], align=bool(n_rows % 2))
    values = numpy.zeros((n_rows, *n_inner), kind)
    for name in ("pt", "eta", "flavour", "valid", "half"):
        values[name] = numbers(rng, kind[name], values.shape)
    values["vector"] = rng.integers(-99, 99, (*values.shape, 3))
    values["deep"]["b"] = rng.normal(size=(*values.shape, 2, 2))
    values["name"] = rng.choice([b"", b"b", b"light", b"charmed"], values.shape)
    return values


@pytest.mark.parametrize("packing", PACKINGS, ids=str)
@pytest.mark.parametrize("n_rows", [0, 1, 97, 1001])
def test_structured_arrays(held, tmp_path, packing, n_rows):
    """As the tools of ATLAS write jets and their tracks."""
    rng = numpy.random.default_rng(n_rows)
    jets, tracks = structured(rng, n_rows), structured(rng, n_rows, (40,))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("jets", data=jets, maxshape=(None,), **packed(packing, jets.shape))
        file.create_dataset("tracks", data=tracks, maxshape=(None, 40),
                            **packed(packing, tracks.shape))
        file["events"] = numpy.arange(3)
    for name, wanted in (("jets", jets), ("tracks", tracks)):
        ours = columns(held, tmp_path / "a.h5", name)
        assert [m for m in wanted.dtype.names if not same(ours[m], wanted[m])] == []


def test_parts_of_rows(held, tmp_path):
    rng = numpy.random.default_rng(7)
    values = numbers(rng, "i4", (N_ROWS, 3))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=values, chunks=(97, 2), compression="gzip", shuffle=True)
    with beamline_arrow.Table(held, tmp_path / "a.h5") as table:
        assert table.n_rows() == N_ROWS
        for first in (0, 1, 96, 97, 500, 999):
            for last in (1, 97, 98, 501, 1000):
                if first < last:
                    assert same(table.read([0], first, last)[0], values[first:last])
        assert same(table.read([0], batch_rows=13)[0], values)


def test_values_of_any_length(held, tmp_path):
    rng = numpy.random.default_rng(8)
    n = 700
    lists = [rng.normal(size=rng.integers(0, 9)).astype("f4") for _ in range(n)]
    words = ["é" * int(k) for k in rng.integers(0, 5, n)]
    kind = numpy.dtype([("id", "i4"), ("x", h5py.vlen_dtype("f4")), ("s", h5py.string_dtype()),
                        ("last", "u1")])
    rows = numpy.empty(n, kind)
    rows["id"], rows["last"] = numpy.arange(n), numpy.arange(n) % 250
    for i in range(n):
        rows[i]["x"], rows[i]["s"] = lists[i], words[i]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", (n,), h5py.vlen_dtype("f4"), chunks=(77,), compression="gzip")
        file["x"][:] = numpy.array([*lists, None], object)[:n]
        file.create_dataset("s", data=words, dtype=h5py.string_dtype(), chunks=(50,))
        file.create_dataset("c", data=rows, chunks=(33,), compression="gzip", shuffle=True)
    ours = columns(held, tmp_path / "a.h5")
    assert list(ours) == ["c/id", "c/x", "c/s", "c/last", "s", "x"]
    for name in ("x", "c/x"):
        assert same(ours[name], lists)
    for name in ("s", "c/s"):
        assert ours[name].to_pylist() == words
    assert same(ours["c/id"], rows["id"]) and same(ours["c/last"], rows["last"])


@pytest.mark.parametrize("libver", ["earliest", "v108", "v110"])
def test_versions_fills_and_user_blocks(held, tmp_path, libver):
    """Rows that were never written have the fill value; chunks are found in every kind of index."""
    with h5py.File(tmp_path / "a.h5", "w", libver=(libver, "v110"), userblock_size=1024) as file:
        file.create_dataset("fill", (900, 3), "i2", chunks=(50, 2), fillvalue=7)
        file.create_dataset("open", (900,), "f4", chunks=(64,), maxshape=(None,))
        file.create_dataset("wide", (900, 5), "u1", chunks=(64, 5), maxshape=(None, None))
        file.create_dataset("none", (900,), "f8", fillvalue=1.5)
        file.create_dataset("scaled", data=numpy.arange(900), chunks=(100,), scaleoffset=0)
        words = [f"word {i}" for i in range(900)]
        file.create_dataset("text", data=words, dtype=h5py.string_dtype(), chunks=(7,))
        file["fill"][100:700:3] = 1
        file["open"][64:128] = numpy.arange(64)
        file["wide"][899] = 3
        wanted = {name: file[name][:] for name in file if name != "text"}
    with beamline_arrow.context() as context:
        run("cat", tmp_path / "a.h5", "--from", "hdf5")
        path = tmp_path / "b.h5"  # without the user block, which is found by the format's name
        path.write_bytes((tmp_path / "a.h5").read_bytes())
        copied = tmp_path / "copy.root"
        run("convert", path, "--from", "hdf5", "-o", copied)
        ours = columns(context, copied, "Events")
    assert [name for name in wanted if not same(ours[name], wanted[name])] == []
    assert ours["text"].to_pylist() == words


@pytest.mark.parametrize("libver", ["earliest", "v110"])
def test_many_chunks(held, tmp_path, libver):
    """Each is found in about the time of any other, which a minute would not do otherwise; some
    were never written."""
    wanted = {"all": numpy.arange(1_000_000, dtype="i4"), "some": numpy.zeros(1_000_000, "i4")}
    with h5py.File(tmp_path / "a.h5", "w", libver=(libver, "v110")) as file:
        file.create_dataset("all", data=wanted["all"], chunks=(25,), maxshape=(None,))
        some = file.create_dataset("some", (1_000_000,), "i4", chunks=(500,), fillvalue=-1)
        wanted["some"][:] = -1
        for first in range(700, 1_000_000, 3100):
            some[first:first + 1100] = wanted["some"][first:first + 1100] = first
    ours = columns(held, tmp_path / "a.h5", "Events")
    assert [name for name in wanted if not same(ours[name], wanted[name])] == []


def test_frames(held, tmp_path):
    """As PyTables lays out what pandas stores: blocks of columns, whose names are pickled."""
    rng = numpy.random.default_rng(11)
    kind = numpy.dtype([("index", "i8"), ("values_block_0", "f8", (3,)),
                        ("values_block_1", "i8", (1,))])
    rows = numpy.zeros(20, kind)
    rows["index"] = numpy.arange(20)
    rows["values_block_0"] = rng.normal(size=(20, 3))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        group = file.create_group("table")
        group.attrs["pandas_type"] = numpy.bytes_(b"frame_table")
        table = group.create_dataset("table", data=rows)
        table.attrs["values_block_0_kind"] = numpy.bytes_(
            b"(lp0\nVa\np1\naV\xe9\np2\naV\\u03b7\np3\na.")
        table.attrs["values_block_1_kind"] = numpy.bytes_(b"cos\nsystem\n")  # is not run
        group = file.create_group("fixed")
        group.attrs["pandas_type"] = numpy.bytes_(b"frame")
        group["axis0"] = numpy.array([b"p", b"q", b"n"])
        group["axis1"] = numpy.arange(20)
        group["block0_items"] = numpy.array([b"p", b"q"])
        group["block0_values"] = rows["values_block_0"][:, :2]
        group["block1_items"] = numpy.array([b"n"])
        group["block1_values"] = rows["index"].reshape(-1, 1) * 2
    ours = columns(held, tmp_path / "a.h5", "table")
    assert list(ours) == ["index", "a", "é", "η", "values_block_1"]
    for i, name in enumerate(("a", "é", "η")):
        assert same(ours[name], rows["values_block_0"][:, i])
    ours = columns(held, tmp_path / "a.h5", "fixed")
    assert list(ours) == ["index", "p", "q", "n"]
    assert same(ours["q"], rows["values_block_0"][:, 1])
    assert same(ours["n"], rows["index"] * 2)


def test_what_is_not_read(held, tmp_path):
    """Other files are never opened; what cannot be read is said, and hides nothing else."""
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["secret"] = numpy.arange(10)
    (tmp_path / "raw.bin").write_bytes(bytes(80))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["plain"] = numpy.arange(10)
        layout = h5py.VirtualLayout((10,), "i8")
        layout[:] = h5py.VirtualSource(str(other), "secret", (10,))
        file.create_virtual_dataset("virtual", layout)
        file["soft"] = h5py.SoftLink("/plain")
        file["outside"] = h5py.ExternalLink(str(other), "secret")
        file["more/one"] = numpy.arange(4)
        file.create_dataset("more/raw", (4,), "i8", external=[(str(tmp_path / "raw.bin"), 0, 32)])
        file["more/opaque"] = numpy.zeros(4, "V3")
        file["more/reference"] = numpy.array([file["plain"].ref] * 4, h5py.ref_dtype)
        file["more/loop"] = file["more"]
    names = beamline_arrow.trees(held, tmp_path / "a.h5")
    assert sorted(names) == ["more", "plain"]
    with beamline_arrow.Table(held, tmp_path / "a.h5", "more") as table:
        reasons = {c.path: c.unreadable for c in table.columns}
    assert reasons["one"] is None and "other files" in reasons["raw"]
    assert "opaque" in reasons["opaque"] and "reference" in reasons["reference"]
    for name in ("virtual", "soft", "outside", "more/raw"):
        with pytest.raises(beamline_arrow.Failure):
            beamline_arrow.Table(held, tmp_path / "a.h5", name)
    with pytest.raises(beamline_arrow.Failure, match="plain"):
        beamline_arrow.Table(held, tmp_path / "a.h5", "plai")


def test_an_unknown_filter_is_named(held, tmp_path):
    kind = numpy.dtype("f4")
    space = h5py.h5s.create_simple((100,))
    how = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    how.set_chunk((100,))
    how.set_filter(32013, h5py.h5z.FLAG_OPTIONAL, ())
    with h5py.File(tmp_path / "a.h5", "w") as file:
        made = h5py.h5d.create(file.id, b"x", h5py.h5t.py_create(kind), space, how)
        made.write_direct_chunk((0,), bytes(12), 0)
    with pytest.raises(beamline_arrow.Failure, match="32013 .zfp"):
        beamline_arrow.Table(held, tmp_path / "a.h5", "x")


def test_little_memory(tmp_path):
    """Rows of a file that is larger than the memory budget."""
    values = numpy.random.default_rng(2).normal(size=(40000, 64))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=values, chunks=(500, 64), compression="gzip")
    with beamline_arrow.context(n_threads=2, memory_bytes=12 << 20) as held, \
            beamline_arrow.Table(held, tmp_path / "a.h5") as table:
        assert same(table.read([0], 17000, 18000)[0], values[17000:18000])
    told, _ = run("stats", "--json", "--quiet", "--memory", "12M", tmp_path / "a.h5")
    assert '"values":2560000' in told.replace(" ", "")


def test_damage_is_answered(held, tmp_path):
    """Bytes of chunks and of the heap that are damaged end in a message."""
    whole = tmp_path / "a.h5"
    with h5py.File(whole, "w") as file:
        file.create_dataset("x", data=numpy.arange(5000), chunks=(500,), compression="gzip",
                            fletcher32=True)
        file.create_dataset("s", data=["abc" * i for i in range(50)], dtype=h5py.string_dtype())
        at = file["x"].id.get_chunk_info(3).byte_offset
    data = bytearray(whole.read_bytes())
    heap = data.index(b"GCOL")
    data[at + 9] ^= 0x55
    data[heap + 8:heap + 16] = (1 << 40).to_bytes(8, "little")
    (tmp_path / "b.h5").write_bytes(data)
    for name in ("x", "s"):
        with beamline_arrow.Table(held, tmp_path / "b.h5", name) as table, \
                pytest.raises(Exception, match=f"{name}|heap"):
            table.read([0])
    (tmp_path / "c.h5").write_bytes(whole.read_bytes()[:3000])
    with pytest.raises(beamline_arrow.Failure, match="truncated"):
        beamline_arrow.Table(held, tmp_path / "c.h5", "x")
    assert hdf5_values.texts(["a"]) == [b"a"]
