# SPDX-License-Identifier: Apache-2.0
"""`beamline init`: the configuration and the network that it writes are trained as they are."""

import pathlib
import sys

import awkward as ak
import numpy as np
import pytest
import uproot
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from command import run  # noqa: E402

N = 400


def write(path, shift, rng):
    """Jets with a list of other lengths called alike, a list as long as 40, numbers, a weight."""
    n_jets, n_links, n_hits = rng.poisson(2, N), rng.poisson(1, N), rng.integers(0, 41, N)

    def lists(counts, values):
        return ak.unflatten(values.astype("f4"), counts)

    with uproot.recreate(path) as file:
        names = {"MET": "f4", "constant": "f4", "event": "i8", "run": "i4", "genWeight": "f8",
                 "Jet_eta": "var * float32", "Jet_PT": "var * float32",
                 "Jet_matched": "var * float32", "hits": "var * float32"}
        file.mktree("Events", names).extend({
            "MET": rng.normal(shift, 1, N).astype("f4"), "constant": np.ones(N, "f4"),
            "event": np.arange(N), "run": np.ones(N, "i4"),
            "genWeight": rng.choice([-1.0, 3.0], N),
            "Jet_eta": lists(n_jets, rng.normal(0, 2, n_jets.sum())),
            "Jet_PT": lists(n_jets, rng.exponential(30, n_jets.sum())),
            "Jet_matched": lists(n_links, rng.normal(0, 1, n_links.sum())),
            "hits": lists(n_hits, rng.normal(0, 1, n_hits.sum()))})
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("init"), np.random.default_rng(5)
    return [write(folder / f"{name}.root", shift, rng)
            for name, shift in (("a", 3), ("b", 0), ("c", 3))]


def test_samples_are_called_as_input_says(files, tmp_path):
    signal, background, more = files
    text, _ = run("init", "-i", f"signal={signal}", "-i", f"background={background}",
                  "-i", f"signal={more}")
    samples = yaml.safe_load(text)["samples"]
    assert samples == {
        "signal": {"files": [str(signal), str(more)], "label": 1, "weight": "genWeight"},
        "background": {"files": [str(background)], "label": 0, "weight": "genWeight"}}
    assert list(yaml.safe_load(run("init", "-i", f"x={signal}", background)[0])["samples"]) == [
        "x", "b"]


def test_the_tree_of_events_is_found(tmp_path):
    path = tmp_path / "trees.root"
    with uproot.recreate(path) as file:
        file.mktree("Events", {"x": "f4"}).extend({"x": np.arange(3, dtype="f4")})
        file.mktree("Settings", {"text": "string"}).extend({"text": ["a", "b", "c", "d"]})
    assert yaml.safe_load(run("init", path)[0])["treename"] == "Events"


def test_lists_of_one_length_are_one_input(files):
    inputs = yaml.safe_load(run("init", *files[:2])[0])["inputs"]
    assert inputs["global"] == {"length": None, "vars": ["MET"]}
    assert inputs["Jet"]["vars"] == ["Jet_eta", "Jet_PT"]
    assert inputs["Jet"]["order"] == {"by": "Jet_PT"} and inputs["Jet"]["pad_mode"] == "none"
    assert inputs["Jet_matched"]["vars"] == ["Jet_matched"]
    assert inputs["hits"]["length"] == 32 and "order" not in inputs["hits"]
    assert set(inputs) == {"global", "Jet", "Jet_matched", "hits"}


def test_the_network_learns(files, tmp_path):
    data, network = tmp_path / "data.yaml", tmp_path / "network.yaml"
    _, said = run("init", "-i", f"signal={files[0]}", "-i", f"background={files[1]}", "-o", data,
                  "-m", network)
    assert f"beamline train -c {data} -m {network} -o run" in said
    run("train", "-c", data, "-m", network, "-o", tmp_path / "run", "--learning-rate", "0.01")
    history = (tmp_path / "run/history.csv").read_text("utf-8").splitlines()
    column = history[0].split(",").index("val_auc")
    best = max(float(line.split(",")[column]) for line in history[1:])
    assert best > 0.9  # three σ apart: 0.983 at best


def test_nothing_is_half_written(files, tmp_path):
    data, network = tmp_path / "data.yaml", tmp_path / "network.yaml"
    network.write_text("mine")
    arguments = ["init", *files[:2], "-o", data, "-m", network]
    assert f"{network}: already exists" in run(*arguments, code=4)[1]
    assert not data.exists() and network.read_text() == "mine"
    run(*arguments, "--overwrite")
    assert yaml.safe_load(network.read_text("utf-8"))["inputs"]["Jet"] == {
        "shape": [max(ak.num(uproot.open(f)["Events"]["Jet_PT"].array()).to_numpy().max()
                      for f in files[:2]), 2], "ragged": True}


def texts_of(folder):
    path = folder / "texts.json"
    path.write_text('{"name": "a"}\n{"name": "b"}\n')
    return path


def test_what_cannot_be(files, tmp_path):
    network = tmp_path / "network.yaml"
    assert "two samples" in run("init", files[0], "-m", network, code=2)[1]
    assert "no files" in run("init", code=2)[1]
    assert "should be NAME=URL" in run("init", "-i", files[0], code=2)[1]
    empty = tmp_path / "empty.root"
    with uproot.recreate(empty) as file:
        file.mktree("Events", {"constant": "f4"}).extend({"constant": np.ones(3, "f4")})
    assert "tree with numbers" in run("init", texts_of(tmp_path), code=3)[1]
    assert "no column is an input" in run("init", empty, empty, "-m", network, code=3)[1]
    assert not network.exists()
