# SPDX-License-Identifier: Apache-2.0
"""Features that a program wrote into Parquet, compared with those of topology_reference.py."""

import awkward as ak
import numpy as np
import pyarrow.parquet
import topology_reference as reference
import uproot


def read(path):
    """(hfeatures, lfeatures) of each row; a folder's files follow each other by name. Padding, if
    there is any, is taken off: its rows are zero, no particle's is."""
    table = pyarrow.parquet.read_table(path, columns=["hfeatures", "lfeatures"])
    columns = [ak.from_arrow(table[name]) for name in table.column_names]
    for high, rows in zip(*columns, strict=True):
        rows = ak.to_numpy(rows)
        yield ak.to_numpy(high), rows[:np.flatnonzero(rows.any(axis=1))[-1] + 1]


def wanted(path, mode, n_events=None):
    """What the recipe gives for the events of a ROOT file, and how many of them there are."""
    with uproot.open(path) as file:
        tree = file["Delphes"]
        names = {key.rsplit("/", 1)[-1] for key in tree.keys()}
        muons = "MuonTight" if "MuonTight.PT" in names else "Muon"
        results = [reference.topology(event, mode)
                   for event in reference.read_events(tree, muons, stop=n_events)]
    return [(high, rows) for cut, high, rows in results if cut == reference.TAKEN], len(results)


def difference(found, wanted):
    """A sentence about the first value that is not there, or None. float32 has six digits."""
    for i, (mine, right) in enumerate(zip(found, wanted, strict=False)):
        for what, a, b in zip(("hfeatures", "lfeatures"), mine, right, strict=True):
            limit = 1e-12 if a.dtype == np.float64 else 2e-6
            if a.shape != b.shape:
                return f"taken event {i}: {what} are {a.shape}, not {b.shape}"
            far = ~np.isclose(a, b, rtol=limit, atol=limit)
            if far.any():
                where = tuple(int(k) for k in np.argwhere(far)[0])
                return f"taken event {i}: {what}{list(where)} is {a[where]}, not {b[where]}"
    return None if len(found) == len(wanted) else f"{len(found)} events taken, not {len(wanted)}"


def check(path, events, mode, n_events=None):
    """Fails unless the Parquet file holds the features of the ROOT file's events."""
    right, _ = wanted(events, mode, n_events)
    sentence = difference(list(read(path)), right)
    assert sentence is None, f"{path}: {mode}: {sentence}"
