# SPDX-License-Identifier: Apache-2.0
"""`beamline ingest --recipe topology` gives the golden values, and of random events what the recipe
in NumPy gives; in every format, in parts, with what a configuration takes along."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
import uproot

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import topology_events as events  # noqa: E402
import topology_reference as reference  # noqa: E402
from command import run  # noqa: E402

DATA = os.environ.get("BEAMLINE_DATA")
N = 120
STEPS = ("topology: an electron or a muon", "topology: tracks, photons and neutral hadrons",
         "topology: an isolated lepton, pT > 23 GeV")


@pytest.fixture(scope="module")
def delphes(tmp_path_factory):
    path = tmp_path_factory.mktemp("topology") / "delphes.root"
    events.make(path, N, 7)
    return path


@pytest.fixture(scope="module")
def expected(delphes):
    """Of each mode what the reference makes of each event."""
    with uproot.open(delphes) as file:
        found = list(reference.read_events(file["Delphes"]))
    return {mode: [reference.topology(event, mode) for event in found]
            for mode in reference.MODES}


def refused(*arguments):
    """What the command says when it fails."""
    done = subprocess.run([os.environ["BEAMLINE"], "ingest", *map(str, arguments)],
                          capture_output=True, text=True)
    assert done.returncode > 0
    return done.stderr


def ingest(source, output, recipe="topology", *more):
    found, _ = run("ingest", "--json", "--recipe", recipe, source, "-o", output, *more)
    return json.loads(found)


def features(path):
    """Of each event the high-level features and the rows."""
    table = pq.read_table(path)
    for high, low in zip(table["hfeatures"].to_pylist(), table["lfeatures"].to_pylist(),
                         strict=True):
        yield np.array(high), np.array(low)


def near(found, wanted):
    """1e-12 of the value; of isolations, whose sums cancel, absolute."""
    return np.allclose(found, wanted, rtol=1e-12, atol=0) or \
        np.all(np.abs(found - wanted) <= 1e-12 * np.maximum(np.abs(wanted), 1))


def rows_near(found, wanted):
    isolation = slice(10, 13)
    same = np.abs(found - wanted) <= 1e-12 * np.abs(wanted)
    same[:, isolation] |= np.abs(found - wanted)[:, isolation] <= 1e-12 * np.maximum(
        1, np.abs(wanted[:, isolation]))
    return found.shape == wanted.shape and same.all()


@pytest.mark.skipif(not DATA, reason="BEAMLINE_DATA is not set")
@pytest.mark.parametrize("mode", reference.MODES)
def test_golden(tmp_path, mode):
    source = pathlib.Path(DATA, "root", "misc", "delphes_seungjin.root")
    golden = pathlib.Path(DATA, "topology", "golden")
    wanted = json.loads((golden / "golden.json").read_text("utf-8"))["events"]
    wanted = [one for one in wanted if one["mode"] == mode]
    ingest(source, tmp_path / "f.parquet", f"topology:mode={mode},type=float64", "--tree",
           "Delphes", "--columns", "Event.Number")
    numbers = pq.read_table(tmp_path / "f.parquet")["Event.Number"].to_pylist()
    assert [one["event"] for one in wanted] == [number[0] for number in numbers]
    for (high, low), one in zip(features(tmp_path / "f.parquet"), wanted, strict=True):
        rows = np.fromfile(golden / f"{mode}_ev{one['event']}_lf.f64").reshape(801, 19)
        assert len(low) == one["n_particles"]
        assert rows_near(low, rows[:len(low)]) and not rows[len(low):].any()
        assert near(high, np.array(one["hlf"]))


@pytest.mark.parametrize("mode", reference.MODES)
def test_reference(tmp_path, delphes, expected, mode):
    found = ingest(delphes, tmp_path / "f.parquet", f"topology:mode={mode},type=float64")
    cuts = [one[0] for one in expected[mode]]
    flow = [(one["cut"], one["events"]) for one in found["samples"][0]["cuts"]]
    left = [sum(cut not in reference.CUTS[:n + 1] for cut in cuts) for n in range(3)]
    assert flow == [("all", N), *zip(STEPS, left, strict=True)]
    taken = [one for one in expected[mode] if one[0] == reference.TAKEN]
    assert N / 4 < len(taken) < N and found["events_out"] == len(taken)
    for (high, low), (_, high_wanted, low_wanted) in zip(features(tmp_path / "f.parquet"), taken,
                                                         strict=True):
        assert rows_near(low, low_wanted)
        assert near(high, high_wanted)


def flat(path):
    """All numbers of both columns and how many rows each event has."""
    found = [(high, np.ravel(low)) for high, low in features(path)]
    return [np.concatenate([one[i] for one in found]) for i in (0, 1)] + \
        [[len(one[1]) for one in found]]


@pytest.mark.parametrize("layout", ["ragged", "padded"])
@pytest.mark.parametrize("ending", ["root", "arrow", "tfrecord", "h5", "jsonl", "csv"])
def test_formats(tmp_path, delphes, ending, layout):
    """Every format holds the same numbers, and we read them back."""
    recipe = f"topology:layout={layout}"
    ingest(delphes, tmp_path / "f.parquet", recipe, "-e", "0:40")
    ingest(delphes, tmp_path / f"f.{ending}", recipe, "-e", "0:40")
    run("convert", tmp_path / f"f.{ending}", "-o", tmp_path / "back.parquet")
    for found, wanted in zip(flat(tmp_path / "back.parquet"), flat(tmp_path / "f.parquet"),
                             strict=True):
        assert np.array_equal(np.float32(found), np.float32(wanted))


@pytest.mark.parametrize("layout", ["ragged", "padded"])
def test_layouts(tmp_path, delphes, expected, layout):
    """What uproot reads of ROOT files; padding is zeros."""
    ingest(delphes, tmp_path / "f.root", f"topology:layout={layout},type=float64")
    taken = [one for one in expected["fixed"] if one[0] == reference.TAKEN]
    with uproot.open(tmp_path / "f.root") as file:
        tree = file["Delphes"]
        assert tree["lfeatures"].title == ",".join(reference.COLUMNS)
        assert tree["hfeatures"].title == ",".join(reference.HIGH_LEVEL)
        found = tree["lfeatures"].array(library="ak").to_list()
    for low, (_, _, wanted) in zip(found, taken, strict=True):
        low = np.array(low)
        assert len(low) == (801 if layout == "padded" else len(wanted))
        assert rows_near(low[:len(wanted)], wanted) and not low[len(wanted):].any()


def test_threads_and_memory(tmp_path, delphes):
    """The bytes depend neither on threads nor on how many events are a batch."""
    options = [("--threads", 1), ("--threads", 2), ("--threads", 1, "--memory", "40M")]
    for i, more in enumerate(options):
        (tmp_path / str(i)).mkdir()
        ingest(delphes, tmp_path / str(i) / "f.root", "topology:layout=padded", *more,
               "--cluster", "1M")
    first, *others = ((tmp_path / str(i) / "f.root").read_bytes() for i in range(len(options)))
    assert all(other == first for other in others)


def test_configuration(tmp_path, delphes, expected):
    """Samples with labels, cuts before the recipe, what is taken along; parts, resumed."""
    config = {
        "treename": "Delphes", "selection": ["len(`Jet.PT`) > 3"],
        "samples": {"W": {"files": str(delphes), "label": 2, "weight": "1.0 * len(`Jet.PT`)"}},
        "new_variables": {"n_electrons": "len(`Electron.PT`)"},
        "observers": ["n_electrons", "Jet.PT"], "inputs": {"pf": {"vars": ["lfeatures"]}},
        "recipe": {"name": "topology", "mode": "compat", "type": "float64",
                   "muons": "MuonTight"}}
    (tmp_path / "data.yaml").write_text(json.dumps(config), "utf-8")
    command = ["ingest", "-c", tmp_path / "data.yaml", "-i", f"QCD={delphes}", "-f", "parquet",
               "--part-events", 50, "-o", f"{tmp_path}/out/"]
    run(*command)
    names = sorted(path.name for path in (tmp_path / "out").glob("*.parquet"))
    assert names == [f"{sample}-0000{i}.parquet" for sample in ("QCD", "W") for i in range(3)]
    before = {name: (tmp_path / "out" / name).read_bytes() for name in names}
    os.remove(tmp_path / "out" / "W-00001.parquet")
    run(*command)
    assert {name: (tmp_path / "out" / name).read_bytes() for name in names} == before
    assert "other parts are there" in refused(*command[1:], "--recipe", "topology")

    with uproot.open(delphes) as file:
        found = list(reference.read_events(file["Delphes"]))
    taken = [(event, one) for event, one in zip(found, expected["compat"], strict=True)
             if len(event["Jet.PT"]) > 3 and one[0] == reference.TAKEN]
    for sample, label in (("W", 2), ("QCD", -1)):
        parts = [tmp_path / "out" / name for name in names if name.startswith(sample)]
        rows = [row for part in parts for row in pq.read_table(part).to_pylist()]
        for row, (event, (_, high, low)) in zip(rows, taken, strict=True):
            assert row["sample_label"] == label
            assert row["weight_physics"] == (len(event["Jet.PT"]) if sample == "W" else 1)
            assert row["n_electrons"] == len(event["Electron.PT"])
            assert np.array_equal(row["Jet.PT"], event["Jet.PT"])
            assert near(np.array(row["hfeatures"]), high)
            assert rows_near(np.array(row["lfeatures"]), low)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    flow = {sample["name"]: sample["cut_flow"] for sample in manifest["samples"]}
    assert [one["cut"] for one in flow["W"]] == ["all", "len(`Jet.PT`) > 3", *STEPS]
    assert [one["events"] for one in flow["W"]] == [one["events"] for one in flow["QCD"]]
    assert flow["QCD"][-1]["sumw"] == flow["W"][-1]["events"] == len(taken)
    assert flow["W"][-1]["sumw"] == sum(len(event["Jet.PT"]) for event, _ in taken)


def test_structs(tmp_path, delphes):
    """Collections as lists of structs, as other formats hold them, give the same."""
    with uproot.open(delphes) as file:
        found = list(reference.read_events(file["Delphes"], stop=30))
    with open(tmp_path / "events.jsonl", "w", encoding="utf-8") as file:
        for event in found:
            collections = {name: [dict(zip(leaves, map(float, values), strict=True)) for values in
                                  zip(*(event[f"{name}.{leaf}"] for leaf in leaves), strict=True)]
                           for name, leaves in reference.LEAVES.items()}
            file.write(json.dumps(collections) + "\n")
    ingest(delphes, tmp_path / "a.parquet", "topology", "-e", "0:30")
    ingest(tmp_path / "events.jsonl", tmp_path / "b.parquet")
    assert pq.read_table(tmp_path / "a.parquet").equals(pq.read_table(tmp_path / "b.parquet"))


@pytest.mark.parametrize("recipe, message", [
    ("topolgy", "no recipe 'topolgy'; did you mean 'topology'?"),
    ("topology:mode=fix", "mode is 'fixed' or 'compat', not 'fix'; did you mean 'fixed'?"),
    ("topology:muon=Muon", "no option 'muon'; did you mean 'muons'?"),
    ("topology:compat", "'compat' should be KEY=VALUE"),
    ("topology:tracks=EFlowTracks",
     "delphes.root: recipe topology: tracks: no column 'EFlowTracks.PT'; did you mean "
     "'EFlowTrack.PT'"),
    ("topology:jets=MissingET", "jets: no column 'MissingET.PT'; did you mean 'MissingET.MET'"),
    ("topology:jets=", "jets is the name of a collection"),
])
def test_errors(tmp_path, delphes, recipe, message):
    assert message in refused("--recipe", recipe, delphes, "-o", tmp_path / "f.root")
    assert not list(tmp_path.iterdir())


def test_configuration_errors(tmp_path, delphes):
    for recipe, message in (({"mode": "fixed"}, "recipe has no name"),
                            ({"name": "topology", "layout": "raged"}, ":1:43: layout is"),
                            ("topologi", "did you mean 'topology'"),
                            ({"name": "topology", "modes": 1}, "did you mean 'mode'")):
        (tmp_path / "data.yaml").write_text(json.dumps({"recipe": recipe}), "utf-8")
        assert message in refused("-c", tmp_path / "data.yaml", delphes, "-n")
    assert "the variable 'lfeatures' is called as a column of the recipe" in refused(
        "--recipe", "topology", delphes, "-n", "-d", "lfeatures=1")


@pytest.mark.parametrize("eta, message", [
    ([1.0, 2.0], "e.jsonl: recipe topology: entry 1 has other numbers of Jet.PT and Jet.Eta"),
    (1.0, "column 'Jet.Eta' is "), (["a"], ", no list of numbers")])
def test_odd_columns(tmp_path, eta, message):
    line = {f"{name}.{leaf}": [1.0] for name, leaves in reference.LEAVES.items()
            for leaf in leaves}
    lines = [line if isinstance(eta, list) and len(eta) > 1 else {}, line | {"Jet.Eta": eta}]
    (tmp_path / "e.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines if one),
                                      "utf-8")
    found = refused("--recipe", "topology", tmp_path / "e.jsonl", "-o", tmp_path / "f.root")
    assert message in found
    assert not (tmp_path / "f.root").exists()
