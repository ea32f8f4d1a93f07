#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Twenty gigabytes prepared and trained on within 1 GB of memory, and killed now and then.

usage: prepare_large.py BUILD FOLDER [--gigabytes 20] [--memory 800M] [--kills 10]

Generated events, several times over as samples of different names, are prepared by the topology
recipe, and a GRU is trained for an epoch: once each to measure time and memory. Then each is killed
at random moments until it has been so often, with a tenth of the events, and resumed; what comes
out must equal, byte by byte, what an undisturbed run makes. FOLDER needs room for twice the input.
"""

import argparse
import filecmp
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "bench"))

import inputs  # noqa: E402

MOST_KIB = 1 << 20


def start(command):
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)


def peak_of(command):
    """(seconds, most KiB) of a process."""
    begun = time.perf_counter()
    process = start(command)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(map(str, command))}: failed")
    return time.perf_counter() - begun, usage.ru_maxrss


def killed(command, resume, seconds, n_kills):
    """Runs a command of so many seconds, killed at random moments n_kills times, to its end."""
    n = 0
    while True:
        process = start(command)
        try:
            moment = random.uniform(0, 1.5 * seconds / n_kills) if n < n_kills else None
            status = process.wait(moment)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            n += 1
            command = resume(command)
            continue
        if status:
            sys.exit(f"{' '.join(map(str, command))}: failed after {n} kills")
        return n


def same(one, other, patterns):
    """Says and counts the files that differ."""
    names = sorted(path.relative_to(one) for pattern in patterns for path in one.glob(pattern))
    wrong = [name for name in names if not filecmp.cmp(one / name, other / name, shallow=False)]
    for name in wrong:
        print(f"{name} differs", file=sys.stderr)
    return len(names) - len(wrong), len(wrong)


def configuration(path, files, copies):
    """The example's, with samples of so many names over the same files."""
    lines = ["samples:"]
    for copy in range(copies):
        for label, file in enumerate(files):
            lines.append(f"  {inputs.PROCESSES[label]}_{copy}: {{files: {file}, label: {label}}}")
    example = (TOP / "examples/topology.yaml").read_text()
    head, _, rest = example.partition("samples:")
    tail = [line for line in rest.splitlines()[1:]]
    while tail and (not tail[0] or tail[0].startswith((" ", "#"))):
        tail.pop(0)
    path.write_text(head + "\n".join(lines + tail) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--gigabytes", type=float, default=20)
    parser.add_argument("--memory", default="800M")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random.seed(options.seed)
    beamline = options.build.resolve() / "src" / "beamline"
    files = inputs.generate(beamline, inputs.cache(), 300_000)
    size = sum(file.stat().st_size for file in files)
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    yaml, model = folder / "data.yaml", TOP / "examples/sequence.yaml"
    configuration(yaml, files, max(1, round(options.gigabytes * 1e9 / size)))

    def prepare(to, *more):
        return [beamline, "prepare", "-q", "--memory", options.memory, "-c", yaml, "-o", to, *more]

    def train(data, to, *more):
        return [beamline, "train", "-q", "--memory", options.memory, "-c", data, "-m", model,
                "-o", to, "--epochs", 1, *more]

    data, run = folder / "data", folder / "run"
    seconds, kib = peak_of(prepare(data))
    most = kib
    print(f"prepare: {seconds:.0f} s, {kib / 1024:.0f} MiB", flush=True)
    seconds, kib = peak_of(train(data, run))
    most = max(most, kib)
    print(f"train: {seconds:.0f} s, {kib / 1024:.0f} MiB", flush=True)
    shutil.rmtree(data)

    small = ("--fraction", 0.1)
    seconds, _ = peak_of(prepare(data, *small))
    n = killed(prepare(folder / "killed", *small), lambda command: command, seconds, options.kills)
    right, wrong = same(data, folder / "killed", ["*.arrow", "prepared.json"])
    print(f"prepare: killed {n} times, {right} files the same, {wrong} not", flush=True)
    shutil.rmtree(run)
    seconds, _ = peak_of(train(data, run))
    n = killed(train(data, folder / "killed-run"),
               lambda _: train(data, folder / "killed-run", "--resume")
               if (folder / "killed-run").exists() else train(data, folder / "killed-run"),
               seconds, options.kills)
    more, bad = same(run, folder / "killed-run", ["*.blm"])
    print(f"train: killed {n} times, {more} files the same, {bad} not", flush=True)
    sys.exit(most > MOST_KIB or wrong + bad > 0)


if __name__ == "__main__":
    main()
