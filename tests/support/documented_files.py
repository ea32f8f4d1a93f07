# SPDX-License-Identifier: Apache-2.0
"""The files that commands of the documentation name, made small, each once."""

import fnmatch
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(os.environ["BEAMLINE_SOURCE"])
BUILD = pathlib.Path(os.environ["BEAMLINE_BUILD"])
PROCESSES = {"qcd": 0, "ttbar": 1, "wjets": 2}
RUNS = ["run", "RUN", "runs/hlf", "runs/inclusive"]
EVENTS = 300

NETWORK = """
inputs: {features: [14]}
layers:
  - Dense: {units: 8, activation: relu}
  - Dense: {units: 3, activation: softmax}
training: {epochs: 2}
"""
# A configuration of weaver's.
JETS = """
treename: Events
selection: nJet >= 1
new_variables: {is_hard: MET_pt > 30, is_soft: MET_pt <= 30}
inputs:
  features: {length: 8, pad_mode: wrap, vars: [[Jet_pt, null], [Jet_eta, 0, 1]]}
labels: {type: simple, value: [is_hard, is_soft]}
split: {duplicates: keep}
"""
# Two classes that a column tells apart.
SCORED = """
treename: Events
samples:
  background: {files: background.root, label: 0}
  signal: {files: signal.root, label: 1}
observers: [MET_pt]
"""
RECORDS = """{"weight": 1.5, "hits": [1, 2.5], "flags": [1, 0]}
{"weight": 2, "hits": [], "flags": [1]}
"""


class Files:
    """Made in a folder of their own, from which pages get copies."""

    def __init__(self, folder):
        self.folder = folder

    def beamline(self, *words):
        subprocess.run([os.environ["BEAMLINE"], *map(str, words)], cwd=self.folder, check=True,
                       capture_output=True)

    def make(self, name):
        """Makes a file or folder; False where the table below does not have it."""
        path = self.folder / name
        if path.exists():
            return True
        path.parent.mkdir(parents=True, exist_ok=True)
        for pattern, maker in MAKERS.items():
            if fnmatch.fnmatchcase(name, pattern):
                maker(self, path)
                return True
        return False

    def place(self, where, name, folder):
        """What a command calls `name`, if it is not in `folder` and the table has it.
        `where`: the page and the command.
        """
        name = re.sub(r"^(examples|runs/hlf)/.*", r"\1", name.rstrip("/"))
        inside = [name.replace("*", number) for number in "12"] if "*" in name else [name]
        for one in inside + NEEDS.get(meant(where, name), []):
            to, made = folder / one, meant(where, one)
            if to.exists() or not self.make(made):
                continue
            to.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (self.folder / made).is_dir() else shutil.copy
            copy(self.folder / made, to)


def meant(where, name):
    """The name in the table of what a command means by a name."""
    return next((made for part, said, made in MEANT if said == name and part in where), name)


def sample(events):
    def make(files, path):
        subprocess.run([sys.executable, SOURCE / "tests/samples/make_sample.py", path, str(events)],
                       check=True, capture_output=True)
    return make


def few(files, path):
    files.make("events.root")
    shutil.copy(files.folder / "events.root", path)


def generated(files, path):
    process = next((p for p in PROCESSES if path.stem.startswith(p)), "ttbar")
    files.beamline("generate", "-p", process, "-n", EVENTS, "-o", path)


def configuration(files, path):
    text = (SOURCE / "examples/topology.yaml").read_text()
    for process in PROCESSES:
        files.make(f"{process}.root")
        text = text.replace(f"  {process}: {{", f"  {process}: {{files: {process}.root, ")
    path.write_text(text + "variations: {jesUp: {Jet.PT: Jet.Mass}}\n")


def prepared(files, path):
    files.make("data.yaml")
    files.beamline("prepare", "-c", "data.yaml", "-o", path)


def trained(files, path):
    files.make("prepared")
    files.beamline("train", "-c", "prepared", "-m", SOURCE / "examples/hlf.yaml", "--epochs", 1,
                   "-o", path)


def trained_folds(files, path):
    files.make("data.yaml")
    text, n = re.subn("split: {.*}", "split: {folds: 3, by: entry}",
                      (files.folder / "data.yaml").read_text())
    assert n == 1
    (files.folder / "folds.yaml").write_text(text)
    files.beamline("train", "-c", "folds.yaml", "-m", SOURCE / "examples/hlf.yaml", "--epochs", 1,
                   "-o", path)


def trained_model(files, path):
    files.make("run")
    shutil.copy(files.folder / "run/model.blm", path)


def bundle(files, path):
    subprocess.run([BUILD / "tests/bundle/bundle_built", "hlf", path], check=True)


def keras(files, path):
    files.make("classifier.blm")
    files.beamline("export", "--raw", "classifier.blm", "-o", path)


def onnx(files, path):
    subprocess.run([BUILD / "tests/onnx/onnx_built", path], check=True)


def records(files, path):
    (files.folder / "records.jsonl").write_text(RECORDS)
    files.beamline("convert", "records.jsonl", "-o", path)


def text(content):
    return lambda files, path: path.write_text(content)


MAKERS = {
    "events.root": sample(500), "more.root": few, "signal.root": few, "background.root": few,
    "runs/?.root": few, "signal/?.root": few, "background/?.root": few, "jets/?.root": few,
    "demo.root": sample(200000),  # as `make demo` makes it
    "events.tfrecord": records,
    "qcd.root": generated, "ttbar.root": generated, "tt.root": generated, "wjets.root": generated,
    "new/?.root": generated, "data/?.root": generated, "a.root": generated,
    "b.root": generated, "data.root": generated, "delphes.root": generated,
    "data.yaml": configuration, "JetClass_kin.yaml": text(JETS), "network.yaml": text(NETWORK),
    "scored.yaml": text(SCORED),
    "prepared": prepared, "others": prepared,
    **dict.fromkeys(RUNS, trained), "runs/folds": trained_folds,
    "model.blm": trained_model, "classifier.blm": bundle,
    "*.keras": keras, "*.h5": keras, "model.onnx": onnx,
    "events.jsonl": text(json.dumps({"features": [1] * 14}) + "\n"),
    "events.txt": text("0.5 2 -1 0 1 2 3 4 nan 6 7 8 9 10\n"),
    "examples": lambda files, path: shutil.copytree(SOURCE / "examples", path),
}
NEEDS = {"data.yaml": [f"{process}.root" for process in PROCESSES],
         "scored.yaml": ["signal.root", "background.root"],
         **{run: ["prepared"] for run in RUNS}}
# Pages and commands that mean something else by a name than the table above.
MEANT = [("README.md", "events.root", "demo.root"),
         ("beamline predict runs/", "events.root", "delphes.root"),
         ("--score", "data.yaml", "scored.yaml")]
