#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ten gigabytes into every format and out of it again, within 200 MB of memory.

usage: formats_large.py BUILD FOLDER [--gigabytes N] [--only A,B]

A tree like NanoAOD, several times over as a chain, is converted under --memory 200M; what was
written is read under the same (`stats`). Each row tells the size, the seconds and the most memory
that the process had. FOLDER needs room for the largest file; each goes before the next comes.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "bench"))

import inputs  # noqa: E402

FORMATS = ["root", "parquet", "arrow", "arrows", "tfrecord", "h5", "csv", "jsonl"]
MEMORY = "200M"
MOST_KIB = 300 << 10  # the program itself and its libraries come on top of the budget


def peak_of(command):
    """(seconds, most KiB) of a process."""
    start = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(map(str, command))}: failed")
    return time.perf_counter() - start, usage.ru_maxrss


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--gigabytes", type=float, default=10)
    parser.add_argument("--only", default=",".join(FORMATS))
    arguments = parser.parse_args()
    beamline = arguments.build.resolve() / "src" / "beamline"
    source = inputs.make(arguments.build.resolve(), inputs.cache(), "nano", "lz4", 1000).path
    too_much = False
    for extension in arguments.only.split(","):
        target = arguments.folder / f"large.{extension}"
        once = arguments.folder / f"once.{extension}"
        convert = [beamline, "convert", "-q", "--memory", MEMORY, "--codec", "none"]
        peak_of([*convert, source, "-o", once, "--overwrite"])
        n = max(1, round(arguments.gigabytes * 1e9 / once.stat().st_size))
        once.unlink()
        seconds, kib = peak_of([*convert, *[source] * n, "-o", target, "--overwrite"])
        size = target.stat().st_size
        read_seconds, read_kib = peak_of([beamline, "stats", "-q", "--memory", MEMORY, target])
        target.unlink()
        too_much = too_much or max(kib, read_kib) > MOST_KIB
        print(f"{extension:9} {size / 1e9:6.2f} GB  written in {seconds:6.1f} s with "
              f"{kib / 1024:4.0f} MiB  read in {read_seconds:6.1f} s with "
              f"{read_kib / 1024:4.0f} MiB", flush=True)
    sys.exit(too_much)


if __name__ == "__main__":
    main()
