# SPDX-License-Identifier: Apache-2.0
"""Trains a small network, predicts into ROOT, and lets ROOT read the scores beside their input.

usage: predictions.py BEAMLINE PYTHON_WITH_ROOT FOLDER
"""

import pathlib
import subprocess
import sys

import numpy as np
import uproot

N = 5000
CONFIG = """
treename: Events
selection: pt > 30
samples: {{low: {{files: ['{0}/low.root'], label: 0}}, high: {{files: ['{0}/high.root'], label: 1}}}}
inputs: {{hlf: {{vars: [pt, eta], scale: standard}}}}
observers: [event]
split: {{by: entry}}
"""
NETWORK = """
inputs: {hlf: [2]}
layers: [Dense: {units: 8, activation: relu}, Dense: {units: 2, activation: softmax}]
training: {epochs: 1}
"""


def main(beamline, python, folder):
    folder = pathlib.Path(folder)
    rng = np.random.default_rng(1)
    for name in ("low", "high"):
        pt = 20 + rng.exponential(40 if name == "high" else 20, N)
        with uproot.recreate(folder / f"{name}.root") as file:
            file.mktree("Events", {"pt": "f4", "eta": "f4", "event": "i8"}).extend(
                {"pt": pt.astype("f4"), "eta": rng.normal(0, 1, N).astype("f4"),
                 "event": np.arange(N) * 7})
    (folder / "data.yaml").write_text(CONFIG.format(folder), encoding="utf-8")
    (folder / "network.yaml").write_text(NETWORK, encoding="utf-8")
    for words in (("train", "-c", folder / "data.yaml", "-m", folder / "network.yaml", "-o",
                   folder / "run"),
                  ("predict", folder / "run", folder / "high.root", folder / "low.root", "-o",
                   f"{folder}/scores/"),
                  ("predict", folder / "run", folder / "high.root", folder / "low.root", "-o",
                   folder / "scores.root")):
        subprocess.run([beamline, *words, "-q"], check=True)
    for name in ("high", "low"):
        tree = uproot.open(folder / f"scores/{name}.root")["Events"]
        np.savez(folder / f"{name}.npz", **tree.arrays(library="np"))
    here = pathlib.Path(__file__).parent
    return subprocess.run([python, here / "root_reads_predictions.py", folder],
                          check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
