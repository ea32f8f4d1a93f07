#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Networks beside TensorFlow with Keras, PyTorch and onnxruntime: training and inference of the
topology classifiers and of a wide dense network; the same float32 data, batches and threads.

usage: networks.py BUILD [--output FILE] [--json FILE] [--seconds S] [--subjects S,…]
                   [--workloads W,…] [--batches N,…] [--threads 1,2] [--folder CACHE]

Every measurement is a process of its own, WORKLOAD DATA_DIR BATCH THREADS SECONDS, that prints
{"workload", "batch", "threads", "best_s", "median_s", "losses": […]}, seconds a step: so
BUILD/bench/networks, so each networks_PEER.py. All begin with the same weights. Losses of the first
ten steps, without dropout, must agree to 1e-4; steps that are timed have it. A peer tries its forms
(compiled or not, padded or packed) and the fastest counts. A subject that is not there is left out.

What bench/networks is to do, as networks_inputs.py does: batches() says which events, laps() what
a time is. DATA_DIR holds NETWORK.keras and .npy files: hlf [16384, 14] and classes [16384, 3], mlp
[4096, 27] and signal [4096, 1], particles [1024, 801, 19] and lengths [1024], and those two again
with "-full"; events of `inclusive` are the first 1024 of hlf and particles. Adam is that of ADAM.
Of inference, losses are the mean cross-entropies of the first ten batches' outputs.
"""

import argparse
import json
import pathlib
import subprocess
import sys
from typing import NamedTuple

import exchange
import inputs
import networks_inputs
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
PEERS = {"keras": "tensorflow", "torch": "torch", "onnx": "onnx"}  # and their environments
SUBJECTS = ("beamline", *PEERS)
BATCHES = {"train-hlf": (128, 1024), "train-gru": (128,), "train-gru-full": (128,),
           "train-inclusive": (128,), "train-inclusive-full": (128,), "train-mlp": (64,),
           "infer-hlf": (1, 64, 1024), "infer-mlp": (1, 64, 1024), "infer-gru": (1, 64, 1024),
           "infer-inclusive": (1, 64, 1024)}
LIMIT_S = 600  # of one measurement, its compilers included


class Case(NamedTuple):
    workload: str
    batch: int
    threads: int


def environment(peer):
    return inputs.cache().parent / PEERS[peer] / "bin" / "python"


def command(subject, build):
    """The program that takes WORKLOAD DATA_DIR BATCH THREADS SECONDS, or None."""
    if subject == "beamline":
        program = build / "bench" / "networks"
        return [program] if program.exists() else None
    python = environment(subject)
    return [python, HERE / f"networks_{subject}.py"] if python.exists() else None


def prepare(folder, commands):
    """Data by us, model files by the peers whose formats they are."""
    networks_inputs.make(folder)
    for peer in ("keras", "onnx"):
        if peer in commands:
            run([*commands[peer], "models", folder])


def run(words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          timeout=LIMIT_S)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}: {done.stderr[-2000:]}")
    return done.stdout


def measure(case, commands, folder, seconds):
    """{subject: what it printed}; stops where losses differ."""
    found = {}
    for subject, program in commands.items():
        if subject == "onnx" and case.workload.startswith("train"):
            continue
        one = json.loads(run([*program, case.workload, folder, case.batch, case.threads,
                              seconds]).splitlines()[-1])
        for other, theirs in found.items():
            if networks_inputs.differ(one["losses"], theirs["losses"]):
                sys.exit(f"{case}: losses of {subject} are {one['losses']}; "
                         f"of {other} {theirs['losses']}")
        found[subject] = one
        print(f"{case.workload}, batch {case.batch}, {threads_of(case)}: {subject} "
              f"{time_of(one['best_s'])} best, {time_of(one['median_s'])} median, "
              f"{one.get('form', '')}", file=sys.stderr, flush=True)
    return found


# ---- the report ----

def threads_of(case):
    return f"{case.threads} thread{'s' * (case.threads > 1)}"


def time_of(seconds):
    for unit, scale in (("s", 1), ("ms", 1e3)):
        if seconds * scale >= 1:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def operations(case, mean_rows):
    """Floating-point operations of one step that its definition needs: products only, true rows
    only; training computes no gradient of the inputs."""
    work = networks_inputs.workload(case.workload)
    forward = [2 * rows * columns for _, rows, columns in networks_inputs.DENSE[work.network]]
    total = sum(forward) * (3 if work.trains else 1)
    if work.recurrent:
        rows = networks_inputs.STEPS if work.full else mean_rows
        units, features = networks_inputs.UNITS, networks_inputs.FEATURES
        total += rows * 6 * units * (features * (1 + work.trains) + units * (1 + 2 * work.trains))
    elif work.trains:
        total -= forward[0]
    return total * case.batch


def table(results, mean_rows):
    subjects = list(dict.fromkeys(name for found in results.values() for name in found))
    peers = [name for name in subjects if name != "beamline"]
    ours = "beamline" in subjects
    heads = [*subjects, *(f"{peer} / ours" for peer in peers if ours)]
    heads += ["GFLOP/s", "2 threads"] if ours else []
    yield "| what | batch | threads | " + " | ".join(heads) + " |"
    yield "|---|--:|--:|" + "--:|" * len(heads)
    for case, found in results.items():
        cells = []
        for name in subjects:
            one = found.get(name)
            cells.append(one and f"{time_of(one['best_s'])} ({time_of(one['median_s'])})" or "")
        if ours:
            best = found["beamline"]["best_s"]
            cells += [f"{found[peer]['best_s'] / best:.3g}" if peer in found else ""
                      for peer in peers]
            alone = results.get(case._replace(threads=1))
            cells += [f"{operations(case, mean_rows) / best / 1e9:.3g}",
                      f"{alone['beamline']['best_s'] / best:.2f}"
                      if alone and case.threads > 1 else ""]
        yield (f"| {case.workload} | {case.batch} | {case.threads} | " + " | ".join(cells) + " |")


def forms(results):
    """Which form of each peer counted."""
    for case, found in results.items():
        said = "; ".join(f"{name}: {one['form']}" for name, one in found.items() if "form" in one)
        if said:
            yield f"- {case.workload}, batch {case.batch}, {threads_of(case)}: {said}"


def report(results, folder, seconds):
    lengths = np.load(folder / "lengths.npy")
    versions = dict.fromkeys(one["version"] for found in results.values()
                             for one in found.values() if "version" in one)
    yield "# Networks\n"
    yield f"Made by bench/networks.py, which says how, on {exchange.machine()}, in one run."
    yield f"{'; '.join(versions)}. float32; the best (median) of steps in at least {seconds:g} s;"
    yield f"ratios are of the best. Losses of all agree to {networks_inputs.TOLERANCE:g}.\n"
    yield f"Sequences have {networks_inputs.FEATURES} features. Realistic lengths are"
    yield f"{lengths.min()} to {lengths.max()} rows, median {np.median(lengths):.0f}, mean"
    yield f"{lengths.mean():.0f}: log-normal of width 0.25, drawn again outside 300 to 800. The"
    yield "range is that of the published events; the shape is assumed. *full* is 801 rows each."
    yield "GFLOP/s are ours, of products over true rows; bench/kernels measures the peak.\n"
    yield from table(results, lengths.mean())
    yield "\nThe form of each peer that was its fastest:\n"
    yield from forms(results)


def write(path, text):
    if path:
        path.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--subjects", default=",".join(SUBJECTS))
    parser.add_argument("--workloads", default=",".join(BATCHES))
    parser.add_argument("--batches", help="only these")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--folder", type=pathlib.Path, default=inputs.cache() / "networks")
    options = parser.parse_args()
    commands = {name: command(name, options.build.resolve())
                for name in options.subjects.split(",")}
    for name in [name for name, program in commands.items() if not program]:
        print(f"{name}: not here, left out", file=sys.stderr)
        del commands[name]
    if not commands:
        sys.exit("nothing to measure (scripts/setup --peers --torch)")
    prepare(options.folder, commands)
    chosen = options.batches and [int(batch) for batch in options.batches.split(",")]
    results = {}
    for name in options.workloads.split(","):
        for batch in BATCHES[name]:
            for threads in map(int, options.threads.split(",")):
                if not chosen or batch in chosen:
                    case = Case(name, batch, threads)
                    results[case] = measure(case, commands, options.folder, options.seconds)
                    write(options.json, json.dumps([case._asdict() | {"subjects": found}
                                                    for case, found in results.items()], indent=1))
    text = "\n".join(report(results, options.folder, options.seconds)) + "\n"
    write(options.output, text)
    print(text)


if __name__ == "__main__":
    main()
