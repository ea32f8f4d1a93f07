#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What does it cost to train from shards on a disk? Epochs of the published networks, read again
each time, beside epochs of events that are kept in memory; and how long steps waited for events.

usage: bench/training.py BUILD [--events N] [--networks sequence,hlf] [--epochs N] [--threads N]
                         [--warm] [--folder CACHE] [--output FILE.md]

Events are generated, a third of N of each process, and prepared once. Shards are put out of the
page cache before a run, unless --warm. The first epoch is left out: there, both read. Beside them,
the rate at which the disk gives the same shards. The best epoch counts, and the sum of waiting.
"""

import argparse
import csv
import os
import pathlib
import shutil
import subprocess
import sys
import time

import inputs
import quality

TOP = pathlib.Path(__file__).resolve().parent.parent
EPOCHS = {"hlf": 20, "sequence": 3, "inclusive": 3}


def forget(data):
    """Puts shards out of the page cache."""
    for path in data.glob("*.arrow"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def disk_rate(data):
    """Bytes a second of reading the shards of the training part."""
    forget(data)
    start, n = time.perf_counter(), 0
    for path in data.glob("train-*.arrow"):
        with path.open("rb", buffering=0) as file:
            while block := file.read(1 << 22):
                n += len(block)
    return n, n / (time.perf_counter() - start)


def train(beamline, data, name, run, options, *more):
    """-> rows of the history but the first"""
    shutil.rmtree(run, ignore_errors=True)
    if not options.warm:
        forget(data)
    command = [beamline, "train", "-q", "-c", data, "-m", TOP / f"examples/{name}.yaml", "-o", run,
               "--epochs", options.epochs or EPOCHS[name], "--patience", 0, "--threads",
               options.threads, *more]
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    with (run / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [{key: float(value) for key, value in row.items()} for row in rows[1:]]


def row(name, disk, memory):
    """A line of the table; seconds without validation are not told apart, so both have it."""
    best = {key: min(one["seconds"] for one in rows) for key, rows in
            (("disk", disk), ("memory", memory))}
    waited = sum(one["waited"] for one in disk) / sum(one["seconds"] for one in disk)
    events = disk[0]["events"]
    return (f"| {name} | {events / best['disk']:,.0f} | {events / best['memory']:,.0f} "
            f"| {best['disk'] / best['memory'] - 1:+.1%} | {waited:.1%} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--networks", default="sequence,hlf")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--warm", action="store_true")
    parser.add_argument("--folder", type=pathlib.Path, default=inputs.cache().parent / "quality")
    parser.add_argument("--output", type=pathlib.Path)
    options = parser.parse_args()
    beamline = options.build.resolve() / "src/beamline"
    folder = options.folder / f"{options.events}-{quality.STEPS}"
    folder.mkdir(parents=True, exist_ok=True)
    data = quality.prepare(beamline, folder, options.events)
    size, rate = disk_rate(data)
    lines = ["# Training from shards", "",
             f"Made by bench/training.py, which says how: {options.threads} threads, "
             f"{'in the page cache' if options.warm else 'page cache emptied first'}. The training "
             f"part has {size / 1e9:.2f} GB, read alone at {rate / 1e9:.2f} GB/s.", "",
             "| network | events/s from shards | from memory | cost of reading | waiting |",
             "|---|--:|--:|--:|--:|"]
    for name in options.networks.split(","):
        run = folder / f"training-{name}"
        disk = train(beamline, data, name, run, options)
        memory = train(beamline, data, name, run, options, "--keep-in-memory", "--memory", "12G")
        lines.append(row(name, disk, memory))
    print("\n".join(lines))
    if options.output:
        options.output.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
