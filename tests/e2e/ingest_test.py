# SPDX-License-Identifier: Apache-2.0
"""`beamline ingest`: the events that pass, with the values that awkward-array finds for them."""

import json
import os
import pathlib
import sys

import awkward as ak
import numpy as np
import pytest
import uproot

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from command import run  # noqa: E402

DATA = os.environ.get("BEAMLINE_DATA")
N_EVENTS = 20000


def real(name):
    if not DATA:
        pytest.skip("BEAMLINE_DATA does not name a folder of real files")
    return pathlib.Path(DATA, "root", name)


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """Ten clusters of numbers and lists; `late` is nothing that cuts look at."""
    path = tmp_path_factory.mktemp("ingest") / "sample.root"
    rng = np.random.default_rng(7)
    with uproot.recreate(path) as file:
        tree = file.mktree("Events", {"i": "int64", "x": "float64", "late": "float64",
                                      "Jet": ak.types.from_datashape(
                                          "var * {pt: float32, b: bool}", highlevel=False)})
        for first in range(0, N_EVENTS, N_EVENTS // 10):
            n = N_EVENTS // 10
            counts = rng.poisson(3, n)
            jets = ak.unflatten(ak.zip({"pt": rng.exponential(30, counts.sum()).astype("f4"),
                                        "b": rng.random(counts.sum()) < 0.3}), counts)
            tree.extend({"i": np.arange(first, first + n), "x": rng.normal(size=n),
                         "late": rng.normal(size=n), "Jet": jets})
    return path


def test_selection_and_variables(sample, tmp_path):
    out = tmp_path / "out.root"
    printed, _ = run("ingest", sample, "-w", "nJet >= 2", "-w", "lead > 50", "-o", out,
                     "-d", "lead=max(Jet_pt)", "-d", "btags=sum(Jet_b)",
                     "-d", "soft=Jet_pt[Jet_pt < 20] * 2", "--json")
    said = json.loads(printed)
    events = uproot.open(sample)["Events"].arrays()
    at_least_two = events.nJet >= 2
    taken = at_least_two & (ak.fill_none(ak.max(events.Jet_pt, axis=1), 0) > 50)
    assert [cut["events"] for cut in said["samples"][0]["cuts"]] == [
        N_EVENTS, ak.sum(at_least_two), ak.sum(taken)]
    assert (said["events_in"], said["events_out"]) == (N_EVENTS, ak.sum(taken))
    found, wanted = uproot.open(out)["Events"].arrays(), events[taken]
    for name in ("i", "x", "late", "Jet_pt", "Jet_b", "nJet"):
        assert ak.all(found[name] == wanted[name]), name
    assert ak.all(found.lead == ak.max(wanted.Jet_pt, axis=1))
    assert ak.all(found.btags == ak.sum(wanted.Jet_b, axis=1))
    assert ak.all(found.soft == wanted.Jet_pt[wanted.Jet_pt < 20] * np.float64(2))


def test_bytes_do_not_depend_on_threads_and_memory(sample, tmp_path):
    written = []
    for i, options in enumerate((["-t", "1"], ["-t", "4"], ["-t", "2", "--memory", "20M"])):
        out = tmp_path / str(i) / "out.root"
        out.parent.mkdir()
        run("ingest", sample, "-w", "abs(x) < 1", "-d", "y=x*x", "-o", out, "--cluster", "100k",
            *options)
        written.append(out.read_bytes())
    assert written[0] == written[1] == written[2]


def test_entries_and_columns(sample, tmp_path):
    out = tmp_path / "out.root"
    run("ingest", sample, "-e", "1990:4010", "--columns", "i", "-w", "i % 2 == 0", "-o", out,
        "--as", "T")
    tree = uproot.open(out)["T"]
    assert tree.keys() == ["i"]
    assert tree["i"].array().to_list() == list(range(1990, 4010, 2))


def test_nothing_taken(sample, tmp_path):
    run("ingest", sample, "-w", "x > 1e9", "-d", "y=sum(Jet_pt)", "-o", tmp_path / "out.root")
    tree = uproot.open(tmp_path / "out.root")["Events"]
    assert tree.num_entries == 0 and "y" in tree.keys()


def test_late_columns_are_not_looked_at_where_nothing_is_taken(sample, tmp_path):
    """The second basket of `late` is damaged: that matters only to events of the second cluster."""
    path = tmp_path / "clusters.root"
    run("convert", sample, "--cluster", "100k", "-o", path)
    branch = uproot.open(path)["Events/late"]
    border = int(branch.member("fBasketEntry")[1])
    damaged, start = bytearray(path.read_bytes()), int(branch.member("fBasketSeek")[1])
    damaged[start + 100:start + 1000] = bytes(900)
    path.write_bytes(damaged)
    run("ingest", path, "-w", f"i < {border}", "-o", tmp_path / "good.root")
    assert uproot.open(tmp_path / "good.root")["Events"].num_entries == border
    _, error = run("ingest", path, "-w", f"i <= {border}", "-o", tmp_path / "bad.root", code=5)
    assert "branch 'late': basket 1" in error
    assert not (tmp_path / "bad.root").exists()


def test_simulation_is_asked_of_data(tmp_path):
    _, error = run("ingest", real("misc/DYto2E.root"), "-T", "Events", "-d", "w=genWeight",
                   "-o", tmp_path / "out.root", code=3)
    assert "no column 'genWeight'" in error
    assert "only simulation has 'genWeight': is this collision data?" in error


@pytest.mark.parametrize("arguments, code, message", [
    (["-w", "nJett > 1"], 3, "selection 1: no column 'nJett'; did you mean 'nJet'?\n  nJett > 1\n"
                             "  ^^^^^\n"),
    (["-d", "y=sqr(x)"], 3, "y: there is no function 'sqr'; did you mean"),
    (["-d", "x=x+1"], 2, "'x' needs itself"),
    (["-d", "1y=x"], 2, "should be NAME=EXPRESSION"),
    (["-d", "y=zip(a=x)"], 6, "y: is a record"),
    (["-w", "Jet_pt > 30"], 6, "a selection is one value an event"),
    (["-d", "y=Jet_pt + Jet_pt[Jet_b]"], 6, "lists of different lengths meet in row"),
])
def test_errors(sample, tmp_path, arguments, code, message):
    _, error = run("ingest", sample, *arguments, "-o", tmp_path / "out.root", code=code)
    assert message in error
    assert not (tmp_path / "out.root").exists()


def test_dry_run(sample, tmp_path):
    printed, _ = run("ingest", sample, "-w", "x > 0", "-d", "y=Jet_pt*2", "--columns", "x", "-n")
    assert [line.split() for line in printed.splitlines()] == [
        ["where", "x", ">", "0"], ["read", "x"],
        ["read", "Jet_pt", "where", "events", "are", "taken"],
        ["write", "x", "float64"], ["write", "y", "list<float64>"]]


def test_columns_that_no_result_needs_are_not_read(sample):
    printed, _ = run("ingest", sample, "-d", "y=zip(a=x, b=late)['a'] + 1", "--columns", "i", "-n")
    assert [line.split()[1] for line in printed.splitlines() if line.startswith("  read")] == [
        "i", "x"]


def test_indices_that_point_at_nothing(tmp_path):
    run("ingest", real("misc/DYto2E.root"), "-T", "Events", "--columns", "run",
        "-d", "pt=Muon_pt[Jet_muonIdx1]", "-o", tmp_path / "out.root")
    values = ak.flatten(uproot.open(tmp_path / "out.root")["Events/pt"].array())
    assert (len(values), ak.sum(np.isnan(values))) == (2861, 2846)


def test_weights_of_physlite(tmp_path):
    run("ingest", real("coffea/PHYSLITE_example.root"), "-T", "CollectionTree",
        "--columns", "EventInfoAuxDyn.eventNumber", "-d", "w=EventInfoAuxDyn.mcEventWeights[0]",
        "-o", tmp_path / "out.root")
    weights = uproot.open(tmp_path / "out.root")["CollectionTree/w"].array()
    assert abs(ak.sum(weights) - 1245368870.75) < 0.01
    assert ak.sum(weights < 0) == 22


def test_dimuons(tmp_path):
    """The mass of two muons of opposite charge, from their momenta, against NumPy."""
    source = real("skhep/uproot-HZZ.root")
    mass = ("sqrt((Muon_E[0]+Muon_E[1])**2 - (Muon_Px[0]+Muon_Px[1])**2"
            " - (Muon_Py[0]+Muon_Py[1])**2 - (Muon_Pz[0]+Muon_Pz[1])**2)")
    run("ingest", source, "-w", "NMuon == 2 and Muon_Charge[0] != Muon_Charge[1]",
        "-d", f"mass={mass}", "--columns", "NMuon", "-o", tmp_path / "out.root")
    muons = uproot.open(source)["events"].arrays(filter_name="*Muon*")
    muons = muons[muons.NMuon == 2]
    muons = muons[ak.sum(muons.Muon_Charge, axis=1) == 0]
    first, second = ({name: muons[f"Muon_{name}"][:, i].to_numpy().astype("f8")
                      for name in ("E", "Px", "Py", "Pz")} for i in range(2))
    total = {name: first[name] + second[name] for name in first}
    expected = np.sqrt(total["E"]**2 - total["Px"]**2 - total["Py"]**2 - total["Pz"]**2)
    found = uproot.open(tmp_path / "out.root")["events/mass"].array().to_numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-12)
