# SPDX-License-Identifier: Apache-2.0
"""`beamline generate`: what is in the file, that it is the same however it is made, and that its
events look as those of the published samples do."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import awkward as ak
import numpy as np
import pytest
import uproot

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import topology_reference as reference  # noqa: E402
from command import run  # noqa: E402

PROCESSES = ("qcd", "ttbar", "wjets")  # Event.ProcessID is the place of each
N = 2000
LEAVES = {"Event": ["Number", "ProcessID", "Weight"],
          "EFlowTrack": ["PID", "Charge", "PT", "Eta", "Phi", "X", "Y", "Z"],
          "EFlowPhoton": ["ET", "Eta", "Phi", "E"],
          "EFlowNeutralHadron": ["ET", "Eta", "Phi", "E"],
          "Electron": ["PT", "Eta", "Phi", "Charge"], "MuonTight": ["PT", "Eta", "Phi", "Charge"],
          "Jet": ["PT", "Eta", "Phi", "Mass", "BTag"], "MissingET": ["MET", "Eta", "Phi"]}
# Selected by the recipe, of the published samples (mode "compat").
EFFICIENCY = {"qcd": 0.104, "ttbar": 0.542, "wjets": 0.681}
W_MASS, TOP_MASS = 80.4, 172.8


def generate(path, process, n, *options):
    run("generate", "--process", process, "--events", n, "--output", path, "-q", *options)
    return path


def read(path):
    tree = uproot.open(path)["Delphes"]
    names = [f"{name}.{leaf}" for name, leaves in LEAVES.items() for leaf in leaves]
    names += [f"{name}_size" for name in LEAVES]
    return {name: tree[name].array() for name in names}


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generate")
    return {process: generate(folder / f"{process}.root", process, N) for process in PROCESSES}


@pytest.fixture(scope="module")
def events(samples):
    return {process: read(path) for process, path in samples.items()}


@pytest.fixture(scope="module")
def selected(samples):
    """Of each process the events that the recipe takes, as (event, lepton, maps)."""
    found = {}
    for process, path in samples.items():
        tree = uproot.open(path)["Delphes"]
        all_of = ((event, *reference.select(event, "compat"))
                  for event in reference.read_events(tree, more=("Jet.Phi", "Jet.Mass")))
        found[process] = [(event, lepton, maps) for event, cut, lepton, maps in all_of
                          if cut == reference.TAKEN]
    return found


# ---- the file ----

@pytest.mark.parametrize("end", ["root", "parquet"])
def test_bytes_depend_on_no_thread(tmp_path, end):
    for n in (1, 2):  # a ROOT file knows its name
        (tmp_path / str(n)).mkdir()
    one, two = (generate(tmp_path / f"{n}/a.{end}", "ttbar", 300, "-t", n).read_bytes()
                for n in (1, 2))
    assert one == two
    other = generate(tmp_path / f"other.{end}", "ttbar", 300, "--seed", 2).read_bytes()
    assert other != one


def test_ranges_make_the_whole(tmp_path):
    seed = ("--seed", 2**64 - 1)
    whole = read(generate(tmp_path / "whole.root", "qcd", 250, *seed))
    left = read(generate(tmp_path / "left.root", "qcd", 97, *seed))
    right = read(generate(tmp_path / "right.root", "qcd", 153, "--first-event", 97, *seed))
    for name, values in whole.items():
        assert ak.array_equal(values, ak.concatenate([left[name], right[name]])), name
    assert ak.flatten(whole["Event.Number"]).tolist() == list(range(250))


def test_other_formats_have_structs(tmp_path):
    there = read(generate(tmp_path / "a.root", "wjets", 100))
    table = ak.from_parquet(generate(tmp_path / "a.parquet", "wjets", 100))
    assert table.fields == [f for name in LEAVES for f in (name, f"{name}_size")]
    for name, leaves in LEAVES.items():
        assert table[name].fields == leaves
        for leaf in leaves:
            assert ak.array_equal(table[name][leaf], there[f"{name}.{leaf}"],
                                  check_parameters=False)


def test_negative_weights_change_nothing_else(tmp_path):
    plain = read(generate(tmp_path / "plain.root", "wjets", 1000))
    signed = read(generate(tmp_path / "signed.root", "wjets", 1000, "--negative-fraction", 0.2))
    assert ak.all(plain.pop("Event.Weight") == 1)
    weights = ak.flatten(signed.pop("Event.Weight")).to_numpy()
    assert set(weights) == {1, -1}
    assert abs(np.mean(weights < 0) - 0.2) < 5 * np.sqrt(0.2 * 0.8 / 1000)
    for name, values in plain.items():
        assert ak.array_equal(values, signed[name]), name


@pytest.mark.parametrize("process", PROCESSES)
def test_what_is_in_every_event(events, process):
    e = events[process]
    assert ak.all(e["Event.ProcessID"] == PROCESSES.index(process))
    for name, leaves in LEAVES.items():
        for leaf in leaves:
            assert ak.all(ak.num(e[f"{name}.{leaf}"]) == e[f"{name}_size"])
        for leaf in {"PT", "ET", "MET"} & set(leaves):
            assert ak.all(e[f"{name}.{leaf}"] > 0)
        if "Phi" in leaves:
            assert ak.all(abs(e[f"{name}.Phi"]) <= np.float32(np.pi))
    assert ak.all(e["Event_size"] == 1) and ak.all(e["MissingET_size"] == 1)
    assert ak.all(abs(e["EFlowTrack.Eta"]) <= 2.5)
    pid, charge = e["EFlowTrack.PID"], e["EFlowTrack.Charge"]
    assert set(np.unique(np.abs(ak.flatten(pid)))) == {11, 13, 211, 321, 2212}
    is_lepton = abs(pid) < 20
    assert ak.all(charge == np.sign(pid) * ak.where(is_lepton, -1, 1))
    for name in ("EFlowPhoton", "EFlowNeutralHadron"):
        et, eta, energy = (e[f"{name}.{leaf}"] for leaf in ("ET", "Eta", "E"))
        assert ak.all(abs(eta) <= 5)
        assert np.allclose(ak.flatten(et * np.cosh(eta)), ak.flatten(energy), rtol=1e-5)
    assert ak.all(e["Jet.PT"] > 20) and set(np.unique(ak.flatten(e["Jet.BTag"]))) == {0, 1}
    for name in ("Jet", "Electron", "MuonTight"):
        assert ak.all(e[f"{name}.PT"][:, :-1] >= e[f"{name}.PT"][:, 1:])


@pytest.mark.parametrize("process", PROCESSES)
def test_leptons_are_among_the_tracks(events, process):
    e = events[process]
    for name, pid in (("Electron", 11), ("MuonTight", 13)):
        lepton = ak.zip({leaf: e[f"{name}.{leaf}"] for leaf in LEAVES[name]})
        track = ak.zip({leaf: e[f"EFlowTrack.{leaf}"] for leaf in (*LEAVES[name], "PID")})
        left, right = ak.unzip(ak.cartesian([lepton, track], nested=True))
        same = abs(right.PID) == pid
        for leaf in LEAVES[name]:
            same = same & (left[leaf] == right[leaf])
        assert ak.all(ak.sum(same, axis=2) == 1)
        assert ak.sum(e[f"{name}_size"]) > 0.1 * N


# ---- the physics ----

@pytest.mark.parametrize("process", PROCESSES)
def test_as_many_are_selected_as_published(selected, process):
    assert abs(len(selected[process]) / N - EFFICIENCY[process]) < 0.03


def test_multiplicities(events, selected):
    """About 300 tracks, 430 photons and 340 neutral hadrons are published, 1070 together, and
    sequences of 300 to 800 rows; no amount of pile-up gives all three."""
    for process in PROCESSES:
        n = [ak.mean(events[process][f"{name}_size"])
             for name in ("EFlowTrack", "EFlowPhoton", "EFlowNeutralHadron")]
        assert abs(sum(n) / 1070 - 1) < 0.1
        assert 300 < n[0] < 440 and 300 < n[1] < 430 and 300 < n[2] < 360
    rows = [1 + sum(min(len(around.pt), reference.CAPS[name]) for name, around in maps.items())
            for _, _, maps in selected["ttbar"]]
    assert 400 < np.median(rows) < 550 and np.mean(np.array(rows) > 300) > 0.9


def delta_phi(a, b):
    return np.abs(np.remainder(a - b + np.pi, 2 * np.pi) - np.pi)


def test_w_bosons_have_their_mass(selected):
    """The transverse mass of lepton and neutrino has an edge there."""
    mass = np.array([reference.high_level(event, lepton, "fixed")[3]
                     for event, lepton, _ in selected["wjets"]])
    counts, edges = np.histogram(mass, 15, (0, 150))
    peak = edges[np.argmax(counts)]
    assert 60 <= peak <= 80
    assert np.mean(mass > 110) < 0.08 and np.mean(mass < 40) < 0.25


def momenta(event, which):
    pt, eta, phi, mass = (event[f"Jet.{leaf}"][which].astype("f8")
                          for leaf in ("PT", "Eta", "Phi", "Mass"))
    return np.stack([np.sqrt((pt * np.cosh(eta))**2 + mass**2), pt * np.cos(phi),
                     pt * np.sin(phi), pt * np.sinh(eta)], axis=1)


def mass_of(p):
    return np.sqrt(max(p[0]**2 - np.sum(p[1:]**2), 0))


def test_tops_have_their_mass(selected):
    """Two jets of a W and that b jet which is farther from the lepton, in events with exactly two
    b jets and two others: their masses peak where they should."""
    w_masses, top_masses = [], []
    for event, lepton, _ in selected["ttbar"]:
        good = (event["Jet.PT"] > 30) & (np.abs(event["Jet.Eta"]) < 2.5)
        # an isolated lepton may be a jet of its own
        good &= np.hypot(event["Jet.Eta"] - lepton.vector.eta,
                         delta_phi(event["Jet.Phi"], lepton.vector.phi)) > 0.4
        tagged = event["Jet.BTag"] > 0
        others = momenta(event, good & ~tagged)
        if np.sum(good & tagged) != 2 or len(others) != 2:
            continue
        bottoms = momenta(event, good & tagged)
        far = np.argmax(delta_phi(event["Jet.Phi"][good & tagged], lepton.vector.phi))
        w_masses.append(mass_of(others.sum(axis=0)))
        top_masses.append(mass_of(others.sum(axis=0) + bottoms[far]))
    w_masses, top_masses = np.array(w_masses), np.array(top_masses)
    assert len(w_masses) > 50
    near_w = np.abs(w_masses - W_MASS) < 20
    assert np.mean(near_w) > 0.3  # of a flat spectrum it would be a tenth
    assert abs(np.median(w_masses[near_w]) - W_MASS) < 6
    near_top = np.abs(top_masses[near_w] - TOP_MASS) < 35
    assert np.mean(near_top) > 0.4
    # jets are not corrected for what falls beside them
    assert 0.87 < np.median(top_masses[near_w][near_top]) / TOP_MASS < 1.03


def test_processes_differ_as_they_should(events, selected):
    high = {process: np.array([reference.high_level(event, lepton, "fixed")
                               for event, lepton, _ in selected[process]])
            for process in PROCESSES}
    mean = {process: dict(zip(reference.HIGH_LEVEL, values.mean(axis=0), strict=True))
            for process, values in high.items()}
    assert mean["ttbar"]["HT"] > 3 * mean["qcd"]["HT"] > 3 * mean["wjets"]["HT"]
    assert mean["ttbar"]["nBjets"] > 0.8 and mean["wjets"]["nBjets"] < 0.05
    assert mean["wjets"]["MET"] > 1.2 * mean["qcd"]["MET"]
    assert mean["wjets"]["LepCharge"] > 0.05  # more W+ than W−
    assert mean["qcd"]["LepIsoCh"] > 2 * mean["wjets"]["LepIsoCh"]
    # hadrons with b and c fly before they decay
    away = {process: ak.mean(np.hypot(events[process]["EFlowTrack.X"],
                                      events[process]["EFlowTrack.Y"]) > 0.3)
            for process in PROCESSES}
    assert away["ttbar"] > 3 * away["wjets"]


# ---- what goes wrong ----

GOOD = {"--process": "qcd", "--events": "10", "--output": "FILE"}


@pytest.mark.parametrize(("changes", "message"), [
    ({"--process": "higgs"}, "--process: 'higgs' is none of: ttbar wjets qcd"),
    ({"--events": None}, "--events is missing"),
    ({"--output": None}, "--output is missing"),
    ({"--events": "-1"}, "--events '-1' is no number from 0 to 9223372036854775807"),
    ({"--events": "1e3"}, "--events '1e3' is no number"),
    ({"--events": "9223372036854775808"}, "--events '9223372036854775808' is no number"),
    ({"--events": "5", "--first-event": "9223372036854775803"}, "goes past event"),
    ({"--seed": "18446744073709551616"}, "--seed '18446744073709551616' is no number"),
    ({"--seed": ""}, "--seed '' is no number"),
    ({"--negative-fraction": "1.5"}, "--negative-fraction '1.5' is not from 0 to 1"),
    ({"--negative-fraction": "nan"}, "--negative-fraction 'nan' is not from 0 to 1"),
    ({"--negative-fraction": "x"}, "--negative-fraction 'x' is not from 0 to 1"),
    ({"--output": "FILE.png"}, "FILE.png"),
])
def test_errors(tmp_path, changes, message):
    options = {key: value.replace("FILE", str(tmp_path / "a.root")) for key, value
               in (GOOD | changes).items() if value is not None}
    done = subprocess.run([os.environ["BEAMLINE"], "generate",
                           *(f"{key}={value}" for key, value in options.items())],
                          capture_output=True, text=True)
    assert done.returncode != 0
    assert done.stderr.startswith("beamline: generate: ")
    assert message.replace("FILE", "a.root") in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_replaced_unasked(tmp_path):
    path = tmp_path / "a.root"
    path.write_bytes(b"mine")
    _, said = run("generate", "-p", "qcd", "-n", 10, "-o", path, code=4)
    assert "--overwrite replaces it" in said and path.read_bytes() == b"mine"
    generate(path, "qcd", 10, "--overwrite")
    assert uproot.open(path)["Delphes"].num_entries == 10


def test_no_events_are_a_file_too(tmp_path):
    printed, _ = run("generate", "-p", "ttbar", "-n", 0, "-o", tmp_path / "a.root", "--json")
    assert '"events":0' in printed
    assert uproot.open(tmp_path / "a.root")["Delphes"].num_entries == 0


def test_interrupted_it_leaves_nothing(tmp_path):
    started = subprocess.Popen([os.environ["BEAMLINE"], "generate", "-p", "ttbar", "-n", "10000000",
                                "-o", tmp_path / "a.root", "-q"])
    time.sleep(1)
    started.send_signal(signal.SIGINT)
    assert started.wait(timeout=60) != 0
    assert list(tmp_path.iterdir()) == []


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))
