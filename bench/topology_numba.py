# SPDX-License-Identifier: Apache-2.0
"""What uproot, awkward-array, numba and pyarrow make of the topology recipe, on one thread.

usage: topology_numba.py OUTPUT FILE … [--mode M] [--kernel cells|pairs] [--type T] [--codec C]
                         [--events N] [--runs N]

Prints one line of JSON: the events read and taken, and of the best of several runs the seconds, all
and of each stage. What numba compiles is compiled before, on the first events. --events: of each
file the first.
"""

import argparse
import itertools
import json
import time

import awkward as ak
import numba
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import topology_kernel as kernel
import uproot

GROUP = 1000  # events of one row group
LEAVES = {"EFlowTrack": ("PT", "Eta", "Phi", "PID", "Charge", "X", "Y", "Z"),
          "EFlowPhoton": ("ET", "Eta", "Phi"), "EFlowNeutralHadron": ("ET", "Eta", "Phi"),
          "Electron": ("PT", "Eta", "Phi", "Charge"), "Muon": ("PT", "Eta", "Phi", "Charge"),
          "Jet": ("PT", "Eta", "BTag"), "MissingET": ("MET", "Phi")}


class Stages:
    """Seconds of each stage of a run."""

    def __init__(self):
        self.seconds = dict.fromkeys(("read_s", "compute_s", "write_s"), 0.0)
        self.last = time.perf_counter()

    def ends(self, stage):
        now = time.perf_counter()
        self.seconds[stage] += now - self.last
        self.last = now


def collections_of(chunk, muons):
    """Offsets [collection, event] and, of each collection, the values of its leaves."""
    offsets, values = [], []
    for name, leaves in LEAVES.items():
        name = muons if name == "Muon" else name
        layouts = [ak.to_layout(chunk[f"{name}.{leaf}"]).to_ListOffsetArray64(True)
                   for leaf in leaves]
        offsets.append(layouts[0].offsets.data)
        values.append(tuple(native(layout.content.data) for layout in layouts))
    return np.array(offsets, np.int64), values


def native(values):
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def table_of(rows, high, ends):
    """Without a copy."""
    width = kernel.N_COLUMNS
    low = pa.FixedSizeListArray.from_arrays(pa.array(rows.reshape(-1)), width)
    return pa.table({
        "hfeatures": pa.FixedSizeListArray.from_arrays(pa.array(high.reshape(-1)), kernel.N_HIGH),
        "lfeatures": pa.ListArray.from_arrays(pa.array(ends.astype("i4")), low)})


def writer_of(path, codec, kind):
    name, _, level = codec.partition(":")
    kind = pa.from_numpy_dtype(np.dtype(kind))
    schema = pa.schema({"hfeatures": pa.list_(kind, kernel.N_HIGH),
                        "lfeatures": pa.list_(pa.list_(kind, kernel.N_COLUMNS))})
    return pa.parquet.ParquetWriter(path, schema, compression=name, use_dictionary=False,
                                    data_page_size=1 << 18,
                                    compression_level=int(level) if level else None)


def chunks(path, n_events):
    """Pieces of a file's events: offsets, and the values of each collection's leaves."""
    with uproot.open(path) as file:
        tree = file["Delphes"]
        branches = {key.rsplit("/", 1)[-1]: key for key in tree.keys()}
        muons = "MuonTight" if "MuonTight.PT" in branches else "Muon"
        wanted = [branches[f"{muons if name == 'Muon' else name}.{leaf}"]
                  for name, leaves in LEAVES.items() for leaf in leaves]
        for chunk in tree.iterate(wanted, step_size="100 MB", entry_stop=n_events, how=dict):
            yield collections_of({key.rsplit("/", 1)[-1]: chunk[key] for key in chunk}, muons)


def run(options, n_events):
    stages = Stages()
    n_in = n_out = 0
    rows = np.empty((GROUP * (1 + int(kernel.CAPS.sum())), kernel.N_COLUMNS), options.type)
    high, ends = np.empty((GROUP, kernel.N_HIGH), options.type), np.zeros(GROUP + 1, np.int64)
    with writer_of(options.output, options.codec, options.type) as writer:
        for offsets, (*particles, electrons, muons, jets, met) in itertools.chain.from_iterable(
                chunks(path, n_events) for path in options.files):
            # Cells are for angles within ±π.
            regular = all(len(phi) == 0 or abs(phi).max() < 3.15 for _, _, phi, *_ in particles)
            stages.ends("read_s")
            n = offsets.shape[1] - 1
            for first in range(0, n, GROUP):
                taken, filled = kernel.process(
                    first, min(first + GROUP, n), offsets, tuple(particles), (electrons, muons),
                    jets, met, options.mode == "fixed", options.kernel == "cells" and regular, rows,
                    high, ends)
                stages.ends("compute_s")
                writer.write_table(table_of(rows[:filled], high[:taken], ends[:taken + 1]))
                stages.ends("write_s")
                n_out += taken
            n_in += n
        stages.ends("read_s")
    stages.ends("write_s")
    return {"events": n_in, "taken": n_out, "seconds": sum(stages.seconds.values()),
            **stages.seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--mode", choices=("compat", "fixed"), default="fixed")
    parser.add_argument("--kernel", choices=("cells", "pairs"), default="cells")
    parser.add_argument("--type", choices=("float32", "float64"), default="float64")
    parser.add_argument("--codec", default="zstd:1")
    parser.add_argument("--events", type=int)
    parser.add_argument("--runs", type=int, default=1)
    options = parser.parse_args()
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    numba.set_num_threads(1)
    run(options, 10)
    results = [run(options, options.events) for _ in range(options.runs)]
    best = min(results, key=lambda one: one["seconds"])
    print(json.dumps(best | {"version": f"uproot {uproot.__version__}, awkward {ak.__version__}, "
                             f"numba {numba.__version__}, pyarrow {pa.__version__}"}))


if __name__ == "__main__":
    main()
