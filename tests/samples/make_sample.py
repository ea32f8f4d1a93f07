# SPDX-License-Identifier: Apache-2.0
"""Writes a NanoAOD-like ROOT file: one tree, Events, with flat, jagged, string and bool branches.

usage: make_sample.py FILE [EVENTS]
The same arguments give the same values. Prints one JSON line: events and bytes of the values.
"""

import json
import sys

import awkward
import numpy
import uproot

SEED = 20240229
CHUNK_EVENTS = 50_000


def jagged(rng, events, mean, columns):
    """Lists of one length an event; `columns` maps a name to a function of the number of values."""
    counts = rng.poisson(mean, events)
    fields = {}
    for name, draw in columns.items():
        fields[name] = awkward.unflatten(draw(int(counts.sum())), counts)
    return awkward.zip(fields)


def chunk(rng, first, events):
    def pt(n):
        return (20 + rng.exponential(25, n)).astype("f4")

    def eta(n):
        return rng.normal(0, 1.6, n).astype("f4")

    def phi(n):
        return rng.uniform(-numpy.pi, numpy.pi, n).astype("f4")

    def charge(n):
        return rng.choice(numpy.array([-1, 1], "i4"), n)

    def flag(n):
        return rng.random(n) < 0.8

    triggers = numpy.array(["HLT_IsoMu24", "HLT_Ele32_WPTight", "HLT_PFMET120", ""])
    return {
        "run": numpy.full(events, 362_760, "u4"),
        "luminosityBlock": (1 + numpy.arange(first, first + events) // 1000).astype("u4"),
        "event": numpy.arange(first, first + events, dtype="u8") * 7919 + 1,
        "genWeight": rng.normal(1, 0.2, events).astype("f4"),
        "MET_pt": rng.exponential(30, events).astype("f4"),
        "MET_phi": phi(events),
        "PV_z": rng.normal(0, 3.5, events),
        "HLT_IsoMu24": flag(events),
        "trigger": awkward.Array(triggers[rng.integers(0, 4, events)].tolist()),
        "Muon": jagged(rng, events, 1.4, {"pt": pt, "eta": eta, "phi": phi, "charge": charge,
                                          "tightId": flag}),
        "Jet": jagged(rng, events, 4.5, {"pt": pt, "eta": eta, "phi": phi}),
    }


def main():
    path = sys.argv[1]
    events = int(sys.argv[2]) if len(sys.argv) > 2 else 200_000
    rng = numpy.random.default_rng(SEED)
    value_bytes = 0
    with uproot.recreate(path, compression=uproot.ZSTD(5)) as file:
        tree = None
        for first in range(0, events, CHUNK_EVENTS):
            data = chunk(rng, first, min(CHUNK_EVENTS, events - first))
            value_bytes += sum(column.nbytes for column in data.values())
            if tree is None:
                types = {name: getattr(column, "dtype", None) or column.type.content
                         for name, column in data.items()}
                tree = file.mktree("Events", types)
                # Two codecs in one file, as files of long-lived experiments have.
                for name in ("Jet_pt", "Jet_eta", "event"):
                    tree[name].compression = uproot.ZLIB(4)
            tree.extend(data)
    print(json.dumps({"events": events, "value_bytes": int(value_bytes)}))


if __name__ == "__main__":
    main()
