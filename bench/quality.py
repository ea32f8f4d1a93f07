#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do our networks learn as well as Keras's? The three published networks on the same prepared
events with the same hyper-parameters, some seeds each; what is compared is the area under the ROC
curve of each class on the test part, of which both are given by one function.

usage: bench/quality.py BUILD [--events N] [--seeds N] [--networks hlf,sequence,inclusive]
                        [--rows N] [--backwards] [--pythia N] [--folder CACHE] [--output FILE.md]
                        [--json FILE]

Events are generated, a third of N of each process, and prepared once; Keras reads the shards that
we train from. Two sets of runs are equivalent where the 90 % interval of the difference of their
means lies inside ± 0.003 (two one-sided tests at 5 %). The last epochs of the sequence network have
a tenth of the learning rate, on both sides: else its last steps decide. With --rows an event has
its N particles of highest pT only, so that Keras takes minutes, not hours; with --backwards a GRU
reads the hardest last, which it learns sooner. With --pythia the networks that we trained are also
tested on so many events of Pythia 8, a third of each process.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

import inputs
import numpy
import pyarrow
import pyarrow.ipc

TOP = pathlib.Path(__file__).resolve().parent.parent
CACHE = inputs.cache().parent
CLASSES = inputs.PROCESSES
EPOCHS = {"hlf": 12, "sequence": 8, "inclusive": 8}
FEEDS = {"hlf": ["features"], "sequence": ["particles"], "inclusive": ["particles", "features"]}
SETTLES = {"sequence": 2}  # of them, those at the end with a tenth of the learning rate
BATCH, RATE = 128, 1e-3
STEPS, MARGIN, STUDENT = 801, 0.003, {2: 6.314, 3: 2.92, 4: 2.353, 5: 2.132, 6: 2.015, 10: 1.833}


def run(*command, **options):
    print("+", " ".join(map(str, command)), file=sys.stderr, flush=True)
    return subprocess.run([str(part) for part in command], check=True, **options)


def configuration(folder, rows, **changed):
    """-> the example's, for so many rows an event at most"""
    text = (TOP / "examples/topology.yaml").read_text()
    if rows < STEPS:
        changed["order: {delta_r: [Eta, Phi]}"] = f"length: {rows}\n    order: {{by: Pt}}"
    for old, new in changed.items():
        if old not in text:
            sys.exit(f"examples/topology.yaml has no '{old}' any more")
        text = text.replace(old, new, 1)
    path = folder / f"data-{rows}.yaml"
    path.write_text(text)
    return path


def prepare(beamline, folder, n_events, rows=STEPS):
    """-> the folder of prepared events, made where it is not there"""
    data = folder / "prepared"
    if not (data / "prepared.json").exists():
        files = zip(CLASSES, inputs.generate(beamline, inputs.cache(), n_events), strict=True)
        run(beamline, "prepare", "-c", configuration(folder, rows), "-o", data,
            *(word for name, path in files for word in ("-i", f"{name}={path}")))
    return data


# ---- the shards, as Keras wants them ----

def transform_of(data):
    about = json.loads((data / "prepared.json").read_text())
    return {one["name"]: one for one in about["transforms"][0]["inputs"]}


def scaled(values, transform):
    """A transform of prepared.json on columns of values."""
    out = numpy.array(values, numpy.float64)
    for i, column in enumerate(transform["columns"]):
        out[..., i] = (out[..., i] - column.get("offset", 0)) * column.get("scale", 1)
    return out.astype(numpy.float32)


def as_arrays(data, part, transform, rows, to):
    """Writes .npy files of a part, sequences padded with zeros, for another process to map."""
    to.mkdir(exist_ok=True)
    shards = sorted(data.glob(f"{part}-*.arrow"))
    table = pyarrow.concat_tables(pyarrow.ipc.open_file(path).read_all() for path in shards)
    n = len(table)
    labels = table["label"].to_numpy()
    numpy.save(to / f"{part}_labels.npy", numpy.eye(len(CLASSES), dtype=numpy.float32)[labels])
    numpy.save(to / f"{part}_weights.npy", table["weight_train"].to_numpy().astype(numpy.float32))
    features = table["features"].combine_chunks()
    width = features.type.list_size
    values = features.values.to_numpy().reshape(n, width)
    numpy.save(to / f"{part}_features.npy", scaled(values, transform["features"]))
    width = table["particles"].type.value_type.list_size
    padded = numpy.lib.format.open_memmap(to / f"{part}_particles.npy", "w+", numpy.float32,
                                          (n, rows, width))
    row = 0
    for chunk in table["particles"].chunks:
        offsets = chunk.offsets.to_numpy() - chunk.offsets[0].as_py()
        numbers = chunk.flatten().values.to_numpy().reshape(-1, width)
        numbers = scaled(numbers, transform["particles"])
        for k in range(len(chunk)):
            padded[row, :offsets[k + 1] - offsets[k]] = numbers[offsets[k]:offsets[k + 1]]
            row += 1
    padded.flush()


def pythia_arrays(beamline, data, folder, rows, n_events):
    """-> a folder of arrays of Pythia's events, scaled as those that were trained on"""
    arrays, prepared = (folder / f"pythia-{kind}{n_events}"
                        for kind in ("arrays-", ""))
    if (arrays / "test_particles.npy").exists():
        return arrays
    files = []
    for process in CLASSES:
        path = folder.parent / f"pythia-{process}-{n_events}.root"
        files += ["-i", f"{process}={path}"]
        if not path.exists():
            run(CACHE / "pythia/bin/python", TOP / "tests/generator/pythia_events.py", process,
                n_events // 3, path, stdout=subprocess.DEVNULL)
    yaml = configuration(folder, rows, **{"split:": "preprocess: {method: none}\nsplit:"})
    run(beamline, "prepare", "-c", yaml, *files, "-o", prepared, "--overwrite")
    for part in ("train", "validation", "test"):
        as_arrays(prepared, part, transform_of(data), rows, arrays)
    for name in ("labels", "weights", "features", "particles"):
        parts = [numpy.load(arrays / f"{part}_{name}.npy")
                 for part in ("train", "validation", "test")]
        numpy.save(arrays / f"test_{name}.npy", numpy.concatenate(parts))
    return arrays


# ---- comparison ----

def area(scores, positive):
    """The area under the ROC curve, ties counted half."""
    order = numpy.argsort(scores, kind="stable")
    _, inverse, counts = numpy.unique(scores[order], return_inverse=True, return_counts=True)
    rank = (numpy.cumsum(counts) - (counts - 1) / 2)[inverse]
    is_positive = positive[order]
    n = is_positive.sum()
    return (rank[is_positive].sum() - n * (n + 1) / 2) / (n * (len(order) - n))


def areas(predictions, labels):
    return [area(predictions[:, k], labels == k) for k in range(len(CLASSES))]


def interval(ours, theirs):
    """The 90 % interval of the difference of means, seeds paired."""
    off = numpy.array(ours) - numpy.array(theirs)
    n = len(off)
    half = STUDENT[n] * off.std(0, ddof=1) / numpy.sqrt(n)
    return off.mean(0), half


def keras(*arguments):
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    run(CACHE / "tensorflow/bin/python", TOP / "bench/quality_keras.py", *arguments,
        env=environment)


def settings(name, folder, n_events):
    """-> the options of `train` that make a network come to rest"""
    if name not in SETTLES:
        return []
    path = folder / f"{name}-training.yaml"
    boundary = (EPOCHS[name] - SETTLES[name]) * -(-n_events // BATCH)
    path.write_text(f"schedule: {{step: {{boundaries: [{boundary}], "
                    f"values: [{RATE}, {RATE / 10}]}}}}\n")
    return ["--training", path]


def network(name, way, folder):
    """-> the example's file, or one whose GRU reads backwards"""
    path = TOP / f"examples/{name}.yaml"
    if way == "forwards":
        return path
    changed = folder / path.name
    changed.write_text(path.read_text().replace("GRU: 50", "GRU: {units: 50, go_backwards: true}"))
    return changed


def compare(beamline, name, way, data, arrays, folder, seeds):
    """-> areas of ours and of Keras's, [seeds × classes] each"""
    labels = numpy.load(arrays / "test_labels.npy").argmax(1)
    results = {"beamline": [], "keras": []}
    options = settings(name, folder, len(numpy.load(arrays / "train_labels.npy", mmap_mode="r")))
    for seed in range(1, seeds + 1):
        of_run = folder / f"{name}-{seed}"
        if not (of_run / "model.blm").exists():
            run(beamline, "train", "-c", data, "-m", network(name, way, folder), "-o", of_run,
                "--seed", seed, "--epochs", EPOCHS[name], "--patience", 0, "--quiet", *options)
        model = of_run / "model.keras"
        if not model.exists():
            run(beamline, "export", "--raw", of_run / "model.blm", "-o", model)
        for who, arguments in (("beamline", ["predict", model]),
                               ("keras", ["train", name, way, seed, EPOCHS[name]])):
            scores = folder / f"{who}-{name}-{seed}.npy"
            if not scores.exists():
                keras(*arguments, arrays, ",".join(FEEDS[name]), scores)
            results[who].append(areas(numpy.load(scores), labels))
    return results


def on_pythia(name, arrays, folder):
    """-> areas of what our first seed predicts of Pythia's events"""
    scores = folder / f"pythia-{name}.npy"
    keras("predict", folder / f"{name}-1/model.keras", arrays, ",".join(FEEDS[name]), scores)
    return areas(numpy.load(scores), numpy.load(arrays / "test_labels.npy").argmax(1))


def report(results, lines):
    lines += ["| network | class | beamline | Keras | difference, 90 % | equivalent |",
              "|---|---|--:|--:|--:|---|"]
    all_equal = True
    for name, of in results.items():
        middle, half = interval(of["beamline"], of["keras"])
        for k, label in enumerate(CLASSES):
            is_equal = abs(middle[k]) + half[k] < MARGIN
            all_equal &= bool(is_equal)
            means = [numpy.mean(of[who], 0)[k] for who in ("beamline", "keras")]
            lines.append(f"| {name} | {label} | {means[0]:.4f} | {means[1]:.4f} "
                         f"| {middle[k]:+.4f} ± {half[k]:.4f} | {'yes' if is_equal else 'no'} |")
    return all_equal


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--networks", default="hlf,sequence,inclusive")
    parser.add_argument("--rows", type=int, default=STEPS)
    parser.add_argument("--backwards", action="store_true")
    parser.add_argument("--pythia", type=int, default=0)
    parser.add_argument("--folder", type=pathlib.Path, default=CACHE / "quality")
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    beamline, rows = options.build / "src/beamline", options.rows
    way = "backwards" if options.backwards else "forwards"
    folder = options.folder / f"{options.events}-{rows}{'-backwards' * options.backwards}"
    folder.mkdir(parents=True, exist_ok=True)
    data, arrays = prepare(beamline, folder, options.events, rows), folder / "arrays"
    for part in ("train", "test"):
        if not (arrays / f"{part}_particles.npy").exists():
            as_arrays(data, part, transform_of(data), rows, arrays)
    results = {name: compare(beamline, name, way, data, arrays, folder, options.seeds)
               for name in options.networks.split(",")}
    n = {part: len(numpy.load(arrays / f"{part}_labels.npy", mmap_mode="r"))
         for part in ("train", "test")}
    lines = ["# Quality of training", "",
             f"Made by bench/quality.py, which says how: {options.events} generated events, "
             f"{n['train']} for training, {n['test']} for the test; {options.seeds} seeds; epochs "
             + ", ".join(f"{EPOCHS[name]} ({name})" for name in results)
             + f"; {rows} particles an event at most, read {way}. Areas under ROC curves, each "
             "class against the others.", ""]
    all_equal = report(results, lines)
    if options.pythia:
        arrays = pythia_arrays(beamline, data, folder, rows, options.pythia)
        lines += ["", f"The first seed of each on {options.pythia} events of Pythia 8:", "",
                  "| network | " + " | ".join(CLASSES) + " |", "|---|" + "--:|" * len(CLASSES)]
        for name, of in results.items():
            lost = [f"{there:.4f} ({there - here:+.4f})" for there, here in
                    zip(on_pythia(name, arrays, folder), of["beamline"][0], strict=True)]
            lines.append(f"| {name} | " + " | ".join(lost) + " |")
    print("\n".join(lines))
    if options.output:
        options.output.write_text("\n".join(lines) + "\n")
    if options.json:
        options.json.write_text(json.dumps(results))
    return 0 if all_equal else 1


if __name__ == "__main__":
    sys.exit(main())
