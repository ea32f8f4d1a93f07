# SPDX-License-Identifier: Apache-2.0
"""What bench/networks.py and its peers share: the workloads, their data and initial weights, the
order of batches, the clock. Needs numpy only: it runs in the Python of each peer."""

import argparse
import json
import pathlib
import sys
import time
from typing import NamedTuple

import numpy as np

SEED = 20261126
STEPS, FEATURES, UNITS, CLASSES = 801, 19, 50, 3
RATE = 0.2  # of dropout
# Keras and PyTorch add epsilon in different places; this one is too small to make a difference.
ADAM = {"rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-10}
SIZES = {"hlf": 16384, "mlp": 4096, "gru": 1024, "inclusive": 1024}  # events
CHECKED = 10  # batches whose losses are compared
TOLERANCE = 1e-4
TRIAL_S = 0.3  # of each form, to find the fastest
SLOW_S = 1.5  # a form whose steps of training take longer is left out

# Dense layers by network: name, inputs, outputs. The GRU's are beside them.
DENSE = {"hlf": [("hidden1", 14, 50), ("hidden2", 50, 20), ("hidden3", 20, 10), ("output", 10, 3)],
         "mlp": [("hidden1", 27, 1024), ("hidden2", 1024, 1024), ("output", 1024, 1)],
         "gru": [("output", 50, 3)],
         "inclusive": [("hidden1", 64, 25), ("output", 25, 3)]}
RECURRENT = ("gru", "inclusive")


class Workload(NamedTuple):
    """`train-gru-full` is ("train", "gru", True)."""
    task: str  # "train" or "infer"
    network: str
    full: bool  # sequences of 801 rows each, not of realistic lengths

    @property
    def recurrent(self):
        return self.network in RECURRENT

    @property
    def trains(self):
        return self.task == "train"


def workload(name):
    task, network, *full = name.split("-")
    return Workload(task, network, full == ["full"])


# ---- data ----

def realistic_lengths(rng, n):
    """Rows of each event. Published are only the range, 300 to 800, and the caps of each kind of
    particle; the shape is ours: log-normal, median 430, drawn again where outside the range."""
    lengths = np.zeros(n)
    while (outside := (lengths < 300) | (lengths >= 801)).any():
        lengths[outside] = 420 * np.exp(0.25 * rng.standard_normal(outside.sum()))
    return lengths.astype(np.int32)


def glorot(rng, rows, columns):
    limit = np.sqrt(6 / (rows + columns))
    return rng.uniform(-limit, limit, (rows, columns))


def initial_weights(rng, network):
    """{"layer.0": kernel, "layer.1": …} as Keras orders them; its gates are z, r, h."""
    weights = {}
    if network in RECURRENT:
        orthogonal, _ = np.linalg.qr(rng.standard_normal((3 * UNITS, UNITS)))
        weights |= {"gru.0": glorot(rng, FEATURES, 3 * UNITS), "gru.1": orthogonal.T,
                    "gru.2": np.zeros((2, 3 * UNITS))}
    for name, rows, columns in DENSE[network]:
        weights |= {f"{name}.0": glorot(rng, rows, columns), f"{name}.1": np.zeros(columns)}
    return {name: values.astype(np.float32) for name, values in weights.items()}


def make(folder):
    """Writes all inputs: the same for the same seed. Classes shift the features, so that there is
    something to learn."""
    rng = np.random.default_rng(SEED)
    folder.mkdir(parents=True, exist_ok=True)

    def save(name, values):
        np.save(folder / f"{name}.npy", np.ascontiguousarray(values))

    classes = rng.integers(0, CLASSES, SIZES["hlf"])
    save("classes", np.eye(CLASSES, dtype=np.float32)[classes])
    shift = 0.3 * rng.standard_normal((CLASSES, 14))
    save("hlf", (rng.random((SIZES["hlf"], 14)) + shift[classes]).astype(np.float32))
    signal = rng.random(SIZES["mlp"]) < 0.5
    save("signal", signal.astype(np.float32)[:, None])
    save("mlp", (rng.standard_normal((SIZES["mlp"], 27)) + 0.2 * signal[:, None])
         .astype(np.float32))
    n = SIZES["gru"]
    shift = 0.2 * rng.standard_normal((CLASSES, 1, FEATURES))
    particles = (rng.standard_normal((n, STEPS, FEATURES)) + shift[classes[:n]]).astype(np.float32)
    lengths = realistic_lengths(rng, n)
    save("particles-full", particles)
    save("lengths-full", np.full(n, STEPS, np.int32))
    save("particles", particles * (np.arange(STEPS) < lengths[:, None])[:, :, None])
    save("lengths", lengths)
    for network in SIZES:
        np.savez(folder / f"{network}-weights.npz", **initial_weights(rng, network))


def weights(folder, network):
    """{layer: [arrays]}."""
    found = {}
    with np.load(pathlib.Path(folder) / f"{network}-weights.npz") as file:
        for name in file.files:
            found.setdefault(name.split(".")[0], []).append(file[name])
    return found


class Batch(NamedTuple):
    """`features` are of the dense network or of the inclusive one's second input; `particles` are
    cut to the longest of the batch."""
    features: np.ndarray
    particles: np.ndarray
    lengths: np.ndarray
    targets: np.ndarray


def batches(work, folder, size):
    """The first 10 of sequences, 100 of others, in the order of the events; a rest that fills no
    batch is left out. Every subject goes through them again and again."""
    def load(name):
        return np.load(pathlib.Path(folder) / f"{name}.npy")
    mlp = work.network == "mlp"
    features, targets = load("mlp" if mlp else "hlf"), load("signal" if mlp else "classes")
    ending = "-full" * work.full
    particles, lengths = (load(name + ending) if work.recurrent else None
                          for name in ("particles", "lengths"))
    found = []
    most = CHECKED if work.recurrent else 100
    for first in range(0, min(SIZES[work.network] // size, most) * size, size):
        part = slice(first, first + size)
        rows = lengths[part] if work.recurrent else None
        cut = np.ascontiguousarray(particles[part, :rows.max()]) if work.recurrent else None
        found.append(Batch(features[part], cut, rows, targets[part]))
    return found


def loss(work, outputs, targets):
    """Mean cross-entropy of the probabilities that a network gave."""
    outputs = np.asarray(outputs, np.float64)
    if work.network == "mlp":
        outputs = np.where(targets > 0, outputs, 1 - outputs)
        return float(-np.log(outputs).mean())
    return float(-np.log((outputs * targets).sum(axis=1)).mean())


# ---- the clock ----

def laps(work, step, n_batches, seconds):
    """Seconds of a step, one number a lap. A lap lasts a millisecond or more; where lengths differ
    it goes through all batches, so that each lap does the same work. There are three at least."""
    start = time.perf_counter()
    step(0)
    took = time.perf_counter() - start
    per_lap, at, found = max(1, round(1e-3 / max(took, 1e-9))), 0, []
    if work.recurrent and not work.full:
        per_lap = -(-per_lap // n_batches) * n_batches
    end = time.perf_counter() + seconds
    while len(found) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        for i in range(at, at + per_lap):
            step(i % n_batches)
        found.append((time.perf_counter() - start) / per_lap)
        at += per_lap
    return found


def losses_of(step, n_batches):
    """Of the first steps of training; step(i) gives one as a number."""
    losses = [step(0)]
    for i in range(1, CHECKED):
        start = time.perf_counter()
        losses.append(step(i % n_batches))
        if i == 1 and (took := time.perf_counter() - start) > SLOW_S:
            raise TimeoutError(f"{took:.1f} s a step")
    return losses


def differ(losses, others):
    """Whether two did other work."""
    return not np.allclose(losses, others, rtol=TOLERANCE, atol=TOLERANCE / 10)


def measure(work, forms, n_batches, seconds):
    """The fastest of {form: make}; make() gives (step(i), losses), step warm. A form that fails
    is said and left out, unless all do."""
    trials, left_out, reference = {}, {}, None
    for name, make_form in forms.items():
        start = time.perf_counter()
        try:
            step, losses = make_form()
            for i in range(n_batches):  # each length of sequences may be compiled
                step(i)
            best = min(laps(work, step, n_batches, TRIAL_S))
        except Exception as error:  # noqa: BLE001  whatever a compiler may raise
            left_out[name] = f"{type(error).__name__}: {str(error)[:300]}"
            print(f"{name}: {left_out[name]}", file=sys.stderr, flush=True)
            continue
        print(f"{name}: {best * 1e6:.1f} µs, {time.perf_counter() - start:.1f} s to begin",
              file=sys.stderr, flush=True)
        reference = reference or losses
        if differ(losses, reference):
            sys.exit(f"{name}: losses {losses}; {next(iter(trials))} has {reference}")
        trials[name] = best, step
    if not trials:
        sys.exit("no form worked")
    form = min(trials, key=lambda name: trials[name][0])
    taken = laps(work, trials[form][1], n_batches, seconds)
    return {"best_s": min(taken), "median_s": float(np.median(taken)), "losses": reference,
            "form": form, "trials_s": {name: best for name, (best, _) in trials.items()},
            "left_out": left_out}


def main(description, run, version, prepare=None):
    """A peer's command line: `models DATA_DIR`, or as bench/networks: WORKLOAD DATA_DIR BATCH
    THREADS SECONDS. `run(work, folder, batch, threads, seconds)` gives measure()'s."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("workload")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("batch", type=int, nargs="?", default=128)
    parser.add_argument("threads", type=int, nargs="?", default=1)
    parser.add_argument("seconds", type=float, nargs="?", default=1.0)
    options = parser.parse_args()
    if options.workload == "models":
        prepare(options.folder)
        return
    found = run(workload(options.workload), options.folder, options.batch, options.threads,
                options.seconds)
    print(json.dumps({"workload": options.workload, "batch": options.batch,
                      "threads": options.threads, "version": version} | found))
