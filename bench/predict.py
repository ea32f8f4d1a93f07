#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From ROOT to ROOT: scores of the published networks for the events of a file, by `beamline
predict` and by uproot with Keras.

usage: bench/predict.py BUILD [--events N] [--sequences N] [--runs N] [--folder CACHE]
                        [--networks hlf,inclusive] [--threads 1,2] [--output FILE.md]
                        [--json FILE]

Features are those of the topology recipe, of generated events. The HLF network reads N flat
branches of them, the inclusive one also --sequences events of particles. Networks are trained a
little, and both sides run the same weights on the same file: ours is the whole command, theirs
without loading libraries and model. Each has as many cores as threads, they take turns, and the
best of the runs counts. First their scores are compared.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time
import zipfile

import exchange
import inputs
import numpy
import uproot

TOP = pathlib.Path(__file__).resolve().parent.parent
CLASSES = inputs.PROCESSES
FEATURES = [f"f{i:02}" for i in range(14)]
GOALS = {"hlf": 100_000, "inclusive": 2_000}
GOAL_RATIO = 20
BATCHES = {"hlf": (32, 8192), "inclusive": (32, 256)}  # of Keras: its default, and a large one
FLAT = """\
inputs:
  features: {{vars: [{features}], scale: minmax}}
"""
HEAD = """# Prediction from ROOT to ROOT

Made by `bench/predict.py` on {machine}: {runs} runs each, in turns, on as many cores as threads;
the best counts. beamline is the whole command, the others ({version}) are without loading
libraries and model; *batch* is Keras's, which is 32 where nobody asks for another.

| network | events | threads | beamline, events/s | batch | uproot + Keras, events/s | ratio |
|---|--:|--:|--:|--:|--:|--:|
"""


def run(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, **options)


def on_cores(n):
    """-> what keeps a process to so many cores"""
    return lambda: os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-n:])


# ---- inputs ----

def features(beamline, folder, n):
    """-> files of the recipe's columns, one a process, there already or new"""
    paths = []
    for process, events in zip(CLASSES, inputs.generate(beamline, folder, n), strict=True):
        paths.append(folder / f"features-{process}-{n // len(CLASSES)}.root")
        if not paths[-1].exists():
            run(beamline, "ingest", "--recipe", "topology:mode=fixed,type=float32", events, "-o",
                paths[-1], "-q")
    return paths


def flat(beamline, paths):
    """-> the same with a branch for each number of an event"""
    made = []
    for path in paths:
        made.append(path.with_name(path.name.replace("features", "flat")))
        if not made[-1].exists():
            variables = [word for i, name in enumerate(FEATURES)
                         for word in ("-d", f"{name}=hfeatures[{i}]")]
            run(beamline, "ingest", path, *variables, "--columns", FEATURES[0], "-o", made[-1],
                "-q")
    return made


def joined(beamline, paths):
    """-> one file of all"""
    path = paths[0].with_name(paths[0].name.replace(CLASSES[0], "all"))
    if not path.exists():
        run(beamline, "convert", *paths, "-o", path, "-q")
    return path


def configuration(path, files, text):
    samples = "".join(f"  {name}: {{files: ['{file}'], label: {label}}}\n"
                      for label, (name, file) in enumerate(zip(CLASSES, files, strict=True)))
    path.write_text(f"samples:\n{samples}\n{text}\nsplit: {{by: entry}}\n", encoding="utf-8")
    return path


def sequence_inputs():
    """What the example's configuration says of inputs."""
    text = (TOP / "examples/topology.yaml").read_text(encoding="utf-8")
    return text[text.index("inputs:"):text.index("split:")]


def model(beamline, folder, name, files):
    """-> a network that was trained a little, and its copies for Keras"""
    where = folder / f"predict-{name}"
    if not (where / "model.blm").exists():
        text = FLAT.format(features=", ".join(FEATURES)) if name == "hlf" else sequence_inputs()
        config = configuration(folder / f"predict-{name}.yaml", files, text)
        run(beamline, "train", "-c", config, "-m", TOP / f"examples/{name}.yaml", "-o", where,
            "--max-events", 20_000 if name == "hlf" else 500, "--epochs", 1, "-q")
        run(beamline, "export", "--raw", where / "model.blm", "-o", where / "model.keras")
        with zipfile.ZipFile(where / "model.blm") as archive:
            (where / "transform.json").write_bytes(archive.read("transform.json"))
    return where


# ---- subjects ----

def ours(beamline, where, source, n, output, threads):
    start = time.perf_counter()
    run(beamline, "predict", where / "model.blm", source, "-o", output, "--overwrite", "-q",
        "--max-events", n, "-t", threads, "--no-observers", preexec_fn=on_cores(threads))
    return {"seconds": time.perf_counter() - start}


def theirs(where, source, n, output, batch, threads):
    python = inputs.cache().parent / "tensorflow/bin/python"
    done = run(python, TOP / "bench/predict_keras.py", where / "model.keras",
               where / "transform.json", source, n, output, batch, threads,
               preexec_fn=on_cores(threads), capture_output=True, text=True,
               env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
    return json.loads(done.stdout.splitlines()[-1])


def scores_of(path):
    tree = uproot.open(path).values(filter_classname="TTree")[0]
    return numpy.stack([tree[f"score_{name}"].array(library="np") for name in CLASSES], 1)


def compare(name, one, other):
    a, b = scores_of(one), scores_of(other)
    if a.shape != b.shape or numpy.isnan(a).any() or numpy.abs(a - b).max() > 1e-4:
        sys.exit(f"{name}: not the same scores: {a.shape} and {b.shape}, off by "
                 f"{numpy.abs(a - b).max() if a.shape == b.shape else '?'}")
    return float(numpy.abs(a - b).max())


def measure(beamline, folder, name, files, n, threads, runs):
    where, source = model(beamline, folder, name, files), joined(beamline, files)
    outputs = folder / f"ours-{name}.root", folder / f"theirs-{name}.root"
    best, version, off = [float("inf")] * (1 + len(BATCHES[name])), "", None
    n = min(n, uproot.open(source).values(filter_classname="TTree")[0].num_entries)
    for path in files + [source]:
        inputs.read_from_disk(path)
    for _ in range(runs):
        found = [ours(beamline, where, source, n, outputs[0], threads)]
        for batch in BATCHES[name]:
            found.append(theirs(where, source, n, outputs[1], batch, threads))
        version = found[1]["version"]
        off = compare(name, *outputs) if off is None else off
        best = [min(a, b["seconds"]) for a, b in zip(best, found, strict=True)]
    return {"network": name, "events": n, "threads": threads, "ours": n / best[0],
            "theirs": {batch: {"rate": n / seconds, "ratio": seconds / best[0]}
                       for batch, seconds in zip(BATCHES[name], best[1:], strict=True)},
            "off": off, "version": version}


def lines(row):
    text = ""
    for batch, one in row["theirs"].items():
        text += (f"| {row['network']} | {row['events']:,} | {row['threads']} | "
                 f"{row['ours']:,.0f} | {batch} | {one['rate']:,.0f} | {one['ratio']:.1f} |\n")
    return text


def goals(row):
    name = row["network"]
    ratios = ", ".join(f"{one['ratio']:.1f}" for one in row["theirs"].values())
    wanted = GOALS[name] * row["threads"]
    return (f"- {name}, threads: {row['threads']}: wanted are {wanted:,} events/s, and it makes "
            f"{row['ours']:,.0f}; and {GOAL_RATIO} times what the others make, and it is "
            f"{ratios}.\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--sequences", type=int, default=3_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--networks", default="hlf,inclusive")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--folder", type=pathlib.Path, default=inputs.cache())
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    beamline, folder = arguments.build.resolve() / "src/beamline", arguments.folder.resolve()
    files = {"hlf": lambda: flat(beamline, features(beamline, folder, arguments.events)),
             "inclusive": lambda: features(beamline, folder, max(3 * 500, arguments.sequences))}
    counts = {"hlf": arguments.events, "inclusive": arguments.sequences}
    rows = []
    ways = [(name, int(n)) for name in arguments.networks.split(",")
            for n in arguments.threads.split(",")]
    for name, threads in ways:
        rows.append(measure(beamline, folder, name, files[name](), counts[name], threads,
                            arguments.runs))
        print(lines(rows[-1]), end="", file=sys.stderr, flush=True)
    text = HEAD.format(machine=exchange.machine(), runs=arguments.runs,
                       version=rows[-1]["version"]) + "".join(map(lines, rows))
    text += "\n" + "".join(map(goals, rows))
    text += f"\nScores differ by {max(row['off'] for row in rows):.1e} at most.\n"
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    if arguments.output:
        arguments.output.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
