# SPDX-License-Identifier: Apache-2.0
"""Lists of structs written as split TClonesArrays, read back by ourselves and by uproot."""

import os
import pathlib
import subprocess
import sys

import numpy
import pyarrow as pa
import pytest
import uproot

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))
import beamline_arrow  # noqa: E402
import beamline_write  # noqa: E402

BITS = 0x03000000
NUMBERS = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
           "float32", "float64")
SPECS = {"Thing": {"source_type": "TClonesArray<Thing>", "title": "things"},
         "Large": {"source_type": "TClonesArray<Point>"},
         "Track": {"source_type": "TClonesArray<Track>"},
         "EFlowTrack": {"source_type": "TClonesArray<Track>"}}


def numbers(kind, n, rng):
    if kind == "bool":
        return pa.array(rng.random(n) < 0.5)
    if kind.startswith("float"):
        return pa.array(rng.normal(size=n).astype(kind))
    info = numpy.iinfo(kind)
    return pa.array(rng.integers(info.min, info.max, n, kind, endpoint=True))


def objects(counts, **members):
    offsets = numpy.concatenate([[0], numpy.cumsum(counts)])
    items = pa.StructArray.from_arrays(list(members.values()), list(members))
    return pa.ListArray.from_arrays(pa.array(offsets.astype("int32")), items)


def random_table(n_rows, seed):
    """Objects with every type of number, and tracks as Delphes has them, with their numbers."""
    rng = numpy.random.default_rng(seed)
    things, tracks, eflow = (rng.integers(0, 5, n_rows) * (rng.random(n_rows) < 0.7)
                             for _ in range(3))

    def track(counts):
        n = int(counts.sum())
        return objects(counts, PID=numbers("int32", n, rng), PT=numbers("float32", n, rng),
                       Eta=numbers("float32", n, rng))

    large = objects(things, x=numbers("float64", int(things.sum()), rng))
    return pa.record_batch({
        "Thing": objects(things, **{"m_" + kind: numbers(kind, int(things.sum()), rng)
                                    for kind in NUMBERS}),
        "Thing_size": pa.array(things.astype("int32")),
        "Large": large.cast(pa.large_list(large.type.value_type)),
        "weight": numbers("float64", n_rows, rng),
        "Track": track(tracks), "Track_size": pa.array(tracks.astype("int32")),
        "EFlowTrack": track(eflow), "EFlowTrack_size": pa.array(eflow.astype("int32"))})


def expected(batch):
    """{branch: values}: of a list of structs its sizes, and what each object has."""
    found = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        rows = column.to_pylist()
        if name not in SPECS:
            found[name] = rows
            continue
        found[name] = [len(row) for row in rows]
        found[f"{name}.fUniqueID"] = [[0] * len(row) for row in rows]
        found[f"{name}.fBits"] = [[BITS] * len(row) for row in rows]
        for field in column.type.value_type:
            found[f"{name}.{field.name}"] = [[item[field.name] for item in row] for row in rows]
    return found


def write(path, batches, codec="zstd:1", n_threads=1, **options):
    with beamline_arrow.context(n_threads) as held, \
            beamline_write.Output(held, path, codec=codec) as output:
        writer = output.add(batches[0], SPECS, **options)
        for batch in batches:
            output.write(writer, batch)
        output.finish()


def read_ours(path):
    with beamline_arrow.context() as held, beamline_arrow.Table(held, path, "Events") as table:
        return {column.path.split("/")[-1]: table.read([column.index])[0].to_pylist()
                for column in table.columns}


def check(path, batch):
    theirs, wanted = uproot.open(path)["Events"], expected(batch)
    assert read_ours(path) == wanted
    found = theirs.arrays(library="ak")
    assert {name: found[name].to_list() for name in found.fields} == wanted


@pytest.mark.parametrize("options", [{}, {"codec": "none"}, {"codec": "lz4:1"},
                                     {"chunk_bytes": 500, "cluster_rows": 33},
                                     {"cluster_bytes": 20000, "chunk_bytes": 3000}])
def test_values(tmp_path, options):
    batch = random_table(700, 1)
    write(tmp_path / "a.root", [batch], **options)
    check(tmp_path / "a.root", batch)


@pytest.mark.parametrize("n_rows", [0, 1, 2])
def test_few_rows(tmp_path, n_rows):
    batch = random_table(n_rows, 5)
    write(tmp_path / "a.root", [batch])
    check(tmp_path / "a.root", batch)


def test_no_objects_at_all(tmp_path):
    batch = random_table(50, 5)
    tracks = objects(numpy.zeros(50, int), PID=pa.array([], "int32"))
    batch = batch.set_column(batch.schema.get_field_index("Track"), "Track", tracks)
    batch = batch.drop_columns(["EFlowTrack"])
    write(tmp_path / "a.root", [batch])
    check(tmp_path / "a.root", batch)


@pytest.mark.parametrize("options", [{}, {"chunk_bytes": 300}, {"cluster_rows": 37},
                                     {"cluster_bytes": 20000, "chunk_bytes": 3000}])
def test_bytes_do_not_depend_on_batches_and_threads(tmp_path, options):
    batch = random_table(700, 2)
    (tmp_path / "1").mkdir(), (tmp_path / "2").mkdir()
    write(tmp_path / "1" / "a.root", [batch], n_threads=1, **options)
    pieces = [batch.slice(0, 0), batch.slice(0, 1), batch.slice(1, 333), batch.slice(334)]
    write(tmp_path / "2" / "a.root", pieces, n_threads=4, **options)
    assert (tmp_path / "1" / "a.root").read_bytes() == (tmp_path / "2" / "a.root").read_bytes()


def element(branch):
    """What tells a reader where a branch stands."""
    names = ("fClassName", "fParentName", "fClonesName", "fType", "fStreamerType", "fSplitLevel")
    leaf, = branch.member("fLeaves")
    parts = ("fName", "fTitle", "fLen", "fLenType", "fIsRange", "fIsUnsigned", "fType")
    counter = leaf.member("fLeafCount")
    return {**{name: branch.member(name) for name in names},
            **{"leaf " + name: leaf.member(name) for name in parts},
            "counter": counter and counter.member("fName"), "typename": branch.typename,
            "title": branch.member("fTitle"), "interpretation": str(branch.interpretation)}


def test_branches_are_those_of_delphes(tmp_path):
    """Branches of a real file, written again: all that is the same, is said in the same way."""
    data = os.environ.get("BEAMLINE_DATA")
    if not data:
        pytest.skip("BEAMLINE_DATA names no folder of real files")
    real = uproot.open(f"{data}/root/misc/delphes_seungjin.root")["Delphes"]
    wanted = {"MissingET": ("MissingET", ["MET", "Eta", "Phi"]),
              "EFlowTrack": ("Track", ["PID", "Charge", "PT", "Eta", "Phi", "X"]),
              "Jet": ("Jet", ["PT", "Eta", "Phi", "Mass", "BTag"])}
    columns, specs = {}, {}
    for name, (kind, members) in wanted.items():
        values = {member: real[f"{name}.{member}"].array() for member in members}
        counts = real[f"{name}_size"].array(library="np")
        columns[name] = objects(counts, **{
            member: pa.array(numpy.concatenate([numpy.asarray(row) for row in rows]))
            for member, rows in values.items()})
        columns[f"{name}_size"] = pa.array(counts)
        specs[name] = {"source_type": f"TClonesArray<{kind}>"}
    batch = pa.record_batch(columns)
    with beamline_arrow.context() as held, \
            beamline_write.Output(held, tmp_path / "a.root") as output:
        output.write(output.add(batch, specs, path="Delphes"), batch)
        output.finish()
    ours = uproot.open(tmp_path / "a.root")["Delphes"]
    for name, (kind, members) in wanted.items():
        assert ours[f"{name}_size"].array().to_list() == real[f"{name}_size"].array().to_list()
        assert element(ours[name]) == element(real[name])
        assert ours[name].member("fMaximum") == max(columns[f"{name}_size"].to_pylist())
        for member in ["fUniqueID", "fBits", *members]:
            mine, his = (tree[f"{name}/{name}.{member}"] for tree in (ours, real))
            theirs = element(his)
            if member in members:  # of Delphes's own base class, ours has none
                theirs["fClassName"] = kind
            assert element(mine) == theirs, (name, member)
            if member in members:
                assert mine.array().to_list() == his.array().to_list(), (name, member)


def test_convert_keeps_the_values(tmp_path):
    """Of a TClonesArray's members, convert makes lists with a counter."""
    batch = random_table(200, 3)
    write(tmp_path / "a.root", [batch])
    subprocess.run([os.environ["BEAMLINE"], "convert", "--quiet", tmp_path / "a.root", "-o",
                    tmp_path / "b.root"], check=True)
    found = read_ours(tmp_path / "b.root")
    assert {name: found[name] for name in expected(batch)} == expected(batch)
    copy = uproot.open(tmp_path / "b.root")["Events"]
    assert copy["Thing.m_float32"].array().to_list() == expected(batch)["Thing.m_float32"]


def test_append_and_refusal(tmp_path):
    path, batch = tmp_path / "a.root", random_table(30, 3)
    write(path, [batch])
    with beamline_arrow.context() as held, \
            beamline_write.Output(held, path, base=path, overwrite=True) as output:
        output.write(output.add(batch, SPECS, path="More"), batch)
        with pytest.raises(beamline_arrow.Failure, match="class 'Point' has other members"):
            output.add(batch.select(["Track"]),
                       {"Track": {"source_type": "TClonesArray<Point>"}}, path="Other")
        output.finish()
    file = uproot.open(path)
    assert file["More"]["Thing.m_bool"].array().to_list() == expected(batch)["Thing.m_bool"]
    described = [name for name in file.file.streamers if name in ("Thing", "Track", "Point")]
    assert sorted(described) == ["Point", "Thing", "Track"]
