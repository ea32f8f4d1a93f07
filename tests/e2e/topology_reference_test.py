# SPDX-License-Identifier: Apache-2.0
"""The recipe in NumPy gives the golden values of an independent program, in both modes."""

import json
import os
import pathlib
import sys

import numpy as np
import pytest
import uproot

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import topology_reference as reference  # noqa: E402

DATA = os.environ.get("BEAMLINE_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="BEAMLINE_DATA is not set")


def results(mode):
    with uproot.open(pathlib.Path(DATA, "root", "misc", "delphes_seungjin.root")) as file:
        return [reference.topology(event, mode)
                for event in reference.read_events(file["Delphes"], "Muon")]


def near(found, wanted):
    """1e-12 of the value; of sums that cancel, of what was summed."""
    return np.allclose(found, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("mode", reference.MODES)
def test_golden(mode):
    golden = pathlib.Path(DATA, "topology", "golden")
    events = json.loads((golden / "golden.json").read_text("utf-8"))["events"]
    wanted = {one["event"]: one for one in events if one["mode"] == mode}
    found = results(mode)
    taken = [i for i, one in enumerate(found) if one[0] == reference.TAKEN]
    assert taken == sorted(wanted) == [3, 4, 5, 6]
    for i in taken:
        _, high, rows = found[i]
        assert near(high, wanted[i]["hlf"])
        assert len(rows) == wanted[i]["n_particles"]
        low = np.fromfile(golden / f"{mode}_ev{i}_lf.f64").reshape(801, 19)
        assert near(reference.padded(rows), low)


def test_modes_differ():
    """Both flavours pass in event 5; what stops the others is the same."""
    compat, fixed = results("compat"), results("fixed")
    assert [one[0] for one in compat] == [one[0] for one in fixed]
    assert (compat[5][1][13], fixed[5][1][13]) == (0, 1)
