# SPDX-License-Identifier: Apache-2.0
"""Areas and curves of `beamline evaluate`, where no weight is negative, beside scikit-learn's.

usage: areas.py PYTHON FOLDER    (PYTHON has scikit-learn)
"""

import json
import pathlib
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import prepared  # noqa: E402
from command import run  # noqa: E402

CONFIGURATION = """
samples:
  background: {files: FOLDER/0.parquet, label: 0, weight: w}
  signal: {files: FOLDER/1.parquet, label: 1, weight: w}
inputs: {features: {vars: [smooth, coarse]}}
observers: [smooth, coarse]
split: {train: 0.2, test: 0.8}
"""


def main():
    python, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    for label in 0, 1:
        rng = np.random.default_rng(label)
        x = rng.normal(label, 1, 20000).astype(np.float32)
        pa.parquet.write_table(pa.table({
            "run": np.full(20000, label), "luminosityBlock": np.zeros(20000, int),
            "event": np.arange(20000), "smooth": x, "coarse": np.round(2 * x),
            "w": rng.exponential(1 + label, 20000)}), folder / f"{label}.parquet")
    (folder / "data.yaml").write_text(CONFIGURATION.replace("FOLDER", str(folder)))
    run("prepare", "-q", "-c", folder / "data.yaml", "-o", folder / "data")
    run("evaluate", "-q", "-c", folder / "data", "--score", "smooth", "--score", "coarse",
        "--replicas", 0, "-o", folder / "page.html", "--json", folder / "ours.json")
    table = prepared.part(folder / "data", "test")
    np.savez(folder / "events.npz",
             **{name: prepared.numbers(table, name)
                for name in ("label", "weight_physics", "smooth", "coarse")})
    done = subprocess.run([python, pathlib.Path(__file__).with_name("sklearn_areas.py"),
                           folder / "events.npz", "smooth", "coarse"],
                          capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout)
    curves = json.loads((folder / "ours.json").read_text())["sections"]["roc"]["classes"]
    worst, n = 0, 0
    for ours in curves:
        their = theirs[ours["subject"]]
        points = dict(zip(their["thresholds"], zip(their["signal"], their["background"],
                                                   strict=True), strict=True))
        pairs = [(ours["physical"]["auc"], their["auc"]),
                 (ours["physical"]["background_at_99"], their["background_at_99"])]
        of = ours["curve"]
        for at, signal, background in zip(of["thresholds"][1:], of["signal"][1:],
                                          of["background"][1:], strict=True):
            pairs += zip((signal, background), points[at], strict=True)
        worst = max(worst, *(abs(a - b) for a, b in pairs))
        n += len(pairs)
    assert worst < 1e-11, f"{worst} apart"
    print(f"{n} areas and efficiencies, at most {worst:.1e} apart")


if __name__ == "__main__":
    main()
