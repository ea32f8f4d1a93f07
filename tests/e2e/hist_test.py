# SPDX-License-Identifier: Apache-2.0
"""`beamline hist`: contents and errors as NumPy counts them, in every form."""

import csv
import json
import os
import pathlib
import sys
import xml.etree.ElementTree

import awkward as ak
import numpy as np
import pytest
import uproot

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from command import run  # noqa: E402

N = 5000


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    path = tmp_path_factory.mktemp("hist") / "sample.root"
    rng = np.random.default_rng(3)
    counts = rng.poisson(2, N)
    x = rng.normal(10, 5, N)
    x[::100] = np.nan
    with uproot.recreate(path) as file:
        for name in ("Events", "Other"):
            file.mktree(name, {"x": "f8", "weight": "f8", "pt": "var * float32"}).extend(
                {"x": x, "weight": rng.choice([-0.5, 1.5], N),
                 "pt": ak.unflatten(rng.exponential(30, counts.sum()).astype("f4"), counts)})
    return path


def events(sample):
    return uproot.open(sample)["Events"].arrays()


def expected(values, weights, edges):
    contents, _ = np.histogram(values, edges, weights=weights)
    squares, _ = np.histogram(values, edges, weights=weights**2)
    return contents, np.sqrt(squares)


def check(found, values, weights):
    edges = np.array(found["edges"])
    contents, errors = expected(values, weights, edges)
    np.testing.assert_allclose(found["contents"], contents, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found["errors"], errors, rtol=1e-12, atol=1e-12)
    assert found["underflow"] == pytest.approx(np.sum(weights[values < edges[0]]))
    assert found["overflow"] == pytest.approx(np.sum(weights[values >= edges[-1]]))
    inside = (values >= edges[0]) & (values < edges[-1])
    mean = np.average(values[inside], weights=weights[inside])
    assert found["mean"] == pytest.approx(mean, rel=1e-12)
    square = np.average((values[inside] - mean)**2, weights=weights[inside])
    assert found["std"] == pytest.approx(np.sqrt(square), rel=1e-9)


@pytest.mark.parametrize("threads", [1, 2])
def test_numbers_and_lists_weighted(sample, threads):
    printed, _ = run("hist", sample, "-T", "Events", "-x", "x", "-x", "pt", "--weight", "weight",
                     "--bins", "40,0,20", "-w", "x < 18 or isnan(x)", "--json", "-t", threads)
    e = events(sample)
    e = e[(e.x < 18) | np.isnan(e.x)]
    of_x, of_pt = json.loads(printed)["histograms"]
    there = ~np.isnan(e.x)
    assert (of_x["missing"], of_x["entries"]) == (np.sum(~there), np.sum(there))
    check(of_x, e.x[there].to_numpy(), e.weight[there].to_numpy())
    weights = ak.flatten(ak.broadcast_arrays(e.weight, e.pt)[0]).to_numpy()
    check(of_pt, ak.flatten(e.pt).to_numpy().astype("f8"), weights)


def test_limits_are_found(sample):
    printed = run("hist", sample, "-T", "Events", "-x", "pt", "--json")[0]
    found = json.loads(printed)["histograms"][0]
    values = ak.flatten(events(sample).pt).to_numpy().astype("f8")
    check(found, values, np.ones(len(values)))
    assert found["underflow"] == found["overflow"] == 0
    width = found["edges"][1] - found["edges"][0]
    assert f"{width:e}"[0] in "125" and 20 <= len(found["contents"]) <= 51


def test_edges_and_a_constant(sample):
    found = json.loads(run("hist", sample, "-T", "Events", "-x", "pt", "--edges", "0,1,5,20.5,300",
                           "--json")[0])["histograms"][0]
    values = ak.flatten(events(sample).pt).to_numpy().astype("f8")
    check(found, values, np.ones(len(values)))
    one = json.loads(run("hist", sample, "-T", "Events", "-x", "7", "--json")[0])["histograms"][0]
    assert sum(one["contents"]) == N and one["mean"] == 7 and one["std"] == 0


def test_files(sample, tmp_path):
    options = ["-T", "Events", "-x", "x", "-x", "x / 2", "--weight", "weight", "--bins", "30,-5,25"]
    out = {form: tmp_path / f"h.{form}" for form in ("root", "csv", "svg", "pdf")}
    for path in out.values():
        run("hist", sample, *options, "-o", path)
        assert "already exists" in run("hist", sample, *options, "-o", path, code=4)[1]
        run("hist", sample, *options, "-o", path, "--overwrite")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["h.csv", "h.pdf", "h.root", "h.svg"]
    found = json.loads(run("hist", sample, *options, "--json")[0])["histograms"]
    rows = list(csv.DictReader(out["csv"].open(encoding="utf-8")))
    file = uproot.open(out["root"])
    for k, of in enumerate(found):
        h = file[f"h{k}"]
        assert (h.values().tolist(), h.errors().tolist()) == (of["contents"], of["errors"])
        assert h.axis().edges().tolist() == of["edges"]
        assert h.member("fEntries") == of["entries"] and h.title == ["x", "x / 2"][k]
        assert h.values(flow=True)[[0, -1]].tolist() == [of["underflow"], of["overflow"]]
        assert [float(row[f"content_{k}"]) for row in rows[1:-1]] == of["contents"]
        assert (float(rows[0]["low"]), float(rows[-1]["high"])) == (-np.inf, np.inf)
    texts = [text.text for text in xml.etree.ElementTree.parse(out["svg"]).getroot()
             if text.tag.endswith("text")]
    assert {"x", "x / 2", "sum of weights"} <= set(texts)
    assert out["pdf"].read_bytes().startswith(b"%PDF-")


def test_terminal(sample):
    lines = run("hist", sample, "-T", "Events", "-x", "x", "--bins", "4,0,20")[0].splitlines()
    assert lines[0].startswith("x: 4950 entries, mean") and "missing or NaN 50" in lines[-1]
    contents, _ = expected(events(sample).x[~np.isnan(events(sample).x)].to_numpy(), np.ones(4950),
                           np.linspace(0, 20, 5))
    bars = [line.count("█") for line in lines[1:-1]]
    assert [int(float(line.split()[2])) for line in lines[1:-1]] == contents.tolist()
    assert max(bars) == bars[int(np.argmax(contents))]


@pytest.mark.parametrize("arguments, code, message", [
    (["-x", "xx"], 3, "no column 'xx'; did you mean 'x'"),
    (["-x", "x", "--bins", "5,3,1"], 2, "should be N or N,LOW,HIGH"),
    (["-x", "x", "--edges", "1,0"], 2, "should be ascending numbers"),
    (["-x", "x", "--weight", "pt"], 6, "it is one value an event"),
    (["-x", "x", "-o", "h.png"], 6, "written as .pdf, .svg, .root or .csv"),
    ([], 2, "--expr is missing"),
])
def test_errors(sample, arguments, code, message):
    assert message in run("hist", sample, "-T", "Events", *arguments, code=code)[1]


def test_dimuon_mass(tmp_path):
    if "BEAMLINE_DATA" not in os.environ:
        pytest.skip("BEAMLINE_DATA does not name a folder of real files")
    path = pathlib.Path(os.environ["BEAMLINE_DATA"], "root/skhep/uproot-HZZ.root")
    mass = ("sqrt((Muon_E[0]+Muon_E[1])**2 - (Muon_Px[0]+Muon_Px[1])**2"
            " - (Muon_Py[0]+Muon_Py[1])**2 - (Muon_Pz[0]+Muon_Pz[1])**2)")
    found = json.loads(run("hist", path, "-x", mass, "-w", "NMuon == 2", "--bins", "60,60,120",
                           "--json")[0])["histograms"][0]
    peak = np.argmax(found["contents"])
    assert found["edges"][peak] <= 91.2 <= found["edges"][peak + 2]
