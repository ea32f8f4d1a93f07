# SPDX-License-Identifier: Apache-2.0
"""The trees that are read: made by bench/make_trees.c, kept in the cache folder."""

import hashlib
import os
import pathlib
import subprocess
import sys
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
GENERATOR = ("make_trees.c", "trees.c", "trees.h", "values.c", "values.h")
PROCESSES = ("qcd", "ttbar", "wjets")  # of generated events, in the order of their labels
TREES = ("nano", "physlite", "delphes")
# With the levels that experiments use; LZMA's 9 would take too long to write.
CODECS = {"none": "none", "lz4": "lz4:4", "zstd": "zstd:5", "zlib": "zlib:6", "lzma": "lzma:4"}
# Writing lzma is some fifty times slower than the others: its files are smaller.
SHARES = {"lzma": 0.25}


class Input(NamedTuple):
    tree: str
    codec: str  # with its level
    path: pathlib.Path


def cache():
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    cache_folder = os.environ.get("BEAMLINE_CACHE") or pathlib.Path(home, "beamline")
    return pathlib.Path(cache_folder, "bench")


def version():
    """Of the generator: other sources, other files."""
    text = b"".join((HERE / name).read_bytes() for name in GENERATOR)
    return hashlib.sha256(text).hexdigest()[:8]


def make(build, folder, tree, codec, megabytes, fresh=False):
    """The file of that tree, written where it is not there yet; one of an older version goes."""
    megabytes = max(1, round(megabytes * SHARES.get(codec, 1)))
    stem = f"{tree}-{CODECS[codec].replace(':', '')}-{megabytes}MB"
    path = folder / f"{stem}-{version()}.root"
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{stem}-*.root"):
        if old != path or fresh:
            old.unlink()
    if not path.exists():
        print(f"making {path.name}", file=sys.stderr, flush=True)
        subprocess.run([build / "bench" / "make_trees", tree, str(megabytes), CODECS[codec], path],
                       stdout=subprocess.DEVNULL, check=True)
    read_from_disk(path)
    return Input(tree, CODECS[codec], path)


def generate(beamline, folder, n):
    """Files of generated events, a third of n of each process, there already or new."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"topology-{process}-{n // len(PROCESSES)}.root" for process in PROCESSES]
    for process, path in zip(PROCESSES, paths, strict=True):
        if not path.exists():
            subprocess.run([beamline, "generate", "--process", process, "--events",
                            str(n // len(PROCESSES)), "--output", path, "-q"], check=True)
    return paths


def read_from_disk(path):
    """Puts a file into the page cache as reading does; a file just written lies there in smaller
    pieces, which everybody reads more slowly."""
    with path.open("rb", buffering=0) as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while file.read(1 << 22):
            pass
