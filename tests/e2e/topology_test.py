# SPDX-License-Identifier: Apache-2.0
"""`beamline ingest --recipe topology` gives the golden values, and of random events what the recipe
in NumPy gives; in every format, in parts, with what a configuration takes along."""

import json
import os
import pathlib
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
