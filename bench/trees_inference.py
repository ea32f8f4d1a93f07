#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ensembles of trees: ours beside onnxruntime and XGBoost, on one thread.

usage: trees_inference.py BUILD
With a Python that has onnxruntime, skl2onnx and XGBoost (scripts/setup --peers). Prints the least
time of many, in microseconds a batch, for one event and 1024 of 14 features: a random forest of 100
trees of depth 10, and 100 boosted trees of depth 6. Ours is called from C, the others from Python,
which is a few microseconds of theirs and shows in batches of one."""

import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime
import xgboost
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier

N_FEATURES, N_TREES, BATCHES = 14, 100, (1, 1024)


def events(n, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, N_FEATURES)).astype(np.float32)
    score = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) + x[:, 3:].sum(axis=1) / 4
    return x, (score + rng.normal(size=n) > 0).astype(int)


def least(call, seconds=1.0):
    """Microseconds of the fastest call; the first is not counted."""
    call()
    best, end = np.inf, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best * 1e6


def time_ours(program, model, rows, batch):
    done = subprocess.run([program, "--time", model, rows, str(N_FEATURES), str(batch)],
                          capture_output=True, text=True, check=True)
    return float(done.stdout)


def time_onnx(path, x):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options)
    name, scores = session.get_inputs()[0].name, session.get_outputs()[-1].name
    return least(lambda: session.run([scores], {name: x}))


def write_models(folder, program, rows):
    """-> the forest's ONNX file, the booster, its JSON and ONNX files."""
    x, y = events(20000, 1)
    forest = RandomForestClassifier(N_TREES, max_depth=10, random_state=1, n_jobs=2).fit(x, y)
    onnx = to_onnx(forest, x[:1], options={"zipmap": False},
                   target_opset={"": 15, "ai.onnx.ml": 3})
    (folder / "forest.onnx").write_bytes(onnx.SerializeToString())
    options = {"objective": "binary:logistic", "max_depth": 6, "nthread": 1}
    booster = xgboost.train(options, xgboost.DMatrix(x, y), N_TREES)
    booster.save_model(folder / "boosted.json")
    subprocess.run([program, folder / "boosted.json", rows, folder / "out", str(N_FEATURES),
                    folder / "boosted.onnx"], check=True)
    return folder / "forest.onnx", booster, folder / "boosted.json", folder / "boosted.onnx"


def main():
    program = pathlib.Path(sys.argv[1]) / "tests/trees/trees_run"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        x, _ = events(8192, 2)
        rows = folder / "rows"
        x.tofile(rows)
        forest, booster, boosted, boosted_onnx = write_models(folder, program, rows)
        print(f"{'model':<10}{'batch':>6}{'ours':>12}{'onnxruntime':>13}{'XGBoost':>12}")
        for model, ours, theirs in (("forest", forest, forest), ("boosted", boosted,
                                                                 boosted_onnx)):
            for n in BATCHES:
                batch = np.ascontiguousarray(x[:n])
                times = [time_ours(program, ours, rows, n), time_onnx(theirs, batch)]
                text = f"{model:<10}{n:>6}{times[0]:>12.1f}{times[1]:>13.1f}"
                if model == "boosted":
                    text += f"{least(lambda: booster.inplace_predict(batch)):>12.1f}"  # noqa: B023
                print(text)


if __name__ == "__main__":
    main()
